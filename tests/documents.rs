//! What the documents say of themselves and of the code is so: their links lead somewhere, and the limits are the code's.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dictum_artifact::{json, regex, validate};
use dictum_compiler::invariants;
use dictum_syntax::ast;
use dictum_tests::markdown::sections;
use pulldown_cmark::{Event, Parser, Tag};
use walkdir::WalkDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents, with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let pages = WalkDir::new(root().join("docs")).sort_by_file_name();
    let pages = pages
        .into_iter()
        .map(|page| page.expect("the folder can be read").into_path());
    let documents: Vec<(PathBuf, String)> = [root().join("README.md")]
        .into_iter()
        .chain(pages)
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("the document can be read");
            (path, text)
        })
        .collect();
    assert!(documents.len() > 40);
    documents
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for (path, text) in documents() {
        for event in Parser::new(&text) {
            let Event::Start(Tag::Link { dest_url, .. }) = event else {
                continue;
            };
            if dest_url.contains("://") {
                continue;
            }
            let (file, heading) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().expect("a file is in a folder").join(file),
            };
            let leads = match heading {
                "" => target.exists(),
                heading => fs::read_to_string(&target).is_ok_and(|text| {
                    sections(&text)
                        .iter()
                        .any(|section| anchor(&section.heading) == heading)
                }),
            };
            if !leads {
                faults.push(format!("{}: {dest_url}", path.display()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "links that lead nowhere:\n{}\n",
        faults.join("\n")
    );
}

/// A number as the documents write it: `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size as the documents write it: `16 MiB`.
fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let text = fs::read_to_string(root().join("docs/reference.md")).expect("the reference can be read");
    let (_, limits) = text.split_once("## 18. Limits").expect("there is a section");
    let count = |n: usize| grouped(n as u64);
    let expected = [
        ("a source file", size(ast::MAX_SOURCE_BYTES)),
        ("levels that an expression or a type", count(ast::MAX_DEPTH)),
        ("names in a path", count(ast::MAX_PATH)),
        ("a bound, as in", grouped(u64::from(validate::MAX_QUANTIFIED))),
        ("quantifiers in one another", count(validate::MAX_QUANTIFIERS)),
        (
            "elements that a quantifier goes through",
            grouped(u64::from(dictum_compiler::SET_ELEMENTS)),
        ),
        ("the table of a regular expression", size(regex::MAX_REGEX_BYTES)),
        (
            "the table of a regular expression",
            size(regex::MAX_ALL_REGEX_BYTES),
        ),
        ("kinds of requests", count(dictum_compiler::MAX_SHAPES)),
        ("pairs of types", count(dictum_compiler::MAX_PAIRS)),
        ("tests in all decision graphs", count(dictum_compiler::MAX_TESTS)),
        ("parts of all conditions", count(dictum_compiler::MAX_CHECKED)),
        ("steps that one test", grouped(validate::MAX_EXPR_STEPS)),
        ("steps that one decision", grouped(validate::MAX_DECISION_STEPS)),
        ("requests that an invariant", count(invariants::MAX_REQUESTS)),
        ("ancestors of an entity", count(dictum_runtime::MAX_ANCESTORS)),
        (
            "ancestors of all entities",
            count(dictum_runtime::MAX_TOTAL_ANCESTORS),
        ),
        ("a text of JSON", size(json::MAX_JSON_BYTES)),
        ("a text of JSON", count(json::MAX_JSON_DEPTH)),
        ("a string in a text", size(json::MAX_STRING_BYTES)),
        ("a batch", size(json::MAX_BATCH_BYTES)),
    ];
    for (what, most) in expected {
        let row = limits.lines().find(|line| line.starts_with(&format!("| {what}")));
        let row = row.unwrap_or_else(|| panic!("no row is about {what}"));
        assert!(row.contains(&most), "{what}: {most} is not in\n{row}");
    }
}
