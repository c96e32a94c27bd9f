//! Texts that are made to be deep, long or broken: each is read, or refused, in time linear in its length and on a stack of
//! 2 MiB.

use std::thread;

use dictum_syntax::ast::{MAX_DEPTH, MAX_SOURCE_BYTES};
use dictum_syntax::diagnostic::{Diagnostic, Severity};
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
        let has_errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
        assert_eq!(formatted.is_err(), has_errors);
        if let Err(errors) = formatted {
            assert_eq!(errors, diagnostics);
        }
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
    let quantifiers = [
        ("any x in s: ", ""),
        ("all x in s: count y in t: ", ""),
        ("(any x in s: ", ")"),
        ("any x in (", "): a"),
        ("{ a: any x in s: ", " }"),
        ("if any x in s: ", " then a else a"),
        ("f(", ")"),
        ("a.b.f(", ")"),
        ("{ \"a\": ", "}"),
    ];
    for (before, after) in brackets.into_iter().chain(conditionals).chain(quantifiers) {
        check_depth(before, after, 20_000);
    }
    for opener in [
        "(",
        "if ",
        "{ a: [",
        "(not (",
        "any x in ",
        "any x in s: ",
        "f(",
        "count (",
    ] {
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
fn nesting_of_other_parts_is_bounded() {
    let deep = format!("this is nested deeper than {MAX_DEPTH} levels");
    let parts = [
        ("fn f() = ", "any x in s: ", "x", ""),
        ("fn f(a: ", "Map<", "Int", ", 9>"),
        ("const c: ", "Set<", "Int", ", 9> "),
        ("const c = ", "[", "", "]"),
        ("obligation o { a: ", "{ a: ", "Int", "}"),
        ("permit A to b on C with o { a: ", "[", "", "]"),
        ("never A to b on C when ", "(", "a", ")"),
        ("test \"t\" { ", "for u in [] { ", "", " }"),
        ("test \"t\" { for u in [", "[", "", "]"),
    ];
    for (start, before, middle, after) in parts {
        let end = match start.split_whitespace().next() {
            Some("fn") if start.ends_with(": ") => ") = 1",
            Some("const") if start.ends_with(": ") => "= 1",
            Some("obligation" | "permit" | "test") if start.ends_with('[') => "] {} }",
            Some("obligation" | "permit" | "test") => " }",
            _ => "",
        };
        let text = |times: usize| {
            format!(
                "{start}{}{middle}{}{end}",
                before.repeat(times),
                after.repeat(times)
            )
        };
        for times in [130, 20_000] {
            assert_eq!(error(text(times)), deep, "{start}{before}");
        }
        assert_eq!(errors(text(50)), [], "{start}{before}");
        assert!(!errors(format!("{start}{}", before.repeat(20_000))).is_empty());
    }
}

#[test]
fn paths_are_bounded() {
    let long = "this path has more than 32 names";
    let path = |names: usize| vec!["a"; names].join(".");
    for (before, after) in [
        ("module ", ""),
        ("use ", ""),
        ("use ", ".{ a, b }"),
        ("entity A in ", ""),
        ("type T = Set<", ">"),
        ("permit ", " to a on B"),
        ("permit A in ", "::\"x\" to a on B"),
        ("permit A to ", " on B"),
        ("permit A to a on B with ", ""),
        ("permit A to a on B when a == ", "::\"x\""),
        ("permit A to a on B when a is ", ""),
        ("role r on A includes ", " { }"),
        ("role r on A { a, ", " }"),
        ("exclusive a, ", " on A"),
        ("principals A, ", ""),
        ("fixture f on ", " { }"),
        ("test \"t\" { allow A::\"a\" to b on C::\"c\" by ", " }"),
    ] {
        for names in [33, 2_000] {
            assert_eq!(error(format!("{before}{}{after}", path(names))), long, "{before}");
        }
        assert_eq!(errors(format!("{before}{}{after}", path(32))), [], "{before}");
        assert!(!errors(format!("{before}{}.{after}", path(100_000))).is_empty());
    }
    assert_eq!(error(format!("module {}", path(100_000))), long);
    assert_eq!(error(condition("", &path(5_000), "::\"x\"", 1)), long);
    assert!(!errors(format!("use {}.", path(5_000))).is_empty());
}

#[test]
fn long_lists_are_read() {
    let list = |part: &str| vec![part; 4_000].join(", ");
    for text in [
        format!("module a use b.{{ {} }}", list("c")),
        format!("principals {}", list("a.B")),
        format!("exclusive {} on A", list("a.b")),
        format!("obligation o {{ {} }}", list("a: Int")),
        format!("permit A to b on C with {}", list("o { a: 1 }")),
        format!("fn f({}) = 1", list("a: Int")),
        format!("const c = f({})", list("any x in s: x")),
        format!("const c = {{ {} }}", list("\"a\": 1")),
        format!("test \"t\" {{ for u in [{}] {{ }} }}", list("A::\"a\"")),
        format!(
            "test \"t\" {{ {} }}",
            "for u in [a] { allow u to b on u with o } ".repeat(4_000)
        ),
        condition("", "(any x in s: x)", " or (any x in s: x)", 4_000),
        condition("", "a", " and f(a) and a matches r\"b\"", 4_000),
    ] {
        assert_eq!(errors(text), []);
    }
    assert_eq!(errors("use a.b ".repeat(4_000)), []);
    assert_eq!(errors("module a ".repeat(1_000)).len(), 999);
}

/// Each mend is tried out, and so none of them may be tried on more than its own declaration.
#[test]
fn mends_take_linear_time() {
    for wrong in [
        "permit A to b on C when a = b\n",
        "permit A to b on C when a && b\n",
        "permit A to b on C when some x in s: x\n",
        "fn f() : Int = 1\n",
        "use a.*\n",
        "entity A { a: Int? }\n",
        "l permit A to b on C\n",
    ] {
        assert_eq!(errors(wrong.repeat(1_000)).len(), 1_000, "{wrong}");
    }
    for wrong in [
        format!("permit A to b on C when {} c = d", "a or ".repeat(10_000)),
        format!("permit A to b on C when {}", "a && ".repeat(10_000)),
        format!("permit A to b on C when {}", "any(x in s, ".repeat(100)),
        format!("permit A to b on C when a.b{}", ".any(x => c".repeat(50)),
        format!("permit A to b on C when {} a not in b", "a.".repeat(10_000)),
        format!("const c = {} any x in s: x", "a + ".repeat(10_000)),
        format!("permit A to b on C with a {} when x", ", a".repeat(10_000)),
        format!("permit A to b on C when a matches \"{}\"", "x".repeat(200_000)),
        format!("permit A to b on C when a == '{}'", "x".repeat(200_000)),
        format!("entity {}", "ö".repeat(200_000)),
    ] {
        assert!(!errors(wrong).is_empty());
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
        ("use a.{ b", "this `{` is not closed"),
        ("fn f(a: Int", "this `(` is not closed"),
        ("fn f(a: Set<", "this `(` is not closed"),
        ("const c = r\"a", "this text is not closed on its line"),
        ("const c = f(any x in s: ", "this `(` is not closed"),
        (
            "const c = any x in s",
            "expected `:`, found the end of the constant",
        ),
        ("permit A to b on C with o { a: ", "this `{` is not closed"),
        ("test \"a\" { for u in [", "this `[` is not closed"),
        ("test \"a\" { for u in [] {", "this `{` is not closed"),
        ("use a.`b", "this name is not closed on its line"),
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
        "the character `\\u{202e}` cannot stand here"
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
    // There it may be meant.
    let codes = |text: String| {
        let found = errors(text);
        found.iter().map(|found| found.code).collect::<Vec<_>>()
    };
    let text = "// \0\u{202e}\nentity A { `\0é` : String }";
    assert_eq!(codes(text.to_owned()), ["L0501", "L0501"]);
    assert_eq!(codes(condition("", "a == \"\0\u{1F600}\"", "", 1)), ["L0501"]);
    for text in ["\0", "const c = \0", "use a.\0", "module \0", "fn f(\0) = a"] {
        assert_eq!(codes(text.to_owned()), ["D0102"]);
    }
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
