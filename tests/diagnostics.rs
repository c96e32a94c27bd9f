//! The documents run: the pages of the diagnostics, the reference and the README.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dictum_artifact::data::Dataset;
use dictum_compiler::Program;
use dictum_syntax::diagnostic::Severity;
use dictum_tests::engine::{Answer, Engines};
use dictum_tests::markdown::{Block, sections};
use dictum_tests::spec::{compile_blocks, tell_all};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What can only be shown by an example that is too big for a page, or by bytes that are no text; the tests of its crate
/// make it.
const WITHOUT_EXAMPLE: [&str; 8] = [
    "D0001", "D0601", "D0602", "D0603", "D0604", "D0605", "D0606", "D0607",
];

#[test]
fn pages_show_what_they_are_about() {
    let folder = root().join("docs/diagnostics");
    let mut faults = Vec::new();
    let mut pages = 0;
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let name = entry
            .expect("it can be read")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let Some(code) = name.strip_suffix(".md").filter(|code| *code != "README") else {
            continue;
        };
        let text = fs::read_to_string(folder.join(&name)).expect("the page can be read");
        pages += 1;
        if !text.starts_with(&format!("# {code}: ")) {
            faults.push(format!(
                "{name}:1: a page starts with `# {code}: ` and the meaning"
            ));
        }
        let blocks: Vec<Block> = sections(&text)
            .into_iter()
            .flat_map(|section| section.blocks)
            .collect();
        faults.extend(
            page_faults(code, &blocks)
                .into_iter()
                .map(|fault| format!("docs/diagnostics/{name}:{fault}")),
        );
    }
    assert!(pages > 30, "only {pages} pages");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// What is wrong with the examples of a page.
fn page_faults(code: &str, blocks: &[Block]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut shown = false;
    let mut mended = false;
    let mut blocks = blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        let line = block.line;
        match block.fence.as_str() {
            "dictum" => {}
            "diagnostics" => {
                faults.push(format!(
                    "{line}: a `diagnostics` block follows its `dictum` block"
                ));
                continue;
            }
            _ => continue,
        }
        let (sources, _, diagnostics) = compile_blocks(std::slice::from_ref(block));
        let told = tell_all(&sources, &diagnostics);
        let expected = blocks.next_if(|next| next.fence == "diagnostics");
        match expected {
            Some(expected) => {
                let lines: Vec<&str> = expected.text.lines().collect();
                if lines != told {
                    faults.push(format!(
                        "{}: expected\n{}\nfound\n{}",
                        expected.line,
                        expected.text,
                        told.join("\n")
                    ));
                }
                if diagnostics.is_empty() || diagnostics.iter().any(|diagnostic| diagnostic.code != code) {
                    faults.push(format!("{line}: the example is of another code than {code}"));
                }
                shown = true;
            }
            None => {
                if diagnostics
                    .iter()
                    .any(|diagnostic| diagnostic.severity == Severity::Error)
                {
                    faults.push(format!(
                        "{line}: the mended example has errors\n{}",
                        told.join("\n")
                    ));
                }
                mended = true;
            }
        }
    }
    if !(WITHOUT_EXAMPLE.contains(&code) || shown && mended) {
        faults.push("1: a page has an example, and the same mended".to_owned());
    }
    faults
}

fn document_runs(name: &str, least: usize) {
    let text = fs::read_to_string(root().join(name)).expect("the document can be read");
    let mut run = 0;
    let mut faults = Vec::new();
    for block in sections(&text).into_iter().flat_map(|section| section.blocks) {
        if block.fence != "dictum" {
            continue;
        }
        run += 1;
        let (sources, program, diagnostics) = compile_blocks(std::slice::from_ref(&block));
        let line = block.line;
        match program {
            Some(program) => faults.extend(
                test_faults(&program)
                    .iter()
                    .map(|fault| format!("{name}:{line}: {fault}")),
            ),
            None => faults.push(format!(
                "{name}:{line}: {}",
                tell_all(&sources, &diagnostics).join("\n")
            )),
        }
    }
    assert!(run >= least, "only {run} examples in {name}");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The cases of a program's tests that come out otherwise.
fn test_faults(program: &Program) -> Vec<String> {
    let empty = Dataset::default();
    let mut faults = Vec::new();
    for test in &program.tests {
        let data = test
            .fixture
            .and_then(|at| program.fixtures.get(at))
            .map_or(&empty, |fixture| &fixture.data);
        let engines = Engines::new(program, data).expect("the engines take the example");
        for (number, case) in (1..).zip(&test.cases) {
            let answer = engines.decide(&case.request).expect("the engines agree");
            let passed = matches!(&answer, Answer::Decided(outcome)
                if outcome.allowed == case.allow && case.by.iter().all(|rule| outcome.rules.contains(rule)));
            if !passed {
                faults.push(format!(
                    "test \"{}\", case {number}: {}",
                    test.name,
                    engines.tell(&answer)
                ));
            }
        }
    }
    faults
}

#[test]
fn the_reference_compiles_and_its_tests_pass() {
    document_runs("docs/reference.md", 10);
}

#[test]
fn the_readme_compiles_and_its_tests_pass() {
    document_runs("README.md", 1);
}
