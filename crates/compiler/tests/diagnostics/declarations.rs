//! The schema, roles and heads of rules.

use super::{policy, rule};

#[test]
fn declared_names() {
    policy(
        "
entity A
enum A { a }
type A = Int
entity A
",
        "
        D0202 2:6 the type `A` is declared twice
        1:8 first declared here
        D0202 3:6 the type `A` is declared twice
        1:8 first declared here
        D0202 4:8 the type `A` is declared twice
        1:8 first declared here
        ",
    );
    policy(
        "
entity Int
enum Weekday { a }
type Set = Int
",
        "
        D0202 1:8 `Int` is a built-in type
        help: choose another name, or write `` `Int` `` wherever this one is meant: a name between backticks is no built-in type
        D0202 2:6 `Weekday` is a built-in type
        help: choose another name, or write `` `Weekday` `` wherever this one is meant: a name between backticks is no built-in type
        D0202 3:6 `Set` is a built-in type
        help: choose another name, or write `` `Set` `` wherever this one is meant: a name between backticks is no built-in type
        ",
    );
    policy(
        "enum E { a, b, a }",
        "
        D0202 1:16 the name `a` is declared twice
        1:10 first declared here
        ",
    );
    policy(
        "enum E {}",
        "
        D0407 1:6 the enum `E` has no names
        help: list at least one: `enum E { first }`
        ",
    );
    policy(
        "entity U { a: Int, a: String }",
        "
        D0202 1:20 the attribute `a` is declared twice
        1:12 first declared here
        ",
    );
    policy(
        r#"entity U = ["x", "y", "x"]"#,
        r#"
        D0202 1:23 the id "x" is listed twice
        1:13 first listed here
        "#,
    );
    policy(
        "
context { now: Int }
context { a: Int }
entity U
entity D
action r by U on D { now: Int }
",
        "
        D0202 2:1 the context is declared twice
        help: put all fields into one `context { … }`
        1:1 first declared here
        D0202 5:22 the context field `now` is declared twice
        1:11 every request carries it already
        ",
    );
    policy(
        "
entity U
entity D
action r by U on D
action s, r by U on D
role a on D { r }
a: permit U to r on D
b: permit U to r on D
b: forbid U to r on D
role U on D {}
",
        "
        D0202 4:11 the action `r` is declared twice
        3:8 first declared here
        D0202 6:1 the role or rule label `a` is declared twice
        5:6 first declared here
        D0202 8:1 the role or rule label `b` is declared twice
        7:1 first declared here
        D0202 9:6 `U` is already a type
        help: give the role another name: a rule could not tell them apart
        1:8 the type is declared here
        ",
    );
    policy(
        r#"
fixture a {}
fixture a {}
test "b" {}
test "b" {}
"#,
        r#"
        D0202 2:9 the fixture `a` is declared twice
        1:9 first declared here
        D0202 4:6 the test "b" is declared twice
        3:6 first declared here
        "#,
    );
}

#[test]
fn types() {
    policy(
        "entity U { a: Map, b: Set, c: Foo, d: Strnig, e: Set<Set<Fo>> }",
        "
        D0204 1:15 `Map` needs the type of what it holds
        help: such as `Map<String>`
        D0204 1:23 `Set` needs the type of what it holds
        help: such as `Set<String>`
        D0201 1:31 there is no type `Foo`
        D0201 1:39 there is no type `Strnig`
        help: did you mean `String`?
        D0201 1:58 there is no type `Fo`
        ",
    );
    policy(
        "
entity U in U, V, Bool, K
enum K { a }
type V = U
",
        "
        D0204 1:19 `Bool` is not an entity type
        D0204 1:25 `K` is not an entity type
        2:6 declared here
        ",
    );
    policy(
        "
type A = B
type B = { a: C }
type C = Set<A>
type D = Set<D>
type E = D
entity X { a: A, e: E }
",
        "
        D0401 1:6 the type `A` is made of itself: `A` is made of `B`, which is made of `C`, which is made of `A`
        help: break the cycle at one of these places
        1:10 is made of `B`
        2:15 is made of `C`
        3:14 is made of `A`
        D0401 4:6 the type `D` is made of itself: `D` is made of `D`
        help: leave it out here
        4:14 is made of `D`
        ",
    );
}

#[test]
fn actions() {
    policy(
        "
entity U
entity D
action r on D
action x in r by U on D
action y in h by U, Q on D
action a in b
action b in a
",
        "
        D0402 3:8 the action `r` does not say which principals it is for
        help: add the principal types before `on`, such as `by User`, or declare them for all actions: `principals User`
        D0201 5:13 there is no action `h`
        D0201 5:21 there is no entity type `Q`
        D0401 6:8 the action `a` belongs to itself: `a` belongs to `b`, which belongs to `a`
        help: break the cycle at one of these places
        6:13 belongs to `b`
        7:13 belongs to `a`
        ",
    );
}

#[test]
fn roles() {
    policy(
        "
entity U
entity D
action r by U on D
role a on D includes b { r }
role b on D includes c {}
role c on D includes a {}
role d on D includes d, e { q }
",
        "
        D0501 4:6 the role `a` includes itself: `a` includes `b`, which includes `c`, which includes `a`
        help: break the cycle at one of these places
        4:22 includes `b`
        5:22 includes `c`
        6:22 includes `a`
        D0501 7:6 the role `d` includes itself: `d` includes `d`
        help: leave it out here
        7:22 includes `d`
        D0201 7:25 there is no role `e`
        D0201 7:29 there is no action `q`
        ",
    );
    policy(
        "
entity U
entity D
entity E
action g
action r by U on D
role a on E { r }
role b on D { g }
",
        "
        D0502 6:15 `r` applies to none of the types that the role `a` is on
        help: `r` is declared on `D`
        D0502 7:15 the action group `g` has no actions
        help: declare one with `action … in g by … on …`
        ",
    );
}

#[test]
fn heads() {
    rule(
        "permit Service to write on Doc",
        "
        D0403 19 `write` does not apply to what this rule names
        help: `write` applies to `User` on `Doc`
        ",
    );
    rule(
        "permit User to read on User",
        "
        D0403 24 no action is declared on a `User`
        help: the resources of actions are of type `Doc` and `Folder`
        ",
    );
    rule(
        "permit User to read, writ on Doc",
        "
        D0201 22 there is no action `writ`
        help: did you mean `write`?
        ",
    );
    rule(
        "permit Doc, Usr to read on Doc",
        "
        D0201 13 there is no entity type or role `Usr`
        help: did you mean `User`?
        ",
    );
    rule(
        r#"permit User in Folder::"x" to read on Doc"#,
        "
        D0306 8 a `User` is never in a `Folder`
        help: a `User` can be in `Group`
        ",
    );
    rule(
        r#"permit User::"x", editor to read on Doc in Group::"x""#,
        "
        D0306 37 a `Doc` is never in a `Group`
        help: a `Doc` can be in `Folder`
        ",
    );
}

#[test]
fn closed_ids() {
    policy(
        r#"
entity U
entity D = ["eu", "us"]
action r by U on D
permit U to r on D::"eu" when resource == D::"uss"
fixture f { D::"mars" }
"#,
        r#"
        D0205 4:46 `D` has no entity "uss"
        help: did you mean `us`?
        D0205 5:16 `D` has no entity "mars"
        help: its ids are `eu` and `us`
        "#,
    );
}
