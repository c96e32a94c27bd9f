//! Deciding a bound request takes no memory, whatever the policy asks, and decides as the examples expect.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use dictum_runtime::data::{Dataset, Request};
use dictum_runtime::json::{Requests, read_dataset, read_requests};
use dictum_runtime::{Policy, Store};
use dictum_syntax::source::Sources;

fn policy(text: &str) -> Arc<Policy> {
    let mut sources = Sources::new();
    sources.add("policy.dictum", text);
    let (program, diagnostics) = dictum_compiler::compile(&sources);
    let program = program.unwrap_or_else(|| panic!("the policy does not compile: {diagnostics:?}"));
    Arc::new(Policy::new(program.artifact).unwrap())
}

/// Decides all requests, asserts that deciding allocates nothing, and returns what was decided.
fn decide(policy: &Arc<Policy>, data: &Dataset, requests: &[Request]) -> Vec<bool> {
    let store = Store::new(policy, data).unwrap();
    let decide = |request: &Request| {
        let bound = store.bind(request).unwrap();
        let mut decision = None;
        let measured = allocation_counter::measure(|| decision = Some(bound.decide()));
        assert_eq!(measured.count_total, 0, "deciding {request:?}");
        let decision = decision.unwrap();
        let explanation = bound.explain();
        assert_eq!(explanation.allowed, decision.allowed);
        assert!(decision.rule.is_none_or(|rule| explanation.rules.contains(&rule)));
        decision.allowed
    };
    requests.iter().map(decide).collect()
}

/// The requests of each line, one or a batch.
fn requests(policy: &Policy, lines: &str) -> Vec<Vec<Request>> {
    let read = |line| match read_requests(policy.schema(), "requests.jsonl", line).unwrap() {
        Requests::One(request) => vec![request],
        Requests::Batch(requests, _) => requests.into_iter().map(Result::unwrap).collect(),
    };
    lines.lines().map(read).collect()
}

fn check_example(text: &str, data: &str, lines: &str, expected: &str) {
    let policy = policy(text);
    let data = read_dataset(policy.schema(), &[("data.json", data)]).unwrap();
    let mut decided = Vec::new();
    for requests in requests(&policy, lines) {
        let decisions = decide(&policy, &data, &requests);
        decided.push(match decisions.as_slice() {
            [one] => one.to_string(),
            batch => format!("{batch:?}"),
        });
    }
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(decided, expected);
}

/// Includes the files of an example.
macro_rules! example {
    ($name:literal) => {
        check_example(
            include_str!(concat!("../../../examples/", $name, "/policy.dictum")),
            include_str!(concat!("../../../examples/", $name, "/data.json")),
            include_str!(concat!("../../../examples/", $name, "/requests.jsonl")),
            include_str!(concat!("../../../examples/", $name, "/expected.jsonl")),
        )
    };
}

#[test]
fn todo() {
    example!("todo");
}

#[test]
fn gateway() {
    example!("gateway");
}

#[test]
fn drive() {
    example!("drive");
}

/// Sets and records that the policy computes are the likeliest to need memory.
#[test]
fn computed_sets_and_records() {
    let policy = policy(
        r#"
        entity Group in Group
        entity User in Group { boss: User, level: Int, name: String, labels: Set<String> }
        entity Doc { owner: User, editor: User, pairs: Set<{ n: Int, s: String }>, tags: Map<String> }
        action read by User on Doc
        permit User to read on Doc when
          [resource.owner, resource.editor] contains principal
          and principal in [resource.owner, principal.boss]
          and resource.pairs contains { n: principal.level + 1, s: principal.name }
          and [{ n: 2, s: principal.name }, { n: principal.level + 2, s: "x" }] contains all resource.pairs
          and [principal.level, 1, 2].size == 2
          and [principal.name, "b"] == ["b", principal.name, "ann"]
          and principal.labels contains any [principal.name, "ann"]
          and (resource.tags[principal.name] ?? "none") == "none"
          and { a: [principal.level] } == { a: [1] }
          and (if principal.level + 9223372036854775807 > 0 then [principal.name] else ["ann"]) == ["ann"]
        "#,
    );
    let data = r#"{"entities": [
      {"type": "User", "id": "ann", "properties": {"boss": "ann", "level": 1, "name": "ann", "labels": ["ann", "c"]}},
      {"type": "User", "id": "bob", "properties": {"boss": "ann", "level": 2, "name": "bob", "labels": []}},
      {"type": "Doc", "id": "d", "properties": {
        "owner": "ann", "editor": "bob", "pairs": [{"n": 2, "s": "ann"}, {"n": 3, "s": "x"}], "tags": {"x": "y"}}}
    ]}"#;
    let data = read_dataset(policy.schema(), &[("data.json", data)]).unwrap();
    let ask = |who: &str| {
        let line = format!(
            r#"{{"subject": {{"type": "User", "id": "{who}"}}, "action": {{"name": "read"}}, "resource": {{"type": "Doc", "id": "d"}}}}"#
        );
        decide(&policy, &data, &requests(&policy, &line).concat())
    };
    assert_eq!(ask("ann"), [true]);
    assert_eq!(ask("bob"), [false]);
    assert_eq!(ask("nobody"), [false]);
}

/// The counter counts: binding takes memory.
#[test]
fn binding_is_measured() {
    let policy = policy("entity User  action read by User on User  permit User to read on User");
    let store = Store::new(&policy, &Dataset::default()).unwrap();
    let line = r#"{"subject": {"type": "User", "id": "a"}, "action": {"name": "read"}, "resource": {"type": "User", "id": "b"}}"#;
    let request = requests(&policy, line).concat().remove(0);
    let measured = allocation_counter::measure(|| assert!(store.bind(&request).unwrap().decide().allowed));
    assert!(measured.count_total > 0);
}
