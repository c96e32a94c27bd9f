//! Every folder of `examples/`: it checks, its tests pass, it is formatted, and its requests are decided as `expected.jsonl`
//! says, whichever way they are asked.

use std::fs;
use std::sync::Arc;

use dictum_runtime::json::{self, Requests};
use dictum_runtime::{BoundRequest, Policy, Store, data};
use serde_json::{Value, json};

use crate::run::{Folder, root, shipped};

/// The names of the examples.
fn examples() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 3, "only {names:?}: where are the others?");
    names
}

/// The JSON documents of a file of an example, a line each.
fn lines(example: &str, file: &str) -> Vec<Value> {
    shipped(&format!("examples/{example}/{file}"))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{example}/{file}: {error}")))
        .collect()
}

#[test]
fn examples_check_and_are_formatted_and_their_tests_pass() {
    for example in examples() {
        let folder = Folder::of_example(&example);
        let check = folder.run("check .");
        assert_eq!((check.code, check.stderr.as_str()), (0, ""), "{check:#?}");
        let fmt = folder.run("fmt --check .");
        assert_eq!((fmt.code, fmt.stdout.as_str()), (0, ""), "{fmt:#?}");
        let tests = folder.run("test . --format json");
        assert_eq!(tests.code, 0, "{tests:#?}");
        let tests = tests.json();
        assert!(tests["passed"].as_u64().unwrap() >= 4, "{tests:#}");
        assert_eq!(tests["failed"], 0, "{tests:#}");
    }
}

#[test]
fn the_command_decides_the_requests_of_examples() {
    for example in examples() {
        let folder = Folder::of_example(&example);
        let expected = lines(&example, "expected.jsonl");
        let build = folder.run("build . -o policy.dpa");
        assert_eq!(build.code, 0, "{build:#?}");
        for policy in [".", "policy.dpa", ". --reference"] {
            let arguments =
                format!("eval --policy {policy} --data data.json --requests requests.jsonl --format jsonl");
            let eval = folder.run(&arguments);
            assert_eq!((eval.code, eval.stderr.as_str()), (0, ""), "{example}: {eval:#?}");
            let decided: Vec<Value> = eval.json_lines().unwrap().iter().map(outcome).collect();
            assert_eq!(decided, expected, "{example}, --policy {policy}");
        }
    }
}

/// A decision as `expected.jsonl` has it: a Boolean, or for a batch a list of them.
fn outcome(answer: &Value) -> Value {
    match answer["evaluations"].as_array() {
        Some(evaluations) => evaluations.iter().map(outcome).collect(),
        None => answer["decision"].clone(),
    }
}

#[test]
fn all_ways_to_ask_name_the_same_rules() {
    for example in examples() {
        let folder = Folder::of_example(&example);
        folder.run("build . -o policy.dpa");
        let answers = ["policy.dpa", ". --reference"].map(|policy| {
            let arguments = format!(
                "eval --policy {policy} --data data.json --requests requests.jsonl --format jsonl --explain"
            );
            folder.run(&arguments).stdout
        });
        assert!(!answers[0].is_empty());
        assert_eq!(answers[0], answers[1], "{example}");
    }
}

/// An example, loaded through the library: the bytes of its artifact, and its data.
fn load(example: &str) -> Store {
    let folder = Folder::of_example(example);
    let build = folder.run("build . -o policy.dpa");
    assert_eq!(build.code, 0, "{build:#?}");
    let policy = Policy::from_bytes(&fs::read(folder.path("policy.dpa")).unwrap()).unwrap();
    let text = shipped(&format!("examples/{example}/data.json"));
    let data = json::read_dataset(policy.schema(), &[("data.json", &text)]).unwrap();
    Store::new(&Arc::new(policy), &data).unwrap()
}

/// What the library decides of a text that holds a request or a batch.
fn decide(store: &Store, text: &str) -> Value {
    let one = |request: &data::Request| decision(&store.bind(request).unwrap());
    match json::read_requests(store.policy().schema(), "request", text).unwrap() {
        Requests::One(request) => {
            let decided = one(&request);
            assert_eq!(
                decision(&store.bind_json(text.as_bytes()).unwrap()),
                decided,
                "{text}"
            );
            decided
        }
        Requests::Batch(requests, _) => requests
            .iter()
            .map(|request| one(request.as_ref().unwrap()))
            .collect(),
    }
}

fn decision(request: &BoundRequest<'_>) -> Value {
    let (decision, explanation) = (request.decide(), request.explain());
    assert_eq!(decision.allowed, explanation.allowed);
    match decision.rule {
        Some(rule) => assert!(explanation.rules.contains(&rule)),
        None => assert!(!decision.allowed && explanation.rules.is_empty()),
    }
    json!(decision.allowed)
}

#[test]
fn the_library_decides_the_requests_of_examples() {
    for example in examples() {
        let store = load(&example);
        let requests = shipped(&format!("examples/{example}/requests.jsonl"));
        let decided: Vec<Value> = requests.lines().map(|text| decide(&store, text)).collect();
        assert_eq!(decided, lines(&example, "expected.jsonl"), "{example}");
    }
}

/// The published cases of the AuthZEN Todo scenario: each request, and the decision or decisions that it expects.
fn authzen_todo() -> Vec<(Value, Value)> {
    let corpus: Value = serde_json::from_str(&shipped("tests/corpus/authzen-todo/decisions.json")).unwrap();
    let cases = |key: &str| corpus[key].as_array().unwrap().clone();
    let (single, batches) = (cases("evaluation"), cases("evaluations"));
    assert_eq!((single.len(), batches.len()), (40, 3));
    let expected = |case: &Value| match case["expected"].as_array() {
        Some(decisions) => decisions
            .iter()
            .map(|decision| decision["decision"].clone())
            .collect(),
        None => case["expected"].clone(),
    };
    single
        .iter()
        .chain(&batches)
        .map(|case| (case["request"].clone(), expected(case)))
        .collect()
}

#[test]
fn the_todo_example_is_the_published_scenario() {
    let (requests, expected): (Vec<Value>, Vec<Value>) = authzen_todo().into_iter().unzip();
    assert_eq!(lines("todo", "requests.jsonl"), requests);
    assert_eq!(lines("todo", "expected.jsonl"), expected);
}

#[test]
fn the_published_todo_decisions_come_out() {
    let folder = Folder::of_example("todo");
    let store = load("todo");
    let (mut requests, mut expected) = (String::new(), Vec::new());
    for (request, decision) in authzen_todo() {
        let text = request.to_string();
        assert_eq!(decide(&store, &text), decision, "{text}");
        requests += &format!("{text}\n");
        expected.push(decision);
    }
    let eval = folder.run_with(
        "eval --policy . --data data.json --requests - --format jsonl",
        requests.as_bytes(),
    );
    assert_eq!((eval.code, eval.stderr.as_str()), (0, ""), "{eval:#?}");
    let decided: Vec<Value> = eval.json_lines().unwrap().iter().map(outcome).collect();
    assert_eq!(decided, expected);
}

/// Damage to the artifacts of real policies is found before anything is decided.
#[test]
fn damaged_artifacts_of_examples_are_refused() {
    for example in examples() {
        let folder = Folder::of_example(&example);
        folder.run("build . -o policy.dpa");
        let bytes = fs::read(folder.path("policy.dpa")).unwrap();
        assert!(Policy::from_bytes(&bytes).is_ok());
        for end in 0..bytes.len() {
            assert!(
                Policy::from_bytes(&bytes[..end]).is_err(),
                "{example}: cut short at {end}"
            );
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Policy::from_bytes(&flipped).is_err(),
                "{example}: bit {bit} flipped"
            );
        }
    }
}
