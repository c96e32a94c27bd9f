//! Actions as values: Cedar has them in attributes, in the context and in sets, and so do the imported policies.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema};
use dictum_import::cedar::{Engines, Input, Text, import};
use serde_json::{Value as Json, json};

const SCHEMA: &str = r#"
namespace App {
  entity User { may: Set<Action>, last: Action, pair?: { one: Action } };
  entity Doc;
  action all;
  action read, list in [all] appliesTo { principal: User, resource: Doc, context: { wanted: Action } };
  action edit in [read] appliesTo { principal: User, resource: Doc, context: { wanted: Action } };
}
"#;

const ENTITIES: &str = r#"[
  {"uid": {"type": "App::User", "id": "u"}, "parents": [], "attrs": {
    "may": [{"__entity": {"type": "App::Action", "id": "read"}}, {"__entity": {"type": "App::Action", "id": "all"}}],
    "last": {"__entity": {"type": "App::Action", "id": "edit"}}, "pair": {"one": {"__entity": {"type": "App::Action", "id": "list"}}}}},
  {"uid": {"type": "App::Doc", "id": "d"}, "parents": [], "attrs": {}}
]"#;

const CONDITIONS: [&str; 22] = [
    "action == principal.last",
    "principal.last == action",
    "principal.may.contains(action)",
    "principal.may.contains(App::Action::\"read\")",
    "principal.may.containsAll([action, App::Action::\"all\"])",
    "principal.may.containsAny([App::Action::\"list\"])",
    "principal.may == [App::Action::\"all\", App::Action::\"read\"]",
    "principal.last in App::Action::\"read\"",
    "principal.last in [App::Action::\"list\", App::Action::\"all\"]",
    "principal.last in App::Action::\"list\"",
    "App::Action::\"edit\" in principal.last",
    "action in principal.last",
    "action in principal.may",
    "context.wanted == action",
    "context.wanted in App::Action::\"all\"",
    "action in context.wanted",
    "(if context.wanted == App::Action::\"read\" then action else App::Action::\"list\") in App::Action::\"read\"",
    "principal has pair && principal.pair.one == action",
    "principal has pair && principal.pair == {one: App::Action::\"list\"}",
    "{one: action}.one in App::Action::\"read\"",
    "[action, App::Action::\"list\"].contains(App::Action::\"edit\")",
    "![action].isEmpty() && principal.last is App::Action",
];

fn request(action: &str, wanted: &str) -> Json {
    json!({
        "principal": {"type": "App::User", "id": "u"}, "action": {"type": "App::Action", "id": action},
        "resource": {"type": "App::Doc", "id": "d"},
        "context": {"wanted": {"__entity": {"type": "App::Action", "id": wanted}}}
    })
}

#[test]
fn actions_are_values_where_cedar_has_them_so() {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("the schema is good");
    let entities = Entities::from_json_str(ENTITIES, Some(&schema)).expect("the entities are good");
    let (mut allowed, mut asked) = (0, 0);
    for condition in CONDITIONS {
        let policies = format!("permit(principal, action, resource) when {{ {condition} }};");
        let input = Input {
            name: "app".to_owned(),
            policies: vec![Text::new("p.cedar", policies.as_str())],
            schema: Text::new("s.cedarschema", SCHEMA),
            entities: Some(Text::new("e.json", ENTITIES)),
            links: Vec::new(),
        };
        let engines = Engines::new(&input).unwrap_or_else(|refusals| panic!("{condition}: {refusals:?}"));
        let set: PolicySet = policies.parse().expect("the policy is good");
        for action in ["read", "list", "edit"] {
            for wanted in ["read", "list", "edit", "all"] {
                let json = request(action, wanted);
                let uid = |name: &str| EntityUid::from_json(json[name].clone()).expect("an entity");
                let action_uid = uid("action");
                let context = Context::from_json_value(json["context"].clone(), Some((&schema, &action_uid)));
                let cedars = Request::new(
                    uid("principal"),
                    action_uid,
                    uid("resource"),
                    context.expect("a context"),
                    Some(&schema),
                );
                let answer = Authorizer::new().is_authorized(&cedars.expect("a request"), &set, &entities);
                let found = engines
                    .decide_cedar(&json)
                    .unwrap_or_else(|told| panic!("{condition}: {told}"));
                let told = import(&input).expect("it is imported").files[2].text.clone();
                assert_eq!(
                    found.allowed,
                    answer.decision() == Decision::Allow,
                    "{condition}: {json}\n{told}"
                );
                allowed += usize::from(found.allowed);
                asked += 1;
            }
        }
    }
    assert!(
        allowed > 50 && asked - allowed > 50,
        "{allowed} of {asked} are allowed"
    );
}
