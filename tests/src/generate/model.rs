//! The schema of a made world, and what follows from it: which shapes requests have, what can be in what, who includes
//! whom. It is told here in the plainest way, apart from the compiler, so that a mistake of the compiler is not made twice.

use dictum_artifact::ops::WEEKDAY;
use dictum_syntax::naming;

use super::functions::{Constant, Function};
use super::marks::{self, Space};
use super::rng::Rng;
use super::values::{Field, Ty};

/// The schema of a world.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The enums; the first is the built-in `Weekday`.
    pub enums: Vec<Enum>,
    /// The entity types.
    pub entities: Vec<Entity>,
    /// Names for types.
    pub aliases: Vec<(String, Ty)>,
    /// The context of every request.
    pub context: Vec<Field>,
    /// Actions and groups; of actions that are declared together, the first holds the declaration.
    pub actions: Vec<Action>,
    /// The types of principals of the actions that name none, where there are such.
    pub principals: Vec<usize>,
    /// The roles; one includes only those before it.
    pub roles: Vec<Role>,
    /// Roles of which nobody may use two, with the types of resources.
    pub exclusive: Vec<(Vec<usize>, Vec<usize>)>,
    /// The obligations, with their fields.
    pub obligations: Vec<(String, Vec<Field>)>,
    /// The constants; one uses only those before it.
    pub constants: Vec<Constant>,
    /// The functions; one calls only those before it.
    pub functions: Vec<Function>,
    /// Whether arguments may be values whose type only the parameter tells.
    pub hinted_arguments: bool,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// Whether `<` compares.
    pub ordered: bool,
    /// Its names.
    pub variants: Vec<String>,
}

/// An entity type.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// The types of parents.
    pub parents: Vec<usize>,
    /// The attributes.
    pub attributes: Vec<Field>,
    /// The ids that stores and requests use.
    pub ids: Vec<String>,
    /// Whether these are all that exist.
    pub closed: bool,
}

/// An action, or a group where it applies to nothing.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// The groups and actions that it is declared in.
    pub groups: Vec<usize>,
    /// The principal types.
    pub by: Vec<usize>,
    /// The resource types.
    pub on: Vec<usize>,
    /// The context fields of its own.
    pub own: Vec<Field>,
    /// Whether it shares its declaration with the one before it.
    pub with_previous: bool,
}

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing is written.
    Default,
    /// `held by grant`
    ByGrant,
    /// `held when`
    When,
    /// `held by grant or when`
    Either,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The resource types.
    pub on: Vec<usize>,
    /// The roles that it includes.
    pub includes: Vec<usize>,
    /// What it allows.
    pub actions: Vec<usize>,
    /// Who holds it.
    pub held: Held,
}

/// What kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// The principal's type.
    pub principal: usize,
    /// The action.
    pub action: usize,
    /// The resource's type.
    pub resource: usize,
}

/// A name as it is written. What worlds declare is never called `Weekday`, so that this is the built-in enum.
#[must_use]
pub fn ident(name: &str) -> String {
    if naming::is_built_in(name) && name != WEEKDAY.0 {
        format!("`{name}`")
    } else {
        naming::written(name).into_owned()
    }
}

/// Names as they are written, with commas.
#[must_use]
pub fn idents<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

impl Model {
    /// Makes a schema.
    #[must_use]
    pub fn generate(rng: &mut Rng) -> Self {
        let mut model = Self::default();
        model.make_enums(rng);
        model.make_entities(rng);
        model.make_fields(rng);
        model.make_actions(rng);
        model.make_roles(rng);
        model.make_exclusive(rng);
        model.make_obligations(rng);
        model.hinted_arguments = rng.chance(40);
        super::functions::make(&mut model, rng);
        model
    }

    fn make_enums(&mut self, rng: &mut Rng) {
        let days = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        self.enums = vec![
            Enum {
                name: "Weekday".to_owned(),
                ordered: true,
                variants: days.map(str::to_owned).to_vec(),
            },
            Enum {
                name: "Level".to_owned(),
                ordered: true,
                variants: ["low", "middle", "high"].map(str::to_owned).to_vec(),
            },
            // `low` is a name of two enums; `when` needs backticks.
            Enum {
                name: "Kind".to_owned(),
                ordered: rng.chance(30),
                variants: ["low", "o.ther", "when"].map(str::to_owned).to_vec(),
            },
        ];
    }

    fn make_entities(&mut self, rng: &mut Rng) {
        let names = ["User", "Group", "Doc", "Folder", "Ip", "in"];
        let count = rng.between(3, names.len());
        for name in names.iter().take(count) {
            let parents = rng.some(&(0..count).collect::<Vec<_>>(), 35, 0);
            let mut ids: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
            if rng.chance(30) {
                ids.push("é \"x\"".to_owned());
            }
            let closed = rng.chance(20);
            self.entities.push(Entity {
                name: (*name).to_owned(),
                parents,
                attributes: Vec::new(),
                ids,
                closed,
            });
        }
        // A world without a hierarchy says little of it.
        if self.entities.iter().all(|entity| entity.parents.is_empty()) {
            self.entities[0].parents.push(1);
        }
    }

    /// Attributes come from one list of names with their types, so that types have some in common.
    fn make_fields(&mut self, rng: &mut Rng) {
        let mut names = Vec::new();
        let entity = |rng: &mut Rng| Ty::Entity(rng.below(self.entities.len()));
        let size = Field::new("size", Ty::Int, false);
        let near = Field::new("near", entity(rng), true);
        let deep = Field::new("", Ty::Int, true);
        let note = Field::new("note", Ty::String, true);
        let types = [
            ("active", Ty::Bool),
            ("age", Ty::Int),
            ("price", Ty::Decimal),
            ("title", Ty::String),
            ("since", Ty::Timestamp),
            ("took\\n", Ty::Duration),
            ("net", Ty::Ip),
            ("level", Ty::Enum(1)),
            ("kind", Ty::Enum(2)),
            ("day", Ty::Enum(0)),
            ("owner", entity(rng)),
            ("peer", entity(rng)),
            ("labels", Ty::Set(Box::new(Ty::String))),
            ("numbers", Ty::Set(Box::new(Ty::Int))),
            ("members", Ty::Set(Box::new(entity(rng)))),
            ("nets", Ty::Set(Box::new(Ty::Ip))),
            ("Set", Ty::Set(Box::new(Ty::Set(Box::new(Ty::Enum(1)))))),
            ("tags", Ty::Map(Box::new(Ty::Int))),
            ("to", Ty::Map(Box::new(entity(rng)))),
            (
                "place",
                Ty::Record(vec![near.clone(), note.clone(), size.clone()]),
            ),
            ("places", Ty::Set(Box::new(Ty::Record(vec![near, note, size])))),
            ("names", Ty::Map(Box::new(Ty::String))),
            (
                "pair",
                Ty::Record(vec![
                    Field::new("inner", Ty::Record(vec![deep]), true),
                    Field::new("when", Ty::Bool, false),
                ]),
            ),
        ];
        names.extend(types.into_iter().map(|(name, ty)| (name.to_owned(), ty)));
        let of_records: Vec<&(String, Ty)> = names
            .iter()
            .filter(|(_, ty)| matches!(ty, Ty::Record(_) | Ty::Set(_)))
            .collect();
        for (number, (_, ty)) in rng.some(&of_records, 40, 1).into_iter().enumerate() {
            self.aliases.push((format!("Alias{number}"), ty.clone()));
        }
        self.aliases.push(("Number".to_owned(), Ty::Int));
        let fields = |rng: &mut Rng, percent: usize, optional: usize, prefix: &str| -> Vec<Field> {
            let chosen = rng.some(&names, percent, 2);
            let field = |(name, ty): (String, Ty)| {
                let name = if prefix.is_empty() {
                    name
                } else {
                    format!("{prefix}{name}")
                };
                let can_be_bounded = matches!(ty, Ty::Set(_) | Ty::Map(_)) && rng.chance(35);
                Field {
                    name,
                    ty,
                    optional: rng.chance(optional),
                    most: can_be_bounded.then(|| rng.one(&[1, 2, 3, 20])),
                }
            };
            chosen.into_iter().map(field).collect()
        };
        let mut attributes = Vec::new();
        for _ in 0..self.entities.len() {
            attributes.push(fields(rng, 45, 35, ""));
        }
        self.context = fields(rng, 25, 30, "ctx_");
        for (entity, attributes) in self.entities.iter_mut().zip(attributes) {
            entity.attributes = attributes;
        }
        if rng.chance(80) {
            self.context.push(Field::new("now", Ty::Timestamp, false));
        }
        self.context.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn make_actions(&mut self, rng: &mut Rng) {
        let group = |name: &str, groups: Vec<usize>| Action {
            name: name.to_owned(),
            groups,
            by: Vec::new(),
            on: Vec::new(),
            own: Vec::new(),
            with_previous: false,
        };
        self.actions.push(group("change", Vec::new()));
        let inner = if rng.chance(60) { vec![0] } else { Vec::new() };
        self.actions.push(group("manage", inner));
        let own = [
            ("own_count", Ty::Int),
            ("own_who", Ty::Entity(0)),
            ("own_flag", Ty::Bool),
        ];
        let own: Vec<Field> = own
            .into_iter()
            .map(|(name, ty)| Field::new(name, ty, rng.chance(40)))
            .collect();
        let names = ["read", "write", "delete", "share", "list.it\n"];
        let types: Vec<usize> = (0..self.entities.len()).collect();
        let count = rng.between(3, names.len());
        if rng.chance(50) {
            self.principals = rng.some(&types, 25, 1);
        }
        for name in names.iter().take(count) {
            let previous = self.actions.last().filter(|action| !action.on.is_empty());
            if let Some(previous) = previous.filter(|_| rng.chance(25)) {
                let together = Action {
                    name: (*name).to_owned(),
                    with_previous: true,
                    ..previous.clone()
                };
                self.actions.push(together);
                continue;
            }
            let by = if !self.principals.is_empty() && rng.chance(50) {
                self.principals.clone()
            } else {
                rng.some(&types, 25, 1)
            };
            let on = rng.some(&types, 25, 1);
            let mut groups = rng.some(&[0, 1], 35, 0);
            // Actions that are asked for may have members too.
            let others: Vec<usize> = (2..self.actions.len()).collect();
            groups.extend(rng.some(&others, 15, 0));
            let own = if rng.chance(50) {
                rng.some(&own, 50, 1)
            } else {
                Vec::new()
            };
            self.actions.push(Action {
                name: (*name).to_owned(),
                groups,
                by,
                on,
                own,
                with_previous: false,
            });
        }
        // And so may a group be in one of them, which is in nothing.
        let tops: Vec<usize> = (2..self.actions.len())
            .filter(|at| self.actions[*at].groups.is_empty())
            .collect();
        if let Some(top) = rng.pick(&tops).copied().filter(|_| rng.chance(20)) {
            self.actions[1].groups.push(top);
        }
    }

    fn make_roles(&mut self, rng: &mut Rng) {
        let mut types: Vec<usize> = self.shapes().iter().map(|shape| shape.resource).collect();
        types.sort_unstable();
        types.dedup();
        let names = ["viewer", "editor", "ad.min\t", "owner", "for"];
        let count = rng.between(2, names.len());
        for (number, name) in names.iter().take(count).enumerate() {
            let on = rng.some(&types, 40, 1);
            let includes = rng.some(&(0..number).collect::<Vec<_>>(), 40, 0);
            let fits = |action: &usize| {
                let members = self.members(*action);
                self.shapes()
                    .iter()
                    .any(|shape| members.contains(&shape.action) && on.contains(&shape.resource))
            };
            let fitting: Vec<usize> = (0..self.actions.len()).filter(fits).collect();
            let actions = rng.some(&fitting, 35, 0);
            let held = rng.one(&[
                Held::Default,
                Held::Default,
                Held::ByGrant,
                Held::When,
                Held::Either,
            ]);
            self.roles.push(Role {
                name: (*name).to_owned(),
                on,
                includes,
                actions,
                held,
            });
        }
    }

    /// Roles that do not include each other, on types that all of them are on, or one is.
    fn make_exclusive(&mut self, rng: &mut Rng) {
        for _ in 0..rng.one(&[0, 0, 1, 1, 2]) {
            let mut roles: Vec<usize> = Vec::new();
            for role in rng.some(&(0..self.roles.len()).collect::<Vec<_>>(), 60, 2) {
                let apart = |other: &usize| {
                    !self.included(role).contains(other) && !self.included(*other).contains(&role)
                };
                if roles.iter().all(apart) {
                    roles.push(role);
                }
            }
            if roles.len() < 2 {
                continue;
            }
            let mut on: Vec<usize> = Vec::new();
            for role in &roles {
                let of_role = &self.roles[*role].on;
                if !of_role.iter().any(|ty| on.contains(ty)) {
                    on.push(rng.one(of_role));
                }
            }
            rng.shuffle(&mut roles);
            self.exclusive.push((roles, on));
        }
    }

    fn make_obligations(&mut self, rng: &mut Rng) {
        let types: Vec<Ty> = self.types();
        for name in ["audit", "step_up", "with"].iter().take(rng.between(1, 3)) {
            let mut fields = Vec::new();
            for field in rng.some(&["acr", "note", "level", "of`it\\"], 45, 0) {
                if let Some(ty) = rng.pick(&types) {
                    fields.push(Field::new(field, ty.clone(), rng.chance(35)));
                }
            }
            self.obligations.push(((*name).to_owned(), fields));
        }
    }

    /// The types of all attributes and context fields, and those of entities.
    #[must_use]
    pub fn types(&self) -> Vec<Ty> {
        let attributes = self.entities.iter().flat_map(|entity| &entity.attributes);
        let fields = attributes.chain(&self.context).map(|field| field.ty.clone());
        fields.chain((0..self.entities.len()).map(Ty::Entity)).collect()
    }

    /// A reference to an entity type.
    #[must_use]
    pub fn entity(&self, entity: usize) -> String {
        marks::name(Space::Type, &self.entities[entity].name)
    }

    /// References to entity types, with commas.
    #[must_use]
    pub fn entity_list(&self, entities: &[usize]) -> String {
        marks::names(
            Space::Type,
            entities.iter().map(|ty| self.entities[*ty].name.as_str()),
        )
    }

    /// References to actions, with commas.
    #[must_use]
    pub fn action_list(&self, actions: &[usize]) -> String {
        marks::names(
            Space::Action,
            actions.iter().map(|at| self.actions[*at].name.as_str()),
        )
    }

    /// References to roles, with commas.
    #[must_use]
    pub fn role_list(&self, roles: &[usize]) -> String {
        marks::names(Space::Rule, roles.iter().map(|at| self.roles[*at].name.as_str()))
    }

    /// All kinds of requests that there are.
    #[must_use]
    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for (action, def) in self.actions.iter().enumerate() {
            for &principal in &def.by {
                shapes.extend(def.on.iter().map(|&resource| Shape {
                    principal,
                    action,
                    resource,
                }));
            }
        }
        shapes
    }

    /// An action unless it is a group, and all that are in it, be it by way of others.
    #[must_use]
    pub fn members(&self, action: usize) -> Vec<usize> {
        let is_member = |other: &usize| !self.actions[*other].on.is_empty() && self.belongs(*other, action);
        (0..self.actions.len()).filter(is_member).collect()
    }

    fn belongs(&self, action: usize, group: usize) -> bool {
        action == group
            || self.actions[action]
                .groups
                .iter()
                .any(|above| self.belongs(*above, group))
    }

    /// The types that an entity of a type can be in, itself included.
    #[must_use]
    pub fn above(&self, entity: usize) -> Vec<usize> {
        let mut found = vec![entity];
        let mut at = 0;
        while let Some(&entity) = found.get(at) {
            for &parent in &self.entities[entity].parents {
                if !found.contains(&parent) {
                    found.push(parent);
                }
            }
            at += 1;
        }
        found
    }

    /// A role and all that it includes.
    #[must_use]
    pub fn included(&self, role: usize) -> Vec<usize> {
        let mut found = vec![role];
        let mut at = 0;
        while let Some(&role) = found.get(at) {
            for &below in &self.roles[role].includes {
                if !found.contains(&below) {
                    found.push(below);
                }
            }
            at += 1;
        }
        found
    }

    /// The fields of an action's context.
    #[must_use]
    pub fn context_of(&self, action: usize) -> Vec<Field> {
        let mut fields: Vec<Field> = self
            .context
            .iter()
            .chain(&self.actions[action].own)
            .cloned()
            .collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields
    }

    /// Whether grants may expire.
    #[must_use]
    pub fn has_now(&self) -> bool {
        self.context
            .iter()
            .any(|field| field.name == "now" && !field.optional)
    }

    /// A type as it is written, under one of its names where `rng` likes.
    pub fn type_text(&self, rng: &mut Rng, ty: &Ty) -> String {
        let alias = self.aliases.iter().find(|(_, target)| target == ty);
        if let Some((name, _)) = alias.filter(|_| rng.chance(60)) {
            return marks::name(Space::Type, name);
        }
        self.type_itself(rng, ty)
    }

    fn type_itself(&self, rng: &mut Rng, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "Bool".to_owned(),
            Ty::Int => "Int".to_owned(),
            Ty::Decimal => "Decimal".to_owned(),
            Ty::String => "String".to_owned(),
            Ty::Timestamp => "Timestamp".to_owned(),
            Ty::Duration => "Duration".to_owned(),
            Ty::Ip => "Ip".to_owned(),
            Ty::Enum(e) => marks::name(Space::Type, &self.enums[*e].name),
            Ty::Entity(e) => self.entity(*e),
            Ty::Set(inner) => format!("Set<{}>", self.type_text(rng, inner)),
            Ty::Map(inner) => format!("Map<{}>", self.type_text(rng, inner)),
            Ty::Record(fields) => self.fields_text(rng, fields),
        }
    }

    /// The type of a field, with its bound.
    fn field_type(&self, rng: &mut Rng, field: &Field) -> String {
        match (&field.ty, field.most) {
            (Ty::Set(inner), Some(most)) => format!("Set<{}, {most}>", self.type_text(rng, inner)),
            (Ty::Map(inner), Some(most)) => format!("Map<{}, {most}>", self.type_text(rng, inner)),
            _ => self.type_text(rng, &field.ty),
        }
    }

    /// Fields between braces.
    pub fn fields_text(&self, rng: &mut Rng, fields: &[Field]) -> String {
        let field = |field: &Field| {
            let docs = if rng.chance(5) {
                format!("\n  /// About {}.\n  ", ident(&field.name))
            } else {
                String::new()
            };
            let question = if field.optional { "?" } else { "" };
            format!(
                "{docs}{}{question}: {}",
                ident(&field.name),
                self.field_type(rng, field)
            )
        };
        let fields: Vec<String> = fields.iter().map(field).collect();
        let separator = if rng.chance(70) { ", " } else { "\n  " };
        if fields.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ {} }}", fields.join(separator))
        }
    }

    /// The declarations of the schema, roles not among them: each with the names that it declares.
    pub fn declarations(&self, rng: &mut Rng) -> Vec<(Vec<(Space, String)>, String)> {
        let mut all = Vec::new();
        let of_type = |name: &str| vec![(Space::Type, name.to_owned())];
        for def in self.enums.iter().skip(1) {
            let ordered = if def.ordered { "ordered " } else { "" };
            let variants = idents(def.variants.iter().map(String::as_str));
            let text = format!("{ordered}enum {} {{ {variants} }}", def.name);
            all.push((of_type(&def.name), text));
        }
        for (name, ty) in &self.aliases {
            let text = format!("type {name} = {}", self.type_itself(rng, ty));
            all.push((of_type(name), text));
        }
        for def in &self.entities {
            let mut text = format!("entity {}", ident(&def.name));
            if !def.parents.is_empty() {
                text.push_str(&format!(" in {}", self.entity_list(&def.parents)));
            }
            text.push_str(&format!(" {}", self.fields_text(rng, &def.attributes)));
            if def.closed {
                let ids: Vec<String> = def
                    .ids
                    .iter()
                    .map(|id| dictum_artifact::value::quote(id))
                    .collect();
                text.push_str(&format!(" = [{}]", ids.join(", ")));
            }
            all.push((of_type(&def.name), text));
        }
        all.push((
            Vec::new(),
            format!("context {}", self.fields_text(rng, &self.context)),
        ));
        if !self.principals.is_empty() {
            let text = format!("principals {}", self.entity_list(&self.principals));
            all.push((Vec::new(), text));
        }
        for (name, fields) in &self.obligations {
            let mut text = format!("obligation {}", ident(name));
            if !fields.is_empty() {
                text.push_str(&format!(" {}", self.fields_text(rng, fields)));
            }
            all.push((vec![(Space::Obligation, name.clone())], text));
        }
        self.action_declarations(rng, &mut all);
        all
    }

    fn action_declarations(&self, rng: &mut Rng, all: &mut Vec<(Vec<(Space, String)>, String)>) {
        for (at, def) in self
            .actions
            .iter()
            .enumerate()
            .filter(|(_, def)| !def.with_previous)
        {
            let together = self
                .actions
                .iter()
                .skip(at + 1)
                .take_while(|def| def.with_previous);
            let names: Vec<&str> = std::iter::once(def)
                .chain(together)
                .map(|def| def.name.as_str())
                .collect();
            let mut text = format!("action {}", idents(names.iter().copied()));
            if !def.groups.is_empty() {
                text.push_str(&format!(" in {}", self.action_list(&def.groups)));
            }
            if !def.on.is_empty() {
                if def.by != self.principals || rng.chance(20) {
                    text.push_str(&format!(" by {}", self.entity_list(&def.by)));
                }
                text.push_str(&format!(" on {}", self.entity_list(&def.on)));
            }
            if !def.own.is_empty() {
                text.push_str(&format!(" {}", self.fields_text(rng, &def.own)));
            }
            let declares = names.iter().map(|name| (Space::Action, (*name).to_owned()));
            all.push((declares.collect(), text));
        }
    }
}
