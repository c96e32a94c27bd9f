//! Conditions, in one environment and in several.

use super::{condition, policy, rule};

#[test]
fn types_of_entities() {
    condition(
        "principal is Service",
        "
        D0306 14 `principal` is a `User` here, never a `Service`
        ",
    );
    condition(
        "principal is Srvice",
        "
        D0201 14 there is no entity type `Srvice`
        help: did you mean `Service`?
        ",
    );
    condition(
        "principal is Kind",
        "
        D0204 14 `Kind` is not an entity type
        schema:8:6 declared here
        ",
    );
    condition(
        "principal.name is User",
        "
        D0302 1 `is` asks for the type of an entity, and this is a value of type `String`
        ",
    );
    condition(
        r#"resource.owner is User in Folder::"x""#,
        "
        D0306 1 a `User` is never in a `Folder`
        help: if it can be, declare it: `entity User in Group, Folder`
        ",
    );
    condition(
        r#"principal is User and resource.owner is User in Group::"x""#,
        "",
    );
}

#[test]
fn the_action() {
    condition(
        "action",
        "
        D0311 1 `action` is not a value
        help: ask which action the request has with `action == read` or `action in [read, write]`
        ",
    );
    condition(
        "action == read",
        "
        D0306 11 `action` is never `read` here
        help: the head of the rule or role rules it out: leave it out, or add the action there
        ",
    );
    condition(
        "action != read",
        "
        D0306 11 `action` is never `read` here
        help: the head of the rule or role rules it out: leave it out, or add the action there
        ",
    );
    condition(
        "action == wrte",
        "
        D0201 11 there is no action `wrte`
        help: did you mean `write`?
        ",
    );
    condition(
        "action == change",
        "
        D0405 11 `change` is a group of actions
        help: write `action in change`
        ",
    );
    condition(
        "action in [read, write]",
        "
        D0306 12 `action` is never `read` here
        help: the head of the rule or role rules it out: leave it out, or add the action there
        ",
    );
    condition(
        r#"action in [write, "read"]"#,
        "
        D0311 19 `action` is compared with the name of an action
        help: write it without quotes: `read`
        ",
    );
    condition(
        r#"action == "write""#,
        "
        D0311 11 `action` is compared with the name of an action
        help: write it without quotes: `write`
        ",
    );
    condition(
        "[write] contains action",
        "
        D0311 18 `action` is not a value
        help: ask which action the request has with `action == read` or `action in [read, write]`
        ",
    );
    condition(
        "action is User",
        "
        D0311 1 `action` is not a value
        help: ask which action the request has with `action == read` or `action in [read, write]`
        ",
    );
    condition(
        "action < write",
        "
        D0311 1 `action` is not a value
        help: ask which action the request has with `action == read` or `action in [read, write]`
        ",
    );
    condition(
        "action == write and action in change and action in [write] and not (action != write)",
        "",
    );
}

#[test]
fn names() {
    condition(
        "high == high",
        "
        D0203 1 several enums have the name `high`
        help: say which: `Rank.high` and `Shade.high`
        ",
    );
    condition("resource.rank == high", "");
    condition(
        "resource.rank == hi",
        "
        D0201 18 `hi` is not a name of the enum `Rank`
        help: its names are `low` and `high`
        ",
    );
    condition(
        "scret == resource.kind",
        "
        D0201 1 `scret` is not a name of the enum `Kind`
        help: did you mean `secret`?
        ",
    );
    condition(
        r#"name == "x""#,
        "
        D0201 1 there is no value `name`
        help: did you mean `principal.name`?
        ",
    );
    condition(
        "risk == 3",
        "
        D0201 1 there is no value `risk`
        help: did you mean `context.risk`?
        ",
    );
    condition(
        "User == principal",
        r#"
        D0201 1 there is no value `User`
        help: an entity is written with its id: `User::"…"`; a type is asked for with `is User`
        "#,
    );
    condition(
        "Kind == resource.kind",
        "
        D0201 1 `Kind` is not a name of the enum `Kind`
        help: its names are `plain` and `secret`
        ",
    );
    condition(
        "Kid.secret == resource.kind",
        "
        D0201 1 there is no module or value `Kid`
        help: did you mean `Kind`?
        ",
    );
    condition(
        "foo",
        "
        D0201 1 there is no value `foo`
        ",
    );
    condition(
        r#"Doc::"x".size == 3 and Region::"x" == Region::"y""#,
        "
        D0201 24 there is no entity type `Region`
        D0201 39 there is no entity type `Region`
        ",
    );
}

#[test]
fn conditions_are_boolean() {
    condition(
        "resource",
        "
        D0301 1 expected a value of type `Bool`, found one of type `Doc`
        help: compare it with something, such as `… == …`
        ",
    );
    condition(
        "resource.size",
        "
        D0301 1 expected a value of type `Bool`, found one of type `Int`
        help: compare it with something, such as `… == …`
        ",
    );
    condition(
        "not principal.born",
        "
        D0301 5 expected a value of type `Bool`, found one of type `Timestamp`
        help: compare it with something, such as `… == …`
        ",
    );
    condition(
        "principal.name and true",
        "
        D0301 1 expected a value of type `Bool`, found one of type `String`
        help: compare it with something, such as `… == …`
        ",
    );
    condition(
        "if 1 then true else false",
        "
        D0301 4 expected a value of type `Bool`, found one of type `Int`
        help: a truth value is `true` or `false`
        ",
    );
    condition(
        r#"if resource.size > 1 then "a" == "a" else 2"#,
        "
        D0301 43 expected a value of type `Bool`, found one of type `Int`
        help: a truth value is `true` or `false`
        ",
    );
    condition(
        "(if true then plain else resource.kind) == secret and (if 1 == 1 then plain else resource.kind) == secret",
        "",
    );
    condition(
        r#"(if resource.size > 1 then "a" else 2) == "a""#,
        r#"
        D0301 37 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"2"`
        "#,
    );
    condition(
        r#"principal.name == "x" otherwise principal.name == "y""#,
        "
        D0107 48 `==` cannot follow the operand of `otherwise`
        help: write `(a otherwise b) or c`, or `a otherwise (b or c)`
        ",
    );
    condition(
        r#"principal.name == "x" otherwise (principal.name == "y")"#,
        "
        D0309 33 the value after `otherwise` can be undefined itself
        help: use `true` or `false`, or something of the context
        ",
    );
    condition(
        r#"principal.name == "x" otherwise (context has risk and context.risk > 3)"#,
        "",
    );
    condition(
        r#"resource.size like "x*""#,
        "
        D0301 1 expected a value of type `String`, found one of type `Int`
        ",
    );
}

#[test]
fn one_environment_among_several() {
    rule(
        r#"permit anyone to read on Doc when principal.name == "x""#,
        "
        D0304 45 `Service` has no attribute `name`
        help: `User` has it: ask for the type first, `principal is User and …`
        ",
    );
    rule(
        "permit anyone to read on Doc when principal.cost == 1",
        "
        D0304 45 `User` has no attribute `cost`
        help: `Service` has it: ask for the type first, `principal is Service and …`
        ",
    );
    rule(
        r#"permit anyone to read on Doc when principal.nam == "x""#,
        "
        D0304 45 `User` has no attribute `nam`
        help: did you mean `name`?
        ",
    );
    rule(
        "permit anyone to read on Doc when principal.level > 2",
        "
        D0305 35 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        ",
    );
    rule(
        "permit anyone to read on Doc when principal has nmae",
        "
        D0304 49 `User` has no attribute `nmae`
        help: did you mean `name`?
        ",
    );
    rule(
        "permit anyone to read on anything when resource.size == 1",
        "
        D0304 49 `Folder` has no attribute `size`
        help: `Doc` has it: ask for the type first, `resource is Doc and …`
        ",
    );
    rule(
        r#"permit anyone to any on anything when context.reason == "x""#,
        "
        D0304 47 not every request here has the context field `reason`
        help: only `write` has it: ask for that first, `action == write and …`
        ",
    );
    rule(
        "permit anyone to any on anything when principal is Service and action == write",
        "
        D0306 74 `action` is never `write` here
        help: the head of the rule or role rules it out: leave it out, or add the action there
        ",
    );
    rule(
        r#"permit anyone to read on Doc when principal is User and principal.name == "x""#,
        "",
    );
    rule(
        "permit anyone to read on Doc when principal is User or principal.cost > 1",
        "",
    );
    rule(
        "permit anyone to read on Doc unless principal is User unless principal.cost > 1",
        "",
    );
    rule(
        r#"permit anyone to read on Doc when principal has name and principal.name == "x""#,
        "",
    );
    rule(
        r#"permit anyone to read on Doc when principal has boss and principal.boss.name == "x""#,
        "",
    );
    rule(
        r#"permit anyone to read on Doc when principal in Group::"x" and principal.name == "x""#,
        "",
    );
    rule(
        r#"permit anyone to read on Doc when resource.owner == principal and principal.name == "x""#,
        "",
    );
    rule("permit anyone to read on Doc when principal.level ?? 3 > 2", "");
    rule(
        r#"permit anyone to any on anything when action == write and context.reason == "x" or resource is Doc and resource.size == 1"#,
        "",
    );
    rule(
        r#"permit anyone to any on anything when if principal is User then principal.name == "x" else principal.cost > 1"#,
        "",
    );
}

#[test]
fn one_mistake_is_reported_once() {
    rule(
        r#"permit User to read on Doc when principal.nme == "x" and principal.level > 2 and resource.sise == 3"#,
        "
        D0304 43 `User` has no attribute `nme`
        help: did you mean `name`?
        D0305 58 `principal.level` may be absent here
        help: ask for it first, `principal has level and …`, or give a default, `principal.level ?? …`
        D0304 91 `Doc` has no attribute `sise`
        help: did you mean `size`?
        ",
    );
    rule(
        "permit User to read on Doc when principal has levl and principal.level > 3",
        "
        D0304 47 `User` has no attribute `levl`
        help: did you mean `level`?
        ",
    );
    rule(
        "permit User to read on Doc when principal is Service and principal.cost == 3",
        "
        D0306 46 `principal` is a `User` here, never a `Service`
        ",
    );
    rule(
        r#"permit anyone to read on Doc when principal is Usr and principal.name == "x""#,
        "
        D0201 48 there is no entity type `Usr`
        help: did you mean `User`?
        ",
    );
    rule(
        r#"permit anyone to read on Doc when if principal has bos then principal.boss.name == "x" else principal is User"#,
        "
        D0304 52 `User` has no attribute `bos`
        help: did you mean `boss`?
        ",
    );
    rule(
        "permit Usr to raed on Doc when principal.name == 3",
        "
        D0201 8 there is no entity type or role `Usr`
        help: did you mean `User`?
        D0201 15 there is no action `raed`
        help: did you mean `read`?
        ",
    );
    policy(
        "
entity User
entity User { a: Int }
entity D
action r by User on D
permit User to r on D when principal.a == 1
",
        "
        D0202 2:8 the type `User` is declared twice
        1:8 first declared here
        ",
    );
    policy(
        "
entity User { n: Srting, m?: Set<Foo> }
entity D
action r by User on D
permit User to r on D when principal.n == 1 and principal has m and principal.m contains 1
",
        "
        D0201 1:18 there is no type `Srting`
        help: did you mean `String`?
        D0201 1:34 there is no type `Foo`
        ",
    );
    policy(
        r#"
entity User
entity D {
action r by User on D
permit User to r on D when resource.x == 3 and principal is D and principal in D::"x"
"#,
        "
        D0103 2:10 this `{` is not closed
        help: write `}` where it ends
        3:1 the next declaration starts here
        ",
    );
    policy(
        r#"
entity U { s: String }
entity D
action r by U on D
b: permit U to r on D when principal.s ==
c: permit U to r on D when principal.s == 1
test "x" { allow U::"x" to r on D::"x" by b }
"#,
        r#"
        D0101 4:42 expected a value, found the end of the rule
        D0301 5:43 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"1"`
        "#,
    );
}
