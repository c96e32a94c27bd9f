//! The slips of a first policy, each with the mend that the message gives.

use dictum_syntax::ast::{DeclarationKind, TestItem};
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

use crate::errors::check;

#[test]
fn rules_of_cedar() {
    // That they end with `;` is the least of it.
    check(
        "permit (principal, action, resource);",
        "D0101 1:8 `(`: expected `anyone`, a type, an entity or a role, found `(`; a rule has no parentheses: `permit User to read on Document when …`",
    );
    check(
        "permit User to read on Doc;",
        "D0102 1:27 `;`: there is no `;`; declarations end without a mark; fields may be separated by `,`",
    );
}

#[test]
fn contexts_of_cases() {
    check(
        r#"test "t" { allow User::"a" to read on Doc::"d" with { mfa: false } }"#,
        "D0101 1:53 `{`: expected the name of an obligation, found `{`; `with` names obligations; the context of a case is changed by `given { … }`",
    );
}

#[test]
fn whoever_is_both() {
    // `permit User, editor` would be for every user.
    check(
        "permit User and editor to read on Doc",
        "D0101 1:13 `and`: expected `to` and what may be done, found the keyword `and`; \
         write `,` where one of them is enough; for who is both, name one and ask for the other with `when`",
    );
    check(
        "permit User to read and write on Doc",
        "D0101 1:21 `and`: expected `on` and what the rule is about, found the keyword `and`; write `,`",
    );
}

#[test]
fn in_conditions() {
    check(
        r#"permit User to read on Doc when principal.team.matches("a.*")"#,
        r#"D0101 1:48 `matches`: expected the name of a field or of a method, found the keyword `matches`; `matches` is an operator: `principal.team matches r"a.*"`"#,
    );
    check(
        r#"permit User to read on Doc when resource.labels.contains("a")"#,
        r#"D0101 1:49 `contains`: expected the name of a field or of a method, found the keyword `contains`; `contains` is an operator: `resource.labels contains "a"`"#,
    );
    check(
        r#"permit User to read on Doc when principal.team in ("a", "b")"#,
        "D0101 1:55 `,`: expected an operator or `)`, found `,`; a set stands in square brackets: `[a, b]`",
    );
    check(
        "permit User to read on Doc when principal.team in {low, mid}",
        "D0101 1:55 `,`: expected `:`, found `,`; a set stands in square brackets: `[a, b]`",
    );
    check(
        r#"permit User to read on Doc when principal.team in {"a", "b"}"#,
        r#"D0101 1:55 `,`: expected `:`, found `,`; a set stands in square brackets: `[a, b]`"#,
    );
    check(
        "permit User to read on Doc when principal.manager is not null",
        "D0101 1:54 `not`: expected a type or `empty`, found the keyword `not`; write `principal has manager`",
    );
    check(
        "permit User to read on Doc when principal.manager != null",
        "D0101 1:54 `null`: there is no `null`; leave an optional field out, and ask for one with `x has f`",
    );
    check(
        "permit User to read on Doc when principal.level == Level::high",
        r#"D0101 1:59 `high`: expected a text, found `high`; a variant is written `Level.high`, an entity `Level::"high"`"#,
    );
    check(
        r#"permit User to read on Doc when resource.tags containsAll ["a"]"#,
        "D0101 1:47 `containsAll`: expected an operator or the end of the condition, found `containsAll`; write `contains all`",
    );
    check(
        r#"permit User to read on Doc when resource.title starts_with "a""#,
        r#"D0101 1:48 `starts_with`: expected an operator or the end of the condition, found `starts_with`; write `a.starts_with("b")`"#,
    );
    check(
        "permit User to read on Doc when principal.a principal.b",
        "D0101 1:45 `principal`: expected an operator or the end of the condition, found the keyword `principal`; write `and` or `or` between two conditions",
    );
    check(
        "permit User to read on Doc when principal.a == 1e3",
        "D0104 1:48 `1e3`: in `1e3`, `e` is no part of a number: there are no exponents",
    );
    check(
        "permit User to read on Doc if principal.a",
        "D0101 1:28 `if`: expected `when`, `unless`, `in`, `with` or the end of the rule, found the keyword `if`; write `when`",
    );
    check(
        "permit User to read on Doc where principal.a",
        "D0101 1:28 `where`: expected `when`, `unless`, `in`, `with` or the end of the rule, found `where`; write `when`",
    );
    check(
        "permit User to read on Doc principal.a",
        "D0101 1:28 `principal`: expected `when`, `unless`, `in`, `with` or the end of the rule, found the keyword `principal`; write `when` before the condition",
    );
}

#[test]
fn in_heads_and_labels() {
    check(
        "permit User::ann to read on Doc",
        r#"D0101 1:14 `ann`: expected a text, found `ann`; an entity is written `User::"ann"`"#,
    );
    check(
        "permit all to read on Doc",
        "D0101 1:8 `all`: expected `anyone`, a type, an entity or a role, found the keyword `all`; write `anyone`",
    );
    check(
        "forbid User to read on Doc because too late // x",
        r#"D0101 1:36 `too`: expected a text, found `too`; a text stands between double quotes: `"too late"`"#,
    );
    check(
        r#""my rule": permit User to read on Doc"#,
        r#"D0106 1:1 `"my rule"`: a label is a name, or stands between backticks; write `` `my rule` ``"#,
    );
    check(
        "my-rule: permit User to read on Doc",
        "D0106 1:1 `my-rule`: a label is a name, or stands between backticks; write `` `my-rule` ``",
    );
}

#[test]
fn in_declarations() {
    check(
        "entity User { manager: User? }",
        "D0101 1:28 `?`: expected a field, `,` or `}`, found `?`; the `?` stands after the name: `manager?: User`",
    );
    check(
        "entity User { tags: List<String> }",
        "D0101 1:25 `<`: expected a field, `,` or `}`, found `<`; a set's type is written `Set<T>`, a map's `Map<T>`",
    );
    check(
        "entity User { tags: String[] }",
        "D0101 1:27 `[`: expected a field, `,` or `}`, found `[`; a set's type is written `Set<T>`, a map's `Map<T>`",
    );
    check(
        "entity User extends Team",
        "D0101 1:13 `extends`: expected `=`, `{`, `in` or the end of the entity, found `extends`; what it may be in stands after `in`: `entity User in Team`",
    );
    check(
        "entity User(a: String)",
        "D0101 1:12 `(`: expected `=`, `{`, `in` or the end of the entity, found `(`; the attributes stand in braces: `{ name: String }`",
    );
    check(
        "role editor on Doc extends viewer { edit }",
        "D0101 1:20 `extends`: expected `{`, `held`, `includes` or the end of the role, found `extends`; write `includes`",
    );
    check(
        r#"entity "User""#,
        r#"D0101 1:8 `"User"`: expected the name of an entity type, found the text `"User"`; a name stands without quotes: `User`"#,
    );
    check(
        "role editor on Doc read",
        "D0101 1:20 `read`: expected `{`, `held`, `includes` or the end of the role, found `read`; the actions stand in braces: `{ read }`",
    );
    check(
        "role editor on Doc { read } when principal == resource.owner",
        "D0101 1:29 `when`: expected `held` or the end of the role, found the keyword `when`; write `held when`",
    );
    check(
        "role editor on Doc held principal == resource.owner",
        "D0101 1:25 `principal`: expected `by` or `when`, found the keyword `principal`; write `held when`",
    );
    check(
        "role editor on Doc includes { viewer }",
        "D0101 1:29 `{`: expected the name of a role, found `{`; the roles that it includes stand without braces",
    );
}

#[test]
fn in_fixtures_and_tests() {
    check(
        r#"fixture f { grant editor to User::"a" on Doc::"d" }"#,
        r#"D0101 1:26 `to`: expected `on` and what the role is held on, found the keyword `to`; `on` stands before `to`: `grant editor on Doc::"plan" to User::"ann"`"#,
    );
    check(
        r#"fixture "f" { }"#,
        r#"D0101 1:9 `"f"`: expected the name of a fixture, found the text `"f"`; a name stands without quotes: `f`"#,
    );
    check(
        r#"test "x" using "f" { }"#,
        r#"D0101 1:16 `"f"`: expected the name of a fixture, found the text `"f"`; a name stands without quotes: `f`"#,
    );
    check(
        r#"test "x" { allow User::"a" to read on Doc::"d" by "susp" }"#,
        r#"D0101 1:51 `"susp"`: expected the label of a rule or the name of a role, found the text `"susp"`; a name stands without quotes: `susp`"#,
    );
    check(
        r#"test "x" { allow User::"a" to read on Doc::"d" by "a susp" }"#,
        r#"D0101 1:51 `"a susp"`: expected the label of a rule or the name of a role, found the text `"a susp"`; a name stands without quotes: `` `a susp` ``"#,
    );
    check(
        r#"test "x" { allow read by User::"a" on Doc::"d" }"#,
        r#"D0101 1:23 `by`: expected `to` and an action, found the keyword `by`; a case is written `allow User::"ann" to read on Doc::"plan"`"#,
    );
}

/// What is read behind the end of a part, to see whether an optional one follows, is no part of it.
#[test]
fn a_place_ends_with_its_last_token() {
    let text = "test \"x\" {\n  allow A::\"a\" to b on C::\"c\"\n\n  // next\n  deny A::\"a\" to b on C::\"d\" by r // end\n}\n";
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (file, _) = parse(&sources, id);
    let shown: Vec<&str> = file
        .declarations
        .iter()
        .filter_map(|declaration| match &declaration.kind {
            DeclarationKind::Test(test) => Some(&test.items),
            _ => None,
        })
        .flatten()
        .map(|item| match item {
            TestItem::Case(case) => sources.text(case.span),
            TestItem::For(table) => sources.text(table.span),
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"allow A::"a" to b on C::"c""#,
            r#"deny A::"a" to b on C::"d" by r"#
        ]
    );
}
