//! The data of a store.

use super::DataError;
use super::place::{Places, path_to};
use super::text::{Fault, Kind, Node, parse};
use super::value::{Holder, Reader};
use crate::data::dataset::{
    GrantChecks, cycle_message, grant_help, grant_message, may_have_parent, parent_message, parent_types,
};
use crate::data::{Attributes, Dataset, DatasetFault, Entity, Grant, GrantFault, Scope};

use crate::naming::shown;
use crate::path::{names, shorten};
use crate::schema::{EntityTypeId, RoleId, Schema};
use crate::value::{EntityUid, Timestamp};

/// Reads the data of a store from one or more texts, which are (name, text); an entity may be described in one of
/// them, and be another's parent or subject in any.
///
/// # Errors
/// All errors of all texts, in their order.
pub fn read_dataset(schema: &Schema, files: &[(&str, &str)]) -> Result<Dataset, Vec<DataError>> {
    let mut data = Dataset::default();
    let mut stand = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    let mut grants = GrantChecks::default();
    for (file, (_, text)) in files.iter().enumerate() {
        let mut reader = Reader::new(schema);
        let root = match parse(text) {
            Ok((root, repeated)) => {
                reader.faults = repeated;
                read_file(&mut reader, &root, file, &mut data, &mut stand, &mut grants);
                Some(root)
            }
            Err(fault) => {
                reader.fault(fault);
                None
            }
        };
        found.extend(reader.faults.into_iter().map(|fault| {
            Found {
                file,
                path: root
                    .as_ref()
                    .map(|root| path_to(root, fault.at))
                    .unwrap_or_default(),
                fault,
                first: None,
            }
        }));
    }
    whole(schema, &data, &stand, &mut found);
    if found.is_empty() {
        Ok(data)
    } else {
        Err(errors(files, found))
    }
}

/// Where grants stand in texts that [`read_dataset`] read, by their positions in [`Dataset::grants`]: to be told of with a
/// message that is not there yet. Sorted by the grants, each once.
#[must_use]
pub fn grant_places(files: &[(&str, &str)], grants: &[usize]) -> Vec<(usize, DataError)> {
    let mut wanted: Vec<usize> = grants.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut places = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.into_iter().peekable();
    let mut before = 0;
    for (name, text) in files {
        let Ok((root, _)) = parse(text) else { continue };
        let Some(Kind::Array(items)) = root.get("grants").map(|node| &node.kind) else {
            continue;
        };
        let mut here = Vec::new();
        while let Some(grant) = wanted.next_if(|grant| *grant < before + items.len()) {
            if let Some(node) = items.get(grant - before) {
                here.push((grant, node.start));
            }
        }
        let lines = Places::new(text, here.iter().map(|(_, start)| *start).collect());
        for (grant, start) in here {
            let (line, column) = lines.get(start);
            let place = DataError {
                source: (*name).to_owned(),
                line,
                column,
                path: format!("grants[{}]", grant - before),
                message: String::new(),
                help: None,
            };
            places.push((grant, place));
        }
        before += items.len();
    }
    places
}

/// A fault, with the file that it is in.
struct Found {
    file: usize,
    path: String,
    fault: Fault,
    /// Where the same entity is described for the first time: file and offset.
    first: Option<(usize, usize)>,
}

/// Where an entity's description stands.
struct Stand {
    file: usize,
    index: usize,
    start: usize,
    parents: usize,
}

fn read_file(
    reader: &mut Reader<'_>,
    root: &Node<'_>,
    file: usize,
    data: &mut Dataset,
    stand: &mut Vec<Stand>,
    grants: &mut GrantChecks,
) {
    let expected = "the data of a store, as {\"entities\": […], \"grants\": […]}";
    let Some(members) = reader.object(root, expected) else {
        return;
    };
    reader.only(members, &["entities", "grants"], "the data of a store", &[]);
    if let Some(items) = root
        .get("entities")
        .and_then(|node| reader.list(node, "a list of entities, as [{\"type\": …, \"id\": …}, …]"))
    {
        for (index, node) in items.iter().enumerate() {
            if let Some(entity) = read_entity(reader, node) {
                data.entities.push(entity);
                let parents = node.get("parents").map_or(node.start, |parents| parents.start);
                stand.push(Stand {
                    file,
                    index,
                    start: node.start,
                    parents,
                });
            }
        }
    }
    if let Some(items) = root.get("grants").and_then(|node| {
        reader.list(
            node,
            "a list of grants, as [{\"role\": …, \"subject\": …, \"resource\": …}, …]",
        )
    }) {
        for node in items {
            data.grants.extend(read_grant(reader, node, grants));
        }
    }
}

/// An entity's description; also one whose attributes or parents have faults, so that those of the whole are found.
fn read_entity(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Entity> {
    let schema = reader.schema;
    let members = reader.object(node, "an entity, as {\"type\": …, \"id\": …}")?;
    let elsewhere = [
        ("attributes", "attributes stand in `properties`"),
        ("attrs", "attributes stand in `properties`"),
    ];
    reader.only(
        members,
        &["type", "id", "properties", "parents"],
        "an entity",
        &elsewhere,
    );
    let id = match reader.required(node, "id") {
        Some(id) => reader.text(id, "an id, which is a text").map(|text| (id, text)),
        None => None,
    };
    let ty = reader.entity_type(node)?;
    let def = schema.entity_type(ty)?;
    let holder = Holder::Entity(&def.name);
    let attributes = match node.get("properties") {
        None => reader.fields(node, &[], &def.attributes, holder),
        Some(properties) => match reader.object(properties, "an object of properties") {
            Some(members) => reader.fields(properties, members, &def.attributes, holder),
            None => None,
        },
    };
    let mut parents = Vec::new();
    if let Some(items) = node
        .get("parents")
        .and_then(|node| reader.list(node, "a list of entities, as [{\"type\": …, \"id\": …}, …]"))
    {
        for item in items {
            parents.extend(read_parent(reader, item, ty));
        }
    }
    let (id_node, id) = id?;
    let uid = reader.known_id(id_node, EntityUid { ty, id: id.into() })?;
    Some(Entity {
        uid,
        attributes: attributes.unwrap_or_else(Attributes::new),
        parents,
    })
}

fn read_parent(reader: &mut Reader<'_>, node: &Node<'_>, child: EntityTypeId) -> Option<EntityUid> {
    let schema = reader.schema;
    let uid = match (
        &node.kind,
        schema.entity_type(child).map(|def| def.parents.as_slice()),
    ) {
        // The type is known where there is only one.
        (Kind::String(id), Some([only])) => reader.known_id(
            node,
            EntityUid {
                ty: *only,
                id: id.as_ref().into(),
            },
        )?,
        _ => reader.entity(node)?,
    };
    if may_have_parent(schema, child, uid.ty) {
        return Some(uid);
    }
    let message = parent_message(&uid.display(schema), &parent_types(schema, child));
    let at = node.get("type").map_or(node.start, |ty| ty.start);
    let help = "the types of parents stand after `in` in the policy's declaration of the entity type";
    reader.refuse(Fault::new(at, message).with_help(help))
}

fn read_grant(reader: &mut Reader<'_>, node: &Node<'_>, checks: &mut GrantChecks) -> Option<Grant> {
    let schema = reader.schema;
    let members = reader.object(node, "a grant, as {\"role\": …, \"subject\": …, \"resource\": …}")?;
    let elsewhere = [
        ("scope", "what a grant is on stands in `resource`"),
        ("principal", "whom a grant is to stands in `subject`"),
    ];
    reader.only(
        members,
        &["role", "subject", "resource", "until"],
        "a grant",
        &elsewhere,
    );
    let role = reader
        .required(node, "role")
        .and_then(|node| Some((node, read_role(reader, node)?)));
    let subject = reader
        .required(node, "subject")
        .and_then(|node| Some((node, reader.entity(node)?)));
    let resource = reader
        .required(node, "resource")
        .and_then(|node| Some((node, read_scope(reader, node)?)));
    let until = node.get("until").map(|node| (node, read_until(reader, node)));
    let ((role_node, role), (subject_node, subject), (scope_node, scope)) = (role?, subject?, resource?);
    let scope_type = match &scope {
        Scope::Anything => None,
        Scope::Entity(uid) => Some(uid.ty),
    };
    let mut usable = true;
    if let Some(fault) = checks.fault(schema, role, subject.ty, scope_type, until.is_some()) {
        let at = match fault {
            GrantFault::Derived => role_node.start,
            GrantFault::Scope => scope_node.start,
            GrantFault::Subject => subject_node.start,
            GrantFault::NoNow => until.as_ref().map_or(node.start, |(node, _)| node.start),
        };
        let name = schema.role(role).map_or("?", |def| def.name.as_str());
        reader.fault(Fault {
            at,
            message: grant_message(name, fault),
            help: grant_help(schema, role, fault),
        });
        usable = false;
    }
    let until = match until {
        None => None,
        Some((_, until)) => Some(until?),
    };
    usable.then_some(Grant {
        role,
        subject,
        scope,
        until,
    })
}

fn read_role(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<RoleId> {
    let schema = reader.schema;
    let name = reader.text(node, "the name of a role")?;
    let found = schema.find_role(name);
    if found.is_none() {
        let known = || {
            schema
                .roles
                .iter()
                .filter(|def| def.grantable)
                .map(|def| def.name.as_str())
        };
        let help = reader
            .near(name, known())
            .unwrap_or_else(|| format!("roles that can be granted: {}", names(known())));
        reader.fault(Fault::new(node.start, format!("there is no role `{}`", shorten(name))).with_help(help));
    }
    found
}

fn read_scope(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Scope> {
    match &node.kind {
        Kind::String(text) if text == "anything" => Some(Scope::Anything),
        Kind::Object(_) => reader.entity(node).map(Scope::Entity),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Array(_) => reader.mismatch(
            node,
            "\"anything\" or an entity, as {\"type\": …, \"id\": …}",
            None,
        ),
    }
}

fn read_until(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Timestamp> {
    let text = reader.text(node, "a timestamp, such as \"2026-01-05T09:00:00Z\"")?;
    reader.literal(node, text, Timestamp::parse)
}

/// The faults that no single entity shows.
fn whole(schema: &Schema, data: &Dataset, stand: &[Stand], found: &mut Vec<Found>) {
    let name = |index: usize| {
        data.entities
            .get(index)
            .map_or_else(String::new, |e| e.uid.display(schema))
    };
    for fault in data.faults() {
        let (index, at_parents, message, first) = match fault {
            DatasetFault::Duplicate { first, second } => {
                let first = stand.get(first).map(|stand| (stand.file, stand.start));
                (
                    second,
                    false,
                    format!("the entity `{}` is described twice", name(second)),
                    first,
                )
            }
            DatasetFault::Cycle(entities) => {
                let names: Vec<String> = entities.iter().map(|entity| name(*entity)).collect();
                (
                    entities.first().copied().unwrap_or_default(),
                    true,
                    cycle_message(&names),
                    None,
                )
            }
        };
        let Some(stand) = stand.get(index) else { continue };
        let path = format!(
            "entities[{}]{}",
            stand.index,
            if at_parents { ".parents" } else { "" }
        );
        let at = if at_parents { stand.parents } else { stand.start };
        found.push(Found {
            file: stand.file,
            path,
            fault: Fault {
                at,
                message,
                help: at_parents.then(|| "take one of the steps out of `parents`".to_owned()),
            },
            first,
        });
    }
}

/// The errors in their order, with the places that people read.
fn errors(files: &[(&str, &str)], mut found: Vec<Found>) -> Vec<DataError> {
    let mut offsets: Vec<Vec<usize>> = vec![Vec::new(); files.len()];
    for (file, at) in found
        .iter()
        .flat_map(|found| [Some((found.file, found.fault.at)), found.first])
        .flatten()
    {
        if let Some(offsets) = offsets.get_mut(file) {
            offsets.push(at);
        }
    }
    let places: Vec<Places> = files
        .iter()
        .zip(offsets)
        .map(|((_, text), offsets)| Places::new(text, offsets))
        .collect();
    let place = |file: usize, at: usize| places.get(file).map_or((0, 0), |places| places.get(at));
    let file_name = |file: usize| files.get(file).map_or("", |(name, _)| *name);
    found.sort_by_key(|found| (found.file, found.fault.at));
    found
        .into_iter()
        .map(
            |Found {
                 file,
                 path,
                 fault,
                 first,
             }| {
                let (line, column) = place(file, fault.at);
                let first = first.map(|(file, at)| (file_name(file), place(file, at)));
                let help = first
                    .map(|(name, (line, column))| format!("it is described first at {name}:{line}:{column}"));
                DataError {
                    source: file_name(file).to_owned(),
                    line,
                    column,
                    path,
                    message: shown(&fault.message).into_owned(),
                    help: help.or(fault.help).map(|help| shown(&help).into_owned()),
                }
            },
        )
        .collect()
}
