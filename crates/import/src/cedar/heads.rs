//! A policy's scope to the heads of rules.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityType, EntityUID, PrincipalOrResourceConstraint,
};

use super::condition::Translator;
use super::environments::Shape;

/// The head of a rule: `WHO to ACTIONS on WHAT`, and what it does not say.
pub(super) struct Head {
    pub(super) text: String,
    /// A condition on the action, which a head cannot ask for: `to edit` is also about the actions in `edit`.
    pub(super) action: Option<String>,
}

/// The head of a rule for all kinds of requests that the scope leaves.
pub(super) fn general(
    translator: &Translator<'_>,
    principal: &PrincipalOrResourceConstraint,
    action: &ActionConstraint,
    resource: &PrincipalOrResourceConstraint,
) -> Head {
    let shapes: Vec<&Shape> = translator
        .environments
        .iter()
        .map(|environment| &environment.shape)
        .collect();
    let principals: BTreeSet<&EntityType> = shapes.iter().map(|shape| &shape.principal).collect();
    let resources: BTreeSet<&EntityType> = shapes.iter().map(|shape| &shape.resource).collect();
    let asked: BTreeSet<&EntityUID> = shapes.iter().map(|shape| &shape.action).collect();
    let who = side(translator, principal, &principals).unwrap_or_else(|| "anyone".to_owned());
    let what = side(translator, resource, &resources).unwrap_or_else(|| "anything".to_owned());
    let (actions, condition) = match action {
        ActionConstraint::Any => ("any".to_owned(), None),
        ActionConstraint::Eq(uid) => one_action(translator, uid),
        ActionConstraint::In(uids) => {
            let mut names = Vec::new();
            for uid in uids {
                let name = translator.action_name(uid);
                let about = |asked: &&EntityUID| *asked == &**uid || is_member(translator, asked, uid);
                if asked.iter().any(about) && !names.contains(&name) {
                    names.push(name);
                }
            }
            (names.join(", "), None)
        }
    };
    Head {
        text: format!("{who} to {actions} on {what}"),
        action: condition,
    }
}

/// The heads of rules that are about some kinds of requests, and no others that the scope leaves.
pub(super) fn specific(
    translator: &Translator<'_>,
    principal: &PrincipalOrResourceConstraint,
    resource: &PrincipalOrResourceConstraint,
    shapes: &[&Shape],
) -> Vec<Head> {
    // For each action the pairs of types; for equal pairs the actions; and the pairs as products of types.
    let mut by_action: BTreeMap<&EntityUID, BTreeMap<&EntityType, BTreeSet<&EntityType>>> = BTreeMap::new();
    for shape in shapes {
        let pairs = by_action.entry(&shape.action).or_default();
        pairs.entry(&shape.principal).or_default().insert(&shape.resource);
    }
    let mut heads = Vec::new();
    for (action, pairs) in by_action {
        let mut products: BTreeMap<&BTreeSet<&EntityType>, BTreeSet<&EntityType>> = BTreeMap::new();
        for (principal, resources) in &pairs {
            products.entry(resources).or_default().insert(principal);
        }
        for (resources, principals) in products {
            let listed = |types: &BTreeSet<&EntityType>| {
                let names: Vec<String> = types.iter().map(|ty| translator.type_name(ty)).collect();
                names.join(", ")
            };
            let who = side(translator, principal, &principals).unwrap_or_else(|| listed(&principals));
            let what = side(translator, resource, resources).unwrap_or_else(|| listed(resources));
            let (name, condition) = one_action(translator, action);
            heads.push(Head {
                text: format!("{who} to {name} on {what}"),
                action: condition,
            });
        }
    }
    heads
}

/// An action alone, without those that are in it.
fn one_action(translator: &Translator<'_>, uid: &EntityUID) -> (String, Option<String>) {
    let name = translator.action_name(uid);
    let has_members = translator.schema.get_action_id(uid).is_some_and(|action| {
        let mut members = action.descendants();
        members.any(|member| member != uid)
    });
    let condition = has_members.then(|| format!("action == {name}"));
    (name, condition)
}

fn is_member(translator: &Translator<'_>, member: &EntityUID, group: &EntityUID) -> bool {
    let group = translator.schema.get_action_id(group);
    group.is_some_and(|group| group.descendants().any(|found| found == member))
}

/// WHO or WHAT, of these types; none for all that there are.
fn side(
    translator: &Translator<'_>,
    constraint: &PrincipalOrResourceConstraint,
    types: &BTreeSet<&EntityType>,
) -> Option<String> {
    let entity = |reference: &EntityReference| match reference {
        EntityReference::EUID(uid) => translator.entity(uid),
        // Policies are written once their slots are filled.
        EntityReference::Slot(_) => String::new(),
    };
    match constraint {
        PrincipalOrResourceConstraint::Any => None,
        PrincipalOrResourceConstraint::Eq(uid) => Some(entity(uid)),
        PrincipalOrResourceConstraint::Is(ty) => Some(translator.type_name(ty)),
        PrincipalOrResourceConstraint::IsIn(ty, uid) => {
            Some(format!("{} in {}", translator.type_name(ty), entity(uid)))
        }
        PrincipalOrResourceConstraint::In(uid) => {
            let group = entity(uid);
            let each = types
                .iter()
                .map(|ty| format!("{} in {group}", translator.type_name(ty)));
            Some(each.collect::<Vec<_>>().join(", "))
        }
    }
}
