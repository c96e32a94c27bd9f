//! Entities, grants and requests as plain data, checked against a schema but tied to no store.
//!
//! JSON ([`crate::json`]) and fixtures are read into these; the runtime interns them, the reference evaluator uses
//! them as they are.

use crate::schema::{ActionId, EntityTypeId, RoleId, Schema};
use crate::value::{EntityUid, Timestamp, Value};

pub(crate) mod dataset;
mod hierarchy;
pub(crate) mod request;
pub(crate) mod value;

pub use dataset::{DataFault, check_dataset};
pub(crate) use request::find_conflict;
pub use request::{RequestFault, check_request, find_shape};
pub(crate) use value::check_count;
pub use value::{MAX_TYPE_DEPTH, ValueFault, ValueProblem, check_entity_uid, check_field, check_value};

/// A value for each attribute of an entity type (or field of a record type), in the order of their names; `None`
/// where there is none.
pub type Attributes = Vec<Option<Value>>;

/// An entity that the store describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Which entity.
    pub uid: EntityUid,
    /// Its attributes; required ones are `Some`.
    pub attributes: Attributes,
    /// Its direct parents.
    pub parents: Vec<EntityUid>,
}

/// What a grant is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `on anything`.
    Anything,
    /// An entity and all that is in it.
    Entity(EntityUid),
}

/// `grant ROLE on SCOPE to SUBJECT until TIME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role; a grantable one.
    pub role: RoleId,
    /// Who holds it: this entity and all that is in it.
    pub subject: EntityUid,
    /// Where it holds.
    pub scope: Scope,
    /// From when it no longer holds.
    pub until: Option<Timestamp>,
}

/// The contents of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    /// The entities, each described once.
    pub entities: Vec<Entity>,
    /// The grants.
    pub grants: Vec<Grant>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: EntityUid,
    /// To do what; an action, not a group.
    pub action: ActionId,
    /// On what.
    pub resource: EntityUid,
    /// The fields of the action's context record.
    pub context: Attributes,
    /// The principal's attributes as the request gives them: they add to, or replace, those of the store. Empty when
    /// the request gives none.
    pub principal_attributes: Attributes,
    /// The resource's, likewise.
    pub resource_attributes: Attributes,
}

/// What is wrong with a dataset as a whole; the numbers are positions in [`Dataset::entities`] or [`Dataset::grants`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatasetFault {
    /// An entity is described twice.
    Duplicate {
        /// The first description.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Entities that are each in the next one, and the last in the first.
    Cycle(Vec<usize>),
}

/// Why a grant does not fit the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantFault {
    /// The role is `held when …` only.
    Derived,
    /// No resource that the role is declared on can be in a scope of this type.
    Scope,
    /// No principal of any action can be in a subject of this type.
    Subject,
    /// The grant expires, but requests carry no `now: Timestamp` to compare with.
    NoNow,
}

/// Whether a grant of `role` to a subject of one type, on a scope of another (`None`: on anything), can ever hold.
///
/// # Errors
/// What makes it impossible.
pub fn check_grant(
    schema: &Schema,
    role: RoleId,
    subject: EntityTypeId,
    scope: Option<EntityTypeId>,
    expires: bool,
) -> Result<(), GrantFault> {
    let Some(def) = schema.role(role) else {
        return Err(GrantFault::Derived);
    };
    if !def.grantable {
        return Err(GrantFault::Derived);
    }
    // A role that is included gives its permissions on its own types too, so their scopes are scopes of this role.
    let mut types = schema
        .roles
        .iter()
        .filter(|r| r.carriers.contains(&role))
        .flat_map(|r| r.on.iter());
    if let Some(scope) = scope
        && !types.any(|ty| schema.can_be_in(*ty, scope))
    {
        return Err(GrantFault::Scope);
    }
    if !schema
        .principals()
        .any(|principal| schema.can_be_in(principal, subject))
    {
        return Err(GrantFault::Subject);
    }
    if expires && !schema.has_now {
        return Err(GrantFault::NoNow);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
