//! Policies whose rules are worth a look: one for each thing that was once decided otherwise than by Cedar, or refused.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dictum_import::cedar::{Engines, Input, Text, import};
use serde_json::json;

const SCHEMA: &str = "
entity Team;
entity User in [Team] = { name: String, level: Long, rec: { a: Long }, boss: User, deputy: User, nick?: String } tags String;
action view appliesTo { principal: User, resource: User };
";

/// The rules that a policy becomes, and Cedar's ids of the policies that decide and err where nobody is described.
fn rules(policy: &str) -> (String, Vec<String>, Vec<String>) {
    let input = Input {
        name: "case".to_owned(),
        policies: vec![Text::new("case.cedar", policy)],
        schema: Text::new("case.cedarschema", SCHEMA),
        entities: Some(Text::new("entities.json", "[]")),
        links: Vec::new(),
    };
    let told = |refusals: Vec<dictum_import::cedar::Refusal>| -> String {
        panic!("{}", refusals.iter().map(ToString::to_string).collect::<String>())
    };
    let text = match import(&input) {
        Ok(imported) => imported.sources().last().expect("there are rules").text.clone(),
        Err(refusals) => told(refusals),
    };
    let engines = Engines::new(&input).unwrap_or_else(|refusals| panic!("{}", told(refusals)));
    let request = json!({
        "principal": { "type": "User", "id": "ann" },
        "action": { "type": "Action", "id": "view" },
        "resource": { "type": "User", "id": "bob" },
    });
    let answer = engines.decide_cedar(&request).expect("the engines agree");
    (text, answer.reasons, answer.errors)
}

#[test]
fn x() {
    for p in [
        r#"permit(principal, action, resource) when { principal.hasTag(if principal.rec has owner then resource.name else resource.name) };"#,
        r#"permit(principal, action, resource) when { principal.hasTag(if principal.level > 1 then resource.name else "a") };"#,
        r#"permit(principal, action, resource) when { principal.hasTag(if resource.level > 1 then resource.name else "a") && principal.getTag(if resource.level > 1 then resource.name else "a") like "a*"};"#,
        r#"permit(principal, action, resource) when { (if resource.level > 1 then principal.boss else principal.deputy) has nick && (if resource.level > 1 then principal.boss else principal.deputy).nick == "a"};"#,
        r#"forbid(principal, action, resource) when { (if resource.level > 1 then principal.boss else principal.deputy) has nick && (if resource.level > 1 then principal.boss else principal.deputy).nick == "a"};"#,
        r#"forbid(principal, action, resource) when { principal.name == "a" || resource.level > 3};"#,
        r#"forbid(principal, action, resource) when { principal.name == "a" && resource.level > 3};"#,
        r#"forbid(principal, action, resource) unless { principal.name == "a" && resource.level > 3};"#,
        r#"forbid(principal, action, resource) unless { principal.name == "a" && principal.boss.level > 3 && resource.level > 3};"#,
        r#"forbid(principal, action, resource) when { if principal.name == "a" then resource.level > 3 else resource.level > 4 };"#,
        r#"permit(principal, action, resource) when { if principal.name == "a" then resource.level > 3 else resource.level > 4 };"#,
        r#"permit(principal, action, resource) when { (if principal.name == "a" then resource.level else 4) > 3 };"#,
        r#"forbid(principal, action, resource) when { (if principal has nick then resource.level else 4) > 3 };"#,
        r#"forbid(principal, action, resource) when { (if principal has nick && principal.nick == "a" then resource.level else 4) > 3 };"#,
        r#"forbid(principal, action, resource) when { principal has nick && principal.nick == "a" && principal.boss.level > 3};"#,
        r#"forbid(principal, action, resource) when { principal.level + 1 > 3 && resource.level > 2 || principal in Team::"a" };"#,
        r#"permit(principal, action, resource) when { !(principal.level + 1 > 3 && resource.level > 2) || principal in Team::"a" };"#,
        r#"permit(principal, action, resource) unless { principal.level > 3 && resource.level > 2 } unless { resource.level == 1 };"#,
    ] {
        println!("{p}\n{:?}", rules(p));
    }
}
