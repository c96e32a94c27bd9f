//! What nothing uses, how names are written, what is missing.

use super::{policy, rules};

#[test]
fn unused() {
    let schema = "
entity User { level: Int, seen: Bool }  entity Ghost in Ghost  entity Doc
enum Kind { plain }  enum Rank { low, high }  type Name = String  type Alias = { rank: Rank }
context { now: Timestamp, extra: Alias }
action read by User on Doc
role idle on Doc {}
r: permit User to read on Doc when principal.level > 2 and context.extra.rank == low
fixture lone {}  fixture used { Doc::\"d\" }
test \"t\" using used { deny User::\"u\" to read on Doc::\"d\" given { now: time\"2026-01-01\", extra: { rank: low } } }";
    policy(
        "unused_entity",
        schema,
        &["1:48 the entity type `Ghost` is never used"],
    );
    policy(
        "unused_attribute",
        schema,
        &["1:27 no condition reads the attribute `User.seen`"],
    );
    policy("unused_enum", schema, &["2:6 the enum `Kind` is never used"]);
    policy("unused_enum_name", schema, &["2:39 no condition mentions `high`"]);
    policy("unused_type", schema, &["2:52 the type `Name` is never used"]);
    policy("unused_context_field", schema, &[]);
    policy(
        "unused_role",
        schema,
        &["5:6 the role `idle` gives nothing, and no rule names it"],
    );
    policy("unused_fixture", schema, &["7:9 no test uses the fixture `lone`"]);
}

#[test]
fn labels_and_reasons() {
    rules(
        "missing_label",
        "permit User to read on Doc",
        &["1:1 this rule has no label, so decisions name it by its line"],
    );
    rules("missing_label", "r: permit User to read on Doc", &[]);
    rules(
        "missing_because",
        "r: forbid User to read on Doc",
        &["1:4 this forbid does not say why, so whoever is denied is not told"],
    );
    rules(
        "missing_because",
        "r: forbid User to read on Doc because \"so\"",
        &[],
    );
    rules("missing_because", "r: permit User to read on Doc", &[]);
}

#[test]
fn cases_of_names() {
    rules(
        "label_case",
        "
ownDocs: permit User to read on Doc when resource.owner == principal
test \"t\" { allow User::\"u\" to read on Doc::\"d\" given { now: time\"2026-01-01\", ip: ip\"::1\", mfa: false } by ownDocs }",
        &[
            "1:1 the label `ownDocs` is not in snake_case",
            "=> own_docs: permit User to read on Doc when resource.owner == principal
test \"t\" { allow User::\"u\" to read on Doc::\"d\" given { now: time\"2026-01-01\", ip: ip\"::1\", mfa: false } by own_docs }",
        ],
    );
    rules("label_case", "`größe`: permit User to read on Doc", &[]);
    policy(
        "label_case",
        "
entity User  entity Doc  action read by User on Doc
role Reader on Doc { read }",
        &["2:6 the role `Reader` is not in snake_case"],
    );
    policy(
        "type_case",
        "
entity user { rank: rank_of, size: Size }  entity Doc  enum rank_of { low }  type Size = Int
action read by user on Doc",
        &["1:61 the enum `rank_of` is not in UpperCamelCase"],
    );
    policy(
        "name_case",
        "
entity user { fullName: String, size: { inBytes: Int } }  entity Doc
action Read by user on Doc { userAgent: String }",
        &[
            "1:8 the entity type `user` is not in UpperCamelCase",
            "1:15 the attribute `fullName` is not in snake_case",
            "1:41 the field `inBytes` is not in snake_case",
            "2:8 the action `Read` is not in snake_case",
            "2:30 the context field `userAgent` is not in snake_case",
        ],
    );
}

#[test]
fn shadowing_of_values() {
    policy(
        "shadowing",
        "
entity User { labels: Set<String>, friends: Set<User> }
entity Doc { labels: Set<String> }
action read by User on Doc
const limit = 3
fn few(limit: Set<String>) = limit.size < 3
fn many(of: Set<String>) = of.size > limit
a: permit User to read on Doc when any l in resource.labels: any l in principal.labels: l == \"x\"
b: permit User to read on Doc when (any f in principal.friends: few(f.labels)) and (any f in principal.friends: many(f.labels))
",
        &[
            "5:8 the parameter `limit` hides a constant with the same name",
            "7:66 the variable `l` hides one around it with the same name",
        ],
    );
}

#[test]
fn shadowing() {
    policy(
        "shadowing",
        "
entity User { id: Int }  entity Doc
action read by User on Doc",
        &["1:15 the attribute `id` hides the id that every `User` has"],
    );
}

#[test]
fn repeated_names() {
    let lint = "repeated_name";
    rules(
        lint,
        "r: permit User to read, write, read on Doc",
        &[
            "1:32 `read` is listed already",
            "=> r: permit User to read, write on Doc",
        ],
    );
    rules(
        lint,
        "r: permit User, User::\"a\", User to read on Doc",
        &[
            "1:28 `User` is listed already",
            "=> r: permit User, User::\"a\" to read on Doc",
        ],
    );
    policy(
        lint,
        "
entity User  entity Doc  action edit  action write, move in edit by User on Doc
r: permit User to write, edit on Doc",
        &[
            "2:19 `write` is listed already, as one of the group `edit`",
            "=> entity User  entity Doc  action edit  action write, move in edit by User on Doc\nr: permit User to edit on Doc",
        ],
    );
    policy(
        lint,
        "
entity User  entity Doc  action edit by User on Doc  action view in edit by User on Doc
r: permit User to view, edit on Doc",
        &[
            "2:19 `view` is listed already, as one that is in `edit`",
            "=> entity User  entity Doc  action edit by User on Doc  action view in edit by User on Doc\nr: permit User to edit on Doc",
        ],
    );
    // An action is unused as any other, whatever is in it; what is in it is permitted with it.
    for lint in ["unused_action", "unused_action_group", "unpermitted_action"] {
        policy(
            lint,
            "
entity User  entity Doc  action edit by User on Doc  action view in edit by User on Doc
r: permit User to edit on Doc",
            &[],
        );
    }
    policy(
        "unused_action",
        "
entity User  entity Doc  action edit by User on Doc  action view in edit by User on Doc
r: permit User to view on Doc",
        &["1:33 no rule is about `edit`: every request for it is denied"],
    );
}

#[test]
fn optional_attributes() {
    let lint = "optional_always_asked";
    let schema = "
entity User { boss?: User, level?: Int, spare?: Int }  entity Doc { owner: User }  action read by User on Doc
r: permit User to read on Doc when principal has boss and principal.boss == resource.owner
s: permit User to read on Doc when principal.level ?? 3 > 2";
    policy(
        lint,
        schema,
        &["1:15 every condition that uses `boss` asks for it first"],
    );
    let with_fixture = format!("{schema}\nfixture f {{ User::\"u\" {{}} }}");
    policy(lint, &with_fixture, &[]);
}
