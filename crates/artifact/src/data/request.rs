//! Whether a request fits the schema.

use std::fmt;

use super::value::{ValueFault, check_entity_uid, check_fields};
use super::{Attributes, Request};
use crate::path::{member, names};
use crate::schema::{ActionId, EntityTypeId, Fields, Schema, Shape, ShapeId};
use crate::value::EntityUid;

/// Why a request does not fit the schema. Such a request is refused, and never allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// The schema has no such action.
    UnknownAction,
    /// What should be an action is a group of actions.
    Group {
        /// The group's name.
        group: String,
        /// The actions in it.
        actions: Vec<String>,
    },
    /// The action does not apply to principals of this type.
    Principal {
        /// The action's name.
        action: String,
        /// The principal's type.
        found: String,
        /// The types of principals that it applies to.
        expected: Vec<String>,
    },
    /// The action does not apply to resources of this type, for this type of principal.
    Resource {
        /// The action's name.
        action: String,
        /// The principal's type.
        principal: String,
        /// The resource's type.
        found: String,
        /// The types of resources that it applies to.
        expected: Vec<String>,
    },
    /// A part of the request is not of its type; the path says which.
    Value(ValueFault),
    /// Principal and resource are one entity, and the request gives it two values for one attribute.
    Conflict {
        /// The attribute's name.
        attribute: String,
    },
}

impl RequestFault {
    /// The part of the request that does not fit, such as `context.token.mfa`.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::UnknownAction | Self::Group { .. } => "action".to_owned(),
            Self::Principal { .. } => "principal".to_owned(),
            Self::Resource { .. } => "resource".to_owned(),
            Self::Value(fault) => fault.path.clone(),
            Self::Conflict { attribute } => format!("resource{}", member(attribute)),
        }
    }

    /// What is wrong with that part.
    #[must_use]
    pub fn message(&self) -> String {
        let list = |items: &[String]| names(items.iter().map(String::as_str));
        match self {
            Self::UnknownAction => "the schema has no such action".to_owned(),
            Self::Group { group, actions } => {
                format!(
                    "`{group}` is a group of actions, which cannot be asked for; in it are {}",
                    list(actions)
                )
            }
            Self::Principal {
                action,
                found,
                expected,
            } => format!(
                "the action `{action}` does not apply to principals of type `{found}`; it applies to {}",
                list(expected)
            ),
            Self::Resource {
                action,
                principal,
                found,
                expected,
            } => format!(
                "the action `{action}` by a `{principal}` does not apply to resources of type `{found}`; it applies to {}",
                list(expected)
            ),
            Self::Value(fault) => fault.problem.to_string(),
            Self::Conflict { attribute } => format!(
                "principal and resource are the same entity, and the request gives its attribute `{attribute}` two values"
            ),
        }
    }
}

impl fmt::Display for RequestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path(), self.message())
    }
}

impl std::error::Error for RequestFault {}

impl From<ValueFault> for RequestFault {
    fn from(fault: ValueFault) -> Self {
        Self::Value(fault)
    }
}

/// Checks a request, however it was made: the action applies to these types, the context is exactly what requests for
/// the action carry, and every value is of its type.
///
/// # Errors
/// The first part that does not fit.
pub fn check_request(schema: &Schema, request: &Request) -> Result<ShapeId, RequestFault> {
    let shape = find_shape(schema, request.principal.ty, request.action, request.resource.ty)?;
    check_entity_uid(schema, &request.principal).map_err(|fault| fault.within("principal.id"))?;
    check_entity_uid(schema, &request.resource).map_err(|fault| fault.within("resource.id"))?;
    let none = Fields::default();
    let context = schema
        .action(request.action)
        .and_then(|def| schema.record(def.context?))
        .unwrap_or(&none);
    check_fields(schema, context, &request.context, true).map_err(|fault| fault.within("context"))?;
    check_overlay(schema, &request.principal, &request.principal_attributes)
        .map_err(|fault| fault.within("principal"))?;
    check_overlay(schema, &request.resource, &request.resource_attributes)
        .map_err(|fault| fault.within("resource"))?;
    match find_conflict(schema, request) {
        Some(attribute) => Err(RequestFault::Conflict { attribute }),
        None => Ok(shape),
    }
}

/// The shape of a request for an action by a principal on a resource of these types.
///
/// # Errors
/// When the action does not apply to them; the fault says to which it does.
pub fn find_shape(
    schema: &Schema,
    principal: EntityTypeId,
    action: ActionId,
    resource: EntityTypeId,
) -> Result<ShapeId, RequestFault> {
    if let Some(shape) = schema.find_shape(Shape {
        principal,
        action,
        resource,
    }) {
        return Ok(shape);
    }
    let Some(def) = schema.action(action) else {
        return Err(RequestFault::UnknownAction);
    };
    if def.context.is_none() {
        let members = schema
            .actions
            .iter()
            .filter(|a| a.context.is_some() && a.groups.binary_search(&action).is_ok());
        let actions = members.map(|a| a.name.clone()).collect();
        return Err(RequestFault::Group {
            group: def.name.clone(),
            actions,
        });
    }
    let name = |ty: EntityTypeId| {
        schema
            .entity_type(ty)
            .map_or("?", |def| def.name.as_str())
            .to_owned()
    };
    let resources: Vec<String> = schema.resources_of(principal, action).map(name).collect();
    if resources.is_empty() {
        return Err(RequestFault::Principal {
            action: def.name.clone(),
            found: name(principal),
            expected: schema.principals_of(action).map(name).collect(),
        });
    }
    Err(RequestFault::Resource {
        action: def.name.clone(),
        principal: name(principal),
        found: name(resource),
        expected: resources,
    })
}

fn check_overlay(schema: &Schema, uid: &EntityUid, values: &Attributes) -> Result<(), ValueFault> {
    match schema.entity_type(uid.ty) {
        Some(def) if !values.is_empty() => check_fields(schema, &def.attributes, values, false),
        Some(_) | None => Ok(()),
    }
}

/// The attribute that a request gives two values, of an entity that is both principal and resource.
pub(crate) fn find_conflict(schema: &Schema, request: &Request) -> Option<String> {
    if request.principal != request.resource {
        return None;
    }
    let both = request
        .principal_attributes
        .iter()
        .zip(&request.resource_attributes);
    let at = both
        .into_iter()
        .position(|values| matches!(values, (Some(a), Some(b)) if a != b))?;
    let field = schema.entity_type(request.principal.ty)?.attributes.0.get(at)?;
    Some(field.name.clone())
}
