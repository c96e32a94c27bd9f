//! Worlds for the property tests: a policy, a store and requests that go together, well-typed by construction, made from
//! one seed. What each part may hold is told in its module; which constructs of the language they hold is counted in
//! [`constructs`], so that none is forgotten.

mod arithmetic;
mod conditions;
pub mod constructs;
pub mod functions;
pub mod marks;
pub mod model;
pub mod modules;
mod quantifiers;
pub mod regexes;
pub mod rng;
mod rules;
pub mod scope;
pub mod store;
pub mod values;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use conditions::Writer;
use functions::{Constant, Function};
use marks::{Space, name, write};
use model::Model;
use modules::{Names, Piece};
use rng::Rng;
pub use rules::{Rule, Undefined};
use store::{Described, Granted, Requested};

/// A policy with a store and requests.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was made from.
    pub seed: u64,
    /// The modules of its files.
    pub files: Vec<Option<&'static str>>,
    /// The declarations of the schema, and all others that are no rules.
    pub schema: Vec<Piece>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The entities of the store.
    pub entities: Vec<Described>,
    /// The grants.
    pub grants: Vec<Granted>,
    /// The requests.
    pub requests: Vec<Requested>,
    /// A test with tables, and the requests that it comes to.
    pub table: (String, Vec<Json>),
    /// What calls stand for, and the names of constants.
    values: (Vec<Function>, Vec<Constant>),
    /// Whether calls can be written out: no argument needs its parameter to tell its type.
    pub can_be_written_out: bool,
}

impl World {
    /// Makes a world with so many requests.
    #[must_use]
    pub fn generate(seed: u64, requests: usize) -> Self {
        let rng = &mut Rng::new(seed);
        let model = Model::generate(rng);
        let mut schema = Vec::new();
        for (names, text) in model.declarations(rng) {
            schema.push((names, text));
        }
        let of_value = |name: &str| vec![(Space::Value, name.to_owned())];
        for constant in &model.constants {
            schema.push((of_value(&constant.name), constant.declaration()));
        }
        for function in &model.functions {
            schema.push((of_value(&function.name), function.declaration()));
        }
        let mut writer = Writer { model: &model, rng };
        let mut never_held = Vec::new();
        for (at, role) in model.roles.iter().enumerate() {
            let (text, never) = writer.role(at);
            schema.push((vec![(Space::Rule, role.name.clone())], text));
            never_held.push(never);
        }
        for at in 0..model.exclusive.len() {
            let label = writer.rng.chance(60).then(|| format!("apart{at}"));
            let because = writer.rng.chance(50);
            let text = writer.before() + &model.exclusive_text(at, label.as_deref(), because);
            let names = label.into_iter().map(|label| (Space::Rule, label));
            schema.push((names.collect(), text));
        }
        for at in 0..writer.rng.one(&[0, 0, 1, 2]) {
            let label = writer.rng.chance(60).then(|| format!("claim{at}"));
            let text = writer.invariant(label.as_deref());
            let names = label.into_iter().map(|label| (Space::Rule, label));
            schema.push((names.collect(), text));
        }
        let count = writer.rng.between(5, 12);
        let mut rules: Vec<Rule> = (1..=count).map(|number| writer.rule(number)).collect();
        let files = modules::files(rng);
        rules
            .iter_mut()
            .for_each(|rule| rule.home = rng.below(files.len()));
        let piece = |(names, text)| Piece {
            names,
            home: rng.below(files.len()),
            text,
        };
        Self {
            seed,
            schema: schema.into_iter().map(piece).collect(),
            files,
            rules,
            entities: store::entities(&model, rng),
            grants: store::grants(&model, rng),
            requests: (0..requests)
                .map(|_| store::request(&model, &never_held, rng))
                .collect(),
            table: store::table(&model, rng),
            can_be_written_out: !model.hinted_arguments,
            values: (model.functions, model.constants),
        }
    }

    /// The same in one file, and no module.
    #[must_use]
    pub fn in_one_file(&self) -> Self {
        let mut world = self.clone();
        world.files = vec![None];
        world.schema.iter_mut().for_each(|piece| piece.home = 0);
        world.rules.iter_mut().for_each(|rule| rule.home = 0);
        world
    }

    /// All declarations: schema, roles, rules, and where `scenarios`, the store as a fixture and requests as tests.
    fn pieces(&self, undefined: Undefined, scenarios: bool) -> Vec<Piece> {
        let mut pieces = self.schema.clone();
        pieces.extend(self.rules.iter().map(|rule| {
            Piece {
                names: rule
                    .label
                    .iter()
                    .map(|label| (Space::Rule, label.clone()))
                    .collect(),
                home: rule.home,
                text: rule.text(undefined),
            }
        }));
        if scenarios {
            self.scenarios(&mut pieces);
        }
        pieces
    }

    /// What each name stands for.
    #[must_use]
    pub fn names(&self) -> Names {
        Names::new(&self.files, &self.pieces(Undefined::Undefined, false))
    }

    /// The declarations of a world in one file, one by one.
    #[must_use]
    pub fn declarations(&self, undefined: Undefined, scenarios: bool) -> Vec<String> {
        let pieces = self.in_one_file().pieces(undefined, scenarios);
        let names = Names::new(&[None], &pieces);
        let mut writer = self.writer(&names, 0);
        pieces
            .iter()
            .map(|piece| write(&piece.text, &mut writer))
            .collect()
    }

    /// The texts of its files.
    #[must_use]
    pub fn sources(&self, undefined: Undefined, scenarios: bool) -> Vec<String> {
        self.written(&self.pieces(undefined, scenarios), false)
    }

    /// The same with calls and constants written out, and their declarations left out, where it can be done.
    #[must_use]
    pub fn written_out(&self) -> Vec<String> {
        let is_left = |piece: &Piece| match piece.names.as_slice() {
            [(Space::Value, name)] => self
                .values
                .1
                .iter()
                .any(|constant| constant.name == *name && constant.alone.is_none()),
            _ => true,
        };
        let mut pieces = self.pieces(Undefined::Undefined, false);
        pieces.retain(is_left);
        self.written(&pieces, true)
    }

    fn written(&self, pieces: &[Piece], written_out: bool) -> Vec<String> {
        let names = Names::new(&self.files, pieces);
        let mut texts = Vec::new();
        for file in 0..self.files.len() {
            let mut writer = self.writer(&names, file);
            writer.written_out = written_out.then_some((&self.values.0, &self.values.1));
            let own = pieces.iter().filter(|piece| piece.home == file);
            let body: Vec<String> = own.map(|piece| write(&piece.text, &mut writer)).collect();
            texts.push(format!("{}{}\n", writer.head(), body.join("\n\n")));
        }
        texts
    }

    fn writer<'w>(&self, names: &'w Names, file: usize) -> modules::Writer<'w> {
        modules::Writer {
            names,
            file,
            seed: self.seed,
            written_out: None,
            arguments: Vec::new(),
            opened: Default::default(),
            taken: BTreeMap::new(),
        }
    }

    /// The store as a fixture on another, and tests.
    fn scenarios(&self, pieces: &mut Vec<Piece>) {
        let lines: Vec<&str> = self
            .entities
            .iter()
            .map(|entity| entity.line.as_str())
            .chain(self.grants.iter().map(|grant| grant.line.as_str()))
            .collect();
        let last = self.files.len() - 1;
        let mut add = |home: usize, named: Option<&str>, text: String| {
            let names = named.map(|name| (Space::Fixture, name.to_owned()));
            pieces.push(Piece {
                names: names.into_iter().collect(),
                home,
                text,
            });
        };
        // What the base describes is described again now and then.
        let (base, made) = lines.split_at(lines.len() * (self.seed % 3) as usize / 3);
        let again = base.iter().filter(|line| !line.starts_with("grant ")).take(1);
        let block = |lines: Vec<&str>| format!("{{\n  {}\n}}", lines.join("\n  "));
        add(
            0,
            Some("the base"),
            format!("fixture `the base` {}", block(base.to_vec())),
        );
        let on = format!("fixture made on {}", name(Space::Fixture, "the base"));
        let lines = again.chain(made).copied().collect();
        add(last, Some("made"), format!("{on} {}", block(lines)));
        let using = format!("using {}", name(Space::Fixture, "made"));
        let tests = self.requests.iter().take(6);
        for (number, test) in (1..).zip(tests.filter_map(|request| request.test.as_deref())) {
            add(
                0,
                None,
                format!("test \"request {number}\" {using} {{\n  {test}\n}}"),
            );
        }
        let (table, _) = &self.table;
        add(0, None, format!("test \"a table\" {{\n  {table}\n}}"));
    }

    /// A request or data with the names by which they are known.
    #[must_use]
    pub fn json(&self, json: &Json) -> Json {
        self.names().json(json)
    }

    /// The requests as they come over the wire.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let names = self.names();
        let text = |request: &Requested| names.json(&request.json).to_string();
        self.requests.iter().map(text).collect()
    }

    /// The store as JSON.
    #[must_use]
    pub fn data(&self) -> Json {
        let entities: Vec<&Json> = self.entities.iter().map(|entity| &entity.json).collect();
        let grants: Vec<&Json> = self.grants.iter().map(|grant| &grant.json).collect();
        self.json(&json!({ "entities": entities, "grants": grants }))
    }

    /// The smallest world that is found to fail too: without whatever can go while `fails` stays true.
    #[must_use]
    pub fn minimized(&self, fails: impl Fn(&Self) -> bool) -> Self {
        let mut world = self.clone();
        let one = self.in_one_file();
        if fails(&one) {
            world = one;
        }
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
                let with = |world: &Self| world.rules[rule].with.len();
                world.shrink(&fails, with, |world, at| {
                    drop(world.rules[rule].with.remove(at));
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
        let clauses: usize = self
            .rules
            .iter()
            .map(|rule| rule.clauses.len() + rule.with.len())
            .sum();
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
        let data = serde_json::to_string_pretty(&self.data()).unwrap();
        let sources = self.sources(Undefined::Undefined, false);
        format!(
            "{}\n// data\n{data}\n// requests\n{}",
            sources.join("\n// another file\n"),
            self.requests().join("\n")
        )
    }
}
