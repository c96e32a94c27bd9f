//! Cedar's entities and values to data as JSON.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cedar_policy_core::ast::{Entity, EntityUID, PartialValue, Value};
use cedar_policy_core::entities::conformance::EntitySchemaConformanceChecker;
use cedar_policy_core::entities::{CedarValueJson, Entities, EntityJsonParser, FnAndArgs, TCComputation};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::jsonvalue::JsonValueWithNoDuplicateKeys;
use cedar_policy_core::validator::CoreSchema;
use dictum_artifact::value::{Decimal, Duration, Network, Timestamp};
use serde_json::{Map, Value as Json, json};

use super::entities::conform;
use super::names::{Names, of_type};
use super::read::Cedar;
use super::{Refusal, Text};

/// A value of one of Cedar's extension types; of times, as they are best written too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    Decimal(Decimal),
    Ip(Network),
    Timestamp(Timestamp, String),
    Duration(Duration, String),
}

/// The value that a function of Cedar's makes of a text, if it is one that makes values.
pub(super) fn extension(function: &str, written: &str) -> Option<Result<Extension, String>> {
    Some(match function {
        "decimal" => Decimal::parse(written)
            .map(Extension::Decimal)
            .map_err(|error| error.to_string()),
        "ip" => ip(written).map(Extension::Ip),
        "datetime" => timestamp(written),
        "duration" => duration(written),
        _ => return None,
    })
}

/// Dictum takes an IPv4 address that is wrapped in an IPv6 one for the IPv4 address, and Cedar for another.
fn ip(written: &str) -> Result<Network, String> {
    let network = Network::parse(written).map_err(|error| error.to_string())?;
    let address = written.split('/').next().unwrap_or_default();
    if address.contains(':') && matches!(network.addr(), IpAddr::V4(_)) {
        return Err(format!(
            "`{written}` is an IPv4 address in the form of an IPv6 one: for Dictum it is that IPv4 address, and for Cedar it is not"
        ));
    }
    Ok(network)
}

/// Cedar writes the offset of a time without a colon.
fn timestamp(written: &str) -> Result<Extension, String> {
    let text = match written.len().checked_sub(2) {
        Some(minutes)
            if written.len() > 10 && !written.ends_with('Z') && written.is_char_boundary(minutes) =>
        {
            let (rest, minutes) = written.split_at(minutes);
            format!("{rest}:{minutes}")
        }
        _ => written.to_owned(),
    };
    let instant = Timestamp::parse(&text).map_err(|error| error.to_string())?;
    Ok(Extension::Timestamp(instant, format!("time\"{text}\"")))
}

fn duration(written: &str) -> Result<Extension, String> {
    let span = Duration::parse(written).map_err(|error| error.to_string())?;
    Ok(Extension::Duration(span, written.to_owned()))
}

/// An entity as data and requests refer to it.
pub(super) fn reference(uid: &EntityUID) -> Json {
    let id: &str = uid.eid().as_ref();
    json!({ "type": of_type(uid.entity_type()).key(), "id": id })
}

/// A value as data and requests write it; its type is known where it is read.
pub(super) fn value(value: &Value) -> Result<Json, String> {
    let json = CedarValueJson::from_value(value.clone()).map_err(|error| error.to_string())?;
    plain(&json)
}

fn plain(json: &CedarValueJson) -> Result<Json, String> {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match json {
        CedarValueJson::Bool(value) => Ok(json!(value)),
        CedarValueJson::Long(value) => Ok(json!(value)),
        CedarValueJson::String(value) => Ok(json!(value.as_str())),
        CedarValueJson::EntityEscape { __entity: entity } => {
            let uid = EntityUID::try_from(entity.clone()).map_err(|error| error.to_string())?;
            Ok(reference(&uid))
        }
        CedarValueJson::ExtnEscape { __extn: call } => Ok(Json::String(match called(call)? {
            Extension::Decimal(value) => value.to_string(),
            Extension::Ip(value) => value.to_string(),
            Extension::Timestamp(value, _) => value.to_string(),
            Extension::Duration(value, _) => value.to_string(),
        })),
        CedarValueJson::Set(items) => items.iter().map(plain).collect(),
        CedarValueJson::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| Ok((name.to_string(), plain(value)?)));
            Ok(Json::Object(fields.collect::<Result<Map<_, _>, String>>()?))
        }
        CedarValueJson::Null | CedarValueJson::ExprEscape { .. } => {
            Err("this is no value of Cedar's".to_owned())
        }
    })
}

/// The value of a call, such as `offset(datetime("1970-01-01"), duration("1ms"))`, as Cedar writes times.
fn called(call: &FnAndArgs) -> Result<Extension, String> {
    let (function, args): (&str, Vec<&CedarValueJson>) = match call {
        FnAndArgs::Single { ext_fn, arg } => (ext_fn, vec![arg]),
        FnAndArgs::Multi { ext_fn, args } => (ext_fn, args.iter().collect()),
    };
    let unknown = || format!("Dictum has no value like that of `{function}`");
    match args.as_slice() {
        [CedarValueJson::String(written)] => extension(function, written).ok_or_else(unknown)?,
        [
            CedarValueJson::ExtnEscape { __extn: instant },
            CedarValueJson::ExtnEscape { __extn: span },
        ] if function == "offset" => match (called(instant)?, called(span)?) {
            (Extension::Timestamp(instant, _), Extension::Duration(span, _)) => {
                let shifted = instant.0.checked_add(span.0).ok_or_else(unknown)?;
                Ok(Extension::Timestamp(Timestamp(shifted), String::new()))
            }
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

/// The entities as a store's data, and what was left out.
pub(super) fn dataset(
    text: &Text,
    cedar: &Cedar,
    names: &Names,
) -> Result<(Json, Vec<Refusal>), Vec<Refusal>> {
    let extensions = Extensions::all_available();
    let core = CoreSchema::new(&cedar.schema);
    let parser = EntityJsonParser::new(Some(&core), extensions, TCComputation::ComputeNow);
    let refuse = |error: &dyn miette::Diagnostic| vec![Refusal::of(text, None, error)];
    // Cedar refuses a member that stands twice, which the tree below would not show.
    let strict: Result<JsonValueWithNoDuplicateKeys, _> = serde_json::from_str(&text.text);
    strict.map_err(|error| vec![Refusal::of_json(text, &error)])?;
    let (json, notes) = conform(text, cedar)?;
    let given = json.as_array().map_or(0, Vec::len);
    let entities = parser
        .iter_from_json_value(json)
        .map_err(|error| refuse(&error))?;
    // The schema's own actions come behind those that are given.
    let given: Vec<Entity> = entities.take(given).collect();
    let kept: Vec<&Entity> = given.iter().filter(|entity| !entity.uid().is_action()).collect();
    let checker = EntitySchemaConformanceChecker::new(&core, extensions);
    let mut refusals = Vec::new();
    for entity in kept.iter().copied() {
        if let Err(error) = checker.validate_entity(entity) {
            refusals.push(Refusal::of(text, None, &error));
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    // What no entity tells by itself: two descriptions of one, cycles, and actions that are otherwise than in the schema.
    Entities::from_entities(given.clone(), Some(&core), TCComputation::ComputeNow, extensions)
        .map_err(|error| refuse(&error))?;
    let (mut list, mut seen) = (Vec::new(), BTreeSet::new());
    for entity in kept.iter().copied() {
        if !seen.insert(entity.uid().clone()) {
            continue;
        }
        match described(entity, names) {
            Ok(json) => list.push(json),
            Err(message) => refusals.push(Refusal::at_start(text, format!("`{}`: {message}", entity.uid()))),
        }
    }
    if refusals.is_empty() {
        Ok((json!({ "entities": list }), notes))
    } else {
        Err(refusals)
    }
}

fn described(entity: &Entity, names: &Names) -> Result<Json, String> {
    let uid = entity.uid();
    let id: &str = uid.eid().as_ref();
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(of_type(uid.entity_type()).key()));
    out.insert("id".to_owned(), json!(id));
    let known = |name: &str, found: &PartialValue| match found {
        PartialValue::Value(found) => value(found).map_err(|message| format!("`{name}`: {message}")),
        PartialValue::Residual(_) => Err(format!("`{name}` has no value")),
    };
    let mut properties = Map::new();
    for (name, found) in entity.attrs() {
        properties.insert(name.to_string(), known(name, found)?);
    }
    let mut tags = Map::new();
    for (name, found) in entity.tags() {
        tags.insert(name.to_string(), known(name, found)?);
    }
    if !tags.is_empty()
        && let Some(attribute) = names.tags(&uid.entity_type().to_string())
    {
        properties.insert(attribute.to_owned(), Json::Object(tags));
    }
    if !properties.is_empty() {
        out.insert("properties".to_owned(), Json::Object(properties));
    }
    let parents: BTreeSet<&EntityUID> = entity.parents().collect();
    if !parents.is_empty() {
        out.insert("parents".to_owned(), parents.into_iter().map(reference).collect());
    }
    Ok(Json::Object(out))
}
