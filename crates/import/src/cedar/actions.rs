//! What conditions ask of actions. In Dictum an action is no value: what can be asked is asked, and the rest is worked out,
//! for in requests of one kind it is known which action it is.

use cedar_policy_core::ast::{BinaryOp, EntityType, EntityUID, Expr};
use cedar_policy_core::validator::types::{EntityKind, Type};

use super::condition::{Live, Translator, Unsaid};
use super::terms::{Kind, Level, Operator, Term};

impl<'a> Translator<'a> {
    /// What is asked of actions, which are no values in Dictum: what is known of them is worked out.
    pub(super) fn about_actions(
        &self,
        expr: &Expr,
        op: BinaryOp,
        a: Term,
        b: Term,
        live: &Live<'a>,
    ) -> Result<Term, Unsaid> {
        // `action == read`, `action in edit`, `action in [edit, share]`
        if matches!(a.kind, Kind::Action) {
            let named = |uid: &EntityUID| self.action_name(uid);
            match (&b.kind, op) {
                (Kind::Named(uid), BinaryOp::Eq) => {
                    return Ok(Term::text(format!("action == {}", named(uid)), Level::Comparison));
                }
                (Kind::Named(uid), BinaryOp::In) => {
                    return Ok(Term::text(format!("action in {}", named(uid)), Level::Comparison));
                }
                (Kind::Apply(Operator::Set, items), BinaryOp::In) => {
                    let names = items.iter().map(|item| match &item.kind {
                        Kind::Named(uid) => Some(named(uid)),
                        _ => None,
                    });
                    if let Some(names) = names.collect::<Option<Vec<_>>>() {
                        return Ok(Term::text(
                            format!("action in [{}]", names.join(", ")),
                            Level::Comparison,
                        ));
                    }
                }
                _ => {}
            }
        }
        if live.len() > 1 || self.environments.len() > 1 {
            return Err(Unsaid::Mixed);
        }
        self.work_out(op, &a, &b)
            .ok_or_else(|| self.unsayable(expr, "an action is no value in Dictum, and this uses one as such"))
    }

    /// An operation on actions and sets of actions, each of which is named or one of two that are.
    fn work_out(&self, op: BinaryOp, a: &Term, b: &Term) -> Option<Term> {
        if let Kind::If(parts) = &a.kind {
            let [test, yes, no] = &**parts;
            return Some(Term::conditional(
                test.clone(),
                self.work_out(op, yes, b)?,
                self.work_out(op, no, b)?,
            ));
        }
        if let Kind::If(parts) = &b.kind {
            let [test, yes, no] = &**parts;
            return Some(Term::conditional(
                test.clone(),
                self.work_out(op, a, yes)?,
                self.work_out(op, a, no)?,
            ));
        }
        let set = |term: &Term| match &term.kind {
            Kind::Apply(Operator::Set, items) if !term.errs() => Some(items.clone()),
            _ => None,
        };
        let each = |op: BinaryOp, a: &[Term], b: &[Term], all: bool| {
            let asked = b.iter().map(|wanted| {
                let found = a.iter().map(|item| self.work_out(op, item, wanted));
                Some(Term::or(found.collect::<Option<Vec<_>>>()?))
            });
            let asked = asked.collect::<Option<Vec<_>>>()?;
            Some(if all { Term::and(asked) } else { Term::or(asked) })
        };
        match (op, &a.kind, &b.kind) {
            (BinaryOp::Eq, Kind::Named(a), Kind::Named(b)) => Some(Term::bool(a == b)),
            (BinaryOp::In, Kind::Named(a), Kind::Named(b)) => {
                let group = self.schema.get_action_id(b)?;
                Some(Term::bool(
                    a == b || group.descendants().any(|member| member == a),
                ))
            }
            (BinaryOp::In, Kind::Named(_), Kind::Apply(Operator::Set, _)) => {
                each(BinaryOp::In, std::slice::from_ref(a), &set(b)?, false)
            }
            (BinaryOp::Contains, ..) => each(BinaryOp::Eq, &set(a)?, std::slice::from_ref(b), false),
            (BinaryOp::ContainsAll, ..) => each(BinaryOp::Eq, &set(a)?, &set(b)?, true),
            (BinaryOp::ContainsAny, ..) => each(BinaryOp::Eq, &set(a)?, &set(b)?, false),
            (BinaryOp::Eq, Kind::Apply(Operator::Set, _), Kind::Apply(Operator::Set, _)) => {
                Some(Term::and(vec![
                    each(BinaryOp::Eq, &set(a)?, &set(b)?, true)?,
                    each(BinaryOp::Eq, &set(b)?, &set(a)?, true)?,
                ]))
            }
            // Somebody who is asked to be an action, or in one: nobody is.
            (BinaryOp::In, _, Kind::Named(_)) => Some(Term::settled(false, vec![a.clone()])),
            _ => None,
        }
    }
}

/// An action, or a set or record with one in it.
pub(super) fn is_action_type(ty: &Type) -> bool {
    match ty {
        Type::Entity(EntityKind::Entity(types)) => {
            types.get_single_entity().is_some_and(EntityType::is_action)
        }
        Type::Set {
            element_type: Some(element),
        } => is_action_type(element),
        Type::Record { attrs, .. } => attrs
            .iter()
            .any(|(_, attribute)| is_action_type(&attribute.attr_type)),
        Type::Never
        | Type::Bool(_)
        | Type::Long
        | Type::String
        | Type::Entity(EntityKind::AnyEntity)
        | Type::Set { element_type: None }
        | Type::ExtensionType { .. } => false,
    }
}

/// Operands without the actions, which are always known.
pub(super) fn not_actions(operands: Vec<Term>) -> Vec<Term> {
    operands
        .into_iter()
        .map(|operand| if operand.errs() { operand } else { Term::bool(true) })
        .collect()
}
