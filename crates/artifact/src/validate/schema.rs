//! Whether a schema is what its own documentation says.

use std::collections::HashSet;

use super::{Invalid, Place, Problem, Work, is_ascending};
use crate::data::MAX_TYPE_DEPTH;
use crate::schema::{EntityTypeId, Field, Fields, Schema, Type, TypeId};

pub(super) fn check(schema: &Schema, work: &mut Work) -> Result<(), Invalid> {
    check_names(schema)?;
    check_types(schema)?;
    check_records(schema)?;
    check_enums(schema)?;
    check_entity_types(schema, work)?;
    check_actions(schema, work)?;
    check_roles(schema, work)?;
    check_obligations(schema)?;
    check_shapes(schema)
}

/// Lists that names are searched in by halves.
fn check_names(schema: &Schema) -> Result<(), Invalid> {
    let sorted = [
        (is_ascending(schema.enums.iter().map(|def| &def.name)), "enums"),
        (
            is_ascending(schema.entity_types.iter().map(|def| &def.name)),
            "entity types",
        ),
        (
            is_ascending(schema.actions.iter().map(|def| &def.name)),
            "actions",
        ),
        (is_ascending(schema.roles.iter().map(|def| &def.name)), "roles"),
        (is_ascending(&schema.shapes), "request shapes"),
        (
            is_ascending(schema.obligations.iter().map(|def| &def.name)),
            "obligations",
        ),
    ];
    match sorted.into_iter().find(|(is_sorted, _)| !is_sorted) {
        Some((_, what)) => Err(Place::Artifact.is(Problem::Unsorted(what))),
        None => Ok(()),
    }
}

fn check_types(schema: &Schema) -> Result<(), Invalid> {
    let mut seen = HashSet::with_capacity(schema.types.len());
    let mut depths: Vec<usize> = Vec::with_capacity(schema.types.len());
    for (at, ty) in schema.types.iter().enumerate() {
        let place = Place::Type(at);
        if !seen.insert(ty) {
            return Err(place.is(Problem::Repeated));
        }
        let depth_of = |part: TypeId| {
            depths
                .get(part.index())
                .copied()
                .ok_or(place.is(Problem::Forward))
        };
        let depth = match ty {
            Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip => 1,
            Type::Enum(of) => match schema.enum_def(*of) {
                Some(_) => 1,
                None => return Err(place.is(Problem::OutOfRange("enum"))),
            },
            Type::Entity(of) => match schema.entity_type(*of) {
                Some(_) => 1,
                None => return Err(place.is(Problem::OutOfRange("entity type"))),
            },
            Type::Set(part) | Type::Map(part) => 1 + depth_of(*part)?,
            Type::Record(of) => {
                let fields = schema
                    .record(*of)
                    .ok_or(place.is(Problem::OutOfRange("record type")))?;
                fields
                    .iter()
                    .try_fold(1, |depth, field| Ok(depth.max(1 + depth_of(field.ty)?)))?
            }
        };
        if depth > MAX_TYPE_DEPTH {
            return Err(place.is(Problem::TooDeep));
        }
        depths.push(depth);
    }
    Ok(())
}

fn check_records(schema: &Schema) -> Result<(), Invalid> {
    let mut seen = HashSet::with_capacity(schema.records.len());
    for (at, fields) in schema.records.iter().enumerate() {
        check_fields(schema, fields, Place::Record(at))?;
        if !seen.insert(fields) {
            return Err(Place::Record(at).is(Problem::Repeated));
        }
    }
    Ok(())
}

fn check_fields(schema: &Schema, fields: &Fields, place: Place) -> Result<(), Invalid> {
    if !is_ascending(fields.iter().map(|field| &field.name)) {
        return Err(place.is(Problem::Unsorted("fields")));
    }
    if fields.iter().any(|field| schema.ty(field.ty).is_none()) {
        return Err(place.is(Problem::OutOfRange("type")));
    }
    let is_bounded = |field: &Field| match field.most {
        Some(most) => most > 0 && matches!(schema.ty(field.ty), Some(Type::Set(_) | Type::Map(_))),
        None => true,
    };
    if !fields.iter().all(is_bounded) {
        return Err(place.is(Problem::Bound));
    }
    Ok(())
}

fn check_enums(schema: &Schema) -> Result<(), Invalid> {
    for (at, def) in schema.enums.iter().enumerate() {
        let place = Place::Enum(at);
        if def.variants.is_empty() {
            return Err(place.is(Problem::TooFew("names")));
        }
        let unique: HashSet<&String> = def.variants.iter().collect();
        if unique.len() < def.variants.len() {
            return Err(place.is(Problem::Unsorted("names")));
        }
    }
    Ok(())
}

fn check_entity_types(schema: &Schema, work: &mut Work) -> Result<(), Invalid> {
    let mut ancestors = Ancestors {
        marks: vec![(0, false); schema.entity_types.len()],
        stack: Vec::new(),
    };
    for (at, def) in schema.entity_types.iter().enumerate() {
        let place = Place::EntityType(at);
        check_fields(schema, &def.attributes, place)?;
        check_entity_type_list(schema, &def.parents, place)?;
        check_entity_type_list(schema, &def.ancestors, place)?;
        if !def.closed.as_ref().is_none_or(is_ascending) {
            return Err(place.is(Problem::Unsorted("ids")));
        }
        if !ancestors.are_exact(schema, at, work)? {
            return Err(place.is(Problem::Ancestors));
        }
    }
    Ok(())
}

fn check_entity_type_list(schema: &Schema, list: &[EntityTypeId], place: Place) -> Result<(), Invalid> {
    if list.iter().any(|ty| schema.entity_type(*ty).is_none()) {
        return Err(place.is(Problem::OutOfRange("entity type")));
    }
    if !is_ascending(list) {
        return Err(place.is(Problem::Unsorted("entity types")));
    }
    Ok(())
}

/// A walk up the hierarchy.
struct Ancestors {
    /// For each entity type, the last one that it is listed as an ancestor of (its position and one), and whether the
    /// walk from there has come to it.
    marks: Vec<(usize, bool)>,
    stack: Vec<EntityTypeId>,
}

impl Ancestors {
    /// Whether the types listed as ancestors of one are exactly those that can be reached through parents.
    fn are_exact(&mut self, schema: &Schema, at: usize, work: &mut Work) -> Result<bool, Invalid> {
        let Some(def) = schema.entity_types.get(at) else {
            return Ok(false);
        };
        for ancestor in &def.ancestors {
            if let Some(mark) = self.marks.get_mut(ancestor.index()) {
                *mark = (at + 1, false);
            }
        }
        let mut reached = 0;
        self.stack.clear();
        self.stack.extend(&def.parents);
        work.spend(1 + def.ancestors.len() + def.parents.len(), Place::EntityType(at))?;
        while let Some(ty) = self.stack.pop() {
            match self.marks.get_mut(ty.index()) {
                Some((of, is_reached)) if *of == at + 1 => {
                    if *is_reached {
                        continue;
                    }
                    *is_reached = true;
                    reached += 1;
                }
                Some(_) | None => return Ok(false),
            }
            let parents = schema.entity_type(ty).map_or(&[][..], |def| &def.parents);
            work.spend(parents.len(), Place::EntityType(at))?;
            self.stack.extend(parents);
        }
        Ok(reached == def.ancestors.len())
    }
}

fn check_actions(schema: &Schema, work: &mut Work) -> Result<(), Invalid> {
    for (at, def) in schema.actions.iter().enumerate() {
        let place = Place::Action(at);
        if let Some(context) = def.context {
            let fields = schema
                .record(context)
                .ok_or(place.is(Problem::OutOfRange("record type")))?;
            let now = fields.position("now").and_then(|index| fields.get(index));
            let has_now = now.is_some_and(|now| !now.optional && schema.ty(now.ty) == Some(Type::Timestamp));
            if schema.has_now && !has_now {
                return Err(place.is(Problem::Now));
            }
        }
        if !is_ascending(&def.groups) {
            return Err(place.is(Problem::Unsorted("groups")));
        }
        for group in &def.groups {
            let group_def = schema
                .action(*group)
                .ok_or(place.is(Problem::OutOfRange("group")))?;
            work.spend(1 + group_def.groups.len(), place)?;
            let closed = group_def
                .groups
                .iter()
                .all(|above| def.groups.binary_search(above).is_ok());
            if group.index() == at || !closed {
                return Err(place.is(Problem::Groups));
            }
        }
    }
    Ok(())
}

fn check_roles(schema: &Schema, work: &mut Work) -> Result<(), Invalid> {
    for (at, def) in schema.roles.iter().enumerate() {
        let place = Place::Role(at);
        check_entity_type_list(schema, &def.on, place)?;
        if !is_ascending(&def.carriers) {
            return Err(place.is(Problem::Unsorted("carriers")));
        }
        for carrier in &def.carriers {
            let carrier_def = schema
                .role(*carrier)
                .ok_or(place.is(Problem::OutOfRange("role")))?;
            work.spend(1 + carrier_def.carriers.len(), place)?;
            let closed = carrier_def
                .carriers
                .iter()
                .all(|above| def.carriers.binary_search(above).is_ok());
            if !carrier_def.grantable || !closed {
                return Err(place.is(Problem::Carriers));
            }
        }
        let carries_itself = def.carriers.iter().any(|carrier| carrier.index() == at);
        if def.grantable != carries_itself {
            return Err(place.is(Problem::Carriers));
        }
    }
    Ok(())
}

fn check_obligations(schema: &Schema) -> Result<(), Invalid> {
    let missing = |record| schema.record(record).is_none();
    match schema.obligations.iter().position(|def| missing(def.record)) {
        Some(at) => Err(Place::Obligation(at).is(Problem::OutOfRange("record type"))),
        None => Ok(()),
    }
}

fn check_shapes(schema: &Schema) -> Result<(), Invalid> {
    for (at, shape) in schema.shapes.iter().enumerate() {
        let place = Place::Shape(at);
        if schema.entity_type(shape.principal).is_none() || schema.entity_type(shape.resource).is_none() {
            return Err(place.is(Problem::OutOfRange("entity type")));
        }
        let action = schema
            .action(shape.action)
            .ok_or(place.is(Problem::OutOfRange("action")))?;
        if action.context.is_none() {
            return Err(place.is(Problem::NoAction));
        }
    }
    Ok(())
}
