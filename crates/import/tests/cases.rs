//! Policies whose rules are worth a look: one for each thing that was once decided otherwise than by Cedar, or refused.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dictum_import::cedar::{Engines, Input, Text, import};
use serde_json::json;

const SCHEMA: &str = "
entity Team;
entity User in [Team] = { name: String, level: Long, rec: { a: Long }, boss: User, deputy: User, active: Bool, nick?: String } tags String;
action view appliesTo { principal: User, resource: User };
";

/// What a policy becomes, and what comes of it where nobody is described.
struct Outcome {
    rules: String,
    decides: bool,
    errs: bool,
}

fn outcome(policy: &str) -> Outcome {
    let input = Input {
        name: "case".to_owned(),
        policies: vec![Text::new("case.cedar", policy)],
        schema: Text::new("case.cedarschema", SCHEMA),
        entities: Some(Text::new("entities.json", "[]")),
        links: Vec::new(),
    };
    let imported = import(&input).unwrap_or_else(|refusals| panic!("{policy}\n{refusals:?}"));
    let engines = Engines::new(&input).unwrap_or_else(|refusals| panic!("{policy}\n{refusals:?}"));
    let request = json!({
        "principal": { "type": "User", "id": "ann" },
        "action": { "type": "Action", "id": "view" },
        "resource": { "type": "User", "id": "bob" },
    });
    let answer = engines.decide_cedar(&request).expect("the engines agree");
    let rules = imported.sources().last().map(|source| source.text.clone());
    Outcome {
        rules: rules.unwrap_or_default(),
        decides: !answer.reasons.is_empty(),
        errs: !answer.errors.is_empty(),
    }
}

/// The condition of the one rule that a policy becomes, on one line.
fn condition(policy: &str) -> String {
    let rules = outcome(policy).rules;
    let words: Vec<&str> = rules.split_whitespace().collect();
    let words = words.join(" ");
    let head = "policy0: permit anyone to any on anything ";
    let forbid = "policy0: forbid anyone to any on anything ";
    words
        .strip_prefix(head)
        .or_else(|| words.strip_prefix(forbid))
        .unwrap_or(&words)
        .to_owned()
}

fn permit(when: &str) -> String {
    format!("permit(principal, action, resource) when {{ {when} }};")
}

fn forbid(when: &str) -> String {
    format!("forbid(principal, action, resource) when {{ {when} }};")
}

#[test]
fn values_that_depend_on_what_can_err_are_taken_out_of_values_that_do_not() {
    // The outer test cannot err, but the one in its branch can.
    assert_eq!(
        condition(&permit(
            "(if principal has nick then 1 else if resource.level > 1 then 2 else 3) < 2"
        )),
        "when if principal has nick then 1 < 2 else resource.level > 1 and 2 < 2 or resource.level <= 1 and 3 < 2"
    );
}

#[test]
fn attributes_that_are_conditions_are_taken_out_too() {
    assert_eq!(
        condition(&permit(
            "(if resource.level > 1 then principal.boss else principal.deputy).active"
        )),
        "when resource.level > 1 and principal.boss.active or resource.level <= 1 and principal.deputy.active"
    );
    assert!(outcome(&forbid("{ v: true, o: if resource.level > 1 then 2 else 3 }.v")).errs);
}

#[test]
fn the_key_of_a_tag_is_computed_where_there_are_no_tags() {
    let policy = forbid("principal.hasTag(resource.name)");
    assert_eq!(
        condition(&policy),
        "when resource.name == resource.name and principal has tags[resource.name] otherwise false"
    );
    assert!(outcome(&policy).errs);
    // Who has the tags errs before the key does.
    assert_eq!(
        condition(&forbid("principal.boss.hasTag(principal.name)")),
        "when principal.boss has tags[principal.name] otherwise false"
    );
}

#[test]
fn a_tag_whose_key_depends_on_what_can_err_is_there_where_it_was_asked_for() {
    let key = r#"if resource.level > 1 then resource.name else "a""#;
    let policy = permit(&format!(
        "principal.hasTag({key}) && principal.getTag({key}) like \"a*\""
    ));
    let tag = r#"principal.tags[if resource.level > 1 then resource.name else "a"]"#;
    assert_eq!(
        condition(&policy),
        format!(
            "when resource.level == resource.level and principal has {} and {tag} like \"a*\"",
            tag.trim_start_matches("principal.")
        )
    );
    assert!(outcome(&policy).errs);
}

#[test]
fn an_attribute_of_one_of_two_entities_is_there_where_it_was_asked_for() {
    let of = "(if resource.level > 1 then principal.boss else principal.deputy)";
    let policy = forbid(&format!("{of} has nick && {of}.nick == \"a\""));
    let known = "resource.level > 1 and principal.boss == principal.boss \
                 or resource.level <= 1 and principal.deputy == principal.deputy";
    assert_eq!(
        condition(&policy),
        format!("when ({known}) and {of} has nick and {of}.nick == \"a\" otherwise false")
    );
    let outcome = outcome(&policy);
    assert!(outcome.errs && !outcome.decides);
}

#[test]
fn what_is_asked_of_is_written_alike_where_less_can_err() {
    // Where the attribute is read, it is known that the resource is described.
    let of = "(if resource.level > (if resource.name == \"a\" then 1 else 2) then principal.boss else principal.deputy)";
    assert!(outcome(&forbid(&format!("{of} has nick && {of}.nick == \"a\""))).errs);
}

#[test]
fn a_test_that_the_types_settle_is_written_alike_where_it_is_asked_and_read() {
    let key = "if principal.rec has owner then resource.name else resource.name";
    let policy = permit(&format!(
        "principal.hasTag({key}) && principal.getTag({key}) == \"a\""
    ));
    assert!(outcome(&policy).errs);
}

#[test]
fn comparisons_with_one_of_two_values_are_not_turned_around() {
    assert_eq!(
        condition(&permit(
            "(if principal.name == \"a\" then resource.level else 4) > 3"
        )),
        "when principal.name == \"a\" and resource.level > 3 or principal.name != \"a\" and 4 > 3"
    );
}

#[test]
fn what_errs_first_is_not_settled_by_what_stands_behind_it() {
    // Of the same cause, the `or` behind has a value all the same, and so does the `if`.
    for when in [
        r#"principal.level > 2 && !(principal.name == "a" || resource == User::"bob")"#,
        r#"principal.level > 2 && resource != (if principal.name == "a" then resource else resource)"#,
    ] {
        let (permits, forbids) = (outcome(&permit(when)), outcome(&forbid(when)));
        assert!(permits.errs && forbids.errs, "{when}");
        assert!(!permits.decides && !forbids.decides, "{when}");
    }
    assert_eq!(
        condition(&format!(
            "forbid(principal, action, resource) unless {{ {} }};",
            "principal.level > 2 && principal.name == \"a\""
        )),
        "unless principal.level > 2 and principal.name == \"a\" otherwise true"
    );
}
