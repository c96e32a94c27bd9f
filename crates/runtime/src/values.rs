//! Values as deciding handles them: small, `Copy`, made of numbers. What has parts is a view into an arena of the
//! policy, the store or the request.
//!
//! A set or record that the policy writes with computed parts is not built at all: its value names the expression, whose
//! parts are evaluated again wherever they are looked at. That needs no memory, and gives the same value each time, since
//! the value of an expression depends on the request alone.

use std::cmp::Ordering;

use dictum_artifact::data::Attributes;
use dictum_artifact::expr::ExprId;
use dictum_artifact::ops::Scalar;
use dictum_artifact::value;

use crate::names::{EntityIndex, Full, Intern, Symbol, number};

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// A value without parts.
    Scalar(Scalar),
    /// A `String`.
    Text(Symbol),
    /// An entity.
    Entity(EntityIndex),
    /// A set.
    Set(View),
    /// A map.
    Map(View),
    /// A record.
    Record(View),
    /// A set as the expression computes it; all of its elements are defined.
    SetLiteral(ExprId),
    /// A record as the expression computes it; all of its fields are defined.
    RecordLiteral(ExprId),
}

impl Value {
    /// `true` or `false`.
    pub(crate) fn bool(value: bool) -> Self {
        Self::Scalar(Scalar::Bool(value))
    }

    /// An `Int`.
    pub(crate) fn int(value: i64) -> Self {
        Self::Scalar(Scalar::Int(value))
    }

    /// Whether no part of the value is still to be computed, so that [`Arenas::order`] knows all of it.
    pub(crate) fn is_settled(self) -> bool {
        match self {
            Self::Scalar(_)
            | Self::Text(_)
            | Self::Entity(_)
            | Self::Set(_)
            | Self::Map(_)
            | Self::Record(_) => true,
            Self::SetLiteral(_) | Self::RecordLiteral(_) => false,
        }
    }

    /// The position of the value's kind in the canonical order.
    fn rank(self) -> u8 {
        match self {
            Self::Scalar(Scalar::Bool(_)) => 0,
            Self::Scalar(Scalar::Int(_)) => 1,
            Self::Scalar(Scalar::Decimal(_)) => 2,
            Self::Scalar(Scalar::Timestamp(_)) => 3,
            Self::Scalar(Scalar::Duration(_)) => 4,
            Self::Scalar(Scalar::Ip(_)) => 5,
            Self::Scalar(Scalar::Enum(..)) => 6,
            Self::Text(_) => 7,
            Self::Entity(_) => 8,
            Self::Set(_) => 9,
            Self::Map(_) => 10,
            Self::Record(_) => 11,
            Self::SetLiteral(_) => 12,
            Self::RecordLiteral(_) => 13,
        }
    }
}

/// A stretch of an arena: the elements of a set, the entries of a map or the fields of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    place: Place,
    start: u32,
    len: u32,
}

impl View {
    /// The number of elements, entries or fields.
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    fn of<T>(self, items: &[T]) -> &[T] {
        let start = self.start as usize;
        items
            .get(start..start.saturating_add(self.len()))
            .unwrap_or_default()
    }
}

/// Which arena a view looks into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The constants of the policy.
    Policy,
    /// The data of the store.
    Store,
    /// The data of the request.
    Request,
}

/// The parts of values. Nothing in an arena is still to be computed.
#[derive(Debug)]
pub(crate) struct Arena {
    place: Place,
    elements: Vec<Value>,
    entries: Vec<(Symbol, Value)>,
    fields: Vec<Option<Value>>,
}

impl Arena {
    /// An arena without anything in it.
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            elements: Vec::new(),
            entries: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// A value of data, its parts put into the arena. Recursion is as deep as the value's type.
    pub(crate) fn settle(&mut self, names: &mut impl Intern, value: &value::Value) -> Result<Value, Full> {
        Ok(match value {
            value::Value::Bool(b) => Value::Scalar(Scalar::Bool(*b)),
            value::Value::Int(n) => Value::Scalar(Scalar::Int(*n)),
            value::Value::Decimal(d) => Value::Scalar(Scalar::Decimal(*d)),
            value::Value::String(text) => Value::Text(names.symbol(text)?),
            value::Value::Timestamp(t) => Value::Scalar(Scalar::Timestamp(*t)),
            value::Value::Duration(d) => Value::Scalar(Scalar::Duration(*d)),
            value::Value::Ip(net) => Value::Scalar(Scalar::Ip(*net)),
            value::Value::Enum(e, variant) => Value::Scalar(Scalar::Enum(*e, *variant)),
            value::Value::Entity(uid) => Value::Entity(names.entity(uid)?),
            value::Value::Set(items) => {
                let items: Result<Vec<Value>, Full> =
                    items.iter().map(|item| self.settle(names, item)).collect();
                self.set(items?)?
            }
            value::Value::Map(entries) => {
                let entries: Result<Vec<(Symbol, Value)>, Full> = entries
                    .iter()
                    .map(|(key, value)| Ok((names.symbol(key)?, self.settle(names, value)?)))
                    .collect();
                Value::Map(self.map(entries?)?)
            }
            value::Value::Record(fields) => Value::Record(self.attributes(names, fields)?),
        })
    }

    /// The attributes of an entity or the fields of a record.
    pub(crate) fn attributes(&mut self, names: &mut impl Intern, fields: &Attributes) -> Result<View, Full> {
        let fields: Result<Vec<Option<Value>>, Full> = fields
            .iter()
            .map(|field| field.as_ref().map(|value| self.settle(names, value)).transpose())
            .collect();
        self.record(&fields?)
    }

    /// The set of these settled values.
    pub(crate) fn set(&mut self, mut items: Vec<Value>) -> Result<Value, Full> {
        let alone = Arenas {
            policy: self,
            store: self,
            request: self,
        };
        items.sort_by(|a, b| alone.order(*a, *b));
        items.dedup_by(|a, b| alone.order(*a, *b).is_eq());
        let view = self.view(self.elements.len(), items.len())?;
        self.elements.extend(items);
        Ok(Value::Set(view))
    }

    /// The map of these entries, each key once.
    pub(crate) fn map(&mut self, mut entries: Vec<(Symbol, Value)>) -> Result<View, Full> {
        entries.sort_by_key(|(key, _)| *key);
        let view = self.view(self.entries.len(), entries.len())?;
        self.entries.extend(entries);
        Ok(view)
    }

    /// The record of these fields.
    pub(crate) fn record(&mut self, fields: &[Option<Value>]) -> Result<View, Full> {
        let view = self.view(self.fields.len(), fields.len())?;
        self.fields.extend(fields);
        Ok(view)
    }

    fn view(&self, start: usize, len: usize) -> Result<View, Full> {
        number(start.saturating_add(len), "values")?;
        Ok(View {
            place: self.place,
            start: number(start, "values")?,
            len: number(len, "values")?,
        })
    }
}

/// All that a view can look into while a request is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arenas<'a> {
    /// That of the policy.
    pub(crate) policy: &'a Arena,
    /// That of the store.
    pub(crate) store: &'a Arena,
    /// That of the request.
    pub(crate) request: &'a Arena,
}

impl<'a> Arenas<'a> {
    fn arena(self, place: Place) -> &'a Arena {
        match place {
            Place::Policy => self.policy,
            Place::Store => self.store,
            Place::Request => self.request,
        }
    }

    /// The elements of a set, in canonical order, each once.
    pub(crate) fn elements(self, set: View) -> &'a [Value] {
        set.of(&self.arena(set.place).elements)
    }

    /// The value at a key of a map.
    pub(crate) fn lookup(self, map: View, key: Symbol) -> Option<Value> {
        let entries = self.entries(map);
        let at = entries.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        entries.get(at).map(|(_, value)| *value)
    }

    /// The field of a record, or attribute of an entity; `None` where it is absent.
    pub(crate) fn field(self, record: View, index: u32) -> Option<Value> {
        self.fields(record).get(index as usize).copied().flatten()
    }

    /// The fields of a record.
    pub(crate) fn fields(self, record: View) -> &'a [Option<Value>] {
        record.of(&self.arena(record.place).fields)
    }

    /// The entries of a map, sorted by key.
    pub(crate) fn entries(self, map: View) -> &'a [(Symbol, Value)] {
        map.of(&self.arena(map.place).entries)
    }

    /// A total order of settled values that has nothing to do with the language's `<`: equal values of the language are
    /// equal in it. Within one request it is the same in all arenas, because numbers of names are.
    pub(crate) fn order(self, a: Value, b: Value) -> Ordering {
        match (a, b) {
            (Value::Scalar(a_scalar), Value::Scalar(b_scalar)) => match (a_scalar, b_scalar) {
                (Scalar::Bool(a), Scalar::Bool(b)) => a.cmp(&b),
                (Scalar::Int(a), Scalar::Int(b)) => a.cmp(&b),
                (Scalar::Decimal(a), Scalar::Decimal(b)) => a.cmp(&b),
                (Scalar::Timestamp(a), Scalar::Timestamp(b)) => a.cmp(&b),
                (Scalar::Duration(a), Scalar::Duration(b)) => a.cmp(&b),
                (Scalar::Ip(a), Scalar::Ip(b)) => a.cmp(&b),
                (Scalar::Enum(e, a), Scalar::Enum(f, b)) => (e, a).cmp(&(f, b)),
                _ => a.rank().cmp(&b.rank()),
            },
            (Value::Text(a), Value::Text(b)) => a.cmp(&b),
            (Value::Entity(a), Value::Entity(b)) => a.cmp(&b),
            (Value::Set(a), Value::Set(b)) => {
                let pairs = self.elements(a).iter().zip(self.elements(b));
                self.first_difference(pairs.map(|(a, b)| self.order(*a, *b)), a, b)
            }
            (Value::Map(a), Value::Map(b)) => {
                let pairs = self.entries(a).iter().zip(self.entries(b));
                let orders = pairs.map(|((key, value), (other_key, other))| {
                    key.cmp(other_key).then_with(|| self.order(*value, *other))
                });
                self.first_difference(orders, a, b)
            }
            (Value::Record(a), Value::Record(b)) => {
                let pairs = self.fields(a).iter().zip(self.fields(b));
                let orders = pairs.map(|pair| match pair {
                    (Some(a), Some(b)) => self.order(*a, *b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                });
                self.first_difference(orders, a, b)
            }
            (Value::SetLiteral(a), Value::SetLiteral(b))
            | (Value::RecordLiteral(a), Value::RecordLiteral(b)) => a.cmp(&b),
            _ => a.rank().cmp(&b.rank()),
        }
    }

    fn first_difference(self, mut orders: impl Iterator<Item = Ordering>, a: View, b: View) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        a.len
            .cmp(&b.len)
            .then_with(|| orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::names::Names;

    fn text(text: &str) -> value::Value {
        value::Value::String(text.into())
    }

    /// Settles both values, each in an arena of its own, and orders them.
    fn order(a: &value::Value, b: &value::Value) -> Ordering {
        let (mut names, mut store, mut request) = (
            Names::default(),
            Arena::new(Place::Store),
            Arena::new(Place::Request),
        );
        let a = store.settle(&mut names, a).unwrap();
        let b = request.settle(&mut names, b).unwrap();
        let arenas = Arenas {
            policy: &store,
            store: &store,
            request: &request,
        };
        assert_eq!(arenas.order(a, b), arenas.order(b, a).reverse());
        arenas.order(a, b)
    }

    #[test]
    fn order_is_equality_across_arenas() {
        let int = value::Value::Int;
        let set = |items: &[i64]| value::Value::Set(items.iter().copied().map(int).collect::<BTreeSet<_>>());
        let map = |entries: &[(&str, i64)]| {
            value::Value::Map(
                entries
                    .iter()
                    .map(|(k, v)| ((*k).into(), int(*v)))
                    .collect::<BTreeMap<_, _>>(),
            )
        };
        let record =
            |fields: &[Option<i64>]| value::Value::Record(fields.iter().map(|f| f.map(int)).collect());
        let values = [
            value::Value::Bool(false),
            value::Value::Bool(true),
            int(1),
            int(2),
            text("a"),
            text("b"),
            set(&[]),
            set(&[1, 2]),
            set(&[1, 3]),
            value::Value::Set([set(&[1]), set(&[2, 1])].into()),
            value::Value::Set([set(&[1]), set(&[2])].into()),
            map(&[]),
            map(&[("a", 1), ("b", 2)]),
            map(&[("a", 1), ("c", 2)]),
            map(&[("a", 1), ("b", 3)]),
            record(&[Some(1), None]),
            record(&[None, Some(1)]),
            record(&[Some(1), Some(2)]),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(order(a, b).is_eq(), i == j, "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Option<Value>>() <= 32, "{}", size_of::<Option<Value>>());
    }

    #[test]
    fn elements_are_kept_once() {
        let mut arena = Arena::new(Place::Policy);
        let set = arena
            .set(vec![Value::int(2), Value::int(1), Value::int(2)])
            .unwrap();
        let Value::Set(view) = set else { panic!("{set:?}") };
        let arenas = Arenas {
            policy: &arena,
            store: &arena,
            request: &arena,
        };
        assert_eq!(arenas.elements(view), [Value::int(1), Value::int(2)]);
        assert_eq!(view.len(), 2);
    }
}
