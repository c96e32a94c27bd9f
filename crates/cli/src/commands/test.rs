//! `dictum test`: the tests that policies declare, run through the compiled policy.

use std::path::PathBuf;
use std::sync::Arc;

use dictum_artifact::dag::{Artifact, Effect, RuleId};
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::json;
use dictum_artifact::schema::Shape;
use dictum_compiler::Program;
use dictum_compiler::program::Case;
use dictum_runtime::{Policy, Store};
use serde::Serialize;

use crate::console::{Console, FAINT, Format, GOOD, WRONG, printable};
use crate::decision::{RuleText, one_line};
use crate::package::{Package, or_current};
use crate::report::{Findings, Place, count};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum test                           the tests of all policies below the current folder
  dictum test examples/todo --filter owner
  dictum test --format json | jq '.tests[] | select(.passed | not)'",
"\
A policy without tests is no error. A --filter that no test's name contains is one (exit code 2), so that a test that was
renamed is not taken for one that passed.

With --format json:
  {\"tests\": [{\"name\": \"…\", \"file\": \"…\", \"line\": 1, …, \"passed\": false,
              \"failures\": [{\"file\": \"…\", \"line\": 2, …, \"request\": {AuthZEN},
                            \"expected\": {\"decision\": true, \"rules\": [\"…\"]},
                            \"decided\": {\"decision\": false, \"rules\": [RULE]} | null,
                            \"error\": \"…\" | null, \"could_permit\": [RULE]}]}],
   \"passed\": 3, \"failed\": 1, \"left_out\": 0}
where a RULE is as in `dictum eval --explain`, `error` says why a request could not be decided, and `could_permit` lists,
for a denial by default, the permits that could apply to such a request. Where a policy has errors: what
`dictum check --format json` says.",
"\
Exit codes: 0 all passed, 1 a test failed or a policy has errors, 2 a path cannot be read, or no test fits --filter."
}

/// Run the tests that policies declare
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Test {
    /// A policy file, which is a package of its own, or a folder, whose `.dictum` files are one package
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Run only the tests whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// The tests of a run.
#[derive(Default, Serialize)]
struct Tests {
    tests: Vec<TestResult>,
    passed: usize,
    failed: usize,
    left_out: usize,
}

#[derive(Serialize)]
struct TestResult {
    name: String,
    #[serde(flatten)]
    place: Place,
    passed: bool,
    failures: Vec<Failure>,
}

/// A case that was not decided as expected.
#[derive(Serialize)]
struct Failure {
    #[serde(flatten)]
    place: Place,
    request: serde_json::Value,
    expected: Expected,
    decided: Option<Decided>,
    error: Option<String>,
    could_permit: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct Expected {
    decision: bool,
    rules: Vec<String>,
}

#[derive(Serialize)]
struct Decided {
    decision: bool,
    rules: Vec<serde_json::Value>,
}

impl Test {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let mut findings = Findings::default();
        let mut programs = Vec::new();
        for path in or_current(&self.paths) {
            let package = Package::load(&path)?;
            let (program, diagnostics) = package.compile();
            match program {
                Some(program) => programs.push((package, program)),
                None => findings.add(&package, &diagnostics),
            }
        }
        if findings.has_errors() {
            match self.format {
                Format::Human => findings.note(console),
                Format::Json => console.json(&findings)?,
            }
            return Ok(Exit::Bad);
        }
        let mut tests = Tests::default();
        for (package, program) in &programs {
            self.run_package(package, program, &mut tests, console)?;
        }
        if let Some(filter) = self.filter.as_ref().filter(|_| tests.tests.is_empty()) {
            let error = Stop::usage(format!("no test's name contains `{filter}`"));
            return Err(error.with_help(match tests.left_out {
                0 => "the policy declares no tests at all".to_owned(),
                some => format!(
                    "run `dictum test` without `--filter` to see the names of {}",
                    count(some, "test")
                ),
            }));
        }
        match self.format {
            Format::Human => print_summary(&tests, console)?,
            Format::Json => console.json(&tests)?,
        }
        Ok(if tests.failed > 0 {
            Exit::Bad
        } else {
            Exit::Success
        })
    }

    fn run_package(
        &self,
        package: &Package,
        program: &Program,
        tests: &mut Tests,
        console: &mut Console,
    ) -> Result<(), Stop> {
        let mut artifact = program.artifact.clone();
        artifact.files = package.files.iter().map(|file| file.shown.clone()).collect();
        let policy = Arc::new(Policy::new(artifact).map_err(|error| Stop::bad(error.to_string()))?);
        let load = |data: &Dataset| Store::new(&policy, data).map_err(|error| Stop::bad(error.to_string()));
        let empty = load(&Dataset::default())?;
        let stores = program
            .fixtures
            .iter()
            .map(|f| load(&f.data))
            .collect::<Result<Vec<_>, _>>()?;
        for test in &program.tests {
            if self
                .filter
                .as_ref()
                .is_some_and(|filter| !test.name.contains(filter))
            {
                tests.left_out += 1;
                continue;
            }
            let store = test
                .fixture
                .and_then(|fixture| stores.get(fixture))
                .unwrap_or(&empty);
            let mut text = String::new();
            let mut failures = Vec::new();
            for case in &test.cases {
                if let Some((failure, told)) = run_case(package, policy.artifact(), store, case) {
                    failures.push(failure);
                    text.push_str(&told);
                }
            }
            let passed = failures.is_empty();
            *(if passed {
                &mut tests.passed
            } else {
                &mut tests.failed
            }) += 1;
            let place = Place::of(package, test.span);
            if self.format == Format::Human {
                let word = if passed {
                    format!("{GOOD}pass{GOOD:#}")
                } else {
                    format!("{WRONG}FAIL{WRONG:#}")
                };
                let at = printable(&package.place(test.span)).into_owned();
                console.line(format_args!(
                    "{word} {} {FAINT}{at}{FAINT:#}",
                    one_line(&test.name)
                ))?;
                console.raw(&text)?;
            }
            tests.tests.push(TestResult {
                name: test.name.clone(),
                place,
                passed,
                failures,
            });
        }
        Ok(())
    }
}

fn print_summary(tests: &Tests, console: &mut Console) -> Result<(), Stop> {
    let left_out = match tests.left_out {
        0 => String::new(),
        some => format!(", {some} left out"),
    };
    let (passed, failed) = (count(tests.passed, "test"), count(tests.failed, "test"));
    match (tests.passed, tests.failed) {
        (0, 0) => console.line("no tests: a policy declares them with `test \"name\" { … }`"),
        (_, 0) => console.line(format_args!("{GOOD}{passed} passed{GOOD:#}{left_out}")),
        (_, _) => console.line(format_args!(
            "{WRONG}{failed} failed{WRONG:#}, {passed} passed{left_out}"
        )),
    }
}

/// Decides a case; what went wrong, if anything, as data and as text.
fn run_case(package: &Package, artifact: &Artifact, store: &Store, case: &Case) -> Option<(Failure, String)> {
    let (decided, error) = match store.bind(&case.request) {
        Ok(request) => {
            let explanation = request.explain();
            (Some((explanation.allowed, explanation.rules)), None)
        }
        Err(error) => (None, Some(error.to_string())),
    };
    let as_expected = |(allowed, rules): &(bool, Vec<RuleId>)| {
        *allowed == case.allow && case.by.iter().all(|rule| rules.contains(rule))
    };
    if decided.as_ref().is_some_and(as_expected) {
        return None;
    }
    let rule = |id: &RuleId| artifact.rules.get(id.index());
    let expected: Vec<String> = case
        .by
        .iter()
        .filter_map(rule)
        .map(|rule| rule.label.clone())
        .collect();
    let could_permit = match &decided {
        Some((false, rules)) if rules.is_empty() => permits_of_shape(artifact, &case.request),
        Some(_) | None => Vec::new(),
    };
    let texts = |ids: &[RuleId]| -> Vec<RuleText<'_>> {
        ids.iter()
            .filter_map(rule)
            .map(|rule| RuleText::of(artifact, rule))
            .collect()
    };
    let request = json::write_request(&artifact.schema, &case.request);

    let written = package.sources.text(case.span);
    let mut out = format!(
        "  {}  {}\n    request:  {}\n    expected: {}\n",
        printable(&package.place(case.span)),
        one_line(written.lines().next().unwrap_or_default()),
        printable(&request.to_string()),
        outcome_text(case.allow, &expected, ""),
    );
    if let Some(error) = &error {
        out.push_str(&format!("    but:      {}\n", one_line(error)));
    }
    if let Some((allowed, rules)) = &decided {
        let by_default = match could_permit.len() {
            0 => "by default: no permit could apply to such a request",
            _ => "by default: no permit fired; these could apply to such a request",
        };
        let by_default = if *allowed { "" } else { by_default };
        let labels: Vec<String> = rules
            .iter()
            .filter_map(rule)
            .map(|rule| rule.label.clone())
            .collect();
        out.push_str(&format!(
            "    but:      {}\n",
            outcome_text(*allowed, &labels, by_default)
        ));
        texts(rules)
            .iter()
            .chain(&texts(&could_permit))
            .for_each(|rule| rule.write("      ", &mut out));
    }

    let json = |ids: &[RuleId]| texts(ids).iter().map(|rule| serde_json::json!(rule)).collect();
    let failure = Failure {
        place: Place::of(package, case.span),
        request,
        expected: Expected {
            decision: case.allow,
            rules: expected,
        },
        could_permit: json(&could_permit),
        decided: decided.map(|(decision, rules)| Decided {
            decision,
            rules: json(&rules),
        }),
        error,
    };
    Some((failure, out))
}

/// `allow by editor`
fn outcome_text(allowed: bool, rules: &[String], otherwise: &str) -> String {
    let word = if allowed { "allow" } else { "deny" };
    let labels = rules
        .iter()
        .map(|label| one_line(label))
        .collect::<Vec<_>>()
        .join(", ");
    match (rules.is_empty(), otherwise) {
        (true, "") => word.to_owned(),
        (true, otherwise) => format!("{word} {otherwise}"),
        (false, _) => format!("{word} by {labels}"),
    }
}

/// The permits that could apply to requests like this one.
fn permits_of_shape(artifact: &Artifact, request: &Request) -> Vec<RuleId> {
    let shape = Shape {
        principal: request.principal.ty,
        action: request.action,
        resource: request.resource.ty,
    };
    let plan = artifact
        .schema
        .find_shape(shape)
        .and_then(|shape| artifact.plans.get(shape.index()));
    let candidates = plan
        .into_iter()
        .flat_map(|plan| plan.candidates.iter().map(|candidate| candidate.rule));
    let permits = |id: &RuleId| {
        artifact
            .rules
            .get(id.index())
            .is_some_and(|rule| rule.effect == Effect::Permit)
    };
    candidates.filter(permits).collect()
}
