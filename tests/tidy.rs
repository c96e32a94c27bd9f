//! The rules of this repository about itself.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use walkdir::WalkDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the repository is there")
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo tells of the workspace")
}

/// What a package needs to be built; what its own tests need does not count.
fn dependencies(package: &Package) -> BTreeSet<&str> {
    let needed = package
        .dependencies
        .iter()
        .filter(|needed| needed.kind != DependencyKind::Development);
    needed.map(|needed| needed.name.as_str()).collect()
}

/// Dependencies point one way: an embedder of the runtime gets no compiler, and the core knows nothing of the command.
#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    let found: BTreeMap<&str, BTreeSet<&str>> = metadata
        .packages
        .iter()
        .map(|package| {
            let ours = dependencies(package)
                .into_iter()
                .filter(|name| name.starts_with("dictum-"))
                .collect();
            (package.name.as_str(), ours)
        })
        .collect();
    let all = [
        "dictum-artifact",
        "dictum-compiler",
        "dictum-runtime",
        "dictum-syntax",
    ];
    let expected: BTreeMap<&str, BTreeSet<&str>> = [
        ("dictum-artifact", &[][..]),
        ("dictum-runtime", &["dictum-artifact"]),
        ("dictum-syntax", &["dictum-artifact"]),
        ("dictum-compiler", &["dictum-artifact", "dictum-syntax"]),
        ("dictum-cli", &all),
        ("dictum-tests", &all),
        ("dictum-benches", &all),
    ]
    .into_iter()
    .map(|(name, needed)| (name, needed.iter().copied().collect()))
    .collect();
    for (name, needed) in &found {
        let allowed = expected
            .get(name)
            .unwrap_or_else(|| panic!("say here what `{name}` may depend on"));
        assert!(
            needed.is_subset(allowed),
            "`{name}` needs {needed:?}, and may need {allowed:?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "a package named here is gone");
}

/// What is linked into a service that makes decisions is a short list, on purpose.
#[test]
fn the_runtime_needs_little() {
    let allowed: BTreeSet<&str> = [
        "dictum-artifact",
        "crc32fast",
        "foldhash",
        "indexmap",
        "ipnet",
        "jiff",
        "postcard",
        "rustc-hash",
        "serde",
        "serde_json",
    ]
    .into();
    for package in metadata().packages {
        if ["dictum-artifact", "dictum-runtime"].contains(&package.name.as_str()) {
            let needed = dependencies(&package);
            let more: Vec<_> = needed.difference(&allowed).collect();
            assert!(more.is_empty(), "`{}` needs {more:?}", package.name);
        }
    }
}

/// The lints that forbid `unsafe`, `unwrap` and their kin hold in every package.
#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("it can be read");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for package in metadata().packages {
        let manifest = fs::read_to_string(&package.manifest_path).expect("it can be read");
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}",
            package.manifest_path
        );
    }
}

/// Every code has a page, and every page a code.
#[test]
fn every_diagnostic_has_a_page() {
    let mut codes: Vec<&str> = dictum_syntax::CODES
        .iter()
        .chain(dictum_compiler::codes::CODES)
        .map(|(code, _)| *code)
        .collect();
    // The command's own: a source that is no text.
    codes.push("D0001");
    codes.sort_unstable();
    let mut unique = codes.clone();
    unique.dedup();
    assert_eq!(codes, unique, "a code means one thing");
    let mut pages: Vec<String> = fs::read_dir(root().join("docs/diagnostics"))
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("it can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    pages.sort();
    assert_eq!(pages, codes);
}

/// No code is made up outside the lists.
#[test]
fn every_code_is_in_a_list() {
    let listed: BTreeSet<&str> = dictum_syntax::CODES
        .iter()
        .chain(dictum_compiler::codes::CODES)
        .map(|(code, _)| *code)
        .chain(["D0001"])
        .collect();
    for (path, text) in sources() {
        for (at, _) in text.match_indices("\"D0") {
            let code = text.get(at + 1..at + 6).unwrap_or_default();
            let is_code =
                text.get(at + 6..at + 7) == Some("\"") && code[1..].bytes().all(|b| b.is_ascii_digit());
            assert!(
                !is_code || listed.contains(code),
                "{}: {code} is in no list",
                path.display()
            );
        }
    }
}

#[test]
fn every_example_is_whole() {
    let mut examples = 0;
    for entry in fs::read_dir(root().join("examples")).expect("the folder is there") {
        let folder = entry.expect("it can be read").path();
        if !folder.is_dir() || folder.ends_with("embed") {
            continue;
        }
        examples += 1;
        for file in [
            "policy.dictum",
            "tests.dictum",
            "data.json",
            "requests.jsonl",
            "expected.jsonl",
        ] {
            assert!(folder.join(file).is_file(), "{} has no {file}", folder.display());
        }
    }
    assert!(examples >= 3);
}

/// The Rust sources of the workspace.
fn sources() -> Vec<(PathBuf, String)> {
    let root = root();
    let folders = ["crates", "tests", "benches", "examples"];
    let files = folders
        .iter()
        .flat_map(|folder| WalkDir::new(root.join(folder)).sort_by_file_name());
    let mut sources = Vec::new();
    for entry in files {
        let path = entry.expect("the folder can be read").into_path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            sources.push((path.strip_prefix(&root).unwrap_or(&path).to_owned(), text));
        }
    }
    assert!(sources.len() > 40);
    sources
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > 1_000 {
            faults.push(format!("{}: {lines} lines, over 1,000: split it", path.display()));
        }
        // Tests beside a module are about that module.
        if !text.starts_with("//! ") && !path.ends_with("tests.rs") {
            faults.push(format!(
                "{}: a file starts with what it is about: `//! …`",
                path.display()
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TO", "FIX", "XX", "HA"]
        .iter()
        .zip(["DO", "ME", "X", "CK"])
        .map(|(a, b)| format!("{a}{b}"));
    let words: Vec<String> = words.collect();
    let macros = ["todo", "unimplemented"].map(|name| format!("{name}!("));
    for (path, text) in sources() {
        for (number, line) in (1..).zip(text.lines()) {
            let found = words
                .iter()
                .chain(&macros)
                .find(|word| line.contains(word.as_str()));
            assert!(found.is_none(), "{}:{number}: {line}", path.display());
        }
    }
}
