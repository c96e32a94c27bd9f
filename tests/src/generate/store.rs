//! Stores and requests of a made world: some entities described and some not, grants that may have expired, requests that
//! say more of principal and resource than the store does.

use dictum_artifact::value::{Timestamp, quote};
use serde_json::{Value as Json, json};

use super::marks::{Space, name};
use super::model::{Held, Model, Shape, ident};
use super::rng::Rng;
use super::values::{Ty, Val, entity_json, given, id, object, value, value_of};

/// An entity that the store describes.
#[derive(Clone, Debug)]
pub struct Described {
    /// As JSON.
    pub json: Json,
    /// As a line of a fixture.
    pub line: String,
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
    let mut line = literal(model, ty, id);
    if !parents.is_empty() {
        let parents: Vec<String> = parents.iter().map(|(ty, id)| literal(model, *ty, id)).collect();
        line.push_str(&format!(" in {}", parents.join(", ")));
    }
    if !attributes.is_empty() || rng.chance(30) {
        line.push_str(&format!(" {}", entries(model, attributes)));
    }
    Described { json, line }
}

/// Values between braces, constants among them by their names.
fn entries(model: &Model, values: &[(String, Val)]) -> String {
    let named = |val: &Val| {
        let mut constants = model.constants.iter();
        constants.find(|constant| constant.val.as_ref() == Some(val))
    };
    let entry = |(field, val): &(String, Val)| {
        let text = match named(val) {
            Some(constant) if !matches!(val, Val::Set(_) | Val::Map(_) | Val::Record(_)) => {
                name(Space::Value, &constant.name)
            }
            Some(_) | None => val.to_language(model, true),
        };
        format!("{}: {text}", ident(field))
    };
    let values: Vec<String> = values.iter().map(entry).collect();
    format!("{{ {} }}", values.join(", "))
}

fn literal(model: &Model, ty: usize, id: &str) -> String {
    format!("{}::{}", model.entity(ty), quote(id))
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
            name(Space::Rule, &model.roles[role].name),
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

/// A request that fits the schema. Of each role it is told of which requests its condition never holds.
pub fn request(model: &Model, never_held: &[Vec<Shape>], rng: &mut Rng) -> Requested {
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
            .map(|field| (field.name.clone(), value_of(model, rng, field)))
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
    let test = (!says_more).then(|| {
        let mut text = String::new();
        let (first, second) = context.split_at(rng.below(context.len() + 1));
        if !first.is_empty() {
            text.push_str(&format!("context {}\n  ", entries(model, first)));
        }
        let word = if rng.chance(50) { "allow" } else { "deny" };
        let (principal, resource) = (
            literal(model, shape.principal, &principal),
            literal(model, shape.resource, &resource),
        );
        let action = name(Space::Action, action);
        text.push_str(&format!("{word} {principal} to {action} on {resource}"));
        if !second.is_empty() {
            text.push_str(&format!(" given {}", entries(model, second)));
        }
        let allowed = (word == "allow").then_some(shape);
        expected(model, never_held, rng, allowed, &mut text);
        text
    });
    Requested { json, test }
}

/// Rules and obligations that a test expects; whether the decision has them is another matter.
fn expected(
    model: &Model,
    never_held: &[Vec<Shape>],
    rng: &mut Rng,
    allowed: Option<Shape>,
    text: &mut String,
) {
    let roles: Vec<usize> = (0..model.roles.len()).collect();
    let fits = |at: &&usize| {
        let role = &model.roles[**at];
        let permits = |shape: Shape| {
            let allows = |action: &usize| model.members(*action).contains(&shape.action);
            role.on.contains(&shape.resource) && role.actions.iter().any(allows)
        };
        let can_hold = |shape: Shape| {
            let mut includers = roles.iter().filter(|other| model.included(**other).contains(at));
            includers.any(|other| {
                let includer = &model.roles[*other];
                let asked = includer.on.contains(&shape.resource) && !never_held[*other].contains(&shape);
                includer.held != Held::When || asked
            })
        };
        allowed.is_some_and(|shape| permits(shape) && can_hold(shape))
    };
    if let Some(role) = rng.pick(&roles).filter(fits).map(|at| &model.roles[*at]) {
        text.push_str(&format!(" by {}", name(Space::Rule, &role.name)));
    }
    let mut with = Vec::new();
    for (obligation, fields) in rng.some(&model.obligations, 25, 0) {
        let mut text = name(Space::Obligation, &obligation);
        if rng.chance(60) {
            text.push_str(&format!(" {}", entries(model, &given(model, rng, &fields, 50))));
        }
        with.push(text);
    }
    if !with.is_empty() {
        text.push_str(&format!(" with {}", with.join(", ")));
    }
}

/// A test in which tables list principals and resources, and the requests that it is, as JSON.
pub fn table(model: &Model, rng: &mut Rng) -> (String, Vec<Json>) {
    let shape = rng.one(&model.shapes());
    let mut ids = |ty: usize| rng.some(&model.entities[ty].ids, 60, 1);
    let (principals, resources) = (ids(shape.principal), ids(shape.resource));
    let fields = model.context_of(shape.action);
    let context = given(model, rng, &fields, 40);
    // One of the fields of the context is listed too, where there is one.
    let at = rng.below(context.len());
    let listed: Vec<Val> = context
        .get(at)
        .and_then(|(name, _)| fields.iter().find(|field| field.name == *name))
        .map(|field| (0..2).map(|_| value_of(model, rng, field)).collect())
        .unwrap_or_default();
    let literals = |ty: usize, ids: &[String]| {
        let all: Vec<String> = ids.iter().map(|id| literal(model, ty, id)).collect();
        format!("[{}]", all.join(", "))
    };
    let action = &model.actions[shape.action].name;
    let mut text = String::new();
    if !context.is_empty() {
        text.push_str(&format!("context {}\n  ", entries(model, &context)));
    }
    let mut case = format!("allow p to {} on `the resource`", name(Space::Action, action));
    if let Some((field, _)) = context.get(at) {
        case.push_str(&format!(" given {{ {}: v }}", ident(field)));
        let values: Vec<String> = listed.iter().map(|val| val.to_language(model, true)).collect();
        case = format!("for v in [{}] {{ {case} }}", values.join(", "));
    }
    text.push_str(&format!(
        "for p in {} {{\n    for `the resource` in {} {{ {case} }}\n  }}",
        literals(shape.principal, &principals),
        literals(shape.resource, &resources),
    ));
    let mut requests = Vec::new();
    for principal in &principals {
        for resource in &resources {
            for v in 0..listed.len().max(1) {
                let mut context = context.clone();
                if let (Some((_, value)), Some(listed)) = (context.get_mut(at), listed.get(v)) {
                    value.clone_from(listed);
                }
                requests.push(json!({
                    "subject": entity_json(model, shape.principal, principal),
                    "action": { "name": action },
                    "resource": entity_json(model, shape.resource, resource),
                    "context": object(model, rng, &context),
                }));
            }
        }
    }
    (text, requests)
}
