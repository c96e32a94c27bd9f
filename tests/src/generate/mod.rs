//! Worlds for the property tests: a policy, a store and requests that go together, well-typed by construction, made from
//! one seed. What each part may hold is told in its module; which constructs of the language they hold is counted in
//! [`constructs`], so that none is forgotten.

mod arithmetic;
mod conditions;
pub mod constructs;
pub mod model;
pub mod rng;
mod rules;
pub mod scope;
pub mod store;
pub mod values;

use serde_json::{Value as Json, json};

use conditions::Writer;
use model::Model;
use rng::Rng;
pub use rules::{Rule, Undefined};
use store::{Described, Granted, Requested};

/// A policy with a store and requests.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was made from.
    pub seed: u64,
    /// The declarations of the schema and the roles.
    pub schema: Vec<String>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The entities of the store.
    pub entities: Vec<Described>,
    /// The grants.
    pub grants: Vec<Granted>,
    /// The requests.
    pub requests: Vec<Requested>,
}

impl World {
    /// Makes a world with so many requests.
    #[must_use]
    pub fn generate(seed: u64, requests: usize) -> Self {
        let rng = &mut Rng::new(seed);
        let model = Model::generate(rng);
        let mut schema = model.declarations(rng);
        let mut writer = Writer { model: &model, rng };
        schema.extend((0..model.roles.len()).map(|role| writer.role(role)));
        let count = writer.rng.between(5, 14);
        let rules = (1..=count).map(|number| writer.rule(number)).collect();
        Self {
            seed,
            schema,
            rules,
            entities: store::entities(&model, rng),
            grants: store::grants(&model, rng),
            requests: (0..requests).map(|_| store::request(&model, rng)).collect(),
        }
    }

    /// All declarations: schema, roles, rules, and where `scenarios`, the store as a fixture and requests as tests.
    #[must_use]
    pub fn declarations(&self, undefined: Undefined, scenarios: bool) -> Vec<String> {
        let mut texts = self.schema.clone();
        texts.extend(self.rules.iter().map(|rule| rule.text(undefined)));
        if scenarios {
            texts.push(self.fixture());
            texts.extend(self.tests());
        }
        texts
    }

    /// The entities that can be written in a fixture, and the grants.
    fn fixture(&self) -> String {
        let entities = self.entities.iter().filter_map(|entity| entity.line.as_deref());
        let lines: Vec<&str> = entities
            .chain(self.grants.iter().map(|grant| grant.line.as_str()))
            .collect();
        format!("fixture made {{\n  {}\n}}", lines.join("\n  "))
    }

    /// Tests of the first requests that can be written in one.
    fn tests(&self) -> Vec<String> {
        let lines = self
            .requests
            .iter()
            .take(6)
            .filter_map(|request| request.test.as_deref());
        let numbered = (1..).zip(lines);
        numbered
            .map(|(number, test)| format!("test \"request {number}\" using made {{\n  {test}\n}}"))
            .collect()
    }

    /// The declarations as one source.
    #[must_use]
    pub fn source(&self) -> String {
        self.declarations(Undefined::Undefined, false).join("\n\n") + "\n"
    }

    /// The store as JSON.
    #[must_use]
    pub fn data(&self) -> Json {
        let entities: Vec<&Json> = self.entities.iter().map(|entity| &entity.json).collect();
        let grants: Vec<&Json> = self.grants.iter().map(|grant| &grant.json).collect();
        json!({ "entities": entities, "grants": grants })
    }

    /// The smallest world that is found to fail too: without whatever can go while `fails` stays true.
    #[must_use]
    pub fn minimized(&self, fails: impl Fn(&Self) -> bool) -> Self {
        let mut world = self.clone();
        for request in &self.requests {
            let one = Self {
                requests: vec![request.clone()],
                ..world.clone()
            };
            if fails(&one) {
                world = one;
                break;
            }
        }
        loop {
            let before = world.size();
            world.shrink(
                &fails,
                |world| world.rules.len(),
                |world, at| drop(world.rules.remove(at)),
            );
            world.shrink(
                &fails,
                |world| world.grants.len(),
                |world, at| drop(world.grants.remove(at)),
            );
            world.shrink(
                &fails,
                |world| world.entities.len(),
                |world, at| drop(world.entities.remove(at)),
            );
            for rule in 0..world.rules.len() {
                let clauses = |world: &Self| world.rules[rule].clauses.len();
                world.shrink(&fails, clauses, |world, at| {
                    drop(world.rules[rule].clauses.remove(at));
                });
            }
            // Roles come last in the schema and may not be named any more; `fails` is false of what does not compile.
            world.shrink(
                &fails,
                |world| world.schema.len(),
                |world, at| drop(world.schema.remove(at)),
            );
            if world.size() == before {
                return world;
            }
        }
    }

    fn size(&self) -> usize {
        let clauses: usize = self.rules.iter().map(|rule| rule.clauses.len()).sum();
        self.rules.len() + clauses + self.grants.len() + self.entities.len() + self.schema.len()
    }

    /// Removes each of several parts that is not needed, from the last to the first.
    fn shrink(
        &mut self,
        fails: &impl Fn(&Self) -> bool,
        count: impl Fn(&Self) -> usize,
        remove: impl Fn(&mut Self, usize),
    ) {
        for at in (0..count(self)).rev() {
            let mut smaller = self.clone();
            remove(&mut smaller, at);
            if fails(&smaller) {
                *self = smaller;
            }
        }
    }

    /// The world for a person who has to look into it.
    #[must_use]
    pub fn tell(&self) -> String {
        let requests: Vec<String> = self
            .requests
            .iter()
            .map(|request| request.json.to_string())
            .collect();
        let data = serde_json::to_string_pretty(&self.data()).unwrap();
        format!(
            "{}\n// data\n{data}\n// requests\n{}",
            self.source(),
            requests.join("\n")
        )
    }
}
