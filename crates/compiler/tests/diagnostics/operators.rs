//! Operators and their operands.

use super::condition;

#[test]
fn equality_of_types() {
    condition(
        "resource.size == 1.0",
        "
        D0301 18 expected a value of type `Int`, found one of type `Decimal`
        help: write `1`: nothing converts implicitly
        ",
    );
    condition(
        "resource.size == 1.5",
        "
        D0302 1 `==` compares values of one type, and these are of `Int` and `Decimal`
        help: nothing converts implicitly: use one of the two types throughout
        ",
    );
    condition(
        "resource.price == 1",
        "
        D0301 19 expected a value of type `Decimal`, found one of type `Int`
        help: write `1.0`: nothing converts implicitly
        ",
    );
    condition(
        "1 == resource.price",
        "
        D0301 1 expected a value of type `Decimal`, found one of type `Int`
        help: write `1.0`: nothing converts implicitly
        ",
    );
    condition(
        "principal.name == 3",
        r#"
        D0301 19 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        "#,
    );
    condition(
        r#"resource.size == "3""#,
        "
        D0301 18 expected a value of type `Int`, found one of type `String`
        help: a number is written without quotes: `3`
        ",
    );
    condition(
        r#"context.ip == "10.0.0.1""#,
        r#"
        D0301 15 expected a value of type `Ip`, found one of type `String`
        help: write `ip"10.0.0.1"`
        "#,
    );
    condition(
        r#"principal.born == "2026-01-01""#,
        r#"
        D0301 19 expected a value of type `Timestamp`, found one of type `String`
        help: write `time"2026-01-01"`
        "#,
    );
    condition(
        r#"principal == "ann""#,
        r#"
        D0301 14 expected a value of type `User`, found one of type `String`
        help: write `User::"ann"`
        "#,
    );
    condition(
        r#"resource.kind == "secret""#,
        "
        D0301 18 expected a value of type `Kind`, found one of type `String`
        help: write the name without quotes: `secret`
        ",
    );
    condition(
        "principal.name == principal",
        "
        D0302 1 `==` compares values of one type, and these are of `String` and `User`
        help: `principal.id` gives the entity's id as text
        ",
    );
    condition(
        r#"principal.labels == "x""#,
        r#"
        D0302 1 `==` compares values of one type, and these are of `Set<String>` and `String`
        help: to ask what a set holds, write `principal.labels contains "x"`
        "#,
    );
    condition(
        "{ a: 1 } == { b: 1 }",
        "
        D0304 15 there is no field `b`
        help: the fields are `a`
        ",
    );
    condition(
        "{ a: 1, a: 2 } == { a: 1 }",
        "
        D0202 9 the field `a` is given twice
        ",
    );
    condition(
        "resource.kind == plain and secret != resource.kind and resource.readers == []",
        "",
    );
    condition("true == (1 == 1)", "");
}

#[test]
fn equality_of_entities() {
    condition(
        "principal == resource",
        "
        D0306 1 a `User` and a `Doc` are never the same entity
        ",
    );
    condition(
        "principal != resource",
        "
        D0306 1 a `User` and a `Doc` are never the same entity
        ",
    );
    condition("principal == resource.owner", "");
    condition(
        r#"User::"x" == Usr::"x""#,
        "
        D0201 14 there is no entity type `Usr`
        help: did you mean `User`?
        ",
    );
}

#[test]
fn comparison() {
    condition(
        "resource.price < 1",
        "
        D0301 18 expected a value of type `Decimal`, found one of type `Int`
        help: write `1.0`: nothing converts implicitly
        ",
    );
    condition(
        "resource.kind < secret",
        "
        D0302 1 `<` does not compare values of type `Kind`
        help: if its names are in order, declare it as `ordered enum Kind`
        ",
    );
    condition("resource.rank < high", "");
    condition(
        r#"principal.name < "x""#,
        "
        D0302 1 `<` does not compare values of type `String`
        help: `Int`, `Decimal`, `Timestamp`, `Duration` and ordered enums have an order
        ",
    );
    condition(
        r#"resource.size < "3""#,
        "
        D0301 17 expected a value of type `Int`, found one of type `String`
        help: a number is written without quotes: `3`
        ",
    );
    condition(
        "context.now - principal.born < 15",
        "
        D0301 32 expected a value of type `Duration`, found one of type `Int`
        help: give the number a unit, such as `15s`, `15m` or `15h`
        ",
    );
}

#[test]
fn membership() {
    condition(
        "principal in resource",
        "
        D0306 1 a `User` is never in a `Doc`
        help: if it can be, declare it: `entity User in Group, Doc`
        ",
    );
    condition(
        r#"Folder::"x" in resource"#,
        r#"
        D0306 1 a `Folder` is never in a `Doc`
        help: a `Doc` may be in a `Folder`: did you mean `resource in Folder::"x"`?
        "#,
    );
    condition(
        r#"resource in Folder::"x" and principal in Group::"x" and principal in [Group::"a"] and principal in resource.readers"#,
        "",
    );
    condition("principal in resource.owner", "");
    condition(
        r#"principal in [Group::"a", User::"b"]"#,
        "
        D0301 27 expected a value of type `Group`, found one of type `User`
        help: a set holds values of one type
        ",
    );
    condition(
        r#"resource in [Group::"a"]"#,
        "
        D0306 1 a `Doc` is never in a `Group`
        help: if it can be, declare it: `entity Doc in Folder, Group`
        ",
    );
    condition(
        "resource.readers contains principal",
        "
        D0306 1 a set of `Group` never holds a `User`
        help: `contains` does not ask the hierarchy; `principal in resource.readers` does
        ",
    );
    condition(r#"resource.readers contains Group::"x""#, "");
    condition(
        "principal.labels contains 3",
        r#"
        D0301 27 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"3"`
        "#,
    );
    condition(
        r#"principal.labels in "x""#,
        r#"
        D0302 1 `in` asks whether the value on its left is in the set on its right
        help: the other way round: `"x" in principal.labels`, or `principal.labels contains "x"`
        "#,
    );
    condition(
        r#""x" contains principal.labels"#,
        r#"
        D0302 1 `contains` asks whether the set on its left holds the value on its right
        help: the other way round: `principal.labels contains "x"`, or `"x" in principal.labels`
        "#,
    );
    condition(
        r#""x" in principal.labels and 3 in [1, 2] and plain in [resource.kind]"#,
        "",
    );
    condition(
        r#"principal.name contains "x""#,
        r#"
        D0302 1 `contains` does not look for a text in a text
        help: write `principal.name like "*x*"`
        "#,
    );
    condition(
        r#""x" in principal.name"#,
        r#"
        D0302 1 `in` does not look for a text in a text
        help: write `principal.name like "*x*"`
        "#,
    );
    condition(
        r#"context.ip in [ip"10.0.0.0/8"] and context.ip in ip"10.0.0.0/8""#,
        "",
    );
    condition(
        r#"context.ip in "10.0.0.0/8""#,
        "
        D0302 1 `in` does not take values of type `Ip` and `String`
        ",
    );
    condition(
        r#"context.ip contains ip"10.0.0.0/8""#,
        r#"
        D0302 1 `contains` needs a set on its left, and this is a value of type `Ip`
        help: write `ip"10.0.0.0/8" in context.ip`
        "#,
    );
    condition(
        "resource.kind in [plain, secrt]",
        "
        D0201 26 `secrt` is not a name of the enum `Kind`
        help: did you mean `secret`?
        ",
    );
    condition(
        "resource.kind in plain",
        "
        D0302 1 `in` does not take values of type `Kind` and `Kind`
        help: for one value, write `resource.kind == plain`; a set has brackets: `resource.kind in [plain]`
        ",
    );
    condition(
        r#""3" in [1, 2]"#,
        "
        D0302 1 a value of type `String` is never in a set of `Int`
        help: a number is written without quotes: `3`
        ",
    );
    condition(
        r#"resource.size in ["x"]"#,
        "
        D0302 1 a value of type `Int` is never in a set of `String`
        ",
    );
}

#[test]
fn sets() {
    condition(
        r#"principal.labels contains all "x""#,
        r#"
        D0302 1 `contains all` needs a set on its right, and this is a value of type `String`
        help: for one value, write `principal.labels contains "x"`
        "#,
    );
    condition(
        "principal.labels contains any [1]",
        r#"
        D0301 32 expected a value of type `String`, found one of type `Int`
        help: text is written in quotes: `"1"`
        "#,
    );
    condition("principal.labels contains all []", "");
    condition(
        r#""x" contains all principal.labels"#,
        "
        D0302 1 `contains all` needs a set on its left, and this is a value of type `String`
        ",
    );
    condition(
        "principal.labels contains all resource.readers",
        "
        D0302 1 `contains all` takes two sets of one type, and these are of `String` and `Group`
        ",
    );
    condition(
        "principal.labels in principal.labels",
        "
        D0302 1 `in` asks for one value in a set, and both are sets
        help: write `principal.labels contains all principal.labels` or `principal.labels contains any principal.labels`
        ",
    );
    condition(
        "principal.labels contains principal.labels",
        "
        D0302 1 `contains` asks for one value, and both are sets
        help: write `principal.labels contains all principal.labels` or `principal.labels contains any principal.labels`
        ",
    );
    condition(
        "[] is empty",
        "
        D0303 1 the type of this empty set is not known here
        help: to ask whether a set is empty, write `… is empty`
        ",
    );
    condition(
        r#"[1, "a"] contains 1"#,
        "
        D0301 5 expected a value of type `Int`, found one of type `String`
        help: a set holds values of one type
        ",
    );
    condition(
        r#"[[1], ["a"]] contains [1]"#,
        "
        D0301 8 expected a value of type `Int`, found one of type `String`
        ",
    );
    condition(
        "resource is empty",
        "
        D0302 1 `is empty` asks a set or a map, and this is a value of type `Doc`
        ",
    );
    condition(
        "principal.name is empty",
        r#"
        D0302 1 `is empty` asks a set or a map, and this is a value of type `String`
        help: write `principal.name == ""`
        "#,
    );
}

#[test]
fn arithmetic() {
    condition(
        "context.now - 15 > principal.born",
        "
        D0302 1 `-` does not take values of type `Timestamp` and `Int`
        help: a timestamp is moved by a duration, such as `15m`
        ",
    );
    condition(
        "context.now + principal.born > principal.born",
        "
        D0302 1 `+` does not take values of type `Timestamp` and `Timestamp`
        help: two timestamps are subtracted, which gives a duration
        ",
    );
    condition(
        "15m - context.now > 3m",
        "
        D0302 1 `-` does not take values of type `Duration` and `Timestamp`
        help: the timestamp comes first: `time - duration`
        ",
    );
    condition(
        "resource.size + 1.0 > 2.0",
        "
        D0302 1 `+` does not take values of type `Int` and `Decimal`
        help: nothing converts implicitly: use one of the two types throughout
        ",
    );
    condition(
        "resource.price * 2 > 1.0",
        "
        D0301 18 expected a value of type `Decimal`, found one of type `Int`
        help: write `2.0`: nothing converts implicitly
        ",
    );
    condition(
        r#"principal.name + "x" == "y""#,
        "
        D0302 1 `+` does not take values of type `String` and `String`
        help: texts are compared and matched, but not joined
        ",
    );
    condition(
        "principal.labels - principal.labels == []",
        "
        D0302 1 `-` does not take values of type `Set<String>` and `Set<String>`
        help: sets are asked with `contains`, `contains all` and `contains any`
        ",
    );
    condition(
        "principal.nme in []",
        "
        D0304 11 `User` has no attribute `nme`
        help: did you mean `name`?
        ",
    );
    condition(
        "principal.nme == foo",
        "
        D0304 11 `User` has no attribute `nme`
        help: did you mean `name`?
        ",
    );
    condition(
        r#"-principal.name == "x""#,
        "
        D0302 1 `-` does not take a value of type `String`
        ",
    );
    condition(
        "-(1 == 1)",
        "
        D0302 1 `-` does not take a value of type `Bool`
        help: the negation of a condition is `not …`
        ",
    );
    condition(
        "-resource.size * 3 - 2 > -5 and context.now - 15m > principal.born and 2 * 15m > 1h - 3m",
        "",
    );
}
