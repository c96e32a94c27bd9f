//! Operators: what they take, what they give, and what to say where they do not take what is written.

use dictum_artifact::expr::{Arithmetic, Comparison, Expr, ExprId, Literal};
use dictum_artifact::ops::{self, Scalar, arithmetic_type};
use dictum_artifact::schema::{EntityTypeId, Type, TypeId};
use dictum_syntax::ast::{self, BinaryOp, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::shown::shown;
use super::{Checker, Typed, needs_hint};
use crate::codes;

/// An operator with its operands as they are written.
#[derive(Clone, Copy)]
struct Written<'e> {
    op: BinaryOp,
    left: &'e ast::Expr,
    right: &'e ast::Expr,
    span: Span,
}

impl Checker<'_, '_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Typed> {
        if matches!(left.kind, ExprKind::Action) || matches!(right.kind, ExprKind::Action) {
            return self.action_test(op, left, right);
        }
        let written = Written {
            op,
            left,
            right,
            span,
        };
        match op {
            BinaryOp::Equal => self.equal(written, true),
            BinaryOp::NotEqual => self.equal(written, false),
            BinaryOp::Less => self.compare(written, Comparison::Less, false),
            BinaryOp::LessOrEqual => self.compare(written, Comparison::LessOrEqual, false),
            BinaryOp::Greater => self.compare(written, Comparison::Less, true),
            BinaryOp::GreaterOrEqual => self.compare(written, Comparison::LessOrEqual, true),
            BinaryOp::In => self.within(written),
            BinaryOp::Contains => self.contains(written),
            BinaryOp::ContainsAll => self.contains_set(written, Expr::ContainsAll),
            BinaryOp::ContainsAny => self.contains_set(written, Expr::ContainsAny),
            BinaryOp::Coalesce => self.coalesce(left, right),
            BinaryOp::Add => self.arithmetic(written, Arithmetic::Add),
            BinaryOp::Subtract => self.arithmetic(written, Arithmetic::Subtract),
            BinaryOp::Multiply => self.arithmetic(written, Arithmetic::Multiply),
        }
    }

    /// Checks two operands that should be of one type: the one that tells its type first. Of one whose type the other
    /// tells, nothing can be said where that is in error.
    fn alike(&mut self, left: &ast::Expr, right: &ast::Expr) -> Option<(Typed, Typed)> {
        if needs_hint(left) && !needs_hint(right) {
            let right = self.infer(right, None)?;
            let left = self.infer(left, Some(right.ty))?;
            return Some((left, right));
        }
        let left = self.infer(left, None);
        let right = match left {
            None if needs_hint(right) => None,
            left => self.infer(right, left.map(|left| left.ty)),
        };
        left.zip(right)
    }

    /// `a == b`; `a != b`, where it should not hold.
    fn equal(&mut self, written: Written<'_>, holds: bool) -> Option<Typed> {
        let (left, right) = self.alike(written.left, written.right)?;
        if left.ty == right.ty {
            self.possible(written.span);
            let id = self.declared.exprs.add(Expr::Equal(left.id, right.id));
            let id = if holds { id } else { self.declared.exprs.not(id) };
            return self.truth(id);
        }
        if let (Some(Type::Entity(_)), Some(Type::Entity(_))) = (self.ty(left.ty), self.ty(right.ty)) {
            let (a, b) = (self.name_of(left.ty), self.name_of(right.ty));
            let message = format!("a `{a}` and a `{b}` are never the same entity");
            self.impossible(Diagnostic::error(codes::NEVER_HOLDS, written.span, message));
            return self.settled(&[left.id, right.id], !holds);
        }
        self.differ(written, left.ty, right.ty);
        None
    }

    /// `a < b` and `a <= b`, or with the operands swapped `>` and `>=`.
    fn compare(&mut self, written: Written<'_>, comparison: Comparison, swapped: bool) -> Option<Typed> {
        let (left, right) = self.alike(written.left, written.right)?;
        if left.ty != right.ty {
            self.differ(written, left.ty, right.ty);
            return None;
        }
        let help = match self.ty(left.ty)? {
            Type::Int | Type::Decimal | Type::Timestamp | Type::Duration => None,
            Type::Enum(id) => {
                let def = self.declared.schema.enum_def(id)?;
                (!def.ordered).then(|| {
                    format!(
                        "if its names are in order, declare it as `ordered enum {}`",
                        def.name
                    )
                })
            }
            Type::Bool
            | Type::String
            | Type::Ip
            | Type::Entity(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Record(_) => {
                Some("`Int`, `Decimal`, `Timestamp`, `Duration` and ordered enums have an order".to_owned())
            }
        };
        if let Some(help) = help {
            let message = format!(
                "`{}` does not compare values of type `{}`",
                written.op.symbol(),
                self.name_of(left.ty)
            );
            self.error(Diagnostic::error(codes::OPERATOR_TYPES, written.span, message).with_help(help));
            return None;
        }
        let (a, b) = if swapped {
            (right.id, left.id)
        } else {
            (left.id, right.id)
        };
        self.typed(Expr::Compare(comparison, a, b), Type::Bool)
    }

    /// Says that the operands should be of one type.
    fn differ(&mut self, written: Written<'_>, left: TypeId, right: TypeId) {
        // A literal that is easily written as one of the other type is what to point at.
        for (expr, expected, found) in [(written.right, left, right), (written.left, right, left)] {
            if self.literal_conversion(expr, expected, found).is_some() {
                let mismatch = self.mismatch(expr, expected, found);
                self.error(mismatch);
                return;
            }
        }
        let (a, b) = (self.name_of(left), self.name_of(right));
        let message = format!(
            "`{}` compares values of one type, and these are of `{a}` and `{b}`",
            written.op.symbol()
        );
        let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        diagnostic.help = match (self.ty(left), self.ty(right)) {
            (Some(Type::Int), Some(Type::Decimal)) | (Some(Type::Decimal), Some(Type::Int)) => {
                Some("nothing converts implicitly: use one of the two types throughout".to_owned())
            }
            (Some(Type::Entity(_)), Some(Type::String)) => Some(format!(
                "`{}.id` gives the entity's id as text",
                shown(written.left)
            )),
            (Some(Type::String), Some(Type::Entity(_))) => Some(format!(
                "`{}.id` gives the entity's id as text",
                shown(written.right)
            )),
            (Some(Type::Set(element)), Some(_)) if element == right => Some(format!(
                "to ask what a set holds, write `{} contains {}`",
                shown(written.left),
                shown(written.right)
            )),
            (Some(_), Some(Type::Set(element))) if element == left => Some(format!(
                "to ask what a set holds, write `{} in {}`",
                shown(written.left),
                shown(written.right)
            )),
            _ => None,
        };
        self.error(diagnostic);
    }

    /// `a in b`
    fn within(&mut self, written: Written<'_>) -> Option<Typed> {
        let (left, right) = self.member_and_set(written.left, written.right)?;
        self.in_test(written, left, right)
    }

    /// Checks a value and a set (or an entity, or a network) that may hold it, as [`Self::alike`] does.
    fn member_and_set(&mut self, member: &ast::Expr, set: &ast::Expr) -> Option<(Typed, Typed)> {
        if needs_hint(member) && !needs_hint(set) {
            let set = self.infer(set, None)?;
            let hint = self.element(set.ty).unwrap_or(set.ty);
            let member = self.infer(member, Some(hint))?;
            return Some((member, set));
        }
        let member = self.infer(member, None);
        let set = match member {
            None if needs_hint(set) => None,
            // Entities that are listed may be of another type than the member.
            Some(member) if needs_hint(set) => {
                let hint = self.declared.intern(Type::Set(member.ty));
                self.infer(set, Some(hint))
            }
            _ => self.infer(set, None),
        };
        member.zip(set)
    }

    fn element(&self, set: TypeId) -> Option<TypeId> {
        match self.ty(set) {
            Some(Type::Set(element)) => Some(element),
            _ => None,
        }
    }

    fn in_test(&mut self, written: Written<'_>, left: Typed, right: Typed) -> Option<Typed> {
        let (a, b) = (left.id, right.id);
        match (self.ty(left.ty)?, self.ty(right.ty)?) {
            (Type::Entity(entity), Type::Entity(ancestor)) => {
                self.entity_in(written, left, right, (entity, ancestor), Expr::EntityIn)
            }
            (Type::Ip, Type::Ip) => self.typed(Expr::NetworkIn(a, b), Type::Bool),
            (of, Type::Set(element)) => match (of, self.ty(element)?) {
                (Type::Entity(entity), Type::Entity(ancestor)) => {
                    self.entity_in(written, left, right, (entity, ancestor), Expr::EntityInSet)
                }
                (Type::Ip, Type::Ip) => self.typed(Expr::NetworkInSet(a, b), Type::Bool),
                _ if left.ty == element => self.typed(Expr::Contains(b, a), Type::Bool),
                _ => {
                    self.no_in(written, left.ty, right.ty);
                    None
                }
            },
            _ => {
                self.no_in(written, left.ty, right.ty);
                None
            }
        }
    }

    /// An entity in another, or in one of a set.
    fn entity_in(
        &mut self,
        written: Written<'_>,
        left: Typed,
        right: Typed,
        (entity, ancestor): (EntityTypeId, EntityTypeId),
        make: fn(ExprId, ExprId) -> Expr,
    ) -> Option<Typed> {
        let schema = &self.declared.schema;
        if schema.can_be_in(entity, ancestor) {
            self.possible(written.span);
            return self.typed(make(left.id, right.id), Type::Bool);
        }
        let (below, above) = (
            schema.entity_type(entity)?.name.as_str(),
            schema.entity_type(ancestor)?.name.as_str(),
        );
        let message = format!("a `{below}` is never in a `{above}`");
        let help = if schema.can_be_in(ancestor, entity) && written.op == BinaryOp::In {
            format!(
                "a `{above}` may be in a `{below}`: did you mean `{} in {}`?",
                shown(written.right),
                shown(written.left)
            )
        } else {
            let parents = schema.entity_type(entity).map_or(&[][..], |def| &def.parents);
            let parents = parents.iter().filter_map(|ty| schema.entity_type(*ty));
            let mut parents: Vec<&str> = parents.map(|def| def.name.as_str()).collect();
            parents.push(above);
            format!(
                "if it can be, declare it: `entity {below} in {}`",
                parents.join(", ")
            )
        };
        self.impossible(Diagnostic::error(codes::NEVER_HOLDS, written.span, message).with_help(help));
        self.settled(&[left.id, right.id], false)
    }

    fn no_in(&mut self, written: Written<'_>, left: TypeId, right: TypeId) {
        let (a, b) = (shown(written.left), shown(written.right));
        let (left_name, right_name) = (self.name_of(left), self.name_of(right));
        let literal = self
            .element(right)
            .and_then(|element| self.literal_conversion(written.left, element, left));
        let (message, help) = match (self.ty(left), self.ty(right)) {
            (_, Some(Type::Map(_))) => (
                "`in` does not look into a map".to_owned(),
                Some(format!("to ask for a key, write `{b} has {a}`")),
            ),
            (Some(Type::String), Some(Type::String)) => (
                "`in` does not look for a text in a text".to_owned(),
                Some(match &written.left.kind {
                    ExprKind::String(text) => format!("write `{b} like \"*{text}*\"`"),
                    _ => "`like \"*…*\"`, `.starts_with(…)` and `.ends_with(…)` do".to_owned(),
                }),
            ),
            (Some(Type::Set(_)), Some(Type::Set(_))) if left == right => (
                "`in` asks for one value in a set, and both are sets".to_owned(),
                Some(format!("write `{b} contains all {a}` or `{b} contains any {a}`")),
            ),
            (Some(Type::Set(element)), _) if element == right => (
                "`in` asks whether the value on its left is in the set on its right".to_owned(),
                Some(format!(
                    "the other way round: `{b} in {a}`, or `{a} contains {b}`"
                )),
            ),
            (_, Some(Type::Set(element))) => (
                format!(
                    "a value of type `{left_name}` is never in a set of `{}`",
                    self.name_of(element)
                ),
                literal,
            ),
            _ => (
                format!("`in` does not take values of type `{left_name}` and `{right_name}`"),
                (left == right).then(|| {
                    format!("for one value, write `{a} == {b}`; a set has brackets: `{a} in [{b}]`")
                }),
            ),
        };
        let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        diagnostic.help = help;
        self.error(diagnostic);
    }

    /// `set contains value`
    fn contains(&mut self, written: Written<'_>) -> Option<Typed> {
        let (value, set) = self.member_and_set(written.right, written.left)?;
        let Some(element) = self.element(set.ty) else {
            self.no_contains(written, set.ty, value.ty);
            return None;
        };
        if element == value.ty {
            self.possible(written.span);
            return self.typed(Expr::Contains(set.id, value.id), Type::Bool);
        }
        if let (Some(Type::Entity(_)), Some(Type::Entity(_))) = (self.ty(element), self.ty(value.ty)) {
            let message = format!(
                "a set of `{}` never holds a `{}`",
                self.name_of(element),
                self.name_of(value.ty)
            );
            let help = format!(
                "`contains` does not ask the hierarchy; `{} in {}` does",
                shown(written.right),
                shown(written.left)
            );
            self.impossible(Diagnostic::error(codes::NEVER_HOLDS, written.span, message).with_help(help));
            return self.settled(&[set.id, value.id], false);
        }
        if self
            .literal_conversion(written.right, element, value.ty)
            .is_some()
        {
            let mismatch = self.mismatch(written.right, element, value.ty);
            self.error(mismatch);
        } else {
            self.no_contains(written, set.ty, value.ty);
        }
        None
    }

    fn no_contains(&mut self, written: Written<'_>, set: TypeId, value: TypeId) {
        let (a, b) = (shown(written.left), shown(written.right));
        let (message, help) = match (self.ty(set), self.ty(value)) {
            (Some(Type::Map(_)), _) => (
                "`contains` does not look into a map".to_owned(),
                Some(format!("to ask for a key, write `{a} has {b}`")),
            ),
            (Some(Type::String), Some(Type::String)) => (
                "`contains` does not look for a text in a text".to_owned(),
                Some(match &written.right.kind {
                    ExprKind::String(text) => format!("write `{a} like \"*{text}*\"`"),
                    _ => "`like \"*…*\"`, `.starts_with(…)` and `.ends_with(…)` do".to_owned(),
                }),
            ),
            (_, Some(Type::Set(element))) if element == set => (
                "`contains` asks whether the set on its left holds the value on its right".to_owned(),
                Some(format!(
                    "the other way round: `{b} contains {a}`, or `{a} in {b}`"
                )),
            ),
            (Some(Type::Set(_)), Some(Type::Set(_))) if set == value => (
                "`contains` asks for one value, and both are sets".to_owned(),
                Some(format!("write `{a} contains all {b}` or `{a} contains any {b}`")),
            ),
            (Some(Type::Set(element)), _) => (
                format!(
                    "a set of `{}` never holds a value of type `{}`",
                    self.name_of(element),
                    self.name_of(value)
                ),
                None,
            ),
            (Some(Type::Ip | Type::Entity(_)), _) => (
                format!(
                    "`contains` needs a set on its left, and this is a value of type `{}`",
                    self.name_of(set)
                ),
                Some(format!("write `{b} in {a}`")),
            ),
            _ => (
                format!(
                    "`contains` needs a set on its left, and this is a value of type `{}`",
                    self.name_of(set)
                ),
                None,
            ),
        };
        let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        diagnostic.help = help;
        self.error(diagnostic);
    }

    /// `set contains all set`, `set contains any set`
    fn contains_set(&mut self, written: Written<'_>, make: fn(ExprId, ExprId) -> Expr) -> Option<Typed> {
        let (left, right) = self.alike(written.left, written.right)?;
        let symbol = written.op.symbol();
        let (a, b) = (self.element(left.ty), self.element(right.ty));
        let (message, help) = match (a, b) {
            (Some(_), Some(_)) if left.ty == right.ty => {
                return self.typed(make(left.id, right.id), Type::Bool);
            }
            (Some(a), Some(b)) => (
                format!(
                    "`{symbol}` takes two sets of one type, and these are of `{}` and `{}`",
                    self.name_of(a),
                    self.name_of(b)
                ),
                None,
            ),
            (Some(_), None) => (
                format!(
                    "`{symbol}` needs a set on its right, and this is a value of type `{}`",
                    self.name_of(right.ty)
                ),
                Some(format!(
                    "for one value, write `{} contains {}`",
                    shown(written.left),
                    shown(written.right)
                )),
            ),
            (None, _) => (
                format!(
                    "`{symbol}` needs a set on its left, and this is a value of type `{}`",
                    self.name_of(left.ty)
                ),
                None,
            ),
        };
        let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        diagnostic.help = help;
        self.error(diagnostic);
        None
    }

    /// `optional ?? default`
    fn coalesce(&mut self, optional: &ast::Expr, default: &ast::Expr) -> Option<Typed> {
        let Some(read) = self.read(optional) else {
            self.infer(default, None);
            return None;
        };
        let value = read.typed;
        let default = self.check(default, value.ty);
        if read.is_optional() {
            self.possible(optional.span);
            let id = self.declared.exprs.add(Expr::Coalesce(value.id, default?));
            return Some(Typed { id, ty: value.ty });
        }
        let message = format!(
            "`{}` is never absent, so the default is never used",
            shown(optional)
        );
        let help = if self.declared.exprs.can_be_undefined(value.id) {
            "leave `?? …` out; where data may be missing, a condition as a whole has `otherwise`"
        } else {
            "leave `?? …` out"
        };
        self.impossible(Diagnostic::error(codes::NEVER_ABSENT, optional.span, message).with_help(help));
        default.map(|_| value)
    }

    fn arithmetic(&mut self, written: Written<'_>, op: Arithmetic) -> Option<Typed> {
        let (left, right) = (self.infer(written.left, None), self.infer(written.right, None));
        let (left, right) = (left?, right?);
        let (a, b) = (self.ty(left.ty)?, self.ty(right.ty)?);
        if let Some(ty) = arithmetic_type(op, a, b) {
            return self.typed(Expr::Arithmetic(op, left.id, right.id), ty);
        }
        for (expr, expected, found) in [
            (written.right, left.ty, right.ty),
            (written.left, right.ty, left.ty),
        ] {
            if let (Some(wanted), ExprKind::Int(_)) = (self.ty(expected), &expr.kind)
                && arithmetic_type(op, wanted, wanted).is_some()
                && self.literal_conversion(expr, expected, found).is_some()
            {
                let mismatch = self.mismatch(expr, expected, found);
                self.error(mismatch);
                return None;
            }
        }
        let message = format!(
            "`{}` does not take values of type `{}` and `{}`",
            written.op.symbol(),
            self.name_of(left.ty),
            self.name_of(right.ty)
        );
        let help = match (op, a, b) {
            (_, Type::Timestamp, Type::Int) => Some("a timestamp is moved by a duration, such as `15m`"),
            (Arithmetic::Add, Type::Timestamp, Type::Timestamp) => {
                Some("two timestamps are subtracted, which gives a duration")
            }
            (Arithmetic::Subtract, Type::Duration, Type::Timestamp) => {
                Some("the timestamp comes first: `time - duration`")
            }
            (_, Type::Int, Type::Decimal) | (_, Type::Decimal, Type::Int) => {
                Some("nothing converts implicitly: use one of the two types throughout")
            }
            (Arithmetic::Add, Type::String, Type::String) => {
                Some("texts are compared and matched, but not joined")
            }
            (_, Type::Set(_), _) | (_, _, Type::Set(_)) => {
                Some("sets are asked with `contains`, `contains all` and `contains any`")
            }
            _ => None,
        };
        let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        diagnostic.help = help.map(str::to_owned);
        self.error(diagnostic);
        None
    }

    pub(super) fn negate(&mut self, operand: &ast::Expr, span: Span) -> Option<Typed> {
        let typed = self.infer(operand, None)?;
        let ty = self.ty(typed.ty)?;
        if !matches!(ty, Type::Int | Type::Decimal | Type::Duration) {
            let message = format!("`-` does not take a value of type `{}`", self.name_of(typed.ty));
            let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, span, message);
            diagnostic.help = (ty == Type::Bool).then(|| "the negation of a condition is `not …`".to_owned());
            self.error(diagnostic);
            return None;
        }
        let negated = match self.declared.exprs.get(typed.id) {
            Expr::Literal(Literal::Int(value)) => ops::negate(Scalar::Int(*value)),
            Expr::Literal(Literal::Decimal(value)) => ops::negate(Scalar::Decimal(*value)),
            Expr::Literal(Literal::Duration(value)) => ops::negate(Scalar::Duration(*value)),
            _ => None,
        };
        let expr = match negated {
            Some(Scalar::Int(value)) => Expr::Literal(Literal::Int(value)),
            Some(Scalar::Decimal(value)) => Expr::Literal(Literal::Decimal(value)),
            Some(Scalar::Duration(value)) => Expr::Literal(Literal::Duration(value)),
            Some(Scalar::Bool(_) | Scalar::Timestamp(_) | Scalar::Ip(_) | Scalar::Enum(..)) | None => {
                Expr::Negate(typed.id)
            }
        };
        self.typed(expr, ty)
    }

    /// `x is T`, `x is T in y`
    pub(super) fn is(
        &mut self,
        of: &ast::Expr,
        asked: &Ident,
        within: Option<&ast::Expr>,
        span: Span,
    ) -> Option<Typed> {
        if matches!(of.kind, ExprKind::Action) {
            self.action_value(of.span);
            return None;
        }
        let typed = self.infer(of, None);
        let mut found = Vec::new();
        let wanted = self.declared.entity_type(asked, &mut found);
        found.into_iter().for_each(|diagnostic| self.error(diagnostic));
        let (typed, wanted) = (typed?, wanted?);
        let Some(Type::Entity(entity)) = self.ty(typed.ty) else {
            let message = format!(
                "`is` asks for the type of an entity, and this is a value of type `{}`",
                self.name_of(typed.ty)
            );
            self.error(Diagnostic::error(codes::OPERATOR_TYPES, of.span, message));
            return None;
        };
        if entity == wanted {
            self.possible(asked.span);
            let Some(ancestor) = within else {
                return self.settled(&[typed.id], true);
            };
            let written = Written {
                op: BinaryOp::In,
                left: of,
                right: ancestor,
                span,
            };
            let hint = needs_hint(ancestor).then(|| self.declared.intern(Type::Set(typed.ty)));
            let ancestor = self.reach(ancestor, |checker| checker.infer(ancestor, hint))?;
            return self.in_test(written, typed, ancestor);
        }
        let message = format!(
            "`{}` is a `{}` here, never a `{}`",
            shown(of),
            self.name_of(typed.ty),
            asked.name
        );
        self.impossible(Diagnostic::error(codes::NEVER_HOLDS, asked.span, message));
        if let Some(ancestor) = within {
            self.ruled_out(ancestor, None);
        }
        self.settled(&[typed.id], false)
    }

    pub(super) fn is_empty(&mut self, of: &ast::Expr, span: Span) -> Option<Typed> {
        let typed = self.infer(of, None)?;
        match self.ty(typed.ty)? {
            Type::Set(_) | Type::Map(_) => self.typed(Expr::IsEmpty(typed.id), Type::Bool),
            ty @ (Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Entity(_)
            | Type::Record(_)) => {
                let message = format!(
                    "`is empty` asks a set or a map, and this is a value of type `{}`",
                    self.name_of(typed.ty)
                );
                let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, span, message);
                diagnostic.help = (ty == Type::String).then(|| format!("write `{} == \"\"`", shown(of)));
                self.error(diagnostic);
                None
            }
        }
    }
}
