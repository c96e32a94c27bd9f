//! Requests and data as JSON, in the shape that they are read in.

use serde_json::{Map, Value as Json, json};

use crate::data::{Dataset, Entity, Grant, Request, Scope};
use crate::schema::{Fields, Schema, Type, TypeId};
use crate::value::{EntityUid, Value};

/// The JSON of a request; [`read_request`](super::read_request) gives the same request back.
#[must_use]
pub fn write_request(schema: &Schema, request: &Request) -> Json {
    let action = schema.action(request.action);
    let mut out = Map::new();
    out.insert(
        "subject".to_owned(),
        described(schema, &request.principal, &request.principal_attributes),
    );
    out.insert(
        "action".to_owned(),
        json!({ "name": action.map_or("?", |def| &def.name) }),
    );
    out.insert(
        "resource".to_owned(),
        described(schema, &request.resource, &request.resource_attributes),
    );
    let context = action.and_then(|def| schema.record(def.context?));
    if let Some(fields) = context.filter(|fields| !fields.is_empty()) {
        out.insert("context".to_owned(), record(schema, fields, &request.context, id));
    }
    Json::Object(out)
}

/// The JSON of a store's data; [`read_dataset`](super::read_dataset) gives the same data back.
#[must_use]
pub fn write_dataset(schema: &Schema, data: &Dataset) -> Json {
    let entities: Vec<Json> = data
        .entities
        .iter()
        .map(|entity| write_entity(schema, entity))
        .collect();
    let grants: Vec<Json> = data
        .grants
        .iter()
        .map(|grant| write_grant(schema, grant))
        .collect();
    json!({ "entities": entities, "grants": grants })
}

/// The JSON of a value of a type, such as a field of an obligation: as in a request, but entities say their type.
///
/// ```
/// use dictum_artifact::json::write_value;
/// use dictum_artifact::schema::{Schema, Type, TypeId};
/// use dictum_artifact::value::{Duration, Value};
///
/// let schema = Schema { types: vec![Type::Duration, Type::Map(TypeId(0))], ..Schema::default() };
/// let limits = Value::Map([("a".into(), Value::Duration(Duration(90_000)))].into());
/// assert_eq!(write_value(&schema, TypeId(1), &limits), serde_json::json!({"a": "1m30s"}));
/// ```
#[must_use]
pub fn write_value(schema: &Schema, ty: TypeId, value: &Value) -> Json {
    write(schema, value, ty, reference)
}

/// How an entity is written.
type Writer = fn(&Schema, &EntityUid) -> Json;

/// An entity of a type that is known.
fn id(_: &Schema, uid: &EntityUid) -> Json {
    json!(&*uid.id)
}

fn write_entity(schema: &Schema, entity: &Entity) -> Json {
    let has_attributes = entity.attributes.iter().any(Option::is_some);
    let attributes = if has_attributes {
        entity.attributes.as_slice()
    } else {
        &[]
    };
    let mut out = described(schema, &entity.uid, attributes);
    if let Json::Object(out) = &mut out
        && !entity.parents.is_empty()
    {
        let parents = entity
            .parents
            .iter()
            .map(|parent| reference(schema, parent))
            .collect();
        out.insert("parents".to_owned(), Json::Array(parents));
    }
    out
}

/// An entity by its type and id.
#[must_use]
pub fn write_entity_uid(schema: &Schema, uid: &EntityUid) -> Json {
    reference(schema, uid)
}

/// A grant, as it stands in the data of a store.
#[must_use]
pub fn write_grant(schema: &Schema, grant: &Grant) -> Json {
    let mut out = Map::new();
    let role = schema.role(grant.role).map_or("?", |def| &def.name);
    out.insert("role".to_owned(), json!(role));
    out.insert("subject".to_owned(), reference(schema, &grant.subject));
    let scope = match &grant.scope {
        Scope::Anything => json!("anything"),
        Scope::Entity(uid) => reference(schema, uid),
    };
    out.insert("resource".to_owned(), scope);
    if let Some(until) = grant.until {
        out.insert("until".to_owned(), json!(until.to_string()));
    }
    Json::Object(out)
}

fn reference(schema: &Schema, uid: &EntityUid) -> Json {
    let ty = schema.entity_type(uid.ty).map_or("?", |def| &def.name);
    json!({ "type": ty, "id": &*uid.id })
}

/// An entity with the attributes that there are; without any, it has no `properties`.
fn described(schema: &Schema, uid: &EntityUid, attributes: &[Option<Value>]) -> Json {
    let mut out = reference(schema, uid);
    if let (Json::Object(out), Some(def)) = (&mut out, schema.entity_type(uid.ty))
        && !attributes.is_empty()
    {
        out.insert(
            "properties".to_owned(),
            record(schema, &def.attributes, attributes, id),
        );
    }
    out
}

fn record(schema: &Schema, fields: &Fields, values: &[Option<Value>], entity: Writer) -> Json {
    let given = fields
        .iter()
        .zip(values)
        .filter_map(|(field, value)| Some((field, value.as_ref()?)));
    Json::Object(
        given
            .map(|(field, value)| (field.name.clone(), write(schema, value, field.ty, entity)))
            .collect(),
    )
}

/// A value; null where it is not of the type.
fn write(schema: &Schema, value: &Value, ty: TypeId, entity: Writer) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Decimal(value) => json!(value.to_string()),
        Value::String(value) => json!(&**value),
        Value::Timestamp(value) => json!(value.to_string()),
        Value::Duration(value) => json!(value.to_string()),
        Value::Ip(value) => json!(value.to_string()),
        Value::Enum(of, at) => {
            let def = schema.enum_def(*of);
            json!(def.and_then(|def| def.variants.get(*at as usize)))
        }
        Value::Entity(uid) => entity(schema, uid),
        Value::Set(items) => {
            let Some(Type::Set(element)) = schema.ty(ty) else {
                return Json::Null;
            };
            Json::Array(
                items
                    .iter()
                    .map(|item| write(schema, item, element, entity))
                    .collect(),
            )
        }
        Value::Map(entries) => {
            let Some(Type::Map(of)) = schema.ty(ty) else {
                return Json::Null;
            };
            let entries = entries
                .iter()
                .map(|(key, item)| (key.as_ref().to_owned(), write(schema, item, of, entity)));
            Json::Object(entries.collect())
        }
        Value::Record(values) => {
            let Some(Type::Record(of)) = schema.ty(ty) else {
                return Json::Null;
            };
            schema
                .record(of)
                .map_or(Json::Null, |fields| record(schema, fields, values, entity))
        }
    }
}
