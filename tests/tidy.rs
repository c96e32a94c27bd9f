//! The rules of this repository about itself.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use dictum_compiler::lint::LINTS;
use dictum_syntax::source::Sources;
use dictum_tests::generate::constructs;
use walkdir::WalkDir;

#[path = "../crates/cli/src/codes.rs"]
#[expect(dead_code, reason = "the command uses the constants, this the list")]
mod command_codes;

/// Every code, of whichever crate finds it.
fn codes() -> Vec<&'static str> {
    dictum_syntax::CODES
        .iter()
        .chain(dictum_compiler::codes::CODES)
        .chain(command_codes::CODES)
        .map(|(code, _)| *code)
        .collect()
}

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
    let command = [all.as_slice(), &["dictum-import"]].concat();
    let expected: BTreeMap<&str, BTreeSet<&str>> = [
        ("dictum-artifact", &[][..]),
        ("dictum-runtime", &["dictum-artifact"]),
        ("dictum-syntax", &["dictum-artifact"]),
        ("dictum-compiler", &["dictum-artifact", "dictum-syntax"]),
        ("dictum-import", &all),
        ("dictum-cli", &command),
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

/// What reads other systems' policies is large: nothing but the import needs it.
#[test]
fn other_systems_are_known_to_the_import_alone() {
    for package in metadata().packages {
        let needed = package.dependencies.iter().map(|needed| needed.name.as_str());
        let others: Vec<&str> = needed.filter(|name| name.starts_with("cedar-")).collect();
        assert!(
            others.is_empty() || package.name == "dictum-import",
            "`{}` needs {others:?}",
            package.name
        );
    }
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
    let mut codes = codes();
    // Some lints are found where the sources are read, and in its list too.
    let found_later: Vec<&str> = LINTS.iter().map(|lint| lint.code).collect();
    codes.retain(|code| !found_later.contains(code));
    codes.extend(found_later);
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
    let lints = LINTS.iter().map(|lint| lint.code);
    let listed: BTreeSet<&str> = codes().into_iter().chain(lints).collect();
    for (path, text) in sources() {
        let written = text.match_indices("\"D0").chain(text.match_indices("\"L0"));
        for (at, _) in written {
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

/// The table of what holds the implementation to each sentence of the language's description names cases that are there.
#[test]
fn the_cases_of_each_sentence_are_there() {
    let root = root();
    let table = fs::read_to_string(root.join("docs/conformance.md")).expect("it can be read");
    let plain = |text: &str| text.replace('`', "");
    let mut faults = Vec::new();
    let mut sections = 0;
    let mut rows = 0;
    for (number, line) in (1..).zip(table.lines()) {
        sections += usize::from(line.starts_with("## "));
        let Some(row) = line
            .strip_prefix("| ")
            .filter(|row| !row.starts_with("---") && !row.starts_with("sentence"))
        else {
            continue;
        };
        rows += 1;
        let (_, cases) = row
            .trim_end_matches(" |")
            .rsplit_once(" | ")
            .expect("a row has two cells");
        for case in cases.split("<br>") {
            let (file, name) = case
                .trim()
                .split_once(": ")
                .expect("a case is a file and a heading or a function");
            let (file, name) = (plain(file), plain(name));
            let is_spec = file.ends_with(".md");
            let path = if is_spec {
                root.join("tests/spec").join(&file)
            } else {
                root.join(&file)
            };
            let text = fs::read_to_string(path).unwrap_or_default();
            let is_there = if is_spec {
                text.lines().any(|line| {
                    line.strip_prefix("## ")
                        .is_some_and(|heading| plain(heading) == name)
                })
            } else {
                text.contains(&format!("fn {name}("))
            };
            if !is_there {
                faults.push(format!("docs/conformance.md:{number}: `{file}` has no `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert_eq!(sections, 11);
    assert!(rows > 150, "{rows}");
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

/// What the suite counts of a policy as it is written, and no example shows: rules without a label, which decisions could
/// name by their places only.
const IN_NO_EXAMPLE: [&str; 1] = ["no label"];

#[test]
fn every_construct_is_in_an_example() {
    let mut counts = constructs::Counts::new();
    for entry in fs::read_dir(root().join("examples")).expect("the folder is there") {
        let mut sources = Sources::new();
        for file in WalkDir::new(entry.expect("it can be read").path()).sort_by_file_name() {
            let path = file.expect("the folder can be read").into_path();
            if path.extension().is_some_and(|extension| extension == "dictum") {
                let text = fs::read_to_string(&path).expect("the file can be read");
                sources.add(path.display().to_string(), &text);
            }
        }
        for (id, _) in sources.iter() {
            constructs::count_file(&dictum_syntax::parse(&sources, id).0, &mut counts);
        }
        let (program, _) = dictum_compiler::compile(&sources);
        constructs::count_program(&program.expect("examples compile"), &mut counts);
    }
    // What a typed expression is called follows from what is written.
    let written = constructs::ALL.iter().filter(|name| !name.starts_with("typed "));
    let missing: Vec<&&str> = written
        .filter(|name| !counts.contains_key(**name) && !IN_NO_EXAMPLE.contains(name))
        .collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
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
