//! What works, and may surprise later: forbids that missing data makes fire, arithmetic that overflows, attributes that
//! are optional and never done without. These are told only to those who ask for them.

use std::borrow::Cow;

use dictum_artifact::dag::Effect;
use dictum_artifact::expr::{Arithmetic, Expr, ExprId, Literal, Property};
use dictum_artifact::value::{DAY, Decimal};
use dictum_syntax::ast::{self, BinaryOp, Clause, DeclarationKind, ExprKind, FieldDecl, FixtureItem, Held};
use dictum_syntax::naming;
use dictum_syntax::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use super::logic::{Claim, Logic, Values};
use super::{
    ByPlace, Checked, Found, OPTIONAL_ALWAYS_ASKED, OVERFLOW, UNDEFINED_FORBIDS, declarations, warning,
};
use crate::check::{self, Environment, Typing};
use crate::program::Rule;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    if found.tells(&UNDEFINED_FORBIDS) {
        undefined_forbids(checked, found);
    }
    if found.tells(&OVERFLOW) {
        overflows(checked, found);
    }
    if found.tells(&OPTIONAL_ALWAYS_ASKED) {
        always_asked(checked, found);
    }
}

/// The clauses of rules and roles.
fn clauses(kind: &DeclarationKind) -> Vec<&ast::Expr> {
    match kind {
        DeclarationKind::Rule(decl) => decl.clauses.iter().map(|clause| &clause.condition).collect(),
        DeclarationKind::Role(decl) => match &decl.held {
            Held::When(condition) | Held::ByGrantOrWhen(condition) => vec![condition],
            Held::Default | Held::ByGrant => Vec::new(),
        },
        DeclarationKind::Entity(_)
        | DeclarationKind::Enum(_)
        | DeclarationKind::Type(_)
        | DeclarationKind::Context(_)
        | DeclarationKind::Action(_)
        | DeclarationKind::Principals(_)
        | DeclarationKind::Exclusive(_)
        | DeclarationKind::Obligation(_)
        | DeclarationKind::Function(_)
        | DeclarationKind::Const(_)
        | DeclarationKind::Invariant(_)
        | DeclarationKind::Module(_)
        | DeclarationKind::Use(_)
        | DeclarationKind::Fixture(_)
        | DeclarationKind::Test(_) => Vec::new(),
    }
}

/// Forbids whose condition can be undefined, with the first attribute that makes it so.
fn undefined_forbids(checked: &Checked<'_>, found: &mut Found<'_>) {
    let rules: ByPlace<&Rule> = checked.rules.iter().map(|rule| (rule.span, rule)).collect();
    for declaration in declarations(checked.files) {
        let DeclarationKind::Rule(decl) = &declaration.kind else {
            continue;
        };
        let place = decl.label.as_ref().map_or(decl.keyword, |label| label.span);
        let Some(rule) = rules
            .get(&place)
            .filter(|rule| rule.info.effect == Effect::Forbid)
        else {
            continue;
        };
        let read = rule.cases.iter().find_map(|case| {
            let shape = checked.schema.shapes.get(case.shape.index())?;
            let environment = Environment {
                principal: shape.principal,
                resource: shape.resource,
                context: checked.schema.action(shape.action)?.context?,
                action: None,
            };
            let mut logic = Logic::new(checked.schema, checked.exprs, environment);
            let claims = [
                Claim::new(case.head, Values::TRUE),
                Claim::new(case.condition, Values::UNDEFINED),
            ];
            if logic.never(&claims, &mut found.work) {
                return None;
            }
            decl.clauses
                .iter()
                .find_map(|clause| first_read(&clause.condition))
        });
        if let Some(span) = read {
            let message = format!(
                "`{}` fires too where `{}` is not known",
                rule.info.label,
                checked.sources.text(span)
            );
            let help =
                "nothing that is unknown lets anyone in; where that is not meant, say `otherwise false`";
            found.add(
                &UNDEFINED_FORBIDS,
                warning(&UNDEFINED_FORBIDS, span, message, help),
            );
        }
    }
}

/// The first attribute of an entity that a condition reads.
fn first_read(expr: &ast::Expr) -> Option<Span> {
    let mut first = None;
    check::operands(expr, &mut |operand| {
        if first.is_none() {
            first = first_read(operand);
        }
    });
    match &expr.kind {
        ExprKind::Field(of, field) if !is_context(of) && field.name != "id" => first.or(Some(expr.span)),
        _ => first,
    }
}

/// Whether an expression is of the context, which is always there.
fn is_context(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Context => true,
        ExprKind::Field(of, _) | ExprKind::Index(of, _) => is_context(of),
        _ => false,
    }
}

/// Arithmetic that some values overflow.
fn overflows(checked: &Checked<'_>, found: &mut Found<'_>) {
    let mut typings: ByPlace<Vec<&Typing>> = ByPlace::default();
    for typing in checked.typings {
        typings.entry(typing.place).or_default().push(typing);
    }
    for declaration in declarations(checked.files) {
        let clauses = clauses(&declaration.kind);
        let typed = clauses.first().and_then(|first| typings.get(&first.span));
        for clause in &clauses {
            arithmetic(checked, clause, typed.map_or(&[][..], Vec::as_slice), found);
        }
    }
}

fn arithmetic(checked: &Checked<'_>, expr: &ast::Expr, typings: &[&Typing], found: &mut Found<'_>) {
    check::operands(expr, &mut |operand| arithmetic(checked, operand, typings, found));
    let is_arithmetic = matches!(
        expr.kind,
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply, ..) | ExprKind::Negate(_)
    );
    if !is_arithmetic {
        return;
    }
    let mut ids = typings.iter().filter_map(|typing| {
        let at = typing
            .parts
            .binary_search_by_key(&expr.span, |(span, _)| *span)
            .ok()?;
        typing.parts.get(at).map(|(_, id)| *id)
    });
    if ids.any(|id| range(checked, id).is_none_or(|range| !range.fits())) {
        let message = "some values overflow this, and then it is undefined";
        let help = "a permit is not given then, and a forbid holds; where that is not meant, say `otherwise`";
        found.add(&OVERFLOW, warning(&OVERFLOW, expr.span, message, help));
    }
}

/// The least and the greatest value of a number.
#[derive(Clone, Copy)]
struct Range(i128, i128);

impl Range {
    const ALL: Self = Self(i64::MIN as i128, i64::MAX as i128);

    fn fits(self) -> bool {
        Self::ALL.0 <= self.0 && self.1 <= Self::ALL.1
    }

    /// The same, cut to 64 bits. Of what always overflows, that is one of their ends.
    fn within(self) -> Self {
        let cut = |n: i128| n.clamp(Self::ALL.0, Self::ALL.1);
        Self(cut(self.0), cut(self.1))
    }
}

/// The range of what an expression computes, before it is cut to 64 bits.
fn range(checked: &Checked<'_>, id: ExprId) -> Option<Range> {
    let exact = |n: i64| Some(Range(i128::from(n), i128::from(n)));
    let operand = |id: ExprId| range(checked, id).map(Range::within);
    match checked.exprs.get(id)? {
        Expr::Literal(Literal::Int(n)) => exact(*n),
        Expr::Literal(Literal::Decimal(d)) => exact(d.ten_thousandths()),
        Expr::Literal(Literal::Duration(d)) => exact(d.0),
        Expr::Literal(Literal::Timestamp(t)) => exact(t.0),
        // A text or a set that fits into memory.
        Expr::Property(Property::Length | Property::Size, _) => Some(Range(0, 1 << 40)),
        Expr::Property(Property::TimeOfDay, _) => Some(Range(0, i128::from(DAY) - 1)),
        Expr::Property(Property::InSeconds, of) => {
            Some(operand(*of)?).map(|r| Range(r.0 / 1_000, r.1 / 1_000))
        }
        Expr::Property(Property::InMinutes, of) => {
            Some(operand(*of)?).map(|r| Range(r.0 / 60_000, r.1 / 60_000))
        }
        Expr::Property(Property::InHours, of) => {
            Some(operand(*of)?).map(|r| Range(r.0 / 3_600_000, r.1 / 3_600_000))
        }
        Expr::Property(Property::InDays, of) => {
            Some(operand(*of)?).map(|r| Range(r.0 / i128::from(DAY), r.1 / i128::from(DAY)))
        }
        Expr::Negate(of) => operand(*of).map(|Range(low, high)| Range(-high, -low)),
        Expr::Arithmetic(op, a, b) => {
            let (a, b) = (operand(*a)?, operand(*b)?);
            Some(match op {
                Arithmetic::Add => Range(a.0 + b.0, a.1 + b.1),
                Arithmetic::Subtract => Range(a.0 - b.1, a.1 - b.0),
                Arithmetic::Multiply => {
                    let products = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1];
                    let low = products.into_iter().min()?;
                    let high = products.into_iter().max()?;
                    if is_decimal(checked, id) {
                        let scale = i128::from(Decimal::SCALE);
                        Range(low / scale, high / scale)
                    } else {
                        Range(low, high)
                    }
                }
            })
        }
        _ => Some(Range::ALL),
    }
}

/// Whether a product is of decimals: one of its parts is written as one.
fn is_decimal(checked: &Checked<'_>, id: ExprId) -> bool {
    match checked.exprs.get(id) {
        Some(Expr::Literal(Literal::Decimal(_))) => true,
        Some(Expr::Arithmetic(_, a, b)) => is_decimal(checked, *a) || is_decimal(checked, *b),
        Some(Expr::Negate(of)) => is_decimal(checked, *of),
        _ => false,
    }
}

/// How an optional attribute is used.
#[derive(Default)]
struct Use {
    /// In a condition that asks for it first, as one of the things that all must hold.
    asked: usize,
    /// In any other way.
    other: usize,
}

/// Optional attributes that every condition which uses them asks for, and that no fixture leaves out.
fn always_asked(checked: &Checked<'_>, found: &mut Found<'_>) {
    let mut uses: FxHashMap<Cow<'_, str>, Use> = FxHashMap::default();
    for declaration in declarations(checked.files) {
        let required = match &declaration.kind {
            DeclarationKind::Rule(decl) if decl.effect == ast::Effect::Permit => asked_first(&decl.clauses),
            _ => FxHashSet::default(),
        };
        let mut used: FxHashSet<Cow<'_, str>> = FxHashSet::default();
        for clause in clauses(&declaration.kind) {
            fields(clause, &mut used);
        }
        for name in used {
            let is_required = required.contains(&name);
            let count = uses.entry(name).or_default();
            if is_required {
                count.asked += 1;
            } else {
                count.other += 1;
            }
        }
    }
    for declaration in declarations(checked.files) {
        let DeclarationKind::Entity(decl) = &declaration.kind else {
            continue;
        };
        for field in decl.attributes.iter().filter(|field| field.optional) {
            let Use { asked, other } = uses
                .get(field.name.name.as_str())
                .map_or(Use::default(), |u| Use { ..*u });
            if asked > 0 && other == 0 && !is_left_out(checked, &decl.name.name, field) {
                let message = format!(
                    "every condition that uses `{}` asks for it first",
                    field.name.name
                );
                let help = format!("if every `{}` has it, declare it without `?`", decl.name.name);
                let diagnostic = warning(&OPTIONAL_ALWAYS_ASKED, field.name.span, message, help);
                found.add(&OPTIONAL_ALWAYS_ASKED, diagnostic);
            }
        }
    }
}

/// Whether a fixture describes an entity without an attribute.
fn is_left_out(checked: &Checked<'_>, ty: &str, field: &FieldDecl) -> bool {
    declarations(checked.files).any(|declaration| match &declaration.kind {
        DeclarationKind::Fixture(fixture) => fixture.items.iter().any(|item| match item {
            FixtureItem::Entity(entity) => {
                entity.entity.ty.name == ty
                    && entity
                        .attributes
                        .iter()
                        .all(|(name, _)| name.name != field.name.name)
            }
            FixtureItem::Grant(_) => false,
        }),
        _ => false,
    })
}

/// The attributes whose presence all of a rule depends on.
fn asked_first(clauses: &[Clause]) -> FxHashSet<Cow<'_, str>> {
    let mut names = FxHashSet::default();
    for clause in clauses.iter().filter(|clause| !clause.unless) {
        let parts = match &clause.condition.kind {
            ExprKind::And(items) | ExprKind::AndThen(items) => items.as_slice(),
            _ => std::slice::from_ref(&clause.condition),
        };
        for part in parts {
            if let ExprKind::Has(_, path) = &part.kind {
                fields(path, &mut names);
                names.extend(first_name(path));
            }
        }
    }
    names
}

/// The name that the steps after `has` start with.
fn first_name(path: &ast::Expr) -> Option<Cow<'_, str>> {
    match &path.kind {
        ExprKind::Name(name) => Some(naming::text(name)),
        ExprKind::Field(of, _) | ExprKind::Index(of, _) => first_name(of),
        _ => None,
    }
}

/// The names of what is read in an expression.
fn fields<'e>(expr: &'e ast::Expr, names: &mut FxHashSet<Cow<'e, str>>) {
    if let ExprKind::Field(_, field) = &expr.kind {
        names.insert(Cow::Borrowed(field.name.as_str()));
    }
    if let ExprKind::Has(_, path) = &expr.kind {
        names.extend(first_name(path));
    }
    check::operands(expr, &mut |operand| fields(operand, names));
}
