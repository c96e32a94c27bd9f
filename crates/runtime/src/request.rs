//! Binding: a request's entities, context and attributes become numbers of the store, or of the request where the store
//! has none. Binding may look up texts and take memory, so that deciding need not.

use dictum_artifact::dag::Plan;
use dictum_artifact::data::{Attributes, Request, RequestFault, check_request};
use dictum_artifact::json::{self, DataError};
use dictum_artifact::schema::{Schema, ShapeId};
use dictum_artifact::value::{self, Timestamp};

use crate::evaluate::Evaluation;
use crate::names::{EntityIndex, Full, Intern, Layered, Names};
use crate::policy::Policy;
use crate::store::Store;
use crate::values::{Arena, Arenas, Place, View};

/// A request, checked against the schema and resolved against a store: all that is left is to decide.
#[derive(Debug)]
pub struct BoundRequest<'s> {
    store: &'s Store,
    names: Names,
    arena: Arena,
    /// How it is decided, and of what. `None` where the request has more parts than are left to be numbered, of which
    /// there are 2³¹ at least: then it is denied.
    question: Option<(&'s Plan, Resolved)>,
}

/// What is asked, in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolved {
    /// Who asks.
    pub(crate) principal: EntityIndex,
    /// On what.
    pub(crate) resource: EntityIndex,
    /// The context's record.
    pub(crate) context: View,
    /// The context's `now`, where requests have one.
    pub(crate) now: Option<Timestamp>,
    principal_attributes: Option<View>,
    resource_attributes: Option<View>,
}

/// What an error calls the text of a request.
const NAME: &str = "request";

impl Store {
    /// Binds a request.
    ///
    /// # Errors
    /// When the request does not fit the schema. Such a request is refused, and never allowed.
    pub fn bind(&self, request: &Request) -> Result<BoundRequest<'_>, RequestFault> {
        let shape = check_request(self.policy().schema(), request)?;
        Ok(BoundRequest::new(self, shape, request))
    }

    /// Binds a request in the JSON of the OpenID AuthZEN Authorization API 1.0.
    ///
    /// # Errors
    /// When the bytes are no such request, or it does not fit the schema; the error says which part, and where it stands.
    pub fn bind_json(&self, request: &[u8]) -> Result<BoundRequest<'_>, DataError> {
        let text = match str::from_utf8(request) {
            Ok(text) => text,
            Err(error) => return Err(not_utf8(request.get(..error.valid_up_to()).unwrap_or_default())),
        };
        let request = json::read_request(self.policy().schema(), NAME, text)?;
        self.bind(&request)
            .map_err(|fault| data_error(0, 0, fault.to_string()))
    }
}

impl<'s> BoundRequest<'s> {
    fn new(store: &'s Store, shape: ShapeId, request: &Request) -> Self {
        let (mut names, mut arena) = (store.names().layer(), Arena::new(Place::Request));
        let layered = Layered {
            below: store.names(),
            above: &mut names,
        };
        let resolved = Resolved::new(layered, &mut arena, store.policy().schema(), request);
        let question = store.policy().plan(shape).zip(resolved.ok());
        Self {
            store,
            names,
            arena,
            question,
        }
    }

    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &'s Policy {
        self.store.policy()
    }

    /// How the request is decided, and all that its expressions can look at.
    pub(crate) fn question(&self) -> Option<(&'s Plan, Evaluation<'_>)> {
        let (plan, resolved) = self.question.as_ref()?;
        let arenas = Arenas {
            policy: self.policy().arena(),
            store: self.store.arena(),
            request: &self.arena,
        };
        Some((
            plan,
            Evaluation {
                policy: self.policy(),
                store: self.store,
                names: &self.names,
                resolved,
                arenas,
                bindings: None,
            },
        ))
    }
}

impl Resolved {
    fn new(
        mut names: Layered<'_>,
        arena: &mut Arena,
        schema: &Schema,
        request: &Request,
    ) -> Result<Self, Full> {
        let mut given = |attributes: &Attributes, names: &mut Layered<'_>| {
            let any = attributes.iter().any(Option::is_some);
            any.then(|| arena.attributes(names, attributes)).transpose()
        };
        let principal_attributes = given(&request.principal_attributes, &mut names)?;
        let resource_attributes = given(&request.resource_attributes, &mut names)?;
        Ok(Self {
            principal: names.entity(&request.principal)?,
            resource: names.entity(&request.resource)?,
            context: arena.attributes(&mut names, &request.context)?,
            now: now(schema, request),
            principal_attributes,
            resource_attributes,
        })
    }

    /// The attributes that the request gives an entity: none, one record of them, or two where the entity is both
    /// principal and resource (which then give no attribute two values).
    pub(crate) fn given(&self, entity: EntityIndex) -> impl Iterator<Item = View> + use<> {
        let principal = self.principal_attributes.filter(|_| entity == self.principal);
        let resource = self.resource_attributes.filter(|_| entity == self.resource);
        principal.into_iter().chain(resource)
    }
}

/// What time it is, as the request says.
fn now(schema: &Schema, request: &Request) -> Option<Timestamp> {
    let record = schema.action(request.action)?.context?;
    let index = schema.record(record)?.position("now")?;
    let Some(value::Value::Timestamp(now)) = request.context.get(index as usize)? else {
        return None;
    };
    Some(*now)
}

fn not_utf8(before: &[u8]) -> DataError {
    let before = str::from_utf8(before).unwrap_or_default();
    let line = before.split('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    data_error(
        narrow(line),
        narrow(column),
        "expected UTF-8, found a byte that is none".to_owned(),
    )
}

fn data_error(line: u32, column: u32, message: String) -> DataError {
    DataError {
        source: NAME.to_owned(),
        line,
        column,
        path: String::new(),
        message,
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Effect;
    use dictum_artifact::schema::ActionId;
    use dictum_artifact::value::Value;

    use super::*;
    use crate::testing::{DOC, USER, bool, equal, principal, request, resource, store, uid};

    #[test]
    fn a_request_that_does_not_fit_is_refused() {
        let store = store(&[(Effect::Permit, bool(true))]);
        let mut no_action = request("ann", "plan");
        no_action.action = ActionId(7);
        assert_eq!(store.bind(&no_action).unwrap_err(), RequestFault::UnknownAction);
        let mut wrong_way = request("ann", "plan");
        wrong_way.principal = uid(DOC, "plan");
        wrong_way.resource = uid(USER, "ann");
        assert!(store.bind(&wrong_way).is_err());
        let mut no_time = request("ann", "plan");
        no_time.context[2] = None;
        assert!(store.bind(&no_time).is_err());
        let mut short = request("ann", "plan");
        short.context.pop();
        assert!(store.bind(&short).is_err());
        let mut ill_typed = request("ann", "plan");
        ill_typed.resource_attributes = vec![None, Some(Value::Bool(true)), None, None, None];
        assert!(store.bind(&ill_typed).is_err());
    }

    #[test]
    fn a_request_leaves_its_names_with_itself() {
        let store = store(&[(Effect::Permit, equal(principal(), principal()))]);
        let before = store.names().entity_count();
        for principal in ["ann", "ghost", "ghost", "other ghost"] {
            assert!(
                store
                    .bind(&request(principal, "nowhere"))
                    .unwrap()
                    .decide()
                    .allowed
            );
        }
        assert_eq!(store.names().entity_count(), before);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        let store = store(&[(Effect::Permit, equal(resource(), resource()))]);
        let error = store.bind_json(b"{\n \"\xc3\xa4\xff").unwrap_err();
        assert_eq!((error.line, error.column), (2, 4));
        assert!(store.bind_json(b"").is_err());
    }
}
