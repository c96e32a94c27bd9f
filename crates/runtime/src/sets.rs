//! Equality, and operations on sets, of values that may still have parts to be computed.
//!
//! Such parts are evaluated once to know that they are defined, and again wherever they are looked at, so that comparing
//! two of these values takes the product of what they take to look at. Validation bounds it
//! ([`dictum_artifact::validate::steps`]); what is data is sorted, and takes a binary search.

use dictum_artifact::expr::{Expr, ExprId};

use crate::evaluate::Evaluation;
use crate::names::EntityIndex;
use crate::values::Value;

/// A set whose elements are all defined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Set<'r> {
    /// Sorted by [`crate::values::Arenas::order`], each element once.
    Settled(&'r [Value]),
    /// As the policy lists them: unsorted, and perhaps more than once.
    Computed(&'r [ExprId]),
}

impl Set<'_> {
    /// The number of elements; at most, where some may be the same.
    pub(crate) fn listed(self) -> usize {
        match self {
            Self::Settled(items) => items.len(),
            Self::Computed(items) => items.len(),
        }
    }
}

impl<'r> Evaluation<'r> {
    /// A value as the set that it is.
    pub(crate) fn as_set(&self, value: Value) -> Option<Set<'r>> {
        match value {
            Value::Set(view) => Some(Set::Settled(self.arenas.elements(view))),
            Value::SetLiteral(id) => {
                let Some(Expr::Set(_, items)) = self.policy.expr(id) else {
                    return None;
                };
                Some(Set::Computed(items))
            }
            Value::Scalar(_)
            | Value::Text(_)
            | Value::Entity(_)
            | Value::Map(_)
            | Value::Record(_)
            | Value::RecordLiteral(_) => None,
        }
    }

    /// The elements of a set.
    pub(crate) fn elements<'e>(&'e self, set: Set<'r>) -> impl Iterator<Item = Value> + use<'e, 'r> {
        let (settled, computed): (&[Value], &[ExprId]) = match set {
            Set::Settled(items) => (items, &[]),
            Set::Computed(items) => (&[], items),
        };
        settled
            .iter()
            .copied()
            .chain(computed.iter().filter_map(|item| self.value(*item)))
    }

    /// Whether two values of one type are the same.
    pub(crate) fn equal(&self, a: Value, b: Value) -> bool {
        if a.is_settled() && b.is_settled() {
            return self.arenas.order(a, b).is_eq();
        }
        if let (Some(a), Some(b)) = (self.as_set(a), self.as_set(b)) {
            return self.contains_all(a, b) && self.contains_all(b, a);
        }
        match (self.width(a), self.width(b)) {
            (Some(width), Some(other)) if width == other => {
                (0..width).all(|index| match (self.field_of(a, index), self.field_of(b, index)) {
                    (Some(a), Some(b)) => self.equal(a, b),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                })
            }
            _ => false,
        }
    }

    /// The field of a record; `None` where it is absent.
    pub(crate) fn field_of(&self, record: Value, index: u32) -> Option<Value> {
        match record {
            Value::Record(view) => self.arenas.field(view, index),
            Value::RecordLiteral(id) => {
                let Some(Expr::Record(_, fields)) = self.policy.expr(id) else {
                    return None;
                };
                self.value((*fields.get(index as usize)?)?)
            }
            Value::Scalar(_)
            | Value::Text(_)
            | Value::Entity(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::SetLiteral(_) => None,
        }
    }

    /// Whether an entity is another one, or in it.
    pub(crate) fn is_in(&self, entity: EntityIndex, ancestor: EntityIndex) -> bool {
        self.store.hierarchy().is_in(entity, ancestor)
    }

    /// The number of fields of a record.
    fn width(&self, record: Value) -> Option<u32> {
        let fields = match record {
            Value::Record(view) => view.len(),
            Value::RecordLiteral(id) => {
                let Some(Expr::Record(_, fields)) = self.policy.expr(id) else {
                    return None;
                };
                fields.len()
            }
            Value::Scalar(_)
            | Value::Text(_)
            | Value::Entity(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::SetLiteral(_) => return None,
        };
        u32::try_from(fields).ok()
    }

    /// `set contains value`.
    pub(crate) fn contains(&self, set: Set<'r>, value: Value) -> bool {
        match set {
            Set::Settled(items) if value.is_settled() => items
                .binary_search_by(|item| self.arenas.order(*item, value))
                .is_ok(),
            Set::Settled(_) | Set::Computed(_) => self.elements(set).any(|item| self.equal(item, value)),
        }
    }

    /// `a contains all b`.
    pub(crate) fn contains_all(&self, a: Set<'r>, b: Set<'r>) -> bool {
        self.elements(b).all(|item| self.contains(a, item))
    }

    /// `a contains any b`.
    pub(crate) fn contains_any(&self, a: Set<'r>, b: Set<'r>) -> bool {
        let (fewer, more) = if a.listed() <= b.listed() { (a, b) } else { (b, a) };
        self.elements(fewer).any(|item| self.contains(more, item))
    }

    /// `entity in set`.
    pub(crate) fn is_in_any(&self, entity: EntityIndex, set: Set<'r>) -> bool {
        let ancestors = self.store.hierarchy().of(entity);
        match set {
            Set::Settled(items) if items.len() > ancestors.len() => {
                let listed = |entity: EntityIndex| self.contains(set, Value::Entity(entity));
                listed(entity) || ancestors.iter().any(|ancestor| listed(*ancestor))
            }
            Set::Settled(_) | Set::Computed(_) => self
                .elements(set)
                .any(|item| matches!(item, Value::Entity(ancestor) if self.is_in(entity, ancestor))),
        }
    }

    /// Whether a set has no element, or a map no entry.
    pub(crate) fn holds_nothing(&self, value: Value) -> Option<bool> {
        if let Value::Map(view) = value {
            return Some(view.len() == 0);
        }
        self.as_set(value).map(|set| set.listed() == 0)
    }

    /// The number of different elements of a set, or of entries of a map.
    pub(crate) fn size(&self, value: Value) -> Option<usize> {
        if let Value::Map(view) = value {
            return Some(view.len());
        }
        match self.as_set(value)? {
            Set::Settled(items) => Some(items.len()),
            Set::Computed(items) => Some(self.different(items).count()),
        }
    }

    /// The different elements of a set that the policy writes out, each once.
    pub(crate) fn different<'e>(&'e self, items: &'r [ExprId]) -> impl Iterator<Item = Value> + use<'e, 'r> {
        items.iter().enumerate().filter_map(move |(at, item)| {
            let item = self.value(*item)?;
            let before = items.get(..at).unwrap_or_default();
            (!self.contains(Set::Computed(before), item)).then_some(item)
        })
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Effect;
    use dictum_artifact::expr::{Arithmetic, Property};

    use super::*;
    use crate::testing::*;

    /// What a condition makes of Ann, who is described, reading the plan, which is described.
    fn known(condition: Tree) -> bool {
        let store = store(&[(Effect::Permit, condition)]);
        let bound = store.bind(&request("ann", "plan")).unwrap();
        bound.decide().allowed
    }

    /// `3`, which no set of constants is made of.
    fn level() -> Tree {
        attribute(resource(), LEVEL)
    }

    fn contains(set: Tree, item: Tree) -> Tree {
        Tree::new([set, item], |[set, item]| Expr::Contains(set, item))
    }

    fn all(a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], |[a, b]| Expr::ContainsAll(a, b))
    }

    fn any(a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], |[a, b]| Expr::ContainsAny(a, b))
    }

    /// The set of 1, 2 and 3, as constants and computed in two ways.
    fn one_to_three() -> [Tree; 3] {
        [
            set(INT, [int(3), int(1), int(2), int(1)]),
            set(INT, [level(), int(1), int(2), level()]),
            set(INT, [int(2), int(1), int(2), level()]),
        ]
    }

    #[test]
    fn sets_are_equal_however_they_are_made() {
        for a in one_to_three() {
            for b in one_to_three() {
                assert!(known(equal(a.clone(), b.clone())));
                assert!(known(all(a.clone(), b.clone())) && known(any(a.clone(), b)));
            }
            for other in [
                set(INT, [int(1), int(2)]),
                set(INT, [int(1), level()]),
                set(INT, []),
            ] {
                assert!(!known(equal(a.clone(), other.clone())) && !known(equal(other.clone(), a.clone())));
                assert!(known(all(a.clone(), other.clone())) && !known(all(other, a.clone())));
            }
            let size = Tree::new([a.clone()], |[a]| Expr::Property(Property::Size, a));
            assert!(known(equal(size, int(3))));
            assert!(!known(Tree::new([a.clone()], |[a]| Expr::IsEmpty(a))));
            assert!(known(contains(a.clone(), int(2))) && !known(contains(a.clone(), int(4))));
            assert!(known(any(a.clone(), set(INT, [int(4), int(3)]))));
            assert!(!known(any(a, set(INT, [int(4), int(5)]))));
        }
        assert!(known(Tree::new([set(INT, [])], |[a]| Expr::IsEmpty(a))));
    }

    #[test]
    fn records_are_equal_field_by_field() {
        let same = [pair(int(3), Some(text("s"))), pair(level(), Some(text("s")))];
        let others = [
            pair(int(3), None),
            pair(level(), None),
            pair(int(4), Some(text("s"))),
            pair(level(), Some(text("t"))),
        ];
        for a in &same {
            for b in &same {
                assert!(known(equal(a.clone(), b.clone())));
            }
            for b in &others {
                assert!(!known(equal(a.clone(), b.clone())) && !known(equal(b.clone(), a.clone())));
            }
        }
    }

    #[test]
    fn sets_of_records_are_searched() {
        let pairs = || attribute(resource(), PAIRS);
        let one = Tree::new([level(), int(2)], |[a, b]| {
            Expr::Arithmetic(Arithmetic::Subtract, a, b)
        });
        assert!(known(contains(pairs(), pair(int(1), Some(text("one"))))));
        assert!(known(contains(pairs(), pair(one.clone(), Some(text("one"))))));
        assert!(!known(contains(pairs(), pair(one.clone(), Some(text("two"))))));
        assert!(!known(contains(pairs(), pair(one.clone(), None))));
        assert!(known(contains(pairs(), pair(int(2), None))));
        let computed = set(PAIR, [pair(int(2), None), pair(one, Some(text("one")))]);
        assert!(known(equal(pairs(), computed.clone())) && known(equal(computed, pairs())));
    }

    #[test]
    fn texts_of_data_and_constants_are_the_same() {
        let labels = || attribute(resource(), LABELS);
        assert!(known(contains(labels(), text("b"))) && !known(contains(labels(), text("B"))));
        assert!(known(equal(labels(), set(STRING, [text("b"), text("a")]))));
        assert!(
            known(all(labels(), set(STRING, [text("a")]))) && !known(all(set(STRING, [text("a")]), labels()))
        );
        let with_name = set(STRING, [text("a"), text("b"), attribute(principal(), NAME)]);
        assert!(known(all(with_name.clone(), labels())) && !known(all(labels(), with_name)));
    }
}
