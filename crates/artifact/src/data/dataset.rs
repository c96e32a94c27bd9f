//! Whether the contents of a store fit the schema, and make sense as a whole.

use std::collections::BTreeMap;
use std::fmt;

use super::value::{ValueFault, check_entity_uid, check_fields};
use super::{Dataset, DatasetFault, Entity, Grant, GrantFault, Scope, check_grant};
use crate::path::names;
use crate::schema::{EntityTypeId, RoleId, Schema};

/// Why a dataset is refused; the numbers are positions in [`Dataset::entities`] or [`Dataset::grants`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFault {
    /// An entity is described twice.
    Duplicate {
        /// The entity.
        entity: String,
        /// The first description.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Entities are each in the next one, and the last in the first.
    Cycle {
        /// The entities.
        entities: Vec<String>,
        /// Their descriptions.
        indices: Vec<usize>,
    },
    /// An entity's id or one of its attributes is not of its type.
    Entity {
        /// The entity.
        entity: String,
        /// Its description.
        index: usize,
        /// What is wrong.
        fault: ValueFault,
    },
    /// An entity has a parent of a type that it may not be in.
    Parent {
        /// The entity.
        entity: String,
        /// Its description.
        index: usize,
        /// The parent.
        parent: String,
        /// The types that a parent may have.
        expected: Vec<String>,
    },
    /// A grant names a role that the schema has not.
    UnknownRole {
        /// The grant.
        index: usize,
    },
    /// A grant's subject or scope is not an entity that there can be, or its end no time.
    GrantPart {
        /// The grant.
        index: usize,
        /// What is wrong.
        fault: ValueFault,
    },
    /// A grant can never hold.
    Grant {
        /// The grant.
        index: usize,
        /// The role's name.
        role: String,
        /// What makes it impossible.
        fault: GrantFault,
    },
}

impl fmt::Display for DataFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate {
                entity,
                first: _,
                second: _,
            } => write!(f, "the entity `{entity}` is described twice"),
            Self::Cycle { entities, indices: _ } => f.write_str(&cycle_message(entities)),
            Self::Entity {
                entity,
                index: _,
                fault,
            } => write!(f, "the entity `{entity}`: {fault}"),
            Self::Parent {
                entity,
                index: _,
                parent,
                expected,
            } => {
                write!(f, "the entity `{entity}`: {}", parent_message(parent, expected))
            }
            Self::UnknownRole { index } => write!(f, "`grants[{index}]`: the schema has no such role"),
            Self::GrantPart { index, fault } => write!(f, "`grants[{index}]`: {fault}"),
            Self::Grant { index, role, fault } => {
                write!(f, "`grants[{index}]`: {}", grant_message(role, *fault))
            }
        }
    }
}

impl std::error::Error for DataFault {}

/// Checks the contents of a store, however they were made: each entity is described once, with every required
/// attribute, in parents that it may be in; the hierarchy has no cycle; every grant can hold.
///
/// ```
/// use dictum_artifact::data::{Dataset, Entity, check_dataset};
/// use dictum_artifact::schema::{EntityTypeDef, EntityTypeId, Fields, Schema};
/// use dictum_artifact::value::EntityUid;
///
/// let group = EntityTypeId(0);
/// let def = EntityTypeDef {
///     name: "Group".to_owned(),
///     parents: vec![group],
///     ancestors: vec![group],
///     attributes: Fields::default(),
///     closed: None,
/// };
/// let schema = Schema { entity_types: vec![def], ..Schema::default() };
/// let uid = |id: &str| EntityUid { ty: group, id: id.into() };
/// let within = |id: &str, parent: &str| Entity { uid: uid(id), attributes: vec![], parents: vec![uid(parent)] };
///
/// let mut data = Dataset { entities: vec![within("a", "b")], grants: vec![] };
/// assert!(check_dataset(&schema, &data).is_empty());
/// data.entities.push(within("b", "a"));
/// assert_eq!(
///     check_dataset(&schema, &data)[0].to_string(),
///     r#"the entity `Group::"a"` is in itself: `Group::"a"` in `Group::"b"` in `Group::"a"`"#
/// );
/// ```
///
/// Returns all faults: those of the entities, those of the grants, then entities described twice and cycles.
#[must_use]
pub fn check_dataset(schema: &Schema, data: &Dataset) -> Vec<DataFault> {
    let mut faults = Vec::new();
    for (index, entity) in data.entities.iter().enumerate() {
        check_entity(schema, index, entity, &mut faults);
    }
    let mut checks = GrantChecks::default();
    for (index, grant) in data.grants.iter().enumerate() {
        check_one_grant(schema, index, grant, &mut checks, &mut faults);
    }
    let name = |index: usize| {
        data.entities
            .get(index)
            .map_or_else(String::new, |e| e.uid.display(schema))
    };
    faults.extend(data.faults().into_iter().map(|fault| match fault {
        DatasetFault::Duplicate { first, second } => DataFault::Duplicate {
            entity: name(first),
            first,
            second,
        },
        DatasetFault::Cycle(indices) => DataFault::Cycle {
            entities: indices.iter().map(|index| name(*index)).collect(),
            indices,
        },
    }));
    faults
}

fn check_entity(schema: &Schema, index: usize, entity: &Entity, faults: &mut Vec<DataFault>) {
    let mut fault = |fault: ValueFault| {
        faults.push(DataFault::Entity {
            entity: entity.uid.display(schema),
            index,
            fault,
        });
    };
    if let Err(found) = check_entity_uid(schema, &entity.uid) {
        fault(found.within("id"));
    }
    let Some(def) = schema.entity_type(entity.uid.ty) else {
        return;
    };
    if let Err(found) = check_fields(schema, &def.attributes, &entity.attributes, true) {
        fault(found.within("properties"));
    }
    for (at, parent) in entity.parents.iter().enumerate() {
        if let Err(found) = check_entity_uid(schema, parent) {
            fault(found.within(&format!("parents[{at}]")));
        }
    }
    for parent in &entity.parents {
        if !may_have_parent(schema, entity.uid.ty, parent.ty) {
            faults.push(DataFault::Parent {
                entity: entity.uid.display(schema),
                index,
                parent: parent.display(schema),
                expected: parent_types(schema, entity.uid.ty),
            });
        }
    }
}

fn check_one_grant(
    schema: &Schema,
    index: usize,
    grant: &Grant,
    checks: &mut GrantChecks,
    faults: &mut Vec<DataFault>,
) {
    let Some(role) = schema.role(grant.role) else {
        faults.push(DataFault::UnknownRole { index });
        return;
    };
    let scope = match &grant.scope {
        Scope::Anything => None,
        Scope::Entity(uid) => Some(uid),
    };
    let mut parts = vec![("subject", check_entity_uid(schema, &grant.subject))];
    parts.extend(scope.map(|uid| ("resource", check_entity_uid(schema, uid))));
    let before = faults.len();
    for (part, checked) in parts {
        if let Err(fault) = checked {
            faults.push(DataFault::GrantPart {
                index,
                fault: fault.within(part),
            });
        }
    }
    if faults.len() > before {
        return;
    }
    let scope = scope.map(|uid| uid.ty);
    if let Some(fault) = checks.fault(schema, grant.role, grant.subject.ty, scope, grant.until.is_some()) {
        faults.push(DataFault::Grant {
            index,
            role: role.name.clone(),
            fault,
        });
    }
}

/// What [`check_grant`] said, by what it was asked: a store has many grants of few kinds.
#[derive(Default)]
pub(crate) struct GrantChecks(
    BTreeMap<(RoleId, EntityTypeId, Option<EntityTypeId>, bool), Option<GrantFault>>,
);

impl GrantChecks {
    pub(crate) fn fault(
        &mut self,
        schema: &Schema,
        role: RoleId,
        subject: EntityTypeId,
        scope: Option<EntityTypeId>,
        expires: bool,
    ) -> Option<GrantFault> {
        *self
            .0
            .entry((role, subject, scope, expires))
            .or_insert_with(|| check_grant(schema, role, subject, scope, expires).err())
    }
}

/// Whether an entity of one type may be directly in one of another.
pub(crate) fn may_have_parent(schema: &Schema, child: EntityTypeId, parent: EntityTypeId) -> bool {
    schema
        .entity_type(child)
        .is_some_and(|def| def.parents.binary_search(&parent).is_ok())
}

/// The names of the types that a parent may have.
pub(crate) fn parent_types(schema: &Schema, child: EntityTypeId) -> Vec<String> {
    let parents = schema.entity_type(child).into_iter().flat_map(|def| &def.parents);
    parents
        .filter_map(|parent| schema.entity_type(*parent))
        .map(|def| def.name.clone())
        .collect()
}

/// What to say of a parent that an entity may not have.
pub(crate) fn parent_message(parent: &str, expected: &[String]) -> String {
    if expected.is_empty() {
        return format!("`{parent}` cannot be its parent: its type has none");
    }
    let expected = names(expected.iter().map(String::as_str));
    format!("`{parent}` cannot be its parent: a parent is of type {expected}")
}

/// What to say of a cycle.
pub(crate) fn cycle_message(entities: &[String]) -> String {
    const SHOWN: usize = 8;
    let first = entities.first().map_or("", String::as_str);
    if entities.len() == 1 {
        return format!("the entity `{first}` is its own parent");
    }
    let mut path: Vec<String> = entities
        .iter()
        .take(SHOWN)
        .map(|entity| format!("`{entity}`"))
        .collect();
    if entities.len() > SHOWN {
        path.push(format!("{} more", entities.len() - SHOWN));
    }
    format!(
        "the entity `{first}` is in itself: {} in `{first}`",
        path.join(" in ")
    )
}

/// What to say of a grant that can never hold.
pub(crate) fn grant_message(role: &str, fault: GrantFault) -> String {
    match fault {
        GrantFault::Derived => format!("no grant may name the role `{role}`: it is held by a condition only"),
        GrantFault::Scope => format!("no resource that the role `{role}` is declared on can be in this scope"),
        GrantFault::Subject => "no principal of any action can be in this subject".to_owned(),
        GrantFault::NoNow => {
            "a grant with `until` needs the time of the request, and not every request carries `now: Timestamp`"
                .to_owned()
        }
    }
}

/// The mend that is likely for such a grant.
pub(crate) fn grant_help(schema: &Schema, role: RoleId, fault: GrantFault) -> Option<String> {
    let type_names = |types: &mut dyn Iterator<Item = EntityTypeId>| {
        let mut types: Vec<EntityTypeId> = types.collect();
        types.sort_unstable();
        types.dedup();
        names(
            types
                .iter()
                .filter_map(|ty| schema.entity_type(*ty))
                .map(|def| def.name.as_str()),
        )
    };
    match fault {
        GrantFault::Derived => {
            let grantable = schema.roles.iter().filter(|role| role.grantable);
            Some(format!(
                "roles that can be granted: {}",
                names(grantable.map(|role| role.name.as_str()))
            ))
        }
        GrantFault::Scope => {
            let on = schema
                .roles
                .iter()
                .filter(|def| def.carriers.contains(&role))
                .flat_map(|def| &def.on);
            Some(format!(
                "the role is on {}; grant it on one, on what one is in, or on \"anything\"",
                type_names(&mut on.copied())
            ))
        }
        GrantFault::Subject => Some(format!(
            "principals are of type {}; grant to one of these or to what they are in",
            type_names(&mut schema.principals())
        )),
        GrantFault::NoNow => {
            Some("add `now: Timestamp` to the policy's `context { … }`, or leave `until` out".to_owned())
        }
    }
}
