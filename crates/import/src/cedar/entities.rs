//! Entities as Cedar's command takes them without a schema, to entities as the schema has them.
//!
//! Two things are common in stores that nobody checked, and matter to no policy that Cedar's validator accepts: entities of
//! types that the schema does not declare, by which others may be in a group, and references to entities of another type than
//! the schema says, which nothing is in. Both are mended so that every decision stays, and told: the second only where no
//! request and no policy can name an entity of the type that it should have, so that nothing is ever equal to it.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_core::ast::{EntityType, EntityUID, ExprKind, Literal};
use cedar_policy_core::validator::ValidatorSchema;
use cedar_policy_core::validator::types::{EntityKind, Type};
use serde_json::{Map, Value as Json, json};

use super::environments::any_entity_type;
use super::read::Cedar;
use super::request::read_uid;
use super::{Refusal, Text};

/// The entities as the schema has them, and what was changed.
pub(super) fn conform(text: &Text, cedar: &Cedar) -> Result<(Json, Vec<Refusal>), Vec<Refusal>> {
    let mut json: Json =
        serde_json::from_str(&text.text).map_err(|error| vec![Refusal::of_json(text, &error)])?;
    let Some(list) = json.as_array_mut() else {
        return Err(vec![Refusal::at_start(
            text,
            "entities are a list: `[{\"uid\": …, \"attrs\": {…}, \"parents\": […]}]`",
        )]);
    };
    let schema = &cedar.schema;
    let mut notes = Vec::new();
    bridge(text, schema, list, &mut notes);
    let described: BTreeSet<EntityUID> = list.iter().filter_map(uid).collect();
    let parents: BTreeSet<EntityUID> = list.iter().flat_map(parents).collect();
    let mut references = References {
        text,
        schema,
        // An entity that another one is in, or that has attributes, cannot be taken for one of another type.
        known: described.union(&parents).cloned().collect(),
        named: named(cedar),
        notes: &mut notes,
    };
    for entity in list.iter_mut() {
        references.entity(entity);
    }
    Ok((json, notes))
}

fn uid(entity: &Json) -> Option<EntityUID> {
    read_uid(entity.get("uid")?).ok()
}

fn parents(entity: &Json) -> Vec<EntityUID> {
    let parents = entity.get("parents").and_then(Json::as_array);
    parents
        .into_iter()
        .flatten()
        .filter_map(|parent| read_uid(parent).ok())
        .collect()
}

fn is_declared(schema: &ValidatorSchema, ty: &EntityType) -> bool {
    ty.is_action() || schema.get_entity_type(ty).is_some()
}

/// Leaves out the entities whose types are not declared: what is in one of them is put into what that is in.
fn bridge(text: &Text, schema: &ValidatorSchema, list: &mut Vec<Json>, notes: &mut Vec<Refusal>) {
    let mut left_out: BTreeMap<EntityUID, Vec<EntityUID>> = BTreeMap::new();
    list.retain(|entity| match uid(entity) {
        Some(uid) if !is_declared(schema, uid.entity_type()) => {
            left_out.insert(uid, parents(entity));
            false
        }
        Some(_) | None => true,
    });
    for uid in left_out.keys() {
        notes.push(Refusal::at_start(
            text,
            format!(
                "`{uid}` is left out: the schema declares no type `{}`, so no policy can ask for it",
                uid.entity_type()
            ),
        ));
    }
    for entity in list {
        let Some(own) = uid(entity) else { continue };
        let direct = parents(entity);
        if direct
            .iter()
            .all(|parent| is_declared(schema, parent.entity_type()))
        {
            continue;
        }
        let (mut kept, mut seen, mut rest) = (BTreeSet::new(), BTreeSet::new(), direct);
        let mut told = BTreeSet::new();
        while let Some(parent) = rest.pop() {
            if is_declared(schema, parent.entity_type()) {
                kept.insert(parent);
            } else if seen.insert(parent.clone()) {
                rest.extend(left_out.get(&parent).into_iter().flatten().cloned());
                told.insert(format!("`{parent}`"));
            }
        }
        notes.push(Refusal::at_start(
            text,
            format!(
                "`{own}` is no longer in {}, of which the schema does not declare the type, but in what that is in",
                told.into_iter().collect::<Vec<_>>().join(", ")
            ),
        ));
        let kept: Vec<Json> = kept.iter().map(written).collect();
        if let Some(entity) = entity.as_object_mut() {
            entity.insert("parents".to_owned(), Json::Array(kept));
        }
    }
}

fn written(uid: &EntityUID) -> Json {
    let id: &str = uid.eid().as_ref();
    json!({ "type": uid.entity_type().to_string(), "id": id })
}

/// The types of entities that requests can have, or policies name.
fn named(cedar: &Cedar) -> BTreeSet<EntityType> {
    let mut found = BTreeSet::new();
    for action in cedar.schema.action_ids() {
        found.extend(
            action
                .applies_to_principals()
                .chain(action.applies_to_resources())
                .cloned(),
        );
        let mut collect = |ty: &EntityType| {
            found.insert(ty.clone());
            false
        };
        action.context_type().into_iter().for_each(|context| {
            any_entity_type(context, &mut collect);
        });
    }
    for policy in &cedar.policies {
        for part in policy.template.condition().subexpressions() {
            match part.expr_kind() {
                ExprKind::Lit(Literal::EntityUID(uid)) => {
                    found.insert(uid.entity_type().clone());
                }
                ExprKind::Is { entity_type, .. } => {
                    found.insert(entity_type.clone());
                }
                _ => {}
            }
        }
    }
    found
}

/// Finds references to entities of another type than the schema says.
struct References<'r> {
    text: &'r Text,
    schema: &'r ValidatorSchema,
    known: BTreeSet<EntityUID>,
    /// The types of entities that requests or policies can name.
    named: BTreeSet<EntityType>,
    notes: &'r mut Vec<Refusal>,
}

impl References<'_> {
    fn entity(&mut self, entity: &mut Json) {
        let Some(own) = uid(entity) else { return };
        let Some(declared) = self.schema.get_entity_type(own.entity_type()) else {
            return;
        };
        if let Some(attributes) = entity.get_mut("attrs").and_then(Json::as_object_mut) {
            for (name, ty) in declared.attributes().iter() {
                if let Some(value) = attributes.get_mut(name.as_str()) {
                    self.value(&format!("`{own}`: `{name}`"), value, &ty.attr_type);
                }
            }
        }
        if let (Some(ty), Some(tags)) = (
            declared.tag_type(),
            entity.get_mut("tags").and_then(Json::as_object_mut),
        ) {
            self.values(&format!("`{own}`: a tag"), tags, ty);
        }
    }

    fn values(&mut self, place: &str, values: &mut Map<String, Json>, ty: &Type) {
        for value in values.values_mut() {
            self.value(place, value, ty);
        }
    }

    fn value(&mut self, place: &str, value: &mut Json, ty: &Type) {
        match ty {
            Type::Entity(EntityKind::Entity(types)) => {
                let Some(expected) = types.get_single_entity() else {
                    return;
                };
                let Ok(found) = read_uid(value) else { return };
                if found.entity_type() == expected
                    || found.is_action()
                    || self.known.contains(&found)
                    || self.named.contains(expected)
                {
                    return;
                }
                let id = found.to_string();
                self.notes.push(Refusal::at_start(
                    self.text,
                    format!("{place} is `{found}`, and should be of type `{expected}`: it is taken for one that nothing is in, whose id is `{id}`"),
                ));
                *value = json!({ "__entity": { "type": expected.to_string(), "id": id } });
            }
            Type::Set {
                element_type: Some(element),
            } => {
                for item in value.as_array_mut().into_iter().flatten() {
                    self.value(place, item, element);
                }
            }
            Type::Record { attrs, .. } => {
                for (name, field) in attrs.iter() {
                    if let Some(value) = value.get_mut(name.as_str()) {
                        self.value(place, value, &field.attr_type);
                    }
                }
            }
            Type::Never
            | Type::Bool(_)
            | Type::Long
            | Type::String
            | Type::Entity(EntityKind::AnyEntity)
            | Type::Set { element_type: None }
            | Type::ExtensionType { .. } => {}
        }
    }
}
