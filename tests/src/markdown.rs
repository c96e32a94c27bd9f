//! Documents that run: the code blocks of a Markdown text with the headings they stand under.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// A part of a document: what stands under one heading.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The heading's text; empty before the first one.
    pub heading: String,
    /// The heading's level, from 1; 0 before the first one.
    pub level: usize,
    /// The line of the heading, from 1.
    pub line: usize,
    /// Its code blocks, in order.
    pub blocks: Vec<Block>,
}

/// A code block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What stands after the fence, such as `dictum`; empty for an indented block.
    pub fence: String,
    /// The text.
    pub text: String,
    /// The line of the text's first character, from 1.
    pub line: usize,
}

/// The sections of a Markdown text.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let mut sections = vec![Section::default()];
    let mut block: Option<Block> = None;
    let mut in_heading = false;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                in_heading = true;
                let level = match level {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    HeadingLevel::H4 => 4,
                    HeadingLevel::H5 => 5,
                    HeadingLevel::H6 => 6,
                };
                sections.push(Section {
                    level,
                    line: line(range.start),
                    ..Section::default()
                });
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::CodeBlock(kind)) => {
                let (fence, first) = match kind {
                    CodeBlockKind::Fenced(fence) => (fence.to_string(), line(range.start) + 1),
                    CodeBlockKind::Indented => (String::new(), line(range.start)),
                };
                block = Some(Block {
                    fence,
                    text: String::new(),
                    line: first,
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                if let (Some(block), Some(section)) = (block.take(), sections.last_mut()) {
                    section.blocks.push(block);
                }
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(block) = &mut block {
                    block.text.push_str(&piece);
                } else if let Some(section) = sections.last_mut().filter(|_| in_heading) {
                    section.heading.push_str(&piece);
                }
            }
            _ => {}
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_under_their_headings() {
        let text = "# Title\n\ntext\n\n## one `code`\n\n```dictum\nentity User\n\nentity Doc\n```\n\n```json\n{}\n```\n## two\n";
        let sections = sections(text);
        let headings: Vec<(&str, usize, usize)> = sections
            .iter()
            .map(|s| (s.heading.as_str(), s.level, s.line))
            .collect();
        assert_eq!(
            headings,
            [("", 0, 0), ("Title", 1, 1), ("one code", 2, 5), ("two", 2, 16)]
        );
        let blocks: Vec<(&str, &str, usize)> = sections[2]
            .blocks
            .iter()
            .map(|b| (b.fence.as_str(), b.text.as_str(), b.line))
            .collect();
        assert_eq!(
            blocks,
            [("dictum", "entity User\n\nentity Doc\n", 8), ("json", "{}\n", 14)]
        );
    }
}
