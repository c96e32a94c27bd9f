//! Conditions and their parts.

use super::{condition, policy, rules};

#[test]
fn always_true() {
    let lint = "always_true";
    rules(
        lint,
        "r: permit User to read on Doc when true",
        &[
            "1:36 a condition that is `true` asks nothing",
            "=> r: permit User to read on Doc",
        ],
    );
    condition(
        lint,
        "context.mfa or not context.mfa",
        &[
            "1 `context.mfa or not context.mfa` is always true",
            "=> r: permit User to read on Doc",
        ],
    );
    condition(
        lint,
        "resource.size < 3 or resource.size >= 3",
        &["1 `resource.size < 3 or resource.size >= 3` is true wherever its data is there"],
    );
    condition(
        lint,
        "resource.size > 5 and resource.size > 3",
        &["23 `resource.size > 3` is always true where `resource.size > 5` is true"],
    );
    condition(
        lint,
        "resource.kind != plain or resource.kind != secret",
        &["1 `resource.kind != plain or resource.kind != secret` is true wherever its data is there"],
    );
    condition(
        lint,
        "context.mfa and principal is User",
        &["17 `principal is User` is always true", "=> context.mfa"],
    );
    condition(
        lint,
        "action == read and context.mfa",
        &["1 `action == read` is always true", "=> context.mfa"],
    );
    condition(lint, "resource.size > 3 and resource.size > 5", &[]);
    condition(lint, "resource.size > 3 or resource.size < 3", &[]);
    condition(lint, "if context.mfa then true else resource.open", &[]);
    condition(lint, "resource.open otherwise true", &[]);
    condition(
        lint,
        "principal in Group::\"a\" or principal in Group::\"b\"",
        &[],
    );
    // What is so for one kind of request only is what the condition is for.
    policy(
        lint,
        "
entity User { level: Int }  entity Bot  entity Doc  action read by User, Bot on Doc  context { mfa: Bool }
r: permit User, Bot to read on Doc when principal is User and principal.level > 2 or principal is Bot and context.mfa",
        &[],
    );
    // A role that everyone holds is made so.
    policy(
        lint,
        "
entity User  entity Doc  action read by User on Doc
role reader on Doc { read } held when true",
        &[],
    );
}

#[test]
fn never_true() {
    let lint = "never_true";
    condition(lint, "false", &["1 a condition that is `false` asks nothing"]);
    condition(
        lint,
        "context.mfa or principal.name in []",
        &["16 `principal.name in []` is never true"],
    );
    condition(
        lint,
        "resource.open or (resource.open and context.mfa)",
        &["18 `(resource.open and context.mfa)` is never true where `resource.open` is not true"],
    );
    condition(
        lint,
        "resource.size < 9 or resource.size < 3",
        &["22 `resource.size < 3` is never true where `resource.size < 9` is not true"],
    );
    rules(
        lint,
        "r: permit User to read on Doc when resource.size < 3 unless resource.size > 5",
        &["1:61 `resource.size > 5` is never true where `resource.size < 3` is true"],
    );
    condition(lint, "resource.open or context.mfa", &[]);
    condition(lint, "if context.mfa then resource.open else false", &[]);
}

#[test]
fn contradiction() {
    let lint = "contradiction";
    let never = |cond: &str, expected: &str| condition(lint, cond, &[expected]);
    never(
        "resource.size < 3 and resource.size > 5",
        "23 `resource.size > 5` is never true where `resource.size < 3` is true",
    );
    never(
        "resource.size < 3 and resource.size > 2",
        "23 `resource.size > 2` is never true where `resource.size < 3` is true",
    );
    never(
        "resource.kind == plain and resource.kind == secret",
        "28 `resource.kind == secret` is never true where `resource.kind == plain` is true",
    );
    never(
        "principal.rank > mid and principal.rank < high",
        "26 `principal.rank < high` is never true where `principal.rank > mid` is true",
    );
    never(
        "principal == User::\"a\" and principal == User::\"b\"",
        "28 `principal == User::\"b\"` is never true where `principal == User::\"a\"` is true",
    );
    never(
        "resource.size < principal.level and principal.level < resource.size",
        "37 `principal.level < resource.size` is never true where `resource.size < principal.level` is true",
    );
    never(
        "not (principal has boss) and resource.owner == principal and principal has boss",
        "62 `principal has boss` is never true where `not (principal has boss)` is true",
    );
    never(
        "principal.name.starts_with(\"ab\") and principal.name == \"b\"",
        "38 `principal.name == \"b\"` is never true where `principal.name.starts_with(\"ab\")` is true",
    );
    never(
        "principal.name like \"*.pdf\" and principal.name in [\"a.txt\", \"b.txt\"]",
        "33 `principal.name in [\"a.txt\", \"b.txt\"]` is never true where `principal.name like \"*.pdf\"` is true",
    );
    never(
        "context.ip in ip\"10.0.0.0/8\" and context.ip in ip\"192.168.0.0/16\"",
        "34 `context.ip in ip\"192.168.0.0/16\"` is never true where `context.ip in ip\"10.0.0.0/8\"` is true",
    );
    never(
        "principal.tags is empty and principal.tags contains \"x\"",
        "29 `principal.tags contains \"x\"` is never true where `principal.tags is empty` is true",
    );
    never(
        "resource.plan != Plan::\"free\" and context.mfa and resource.plan != Plan::\"paid\"",
        "51 `resource.plan != Plan::\"paid\"` is never true where `resource.plan != Plan::\"free\"` is true",
    );
    never(
        "(resource.open or context.mfa) and not resource.open and not context.mfa",
        "62 `context.mfa` is always true where what stands before it is as it is asked",
    );
    condition(lint, "resource.size < 3 or resource.size > 5", &[]);
    condition(lint, "resource.size < 4 and resource.size > 2", &[]);
    condition(
        lint,
        "principal.tags contains \"a\" and principal.tags contains \"b\"",
        &[],
    );
    condition(
        lint,
        "principal in Group::\"a\" and principal in Group::\"b\"",
        &[],
    );
    condition(
        lint,
        "resource.price < 1.5 and resource.price > 1.4999",
        &["26 `resource.price > 1.4999` is never true where `resource.price < 1.5` is true"],
    );
    // What missing data makes of a forbid is another matter.
    rules(
        lint,
        "r: forbid User to read on Doc when principal.level < 3 when principal.level > 5",
        &["1:61 `principal.level > 5` is never true where `principal.level < 3` is true"],
    );
}

#[test]
fn comparisons() {
    condition(
        "self_comparison",
        "principal.level == principal.level",
        &[
            "1 `principal.level == principal.level` compares a value with itself: it is true wherever its data is there",
        ],
    );
    condition(
        "self_comparison",
        "principal.level > 2 and resource.size < resource.size",
        &["25 `resource.size < resource.size` compares a value with itself: it is never true"],
    );
    condition("self_comparison", "principal.level == resource.size", &[]);
    let lint = "bool_comparison";
    condition(
        lint,
        "resource.open == true",
        &["1 a condition is asked without `== true`", "=> resource.open"],
    );
    condition(
        lint,
        "context.mfa and resource.open == false",
        &[
            "17 that a condition does not hold is asked with `not`",
            "=> context.mfa and not resource.open",
        ],
    );
    condition(
        lint,
        "true != resource.open",
        &[
            "1 that a condition does not hold is asked with `not`",
            "=> not resource.open",
        ],
    );
    condition(lint, "resource.open == principal.on_call", &[]);
}

#[test]
fn presence() {
    let lint = "redundant_has";
    condition(
        lint,
        "principal has boss and principal has boss and principal.boss == resource.owner",
        &[],
    );
    condition(
        lint,
        "principal has boss and (context.mfa or principal has boss)",
        &[],
    );
    condition(
        lint,
        "context has mfa and resource.open",
        &[
            "1 `context has mfa` is always true: it asks for what is never absent",
            "=> resource.open",
        ],
    );
    // Nobody may have described the principal.
    condition(lint, "principal has name and resource.open", &[]);
    condition(lint, "principal.name == \"ann\" and principal has name", &[]);
    condition(
        "repeated_condition",
        "principal has name and resource.open and principal has name",
        &[
            "42 `principal has name` is asked already",
            "=> principal has name and resource.open",
        ],
    );
    let lint = "undefined_forbids";
    let forbid = |condition: &str| format!("r: forbid User to read on Doc when {condition}");
    rules(
        lint,
        &forbid("principal has name and principal.name == \"ann\""),
        &[],
    );
    rules(
        lint,
        &forbid("principal has boss and principal.name == \"ann\""),
        &["1:59 `r` fires too where `principal.name` is not known"],
    );
    let lint = "redundant_has";
    condition(
        lint,
        "principal has boss and principal.boss has boss and principal.boss.boss == principal",
        &[],
    );
    condition(
        lint,
        "context has hint and resource.open and (context.mfa or context has hint)",
        &[],
    );
    condition(
        "repeated_condition",
        "principal has boss and principal.boss == resource.owner",
        &[],
    );
    condition(
        "repeated_condition",
        "principal has boss and principal.boss == resource.owner and principal has boss",
        &[
            "61 `principal has boss` is asked already",
            "=> principal has boss and principal.boss == resource.owner",
        ],
    );
    condition(
        "repeated_condition",
        "resource.open or resource.open",
        &["18 `resource.open` is asked already", "=> resource.open"],
    );
    rules(
        "repeated_condition",
        "r: permit User to read on Doc when resource.open when context.mfa when resource.open",
        &[
            "1:72 `resource.open` is asked already",
            "=> r: permit User to read on Doc when resource.open when context.mfa",
        ],
    );
    rules(
        "repeated_condition",
        "r: permit User to read on Doc when resource.open unless context.mfa",
        &[],
    );
}

#[test]
fn otherwise() {
    let lint = "redundant_otherwise";
    condition(
        lint,
        "context.mfa otherwise false",
        &[
            "1 this is never undefined, so what stands after `otherwise` is never used",
            "=> context.mfa",
        ],
    );
    condition(lint, "resource.open otherwise false", &[]);
    condition(
        lint,
        "context.mfa and (context.now - time\"2026-01-01\" < 15m otherwise false)",
        &[],
    );
}

#[test]
fn long_chains() {
    let terms: Vec<String> = (0..2_000).map(|n| format!("resource.size == {n}")).collect();
    condition("always_true", &terms.join(" or "), &[]);
    condition("never_true", &terms.join(" or "), &[]);
}

#[test]
fn host_bits() {
    let lint = "host_bits";
    condition(
        lint,
        "context.ip in ip\"10.1.2.3/8\"",
        &[
            "15 `10.1.2.3/8` is an address in a network, and the network is `10.0.0.0/8`",
            "=> context.ip in ip\"10.0.0.0/8\"",
        ],
    );
    condition(
        lint,
        "context.ip in [ip\"10.0.0.0/8\", ip\"fd00::1/8\"]",
        &[
            "32 `fd00::1/8` is an address in a network, and the network is `fd00::/8`",
            "=> context.ip in [ip\"10.0.0.0/8\", ip\"fd00::/8\"]",
        ],
    );
    condition(
        lint,
        "context.ip in ip\"::ffff:10.1.2.3/64\"",
        &[
            "15 `::ffff:10.1.2.3/64` is an address in a network, and the network is `::/64`",
            "=> context.ip in ip\"::/64\"",
        ],
    );
    // To be the address with this length is something else than to be the network.
    condition(
        lint,
        "context.ip == ip\"10.1.2.3/8\"",
        &["15 `10.1.2.3/8` is an address in a network, and the network is `10.0.0.0/8`"],
    );
    condition(
        lint,
        "[ip\"10.1.2.3/8\"] contains context.ip",
        &["2 `10.1.2.3/8` is an address in a network, and the network is `10.0.0.0/8`"],
    );
    condition(
        lint,
        "context.ip in [ip\"10.0.0.0/8\", ip\"10.1.2.3\", ip\"::/0\"]",
        &[],
    );
    policy(
        lint,
        "
entity User  entity Host { own: Ip }  action read by User on Host
const OURS = ip\"10.1.2.3/8\"
fn is_ours(net: Ip) = net in OURS
r: permit User to read on Host when is_ours(resource.own)
fixture f { Host::\"a\" { own: ip\"10.1.2.3/16\" } }
@allow(\"host_bits\")
fixture g { Host::\"a\" { own: ip\"10.1.2.3/16\" } }",
        &[
            "2:14 `10.1.2.3/8` is an address in a network, and the network is `10.0.0.0/8`",
            "5:30 `10.1.2.3/16` is an address in a network, and the network is `10.1.0.0/16`",
        ],
    );
}
