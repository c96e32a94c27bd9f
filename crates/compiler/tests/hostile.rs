//! Sources that an enemy wrote: small texts that would be large programs. Each ends soon, in an error or a program, on the
//! stack of a small thread.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use dictum_compiler::{codes, compile};
use dictum_syntax::diagnostic::Severity;
use dictum_syntax::source::Sources;

const SCHEMA: &str = "
entity User { n: Int, t: String, s: Set<Int> }
entity Doc
action read by User on Doc
";

/// The stack of a thread that nobody asked to be larger.
const STACK: usize = 2 * 1024 * 1024;

/// The codes of the errors of a text behind the schema, in order.
fn errors(text: &str) -> Vec<&'static str> {
    let mut sources = Sources::new();
    sources.add("hostile.dictum", format!("{SCHEMA}{text}"));
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || compile(&sources).1)
        .expect("a thread starts");
    let found = thread.join().expect("it neither panics nor overflows the stack");
    let errors = found.into_iter().filter(|it| it.severity == Severity::Error);
    errors.map(|error| error.code).collect()
}

/// `const c0 = first`, and so many more of the one before.
fn constants(first: &str, count: usize, of: impl Fn(&str) -> String) -> String {
    (1..=count).fold(format!("const c0 = {first}\n"), |mut text, at| {
        let _ = writeln!(text, "const c{at} = {}", of(&format!("c{}", at - 1)));
        text
    })
}

#[test]
fn long_chains_of_constants_are_numbers() {
    let none: Vec<&str> = Vec::new();
    assert_eq!(errors(&constants("1", 5_000, |c| format!("{c} + 1"))), none);
    assert_eq!(errors(&constants("1 == 1", 5_000, |c| format!("not {c}"))), none);
    assert_eq!(
        errors(&constants("1", 5_000, |c| format!(
            "(if {c} == 1 then {c} else 2)"
        ))),
        none
    );
}

#[test]
fn constants_that_double_are_numbers_too() {
    let none: Vec<&str> = Vec::new();
    assert_eq!(errors(&constants("0", 200, |c| format!("{c} + {c}"))), none);
    let doubled = constants("1 == 1", 200, |c| format!("({c} and not {c}) or ({c} and {c})"));
    assert_eq!(errors(&doubled), none);
}

#[test]
fn constants_that_become_too_large() {
    let large = [codes::FUNCTION_TOO_LARGE];
    assert_eq!(errors(&constants("[0]", 400, |c| format!("[{c}]"))), large);
    assert_eq!(
        errors(&constants("{ x: 1 }", 60, |c| format!("{{ x: {c}, y: {c} }}"))),
        large
    );
    assert_eq!(
        errors(&constants("[\"x\"]", 60, |c| format!("[{{ u: {c}, v: {c} }}]"))),
        large
    );
}

#[test]
fn quantifiers_over_constants() {
    let numbers: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    let set = format!("const s = [{}]\n", numbers.join(", "));
    let nested = "any a in X: any b in X: any c in X: any d in X: a + b + c + d == -1";
    let large = [codes::FUNCTION_TOO_LARGE];
    let constant = format!("{set}const q = {}", nested.replace('X', "s"));
    assert_eq!(errors(&constant), large);
    let function = format!("{set}fn f(x: Set<Int>) = {}\n", nested.replace('X', "x"));
    assert_eq!(errors(&format!("{function}const q = f(s)")), large);
    let fixture = "fixture f { User::\"u\" { n: if f(s) then 1 else 2, t: \"\", s: [] } }";
    assert_eq!(errors(&format!("{function}{fixture}")), large);
    let map = "const m: Map<Bool> = { a: f(s) }";
    assert_eq!(errors(&format!("{function}{map}")), large);
}

#[test]
fn fixtures_on_fixtures() {
    let mut text = "fixture f0 { ".to_owned();
    for user in 0..3_000 {
        let _ = writeln!(text, "User::\"{user}\" {{ n: 1, t: \"\", s: [] }}");
    }
    text.push_str("}\n");
    for at in 1..1_000 {
        let _ = writeln!(text, "fixture f{at} on f{} {{}}", at - 1);
    }
    assert_eq!(errors(&text), [codes::FIXTURE_ENTITIES]);
}

#[test]
fn many_regular_expressions() {
    let mut text = String::new();
    for at in 0..200 {
        let _ = writeln!(
            text,
            "r{at}: permit User to read on Doc when principal.t matches r\"{at}.*a.{{30}}\""
        );
    }
    let found = errors(&text);
    assert!(found.len() < 100, "{}", found.len());
    assert_eq!(found.last(), Some(&codes::TOO_MANY_TESTS));
}

/// What would take the square of a line's length for each thing in it.
#[test]
fn a_package_on_one_line() {
    let rules = (0..4_000).map(|n| format!("r{n}: permit User to read on Doc when principal.n == {n} "));
    assert!(errors(&rules.collect::<String>()).is_empty());
    let part = ["principal.n == 1"; 10_000];
    let repeated = format!("r: permit User to read on Doc when {}", part.join(" and "));
    assert!(errors(&repeated).is_empty());
}
