//! Stores and requests of a made world: some entities described and some not, grants that may have expired, requests that
//! say more of principal and resource than the store does.

use dictum_artifact::value::{Timestamp, quote};
use serde_json::{Value as Json, json};

use super::model::{Held, Model, ident};
use super::rng::Rng;
use super::values::{Field, Ty, Val, braces, entity_json, given, id, object, value};

/// An entity that the store describes.
#[derive(Clone, Debug)]
pub struct Described {
    /// As JSON.
    pub json: Json,
    /// As a line of a fixture, where it can be written.
    pub line: Option<String>,
}

/// A grant.
#[derive(Clone, Debug)]
pub struct Granted {
    /// As JSON.
    pub json: Json,
    /// As a line of a fixture.
    pub line: String,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Requested {
    /// As JSON.
    pub json: Json,
    /// As the body of a test, where it can be written.
    pub test: Option<String>,
}

/// The described entities of a store; no one is among its own ancestors.
pub fn entities(model: &Model, rng: &mut Rng) -> Vec<Described> {
    let mut order: Vec<(usize, &str)> = (0..)
        .zip(&model.entities)
        .flat_map(|(ty, def)| def.ids.iter().map(move |id| (ty, id.as_str())))
        .collect();
    rng.shuffle(&mut order);
    let mut described = Vec::new();
    for (at, (ty, id)) in order.iter().enumerate() {
        if !rng.chance(75) {
            continue;
        }
        let def = &model.entities[*ty];
        // Only what comes later in the order can be a parent.
        let later: Vec<(usize, &str)> = order
            .iter()
            .skip(at + 1)
            .filter(|(ty, _)| def.parents.contains(ty))
            .copied()
            .collect();
        let parents = rng.some(&later, 30, 0);
        let attributes = given(model, rng, &def.attributes, 60);
        described.push(entity(model, rng, (*ty, id), &parents, &attributes));
    }
    described
}

fn entity(
    model: &Model,
    rng: &mut Rng,
    (ty, id): (usize, &str),
    parents: &[(usize, &str)],
    attributes: &[(String, Val)],
) -> Described {
    let mut json = entity_json(model, ty, id);
    if !parents.is_empty() || rng.chance(30) {
        json["parents"] = parents
            .iter()
            .map(|(ty, id)| entity_json(model, *ty, id))
            .collect();
    }
    if !attributes.is_empty() || rng.chance(30) {
        json["properties"] = object(model, rng, attributes);
    }
    let can_be_written = is_written(attributes, &model.entities[ty].attributes);
    let line = can_be_written.then(|| {
        let mut line = literal(model, ty, id);
        if !parents.is_empty() {
            let parents: Vec<String> = parents.iter().map(|(ty, id)| literal(model, *ty, id)).collect();
            line.push_str(&format!(" in {}", parents.join(", ")));
        }
        if !attributes.is_empty() || rng.chance(30) {
            line.push_str(&format!(" {}", braces(model, attributes)));
        }
        line
    });
    Described { json, line }
}

fn is_written(values: &[(String, Val)], fields: &[Field]) -> bool {
    values.iter().all(|(name, _)| {
        let field = fields.iter().find(|field| field.name == *name);
        field.is_some_and(|field| field.ty.can_be_written())
    })
}

fn literal(model: &Model, ty: usize, id: &str) -> String {
    format!("{}::{}", ident(&model.entities[ty].name), quote(id))
}

/// Grants that can hold.
pub fn grants(model: &Model, rng: &mut Rng) -> Vec<Granted> {
    let grantable: Vec<usize> = (0..model.roles.len())
        .filter(|role| model.roles[*role].held != Held::When)
        .collect();
    let shapes = model.shapes();
    let subjects: Vec<usize> = shapes
        .iter()
        .flat_map(|shape| model.above(shape.principal))
        .collect();
    let mut grants = Vec::new();
    for _ in 0..rng.between(2, 8) {
        let Some(&role) = rng.pick(&grantable) else { break };
        let included = model.included(role);
        let on = included.iter().flat_map(|included| &model.roles[*included].on);
        let scopes: Vec<usize> = on.flat_map(|ty| model.above(*ty)).collect();
        let subject = rng.one(&subjects);
        let subject_id = id(model, rng, subject);
        let scope = (!rng.chance(20))
            .then(|| rng.one(&scopes))
            .map(|scope| (scope, id(model, rng, scope)));
        let until = (model.has_now() && rng.chance(40)).then(|| value(model, rng, &Ty::Timestamp));
        let mut json = json!({
            "role": model.roles[role].name,
            "subject": entity_json(model, subject, &subject_id),
            "resource": scope.as_ref().map_or(json!("anything"), |(ty, id)| entity_json(model, *ty, id)),
        });
        let scope_text = scope
            .as_ref()
            .map_or_else(|| "anything".to_owned(), |(ty, id)| literal(model, *ty, id));
        let mut line = format!(
            "grant {} on {scope_text} to {}",
            ident(&model.roles[role].name),
            literal(model, subject, &subject_id)
        );
        if let Some(Val::Timestamp(until)) = until {
            json["until"] = json!(Timestamp(until).to_string());
            line.push_str(&format!(" until time\"{}\"", Timestamp(until)));
        }
        grants.push(Granted { json, line });
    }
    grants
}

/// A request that fits the schema.
pub fn request(model: &Model, rng: &mut Rng) -> Requested {
    let shape = rng.one(&model.shapes());
    let (principal, resource) = (id(model, rng, shape.principal), id(model, rng, shape.resource));
    let same = (shape.principal, &principal) == (shape.resource, &resource);
    let fields = model.context_of(shape.action);
    let context = given(model, rng, &fields, 60);
    let mut subject = entity_json(model, shape.principal, &principal);
    let mut object_json = entity_json(model, shape.resource, &resource);
    let mut says_more = false;
    let mut properties = |rng: &mut Rng, ty: usize, json: &mut Json| {
        let attributes = rng.some(&model.entities[ty].attributes, 50, 0);
        let given: Vec<(String, Val)> = attributes
            .iter()
            .map(|field| (field.name.clone(), value(model, rng, &field.ty)))
            .collect();
        says_more |= !given.is_empty();
        json["properties"] = object(model, rng, &given);
    };
    if rng.chance(35) {
        properties(rng, shape.principal, &mut subject);
    }
    // One entity cannot be said to be two things.
    if rng.chance(35) && (!same || subject.get("properties").is_none()) {
        properties(rng, shape.resource, &mut object_json);
    }
    let action = &model.actions[shape.action].name;
    let mut json = json!({ "subject": subject, "action": { "name": action }, "resource": object_json });
    if !context.is_empty() || rng.chance(30) {
        json["context"] = object(model, rng, &context);
    }
    let test = (!says_more && is_written(&context, &fields)).then(|| {
        let mut text = String::new();
        let (first, second) = context.split_at(rng.below(context.len() + 1));
        if !first.is_empty() {
            text.push_str(&format!("context {}\n  ", braces(model, first)));
        }
        let word = if rng.chance(50) { "allow" } else { "deny" };
        let (principal, resource) = (
            literal(model, shape.principal, &principal),
            literal(model, shape.resource, &resource),
        );
        text.push_str(&format!("{word} {principal} to {} on {resource}", ident(action)));
        if !second.is_empty() {
            text.push_str(&format!(" given {}", braces(model, second)));
        }
        text
    });
    Requested { json, test }
}
