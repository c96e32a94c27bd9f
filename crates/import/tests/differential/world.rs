//! A schema with policies, links, entities and requests.

use serde_json::{Map, Value as Json, json};

use crate::conditions::Conditions;
use crate::node::Node;
use crate::rng::Rng;
use crate::schema::Schema;
use crate::seen::Seen;
use crate::values;

/// A slot, and what is put there.
pub(crate) type Slot = (&'static str, Json);

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) schema: Schema,
    pub(crate) policies: Vec<Policy>,
    pub(crate) entities: Vec<Json>,
    pub(crate) requests: Vec<Json>,
}

#[derive(Clone)]
pub(crate) struct Policy {
    annotation: String,
    pub(crate) effect: &'static str,
    scope: [String; 3],
    /// Whether each is an `unless`.
    pub(crate) clauses: Vec<(bool, Node)>,
    /// The slots of a template, and for each link what is put there.
    slots: Vec<(&'static str, usize)>,
    pub(crate) links: Vec<Vec<Slot>>,
    environments: Vec<[usize; 3]>,
}

impl World {
    pub(crate) fn generate(seed: u64, seen: &mut Seen) -> Self {
        let mut rng = Rng::new(seed);
        let schema = Schema::generate(&mut rng, seen);
        let mut world = Self {
            schema,
            policies: Vec::new(),
            entities: Vec::new(),
            requests: Vec::new(),
        };
        world.add_entities(&mut rng);
        let environments = world.schema.environments();
        for _ in 0..8 {
            if let Some([principal, action, resource]) = rng.pick(&environments).copied() {
                let request = world.request(&mut rng, principal, action, resource);
                world.requests.push(request);
            }
        }
        for number in 0..2 + rng.below(4) {
            if let Some(policy) = world.policy(&mut rng, seen, number) {
                world.policies.push(policy);
            }
        }
        world
    }

    fn add_entities(&mut self, rng: &mut Rng) {
        let mut all: Vec<(usize, String)> = Vec::new();
        for (number, ty) in self.schema.types.iter().enumerate() {
            all.extend(ty.ids.iter().map(|id| (number, id.clone())));
        }
        for at in (1..all.len()).rev() {
            all.swap(at, rng.below(at + 1));
        }
        for (at, (number, id)) in all.iter().enumerate() {
            let ty = &self.schema.types[*number];
            if rng.chance(25) {
                continue;
            }
            let parents: Vec<&(usize, String)> = all[at + 1..]
                .iter()
                .filter(|(other, _)| ty.parents.contains(other))
                .collect();
            let parents = rng.some(&parents, 25);
            let parents: Vec<Json> = parents
                .iter()
                .map(|(ty, id)| values::uid(&self.schema, *ty, id))
                .collect();
            let mut entity = json!({
                "uid": values::uid(&self.schema, *number, id),
                "attrs": values::record(rng, &self.schema, &ty.attributes),
                "parents": parents,
            });
            if let (Some(tags), Some(entity)) = (&ty.tags, entity.as_object_mut()) {
                let mut found = Map::new();
                for key in rng.some(&values::TEXTS, 40) {
                    found.insert(key.to_owned(), values::value(rng, &self.schema, tags));
                }
                entity.insert("tags".to_owned(), Json::Object(found));
            }
            self.entities.push(entity);
        }
    }

    fn request(&self, rng: &mut Rng, principal: usize, action: usize, resource: usize) -> Json {
        let mut side = |ty: usize| {
            let id = values::id(rng, &self.schema, ty);
            values::uid(&self.schema, ty, &id)
        };
        let (principal, resource) = (side(principal), side(resource));
        let action = &self.schema.actions[action];
        json!({
            "principal": principal,
            "action": { "type": action.full_type(), "id": action.name },
            "resource": resource,
            "context": values::record(rng, &self.schema, &action.context),
        })
    }

    fn policy(&self, rng: &mut Rng, seen: &mut Seen, number: usize) -> Option<Policy> {
        let effect = if rng.chance(60) { "permit" } else { "forbid" };
        seen.note(effect);
        // Another policy's condition, with a scope of its own.
        let shared = if rng.chance(20) {
            rng.pick(&self.policies).cloned()
        } else {
            None
        };
        let mut environments = shared.as_ref().map_or_else(
            || self.schema.environments(),
            |policy| policy.environments.clone(),
        );
        let mut slots = Vec::new();
        let chosen = *rng.pick(&environments)?;
        let [principal, action, resource] = chosen;
        let action = self.action_scope(rng, seen, action, &mut environments);
        let principal = self.side(
            rng,
            seen,
            "principal",
            principal,
            0,
            &mut environments,
            &mut slots,
        );
        let resource = self.side(rng, seen, "resource", resource, 2, &mut environments, &mut slots);
        let mut links = Vec::new();
        if !slots.is_empty() {
            seen.note("template");
            for _ in 0..rng.below(3) {
                seen.note("link");
                let slot = |(slot, ty): &(&'static str, usize)| {
                    (
                        *slot,
                        values::uid(&self.schema, *ty, &values::id(rng, &self.schema, *ty)),
                    )
                };
                links.push(slots.iter().map(slot).collect());
            }
        }
        let clauses = match shared {
            Some(shared) => {
                seen.note("shared condition");
                shared.clauses
            }
            None => self.clauses(rng, seen, &environments, effect),
        };
        let annotation = match rng.below(6) {
            0 => format!("@id(\"rule {number}\")\n"),
            1 => "@note(\"what for\")\n".to_owned(),
            _ => String::new(),
        };
        Some(Policy {
            annotation,
            effect,
            scope: [principal, action, resource],
            clauses,
            slots,
            links,
            environments,
        })
    }

    fn clauses(
        &self,
        rng: &mut Rng,
        seen: &mut Seen,
        environments: &[[usize; 3]],
        effect: &str,
    ) -> Vec<(bool, Node)> {
        let mut clauses = Vec::new();
        let count = [0, 1, 1, 1, 1, 2, 2, 3][rng.below(8)];
        let depth = if rng.chance(4) { 6 } else { 1 + rng.below(4) };
        let mut conditions = Conditions::new(rng, &self.schema, seen, environments.to_vec());
        for _ in 0..count {
            let unless = conditions.rng.chance(30);
            conditions.seen.note(match (effect, unless) {
                ("permit", false) => "permit when",
                ("permit", true) => "permit unless",
                (_, false) => "forbid when",
                (_, true) => "forbid unless",
            });
            let guard = if !unless && conditions.rng.chance(20) {
                conditions.presence()
            } else {
                None
            };
            if let Some(guard) = guard {
                conditions.seen.note("guard in a clause before");
                conditions.leave_known(&guard.to_string());
                clauses.push((false, guard));
            }
            clauses.push((unless, conditions.condition(depth)));
        }
        clauses
    }

    fn action_scope(
        &self,
        rng: &mut Rng,
        seen: &mut Seen,
        chosen: usize,
        environments: &mut Vec<[usize; 3]>,
    ) -> String {
        let schema = &self.schema;
        let groups: Vec<usize> = (0..schema.actions.len())
            .filter(|group| schema.action_in(chosen, *group))
            .collect();
        let group = rng.pick(&groups).copied().unwrap_or(chosen);
        match rng.below(7) {
            0 => {
                seen.note("scope: action");
                "action".to_owned()
            }
            1..=4 => {
                seen.note("scope: action ==");
                environments.retain(|found| found[1] == chosen);
                format!("action == {}", schema.actions[chosen].text())
            }
            5 => {
                seen.note("scope: action in");
                environments.retain(|found| schema.action_in(found[1], group));
                format!("action in {}", schema.actions[group].text())
            }
            _ => {
                seen.note("scope: action in a list");
                let other = rng.below(schema.actions.len());
                environments
                    .retain(|found| schema.action_in(found[1], group) || schema.action_in(found[1], other));
                format!(
                    "action in [{}, {}]",
                    schema.actions[group].text(),
                    schema.actions[other].text()
                )
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a scope leaves is told by the way")]
    fn side(
        &self,
        rng: &mut Rng,
        seen: &mut Seen,
        name: &'static str,
        chosen: usize,
        at: usize,
        environments: &mut Vec<[usize; 3]>,
        slots: &mut Vec<(&'static str, usize)>,
    ) -> String {
        let schema = &self.schema;
        let slot = if at == 0 { "?principal" } else { "?resource" };
        let groups: Vec<usize> = (0..schema.types.len())
            .filter(|group| schema.type_in(chosen, *group))
            .collect();
        let group = rng.pick(&groups).copied().unwrap_or(chosen);
        let full = schema.types[chosen].full();
        let mut target = |rng: &mut Rng, ty: usize| {
            if rng.chance(25) {
                slots.push((slot, ty));
                slot.to_owned()
            } else {
                schema.entity(ty, &values::id(rng, schema, ty))
            }
        };
        match rng.below(10) {
            0 => {
                seen.note("scope: ==");
                let target = target(rng, chosen);
                if target != slot {
                    environments.retain(|found| found[at] == chosen);
                }
                format!("{name} == {target}")
            }
            1 | 2 => {
                seen.note("scope: in");
                let target = target(rng, group);
                if target != slot {
                    environments.retain(|found| schema.type_in(found[at], group));
                }
                format!("{name} in {target}")
            }
            3 | 4 => {
                seen.note("scope: is");
                environments.retain(|found| found[at] == chosen);
                format!("{name} is {full}")
            }
            5 => {
                seen.note("scope: is in");
                environments.retain(|found| found[at] == chosen);
                format!("{name} is {full} in {}", target(rng, group))
            }
            _ => {
                seen.note("scope: any");
                name.to_owned()
            }
        }
    }

    pub(crate) fn policies_text(&self) -> String {
        self.policies.iter().map(Policy::text).collect()
    }

    /// The links: the template's id, the link's, and the values.
    pub(crate) fn links(&self) -> Vec<(String, String, &[Slot])> {
        let mut found = Vec::new();
        for (number, policy) in self.policies.iter().enumerate() {
            for (link, values) in policy.links.iter().enumerate() {
                found.push((
                    format!("policy{number}"),
                    format!("link{number}_{link}"),
                    values.as_slice(),
                ));
            }
        }
        found
    }

    pub(crate) fn links_json(&self) -> Json {
        let links = self.links().into_iter().map(|(template, link, values)| {
            let args: Map<String, Json> = values
                .iter()
                .map(|(slot, uid)| ((*slot).to_owned(), uid.clone()))
                .collect();
            json!({ "template_id": template, "link_id": link, "args": args })
        });
        links.collect()
    }

    /// What is a step smaller.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut world = self.clone();
            change(&mut world);
            found.push(world);
        };
        for at in 0..self.requests.len() {
            if self.requests.len() > 1 {
                with(&|world| world.requests = vec![self.requests[at].clone()]);
            }
        }
        for (at, policy) in self.policies.iter().enumerate() {
            with(&|world| drop(world.policies.remove(at)));
            for link in 0..policy.links.len() {
                with(&|world| drop(world.policies[at].links.remove(link)));
            }
            for clause in 0..policy.clauses.len() {
                with(&|world| drop(world.policies[at].clauses.remove(clause)));
            }
            for side in 0..3 {
                let plain = ["principal", "action", "resource"][side];
                if policy.slots.is_empty() && policy.scope[side] != plain {
                    with(&|world| plain.clone_into(&mut world.policies[at].scope[side]));
                }
            }
            for (clause, (_, node)) in policy.clauses.iter().enumerate() {
                for smaller in node.smaller() {
                    with(&|world| world.policies[at].clauses[clause].1 = smaller.clone());
                }
            }
        }
        for at in 0..self.entities.len() {
            with(&|world| drop(world.entities.remove(at)));
        }
        found
    }
}

impl Policy {
    fn text(&self) -> String {
        let [principal, action, resource] = &self.scope;
        let mut out = format!(
            "{}{}({principal}, {action}, {resource})",
            self.annotation, self.effect
        );
        for (unless, node) in &self.clauses {
            out.push_str(&format!(
                "\n  {} {{ {node} }}",
                if *unless { "unless" } else { "when" }
            ));
        }
        out + ";\n"
    }
}
