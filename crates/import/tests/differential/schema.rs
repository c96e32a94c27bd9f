//! Schemas: types and actions in several namespaces.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::rng::Rng;
use crate::seen::Seen;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Bool,
    Long,
    Text,
    Decimal,
    Ip,
    Time,
    Span,
    /// By its number among the schema's types.
    Entity(usize),
    Set(Box<Ty>),
    Record(Vec<Field>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) optional: bool,
    pub(crate) ty: Ty,
}

#[derive(Clone, Debug)]
pub(crate) struct EntityType {
    module: &'static str,
    name: &'static str,
    /// The ids of its entities, described or not.
    pub(crate) ids: Vec<String>,
    pub(crate) enumerated: bool,
    pub(crate) attributes: Vec<Field>,
    pub(crate) tags: Option<Ty>,
    pub(crate) parents: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Action {
    module: &'static str,
    pub(crate) name: String,
    pub(crate) parents: Vec<usize>,
    pub(crate) principals: Vec<usize>,
    pub(crate) resources: Vec<usize>,
    pub(crate) context: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) types: Vec<EntityType>,
    pub(crate) actions: Vec<Action>,
    common: Vec<(&'static str, String, Ty)>,
}

impl EntityType {
    pub(crate) fn full(&self) -> String {
        full(self.module, self.name)
    }
}

impl Action {
    pub(crate) fn full_type(&self) -> String {
        full(self.module, "Action")
    }

    /// `A::Action::"view"`
    pub(crate) fn text(&self) -> String {
        format!("{}::{}", self.full_type(), quoted(&self.name))
    }
}

fn full(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// A text in quotes, as Cedar and JSON write it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

pub(crate) fn is_identifier(name: &str) -> bool {
    const RESERVED: [&str; 11] = [
        "if", "then", "else", "in", "is", "like", "has", "true", "false", "__cedar", "permit",
    ];
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !RESERVED.contains(&name)
}

/// The name of an attribute as schemas and conditions have it.
pub(crate) fn attribute(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

const MODULES: [&str; 4] = ["", "A", "B", "A::C"];
const ATTRIBUTES: [&str; 12] = [
    "a",
    "b",
    "c",
    "d",
    "owner",
    "rec",
    "x-y",
    "any",
    "if",
    "tags",
    "principal",
    "when",
];

impl Schema {
    pub(crate) fn generate(rng: &mut Rng, seen: &mut Seen) -> Self {
        // Two of the same name, and others.
        let mut names = vec![("A", "User"), ("B", "User"), ("A", "Doc")];
        let others = [
            ("", "Team"),
            ("A", "Group"),
            ("B", "Doc"),
            ("A::C", "User"),
            ("", "Thing"),
            ("B", "Color"),
            ("", "module"),
            ("B", "role"),
        ];
        names.extend(rng.some(&others, 50));
        seen.note("same-named types");
        let count = names.len();
        let mut types = Vec::new();
        for (number, (module, name)) in names.into_iter().enumerate() {
            let enumerated = number >= 3 && (name == "Color" || rng.chance(20));
            let ids: &[&str] = if rng.chance(25) {
                &["a b", "é\"", "1"]
            } else {
                &["1", "2", "3"]
            };
            let all: Vec<usize> = (0..count).collect();
            let plain = !enumerated;
            if enumerated {
                seen.note("enumerated type");
            }
            types.push(EntityType {
                module,
                name,
                ids: ids.iter().map(|&id| id.to_owned()).collect(),
                enumerated,
                attributes: if plain {
                    fields(rng, count, 5, 2)
                } else {
                    Vec::new()
                },
                tags: (plain && rng.chance(45)).then(|| ty(rng, count, 1)),
                parents: if plain { rng.some(&all, 35) } else { Vec::new() },
            });
        }
        let mut schema = Self {
            types,
            actions: Vec::new(),
            common: Vec::new(),
        };
        schema.add_actions(rng, seen);
        schema.add_common(rng, seen);
        schema.note_fields(seen);
        schema
    }

    fn add_actions(&mut self, rng: &mut Rng, seen: &mut Seen) {
        let count = self.types.len();
        let all: Vec<usize> = (0..count).collect();
        let names = ["group", "view", "edit", "share", "do it", "all", "any", "to"];
        let mut taken = BTreeSet::new();
        for number in 0..3 + rng.below(4) {
            let module = rng.one(&MODULES.map(|module| module));
            let name = rng.one(&names.map(|name| name));
            // One of no namespace may have no namesake.
            let is_taken = |&(at, other): &(&str, &str)| {
                other == name && (at == module || at.is_empty() || module.is_empty())
            };
            if taken.iter().any(is_taken) || !taken.insert((module, name)) {
                continue;
            }
            let earlier: Vec<usize> = (0..self.actions.len()).collect();
            let parents = rng.some(&earlier, 35);
            if parents
                .iter()
                .any(|parent| self.actions[*parent].principals.is_empty())
            {
                seen.note("action group");
            }
            if parents
                .iter()
                .any(|parent| !self.actions[*parent].principals.is_empty())
            {
                seen.note("action with members, asked for itself");
            }
            // The last one can be asked for at any rate.
            let group = rng.chance(20) && number > 0;
            let mut some = |least: usize| {
                let mut found = rng.some(&all, 30);
                if found.len() < least {
                    found = vec![rng.below(count)];
                }
                found
            };
            let (principals, resources) = if group {
                (Vec::new(), Vec::new())
            } else {
                (some(1), some(1))
            };
            if principals.len() > 1 && resources.len() > 1 {
                seen.note("several types of an action");
            }
            let context = if group {
                Vec::new()
            } else {
                fields(rng, count, 4, 2)
            };
            self.actions.push(Action {
                module,
                name: name.to_owned(),
                parents,
                principals,
                resources,
                context,
            });
        }
    }

    /// Gives names to some of the types that attributes have.
    fn add_common(&mut self, rng: &mut Rng, seen: &mut Seen) {
        let mut found = Vec::new();
        for ty in &self.types {
            found.extend(ty.attributes.iter().map(|field| (ty.module, field.ty.clone())));
        }
        for (number, (module, ty)) in found.into_iter().enumerate() {
            if rng.chance(20)
                && !self
                    .common
                    .iter()
                    .any(|(at, _, other)| *at == module && *other == ty)
            {
                seen.note("common type");
                self.common.push((module, format!("T{number}"), ty));
            }
        }
    }

    fn note_fields(&self, seen: &mut Seen) {
        let types = self.types.iter().flat_map(|ty| &ty.attributes);
        let contexts = self.actions.iter().flat_map(|action| &action.context);
        for field in types.chain(contexts) {
            seen.note(match (&field.ty, field.optional) {
                (Ty::Bool, false) => "field: Bool",
                (Ty::Bool, true) => "field?: Bool",
                (Ty::Long, false) => "field: Long",
                (Ty::Long, true) => "field?: Long",
                (Ty::Text, false) => "field: String",
                (Ty::Text, true) => "field?: String",
                (Ty::Decimal, false) => "field: decimal",
                (Ty::Decimal, true) => "field?: decimal",
                (Ty::Ip, false) => "field: ipaddr",
                (Ty::Ip, true) => "field?: ipaddr",
                (Ty::Time, false) => "field: datetime",
                (Ty::Time, true) => "field?: datetime",
                (Ty::Span, false) => "field: duration",
                (Ty::Span, true) => "field?: duration",
                (Ty::Entity(_), false) => "field: entity",
                (Ty::Entity(_), true) => "field?: entity",
                (Ty::Set(_), false) => "field: set",
                (Ty::Set(_), true) => "field?: set",
                (Ty::Record(_), false) => "field: record",
                (Ty::Record(_), true) => "field?: record",
            });
        }
    }

    /// The kinds of requests: principal, action, resource.
    pub(crate) fn environments(&self) -> Vec<[usize; 3]> {
        let mut found = Vec::new();
        for (number, action) in self.actions.iter().enumerate() {
            for principal in &action.principals {
                found.extend(
                    action
                        .resources
                        .iter()
                        .map(|resource| [*principal, number, *resource]),
                );
            }
        }
        found
    }

    /// Whether an action is another one, or in it.
    pub(crate) fn action_in(&self, member: usize, group: usize) -> bool {
        member == group
            || self.actions[member]
                .parents
                .iter()
                .any(|parent| self.action_in(*parent, group))
    }

    /// Whether entities of a type can be in some of another.
    pub(crate) fn type_in(&self, member: usize, group: usize) -> bool {
        let (mut seen, mut rest) = (BTreeSet::new(), vec![member]);
        while let Some(ty) = rest.pop() {
            if ty == group {
                return true;
            }
            if seen.insert(ty) {
                rest.extend(&self.types[ty].parents);
            }
        }
        false
    }

    /// `A::User::"1"`
    pub(crate) fn entity(&self, ty: usize, id: &str) -> String {
        format!("{}::{}", self.types[ty].full(), quoted(id))
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for module in MODULES {
            let mut inside = String::new();
            for (_, name, ty) in self.common.iter().filter(|(at, ..)| *at == module) {
                let _ = writeln!(inside, "type {name} = {};", self.ty(ty, ""));
            }
            for ty in self.types.iter().filter(|ty| ty.module == module) {
                self.write_type(&mut inside, ty);
            }
            for action in self.actions.iter().filter(|action| action.module == module) {
                self.write_action(&mut inside, action);
            }
            if module.is_empty() || inside.is_empty() {
                out.push_str(&inside);
            } else {
                let _ = writeln!(out, "namespace {module} {{\n{inside}}}");
            }
        }
        out
    }

    fn write_type(&self, out: &mut String, ty: &EntityType) {
        if ty.enumerated {
            let ids: Vec<String> = ty.ids.iter().map(|id| quoted(id)).collect();
            let _ = writeln!(out, "entity {} enum [{}];", ty.name, ids.join(", "));
            return;
        }
        let parents: Vec<String> = ty
            .parents
            .iter()
            .map(|parent| self.types[*parent].full())
            .collect();
        let fields = self.fields(&ty.attributes, ty.module);
        let tags = ty
            .tags
            .as_ref()
            .map(|tags| format!(" tags {}", self.ty(tags, ty.module)))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "entity {} in [{}] = {fields}{tags};",
            ty.name,
            parents.join(", ")
        );
    }

    fn write_action(&self, out: &mut String, action: &Action) {
        let parents: Vec<String> = action
            .parents
            .iter()
            .map(|parent| self.actions[*parent].text())
            .collect();
        let _ = write!(out, "action {}", quoted(&action.name));
        if !parents.is_empty() {
            let _ = write!(out, " in [{}]", parents.join(", "));
        }
        if !action.principals.is_empty() {
            let list = |types: &[usize]| {
                let names: Vec<String> = types.iter().map(|ty| self.types[*ty].full()).collect();
                names.join(", ")
            };
            let _ = write!(
                out,
                " appliesTo {{ principal: [{}], resource: [{}], context: {} }}",
                list(&action.principals),
                list(&action.resources),
                self.fields(&action.context, action.module)
            );
        }
        out.push_str(";\n");
    }

    fn fields(&self, fields: &[Field], module: &str) -> String {
        let each = fields.iter().map(|field| {
            let mark = if field.optional { "?" } else { "" };
            format!("{}{mark}: {}", attribute(&field.name), self.ty(&field.ty, module))
        });
        format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
    }

    /// A type as it is written; by its name where the module has one for it.
    fn ty(&self, ty: &Ty, module: &str) -> String {
        if let Some((_, name, _)) = self
            .common
            .iter()
            .find(|(at, _, named)| !module.is_empty() && *at == module && named == ty)
        {
            return name.clone();
        }
        match ty {
            Ty::Bool => "Bool".to_owned(),
            Ty::Long => "Long".to_owned(),
            Ty::Text => "String".to_owned(),
            Ty::Decimal => "decimal".to_owned(),
            Ty::Ip => "ipaddr".to_owned(),
            Ty::Time => "datetime".to_owned(),
            Ty::Span => "duration".to_owned(),
            Ty::Entity(number) => self.types[*number].full(),
            Ty::Set(element) => format!("Set<{}>", self.ty(element, module)),
            Ty::Record(fields) => self.fields(fields, module),
        }
    }
}

fn fields(rng: &mut Rng, types: usize, most: usize, depth: usize) -> Vec<Field> {
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..1 + rng.below(most) {
        let name = rng.one(&ATTRIBUTES);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let each = names.into_iter().map(|name| Field {
        name: name.to_owned(),
        optional: rng.chance(35),
        ty: ty(rng, types, depth),
    });
    each.collect()
}

fn ty(rng: &mut Rng, types: usize, depth: usize) -> Ty {
    match rng.below(if depth > 0 { 15 } else { 10 }) {
        0 => Ty::Bool,
        1 | 2 => Ty::Long,
        3 => Ty::Text,
        4 => Ty::Decimal,
        5 => Ty::Ip,
        6 => Ty::Time,
        7 => Ty::Span,
        8 | 9 => Ty::Entity(rng.below(types)),
        10 => Ty::Entity(rng.below(types)),
        11 | 12 => Ty::Set(Box::new(ty(rng, types, depth - 1))),
        _ => Ty::Record(fields(rng, types, 3, depth - 1)),
    }
}
