//! A store: what is known of entities, and who was granted what, in the numbers that a policy's expressions use.

use std::fmt;
use std::sync::Arc;

use dictum_artifact::data::{DataFault, Dataset, Entity, Scope, check_dataset};

use crate::grants::{Granted, Grants, Until};
use crate::hierarchy::{Hierarchy, HierarchyFault, MAX_ANCESTORS, MAX_TOTAL_ANCESTORS};
use crate::names::{EntityIndex, Full, Intern, MAX_NAMES, Names};
use crate::policy::Policy;
use crate::values::{Arena, Place, View};

/// Data that requests are decided over. It never changes: when data changes, make a new store, and let requests that are
/// still being decided finish over the old one.
#[derive(Debug)]
pub struct Store {
    policy: Arc<Policy>,
    names: Names,
    arena: Arena,
    /// For each entity that the data describes or only names, its attributes where they are described.
    attributes: Vec<Option<View>>,
    hierarchy: Hierarchy,
    grants: Grants,
}

/// Why data is not a store.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// The data does not fit the schema, or makes no sense as a whole. Never empty.
    Data(Vec<DataFault>),
    /// An entity is in more than [`MAX_ANCESTORS`] others.
    Ancestors {
        /// The entity, as the language writes it.
        entity: String,
    },
    /// There is more of this than a store can hold.
    TooLarge {
        /// Of what, in the plural.
        what: &'static str,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(faults) => {
                for (at, fault) in faults.iter().enumerate() {
                    if at > 0 {
                        f.write_str("\n")?;
                    }
                    fault.fmt(f)?;
                }
                Ok(())
            }
            Self::Ancestors { entity } => write!(
                f,
                "the entity `{entity}` is in more than {MAX_ANCESTORS} others, counted through all levels"
            ),
            Self::TooLarge { what } => write!(
                f,
                "the data has too many {what}: at most {MAX_NAMES} texts and as many entities, {MAX_TOTAL_ANCESTORS} ancestors over all entities, and {} values or grants",
                u32::MAX
            ),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<Full> for StoreError {
    fn from(Full(what): Full) -> Self {
        Self::TooLarge { what }
    }
}

impl Store {
    /// A store of these entities and grants.
    ///
    /// # Errors
    /// When the data does not fit the policy's schema, has a cycle in its hierarchy, describes an entity twice, or is
    /// beyond the limits of a store.
    pub fn new(policy: &Arc<Policy>, data: &Dataset) -> Result<Self, StoreError> {
        let faults = check_dataset(policy.schema(), data);
        if !faults.is_empty() {
            return Err(StoreError::Data(faults));
        }
        let mut names = policy.names().clone();
        let mut arena = Arena::new(Place::Store);
        let described = describe(&mut names, &mut arena, &data.entities)?;
        let grants = grants(&mut names, data)?;
        names.leave_room()?;

        let count = names.entity_count();
        let mut attributes = vec![None; count];
        let mut parents = vec![Vec::new(); count];
        for (entity, view, of) in described {
            if let Some((attributes, parents)) = attributes
                .get_mut(entity.index())
                .zip(parents.get_mut(entity.index()))
            {
                *attributes = Some(view);
                *parents = of;
            }
        }
        let hierarchy = Hierarchy::new(&parents).map_err(|fault| explain(fault, policy, &names))?;
        let grants = Grants::new(grants, count)?;
        Ok(Self {
            policy: Arc::clone(policy),
            names,
            arena,
            attributes,
            hierarchy,
            grants,
        })
    }

    /// The policy that the store was made for.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The texts and entities of the policy and the data.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The parts of the data's values.
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The attributes of an entity that the data describes.
    pub(crate) fn attributes(&self, entity: EntityIndex) -> Option<View> {
        self.attributes.get(entity.index()).copied().flatten()
    }

    /// Who is in what.
    pub(crate) fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    /// Who was granted what.
    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }
}

type Described = (EntityIndex, View, Vec<EntityIndex>);

fn describe(names: &mut Names, arena: &mut Arena, entities: &[Entity]) -> Result<Vec<Described>, Full> {
    let describe = |entity: &Entity| {
        let index = names.entity(&entity.uid)?;
        let attributes = arena.attributes(names, &entity.attributes)?;
        let parents: Result<Vec<EntityIndex>, Full> =
            entity.parents.iter().map(|parent| names.entity(parent)).collect();
        Ok((index, attributes, parents?))
    };
    entities.iter().map(describe).collect()
}

fn grants(names: &mut Names, data: &Dataset) -> Result<Vec<(EntityIndex, Granted)>, Full> {
    let grants = data.grants.iter().map(|grant| {
        let subject = names.entity(&grant.subject)?;
        let scope = match &grant.scope {
            Scope::Anything => None,
            Scope::Entity(uid) => Some(names.entity(uid)?),
        };
        let until = grant.until.map_or(Until::Forever, Until::Time);
        Ok((
            subject,
            Granted {
                role: grant.role,
                scope,
                until,
            },
        ))
    });
    grants.collect()
}

fn explain(fault: HierarchyFault, policy: &Policy, names: &Names) -> StoreError {
    let entity = |entity| names.display(entity, policy.schema());
    match fault {
        HierarchyFault::Deep(deep) => StoreError::Ancestors { entity: entity(deep) },
        // Checked data has no cycle; were there one, the entities in it would have no end of ancestors.
        HierarchyFault::Cycle(inside) => StoreError::Ancestors {
            entity: entity(inside),
        },
        HierarchyFault::Full(full) => full.into(),
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Effect;
    use dictum_artifact::value::{EntityUid, Value};

    use super::*;
    use crate::testing::{DOC, FOLDER, GROUP, USER, artifact, bool, data, uid};

    fn policy() -> Arc<Policy> {
        Arc::new(Policy::new(artifact(&[(Effect::Permit, bool(true))])).unwrap())
    }

    fn folder(id: &str, parent: Option<&str>) -> Entity {
        let parents: Vec<EntityUid> = parent.map(|parent| uid(FOLDER, parent)).into_iter().collect();
        Entity {
            uid: uid(FOLDER, id),
            attributes: vec![],
            parents,
        }
    }

    #[test]
    fn a_store_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Policy>();
        shared::<Store>();
        shared::<crate::BoundRequest<'_>>();
    }

    #[test]
    fn data_that_does_not_fit_is_refused() {
        let mut broken = data();
        broken.entities[2].attributes[1] = Some(Value::Bool(true));
        broken.entities.push(folder("f", None));
        broken.entities.push(folder("f", None));
        broken.entities[0].parents.push(uid(DOC, "plan"));
        broken.grants[0].subject = uid(FOLDER, "specs");
        let StoreError::Data(faults) = Store::new(&policy(), &broken).unwrap_err() else {
            panic!("refused as data")
        };
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert_eq!(StoreError::Data(faults).to_string().lines().count(), 4);
    }

    #[test]
    fn a_cycle_is_refused() {
        let entities = vec![folder("a", Some("b")), folder("b", Some("a"))];
        let cycle = Dataset {
            entities,
            grants: vec![],
        };
        assert!(matches!(Store::new(&policy(), &cycle), Err(StoreError::Data(_))));
    }

    #[test]
    fn a_hierarchy_too_deep_is_refused() {
        let name = |i: usize| format!("f{i}");
        let entities = (0..100_000)
            .map(|i| folder(&name(i), Some(&name(i + 1))))
            .collect();
        let deep = Dataset {
            entities,
            grants: vec![],
        };
        let error = Store::new(&policy(), &deep).unwrap_err();
        assert!(
            error.to_string().starts_with("the entity `Folder::\"f"),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .ends_with("is in more than 4096 others, counted through all levels"),
            "{error}"
        );
    }

    #[test]
    fn entities_that_are_only_named_are_known_and_not_described() {
        let store = Store::new(&policy(), &data()).unwrap();
        let find = |ty, id: &str| store.names().find_entity(ty, store.names().find_text(id)?);
        let staff = find(GROUP, "staff").unwrap();
        let ann = find(USER, "ann").unwrap();
        let bob = find(USER, "bob").unwrap();
        assert!(store.attributes(ann).is_some() && store.attributes(bob).is_none());
        assert!(store.hierarchy().is_in(ann, staff) && !store.hierarchy().is_in(bob, staff));
        assert_eq!(store.grants().of(staff).len(), 1);
        assert_eq!(find(USER, "plan"), None);
    }
}
