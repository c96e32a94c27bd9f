//! What is read of values.

use super::{condition, policy, rule};

#[test]
fn attributes_that_are_not_there() {
    condition(
        r#"principal.nme == "x""#,
        "
        D0304 11 `User` has no attribute `nme`
        help: did you mean `name`?
        ",
    );
    condition(
        "principal has lvel",
        "
        D0304 15 `User` has no attribute `lvel`
        help: did you mean `level`?
        ",
    );
    condition(
        "principal has boss.nme",
        "
        D0304 15 `User` has no attribute `nme`
        help: did you mean `name`?
        ",
    );
    condition(
        r#"principal has "level""#,
        "
        D0302 15 `has` asks a value of type `User` for an attribute by its name
        help: write `principal has level`
        ",
    );
    condition(
        "principal has boss.name.length",
        "
        D0304 25 a value of type `String` has no attributes
        ",
    );
    condition(
        "principal has tags.x",
        r#"
        D0304 20 a value of type `Map<Int>` has no attributes
        help: a key stands in brackets: `principal has tags["x"]`
        "#,
    );
    condition(
        "principal.name.size == 3",
        "
        D0304 16 a value of type `String` has no `size`
        help: did you mean `principal.name.length`?
        ",
    );
    condition(
        "context.rsk == 3",
        "
        D0304 9 the context has no field `rsk`
        help: did you mean `risk`?
        ",
    );
    condition(
        "principal.tags.x == 3",
        r#"
        D0304 16 `Map<Int>` has no field `x`
        help: a map is read by key: `principal.tags["x"]`
        "#,
    );
    condition(
        "{ a: 1 }.b == 1",
        "
        D0304 10 the record has no field `b`
        help: its fields are `a`
        ",
    );
    condition(
        "principal.name.length() == 3",
        "
        D0304 16 a value of type `String` has no function `length`
        help: it is no function: write `principal.name.length` without parentheses
        ",
    );
    condition(
        r#"principal.name.start_with("x")"#,
        "
        D0304 16 a value of type `String` has no function `start_with`
        help: did you mean `starts_with`?
        ",
    );
    condition(
        "principal.name.starts_with",
        r#"
        D0304 16 a value of type `String` has no `starts_with`
        help: it is a function: `principal.name.starts_with("…")`
        "#,
    );
    condition(
        r#"principal.name.starts_with("a", "b")"#,
        r#"
        D0310 16 `starts_with` takes 1 text, and 2 are given
        help: write `principal.name.starts_with("…")`
        "#,
    );
    condition(
        "principal.name.starts_with(3)",
        r#"
        D0301 28 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        "#,
    );
    condition(
        r#"principal.labels.contains("x")"#,
        r#"
        D0101 18 expected the name of a field or of a method, found the keyword `contains`
        help: `contains` is an operator: `principal.labels contains "x"`
        "#,
    );
    condition(
        "Kind.secrt == resource.kind",
        "
        D0201 6 `secrt` is not a name of the enum `Kind`
        help: did you mean `secret`?
        ",
    );
    condition("Kind.secret == resource.kind", "");
    condition(
        "principal.labels.size == 3 and principal.name.length < 3 and principal.born.weekday == monday",
        "",
    );
    condition(
        "principal.born.time_of_day < 8h and principal.born.date == principal.born and context.ip.is_private",
        "",
    );
    condition(
        r#"(context.now - principal.born).in_days > 3 and principal.id == "x" and resource.owner.id.ends_with("x")"#,
        "",
    );
}

#[test]
fn what_may_be_absent() {
    condition(
        "principal.level > 2",
        "
        D0305 1 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    condition(
        "context.risk > 3",
        "
        D0305 1 `context.risk` may be absent here
        help: ask for it first, `context has risk and …`, or give a default, `context.risk ?? …`
        ",
    );
    condition(
        r#"principal.boss.name == "x""#,
        "
        D0305 1 `principal.boss` may be absent here
        help: ask for it first, `principal has boss and …`, or give a default, `principal.boss ?? …`
        ",
    );
    condition(
        r#"principal.tags["x"] == 3"#,
        r#"
        D0305 1 `principal.tags["x"]` may be absent here
        help: ask for it first, `principal.tags has "x" and …`, or give a default, `principal.tags["x"] ?? …`
        "#,
    );
    condition(
        r#"principal has boss and principal.boss.boss.name == "x""#,
        "
        D0305 24 `principal.boss.boss` may be absent here
        help: ask for it first, `principal.boss has boss and …`, or give a default, `principal.boss.boss ?? …`
        ",
    );
    condition(
        r#"resource has from and resource.from.ip in ip"10.0.0.0/8" and resource.from.port == 3"#,
        "
        D0305 62 `resource.from.port` may be absent here
        help: ask for it first, `resource.from has port and …`, or give a default, `resource.from.port ?? …`
        ",
    );
    condition(
        "principal has boss and resource.owner.boss == principal",
        "
        D0305 24 `resource.owner.boss` may be absent here
        help: ask for it first, `resource.owner has boss and …`, or give a default, `resource.owner.boss ?? …`
        ",
    );
    condition(
        "(principal has level or principal has boss) and principal.level > 3",
        "
        D0305 49 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    condition(
        r#"principal.tags has "x" and principal.tags["x"] > 3 and principal.tags["y"] > 3"#,
        r#"
        D0305 56 `principal.tags["y"]` may be absent here
        help: ask for it first, `principal.tags has "y" and …`, or give a default, `principal.tags["y"] ?? …`
        "#,
    );
    condition(
        "principal has level or principal.level > 3",
        "
        D0305 24 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    condition(
        "principal.level > 3 and principal has level",
        "
        D0305 1 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    condition(
        "if principal has level then 1 > 2 else principal.level > 3",
        "
        D0305 40 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    condition(
        r#"(principal has level otherwise false) and principal.level > 3 and principal.boss.name == """#,
        "
        D0305 67 `principal.boss` may be absent here
        help: ask for it first, `principal has boss and …`, or give a default, `principal.boss ?? …`
        ",
    );
    condition(
        r#"principal has boss.boss and principal.boss.boss.name == "x""#,
        "",
    );
    condition("not (principal has level) or principal.level > 3", "");
    condition("not (not (principal has level) or principal.level > 3)", "");
    condition("(if principal has level then principal.level else 0) > 3", "");
    condition(
        r#"principal has level and (principal.name == "x" or principal.level > 3)"#,
        "",
    );
    condition(
        r#"(principal has level and principal.name == "x" or principal has level and principal.name == "y") and principal.level > 3"#,
        "",
    );
    condition(
        "principal.level ?? principal.boss.level ?? 3 > 2",
        "
        D0305 20 `principal.boss` may be absent here
        help: ask for it first, `principal has boss and …`, or give a default, `principal.boss ?? …`
        ",
    );
    condition(
        "principal has boss and principal.level ?? principal.boss.level ?? 3 > 2",
        "",
    );
    condition(
        "principal.tags[principal.name] ?? 0 > 1 and principal.tags has principal.name and principal.tags[principal.name] > 3",
        "",
    );
    condition(
        r#"principal.name ?? "x" == "x""#,
        "
        D0307 1 `principal.name` is never absent, so the default is never used
        help: leave `?? …` out; where data may be missing, a condition as a whole has `otherwise`
        ",
    );
    condition(
        r#"context.now ?? time"2026-01-01" > principal.born"#,
        "
        D0307 1 `context.now` is never absent, so the default is never used
        help: leave `?? …` out
        ",
    );
    condition(
        r#"principal.level ?? "x" > 2"#,
        "
        D0301 20 expected a value of type `Int`, found one of type `String`
        ",
    );
    rule(
        "permit User to write on Doc when principal has level when principal.level > 2",
        "",
    );
    rule(
        "permit User to write on Doc unless not (principal has level) unless principal.level > 2",
        "",
    );
    rule(
        "permit User to write on Doc unless principal has level unless principal.level > 2",
        "
        D0305 63 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
}

#[test]
fn maps_and_keys() {
    condition(
        "principal.tags has x",
        r#"
        D0301 20 the key of a map is text
        help: write it in quotes: `"x"`
        "#,
    );
    condition(
        "principal.tags has 3",
        r#"
        D0301 20 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        "#,
    );
    condition(
        r#"principal["name"] == "x""#,
        "
        D0302 1 only a map is read by key, and this is a value of type `User`
        help: write `principal.name`
        ",
    );
    condition(
        r#"principal.labels["x"] == 1"#,
        "
        D0302 1 only a map is read by key, and this is a value of type `Set<String>`
        help: to ask what a set holds, write `principal.labels contains …`
        ",
    );
    condition(
        r#""x" in principal.tags"#,
        r#"
        D0302 1 `in` does not look into a map
        help: to ask for a key, write `principal.tags has "x"`
        "#,
    );
    condition(
        r#"principal.tags contains "x""#,
        r#"
        D0302 1 `contains` does not look into a map
        help: to ask for a key, write `principal.tags has "x"`
        "#,
    );
    condition("principal.tags is empty", "");
}

#[test]
fn names_of_other_languages() {
    condition(
        "subject.name == principal.name",
        "
        D0201 1 there is no value `subject`
        help: did you mean `principal`?
        ",
    );
    policy(
        "entity U { a: Boolean }\n",
        "
        D0201 1:15 there is no type `Boolean`
        help: did you mean `Bool`?
        ",
    );
    policy(
        "entity U { a: boolean }\n",
        "
        D0201 1:15 there is no type `boolean`
        help: did you mean `Bool`?
        ",
    );
    policy(
        "
        entity U
        entity D
        action read by U on D
        role editor on D { read }
        forbid U to read on D unless editor
        forbid U to read on D unless principal has editor
        forbid U to read on D when now() == now()
        ",
        "
        D0201 5:38 there is no value `editor`
        help: `editor` is a role, for which no condition asks: write a rule for it, `permit editor to …`
        D0304 6:52 `U` has no attribute `editor`
        help: `editor` is a role, for which no condition asks: write a rule for it, `permit editor to …`
        D0201 7:36 there is no function `now`
        help: there is no clock: who asks says what time it is, in a field such as `context.now`
        D0201 7:45 there is no function `now`
        help: there is no clock: who asks says what time it is, in a field such as `context.now`
        ",
    );
    policy(
        r#"
        entity G
        entity U in G
        entity D
        action read by U on D
        a: permit U to read on D when principal == G::"g" or principal in "g"
        "#,
        r#"
        D0306 5:39 a `U` and a `G` are never the same entity
        help: to ask whether the one is in the other, write `principal in G::"g"`
        D0302 5:62 `in` does not take values of type `U` and `String`
        help: an entity is written with its type: `G::"…"`
        "#,
    );
    policy(
        "
        entity U { tags: Map<String>, names: Set<String> }
        entity D
        action read by U on D
        fixture f { U::\"u\" { tags: [], names: {} } }
        ",
        "
        D0301 4:36 a map is expected, and `[]` is an empty set
        help: an empty map is written `{}`
        D0301 4:47 expected a value of type `Set<String>`, found one of type `{}`
        help: an empty set is written `[]`
        ",
    );
}

#[test]
fn maps_are_asked_and_missed_as_other_values_are() {
    policy(
        r#"entity User
entity Doc { meta: Map<String>, tags?: Map<Int> }
action read by User on Doc
x: permit User to read on Doc when resource.tags["a"] == 1
fixture f { Doc::"d" {} }
"#,
        "
        D0305 4:36 `resource.tags` may be absent here
        help: ask for it first, `resource has tags[\"a\"] and …`, or give a default, `resource.tags ?? …`
        D0406 5:13 the attribute `meta` is missing
        help: add `meta: …`, a value of type `Map<String>`
        ",
    );
}
