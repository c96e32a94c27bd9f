//! Typed expressions over a request: the form that the checker makes, the reference evaluator walks, conditions are
//! lowered from, and the runtime evaluates the atoms of.
//!
//! Expressions live in one arena ([`Exprs`]); a node's operands come before it, equal nodes are one node. Nothing here
//! can fail; a value can be *undefined* where a required attribute is read of an entity that nobody describes, where
//! arithmetic overflows, or where an optional value is read that is absent (the checker lets that happen only where
//! the result does not depend on it).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::regex::Regex;
use crate::schema::{EntityTypeId, EnumId, RecordId, RoleId, TypeId};
use crate::value::{Decimal, Duration, Network, Timestamp};
use crate::zone::Zone;

/// An expression, in an [`Exprs`] arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExprId(pub u32);

impl ExprId {
    /// The position in its arena.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A constant without parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Literal {
    /// A `Bool`.
    Bool(bool),
    /// An `Int`.
    Int(i64),
    /// A `Decimal`.
    Decimal(Decimal),
    /// A `String`.
    String(Box<str>),
    /// A `Timestamp`.
    Timestamp(Timestamp),
    /// A `Duration`.
    Duration(Duration),
    /// An `Ip`.
    Ip(Network),
    /// A name of an enum, by its position.
    Enum(EnumId, u32),
    /// An entity.
    Entity(EntityTypeId, Box<str>),
}

/// `a OP b` on two values of one ordered type. `>` and `>=` are these with their operands swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `a < b`
    Less,
    /// `a <= b`
    LessOrEqual,
}

/// An arithmetic operator; which types it takes is [`crate::ops::arithmetic_type`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arithmetic {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
}

/// An attribute that every value of a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Property {
    /// `string.length`: `Int`, in Unicode code points.
    Length,
    /// `set.size`: `Int`.
    Size,
    /// `ip.is_v4`: `Bool`.
    IsV4,
    /// `ip.is_v6`: `Bool`.
    IsV6,
    /// `ip.is_loopback`: `Bool`, all of the network is.
    IsLoopback,
    /// `ip.is_multicast`: `Bool`, all of the network is.
    IsMulticast,
    /// `ip.is_private`: `Bool`, all of the network is (RFC 1918, RFC 4193).
    IsPrivate,
    /// `timestamp.time_of_day`: `Duration` since midnight UTC.
    TimeOfDay,
    /// `timestamp.date`: `Timestamp`, midnight UTC of the day.
    Date,
    /// `timestamp.weekday`: `Weekday`, in UTC.
    Weekday,
    /// `duration.in_milliseconds`: `Int`.
    InMilliseconds,
    /// `duration.in_seconds`: `Int`, towards zero, as all of these.
    InSeconds,
    /// `duration.in_minutes`: `Int`.
    InMinutes,
    /// `duration.in_hours`: `Int`.
    InHours,
    /// `duration.in_days`: `Int`.
    InDays,
}

/// The pattern of `like`: the pieces of text between its stars. One piece is an exact text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pattern(pub Vec<Box<str>>);

/// What a quantifier asks of the elements of a set, or the values of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Quantifier {
    /// `any x in s: e`: the `or` of its instances.
    Any,
    /// `all x in s: e`: the `and` of its instances.
    All,
    /// `count x in s: e`: for how many the body is true; undefined where it is undefined for one.
    Count,
}

/// An expression node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Expr {
    /// A constant.
    Literal(Literal),
    /// The request's principal.
    Principal,
    /// The request's resource.
    Resource,
    /// The request's context, a record.
    Context,
    /// `entity.attribute`, by the attribute's position in the entity's type. Undefined where the attribute is absent:
    /// optional and not given, or the entity not described.
    Attribute {
        /// The entity.
        of: ExprId,
        /// Which attribute.
        index: u32,
    },
    /// `entity has attribute`: whether the attribute is given, by the request or the store. A required one is not where
    /// the entity is not described.
    HasAttribute {
        /// The entity.
        of: ExprId,
        /// Which attribute.
        index: u32,
    },
    /// `record.field`, by position. Undefined where an optional field is absent.
    Field {
        /// The record.
        of: ExprId,
        /// Which field.
        index: u32,
    },
    /// `record has field`.
    HasField {
        /// The record.
        of: ExprId,
        /// Which field.
        index: u32,
    },
    /// `map[key]`. Undefined where the map has no such key.
    Lookup {
        /// The map.
        map: ExprId,
        /// The key, a `String`.
        key: ExprId,
    },
    /// `map has key`.
    HasKey {
        /// The map.
        map: ExprId,
        /// The key, a `String`.
        key: ExprId,
    },
    /// `optional ?? default`. The first operand is an `Attribute`, `Field` or `Lookup`; where what it reads *from* is
    /// undefined, so is this; where the value is merely absent, this is the second operand.
    Coalesce(ExprId, ExprId),
    /// `not a`
    Not(ExprId),
    /// `a and b and …`; at least two.
    And(Vec<ExprId>),
    /// `a or b or …`; at least two.
    Or(Vec<ExprId>),
    /// `if condition then a else b`. With an undefined condition: undefined, unless both are defined and equal.
    If(ExprId, ExprId, ExprId),
    /// `e otherwise b`: `e`, or `b` where `e` is undefined. Both are `Bool`; `b` is never undefined.
    Otherwise(ExprId, ExprId),
    /// `a == b`, on two values of one type.
    Equal(ExprId, ExprId),
    /// `a < b` or `a <= b`.
    Compare(Comparison, ExprId, ExprId),
    /// `a + b` and so on. Undefined on overflow.
    Arithmetic(Arithmetic, ExprId, ExprId),
    /// `-a`. Undefined on overflow.
    Negate(ExprId),
    /// `entity in entity`: itself or an ancestor.
    EntityIn(ExprId, ExprId),
    /// `entity in set`: in one of the set's entities.
    EntityInSet(ExprId, ExprId),
    /// `address in network`.
    NetworkIn(ExprId, ExprId),
    /// `address in set`: in one of the set's networks.
    NetworkInSet(ExprId, ExprId),
    /// `set contains value`, and `value in set` for values that are neither entities nor addresses.
    Contains(ExprId, ExprId),
    /// `set contains all set`: the second is a subset of the first.
    ContainsAll(ExprId, ExprId),
    /// `set contains any set`: they have an element in common.
    ContainsAny(ExprId, ExprId),
    /// `set is empty`, for maps too.
    IsEmpty(ExprId),
    /// `text like "pattern"`
    Like(ExprId, Pattern),
    /// `text.starts_with(prefix)`
    StartsWith(ExprId, ExprId),
    /// `text.ends_with(suffix)`
    EndsWith(ExprId, ExprId),
    /// `entity.id`, a `String`.
    Id(ExprId),
    /// `value.property`
    Property(Property, ExprId),
    /// `[a, b]`, whose elements are of the first type. Undefined where an element is.
    Set(TypeId, Vec<ExprId>),
    /// `{ f: a }`: a value for each field of the record type, by position; `None` for an optional field that is left
    /// out. Undefined where a field's value is.
    Record(RecordId, Vec<Option<ExprId>>),
    /// `{ "key": a }` as a map from these keys, sorted, to constants of the first type.
    Map(TypeId, Vec<(Box<str>, ExprId)>),
    /// `text matches r"…"`: the expression matches all of the text.
    Matches(ExprId, Arc<Regex>),
    /// The time of day and date that a clock in the zone shows at a `Timestamp`, as the `Timestamp` at which one in UTC
    /// shows the same. Undefined where that is out of range.
    Local(ExprId, Arc<Zone>),
    /// The element that a quantifier around this looks at.
    Variable {
        /// The quantifier's level.
        level: u32,
        /// The type of the elements.
        ty: TypeId,
    },
    /// `any x in s: e`, `all x in s: e`, `count x in s: e`. Undefined where the set or map is, or has more than `most`
    /// elements.
    Quantified {
        /// Which.
        quantifier: Quantifier,
        /// How many quantifiers are around this one: the level of its own variable.
        level: u32,
        /// The set or map.
        over: ExprId,
        /// What is asked of each element.
        body: ExprId,
        /// How many elements are looked at, at most.
        most: u32,
    },
    /// Whether a live grant gives the principal this role on the resource. Never undefined.
    GrantHeld(RoleId),
    /// `a and then b and then …`; at least two. The first operand that is not true settles it: false where that is, and
    /// undefined where that is.
    AndThen(Vec<ExprId>),
    /// `a or else b or else …`; at least two. The first operand that is not false settles it: true where that is, and
    /// undefined where that is.
    OrElse(Vec<ExprId>),
}

/// Calls something with a reference, shared or not, to each operand of an expression.
macro_rules! for_each_operand {
    ($expr:expr, $visit:ident) => {
        match $expr {
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::Variable { .. }
            | Expr::GrantHeld(_) => {}
            Expr::Attribute { of: a, index: _ }
            | Expr::HasAttribute { of: a, index: _ }
            | Expr::Field { of: a, index: _ }
            | Expr::HasField { of: a, index: _ }
            | Expr::Not(a)
            | Expr::Negate(a)
            | Expr::IsEmpty(a)
            | Expr::Like(a, _)
            | Expr::Matches(a, _)
            | Expr::Local(a, _)
            | Expr::Id(a)
            | Expr::Property(_, a) => $visit(a),
            Expr::Lookup { map: a, key: b }
            | Expr::HasKey { map: a, key: b }
            | Expr::Coalesce(a, b)
            | Expr::Otherwise(a, b)
            | Expr::Equal(a, b)
            | Expr::Compare(_, a, b)
            | Expr::Arithmetic(_, a, b)
            | Expr::EntityIn(a, b)
            | Expr::EntityInSet(a, b)
            | Expr::NetworkIn(a, b)
            | Expr::NetworkInSet(a, b)
            | Expr::Contains(a, b)
            | Expr::ContainsAll(a, b)
            | Expr::ContainsAny(a, b)
            | Expr::StartsWith(a, b)
            | Expr::EndsWith(a, b)
            | Expr::Quantified { over: a, body: b, .. } => {
                $visit(a);
                $visit(b);
            }
            Expr::If(a, b, c) => {
                $visit(a);
                $visit(b);
                $visit(c);
            }
            Expr::And(items)
            | Expr::Or(items)
            | Expr::AndThen(items)
            | Expr::OrElse(items)
            | Expr::Set(_, items) => items.into_iter().for_each($visit),
            Expr::Map(_, entries) => entries.into_iter().for_each(|(_, value)| $visit(value)),
            Expr::Record(_, fields) => fields.into_iter().flatten().for_each($visit),
        }
    };
}

impl Expr {
    /// Calls `visit` for each operand, in order.
    pub fn operands(&self, mut visit: impl FnMut(ExprId)) {
        let mut visit = |operand: &ExprId| visit(*operand);
        for_each_operand!(self, visit);
    }

    /// How many parts of a record that is written out are left out; they are no operands, but are looked at like them.
    #[must_use]
    pub fn absent_parts(&self) -> usize {
        if let Self::Record(_, fields) = self {
            fields.iter().filter(|field| field.is_none()).count()
        } else {
            0
        }
    }

    /// How many elements of a set, or entries of a map, are written out here.
    #[must_use]
    pub fn listed(&self) -> Option<usize> {
        if let Self::Set(_, items) = self {
            Some(items.len())
        } else if let Self::Map(_, entries) = self {
            Some(entries.len())
        } else {
            None
        }
    }

    /// Replaces each operand, in order.
    pub fn map_operands(&mut self, mut map: impl FnMut(ExprId) -> ExprId) {
        let mut replace = |operand: &mut ExprId| *operand = map(*operand);
        for_each_operand!(self, replace);
    }
}

/// An arena of expressions, operands first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exprs(pub Vec<Expr>);

impl Exprs {
    /// The node behind an id.
    #[must_use]
    pub fn get(&self, id: ExprId) -> Option<&Expr> {
        self.0.get(id.index())
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
