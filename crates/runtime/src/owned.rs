//! Values as plain owned data again, for those who are told what a decision says or saw.

use std::sync::Arc;

use dictum_artifact::data::{Grant, Scope};
use dictum_artifact::expr::Expr;
use dictum_artifact::ops::Scalar;
use dictum_artifact::value;

use crate::evaluate::Evaluation;
use crate::grants::{Granted, Until};
use crate::names::{EntityIndex, Names, Symbol};
use crate::sets::Set;
use crate::values::Value;

impl Evaluation<'_> {
    /// A value with all its parts. `None` where it has more parts than are left, which are then used up. Recursion is as deep
    /// as the value's type, and the expressions that write it out.
    pub(crate) fn own(&self, value: Value, left: &mut usize) -> Option<value::Value> {
        *left = left.checked_sub(1).unwrap_or_default();
        if *left == 0 {
            return None;
        }
        match value {
            Value::Scalar(scalar) => Some(own_scalar(scalar)),
            Value::Text(symbol) => self.own_text(symbol).map(value::Value::String),
            Value::Entity(entity) => self.own_entity(entity).map(value::Value::Entity),
            Value::Set(_) | Value::SetLiteral(_) => self.own_set(self.as_set(value)?, left),
            Value::Map(map) => {
                let entries = self.arenas.entries(map).iter();
                let own =
                    |(key, value): &(Symbol, Value)| Some((self.own_text(*key)?, self.own(*value, left)?));
                entries.map(own).collect::<Option<_>>().map(value::Value::Map)
            }
            Value::Record(record) => {
                let fields = self.arenas.fields(record).iter();
                self.own_record(fields.copied(), left)
            }
            Value::RecordLiteral(id) => {
                let Some(Expr::Record(_, fields)) = self.policy.expr(id) else {
                    return None;
                };
                self.own_record(fields.iter().map(|field| self.value((*field)?)), left)
            }
        }
    }

    fn own_set(&self, set: Set<'_>, left: &mut usize) -> Option<value::Value> {
        let elements = self.elements(set).map(|element| self.own(element, left));
        elements.collect::<Option<_>>().map(value::Value::Set)
    }

    fn own_record(
        &self,
        fields: impl Iterator<Item = Option<Value>>,
        left: &mut usize,
    ) -> Option<value::Value> {
        let own = |field: Option<Value>| match field {
            Some(value) => self.own(value, left).map(Some),
            None => Some(None),
        };
        fields.map(own).collect::<Option<_>>().map(value::Value::Record)
    }

    fn own_text(&self, symbol: Symbol) -> Option<Arc<str>> {
        let text = |names: &Names| names.shared_text(symbol).cloned();
        text(self.store.names()).or_else(|| text(self.names))
    }

    /// A grant to a subject.
    pub(crate) fn own_grant(&self, subject: EntityIndex, granted: Granted) -> Option<Grant> {
        let scope = match granted.scope {
            Some(scope) => Scope::Entity(self.own_entity(scope)?),
            None => Scope::Anything,
        };
        let until = match granted.until {
            Until::Time(end) => Some(end),
            Until::Forever => None,
        };
        Some(Grant {
            role: granted.role,
            subject: self.own_entity(subject)?,
            scope,
            until,
        })
    }

    /// The number of an entity that the policy, the store or the request names.
    pub(crate) fn find_entity(&self, uid: &value::EntityUid) -> Option<EntityIndex> {
        let layers = [self.store.names(), self.names];
        let id = layers.into_iter().find_map(|names| names.find_text(&uid.id))?;
        layers.into_iter().find_map(|names| names.find_entity(uid.ty, id))
    }

    /// An entity by its name.
    pub(crate) fn own_entity(&self, entity: EntityIndex) -> Option<value::EntityUid> {
        let found = self
            .store
            .names()
            .named(entity)
            .or_else(|| self.names.named(entity));
        let (ty, id) = found?;
        Some(value::EntityUid {
            ty,
            id: self.own_text(id)?,
        })
    }
}

fn own_scalar(scalar: Scalar) -> value::Value {
    match scalar {
        Scalar::Bool(b) => value::Value::Bool(b),
        Scalar::Int(n) => value::Value::Int(n),
        Scalar::Decimal(d) => value::Value::Decimal(d),
        Scalar::Timestamp(t) => value::Value::Timestamp(t),
        Scalar::Duration(d) => value::Value::Duration(d),
        Scalar::Ip(net) => value::Value::Ip(net),
        Scalar::Enum(e, variant) => value::Value::Enum(e, variant),
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::{Artifact, Effect};
    use dictum_artifact::data::MAX_TYPE_DEPTH;
    use dictum_artifact::expr::Quantifier;
    use dictum_artifact::schema::{Type, TypeId};
    use dictum_artifact::value::Value;

    use super::*;
    use crate::testing::*;

    /// The value of a tree, for Ann reading the plan.
    fn own(tree: Tree, mut left: usize) -> Option<Value> {
        let store = store(&[(Effect::Permit, equal(tree.clone(), tree))]);
        let bound = store.bind(&request("ann", "plan")).unwrap();
        let (plan, evaluation) = bound.question().unwrap();
        let Some(Expr::Equal(id, _)) = evaluation.policy.expr(plan.candidates[0].clauses[0].unwrap()) else {
            panic!("not a comparison")
        };
        evaluation.own(evaluation.value(*id).unwrap(), &mut left)
    }

    #[test]
    fn data_is_as_it_was_given() {
        let plan = data().entities[2].attributes.clone();
        for index in [LABELS, LEVEL, OWNER, PAIRS, TAGS] {
            assert_eq!(
                own(attribute(resource(), index), usize::MAX),
                plan[index as usize]
            );
        }
        let context = Tree::new([], |[]| Expr::Context);
        let given = request("ann", "plan").context;
        assert_eq!(own(context, usize::MAX), Some(Value::Record(given)));
        assert_eq!(
            own(principal(), usize::MAX),
            Some(Value::Entity(uid(USER, "ann")))
        );
    }

    #[test]
    fn what_is_written_out_is_computed() {
        let level = || attribute(resource(), LEVEL);
        let numbers = |items: &[i64]| Value::Set(items.iter().copied().map(Value::Int).collect());
        assert_eq!(
            own(set(INT, [level(), int(1), int(3)]), usize::MAX),
            Some(numbers(&[1, 3]))
        );
        let made = pair(level(), None);
        assert_eq!(
            own(made, usize::MAX),
            Some(Value::Record(vec![Some(Value::Int(3)), None]))
        );
        let count = quantified(Quantifier::Count, 0, attribute(resource(), LABELS), bool(true));
        assert_eq!(own(count, usize::MAX), Some(Value::Int(2)));
        let limits = map(INT, [("a", int(1))]);
        assert_eq!(
            own(limits, usize::MAX),
            Some(Value::Map([("a".into(), Value::Int(1))].into()))
        );
    }

    #[test]
    fn no_more_parts_than_are_left() {
        let labels = || attribute(resource(), LABELS);
        assert!(own(labels(), 4).is_some());
        assert!(own(labels(), 3).is_none());
        assert!(own(labels(), 0).is_none());
    }

    /// Values as deep as types may be, and written out as deep, on no more stack than a small thread has.
    #[test]
    fn the_deepest_values_fit_a_small_stack() {
        let deepest = |wrap: fn(TypeId) -> Type, computed: bool| {
            let level = || attribute(resource(), LEVEL);
            let depth = u32::try_from(MAX_TYPE_DEPTH - 2).unwrap();
            let first = TypeId(u32::try_from(schema().types.len()).unwrap());
            let ty = |level: u32| TypeId(first.0 + level);
            let add_types = |artifact: &mut Artifact| {
                let inner = (0..depth).map(|level| if level == 0 { INT } else { ty(level - 1) });
                artifact.schema.types.extend(inner.map(wrap));
                artifact.schema.entity_types[DOC.0 as usize].attributes.0[PAIRS as usize].ty = ty(depth - 1);
            };
            let tree = if computed {
                let inner = (0..depth).map(|level| if level == 0 { INT } else { ty(level - 1) });
                inner.fold(level(), |tree, ty| set(ty, [tree]))
            } else {
                attribute(resource(), PAIRS)
            };
            let nested = |innermost: Value| {
                (0..depth).fold(innermost, |inner, _| match wrap(INT) {
                    Type::Map(_) => Value::Map([("k".into(), inner)].into()),
                    _ => Value::Set([inner].into()),
                })
            };
            let given = Some(nested(Value::Int(1)));
            let mut artifact = artifact(&[(Effect::Permit, Tree::new([tree], |[a]| Expr::IsEmpty(a)))]);
            add_types(&mut artifact);
            let policy = Arc::new(crate::Policy::new(artifact).unwrap());
            let store = crate::Store::new(&policy, &dictum_artifact::data::Dataset::default()).unwrap();
            let mut request = request("ann", "plan");
            request.resource_attributes = vec![None, Some(Value::Int(3)), None, given, None];
            let bound = store.bind(&request).unwrap();
            std::thread::scope(|scope| {
                let small = std::thread::Builder::new().stack_size(2 << 20);
                let own = || {
                    let (plan, evaluation) = bound.question().unwrap();
                    let root = plan.candidates[0].clauses[0].unwrap();
                    let Some(Expr::IsEmpty(id)) = evaluation.policy.expr(root) else {
                        panic!("not a test of emptiness")
                    };
                    evaluation.own(evaluation.value(*id).unwrap(), &mut 1_000)
                };
                let owned = small.spawn_scoped(scope, own).unwrap().join().unwrap();
                let innermost = if computed { Value::Int(3) } else { Value::Int(1) };
                assert_eq!(owned, Some(nested(innermost)));
            });
        };
        deepest(Type::Set, false);
        deepest(Type::Map, false);
        deepest(Type::Set, true);
    }
}
