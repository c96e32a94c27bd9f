//! One trait, as many engines as there are ways to a decision. A new back end is a new adapter here and no new case.

use std::fmt;
use std::sync::Arc;

use dictum_artifact::dag::{Effect, RuleId};
use dictum_artifact::data::{Attributes, Dataset, Request};
use dictum_artifact::json;
use dictum_artifact::schema::{Fields, ObligationId, Schema};
use dictum_artifact::value::Value;
use dictum_artifact::wire;
use dictum_compiler::Program;
use dictum_compiler::reference::Reference;
use dictum_runtime::{BoundRequest, Policy, Store};

/// What an engine makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A decision.
    Decided(Outcome),
    /// The request does not fit the schema; what the engine said.
    Refused(String),
    /// The engine disagrees with itself; two of them are never the same answer.
    Contradiction(String),
}

/// A decision with all that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is "allow".
    pub allowed: bool,
    /// All deciding rules, in rule order; none when it is denied by default.
    pub rules: Vec<RuleId>,
    /// Their obligations, each with the values of its fields.
    pub obligations: Vec<(ObligationId, Attributes)>,
}

/// A policy over a store, ready to decide.
pub trait Engine {
    /// What to call it.
    fn name(&self) -> &'static str;

    /// Decides a request.
    fn decide(&self, request: &Request) -> Answer;

    /// Decides a request as it comes over the wire.
    fn decide_json(&self, text: &str) -> Answer;
}

/// The definition of the language, walked over the typed program.
struct ReferenceEngine<'p> {
    program: &'p Program,
    reference: Reference<'p>,
}

impl Engine for ReferenceEngine<'_> {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn decide(&self, request: &Request) -> Answer {
        match self.reference.decide(request) {
            Ok(outcome) => Answer::Decided(Outcome {
                allowed: outcome.allowed,
                rules: outcome.rules,
                obligations: outcome
                    .obligations
                    .into_iter()
                    .map(|obligation| (obligation.obligation, obligation.fields))
                    .collect(),
            }),
            Err(fault) => Answer::Refused(fault.to_string()),
        }
    }

    fn decide_json(&self, text: &str) -> Answer {
        match json::read_request(&self.program.schema, "request", text) {
            Ok(request) => self.decide(&request),
            Err(error) => Answer::Refused(place_and_message(&error)),
        }
    }
}

/// A compiled policy in the runtime.
struct Compiled {
    name: &'static str,
    store: Store,
}

impl Engine for Compiled {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decide(&self, request: &Request) -> Answer {
        match self.store.bind(request) {
            Ok(bound) => answer(&bound),
            Err(fault) => Answer::Refused(fault.to_string()),
        }
    }

    fn decide_json(&self, text: &str) -> Answer {
        match self.store.bind_json(text.as_bytes()) {
            Ok(bound) => answer(&bound),
            Err(error) => Answer::Refused(place_and_message(&error)),
        }
    }
}

/// The decision of a bound request, where `decide`, `explain`, `obligations` and `trace` tell the same of it.
fn answer(bound: &BoundRequest<'_>) -> Answer {
    let (decision, explanation) = (bound.decide(), bound.explain());
    let one_of_all = match decision.rule {
        Some(rule) => explanation.rules.contains(&rule),
        None => explanation.rules.is_empty(),
    };
    let obligations = bound.obligations(&decision);
    if decision.allowed != explanation.allowed || !one_of_all || obligations != explanation.obligations {
        return Answer::Contradiction(format!(
            "decide() says {decision:?}, obligations() says {obligations:?}, explain() says {explanation:?}"
        ));
    }
    let trace = bound.trace();
    let effect = if trace.allowed {
        Effect::Permit
    } else {
        Effect::Forbid
    };
    let fired = trace
        .rules
        .iter()
        .filter(|rule| rule.fires && rule.effect == effect);
    if trace.allowed != explanation.allowed
        || !fired.map(|rule| rule.rule).eq(explanation.rules.iter().copied())
    {
        return Answer::Contradiction(format!("trace() says {trace:?}, explain() says {explanation:?}"));
    }
    Answer::Decided(Outcome {
        allowed: explanation.allowed,
        rules: explanation.rules,
        obligations: obligations
            .into_iter()
            .map(|obligation| (obligation.id, obligation.fields))
            .collect(),
    })
}

/// What a data error says, without the name of the text, which not every engine is told.
#[must_use]
pub fn place_and_message(error: &json::DataError) -> String {
    format!(
        "{}:{} {}: {}",
        error.line, error.column, error.path, error.message
    )
}

/// A program over a dataset on every engine.
pub struct Engines<'p> {
    program: &'p Program,
    engines: Vec<Box<dyn Engine + 'p>>,
}

/// Engines that do not agree about a request.
#[derive(Debug)]
pub struct Disagreement(Vec<(&'static str, String)>);

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engines disagree:")?;
        self.0
            .iter()
            .try_for_each(|(name, answer)| write!(f, "\n      {name:<12} {answer}"))
    }
}

impl<'p> Engines<'p> {
    /// The reference evaluator, the decision DAG, and the DAG after it was encoded and decoded.
    ///
    /// # Errors
    /// When an engine refuses the program or the dataset: what it said.
    pub fn new(program: &'p Program, data: &'p Dataset) -> Result<Self, String> {
        let artifact = program.artifact.clone();
        let bytes = wire::encode(&artifact);
        let compiled = |name, policy: Result<Policy, dictum_runtime::LoadError>| {
            let policy = policy.map_err(|error| format!("{name}: the artifact is refused: {error}"))?;
            let store = Store::new(&Arc::new(policy), data)
                .map_err(|error| format!("{name}: the dataset is refused: {error}"))?;
            Ok::<Box<dyn Engine>, String>(Box::new(Compiled { name, store }))
        };
        let engines: Vec<Box<dyn Engine + 'p>> = vec![
            Box::new(ReferenceEngine {
                program,
                reference: Reference::new(program, data),
            }),
            compiled("dag", Policy::new(artifact))?,
            compiled("dag, decoded", Policy::from_bytes(&bytes))?,
        ];
        Ok(Self { program, engines })
    }

    /// What all engines make of a request.
    ///
    /// # Errors
    /// When they do not agree.
    pub fn decide(&self, request: &Request) -> Result<Answer, Disagreement> {
        self.agree(|engine| engine.decide(request))
    }

    /// What all engines make of a request as it comes over the wire.
    ///
    /// # Errors
    /// When they do not agree.
    pub fn decide_json(&self, text: &str) -> Result<Answer, Disagreement> {
        self.agree(|engine| engine.decide_json(text))
    }

    fn agree(&self, decide: impl Fn(&dyn Engine) -> Answer) -> Result<Answer, Disagreement> {
        let answers: Vec<Answer> = self.engines.iter().map(|engine| decide(&**engine)).collect();
        let same =
            |answer: &Answer| answers.first() == Some(answer) && !matches!(answer, Answer::Contradiction(_));
        if answers.iter().all(same) {
            return answers.into_iter().next().ok_or(Disagreement(Vec::new()));
        }
        let told = answers.iter().map(|answer| self.tell(answer));
        Err(Disagreement(
            self.engines
                .iter()
                .map(|engine| engine.name())
                .zip(told)
                .collect(),
        ))
    }

    /// `allow by a, b with step_up { acr: "mfa" }`, `deny`, `error …`
    #[must_use]
    pub fn tell(&self, answer: &Answer) -> String {
        match answer {
            Answer::Decided(outcome) => tell_outcome(
                self.program,
                outcome.allowed,
                &outcome.rules,
                outcome
                    .obligations
                    .iter()
                    .map(|(id, fields)| (*id, fields.as_slice())),
            ),
            Answer::Refused(message) => format!("error {message}"),
            Answer::Contradiction(message) => format!("CONTRADICTION {message}"),
        }
    }
}

/// `allow by a, b with step_up { acr: "mfa" }`, `deny`
#[must_use]
pub fn tell_outcome<'o>(
    program: &Program,
    allowed: bool,
    rules: &[RuleId],
    obligations: impl Iterator<Item = (ObligationId, &'o [Option<Value>])>,
) -> String {
    let mut told = if allowed { "allow" } else { "deny" }.to_owned();
    let label = |rule: &RuleId| {
        program
            .rules
            .get(rule.index())
            .map_or("?", |rule| rule.info.label.as_str())
    };
    let labels: Vec<&str> = rules.iter().map(label).collect();
    if !labels.is_empty() {
        told.push_str(&format!(" by {}", labels.join(", ")));
    }
    let obligations: Vec<String> = obligations
        .map(|(id, fields)| tell_obligation(&program.schema, id, fields))
        .collect();
    if !obligations.is_empty() {
        told.push_str(&format!(" with {}", obligations.join(", ")));
    }
    told
}

/// `step_up { acr: "mfa" }`
fn tell_obligation(schema: &Schema, id: ObligationId, values: &[Option<Value>]) -> String {
    let Some(def) = schema.obligation(id) else {
        return "?".to_owned();
    };
    let fields = schema.record(def.record).into_iter().flat_map(Fields::iter);
    let given = fields
        .zip(values)
        .filter_map(|(field, value)| Some(format!("{}: {}", field.name, value.as_ref()?.display(schema))));
    match given.collect::<Vec<_>>().join(", ").as_str() {
        "" => def.name.clone(),
        fields => format!("{} {{ {fields} }}", def.name),
    }
}
