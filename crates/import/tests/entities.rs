//! Stores that their schema does not allow: what is mended, and what is refused.

use dictum_import::cedar::{Input, Text, import};

const SCHEMA: &str = "
entity Share;
entity User in [Share];
entity Doc { owner: User, readers: Share };
action group;
action read in [group] appliesTo { principal: User, resource: Doc };
";

/// The notes of an import, or what it was refused for.
fn outcome(policy: &str, entities: &str) -> Result<Vec<String>, Vec<String>> {
    let imported = import(&Input {
        name: "store".to_owned(),
        policies: vec![Text::new("p.cedar", policy)],
        schema: Text::new("s.cedarschema", SCHEMA),
        entities: Some(Text::new("e.json", entities)),
        links: Vec::new(),
    });
    match imported {
        Ok(imported) => Ok(imported.notes.iter().map(|note| note.message.clone()).collect()),
        Err(refusals) => Err(refusals.iter().map(|refusal| refusal.message.clone()).collect()),
    }
}

const ANYBODY: &str = "permit(principal, action, resource);";

fn doc(owner: &str, readers: &str) -> String {
    format!(
        r#"[{{"uid": {{"type": "Doc", "id": "d"}}, "parents": [], "attrs": {{
            "owner": {{"__entity": {{"type": "{owner}", "id": "x"}}}}, "readers": {{"__entity": {{"type": "{readers}", "id": "x"}}}}}}}}]"#
    )
}

#[test]
fn references_of_a_wrong_type_are_mended_where_nobody_can_name_what_they_should_be() {
    assert_eq!(outcome(ANYBODY, &doc("User", "Share")), Ok(Vec::new()));
    let notes = outcome(ANYBODY, &doc("User", "Doc"));
    assert!(notes.as_ref().is_ok_and(|notes| notes.len() == 1), "{notes:?}");
    // A request can name a user, and might name this one.
    assert!(outcome(ANYBODY, &doc("Robot", "Share")).is_err());
    // A policy can ask whether it is a share, and it was none.
    let asks = "permit(principal, action, resource) when { resource.readers is Share };";
    assert!(outcome(asks, &doc("User", "Doc")).is_err());
    let names = "permit(principal, action, resource) when { resource.readers == Share::\"x\" };";
    assert!(outcome(names, &doc("User", "Doc")).is_err());
}

#[test]
fn actions_are_as_the_schema_has_them() {
    let action = |id: &str, parents: &str| {
        let entities = format!(
            r#"[{{"uid": {{"type": "Action", "id": "{id}"}}, "attrs": {{}}, "parents": [{parents}]}}]"#
        );
        outcome(ANYBODY, &entities)
    };
    assert_eq!(
        action("read", r#"{"type": "Action", "id": "group"}"#),
        Ok(Vec::new())
    );
    assert_eq!(action("group", ""), Ok(Vec::new()));
    assert!(action("read", "").is_err());
    assert!(action("group", r#"{"type": "Action", "id": "read"}"#).is_err());
    assert!(action("nope", "").is_err());
}
