//! Cases in the form of Cedar's integration tests: imported, and decided on every engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use dictum_artifact::dag::RuleId;
use dictum_artifact::data::Dataset;
use dictum_artifact::{json, wire};
use dictum_compiler::Program;
use dictum_compiler::reference::Reference;
use dictum_runtime::{BoundRequest, Policy, Store, Truth};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::package::{Conversion, on_large_stack};
use super::rules::Purpose;
use super::{Input, Refusal, Text, data, request};

/// A case file: what is imported, and what is expected of it. Other members are for somebody else.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseFile {
    /// The path of the policies.
    pub policies: String,
    /// The path of the entities.
    pub entities: String,
    /// The path of the schema.
    pub schema: String,
    /// Whether Cedar's validator is expected to accept the policies.
    pub should_validate: bool,
    /// The requests.
    pub requests: Vec<ExpectedRequest>,
}

/// A request in Cedar's JSON, with what is expected.
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedRequest {
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// `allow` or `deny`.
    pub decision: String,
    /// The policies that decide it.
    #[serde(default)]
    pub reason: Vec<String>,
    /// The policies that err.
    #[serde(default)]
    pub errors: Vec<String>,
    /// The request: `principal`, `action`, `resource`, `context`.
    #[serde(flatten)]
    pub request: BTreeMap<String, Json>,
}

/// A case with its texts.
#[derive(Clone, Debug)]
pub struct Case {
    /// What to call it.
    pub name: String,
    /// What is imported.
    pub input: Input,
    /// Whether Cedar's validator is expected to accept the policies.
    pub should_validate: bool,
    /// The requests.
    pub requests: Vec<ExpectedRequest>,
}

/// What became of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many there are.
    pub cases: usize,
    /// How many were imported.
    pub imported: usize,
    /// How many Cedar's validator or Dictum refused.
    pub refused: usize,
    /// The requests of those that were imported.
    pub requests: usize,
    /// The requests that every engine decides as expected.
    pub agree: usize,
    /// The other ones.
    pub disagree: usize,
    /// The requests that agree, by other policies than expected.
    pub reasons_differ: usize,
    /// The requests that agree, where other policies err than expected.
    pub errors_differ: usize,
    /// What is not as expected, one for each.
    pub failures: Vec<Failure>,
}

/// What is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// The request's description; none where the case as a whole is meant.
    pub request: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What came out.
    pub got: String,
}

impl Summary {
    /// What became of these and of others.
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.imported += other.imported;
        self.refused += other.refused;
        self.requests += other.requests;
        self.agree += other.agree;
        self.disagree += other.disagree;
        self.reasons_differ += other.reasons_differ;
        self.errors_differ += other.errors_differ;
        self.failures.extend(other.failures);
    }

    /// Whether all is as expected.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Reads a case file.
///
/// # Errors
/// When it is no JSON, or not of the form of a case.
pub fn read_case(text: &Text) -> Result<CaseFile, Refusal> {
    serde_json::from_str(&text.text).map_err(|error| Refusal::of_json(text, &error))
}

/// Imports a case in memory and decides its requests on every engine.
#[must_use]
pub fn run_case(case: &Case) -> Summary {
    let mut summary = Summary {
        cases: 1,
        ..Summary::default()
    };
    let failure = |request: Option<&ExpectedRequest>, expected: String, got: String| Failure {
        case: case.name.clone(),
        request: request.map(|request| request.description.clone()),
        expected,
        got,
    };
    let engines = match Engines::new(&case.input) {
        Ok(engines) => engines,
        Err(refusals) => {
            summary.refused = 1;
            let cedars = refusals.iter().all(|refusal| refusal.by_cedar);
            if case.should_validate || !cedars {
                let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                let expected = if case.should_validate {
                    "imports"
                } else {
                    "imports, or is refused by Cedar"
                };
                summary
                    .failures
                    .push(failure(None, expected.to_owned(), told.join("; ")));
            }
            return summary;
        }
    };
    summary.imported = 1;
    for expected in &case.requests {
        summary.requests += 1;
        let json = Json::Object(expected.request.clone().into_iter().collect());
        let wanted = Answer::expected(expected);
        let found = request::authzen(&engines.conversion.cedar.schema, &json)
            .and_then(|request| engines.decide(&request));
        match found {
            Ok(found) if found.allowed == wanted.allowed => {
                summary.agree += 1;
                summary.reasons_differ += usize::from(found.reasons != wanted.reasons);
                summary.errors_differ += usize::from(found.errors != wanted.errors);
                if found != wanted {
                    summary
                        .failures
                        .push(failure(Some(expected), wanted.tell(), found.tell()));
                }
            }
            Ok(found) => {
                summary.disagree += 1;
                summary
                    .failures
                    .push(failure(Some(expected), wanted.tell(), found.tell()));
            }
            Err(message) => {
                summary.disagree += 1;
                summary
                    .failures
                    .push(failure(Some(expected), wanted.tell(), message));
            }
        }
    }
    summary
}

/// A decision in Cedar's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is "allow".
    pub allowed: bool,
    /// The ids of the policies that decide, sorted.
    pub reasons: Vec<String>,
    /// The ids of the policies that err, sorted.
    pub errors: Vec<String>,
}

impl Answer {
    fn expected(request: &ExpectedRequest) -> Self {
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids
        };
        Self {
            allowed: request.decision.eq_ignore_ascii_case("allow"),
            reasons: sorted(&request.reason),
            errors: sorted(&request.errors),
        }
    }

    fn tell(&self) -> String {
        let mut out = if self.allowed { "allow" } else { "deny" }.to_owned();
        if !self.reasons.is_empty() {
            out.push_str(&format!(" by {}", self.reasons.join(", ")));
        }
        if !self.errors.is_empty() {
            out.push_str(&format!("; errors in {}", self.errors.join(", ")));
        }
        out
    }
}

/// Imported policies over their entities, on every engine there is.
pub struct Engines {
    conversion: Conversion,
    /// The rules that decide, and those that are undefined where Cedar errs.
    deciding: Engine,
    erring: Engine,
}

struct Engine {
    program: Program,
    /// For each rule the id of its policy.
    policies: Vec<String>,
    data: Dataset,
    dag: Store,
    decoded: Store,
}

impl Engines {
    /// Imports policies in memory.
    ///
    /// # Errors
    /// Why they are not imported.
    pub fn new(input: &Input) -> Result<Self, Vec<Refusal>> {
        on_large_stack(|| Self::new_here(input))
    }

    fn new_here(input: &Input) -> Result<Self, Vec<Refusal>> {
        let conversion = Conversion::new(input)?;
        let data = match &input.entities {
            Some(entities) => data::dataset(entities, &conversion.cedar, &conversion.names)?
                .0
                .to_string(),
            None => "{}".to_owned(),
        };
        let deciding = Engine::new(&conversion, Purpose::Decide, &data)?;
        let erring = Engine::new(&conversion, Purpose::Err, &data)?;
        Ok(Self {
            conversion,
            deciding,
            erring,
        })
    }

    /// Decides a request in Cedar's JSON.
    ///
    /// # Errors
    /// When Cedar's schema does not allow it, or the engines do not agree: what they say.
    pub fn decide_cedar(&self, request: &Json) -> Result<Answer, String> {
        self.decide(&request::authzen(&self.conversion.cedar.schema, request)?)
    }

    /// The ids of the policies that apply to a request in Cedar's JSON, sorted: also the permits where a forbid denies it.
    ///
    /// # Errors
    /// When Cedar's schema does not allow it.
    pub fn firing(&self, request: &Json) -> Result<Vec<String>, String> {
        let request = request::authzen(&self.conversion.cedar.schema, request)?.to_string();
        let bound = self
            .deciding
            .dag
            .bind_json(request.as_bytes())
            .map_err(|error| error.to_string())?;
        let rules = bound.trace().rules.into_iter().filter(|rule| rule.fires);
        let rules: Vec<RuleId> = rules.map(|rule| rule.rule).collect();
        Ok(self.deciding.policies(&rules))
    }

    fn decide(&self, request: &Json) -> Result<Answer, String> {
        let text = request.to_string();
        let (allowed, rules) = self.deciding.decide(&text)?;
        Ok(Answer {
            allowed,
            reasons: self.deciding.policies(&rules),
            errors: self.erring.policies(&self.erring.undefined(&text)?),
        })
    }
}

impl Engine {
    fn new(conversion: &Conversion, purpose: Purpose, data: &str) -> Result<Self, Vec<Refusal>> {
        let (program, labels) = conversion.compile(purpose)?;
        let refuse = |message: String| {
            let text = conversion
                .input
                .entities
                .as_ref()
                .unwrap_or(&conversion.input.schema);
            vec![Refusal::at_start(text, message)]
        };
        let policy = Policy::new(program.artifact.clone()).map_err(|error| refuse(error.to_string()))?;
        let decoded = Policy::from_bytes(&wire::encode(&program.artifact))
            .map_err(|error| refuse(error.to_string()))?;
        let data =
            json::read_dataset(&program.schema, &[(super::package::DATA, data)]).map_err(|errors| {
                let told = errors.iter().map(ToString::to_string);
                refuse(format!(
                    "Dictum does not take this data: {}",
                    told.collect::<Vec<_>>().join("; ")
                ))
            })?;
        let store =
            |policy: Policy| Store::new(&Arc::new(policy), &data).map_err(|error| refuse(error.to_string()));
        let (dag, decoded) = (store(policy)?, store(decoded)?);
        let labels: BTreeMap<&str, &str> = labels
            .iter()
            .map(|(label, policy)| (label.as_str(), policy.as_str()))
            .collect();
        let policies = program.rules.iter().map(|rule| {
            let found = labels.get(rule.info.label.as_str());
            found.map_or_else(|| rule.info.label.clone(), |policy| (*policy).to_owned())
        });
        Ok(Self {
            policies: policies.collect(),
            program,
            data,
            dag,
            decoded,
        })
    }

    /// The ids of the policies of rules, sorted.
    fn policies(&self, rules: &[RuleId]) -> Vec<String> {
        let mut ids: Vec<String> = rules
            .iter()
            .filter_map(|rule| self.policies.get(rule.index()).cloned())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// The decision on which all engines agree, with its rules.
    fn decide(&self, text: &str) -> Result<(bool, Vec<RuleId>), String> {
        let read =
            json::read_request(&self.program.schema, "request", text).map_err(|error| error.to_string())?;
        let reference = Reference::new(&self.program, &self.data)
            .decide(&read)
            .map_err(|fault| fault.to_string())?;
        let reference = (reference.allowed, reference.rules);
        for (name, store) in [("dag", &self.dag), ("dag, decoded", &self.decoded)] {
            let bound = store
                .bind_json(text.as_bytes())
                .map_err(|error| error.to_string())?;
            let (decision, explanation) = (bound.decide(), bound.explain());
            let found = (explanation.allowed, explanation.rules);
            if found != reference || decision.allowed != found.0 {
                let tell = |(allowed, rules): &(bool, Vec<RuleId>)| {
                    let ids = self.policies(rules);
                    format!(
                        "{} by {}",
                        if *allowed { "allow" } else { "deny" },
                        ids.join(", ")
                    )
                };
                return Err(format!(
                    "the engines disagree: reference: {}; {name}: {}",
                    tell(&reference),
                    tell(&found)
                ));
            }
        }
        Ok(reference)
    }

    /// The rules of which a condition is undefined.
    fn undefined(&self, text: &str) -> Result<Vec<RuleId>, String> {
        let bound: BoundRequest<'_> = self
            .dag
            .bind_json(text.as_bytes())
            .map_err(|error| error.to_string())?;
        let trace = bound.trace();
        let rules = trace.rules.into_iter().filter(|rule| {
            let asked = rule.head.truth == Truth::True || rule.head.truth == Truth::Settled;
            let first = rule
                .clauses
                .iter()
                .map(|clause| clause.truth)
                .find(|truth| !matches!(truth, Truth::True | Truth::Settled));
            asked && first == Some(Truth::Undefined)
        });
        Ok(rules.map(|rule| rule.rule).collect())
    }
}
