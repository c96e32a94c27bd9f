//! A policy to rules: one for all kinds of requests where that is possible, several where what is said differs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_core::ast::{AnyId, Effect, Expr, Template};
use cedar_policy_core::validator::ValidatorSchema;

use super::condition::{Translator, Unsaid};
use super::environments::{Environment, Numbered};
use super::heads::{self, Head};
use super::names::Names;
use super::read::Policy;
use super::schema::annotation;
use super::terms::{Kind, Level, Term};
use super::write::{Need, Piece, write, write_with};
use super::{Refusal, Text, text};

/// How large a rule may become: where Dictum needs parts of a condition twice, it can grow.
const MAX_BYTES: usize = 1 << 20;

/// How a policy is turned into rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// One rule, if that is possible.
    Whole,
    /// A rule for each group of kinds of requests of which the same is said.
    Apart,
}

/// What the rules are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To decide as Cedar does, in the plainest form.
    Decide,
    /// To be undefined exactly where Cedar errs: their decisions count for nothing.
    Err,
}

/// What rules are made from.
pub(super) struct Rules<'a> {
    pub(super) schema: &'a ValidatorSchema,
    pub(super) names: &'a Names,
    /// The modules whose names are written bare.
    pub(super) uses: RefCell<BTreeSet<Vec<String>>>,
    /// The modules whose actions are values.
    pub(super) action_values: RefCell<BTreeSet<Vec<String>>>,
    pub(super) purpose: Purpose,
}

/// What a policy has become.
pub(super) struct Written {
    /// The rules, with comments; without rules, comments that say why.
    pub(super) text: String,
    /// The labels of the rules, as decisions have them.
    pub(super) labels: Vec<String>,
}

/// The value of `@id`, if the policy has one.
pub(super) fn annotated_id(template: &Template) -> Option<String> {
    let key: AnyId = "id".parse().ok()?;
    let value = template.annotation(&key)?.val.to_string();
    (!value.is_empty()).then_some(value)
}

/// A comment for each place in a text that has some.
pub(super) type Said = BTreeMap<usize, Vec<String>>;

impl Rules<'_> {
    /// Turns a policy into rules whose labels are made of `label`.
    pub(super) fn write(
        &self,
        source: &Text,
        policy: &Policy,
        numbered: &Numbered,
        label: &dyn Fn(usize) -> String,
        way: Way,
        said: &Said,
    ) -> Result<Written, Refusal> {
        let mut said = said.clone();
        let start = policy.template.loc().map(cedar_policy_core::parser::Loc::start);
        let mut comments = start.and_then(|start| said.remove(&start)).unwrap_or_default();
        if numbered.environments.is_empty() {
            let loc = policy.template.loc().and_then(|loc| loc.snippet());
            let text = loc.map_or_else(|| policy.template.to_string(), str::to_owned);
            comments.push(format!(
                "`{}` applies to no request that the schema allows:",
                policy.id
            ));
            comments.extend(text.lines().map(|line| format!("  {line}")));
            let text: String = comments.iter().map(|comment| text::comments(comment)).collect();
            return Ok(Written {
                text: format!("{text}\n"),
                labels: Vec::new(),
            });
        }
        let bodies = match way {
            Way::Whole => self.whole(policy, numbered, &mut said),
            Way::Apart => self.apart(policy, numbered, &mut said),
        };
        let bodies = match bodies {
            Err(Unsaid::Mixed) if way == Way::Whole => self.apart(policy, numbered, &mut said),
            bodies => bodies,
        };
        let bodies = bodies.map_err(|unsaid| self.refuse(source, policy, unsaid))?;
        let mut out = String::new();
        let mut labels = Vec::new();
        for (number, (head, clauses)) in bodies.iter().enumerate() {
            let label = label(number);
            if number == 0 {
                comments.extend(std::mem::take(&mut said).into_values().flatten());
                comments
                    .iter()
                    .for_each(|comment| out.push_str(&text::comments(comment)));
            }
            for (key, value) in policy.template.annotations() {
                let (key, value): (&str, &str) = (key.as_ref(), &value.val);
                if key != "id" || value != label {
                    out.push_str(&annotation(key, Some(value)));
                }
            }
            let effect = match policy.template.effect() {
                Effect::Permit => "permit",
                Effect::Forbid => "forbid",
            };
            out.push_str(&format!("{}: {effect} {}\n", text::name(&label), head.text));
            if let Some(condition) = &head.action {
                out.push_str(&format!("  when {condition}\n"));
            }
            out.push_str(clauses);
            out.push('\n');
            labels.push(text::key_part(&label));
        }
        if out.len() > MAX_BYTES {
            return Err(self.refuse(
                source,
                policy,
                Unsaid::Unsayable {
                    message: format!("it would become a rule of more than {MAX_BYTES} bytes"),
                    start,
                },
            ));
        }
        Ok(Written { text: out, labels })
    }

    fn refuse(&self, source: &Text, policy: &Policy, unsaid: Unsaid) -> Refusal {
        let (message, start) = match unsaid {
            Unsaid::Mixed => ("Dictum cannot say this of an action".to_owned(), None),
            Unsaid::Unsayable { message, start } => (message, start),
        };
        let start = start.or_else(|| policy.template.loc().map(cedar_policy_core::parser::Loc::start));
        match start {
            Some(start) => Refusal::at(source, start, message),
            None => Refusal::at_start(source, message),
        }
        .with_policy(&policy.id)
    }

    fn translator<'t>(
        &'t self,
        numbered: &'t Numbered,
        environments: Vec<&'t Environment>,
    ) -> Translator<'t> {
        Translator {
            names: self.names,
            schema: self.schema,
            policy: numbered,
            environments,
            uses: &self.uses,
            action_values: &self.action_values,
            depth: Cell::new(0),
        }
    }

    fn whole(
        &self,
        policy: &Policy,
        numbered: &Numbered,
        said: &mut Said,
    ) -> Result<Vec<(Head, String)>, Unsaid> {
        let translator = self.translator(numbered, numbered.environments.iter().collect());
        let clauses = self.clauses(policy, &translator, said)?;
        let head = heads::general(
            &translator,
            policy.template.principal_constraint().as_inner(),
            policy.template.action_constraint(),
            policy.template.resource_constraint().as_inner(),
        );
        Ok(vec![(head, clauses)])
    }

    fn apart(
        &self,
        policy: &Policy,
        numbered: &Numbered,
        said: &mut Said,
    ) -> Result<Vec<(Head, String)>, Unsaid> {
        let mut groups: Vec<(String, Vec<&Environment>)> = Vec::new();
        for environment in &numbered.environments {
            let translator = self.translator(numbered, vec![environment]);
            let clauses = self.clauses(policy, &translator, &mut said.clone())?;
            match groups.iter_mut().find(|(found, _)| *found == clauses) {
                Some((_, environments)) => environments.push(environment),
                None => groups.push((clauses, vec![environment])),
            }
        }
        if let Some((_, environments)) = groups.first() {
            // What was said inside stays with the first of them.
            let translator = self.translator(numbered, environments.iter().copied().take(1).collect());
            self.clauses(policy, &translator, said)?;
        }
        let mut bodies = Vec::new();
        for (clauses, environments) in groups {
            let shapes: Vec<_> = environments
                .iter()
                .map(|environment| &environment.shape)
                .collect();
            let translator = self.translator(numbered, environments.clone());
            let heads = heads::specific(
                &translator,
                policy.template.principal_constraint().as_inner(),
                policy.template.resource_constraint().as_inner(),
                &shapes,
            );
            bodies.extend(heads.into_iter().map(|head| (head, clauses.clone())));
        }
        Ok(bodies)
    }

    fn clauses(
        &self,
        policy: &Policy,
        translator: &Translator<'_>,
        said: &mut Said,
    ) -> Result<String, Unsaid> {
        let mut safe = BTreeSet::new();
        let mut terms: Vec<(bool, Term)> = Vec::new();
        for (unless, clause) in translator.policy.clauses(&policy.unless) {
            let Some(term) = translator.clause(clause, &safe)? else {
                continue;
            };
            safe = term.safe_behind(&safe, !unless);
            terms.push((unless, term));
        }
        if self.purpose == Purpose::Err {
            let all = terms
                .into_iter()
                .map(|(unless, term)| if unless { term.not() } else { term });
            let all = Term::and(all.collect());
            return Ok(if all.errs() {
                format!("  when {}\n", write(&all, Need::Both).text)
            } else {
                "  when false\n".to_owned()
            });
        }
        let mut out = String::new();
        for (unless, term) in terms {
            // What says nothing is left out.
            if term.is(!unless) {
                continue;
            }
            let need = if unless { Need::False } else { Need::True };
            let mut before = |term: &Term| -> String {
                let comments = term.start.and_then(|start| said.remove(&start));
                comments
                    .into_iter()
                    .flatten()
                    .map(|comment| text::comments(&comment))
                    .collect()
            };
            let said_first = match &term.kind {
                Kind::And(items) => items.first().map(&mut before),
                _ => Some(before(&term)),
            };
            out.push_str(&said_first.unwrap_or_default());
            let piece = write_with(&term, need, &mut before);
            let word = if unless { "unless" } else { "when" };
            // What is undefined makes a forbid fire, and Cedar skip it.
            let text = match policy.template.effect() {
                Effect::Forbid if term.errs() => otherwise(piece, unless),
                Effect::Forbid | Effect::Permit => piece.text,
            };
            out.push_str(&format!("  {word} {text}\n"));
        }
        Ok(out)
    }
}

fn otherwise(piece: Piece, value: bool) -> String {
    format!("{} otherwise {value}", piece.at_least(Level::Or))
}

/// The places of a text that comments can be about: its policies, and the parts of their conditions.
pub(super) fn places<'p>(
    policies: impl Iterator<Item = (&'p Template, &'p Numbered, &'p [bool])>,
) -> Vec<usize> {
    let mut places = BTreeSet::new();
    for (template, numbered, unless) in policies {
        places.extend(template.loc().map(cedar_policy_core::parser::Loc::start));
        let clauses = numbered.clauses(unless);
        places.extend(
            clauses
                .iter()
                .flat_map(|(_, clause): &(bool, &Expr)| Translator::places(numbered, clause)),
        );
    }
    places.into_iter().collect()
}
