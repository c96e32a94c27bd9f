//! Cedar's requests to requests of the imported policy.

use std::str::FromStr;

use cedar_policy_core::ast::{Context, EntityUID, EntityUIDEntry, Request};
use cedar_policy_core::entities::{ContextJsonParser, TypeAndId};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::{CoreSchema, ValidatorSchema, context_schema_for_action};
use serde_json::{Map, Value as Json, json};

use super::data::{reference, value};
use super::names::of_action;

/// An entity in any of the forms that Cedar has for one: `User::"ann"` as a text, `{"type": "User", "id": "ann"}`, or that
/// as `{"__entity": …}`.
pub(super) fn read_uid(json: &Json) -> Result<EntityUID, String> {
    match json {
        Json::String(text) => EntityUID::from_str(text).map_err(|error| error.to_string()),
        _ => {
            let inner = json.get("__entity").unwrap_or(json);
            let uid: TypeAndId = serde_json::from_value(inner.clone()).map_err(|error| error.to_string())?;
            EntityUID::try_from(uid).map_err(|error| error.to_string())
        }
    }
}

/// A request in Cedar's JSON (`{"principal": …, "action": …, "resource": …, "context": {…}}`) as an AuthZEN request.
pub(super) fn authzen(schema: &ValidatorSchema, request: &Json) -> Result<Json, String> {
    let entity = |name: &str| {
        let found = request
            .get(name)
            .ok_or_else(|| format!("the request has no `{name}`"))?;
        read_uid(found).map_err(|why| format!("`{name}`: {why}"))
    };
    let (principal, action, resource) = (entity("principal")?, entity("action")?, entity("resource")?);
    let extensions = Extensions::all_available();
    let Some(context_schema) = context_schema_for_action(schema, &action) else {
        return Err(format!("the schema declares no action `{action}`"));
    };
    let parser = ContextJsonParser::new(Some(&context_schema), extensions);
    let context = request.get("context").cloned().unwrap_or_else(|| json!({}));
    let context = parser.from_json_value(context).map_err(|error| chain(&error))?;
    let known = |uid: &EntityUID| EntityUIDEntry::known(uid.clone(), None);
    let core = CoreSchema::new(schema);
    Request::new_with_unknowns(
        known(&principal),
        known(&action),
        known(&resource),
        Some(context.clone()),
        Some(&core),
        extensions,
    )
    .map_err(|error| chain(&error))?;
    let mut fields = Map::new();
    match &context {
        Context::Value(values) => {
            for (name, found) in values.iter() {
                fields.insert(
                    name.to_string(),
                    value(found).map_err(|why| format!("`context.{name}`: {why}"))?,
                );
            }
        }
        Context::RestrictedResidual(_) => return Err("the context has no value".to_owned()),
    }
    Ok(json!({
        "subject": reference(&principal),
        "action": { "name": of_action(&action).key() },
        "resource": reference(&resource),
        "context": fields,
    }))
}

/// An error with what it was caused by.
fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        if !out.contains(&told) {
            out.push_str(": ");
            out.push_str(&told);
        }
        source = cause.source();
    }
    out
}
