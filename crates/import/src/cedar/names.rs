//! Cedar's names to Dictum's: a namespace is a module, a type keeps its name, an action's id is its name.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy_core::ast::{EntityType, EntityUID, InternalName, Name};
use cedar_policy_core::validator::json_schema::Fragment;

use super::text;

/// A declaration's place: the path of its module, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Full {
    pub(super) module: Vec<String>,
    pub(super) name: String,
}

impl Full {
    /// The full name as data and requests write it.
    pub(super) fn key(&self) -> String {
        let parts = self.module.iter().chain([&self.name]);
        parts
            .map(|part| text::key_part(part))
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// What the schema declares, and how it is called in one of the files that are written.
pub(super) struct Names {
    /// For each name of a type or an action, the modules that declare it.
    declared: BTreeMap<String, BTreeSet<Vec<String>>>,
    /// What common types are called; one that shares its name with an entity type is called otherwise.
    aliases: BTreeMap<String, Full>,
    /// The attribute that holds the tags, of each type that has tags.
    tags: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn new(fragment: &Fragment<InternalName>) -> Self {
        let mut names = Self {
            declared: BTreeMap::new(),
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        for (namespace, definition) in &fragment.0 {
            let module = module(namespace.as_ref());
            let types = definition.entity_types.keys().map(ToString::to_string);
            for name in types.chain(definition.actions.keys().map(ToString::to_string)) {
                names.declared.entry(name).or_default().insert(module.clone());
            }
        }
        for (namespace, definition) in &fragment.0 {
            let module = module(namespace.as_ref());
            for id in definition.common_types.keys() {
                let full = qualified(namespace.as_ref(), &id.to_string());
                let mut name = id.to_string();
                while definition.entity_types.keys().any(|ty| ty.to_string() == name) {
                    name.push_str("Type");
                }
                names
                    .declared
                    .entry(name.clone())
                    .or_default()
                    .insert(module.clone());
                let module = module.clone();
                names.aliases.insert(full, Full { module, name });
            }
        }
        names
    }

    /// A module has its actions as entities, too.
    pub(super) fn declare_actions(&mut self, module: &[String]) {
        let modules = self.declared.entry(super::schema::ACTION.to_owned()).or_default();
        modules.insert(module.to_vec());
    }

    /// Whether a module has its actions as entities.
    pub(super) fn has_actions(&self, module: &[String]) -> bool {
        let modules = self.declared.get(super::schema::ACTION);
        modules.is_some_and(|modules| modules.contains(module))
    }

    /// The attribute that holds the tags of a type.
    pub(super) fn set_tags(&mut self, ty: &str, attribute: String) {
        self.tags.insert(ty.to_owned(), attribute);
    }

    /// The attribute that holds the tags of a type, which is given as Cedar prints it.
    pub(super) fn tags(&self, ty: &str) -> Option<&str> {
        self.tags.get(ty).map(String::as_str)
    }

    /// The alias that a common type is declared as.
    pub(super) fn alias(&self, name: &InternalName) -> Option<&Full> {
        self.aliases.get(&name.to_string())
    }

    /// The shortest way to write a type in a file of `module`, which sees what its own module and the root declare.
    pub(super) fn write_type(&self, full: &Full, module: &[String]) -> String {
        self.write(full, module, text::type_name)
    }

    /// The same for an action.
    pub(super) fn write_action(&self, full: &Full, module: &[String]) -> String {
        self.write(full, module, text::name)
    }

    fn write(&self, full: &Full, module: &[String], last: fn(&str) -> String) -> String {
        let own = self
            .declared
            .get(&full.name)
            .is_some_and(|modules| modules.contains(module));
        if full.module == module || full.module.is_empty() && !own {
            last(&full.name)
        } else {
            let path = full.module.iter().map(|part| text::name(part));
            path.chain([last(&full.name)]).collect::<Vec<_>>().join(".")
        }
    }

    /// Whether only one module declares the name, so that a file which uses that module may write it bare.
    pub(super) fn is_unique(&self, name: &str) -> bool {
        self.declared.get(name).is_none_or(|modules| modules.len() == 1)
    }
}

/// The path of a namespace's module.
pub(super) fn module(namespace: Option<&Name>) -> Vec<String> {
    let Some(namespace) = namespace else {
        return Vec::new();
    };
    let inner: &InternalName = namespace.as_ref();
    let path = inner.namespace_components().map(ToString::to_string);
    path.chain([inner.basename().to_string()]).collect()
}

/// The name of a type with its namespace, as Cedar prints it.
pub(super) fn qualified(namespace: Option<&Name>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}::{name}"),
        None => name.to_owned(),
    }
}

/// An entity type's declaration.
pub(super) fn of_type(ty: &EntityType) -> Full {
    of_internal(ty.name().as_ref())
}

/// The same for a name.
pub(super) fn of_internal(name: &InternalName) -> Full {
    Full {
        module: name.namespace_components().map(ToString::to_string).collect(),
        name: name.basename().to_string(),
    }
}

/// An action's declaration: it is called as its id, in the module of its namespace.
pub(super) fn of_action(uid: &EntityUID) -> Full {
    let eid: &str = uid.eid().as_ref();
    Full {
        module: of_type(uid.entity_type()).module,
        name: eid.to_owned(),
    }
}
