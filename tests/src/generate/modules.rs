//! The declarations of a world in one file or in several, each in a module of its own or not: how each file says the names that
//! others declare, and which names requests and data use then.

use std::collections::{BTreeMap, BTreeSet};

use dictum_syntax::naming;
use serde_json::Value as Json;

use super::functions::{Constant, Function};
use super::marks::{Space, Writing, write};
use super::model::ident;
use super::rng::Rng;

/// A declaration: what it declares is known by these names, and written in the file of this number.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The names.
    pub names: Vec<(Space, String)>,
    /// Which of the files it is in.
    pub home: usize,
    /// The declaration; what it refers to is marked.
    pub text: String,
}

/// The modules that files are in; the root module has no name. One module may be in several files.
#[must_use]
pub fn files(rng: &mut Rng) -> Vec<Option<&'static str>> {
    match rng.below(8) {
        0..=3 => vec![None],
        4 => vec![Some("shop")],
        5 => vec![None, Some("shop"), None],
        6 => vec![Some("shop"), Some("shop.people"), Some("in.rest")],
        _ => vec![
            Some("shop"),
            Some("shop.people"),
            Some("shop"),
            Some("in.rest"),
            None,
        ],
    }
}

/// A path as it is written.
fn path_text(path: &str) -> String {
    path.split('.').map(ident).collect::<Vec<_>>().join(".")
}

/// Which names stand for what in the files of a world.
#[derive(Clone, Debug)]
pub struct Names {
    files: Vec<Option<&'static str>>,
    homes: BTreeMap<(Space, String), usize>,
}

impl Names {
    /// The names of declarations.
    #[must_use]
    pub fn new<'p>(files: &[Option<&'static str>], pieces: impl IntoIterator<Item = &'p Piece>) -> Self {
        let mut homes = BTreeMap::new();
        for piece in pieces {
            for name in &piece.names {
                homes.insert(name.clone(), piece.home);
            }
        }
        Self {
            files: files.to_vec(),
            homes,
        }
    }

    /// The module in which a name is declared.
    fn module(&self, space: Space, name: &str) -> Option<&'static str> {
        let home = self.homes.get(&(space, name.to_owned()))?;
        self.files.get(*home).copied().flatten()
    }

    /// The name by which requests, data and decisions know what is declared.
    #[must_use]
    pub fn full(&self, space: Space, name: &str) -> String {
        self.module(space, name).map_or_else(
            || naming::part(name).into_owned(),
            |module| format!("{module}.{}", naming::part(name)),
        )
    }

    /// A request or data with full names.
    #[must_use]
    pub fn json(&self, json: &Json) -> Json {
        match json {
            Json::Object(members) => members
                .iter()
                .map(|(key, value)| {
                    let renamed = match (key.as_str(), value) {
                        ("type", Json::String(ty)) => Json::from(self.full(Space::Type, ty)),
                        ("role", Json::String(role)) => Json::from(self.full(Space::Rule, role)),
                        ("action", Json::Object(action)) => {
                            let name = action.get("name").and_then(Json::as_str).unwrap_or_default();
                            serde_json::json!({ "name": self.full(Space::Action, name) })
                        }
                        _ => self.json(value),
                    };
                    (key.clone(), renamed)
                })
                .collect(),
            Json::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
        }
    }
}

/// Writes names and calls in a file.
pub struct Writer<'w> {
    /// The names of all files.
    pub names: &'w Names,
    /// Which file it is.
    pub file: usize,
    /// What the choices of the file come from.
    pub seed: u64,
    /// What is to be written out: functions and constants.
    pub written_out: Option<(&'w [Function], &'w [Constant])>,
    /// What parameters stand for, in a body that is written out.
    pub arguments: Vec<(String, String)>,
    /// Modules that the file takes as a whole.
    pub opened: BTreeSet<&'static str>,
    /// Names that it takes, by their modules.
    pub taken: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Writer<'_> {
    fn name_of(&mut self, space: Space, name: &str) -> String {
        let Some(module) = self.names.module(space, name) else {
            return ident(name);
        };
        if self.names.files.get(self.file).copied().flatten() == Some(module) {
            return ident(name);
        }
        let choice = |of: &str, n: usize| {
            let start = of.bytes().fold(self.seed, |seed, byte| {
                seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
            });
            Rng::new(start.wrapping_add(self.file as u64)).below(n)
        };
        if choice(module, 3) == 0 {
            self.opened.insert(module);
            return ident(name);
        }
        if choice(name, 2) == 0 {
            self.taken.entry(module).or_default().insert(name.to_owned());
            return ident(name);
        }
        format!("{}.{}", path_text(module), ident(name))
    }

    /// What a file starts with, after all of it was written.
    #[must_use]
    pub fn head(&self) -> String {
        let mut head = String::new();
        if let Some(module) = self.names.files.get(self.file).copied().flatten() {
            head.push_str(&format!("module {}\n\n", path_text(module)));
        }
        for module in &self.opened {
            head.push_str(&format!("use {}\n", path_text(module)));
        }
        for (module, names) in &self.taken {
            let names: Vec<String> = names.iter().map(|name| ident(name)).collect();
            match names.as_slice() {
                [one] if self.seed.is_multiple_of(2) => {
                    head.push_str(&format!("use {}.{one}\n", path_text(module)));
                }
                _ => head.push_str(&format!("use {}.{{{}}}\n", path_text(module), names.join(", "))),
            }
        }
        head
    }
}

impl Writing for Writer<'_> {
    fn name(&mut self, space: Space, name: &str) -> String {
        if let (Some((_, constants)), Space::Value) = (self.written_out, space)
            && let Some(constant) = constants.iter().find(|constant| constant.name == name)
            && let Some(alone) = &constant.alone
        {
            let alone = write(alone, self);
            return format!("({alone})");
        }
        self.name_of(space, name)
    }

    fn call(&mut self, function: &str, arguments: Vec<String>) -> String {
        let Some((functions, _)) = self.written_out else {
            let name = self.name_of(Space::Value, function);
            return format!("{name}({})", arguments.join(", "));
        };
        let Some(function) = functions.iter().find(|known| known.name == function) else {
            return String::new();
        };
        let parameters = function.parameters.iter().map(|(name, _)| name.clone());
        let outer = std::mem::replace(&mut self.arguments, parameters.zip(arguments).collect());
        let body = write(&function.body, self);
        self.arguments = outer;
        format!("({body})")
    }

    fn parameter(&mut self, name: &str) -> String {
        let argument = self.arguments.iter().find(|(parameter, _)| parameter == name);
        argument.map_or_else(|| ident(name), |(_, argument)| format!("({argument})"))
    }
}
