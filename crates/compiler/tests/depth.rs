//! The deepest policies that are allowed go all the way, on the stack of a small thread.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dictum_artifact::data::Dataset;
use dictum_artifact::json;
use dictum_compiler::compile;
use dictum_compiler::reference::Reference;
use dictum_syntax::source::Sources;

const SCHEMA: &str = "
entity User { a: Bool, n: Int, boss: User, m: Map<Int> }
entity Doc
action read by User on Doc
role viewer on Doc {} held when principal.a
";

/// The stack of a thread that nobody asked to be larger.
const STACK: usize = 2 * 1024 * 1024;

/// Nests as deep as the parser lets it, by putting a condition into others of its kind.
fn deepest(nest: impl Fn(&str) -> String) -> String {
    let accepted = |condition: &str| {
        let mut sources = Sources::new();
        sources.add(
            "deep.dictum",
            format!("{SCHEMA}x: permit viewer to read on Doc when {condition}"),
        );
        compile(&sources).0.is_some()
    };
    let mut deepest = "principal.a".to_owned();
    for _ in 0..200 {
        let deeper = nest(&deepest);
        if !accepted(&deeper) {
            break;
        }
        deepest = deeper;
    }
    deepest
}

fn check(nest: impl Fn(&str) -> String + Send + 'static) {
    let run = move || {
        let condition = deepest(nest);
        let mut sources = Sources::new();
        sources.add(
            "deep.dictum",
            format!("{SCHEMA}x: permit viewer to read on Doc when {condition}"),
        );
        let (program, diagnostics) = compile(&sources);
        let program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        let request = r#"{"subject": {"type": "User", "id": "u", "properties": {"a": true, "n": 1, "boss": "u", "m": {}}},
                          "action": {"name": "read"}, "resource": {"type": "Doc", "id": "d"}}"#;
        let request = json::read_request(&program.schema, "request", request).expect("it fits");
        Reference::new(&program, &Dataset::default())
            .decide(&request)
            .expect("it fits");
        condition.len()
    };
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(run)
        .expect("a thread starts");
    let length = thread.join().expect("no overflow");
    assert!(length > 60 * 4, "the nesting ended early, at {length} bytes");
}

#[test]
fn connectives() {
    check(|inner| format!("not ({inner})"));
    check(|inner| format!("(principal.a and {inner})"));
    check(|inner| format!("(principal.a or not {inner})"));
    check(|inner| format!("({inner} otherwise true)"));
    check(|inner| format!("(principal.a and then {inner})"));
    check(|inner| format!("({inner} or else principal.a)"));
}

#[test]
fn choices() {
    check(|inner| format!("if {inner} then principal.a else principal.n == 1"));
    check(|inner| format!("if principal.a then {inner} else principal.n == 1"));
    check(|inner| format!("if principal.a then principal.n == 1 else {inner}"));
}

#[test]
fn comparisons() {
    check(|inner| format!("({inner} == principal.a)"));
    check(|inner| format!("[true] contains ({inner})"));
}

/// Functions that are written out, in a condition that is nested as deep as it may be.
#[test]
fn functions() {
    let run = || {
        let mut text = format!("{SCHEMA}fn f0(x: Bool) = not x\n");
        for at in 1..240 {
            text.push_str(&format!("fn f{at}(x: Bool) = not (f{}(x))\n", at - 1));
        }
        text.push_str("fn g(x: Bool) = if f239(x) then x else not x\n");
        let nested = format!("{}g(principal.a){}", "not (".repeat(60), ")".repeat(60));
        text.push_str(&format!("x: permit viewer to read on Doc when {nested}\n"));
        let mut sources = Sources::new();
        sources.add("deep.dictum", text);
        let (program, diagnostics) = compile(&sources);
        let program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
        let request = r#"{"subject": {"type": "User", "id": "u", "properties": {"a": true, "n": 1, "boss": "u", "m": {}}},
                          "action": {"name": "read"}, "resource": {"type": "Doc", "id": "d"}}"#;
        let request = json::read_request(&program.schema, "request", request).expect("it fits");
        let decided = Reference::new(&program, &Dataset::default()).decide(&request);
        decided.expect("it fits").allowed
    };
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(run)
        .expect("a thread starts");
    assert!(thread.join().expect("no overflow"));
}
