//! The documents run: the pages of the diagnostics, the reference, the guide, the page about Cedar and the README.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dictum_artifact::data::Dataset;
use dictum_compiler::lint::{self, Level, Levels};
use dictum_compiler::program::{Case, ExpectedObligation};
use dictum_compiler::{Program, Settings, invariants};
use dictum_tests::engine::{Answer, Engines, Outcome};
use dictum_tests::markdown::{Block, sections};
use dictum_tests::spec::{compile_blocks, compile_blocks_with};
use dictum_tests::{mends, tell};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What can only be shown by an example that is too big for a page, by bytes that are no text, or by a `dictum.toml`; the
/// tests of its crate make it.
const WITHOUT_EXAMPLE: [&str; 16] = [
    "D0001", "D0601", "D0602", "D0603", "D0604", "D0605", "D0606", "D0607", "D0609", "D0612", "D0701",
    "D0702", "D0703", "D0704", "D0705", "D0706",
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
        if let Some(lint) = lint::find(code) {
            let title = format!("# {code}: {}\n", lint.meaning);
            let name = format!("It is called `{}` in settings and in `@allow`", lint.name);
            let level = match lint.level {
                Level::Allow => "not told unless it is asked for",
                Level::Warn => "a warning by default",
                Level::Deny => "an error by default",
            };
            for part in [title.as_str(), &name, level] {
                let flat = text.replace('\n', " ");
                if !text.contains(part) && !flat.contains(part) {
                    faults.push(format!("{name}:1: a page of a lint says: {part}"));
                }
            }
        }
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

/// The lints that a page is about: of an error none, of a lint that one, whether or not it is told by default.
fn settings(code: &str) -> Settings {
    let mut lints = Levels::all(Level::Allow);
    if lint::find(code).is_some() {
        lints.set(code, Level::Warn).expect("the lint is there");
    }
    Settings {
        lints,
        ..Settings::default()
    }
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
        let (sources, _, diagnostics) = compile_blocks_with(std::slice::from_ref(block), &settings(code));
        let told = tell::diagnostics(&sources, &diagnostics);
        for (span, fault) in mends::faults(&sources, &diagnostics, &settings(code)) {
            let (below, _) = sources.line_column(span);
            faults.push(format!("{}: {fault}", line + below as usize - 1));
        }
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
                if !diagnostics.is_empty() {
                    faults.push(format!(
                        "{line}: the mended example is not right yet\n{}",
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

/// Runs the policies of a document. A `dictum` block is a policy; a `dictum continued` block is another file of the policy
/// before it.
fn document_runs(name: &str, least: usize) {
    let text = fs::read_to_string(root().join(name)).expect("the document can be read");
    let mut policies: Vec<Vec<Block>> = Vec::new();
    for block in sections(&text).into_iter().flat_map(|section| section.blocks) {
        match (block.fence.as_str(), policies.last_mut()) {
            ("dictum", _) => policies.push(vec![block]),
            ("dictum continued", Some(policy)) => policy.push(block),
            _ => {}
        }
    }
    let mut faults = Vec::new();
    for policy in &policies {
        let (sources, program, diagnostics) = compile_blocks(policy);
        let line = policy.first().map_or(0, |block| block.line);
        match program {
            Some(program) => {
                let of_tests = test_faults(&program)
                    .into_iter()
                    .chain(invariant_faults(&program));
                faults.extend(of_tests.map(|fault| format!("{name}:{line}: {fault}")));
            }
            None => faults.push(format!(
                "{name}:{line}: {}",
                tell::diagnostics(&sources, &diagnostics).join("\n")
            )),
        }
    }
    let run = policies.len();
    assert!(run >= least, "only {run} examples in {name}");
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The invariants that do not hold of a program's fixtures, and those that nothing was tried on.
fn invariant_faults(program: &Program) -> Vec<String> {
    let trials = invariants::try_all(program);
    let mut faults = Vec::new();
    for (at, invariant) in program.invariants.iter().enumerate() {
        let mut of_it = trials.iter().filter(|trial| trial.invariant == at);
        if let Some(violated) = of_it.clone().find(|trial| trial.violation.is_some()) {
            faults.push(format!("`{}` does not hold: {violated:?}", invariant.label));
        }
        if !program.fixtures.is_empty() && of_it.all(|trial| trial.requests == 0) {
            faults.push(format!(
                "`{}` speaks of no request that is tried",
                invariant.label
            ));
        }
    }
    faults
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
            let passed = matches!(&answer, Answer::Decided(outcome) if is_as_expected(case, outcome));
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

fn is_as_expected(case: &Case, outcome: &Outcome) -> bool {
    let carried = |expected: &ExpectedObligation| {
        outcome.obligations.iter().any(|(obligation, fields)| {
            *obligation == expected.obligation
                && expected.fields.as_ref().is_none_or(|wanted| wanted == fields)
        })
    };
    outcome.allowed == case.allow
        && case.by.iter().all(|rule| outcome.rules.contains(rule))
        && case.with.iter().all(carried)
}

#[test]
fn the_reference_compiles_and_its_tests_pass() {
    document_runs("docs/reference.md", 10);
}

#[test]
fn the_readme_compiles_and_its_tests_pass() {
    document_runs("README.md", 1);
}

#[test]
fn the_guide_compiles_and_its_tests_pass() {
    document_runs("docs/guide.md", 15);
}

#[test]
fn the_page_about_cedar_compiles_and_its_tests_pass() {
    document_runs("docs/cedar.md", 3);
}
