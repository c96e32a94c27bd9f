//! What is said of texts that cannot be read: the code, the place, the text there, the message, and the likely mend.

use dictum_syntax::parse;
use dictum_syntax::source::Sources;

/// The one error of a text, as `code line:column text: message; help`.
pub(crate) fn check(text: &str, expected: &str) {
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (file, diagnostics) = parse(&sources, id);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|found| {
            let (line, column) = sources.line_column(found.span);
            let help = found.help.as_ref().map(|help| format!("; {help}"));
            let (code, message, there) = (found.code, &found.message, sources.text(found.span));
            format!(
                "{code} {line}:{column} `{there}`: {message}{}",
                help.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(shown, [expected], "{text}");
    assert!(!file.broken.is_empty(), "{text}");
}

#[test]
fn slips_in_conditions() {
    check(
        "permit User to read on Doc when a = b",
        "D0101 1:35 `=`: `=` does not compare; write `==`",
    );
    check(
        "permit User to read on Doc when a === 1",
        "D0101 1:37 `=`: there is no operator `===`; write `==`",
    );
    check(
        "permit User to read on Doc when a => 1",
        "D0101 1:35 `=`: there is no operator `=>`; write `>=` to compare, and `if … then … else …` to choose",
    );
    check(
        "permit User to read on Doc when a <> 1",
        "D0101 1:36 `>`: there is no operator `<>`; write `!=`",
    );
    check(
        "permit User to read on Doc when a == 1 && b",
        "D0102 1:40 `&&`: there is no operator `&&`; write `and`",
    );
    check(
        "permit User to read on Doc when a || b",
        "D0102 1:35 `||`: there is no operator `||`; write `or`",
    );
    check(
        "permit User to read on Doc when !a",
        "D0102 1:33 `!`: there is no operator `!`; write `not`, or `!=` to compare",
    );
    check(
        "permit User to read on Doc when a ? b : c",
        "D0101 1:35 `?`: there is no operator `?`; write `if … then … else …` to choose, and `a ?? b` for a default",
    );
    check(
        "permit User to read on Doc when a / b",
        "D0102 1:35 `/`: there is no operator `/`; the arithmetic operators are `+`, `-`, `*`",
    );
    check(
        "permit User to read on Doc when a not in b",
        "D0101 1:35 `not`: expected an operator or the end of the condition, found the keyword `not`; `not` stands before the whole comparison: `not a in b`",
    );
    check(
        "permit User to read on Doc when a is not T",
        "D0101 1:38 `not`: expected a type or `empty`, found the keyword `not`; `not` stands before the whole test: `not a is T`",
    );
    check(
        "permit User to read on Doc when a b",
        "D0101 1:35 `b`: expected an operator or the end of the condition, found `b`",
    );
    check(
        "permit User to read on Doc when",
        "D0101 1:32 ``: expected a condition, found the end of the rule",
    );
    check(
        "permit User to read on Doc when a and",
        "D0101 1:38 ``: expected a condition, found the end of the rule",
    );
    check(
        "permit User to read on Doc when when a",
        "D0101 1:33 `when`: expected a condition, found the keyword `when`",
    );
    check(
        "permit User to read on Doc when a\n  when b c",
        "D0101 2:10 `c`: expected an operator or the end of the condition, found `c`",
    );
    check(
        "permit User to read on Doc when (a b)",
        "D0101 1:36 `b`: expected an operator or `)`, found `b`",
    );
    check(
        "permit User to read on Doc when [1 2]",
        "D0101 1:36 `2`: expected an operator, `,` or `]`, found the number `2`; write `,` before `2`",
    );
    check(
        "permit User to read on Doc when a[b c]",
        "D0101 1:37 `c`: expected an operator or `]`, found `c`",
    );
    check(
        "permit User to read on Doc when a.",
        "D0101 1:35 ``: expected the name of a field or of a method, found the end of the rule",
    );
    check(
        "permit User to read on Doc when a is",
        "D0101 1:37 ``: expected a type or `empty`, found the end of the rule",
    );
    check(
        "permit User to read on Doc when a like b",
        r#"D0101 1:40 `b`: expected a text, found `b`; a text stands between double quotes: `"b"`"#,
    );
    check(
        "permit User to read on Doc when if a else b",
        "D0101 1:38 `else`: expected `then` and the value where the condition is true, found the keyword `else`; write `if … then … else …`",
    );
    check(
        "permit User to read on Doc when if a then b",
        "D0101 1:44 ``: expected `else` and the value where the condition is false, found the end of the rule; an `if` has both a `then` and an `else`",
    );
    check(
        "permit User to read on Doc when { principal.a == b }",
        "D0101 1:35 `principal`: expected a field or `}`, found the keyword `principal`; a condition stands without braces",
    );
    check(
        r#"permit User to read on Doc when principal == User:"ann""#,
        r#"D0101 1:50 `:`: expected an operator or the end of the condition, found `:`; an entity is written `User::"ann"`"#,
    );
    check(
        r#"permit User to read on Doc when principal == User "ann""#,
        r#"D0101 1:51 `"ann"`: expected an operator or the end of the condition, found the text `"ann"`; an entity is written `User::"ann"`"#,
    );
    check(
        "permit User to read on Doc when a == null",
        "D0101 1:38 `null`: there is no `null`; leave an optional field out, and ask for one with `x has f`",
    );
    check(
        "permit User to read on Doc when resource.type == a",
        "D0101 1:42 `type`: expected the name of a field or of a method, found the keyword `type`; `type` is a keyword; as a name it stands between backticks: `` `type` ``",
    );
}

#[test]
fn grouping() {
    check(
        "permit User to read on Doc when a < b < c",
        "D0107 1:39 `<`: comparisons cannot be chained; write `a < b and b < c`, or parentheses around one of them",
    );
    check(
        "permit User to read on Doc when a == b in c",
        "D0107 1:40 `in`: comparisons cannot be chained; write `a < b and b < c`, or parentheses around one of them",
    );
    check(
        "permit User to read on Doc when a == not b",
        "D0107 1:38 `not`: `not` binds less tightly than the operator before it; write parentheses around `not` and its operand",
    );
    check(
        "permit User to read on Doc when a + not b",
        "D0107 1:37 `not`: `not` binds less tightly than the operator before it; write parentheses around `not` and its operand",
    );
    check(
        "permit User to read on Doc when a otherwise b or c",
        "D0107 1:47 `or`: `or` cannot follow the operand of `otherwise`; write `(a otherwise b) or c`, or `a otherwise (b or c)`",
    );
    check(
        "permit User to read on Doc when a + if b then c else d",
        "D0101 1:37 `if`: expected a value, found the keyword `if`; an `if` within a larger expression stands in parentheses",
    );
}

#[test]
fn slips_in_heads() {
    check(
        "permit User.admin == a to read on Doc",
        "D0101 1:19 `==`: expected `to` and what may be done, found `==`; here stands a type, an entity or a role; attributes are tested after `when`",
    );
    check(
        "permit User == a to read on Doc",
        "D0101 1:13 `==`: expected `to` and what may be done, found `==`; here stands a type, an entity or a role; attributes are tested after `when`",
    );
    check(
        "permit principal to read on Doc",
        "D0101 1:8 `principal`: expected `anyone`, a type, an entity or a role, found the keyword `principal`; here stands a type, an entity or a role; the request is tested after `when`",
    );
    check(
        "permit (principal, action, resource)",
        "D0101 1:8 `(`: expected `anyone`, a type, an entity or a role, found `(`; a rule has no parentheses: `permit User to read on Document when …`",
    );
    check(
        "permit any to read on Doc",
        "D0101 1:8 `any`: expected `anyone`, a type, an entity or a role, found the keyword `any`; write `anyone`",
    );
    check(
        "permit * to * on *",
        "D0101 1:8 `*`: expected `anyone`, a type, an entity or a role, found `*`; write `anyone`",
    );
    check(
        "permit User to * on Doc",
        "D0101 1:16 `*`: expected an action or `any`, found `*`; write `any`",
    );
    check(
        "permit User to any on any",
        "D0101 1:23 `any`: expected `anything`, a type or an entity, found the keyword `any`; write `anything`",
    );
    check(
        "permit User read on Doc",
        "D0101 1:13 `read`: expected `to` and what may be done, found `read`; write `to` before `read`",
    );
    check(
        "permit User to read Doc",
        "D0101 1:21 `Doc`: expected `on` and what the rule is about, found `Doc`; write `on` before `Doc`",
    );
    check(
        "permit User to read",
        "D0101 1:20 ``: expected `on` and what the rule is about, found the end of the rule",
    );
    check(
        "permit User on Doc",
        "D0101 1:13 `on`: expected `to` and what may be done, found the keyword `on`",
    );
    check(
        "permit User to on Doc",
        "D0101 1:16 `on`: expected an action or `any`, found the keyword `on`",
    );
    check(
        "permit User to read, on Doc",
        "D0101 1:22 `on`: expected an action, found the keyword `on`; remove the `,` before it",
    );
    check(
        "permit User, to read on Doc",
        "D0101 1:14 `to`: expected `anyone`, a type, an entity or a role, found the keyword `to`; remove the `,` before it",
    );
    check(
        r#"permit User:"ann" to read on Doc"#,
        r#"D0101 1:12 `:`: expected `to` and what may be done, found `:`; an entity is written `User::"ann"`"#,
    );
    check(
        r#"permit User "ann" to read on Doc"#,
        r#"D0101 1:13 `"ann"`: expected `to` and what may be done, found the text `"ann"`; an entity is written `User::"ann"`"#,
    );
    check(
        "permit User in Group to read on Doc",
        r#"D0101 1:22 `to`: expected `::` and an id, found the keyword `to`; an entity is written `Group::"ann"`"#,
    );
    check(
        "permit anyone to read on Doc in Folder",
        r#"D0101 1:39 ``: expected `::` and an id, found the end of the rule; an entity is written `Folder::"ann"`"#,
    );
    check(
        "permit User to test on Doc",
        "D0101 1:16 `test`: expected an action or `any`, found the keyword `test`; `test` is a keyword; as a name it stands between backticks: `` `test` ``",
    );
    check(
        "permit",
        "D0101 1:7 ``: expected `anyone`, a type, an entity or a role, found the end of the rule",
    );
}

#[test]
fn slips_in_clauses() {
    check(
        r#"permit User to read on Doc because "x""#,
        "D0108 1:28 `because`: only a `forbid` has a `because`; a doc comment (`///`) before the rule says why it permits",
    );
    check(
        r#"permit User to read on Doc because "x" when a"#,
        "D0101 1:40 `when`: expected `with` or the end of the rule, found the keyword `when`; `because` stands last, after `when` and `unless`",
    );
    check(
        r#"forbid User to read on Doc because "x" because "y""#,
        "D0101 1:40 `because`: expected `with` or the end of the rule, found the keyword `because`; a rule has one `because`",
    );
    check(
        "forbid User to read on Doc because x",
        r#"D0101 1:36 `x`: expected a text, found `x`; a text stands between double quotes: `"x"`"#,
    );
    check(
        "forbid User to read on Doc whne a",
        "D0101 1:28 `whne`: expected `when`, `unless`, `because`, `in`, `with` or the end of the rule, found `whne`; did you mean `when`?",
    );
    check(
        "forbid User to read on Doc unles a",
        "D0101 1:28 `unles`: expected `when`, `unless`, `because`, `in`, `with` or the end of the rule, found `unles`; did you mean `unless`?",
    );
    check(
        "forbid User to read onn Doc",
        "D0101 1:21 `onn`: expected `on` and what the rule is about, found `onn`; did you mean `on`?",
    );
    check(
        "forbid User too read on Doc",
        "D0101 1:13 `too`: expected `to` and what may be done, found `too`; did you mean `to`?",
    );
}

#[test]
fn labels() {
    check(
        "foo permit User to read on Doc",
        "D0106 1:1 `foo`: expected `:` after the label `foo`; write `:` before `permit`",
    );
    check(
        "entity A\nfoo\nforbid User to read on Doc",
        "D0106 2:1 `foo`: expected `:` after the label `foo`; write `:` before `forbid`",
    );
    check(
        "a: permitt User to read on Doc",
        "D0106 1:4 `permitt`: expected a declaration, found `permitt`; did you mean `permit`?",
    );
    check(
        "entity: permit User to read on Doc",
        "D0101 1:7 `:`: expected the name of an entity type, found `:`; `entity` is a keyword; as a name it stands between backticks: `` `entity` ``",
    );
    check(
        "`entity` permit User to read on Doc",
        "D0106 1:1 ``entity``: expected `:` after the label `entity`; write `:` before `permit`",
    );
}

#[test]
fn slips_in_the_schema() {
    check(
        "entity",
        "D0101 1:7 ``: expected the name of an entity type, found the end of the entity",
    );
    check(
        "entity User foo",
        "D0101 1:13 `foo`: expected `=`, `{`, `in` or the end of the entity, found `foo`",
    );
    check(
        "entity User { a String }",
        "D0101 1:17 `String`: expected `:`, found `String`; write `a: String`",
    );
    check(
        "entity User { a = String }",
        "D0101 1:17 `=`: expected `:`, found `=`; write `:` for `=`",
    );
    check(
        "entity User { a }",
        "D0101 1:17 `}`: expected `:`, found `}`; a field has a type: `a: String`",
    );
    check("entity User { a: }", "D0101 1:18 `}`: expected a type, found `}`");
    check(
        "entity User { a: Int; b: Int }",
        "D0102 1:21 `;`: there is no `;`; declarations end without a mark; fields may be separated by `,`",
    );
    check(
        "entity User { a: Int, , b: Int }",
        "D0101 1:23 `,`: expected a field or `}`, found `,`; remove the `,`",
    );
    check(
        "entity User { a: Int = 3 }",
        "D0101 1:22 `=`: expected a field, `,` or `}`, found `=`",
    );
    check(
        "entity User { type: String }",
        "D0101 1:15 `type`: expected a field or `}`, found the keyword `type`; `type` is a keyword; as a name it stands between backticks: `` `type` ``",
    );
    check(
        "entity User { on: Int }",
        "D0101 1:15 `on`: expected a field or `}`, found the keyword `on`; `on` is a keyword; as a name it stands between backticks: `` `on` ``",
    );
    check(
        "entity type",
        "D0101 1:8 `type`: expected the name of an entity type, found the keyword `type`; `type` is a keyword; as a name it stands between backticks: `` `type` ``",
    );
    check("entity User in { }", "D0101 1:16 `{`: expected a type, found `{`");
    check(
        "entity User { } in Group",
        "D0101 1:17 `in`: expected `=` or the end of the entity, found the keyword `in`; `in` stands before the attributes",
    );
    check(
        r#"entity User { } = "a""#,
        r#"D0101 1:19 `"a"`: expected `[`, found the text `"a"`"#,
    );
    check(
        "entity User { } = [a]",
        r#"D0101 1:20 `a`: expected a text or `]`, found `a`; a text stands between double quotes: `"a"`"#,
    );
    check(
        "entity A in B, { }",
        "D0101 1:16 `{`: expected a type, found `{`; remove the `,` before it",
    );
    check(
        "enum E { a b }",
        "D0101 1:12 `b`: expected `,` or `}`, found `b`; write `,` after `a`",
    );
    check("enum E", "D0101 1:7 ``: expected `{`, found the end of the enum");
    check(
        "enum E { permit, in }",
        "D0101 1:10 `permit`: expected the name of a variant, found the keyword `permit`; `permit` is a keyword; as a name it stands between backticks: `` `permit` ``",
    );
    check("ordered E { a }", "D0101 1:9 `E`: expected `enum`, found `E`");
    check(
        "type T String",
        "D0101 1:8 `String`: expected `=`, found `String`; write `type Name = String`",
    );
    check(
        "type T =",
        "D0101 1:9 ``: expected a type, found the end of the type",
    );
    check(
        "type T = [Int]",
        "D0101 1:10 `[`: expected a type, found `[`; a set's type is written `Set<T>`",
    );
    check(
        "type T = Set[Int]",
        "D0101 1:13 `[`: expected `<` and a type, found `[`; a set's type is written `Set<T>`",
    );
    check("type T = Set<>", "D0101 1:14 `>`: expected a type, found `>`");
    check(
        "type T = Map<String, Int>",
        "D0101 1:22 `Int`: expected a number, found `Int`; a `Map<T>` names the type of its values only: its keys are texts",
    );
    check(
        "type T = Set<Int",
        "D0101 1:17 ``: expected `>`, found the end of the type",
    );
    check(
        "context { a }",
        "D0101 1:13 `}`: expected `:`, found `}`; a field has a type: `a: String`",
    );
    check(
        "context: { a: Int }",
        "D0106 1:1 `context`: expected `{` after `context`; remove the `:`",
    );
}

#[test]
fn slips_in_actions_and_roles() {
    check("action", "D0106 1:1 `action`: expected an action after `action`");
    check(
        "action read,",
        "D0101 1:13 ``: expected an action, found the end of the action; remove the `,` before it",
    );
    check(
        "action read, test by User on Doc",
        "D0101 1:14 `test`: expected an action, found the keyword `test`; `test` is a keyword; as a name it stands between backticks: `` `test` ``",
    );
    check(
        "action read User on Doc",
        "D0101 1:13 `User`: expected `by`, `in`, `on` or the end of the action, found `User`; write `by` before the types of principals, and `on` before those of resources",
    );
    check(
        "action read by User",
        "D0101 1:20 ``: expected `,` or `on`, found the end of the action",
    );
    check(
        "action read by User on",
        "D0101 1:23 ``: expected a type, found the end of the action",
    );
    check(
        "action read on Doc by User",
        "D0101 1:20 `by`: expected `{` or the end of the action, found the keyword `by`; `by` stands before `on`",
    );
    check(
        "action read by User on Doc in edit",
        "D0101 1:28 `in`: expected `{` or the end of the action, found the keyword `in`; `in` stands before `by` and `on`",
    );
    check(
        "action edit { size: Int }",
        "D0101 1:13 `{`: expected `by`, `in`, `on` or the end of the action, found `{`; the braces hold context fields, and stand after `on`",
    );
    check(
        "role editor Doc",
        "D0101 1:13 `Doc`: expected `on` and the types that the role is held on, found `Doc`; write `on` before `Doc`",
    );
    check(
        "role editor { read }",
        "D0101 1:13 `{`: expected `on` and the types that the role is held on, found `{`",
    );
    check(
        "role editor on Doc { read write }",
        "D0101 1:27 `write`: expected `,` or `}`, found `write`; write `,` after `read`",
    );
    check(
        "role editor on Doc { read } includes viewer",
        "D0101 1:29 `includes`: expected `held` or the end of the role, found the keyword `includes`; `includes` stands before the braces",
    );
    check(
        "role editor on Doc held { read }",
        "D0101 1:25 `{`: expected `by` or `when`, found `{`",
    );
    check(
        "role editor on Doc held when a { read }",
        "D0101 1:32 `{`: expected an operator or the end of the condition, found `{`; the braces stand before `held`",
    );
    check(
        "role editor on Doc held by",
        "D0101 1:27 ``: expected `grant`, found the end of the role",
    );
    check(
        "role editor on Doc held by grant or",
        "D0101 1:36 ``: expected `when`, found the end of the role",
    );
    check(
        "role editor on Doc helt when a",
        "D0101 1:20 `helt`: expected `{`, `held`, `includes` or the end of the role, found `helt`; did you mean `held`?",
    );
    check(
        "role editor on Doc held wen a",
        "D0101 1:25 `wen`: expected `by` or `when`, found `wen`; did you mean `when`?",
    );
}

#[test]
fn slips_in_fixtures_and_tests() {
    check(
        "fixture { }",
        "D0101 1:9 `{`: expected the name of a fixture, found `{`",
    );
    check(
        r#"fixture f { User "a" }"#,
        r#"D0101 1:18 `"a"`: expected `::` and an id, found the text `"a"`; an entity is written `User::"a"`"#,
    );
    check(
        r#"fixture f { User::"a" { x 1 } }"#,
        "D0101 1:27 `1`: expected `:`, found the number `1`; write `x: 1`",
    );
    check(
        r#"fixture f { User::"a" { }, User::"b" { } }"#,
        "D0101 1:26 `,`: expected an entity, `}` or `grant`, found `,`; remove the `,`",
    );
    check(
        r#"fixture f { grant editor to User::"a" }"#,
        "D0101 1:26 `to`: expected `on` and what the role is held on, found the keyword `to`; `on` stands before `to`: `grant editor on Doc::\"plan\" to User::\"ann\"`",
    );
    check(
        r#"fixture f { grant editor on Doc::"a" }"#,
        "D0101 1:38 `}`: expected `to` and who gets the role, found `}`",
    );
    check(
        r#"fixture f { allow User::"a" to read on Doc::"d" }"#,
        "D0101 1:13 `allow`: expected an entity, `}` or `grant`, found the keyword `allow`; `allow` stands in a `test`",
    );
    check(
        "test { }",
        "D0101 1:6 `{`: expected the name of the test, between quotes, found `{`",
    );
    check(
        r#"test "x" f { }"#,
        "D0101 1:10 `f`: expected `{` or `using`, found `f`; write `using` before `f`",
    );
    check(
        r#"test "x" { allow User to read on Doc::"d" }"#,
        r#"D0101 1:18 `User`: expected `::` and an id after `User`; an entity is written `User::"ann"`"#,
    );
    check(
        r#"test "x" { allow User::"a" read on Doc::"d" }"#,
        "D0101 1:28 `read`: expected `to` and an action, found `read`; write `to` before `read`",
    );
    check(
        r#"test "x" { allow User::"a" to any on Doc::"d" }"#,
        "D0101 1:31 `any`: expected an action, found the keyword `any`; a case of a test names one action",
    );
    check(
        r#"test "x" { alow User::"a" to read on Doc::"d" }"#,
        "D0101 1:12 `alow`: expected `}`, `allow`, `deny`, `context` or `for`, found `alow`; did you mean `allow`?",
    );
    check(
        r#"test "x" { permit User::"a" to read on Doc::"d" }"#,
        "D0101 1:12 `permit`: expected `}`, `allow`, `deny`, `context` or `for`, found the keyword `permit`; a test says `allow`",
    );
    check(
        r#"test "x" { forbid User::"a" to read on Doc::"d" }"#,
        "D0101 1:12 `forbid`: expected `}`, `allow`, `deny`, `context` or `for`, found the keyword `forbid`; a test says `deny`",
    );
    check(
        r#"test "x" { allow User::"a" to read on Doc::"d" given mfa: true }"#,
        "D0101 1:54 `mfa`: expected `{`, found `mfa`; write the changed fields in braces: `given { mfa: true }`",
    );
    check(
        r#"test "x" { allow User::"a" to read on Doc::"d" given { } given { } }"#,
        "D0108 1:58 `given`: this case has a second `given`; write all of it after the first one, with `,` between",
    );
    check(
        r#"test "x" { allow User::"a" to read on Doc::"d" by a by b }"#,
        "D0108 1:53 `by`: this case has a second `by`; write all of it after the first one, with `,` between",
    );
    check(
        r#"test "x" { User::"a" }"#,
        "D0101 1:12 `User`: expected `}`, `allow`, `deny`, `context` or `for`, found `User`",
    );
}

#[test]
fn between_declarations() {
    check(
        "permitt User to read on Doc",
        "D0106 1:1 `permitt`: expected a declaration, found `permitt`; did you mean `permit`?",
    );
    check(
        "entity A\nentitty B { a: Int }",
        "D0106 2:1 `entitty`: expected a declaration, found `entitty`; did you mean `entity`?",
    );
    check(
        "entity A\n  entitty B { a: Int }",
        "D0101 2:3 `entitty`: expected `=`, `{`, `in` or the end of the entity, found `entitty`; did you mean `entity`?",
    );
    check(
        "entity A\nallow User::\"a\" to read on B",
        "D0106 2:1 `allow`: expected a declaration, found `allow`; a rule starts with `permit`; `allow` stands in a `test`",
    );
    check(
        "deny x",
        "D0106 1:1 `deny`: expected a declaration, found `deny`; a rule starts with `forbid`; `deny` stands in a `test`",
    );
    check(
        "grant editor on A to B",
        "D0106 1:1 `grant`: expected a declaration, found `grant`; a grant stands in a `fixture`, or in the data",
    );
    check(
        "rule x",
        "D0106 1:1 `rule`: expected a declaration, found `rule`; a rule starts with `permit` or `forbid`, after its label if it has one",
    );
    check(
        "import x",
        "D0106 1:1 `import`: expected a declaration, found `import`; names of another module are brought in with `use`: `use shop.people.{User, Group}`",
    );
    check(
        "x",
        "D0106 1:1 `x`: expected a declaration, found `x`; a declaration starts with a keyword such as `entity`, `action`, `role`, `permit`, `forbid`, `fn` or `test`",
    );
    check(
        "Some text here.",
        "D0106 1:1 `Some`: expected a declaration, found `Some`; a declaration starts with a keyword such as `entity`, `action`, `role`, `permit`, `forbid`, `fn` or `test`",
    );
    check(
        "entity A\n\"text\"",
        r#"D0106 2:1 `"text"`: expected a declaration, found `"text"`; a declaration starts with a keyword such as `entity`, `action`, `role`, `permit`, `forbid`, `fn` or `test`"#,
    );
}

#[test]
fn annotations() {
    check(
        "@",
        "D0101 1:2 ``: expected the name of an annotation, found the end of the declaration",
    );
    check(
        "@a",
        "D0101 1:3 ``: expected a declaration after the annotation, found none",
    );
    check(
        "@a @b",
        "D0101 1:6 ``: expected a declaration after the annotation, found none",
    );
    check(
        "@a\nfoo",
        "D0101 2:1 `foo`: expected a declaration after the annotation, found `foo`",
    );
    check(
        "@a\nentitty B",
        "D0101 2:1 `entitty`: expected a declaration after the annotation, found `entitty`; did you mean `entity`?",
    );
    check(
        r#"@a("x" entity B"#,
        "D0103 1:3 `(`: this `(` is not closed; write `)` where it ends",
    );
    check(
        "@a(1) entity B",
        "D0101 1:4 `1`: expected a text, found the number `1`",
    );
    check("@a: entity B", "D0101 1:3 `:`: expected a declaration, found `:`");
    check(
        "permit User to read on Doc\n@b",
        "D0101 2:3 ``: expected a declaration after the annotation, found none",
    );
}

#[test]
fn brackets() {
    check(
        "}",
        "D0103 1:1 `}`: this `}` closes nothing; remove it, or open what it closes",
    );
    check(
        "entity A { }}",
        "D0103 1:13 `}`: this `}` closes nothing; remove it, or open what it closes",
    );
    check(
        "entity A { a: Int ]",
        "D0103 1:19 `]`: expected `}` to close `{`, found `]`",
    );
    check(
        "entity A {\nentity B",
        "D0103 1:10 `{`: this `{` is not closed; write `}` where it ends",
    );
    check(
        "entity A { a: { b: Int }\nentity B { }",
        "D0103 1:10 `{`: this `{` is not closed; write `}` where it ends",
    );
    check(
        "permit User to read on Doc when (a",
        "D0103 1:33 `(`: this `(` is not closed; write `)` where it ends",
    );
    check(
        "permit User to read on Doc when a)",
        "D0103 1:34 `)`: this `)` closes nothing; remove it, or open what it closes",
    );
    check(
        "permit User to read on Doc when ([a)",
        "D0103 1:36 `)`: expected `]` to close `[`, found `)`",
    );
}

#[test]
fn tokens() {
    check(
        r#"permit User to read on Doc when "abc"#,
        r#"D0102 1:33 `"abc`: this text is not closed on its line; a text ends with `"`, and a line break in it is `\n`"#,
    );
    check(
        r#"permit User to read on Doc when "a\q""#,
        r#"D0104 1:35 `\q`: there is no escape `\q`; the escapes are `\n`, `\t`, `\"`, `\\` and `\u{…}`"#,
    );
    check(
        r#"permit User to read on Doc when "a\u{110000}""#,
        r#"D0104 1:35 `\u{110000}`: `110000` is not a code point; the escapes are `\n`, `\t`, `\"`, `\\` and `\u{…}`"#,
    );
    check(
        r#"permit User to read on Doc when "a\*""#,
        r#"D0104 1:35 `\*`: `\*` is a star only in the pattern of `like`; the escapes are `\n`, `\t`, `\"`, `\\` and `\u{…}`"#,
    );
    check(
        "permit User to read on Doc when `abc",
        "D0102 1:33 ``abc`: this name is not closed on its line; a name that starts with a backtick ends with one",
    );
    check(
        "permit User to read on Doc when `a\\`",
        "D0102 1:33 ``a\\``: this name is not closed on its line; a name that starts with a backtick ends with one",
    );
    check(
        r"permit User to read on Doc when `a\q`",
        r#"D0104 1:35 `\q`: there is no escape `\q`; the escapes are `\n`, `\t`, `\"`, `\\`, `` \` `` and `\u{…}`"#,
    );
    check(
        r"entity `\*`",
        r#"D0104 1:9 `\*`: `\*` is a star only in the pattern of `like`; the escapes are `\n`, `\t`, `\"`, `\\`, `` \` `` and `\u{…}`"#,
    );
    check(
        "permit User to read on Doc unless 'it is'",
        r#"D0102 1:35 `'it is'`: a text stands between double quotes; write `"…"`"#,
    );
    check(
        "entity É",
        "D0102 1:8 `É`: the character `É` cannot stand in a plain name; write the whole name between backticks",
    );
    check(
        "# comment",
        "D0102 1:1 `#`: there is nothing that is written with `#`; a comment starts with `//`",
    );
    check(
        "/* x */ entity A",
        "D0102 1:1 `/*`: there are no comments of this kind; write `//` before each line",
    );
    check(
        "entity A; entity B",
        "D0102 1:9 `;`: there is no `;`; declarations end without a mark; fields may be separated by `,`",
    );
    check(
        "permit User to read on Doc when a == 1__0",
        "D0104 1:38 `1__0`: in `1__0`, `_` does not stand between two digits",
    );
    check(
        "permit User to read on Doc when a == 1.23456",
        "D0104 1:38 `1.23456`: `1.23456` has more than four digits after the point",
    );
    check(
        "permit User to read on Doc when a == 9223372036854775808",
        "D0104 1:38 `9223372036854775808`: `9223372036854775808` does not fit an `Int` (at most 9223372036854775807)",
    );
    check(
        "permit User to read on Doc when a == 5y",
        "D0104 1:38 `5y`: `5y` is not a duration: numbers with the units `d`, `h`, `m`, `s`, `ms`, longest first, such as `2h30m`",
    );
    check(
        r#"permit User to read on Doc when a == time"x""#,
        r#"D0104 1:38 `time"x"`: `x` is not a timestamp, such as `2026-01-05T09:00:00Z`, `2026-01-05T10:00:00+01:00` or `2026-01-05`"#,
    );
    check(
        r#"permit User to read on Doc when a == ip"1.2.3""#,
        r#"D0104 1:38 `ip"1.2.3"`: `1.2.3` is not an IP address or network, such as `10.0.0.0/8` or `::1`"#,
    );
}
