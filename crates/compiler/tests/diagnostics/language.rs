//! Modules, functions and constants, quantifiers, obligations, exclusive roles, regular expressions, zones and tables.

use super::{SCHEMA, condition, policy, rule};

/// What is found in the condition of a rule for users who write documents, over more declarations.
fn with(declarations: &str, condition: &str, expected: &str) {
    policy(
        &format!("{declarations}\npermit User to write on Doc when {condition}\n{SCHEMA}"),
        expected,
    );
}

#[test]
fn functions_and_the_request() {
    with(
        "fn f() = context.risk",
        "true",
        "
        D0312 1:10 a function does not see the request, only what it is called with
        help: add a parameter for it, and pass it where the function is called
        ",
    );
    with(
        "fn f(n: Int) = principal.level == n or action == read",
        "true",
        "
        D0312 1:16 a function does not see the request, only what it is called with
        help: add a parameter for it, and pass it where the function is called
        D0312 1:50 a function does not see the request, only what it is called with
        help: add a parameter for it, and pass it where the function is called
        ",
    );
}

#[test]
fn functions_and_their_arguments() {
    with(
        "fn f(user: User, n: Int) = user.name.length > n",
        "f(principal)",
        "
        D0310 2:34 `f` takes 2 values, and 1 is given
        help: its parameters are `user: User, n: Int`
        1:4 declared here
        ",
    );
    with(
        "fn f() = true",
        "f",
        "
        D0204 2:34 `f` is a function
        help: call it: `f()`
        ",
    );
    with(
        "const limit = 3",
        "limit(1) > 2",
        "
        D0204 2:34 `limit` is a constant, not a function
        help: leave the parentheses out
        ",
    );
    with(
        "fn f(text: String) = text == \"\"",
        "principal.f()",
        "
        D0304 2:44 a value of type `User` has no function `f`
        help: the value stands in the parentheses: `f(principal)`
        ",
    );
}

#[test]
fn what_is_defined_by_itself() {
    with(
        "fn f(n: Int) = g(n)  fn g(n: Int) = n > h  const h = f(3)",
        "true",
        "
        D0410 1:4 the function `f` is defined by itself: `f` uses `g`, which uses `h`, which uses `f`
        help: break the cycle at one of these places
        1:16 uses `g`
        1:41 uses `h`
        1:54 uses `f`
        ",
    );
    policy(
        "fixture a on b {}  fixture b on a {}",
        "
        D0410 1:9 the fixture `a` builds on itself: `a` builds on `b`, which builds on `a`
        help: break the cycle at one of these places
        1:14 builds on `b`
        1:33 builds on `a`
        ",
    );
}

#[test]
fn functions_that_become_too_large() {
    let doubled = |count: usize| {
        (1..=count)
            .map(|at| format!("fn f{at}(n: Int) = f{}(n) + f{}(n + {at})\n", at - 1, at - 1))
            .collect::<String>()
    };
    policy(
        &format!(
            "fn f0(n: Int) = n\n{}fn f(n: Int) = f16(n) == 1\n{SCHEMA}",
            doubled(16)
        ),
        "
        D0608 15:18 with the functions that it uses written out, `f13` has 122879 parts on 27 levels here; at most 65536 on 256 are supported
        help: functions that call each other several times double with each step: ask once
        D0608 15:27 with the functions that it uses written out, `f13` has 139263 parts on 28 levels here; at most 65536 on 256 are supported
        help: functions that call each other several times double with each step: ask once
        ",
    );
}

#[test]
fn constants() {
    for value in [
        "principal.level",
        "User::\"ann\".name",
        "User::\"ann\" in Group::\"g\"",
    ] {
        policy(
            &format!("const c = {value}\n{SCHEMA}"),
            "
            D0308 1:11 a constant is the same for all requests and stores, and this is not
            help: declare a function with a parameter for it: `fn name(user: User) = …`
            ",
        );
    }
}

#[test]
fn quantifiers() {
    condition(
        "any x in principal.name: x == \"a\"",
        "
        D0302 10 `any … in` goes through a set or the values of a map, and this is a value of type `String`
        ",
    );
    condition(
        "count x in principal.labels: x == \"a\"",
        "
        D0301 1 expected a value of type `Bool`, found one of type `Int`
        help: compare it with something, such as `… == …`
        ",
    );
    let nested: String = (0..9)
        .map(|at| format!("any x{at} in principal.labels: "))
        .collect();
    condition(
        &format!("{nested}x8 == \"a\""),
        "
        D0610 225 quantifiers are nested deeper than 8 levels
        help: ask a part of it in the data: an attribute that says what is sought
        ",
    );
    with(
        "fn f(texts: Set<String>) = any a in texts: any b in texts: any c in texts: a == b and b == c",
        "any a in principal.labels: any b in [a]: any c in [a]: any d in [a]: any e in [a]: any g in [a]: f([g])",
        "
        D0610 2:131 quantifiers are nested deeper than 8 levels
        help: ask a part of it in the data: an attribute that says what is sought
        ",
    );
}

#[test]
fn regular_expressions() {
    let check = |pattern: &str, column: usize, message: &str, help: &str| {
        let expected = if help.is_empty() {
            format!("D0313 {column} {message}")
        } else {
            format!("D0313 {column} {message}\nhelp: {help}")
        };
        condition(&format!("principal.name matches r\"{pattern}\""), &expected);
    };
    check(
        "a(b",
        27,
        "this regular expression cannot be read: unclosed group",
        "",
    );
    check(
        "ab$",
        28,
        "`$` has no place in this regular expression",
        "`matches` is about the whole text: leave `$` out, and write `.*` where anything may stand",
    );
    check(
        "(?=a)",
        26,
        "this regular expression cannot be read: look-around, including look-ahead and look-behind, is not supported",
        "there is no look-around: ask two questions, and join them with `and`",
    );
    check(
        "ä[",
        27,
        "this regular expression cannot be read: unclosed character class",
        "",
    );
    condition(
        r#"principal.name matches r"[01]*1[01]{20}""#,
        r"
        D0611 24 the automaton of this regular expression is too large
        help: shorten it: smaller counts in braces, fewer alternatives, `[0-9]` for `\d`, or `(?-u)` for ASCII letters only
        ",
    );
}

#[test]
fn zones() {
    condition(
        r#"context.now.at("Europe/Berlni").weekday == monday"#,
        r#"
        D0314 16 there is no time zone "Europe/Berlni"
        help: did you mean "Europe/Berlin"?
        "#,
    );
    condition(
        "context.now.at(principal.name).weekday == monday",
        r#"
        D0314 16 the zone of `.at(…)` is a text that is written out
        help: its rules are compiled in: write a name such as `"Europe/Berlin"`
        "#,
    );
    condition(
        r#"context.now.at("UTC") == context.now"#,
        r#"
        D0314 13 a time in a zone is no value: it is the same moment everywhere
        help: ask what a clock there shows: `context.now.at("UTC").time_of_day`, `.date` or `.weekday`
        "#,
    );
}

#[test]
fn bounds() {
    policy(
        "entity A { s: Set<Set<Int, 3>, 4> }  obligation o { s: Map<Int, 2> }  type S = Set<Int, 5>",
        "
        D0411 1:28 only the set or map of a field has a bound
        help: leave the number out here, and write it where a field is declared: `labels: Set<String, 20>`
        D0411 1:65 the fields of an obligation are computed, and have no bounds
        help: leave the number out
        D0411 1:89 only the set or map of a field has a bound
        help: leave the number out here, and write it where a field is declared: `labels: Set<String, 20>`
        ",
    );
}

#[test]
fn tables() {
    rule(
        "test \"t\" { for u in [] { allow u to read on Doc::\"d\" } }",
        "
        D0412 12 a table without values tests nothing
        help: list the values: `for u in [User::\"ann\", User::\"bob\"] { … }`
        ",
    );
    rule(
        "test \"t\" { for u in [User::\"ann\"] {} }",
        "
        D0412 12 a table without cases tests nothing
        help: write what is tested of each value: `for u in [User::\"ann\"] { allow u to … on … }`
        ",
    );
    rule(
        "test \"t\" { for n in [1] { allow n to read on Doc::\"d\" } }",
        "
        D0412 22 `n` stands for an entity, and this is none
        help: the values of this table are entities, such as `User::\"ann\"`
        33 an entity is needed here
        ",
    );
    let values = |count: usize| (0..count).map(|n| format!("{n},")).collect::<String>();
    rule(
        &format!(
            "test \"t\" {{ for a in [{}] {{ for b in [{}] {{ deny User::\"u\" to read on Doc::\"d\" }} }} }}",
            values(101),
            values(100)
        ),
        "
        D0406 624 the context fields `ip` and `now` are missing
        help: start the test with `context { ip: …, now: … }`
        D0412 624 the tables of this test have more than 10000 cases
        help: test fewer combinations, or split the test
        ",
    );
}

#[test]
fn exclusive_roles() {
    rule(
        "exclusive editor, owner on Doc",
        "
        D0504 11 `owner` includes `editor`, so whoever holds it holds two of these roles
        help: leave one of them out here, or out of what the other includes
        19 includes `editor`
        ",
    );
    rule(
        "role reader on Folder { read }  exclusive reader, editor on Doc",
        "
        D0504 43 the role `reader` is on none of these types
        help: it is on `Folder`
        ",
    );
    rule(
        "exclusive editor, editor on Doc",
        "
        D0202 19 the role `editor` is listed twice
        ",
    );
}
