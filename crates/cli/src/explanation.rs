//! Why a decision is what it is, as plain data: a trace with the rules that matter, in the words of the policy. [`text`] tells
//! it to people, and serialized it is the JSON of `dictum explain`.

mod changes;
mod conditions;
mod text;

use std::cmp::Reverse;

use dictum_artifact::dag::{Artifact, Clause, Effect};
use dictum_artifact::data::Request;
use dictum_artifact::expr::{Expr, Literal};
use dictum_artifact::naming::written_path;
use dictum_artifact::schema::Shape;
use dictum_runtime::{BoundRequest, ClauseTrace, Part, RuleTrace, Trace, Truth};
use serde::Serialize;

use crate::decision::RuleText;
use crate::describe;
use crate::obligations::ObligationText;
use changes::{Change, Need};
use conditions::{Condition, Detail, outcome};

pub(crate) use text::write;

/// How many rules that did not fire are told, unless all are asked for.
const MAX_NEAR: usize = 5;

/// Why a decision is what it is.
#[derive(Serialize)]
pub(crate) struct Explanation<'a> {
    /// Whether it is "allow".
    pub(crate) decision: bool,
    /// The labels of the deciding rules.
    rules: Vec<&'a str>,
    /// Their reasons.
    reasons: Vec<&'a str>,
    obligations: Vec<ObligationText>,
    /// The rules that are told: those that decided, then the nearest permits that did not fire, then the others.
    candidates: Vec<Candidate<'a>>,
    /// How many rules could apply to such requests and are not told.
    left_out: usize,
    /// Of a denial, the labels of the permits that fire and are overruled.
    overruled: Vec<&'a str>,
    /// The labels of permits that did not fire, the nearest first.
    near_misses: Vec<&'a str>,
    /// Of a denial, what would let it be allowed: no forbid fires, and some permit does.
    changes: Vec<Change>,
    /// Whether nothing is left out of conditions.
    is_whole: bool,
    #[serde(skip)]
    request: String,
    /// `User` to `read` on `Document`
    #[serde(skip)]
    kind: String,
}

/// A rule that could apply, and what became of it.
#[derive(Serialize)]
struct Candidate<'a> {
    #[serde(flatten)]
    rule: RuleText<'a>,
    fires: bool,
    decides: bool,
    /// Which principals and resources it is about, where their types leave it open.
    head: Option<Condition>,
    /// Whether the principal holds the role that it asks for.
    role: Option<Condition>,
    clauses: Vec<ClauseText<'a>>,
    /// Whether it is a permit that does not fire as the fields of its obligations are not known.
    lacks_obligation: bool,
}

/// A `when` or `unless`.
#[derive(Serialize)]
struct ClauseText<'a> {
    text: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    unless: bool,
    /// Of the condition, as it is written.
    outcome: &'static str,
    /// Whether the clause lets the rule fire; `null` where that is not known.
    holds: Option<bool>,
    #[serde(flatten)]
    detail: Detail,
}

/// What is explained.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The policy.
    pub(crate) artifact: &'a Artifact,
    /// The request.
    pub(crate) request: &'a Request,
    /// The same, over the store.
    pub(crate) bound: &'a BoundRequest<'a>,
}

impl<'a> Subject<'a> {
    /// Explains the decision, with `all` rules that could apply.
    pub(crate) fn explain(self, all: bool) -> Explanation<'a> {
        let explained = self.bound.explain();
        let trace = self.bound.trace();
        let decides = |rule: &RuleTrace| explained.rules.binary_search(&rule.rule).is_ok();
        let nearest = self.nearest(&trace);
        let near = nearest.iter().filter_map(|at| trace.rules.get(*at));
        let label = |rule: &RuleTrace| Some(self.bound.policy().rule(rule.rule)?.label.as_str());
        let fires = |rule: &&RuleTrace| rule.fires && rule.effect == Effect::Permit;
        let permitting = trace.rules.iter().filter(fires);
        let overruled: Vec<&str> = if explained.allowed {
            Vec::new()
        } else {
            permitting.filter_map(label).collect()
        };
        let shown_near = if all {
            usize::MAX
        } else if explained.allowed || !overruled.is_empty() {
            // Why others do not allow it too is not what is asked.
            0
        } else {
            MAX_NEAR
        };
        let deciding = trace.rules.iter().filter(|rule| decides(rule));
        let others = trace.rules.iter().filter(|rule| {
            let told = decides(rule) || rule.effect == Effect::Permit && !rule.fires;
            all && !told
        });
        let told = deciding.chain(near.clone().take(shown_near)).chain(others);
        let candidates: Vec<Candidate<'a>> = told
            .filter_map(|rule| self.candidate(rule, decides(rule)))
            .collect();
        let deciding = || {
            explained
                .rules
                .iter()
                .filter_map(|rule| self.bound.policy().rule(*rule))
        };
        Explanation {
            decision: explained.allowed,
            rules: deciding().map(|rule| rule.label.as_str()).collect(),
            reasons: deciding().filter_map(|rule| rule.reason.as_deref()).collect(),
            obligations: ObligationText::all(&self.artifact.schema, &explained.obligations),
            left_out: trace.rules.len().saturating_sub(candidates.len()),
            candidates,
            near_misses: near.clone().take(shown_near).filter_map(label).collect(),
            changes: if explained.allowed {
                Vec::new()
            } else {
                self.changes(&trace, near.take(shown_near))
            },
            is_whole: trace.is_whole,
            overruled,
            request: crate::decision::request_line(self.artifact, self.request),
            kind: self.kind(),
        }
    }

    fn shape(self) -> Shape {
        Shape {
            principal: self.request.principal.ty,
            action: self.request.action,
            resource: self.request.resource.ty,
        }
    }

    fn kind(self) -> String {
        let schema = &self.artifact.schema;
        let Shape {
            principal,
            action,
            resource,
        } = self.shape();
        let ty = |ty| written_path(schema.entity_type(ty).map_or("?", |def| &def.name));
        let action = written_path(schema.action(action).map_or("?", |def| &def.name));
        format!("`{}` to `{action}` on `{}`", ty(principal), ty(resource))
    }

    /// The permits that did not fire, those that lack least first.
    fn nearest(self, trace: &Trace) -> Vec<usize> {
        let permits = trace.rules.iter().enumerate();
        let mut near: Vec<(usize, usize, usize)> = permits
            .filter(|(_, rule)| rule.effect == Effect::Permit && !rule.fires)
            .map(|(at, rule)| {
                // A rule that no change of the request can make fire comes last.
                let size = self.permit_need(rule).map_or(usize::MAX, |need| need.size());
                (self.failing(rule), size, at)
            })
            .collect();
        near.sort_unstable();
        near.into_iter().map(|(_, _, at)| at).collect()
    }

    /// How many of a permit's clauses do not hold, its head and the role that it asks for counted as clauses.
    fn failing(self, rule: &RuleTrace) -> usize {
        let parts = [&rule.head, &rule.holder];
        let parts = parts.into_iter().filter(|part| part.truth != Truth::True);
        let clauses = self.clauses(rule);
        let clauses = clauses.filter(|(written, clause)| holds(written, clause) != Some(true));
        parts.count() + clauses.count()
    }

    fn clauses<'t>(self, rule: &'t RuleTrace) -> impl Iterator<Item = (&'a Clause, &'t ClauseTrace)>
    where
        'a: 't,
    {
        let rules = &self.artifact.rules;
        let written = rules.get(rule.rule.index()).map(|rule| rule.clauses.as_slice());
        written.unwrap_or_default().iter().zip(&rule.clauses)
    }

    fn candidate(self, rule: &RuleTrace, decides: bool) -> Option<Candidate<'a>> {
        let written = self.artifact.rules.get(rule.rule.index())?;
        let clauses: Vec<ClauseText<'a>> = self
            .clauses(rule)
            .map(|(written, clause)| self.clause(written, clause))
            .collect();
        let all_hold = self.failing(rule) == 0;
        Some(Candidate {
            rule: RuleText::of(self.artifact, written),
            fires: rule.fires,
            decides,
            head: self.asked(&rule.head).then(|| self.condition(&rule.head)),
            role: self.asked(&rule.holder).then(|| Condition {
                text: self.role_name(rule),
                ..self.condition(&rule.holder)
            }),
            clauses,
            lacks_obligation: rule.effect == Effect::Permit && !rule.fires && all_hold,
        })
    }

    /// Whether a part of a rule is not settled by the kind of request alone.
    fn asked(self, part: &Part) -> bool {
        !matches!(
            self.artifact.exprs.get(part.expr),
            Some(Expr::Literal(Literal::Bool(_)))
        )
    }

    fn clause(self, written: &'a Clause, clause: &ClauseTrace) -> ClauseText<'a> {
        let file = self.artifact.files.get(written.position.file as usize);
        ClauseText {
            text: &written.text,
            file: file.map_or("", String::as_str),
            line: written.position.line,
            column: written.position.column,
            unless: written.unless,
            outcome: outcome(clause.truth),
            holds: holds(written, clause),
            detail: clause
                .condition
                .as_ref()
                .map(|condition| self.detail(condition))
                .unwrap_or_default(),
        }
    }

    /// The role that a rule asks for, as far as the condition tells.
    fn role_name(self, rule: &RuleTrace) -> String {
        let schema = &self.artifact.schema;
        let written = self.artifact.rules.get(rule.rule.index());
        let own = written.and_then(|rule| schema.role(rule.role?));
        own.map(|def| written_path(&def.name))
            .or_else(|| self.granted_roles(&rule.holder))
            .unwrap_or_else(|| describe::expression(self.artifact, self.shape(), rule.holder.expr))
    }

    /// The roles of which a condition asks whether they are granted: `requester and approver`.
    fn granted_roles(self, part: &Part) -> Option<String> {
        let expr = self.artifact.exprs.get(part.expr)?;
        if let Expr::GrantHeld(role) = expr {
            return Some(written_path(&self.artifact.schema.role(*role)?.name));
        }
        let mut names: Vec<String> = Vec::new();
        for name in part.parts.iter().filter_map(|inner| self.granted_roles(inner)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let word = if matches!(expr, Expr::And(_) | Expr::AndThen(_)) {
            " and "
        } else {
            " or "
        };
        (!names.is_empty()).then(|| names.join(word))
    }

    /// What has to change for a denied request to be allowed: each forbid that fires must not, and if no permit fires, one of
    /// these must.
    fn changes<'t>(self, trace: &'t Trace, near: impl Iterator<Item = &'t RuleTrace>) -> Vec<Change> {
        let mut changes = Vec::new();
        let label = |rule: &RuleTrace| {
            let written = self.artifact.rules.get(rule.rule.index());
            written.map_or_else(String::new, |rule| rule.label.clone())
        };
        let fires = |effect: Effect| {
            let of_effect = move |rule: &&RuleTrace| rule.fires && rule.effect == effect;
            trace.rules.iter().filter(of_effect)
        };
        for rule in fires(Effect::Forbid) {
            let need = self.forbid_need(rule);
            changes.push(Change::of(label(rule), rule.effect, need.as_ref()));
        }
        if fires(Effect::Permit).next().is_none() {
            let mut needs: Vec<(usize, Reverse<bool>, Change)> = Vec::new();
            for rule in near {
                if let Some(need) = self.permit_need(rule) {
                    let change = Change::of(label(rule), rule.effect, Some(&need));
                    needs.push((need.size(), Reverse(need.is_grant()), change));
                }
            }
            // Of the same size, they stay in the order of the rules; what a grant gives comes first.
            needs.sort_by_key(|(size, is_grant, _)| (*size, *is_grant));
            changes.extend(needs.into_iter().map(|(_, _, change)| change));
        }
        changes
    }

    /// What has to be otherwise for a permit to fire; `None` where nothing in a request can make it.
    fn permit_need(self, rule: &RuleTrace) -> Option<Need> {
        let mut needs = vec![self.need(&rule.head, true)?, self.need(&rule.holder, true)?];
        for (written, clause) in self.clauses(rule) {
            if let Some(condition) = &clause.condition {
                needs.push(self.need(condition, !written.unless)?);
            }
        }
        Some(Need::all(needs))
    }

    /// What has to be otherwise for a forbid not to fire.
    fn forbid_need(self, rule: &RuleTrace) -> Option<Need> {
        let mut needs = Vec::new();
        for (written, clause) in self.clauses(rule) {
            if let Some(condition) = &clause.condition {
                needs.extend(self.need(condition, written.unless));
            }
        }
        needs.extend(self.need(&rule.holder, false));
        needs.extend(self.need(&rule.head, false));
        Need::any(needs)
    }
}

/// Whether a clause lets its rule fire.
fn holds(written: &Clause, clause: &ClauseTrace) -> Option<bool> {
    clause.truth.known().map(|truth| truth != written.unless)
}
