//! Operators: what they take, what they give, and what to say where they do not take what is written.

use dictum_artifact::expr::{Arithmetic, Comparison, Expr, ExprId, Literal};
use dictum_artifact::ops::{self, Scalar, arithmetic_type};
use dictum_artifact::schema::{EntityTypeId, EnumId, Type, TypeId};
use dictum_artifact::value::quote;
use dictum_syntax::ast::{self, BinaryOp, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;

use super::shown::shown;
use super::{Checker, Typed};
use crate::codes;
use crate::mend::{self, Mend, mended};

/// An operator with its operands as they are written.
#[derive(Clone, Copy)]
struct Written<'e> {
    op: BinaryOp,
    left: &'e ast::Expr,
    right: &'e ast::Expr,
    span: Span,
}

impl Written<'_> {
    /// The same operands with another operator between them.
    fn with_operator(self, operator: &str, why: &str) -> Mend {
        let help = format!(
            "{why}write `{} {operator} {}`",
            shown(self.left),
            shown(self.right)
        );
        self.with_operator_told(operator, help)
    }

    fn with_operator_told(self, operator: &str, help: String) -> Mend {
        match self.op {
            // What was meant by an order, or by not being equal, is not certain.
            BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => Mend::told(help),
            BinaryOp::Equal
            | BinaryOp::In
            | BinaryOp::Contains
            | BinaryOp::ContainsAll
            | BinaryOp::ContainsAny
            | BinaryOp::Coalesce
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply => {
                let place = mend::between(self.left.span, self.right.span);
                Mend::write(help, place, format!(" {operator} "))
            }
        }
    }
}

impl<'e> Checker<'_, '_, 'e> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &'e ast::Expr,
        right: &'e ast::Expr,
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
    fn alike(&mut self, left: &'e ast::Expr, right: &'e ast::Expr) -> Option<(Typed, Typed)> {
        if self.needs_hint(left) && !self.needs_hint(right) {
            let right = self.infer(right, None)?;
            let left = self.infer(left, Some(right.ty))?;
            return Some((left, right));
        }
        let left = self.infer(left, None);
        let right = match left {
            None if self.needs_hint(right) => None,
            left => self.infer(right, left.map(|left| left.ty)),
        };
        left.zip(right)
    }

    /// `a == b`; `a != b`, where it should not hold.
    fn equal(&mut self, written: Written<'e>, holds: bool) -> Option<Typed> {
        let (left, right) = self.alike(written.left, written.right)?;
        if left.ty == right.ty {
            self.possible(written.span);
            let id = self.declared.exprs.add(Expr::Equal(left.id, right.id));
            let id = if holds { id } else { self.declared.exprs.not(id) };
            return self.truth(id);
        }
        if let (Some(Type::Entity(below)), Some(Type::Entity(above))) = (self.ty(left.ty), self.ty(right.ty))
        {
            let (a, b) = (self.name_of(left.ty), self.name_of(right.ty));
            let message = format!("a `{a}` and a `{b}` are never the same entity");
            let diagnostic = Diagnostic::error(codes::NEVER_HOLDS, written.span, message);
            let mend = self.declared.schema.can_be_in(below, above).then(|| {
                let (x, y) = (shown(written.left), shown(written.right));
                written.with_operator_told(
                    "in",
                    format!("to ask whether the one is in the other, write `{x} in {y}`"),
                )
            });
            self.impossible(mended(diagnostic, mend));
            return self.settled(&[left.id, right.id], !holds);
        }
        self.differ(written, left.ty, right.ty);
        None
    }

    /// `a < b` and `a <= b`, or with the operands swapped `>` and `>=`.
    fn compare(&mut self, written: Written<'e>, comparison: Comparison, swapped: bool) -> Option<Typed> {
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
                        naming::written_path(&def.name)
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
    fn differ(&mut self, written: Written<'e>, left: TypeId, right: TypeId) {
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
        let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        let mend = match (self.ty(left), self.ty(right)) {
            (Some(Type::Int), Some(Type::Decimal)) | (Some(Type::Decimal), Some(Type::Int)) => Some(
                Mend::told("nothing converts implicitly: use one of the two types throughout"),
            ),
            (Some(Type::Entity(_)), Some(Type::String)) => Some(Mend::told(format!(
                "`{}.id` gives the entity's id as text",
                shown(written.left)
            ))),
            (Some(Type::String), Some(Type::Entity(_))) => Some(Mend::told(format!(
                "`{}.id` gives the entity's id as text",
                shown(written.right)
            ))),
            (Some(Type::Set(element)), Some(_)) if element == right => {
                Some(written.with_operator("contains", "to ask what a set holds, "))
            }
            (Some(_), Some(Type::Set(element))) if element == left => {
                Some(written.with_operator("in", "to ask what a set holds, "))
            }
            (Some(Type::Timestamp), Some(Type::Duration)) => Some(elapsed(written.left)),
            (Some(Type::Duration), Some(Type::Timestamp)) => Some(elapsed(written.right)),
            (Some(Type::Enum(of)), _) => self.hidden_variant(of, written.right),
            (_, Some(Type::Enum(of))) => self.hidden_variant(of, written.left),
            _ => None,
        };
        self.error(mended(diagnostic, mend));
    }

    /// The name of an enum that a constant, a parameter or a variable of the same name hides.
    fn hidden_variant(&self, of: EnumId, written: &ast::Expr) -> Option<Mend> {
        let def = self.declared.schema.enum_def(of)?;
        let ExprKind::Name(name) = &written.kind else {
            return None;
        };
        let own = naming::text(name);
        def.variant(&own)?;
        let full = format!("{}.{}", crate::declare::written(&def.name), super::name(&own));
        let help = format!("`{name}` is something else here; the name of the enum is `{full}`");
        Some(Mend::write(help, written.span, full))
    }

    /// `a in b`
    fn within(&mut self, written: Written<'e>) -> Option<Typed> {
        let (left, right) = self.member_and_set(written.left, written.right)?;
        self.in_test(written, left, right)
    }

    /// Checks a value and a set (or an entity, or a network) that may hold it, as [`Self::alike`] does.
    fn member_and_set(&mut self, member: &'e ast::Expr, set: &'e ast::Expr) -> Option<(Typed, Typed)> {
        if self.needs_hint(member) && !self.needs_hint(set) {
            let set = self.infer(set, None)?;
            let hint = self.element(set.ty).unwrap_or(set.ty);
            let member = self.infer(member, Some(hint))?;
            return Some((member, set));
        }
        let member = self.infer(member, None);
        let set = match member {
            None if self.needs_hint(set) => None,
            // Entities that are listed may be of another type than the member.
            Some(member) if self.needs_hint(set) => {
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

    fn in_test(&mut self, written: Written<'e>, left: Typed, right: Typed) -> Option<Typed> {
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
        written: Written<'e>,
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
        let mend = if schema.can_be_in(ancestor, entity) && written.op == BinaryOp::In {
            let help = format!(
                "a `{above}` may be in a `{below}`: did you mean `{} in {}`?",
                shown(written.right),
                shown(written.left)
            );
            if self.element(right.ty).is_some() {
                Mend::told(help)
            } else {
                self.swapped(written, "in", help)
            }
        } else {
            let parents = schema.entity_type(entity).map_or(&[][..], |def| &def.parents);
            let parents = parents.iter().filter_map(|ty| schema.entity_type(*ty));
            let mut parents: Vec<String> = parents.map(|def| naming::written_path(&def.name)).collect();
            parents.push(naming::written_path(above));
            Mend::told(format!(
                "if it can be, declare it: `entity {} in {}`",
                naming::written_path(below),
                parents.join(", ")
            ))
        };
        self.impossible(mended(
            Diagnostic::error(codes::NEVER_HOLDS, written.span, message),
            Some(mend),
        ));
        self.settled(&[left.id, right.id], false)
    }

    fn no_in(&mut self, written: Written<'e>, left: TypeId, right: TypeId) {
        let (a, b) = (shown(written.left), shown(written.right));
        let (left_name, right_name) = (self.name_of(left), self.name_of(right));
        let literal = self
            .element(right)
            .and_then(|element| self.literal_conversion(written.left, element, left));
        let (message, help) = match (self.ty(left), self.ty(right)) {
            (_, Some(Type::Map(_))) => (
                "`in` does not look into a map".to_owned(),
                Some(self.swapped(written, "has", format!("to ask for a key, write `{b} has {a}`"))),
            ),
            (Some(Type::String), Some(Type::String)) => (
                "`in` does not look for a text in a text".to_owned(),
                Some(self.like_part(written.right, written.left)),
            ),
            (Some(Type::Set(_)), Some(Type::Set(_))) if left == right => (
                "`in` asks for one value in a set, and both are sets".to_owned(),
                Some(Mend::told(format!(
                    "write `{b} contains all {a}` or `{b} contains any {a}`"
                ))),
            ),
            (Some(Type::Set(element)), _) if element == right => (
                "`in` asks whether the value on its left is in the set on its right".to_owned(),
                Some(self.swapped(
                    written,
                    "in",
                    format!("the other way round: `{b} in {a}`, or `{a} contains {b}`"),
                )),
            ),
            (Some(Type::Entity(entity)), Some(Type::String)) => (
                format!("`in` does not take values of type `{left_name}` and `{right_name}`"),
                Some(Mend::told(match self.parent_of(entity) {
                    Some(parent) => format!(
                        "an entity is written with its type: `{}::\"…\"`",
                        naming::written_path(parent)
                    ),
                    None => "an entity is written with its type, as in `Group::\"…\"`".to_owned(),
                })),
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
                    let help =
                        format!("for one value, write `{a} == {b}`; a set has brackets: `{a} in [{b}]`");
                    written.with_operator_told("==", help)
                }),
            ),
        };
        let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        self.error(mended(diagnostic, help));
    }

    /// The first of the types that an entity of a type may be in.
    fn parent_of(&self, entity: EntityTypeId) -> Option<&str> {
        let parent = *self.declared.schema.entity_type(entity)?.parents.first()?;
        Some(self.declared.schema.entity_type(parent)?.name.as_str())
    }

    /// The same operands the other way round, with another operator between them.
    fn swapped(&self, written: Written<'e>, operator: &str, help: String) -> Mend {
        let (left, right) = (written.left.span, written.right.span);
        let edits = vec![
            (left, self.text(right).to_owned()),
            (mend::between(left, right), format!(" {operator} ")),
            (right, self.text(left).to_owned()),
        ];
        Mend::edits(help, "write it the other way round", edits)
    }

    /// A text that is looked for in another.
    fn like_part(&self, text: &ast::Expr, part: &ast::Expr) -> Mend {
        match &part.kind {
            ExprKind::String(literal) => {
                let pattern = quote(literal).replace('*', "\\*");
                let inner = pattern
                    .get(1..pattern.len().saturating_sub(1))
                    .unwrap_or_default();
                let help = format!("write `{} like \"*{inner}*\"`", shown(text));
                Mend::write(
                    help,
                    text.span.to(part.span),
                    format!("{} like \"*{inner}*\"", self.text(text.span)),
                )
            }
            _ => Mend::told("`like \"*…*\"`, `.starts_with(…)` and `.ends_with(…)` do"),
        }
    }

    /// `set contains value`
    fn contains(&mut self, written: Written<'e>) -> Option<Typed> {
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
            let error = Diagnostic::error(codes::NEVER_HOLDS, written.span, message);
            self.impossible(error.with_help(help));
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

    fn no_contains(&mut self, written: Written<'e>, set: TypeId, value: TypeId) {
        if matches!(self.ty(set), Some(Type::Map(_))) {
            // It was to establish that the key is there.
            self.facts.doubt();
        }
        let (a, b) = (shown(written.left), shown(written.right));
        let (message, help) = match (self.ty(set), self.ty(value)) {
            (Some(Type::Map(_)), _) => (
                "`contains` does not look into a map".to_owned(),
                Some(written.with_operator("has", "to ask for a key, ")),
            ),
            (Some(Type::String), Some(Type::String)) => (
                "`contains` does not look for a text in a text".to_owned(),
                Some(self.like_part(written.left, written.right)),
            ),
            (_, Some(Type::Set(element))) if element == set => (
                "`contains` asks whether the set on its left holds the value on its right".to_owned(),
                Some(self.swapped(
                    written,
                    "contains",
                    format!("the other way round: `{b} contains {a}`, or `{a} in {b}`"),
                )),
            ),
            (Some(Type::Set(_)), Some(Type::Set(_))) if set == value => (
                "`contains` asks for one value, and both are sets".to_owned(),
                Some(Mend::told(format!(
                    "write `{a} contains all {b}` or `{a} contains any {b}`"
                ))),
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
                // Whether the value can be in it is another question.
                Some(Mend::told(format!("write `{b} in {a}`"))),
            ),
            _ => (
                format!(
                    "`contains` needs a set on its left, and this is a value of type `{}`",
                    self.name_of(set)
                ),
                None,
            ),
        };
        let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        self.error(mended(diagnostic, help));
    }

    /// `set contains all set`, `set contains any set`
    fn contains_set(&mut self, written: Written<'e>, make: fn(ExprId, ExprId) -> Expr) -> Option<Typed> {
        let (left, right) = self.alike(written.left, written.right)?;
        let symbol = written.op.symbol();
        let (a, b) = (self.element(left.ty), self.element(right.ty));
        let a_holds = |a: Option<TypeId>, value: TypeId| a == Some(value);
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
                Some(if a_holds(a, right.ty) {
                    written.with_operator("contains", "for one value, ")
                } else {
                    Mend::told(format!(
                        "for one value, write `{} contains {}`",
                        shown(written.left),
                        shown(written.right)
                    ))
                }),
            ),
            (None, _) => (
                format!(
                    "`{symbol}` needs a set on its left, and this is a value of type `{}`",
                    self.name_of(left.ty)
                ),
                None,
            ),
        };
        let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, written.span, message);
        self.error(mended(diagnostic, help));
        None
    }

    /// `optional ?? default`
    fn coalesce(&mut self, optional: &'e ast::Expr, written_default: &'e ast::Expr) -> Option<Typed> {
        let default = written_default;
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
        let rest = mend::between(optional.span, mend::after(written_default.span));
        let mend = Mend::edits(help, "leave the default out", vec![(rest, String::new())]);
        let error = Diagnostic::error(codes::NEVER_ABSENT, optional.span, message);
        self.impossible(mended(error, Some(mend)));
        default.map(|_| value)
    }

    fn arithmetic(&mut self, written: Written<'e>, op: Arithmetic) -> Option<Typed> {
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

    pub(super) fn negate(&mut self, operand: &'e ast::Expr, span: Span) -> Option<Typed> {
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
        of: &'e ast::Expr,
        asked: &'e Ident,
        within: Option<&'e ast::Expr>,
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
            let hint = self
                .needs_hint(ancestor)
                .then(|| self.declared.intern(Type::Set(typed.ty)));
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

    pub(super) fn is_empty(&mut self, of: &'e ast::Expr, span: Span) -> Option<Typed> {
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
                let diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, span, message);
                let mend = (ty == Type::String).then(|| {
                    let help = format!("write `{} == \"\"`", shown(of));
                    let test = self.rest(of.span, "empty", span);
                    Mend::write(help, test, " == \"\"")
                });
                self.error(mended(diagnostic, mend));
                None
            }
        }
    }
}

/// How the time since a moment is written, for who compares the moment with a duration.
fn elapsed(moment: &ast::Expr) -> Mend {
    Mend::told(format!(
        "the time between two timestamps is a duration, such as `context.now - {}`",
        shown(moment)
    ))
}
