//! Runs the literate specs under `spec/` on every engine; what they are made of is told in [`dictum_tests::spec`].
//!
//! With `DICTUM_BLESS=1` the blocks that list what the compiler or the reader of data says are rewritten to what they say
//! now; look at the difference before you keep it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dictum_tests::spec::{self, Report};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")
}

macro_rules! specs {
    ($($name:ident = $file:literal;)*) => {
        $(#[test] fn $name() { run($file); })*

        /// A spec file that no test runs would prove nothing.
        #[test]
        fn every_spec_is_run() {
            let mut found: Vec<String> = fs::read_dir(folder())
                .expect("the folder `spec` is there")
                .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
                .collect();
            found.sort();
            let mut run = vec![$($file),*];
            run.sort_unstable();
            assert_eq!(found, run);
        }
    };
}

specs! {
    checker = "checker.md";
    syntax = "syntax.md";
    names = "names.md";
    context = "context.md";
    data = "data.md";
    first_look = "first-look.md";
    entities_and_hierarchy = "entities-and-hierarchy.md";
    functions_and_constants = "functions-and-constants.md";
    bounds = "bounds.md";
    modules = "modules.md";
    principals = "principals.md";
    reads_and_explanations = "reads-and-explanations.md";
    invariants = "invariants.md";
    tables_and_fixtures = "tables-and-fixtures.md";
    closed_entities = "closed-entities.md";
    maps = "maps.md";
    obligations = "obligations.md";
    exclusive = "exclusive.md";
    regular_expressions = "regular-expressions.md";
    zones = "zones.md";
    quantifiers = "quantifiers.md";
    operators = "operators.md";
    presence = "presence.md";
    rules = "rules.md";
    roles_and_grants = "roles-and-grants.md";
    sets_and_maps = "sets-and-maps.md";
    tests = "tests.md";
    text = "text.md";
    time_and_addresses = "time-and-addresses.md";
    types_and_literals = "types-and-literals.md";
    undefined = "undefined.md";
}

fn run(file: &str) {
    let path = folder().join(file);
    let text = fs::read_to_string(&path).expect("the spec can be read");
    let cases = spec::cases(&text).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults
            .iter()
            .map(|fault| format!("tests/spec/{file}:{fault}"))
            .collect();
        panic!("\n{}\n", faults.join("\n"))
    });
    let mut failed = Vec::new();
    let mut mends = Vec::new();
    let mut decisions = 0;
    for case in &cases {
        let Report {
            failures,
            mends: of_case,
            decisions: of_this,
        } = case.run();
        let place = |failure: &String| format!("tests/spec/{file}:{failure}");
        if !failures.is_empty() {
            let places: Vec<String> = failures.iter().map(place).collect();
            failed.push(format!("## {}\n{}", case.heading, places.join("\n")));
        }
        mends.extend(of_case);
        decisions += of_this;
    }
    if std::env::var_os("DICTUM_BLESS").is_some() {
        fs::write(&path, mended(&text, mends)).expect("the spec can be written");
    }
    assert!(
        failed.is_empty(),
        "{} of {} cases failed:\n\n{}\n",
        failed.len(),
        cases.len(),
        failed.join("\n\n")
    );
    println!("{file}: {} cases, {decisions} decisions", cases.len());
}

/// A text with blocks replaced.
fn mended(text: &str, mut mends: Vec<(usize, usize, String)>) -> String {
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    mends.sort_by_key(|(line, ..)| std::cmp::Reverse(*line));
    for (line, count, new) in mends {
        lines.splice(line - 1..line - 1 + count, [new]);
    }
    lines.concat()
}
