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

/// What looks at elements, texts and clocks.
#[test]
fn quantifiers_regular_expressions_and_zones() {
    let policy = policy(
        r#"
        entity User { friends: Set<User, 20>, email: String, level: Int }
        entity Doc { readers: Set<User, 20>, tags: Map<String, 20>, steps: Set<{ who: User, n: Int }, 20> }
        context { now: Timestamp }
        obligation log { who: User, level: Int }
        const Limits: Map<Int> = { "low": 1, "high": 10 }
        action read by User on Doc
        permit User to read on Doc when
          (any x in resource.readers: any y in x.friends: y == principal and [x, y] contains principal)
          and (all t in resource.tags: t matches r"[a-z]+(-[a-z]+)*")
          and (count s in resource.steps: s.who == principal and s.n > 1) >= 1
          and (any z in [[principal.level, 1], [7]]: any n in z: n == principal.level)
          and (any l in Limits: l > principal.level)
          and principal.email matches r"[^@]+@example\.com"
          and context.now.at("Europe/Berlin").time_of_day < 9h
          with log { who: principal, level: principal.level + 1 }
        "#,
    );
    let data = r#"{"entities": [
      {"type": "User", "id": "ann", "properties": {"friends": ["bob"], "email": "ann@example.com", "level": 2}},
      {"type": "User", "id": "bob", "properties": {"friends": ["ann", "cyd"], "email": "bob@example.org", "level": 3}},
      {"type": "Doc", "id": "d", "properties": {
        "readers": ["ann", "bob"], "tags": {"a": "x-y", "b": "z"},
        "steps": [{"who": "ann", "n": 1}, {"who": "ann", "n": 2}, {"who": "bob", "n": 3}]}}
    ]}"#;
    let data = read_dataset(policy.schema(), &[("data.json", data)]).unwrap();
    let ask = |who: &str, now: &str| {
        let line = format!(
            r#"{{"subject": {{"type": "User", "id": "{who}"}}, "action": {{"name": "read"}}, "resource": {{"type": "Doc", "id": "d"}}, "context": {{"now": "{now}"}}}}"#
        );
        decide(&policy, &data, &requests(&policy, &line).concat())
    };
    assert_eq!(ask("ann", "2026-01-05T07:59:00Z"), [true]);
    assert_eq!(ask("ann", "2026-01-05T08:00:00Z"), [false]);
    // Clocks in Berlin are two hours ahead in summer, in this year and in any other.
    assert_eq!(ask("ann", "2026-07-05T06:59:00Z"), [true]);
    assert_eq!(ask("ann", "2026-07-05T07:00:00Z"), [false]);
    assert_eq!(ask("ann", "9026-07-05T06:59:00Z"), [true]);
    assert_eq!(ask("ann", "9026-07-05T07:00:00Z"), [false]);
    assert_eq!(ask("bob", "2026-01-05T07:59:00Z"), [false]);
    assert_eq!(ask("nobody", "2026-01-05T07:59:00Z"), [false]);
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
