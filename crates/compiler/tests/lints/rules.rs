//! Rules against one another, and roles.

use super::{policy, rules};

#[test]
fn never_fires() {
    let lint = "never_fires";
    rules(
        lint,
        "r: permit User::\"ann\" to read on Doc when principal == User::\"bob\"",
        &["1:1 `r` can never permit anything"],
    );
    rules(
        lint,
        "r: forbid User in Group::\"a\" to read on Doc unless principal in Group::\"a\"",
        &["1:1 `r` can never forbid anything"],
    );
    // The condition is told of, and that is enough.
    rules(
        lint,
        "r: permit User to read on Doc when resource.size < 3 and resource.size > 5",
        &[],
    );
    rules(lint, "r: permit User to read on Doc when false", &[]);
    rules(
        lint,
        "r: permit User::\"ann\" to read on Doc when principal != User::\"bob\"",
        &[],
    );
    // Data that is missing makes it fire.
    rules(
        lint,
        "r: forbid User to read on Doc when principal.level != principal.level",
        &[],
    );
}

#[test]
fn covered_rules() {
    let lint = "covered_rule";
    rules(
        lint,
        "
wide: permit User to read on Doc when resource.open
some: permit User to read on Doc when resource.open and context.mfa",
        &["2:1 `some` changes nothing: `wide` covers all of it"],
    );
    rules(
        lint,
        "
ann: permit User::\"ann\" to read on Doc
everyone: permit User to read, write on Doc",
        &["1:1 `ann` changes nothing: `everyone` covers all of it"],
    );
    rules(
        lint,
        "
a: permit User to read on Doc when resource.size > 3
b: permit User to read on Doc when resource.size > 7",
        &["2:1 `b` changes nothing: `a` covers all of it"],
    );
    rules(
        lint,
        "by_role: permit editor to read on Doc",
        &["1:1 `by_role` changes nothing: `viewer` covers all of it"],
    );
    rules(
        lint,
        "
a: forbid User to write on Doc when principal.level < 3
b: forbid User to write on Doc when principal.level < 2",
        &["2:1 `b` changes nothing: `a` covers all of it"],
    );
    // Where the level is not known `b` fires, and `a` does not.
    rules(
        lint,
        "
a: forbid User to write on Doc when (principal.level < 3) otherwise false
b: forbid User to write on Doc when principal.level < 2",
        &[],
    );
    // A forbid with a reason of its own tells it.
    rules(
        lint,
        "
a: forbid User to write on Doc when principal.level < 3 because \"three\"
b: forbid User to write on Doc when principal.level < 2 because \"two\"",
        &[],
    );
    rules(
        lint,
        "
wide: permit User to read on Doc when resource.open
some: permit User to read, write on Doc when resource.open and context.mfa",
        &[],
    );
}

#[test]
fn duplicates() {
    let lint = "duplicate_rule";
    rules(
        lint,
        "
a: permit User to read on Doc when resource.open
b: permit User to read on Doc when resource.open",
        &["2:1 `b` says the same as `a`"],
    );
    rules(
        lint,
        "
a: permit User to read on Doc when resource.open

/// Once more.
permit User to read on Doc
  when resource.open
c: permit User to write on Doc",
        &[
            "4:1 `test.dictum:15` says the same as `a`",
            "=> a: permit User to read on Doc when resource.open\n\nc: permit User to write on Doc",
        ],
    );
    rules(
        lint,
        "
a: forbid User to read on Doc when resource.open because \"one\"
b: forbid User to read on Doc when resource.open because \"two\"
c: permit User to read on Doc when resource.open",
        &[],
    );
}

#[test]
fn dead_permits() {
    let lint = "dead_permit";
    rules(
        lint,
        "
a: permit User to write on Doc when resource.open and context.mfa
no: forbid User to write on Doc when resource.open",
        &["1:1 `a` permits nothing: `no` forbids all of it"],
    );
    rules(
        lint,
        "
a: permit User to write on Doc
no: forbid anyone to any on anything",
        &["1:1 `a` permits nothing: `no` forbids all of it"],
    );
    rules(
        lint,
        "
a: permit User to write on Doc when context.mfa
no: forbid User to write on Doc unless context.mfa",
        &[],
    );
}

#[test]
fn permits_of_everything() {
    let lint = "permit_all";
    rules(
        lint,
        "wide: permit anyone to any on anything",
        &["1:1 `wide` permits anything to anyone"],
    );
    rules(
        lint,
        "wide: permit anyone to any on anything when context.mfa",
        &[],
    );
    rules(lint, "wide: permit User to any on anything", &[]);
}

#[test]
fn roles() {
    policy(
        "unheld_role",
        "
entity User { level: Int }  entity Doc  action read by User on Doc
role reader on Doc { read } held when principal.level < 3 and principal.level > 5
role owner on Doc { read } held when principal == User::\"ann\"",
        &[],
    );
    policy(
        "unheld_role",
        "
entity User { level: Int }  entity Doc  action read by User on Doc
role reader on Doc { read } held when false
role writer on Doc { read }",
        &["2:6 nobody can hold the role `reader`"],
    );
    policy(
        "redundant_include",
        "
entity User  entity Doc  action read, write by User on Doc
role viewer on Doc { read }
role editor on Doc includes viewer { write }
role owner on Doc includes viewer, editor { read }",
        &[
            "4:28 `viewer` is included already, through `editor`",
            "=> entity User  entity Doc  action read, write by User on Doc\nrole viewer on Doc { read }\n\
             role editor on Doc includes viewer { write }\nrole owner on Doc includes editor { read }",
        ],
    );
    policy(
        "all_actions",
        "
entity User  entity Doc  action read, write, share by User on Doc
role viewer on Doc { read }
role editor on Doc includes viewer { write }
role owner on Doc includes editor { share }",
        &["4:6 the role `owner` gives every action on its types"],
    );
}

#[test]
fn actions() {
    policy(
        "unpermitted_action",
        "
entity User  entity Doc  action read, write, share by User on Doc
r: permit User to read on Doc
no: forbid User to write on Doc",
        &["1:39 no rule permits `write`: every request for it is denied"],
    );
    policy(
        "unused_action",
        "
entity User  entity Doc  action read, write, share by User on Doc
r: permit User to read on Doc
no: forbid User to write on Doc",
        &["1:46 no rule is about `share`: every request for it is denied"],
    );
    policy(
        "unused_action_group",
        "
entity User  entity Doc  action edit  action view  action read, write in view by User on Doc
r: permit User to any on Doc when action in view",
        &["1:33 the group `edit` has no actions, and nothing names it"],
    );
}

#[test]
fn risks() {
    let lint = "undefined_forbids";
    rules(
        lint,
        "r: forbid User to read on Doc when context.mfa and principal.on_call",
        &["1:52 `r` fires too where `principal.on_call` is not known"],
    );
    rules(
        lint,
        "r: forbid User to read on Doc when principal.on_call otherwise false",
        &[],
    );
    rules(lint, "r: forbid User to read on Doc when context.mfa", &[]);
    rules(lint, "r: permit User to read on Doc when principal.on_call", &[]);
    let lint = "overflow";
    rules(
        lint,
        "r: permit User to read on Doc when principal.level + 1 > resource.size",
        &["1:36 some values overflow this, and then it is undefined"],
    );
    rules(
        lint,
        "r: permit User to read on Doc when principal.tags.size + 1 > 3",
        &[],
    );
    rules(
        lint,
        "r: permit User to read on Doc when context.now.time_of_day + 2h > 12h",
        &[],
    );
    // Factors that themselves overflow, whatever the values are.
    let far = "(9223372036854775807 * 9223372036854775807)";
    rules(
        lint,
        &format!("r: permit User to read on Doc when principal.level < {far} * {far}"),
        &[
            "1:54 some values overflow this, and then it is undefined",
            "1:54 some values overflow this, and then it is undefined",
            "1:100 some values overflow this, and then it is undefined",
        ],
    );
}
