//! Slips in declarations: the error, and the text after the mend that can be made without asking.

use crate::habits::mended;

#[test]
fn roles_obligations_and_invariants() {
    mended(
        "principal User",
        "D0106 1:1 `principal`: expected a declaration, found `principal`; the types of principals are declared with `principals`: `principals User, Service`",
        Some("principals User"),
    );
    mended(
        "principals: User",
        "D0101 1:11 `:`: expected a type, found `:`; the types stand without brackets: `principals User, Service`",
        None,
    );
    mended(
        "principals { User, Group }",
        "D0101 1:12 `{`: expected a type, found `{`; the types stand without brackets: `principals User, Service`",
        None,
    );
    mended(
        "principals",
        "D0101 1:11 ``: expected a type, found the end of the declaration",
        None,
    );
    mended(
        "principals User, ",
        "D0101 1:17 ``: expected a type, found the end of the declaration; remove the `,` before it",
        Some("principals User "),
    );
    mended(
        "exclusive a on B",
        "D0101 1:13 `on`: expected `,` and another role, found the keyword `on`; it names at least two roles: `exclusive requester, approver on Invoice`",
        None,
    );
    mended(
        "exclusive a and b on C",
        "D0101 1:13 `and`: expected `,` and another role, found the keyword `and`; write `,` between the roles",
        Some("exclusive a, b on C"),
    );
    mended(
        "exclusive (a, b) on C",
        "D0101 1:11 `(`: expected the name of a role, found `(`; the roles stand without brackets: `exclusive requester, approver on Invoice`",
        None,
    );
    mended(
        "exclusive a, b",
        "D0101 1:15 ``: expected `on` and the types that it is about, found the end of the declaration",
        None,
    );
    mended(
        "exclusive a, b, on C",
        "D0101 1:17 `on`: expected the name of a role, found the keyword `on`; remove the `,` before it",
        Some("exclusive a, b on C"),
    );
    mended(
        "exclusive a, b on C when x",
        "D0101 1:21 `when`: expected `because` or the end of the declaration, found the keyword `when`",
        None,
    );
    mended(
        "x exclusive a, b on C",
        "D0106 1:1 `x`: expected `:` after the label `x`; write `:` before `exclusive`",
        Some("x: exclusive a, b on C"),
    );
    mended(
        "obligations a { b: Int }",
        "D0106 1:1 `obligations`: expected a declaration, found `obligations`; did you mean `obligation`?",
        Some("obligation a { b: Int }"),
    );
    mended(
        "obligation a(b: Int)",
        "D0101 1:13 `(`: expected `{` or the end of the obligation, found `(`; the fields stand in braces: `obligation step_up { acr: String }`",
        Some("obligation a { b: Int }"),
    );
    mended(
        "obligation { a: Int }",
        "D0101 1:12 `{`: expected the name of an obligation, found `{`",
        None,
    );
    mended(
        "obligation a: Int",
        "D0101 1:13 `:`: expected `{` or the end of the obligation, found `:`; the fields stand in braces: `obligation step_up { acr: String }`",
        None,
    );
    mended(
        "permit A to b on C with",
        "D0101 1:24 ``: expected the name of an obligation, found the end of the rule",
        None,
    );
    mended(
        "permit A to b on C with o(a: 1)",
        r#"D0101 1:26 `(`: expected `{` or the end of the rule, found `(`; the fields stand in braces: `o { acr: "mfa" }`"#,
        Some("permit A to b on C with o { a: 1 }"),
    );
    mended(
        "permit A to b on C with o { a 1 }",
        "D0101 1:31 `1`: expected `:`, found the number `1`; write `a: 1`",
        Some("permit A to b on C with o { a: 1 }"),
    );
    mended(
        "permit A to b on C with o { a = 1 }",
        "D0101 1:31 `=`: expected `:`, found `=`; write `:` for `=`",
        Some("permit A to b on C with o { a: 1 }"),
    );
    mended(
        "permit A to b on C with a with b",
        "D0101 1:27 `with`: expected `{` or the end of the rule, found the keyword `with`; a rule has one `with`: its obligations have `,` between them",
        Some("permit A to b on C with a, b"),
    );
    mended(
        "permit A to b on C with a, b { c: 1 }, d and e",
        "D0101 1:42 `and`: expected `{` or the end of the rule, found the keyword `and`; write `,`",
        Some("permit A to b on C with a, b { c: 1 }, d, e"),
    );
    mended(
        "permit A to b on C with a when b",
        "D0101 1:27 `when`: expected `{` or the end of the rule, found the keyword `when`; `with` stands last, after `when` and `unless`",
        Some("permit A to b on C when b with a"),
    );
    mended(
        r#"forbid A to b on C because "x" with o when y unless z"#,
        "D0101 1:39 `when`: expected `{` or the end of the rule, found the keyword `when`; `because` stands last, after `when` and `unless`",
        Some(r#"forbid A to b on C when y unless z because "x" with o"#),
    );
    mended(
        "permit A with o to b on C",
        "D0101 1:10 `with`: expected `to` and what may be done, found the keyword `with`",
        None,
    );
    mended(
        "permit A to b on C with { a: 1 }",
        "D0101 1:25 `{`: expected the name of an obligation, found `{`",
        None,
    );
    mended(
        r#"forbid A to b on C with a because "x" with b"#,
        "D0101 1:39 `with`: expected the end of the rule, found the keyword `with`; a rule has one `with`: its obligations have `,` between them",
        None,
    );
    mended(
        r#"permit A to b on C because "why not""#,
        "D0108 1:20 `because`: only a `forbid` has a `because`; a doc comment (`///`) before the rule says why it permits",
        Some("/// why not\npermit A to b on C "),
    );
    mended(
        "with a { b: 1 }",
        "D0106 1:1 `with`: expected a declaration, found `with`; `with` stands at the end of a rule, with the obligations of who decides by it",
        None,
    );
    mended(
        r#"never A to b on C because "x""#,
        "D0101 1:19 `because`: expected `when`, `unless`, `in` or the end of the invariant, found the keyword `because`; an invariant has no `because`; a doc comment (`///`) before it says why it holds",
        None,
    );
    mended(
        "always A to b on C with d",
        "D0101 1:20 `with`: expected `when`, `unless`, `in` or the end of the invariant, found the keyword `with`; an invariant has no `with`; a doc comment (`///`) before it says why it holds",
        None,
    );
    mended(
        "never A to b",
        "D0101 1:13 ``: expected `on` and what the rule is about, found the end of the invariant",
        None,
    );
    mended(
        "never when a",
        "D0101 1:7 `when`: expected `anyone`, a type, an entity or a role, found the keyword `when`",
        None,
    );
    mended(
        "assert A to b on C",
        "D0106 1:1 `assert`: expected a declaration, found `assert`; an invariant starts with `never` or `always`",
        None,
    );
    mended(
        "permit A and B to c on D",
        "D0101 1:10 `and`: expected `to` and what may be done, found the keyword `and`; write `,` where one of them is enough; for who is both, name one and ask for the other with `when`",
        None,
    );
    mended(
        "permit A to b or c on D",
        "D0101 1:15 `or`: expected `on` and what the rule is about, found the keyword `or`; write `,`",
        Some("permit A to b, c on D"),
    );
}

#[test]
fn types_and_schema() {
    mended(
        "type T = Set<Int, 0>",
        "D0104 1:19 `0`: `0` is no number of elements from 1 to 1000000; write how many elements there are at most, such as `Set<String, 20>`, or leave it out",
        None,
    );
    mended(
        "type T = Set<Int, 2000000>",
        "D0104 1:19 `2000000`: `2000000` is no number of elements from 1 to 1000000; write how many elements there are at most, such as `Set<String, 20>`, or leave it out",
        None,
    );
    mended(
        "type T = Set<Int, 1.5>",
        "D0104 1:19 `1.5`: `1.5` is no number of elements from 1 to 1000000; write how many elements there are at most, such as `Set<String, 20>`, or leave it out",
        None,
    );
    mended(
        "type T = Set<Int, 5s>",
        "D0104 1:19 `5s`: `5s` is no number of elements from 1 to 1000000; write how many elements there are at most, such as `Set<String, 20>`, or leave it out",
        None,
    );
    mended(
        "type T = Set<Int, x>",
        "D0101 1:19 `x`: expected a number, found `x`; the number says how many elements there are at most: `Set<String, 20>`",
        None,
    );
    mended(
        "type T = Set<Int,>",
        "D0101 1:18 `>`: expected a number, found `>`; remove the `,` before it",
        Some("type T = Set<Int>"),
    );
    mended(
        "type T = Map<String, Int>",
        "D0101 1:22 `Int`: expected a number, found `Int`; a `Map<T>` names the type of its values only: its keys are texts",
        Some("type T = Map<Int>"),
    );
    mended(
        "type T = Set<Int 20>",
        "D0101 1:18 `20`: expected `>`, found the number `20`; write `,` before `20`",
        Some("type T = Set<Int, 20>"),
    );
    mended(
        "entity A { a: List<String>, b: Int }",
        "D0101 1:19 `<`: expected a field, `,` or `}`, found `<`; a set's type is written `Set<T>`, a map's `Map<T>`",
        Some("entity A { a: Set<String>, b: Int }"),
    );
    mended(
        "entity A { a: String[] }",
        "D0101 1:21 `[`: expected a field, `,` or `}`, found `[`; a set's type is written `Set<T>`, a map's `Map<T>`",
        Some("entity A { a: Set<String> }"),
    );
    mended(
        "entity A { a: Int? }",
        "D0101 1:18 `?`: expected a field, `,` or `}`, found `?`; the `?` stands after the name: `a?: Int`",
        Some("entity A { a?: Int }"),
    );
    mended(
        "entity A in b::C",
        "D0101 1:14 `::`: expected `=`, `{` or the end of the entity, found `::`; the names of a path have `.` between them",
        Some("entity A in b.C"),
    );
    mended(
        "entity A in b. { }",
        "D0101 1:16 `{`: expected a name, found `{`",
        None,
    );
    mended(
        "entity A { a: Int; b: Int }",
        "D0102 1:18 `;`: there is no `;`; declarations end without a mark; fields may be separated by `,`",
        Some("entity A { a: Int, b: Int }"),
    );
    mended(
        "entity Größe",
        "D0102 1:10 `ö`: the character `ö` cannot stand in a plain name; write the whole name between backticks",
        Some("entity `Größe`"),
    );
    mended(
        "role r on A { a b }",
        "D0101 1:17 `b`: expected `,` or `}`, found `b`; write `,` after `a`",
        Some("role r on A { a, b }"),
    );
    mended(
        r#"role r on A { a, "b" }"#,
        r#"D0101 1:18 `"b"`: expected an action or `}`, found the text `"b"`; a name stands without quotes: `b`"#,
        Some("role r on A { a, b }"),
    );
    mended(
        "enum E { a b }",
        "D0101 1:12 `b`: expected `,` or `}`, found `b`; write `,` after `a`",
        Some("enum E { a, b }"),
    );
    mended(
        "entity type { a: Int }",
        "D0101 1:8 `type`: expected the name of an entity type, found the keyword `type`; `type` is a keyword; as a name it stands between backticks: `` `type` ``",
        Some("entity `type` { a: Int }"),
    );
    mended(
        "entity A in B and C { }",
        "D0101 1:15 `and`: expected `=`, `{` or the end of the entity, found the keyword `and`; write `,`",
        Some("entity A in B, C { }"),
    );
}

#[test]
fn fixtures_and_tests() {
    mended(
        "fixture f extends g { }",
        "D0101 1:11 `extends`: expected `{`, or `on` and another fixture, found `extends`; the fixture that it builds on stands after `on`: `fixture evening on office { … }`",
        Some("fixture f on g { }"),
    );
    mended(
        "fixture f on { }",
        "D0101 1:14 `{`: expected the name of a fixture, found `{`",
        None,
    );
    mended(
        "fixture f(g) { }",
        "D0101 1:10 `(`: expected `{`, or `on` and another fixture, found `(`",
        None,
    );
    mended(
        r#"test "x" { for u of [a] { } }"#,
        "D0101 1:18 `of`: expected `in`, found `of`; write `in`",
        Some(r#"test "x" { for u in [a] { } }"#),
    );
    mended(
        r#"test "x" { for (u in [a]) { } }"#,
        r#"D0101 1:16 `(`: expected the name of a variable, found `(`; a table is written `for u in [User::"ann", User::"bob"] { … }`"#,
        None,
    );
    mended(
        r#"test "x" { for u in User::"a" { } }"#,
        r#"D0101 1:21 `User`: expected `[` and the values of the table, found `User`; the values stand in square brackets: `for u in [User::"ann", User::"bob"] { … }`"#,
        None,
    );
    mended(
        r#"test "x" { for u in [a] allow u to b on C::"c" }"#,
        "D0101 1:25 `allow`: expected `{`, found the keyword `allow`",
        None,
    );
    mended(
        r#"test "x" { for u : [a] { } }"#,
        "D0101 1:18 `:`: expected `in`, found `:`; write `in`",
        Some(r#"test "x" { for u in [a] { } }"#),
    );
    mended(
        r#"test "x" { allow User::"a" to b on C::"c" with o(a: 1) }"#,
        r#"D0101 1:49 `(`: expected `,`, `{`, `}`, `allow`, `deny`, `by`, `for`, `given` or `with`, found `(`; the fields stand in braces: `o { acr: "mfa" }`"#,
        Some(r#"test "x" { allow User::"a" to b on C::"c" with o { a: 1 } }"#),
    );
    mended(
        r#"test "x" { allow User::"a" to b on C::"c" with o with p }"#,
        "D0108 1:50 `with`: this case has a second `with`; write all of it after the first one, with `,` between",
        None,
    );
    mended(
        r#"test "x" { allow u to b on C::"c" }"#,
        r#"D0101 1:18 `u`: expected `::` and an id after `u`; an entity is written `u::"ann"`"#,
        None,
    );
    mended(
        r#"test "x" { allow User::"a" to b on C::"c" when x }"#,
        "D0101 1:43 `when`: expected `}`, `allow`, `deny`, `by`, `for`, `given` or `with`, found the keyword `when`; the context of a case stands after `given`: `given { mfa: true }`",
        None,
    );
    mended(
        r#"test "x" { permit User::"a" to b on C::"c" }"#,
        "D0101 1:12 `permit`: expected `}`, `allow`, `deny`, `context` or `for`, found the keyword `permit`; a test says `allow`",
        Some(r#"test "x" { allow User::"a" to b on C::"c" }"#),
    );
    mended(
        r#"test "x" { foreach u in [a] { } }"#,
        "D0101 1:12 `foreach`: expected `}`, `allow`, `deny`, `context` or `for`, found `foreach`; write `for`",
        Some(r#"test "x" { for u in [a] { } }"#),
    );
}

#[test]
fn other_words() {
    mended(
        "allow User to read on Doc",
        "D0106 1:1 `allow`: expected a declaration, found `allow`; a rule starts with `permit`; `allow` stands in a `test`",
        Some("permit User to read on Doc"),
    );
    mended(
        "entitty A",
        "D0106 1:1 `entitty`: expected a declaration, found `entitty`; did you mean `entity`?",
        Some("entity A"),
    );
    mended(
        "foo permit User to read on Doc",
        "D0106 1:1 `foo`: expected `:` after the label `foo`; write `:` before `permit`",
        Some("foo: permit User to read on Doc"),
    );
    mended(
        "foo-bar: permit User to read on Doc",
        "D0106 1:1 `foo-bar`: a label is a name, or stands between backticks; write `` `foo-bar` ``",
        Some("`foo-bar`: permit User to read on Doc"),
    );
    mended(
        "# comment",
        "D0102 1:1 `#`: there is nothing that is written with `#`; a comment starts with `//`",
        Some("// comment"),
    );
    mended(
        "permit any to * on *",
        "D0101 1:8 `any`: expected `anyone`, a type, an entity or a role, found the keyword `any`; write `anyone`",
        Some("permit anyone to * on *"),
    );
    mended(
        "permit User to on Doc",
        "D0101 1:16 `on`: expected an action or `any`, found the keyword `on`",
        None,
    );
    mended(
        "permit User read on Doc",
        "D0101 1:13 `read`: expected `to` and what may be done, found `read`; write `to` before `read`",
        Some("permit User to read on Doc"),
    );
    mended(
        "permit User::ann to read on Doc",
        r#"D0101 1:14 `ann`: expected a text, found `ann`; an entity is written `User::"ann"`"#,
        Some(r#"permit User::"ann" to read on Doc"#),
    );
    mended(
        "grant r on A to B",
        "D0106 1:1 `grant`: expected a declaration, found `grant`; a grant stands in a `fixture`, or in the data",
        None,
    );
}

#[test]
fn annotations_labels_and_others() {
    mended(
        r#"@ticket "SEC" permit A to b on C"#,
        r#"D0101 1:9 `"SEC"`: expected a declaration, found the text `"SEC"`; the text of an annotation stands in parentheses: `@ticket("SEC-112")`"#,
        Some(r#"@ticket("SEC") permit A to b on C"#),
    );
    mended(
        r#"@ticket: "SEC" entity A"#,
        r#"D0101 1:8 `:`: expected a declaration, found `:`; the text of an annotation stands in parentheses: `@ticket("SEC-112")`"#,
        Some(r#"@ticket("SEC") entity A"#),
    );
    mended(
        r#"@ticket = "SEC""#,
        r#"D0101 1:9 `=`: expected a declaration after the annotation, found `=`; the text of an annotation stands in parentheses: `@ticket("SEC-112")`"#,
        Some(r#"@ticket("SEC")"#),
    );
    mended(
        "@a(1) entity B",
        "D0101 1:4 `1`: expected a text, found the number `1`",
        None,
    );
    mended(
        "context: { a: Int }",
        "D0106 1:1 `context`: expected `{` after `context`; remove the `:`",
        Some("context { a: Int }"),
    );
    mended(
        "context = { a: Int }",
        "D0106 1:1 `context`: expected `{` after `context`; remove the `=`",
        Some("context  { a: Int }"),
    );
    mended(
        "permit A to b on C with o,",
        "D0101 1:27 ``: expected the name of an obligation, found the end of the rule; remove the `,` before it",
        Some("permit A to b on C with o"),
    );
    mended(
        r#"test "x" { allow User::"a" to b on C::"c" with o, }"#,
        "D0101 1:51 `}`: expected the name of an obligation, found `}`; remove the `,` before it",
        Some(r#"test "x" { allow User::"a" to b on C::"c" with o }"#),
    );
    mended(
        r#"test "x" { for u in [a,, b] { } }"#,
        "D0101 1:24 `,`: expected a value, found `,`; remove the `,`",
        Some(r#"test "x" { for u in [a, b] { } }"#),
    );
    mended(
        r#"test "x" { for u in [a] { context { } } }"#,
        "D0101 1:27 `context`: expected `}`, `allow`, `deny` or `for`, found the keyword `context`",
        None,
    );
    mended(
        r#"test "x" { for u in [a] { for } }"#,
        "D0101 1:31 `}`: expected the name of a variable, found `}`",
        None,
    );
    mended(
        "fn f(a: Int,, b: Int) = a",
        "D0101 1:13 `,`: expected a parameter or `)`, found `,`; remove the `,`",
        Some("fn f(a: Int, b: Int) = a"),
    );
    mended(
        "const a = b c",
        "D0101 1:13 `c`: expected an operator or the end of the constant, found `c`",
        None,
    );
    mended(
        "module a.b.",
        "D0101 1:12 ``: expected a name, found the end of the path",
        None,
    );
    mended(
        "never: permit A to b on C",
        "D0101 1:6 `:`: expected `anyone`, a type, an entity or a role, found `:`; `never` is a keyword; as a name it stands between backticks: `` `never` ``",
        Some("`never`: permit A to b on C"),
    );
    mended(
        "permit A to b on C when s.any(x, x.ok)",
        "D0101 1:27 `any`: expected the name of a field or of a method, found the keyword `any`; a quantifier is written `any x in s: …`",
        Some("permit A to b on C when (any x in s: x.ok)"),
    );
    mended(
        "permit A to b on C when s.count()",
        "D0101 1:27 `count`: expected the name of a field or of a method, found the keyword `count`; how many elements there are is `s.size`",
        Some("permit A to b on C when s.size"),
    );
    mended(
        "permit A to b on C when x in s: y",
        "D0101 1:31 `:`: expected an operator or the end of the condition, found `:`; a quantifier starts with `any`, `all` or `count`: `any x in s: x.ok`",
        None,
    );
    mended(
        "permit A to b on C when all x in s: x == y and not any z in s: z",
        "D0101 1:52 `any`: expected a condition, found the keyword `any`; an `any` within a larger expression stands in parentheses",
        Some("permit A to b on C when all x in s: x == y and not (any z in s: z)"),
    );
    mended(
        "permit A to b on C when if a then b",
        "D0101 1:36 ``: expected `else` and the value where the condition is false, found the end of the rule; an `if` has both a `then` and an `else`",
        None,
    );
    mended(
        "permit A to b on C when a is matches",
        "D0101 1:30 `matches`: expected a type or `empty`, found the keyword `matches`; `matches` is a keyword; as a name it stands between backticks: `` `matches` ``",
        Some("permit A to b on C when a is `matches`"),
    );
}
