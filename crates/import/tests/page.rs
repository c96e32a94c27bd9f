//! `docs/cedar.md` shows what the import makes of the Cedar texts on it.
//!
//! A `cedarschema` block and a `cedar` block, with `json links` and `json entities` after it, are imported. What comes next
//! shows the outcome: a `dictum` block and `dictum continued` blocks, the sources in their order; `text notes`; or
//! `text refused`.

use std::collections::VecDeque;

use dictum_import::cedar::{Imported, Input, Refusal, Text, import};

const PAGE: &str = include_str!("../../../docs/cedar.md");

/// A code block: what stands after the fence, the line of its first character, and its text.
struct Block {
    fence: String,
    line: usize,
    text: String,
}

/// The fenced blocks of a page, none of which is indented.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in (1..).zip(page.lines()) {
        match (open.take(), text.strip_prefix("```")) {
            (None, None) => {}
            (None, Some(fence)) => {
                open = Some(Block {
                    fence: fence.to_owned(),
                    line: line + 1,
                    text: String::new(),
                });
            }
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.text.push_str(text);
                block.text.push('\n');
                open = Some(block);
            }
        }
    }
    blocks
}

/// What has been read of the Cedar texts since the last `cedarschema` block, and what is still to be shown of the outcome.
#[derive(Default)]
struct Example {
    schema: String,
    policies: String,
    links: Vec<Text>,
    entities: Option<Text>,
    /// Whether it has been imported since it was last added to.
    is_imported: bool,
    sources: VecDeque<Text>,
}

impl Example {
    fn import(&mut self) -> Result<Imported, Vec<Refusal>> {
        self.is_imported = true;
        import(&Input {
            name: "page".to_owned(),
            policies: vec![Text::new("policies.cedar", &self.policies)],
            schema: Text::new("schema.cedarschema", &self.schema),
            entities: self.entities.clone(),
            links: self.links.clone(),
        })
    }
}

fn told(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("{refusal}\n")).collect()
}

#[test]
fn the_page_shows_what_is_imported() {
    let mut example = Example {
        is_imported: true,
        ..Example::default()
    };
    let mut faults = Vec::new();
    let mut shown = 0;
    for block in blocks(PAGE) {
        let Block { fence, line, text } = block;
        let found = match fence.as_str() {
            "cedarschema" | "cedar" | "json links" | "json entities" => {
                for source in example.sources.drain(..) {
                    faults.push(format!(
                        "docs/cedar.md:{line}: `{}` is not shown above",
                        source.name
                    ));
                }
                example.is_imported = false;
                match fence.as_str() {
                    "cedarschema" => {
                        example = Example {
                            schema: text,
                            ..Example::default()
                        }
                    }
                    "cedar" => example.policies = text,
                    "json links" => example.links = vec![Text::new("links.json", text)],
                    _ => example.entities = Some(Text::new("entities.json", text)),
                }
                continue;
            }
            "dictum" | "dictum continued" => {
                if !example.is_imported {
                    match example.import() {
                        Ok(imported) => example.sources = imported.sources().cloned().collect(),
                        Err(refusals) => faults.push(format!("docs/cedar.md:{line}: {}", told(&refusals))),
                    }
                }
                // A block of Dictum alone follows no Cedar, or all that was imported.
                match example.sources.pop_front() {
                    Some(source) => source.text,
                    None => continue,
                }
            }
            "text notes" => match example.import() {
                Ok(imported) => told(&imported.notes),
                Err(refusals) => told(&refusals),
            },
            "text refused" => match example.import() {
                Ok(_) => "nothing\n".to_owned(),
                Err(refusals) => told(&refusals),
            },
            _ => continue,
        };
        shown += 1;
        if found != text {
            faults.push(format!("docs/cedar.md:{line}: what is imported is\n{found}"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert!(shown >= 6, "only {shown} blocks show what is imported");
}
