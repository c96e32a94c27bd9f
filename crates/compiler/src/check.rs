//! Trees to typed expressions, in one environment at a time: with the types of principal and resource, the action and
//! its context known, most of what `is`, `in` and `has` ask is known too.
//!
//! A test that cannot hold in one environment is no mistake, for it may in another; one that holds in none is. So a
//! [`Findings`] gathers over all environments of a condition what was found possible, and speaks at the end.

mod access;
mod actions;
mod facts;
mod functions;
mod operators;
mod quantifiers;
mod shown;
mod texts;
mod values;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::schema::{ActionId, EntityTypeId, EnumId, RecordId, Type, TypeId};
use dictum_artifact::value::{Decimal, Network, Timestamp, quote};
use dictum_syntax::ast::{self, BinaryOp, ExprKind, With};
use dictum_syntax::diagnostic::{self, Diagnostic, Severity};
use dictum_syntax::naming;
use dictum_syntax::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::codes;
use crate::declare::{Declared, UNKNOWN, written};
use crate::exprs::Bounds;
use crate::mend::{self, Mend, mended};
use crate::program::Conditions;
use facts::{Assumed, Facts};
pub(crate) use functions::functions;
pub(crate) use shown::{list, name};
pub(crate) use values::{Given, constant, constants, entity_literal, lacking, missing_fields, misspelt};

/// What is known of the requests that a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Environment {
    pub(crate) principal: EntityTypeId,
    pub(crate) resource: EntityTypeId,
    pub(crate) context: RecordId,
    /// The action, where the condition asks for it.
    pub(crate) action: Option<ActionId>,
}

/// What checking a condition found, over all its environments.
#[derive(Default)]
pub(crate) struct Findings {
    errors: Vec<Diagnostic>,
    /// How many of the errors are of earlier environments.
    earlier: usize,
    /// The first of those of one kind at one place: what is said in another environment is the same mistake.
    reported: FxHashMap<(Span, &'static str), usize>,
    /// Tests that cannot hold in some environment, by the place of the test.
    impossible: BTreeMap<Span, Diagnostic>,
    /// Tests that can hold in some environment.
    possible: FxHashSet<Span>,
    /// What was found in parts that some environment rules out.
    ruled_out: BTreeMap<Span, Vec<Diagnostic>>,
    /// Parts that some environment does not rule out.
    reached: FxHashSet<Span>,
    /// A condition that could not be typed.
    failed: Option<Span>,
    /// The parts of the condition in this environment, with what they were typed as.
    parts: Vec<(Span, ExprId)>,
}

/// A condition as it was typed in one environment.
pub(crate) struct Typing {
    /// Where its first clause stands.
    pub(crate) place: Span,
    pub(crate) environment: Environment,
    /// What is true or false, and what is computed, with its place; sorted by that.
    pub(crate) parts: Vec<(Span, ExprId)>,
}

/// How many parts of typed conditions are kept; what is beyond has no lints.
const MAX_PARTS: usize = 1 << 22;

impl Findings {
    /// The diagnostics of all environments together.
    pub(crate) fn finish(self, diagnostics: &mut Vec<Diagnostic>) {
        let Self {
            errors,
            impossible,
            possible,
            ruled_out,
            reached,
            failed,
            earlier: _,
            reported: _,
            parts: _,
        } = self;
        let before = errors.len();
        let mut found = errors;
        found.extend(
            impossible
                .into_iter()
                .filter(|(span, _)| !possible.contains(span))
                .map(|(_, d)| d),
        );
        // What cannot hold may be what rules them out, and is to be mended first.
        if found.len() == before {
            found.extend(
                ruled_out
                    .into_iter()
                    .filter(|(span, _)| !reached.contains(span))
                    .flat_map(|(_, d)| d),
            );
        }
        diagnostic::sort(&mut found);
        diagnostics.extend(found);
        // A rule without its condition must never become a program without the rule.
        if let Some(span) = failed
            && diagnostics
                .iter()
                .all(|diagnostic| diagnostic.severity != Severity::Error)
        {
            let message = "the types of this condition could not be worked out";
            diagnostics.push(Diagnostic::error(codes::TYPE_NOT_KNOWN, span, message));
        }
    }

    fn next_environment(&mut self) {
        for (at, error) in self.errors.iter().enumerate().skip(self.earlier) {
            self.reported.entry((error.span, error.code)).or_insert(at);
        }
        self.earlier = self.errors.len();
    }

    pub(crate) fn error(&mut self, diagnostic: Diagnostic) {
        let before = self.reported.get(&(diagnostic.span, diagnostic.code));
        match before.and_then(|at| self.errors.get_mut(*at)) {
            None => self.errors.push(diagnostic),
            // What mends it in one environment may be wrong in another.
            Some(before) if before.help.is_none() => {
                *before = Diagnostic {
                    fix: None,
                    ..diagnostic
                }
            }
            Some(before) if before.fix != diagnostic.fix => before.fix = None,
            Some(_) => {}
        }
    }
}

/// What an expression can look at.
#[derive(Clone, Copy)]
enum Place {
    /// A request, of which this is known.
    Request(Environment),
    /// Nothing but constants: a value of a fixture or of a test.
    Constant,
    /// Nothing but constants: the value of a `const`.
    Const,
    /// The parameters of the function whose body it is.
    Function,
}

/// A checked expression.
#[derive(Clone, Copy, Debug)]
struct Typed {
    id: ExprId,
    ty: TypeId,
}

/// Checks a condition in one environment: the clauses, each with whether it is negated (`unless`), must all hold. The
/// values of the obligations' fields may rely on them. Whether they let anyone in is for the mends. `None` when something is wrong with it.
pub(crate) fn condition(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    environment: Environment,
    clauses: &[(&ast::Expr, bool)],
    obligations: &[With],
    lets_in: bool,
) -> Option<Conditions> {
    findings.next_environment();
    let fields = obligations.iter().flat_map(|with| &with.fields).flatten();
    declared.checked = clauses
        .iter()
        .map(|(condition, _)| size(condition))
        .chain(fields.map(|(_, value)| size(value)))
        .fold(declared.checked, usize::saturating_add);
    if declared.checked > MAX_CHECKED {
        if let Some((condition, _)) = clauses.first().filter(|_| !declared.exhausted) {
            let message = format!(
                "with this condition, those of the policy have more than {MAX_CHECKED} parts, over all kinds of requests"
            );
            findings.error(
                Diagnostic::error(codes::TOO_MANY_TESTS, condition.span, message)
                    .with_help("give rules heads that fit fewer types and actions, or split the policy"),
            );
        }
        declared.exhausted = true;
        declared.incomplete = true;
        return None;
    }
    let mut checker = Checker::new(declared, findings, Place::Request(environment));
    if lets_in {
        let when = clauses.iter().filter(|(_, unless)| !unless);
        checker.guarded = when.map(|(condition, _)| *condition).collect();
    }
    let checked = checker.conditions(clauses, obligations);
    if checked.is_none() {
        findings.failed = clauses.first().map(|(condition, _)| condition.span);
    }
    let mut parts = std::mem::take(&mut findings.parts);
    if let Some((first, _)) = clauses.first()
        && declared.parts + parts.len() <= MAX_PARTS
    {
        parts.sort_unstable();
        parts.shrink_to_fit();
        declared.parts += parts.len();
        declared.typings.push(Typing {
            place: first.span,
            environment,
            parts,
        });
    }
    checked
}

/// How many parts the conditions of a package may have, each counted once for every kind of request that it is checked
/// for.
pub const MAX_CHECKED: usize = 1 << 25;

/// How many parts a condition has.
fn size(expr: &ast::Expr) -> usize {
    let mut parts = 1;
    operands(expr, &mut |operand| parts += size(operand));
    parts
}

/// Whether a condition asks which action a request has.
pub(crate) fn asks_for_action(expr: &ast::Expr) -> bool {
    let mut asks = matches!(expr.kind, ExprKind::Action);
    operands(expr, &mut |operand| asks = asks || asks_for_action(operand));
    asks
}

/// Whether what follows a condition may depend on it: it asks for a presence, a type or an action.
fn establishes(expr: &ast::Expr) -> bool {
    let mut found = matches!(
        expr.kind,
        ExprKind::Has(..) | ExprKind::Is(..) | ExprKind::Action | ExprKind::Call(..)
    );
    operands(expr, &mut |operand| found = found || establishes(operand));
    found
}

pub(crate) fn operands<'e>(expr: &'e ast::Expr, visit: &mut impl FnMut(&'e ast::Expr)) {
    match &expr.kind {
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
        | ExprKind::Context => {}
        ExprKind::Field(a, _)
        | ExprKind::Not(a)
        | ExprKind::Negate(a)
        | ExprKind::IsEmpty(a)
        | ExprKind::Like(a, _, _)
        | ExprKind::Matches(a, _) => visit(a),
        ExprKind::Method(a, _, arguments) => {
            visit(a);
            arguments.iter().for_each(visit);
        }
        ExprKind::Call(_, arguments) => arguments.iter().for_each(visit),
        ExprKind::Index(a, b)
        | ExprKind::Binary(_, a, b)
        | ExprKind::Has(a, b)
        | ExprKind::Quantified(_, _, a, b)
        | ExprKind::Otherwise(a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::If(a, b, c) => {
            visit(a);
            visit(b);
            visit(c);
        }
        ExprKind::Is(a, _, b) => {
            visit(a);
            b.iter().for_each(|b| visit(b));
        }
        ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items)
        | ExprKind::AndThen(items)
        | ExprKind::OrElse(items) => items.iter().for_each(visit),
        ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| visit(value)),
    }
}

/// What parts are joined by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
    AndThen,
    OrElse,
}

/// How a part of an `and` or an `or` settles the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// It has the settling value.
    Known,
    /// It has the settling value wherever it is defined, as `x is T` does for an `x` of another type.
    WhereDefined,
}

struct Checker<'c, 'a, 'e> {
    declared: &'c mut Declared<'a>,
    findings: &'c mut Findings,
    place: Place,
    /// What names stand for here, the innermost last: the variables of quantifiers, and the parameters of a function.
    locals: Vec<(&'e str, Typed)>,
    /// How many quantifiers are around the place.
    level: u32,
    /// Presence tests known to hold here.
    facts: Facts,
    /// The conditions that could be made to ask for a presence first without letting anyone in.
    guarded: Vec<&'e ast::Expr>,
    /// How many elements the sets and maps that were read have at most, where that is declared.
    bounds: Bounds,
}

impl<'c, 'a, 'e> Checker<'c, 'a, 'e> {
    fn new(declared: &'c mut Declared<'a>, findings: &'c mut Findings, place: Place) -> Self {
        Self {
            declared,
            findings,
            place,
            locals: Vec::new(),
            level: 0,
            facts: Facts::default(),
            guarded: Vec::new(),
            bounds: Bounds::default(),
        }
    }

    /// Checks the clauses of a rule, and the obligations that it has where they hold.
    fn conditions(
        &mut self,
        clauses: &[(&'e ast::Expr, bool)],
        obligations: &'e [With],
    ) -> Option<Conditions> {
        let mark = self.facts.mark();
        let mut ids = Vec::with_capacity(clauses.len());
        let whole = self.parts(clauses, Joint::And, Some(&mut ids));
        let settled = whole.is_some_and(|whole| self.declared.exprs.known(whole) == Some(false));
        let mut obliged = Vec::with_capacity(obligations.len());
        let mut complete = true;
        // A permit never fires here, and a forbid only where something is undefined, with what it can oblige to.
        let is_ruled_out = whole.is_some() && self.facts.is_unreached();
        for with in obligations.iter().filter(|_| !settled) {
            let place = with.name.span;
            if is_ruled_out {
                obliged.extend(self.apart(place, |checker| checker.obligation(with)));
                continue;
            }
            self.findings.reached.insert(place);
            match self.obligation(with) {
                Some(checked) => obliged.push(checked),
                None => complete = false,
            }
        }
        self.facts.forget(&mark);
        let whole = whole.filter(|_| complete)?;
        let fields: Vec<ExprId> = obliged.iter().map(|obliged| obliged.fields).collect();
        let defined = self.declared.exprs.settled(&fields, true);
        Some(Conditions {
            whole,
            clauses: ids,
            obligations: obliged,
            defined,
        })
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.findings.error(diagnostic);
    }

    fn bool_type(&mut self) -> TypeId {
        self.declared.intern(Type::Bool)
    }

    fn typed(&mut self, expr: Expr, ty: Type) -> Option<Typed> {
        Some(Typed {
            id: self.declared.exprs.add(expr),
            ty: self.declared.intern(ty),
        })
    }

    fn truth(&mut self, id: ExprId) -> Option<Typed> {
        Some(Typed {
            id,
            ty: self.bool_type(),
        })
    }

    fn literal(&mut self, literal: Literal, ty: Type) -> Option<Typed> {
        self.typed(Expr::Literal(literal), ty)
    }

    /// The type behind an id; none, for [`UNKNOWN`].
    fn ty(&self, ty: TypeId) -> Option<Type> {
        self.declared.schema.ty(ty)
    }

    fn name_of(&self, ty: TypeId) -> String {
        self.declared.schema.type_name(ty)
    }

    /// Checks that an expression has a type.
    fn check(&mut self, expr: &'e ast::Expr, expected: TypeId) -> Option<ExprId> {
        // What an expression is whose type only its place tells is not known where that is in error.
        if expected == UNKNOWN && self.needs_hint(expr) {
            return None;
        }
        let typed = self.infer(expr, Some(expected))?;
        if typed.ty == expected {
            return Some(typed.id);
        }
        // Of a type that could not be resolved, enough was said.
        if expected != UNKNOWN {
            let mismatch = self.mismatch(expr, expected, typed.ty);
            self.error(mismatch);
        }
        None
    }

    fn check_bool(&mut self, expr: &'e ast::Expr) -> Option<ExprId> {
        let bool_type = self.bool_type();
        self.check(expr, bool_type)
    }

    fn mismatch(&self, expr: &ast::Expr, expected: TypeId, found: TypeId) -> Diagnostic {
        let (expected_name, found_name) = (self.name_of(expected), self.name_of(found));
        let message = format!("expected a value of type `{expected_name}`, found one of type `{found_name}`");
        let diagnostic = Diagnostic::error(codes::TYPE_MISMATCH, expr.span, message)
            .with_label(format!("this is `{found_name}`"));
        mended(diagnostic, self.conversion(expr, expected, found))
    }

    /// What is written at a place.
    fn text(&self, span: Span) -> &str {
        self.declared.sources.text(span)
    }

    /// The place from the end of a part up to a word that ends the whole, but for parentheses around it.
    fn rest(&self, part: Span, word: &str, whole: Span) -> Span {
        let rest = mend::between(part, mend::after(whole));
        let end = self.text(rest).find(word).map(|at| at + word.len());
        let end = end.and_then(|end| u32::try_from(end).ok());
        Span {
            end: end.map_or(rest.end, |end| rest.start.saturating_add(end)),
            ..rest
        }
    }

    /// How a value of the type that was found is written as one of the type that was expected.
    fn conversion(&self, expr: &ast::Expr, expected: TypeId, found: TypeId) -> Option<Mend> {
        let literal = self.literal_conversion(expr, expected, found);
        literal.or_else(|| match (self.ty(expected)?, self.ty(found)?) {
            (Type::String, Type::Entity(_)) => Some(Mend::told("`.id` gives an entity's id as text")),
            (Type::Bool, Type::String | Type::Int)
                if matches!(expr.kind, ExprKind::String(_) | ExprKind::Int(_)) =>
            {
                Some(Mend::told("a truth value is `true` or `false`"))
            }
            (Type::Bool, Type::Set(_)) => {
                Some(Mend::told("ask what it holds: `… contains …`, or `… is empty`"))
            }
            (Type::Bool, Type::Map(_)) => Some(Mend::told("ask for a key: `… has …`")),
            (Type::Bool, Type::Entity(_) | Type::Enum(_)) => {
                Some(Mend::told("compare it with something, such as `… == …`"))
            }
            (Type::Bool, Type::Duration | Type::Int | Type::Decimal | Type::String | Type::Timestamp) => {
                Some(Mend::told("compare it with something, such as `… == …`"))
            }
            (Type::Set(element), _) if element == found => {
                let brackets = vec![
                    (mend::before(expr.span), "[".to_owned()),
                    (mend::after(expr.span), "]".to_owned()),
                ];
                let help = "put the value into brackets to make a set of it: `[…]`";
                Some(Mend::edits(help, "make a set of it", brackets))
            }
            _ => None,
        })
    }

    /// How a literal of the type that was found is written as one of the type that was expected.
    fn literal_conversion(&self, expr: &ast::Expr, expected: TypeId, found: TypeId) -> Option<Mend> {
        let write = |text: String, why: &str| Mend::write(format!("write `{text}`{why}"), expr.span, text);
        match (self.ty(expected)?, self.ty(found)?, &expr.kind) {
            (Type::Decimal, Type::Int, ExprKind::Int(n)) => {
                Some(write(format!("{n}.0"), ": nothing converts implicitly"))
            }
            (Type::Timestamp, Type::String, ExprKind::String(text)) => Some(match Timestamp::parse(text) {
                Ok(_) => write(format!("time\"{text}\""), ""),
                Err(_) => {
                    Mend::told("a time is written `time\"2026-01-05T09:00:00Z\"`, or `time\"2026-01-05\"`")
                }
            }),
            (Type::Ip, Type::String, ExprKind::String(text)) => Some(match Network::parse(text) {
                Ok(_) => write(format!("ip\"{text}\""), ""),
                Err(_) => Mend::told("an address is written `ip\"10.1.2.3\"`, a network `ip\"10.0.0.0/8\"`"),
            }),
            (Type::Int, Type::Decimal, ExprKind::Decimal(n)) if n.ten_thousandths() % Decimal::SCALE == 0 => {
                let n = n.ten_thousandths() / Decimal::SCALE;
                Some(write(n.to_string(), ": nothing converts implicitly"))
            }
            (Type::Duration, Type::Int, ExprKind::Int(n)) => Some(Mend::told(format!(
                "give the number a unit, such as `{n}s`, `{n}m` or `{n}h`"
            ))),
            (Type::String, Type::Int, ExprKind::Int(n)) => {
                let text = format!("\"{n}\"");
                let help = format!("text is written in quotes: `{text}`");
                Some(Mend::write(help, expr.span, text))
            }
            (Type::Int, Type::String, ExprKind::String(text)) if text.parse::<i64>().is_ok() => {
                let help = format!("a number is written without quotes: `{text}`");
                Some(Mend::write(help, expr.span, text.as_str()))
            }
            (Type::Set(_), Type::Record(_), ExprKind::Record(fields)) if fields.is_empty() => {
                Some(Mend::write("an empty set is written `[]`", expr.span, "[]"))
            }
            (Type::String, Type::Enum(_), _) => Some(Mend::told(
                "a name of an enum is no text: compare it, as in `if … == … then \"…\" else \"…\"`",
            )),
            (Type::Bool, Type::String, ExprKind::String(text))
                if matches!(text.as_str(), "true" | "false") =>
            {
                let help = format!("a truth value is written without quotes: `{text}`");
                Some(Mend::write(help, expr.span, text.as_str()))
            }
            (Type::Entity(ty), Type::String, ExprKind::String(text)) => {
                let closed = self.declared.schema.entity_type(ty)?.closed.as_deref();
                let id = match closed {
                    None => text,
                    Some(ids) => match self.declared.nearest(text, ids.iter().map(String::as_str)) {
                        Some(near) => near,
                        None => return Some(Mend::told(format!("its ids are {}", list(ids)))),
                    },
                };
                let entity = format!("{}::{}", self.name_of(expected), quote(id));
                Some(write(entity, ""))
            }
            (Type::Enum(of), Type::String, ExprKind::String(text)) => {
                self.enum_conversion(of, text, expr.span)
            }
            _ => None,
        }
    }

    /// The name of an enum that a text holds.
    fn enum_conversion(&self, of: EnumId, text: &str, span: Span) -> Option<Mend> {
        let def = self.declared.schema.enum_def(of)?;
        let near = self
            .declared
            .nearest(text, def.variants.iter().map(String::as_str));
        Some(match near {
            Some(near) => {
                let bare = name(near);
                let text = if self.stands_for_value(&naming::part(near)) {
                    format!("{}.{bare}", written(&def.name))
                } else {
                    bare
                };
                Mend::write(format!("write the name without quotes: `{text}`"), span, text)
            }
            None => Mend::told(format!("its names are {}", list(&def.variants))),
        })
    }

    /// Checks an expression. `expected` helps where an expression alone does not tell its type (a bare name of an
    /// enum, `[]`, a record); whether the type is the expected one is for the caller to see.
    fn infer(&mut self, expr: &'e ast::Expr, expected: Option<TypeId>) -> Option<Typed> {
        let typed = self.infer_form(expr, expected)?;
        let is_computed = matches!(
            expr.kind,
            ExprKind::Binary(BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply, ..)
                | ExprKind::Negate(_)
        );
        // What a quantifier asks of its elements is not a part of the condition that holds or not.
        if self.level == 0 && (is_computed || self.ty(typed.ty) == Some(Type::Bool)) {
            self.findings.parts.push((expr.span, typed.id));
        }
        Some(typed)
    }

    fn infer_form(&mut self, expr: &'e ast::Expr, expected: Option<TypeId>) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Bool(value) => self.literal(Literal::Bool(*value), Type::Bool),
            ExprKind::Int(value) => self.literal(Literal::Int(*value), Type::Int),
            ExprKind::Decimal(value) => self.literal(Literal::Decimal(*value), Type::Decimal),
            ExprKind::String(value) => self.literal(Literal::String(value.as_str().into()), Type::String),
            ExprKind::Timestamp(value) => self.literal(Literal::Timestamp(*value), Type::Timestamp),
            ExprKind::Duration(value) => self.literal(Literal::Duration(*value), Type::Duration),
            ExprKind::Ip(value) => self.literal(Literal::Ip(*value), Type::Ip),
            ExprKind::Entity(entity) => self.entity(entity),
            ExprKind::Name(name) => self.name(name, expr.span, expected),
            ExprKind::Principal => {
                let ty = self.environment(expr.span)?.principal;
                self.typed(Expr::Principal, Type::Entity(ty))
            }
            ExprKind::Resource => {
                let ty = self.environment(expr.span)?.resource;
                self.typed(Expr::Resource, Type::Entity(ty))
            }
            ExprKind::Context => {
                let record = self.environment(expr.span)?.context;
                self.typed(Expr::Context, Type::Record(record))
            }
            ExprKind::Action => {
                self.action_value(expr.span);
                None
            }
            ExprKind::Field(of, field) => self.field(of, field, expr),
            ExprKind::Index(map, key) => self.index(map, key, expr),
            ExprKind::Method(of, method, arguments) => self.method(of, method, arguments, expr.span),
            ExprKind::Call(function, arguments) => self.call(function, arguments, expr.span),
            ExprKind::Set(items) => self.set(items, expr.span, expected),
            ExprKind::Record(fields) => self.record(fields, expr.span, expected),
            ExprKind::Not(operand) => {
                let operand = self.check_bool(operand)?;
                let id = self.declared.exprs.not(operand);
                self.truth(id)
            }
            ExprKind::Negate(operand) => self.negate(operand, expr.span),
            ExprKind::And(items) => self.connective(items, Joint::And),
            ExprKind::Or(items) => self.connective(items, Joint::Or),
            ExprKind::AndThen(items) => self.connective(items, Joint::AndThen),
            ExprKind::OrElse(items) => self.connective(items, Joint::OrElse),
            ExprKind::If(condition, yes, no) => self.conditional(condition, yes, no, expected),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expr.span),
            ExprKind::Has(of, what) => self.has(of, what),
            ExprKind::Is(of, ty, within) => self.is(of, ty, within.as_deref(), expr.span),
            ExprKind::IsEmpty(of) => self.is_empty(of, expr.span),
            ExprKind::Like(text, pattern, _) => self.like(text, pattern),
            ExprKind::Matches(text, regex) => self.matches(text, regex),
            ExprKind::Quantified(quantifier, variable, over, body) => {
                self.quantified(*quantifier, variable, over, body, expr.span)
            }
            ExprKind::Otherwise(value, default) => self.otherwise(value, default),
        }
    }

    fn environment(&mut self, span: Span) -> Option<Environment> {
        let error = match self.place {
            Place::Request(environment) => return Some(environment),
            Place::Constant => {
                Diagnostic::error(codes::NOT_CONSTANT, span, "the value here must be a constant")
                    .with_help("there is no request yet: write the value itself")
            }
            Place::Const => functions::not_constant(span),
            Place::Function => {
                let message = "a function does not see the request, only what it is called with";
                Diagnostic::error(codes::REQUEST_IN_FUNCTION, span, message)
                    .with_help("add a parameter for it, and pass it where the function is called")
            }
        };
        self.error(error);
        None
    }

    fn conditional(
        &mut self,
        written_condition: &'e ast::Expr,
        yes: &'e ast::Expr,
        no: &'e ast::Expr,
        expected: Option<TypeId>,
    ) -> Option<Typed> {
        let condition = self.check_bool(written_condition);
        if let Some(value) = condition.and_then(|condition| self.declared.exprs.known(condition)) {
            let (taken, left) = if value { (yes, no) } else { (no, yes) };
            if expected.is_none() && self.needs_hint(taken) && !self.needs_hint(left) {
                let hint = self.aside(left, None).map(|typed| typed.ty);
                return self.reach(taken, |checker| checker.infer(taken, hint));
            }
            let typed = self.reach(taken, |checker| checker.infer(taken, expected));
            // Of a branch whose type the other one tells, nothing can be said where that is in error.
            let told = typed.map(|typed| typed.ty).filter(|_| self.needs_hint(left));
            if typed.is_some() || !self.needs_hint(left) {
                self.ruled_out(left, expected.or(told));
            }
            return typed;
        }
        // What tells its type is checked first, and types the other branch.
        let yes_first = expected.is_some() || !self.needs_hint(yes) || self.needs_hint(no);
        let branch = |checker: &mut Self, on: bool, hint: Option<TypeId>| {
            let expr = if on { yes } else { no };
            let mark = checker.facts.mark();
            match condition {
                Some(id) => {
                    let assumed = checker.facts_if(id, on);
                    checker.facts.assume(assumed);
                }
                None if establishes(written_condition) => checker.facts.doubt(),
                None => {}
            }
            let typed = checker.reach(expr, |checker| checker.infer(expr, hint));
            checker.facts.forget(&mark);
            typed
        };
        let one = branch(self, yes_first, expected);
        let hint = expected.or(one.map(|typed| typed.ty));
        let second = if yes_first { no } else { yes };
        // Of a branch whose type the other one tells, nothing can be said where that is in error.
        let other = match hint {
            None if self.needs_hint(second) => None,
            _ => branch(self, !yes_first, hint),
        };
        let (condition, one, other) = (condition?, one?, other?);
        if one.ty != other.ty {
            let (first, second) = if yes_first { (yes, no) } else { (no, yes) };
            let mut mismatch = if expected == Some(other.ty) {
                self.mismatch(first, other.ty, one.ty)
            } else {
                self.mismatch(second, one.ty, other.ty)
            };
            mismatch
                .help
                .get_or_insert_with(|| "both branches of an `if` have one type".to_owned());
            self.error(mismatch);
            return None;
        }
        let (yes, no) = if yes_first {
            (one.id, other.id)
        } else {
            (other.id, one.id)
        };
        let id = self.declared.exprs.add(Expr::If(condition, yes, no));
        Some(Typed { id, ty: one.ty })
    }

    fn otherwise(&mut self, value: &'e ast::Expr, default: &'e ast::Expr) -> Option<Typed> {
        let value_id = self.check_bool(value);
        let default_id = self.check_bool(default);
        let (value_id, default_id) = (value_id?, default_id?);
        if self.declared.exprs.can_be_undefined(default_id) {
            let message = "the value after `otherwise` can be undefined itself";
            self.error(
                Diagnostic::error(codes::OTHERWISE_UNDEFINED, default.span, message)
                    .with_help("use `true` or `false`, or something of the context"),
            );
            return None;
        }
        self.typed(Expr::Otherwise(value_id, default_id), Type::Bool)
    }

    fn connective(&mut self, items: &'e [ast::Expr], joint: Joint) -> Option<Typed> {
        let mark = self.facts.mark();
        let id = self.parts(&clauses(items), joint, None);
        self.facts.forget(&mark);
        self.truth(id?)
    }

    /// Checks parts that all must hold, or of which one must, each with what the ones before it establish; what they
    /// establish together is known afterwards. `true` marks a part that is negated (`unless`). After a part that settles the
    /// whole in this environment, the rest is ruled out. `each` gets the parts one by one, not negated; `None` for those that
    /// are ruled out.
    fn parts(
        &mut self,
        parts: &[(&'e ast::Expr, bool)],
        joint: Joint,
        mut each: Option<&mut Vec<Option<ExprId>>>,
    ) -> Option<ExprId> {
        let all = matches!(joint, Joint::And | Joint::AndThen);
        let mut ids = Vec::with_capacity(parts.len());
        let mut failed = false;
        let mut settled = None;
        for (part, negated) in parts {
            let checked = match settled {
                None => {
                    let checked = self.reach(part, |checker| checker.check_bool(part));
                    failed |= checked.is_none();
                    checked
                }
                Some(Settled::Known) => {
                    let bool_type = self.bool_type();
                    self.ruled_out(part, Some(bool_type));
                    each.iter_mut().for_each(|each| each.push(None));
                    continue;
                }
                // Where the whole is not settled because something is undefined, this part may yet settle it.
                Some(Settled::WhereDefined) => {
                    let bool_type = self.bool_type();
                    self.aside(part, Some(bool_type)).map(|typed| typed.id)
                }
            };
            each.iter_mut().for_each(|each| each.push(checked));
            let Some(id) = checked else {
                // What this part was to establish is not known, so nothing that follows is blamed for lacking it.
                if establishes(part) {
                    self.facts.doubt();
                }
                continue;
            };
            let id = if *negated { self.declared.exprs.not(id) } else { id };
            match self.declared.exprs.known(id) {
                Some(value) if value == all => continue,
                Some(_) => settled = Some(Settled::Known),
                None => {}
            }
            ids.push(id);
            let assumed = self.facts_if(id, all);
            if matches!(assumed, Assumed::Everything) {
                settled = settled.or(Some(Settled::WhereDefined));
            }
            self.facts.assume(assumed);
        }
        if failed {
            return None;
        }
        let exprs = &mut self.declared.exprs;
        let is_settled = ids.iter().any(|id| exprs.known(*id) == Some(!all));
        Some(match joint {
            Joint::And | Joint::Or if is_settled => exprs.bool(!all),
            Joint::And => exprs.and(ids),
            Joint::Or => exprs.or(ids),
            Joint::AndThen | Joint::OrElse => exprs.sequence(ids, all),
        })
    }

    /// Checks a part that this environment reaches.
    fn reach<T>(&mut self, part: &'e ast::Expr, check: impl FnOnce(&mut Self) -> T) -> T {
        self.findings.reached.insert(part.span);
        check(self)
    }

    /// Checks a part that this environment rules out: what is found counts only where every environment does, and finds
    /// the same.
    fn ruled_out(&mut self, part: &'e ast::Expr, expected: Option<TypeId>) {
        let is_right = |found: &Vec<Diagnostic>| found.is_empty();
        let is_right_elsewhere = self.findings.ruled_out.get(&part.span).is_some_and(is_right);
        if !self.findings.reached.contains(&part.span) && !is_right_elsewhere {
            self.aside(part, expected);
        }
    }

    /// Checks a part, and keeps what is found from what counts.
    fn aside(&mut self, part: &'e ast::Expr, expected: Option<TypeId>) -> Option<Typed> {
        self.apart(part.span, |checker| match expected {
            Some(ty) => checker.check(part, ty).map(|id| Typed { id, ty }),
            None => checker.infer(part, None),
        })
    }

    /// The same for what stands at a place.
    fn apart<T>(
        &mut self,
        place: Span,
        check: impl FnOnce(&mut Checker<'_, '_, 'e>) -> Option<T>,
    ) -> Option<T> {
        let mut findings = Findings::default();
        let mut checker = Checker {
            declared: &mut *self.declared,
            findings: &mut findings,
            place: self.place,
            locals: std::mem::take(&mut self.locals),
            level: self.level,
            facts: std::mem::take(&mut self.facts),
            guarded: std::mem::take(&mut self.guarded),
            bounds: std::mem::take(&mut self.bounds),
        };
        let checked = check(&mut checker);
        let Checker {
            facts,
            locals,
            guarded,
            bounds,
            ..
        } = checker;
        (self.facts, self.locals, self.guarded, self.bounds) = (facts, locals, guarded, bounds);
        if !self.findings.reached.contains(&place) {
            let mut found = Vec::new();
            findings.finish(&mut found);
            match self.findings.ruled_out.entry(place) {
                Entry::Vacant(first) => drop(first.insert(found)),
                Entry::Occupied(mut before) => before.get_mut().retain(|diagnostic| {
                    let same =
                        |other: &Diagnostic| (other.span, other.code) == (diagnostic.span, diagnostic.code);
                    found.iter().any(same)
                }),
            }
        }
        checked
    }

    fn facts_if(&self, id: ExprId, value: bool) -> Assumed {
        facts::established(&self.declared.exprs, id).when(value)
    }

    /// A test that has this value in this environment, wherever its operands are defined.
    fn settled(&mut self, operands: &[ExprId], value: bool) -> Option<Typed> {
        let id = self.declared.exprs.settled(operands, value);
        self.truth(id)
    }

    /// Says that the test at a place can hold in this environment.
    fn possible(&mut self, span: Span) {
        self.findings.possible.insert(span);
    }

    /// Says that the test at a place cannot hold in this environment.
    fn impossible(&mut self, diagnostic: Diagnostic) {
        if self.declared.incomplete {
            return;
        }
        match self.findings.impossible.entry(diagnostic.span) {
            Entry::Occupied(mut first) => {
                if first.get().help.is_none() && diagnostic.help.is_some() {
                    first.insert(Diagnostic {
                        fix: None,
                        ..diagnostic
                    });
                } else if first.get().fix != diagnostic.fix {
                    first.get_mut().fix = None;
                }
            }
            Entry::Vacant(place) => drop(place.insert(diagnostic)),
        }
    }
}

/// Where a test that must hold can be put before a part of a condition, and with which word: before the operand of the
/// `and`, or `and then`, at its top that the part stands in, unless the part is joined or negated in there.
fn guard_place(condition: &ast::Expr, part: Span) -> Option<(Span, &'static str)> {
    let holds = |expr: &ast::Expr| {
        let span = expr.span;
        span.source == part.source && span.start <= part.start && part.end <= span.end
    };
    if !holds(condition) {
        return None;
    }
    let word = match &condition.kind {
        ExprKind::And(_) => "and",
        ExprKind::AndThen(_) => "and then",
        _ => "",
    };
    if let ExprKind::And(items) | ExprKind::AndThen(items) = &condition.kind {
        let inner = items.iter().find_map(|item| guard_place(item, part))?;
        let is_operand = |item: &ast::Expr| mend::before(item.span) == inner.0;
        return Some(if items.iter().any(is_operand) {
            (inner.0, word)
        } else {
            inner
        });
    }
    let mut at = condition;
    while at.span != part {
        match at.kind {
            ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::AndThen(_)
            | ExprKind::OrElse(_)
            | ExprKind::If(..)
            | ExprKind::Otherwise(..)
            | ExprKind::Quantified(..) => return None,
            _ => {}
        }
        let mut inner = None;
        operands(at, &mut |operand| {
            inner = inner.or(holds(operand).then_some(operand));
        });
        at = inner?;
    }
    Some((mend::before(condition.span), "and"))
}

fn clauses(items: &[ast::Expr]) -> Vec<(&ast::Expr, bool)> {
    items.iter().map(|item| (item, false)).collect()
}
