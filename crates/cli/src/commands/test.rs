//! `dictum test`: the tests that policies declare, run through the compiled policy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dictum_artifact::dag::{Artifact, Effect, Rule, RuleId};
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::json;
use dictum_artifact::naming::written_path;
use dictum_artifact::schema::Shape;
use dictum_compiler::program::{Case, ExpectedObligation};
use dictum_compiler::{Program, invariants};
use dictum_runtime::{Explanation, Policy, Store};
use serde::Serialize;

use crate::activity::Activity;
use crate::console::{Console, FAINT, Format, GOOD, WRONG, printable};
use crate::decision::{RuleText, label_line, one_line};
use crate::obligations::ObligationText;
use crate::outline::outlines;
use crate::package::Package;
use crate::report::{Findings, Place, count, note_warnings};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum test                           the tests of all policies below the current folder
  dictum test examples/todo --filter owner
  dictum test --format json | jq '.tests[] | select(.passed | not)'",
"\
The invariants of a policy, `never …` and `always …`, are tried on every fixture: with all its principals, \
actions and resources in the contexts that tests give, and with the requests of its tests. One that does not \
hold fails, with the request that shows it; that all hold proves nothing of other data. --filter chooses among \
their labels too.

A policy without tests is no error. A --filter that no test's name contains is one (exit code 2), so that a test \
that was renamed is not taken for one that passed.

With --format json:
  {\"tests\": [{\"name\": \"…\", \"file\": \"…\", \"line\": 1, …, \"passed\": false,
              \"failures\": [{\"file\": \"…\", \"line\": 2, …, \"request\": {AuthZEN},
                            \"variables\": {\"u\": \"…\"},
                            \"expected\": {\"decision\": true, \"rules\": [\"…\"],
                                         \"obligations\": [OBLIGATION]},
                            \"decided\": {\"decision\": false, \"rules\": [RULE],
                                        \"obligations\": [OBLIGATION]} | null,
                            \"error\": \"…\" | null, \"could_permit\": [RULE]}]}],
   \"invariants\": [{\"label\": \"…\", \"always\": false, \"file\": \"…\", \"line\": 3, …, \"fixture\": \"…\" | null,
                   \"requests\": 40, \"holds\": false, \"request\": {AuthZEN} | null,
                   \"decided\": … | null}],
   \"passed\": 3, \"failed\": 1, \"left_out\": 0}
where an OBLIGATION is {\"name\": \"…\", \"fields\": {…}}, a RULE is as in `dictum eval --explain`, `error` says \
why a request could not be decided, and `could_permit` lists, for a denial by default, the permits that could \
apply to such a request. Where a policy has errors: what `dictum check --format json` says.",
"\
Exit codes: 0 all passed, 1 a test failed or a policy has errors, 2 a path cannot be read, or no test fits \
--filter."
}

/// Run the tests that policies declare
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Test {
    /// Packages: folders, or files of them; a file that no `dictum.toml` above it names is a package of its own
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
    invariants: Vec<InvariantResult>,
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

/// What trying an invariant on a fixture came to.
#[derive(Serialize)]
struct InvariantResult {
    label: String,
    always: bool,
    #[serde(flatten)]
    place: Place,
    /// `None` is the empty store.
    fixture: Option<String>,
    /// On how many requests that it speaks of.
    requests: usize,
    holds: bool,
    request: Option<serde_json::Value>,
    decided: Option<Decided>,
}

/// A case that was not decided as expected.
#[derive(Serialize)]
struct Failure {
    #[serde(flatten)]
    place: Place,
    request: serde_json::Value,
    /// What the variables of tables stand for, as written.
    variables: BTreeMap<String, String>,
    expected: Expected,
    decided: Option<Decided>,
    error: Option<String>,
    could_permit: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct Expected {
    decision: bool,
    rules: Vec<String>,
    obligations: Vec<ObligationText>,
}

#[derive(Serialize)]
struct Decided {
    decision: bool,
    rules: Vec<serde_json::Value>,
    obligations: Vec<ObligationText>,
}

impl Test {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let mut findings = Findings::default();
        let mut programs = Vec::new();
        let mut warnings = Vec::new();
        let outlines = outlines(&self.paths)?;
        let activity = Activity::new("compiling", outlines.len());
        for outline in outlines {
            let package = Package::read(outline)?;
            let (program, diagnostics) = package.compile();
            match program {
                Some(program) => {
                    programs.push((package, program));
                    warnings.extend(diagnostics);
                }
                None => findings.add(&package, &diagnostics),
            }
            activity.advance();
        }
        drop(activity);
        if findings.has_errors() {
            match self.format {
                Format::Human => findings.note(console),
                Format::Json => console.json(&findings)?,
            }
            return Ok(Exit::Bad);
        }
        note_warnings(&warnings, console);
        let mut tests = Tests::default();
        for (package, program) in &programs {
            self.run_package(package, program, &mut tests, console)?;
        }
        if let Some(filter) = self
            .filter
            .as_ref()
            .filter(|_| tests.tests.is_empty() && tests.invariants.is_empty())
        {
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
        self.run_invariants(package, program, policy.artifact(), tests, console)
    }

    /// Tries the invariants on the fixtures.
    fn run_invariants(
        &self,
        package: &Package,
        program: &Program,
        artifact: &Artifact,
        tests: &mut Tests,
        console: &mut Console,
    ) -> Result<(), Stop> {
        for trial in invariants::try_all(program) {
            let Some(invariant) = program.invariants.get(trial.invariant) else {
                continue;
            };
            let chosen = |filter: &String| invariant.label.contains(filter);
            if !self.filter.as_ref().is_none_or(chosen) {
                tests.left_out += 1;
                continue;
            }
            let fixture = trial.fixture.and_then(|at| program.fixtures.get(at));
            let holds = trial.violation.is_none();
            *(if holds {
                &mut tests.passed
            } else {
                &mut tests.failed
            }) += 1;
            let request = trial
                .violation
                .as_ref()
                .map(|(request, _)| json::write_request(&artifact.schema, request));
            if self.format == Format::Human {
                let word = if holds {
                    format!("{GOOD}pass{GOOD:#}")
                } else {
                    format!("{WRONG}FAIL{WRONG:#}")
                };
                let kind = if invariant.always { "always" } else { "never" };
                let on = fixture.map_or_else(
                    || "without a fixture".to_owned(),
                    |fixture| format!("in {}", written_path(&fixture.name)),
                );
                let at = printable(&package.place(invariant.span)).into_owned();
                let tried = match trial.requests {
                    0 => "nothing to try it on".to_owned(),
                    some => count(some, "request"),
                };
                console.line(format_args!(
                    "{word} {kind} {}, {on}: {tried} {FAINT}{at}{FAINT:#}",
                    label_line(&invariant.label),
                ))?;
                if let (Some((_, outcome)), Some(request)) = (&trial.violation, &request) {
                    let labels: Vec<String> = artifact_rules(artifact, &outcome.rules)
                        .map(|rule| rule.label.clone())
                        .collect();
                    let outcome = outcome_text(outcome.allowed, &labels, &[], "by default: no permit fired");
                    console.raw(&format!(
                        "    request:  {}\n    but:      {outcome}\n",
                        printable(&request.to_string()),
                    ))?;
                }
            }
            let decided = trial.violation.map(|(_, outcome)| Decided {
                decision: outcome.allowed,
                rules: artifact_rules(artifact, &outcome.rules)
                    .map(|rule| serde_json::json!(RuleText::of(artifact, rule)))
                    .collect(),
                obligations: outcome
                    .obligations
                    .iter()
                    .map(|o| ObligationText::of(&artifact.schema, o.obligation, &o.fields))
                    .collect(),
            });
            tests.invariants.push(InvariantResult {
                label: invariant.label.clone(),
                always: invariant.always,
                place: Place::of(package, invariant.span),
                fixture: fixture.map(|fixture| fixture.name.clone()),
                requests: trial.requests,
                holds,
                request,
                decided,
            });
        }
        Ok(())
    }
}

fn artifact_rules<'a>(artifact: &'a Artifact, ids: &[RuleId]) -> impl Iterator<Item = &'a Rule> {
    ids.iter().filter_map(|id| artifact.rules.get(id.index()))
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
        Ok(request) => (Some(request.explain()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let is_met = |expected: &ExpectedObligation, decided: &Explanation| {
        decided.obligations.iter().any(|obligation| {
            let fields = expected.fields.as_ref();
            obligation.id == expected.obligation && fields.is_none_or(|fields| *fields == obligation.fields)
        })
    };
    let as_expected = |decided: &Explanation| {
        decided.allowed == case.allow
            && case.by.iter().all(|rule| decided.rules.contains(rule))
            && case.with.iter().all(|expected| is_met(expected, decided))
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
        Some(decided) if !decided.allowed && decided.rules.is_empty() => {
            permits_of_shape(artifact, &case.request)
        }
        Some(_) | None => Vec::new(),
    };
    let texts = |ids: &[RuleId]| -> Vec<RuleText<'_>> {
        ids.iter()
            .filter_map(rule)
            .map(|rule| RuleText::of(artifact, rule))
            .collect()
    };
    let request = json::write_request(&artifact.schema, &case.request);

    let schema = &artifact.schema;
    let with: Vec<ObligationText> = case
        .with
        .iter()
        .map(|expected| match &expected.fields {
            Some(fields) => ObligationText::of(schema, expected.obligation, fields),
            None => ObligationText::named(schema, expected.obligation),
        })
        .collect();
    let written = package.sources.text(case.span);
    let mut out = format!(
        "  {}  {}\n",
        printable(&package.place(case.span)),
        one_line(written.lines().next().unwrap_or_default()),
    );
    for (name, value) in &case.variables {
        out.push_str(&format!(
            "    where:    {} is {}\n",
            written_path(name),
            one_line(value)
        ));
    }
    out.push_str(&format!(
        "    request:  {}\n    expected: {}\n",
        printable(&request.to_string()),
        outcome_text(case.allow, &expected, &with, ""),
    ));
    if let Some(error) = &error {
        out.push_str(&format!("    but:      {}\n", one_line(error)));
    }
    let obliged = |decided: &Explanation| -> Vec<ObligationText> {
        let obligations = decided.obligations.iter();
        obligations
            .map(|o| ObligationText::of(schema, o.id, &o.fields))
            .collect()
    };
    if let Some(decided) = &decided {
        let (allowed, rules) = (&decided.allowed, &decided.rules);
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
            outcome_text(*allowed, &labels, &obliged(decided), by_default)
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
        variables: case.variables.iter().cloned().collect(),
        expected: Expected {
            decision: case.allow,
            rules: expected,
            obligations: with,
        },
        could_permit: json(&could_permit),
        decided: decided.map(|decided| Decided {
            decision: decided.allowed,
            rules: json(&decided.rules),
            obligations: obliged(&decided),
        }),
        error,
    };
    Some((failure, out))
}

/// `allow by editor with audit { level: 2 }`
fn outcome_text(allowed: bool, rules: &[String], with: &[ObligationText], otherwise: &str) -> String {
    let by = by_text(allowed, rules, otherwise);
    if with.is_empty() {
        return by;
    }
    let with: Vec<String> = with.iter().map(|with| one_line(with.shown())).collect();
    format!("{by} with {}", with.join(", "))
}

/// `allow by editor`
fn by_text(allowed: bool, rules: &[String], otherwise: &str) -> String {
    let word = if allowed { "allow" } else { "deny" };
    let labels = rules
        .iter()
        .map(|label| label_line(label))
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
