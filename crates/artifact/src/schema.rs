//! The schema of a policy: its types, entity types, actions, roles and request shapes.
//!
//! Everything is an arena in a canonical order (names sorted by code point), so that a name is found by binary
//! search, two builds of one source give the same bytes, and nothing here hashes.

use serde::{Deserialize, Serialize};

use crate::naming;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its arena.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A type, in [`Schema::types`].
    TypeId
    /// An enum, in [`Schema::enums`].
    EnumId
    /// A record type, in [`Schema::records`].
    RecordId
    /// An entity type, in [`Schema::entity_types`].
    EntityTypeId
    /// An action or a group of actions, in [`Schema::actions`].
    ActionId
    /// A role, in [`Schema::roles`].
    RoleId
    /// A request shape, in [`Schema::shapes`].
    ShapeId
    /// An obligation, in [`Schema::obligations`].
    ObligationId
}

/// A type of the language. Structure is interned: two types are the same exactly when their ids are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// A number with four exact digits after the point.
    Decimal,
    /// Unicode text.
    String,
    /// Milliseconds since 1970 UTC.
    Timestamp,
    /// A span of milliseconds.
    Duration,
    /// An IPv4 or IPv6 address or network.
    Ip,
    /// One of the names of an enum.
    Enum(EnumId),
    /// An entity of one type.
    Entity(EntityTypeId),
    /// A finite set.
    Set(TypeId),
    /// Text keys to values of a type.
    Map(TypeId),
    /// A record; structural.
    Record(RecordId),
}

/// `enum Name { variants }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumDef {
    /// The enum's name.
    pub name: String,
    /// Whether `<` compares its values, in the order of `variants`.
    pub ordered: bool,
    /// The names, in the order of their declaration.
    pub variants: Vec<String>,
}

impl EnumDef {
    /// The position of a variant's name.
    #[must_use]
    pub fn variant(&self, name: &str) -> Option<u32> {
        self.variants
            .iter()
            .position(|v| v == name)
            .and_then(|i| u32::try_from(i).ok())
    }
}

/// A field of a record or an attribute of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Whether it may be absent.
    pub optional: bool,
    /// Of a set or a map, how many elements it has at most, where that is declared. Data with more is refused.
    pub most: Option<u32>,
}

/// The fields of a record, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// The position of the field called `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<u32> {
        self.0
            .binary_search_by(|f| f.name.as_str().cmp(name))
            .ok()
            .and_then(|i| u32::try_from(i).ok())
    }

    /// The field at a position.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&Field> {
        self.0.get(index as usize)
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields, in the order of their names.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }
}

/// `entity Name in Parents { attributes } = ids`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityTypeDef {
    /// The type's name.
    pub name: String,
    /// The types that a parent may have, sorted.
    pub parents: Vec<EntityTypeId>,
    /// The types that an ancestor may have (transitive, the type itself only where the hierarchy leads back), sorted.
    pub ancestors: Vec<EntityTypeId>,
    /// The attributes.
    pub attributes: Fields,
    /// The only ids that exist, sorted; `None` when any text is an id.
    pub closed: Option<Vec<String>>,
}

/// An action, or a group of actions, which no request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionDef {
    /// The action's name.
    pub name: String,
    /// The actions and groups that it is in (transitive, without itself), sorted.
    pub groups: Vec<ActionId>,
    /// For an action, the record of the context that its requests carry; `None` for a group.
    pub context: Option<RecordId>,
}

/// `role Name on Types includes Roles { actions } held …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDef {
    /// The role's name.
    pub name: String,
    /// The resource types that it is declared on, sorted.
    pub on: Vec<EntityTypeId>,
    /// Whether a grant may name it (`held by grant`, the default, and `held by grant or when …`).
    pub grantable: bool,
    /// The roles whose grant carries this one: itself and those that include it (transitive), grantable ones only, sorted.
    pub carriers: Vec<RoleId>,
}

/// `obligation Name { fields }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationDef {
    /// The obligation's name.
    pub name: String,
    /// The record of what it tells the caller.
    pub record: RecordId,
}

/// What kind of request: which rules can apply is known from these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// The principal's type.
    pub principal: EntityTypeId,
    /// The action.
    pub action: ActionId,
    /// The resource's type.
    pub resource: EntityTypeId,
}

/// Everything that requests and data are checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The types; an element's type comes before the type made of it.
    pub types: Vec<Type>,
    /// The enums, sorted by name.
    pub enums: Vec<EnumDef>,
    /// The record types (context records too).
    pub records: Vec<Fields>,
    /// The entity types, sorted by name.
    pub entity_types: Vec<EntityTypeDef>,
    /// The actions and groups, sorted by name.
    pub actions: Vec<ActionDef>,
    /// The roles, sorted by name.
    pub roles: Vec<RoleDef>,
    /// The shapes that requests may have, sorted.
    pub shapes: Vec<Shape>,
    /// The obligations, sorted by name.
    pub obligations: Vec<ObligationDef>,
    /// Whether every context has a required `now: Timestamp`, without which no grant may expire.
    pub has_now: bool,
}

/// The names of the built-in types. What a policy declares by one of these stands between backticks in its full name, if that
/// says no module.
pub const BUILT_IN_TYPES: [&str; 10] = [
    "Bool",
    "Int",
    "Decimal",
    "String",
    "Timestamp",
    "Duration",
    "Ip",
    "Set",
    "Map",
    crate::ops::WEEKDAY.0,
];

fn find<T>(items: &[T], name: &str, key: impl Fn(&T) -> &str) -> Option<u32> {
    items
        .binary_search_by(|item| key(item).cmp(name))
        .ok()
        .and_then(|i| u32::try_from(i).ok())
}

impl Schema {
    /// The type behind an id.
    #[must_use]
    pub fn ty(&self, id: TypeId) -> Option<Type> {
        self.types.get(id.index()).copied()
    }

    /// The entity type called `name`. One that is called as a built-in type is found with the backticks of its full name and
    /// without them.
    #[must_use]
    pub fn find_entity_type(&self, name: &str) -> Option<EntityTypeId> {
        let found = find(&self.entity_types, name, |d| &d.name);
        let found = match found {
            None if BUILT_IN_TYPES.contains(&name) => {
                find(&self.entity_types, &format!("`{name}`"), |d| &d.name)
            }
            _ => found,
        };
        found.map(EntityTypeId)
    }

    /// The enum called `name`.
    #[must_use]
    pub fn find_enum(&self, name: &str) -> Option<EnumId> {
        find(&self.enums, name, |d| &d.name).map(EnumId)
    }

    /// The action or group called `name`.
    #[must_use]
    pub fn find_action(&self, name: &str) -> Option<ActionId> {
        find(&self.actions, name, |d| &d.name).map(ActionId)
    }

    /// The role called `name`.
    #[must_use]
    pub fn find_role(&self, name: &str) -> Option<RoleId> {
        find(&self.roles, name, |d| &d.name).map(RoleId)
    }

    /// The shape of a request, where the action applies to these types.
    #[must_use]
    pub fn find_shape(&self, shape: Shape) -> Option<ShapeId> {
        self.shapes
            .binary_search(&shape)
            .ok()
            .and_then(|i| u32::try_from(i).ok())
            .map(ShapeId)
    }

    /// The definition of an entity type.
    #[must_use]
    pub fn entity_type(&self, id: EntityTypeId) -> Option<&EntityTypeDef> {
        self.entity_types.get(id.index())
    }

    /// The definition of an enum.
    #[must_use]
    pub fn enum_def(&self, id: EnumId) -> Option<&EnumDef> {
        self.enums.get(id.index())
    }

    /// The fields of a record type.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&Fields> {
        self.records.get(id.index())
    }

    /// The definition of an action.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&ActionDef> {
        self.actions.get(id.index())
    }

    /// The definition of a role.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<&RoleDef> {
        self.roles.get(id.index())
    }

    /// The obligation called `name`.
    #[must_use]
    pub fn find_obligation(&self, name: &str) -> Option<ObligationId> {
        find(&self.obligations, name, |d| &d.name).map(ObligationId)
    }

    /// The definition of an obligation.
    #[must_use]
    pub fn obligation(&self, id: ObligationId) -> Option<&ObligationDef> {
        self.obligations.get(id.index())
    }

    /// The types of principals that an action applies to.
    pub fn principals_of(&self, action: ActionId) -> impl Iterator<Item = EntityTypeId> {
        self.principals()
            .filter(move |principal| self.resources_of(*principal, action).next().is_some())
    }

    /// The types of resources that an action by principals of a type applies to.
    pub fn resources_of(
        &self,
        principal: EntityTypeId,
        action: ActionId,
    ) -> impl Iterator<Item = EntityTypeId> {
        let start = self
            .shapes
            .partition_point(|shape| (shape.principal, shape.action) < (principal, action));
        let shapes = self.shapes.get(start..).unwrap_or_default();
        shapes
            .iter()
            .take_while(move |shape| (shape.principal, shape.action) == (principal, action))
            .map(|shape| shape.resource)
    }

    /// The types of principals that some action applies to. Quick, however many shapes there are.
    pub fn principals(&self) -> impl Iterator<Item = EntityTypeId> {
        let mut shapes = self.shapes.as_slice();
        std::iter::from_fn(move || {
            let principal = shapes.first()?.principal;
            let rest = shapes.partition_point(|shape| shape.principal <= principal);
            shapes = shapes.get(rest..).unwrap_or_default();
            Some(principal)
        })
    }

    /// Whether an entity of type `descendant` can be `in` one of type `ancestor`.
    #[must_use]
    pub fn can_be_in(&self, descendant: EntityTypeId, ancestor: EntityTypeId) -> bool {
        descendant == ancestor
            || self
                .entity_type(descendant)
                .is_some_and(|d| d.ancestors.binary_search(&ancestor).is_ok())
    }

    /// A type as it is written in the language. Records inside records are cut short to `{ … }`, so that a name stays
    /// readable (and finite work) however types are nested.
    #[must_use]
    pub fn type_name(&self, id: TypeId) -> String {
        self.type_name_within(id, 2)
    }

    /// A type's name, with so many levels of what it is made of and so many fields of each.
    fn type_name_within(&self, id: TypeId, levels: usize) -> String {
        let named =
            |name: Option<&String>| name.map_or_else(|| "?".to_owned(), |name| naming::written_path(name));
        let inner = |inner: TypeId| match levels.checked_sub(1) {
            Some(levels) => self.type_name_within(inner, levels),
            None => "…".to_owned(),
        };
        /// How many fields of a record are shown.
        const MOST_SHOWN: usize = 8;
        match self.ty(id) {
            None => "?".to_owned(),
            Some(Type::Bool) => "Bool".to_owned(),
            Some(Type::Int) => "Int".to_owned(),
            Some(Type::Decimal) => "Decimal".to_owned(),
            Some(Type::String) => "String".to_owned(),
            Some(Type::Timestamp) => "Timestamp".to_owned(),
            Some(Type::Duration) => "Duration".to_owned(),
            Some(Type::Ip) => "Ip".to_owned(),
            Some(Type::Enum(e)) => named(self.enum_def(e).map(|d| &d.name)),
            Some(Type::Entity(e)) => named(self.entity_type(e).map(|d| &d.name)),
            Some(Type::Set(element)) => format!("Set<{}>", inner(element)),
            Some(Type::Map(value)) => format!("Map<{}>", inner(value)),
            Some(Type::Record(record)) => {
                let fields = self.record(record).into_iter().flat_map(Fields::iter);
                let mut shown: Vec<String> = match levels {
                    0 => Vec::new(),
                    _ => fields
                        .clone()
                        .take(MOST_SHOWN)
                        .map(|f| {
                            format!(
                                "{}{}: {}",
                                naming::written(&f.name),
                                if f.optional { "?" } else { "" },
                                inner(f.ty)
                            )
                        })
                        .collect(),
                };
                if fields.count() > shown.len() {
                    shown.push("…".to_owned());
                }
                if shown.is_empty() {
                    "{}".to_owned()
                } else {
                    format!("{{ {} }}", shown.join(", "))
                }
            }
        }
    }
}
