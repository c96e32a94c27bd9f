//! Types and values of a made world, from pools that are small enough for conditions to come out both ways.

use dictum_artifact::value::{Decimal, Duration, Timestamp, quote};
use serde_json::{Value as Json, json};

use super::marks::{Space, name};
use super::model::{Model, ident};
use super::rng::Rng;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `Bool`
    Bool,
    /// `Int`
    Int,
    /// `Decimal`
    Decimal,
    /// `String`
    String,
    /// `Timestamp`
    Timestamp,
    /// `Duration`
    Duration,
    /// `Ip`
    Ip,
    /// An enum, by its number.
    Enum(usize),
    /// An entity type, by its number.
    Entity(usize),
    /// `Set<T>`
    Set(Box<Ty>),
    /// `Map<T>`
    Map(Box<Ty>),
    /// A record.
    Record(Vec<Field>),
}

/// A field of a record, an attribute, a field of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name, without backticks.
    pub name: String,
    /// The type.
    pub ty: Ty,
    /// Whether it may be absent.
    pub optional: bool,
    /// How many elements it has at most, where that is declared; of a set or a map.
    pub most: Option<usize>,
}

impl Field {
    /// A field.
    #[must_use]
    pub fn new(name: &str, ty: Ty, optional: bool) -> Self {
        Self {
            name: name.to_owned(),
            ty,
            optional,
            most: None,
        }
    }
}

/// How many elements a set or a map counts for where no bound is declared.
pub const DEFAULT_BOUND: usize = 256;

/// A value, that JSON and the language can both be written from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Val {
    /// A `Bool`.
    Bool(bool),
    /// An `Int`.
    Int(i64),
    /// A `Decimal`, in ten-thousandths.
    Decimal(i64),
    /// A `String`.
    String(String),
    /// A `Timestamp`, in milliseconds.
    Timestamp(i64),
    /// A `Duration`, in milliseconds.
    Duration(i64),
    /// An `Ip`.
    Ip(&'static str),
    /// A name of an enum.
    Enum(usize, usize),
    /// An entity.
    Entity(usize, String),
    /// A set.
    Set(Vec<Val>),
    /// A map.
    Map(Vec<(String, Val)>),
    /// A record: the fields that are there.
    Record(Vec<(String, Val)>),
}

const INTS: [i64; 12] = [0, 1, 1, 2, 2, 3, 3, -1, 7, i64::MAX, i64::MIN, i64::MAX - 1];
const DECIMALS: [i64; 10] = [
    0,
    10_000,
    10_000,
    15_000,
    15_000,
    20_000,
    -5_000,
    1,
    i64::MAX,
    i64::MIN,
];
const STRINGS: [&str; 13] = [
    "",
    "a",
    "a",
    "b",
    "b",
    "ab",
    "plan.pdf",
    "A",
    "a*b",
    "é \"q\"\\\u{1f600}",
    "Straße 9",
    "É٣",
    "a\nb",
];
/// Noon of a Monday and its neighbours, weekends, midnights, the ends of time, and times at which clocks are set: in
/// Berlin, Troll and St John's, on Lord Howe, in Casablanca around a Ramadan; in 2026 and long after.
const TIMES: [i64; 27] = [
    0,
    1_767_614_400_000,
    1_767_614_400_000,
    1_767_614_400_001,
    1_767_700_800_000,
    1_767_571_200_000,
    1_768_089_600_000,
    1_767_614_399_999,
    253_402_300_799_999,
    -62_135_596_800_000,
    253_402_300_800_000,
    -62_167_219_200_001,
    8_640_000_000_000_001,
    i64::MAX,
    i64::MIN,
    1_774_746_000_000,
    1_774_745_999_999,
    1_772_947_800_000,
    1_772_947_799_999,
    1_775_314_800_000,
    1_775_314_799_999,
    1_771_120_800_000,
    1_774_144_799_999,
    32_470_506_000_000,
    32_470_505_999_999,
    -1_690_000_000_000,
    9_000_000_000_001,
];

/// Time zones, odd ones among them.
pub const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Pacific/Apia",
];
const DURATIONS: [i64; 9] = [
    0,
    1,
    60_000,
    60_000,
    5_400_000,
    86_400_000,
    -60_000,
    i64::MAX,
    i64::MIN,
];
const IPS: [&str; 16] = [
    "10.0.0.1",
    "10.0.0.1",
    "10.0.0.0/8",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "127.0.0.1",
    "224.0.0.5",
    "203.0.113.9",
    "::1",
    "fd00::/8",
    "ff02::1",
    "10.0.0.1/8",
    "10.1.2.3/8",
    "fd00::1/8",
    "::ffff:10.0.0.1/104",
    "::ffff:10.0.0.1/64",
];

/// Texts that pieces of [`STRINGS`] match, as patterns of `like`.
pub const PATTERNS: [&str; 8] = ["a", "a*", "*b", "*.pdf", "*", "a\\*b", "*a*", ""];

/// The keys of maps.
pub const KEYS: [&str; 4] = ["a", "b", "k", "x y"];

/// A random value of a type; entities come from the pools of ids, described or not.
pub fn value(model: &Model, rng: &mut Rng, ty: &Ty) -> Val {
    match ty {
        Ty::Bool => Val::Bool(rng.chance(50)),
        Ty::Int => Val::Int(rng.one(&INTS)),
        Ty::Decimal => Val::Decimal(rng.one(&DECIMALS)),
        Ty::String => Val::String(rng.one(&STRINGS).to_owned()),
        Ty::Timestamp => Val::Timestamp(rng.one(&TIMES)),
        Ty::Duration => Val::Duration(rng.one(&DURATIONS)),
        Ty::Ip => Val::Ip(rng.one(&IPS)),
        Ty::Enum(e) => Val::Enum(*e, rng.below(model.enums[*e].variants.len())),
        Ty::Entity(e) => Val::Entity(*e, id(model, rng, *e)),
        Ty::Set(inner) => {
            let mut items: Vec<Val> = Vec::new();
            for _ in 0..rng.below(4) {
                let item = value(model, rng, inner);
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            Val::Set(items)
        }
        Ty::Map(inner) => {
            let keys = rng.some(&KEYS, 40, 0);
            Val::Map(
                keys.into_iter()
                    .map(|key| (key.to_owned(), value(model, rng, inner)))
                    .collect(),
            )
        }
        Ty::Record(fields) => Val::Record(given(model, rng, fields, 60)),
    }
}

/// A random value of a field: no larger than its bound, and now and then larger than a set counts for without one.
pub fn value_of(model: &Model, rng: &mut Rng, field: &Field) -> Val {
    let mut value = value(model, rng, &field.ty);
    match (&mut value, field.most) {
        (Val::Set(items), Some(most)) => items.truncate(most),
        (Val::Map(entries), Some(most)) => entries.truncate(most),
        (Val::Set(items), None) if field.ty == Ty::Set(Box::new(Ty::Int)) && rng.chance(1) => {
            let count = i64::try_from(DEFAULT_BOUND + rng.below(3)).unwrap_or(0);
            *items = (0..count).map(Val::Int).collect();
        }
        _ => {}
    }
    value
}

/// Values for fields: for the required ones, and for optional ones with a chance of so many percent.
pub fn given(model: &Model, rng: &mut Rng, fields: &[Field], percent: usize) -> Vec<(String, Val)> {
    let mut values = Vec::new();
    for field in fields {
        if !field.optional || rng.chance(percent) {
            values.push((field.name.clone(), value_of(model, rng, field)));
        }
    }
    values
}

/// An id of an entity type.
pub fn id(model: &Model, rng: &mut Rng, entity: usize) -> String {
    rng.pick(&model.entities[entity].ids).cloned().unwrap_or_default()
}

impl Val {
    /// The value as JSON, in one of the forms that are read.
    pub fn to_json(&self, model: &Model, rng: &mut Rng) -> Json {
        match self {
            Self::Bool(b) => json!(b),
            Self::Int(n) => json!(n),
            Self::Decimal(units) => {
                let decimal = Decimal::from_ten_thousandths(*units);
                if units % 10_000 == 0 && units.unsigned_abs() < 1_000_000 && rng.chance(30) {
                    json!(units / 10_000)
                } else if units.unsigned_abs() < 1_000_000 && rng.chance(30) {
                    serde_json::from_str(&decimal.to_string()).unwrap_or_default()
                } else {
                    json!(decimal.to_string())
                }
            }
            Self::String(text) => json!(text),
            Self::Timestamp(ms) => json!(Timestamp(*ms).to_string()),
            Self::Duration(ms) => json!(Duration(*ms).to_string()),
            Self::Ip(net) => json!(net),
            Self::Enum(e, variant) => json!(model.enums[*e].variants[*variant]),
            Self::Entity(entity, id) if rng.chance(50) => {
                json!({ "type": model.entities[*entity].name, "id": id })
            }
            Self::Entity(_, id) => json!(id),
            Self::Set(items) => items.iter().map(|item| item.to_json(model, rng)).collect(),
            Self::Map(entries) | Self::Record(entries) => object(model, rng, entries),
        }
    }

    /// The value as the language writes it. Where the place does not tell the type (`hinted`), the names of enums need
    /// their enum.
    #[must_use]
    pub fn to_language(&self, model: &Model, hinted: bool) -> String {
        match self {
            Self::Bool(b) => b.to_string(),
            Self::Int(n) => n.to_string(),
            Self::Decimal(units) => Decimal::from_ten_thousandths(*units).to_string(),
            Self::String(text) => quote(text),
            Self::Timestamp(ms) => format!("time\"{}\"", Timestamp(*ms)),
            Self::Duration(ms) => Duration(*ms).to_string(),
            Self::Ip(net) => format!("ip\"{net}\""),
            Self::Enum(e, variant) => {
                let def = &model.enums[*e];
                let variant = ident(&def.variants[*variant]);
                if hinted {
                    variant
                } else {
                    format!("{}.{variant}", name(Space::Type, &def.name))
                }
            }
            Self::Entity(entity, id) => format!("{}::{}", model.entity(*entity), quote(id)),
            Self::Set(items) => {
                let items: Vec<String> = items.iter().map(|item| item.to_language(model, hinted)).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entry = |(key, value): &(String, Val)| {
                    let key = if key.len() > 1 { quote(key) } else { ident(key) };
                    format!("{key}: {}", value.to_language(model, true))
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Self::Record(entries) => braces(model, entries),
        }
    }
}

/// `{ name: value, … }` in the language.
#[must_use]
pub fn braces(model: &Model, entries: &[(String, Val)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, value)| format!("{}: {}", ident(name), value.to_language(model, true)))
        .collect();
    if entries.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", entries.join(", "))
    }
}

/// The same as JSON.
pub fn object(model: &Model, rng: &mut Rng, entries: &[(String, Val)]) -> Json {
    Json::Object(
        entries
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json(model, rng)))
            .collect(),
    )
}

/// `{"type": …, "id": …}`
#[must_use]
pub fn entity_json(model: &Model, entity: usize, id: &str) -> Json {
    json!({ "type": model.entities[entity].name, "id": id })
}
