//! Texts that are made to be deep, long or broken: each is read, or refused, in time linear in its length and on a stack of
//! 2 MiB.

use std::thread;

use dictum_syntax::ast::{MAX_DEPTH, MAX_SOURCE_BYTES};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::format::format;
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

/// What is said of a text, which the formatter says too; nothing where it can be read.
fn errors(text: String) -> Vec<Diagnostic> {
    let read = move || {
        let mut sources = Sources::new();
        let id = sources.add("a.dictum", text);
        let (_, diagnostics) = parse(&sources, id);
        let formatted = format(&sources, id);
        assert_eq!(formatted.err().unwrap_or_default(), diagnostics);
        diagnostics
    };
    let small = thread::Builder::new().stack_size(2 << 20).spawn(read);
    small.unwrap().join().unwrap()
}

/// The message of the only error of a text.
fn error(text: String) -> String {
    let errors = errors(text);
    let [error] = errors.as_slice() else {
        panic!("{} errors", errors.len())
    };
    error.message.clone()
}

fn condition(before: &str, middle: &str, after: &str, times: usize) -> String {
    format!(
        "permit User to read on Doc when {}{middle}{}",
        before.repeat(times),
        after.repeat(times)
    )
}

/// Nesting that is refused, and half of it that is not.
fn check_depth(before: &str, after: &str, times: usize) {
    let deep = format!("this is nested deeper than {MAX_DEPTH} levels");
    for times in [129, times] {
        let text = condition(before, "a", after, times);
        assert_eq!(error(text), deep, "{times} times {before}…{after}");
    }
    assert_eq!(errors(condition(before, "a", after, 60)), [], "{before}…{after}");
}

#[test]
fn nesting_in_brackets_is_bounded() {
    let brackets = [
        ("(", ")"),
        ("[", "]"),
        ("{ a: ", "}"),
        ("a.f(", ")"),
        ("a[", "]"),
        ("not (", ")"),
        ("1 + (", ")"),
    ];
    let conditionals = [
        ("if ", " then a else a"),
        ("if a then ", " else a"),
        ("if a then a else ", ""),
        ("(if a then ", " else a)"),
    ];
    for (before, after) in brackets.into_iter().chain(conditionals) {
        check_depth(before, after, 100_000);
    }
    for opener in ["(", "if ", "{ a: [", "(not ("] {
        assert!(!error(condition(opener, "", "", 120)).is_empty());
        assert!(!error(condition(opener, "", "", 100_000)).is_empty());
    }
}

#[test]
fn nesting_of_operators_is_bounded() {
    check_depth("not ", "", 100_000);
    check_depth("-", "", 100_000);
    for (before, after) in [
        ("a ?? ", ""),
        ("", " + a"),
        ("", " otherwise a"),
        ("", ".a"),
        ("", "[a]"),
        ("", ".f(a)"),
    ] {
        check_depth(before, after, 10_000);
    }
}

#[test]
fn nesting_of_types_is_bounded() {
    let deep = format!("this is nested deeper than {MAX_DEPTH} levels");
    for (before, after) in [
        ("Set<", ">"),
        ("Map<", ">"),
        ("{ a: ", " }"),
        ("Set<{ a: Map<", "> }>"),
        ("Set<", ""),
    ] {
        let alias = |times: usize| format!("type T = {}Int{}", before.repeat(times), after.repeat(times));
        assert_eq!(error(alias(129)), deep, "{before}");
        assert_eq!(error(alias(100_000)), deep, "{before}");
        assert_eq!(errors(alias(40)).is_empty(), !after.is_empty(), "{before}");
    }
}

#[test]
fn chains_are_not_nesting() {
    assert_eq!(errors(condition("", "a", " or a", 100_000)), []);
    for link in [" and a", " or a and b", " and not a == b", " or (a)"] {
        assert_eq!(errors(condition("", "a", link, 10_000)), [], "{link}");
    }
    for list in ["[a, ", "{ a: [], ", "a.f(a, "] {
        let closer = list.chars().find_map(|c| match c {
            '[' => Some("]"),
            '{' => Some("}"),
            '(' => Some(")"),
            _ => None,
        });
        let item = if list.starts_with('{') { "b: a, " } else { "a, " };
        let text = condition(item, "", "", 10_000).replacen("when ", &format!("when {list}"), 1);
        assert_eq!(errors(text + closer.unwrap()), [], "{list}");
    }
    assert_eq!(
        errors(format!("entity A {{ {} }}", "a: Int, ".repeat(10_000))),
        []
    );
    assert_eq!(errors(format!("permit {} B to c on D", "A, ".repeat(10_000))), []);
    assert_eq!(errors(format!("{} entity A", "@a ".repeat(10_000))), []);
    assert_eq!(errors("/// a\n".repeat(100_000) + "entity A"), []);
}

#[test]
fn what_is_not_closed() {
    let cases = [
        ("entity A { a: Int", "this `{` is not closed"),
        ("permit A to b on C when (a", "this `(` is not closed"),
        ("permit A to b on C when [a, {", "this `{` is not closed"),
        (
            "permit A to b on C when \"a",
            "this text is not closed on its line",
        ),
        (
            "permit A to b on C when time\"a",
            "this text is not closed on its line",
        ),
        (
            "permit A to b on C when \"a\\",
            "this text is not closed on its line",
        ),
        (
            "permit A to b on C when `a",
            "this name is not closed on its line",
        ),
        ("@a(\"", "this text is not closed on its line"),
        ("type T = Set<", "expected a type, found the end of the type"),
        ("test \"a\" { allow A::", "this `{` is not closed"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text.to_owned()), expected, "{text}");
    }
    for opener in ["{", "(", "[", "\"", "`", "@", "}", ")", "\"\\", "\n}"] {
        assert!(!errors(opener.repeat(50_000)).is_empty(), "{opener}");
        assert!(
            !errors(format!("entity A {}", opener.repeat(50_000))).is_empty(),
            "{opener}"
        );
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(
        error("entity A\0".to_owned()),
        "the character `\\u{0}` cannot stand here"
    );
    assert_eq!(
        error("entity \u{202e}A".to_owned()),
        "the character `\u{202e}` cannot stand here"
    );
    assert_eq!(errors("\u{feff}entity A\r\nentity B\r\n".to_owned()), []);
    assert_eq!(errors("\u{feff}".to_owned()), []);
    assert_eq!(
        error("entity A\u{feff}".to_owned()),
        "the character `\\u{feff}` cannot stand here"
    );
    assert_eq!(
        error("entity A\u{a0}".to_owned()),
        "the character `\\u{a0}` cannot stand here"
    );
    assert_eq!(
        errors("// \0\u{202e}\nentity A { `\0é` : String }".to_owned()),
        []
    );
    assert_eq!(errors(condition("", "a == \"\0\u{1F600}\"", "", 1)), []);
}

#[test]
fn large_texts() {
    let string = |length: usize| condition("", &format!("a == \"{}\"", "x".repeat(length)), "", 1);
    assert_eq!(errors(string(4_000_000)), []);
    let too_large = error(string(20_000_000));
    assert_eq!(
        too_large,
        format!("this source has 20000039 bytes; at most {MAX_SOURCE_BYTES} are read")
    );
    assert_eq!(errors(" ".repeat(MAX_SOURCE_BYTES)), []);
    assert!(error(" ".repeat(MAX_SOURCE_BYTES + 1)).starts_with("this source has 16777217 bytes"));
    assert_eq!(errors("entity A { a: Int }\n".repeat(5_000)), []);
    assert_eq!(errors("entity A { a Int }\n".repeat(5_000)).len(), 5_000);
}

#[test]
fn messages_are_short() {
    let long = |part: &str| part.repeat(100_000);
    for text in [
        long("a"),
        format!("entity A {}", long("a")),
        format!("entity A {}", long("&")),
        format!("{}: permitt", long("a")),
        format!("`{}` permit", long("a")),
        condition("a == ", &long("1"), "", 1),
        condition("a == ", &format!("1.{}", long("1")), "", 1),
        condition("a == ", &format!("{}s", long("1")), "", 1),
        condition("a == time", &format!("\"{}\"", long("a")), "", 1),
        condition("a == ip", &format!("\"{}\"", long("a")), "", 1),
        condition("a == ", &format!("\"\\u{{{}}}\"", long("0")), "", 1),
        condition("a == ", &format!("\"{}\"", long("a")), "b", 1),
        condition("A ", &format!("\"{}\"", long("a")), "", 1),
        format!("test \"a\" {{ allow {} }}", long("a")),
    ] {
        for found in errors(text) {
            assert!(found.message.len() < 300, "{}", found.message);
            assert!(
                found.help.is_none_or(|help| help.len() < 300),
                "{}",
                found.message
            );
        }
    }
}

#[test]
fn a_layout_is_not_larger_than_a_source() {
    // Deep in brackets, each value has a line of its own with much before it.
    let values = "\"an id that is as long as it may be for its line not to hold another\", ".repeat(60_000);
    let text = condition("[", &values, "]", 120);
    assert!(text.len() < MAX_SOURCE_BYTES);
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let refused = format(&sources, id).unwrap_err();
    assert!(
        refused[0]
            .message
            .starts_with("in its layout this source would have"),
        "{}",
        refused[0].message
    );
}
