//! What conditions ask of actions. In Dictum an action is no value: what can be asked is asked, and the rest is worked out,
//! for in requests of one kind it is known which action it is. Where an action is a value all the same, as of an attribute of
//! the type `Action`, it is an entity of a type that is declared for it.

use std::collections::BTreeSet;

use cedar_policy_core::ast::{BinaryOp, EntityType, EntityUID, Expr};
use cedar_policy_core::validator::types::Type;

use super::condition::{Live, Translator, Unsaid};
use super::environments::any_entity_type;
use super::names::of_type;
use super::terms::{Kind, Level, Operator, Term};

impl<'a> Translator<'a> {
    /// What is asked of actions, which are no values in Dictum: what is known of them is worked out.
    pub(super) fn about_actions(
        &self,
        expr: &Expr,
        op: BinaryOp,
        [a, b]: [Term; 2],
        right: &Expr,
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
        let is_set = Self::has_type(right, live, |ty| matches!(ty, Type::Set { .. }));
        self.work_out(op, &a, &b, is_set).ok_or_else(|| {
            self.unsayable(
                expr,
                "Dictum cannot ask whether an action that only data tells is in another such one",
            )
        })
    }

    /// A term with the actions in it as entities, where they are values.
    pub(super) fn as_value(&self, term: Term) -> Term {
        match term.kind {
            Kind::Named(uid) => {
                let ty = of_type(uid.entity_type());
                self.action_values.borrow_mut().insert(ty.module);
                Term::text(self.entity(&uid), Level::Postfix)
            }
            Kind::If(parts) => {
                let [test, yes, no] = *parts;
                Term::conditional(test, self.as_value(yes), self.as_value(no))
            }
            Kind::Apply(operator @ (Operator::Set | Operator::Record(_)), operands) => {
                let operands = operands
                    .into_iter()
                    .map(|operand| self.as_value(operand))
                    .collect();
                Term {
                    kind: Kind::Apply(operator, operands),
                    ..term
                }
            }
            kind => Term { kind, ..term },
        }
    }

    /// Actions, as a set of entities.
    fn set_of<'u>(&self, uids: impl Iterator<Item = &'u EntityUID>) -> Term {
        let uids: BTreeSet<&EntityUID> = uids.collect();
        let items = uids
            .into_iter()
            .map(|uid| self.as_value(Term::new(Kind::Named(uid.clone()))));
        Term::apply(Operator::Set, items.collect())
    }

    /// An action with those that are in it.
    fn with_members(&self, group: &EntityUID) -> Vec<EntityUID> {
        let members = self
            .schema
            .get_action_id(group)
            .into_iter()
            .flat_map(|action| action.descendants());
        members.chain([group]).cloned().collect()
    }

    /// An action with those that it is in.
    fn with_groups(&self, member: &EntityUID) -> Vec<EntityUID> {
        let groups = self
            .schema
            .action_ids()
            .filter(|action| action.descendants().any(|found| found == member));
        groups
            .map(|action| action.name())
            .chain([member])
            .cloned()
            .collect()
    }

    /// An operation on actions and sets of actions. `is_set` tells of what is asked, which only data may tell.
    fn work_out(&self, op: BinaryOp, a: &Term, b: &Term, is_set: bool) -> Option<Term> {
        if let Kind::If(parts) = &a.kind {
            let [test, yes, no] = &**parts;
            return Some(Term::conditional(
                test.clone(),
                self.work_out(op, yes, b, is_set)?,
                self.work_out(op, no, b, is_set)?,
            ));
        }
        if let Kind::If(parts) = &b.kind {
            let [test, yes, no] = &**parts;
            return Some(Term::conditional(
                test.clone(),
                self.work_out(op, a, yes, is_set)?,
                self.work_out(op, a, no, is_set)?,
            ));
        }
        let set = |term: &Term| match &term.kind {
            Kind::Apply(Operator::Set, items) if !term.errs() => Some(items.clone()),
            _ => None,
        };
        let each = |op: BinaryOp, a: &[Term], b: &[Term], all: bool| {
            let asked = b.iter().map(|wanted| {
                let found = a.iter().map(|item| self.work_out(op, item, wanted, false));
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
            (BinaryOp::Contains, ..) => match set(a) {
                Some(a) => each(BinaryOp::Eq, &a, std::slice::from_ref(b), false),
                None => Some(self.generic("contains", a, b)),
            },
            (BinaryOp::ContainsAll, ..) => match (set(a), set(b)) {
                (Some(a), Some(b)) => each(BinaryOp::Eq, &a, &b, true),
                _ => Some(self.generic("contains all", a, b)),
            },
            (BinaryOp::ContainsAny, ..) => match (set(a), set(b)) {
                (Some(a), Some(b)) => each(BinaryOp::Eq, &a, &b, false),
                _ => Some(self.generic("contains any", a, b)),
            },
            // What only the data, or the request, tells.
            (BinaryOp::In, _, Kind::Named(group)) => {
                let members = self.with_members(group);
                Some(Term::binary("in", a.clone(), self.set_of(members.iter())))
            }
            (BinaryOp::In, _, Kind::Apply(Operator::Set, items)) => {
                let groups = items.iter().map(|item| match &item.kind {
                    Kind::Named(uid) => Some(self.with_members(uid)),
                    _ => None,
                });
                let members = groups.collect::<Option<Vec<_>>>()?.concat();
                Some(Term::binary("in", a.clone(), self.set_of(members.iter())))
            }
            (BinaryOp::In, Kind::Named(member), _) => {
                let groups = self.set_of(self.with_groups(member).iter());
                Some(if is_set {
                    Term::binary("contains any", b.clone(), groups)
                } else {
                    Term::binary("in", b.clone(), groups)
                })
            }
            (BinaryOp::Eq, ..) => Some(self.generic("==", a, b)),
            _ => None,
        }
    }

    fn generic(&self, symbol: &'static str, a: &Term, b: &Term) -> Term {
        Term::binary(symbol, self.as_value(a.clone()), self.as_value(b.clone()))
    }
}

/// An action, or a set or record with one in it.
pub(super) fn is_action_type(ty: &Type) -> bool {
    any_entity_type(ty, &mut EntityType::is_action)
}

/// Operands without the actions, which are always known.
pub(super) fn not_actions(operands: Vec<Term>) -> Vec<Term> {
    operands
        .into_iter()
        .map(|operand| if operand.errs() { operand } else { Term::bool(true) })
        .collect()
}
