//! Markdown to text for a terminal: the pages of diagnostics.

use std::fmt::Write;

use clap::builder::styling::Style;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::console::{FAINT, HELP, STRONG};

/// How many columns text fills.
const WIDTH: usize = 80;

/// How far code stands to the right of text.
const CODE: &str = "    ";

/// The text of a page: headings bold, paragraphs filled, code indented, links as their texts.
pub(crate) fn render(markdown: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.out.truncate(page.out.trim_end().len());
    page.out.push('\n');
    page.out
}

/// A page as far as it is written.
#[derive(Default)]
struct Page {
    out: String,
    /// The words of the paragraph, heading or cell that is being read, each with its width.
    words: Vec<(String, usize)>,
    /// The word that has not ended yet.
    word: (String, usize),
    /// The styles that text has now, the innermost last.
    styles: Vec<Style>,
    /// For each list that is open, the number of the next item, if it has numbers.
    lists: Vec<Option<u64>>,
    /// What the next line of an item starts with.
    bullet: String,
    in_code: bool,
    /// The cells of the rows of a table.
    rows: Vec<Vec<(String, usize)>>,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => {
                for line in text.lines() {
                    let indent = if line.is_empty() { "" } else { CODE };
                    self.out.push_str(indent);
                    self.out.push_str(line);
                    self.out.push('\n');
                }
            }
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.styles.push(HELP);
                self.text(&format!("`{text}`"));
                self.styles.pop();
            }
            Event::SoftBreak => self.end_word(),
            Event::HardBreak => self.end_block(),
            Event::Rule => {
                self.out.push_str(&"─".repeat(WIDTH));
                self.out.push_str("\n\n");
            }
            // Comments for whoever edits the page.
            Event::Html(_) | Event::InlineHtml(_) => {}
            // These are not asked for.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } | Tag::Strong => self.styles.push(STRONG),
            Tag::TableHead => {
                self.styles.push(STRONG);
                self.rows.push(Vec::new());
            }
            Tag::CodeBlock(kind) => {
                self.end_block();
                self.in_code = true;
                // What the compiler says of the code above.
                if matches!(&kind, CodeBlockKind::Fenced(fence) if &**fence == "diagnostics") {
                    self.out.push_str(&format!("{FAINT}gives{FAINT:#}\n\n"));
                }
            }
            Tag::List(number) => {
                self.end_block();
                self.lists.push(number);
            }
            Tag::Item => {
                self.bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    Some(None) | None => "- ".to_owned(),
                };
            }
            Tag::TableRow => self.rows.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.end_block();
                self.styles.pop();
                self.out.push('\n');
            }
            TagEnd::Paragraph => {
                self.end_block();
                self.out.push('\n');
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.out.push('\n');
            }
            TagEnd::Item => self.end_block(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.out.push('\n');
                }
            }
            TagEnd::TableCell => {
                self.end_word();
                let words = std::mem::take(&mut self.words);
                let width = words.iter().map(|(_, width)| width + 1).sum::<usize>();
                let text: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
                if let Some(row) = self.rows.last_mut() {
                    row.push((text.join(" "), width.saturating_sub(1)));
                }
            }
            TagEnd::Table => self.end_table(),
            TagEnd::Strong | TagEnd::TableHead => {
                self.styles.pop();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let style = self.styles.last().copied().unwrap_or_default();
        for (at, piece) in text.split([' ', '\n']).enumerate() {
            if at > 0 {
                self.end_word();
            }
            if !piece.is_empty() {
                let (word, width) = &mut self.word;
                word.push_str(&format!("{style}{piece}{style:#}"));
                *width += piece.chars().count();
            }
        }
    }

    fn end_word(&mut self) {
        if self.word.1 > 0 {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    /// Writes the words that were gathered, as lines of a paragraph.
    fn end_block(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let bullet = std::mem::take(&mut self.bullet);
        let depth = self.lists.len().saturating_sub(1) * 2;
        let hanging = if self.lists.is_empty() { 0 } else { depth + 2 };
        let mut column = if bullet.is_empty() {
            self.out.push_str(&" ".repeat(hanging));
            hanging
        } else {
            self.out.push_str(&" ".repeat(depth));
            self.out.push_str(&bullet);
            depth + bullet.len()
        };
        for (at, (word, width)) in words.iter().enumerate() {
            if at > 0 && column + 1 + width > WIDTH {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(hanging));
                column = hanging;
            } else if at > 0 {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(word);
            column += width;
        }
        self.out.push('\n');
    }

    /// Writes the table that was gathered, its columns as wide as their widest cells.
    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width_of = |column| {
            let widths = rows
                .iter()
                .filter_map(|row| row.get(column).map(|(_, width)| *width));
            widths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width_of).collect();
        for row in &rows {
            let mut line = String::new();
            for ((text, width), column) in row.iter().zip(&widths) {
                let pad = column - width + 2;
                // A `String` takes all that is written to it.
                let _ = write!(line, "{text}{}", " ".repeat(pad));
            }
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    /// What stands there without colours.
    fn check(markdown: &str, expected: &str) {
        let rendered = anstream::adapter::strip_str(&render(markdown)).to_string();
        assert_eq!(rendered, expected, "{markdown}");
    }

    #[test]
    fn no_markdown_is_left() {
        check(
            "# D0301: a title\n\nSome *text*, **bold**\nand `code`.\n",
            "D0301: a title\n\nSome text, bold and `code`.\n",
        );
        check(
            "See [D0302](D0302.md), or `a`.\n\n<!-- note -->\n",
            "See D0302, or `a`.\n",
        );
        check(
            "- one\n- two\n  more\n  - deep\n\nafter\n",
            "- one\n- two more\n  - deep\n\nafter\n",
        );
        check("1. a\n2. b\n", "1. a\n2. b\n");
        check(
            "```dictum\nentity A\n\n  x\n```\n\n```diagnostics\nD0301 1:2 no\n```\n",
            "    entity A\n\n      x\n\ngives\n\n    D0301 1:2 no\n",
        );
        check(
            "| a | bb |\n| --- | --- |\n| `ccc` | d |\n",
            "a      bb\n`ccc`  d\n",
        );
    }

    #[test]
    fn lines_are_filled() {
        let text = "word ".repeat(100);
        let rendered = anstream::adapter::strip_str(&render(&format!("- {text}"))).to_string();
        assert!(rendered.lines().count() > 5);
        for line in rendered.lines() {
            assert!(line.len() <= 80, "{line}");
        }
        assert!(rendered.lines().skip(1).all(|line| line.starts_with("  word")));
    }

    #[test]
    fn headings_are_bold() {
        assert!(render("## Why\n").starts_with("\u{1b}[1mWhy"));
    }
}
