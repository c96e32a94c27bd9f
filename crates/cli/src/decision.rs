//! A decision with the rules that made it, for people and for programs.

use std::fmt::Write;

use dictum_artifact::dag::{Artifact, Effect, Rule, RuleId};
use dictum_artifact::data::Request;
use dictum_artifact::naming::{shown, written, written_path};
use dictum_runtime::Explanation;
use serde::Serialize;

use crate::console::{FAINT, GOOD, STRONG, WRONG, printable};
use crate::obligations::ObligationText;

/// How many characters of an entity's name a person is shown.
const MAX_SHOWN: usize = 200;

/// Says what the rules of a policy decided.
pub(crate) struct Explainer<'a> {
    /// The policy.
    pub(crate) artifact: &'a Artifact,
    /// Whether to say all that is known of the deciding rules.
    pub(crate) explain: bool,
}

/// A decision.
#[derive(Serialize)]
pub(crate) struct Decision<'a> {
    /// Whether it is "allow".
    pub(crate) decision: bool,
    rules: Vec<&'a str>,
    reasons: Vec<&'a str>,
    obligations: Vec<ObligationText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<RuleText<'a>>>,
    #[serde(skip)]
    request: Request,
}

/// All that is known of a rule.
#[derive(Serialize)]
pub(crate) struct RuleText<'a> {
    label: &'a str,
    effect: &'static str,
    reason: Option<&'a str>,
    docs: Option<&'a str>,
    annotations: Vec<AnnotationText<'a>>,
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct AnnotationText<'a> {
    name: &'a str,
    text: &'a str,
}

/// The word of an effect.
pub(crate) fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Forbid => "forbid",
        Effect::Permit => "permit",
    }
}

/// `User::"ann" to read on Document::"plan"`
pub(crate) fn request_line(artifact: &Artifact, request: &Request) -> String {
    let schema = &artifact.schema;
    let action = schema.action(request.action).map_or("?", |action| &action.name);
    let action = written_path(action);
    let (principal, resource) = (
        request.principal.display(schema),
        request.resource.display(schema),
    );
    let shown = |entity: String| match entity.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", entity.get(..end).unwrap_or_default()),
        None => entity,
    };
    format!("{} to {action} on {}", shown(principal), shown(resource))
}

impl<'a> RuleText<'a> {
    /// A rule of a policy.
    pub(crate) fn of(artifact: &'a Artifact, rule: &'a Rule) -> Self {
        Self {
            label: &rule.label,
            effect: effect_word(rule.effect),
            reason: rule.reason.as_deref(),
            docs: rule.docs.as_deref(),
            annotations: rule
                .annotations
                .iter()
                .map(|(name, text)| AnnotationText { name, text })
                .collect(),
            file: artifact
                .files
                .get(rule.position.file as usize)
                .map_or("", String::as_str),
            line: rule.position.line,
            column: rule.position.column,
        }
    }

    /// `permit` or `forbid`.
    pub(crate) fn effect(&self) -> &'static str {
        self.effect
    }

    /// The lines that tell a person of it, indented.
    pub(crate) fn write(&self, indent: &str, out: &mut String) {
        // Writing to a string does not fail.
        let mut line = |text: &str| {
            let _ = writeln!(out, "{indent}{text}");
        };
        let place = format!("{}:{}:{}", self.file, self.line, self.column);
        line(&format!(
            "{STRONG}{} {}{STRONG:#} {FAINT}{}{FAINT:#}",
            self.effect,
            label_line(self.label),
            printable(&place)
        ));
        if let Some(reason) = self.reason {
            line(&format!("  because {}", one_line(reason)));
        }
        for text in self.docs.unwrap_or_default().lines() {
            line(&format!("  /// {}", one_line(text)));
        }
        for AnnotationText { name, text } in &self.annotations {
            line(&format!(
                "  @{}({})",
                written(name),
                dictum_artifact::value::quote(text)
            ));
        }
    }
}

/// The label of a rule as one line.
pub(crate) fn label_line(label: &str) -> String {
    printable(&shown(label)).into_owned()
}

/// A text that may hold anything as one line.
pub(crate) fn one_line(text: &str) -> String {
    printable(&text.replace(['\n', '\r'], " ")).into_owned()
}

impl<'a> Explainer<'a> {
    /// The rules behind ids.
    pub(crate) fn rules(&self, ids: &[RuleId]) -> Vec<&'a Rule> {
        ids.iter()
            .filter_map(|id| self.artifact.rules.get(id.index()))
            .collect()
    }

    /// A decision, and what made it.
    pub(crate) fn decision(&self, request: &Request, explanation: &Explanation) -> Decision<'a> {
        let rules = self.rules(&explanation.rules);
        Decision {
            decision: explanation.allowed,
            rules: rules.iter().map(|rule| rule.label.as_str()).collect(),
            reasons: rules.iter().filter_map(|rule| rule.reason.as_deref()).collect(),
            obligations: ObligationText::all(&self.artifact.schema, &explanation.obligations),
            explanation: self.explain.then(|| {
                rules
                    .iter()
                    .map(|rule| RuleText::of(self.artifact, rule))
                    .collect()
            }),
            request: request.clone(),
        }
    }

    /// A decision for people: a line, and more where it is to be explained.
    pub(crate) fn text(&self, decision: &Decision) -> String {
        let word = if decision.decision {
            format!("{GOOD}allow{GOOD:#}")
        } else {
            format!("{WRONG}deny{WRONG:#} ")
        };
        let request = request_line(self.artifact, &decision.request);
        let by = match decision.rules.as_slice() {
            [] => "by default: no permit fired".to_owned(),
            rules => format!(
                "by {}",
                rules
                    .iter()
                    .map(|label| label_line(label))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let mut out = format!("{word} {} {by}\n", printable(&request));
        match &decision.explanation {
            Some(rules) => rules.iter().for_each(|rule| rule.write("  ", &mut out)),
            None => {
                for reason in &decision.reasons {
                    out.push_str(&format!("  because {}\n", one_line(reason)));
                }
            }
        }
        for obligation in &decision.obligations {
            out.push_str(&format!("  with {}\n", one_line(obligation.shown())));
        }
        out
    }
}
