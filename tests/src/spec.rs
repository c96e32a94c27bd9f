//! Literate specs: under each `##` heading of a Markdown file one case, made of these code blocks.
//!
//! - `dictum`: a source; several are one package. The `test` declarations run on every engine.
//! - `json`: store data; several are several files of one store.
//! - `requests`: a line each, `{AuthZEN} => allow by a, b`, `deny`, `deny by a` or `error TEXT`, over the store data. The rules
//!   after `by` are exactly the deciding ones, and the obligations after `with` exactly those of the decision, as in
//!   `allow by a with step_up { acr: "mfa" }, audit`; `deny` alone is a denial by default; TEXT is a part of
//!   `line:column path: message`. For a batch there is one expectation for each of its evaluations, between `;`.
//! - `diagnostics`: what the compiler says, a line each, `CODE line:column message`; where there are several sources,
//!   `CODE source:line:column message` with the source's number. Without this block there must be none; lints have tests of
//!   their own. `diagnostics help` has the other places, the help and the mend as well, on lines of their own. Every mend is
//!   made, and has to mend what it is for.
//! - `errors`: what the reader of the store data says, a line each, `line:column path: message`, or
//!   `file:line:column path: message` where there are several files.
//! - `rules`: what a decision can tell of each rule, in rule order:
//!   `label effect line:column because "…" docs "…" @name("…")`.
//! - `invariants`: what came of trying each invariant on each fixture: `label over fixture: holds of N`, N the number of
//!   requests that it speaks of, or `label over fixture: {AuthZEN} => allow by a`, the first that it does not hold of.
//! - `reads`: what decisions on each kind of request can depend on, a line each:
//!   `User read Doc: principal.level, ancestors of principal, context.now, Group.name, grants of editor`.
//! - `explain`: a request, and on the next lines what each rule that could apply makes of it, with what its conditions saw:
//!   `label rests: head true, holder true, when false (3, "x")`.

use std::sync::Arc;

use dictum_artifact::data::Dataset;
use dictum_artifact::json::{self, Requests};
use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::{Program, Settings, compile_with, invariants};
use dictum_runtime::{Policy, Store};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Sources;

use crate::engine::{Answer, Engines, Outcome, place_and_message};
use crate::markdown::{Block, sections};
use crate::{mends, tell};

/// A case of a spec file.
#[derive(Debug, Default)]
pub struct Case {
    /// Its heading.
    pub heading: String,
    /// The heading's line, from 1.
    pub line: usize,
    sources: Vec<Block>,
    data: Vec<Block>,
    requests: Vec<Block>,
    diagnostics: Option<Block>,
    errors: Option<Block>,
    rules: Option<Block>,
    invariants: Option<Block>,
    reads: Option<Block>,
    explained: Vec<Block>,
}

/// What came of a case.
#[derive(Debug, Default)]
pub struct Report {
    /// What was not as expected, each with its place.
    pub failures: Vec<String>,
    /// The blocks that would have to read differently: the line of the text, how many lines it has, the right text.
    pub mends: Vec<(usize, usize, String)>,
    /// How many decisions were checked.
    pub decisions: usize,
}

/// The cases of a spec file.
///
/// # Errors
/// What is wrong with the file itself: a block of an unknown kind or outside a case, a case with nothing to check.
pub fn cases(text: &str) -> Result<Vec<Case>, Vec<String>> {
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for section in sections(text) {
        if section.level != 2 {
            let outside = section
                .blocks
                .iter()
                .map(|block| format!("{}: a block outside of a `##` case", block.line));
            faults.extend(outside);
            continue;
        }
        let mut case = Case {
            heading: section.heading,
            line: section.line,
            ..Case::default()
        };
        for block in section.blocks {
            let slot = match block.fence.as_str() {
                "dictum" => {
                    case.sources.push(block);
                    continue;
                }
                "json" => {
                    case.data.push(block);
                    continue;
                }
                "requests" => {
                    case.requests.push(block);
                    continue;
                }
                "explain" => {
                    case.explained.push(block);
                    continue;
                }
                "diagnostics" | "diagnostics help" => &mut case.diagnostics,
                "invariants" => &mut case.invariants,
                "reads" => &mut case.reads,
                "errors" => &mut case.errors,
                "rules" => &mut case.rules,
                other => {
                    faults.push(format!("{}: no block is called `{other}`", block.line));
                    continue;
                }
            };
            let line = block.line;
            if slot.replace(block).is_some() {
                faults.push(format!("{line}: the second block of its kind in this case"));
            }
        }
        faults.extend(case.faults().map(|fault| format!("{}: {fault}", case.line)));
        cases.push(case);
    }
    if cases.is_empty() {
        faults.push("1: there is no case in this file".to_owned());
    }
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

impl Case {
    /// Why the case could not fail, or not be run.
    fn faults(&self) -> impl Iterator<Item = &'static str> {
        let has_tests = self.sources.iter().any(|block| block.text.contains("test \""));
        let expects = has_tests || !self.requests.is_empty() || self.diagnostics.is_some();
        let expects = expects || self.errors.is_some() || self.rules.is_some();
        let expects =
            expects || self.invariants.is_some() || self.reads.is_some() || !self.explained.is_empty();
        let uses_data = !self.requests.is_empty() || self.errors.is_some() || !self.explained.is_empty();
        [
            (self.sources.is_empty(), "a case without a `dictum` block"),
            (!expects, "a case that expects nothing"),
            (
                !self.data.is_empty() && !uses_data,
                "a `json` block that nothing uses",
            ),
            (
                self.data.is_empty() && self.errors.is_some(),
                "an `errors` block without a `json` block",
            ),
        ]
        .into_iter()
        .filter_map(|(wrong, fault)| wrong.then_some(fault))
    }

    /// Runs the case on every engine.
    #[must_use]
    pub fn run(&self) -> Report {
        let mut report = Report::default();
        let (sources, program, diagnostics) = compile_blocks_with(&self.sources, &without_lints());
        let with_help = self
            .diagnostics
            .as_ref()
            .is_some_and(|block| block.fence.ends_with("help"));
        let told = if with_help {
            tell::diagnostics_with_help(&sources, &diagnostics)
        } else {
            tell::diagnostics(&sources, &diagnostics)
        };
        for (span, fault) in mends::faults(&sources, &diagnostics, &without_lints()) {
            report.fail(self.line_of(&sources, span), &fault);
        }
        match &self.diagnostics {
            Some(block) => report.compare(block, &told, "the diagnostics"),
            None if program.is_none() => {
                let told = told.join("\n      ");
                report.fail(self.line, &format!("the policy has errors:\n      {told}"));
            }
            None => {}
        }
        let Some(program) = program else {
            let runs = !self.requests.is_empty() || self.errors.is_some() || self.rules.is_some();
            if runs || self.invariants.is_some() || self.reads.is_some() || !self.explained.is_empty() {
                report.fail(self.line, "nothing can be run over a policy with errors");
            }
            return report;
        };
        if let Some(block) = &self.rules {
            let rules: Vec<String> = program.rules.iter().map(|rule| tell::rule(&rule.info)).collect();
            report.compare(block, &rules, "the rules");
        }
        if let Some(block) = &self.invariants {
            let trials = invariants::try_all(&program);
            let told: Vec<String> = trials.iter().map(|trial| tell::trial(&program, trial)).collect();
            report.compare(block, &told, "the invariants");
        }
        if let Some(block) = &self.reads {
            match Policy::new(program.artifact.clone()) {
                Ok(policy) => report.compare(block, &tell::reads(&policy), "what is read"),
                Err(error) => report.fail(block.line, &format!("the artifact is refused: {error}")),
            }
        }
        self.run_tests(&sources, &program, &mut report);
        self.run_requests(&program, &mut report);
        report
    }

    /// Runs the `test` declarations.
    fn run_tests(&self, sources: &Sources, program: &Program, report: &mut Report) {
        let empty = Dataset::default();
        for test in &program.tests {
            let data = test
                .fixture
                .and_then(|at| program.fixtures.get(at))
                .map_or(&empty, |fixture| &fixture.data);
            let engines = match Engines::new(program, data) {
                Ok(engines) => engines,
                Err(message) => {
                    report.fail(self.line, &format!("test \"{}\": {message}", test.name));
                    continue;
                }
            };
            for case in &test.cases {
                report.decisions += 1;
                let place = self.line_of(sources, case.span);
                let written = sources.text(case.span).lines().next().unwrap_or_default();
                match engines.decide(&case.request) {
                    Err(disagreement) => report.fail(place, &format!("`{written}`: {disagreement}")),
                    Ok(Answer::Decided(outcome)) if is_expected(case, &outcome) => {}
                    Ok(answer) => {
                        let told = engines.tell(&answer);
                        report.fail(
                            place,
                            &format!("`{written}`\n      but every engine says: {told}"),
                        );
                    }
                }
            }
        }
    }

    /// The line of the spec file where a span of a source starts.
    fn line_of(&self, sources: &Sources, span: dictum_syntax::source::Span) -> usize {
        let (line, _) = sources.line_column(span);
        let first = self
            .sources
            .get(span.source.0 as usize)
            .map_or(self.line, |block| block.line);
        first + (line as usize).saturating_sub(1)
    }

    /// Reads the store data and decides the requests over it.
    fn run_requests(&self, program: &Program, report: &mut Report) {
        let names: Vec<String> = (1..=self.data.len()).map(|number| number.to_string()).collect();
        let files: Vec<(&str, &str)> = names
            .iter()
            .zip(&self.data)
            .map(|(name, block)| (name.as_str(), block.text.as_str()))
            .collect();
        let data = match (json::read_dataset(&program.schema, &files), &self.errors) {
            (Ok(data), None) => data,
            (Ok(_), Some(block)) => return report.fail(block.line, "the data has no errors"),
            (Err(errors), expected) => {
                let told: Vec<String> = errors
                    .iter()
                    .map(|error| tell::data_error(error, files.len() > 1))
                    .collect();
                return match expected {
                    Some(block) => report.compare(block, &told, "the errors of the data"),
                    None => report.fail(
                        self.line,
                        &format!("the data has errors:\n      {}", told.join("\n      ")),
                    ),
                };
            }
        };
        let engines = match Engines::new(program, &data) {
            Ok(engines) => engines,
            Err(message) => return report.fail(self.line, &message),
        };
        for block in &self.explained {
            match explain(program, &data, &block.text) {
                Ok(told) => report.compare(block, &told, "the explanation"),
                Err(message) => report.fail(block.line, &message),
            }
        }
        for block in &self.requests {
            for (line, text) in (block.line..).zip(block.text.lines()) {
                if text.trim().is_empty() || text.starts_with("//") {
                    continue;
                }
                let Some((request, expected)) = text.rsplit_once(" => ") else {
                    report.fail(line, "a request needs an expectation: `{…} => allow by label`");
                    continue;
                };
                report.decisions += 1;
                if let Err(message) = check_request(program, &engines, request, expected) {
                    report.fail(line, &message);
                }
            }
        }
    }
}

impl Report {
    fn fail(&mut self, line: usize, message: &str) {
        self.failures.push(format!("{line}: {message}"));
    }

    /// Compares a block with the lines that it should have.
    fn compare(&mut self, block: &Block, actual: &[String], what: &str) {
        let expected: Vec<&str> = block
            .text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        if expected == actual {
            return;
        }
        let list = |lines: &[&str]| match lines {
            [] => "      (nothing)".to_owned(),
            lines => lines
                .iter()
                .map(|line| format!("      {line}"))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        let actual: Vec<&str> = actual.iter().map(String::as_str).collect();
        self.fail(
            block.line,
            &format!(
                "{what} are not as expected\n    expected:\n{}\n    actual:\n{}",
                list(&expected),
                list(&actual)
            ),
        );
        let text = actual.iter().map(|line| format!("{line}\n")).collect();
        self.mends.push((block.line, block.text.lines().count(), text));
    }
}

/// Compiles blocks as one package. The files are `policy.dictum`, `policy-2.dictum` and so on.
#[must_use]
pub fn compile_blocks(blocks: &[Block]) -> (Sources, Option<Program>, Vec<Diagnostic>) {
    compile_blocks_with(blocks, &Settings::default())
}

/// The same with settings.
#[must_use]
pub fn compile_blocks_with(
    blocks: &[Block],
    settings: &Settings,
) -> (Sources, Option<Program>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    for (number, block) in (1..).zip(blocks) {
        let name = if number == 1 {
            "policy.dictum".to_owned()
        } else {
            format!("policy-{number}.dictum")
        };
        sources.add(name, block.text.as_str());
    }
    let (program, diagnostics) = compile_with(&sources, settings);
    (sources, program, diagnostics)
}

/// Of lints, their own tests speak.
fn without_lints() -> Settings {
    Settings {
        lints: Levels::all(Level::Allow),
        ..Settings::default()
    }
}

/// Whether a decision is what a test expects.
fn is_expected(case: &dictum_compiler::program::Case, outcome: &Outcome) -> bool {
    let is_obliged = |expected: &dictum_compiler::program::ExpectedObligation| {
        outcome.obligations.iter().any(|(id, fields)| {
            *id == expected.obligation && expected.fields.as_ref().is_none_or(|expected| expected == fields)
        })
    };
    outcome.allowed == case.allow
        && case.by.iter().all(|rule| outcome.rules.contains(rule))
        && case.with.iter().all(is_obliged)
}

/// The lines of an `explain` block as they should be: the request, and what each rule makes of it.
fn explain(program: &Program, data: &Dataset, text: &str) -> Result<Vec<String>, String> {
    let request = text.lines().next().unwrap_or_default();
    let policy = Arc::new(Policy::new(program.artifact.clone()).map_err(|error| error.to_string())?);
    let store = Store::new(&policy, data).map_err(|error| error.to_string())?;
    let bound = store
        .bind_json(request.as_bytes())
        .map_err(|error| place_and_message(&error))?;
    let mut told = vec![request.to_owned()];
    told.extend(tell::trace(&policy, &bound.trace()));
    Ok(told)
}

/// Decides a request or a batch and compares with what is expected.
fn check_request(
    program: &Program,
    engines: &Engines<'_>,
    request: &str,
    expected: &str,
) -> Result<(), String> {
    let answers = match json::read_requests(&program.schema, "request", request) {
        Ok(Requests::Batch(items, _)) => items
            .into_iter()
            .map(|item| match item {
                Ok(request) => engines
                    .decide(&request)
                    .map_err(|disagreement| disagreement.to_string()),
                Err(error) => Ok(Answer::Refused(place_and_message(&error))),
            })
            .collect::<Result<Vec<_>, _>>()?,
        Err(error) if request.contains("\"evaluations\"") => vec![Answer::Refused(place_and_message(&error))],
        Ok(Requests::One(_)) | Err(_) => {
            vec![
                engines
                    .decide_json(request)
                    .map_err(|disagreement| disagreement.to_string())?,
            ]
        }
    };
    let wanted: Vec<&str> = expected.split(';').map(str::trim).collect();
    let as_wanted = |(answer, wanted): (&Answer, &&str)| match (answer, wanted.strip_prefix("error ")) {
        (Answer::Refused(message), Some(part)) => message.contains(part),
        (Answer::Decided(_), None) => engines.tell(answer) == **wanted,
        (Answer::Decided(_) | Answer::Refused(_) | Answer::Contradiction(_), _) => false,
    };
    if answers.len() == wanted.len() && answers.iter().zip(&wanted).all(as_wanted) {
        return Ok(());
    }
    let told: Vec<String> = answers.iter().map(|answer| engines.tell(answer)).collect();
    Err(format!(
        "{request}\n      expected: {expected}\n      every engine: {}",
        told.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(cases(text).expect_err("the file has faults"), expected);
    }

    #[test]
    fn a_file_that_checks_nothing_is_refused() {
        check("", &["1: there is no case in this file"]);
        check(
            "## a\n",
            &[
                "1: a case without a `dictum` block",
                "1: a case that expects nothing",
            ],
        );
        check(
            "## a\n```dictum\nentity User\n```\n",
            &["1: a case that expects nothing"],
        );
        check(
            "## a\n```dictum\nentity User\n```\n```json\n{}\n```\n```diagnostics\n```\n",
            &["1: a `json` block that nothing uses"],
        );
        check(
            "# t\n```dictum\n```\n## a\n```dictum\n```\n```diagnostics\n```\n```request\n```\n",
            &[
                "3: a block outside of a `##` case",
                "10: no block is called `request`",
            ],
        );
    }
}
