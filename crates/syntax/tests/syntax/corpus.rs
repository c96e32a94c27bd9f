//! All policies of the repository: the examples, and what the specifications show.

use std::fs;
use std::path::{Path, PathBuf};

use dictum_syntax::lexer;
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

use crate::layout::formatted;

/// The texts of `examples/*/*.dictum`, and of the blocks of `tests/spec/*.md`, by name; and first, one of all forms.
pub(crate) fn policies() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let everything = include_str!("everything.dictum");
    let mut policies = vec![("everything.dictum".to_owned(), everything.to_owned())];
    for example in entries(&root.join("examples"))
        .iter()
        .filter(|path| path.is_dir())
    {
        for file in entries(example)
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "dictum"))
        {
            policies.push((file.display().to_string(), read(file)));
        }
    }
    for page in entries(&root.join("tests/spec")) {
        let text = read(&page);
        for case in text.split("\n## ").skip(1) {
            // A block that is expected to be refused is followed by what is said of it, or another of its case is.
            let told = case.split_once("```diagnostics").map_or("", |(_, told)| told);
            if told.contains("\nD01") {
                continue;
            }
            let heading = case.lines().next().unwrap_or_default();
            for (at, block) in case.split("```dictum\n").enumerate().skip(1) {
                let (policy, rest) = block.split_once("```").unwrap_or((block, ""));
                if !rest.trim_start().starts_with("```diagnostics") {
                    policies.push((
                        format!("{}: {heading}: block {at}", page.display()),
                        policy.to_owned(),
                    ));
                }
            }
        }
    }
    assert!(policies.len() > 50, "{}", policies.len());
    policies
}

#[expect(clippy::disallowed_methods, reason = "the examples are files")]
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

#[expect(clippy::disallowed_methods, reason = "the examples are files")]
fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[test]
fn all_can_be_read() {
    let mut failures = Vec::new();
    for (name, text) in policies() {
        let mut sources = Sources::new();
        let id = sources.add(name.as_str(), text);
        for found in parse(&sources, id).1 {
            let (line, column) = sources.line_column(found.span);
            failures.push(format!("{name}:{line}:{column}: {}", found.message));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

/// Layout has no meaning: each token may have a line of its own, or all of them one line.
#[test]
fn all_can_be_read_in_any_layout() {
    for (_, text) in policies() {
        for gap in ["\n", " "] {
            let mut spaced = String::new();
            for token in lexer::tokens(&text) {
                spaced += token.text(&text);
                spaced += if token.is_comment() { "\n" } else { gap };
            }
            formatted(&spaced);
        }
    }
}

#[test]
fn all_can_be_formatted() {
    for (name, text) in policies() {
        let formatted = formatted(&text);
        let longest = formatted.lines().map(|line| line.chars().count()).max();
        let has_long_comment = text
            .lines()
            .any(|line| line.chars().count() > 100 && line.contains("//"));
        assert!(longest <= Some(100) || has_long_comment, "{name}\n{formatted}");
    }
}
