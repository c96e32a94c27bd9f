//! JSON that is read and written back, and every complaint about JSON that does not fit.

use super::*;
use crate::data::{Dataset, Entity, Grant, Scope, check_dataset, check_request};
use crate::testing::{CLEARANCE, DOCUMENT, EDITOR, FOLDER, GROUP, READ, REGION, USER, VIEW, schema, types};
use crate::value::{Decimal, Duration, EntityUid, Timestamp, Value};

const CONTEXT: &str = r#"{"now": "2026-01-05T09:00:00Z", "token": {"mfa": true}}"#;

fn uid(ty: crate::schema::EntityTypeId, id: &str) -> EntityUid {
    EntityUid { ty, id: id.into() }
}

fn request_text(subject: &str, action: &str, resource: &str, context: &str) -> String {
    format!(
        r#"{{"subject": {subject}, "action": {{"name": "{action}"}}, "resource": {resource}, "context": {context}}}"#
    )
}

/// A request to read a document, with these properties of the document.
fn read_plan(properties: &str) -> String {
    let resource = format!(r#"{{"type": "Document", "id": "plan", "properties": {properties}}}"#);
    request_text(r#"{"type": "User", "id": "ann"}"#, "read", &resource, CONTEXT)
}

/// What is said of a request, as `path: message | help`.
fn complaint(text: &str) -> String {
    match read_request(&schema(), "r", text) {
        Ok(request) => format!("read: {request:?}"),
        Err(error) => said(&error),
    }
}

fn said(error: &DataError) -> String {
    let help = error
        .help
        .as_ref()
        .map(|help| format!(" | {help}"))
        .unwrap_or_default();
    format!("{}: {}{help}", error.path, error.message)
}

#[test]
fn a_request() {
    let text = request_text(
        r#"{"type": "User", "id": "ann", "properties": {"email": "ann@example.org"}, "for_others": 1}"#,
        "read",
        r#"{"type": "Document", "id": "plan"}"#,
        r#"{"now": "2026-01-05T10:00:00+01:00", "token": {"mfa": false, "scopes": ["b", "a", "b"]}}"#,
    );
    let request = read_request(&schema(), "r", &text).unwrap();
    assert_eq!(request.principal, uid(USER, "ann"));
    assert_eq!(request.action, READ);
    assert_eq!(request.resource, uid(DOCUMENT, "plan"));
    assert_eq!(
        request.principal_attributes,
        [None, Some(Value::String("ann@example.org".into())), None, None]
    );
    assert!(request.resource_attributes.is_empty());
    let scopes = ["a", "b"].into_iter().map(|s| Value::String(s.into())).collect();
    let token = Value::Record(vec![Some(Value::Bool(false)), Some(Value::Set(scopes))]);
    let now = Value::Timestamp(Timestamp(1_767_603_600_000));
    assert_eq!(request.context, [Some(now), Some(token)]);
    assert!(check_request(&schema(), &request).is_ok());
}

#[test]
fn every_type_of_value() {
    let check = |properties: &str, expected: &str| {
        let said = complaint(&read_plan(properties));
        if expected.is_empty() {
            assert!(said.starts_with("read: "), "{properties}: {said}");
        } else {
            assert_eq!(said, format!("resource.properties{expected}"), "{properties}");
        }
    };
    check(
        r#"{"level": "open", "owner": "ann", "limits": {"day": "1h30m", "": "5ms"}, "price": 12.50}"#,
        "",
    );
    check(
        r#"{"meta": {"size": -9223372036854775808, "from": "::ffff:10.0.0.1"}, "price": "-0.0001"}"#,
        "",
    );
    check(r#"{"owner": {"type": "User", "id": "ann"}}"#, "");

    check(
        r#"{"level": "opne"}"#,
        ".level: `opne` is not a name of the enum `Clearance` | did you mean `open`?",
    );
    check(
        r#"{"level": "x"}"#,
        ".level: `x` is not a name of the enum `Clearance` | its names: `open`, `internal` and `secret`",
    );
    check(
        r#"{"level": 1}"#,
        ".level: expected a value of type `Clearance`, found the number `1` | write one of the names of `Clearance` as a text",
    );
    check(
        r#"{"owner": null}"#,
        ".owner: expected a value of type `User`, found null, and there is no null | leave it out where there is no value",
    );
    check(
        r#"{"owner": {"type": "Group", "id": "g"}}"#,
        ".owner.type: expected an entity of type `User`, found one of type `Group`",
    );
    check(
        r#"{"owner": {"type": "Usr", "id": "g"}}"#,
        ".owner.type: there is no entity type `Usr` | did you mean `User`?",
    );
    check(r#"{"owner": {"type": "User"}}"#, ".owner: `id` is missing");
    check(
        r#"{"owner": {"type": "User", "id": "a", "properties": {}}}"#,
        ".owner.properties: an entity that is referred to has no `properties` | known here: `type` and `id`",
    );
    check(
        r#"{"limits": {"day": "soon"}}"#,
        ".limits.day: `soon` is not a duration: numbers with the units `d`, `h`, `m`, `s`, `ms`, longest first, such as `2h30m`",
    );
    check(
        r#"{"meta": {"size": 1.0}}"#,
        ".meta.size: the number `1.0` is not an `Int` | write a whole number, without point and exponent",
    );
    check(
        r#"{"meta": {"size": 1e3}}"#,
        ".meta.size: the number `1e3` is not an `Int` | write a whole number, without point and exponent",
    );
    check(
        r#"{"meta": {"size": 9223372036854775808}}"#,
        ".meta.size: the number `9223372036854775808` does not fit the 64 bits of an `Int`",
    );
    check(
        r#"{"meta": {"size": "1"}}"#,
        ".meta.size: expected a value of type `Int`, found the text `\"1\"` | write a whole number, without quotes",
    );
    check(
        r#"{"meta": {"from": "::1"}}"#,
        ".meta: the required field `size` of type `Int` is missing",
    );
    check(
        r#"{"meta": {"size": 1, "form": 1}}"#,
        ".meta.form: the record has no field `form` | did you mean `from`?",
    );
    check(
        r#"{"price": 0.00001}"#,
        ".price: the number `0.00001` is not an exact `Decimal` | a `Decimal` has at most four digits after the point, and is at most 922337203685477.5807",
    );
    check(
        r#"{"pricce": 1}"#,
        ".pricce: `Document` has no attribute `pricce` | did you mean `price`?",
    );
    check(
        r#"{"colour": 1}"#,
        ".colour: `Document` has no attribute `colour` | declared: `level`, `limits`, `meta`, `owner` and `price`",
    );
    check("[]", ": expected an object of properties, found a list");
}

#[test]
fn requests_that_do_not_fit() {
    let user = r#"{"type": "User", "id": "ann"}"#;
    let document = r#"{"type": "Document", "id": "plan"}"#;
    let check = |text: String, expected: &str| assert_eq!(complaint(&text), expected, "{text}");
    check(
        "[]".to_owned(),
        ": expected a request, as {\"subject\": …, \"action\": …, \"resource\": …}, found a list",
    );
    check(
        "{}".to_owned(),
        ": the request has no `subject` | give it as {\"type\": …, \"id\": …}",
    );
    check(
        request_text(user, "raed", document, CONTEXT),
        "action.name: there is no action `raed` | did you mean `read`?",
    );
    check(
        request_text(user, "edit", document, CONTEXT),
        "action.name: `edit` is a group of actions, which cannot be asked for; in it are `write`",
    );
    check(
        request_text(r#"{"type": "Group", "id": "g"}"#, "read", document, CONTEXT),
        "subject.type: the action `read` does not apply to principals of type `Group`; it applies to `User`",
    );
    check(
        request_text(user, "write", user, CONTEXT),
        "resource.type: the action `write` by a `User` does not apply to resources of type `User`; it applies to `Document` and `Folder`",
    );
    check(
        request_text(user, "enter", r#"{"type": "Region", "id": "mars"}"#, CONTEXT),
        "resource.id: there is no `Region` with the id `mars`; its ids are `eu` and `us`",
    );
    check(
        request_text(r#"{"type": "User", "id": 7}"#, "read", document, CONTEXT),
        "subject.id: expected an id, which is a text, found the number `7`",
    );
    check(
        request_text(user, "read", document, r#"{"token": {"mfa": true}}"#),
        "context: the required context field `now` of type `Timestamp` is missing",
    );
    check(
        request_text(
            user,
            "read",
            document,
            r#"{"now": "2026-01-05T09:00:00Z", "token": {"mfa": 1}}"#,
        ),
        "context.token.mfa: expected a value of type `Bool`, found the number `1` | write `true` or `false`, without quotes",
    );
    check(
        request_text(
            user,
            "read",
            document,
            r#"{"reason": "x", "now": "2026-01-05", "token": {"mfa": true}}"#,
        ),
        "context.reason: the context of `read` has no field `reason` | declared: `now` and `token`",
    );
    check(
        format!(r#"{{"subject": {user}, "action": {{"name": "read"}}, "resource": {document}}}"#),
        ": the required context fields `now` and `token` are missing",
    );
    check(
        format!(
            r#"{{"subject": {user}, "action": {{"name": "read"}}, "resource": {document}, "contxt": {{}}}}"#
        ),
        "contxt: there is no `contxt` here | did you mean `context`?",
    );
    check(
        request_text(
            r#"{"type": "User", "id": "ann", "propertis": {}}"#,
            "read",
            document,
            CONTEXT,
        ),
        "subject.propertis: there is no `propertis` here | did you mean `properties`?",
    );
    check(
        request_text(
            r#"{"type": "User", "id": "ann", "attributes": {}}"#,
            "read",
            document,
            CONTEXT,
        ),
        "subject.attributes: there is no `attributes` here | attributes stand in `properties`",
    );
    check(
        request_text(
            r#"{"type": "User", "id": "ann", "id": "bob"}"#,
            "read",
            document,
            CONTEXT,
        ),
        "subject.id: the key `id` stands here a second time | remove one of the two",
    );
    check(
        format!(r#"{{"subject": {user}, "evaluations": [{{}}]}}"#),
        "evaluations: expected one request, found a batch of them",
    );
}

#[test]
fn one_entity_in_two_roles() {
    let given =
        |email: &str| format!(r#"{{"type": "User", "id": "ann", "properties": {{"email": "{email}"}}}}"#);
    let text = |email| request_text(&given("a"), "view", &given(email), CONTEXT);
    let request = read_request(&schema(), "r", &text("a")).unwrap();
    assert_eq!((request.action, &request.principal), (VIEW, &request.resource));
    assert_eq!(
        complaint(&text("b")),
        "resource.properties.email: principal and resource are the same entity, and the request gives its attribute `email` two values \
         | give the attribute once, or the same twice"
    );
}

#[test]
fn places_are_in_code_points() {
    let text = "\u{feff}{\n  \"ä\": \"𝄞\", \"subject\": 1}";
    let error = read_request(&schema(), "r.json", text).unwrap_err();
    assert_eq!((error.line, error.column, error.path.as_str()), (1, 1, ""));
    let error = read_request(&schema(), "r.json", &text.replace('1', "1,")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "r.json:2:25: a comma after the last one (remove the comma)"
    );
}

#[test]
fn batches() {
    let schema = schema();
    let user = r#"{"type": "User", "id": "ann"}"#;
    let document = |id: &str| format!(r#"{{"resource": {{"type": "Document", "id": "{id}"}}}}"#);
    let text = format!(
        r#"{{"subject": {user}, "action": {{"name": "read"}}, "context": {CONTEXT},
            "options": {{"evaluations_semantic": "deny_on_first_deny", "other": 1}},
            "evaluations": [{}, {{"resource": {{"type": "Group", "id": "x"}}}}, {}, 7, {{}},
              {{"resource": {{"type": "Document", "id": "x", "id": "y"}}}}]}}"#,
        document("a"),
        document("b")
    );
    let Ok(Requests::Batch(requests, Semantic::DenyOnFirstDeny)) = read_requests(&schema, "b", &text) else {
        panic!("not read as a batch");
    };
    let said: Vec<String> = requests
        .iter()
        .map(|request| match request {
            Ok(request) => request.resource.id.to_string(),
            Err(error) => super::tests::said(error),
        })
        .collect();
    assert_eq!(
        said,
        [
            "a",
            "evaluations[1].resource.type: the action `read` by a `User` does not apply to resources of type `Group`; it applies to `Document`",
            "b",
            "evaluations[3]: expected a request, as {\"subject\": …, \"action\": …, \"resource\": …}, found the number `7`",
            "evaluations[4]: the request has no `resource` | give it as {\"type\": …, \"id\": …}",
            "evaluations[5].resource.id: the key `id` stands here a second time",
        ]
        .map(|s| if s.starts_with("evaluations[5]") { format!("{s} | remove one of the two") } else { s.to_owned() })
    );

    // An empty list is as good as none.
    let one = format!(
        r#"{{"subject": {user}, "action": {{"name": "read"}}, "resource": {{"type": "Document", "id": "d"}}, "context": {CONTEXT}, "evaluations": []}}"#
    );
    assert!(matches!(read_requests(&schema, "b", &one), Ok(Requests::One(_))));
    assert!(read_request(&schema, "b", &one).is_ok());

    let error =
        read_requests(&schema, "b", &text.replace("deny_on_first_deny", "deny_on_first")).unwrap_err();
    assert_eq!(
        super::tests::said(&error),
        "options.evaluations_semantic: `deny_on_first` is no semantic of a batch | did you mean `deny_on_first_deny`?"
    );
    let error = read_requests(&schema, "b", &one.replace("[]", "{}")).unwrap_err();
    assert_eq!(
        super::tests::said(&error),
        "evaluations: expected a list of requests, as [{\"resource\": …}, …], found an object"
    );
}

#[test]
fn a_batch_may_not_multiply_its_defaults() {
    let scopes = vec!["\"abcdefgh\""; 100_000].join(",");
    let items = vec!["{}"; 10_000].join(",");
    let text = format!(
        r#"{{"context": {{"now": "2026-01-05", "token": {{"mfa": true, "scopes": [{scopes}]}}}}, "evaluations": [{items}]}}"#
    );
    let error = read_requests(&schema(), "b", &text).unwrap_err();
    assert!(
        error.message.contains("bytes when each item has its defaults"),
        "{error}"
    );
}

const DATA: &str = r#"{
  "entities": [
    {"type": "Group", "id": "eng", "parents": ["staff"]},
    {"type": "User", "id": "ann", "properties": {"email": "ann@example.org", "manager": "meg"}, "parents": ["eng"]},
    {"type": "Document", "id": "plan", "properties": {"level": "secret", "owner": "ann"},
     "parents": [{"type": "Folder", "id": "specs"}]}
  ],
  "grants": [
    {"role": "editor", "subject": {"type": "Group", "id": "eng"}, "resource": {"type": "Folder", "id": "specs"}},
    {"role": "viewer", "subject": {"type": "User", "id": "bob"}, "resource": "anything", "until": "2026-12-31"}
  ]
}"#;

#[test]
fn a_dataset() {
    let schema = schema();
    let data = read_dataset(&schema, &[("d", DATA), ("empty", "{}")]).unwrap();
    assert_eq!(data.entities.len(), 3);
    assert_eq!(data.entities[1].uid, uid(USER, "ann"));
    assert_eq!(data.entities[1].parents, [uid(GROUP, "eng")]);
    assert_eq!(
        data.grants[0],
        Grant {
            role: EDITOR,
            subject: uid(GROUP, "eng"),
            scope: Scope::Entity(uid(FOLDER, "specs")),
            until: None
        }
    );
    assert_eq!(data.grants[1].scope, Scope::Anything);
    assert!(check_dataset(&schema, &data).is_empty());
}

/// What is said of data, one line an error.
fn complaints(files: &[(&str, &str)]) -> Vec<String> {
    let schema = schema();
    match read_dataset(&schema, files) {
        Ok(data) => vec![format!("read: {data:?}")],
        Err(errors) => errors
            .iter()
            .map(|e| format!("{}:{}:{}: {}", e.source, e.line, e.column, said(e)))
            .collect(),
    }
}

#[test]
fn all_errors_of_all_files() {
    let first = r#"{"entities": [
        {"type": "User", "id": "ann"},
        {"type": "User", "id": "bob", "properties": {"emial": "b"}},
        {"type": "Group", "id": "a", "parents": ["b"]},
        {"type": "Group", "id": "b", "parents": ["c"]},
        {"type": "Folder", "id": "f", "parents": [{"type": "Group", "id": "a"}, "f"]}
    ], "grant": []}"#;
    let second = r#"{"entities": [
        {"type": "Group", "id": "c", "parents": ["a"]},
        {"type": "User", "id": "ann", "properties": {"email": "x"}, "attributes": {}},
        {"type": "Region", "id": "eu", "parents": ["x"]},
        7
    ], "grants": [
        {"role": "veiwer", "subject": {"type": "User", "id": "u"}, "resource": "anything"},
        {"role": "owner", "subject": {"type": "User", "id": "u"}, "resource": "anything"},
        {"role": "viewer", "subject": {"type": "Folder", "id": "u"}, "resource": "anything"},
        {"role": "viewer", "subject": {"type": "User", "id": "u"}, "resource": {"type": "Group", "id": "g"}},
        {"role": "viewer", "subject": {"type": "User", "id": "u"}, "resource": "everything"},
        {"role": "viewer", "subject": {"type": "User", "id": "u"}, "resource": "anything", "until": "never"}
    ]}"#;
    let third = "{\"entities\": [}";
    let said = complaints(&[("1", first), ("2", second), ("3", third)]);
    let expected = [
        "1:2:9: entities[0]: the required attribute `email` of type `String` is missing",
        "1:3:53: entities[1].properties: the required attribute `email` of type `String` is missing",
        "1:3:54: entities[1].properties.emial: `User` has no attribute `emial` | did you mean `email`?",
        "1:4:49: entities[2].parents: the entity `Group::\"a\"` is in itself: `Group::\"a\"` in `Group::\"b\"` in `Group::\"c\"` in `Group::\"a\"` | take one of the steps out of `parents`",
        "1:6:50: entities[4].parents: the entity `Folder::\"f\"` is its own parent | take one of the steps out of `parents`",
        "1:6:60: entities[4].parents[0].type: `Group::\"a\"` cannot be its parent: a parent is of type `Folder` | the types of parents stand after `in` in the policy's declaration of the entity type",
        "1:7:8: grant: the data of a store has no `grant` | did you mean `grants`?",
        "2:3:9: entities[1]: the entity `User::\"ann\"` is described twice | it is described first at 1:2:9",
        "2:3:69: entities[1].attributes: an entity has no `attributes` | attributes stand in `properties`",
        "2:4:52: entities[2].parents[0]: expected an entity, as {\"type\": …, \"id\": …}, found the text `\"x\"`",
        "2:5:9: entities[3]: expected an entity, as {\"type\": …, \"id\": …}, found the number `7`",
        "2:7:18: grants[0].role: there is no role `veiwer` | did you mean `viewer`?",
        "2:8:18: grants[1].role: no grant may name the role `owner`: it is held by a condition only | roles that can be granted: `editor` and `viewer`",
        "2:9:39: grants[2].subject: no principal of any action can be in this subject | principals are of type `User`; grant to one of these or to what they are in",
        "2:10:80: grants[3].resource: no resource that the role `viewer` is declared on can be in this scope | the role is on `Document`; grant it on one, on what one is in, or on \"anything\"",
        "2:11:80: grants[4].resource: expected \"anything\" or an entity, as {\"type\": …, \"id\": …}, found the text `\"everything\"`",
        "2:12:101: grants[5].until: `never` is not a timestamp, such as `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00` or `2026-01-05`",
        "3:1:15: : expected a value, found `}`",
    ];
    for (said, expected) in said.iter().zip(expected) {
        assert_eq!(said, expected);
    }
    assert_eq!(said.len(), expected.len());
}

#[test]
fn texts_that_are_no_json() {
    let check = |text: &str, expected: &str| {
        assert_eq!(complaints(&[("f", text)]), [format!("f:{expected}")], "{text}");
    };
    check("", "1:1: : the text is empty: expected a value");
    check(" \n ", "2:2: : the text is empty: expected a value");
    check("{\"a\" 1}", "1:6: : expected `:` after the key, found `1`");
    check(
        "{a: 1}",
        "1:2: : expected a key, found `a` | keys stand in double quotes: \"a\"",
    );
    check(
        "{'a': 1}",
        "1:2: : expected a key, found `'` | texts and keys stand in double quotes: \"…\"",
    );
    check("{\"a\": [1 2]}", "1:10: : expected `,` or `]`, found `2`");
    check(
        "{\"a\": [1,]}",
        "1:9: : a comma after the last one | remove the comma",
    );
    check("{} {}", "1:4: : expected the end of the text, found `{`");
    check(
        "// x",
        "1:1: : expected a value, found `/` | JSON has no comments",
    );
    check(
        "{\"a\": True}",
        "1:7: : expected a value, found `True` | the only words are `true`, `false` and `null`",
    );
    check(
        "{\"a\": 01}",
        "1:7: : a number that starts with a zero | remove the zero",
    );
    check("{\"a\": -}", "1:8: : expected a digit, found `}`");
    check(
        "{\"a\": 1.}",
        "1:9: : expected a digit after the point, found `}`",
    );
    check(
        "{\"a\": \"x",
        "1:7: : the text ends inside the string that starts here | close it with `\"`",
    );
    check(
        "{\"a\": \"x\ny\"}",
        "1:9: : a control character or line break inside a string | close the string with `\"`, or write the character as `\\n`, `\\t` or `\\u…`",
    );
    check(
        "{\"a\": \"\\x\"}",
        "1:8: : `\\` with a character that it does not escape | write a backslash as `\\\\`",
    );
    check(
        "{\"a\": \"\\ud83d\"}",
        "1:8: : half of a surrogate pair | write both halves, or the character itself",
    );
    check(
        "{\"a\": \"\\u12\"}",
        "1:8: : `\\u` without four hexadecimal digits",
    );
    for (open, length) in [("[", 1), ("{\"a\":", 5)] {
        let column = MAX_JSON_DEPTH * length + 1;
        let expected = format!(
            "1:{column}: : nested deeper than {MAX_JSON_DEPTH} levels | remove brackets: no type of a policy nests so deep"
        );
        check(&open.repeat(100_000), &expected);
    }
}

#[test]
fn values_as_deep_as_types_may_be() {
    use crate::data::MAX_TYPE_DEPTH;
    use crate::schema::{Type, TypeId};

    let mut schema = schema();
    let first = schema.types.len();
    let id = |index: usize| TypeId(u32::try_from(index).unwrap());
    schema.types.push(Type::Map(crate::testing::types::INT));
    schema
        .types
        .extend((first..first + MAX_TYPE_DEPTH - 2).map(|inner| Type::Set(id(inner))));
    schema.entity_types[USER.index()].attributes.0[0].ty = id(schema.types.len() - 1);
    let nested = |levels: usize, inner: &str| {
        let value = format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels));
        format!(
            r#"{{"entities": [{{"type": "User", "id": "u", "properties": {{"email": "", "born": {value}}}}}]}}"#
        )
    };
    let levels = MAX_TYPE_DEPTH - 2;
    let data = read_dataset(&schema, &[("d", &nested(levels, r#"{"a": 1}"#))]).unwrap();
    assert!(check_dataset(&schema, &data).is_empty());
    let written = write_dataset(&schema, &data).to_string();
    assert_eq!(read_dataset(&schema, &[("d", &written)]).unwrap(), data);
    let errors = read_dataset(&schema, &[("d", &nested(levels + 1, ""))]).unwrap_err();
    assert!(
        errors[0]
            .message
            .starts_with("expected a value of type `Map<Int>`"),
        "{}",
        errors[0]
    );
}

#[test]
fn large_texts() {
    let id = "x".repeat(MAX_STRING_BYTES);
    let text = |id: &str| {
        format!(r#"{{"entities": [{{"type": "User", "id": "{id}", "properties": {{"email": ""}}}}]}}"#)
    };
    let data = read_dataset(&schema(), &[("d", &text(&id))]).unwrap();
    assert_eq!(data.entities[0].uid.id.len(), id.len());
    assert_eq!(
        complaints(&[("d", &text(&format!("{id}x")))]),
        ["d:1:38: : a string of more than 16777216 bytes | give a shorter one"]
    );
    let error = complaint(&read_plan(&format!(r#"{{"price": "{id}"}}"#)));
    assert!(error.len() < 300, "{}", error.len());
    // One line with an error in each item, found in one pass.
    let items = vec![r#"{"type": "Usr", "id": "x"}"#; 20_000].join(",");
    assert_eq!(
        complaints(&[("d", &format!(r#"{{"entities": [{items}]}}"#))]).len(),
        20_000
    );
}

#[test]
fn written_data_is_read_back() {
    let schema = schema();
    let data = read_dataset(&schema, &[("d", DATA)]).unwrap();
    let written = write_dataset(&schema, &data).to_string();
    assert_eq!(read_dataset(&schema, &[("d", &written)]).unwrap(), data);
    assert_eq!(
        read_dataset(
            &schema,
            &[("d", &write_dataset(&schema, &Dataset::default()).to_string())]
        )
        .unwrap(),
        Dataset::default()
    );

    let properties =
        r#"{"level": "open", "limits": {"a b": "-1d2h"}, "meta": {"size": 3}, "price": 0.1, "owner": "x"}"#;
    for text in [
        read_plan(properties),
        read_plan("{}"),
        read_plan(properties).replace("read", "write"),
    ] {
        let request = read_request(&schema, "r", &text).unwrap();
        let written = write_request(&schema, &request).to_string();
        assert_eq!(read_request(&schema, "r", &written).unwrap(), request);
    }
}

#[test]
fn a_closed_parent_and_a_closed_entity() {
    let schema = schema();
    let data = Dataset {
        entities: vec![Entity {
            uid: uid(REGION, "mars"),
            attributes: vec![],
            parents: vec![],
        }],
        grants: vec![],
    };
    let written = write_dataset(&schema, &data).to_string();
    // The members of an object come in the order that serde_json is built for.
    let column = written.find("\"mars\"").unwrap() + 1;
    assert_eq!(
        complaints(&[("d", &written)]),
        [format!(
            "d:1:{column}: entities[0].id: there is no `Region` with the id `mars`; its ids are `eu` and `us`"
        )]
    );
    assert_eq!(check_dataset(&schema, &data).len(), 1);
}

/// What obligations say is written with the types of entities.
#[test]
fn values_alone() {
    let schema = schema();
    let said = |value: &Value, ty| write_value(&schema, ty, value).to_string();
    let ann = || Value::Entity(uid(USER, "ann"));
    let written = serde_json::json!({"id": "ann", "type": "User"});
    assert_eq!(write_value(&schema, types::USER, &ann()), written);
    assert_eq!(
        write_value(&schema, types::USERS, &Value::Set([ann()].into())),
        serde_json::json!([written])
    );
    let limits = Value::Map([("day".into(), Value::Duration(Duration(86_400_000)))].into());
    assert_eq!(said(&limits, types::LIMITS), r#"{"day":"1d"}"#);
    let meta = Value::Record(vec![None, Some(Value::Int(3))]);
    assert_eq!(said(&meta, types::META), r#"{"size":3}"#);
    let decimal = Value::Decimal(Decimal::parse("1.50").unwrap());
    assert_eq!(said(&decimal, types::DECIMAL), r#""1.5""#);
    assert_eq!(
        said(&Value::Enum(CLEARANCE, 1), types::CLEARANCE),
        r#""internal""#
    );
    assert_eq!(
        said(&Value::Timestamp(Timestamp(0)), types::TIMESTAMP),
        r#""1970-01-01T00:00:00Z""#
    );
    // Not of the type.
    assert_eq!(said(&limits, types::STRING), "null");
}

#[test]
fn more_elements_than_a_field_may_have() {
    let data = |friends: &str| {
        let properties = format!("{{\"email\": \"x\", \"friends\": {friends}}}");
        format!("{{\"entities\": [{{\"type\": \"User\", \"id\": \"u\", \"properties\": {properties}}}]}}")
    };
    let schema = schema();
    let read =
        |friends: &str| read_dataset(&schema, &[("d", &data(friends))]).map(|data| data.entities.len());
    assert_eq!(read(r#"["a", "b", "c", "a"]"#), Ok(1));
    assert_eq!(
        complaints(&[("d", &data(r#"["a", "b", "c", "d"]"#))]),
        ["d:1:83: entities[0].properties.friends: expected at most 3 elements, found 4"]
    );
}

mod random {
    use proptest::prelude::*;

    use super::super::text::{Kind, Node, parse};
    use super::*;

    /// A tree as the JSON library has it, where the library can tell: numbers as text.
    fn tree(node: &Node<'_>) -> serde_json::Value {
        match &node.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Number(text) => serde_json::from_str(text).unwrap_or_default(),
            Kind::String(text) => text.as_ref().into(),
            Kind::Array(items) => items.iter().map(tree).collect(),
            Kind::Object(members) => members
                .iter()
                .map(|m| (m.key.as_ref().to_owned(), tree(&m.value)))
                .collect(),
        }
    }

    /// Any JSON text, small numbers and texts, now and then with white space.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|b| b.to_string()),
            "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?",
            any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
            "\"(\\\\u[0-9a-f]{4}|\\\\[\"\\\\/bfnrt]|[a-z]){0,4}\"",
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let key = prop_oneof![
                Just("\"type\"".to_owned()),
                Just("\"id\"".to_owned()),
                any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap())
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[ {}]", items.join(" ,\n"))),
                prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                    let members: Vec<String> = members.iter().map(|(k, v)| format!("{k}\t:{v}")).collect();
                    format!("{{{}}}\r\n", members.join(", "))
                }),
            ]
        })
    }

    /// What the reader takes is what the JSON library takes, and means the same.
    fn check_text(text: &str) {
        match (parse(text), serde_json::from_str::<serde_json::Value>(text)) {
            (Ok((node, repeated)), Ok(expected)) => {
                // Of a key that repeats, the library keeps the last.
                if repeated.is_empty() {
                    assert_eq!(tree(&node), expected, "{text}");
                }
            }
            (Err(fault), Err(_)) => assert!(text.is_char_boundary(fault.at), "{text}: {fault:?}"),
            // The library reads numbers as floating point, and refuses those that are too large for it.
            (Ok(_), Err(error)) => assert!(
                error.to_string().contains("number out of range"),
                "{text}: {error}"
            ),
            (Err(fault), Ok(_)) => panic!("{text}: {fault:?}"),
        }
    }

    fn read_all(text: &str) {
        let schema = schema();
        if let Err(errors) = read_dataset(&schema, &[("d", text)]) {
            assert!(!errors.is_empty());
        }
        if let Ok(Requests::One(request)) = read_requests(&schema, "r", text) {
            assert_eq!(read_request(&schema, "r", text), Ok(request));
        }
    }

    proptest! {
        #[test]
        fn any_text(text: String) {
            check_text(&text);
            read_all(&text);
        }

        #[test]
        fn any_json(text in json(), cut: prop::sample::Index) {
            check_text(&text);
            read_all(&text);
            let cut = text.char_indices().map(|(at, _)| at).nth(cut.index(text.chars().count())).unwrap();
            check_text(&text[..cut]);
        }

        /// A value of a valid text in another's place.
        #[test]
        fn other_values(value in json(), which in 0..12_usize) {
            let parts = ["\"plan\"", "\"Group\"", "\"secret\"", "{\"level\": \"secret\", \"owner\": \"ann\"}",
                "[\"staff\"]", "\"editor\"", "\"anything\"", "\"2026-12-31\"", "[\"eng\"]", "\"properties\"",
                "{\"type\": \"Folder\", \"id\": \"specs\"}", "\"entities\""];
            let text = DATA.replace(parts[which], &value);
            read_all(&text);
            let request = read_plan("{\"level\": \"secret\", \"owner\": \"ann\"}");
            read_all(&request.replace(parts[which], &value));
        }
    }

    use crate::value::{Decimal, Duration, Network};

    fn value_of(ty: &'static str) -> BoxedStrategy<Value> {
        match ty {
            "timestamp" => prop_oneof![any::<i64>(), -63_000_000_000_000..254_000_000_000_000_i64]
                .prop_map(|t| Value::Timestamp(Timestamp(t)))
                .boxed(),
            "string" => any::<String>().prop_map(|s| Value::String(s.into())).boxed(),
            "decimal" => any::<i64>()
                .prop_map(|d| Value::Decimal(Decimal::from_ten_thousandths(d)))
                .boxed(),
            "duration" => any::<i64>().prop_map(|d| Value::Duration(Duration(d))).boxed(),
            "user" => any::<String>()
                .prop_map(|id| Value::Entity(uid(USER, &id)))
                .boxed(),
            "ip" => (any::<std::net::IpAddr>(), 0..=128_u8)
                .prop_map(|(addr, prefix)| {
                    let longest = if addr.is_ipv4() { 32 } else { 128 };
                    Network::new(addr, prefix.min(longest)).unwrap()
                })
                .prop_map(Value::Ip)
                .boxed(),
            _ => any::<i64>().prop_map(Value::Int).boxed(),
        }
    }

    fn optional(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
        prop::option::of(value)
    }

    fn document() -> impl Strategy<Value = Entity> {
        let limits =
            prop::collection::btree_map(any::<String>().prop_map(Into::into), value_of("duration"), 0..3);
        let meta = (optional(value_of("ip")), value_of("int"))
            .prop_map(|(ip, int)| Value::Record(vec![ip, Some(int)]));
        let parents = prop::collection::vec(any::<String>().prop_map(|id| uid(FOLDER, &id)), 0..3);
        let level = (0..3_u32).prop_map(|level| Value::Enum(crate::testing::CLEARANCE, level));
        (
            any::<String>(),
            (
                level,
                optional(limits.prop_map(Value::Map)),
                optional(meta),
                value_of("user"),
                optional(value_of("decimal")),
            ),
            parents,
        )
            .prop_map(|(id, (level, limits, meta, owner, price), parents)| Entity {
                uid: uid(DOCUMENT, &id),
                attributes: vec![Some(level), limits, meta, Some(owner), price],
                parents,
            })
    }

    fn user() -> impl Strategy<Value = Entity> {
        let friends = prop::collection::btree_set(value_of("user"), 0..3).prop_map(Value::Set);
        let values = (
            optional(value_of("timestamp")),
            value_of("string"),
            optional(friends),
            optional(value_of("user")),
        );
        (any::<String>(), values).prop_map(|(id, (born, email, friends, manager))| Entity {
            uid: uid(USER, &id),
            attributes: vec![born, Some(email), friends, manager],
            parents: vec![],
        })
    }

    proptest! {
        #[test]
        fn written_datasets(documents in prop::collection::vec(document(), 0..3), users in prop::collection::vec(user(), 0..3),
                            until in prop::option::of(any::<i64>())) {
            let grant = Grant { role: EDITOR, subject: uid(GROUP, "g"), scope: Scope::Anything, until: until.map(Timestamp) };
            let data = Dataset { entities: documents.into_iter().chain(users).collect(), grants: vec![grant] };
            let written = write_dataset(&schema(), &data).to_string();
            match read_dataset(&schema(), &[("d", &written)]) {
                Ok(read) => {
                    prop_assert!(check_dataset(&schema(), &data).is_empty());
                    prop_assert_eq!(read, data);
                }
                // Two have one id.
                Err(_) => prop_assert!(!data.faults().is_empty()),
            }
        }

        #[test]
        fn written_requests(document in document(), user in user(), given in 0..4_u8, now in value_of("timestamp")) {
            let token = Value::Record(vec![Some(Value::Bool(true)), None]);
            let part = |bit: u8, attributes: Vec<Option<Value>>| if given & bit == 0 { vec![] } else { attributes };
            let request = Request {
                principal: user.uid,
                action: READ,
                resource: document.uid,
                context: vec![Some(now), Some(token)],
                principal_attributes: part(1, vec![None; 4]),
                resource_attributes: part(2, document.attributes),
            };
            prop_assert!(check_request(&schema(), &request).is_ok());
            let written = write_request(&schema(), &request).to_string();
            prop_assert_eq!(read_request(&schema(), "r", &written), Ok(request));
        }
    }
}
