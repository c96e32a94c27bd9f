//! Policies that are larger than anybody writes: each is imported in little time, or refused with its place.

use dictum_import::cedar::{Input, Refusal, Text, import};

const SCHEMA: &str = "
entity User { level: Long, active: Bool };
entity Doc { secret: Bool };
action read appliesTo { principal: User, resource: Doc };
";

fn imported(condition: &str) -> Result<String, Vec<Refusal>> {
    imported_as("permit", condition)
}

fn imported_as(effect: &str, condition: &str) -> Result<String, Vec<Refusal>> {
    let imported = import(&Input {
        name: "large".to_owned(),
        policies: vec![Text::new(
            "p.cedar",
            format!("{effect}(principal, action, resource) when {{ {condition} }};"),
        )],
        schema: Text::new("s.cedarschema", SCHEMA),
        entities: None,
        links: Vec::new(),
    });
    imported.map(|imported| imported.files[2].text.clone())
}

#[test]
fn a_long_chain_is_not_nesting() {
    for operator in [" && ", " || "] {
        let parts: Vec<String> = (0..2_000)
            .map(|level| format!("(principal.level > {level} || resource.secret)"))
            .collect();
        let rules = imported(&parts.join(operator)).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        assert_eq!(rules.matches("resource.secret").count(), 2_000);
    }
}

/// A forbid is a rule, or the import is refused: it is never left out, as Cedar's own limits would have it.
#[test]
fn a_long_forbid_is_not_lost() {
    for part in ["principal.level > 0", "resource.secret || principal.active"] {
        let condition = vec![format!("({part})"); 4_000].join(" && ");
        let rules = imported_as("forbid", &condition).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        assert!(
            rules.starts_with("policy0: forbid anyone to any on anything"),
            "{}",
            &rules[..80]
        );
    }
}

/// Where the test of an `if` can err, it is written twice, and so are the tests in it.
#[test]
fn tests_in_tests_that_can_err_have_a_limit() {
    let nested = |levels: usize| {
        (0..levels).fold("principal.active".to_owned(), |test, level| {
            format!("(if {test} then principal.level > {level} else resource.secret)")
        })
    };
    assert!(imported(&nested(6)).is_ok());
    let refusals = imported(&nested(40)).expect_err("it is too large");
    let refusal = &refusals[0];
    assert!(refusal.message.contains("more than 65536 parts"), "{refusal}");
    assert_eq!((refusal.line, refusal.policy.as_deref()), (1, Some("policy0")));
}

/// Brackets are no nesting, operators are.
#[test]
fn nesting_has_a_limit() {
    let brackets = format!("{}principal.active{}", "(".repeat(120), ")".repeat(120));
    assert!(imported(&brackets).is_ok());
    let brackets = format!("{}principal.active{}", "(".repeat(100_000), ")".repeat(100_000));
    let refusals = imported(&brackets).expect_err("it is too deep");
    assert!(refusals[0].message.contains("500 levels"), "{}", refusals[0]);
    let branches = "if principal.active then true else ".repeat(10_000);
    let refusals = imported(&format!("{branches} false")).expect_err("it is too deep");
    assert!(refusals[0].message.contains("4000 `if`s"), "{}", refusals[0]);
    let sums = (0..200).fold("principal.level".to_owned(), |sum, _| format!("({sum} * 2 + 1)"));
    let refusals = imported(&format!("{sums} > 1")).expect_err("it is too deep");
    assert!(
        refusals[0].message.contains("nested deeper than"),
        "{}",
        refusals[0]
    );
    let sum = vec!["principal.level"; 3_000].join(" + ");
    let refusals = imported(&format!("{sum} > 1")).expect_err("it is too deep");
    assert!(
        refusals[0].message.contains("nested deeper than"),
        "{}",
        refusals[0]
    );
}
