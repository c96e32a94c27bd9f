//! Data and requests that fit a schema, and those that do not.

use super::*;
use crate::schema::{RecordId, TypeId};
use crate::testing::{
    CLEARANCE, DOCUMENT, EDIT, EDITOR, FOLDER, GROUP, OWNER, READ, REGION, USER, VIEW, VIEWER, schema, types,
};

fn uid(ty: EntityTypeId, id: &str) -> EntityUid {
    EntityUid { ty, id: id.into() }
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

#[test]
fn values() {
    let schema = schema();
    let check = |value: Value, ty: TypeId, expected: &str| {
        let said = check_value(&schema, &value, ty)
            .err()
            .map(|fault| fault.to_string())
            .unwrap_or_default();
        assert_eq!(said, expected, "{value:?}");
    };
    let set = |items: Vec<Value>| Value::Set(items.into_iter().collect());
    check(Value::Bool(true), types::BOOL, "");
    check(
        Value::Int(1),
        types::BOOL,
        "expected a value of type `Bool`, found `1`",
    );
    check(
        text("x"),
        types::INT,
        "expected a value of type `Int`, found `\"x\"`",
    );
    check(
        text(&"x".repeat(100)),
        types::INT,
        &format!("expected a value of type `Int`, found `\"{}…`", "x".repeat(59)),
    );
    check(Value::Timestamp(Timestamp::MAX), types::TIMESTAMP, "");
    check(Value::Timestamp(Timestamp::MIN), types::TIMESTAMP, "");
    check(Value::Enum(CLEARANCE, 2), types::CLEARANCE, "");
    check(
        Value::Enum(CLEARANCE, 3),
        types::CLEARANCE,
        "not a name of the enum `Clearance`",
    );
    check(
        Value::Enum(crate::schema::EnumId(1), 0),
        types::CLEARANCE,
        "expected a value of type `Clearance`, found `monday` of the enum `Weekday`",
    );
    check(
        Value::Entity(uid(GROUP, "g")),
        types::USER,
        "expected a value of type `User`, found `Group::\"g\"`",
    );
    check(set(vec![text("a"), text("b")]), types::STRINGS, "");
    check(
        set(vec![Value::Int(1)]),
        types::STRINGS,
        "`[0]`: expected a value of type `String`, found `1`",
    );
    check(
        Value::Map([("a b".into(), Value::Int(1))].into()),
        types::LIMITS,
        "`[\"a b\"]`: expected a value of type `Duration`, found `1`",
    );
    check(Value::Record(vec![None, Some(Value::Int(1))]), types::META, "");
    check(
        Value::Record(vec![None, None]),
        types::META,
        "`.size`: missing: expected a value of type `Int`",
    );
    check(
        Value::Record(vec![None]),
        types::META,
        "expected a value or a gap for each of 2 fields, found 1",
    );
    check(Value::Bool(true), TypeId(99), "the schema has no such type");
}

#[test]
fn a_type_that_is_made_of_itself() {
    // No schema of a compiler or an artifact has one; what checks values ends all the same.
    let mut schema = schema();
    schema.types[9] = crate::schema::Type::Set(types::STRINGS);
    let nested = (0..300).fold(Value::Set([].into()), |inner, _| Value::Set([inner].into()));
    assert_eq!(
        check_value(&schema, &nested, types::STRINGS).unwrap_err().problem,
        ValueProblem::TooDeep
    );
}

/// A request that fits: to view a user, which may be the one who asks.
fn request() -> Request {
    Request {
        principal: uid(USER, "ann"),
        action: VIEW,
        resource: uid(USER, "ann"),
        context: vec![
            Some(Value::Timestamp(Timestamp(0))),
            Some(Value::Record(vec![Some(Value::Bool(true)), None])),
        ],
        principal_attributes: vec![],
        resource_attributes: vec![],
    }
}

#[test]
fn requests() {
    let check = |change: &dyn Fn(&mut Request), expected: &str| {
        let mut request = request();
        change(&mut request);
        let said = check_request(&schema(), &request)
            .err()
            .map(|fault| fault.to_string())
            .unwrap_or_default();
        assert_eq!(said, expected);
    };
    check(&|_| {}, "");
    check(
        &|r| r.action = ActionId(9),
        "`action`: the schema has no such action",
    );
    check(
        &|r| r.action = EDIT,
        "`action`: `edit` is a group of actions, which cannot be asked for; in it are `write`",
    );
    check(
        &|r| r.principal.ty = FOLDER,
        "`principal`: the action `view` does not apply to principals of type `Folder`; it applies to `User`",
    );
    check(
        &|r| r.resource.ty = EntityTypeId(77),
        "`resource`: the action `view` by a `User` does not apply to resources of type `?`; it applies to `User`",
    );
    check(
        &|r| (r.action, r.resource) = (ActionId(1), uid(REGION, "mars")),
        "`resource.id`: there is no `Region` with the id `mars`; its ids are `eu` and `us`",
    );
    check(
        &|r| r.context.truncate(1),
        "`context`: expected a value or a gap for each of 2 fields, found 1",
    );
    check(
        &|r| r.context[0] = None,
        "`context.now`: missing: expected a value of type `Timestamp`",
    );
    check(
        &|r| r.context[1] = Some(Value::Record(vec![Some(Value::Int(1)), None])),
        "`context.token.mfa`: expected a value of type `Bool`, found `1`",
    );
    check(
        &|r| r.resource_attributes = vec![None; 3],
        "`resource`: expected a value or a gap for each of 4 fields, found 3",
    );
    check(
        &|r| r.principal_attributes = vec![None, Some(Value::Int(1)), None, None],
        "`principal.email`: expected a value of type `String`, found `1`",
    );
    // What both say of one entity is the same, or of different attributes.
    let email = |email: &str| vec![None, Some(text(email)), None, None];
    check(
        &|r| (r.principal_attributes, r.resource_attributes) = (email("a"), email("a")),
        "",
    );
    check(
        &|r| (r.principal_attributes, r.resource_attributes) = (email("a"), vec![None; 4]),
        "",
    );
    check(
        &|r| (r.principal_attributes, r.resource_attributes) = (email("a"), email("b")),
        "`resource.email`: principal and resource are the same entity, and the request gives its attribute `email` two values",
    );
    check(
        &|r| {
            (r.principal_attributes, r.resource_attributes) = (email("a"), email("b"));
            r.resource.id = "bob".into();
        },
        "",
    );
}

#[test]
fn datasets() {
    let user = |id: &str| Entity {
        uid: uid(USER, id),
        attributes: vec![None, Some(text("x")), None, None],
        parents: vec![uid(GROUP, "g")],
    };
    let grant = |role: RoleId, subject: EntityUid, scope: Scope| Grant {
        role,
        subject,
        scope,
        until: None,
    };
    let on = |ty: EntityTypeId| Scope::Entity(uid(ty, "x"));
    let check = |entities: Vec<Entity>, grants: Vec<Grant>, expected: &[&str]| {
        let faults = check_dataset(&schema(), &Dataset { entities, grants });
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(said, expected);
    };
    check(
        vec![user("a"), user("b")],
        vec![grant(EDITOR, uid(GROUP, "g"), on(FOLDER))],
        &[],
    );
    check(
        vec![user("a"), user("a")],
        vec![],
        &["the entity `User::\"a\"` is described twice"],
    );
    check(
        vec![Entity {
            attributes: vec![None; 4],
            ..user("a")
        }],
        vec![],
        &["the entity `User::\"a\"`: `properties.email`: missing: expected a value of type `String`"],
    );
    check(
        vec![Entity {
            attributes: vec![],
            parents: vec![uid(FOLDER, "f")],
            ..user("a")
        }],
        vec![],
        &[
            "the entity `User::\"a\"`: `properties`: expected a value or a gap for each of 4 fields, found 0",
            "the entity `User::\"a\"`: `Folder::\"f\"` cannot be its parent: a parent is of type `Group`",
        ],
    );
    check(
        vec![Entity {
            uid: uid(EntityTypeId(9), "a"),
            attributes: vec![],
            parents: vec![],
        }],
        vec![],
        &["the entity `?::\"a\"`: `id`: the schema has no such type"],
    );
    check(
        vec![Entity {
            uid: uid(GROUP, "a"),
            attributes: vec![],
            parents: vec![uid(GROUP, "a")],
        }],
        vec![],
        &["the entity `Group::\"a\"` is its own parent"],
    );
    let ann = || uid(USER, "ann");
    check(
        vec![],
        vec![grant(RoleId(9), ann(), Scope::Anything)],
        &["`grants[0]`: the schema has no such role"],
    );
    check(
        vec![],
        vec![
            grant(OWNER, ann(), on(DOCUMENT)),
            grant(VIEWER, uid(FOLDER, "f"), on(DOCUMENT)),
            grant(VIEWER, ann(), on(GROUP)),
            grant(VIEWER, ann(), Scope::Entity(uid(REGION, "mars"))),
        ],
        &[
            "`grants[0]`: no grant may name the role `owner`: it is held by a condition only",
            "`grants[1]`: no principal of any action can be in this subject",
            "`grants[2]`: no resource that the role `viewer` is declared on can be in this scope",
            "`grants[3]`: `resource`: there is no `Region` with the id `mars`; its ids are `eu` and `us`",
        ],
    );
}

#[test]
fn a_grant_that_expires_needs_the_time() {
    let mut schema = schema();
    schema.has_now = false;
    assert_eq!(
        check_grant(&schema, VIEWER, USER, None, true),
        Err(GrantFault::NoNow)
    );
    assert_eq!(check_grant(&schema, VIEWER, USER, None, false), Ok(()));
}

#[test]
fn a_request_without_context_fields() {
    let mut schema = schema();
    let empty = RecordId(u32::try_from(schema.records.len()).unwrap());
    schema.records.push(crate::schema::Fields::default());
    schema.actions[READ.index()].context = Some(empty);
    let request = Request {
        action: READ,
        resource: uid(DOCUMENT, "d"),
        context: vec![],
        ..request()
    };
    assert!(check_request(&schema, &request).is_ok());
}

#[test]
fn more_elements_than_a_field_may_have() {
    let schema = schema();
    let friends = |count: usize| {
        let ids = (0..count).map(|n| Value::Entity(uid(USER, &n.to_string())));
        Some(Value::Set(ids.collect()))
    };
    for (count, said) in [
        (3, ""),
        (4, "`principal.friends`: expected at most 3 elements, found 4"),
    ] {
        let mut request = request();
        request.principal_attributes = vec![None, None, friends(count), None];
        let fault = check_request(&schema, &request)
            .err()
            .map(|fault| fault.to_string());
        assert_eq!(fault.unwrap_or_default(), said);
        let user = Entity {
            uid: uid(USER, "ann"),
            attributes: vec![None, Some(Value::String("a".into())), friends(count), None],
            parents: vec![],
        };
        let data = Dataset {
            entities: vec![user],
            grants: vec![],
        };
        assert_eq!(check_dataset(&schema, &data).is_empty(), said.is_empty());
    }
}
