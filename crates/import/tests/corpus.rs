//! Cedar's published cases: what it expects is what the imported policies do, on every engine.
//!
//! A tenth of the generated cases is run each time. All of them, in a minute or two:
//!
//! ```sh
//! cargo test -p dictum-import --test corpus -- --ignored --nocapture
//! ```

#![expect(clippy::expect_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the cases are files, and what became of them is told"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use dictum_import::cedar::{Case, Engines, Input, Summary, Text, import, read_case, run_case};
use flate2::read::GzDecoder;
use serde_json::Value as Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/cedar")
}

fn text(path: &Path) -> Text {
    Text::new(
        path.display().to_string(),
        fs::read_to_string(path).expect("a file of the corpus"),
    )
}

/// The files of the archive by their names.
fn archive() -> BTreeMap<String, String> {
    let file = fs::File::open(folder().join("corpus.tar.gz")).expect("the corpus is there");
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(GzDecoder::new(file))
        .entries()
        .expect("an archive")
    {
        let mut entry = entry.expect("a file in the archive");
        let name = entry.path().expect("its name").display().to_string();
        let mut text = String::new();
        if entry.header().entry_type().is_file() {
            entry.read_to_string(&mut text).expect("a text");
            files.insert(name, text);
        }
    }
    files
}

/// A case whose files are these.
fn case(name: &str, text: &str, read: impl Fn(&str) -> Text) -> Case {
    let file = read_case(&Text::new(name, text)).expect("a case");
    Case {
        name: name.to_owned(),
        input: Input {
            name: "case".to_owned(),
            policies: vec![read(&file.policies)],
            schema: read(&file.schema),
            entities: Some(read(&file.entities)),
            links: Vec::new(),
        },
        should_validate: file.should_validate,
        requests: file.requests,
    }
}

/// What becomes of every `step`th generated case.
fn generated(step: usize) -> Summary {
    let files = archive();
    let read = |name: &str| Text::new(name, files.get(name).expect("a file that a case names").as_str());
    let names = files
        .keys()
        .filter(|name| name.ends_with(".json") && !name.ends_with(".entities.json"));
    let mut summary = Summary::default();
    for name in names.step_by(step) {
        summary.add(run_case(&case(name, &files[name], read)));
    }
    summary
}

fn assert_good(summary: &Summary) {
    let failures = summary.failures.iter().take(10);
    let failures: Vec<String> = failures.map(|failure| format!("{failure:?}")).collect();
    assert!(summary.is_good(), "{}", failures.join("\n"));
}

/// Cases, imported, refused, requests, and those that agree.
fn counts(summary: &Summary) -> [usize; 5] {
    let Summary {
        cases,
        imported,
        refused,
        requests,
        agree,
        ..
    } = *summary;
    [cases, imported, refused, requests, agree]
}

#[test]
fn a_tenth_of_the_generated_cases() {
    let summary = generated(10);
    assert_good(&summary);
    assert_eq!(counts(&summary), [397, 306, 91, 2448, 2448]);
}

#[test]
#[ignore = "it takes a minute or two"]
fn all_generated_cases() {
    let summary = generated(1);
    println!("{summary:?}");
    assert_good(&summary);
    assert_eq!(counts(&summary), [3963, 3152, 811, 25_216, 25_216]);
}

#[test]
fn the_handwritten_cases() {
    let mut summary = Summary::default();
    for topic in fs::read_dir(folder().join("tests")).expect("the cases") {
        for file in fs::read_dir(topic.expect("a topic").path()).expect("its cases") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.display().to_string();
                let read = |name: &str| text(&folder().join(name));
                summary.add(run_case(&case(&name, &text(&path).text, read)));
            }
        }
    }
    assert_good(&summary);
    assert_eq!(counts(&summary), [22, 22, 0, 74, 74]);
}

const APPLICATIONS: [&str; 4] = [
    "document_cloud",
    "github_example",
    "streaming_service",
    "tags_n_roles",
];

/// An application of the corpus.
fn application(name: &str) -> Input {
    let read = |file: &str| Text::new(file, text(&folder().join("apps").join(name).join(file)).text);
    Input {
        name: name.to_owned(),
        policies: vec![read("policies.cedar")],
        schema: read("policies.cedarschema"),
        entities: Some(read("entities.json")),
        links: Vec::new(),
    }
}

#[test]
fn applications_decide_as_they_say() {
    let mut requests = 0;
    for name in APPLICATIONS {
        let engines = Engines::new(&application(name)).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        for (decision, allowed) in [("ALLOW", true), ("DENY", false)] {
            let files = fs::read_dir(folder().join("apps").join(name).join(decision));
            for file in files.expect("its requests") {
                let path = file.expect("a request").path();
                let request: Json = serde_json::from_str(&text(&path).text).expect("JSON");
                let answer = engines.decide_cedar(&request);
                let told = format!("{}: {answer:?}", path.display());
                assert_eq!(answer.map(|answer| answer.allowed), Ok(allowed), "{told}");
                requests += 1;
            }
        }
    }
    assert_eq!(requests, 23);
}

/// What applications become, to be judged by a reader: `DICTUM_BLESS=1` writes it anew.
#[test]
fn applications_read_well() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/applications");
    for name in APPLICATIONS {
        let imported = import(&application(name)).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        let mut told = String::new();
        for file in &imported.files {
            told.push_str(&format!("==> {} <==\n{}\n", file.name, file.text));
        }
        for note in &imported.notes {
            told.push_str(&format!("note: {note}\n"));
        }
        let path = snapshots.join(format!("{name}.txt"));
        if std::env::var_os("DICTUM_BLESS").is_some() {
            fs::create_dir_all(&snapshots).expect("the folder is made");
            fs::write(&path, &told).expect("the snapshot is written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            told == expected,
            "{name} reads otherwise; `DICTUM_BLESS=1` writes what it reads now:\n{told}"
        );
    }
}
