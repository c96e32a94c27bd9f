//! Conditions that can err, in every order: what Cedar says of them is what the imported policies do.

use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request};
use dictum_import::cedar::{Engines, Input, Text, import};
use serde_json::{Value as Json, json};

const SCHEMA: &str = "
entity User { a: Bool, n: Long, boss?: User };
entity Doc { ok: Bool, m: Long };
action read appliesTo { principal: User, resource: Doc, context: { yes: Bool } };
";

/// Parts that can err, for the principal, for the resource or for a sum, and parts that cannot.
const PARTS: [&str; 11] = [
    "principal.a",
    "resource.ok",
    "context.yes",
    "(principal.n + 9223372036854775807 > resource.m)",
    "(principal.a && resource.ok)",
    "(principal.a || resource.ok)",
    "(if principal.a then true else true)",
    "(if resource.ok then context.yes else principal.a)",
    "[principal.a, true].contains(context.yes)",
    "[principal.a && resource.ok].contains(false)",
    "((principal.a || resource.ok) == true)",
];

/// `x`, `!x` and what two of them make.
fn conditions() -> Vec<String> {
    let sides: Vec<String> = PARTS
        .iter()
        .flat_map(|part| [(*part).to_owned(), format!("!{part}")])
        .collect();
    let mut conditions = Vec::new();
    for left in &sides {
        for right in &sides {
            conditions.push(format!("{left} && {right}"));
            conditions.push(format!("{left} || {right}"));
        }
    }
    conditions
}

fn entities(ann: bool, doc: bool) -> String {
    let mut list: Vec<Json> = Vec::new();
    if ann {
        list.push(json!({"uid": {"type": "User", "id": "ann"}, "attrs": {"a": true, "n": 1}, "parents": []}));
    }
    if doc {
        list.push(json!({"uid": {"type": "Doc", "id": "d"}, "attrs": {"ok": false, "m": 2}, "parents": []}));
    }
    Json::Array(list).to_string()
}

#[test]
fn errors_skip_a_policy_wherever_they_stand() {
    let mut policies = String::new();
    // `&&` and `||` of the same parts take turns, so each comes with every effect and clause somewhere.
    let kinds = [
        ("permit", "when"),
        ("forbid", "unless"),
        ("forbid", "when"),
        ("permit", "unless"),
    ];
    for (number, condition) in conditions().iter().enumerate() {
        let (effect, clause) = kinds[(number / 2) % 4];
        for condition in [condition.clone(), format!("!({condition})")] {
            policies.push_str(&format!(
                "{effect}(principal, action, resource) {clause} {{ {condition} }};\n"
            ));
        }
    }
    let set: PolicySet = policies.parse().expect("the policies are good");
    for (ann, doc) in [(true, true), (true, false), (false, true), (false, false)] {
        let entities = entities(ann, doc);
        let input = Input {
            name: "order".to_owned(),
            policies: vec![Text::new("p.cedar", policies.as_str())],
            schema: Text::new("s.cedarschema", SCHEMA),
            entities: Some(Text::new("e.json", entities.as_str())),
            links: Vec::new(),
        };
        let engines = Engines::new(&input).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        let store = Entities::from_json_str(&entities, None).expect("the entities are good");
        for yes in [true, false] {
            let json = json!({
                "principal": {"type": "User", "id": "ann"}, "action": {"type": "Action", "id": "read"},
                "resource": {"type": "Doc", "id": "d"}, "context": {"yes": yes}
            });
            let uid = |name: &str| EntityUid::from_json(json[name].clone()).expect("an entity");
            let context = Context::from_json_value(json["context"].clone(), None).expect("a context");
            let request = Request::new(uid("principal"), uid("action"), uid("resource"), context, None);
            let answer = Authorizer::new().is_authorized(&request.expect("a request"), &set, &store);
            let mut erring: Vec<String> = answer
                .diagnostics()
                .errors()
                .map(|cedar_policy::AuthorizationError::PolicyEvaluationError(error)| {
                    error.policy_id().to_string()
                })
                .collect();
            erring.sort();
            let found = engines
                .decide_cedar(&json)
                .unwrap_or_else(|told| panic!("{told}"));
            assert_eq!(
                found.errors, erring,
                "which policies err, ann {ann}, doc {doc}, {yes}"
            );
            // One policy alone at a time would tell more of permits; so each is asked for what fires.
            let fired = engines.firing(&json).unwrap_or_else(|told| panic!("{told}"));
            for policy in set.policies() {
                let mut alone = PolicySet::new();
                alone.add(policy.clone()).expect("a policy");
                let context = Context::from_json_value(json["context"].clone(), None).expect("a context");
                let request = Request::new(uid("principal"), uid("action"), uid("resource"), context, None);
                let answer = Authorizer::new().is_authorized(&request.expect("a request"), &alone, &store);
                let fires = answer.diagnostics().reason().next().is_some();
                let id = policy.id().to_string();
                if fired.contains(&id) != fires {
                    let rules = import(&input).expect("it is imported").files[2].text.clone();
                    let rule = rules
                        .split("\n\n")
                        .find(|rule| rule.starts_with(&format!("{id}:")));
                    panic!(
                        "ann {ann}, doc {doc}, {yes}: {policy}\n{}",
                        rule.unwrap_or_default()
                    );
                }
            }
        }
    }
}
