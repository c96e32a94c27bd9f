//! Rules against one another: those that never fire, that say what another one says, or that a forbid leaves nothing of.
//!
//! A rule is held only against a few others: those that are found by its own parts, in an index with short lists. So the
//! work grows with the number of rules and not with its square.

use std::hash::{Hash, Hasher};

use dictum_artifact::dag::{Effect, Obliged};
use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal};
use dictum_artifact::schema::{EntityTypeId, RecordId, ShapeId};
use dictum_syntax::ast::{Actions, Declaration, DeclarationKind, HeadKind, RuleDecl};
use dictum_syntax::diagnostic::Fix;
use dictum_syntax::source::{Sources, Span};
use rustc_hash::{FxHashMap, FxHasher};

use super::logic::{Choice, Claim, Logic, Values};
use super::{
    ByPlace, COVERED_RULE, Checked, DEAD_PERMIT, DUPLICATE_RULE, Found, NEVER_FIRES, PERMIT_ALL, UNHELD_ROLE,
    declarations, quoted, warning,
};
use crate::check::Environment;
use crate::program::{Rule, RuleCase};

/// How many rules a place of the index holds.
const MOST_LISTED: usize = 4;

/// How many rules one is held against.
const MOST_COMPARED: usize = 8;

/// How many parts of a rule are looked up in the index.
const MOST_KEYS: usize = 12;

/// In how many kinds of requests two rules are held against one another.
const MOST_CASES: usize = 256;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    let mut written: ByPlace<&Declaration> = ByPlace::default();
    for declaration in declarations(checked.files) {
        if let DeclarationKind::Rule(decl) = &declaration.kind {
            let place = decl.label.as_ref().map_or(decl.keyword, |label| label.span);
            written.insert(place, declaration);
        }
    }
    let mut rules = Rules {
        checked,
        logics: FxHashMap::default(),
        possible: FxHashMap::default(),
        index: FxHashMap::default(),
        left_out: vec![false; checked.rules.len()],
    };
    for (at, rule) in checked.rules.iter().enumerate() {
        if !rules.can_fire(rule, found) {
            rules.left_out[at] = true;
            never_fires(rule, found);
        }
    }
    rules.duplicates(&written, found);
    rules.fill_index();
    for (at, rule) in checked.rules.iter().enumerate() {
        if let Some(declaration) = written.get(&rule.span)
            && let DeclarationKind::Rule(decl) = &declaration.kind
            && !rules.left_out[at]
        {
            rules.against_others(at, found);
            permit_all(checked, rule, decl, found);
        }
    }
}

fn never_fires(rule: &Rule, found: &mut Found<'_>) {
    if !found.blamed.insert(rule.span) {
        return;
    }
    let label = quoted(&rule.info.label);
    let (lint, message, help) = match (rule.info.role, rule.info.effect) {
        (Some(_), _) => (
            &UNHELD_ROLE,
            format!("nobody can hold the role {label}"),
            "let grants give it, `held by grant`, or mend the conditions of the roles that include it",
        ),
        (None, Effect::Permit) => (
            &NEVER_FIRES,
            format!("{label} can never permit anything"),
            "its head and its conditions rule one another out: look for the one that is wrong",
        ),
        (None, Effect::Forbid) => (
            &NEVER_FIRES,
            format!("{label} can never forbid anything"),
            "its head and its conditions rule one another out: look for the one that is wrong",
        ),
    };
    found.add(lint, warning(lint, rule.span, message, help));
}

/// A permit of anything to anyone.
fn permit_all(checked: &Checked<'_>, rule: &Rule, decl: &RuleDecl, found: &mut Found<'_>) {
    let is_any =
        |heads: &[dictum_syntax::ast::Head]| heads.iter().any(|head| matches!(head.kind, HeadKind::Any));
    let open = |case: &RuleCase| {
        truth(checked.exprs, case.head) == Some(true) && truth(checked.exprs, case.condition) == Some(true)
    };
    if rule.info.effect == Effect::Permit
        && is_any(&decl.head.who)
        && is_any(&decl.head.what)
        && matches!(decl.head.actions, Actions::Any(_))
        && rule.cases.iter().all(open)
    {
        let message = format!("{} permits anything to anyone", quoted(&rule.info.label));
        let help = "name who may do what, or say `when`";
        found.add(&PERMIT_ALL, warning(&PERMIT_ALL, rule.span, message, help));
    }
}

/// What is known of the requests of a shape.
type Kind = (EntityTypeId, EntityTypeId, RecordId);

/// What a rule is found by in the index.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// A part of it.
    Part(ExprId),
    /// What a part of it is about.
    Term(ExprId),
    /// A part of it asks for a grant.
    Grant,
    /// It has no condition.
    Nothing,
}

struct Rules<'c, 'p> {
    checked: &'c Checked<'p>,
    logics: FxHashMap<Kind, Logic<'p>>,
    /// Whether a rule of an effect with this head and condition can fire.
    possible: FxHashMap<(Kind, Effect, ExprId, ExprId), bool>,
    index: FxHashMap<(Effect, ShapeId, Key), Vec<usize>>,
    /// Rules that were told of already.
    left_out: Vec<bool>,
}

fn truth(exprs: &Exprs, id: ExprId) -> Option<bool> {
    match exprs.get(id) {
        Some(Expr::Literal(Literal::Bool(truth))) => Some(*truth),
        _ => None,
    }
}

/// That a rule fires.
fn fires(effect: Effect, case: &RuleCase) -> [Claim; 2] {
    let condition = match effect {
        Effect::Permit => Values::TRUE,
        Effect::Forbid => Values::NOT_FALSE,
    };
    [
        Claim::new(case.head, Values::TRUE),
        Claim::new(case.condition, condition),
    ]
}

/// That a rule does not fire.
fn rests(effect: Effect, case: &RuleCase) -> Choice {
    let condition = match effect {
        Effect::Permit => Values::NOT_TRUE,
        Effect::Forbid => Values::FALSE,
    };
    vec![
        vec![Claim::new(case.head, Values::NOT_TRUE)],
        vec![Claim::new(case.condition, condition)],
    ]
}

impl<'p> Rules<'_, 'p> {
    fn kind(&self, shape: ShapeId) -> Option<Kind> {
        let schema = self.checked.schema;
        let shape = schema.shapes.get(shape.index())?;
        Some((
            shape.principal,
            shape.resource,
            schema.action(shape.action)?.context?,
        ))
    }

    fn logic(&mut self, kind: Kind) -> &mut Logic<'p> {
        let (schema, exprs) = (self.checked.schema, self.checked.exprs);
        let (principal, resource, context) = kind;
        self.logics.entry(kind).or_insert_with(|| {
            let environment = Environment {
                principal,
                resource,
                context,
                action: None,
            };
            Logic::new(schema, exprs, environment)
        })
    }

    /// Whether a rule can fire, as far as one can see.
    fn can_fire(&mut self, rule: &Rule, found: &mut Found<'_>) -> bool {
        let effect = rule.info.effect;
        rule.cases.iter().any(|case| {
            let exprs = self.checked.exprs;
            // By itself, the condition was looked at already.
            let is_told = rule.info.role.is_none() && found.marks.are_apart(case.head, case.condition);
            if is_told || truth(exprs, case.head) == Some(true) && truth(exprs, case.condition) == Some(true)
            {
                return true;
            }
            let Some(kind) = self.kind(case.shape) else {
                return true;
            };
            let key = (kind, effect, case.head, case.condition);
            if let Some(known) = self.possible.get(&key) {
                return *known;
            }
            let possible = !self.logic(kind).never(&fires(effect, case), &mut found.work);
            self.possible.insert(key, possible);
            possible
        })
    }

    /// Rules that are the same in all their cases.
    fn duplicates(&mut self, written: &ByPlace<&Declaration>, found: &mut Found<'_>) {
        let mut seen: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        let rules = self.checked.rules;
        for (at, rule) in rules.iter().enumerate() {
            if rule.info.role.is_some() || rule.cases.is_empty() {
                continue;
            }
            let mut hasher = FxHasher::default();
            (rule.info.effect == Effect::Permit).hash(&mut hasher);
            for case in &rule.cases {
                (case.shape, case.head, case.condition).hash(&mut hasher);
            }
            let alike = seen.entry(hasher.finish()).or_default();
            let same = alike.iter().find(|other| {
                let other = &rules[**other];
                other.cases == rule.cases && says_the_same(rule, other)
            });
            match same {
                Some(first) => {
                    self.left_out[at] = true;
                    let first = &rules[*first];
                    let message = format!(
                        "{} says the same as {}",
                        quoted(&rule.info.label),
                        quoted(&first.info.label)
                    );
                    let mut diagnostic =
                        warning(&DUPLICATE_RULE, rule.span, message, "leave one of them out")
                            .with_related(first.span, "the same rule");
                    // A label may be expected by a test, or asked for by whoever reads decisions.
                    diagnostic.fix = written
                        .get(&rule.span)
                        .filter(|declaration| is_unlabelled(declaration))
                        .map(|declaration| leave_out(self.checked.sources, declaration));
                    found.add(&DUPLICATE_RULE, diagnostic);
                }
                None if alike.len() < MOST_LISTED => alike.push(at),
                None => {}
            }
        }
    }

    fn fill_index(&mut self) {
        let checked = self.checked;
        for (at, rule) in checked
            .rules
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.left_out[*at])
        {
            for case in &rule.cases {
                let first = keys(checked.exprs, case).into_iter().next();
                let (part, about) = match first {
                    None => (Key::Nothing, None),
                    // Only the same equality follows from an equality.
                    Some(part) if matches!(checked.exprs.get(part), Some(Expr::Equal(..))) => {
                        (Key::Part(part), None)
                    }
                    Some(part) => (Key::Part(part), about(checked.exprs, part)),
                };
                for key in std::iter::once(part).chain(about) {
                    let listed = self.index.entry((rule.info.effect, case.shape, key)).or_default();
                    if listed.len() < MOST_LISTED {
                        listed.push(at);
                    }
                }
            }
        }
    }

    /// The rules of an effect that a rule is held against.
    fn candidates(&self, at: usize, effect: Effect) -> Vec<usize> {
        let checked = self.checked;
        let Some(case) = checked.rules[at].cases.first() else {
            return Vec::new();
        };
        let parts = keys(checked.exprs, case);
        let parts_and_terms = std::iter::once(Key::Nothing)
            .chain(parts.iter().map(|part| Key::Part(*part)))
            .chain(parts.iter().filter_map(|part| about(checked.exprs, *part)));
        let mut candidates: Vec<usize> = Vec::new();
        for key in parts_and_terms {
            for other in self.index.get(&(effect, case.shape, key)).into_iter().flatten() {
                if *other != at && !candidates.contains(other) && candidates.len() < MOST_COMPARED {
                    candidates.push(*other);
                }
            }
        }
        candidates
    }

    fn against_others(&mut self, at: usize, found: &mut Found<'_>) {
        let rule = &self.checked.rules[at];
        let effect = rule.info.effect;
        if effect == Effect::Permit && found.tells(&DEAD_PERMIT) {
            for other in self.candidates(at, Effect::Forbid) {
                if self.covers(other, at, found) {
                    let forbid = &self.checked.rules[other];
                    let message = format!(
                        "{} permits nothing: {} forbids all of it",
                        quoted(&rule.info.label),
                        quoted(&forbid.info.label)
                    );
                    let help = "leave it out, or make the forbid say what it does not mean with `unless`";
                    let diagnostic = warning(&DEAD_PERMIT, rule.span, message, help)
                        .with_related(forbid.span, "forbidden here");
                    found.add(&DEAD_PERMIT, diagnostic);
                    return;
                }
            }
        }
        for other in self.candidates(at, effect) {
            let cover = &self.checked.rules[other];
            // Of two that cover one another, the later one is told; and a reason of its own is a reason to be there.
            let is_plain = cover.info.role.is_some() && rule.info.annotations.is_empty()
                || is_told_by(&rule.info, &cover.info);
            if is_plain && self.covers(other, at, found) && (other < at || !self.covers(at, other, found)) {
                let message = format!(
                    "{} changes nothing: {} covers all of it",
                    quoted(&rule.info.label),
                    quoted(&cover.info.label)
                );
                let diagnostic = warning(
                    &COVERED_RULE,
                    rule.span,
                    message,
                    "leave it out, or narrow the other one",
                )
                .with_related(cover.span, "the rule that covers it");
                found.add(&COVERED_RULE, diagnostic);
                return;
            }
        }
    }

    /// Whether a rule asks for an equality that another one does not ask for: it hardly follows from anything else.
    fn asks_for_another(&self, rule: &RuleCase, other: &RuleCase) -> bool {
        let exprs = self.checked.exprs;
        let own = keys(exprs, other);
        let mut asked = keys(exprs, rule).into_iter();
        asked.any(|part| matches!(exprs.get(part), Some(Expr::Equal(..))) && !own.contains(&part))
    }

    /// Whether one rule fires wherever another does.
    fn covers(&mut self, cover: usize, covered: usize, found: &mut Found<'_>) -> bool {
        let (cover, covered) = (&self.checked.rules[cover], &self.checked.rules[covered]);
        if covered.cases.len() > MOST_CASES || cover.cases.len() < covered.cases.len() {
            return false;
        }
        let mut known: Option<(Kind, [ExprId; 4])> = None;
        covered.cases.iter().all(|case| {
            let (Some(other), Some(kind)) = (cover.case(case.shape), self.kind(case.shape)) else {
                return false;
            };
            if !obliges_no_more(self.checked, covered, case, cover) {
                return false;
            }
            let ids = [case.head, case.condition, other.head, other.condition];
            if known == Some((kind, ids)) {
                return true;
            }
            // What is about more than the other rule does not follow from it.
            let marks = |case: &RuleCase| found.marks.of(case.head) | found.marks.of(case.condition);
            if marks(other) & !marks(case) != 0 || self.asks_for_another(other, case) {
                return false;
            }
            let claims = fires(covered.info.effect, case);
            let choices = vec![rests(cover.info.effect, other)];
            let holds = self.logic(kind).never_with(&claims, choices, &mut found.work);
            known = holds.then_some((kind, ids));
            holds
        })
    }
}

/// The parts that all must hold for a rule to fire, those of its condition first.
fn keys(exprs: &Exprs, case: &RuleCase) -> Vec<ExprId> {
    let mut parts = Vec::new();
    for id in [case.condition, case.head] {
        match exprs.get(id) {
            Some(Expr::Literal(Literal::Bool(true))) | None => {}
            Some(Expr::And(items) | Expr::AndThen(items)) => {
                parts.extend(items.iter().take(MOST_KEYS).copied());
            }
            Some(_) => parts.push(id),
        }
    }
    parts.truncate(MOST_KEYS);
    parts
}

/// What a part is found by, beside itself.
fn about(exprs: &Exprs, part: ExprId) -> Option<Key> {
    match exprs.get(part) {
        Some(Expr::GrantHeld(_)) => Some(Key::Grant),
        Some(_) | None => term(exprs, part).map(Key::Term),
    }
}

/// What a comparison or a membership with a constant is about.
fn term(exprs: &Exprs, part: ExprId) -> Option<ExprId> {
    let is_constant = |id: ExprId| match exprs.get(id) {
        Some(Expr::Literal(_)) => true,
        Some(Expr::Set(_, items)) => items
            .iter()
            .all(|item| matches!(exprs.get(*item), Some(Expr::Literal(_)))),
        _ => false,
    };
    match exprs.get(part)? {
        Expr::Not(operand) => term(exprs, *operand),
        Expr::Equal(a, b)
        | Expr::Compare(_, a, b)
        | Expr::Contains(a, b)
        | Expr::NetworkIn(a, b)
        | Expr::NetworkInSet(a, b)
        | Expr::StartsWith(a, b)
        | Expr::EndsWith(a, b)
        | Expr::EntityIn(a, b)
        | Expr::EntityInSet(a, b) => match (is_constant(*a), is_constant(*b)) {
            (false, true) => Some(*a),
            (true, false) => Some(*b),
            (true, true) | (false, false) => None,
        },
        Expr::Like(text, _) => Some(*text),
        _ => None,
    }
}

/// Whether a rule tells those who are allowed or denied by it no more than another one does.
fn is_told_by(rule: &dictum_artifact::dag::Rule, other: &dictum_artifact::dag::Rule) -> bool {
    (rule.reason.is_none() || rule.reason == other.reason)
        && rule
            .annotations
            .iter()
            .all(|annotation| other.annotations.contains(annotation))
}

fn says_the_same(rule: &Rule, other: &Rule) -> bool {
    let obligations = |rule: &Rule| -> Vec<Vec<Obliged>> {
        let of_case = |case| rule.conditions(case).obligations.clone();
        rule.cases.iter().map(of_case).collect()
    };
    rule.info.effect == other.info.effect
        && is_told_by(&rule.info, &other.info)
        && obligations(rule) == obligations(other)
}

/// Whether a rule obliges callers to nothing that another one does not oblige them to, and the other one's obligations keep it
/// from nothing: a permit fires only where the fields of its own are defined.
fn obliges_no_more(checked: &Checked<'_>, rule: &Rule, case: &RuleCase, other: &Rule) -> bool {
    let Some(other_case) = other.case(case.shape) else {
        return false;
    };
    let (own, others) = (rule.conditions(case), other.conditions(other_case));
    own.obligations
        .iter()
        .all(|obliged| others.obligations.contains(obliged))
        && (other.info.effect == Effect::Forbid
            || own.obligations == others.obligations
            || truth(checked.exprs, others.defined) == Some(true))
}

fn is_unlabelled(declaration: &Declaration) -> bool {
    matches!(&declaration.kind, DeclarationKind::Rule(decl) if decl.label.is_none())
}

/// Leaves a declaration out, with its docs, and with its line where it has one to itself.
fn leave_out(sources: &Sources, declaration: &Declaration) -> Fix {
    let span = declaration.span;
    let text = sources.get(span.source).text.as_str();
    let (before, after) = (
        text.get(..span.start as usize).unwrap_or_default(),
        text.get(span.end as usize..).unwrap_or_default(),
    );
    // Only what is blank is looked at: many rules may share a line.
    let is_gap = |c: char| c.is_whitespace() && c != '\n';
    let line = before.trim_end_matches(is_gap).len();
    let rest = &after[..after.len() - after.trim_start_matches(is_gap).len()];
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    let is_first = line == 0 || before[..line].ends_with('\n');
    let is_last = matches!(after.as_bytes().get(rest.len()), None | Some(b'\n'));
    if is_first && is_last {
        start = line;
        end = (end + rest.len() + 1).min(text.len());
        while let Some(above) = text.get(..start.saturating_sub(1)).filter(|_| start > 0) {
            let at = above.rfind('\n').map_or(0, |at| at + 1);
            if !above
                .get(at..)
                .is_some_and(|line| line.trim_start().starts_with("///"))
            {
                break;
            }
            start = at;
        }
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let cut = Span {
        source: span.source,
        start: offset(start),
        end: offset(end),
    };
    Fix::replace("leave the rule out", cut, "")
}
