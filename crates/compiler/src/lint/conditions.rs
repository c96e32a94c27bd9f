//! Conditions and their parts: what is always true or never true where it is asked.
//!
//! A part of an `and` is asked where the parts before it are true, a part of an `or` where none before it is. Each part is
//! held against that, in every environment that the condition was typed in; what holds in all of them is told.

use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_syntax::ast::{self, BinaryOp, Clause, DeclarationKind, ExprKind, Held};
use dictum_syntax::diagnostic::{Edit, Fix};
use dictum_syntax::source::{Sources, Span};
use rustc_hash::FxHashSet;

use super::logic::{Claim, Logic, Values};
use super::marks::{Marks, is_plain};
use super::{
    ALWAYS_TRUE, BOOL_COMPARISON, ByPlace, CONTRADICTION, Checked, Found, NEVER_TRUE, REDUNDANT_HAS,
    REDUNDANT_OTHERWISE, REPEATED_CONDITION, SELF_COMPARISON, declarations, warning,
};
use crate::check::{self, Typing};

/// How many parts before it a part is held against.
const MOST_BEFORE: usize = 24;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    let mut typings: ByPlace<Vec<&Typing>> = ByPlace::default();
    for typing in checked.typings {
        typings.entry(typing.place).or_default().push(typing);
    }
    for declaration in declarations(checked.files) {
        let (place, parts) = match &declaration.kind {
            DeclarationKind::Rule(decl) => {
                let place = decl.label.as_ref().map_or(decl.keyword, |label| label.span);
                (
                    place,
                    decl.clauses.iter().map(Part::of_clause).collect::<Vec<_>>(),
                )
            }
            DeclarationKind::Role(decl) => match &decl.held {
                Held::When(condition) | Held::ByGrantOrWhen(condition)
                    if !matches!(condition.kind, ExprKind::Bool(_)) =>
                {
                    (
                        decl.name.span,
                        vec![Part {
                            neutral: Some(true),
                            ..Part::of(condition)
                        }],
                    )
                }
                Held::Default | Held::ByGrant | Held::When(_) | Held::ByGrantOrWhen(_) => continue,
            },
            DeclarationKind::Invariant(decl) => (
                decl.label.as_ref().map_or(decl.keyword, |label| label.span),
                decl.clauses.iter().map(Part::of_clause).collect(),
            ),
            DeclarationKind::Function(decl) => {
                bool_comparisons(&decl.body, found);
                continue;
            }
            DeclarationKind::Entity(_)
            | DeclarationKind::Enum(_)
            | DeclarationKind::Type(_)
            | DeclarationKind::Context(_)
            | DeclarationKind::Action(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Exclusive(_)
            | DeclarationKind::Obligation(_)
            | DeclarationKind::Const(_)
            | DeclarationKind::Module(_)
            | DeclarationKind::Use(_)
            | DeclarationKind::Fixture(_)
            | DeclarationKind::Test(_) => continue,
        };
        for part in &parts {
            bool_comparisons(part.condition, found);
        }
        let typed = parts.first().and_then(|part| typings.get(&part.condition.span));
        if let Some(typed) = typed
            && condition(checked, &parts, typed, found) == Some(false)
        {
            found.blamed.insert(place);
        }
    }
}

/// A part of a conjunction or disjunction.
#[derive(Clone, Copy)]
struct Part<'a> {
    condition: &'a ast::Expr,
    /// Whether it is asked not to hold.
    negated: bool,
    /// What it comes to where it says nothing: `true` in an `and`, `false` in an `or`.
    neutral: Option<bool>,
    /// What is to be cut out to leave the part out.
    cut: Option<Span>,
}

impl<'a> Part<'a> {
    fn of(condition: &'a ast::Expr) -> Self {
        Self {
            condition,
            negated: false,
            neutral: None,
            cut: None,
        }
    }

    fn of_clause(clause: &'a Clause) -> Self {
        Self {
            condition: &clause.condition,
            negated: clause.unless,
            neutral: Some(true),
            cut: Some(clause.keyword.to(clause.condition.span)),
        }
    }
}

/// Why a part is settled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It is by itself.
    Itself,
    /// Because a part before it has one of these values; whether that is the same condition.
    Before { place: Span, same: bool, values: Values },
    /// Because of several parts before it.
    Several,
}

/// A part that is settled in an environment.
struct Settled<'a> {
    part: Part<'a>,
    truth: bool,
    /// Whether it is never undefined either.
    strict: bool,
    /// Whether it compares a value with itself.
    is_own: bool,
    reason: Reason,
}

/// What is known of a part over the environments so far.
struct Verdict<'a> {
    settled: Settled<'a>,
    /// In how many environments it was settled so.
    count: usize,
}

/// Looks at a condition in all its environments; what it comes to, where that is the same in all.
fn condition(
    checked: &Checked<'_>,
    parts: &[Part<'_>],
    typings: &[&Typing],
    found: &mut Found<'_>,
) -> Option<bool> {
    let mut verdicts: ByPlace<Verdict<'_>> = ByPlace::default();
    let mut order: Vec<Span> = Vec::new();
    let mut refuted: FxHashSet<Span> = FxHashSet::default();
    let mut wholes = Vec::with_capacity(typings.len());
    for typing in typings {
        let mut logic = Logic::new(checked.schema, checked.exprs, typing.environment);
        let mut walk = Walk {
            checked,
            parts: &typing.parts,
            logic: &mut logic,
            refuted: &mut refuted,
            work: &mut found.work,
            marks: &found.marks,
            before: Vec::new(),
            settled: Vec::new(),
        };
        wholes.push(walk.connective(parts, Joint::AND, None));
        for settled in walk.settled {
            let place = settled.part.condition.span;
            match verdicts.get_mut(&place) {
                Some(verdict) if verdict.settled.truth == settled.truth => {
                    verdict.count += 1;
                    verdict.settled.strict &= settled.strict;
                    verdict.settled.is_own &= settled.is_own;
                }
                Some(_) => {}
                None => {
                    order.push(place);
                    verdicts.insert(place, Verdict { settled, count: 1 });
                }
            }
        }
    }
    for place in order {
        let Some(verdict) = verdicts.remove(&place) else {
            continue;
        };
        let typed = typings
            .iter()
            .filter(|typing| id_at(&typing.parts, place).is_some());
        if !refuted.contains(&place) && typed.count() == verdict.count {
            tell(checked, &verdict.settled, found);
        }
    }
    if found.tells(&REDUNDANT_OTHERWISE) {
        for part in parts {
            otherwises(checked, part.condition, typings, found);
        }
    }
    let first = wholes.first().copied().flatten();
    first.filter(|_| wholes.iter().all(|whole| *whole == first))
}

/// What stands at a place, in one environment.
fn id_at(parts: &[(Span, ExprId)], place: Span) -> Option<ExprId> {
    let at = parts.partition_point(|(span, _)| *span < place);
    parts
        .get(at)
        .filter(|(span, _)| *span == place)
        .map(|(_, id)| *id)
}

/// What parts are joined by.
#[derive(Clone, Copy)]
struct Joint {
    /// Whether all must hold, and not one of them.
    all: bool,
    /// Whether what is undefined ends it: `and then`, `or else`.
    in_turn: bool,
}

impl Joint {
    const AND: Self = Self::new(true, false);
    const OR: Self = Self::new(false, false);
    const AND_THEN: Self = Self::new(true, true);
    const OR_ELSE: Self = Self::new(false, true);

    const fn new(all: bool, in_turn: bool) -> Self {
        Self { all, in_turn }
    }
}

/// A condition in one environment.
struct Walk<'w, 'p, 'a> {
    checked: &'w Checked<'p>,
    parts: &'w [(Span, ExprId)],
    logic: &'w mut Logic<'p>,
    /// Places that are not settled in some environment.
    refuted: &'w mut FxHashSet<Span>,
    work: &'w mut u64,
    marks: &'w Marks,
    /// What holds where the walk is.
    before: Vec<(Claim, Span)>,
    settled: Vec<Settled<'a>>,
}

impl<'a> Walk<'_, '_, 'a> {
    /// What a part comes to where it is asked.
    fn settle(&mut self, part: Part<'a>) -> Option<bool> {
        match &part.condition.kind {
            ExprKind::And(items) => self.connective(&listed(items, true), Joint::AND, Some(part)),
            ExprKind::Or(items) => self.connective(&listed(items, false), Joint::OR, Some(part)),
            ExprKind::AndThen(items) => self.connective(&listed(items, true), Joint::AND_THEN, Some(part)),
            ExprKind::OrElse(items) => self.connective(&listed(items, false), Joint::OR_ELSE, Some(part)),
            ExprKind::Not(operand) => self
                .settle(Part {
                    condition: operand,
                    negated: !part.negated,
                    ..part
                })
                .map(|truth| !truth),
            ExprKind::If(condition, yes, no) => {
                let truth = self.settle(Part::of(condition));
                for (branch, holds) in [(yes, true), (no, false)] {
                    // A branch may well be `true` or `false`.
                    if truth == Some(!holds) || matches!(branch.kind, ExprKind::Bool(_)) {
                        continue;
                    }
                    let mark = self.before.len();
                    if let Some(id) = id_at(self.parts, condition.span) {
                        let values = if holds { Values::TRUE } else { Values::FALSE };
                        self.assume(id, values, condition.span);
                    }
                    self.settle(Part::of(branch));
                    self.before.truncate(mark);
                }
                None
            }
            ExprKind::Otherwise(value, _) => {
                self.settle(Part::of(value));
                None
            }
            ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Decimal(_)
            | ExprKind::String(_)
            | ExprKind::Timestamp(_)
            | ExprKind::Duration(_)
            | ExprKind::Ip(_)
            | ExprKind::Entity(_)
            | ExprKind::Name(_)
            | ExprKind::Principal
            | ExprKind::Resource
            | ExprKind::Action
            | ExprKind::Context
            | ExprKind::Field(..)
            | ExprKind::Method(..)
            | ExprKind::Index(..)
            | ExprKind::Set(_)
            | ExprKind::Record(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::Has(..)
            | ExprKind::Is(..)
            | ExprKind::IsEmpty(_)
            | ExprKind::Call(..)
            | ExprKind::Matches(..)
            | ExprKind::Quantified(..)
            | ExprKind::Like(..) => self.leaf(part),
        }
    }

    /// Parts that all must hold, or of which one must: each is asked where the ones before it do not settle the whole.
    fn connective(&mut self, parts: &[Part<'a>], joint: Joint, whole: Option<Part<'a>>) -> Option<bool> {
        let Joint { all, in_turn } = joint;
        let (mark, start) = (self.before.len(), self.settled.len());
        let mut result = Some(all);
        let mut settled = 0_usize;
        for (at, part) in parts.iter().enumerate() {
            let Some(id) = id_at(self.parts, part.condition.span) else {
                result = None;
                continue;
            };
            let truth = self.settle(*part).map(|truth| truth != part.negated);
            if truth == Some(!all) {
                result = truth;
                if let (Some(whole), Some(last)) = (whole, self.settled.last()) {
                    let own = |place: &Span| parts.iter().any(|part| part.condition.span == *place);
                    // Of a sequence, what stands before may be undefined, and the whole with it.
                    let strict = last.strict && !(in_turn && at > 0);
                    let reason = last.reason;
                    let is_of_whole = match reason {
                        Reason::Itself => false,
                        // That one of several parts of an `or` is always true is a matter of the whole.
                        _ if !all => true,
                        Reason::Before { place, .. } => !own(&place),
                        Reason::Several => false,
                    };
                    if is_of_whole {
                        let reason = match reason {
                            Reason::Before { place, values, .. } if !own(&place) => Reason::Before {
                                place,
                                values,
                                same: false,
                            },
                            _ => Reason::Itself,
                        };
                        self.settled.truncate(start);
                        self.settle_whole(whole, !all, strict, reason);
                    }
                }
                break;
            }
            if truth == Some(all) {
                settled += 1;
                continue;
            }
            result = None;
            let values = match (all, part.negated) {
                (true, false) => Values::TRUE,
                (true, true) => Values::FALSE,
                (false, negated) if in_turn => Values::of(negated),
                (false, false) => Values::NOT_TRUE,
                (false, true) => Values::NOT_FALSE,
            };
            self.assume(id, values, part.condition.span);
        }
        self.before.truncate(mark);
        if let (true, Some(whole)) = (result == Some(all) && settled > 1, whole) {
            let strict = self.settled.iter().skip(start).all(|settled| settled.strict);
            self.settled.truncate(start);
            self.settle_whole(whole, all, strict, Reason::Itself);
        }
        result
    }

    fn assume(&mut self, id: ExprId, values: Values, place: Span) {
        if self.before.len() < MOST_BEFORE {
            self.before.push((Claim::new(id, values), place));
        }
    }

    fn settle_whole(&mut self, part: Part<'a>, truth: bool, strict: bool, reason: Reason) {
        self.settled.push(Settled {
            part,
            truth,
            strict,
            is_own: false,
            reason,
        });
    }

    fn leaf(&mut self, part: Part<'a>) -> Option<bool> {
        let place = part.condition.span;
        if self.refuted.contains(&place) {
            return None;
        }
        let id = id_at(self.parts, place)?;
        let exprs = self.checked.exprs;
        if let Some(Expr::Literal(Literal::Bool(truth))) = exprs.get(id) {
            self.settle_whole(part, *truth, true, Reason::Itself);
            return Some(*truth);
        }
        if self.is_apart(id) && is_plain(exprs, id) {
            self.refuted.insert(place);
            return None;
        }
        let truth = if self.never(id, Values::TRUE) {
            false
        } else if self.never(id, Values::FALSE) {
            true
        } else {
            self.refuted.insert(place);
            return None;
        };
        // Where what stands before is unknown, `x has f` may be what settles an `and`.
        if truth && matches!(part.condition.kind, ExprKind::Has(..)) && !self.is_there_anyway(id) {
            self.refuted.insert(place);
            return None;
        }
        let value = if truth { Values::FALSE } else { Values::TRUE };
        let strict = self.never(
            id,
            if truth {
                Values::NOT_TRUE
            } else {
                Values::NOT_FALSE
            },
        );
        let is_own = matches!(exprs.get(id), Some(Expr::Equal(a, b) | Expr::Compare(_, a, b)) if a == b);
        let reason = self.reason(Claim::new(id, value));
        self.settled.push(Settled {
            part,
            truth,
            strict,
            is_own,
            reason,
        });
        Some(truth)
    }

    /// Whether nothing before a part is about what it is about.
    fn is_apart(&self, id: ExprId) -> bool {
        let mut before = self.before.iter();
        before.all(|(claim, _)| self.marks.are_apart(claim.condition, id))
    }

    /// Whether a part never has one of the values where it is asked.
    fn never(&mut self, id: ExprId, values: Values) -> bool {
        let before = if self.is_apart(id) { &[][..] } else { &self.before };
        let mut claims: Vec<Claim> = before.iter().map(|(claim, _)| *claim).collect();
        claims.push(Claim::new(id, values));
        self.logic.never(&claims, self.work)
    }

    /// Whether a presence test holds also where parts before it are undefined.
    fn is_there_anyway(&mut self, id: ExprId) -> bool {
        let weaker = |claim: &Claim| Claim::new(claim.condition, claim.values.or_undefined());
        let mut claims: Vec<Claim> = self.before.iter().map(|(claim, _)| weaker(claim)).collect();
        claims.push(Claim::new(id, Values::FALSE));
        self.logic.never(&claims, self.work)
    }

    /// What of the parts before rules a claim out.
    fn reason(&mut self, claim: Claim) -> Reason {
        if self.before.is_empty() || self.logic.never(&[claim], self.work) {
            return Reason::Itself;
        }
        // The same condition is the plainest reason.
        let mut before: Vec<(Claim, Span)> = self.before.iter().rev().copied().collect();
        before.sort_by_key(|(other, _)| other.condition != claim.condition);
        for (other, place) in &before {
            if self.logic.never(&[*other, claim], self.work) {
                return Reason::Before {
                    place: *place,
                    same: other.condition == claim.condition,
                    values: other.values,
                };
            }
        }
        Reason::Several
    }
}

/// The parts of an `and` or `or`, each with what is to be cut out to leave it out.
fn listed(items: &[ast::Expr], all: bool) -> Vec<Part<'_>> {
    let part = |condition| Part {
        neutral: Some(all),
        ..Part::of(condition)
    };
    let mut parts: Vec<Part<'_>> = items.iter().map(part).collect();
    for (at, part) in parts.iter_mut().enumerate() {
        let own = part.condition.span;
        let before = at.checked_sub(1).and_then(|at| items.get(at));
        part.cut = match (before, items.get(at + 1)) {
            (Some(before), _) => Some(Span {
                start: before.span.end,
                ..own
            }),
            (None, Some(next)) => Some(Span {
                end: next.span.start,
                ..own
            }),
            (None, None) => None,
        };
    }
    parts
}

/// The text of a part, where it is short enough for a message.
fn text(sources: &Sources, span: Span) -> Option<String> {
    const LONGEST: usize = 60;
    let text = sources.text(span);
    let fits = text.len() <= LONGEST && !text.contains(['\n', '`']);
    fits.then(|| format!("`{text}`"))
}

fn tell(checked: &Checked<'_>, settled: &Settled<'_>, found: &mut Found<'_>) {
    let (part, truth, reason) = (settled.part, settled.truth, settled.reason);
    let span = part.condition.span;
    let sources = checked.sources;
    let this = text(sources, span).unwrap_or_else(|| "this condition".to_owned());
    let is_redundant = part.neutral == Some(truth != part.negated);
    let comes_to = match (truth, settled.strict) {
        (true, true) => "always true",
        (true, false) => "true wherever its data is there",
        (false, _) => "never true",
    };
    let (lint, message, help) = match reason {
        _ if settled.is_own && matches!(part.condition.kind, ExprKind::Binary(..)) => (
            &SELF_COMPARISON,
            format!("{this} compares a value with itself: it is {comes_to}"),
            "compare it with another value",
        ),
        Reason::Before {
            place, same: true, ..
        } if is_redundant && is_like(sources, span, place) => (
            &REPEATED_CONDITION,
            format!("{this} is asked already"),
            "leave it out",
        ),
        Reason::Itself if truth && matches!(part.condition.kind, ExprKind::Has(..)) => (
            &REDUNDANT_HAS,
            format!("{this} is {comes_to}: it asks for what is never absent"),
            "leave it out",
        ),
        Reason::Before { .. } | Reason::Several
            if truth && is_redundant && matches!(part.condition.kind, ExprKind::Has(..)) =>
        {
            (
                &REDUNDANT_HAS,
                format!("{this} asks for what is known to be there"),
                "leave it out",
            )
        }
        Reason::Itself if matches!(part.condition.kind, ExprKind::Bool(_)) => (
            if truth { &ALWAYS_TRUE } else { &NEVER_TRUE },
            format!("a condition that is {this} asks nothing"),
            if truth {
                "leave it out"
            } else {
                "leave out what depends on it"
            },
        ),
        Reason::Itself => (
            if truth { &ALWAYS_TRUE } else { &NEVER_TRUE },
            format!("{this} is {comes_to}"),
            if is_redundant {
                "leave it out"
            } else {
                "ask what is meant, or leave out what depends on it"
            },
        ),
        Reason::Before { place, values, .. } => {
            let other = text(sources, place).unwrap_or_else(|| "what stands before it".to_owned());
            let value = match values {
                Values::TRUE => "true",
                Values::FALSE => "false",
                _ => "not true",
            };
            let message = format!("{this} is {comes_to} where {other} is {value}");
            match (is_redundant, truth) {
                (true, true) => (&ALWAYS_TRUE, message, "leave it out"),
                (true, false) => (&NEVER_TRUE, message, "leave it out"),
                (false, _) => (
                    &CONTRADICTION,
                    message,
                    "if one of the two is meant to be enough, write `or` between them",
                ),
            }
        }
        Reason::Several => {
            let message = format!("{this} is {comes_to} where what stands before it is as it is asked");
            match (is_redundant, truth) {
                (true, true) => (&ALWAYS_TRUE, message, "leave it out"),
                (true, false) => (&NEVER_TRUE, message, "leave it out"),
                (false, _) => (&CONTRADICTION, message, "together they leave nothing"),
            }
        }
    };
    let mut diagnostic = warning(lint, span, message, help);
    if let Reason::Before { place, same, .. } = reason {
        let text = if same { "asked here" } else { "because of this" };
        diagnostic = diagnostic.with_related(place, text);
    }
    // Leaving out what says nothing by itself, or what stands beside itself, changes nothing whatever is undefined.
    let is_sure = match reason {
        Reason::Itself => settled.strict,
        Reason::Before { same, .. } => same,
        Reason::Several => false,
    };
    let mends = [ALWAYS_TRUE.code, REDUNDANT_HAS.code, REPEATED_CONDITION.code].contains(&lint.code);
    diagnostic.fix = part
        .cut
        .filter(|_| is_redundant && is_sure && mends)
        .and_then(|cut| cut_out(sources, cut));
    found.add(lint, diagnostic);
}

/// Whether two places hold the same text, so that a reader sees that the conditions are the same.
fn is_like(sources: &Sources, a: Span, b: Span) -> bool {
    let words = |span| {
        sources
            .text(span)
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    words(a) == words(b)
}

/// Leaves a piece of text out, with the space before it; none, where a comment would go with it.
fn cut_out(sources: &Sources, span: Span) -> Option<Fix> {
    let text = sources.get(span.source).text.as_str();
    if sources.text(span).contains("//") {
        return None;
    }
    let before = text.get(..span.start as usize)?;
    let is_first = text
        .get(span.end as usize..)?
        .starts_with(|c: char| !c.is_whitespace());
    let kept = if is_first { before } else { before.trim_end() };
    let start = u32::try_from(kept.len()).ok()?;
    // A comment at the end of the line before would swallow what follows. On one line there is none before.
    let line = || kept.rsplit('\n').next().unwrap_or_default();
    if before.get(kept.len()..)?.contains('\n') && line().contains("//") {
        return None;
    }
    Some(Fix::replace("leave it out", Span { start, ..span }, ""))
}

/// `e otherwise b`, of an `e` that is never undefined.
fn otherwises(checked: &Checked<'_>, expr: &ast::Expr, typings: &[&Typing], found: &mut Found<'_>) {
    check::operands(expr, &mut |operand| otherwises(checked, operand, typings, found));
    let ExprKind::Otherwise(value, default) = &expr.kind else {
        return;
    };
    let mut typed = 0_usize;
    for typing in typings {
        let Some(id) = id_at(&typing.parts, value.span) else {
            continue;
        };
        typed += 1;
        if Logic::new(checked.schema, checked.exprs, typing.environment).can_be_undefined(id) {
            return;
        }
    }
    if typed == 0 {
        return;
    }
    let rest = Span {
        start: value.span.end,
        ..default.span
    };
    let message = "this is never undefined, so what stands after `otherwise` is never used";
    let mut diagnostic = warning(
        &REDUNDANT_OTHERWISE,
        value.span,
        message,
        "leave `otherwise …` out",
    );
    if !checked.sources.text(rest).contains("//") {
        diagnostic = diagnostic.with_fix(Fix::replace("leave `otherwise …` out", rest, ""));
    }
    found.add(&REDUNDANT_OTHERWISE, diagnostic);
}

/// `x == true` and its kin.
fn bool_comparisons(expr: &ast::Expr, found: &mut Found<'_>) {
    check::operands(expr, &mut |operand| bool_comparisons(operand, found));
    let ExprKind::Binary(op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right) = &expr.kind else {
        return;
    };
    let (condition, literal, truth) = match (&left.kind, &right.kind) {
        (ExprKind::Bool(_), ExprKind::Bool(_)) => return,
        (_, ExprKind::Bool(truth)) => (left, right, *truth),
        (ExprKind::Bool(truth), _) => (right, left, *truth),
        _ => return,
    };
    let holds = truth == (*op == BinaryOp::Equal);
    let cut = if condition.span < literal.span {
        Span {
            start: condition.span.end,
            ..literal.span
        }
    } else {
        Span {
            end: condition.span.start,
            ..literal.span
        }
    };
    let mut edits = vec![Edit {
        span: cut,
        text: String::new(),
    }];
    let (message, title) = if holds {
        (
            "a condition is asked without `== true`",
            "leave the comparison out",
        )
    } else {
        edits.push(Edit {
            span: Span {
                end: condition.span.start,
                ..condition.span
            },
            text: "not ".to_owned(),
        });
        (
            "that a condition does not hold is asked with `not`",
            "write `not …`",
        )
    };
    edits.sort_by_key(|edit| edit.span);
    // Both changes at one place would be one.
    let separate = edits
        .windows(2)
        .all(|pair| pair[0].span.end < pair[1].span.start || pair[0].span.start < pair[1].span.start);
    let mut diagnostic = warning(&BOOL_COMPARISON, expr.span, message, title);
    if separate {
        diagnostic = diagnostic.with_fix(Fix {
            title: title.to_owned(),
            edits,
        });
    }
    found.add(&BOOL_COMPARISON, diagnostic);
}
