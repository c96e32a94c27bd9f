//! Cedar's decisions against those of what is imported.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr as _;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicyId, PolicySet, Request,
    Schema, SlotId, ValidationMode, Validator,
};
use dictum_import::cedar::{Engines, Input, Text, import};
use serde_json::Value as Json;

use crate::seen::Seen;
use crate::world::World;

pub(crate) enum Verdict {
    Agree,
    /// Cedar does not accept it: what it says.
    Refused(String),
    Wrong(String),
}

/// How many smaller worlds are tried at most.
const TRIES: usize = 3_000;

pub(crate) struct Cedar {
    schema: Schema,
    policies: PolicySet,
}

fn uid(json: &Json) -> Result<EntityUid, String> {
    EntityUid::from_json(json.clone()).map_err(|error| error.to_string())
}

fn cedar(world: &World) -> Result<Cedar, String> {
    let text = world.schema.text();
    let (schema, _) = Schema::from_cedarschema_str(&text).map_err(|error| format!("schema: {error:?}"))?;
    let mut policies =
        PolicySet::from_str(&world.policies_text()).map_err(|error| format!("policies: {error:?}"))?;
    for (template, link, values) in world.links() {
        let mut slots = HashMap::new();
        for (slot, value) in values {
            let slot = if *slot == "?principal" {
                SlotId::principal()
            } else {
                SlotId::resource()
            };
            slots.insert(slot, uid(value)?);
        }
        policies
            .link(PolicyId::new(template), PolicyId::new(link), slots)
            .map_err(|error| format!("links: {error}"))?;
    }
    Ok(Cedar { schema, policies })
}

/// The number of the policy or template that an id is from: `policy3`, `link3_1`.
fn number_of(id: &str) -> Option<usize> {
    let number = id.trim_start_matches("policy").trim_start_matches("link");
    number.split('_').next()?.parse().ok()
}

/// Leaves out the policies that Cedar's validator does not accept, and hands out the others as Cedar has them.
pub(crate) fn drop_refused(world: &mut World, seen: &mut Seen) -> Cedar {
    world.policies.iter().for_each(|_| seen.note("policy"));
    loop {
        let cedar = cedar(world).unwrap_or_else(|told| panic!("{told}\n{}", texts(world)));
        let result = Validator::new(cedar.schema.clone()).validate(&cedar.policies, ValidationMode::Strict);
        let mut refused = BTreeSet::new();
        for error in result.validation_errors() {
            let id = error.policy_id().to_string();
            if let Some(number) = number_of(&id)
                && refused.insert(number)
            {
                seen.note("refused by Cedar");
                seen.why(&error.to_string());
            }
        }
        if refused.is_empty() {
            assert!(result.validation_passed(), "{}", texts(world));
            return cedar;
        }
        let mut number = 0;
        world.policies.retain(|_| {
            number += 1;
            !refused.contains(&(number - 1))
        });
    }
}

pub(crate) fn input(world: &World) -> Input {
    let entities = Json::Array(world.entities.clone());
    Input {
        name: "generated".to_owned(),
        policies: vec![Text::new("policies.cedar", world.policies_text())],
        schema: Text::new("schema.cedarschema", world.schema.text()),
        entities: Some(Text::new("entities.json", entities.to_string())),
        links: vec![Text::new("links.json", world.links_json().to_string())],
    }
}

/// What comes of a world that may not be valid.
fn try_out(world: &World) -> Verdict {
    let cedar = match cedar(world) {
        Ok(cedar) => cedar,
        Err(told) => return Verdict::Refused(told),
    };
    let result = Validator::new(cedar.schema.clone()).validate(&cedar.policies, ValidationMode::Strict);
    if !result.validation_passed() {
        let told = result.validation_errors().map(ToString::to_string);
        return Verdict::Refused(told.collect::<Vec<_>>().join("\n"));
    }
    check(&cedar, world, &mut Seen::default())
}

pub(crate) fn check(cedar: &Cedar, world: &World, seen: &mut Seen) -> Verdict {
    let entities = Json::Array(world.entities.clone());
    let entities = match Entities::from_json_value(entities, Some(&cedar.schema)) {
        Ok(entities) => entities,
        Err(error) => return Verdict::Refused(format!("{error:?}")),
    };
    let mut decisions = Vec::new();
    for json in &world.requests {
        match decide(cedar, &entities, json) {
            Ok(decision) => decisions.push(decision),
            Err(told) => return Verdict::Refused(told),
        }
    }
    let engines = match Engines::new(&input(world)) {
        Ok(engines) => engines,
        Err(refusals) => {
            let told = refusals
                .iter()
                .map(|refusal| format!("refused: {refusal}\n{:?}", refusal.help));
            return Verdict::Wrong(told.collect::<Vec<_>>().join("\n"));
        }
    };
    for (json, (allowed, reasons, errors)) in world.requests.iter().zip(decisions) {
        seen.note("request");
        if allowed {
            seen.note("allowed");
        } else if !reasons.is_empty() {
            seen.note("denied by a forbid");
        }
        for id in &errors {
            match number_of(id)
                .and_then(|number| world.policies.get(number))
                .map(|policy| policy.effect)
            {
                Some("permit") => seen.note("an error in a permit"),
                _ => seen.note("an error in a forbid"),
            }
        }
        for side in ["principal", "resource"] {
            let is_described = world.entities.iter().any(|entity| entity["uid"] == json[side]);
            seen.note(match (side, is_described) {
                ("principal", true) => "principal: described",
                ("principal", false) => "principal: not described",
                (_, true) => "resource: described",
                (_, false) => "resource: not described",
            });
        }
        match engines.decide_cedar(json) {
            Ok(found) if found.allowed == allowed && found.reasons == reasons && found.errors == errors => {}
            Ok(found) => {
                return Verdict::Wrong(format!(
                    "request: {json}\nCedar: allowed {allowed}, reasons {reasons:?}, errors {errors:?}\nfound: {found:?}"
                ));
            }
            Err(told) => return Verdict::Wrong(format!("request: {json}\n{told}")),
        }
    }
    Verdict::Agree
}

/// Whether it is allowed, the policies that decide and those that err.
type Decided = (bool, Vec<String>, Vec<String>);

fn decide(cedar: &Cedar, entities: &Entities, json: &Json) -> Result<Decided, String> {
    let action = uid(&json["action"])?;
    let context = Context::from_json_value(json["context"].clone(), Some((&cedar.schema, &action)))
        .map_err(|error| format!("{error:?}"))?;
    let (principal, resource) = (uid(&json["principal"])?, uid(&json["resource"])?);
    let request = Request::new(principal, action, resource, context, Some(&cedar.schema))
        .map_err(|error| format!("{error:?}"))?;
    let response = Authorizer::new().is_authorized(&request, &cedar.policies, entities);
    let mut reasons: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    let mut errors: Vec<String> = response
        .diagnostics()
        .errors()
        .map(|error| match error {
            AuthorizationError::PolicyEvaluationError(error) => error.policy_id().to_string(),
        })
        .collect();
    reasons.sort();
    errors.sort();
    Ok((response.decision() == Decision::Allow, reasons, errors))
}

/// The smallest world that is found to fail, and how it does.
pub(crate) fn minimal(mut world: World, mut told: String) -> (World, String) {
    let mut tries = 0;
    loop {
        let mut found = None;
        for smaller in world.smaller() {
            tries += 1;
            if tries > TRIES {
                return (world, told);
            }
            if let Verdict::Wrong(told) = try_out(&smaller) {
                found = Some((smaller, told));
                break;
            }
        }
        match found {
            Some(smaller) => (world, told) = smaller,
            None => return (world, told),
        }
    }
}

/// All texts of a world, and what its policies become.
pub(crate) fn texts(world: &World) -> String {
    let rules = import(&input(world))
        .ok()
        .and_then(|imported| imported.sources().last().map(|source| source.text.clone()));
    let entities: Vec<String> = world.entities.iter().map(ToString::to_string).collect();
    format!(
        "--- schema\n{}--- policies\n{}--- links\n{}\n--- entities\n[{}]\n--- rules\n{}---",
        world.schema.text(),
        world.policies_text(),
        world.links_json(),
        entities.join(",\n"),
        rules.unwrap_or_default(),
    )
}
