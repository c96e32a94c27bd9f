//! Whether a value is of a type.

use std::fmt;

use super::Attributes;
use crate::path;
use crate::schema::{Field, Fields, Schema, Type, TypeId};
use crate::value::{EntityUid, Value};

/// How deep types, and so values, may be nested.
pub const MAX_TYPE_DEPTH: usize = 256;

/// A value that is not of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFault {
    /// Which part of it, such as `context.token.mfa`; empty for the whole of a value that has no name.
    pub path: String,
    /// What is wrong with that part.
    pub problem: ValueProblem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueProblem {
    /// It is of another type.
    Type {
        /// The name of the type that it should have.
        expected: String,
        /// The value, or what kind of value it is.
        found: String,
    },
    /// It is not there, and is required.
    Missing {
        /// The name of its type.
        expected: String,
    },
    /// A record or an entity has more or fewer values than fields.
    Count {
        /// How many fields there are.
        expected: usize,
        /// How many values.
        found: usize,
    },
    /// It is the position of no name of the enum.
    Variant {
        /// The enum's name.
        of: String,
    },
    /// It is an entity of a type whose ids are listed, and its id is not among them.
    Id {
        /// The entity's type.
        of: String,
        /// Its id.
        found: String,
        /// The ids that there are, or the first of them, as a list for people.
        expected: String,
    },
    /// It is an IPv6 network that an IPv4 one is written as.
    Network,
    /// It is a set or map with more elements than its field is declared to have.
    TooMany {
        /// How many it may have.
        most: u32,
        /// How many it has.
        found: usize,
    },
    /// The schema has no such type.
    UnknownType,
    /// It is nested deeper than [`MAX_TYPE_DEPTH`].
    TooDeep,
}

impl ValueFault {
    fn new(problem: ValueProblem) -> Self {
        Self {
            path: String::new(),
            problem,
        }
    }

    /// The fault, of a part of something.
    pub(crate) fn within(mut self, part: &str) -> Self {
        self.path.insert_str(0, part);
        self
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for ValueFault {}

impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { expected, found } => {
                write!(f, "expected a value of type `{expected}`, found {found}")
            }
            Self::Missing { expected } => write!(f, "missing: expected a value of type `{expected}`"),
            Self::Count { expected, found } => write!(
                f,
                "expected a value or a gap for each of {expected} fields, found {found}"
            ),
            Self::Variant { of } => write!(f, "not a name of the enum `{of}`"),
            Self::Id { of, found, expected } => write!(
                f,
                "there is no `{of}` with the id `{}`; its ids are {}",
                path::shorten(found),
                expected
            ),
            Self::Network => f.write_str("the IPv6 address is one of IPv4, and is that"),
            Self::TooMany { most: 1, found } => write!(f, "expected at most 1 element, found {found}"),
            Self::TooMany { most, found } => write!(f, "expected at most {most} elements, found {found}"),
            Self::UnknownType => f.write_str("the schema has no such type"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_TYPE_DEPTH} levels"),
        }
    }
}

/// Checks that a value is of a type: records have a value for each required field, enums and entities only the names
/// and ids that are declared.
///
/// ```
/// use dictum_artifact::data::check_value;
/// use dictum_artifact::schema::{Schema, Type, TypeId};
/// use dictum_artifact::value::Value;
///
/// let schema = Schema { types: vec![Type::Int, Type::Set(TypeId(0))], ..Schema::default() };
/// let numbers = |items: Vec<Value>| Value::Set(items.into_iter().collect());
/// assert!(check_value(&schema, &numbers(vec![Value::Int(1)]), TypeId(1)).is_ok());
/// let fault = check_value(&schema, &numbers(vec![Value::Bool(true)]), TypeId(1)).unwrap_err();
/// assert_eq!(fault.to_string(), "`[0]`: expected a value of type `Int`, found `true`");
/// ```
///
/// # Errors
/// The first part that is not of its type.
pub fn check_value(schema: &Schema, value: &Value, ty: TypeId) -> Result<(), ValueFault> {
    check_within(schema, value, ty, MAX_TYPE_DEPTH)
}

/// Checks that a value is of a field's type, and has no more elements than the field is declared to have.
///
/// # Errors
/// The first part that is not.
pub fn check_field(schema: &Schema, field: &Field, value: &Value) -> Result<(), ValueFault> {
    check_count(field, value).map_err(ValueFault::new)?;
    check_value(schema, value, field.ty)
}

/// Checks that an entity is of a type that there is, and has an id that the type has.
///
/// # Errors
/// When it has not.
pub fn check_entity_uid(schema: &Schema, uid: &EntityUid) -> Result<(), ValueFault> {
    let Some(def) = schema.entity_type(uid.ty) else {
        return Err(ValueFault::new(ValueProblem::UnknownType));
    };
    match &def.closed {
        Some(ids) if ids.binary_search_by(|id| id.as_str().cmp(&uid.id)).is_err() => {
            Err(ValueFault::new(ValueProblem::Id {
                of: def.name.clone(),
                found: uid.id.as_ref().to_owned(),
                expected: path::names(ids.iter().map(String::as_str)),
            }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks the values of an entity's attributes or a record's fields. With `whole`, the required ones must be there.
pub(crate) fn check_fields(
    schema: &Schema,
    fields: &Fields,
    values: &Attributes,
    whole: bool,
) -> Result<(), ValueFault> {
    fields_within(schema, fields, values, whole, MAX_TYPE_DEPTH)
}

fn fields_within(
    schema: &Schema,
    fields: &Fields,
    values: &Attributes,
    whole: bool,
    levels: usize,
) -> Result<(), ValueFault> {
    if fields.len() != values.len() {
        return Err(ValueFault::new(ValueProblem::Count {
            expected: fields.len(),
            found: values.len(),
        }));
    }
    for (field, value) in fields.iter().zip(values) {
        match value {
            Some(value) => check_count(field, value)
                .map_err(ValueFault::new)
                .and_then(|()| check_within(schema, value, field.ty, levels)),
            None if whole && !field.optional => Err(ValueFault::new(ValueProblem::Missing {
                expected: schema.type_name(field.ty),
            })),
            None => Ok(()),
        }
        .map_err(|fault| fault.within(&path::member(&field.name)))?;
    }
    Ok(())
}

/// Checks that a set or map has no more elements than its field is declared to have.
pub(crate) fn check_count(field: &Field, value: &Value) -> Result<(), ValueProblem> {
    let found = match value {
        Value::Set(items) => items.len(),
        Value::Map(entries) => entries.len(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Ip(_)
        | Value::Enum(..)
        | Value::Entity(_)
        | Value::Record(_) => return Ok(()),
    };
    match field.most {
        Some(most) if found > most as usize => Err(ValueProblem::TooMany { most, found }),
        Some(_) | None => Ok(()),
    }
}

fn check_within(schema: &Schema, value: &Value, ty: TypeId, levels: usize) -> Result<(), ValueFault> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(ValueFault::new(ValueProblem::TooDeep));
    };
    let Some(expected) = schema.ty(ty) else {
        return Err(ValueFault::new(ValueProblem::UnknownType));
    };
    match (expected, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Decimal, Value::Decimal(_))
        | (Type::String, Value::String(_))
        | (Type::Timestamp, Value::Timestamp(_))
        | (Type::Duration, Value::Duration(_)) => Ok(()),
        (Type::Ip, Value::Ip(network)) if network.is_canonical() => Ok(()),
        (Type::Ip, Value::Ip(_)) => Err(ValueFault::new(ValueProblem::Network)),
        (Type::Enum(expected), Value::Enum(found, variant)) if expected == *found => {
            let def = schema
                .enum_def(expected)
                .ok_or(ValueFault::new(ValueProblem::UnknownType))?;
            match def.variants.get(*variant as usize) {
                Some(_) => Ok(()),
                None => Err(ValueFault::new(ValueProblem::Variant { of: def.name.clone() })),
            }
        }
        (Type::Entity(expected), Value::Entity(uid)) if expected == uid.ty => check_entity_uid(schema, uid),
        (Type::Set(element), Value::Set(items)) => items.iter().enumerate().try_for_each(|(at, item)| {
            check_within(schema, item, element, levels).map_err(|fault| fault.within(&format!("[{at}]")))
        }),
        (Type::Map(of), Value::Map(entries)) => entries.iter().try_for_each(|(key, value)| {
            check_within(schema, value, of, levels).map_err(|fault| fault.within(&path::key(key)))
        }),
        (Type::Record(record), Value::Record(values)) => {
            let fields = schema
                .record(record)
                .ok_or(ValueFault::new(ValueProblem::UnknownType))?;
            fields_within(schema, fields, values, true, levels)
        }
        (
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Entity(_)
            | Type::Set(_)
            | Type::Map(_)
            | Type::Record(_),
            _,
        ) => Err(ValueFault::new(ValueProblem::Type {
            expected: schema.type_name(ty),
            found: describe(schema, value),
        })),
    }
}

/// A value as a message shows it: itself where it is short, else its kind.
fn describe(schema: &Schema, value: &Value) -> String {
    match value {
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Ip(_)
        | Value::Entity(_) => format!("`{}`", path::shorten(&value.display(schema))),
        Value::Enum(of, _) => {
            let name = schema.enum_def(*of).map_or("?", |def| def.name.as_str());
            format!("`{}` of the enum `{name}`", value.display(schema))
        }
        Value::Set(_) => "a set".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        Value::Record(_) => "a record".to_owned(),
    }
}
