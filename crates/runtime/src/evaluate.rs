//! The value of an expression for a bound request: a tree walk over numbers, without memory of its own.
//!
//! `None` is undefined throughout (`docs/reference.md`, "Meaning"). A validated artifact has an expression at every id and
//! operands of the right types; where one had not, the value would be undefined here, which lets nobody in.
//!
//! Recursion is as deep as an expression, which validation bounds ([`dictum_artifact::validate::MAX_EXPR_DEPTH`]).

use dictum_artifact::expr::{Arithmetic, Comparison, Expr, ExprId, Pattern, Property, Quantifier};
use dictum_artifact::ops::{self, Scalar};
use dictum_artifact::regex::Regex;
use dictum_artifact::schema::RoleId;
use dictum_artifact::value::Network;
use dictum_artifact::zone::Zone;

use crate::names::{EntityIndex, Names};
use crate::policy::Policy;
use crate::quantify::Binding;
use crate::request::Resolved;
use crate::sets::Set;
use crate::store::Store;
use crate::values::{Arenas, Value};

/// A request being decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluation<'r> {
    /// The policy.
    pub(crate) policy: &'r Policy,
    /// The store.
    pub(crate) store: &'r Store,
    /// The names that only the request knows.
    pub(crate) names: &'r Names,
    /// What is asked.
    pub(crate) resolved: &'r Resolved,
    /// Where the parts of values are.
    pub(crate) arenas: Arenas<'r>,
    /// The elements that the quantifiers around look at, the innermost one first.
    pub(crate) bindings: Option<&'r Binding<'r>>,
}

impl<'r> Evaluation<'r> {
    /// Whether an expression is true or false; `None` where it is undefined.
    pub(crate) fn truth(&self, id: ExprId) -> Option<bool> {
        match self.policy.expr(id)? {
            Expr::HasAttribute { of, index } => self.has_attribute(*of, *index),
            Expr::HasField { of, index } => self.has_field(*of, *index),
            Expr::HasKey { map, key } => self.has_key(*map, *key),
            Expr::Not(a) => self.not(*a),
            Expr::And(items) => self.kleene(items, false),
            Expr::Or(items) => self.kleene(items, true),
            Expr::AndThen(items) => self.sequence(items, false),
            Expr::OrElse(items) => self.sequence(items, true),
            Expr::Equal(a, b) => self.are_equal(*a, *b),
            Expr::Compare(op, a, b) => self.compare(*op, *a, *b),
            Expr::EntityIn(a, b) => self.entity_in(*a, *b),
            Expr::EntityInSet(a, set) => self.entity_in_set(*a, *set),
            Expr::NetworkIn(a, b) => self.network_in(*a, *b),
            Expr::NetworkInSet(a, set) => self.network_in_set(*a, *set),
            Expr::Contains(set, a) => self.set_contains(*set, *a),
            Expr::ContainsAll(a, b) => self.set_contains_all(*a, *b),
            Expr::ContainsAny(a, b) => self.set_contains_any(*a, *b),
            Expr::IsEmpty(a) => self.is_empty(*a),
            Expr::Like(a, pattern) => self.like(*a, pattern),
            Expr::StartsWith(a, b) => self.starts_with(*a, *b),
            Expr::EndsWith(a, b) => self.ends_with(*a, *b),
            Expr::Matches(a, regex) => self.matches(*a, regex),
            Expr::Quantified {
                quantifier: Quantifier::Any,
                level,
                over,
                body,
                most,
            } => self.any(*level, *over, *body, *most),
            Expr::Quantified {
                quantifier: Quantifier::All,
                level,
                over,
                body,
                most,
            } => self.all(*level, *over, *body, *most),
            Expr::GrantHeld(role) => Some(self.grant_held(*role)),
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::Attribute { .. }
            | Expr::Field { .. }
            | Expr::Lookup { .. }
            | Expr::Coalesce(..)
            | Expr::If(..)
            | Expr::Otherwise(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::Map(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::Quantified {
                quantifier: Quantifier::Count,
                ..
            } => self.bool(id),
        }
    }

    /// The value of an expression; `None` where it is undefined.
    pub(crate) fn value(&self, id: ExprId) -> Option<Value> {
        match self.policy.expr(id)? {
            Expr::Literal(_) | Expr::Map(..) => self.policy.constant(id),
            Expr::Principal => Some(Value::Entity(self.resolved.principal)),
            Expr::Resource => Some(Value::Entity(self.resolved.resource)),
            Expr::Context => Some(Value::Record(self.resolved.context)),
            Expr::Attribute { of, index } => self.attribute(*of, *index)?,
            Expr::Field { of, index } => self.field(*of, *index)?,
            Expr::Lookup { map, key } => self.lookup(*map, *key)?,
            Expr::Coalesce(optional, default) => self.coalesce(*optional, *default),
            Expr::If(condition, yes, no) => self.choose(*condition, *yes, *no),
            Expr::Otherwise(a, default) => self.otherwise(*a, *default),
            Expr::Arithmetic(op, a, b) => self.arithmetic(*op, *a, *b),
            Expr::Negate(a) => self.negate(*a),
            Expr::Id(a) => self.id(*a),
            Expr::Property(property, a) => self.property(*property, *a),
            Expr::Set(_, items) => self.constant_or(id, Value::SetLiteral(id), items.iter()),
            Expr::Record(_, fields) => {
                self.constant_or(id, Value::RecordLiteral(id), fields.iter().flatten())
            }
            Expr::Local(a, zone) => self.local(*a, zone),
            Expr::Variable { level, ty: _ } => self.variable(*level),
            Expr::Quantified {
                quantifier: Quantifier::Count,
                level,
                over,
                body,
                most,
            } => self.count(*level, *over, *body, *most),
            Expr::HasAttribute { .. }
            | Expr::HasField { .. }
            | Expr::HasKey { .. }
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::Equal(..)
            | Expr::Compare(..)
            | Expr::EntityIn(..)
            | Expr::EntityInSet(..)
            | Expr::NetworkIn(..)
            | Expr::NetworkInSet(..)
            | Expr::Contains(..)
            | Expr::ContainsAll(..)
            | Expr::ContainsAny(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Matches(..)
            | Expr::Quantified {
                quantifier: Quantifier::Any | Quantifier::All,
                ..
            }
            | Expr::GrantHeld(_) => self.truth(id).map(Value::bool),
        }
    }

    // Each operator has a function of its own: recursion goes through the two above, and so takes little stack.

    /// `settling` where an operand is that; else undefined where an operand is; else the other truth value.
    fn kleene(&self, items: &[ExprId], settling: bool) -> Option<bool> {
        let mut result = Some(!settling);
        for item in items {
            match self.truth(*item) {
                Some(truth) if truth == settling => return Some(settling),
                Some(_) => {}
                None => result = None,
            }
        }
        result
    }

    /// What the first operand is that is not `!settling`; that, where all are.
    fn sequence(&self, items: &[ExprId], settling: bool) -> Option<bool> {
        for item in items {
            if self.truth(*item)? == settling {
                return Some(settling);
            }
        }
        Some(!settling)
    }

    fn not(&self, a: ExprId) -> Option<bool> {
        self.truth(a).map(|truth| !truth)
    }

    fn choose(&self, condition: ExprId, yes: ExprId, no: ExprId) -> Option<Value> {
        match self.truth(condition) {
            Some(true) => self.value(yes),
            Some(false) => self.value(no),
            None => {
                let (yes, no) = (self.value(yes)?, self.value(no)?);
                self.equal(yes, no).then_some(yes)
            }
        }
    }

    fn otherwise(&self, a: ExprId, default: ExprId) -> Option<Value> {
        match self.value(a) {
            Some(value) => Some(value),
            None => self.value(default),
        }
    }

    fn coalesce(&self, optional: ExprId, default: ExprId) -> Option<Value> {
        match self.read(optional)? {
            Some(value) => Some(value),
            None => self.value(default),
        }
    }

    /// What may be absent without being undefined: `Some(None)`.
    fn read(&self, id: ExprId) -> Option<Option<Value>> {
        let expr = self.policy.expr(id)?;
        if let Expr::Attribute { of, index } = expr {
            self.attribute(*of, *index)
        } else if let Expr::Field { of, index } = expr {
            self.field(*of, *index)
        } else if let Expr::Lookup { map, key } = expr {
            self.lookup(*map, *key)
        } else {
            None
        }
    }

    /// The attribute as the request gives it, or else the store.
    fn attribute(&self, of: ExprId, index: u32) -> Option<Option<Value>> {
        let entity = self.entity(of)?;
        let given = self
            .resolved
            .given(entity)
            .find_map(|attributes| self.arenas.field(attributes, index));
        Some(given.or_else(|| self.arenas.field(self.store.attributes(entity)?, index)))
    }

    fn has_attribute(&self, of: ExprId, index: u32) -> Option<bool> {
        self.attribute(of, index).map(|value| value.is_some())
    }

    fn field(&self, of: ExprId, index: u32) -> Option<Option<Value>> {
        Some(self.field_of(self.value(of)?, index))
    }

    fn has_field(&self, of: ExprId, index: u32) -> Option<bool> {
        self.field(of, index).map(|value| value.is_some())
    }

    fn lookup(&self, map: ExprId, key: ExprId) -> Option<Option<Value>> {
        let Value::Map(map) = self.value(map)? else {
            return None;
        };
        let Value::Text(key) = self.value(key)? else {
            return None;
        };
        Some(self.arenas.lookup(map, key))
    }

    fn has_key(&self, map: ExprId, key: ExprId) -> Option<bool> {
        self.lookup(map, key).map(|value| value.is_some())
    }

    /// A set or record: the constant that it is, or a value to be computed, where all its parts are defined.
    fn constant_or<'e>(
        &self,
        id: ExprId,
        computed: Value,
        mut parts: impl Iterator<Item = &'e ExprId>,
    ) -> Option<Value> {
        match self.policy.constant(id) {
            Some(constant) => Some(constant),
            None => parts.all(|part| self.value(*part).is_some()).then_some(computed),
        }
    }

    fn are_equal(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.equal(self.value(a)?, self.value(b)?))
    }

    fn compare(&self, op: Comparison, a: ExprId, b: ExprId) -> Option<bool> {
        ops::compare(op, self.scalar(a)?, self.scalar(b)?)
    }

    fn arithmetic(&self, op: Arithmetic, a: ExprId, b: ExprId) -> Option<Value> {
        ops::arithmetic(op, self.scalar(a)?, self.scalar(b)?).map(Value::Scalar)
    }

    fn negate(&self, a: ExprId) -> Option<Value> {
        ops::negate(self.scalar(a)?).map(Value::Scalar)
    }

    fn property(&self, property: Property, of: ExprId) -> Option<Value> {
        match property {
            Property::Length => Some(Value::int(ops::length(self.text(of)?))),
            Property::Size => i64::try_from(self.size(self.value(of)?)?).ok().map(Value::int),
            Property::IsV4
            | Property::IsV6
            | Property::IsLoopback
            | Property::IsMulticast
            | Property::IsPrivate
            | Property::TimeOfDay
            | Property::Date
            | Property::Weekday
            | Property::InMilliseconds
            | Property::InSeconds
            | Property::InMinutes
            | Property::InHours
            | Property::InDays => {
                let weekday = self.policy.weekday();
                let Some(Expr::Local(of, zone)) = self.policy.expr(of) else {
                    return ops::property(property, self.scalar(of)?, weekday).map(Value::Scalar);
                };
                let Scalar::Timestamp(instant) = self.scalar(*of)? else {
                    return None;
                };
                ops::local_property(property, instant, zone, weekday).map(Value::Scalar)
            }
        }
    }

    fn id(&self, of: ExprId) -> Option<Value> {
        let entity = self.entity(of)?;
        let id = self.store.names().entity_id(entity);
        id.or_else(|| self.names.entity_id(entity)).map(Value::Text)
    }

    fn entity_in(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.is_in(self.entity(a)?, self.entity(b)?))
    }

    fn entity_in_set(&self, a: ExprId, set: ExprId) -> Option<bool> {
        Some(self.is_in_any(self.entity(a)?, self.set(set)?))
    }

    fn network_in(&self, a: ExprId, b: ExprId) -> Option<bool> {
        let address = self.network(a)?;
        Some(self.network(b)?.contains(address))
    }

    fn network_in_set(&self, a: ExprId, set: ExprId) -> Option<bool> {
        let (address, set) = (self.network(a)?, self.set(set)?);
        let mut networks = self.elements(set).filter_map(as_network);
        Some(networks.any(|network| network.contains(address)))
    }

    fn set_contains(&self, set: ExprId, a: ExprId) -> Option<bool> {
        Some(self.contains(self.set(set)?, self.value(a)?))
    }

    fn set_contains_all(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.contains_all(self.set(a)?, self.set(b)?))
    }

    fn set_contains_any(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.contains_any(self.set(a)?, self.set(b)?))
    }

    fn is_empty(&self, of: ExprId) -> Option<bool> {
        self.holds_nothing(self.value(of)?)
    }

    fn like(&self, a: ExprId, pattern: &Pattern) -> Option<bool> {
        Some(ops::like(pattern, self.text(a)?))
    }

    fn matches(&self, a: ExprId, regex: &Regex) -> Option<bool> {
        Some(ops::matches(regex, self.text(a)?))
    }

    fn local(&self, a: ExprId, zone: &Zone) -> Option<Value> {
        let Scalar::Timestamp(instant) = self.scalar(a)? else {
            return None;
        };
        let shown = ops::local(instant, zone)?;
        Some(Value::Scalar(Scalar::Timestamp(shown)))
    }

    fn starts_with(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.text(a)?.starts_with(self.text(b)?))
    }

    fn ends_with(&self, a: ExprId, b: ExprId) -> Option<bool> {
        Some(self.text(a)?.ends_with(self.text(b)?))
    }

    fn grant_held(&self, role: RoleId) -> bool {
        let role = self.policy.schema().role(role);
        let carriers = role.map(|def| def.carriers.as_slice()).unwrap_or_default();
        let Resolved {
            principal,
            resource,
            now,
            ..
        } = self.resolved;
        self.store
            .grants()
            .hold(self.store.hierarchy(), *principal, carriers, *resource, *now)
    }

    fn bool(&self, id: ExprId) -> Option<bool> {
        let Value::Scalar(Scalar::Bool(truth)) = self.value(id)? else {
            return None;
        };
        Some(truth)
    }

    fn scalar(&self, id: ExprId) -> Option<Scalar> {
        let Value::Scalar(scalar) = self.value(id)? else {
            return None;
        };
        Some(scalar)
    }

    fn entity(&self, id: ExprId) -> Option<EntityIndex> {
        let Value::Entity(entity) = self.value(id)? else {
            return None;
        };
        Some(entity)
    }

    fn network(&self, id: ExprId) -> Option<Network> {
        as_network(self.value(id)?)
    }

    fn set(&self, id: ExprId) -> Option<Set<'r>> {
        self.as_set(self.value(id)?)
    }

    fn text(&self, id: ExprId) -> Option<&'r str> {
        let Value::Text(symbol) = self.value(id)? else {
            return None;
        };
        let stored = self.store.names().text(symbol);
        stored.or_else(|| self.names.text(symbol))
    }
}

fn as_network(value: Value) -> Option<Network> {
    let Value::Scalar(Scalar::Ip(network)) = value else {
        return None;
    };
    Some(network)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dictum_artifact::dag::Effect;
    use dictum_artifact::data::Request;
    use dictum_artifact::expr::Literal;
    use dictum_artifact::schema::EnumId;
    use dictum_artifact::value::{self, Duration, Timestamp};

    use super::*;
    use crate::testing::*;

    /// What a condition makes of a request.
    fn ask(condition: &Tree, request: &Request) -> Option<bool> {
        let store = store(&[(Effect::Permit, condition.clone())]);
        let bound = store.bind(request).unwrap();
        let (plan, evaluation) = bound.question().unwrap();
        let root = plan.candidates[0].clauses[0].unwrap();
        let truth = evaluation.truth(root);
        assert_eq!(evaluation.value(root), truth.map(Value::bool));
        assert_eq!(bound.decide().allowed, truth == Some(true));
        let traced = &bound.trace().rules[0].clauses[0];
        assert_eq!(traced.truth.known(), truth);
        truth
    }

    /// What a condition makes of Ann, who is described, reading the plan, which is described.
    fn known(condition: &Tree) -> Option<bool> {
        ask(condition, &request("ann", "plan"))
    }

    fn not(a: Tree) -> Tree {
        Tree::new([a], |[a]| Expr::Not(a))
    }

    fn compare(op: Comparison, a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], move |[a, b]| Expr::Compare(op, a, b))
    }

    fn property(property: Property, of: Tree) -> Tree {
        Tree::new([of], move |[of]| Expr::Property(property, of))
    }

    fn coalesce(a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], |[a, b]| Expr::Coalesce(a, b))
    }

    fn choose(condition: Tree, yes: Tree, no: Tree) -> Tree {
        Tree::new([condition, yes, no], |[condition, yes, no]| {
            Expr::If(condition, yes, no)
        })
    }

    fn otherwise(a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], |[a, b]| Expr::Otherwise(a, b))
    }

    fn lookup(map: Tree, key: Tree) -> Tree {
        Tree::new([map, key], |[map, key]| Expr::Lookup { map, key })
    }

    /// True, false and undefined of the request of Ann for the plan.
    fn truths() -> [(Tree, Option<bool>); 3] {
        let overflow = Tree::new([int(i64::MAX), int(1)], |[a, b]| {
            Expr::Arithmetic(Arithmetic::Add, a, b)
        });
        [
            (equal(attribute(resource(), LEVEL), int(3)), Some(true)),
            (equal(attribute(resource(), LEVEL), int(4)), Some(false)),
            (equal(overflow, int(0)), None),
        ]
    }

    #[test]
    fn connectives_are_kleenes() {
        for (a, x) in truths() {
            assert_eq!(known(&a), x);
            assert_eq!(known(&not(a.clone())), x.map(|x| !x));
            for (b, y) in truths() {
                let and = if x == Some(false) || y == Some(false) {
                    Some(false)
                } else {
                    x.and(y)
                };
                let or = if x == Some(true) || y == Some(true) {
                    Some(true)
                } else {
                    x.and(y)
                };
                let operands = [a.clone(), b.clone()];
                assert_eq!(
                    known(&Tree::new(operands.clone(), |ids| Expr::And(ids.to_vec()))),
                    and
                );
                let sequence = |make: fn(Vec<ExprId>) -> Expr| {
                    known(&Tree::new(operands.clone(), move |ids| make(ids.to_vec())))
                };
                assert_eq!(sequence(Expr::Or), or);
                assert_eq!(sequence(Expr::AndThen), if x == Some(true) { y } else { x });
                assert_eq!(sequence(Expr::OrElse), if x == Some(false) { y } else { x });
                assert_eq!(known(&equal(a.clone(), b.clone())), x.zip(y).map(|(x, y)| x == y));
                let agree = if x == y { x } else { None };
                for (condition, z) in truths() {
                    let expected = match z {
                        Some(true) => x,
                        Some(false) => y,
                        None => agree,
                    };
                    assert_eq!(known(&choose(condition, a.clone(), b.clone())), expected);
                }
            }
            assert_eq!(known(&otherwise(a.clone(), bool(true))), x.or(Some(true)));
            assert_eq!(known(&otherwise(a, bool(false))), x.or(Some(false)));
        }
    }

    #[test]
    fn attributes_come_from_the_request_first_and_may_be_absent() {
        let has_boss = Tree::new([principal()], |[of]| Expr::HasAttribute { of, index: BOSS });
        let boss = attribute(principal(), BOSS);
        let is_cyd = equal(coalesce(boss.clone(), principal()), entity(USER, "cyd"));
        let is_self = equal(coalesce(boss.clone(), principal()), principal());
        let level = equal(attribute(resource(), LEVEL), int(9));

        let stored = request("ann", "plan");
        assert_eq!(ask(&has_boss, &stored), Some(false));
        assert_eq!(ask(&is_self, &stored), Some(true));
        assert_eq!(ask(&equal(boss, principal()), &stored), None);
        assert_eq!(ask(&level, &stored), Some(false));

        let mut given = stored;
        given.principal_attributes = vec![Some(value::Value::Entity(uid(USER, "cyd"))), None];
        given.resource_attributes = vec![None, Some(value::Value::Int(9)), None, None, None];
        assert_eq!(ask(&has_boss, &given), Some(true));
        assert_eq!(ask(&is_cyd, &given), Some(true));
        assert_eq!(ask(&level, &given), Some(true));
        assert_eq!(
            ask(&equal(attribute(principal(), NAME), text("Ann")), &given),
            Some(true)
        );

        let unknown = request("bob", "memo");
        assert_eq!(ask(&has_boss, &unknown), Some(false));
        assert_eq!(ask(&level, &unknown), None);
        assert_eq!(
            ask(&equal(attribute(principal(), NAME), text("Bob")), &unknown),
            None
        );
    }

    #[test]
    fn what_is_read_from_something_undefined_is_undefined() {
        let owner = attribute(resource(), OWNER);
        let has_boss = Tree::new([owner.clone()], |[of]| Expr::HasAttribute { of, index: BOSS });
        let boss_or = equal(
            coalesce(attribute(owner.clone(), BOSS), entity(USER, "x")),
            entity(USER, "x"),
        );
        let tag = coalesce(lookup(attribute(resource(), TAGS), text("z")), text("none"));
        for (condition, described) in [
            (has_boss, Some(false)),
            (boss_or, Some(true)),
            (equal(tag, text("none")), Some(true)),
            (
                equal(property(Property::Length, attribute(owner, NAME)), int(3)),
                Some(true),
            ),
        ] {
            assert_eq!(ask(&condition, &request("ann", "plan")), described);
            assert_eq!(ask(&condition, &request("ann", "memo")), None);
        }
    }

    #[test]
    fn entities_that_the_store_does_not_know_are_compared() {
        let is_ghost = equal(principal(), entity(USER, "ghost"));
        assert_eq!(ask(&is_ghost, &request("ghost", "memo")), Some(true));
        assert_eq!(ask(&is_ghost, &request("other", "memo")), Some(false));
        let owns = equal(attribute(resource(), OWNER), principal());
        for (owner, expected) in [("new", true), ("old", false)] {
            let mut request = request("new", "memo");
            request.resource_attributes = vec![
                None,
                None,
                Some(value::Value::Entity(uid(USER, owner))),
                None,
                None,
            ];
            assert_eq!(ask(&owns, &request), Some(expected));
        }
        let own_name = equal(Tree::new([principal()], |[a]| Expr::Id(a)), context(NOTE));
        for (note, expected) in [("new", true), ("old", false)] {
            let mut request = request("new", "memo");
            request.context[NOTE as usize] = Some(value::Value::String(note.into()));
            assert_eq!(ask(&own_name, &request), Some(expected));
        }
    }

    #[test]
    fn the_hierarchy_is_asked() {
        let within = |a: Tree, b: Tree| Tree::new([a, b], |[a, b]| Expr::EntityIn(a, b));
        assert_eq!(known(&within(principal(), entity(GROUP, "staff"))), Some(true));
        assert_eq!(known(&within(principal(), entity(GROUP, "ops"))), Some(false));
        assert_eq!(known(&within(resource(), entity(FOLDER, "all"))), Some(true));
        assert_eq!(
            ask(&within(principal(), principal()), &request("ghost", "memo")),
            Some(true)
        );
        assert_eq!(
            ask(
                &within(principal(), entity(GROUP, "staff")),
                &request("ghost", "memo")
            ),
            Some(false)
        );
        assert_eq!(
            ask(
                &within(attribute(resource(), OWNER), principal()),
                &request("ann", "memo")
            ),
            None
        );

        let any = |a: Tree, b: Tree| Tree::new([a, b], |[a, b]| Expr::EntityInSet(a, b));
        let users = |ids: [&str; 4]| set(A_USER, ids.map(|id| entity(USER, id)));
        assert_eq!(
            known(&any(principal(), users(["x", "y", "z", "ann"]))),
            Some(true)
        );
        assert_eq!(known(&any(principal(), users(["w", "x", "y", "z"]))), Some(false));
        let computed = set(A_USER, [entity(USER, "x"), attribute(resource(), OWNER)]);
        assert_eq!(known(&any(principal(), computed.clone())), Some(true));
        assert_eq!(
            ask(&any(principal(), computed.clone()), &request("ann", "memo")),
            None
        );
        assert_eq!(
            ask(&any(principal(), computed), &request("bob", "plan")),
            Some(false)
        );
    }

    #[test]
    fn roles_are_held_by_live_grants() {
        let holds = |role| Tree::new([], move |[]| Expr::GrantHeld(role));
        assert_eq!(known(&holds(EDITOR)), Some(true));
        assert_eq!(known(&holds(READER)), Some(true));
        assert_eq!(ask(&holds(READER), &request("ann", "memo")), Some(false));
        assert_eq!(ask(&holds(READER), &request("bob", "plan")), Some(true));
        assert_eq!(ask(&holds(EDITOR), &request("bob", "plan")), Some(false));
        let mut late = request("bob", "plan");
        late.context[NOW as usize] = Some(value::Value::Timestamp(Timestamp(1000)));
        assert_eq!(ask(&holds(READER), &late), Some(false));
    }

    #[test]
    fn scalars_are_computed_as_ops_define() {
        let seven = Tree::new([int(3), int(4)], |[a, b]| Expr::Arithmetic(Arithmetic::Add, a, b));
        let minus = Tree::new([attribute(resource(), LEVEL)], |[a]| Expr::Negate(a));
        assert_eq!(known(&equal(seven.clone(), int(7))), Some(true));
        assert_eq!(known(&compare(Comparison::Less, minus, int(-2))), Some(true));
        assert_eq!(
            known(&compare(Comparison::LessOrEqual, seven.clone(), int(7))),
            Some(true)
        );
        assert_eq!(known(&compare(Comparison::Less, seven, int(7))), Some(false));
        let least = Tree::new([int(i64::MIN)], |[a]| Expr::Negate(a));
        assert_eq!(known(&equal(least, int(0))), None);

        let day = property(Property::Weekday, context(NOW));
        assert_eq!(
            known(&equal(day, literal(Literal::Enum(EnumId(0), 3)))),
            Some(true)
        );
        let time = property(Property::TimeOfDay, context(NOW));
        assert_eq!(
            known(&equal(time, literal(Literal::Duration(Duration(999))))),
            Some(true)
        );
        assert_eq!(known(&property(Property::IsPrivate, context(IP))), Some(true));
    }

    #[test]
    fn networks_contain_addresses() {
        let net = |text: &str| literal(Literal::Ip(Network::parse(text).unwrap()));
        let within = |network: Tree| Tree::new([context(IP), network], |[a, b]| Expr::NetworkIn(a, b));
        assert_eq!(known(&within(net("10.0.0.0/8"))), Some(true));
        assert_eq!(known(&within(net("11.0.0.0/8"))), Some(false));
        let any = |networks: Tree| Tree::new([context(IP), networks], |[a, b]| Expr::NetworkInSet(a, b));
        assert_eq!(
            known(&any(set(A_NETWORK, [net("::/0"), net("10.0.0.0/24")]))),
            Some(true)
        );
        assert_eq!(
            known(&any(set(A_NETWORK, [net("::/0"), net("10.0.1.0/24")]))),
            Some(false)
        );
        assert_eq!(known(&any(set(A_NETWORK, []))), Some(false));
        assert_eq!(
            known(&any(set(A_NETWORK, [net("::/0"), context(IP)]))),
            Some(true)
        );
    }

    #[test]
    fn texts_are_looked_into() {
        let name = || attribute(principal(), NAME);
        let like = |pieces: &[&str]| {
            let pattern = Pattern(pieces.iter().map(|piece| (*piece).into()).collect());
            Tree::new([name()], move |[a]| Expr::Like(a, pattern.clone()))
        };
        assert_eq!(known(&like(&["A", "n"])), Some(true));
        assert_eq!(known(&like(&["An"])), Some(false));
        let starts = |prefix: &str| Tree::new([name(), text(prefix)], |[a, b]| Expr::StartsWith(a, b));
        let ends = |suffix: &str| Tree::new([name(), text(suffix)], |[a, b]| Expr::EndsWith(a, b));
        assert_eq!(
            [known(&starts("An")), known(&starts("an"))],
            [Some(true), Some(false)]
        );
        assert_eq!([known(&ends("nn")), known(&ends("N"))], [Some(true), Some(false)]);
        assert_eq!(ask(&starts(""), &request("bob", "plan")), None);

        let mut local = request("bob", "plan");
        local.principal_attributes = vec![None, Some(value::Value::String("Ännchen".into()))];
        assert_eq!(ask(&starts("Änn"), &local), Some(true));
        assert_eq!(
            ask(&equal(property(Property::Length, name()), int(7)), &local),
            Some(true)
        );
        assert_eq!(
            ask(
                &equal(Tree::new([principal()], |[a]| Expr::Id(a)), text("bob")),
                &local
            ),
            Some(true)
        );
    }

    #[test]
    fn regular_expressions_match_whole_texts() {
        assert_eq!(known(&matches_letters(attribute(principal(), NAME))), Some(false));
        assert_eq!(
            known(&matches_letters(lookup(attribute(resource(), TAGS), text("a")))),
            Some(true)
        );
        assert_eq!(
            ask(
                &matches_letters(attribute(principal(), NAME)),
                &request("bob", "plan")
            ),
            None
        );
        let mut local = request("bob", "plan");
        for (name, expected) in [("bob", true), ("", false), ("böb", false)] {
            local.principal_attributes = vec![None, Some(value::Value::String(name.into()))];
            assert_eq!(
                ask(&matches_letters(attribute(principal(), NAME)), &local),
                Some(expected)
            );
        }
    }

    #[test]
    fn clocks_of_a_zone() {
        let zone = Arc::new(Zone {
            name: "Test/Zone".into(),
            first: -3_600,
            changes: [(0, 3_600)].into(),
        });
        let shown = |instant: Tree| {
            let zone = Arc::clone(&zone);
            Tree::new([instant], move |[a]| Expr::Local(a, Arc::clone(&zone)))
        };
        let at = |instant: i64| literal(Literal::Timestamp(Timestamp(instant)));
        assert_eq!(known(&equal(shown(context(NOW)), at(3_600_999))), Some(true));
        assert_eq!(known(&equal(shown(at(-1)), at(-3_600_001))), Some(true));
        assert_eq!(known(&equal(shown(at(i64::MAX)), at(0))), None);
        let hour = property(
            Property::InHours,
            property(Property::TimeOfDay, shown(context(NOW))),
        );
        assert_eq!(known(&equal(hour, int(1))), Some(true));
        // There is a time of day also where clocks show what no instant is, and a day where that has a midnight.
        let date = property(Property::Date, shown(at(i64::MAX)));
        let midnight = property(Property::Date, at(i64::MAX));
        assert_eq!(known(&equal(date, midnight)), Some(true));
    }

    #[test]
    fn maps_are_read_by_key() {
        let tags = || attribute(resource(), TAGS);
        let has = |key: Tree| Tree::new([tags(), key], |[map, key]| Expr::HasKey { map, key });
        assert_eq!(known(&has(text("a"))), Some(true));
        assert_eq!(known(&has(text("A"))), Some(false));
        assert_eq!(known(&equal(lookup(tags(), text("a")), text("x"))), Some(true));
        assert_eq!(known(&equal(lookup(tags(), text("b")), text("x"))), None);
        assert_eq!(
            known(&equal(coalesce(lookup(tags(), text("b")), text("x")), text("x"))),
            Some(true)
        );
        assert_eq!(known(&equal(tags(), tags())), Some(true));
        assert_eq!(known(&Tree::new([tags()], |[a]| Expr::IsEmpty(a))), Some(false));
    }

    #[test]
    fn optional_fields_are_absent_or_not() {
        let has_note = |record: Tree| Tree::new([record], |[of]| Expr::HasField { of, index: NOTE });
        let of_context = has_note(Tree::new([], |[]| Expr::Context));
        assert_eq!(known(&of_context), Some(false));
        let computed = pair(attribute(resource(), LEVEL), Some(text("s")));
        assert_eq!(known(&has_note(computed.clone())), Some(true));
        assert_eq!(known(&equal(field(computed.clone(), 0), int(3))), Some(true));
        assert_eq!(ask(&has_note(computed), &request("ann", "memo")), None);
        assert_eq!(known(&has_note(pair(int(1), None))), Some(false));
        let default = equal(
            coalesce(field(pair(attribute(resource(), LEVEL), None), 1), text("d")),
            text("d"),
        );
        assert_eq!(known(&default), Some(true));
        assert_eq!(ask(&default, &request("ann", "memo")), None);
    }

    /// Decides, and explains, on no more stack than a small thread has.
    fn check_deep(condition: Tree, expected: Option<bool>) {
        let store = store(&[(Effect::Permit, condition)]);
        let bound = store.bind(&request("ann", "plan")).unwrap();
        let on_stack = |bytes: usize, allowed: &(dyn Fn() -> bool + Sync)| {
            std::thread::scope(|scope| {
                let small = std::thread::Builder::new().stack_size(bytes);
                let thread = small.spawn_scoped(scope, allowed).unwrap();
                assert_eq!(thread.join().unwrap(), expected == Some(true));
            });
        };
        on_stack(1 << 20, &|| bound.decide().allowed);
        on_stack(2 << 20, &|| bound.trace().allowed);
    }

    /// Expressions as deep as validation lets them be.
    #[test]
    fn the_deepest_expressions_fit_a_small_stack() {
        type Wrap = fn(Tree) -> Tree;
        let level = || attribute(resource(), LEVEL);
        let is_three = || equal(level(), int(3));
        let cases: [(Tree, Wrap, Wrap, Option<bool>); 8] = [
            (is_three(), not, |a| a, Some(true)),
            (
                is_three(),
                |a| Tree::new([a, bool(true)], |[a, b]| Expr::And(vec![a, b])),
                |a| a,
                Some(true),
            ),
            (
                is_three(),
                |a| choose(bool(true), a, bool(false)),
                |a| a,
                Some(true),
            ),
            (is_three(), |a| equal(a, bool(true)), |a| a, Some(true)),
            (is_three(), |a| otherwise(a, bool(true)), |a| a, Some(true)),
            (
                attribute(principal(), NAME),
                |a| coalesce(context(NOTE), a),
                |a| equal(a, text("Ann")),
                Some(true),
            ),
            (
                level(),
                |a| Tree::new([a, int(1)], |[a, b]| Expr::Arithmetic(Arithmetic::Add, a, b)),
                |a| equal(a, int(503)),
                Some(true),
            ),
            (
                principal(),
                |a| attribute(a, BOSS),
                |a| equal(a, principal()),
                None,
            ),
        ];
        for (start, wrap, close, expected) in cases {
            let deep = (0..500).fold(start, |tree, _| wrap(tree));
            check_deep(close(deep), expected);
        }
    }

    /// Quantifiers in one another, around a deep body, and around one that is over a deep set.
    #[test]
    fn the_deepest_quantifiers_fit_a_small_stack() {
        let labels = || attribute(resource(), LABELS);
        let any = |level: u32, over: Tree, body: Tree| quantified_most(Quantifier::Any, level, over, body, 2);
        let around = |body: Tree, levels: u32| {
            (0..levels)
                .rev()
                .fold(body, |body, level| any(level, labels(), body))
        };
        let is_b = |level: u32| equal(element(level, STRING), text("b"));
        let deep = (0..480).fold(is_b(7), |tree, _| not(tree));
        check_deep(around(deep, 8), Some(true));
        let deep = (0..470).fold(labels(), |tree, _| choose(bool(true), tree, labels()));
        check_deep(around(any(7, deep, is_b(7)), 7), Some(true));
    }
}
