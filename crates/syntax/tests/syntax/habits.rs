//! What people bring along from other languages: the error, and the text after the mend that can be made without asking.

use dictum_syntax::parse;
use dictum_syntax::source::Sources;

use crate::errors::check;

/// The error of a text, as [`check`] shows it, and the text after its mend, if there is one that is certain.
pub(crate) fn mended(text: &str, expected: &str, mended: Option<&str>) {
    check(text, expected);
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (_, diagnostics) = parse(&sources, id);
    let fix = diagnostics.into_iter().find_map(|found| found.fix);
    let changed = fix.map(|fix| {
        assert!(
            !fix.title.is_empty() && !fix.title.ends_with('.'),
            "{}",
            fix.title
        );
        let mut edits = fix.edits;
        edits.sort_by_key(|edit| edit.span);
        assert!(edits.is_sorted_by(|a, b| a.span.end <= b.span.start), "{edits:?}");
        let mut changed = text.to_owned();
        for edit in edits.iter().rev() {
            changed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        changed
    });
    assert_eq!(changed.as_deref(), mended, "{text}");
}

#[test]
fn quantifiers() {
    mended(
        "permit User to read on Doc when exists x in s: x",
        "D0101 1:40 `x`: expected an operator or the end of the condition, found `x`; write `any x in … : …`",
        Some("permit User to read on Doc when any x in s: x"),
    );
    mended(
        "permit User to read on Doc when some x of s: x",
        "D0101 1:38 `x`: expected an operator or the end of the condition, found `x`; write `any x in … : …`",
        Some("permit User to read on Doc when any x of s: x"),
    );
    mended(
        "permit User to read on Doc when forall x in s: x.ok",
        "D0101 1:40 `x`: expected an operator or the end of the condition, found `x`; write `all x in … : …`",
        Some("permit User to read on Doc when all x in s: x.ok"),
    );
    mended(
        "permit User to read on Doc when any(x in s, x.ok)",
        "D0101 1:36 `(`: expected the name of a variable, found `(`; a quantifier is written `any x in s: …`",
        Some("permit User to read on Doc when (any x in s: x.ok)"),
    );
    mended(
        "permit User to read on Doc when a and any(x in s, x.ok) and b",
        "D0101 1:39 `any`: expected a condition, found the keyword `any`; a quantifier is written `any x in s: …`",
        Some("permit User to read on Doc when a and (any x in s: x.ok) and b"),
    );
    mended(
        "permit User to read on Doc when any (x) in s: x",
        "D0101 1:37 `(`: expected the name of a variable, found `(`; a quantifier is written `any x in s: …`",
        None,
    );
    mended(
        "permit User to read on Doc when for all x in s: x",
        "D0101 1:33 `for`: expected a condition, found the keyword `for`; remove the `for`",
        Some("permit User to read on Doc when all x in s: x"),
    );
    mended(
        "permit User to read on Doc when any x of s: x",
        "D0101 1:39 `of`: expected `in`, found `of`; write `in`",
        Some("permit User to read on Doc when any x in s: x"),
    );
    mended(
        "permit User to read on Doc when any x in s, x",
        "D0101 1:43 `,`: expected `:`, found `,`; the condition stands after `:`: `any x in s: x.ok`",
        Some("permit User to read on Doc when any x in s: x"),
    );
    mended(
        "permit User to read on Doc when any x in s where x.ok",
        "D0101 1:44 `where`: expected `:`, found `where`; the condition stands after `:`: `any x in s: x.ok`",
        Some("permit User to read on Doc when any x in s: x.ok"),
    );
    mended(
        "permit User to read on Doc when any x in s | x",
        "D0102 1:44 `|`: there is no operator `|`; write `or`, or `:` before the condition of an `any` or `all`",
        None,
    );
    mended(
        "permit User to read on Doc when any x in s x.ok",
        "D0101 1:44 `x`: expected `:`, found `x`; the condition stands after `:`: `any x in s: x.ok`",
        Some("permit User to read on Doc when any x in s: x.ok"),
    );
    mended(
        "permit User to read on Doc when any x in s",
        "D0101 1:43 ``: expected `:`, found the end of the rule; the condition stands after `:`: `any x in s: x.ok`",
        None,
    );
    mended(
        "permit User to read on Doc when any",
        "D0101 1:36 ``: expected the name of a variable, found the end of the rule",
        None,
    );
    mended(
        "permit User to read on Doc when any x",
        "D0101 1:38 ``: expected `in`, found the end of the rule",
        None,
    );
    mended(
        "permit User to read on Doc when any x in s:",
        "D0101 1:44 ``: expected a value, found the end of the rule",
        None,
    );
    mended(
        "permit User to read on Doc when a and any x in s: x",
        "D0101 1:39 `any`: expected a condition, found the keyword `any`; an `any` within a larger expression stands in parentheses",
        Some("permit User to read on Doc when a and (any x in s: x)"),
    );
    mended(
        "permit User to read on Doc when not any x in s: x",
        "D0101 1:37 `any`: expected a condition, found the keyword `any`; an `any` within a larger expression stands in parentheses",
        Some("permit User to read on Doc when not (any x in s: x)"),
    );
    mended(
        "permit User to read on Doc when count x in s: x > 1 + count y in s: y",
        "D0101 1:55 `count`: expected a value, found the keyword `count`; a `count` within a larger expression stands in parentheses",
        Some("permit User to read on Doc when count x in s: x > 1 + (count y in s: y)"),
    );
    mended(
        "permit User to read on Doc when resource.tags.any(x => x.ok)",
        "D0101 1:47 `any`: expected the name of a field or of a method, found the keyword `any`; a quantifier is written `any x in s: …`",
        Some("permit User to read on Doc when (any x in resource.tags: x.ok)"),
    );
    mended(
        "permit User to read on Doc when resource.tags.all(x -> x.ok) and b",
        "D0101 1:47 `all`: expected the name of a field or of a method, found the keyword `all`; a quantifier is written `all x in s: …`",
        Some("permit User to read on Doc when (all x in resource.tags: x.ok) and b"),
    );
    mended(
        r#"permit User to read on Doc when resource.tags.some(x => x == "a")"#,
        "D0101 1:54 `=`: there is no operator `=>`; a quantifier is written `any x in s: …`",
        Some(r#"permit User to read on Doc when (any x in resource.tags: x == "a")"#),
    );
    mended(
        "permit User to read on Doc when resource.tags.any()",
        "D0101 1:47 `any`: expected the name of a field or of a method, found the keyword `any`; a quantifier is written `any x in s: …`",
        None,
    );
    mended(
        "permit User to read on Doc when a and any x in s: x or y when z",
        "D0101 1:39 `any`: expected a condition, found the keyword `any`; an `any` within a larger expression stands in parentheses",
        Some("permit User to read on Doc when a and (any x in s: x or y) when z"),
    );
}

#[test]
fn regular_expressions() {
    mended(
        r#"permit User to read on Doc when a matches "x+""#,
        r#"D0101 1:43 `"x+"`: expected a regular expression, found the text `"x+"`; a regular expression is written with an `r` before it: `r"…"`"#,
        Some(r#"permit User to read on Doc when a matches r"x+""#),
    );
    mended(
        r#"permit User to read on Doc when a matches "x\\.y\d""#,
        r#"D0101 1:43 `"x\\.y\d"`: expected a regular expression, found the text `"x\\.y\d"`; a regular expression is written with an `r` before it: `r"…"`"#,
        Some(r#"permit User to read on Doc when a matches r"x\.y\d""#),
    );
    mended(
        "permit User to read on Doc when a matches b",
        r#"D0101 1:43 `b`: expected a regular expression, found `b`; a regular expression is a text that is written with an `r`: `r"[a-z]+"`"#,
        None,
    );
    mended(
        "permit User to read on Doc when a matches /^x+$/ and b",
        r#"D0102 1:43 `/`: a regular expression is not written between `/`; write `r"…"`"#,
        Some(r#"permit User to read on Doc when a matches r"^x+$" and b"#),
    );
    mended(
        r#"permit User to read on Doc when a =~ "x+" and b"#,
        r#"D0102 1:36 `~`: there is no operator `~`; a text is tested with `matches r"…"`, or `like "…"`"#,
        Some(r#"permit User to read on Doc when a matches r"x+" and b"#),
    );
    mended(
        r#"permit User to read on Doc when a ~ "x""#,
        r#"D0102 1:35 `~`: there is no operator `~`; a text is tested with `matches r"…"`, or `like "…"`"#,
        Some(r#"permit User to read on Doc when a matches r"x""#),
    );
    mended(
        r#"permit User to read on Doc when a == r"x""#,
        r#"D0101 1:38 `r"x"`: a regular expression stands after `matches` only; a text is written without the `r`"#,
        Some(r#"permit User to read on Doc when a == "x""#),
    );
    mended(
        r#"permit User to read on Doc when a matches r"x"#,
        r#"D0102 1:43 `r"x`: this text is not closed on its line; a text ends with `"`, and a line break in it is `\n`"#,
        None,
    );
    mended(
        r#"permit User to read on Doc when a == r"x\d""#,
        r#"D0101 1:38 `r"x\d"`: a regular expression stands after `matches` only; a text is written without the `r`"#,
        None,
    );
    mended(
        r#"permit User to read on Doc when f(r"x")"#,
        r#"D0101 1:35 `r"x"`: a regular expression stands after `matches` only; a text is written without the `r`"#,
        Some(r#"permit User to read on Doc when f("x")"#),
    );
}

#[test]
fn operators_and_values() {
    mended(
        "permit User to read on Doc when if a then b elif c then d else e",
        "D0101 1:45 `elif`: expected `else` and the value where the condition is false, found `elif`; write `else if`",
        Some("permit User to read on Doc when if a then b else if c then d else e"),
    );
    mended(
        "permit User to read on Doc when if (a) { b } else { c }",
        "D0101 1:40 `{`: expected `then` and the value where the condition is true, found `{`; write `if … then … else …`",
        None,
    );
    mended(
        "permit User to read on Doc when a && b || c",
        "D0102 1:35 `&&`: there is no operator `&&`; write `and`",
        Some("permit User to read on Doc when a and b || c"),
    );
    mended(
        "permit User to read on Doc when a&&b",
        "D0102 1:34 `&&`: there is no operator `&&`; write `and`",
        Some("permit User to read on Doc when a and b"),
    );
    mended(
        "permit User to read on Doc when !a",
        "D0102 1:33 `!`: there is no operator `!`; write `not`, or `!=` to compare",
        Some("permit User to read on Doc when not a"),
    );
    mended(
        "permit User to read on Doc when !(a == b) and c",
        "D0102 1:33 `!`: there is no operator `!`; write `not`, or `!=` to compare",
        Some("permit User to read on Doc when not (a == b) and c"),
    );
    mended(
        "permit User to read on Doc when a = b",
        "D0101 1:35 `=`: `=` does not compare; write `==`",
        Some("permit User to read on Doc when a == b"),
    );
    mended(
        "permit User to read on Doc when a === b",
        "D0101 1:37 `=`: there is no operator `===`; write `==`",
        Some("permit User to read on Doc when a == b"),
    );
    mended(
        "permit User to read on Doc when a !== b",
        "D0101 1:37 `=`: there is no operator `!==`; write `!=`",
        Some("permit User to read on Doc when a != b"),
    );
    mended(
        "permit User to read on Doc when a <> b",
        "D0101 1:36 `>`: there is no operator `<>`; write `!=`",
        Some("permit User to read on Doc when a != b"),
    );
    mended(
        "permit User to read on Doc when a =< b",
        "D0101 1:35 `=`: there is no operator `=<`; write `<=`",
        Some("permit User to read on Doc when a <= b"),
    );
    mended(
        "permit User to read on Doc when a == 'x'",
        r#"D0102 1:38 `'x'`: a text stands between double quotes; write `"…"`"#,
        Some(r#"permit User to read on Doc when a == "x""#),
    );
    mended(
        r#"permit User to read on Doc when a == 'it"s'"#,
        r#"D0102 1:38 `'it"s'`: a text stands between double quotes; write `"…"`"#,
        None,
    );
    mended(
        "permit User to read on Doc when a == “x”",
        r#"D0102 1:38 `“x”`: a text stands between double quotes; write `"…"`"#,
        Some(r#"permit User to read on Doc when a == "x""#),
    );
    mended(
        "permit User to read on Doc when a == null",
        "D0101 1:38 `null`: there is no `null`; leave an optional field out, and ask for one with `x has f`",
        None,
    );
    mended(
        "permit User to read on Doc when principal.manager != null and b",
        "D0101 1:54 `null`: there is no `null`; leave an optional field out, and ask for one with `x has f`",
        Some("permit User to read on Doc when principal has manager and b"),
    );
    mended(
        "permit User to read on Doc when principal.manager == nil",
        "D0101 1:54 `nil`: there is no `nil`; leave an optional field out, and ask for one with `x has f`",
        Some("permit User to read on Doc when not principal has manager"),
    );
    mended(
        "permit User to read on Doc when principal.manager is not null and b",
        "D0101 1:54 `not`: expected a type or `empty`, found the keyword `not`; write `principal has manager`",
        Some("permit User to read on Doc when principal has manager and b"),
    );
    mended(
        "permit User to read on Doc when a.b not in c",
        "D0101 1:37 `not`: expected an operator or the end of the condition, found the keyword `not`; `not` stands before the whole comparison: `not a in b`",
        Some("permit User to read on Doc when not a.b in c"),
    );
    mended(
        "permit User to read on Doc when a is not T and b",
        "D0101 1:38 `not`: expected a type or `empty`, found the keyword `not`; `not` stands before the whole test: `not a is T`",
        Some("permit User to read on Doc when not a is T and b"),
    );
    mended(
        "permit User to read on Doc when a.contains(b) and c",
        "D0101 1:35 `contains`: expected the name of a field or of a method, found the keyword `contains`; `contains` is an operator: `a contains b`",
        Some("permit User to read on Doc when a contains b and c"),
    );
    mended(
        "permit User to read on Doc when a.contains(b.c)",
        "D0101 1:35 `contains`: expected the name of a field or of a method, found the keyword `contains`; `contains` is an operator: `a contains …`",
        Some("permit User to read on Doc when a contains (b.c)"),
    );
    mended(
        "permit User to read on Doc when a containsAll b",
        "D0101 1:35 `containsAll`: expected an operator or the end of the condition, found `containsAll`; write `contains all`",
        Some("permit User to read on Doc when a contains all b"),
    );
    mended(
        r#"permit User to read on Doc when a.b startsWith "x""#,
        r#"D0101 1:37 `startsWith`: expected an operator or the end of the condition, found `startsWith`; write `a.starts_with("b")`"#,
        Some(r#"permit User to read on Doc when a.b.starts_with("x")"#),
    );
    mended(
        "permit User to read on Doc when a == b AND c",
        "D0101 1:40 `AND`: expected an operator or the end of the condition, found `AND`; write `and`",
        Some("permit User to read on Doc when a == b and c"),
    );
    mended(
        r#"permit User to read on Doc when a in ("x", "y")"#,
        "D0101 1:42 `,`: expected an operator or `)`, found `,`; a set stands in square brackets: `[a, b]`",
        Some(r#"permit User to read on Doc when a in ["x", "y"]"#),
    );
    mended(
        r#"permit User to read on Doc when a in {"x", "y"}"#,
        "D0101 1:42 `,`: expected `:`, found `,`; a set stands in square brackets: `[a, b]`",
        Some(r#"permit User to read on Doc when a in ["x", "y"]"#),
    );
    mended(
        "permit User to read on Doc when a in {x, y}",
        "D0101 1:40 `,`: expected `:`, found `,`; a set stands in square brackets: `[a, b]`",
        Some("permit User to read on Doc when a in [x, y]"),
    );
    mended(
        "permit User to read on Doc when a == not b",
        "D0107 1:38 `not`: `not` binds less tightly than the operator before it; write parentheses around `not` and its operand",
        Some("permit User to read on Doc when a == (not b)"),
    );
    mended(
        "permit User to read on Doc when a == User::ann",
        r#"D0101 1:44 `ann`: expected a text, found `ann`; a variant is written `User.ann`, an entity `User::"ann"`"#,
        None,
    );
    mended(
        r#"permit User to read on Doc when a == User:"ann""#,
        r#"D0101 1:42 `:`: expected an operator or the end of the condition, found `:`; an entity is written `User::"ann"`"#,
        Some(r#"permit User to read on Doc when a == User::"ann""#),
    );
    mended(
        r#"permit User to read on Doc when a == User "ann""#,
        r#"D0101 1:43 `"ann"`: expected an operator or the end of the condition, found the text `"ann"`; an entity is written `User::"ann"`"#,
        Some(r#"permit User to read on Doc when a == User::"ann""#),
    );
    mended(
        "permit User to read on Doc when f(a b)",
        "D0101 1:37 `b`: expected an operator, `,` or `)`, found `b`; write `,` before `b`",
        Some("permit User to read on Doc when f(a, b)"),
    );
    mended(
        "permit User to read on Doc when f(a",
        "D0103 1:34 `(`: this `(` is not closed; write `)` where it ends",
        None,
    );
    mended(
        r#"permit User to read on Doc when { "a" 1 }"#,
        r#"D0101 1:39 `1`: expected `:`, found the number `1`; write `"a": 1`"#,
        Some(r#"permit User to read on Doc when { "a": 1 }"#),
    );
    mended(
        r#"permit User to read on Doc when a::b::"x" == c"#,
        r#"D0101 1:36 `b`: expected a text, found `b`; a variant is written `a.b`, an entity `a::"b"`"#,
        None,
    );
    mended(
        "permit User to read on Doc when resource.tags.filter(x => x.ok)",
        "D0101 1:56 `=`: there is no operator `=>`; write `>=` to compare, and `if … then … else …` to choose",
        None,
    );
    mended(
        "permit User to read on Doc when a + if b then c else d",
        "D0101 1:37 `if`: expected a value, found the keyword `if`; an `if` within a larger expression stands in parentheses",
        Some("permit User to read on Doc when a + (if b then c else d)"),
    );
    mended(
        "permit User to read on Doc when a == b.c != nil",
        "D0107 1:42 `!=`: comparisons cannot be chained; write `a < b and b < c`, or parentheses around one of them",
        None,
    );
    mended(
        "permit User to read on Doc when a == - not b",
        "D0107 1:40 `not`: `not` binds less tightly than the operator before it; write parentheses around `not` and its operand",
        Some("permit User to read on Doc when a == - (not b)"),
    );
    mended(
        "permit User to read on Doc when a + not b == c",
        "D0107 1:37 `not`: `not` binds less tightly than the operator before it; write parentheses around `not` and its operand",
        None,
    );
}

#[test]
fn modules() {
    mended(
        "import a.b",
        "D0106 1:1 `import`: expected a declaration, found `import`; names of another module are brought in with `use`: `use shop.people.{User, Group}`",
        Some("use a.b"),
    );
    mended(
        "import a.b.{C}",
        "D0106 1:1 `import`: expected a declaration, found `import`; names of another module are brought in with `use`: `use shop.people.{User, Group}`",
        Some("use a.b.{C}"),
    );
    mended(
        r#"import "a/b""#,
        "D0106 1:1 `import`: expected a declaration, found `import`; names of another module are brought in with `use`: `use shop.people.{User, Group}`",
        None,
    );
    mended(
        "use a::b",
        "D0101 1:6 `::`: expected the end of the path, found `::`; the names of a path have `.` between them",
        Some("use a.b"),
    );
    mended(
        "use a.*",
        "D0101 1:7 `*`: expected a name, found `*`; without a list, `use` brings in all that the module declares",
        Some("use a"),
    );
    mended(
        "use a.b as c",
        "D0101 1:9 `as`: expected the end of the path, found `as`; what is used keeps its name; write its path where that is taken: `a.b.User`",
        None,
    );
    mended(
        "use a.b, c.d",
        "D0101 1:8 `,`: expected the end of the path, found `,`; each `use` names one module, or names of it in braces: `use shop.people.{User, Group}`",
        None,
    );
    mended(
        r#"use "a/b""#,
        r#"D0101 1:5 `"a/b"`: expected the path of a module, found the text `"a/b"`; a path stands without quotes: `shop.people`"#,
        Some("use a.b"),
    );
    mended(
        "use a.{}",
        "D0101 1:8 `}`: expected a name, found `}`; write the names that are used, or `use shop.people` for all of them",
        None,
    );
    mended(
        "use a {b}",
        "D0101 1:7 `{`: expected the end of the path, found `{`; write `.` before `{`",
        Some("use a.{b}"),
    );
    mended(
        "use a.b.",
        "D0101 1:9 ``: expected a name, found the end of the path",
        None,
    );
    mended(
        "use a/b",
        "D0102 1:6 `/`: the names of a path are not separated by `/`; write `.`",
        Some("use a.b"),
    );
    mended(
        "use",
        "D0101 1:4 ``: expected the path of a module, found the end of the path",
        None,
    );
    mended(
        "use a.{b c}",
        "D0101 1:10 `c`: expected `,` or `}`, found `c`; write `,` after `b`",
        Some("use a.{b, c}"),
    );
    mended(
        "module a/b",
        "D0102 1:9 `/`: the names of a path are not separated by `/`; write `.`",
        Some("module a.b"),
    );
    mended(
        "module a::b",
        "D0101 1:9 `::`: expected the end of the path, found `::`; the names of a path have `.` between them",
        Some("module a.b"),
    );
    mended(
        r#"module "a.b""#,
        r#"D0101 1:8 `"a.b"`: expected the path of a module, found the text `"a.b"`; a path stands without quotes: `shop.people`"#,
        Some("module a.b"),
    );
    mended(
        "module a { entity B }",
        "D0101 1:10 `{`: expected the end of the path, found `{`; `module` names the module of the whole file; what it declares stands without braces",
        None,
    );
    mended(
        "module",
        "D0101 1:7 ``: expected the path of a module, found the end of the path",
        None,
    );
    mended(
        "module a.b;",
        "D0102 1:11 `;`: there is no `;`; declarations end without a mark; fields may be separated by `,`",
        Some("module a.b"),
    );
    mended(
        "entity A\nmodule a.b",
        "D0108 2:1 `module a.b`: `module` stands before all other declarations of its file; move it to the start of the file",
        Some("module a.b\n\nentity A\n"),
    );
    mended(
        "module a\nmodule b",
        "D0108 2:1 `module b`: this file has a second `module`; a file is of one module: move what follows to a file of its own",
        None,
    );
    mended(
        "package a.b",
        "D0106 1:1 `package`: expected a declaration, found `package`; the module of a file is named with `module`: `module shop.orders`",
        Some("module a.b"),
    );
    mended(
        "entity A\n/// doc\n@x module a.b",
        "D0108 3:1 `@x module a.b`: `module` stands before all other declarations of its file; move it to the start of the file",
        None,
    );
}

#[test]
fn functions_and_constants() {
    mended(
        "def f(a: Int) = a",
        "D0106 1:1 `def`: expected a declaration, found `def`; a function is written `fn f(user: User) = user.active`",
        Some("fn f(a: Int) = a"),
    );
    mended(
        "function f(x) {}",
        "D0106 1:1 `function`: expected a declaration, found `function`; a function is written `fn f(user: User) = user.active`",
        None,
    );
    mended(
        "fn f(x) = x",
        "D0101 1:7 `)`: expected `:`, found `)`; a parameter has a type: `x: String`",
        None,
    );
    mended(
        "fn f(x: Int) { x }",
        "D0101 1:14 `{`: expected `=`, found `{`; the body stands after `=`, without braces: `fn f(n: Int) = n > 0`",
        Some("fn f(x: Int) = x"),
    );
    mended(
        "fn f(x: Int): Bool = x > 1",
        "D0101 1:13 `:`: expected `=`, found `:`; the type of its value is not written: it follows from the body",
        Some("fn f(x: Int)= x > 1"),
    );
    mended(
        "fn f(x: Int) -> Bool = x > 1",
        "D0101 1:14 `-`: expected `=`, found `-`; the type of its value is not written: it follows from the body",
        Some("fn f(x: Int) = x > 1"),
    );
    mended(
        "fn f(x: Int) => x",
        "D0101 1:15 `>`: a body stands after `=`, not `=>`; write `=`",
        Some("fn f(x: Int) = x"),
    );
    mended(
        "fn f(x: Int) = return x",
        "D0101 1:23 `x`: expected an operator or the end of the function, found `x`; remove the `return`",
        Some("fn f(x: Int) = x"),
    );
    mended(
        "fn f x: Int = x",
        "D0101 1:6 `x`: expected `(`, found `x`; the parameters stand in parentheses: `fn f(n: Int) = n > 0`",
        None,
    );
    mended(
        "fn f = 1",
        "D0101 1:6 `=`: expected `(`, found `=`; the parameters stand in parentheses: `fn f(n: Int) = n > 0`",
        None,
    );
    mended(
        "fn f() 1",
        "D0101 1:8 `1`: expected `=`, found the number `1`; the body stands after `=`: `fn f(n: Int) = n > 0`",
        Some("fn f() = 1"),
    );
    mended(
        "fn (a: Int) = a",
        "D0101 1:4 `(`: expected the name of a function, found `(`",
        None,
    );
    mended(
        "fn f(a: Int b: Int) = a",
        "D0101 1:13 `b`: expected `,` or `)`, found `b`; write `,` before `b`",
        Some("fn f(a: Int, b: Int) = a"),
    );
    mended(
        "fn f(a Int) = a",
        "D0101 1:8 `Int`: expected `:`, found `Int`; write `a: Int`",
        Some("fn f(a: Int) = a"),
    );
    mended(
        "let x = 1",
        "D0106 1:1 `let`: expected a declaration, found `let`; a constant is written `const name = 42`",
        Some("const x = 1"),
    );
    mended(
        "const x 1",
        "D0101 1:9 `1`: expected `=` and its value, found the number `1`; a constant is written `const name = 42`",
        Some("const x = 1"),
    );
    mended(
        "const x := 1",
        "D0101 1:10 `=`: expected a type, found `=`; write `=`",
        Some("const x = 1"),
    );
    mended(
        "const x == 1",
        "D0101 1:9 `==`: expected `=` and its value, found `==`; write `=`",
        Some("const x = 1"),
    );
    mended(
        "const x: Int",
        "D0101 1:13 ``: expected `=`, found the end of the constant; a constant is written `const name = 42`",
        None,
    );
    mended(
        "const = 1",
        "D0101 1:7 `=`: expected the name of a constant, found `=`",
        None,
    );
    mended(
        "const x =",
        "D0101 1:10 ``: expected a value, found the end of the constant",
        None,
    );
    mended(
        "const C: Set<Int>= []",
        "D0101 1:17 `>=`: this is read as the operator `>=`; write `> =`",
        Some("const C: Set<Int> = []"),
    );
}
