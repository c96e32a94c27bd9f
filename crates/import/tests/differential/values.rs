//! Values: as literals of conditions, and in the JSON of entities and contexts.

use serde_json::{Map, Value as Json, json};

use crate::rng::Rng;
use crate::schema::{Field, Schema, Ty};

const LONGS: [i64; 14] = [
    0,
    1,
    2,
    3,
    -1,
    -7,
    60,
    1_000,
    4_611_686_018_427_387_904,
    3_037_000_500,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
];
pub(crate) const TEXTS: [&str; 9] = ["", "a", "ab", "abc", "a*b", "é\\", "x\"y", "tag", "b"];
const DECIMALS: [&str; 6] = [
    "0.0",
    "1.5",
    "-1.5",
    "0.0001",
    "922337203685477.5807",
    "-922337203685477.5808",
];
const IPS: [&str; 9] = [
    "10.0.0.1",
    "10.0.0.0/8",
    "192.168.1.0/24",
    "127.0.0.1",
    "224.0.0.1",
    "::1",
    "ff00::1",
    "fe80::/10",
    "0.0.0.0/0",
];
const TIMES: [&str; 6] = [
    "2024-01-01",
    "2024-02-29T12:30:00Z",
    "1969-12-31T23:59:59.999Z",
    "2024-02-29T12:30:00.001+0200",
    "0001-01-01",
    "9999-12-31",
];
const SPANS: [&str; 7] = [
    "0ms",
    "1d",
    "-1d",
    "1h30m",
    "-90s",
    "9223372036854775807ms",
    "-9223372036854775808ms",
];

/// A literal of a type, if there is one: no record that may lack fields has one in strict Cedar.
pub(crate) fn literal(rng: &mut Rng, schema: &Schema, ty: &Ty) -> Option<String> {
    let call = |function: &str, text: &str| format!("{function}(\"{text}\")");
    Some(match ty {
        Ty::Bool => rng.one(&["true", "false"]).to_owned(),
        Ty::Long => rng.pick(&LONGS)?.to_string(),
        Ty::Text => crate::schema::quoted(rng.one(&TEXTS)),
        Ty::Decimal => call("decimal", rng.one(&DECIMALS)),
        Ty::Ip => call("ip", rng.one(&IPS)),
        Ty::Time => call("datetime", rng.one(&TIMES)),
        Ty::Span => call("duration", rng.one(&SPANS)),
        Ty::Entity(number) => schema.entity(*number, &id(rng, schema, *number)),
        Ty::Set(element) => {
            let mut items = Vec::new();
            for _ in 0..1 + rng.below(3) {
                items.push(literal(rng, schema, element)?);
            }
            format!("[{}]", items.join(", "))
        }
        Ty::Record(fields) => {
            let mut items = Vec::new();
            for field in fields {
                if field.optional {
                    return None;
                }
                let value = literal(rng, schema, &field.ty)?;
                items.push(format!("{}: {value}", crate::schema::quoted(&field.name)));
            }
            format!("{{{}}}", items.join(", "))
        }
    })
}

/// The id of an entity; of one that is never described now and then.
pub(crate) fn id(rng: &mut Rng, schema: &Schema, ty: usize) -> String {
    let ty = &schema.types[ty];
    if !ty.enumerated && rng.chance(10) {
        return "nobody".to_owned();
    }
    ty.ids[rng.below(ty.ids.len())].clone()
}

pub(crate) fn uid(schema: &Schema, ty: usize, id: &str) -> Json {
    json!({ "type": schema.types[ty].full(), "id": id })
}

pub(crate) fn value(rng: &mut Rng, schema: &Schema, ty: &Ty) -> Json {
    let call = |function: &str, text: &str| json!({ "__extn": { "fn": function, "arg": text } });
    match ty {
        Ty::Bool => json!(rng.chance(50)),
        Ty::Long => json!(LONGS[rng.below(LONGS.len())]),
        Ty::Text => json!(rng.one(&TEXTS)),
        Ty::Decimal => call("decimal", rng.one(&DECIMALS)),
        Ty::Ip => call("ip", rng.one(&IPS)),
        // Instants that no text has.
        Ty::Time if rng.chance(15) => {
            let span = rng.one(&["9000000000000000000ms", "-9223372036854775807ms", "1ms"]);
            let args = [call("datetime", "2024-01-01"), call("duration", span)];
            json!({ "__extn": { "fn": "offset", "args": args } })
        }
        Ty::Time => call("datetime", rng.one(&TIMES)),
        Ty::Span => call("duration", rng.one(&SPANS)),
        Ty::Entity(number) => {
            let id = id(rng, schema, *number);
            json!({ "__entity": uid(schema, *number, &id) })
        }
        Ty::Set(element) => {
            let mut items = Vec::new();
            for _ in 0..rng.below(4) {
                items.push(value(rng, schema, element));
            }
            Json::Array(items)
        }
        Ty::Record(fields) => record(rng, schema, fields),
    }
}

pub(crate) fn record(rng: &mut Rng, schema: &Schema, fields: &[Field]) -> Json {
    let mut out = Map::new();
    for field in fields {
        if !field.optional || rng.chance(60) {
            out.insert(field.name.clone(), value(rng, schema, &field.ty));
        }
    }
    Json::Object(out)
}
