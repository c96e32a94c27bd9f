//! Texts and entities as small numbers. Two texts are equal exactly when their symbols are, two entities exactly when
//! their indices are, so that deciding compares numbers and never looks at a text unless the policy does.
//!
//! Numbers are given in layers: the policy's constants have the first ones, a store goes on from there, and each request
//! goes on from its store with what the store has never heard of. A number of a lower layer means the same in all above it.

use std::collections::HashMap;
use std::sync::Arc;

use dictum_artifact::schema::{EntityTypeId, Schema};
use dictum_artifact::value::EntityUid;
use foldhash::fast::RandomState;

/// A text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(pub(crate) u32);

/// An entity, described or only named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntityIndex(pub(crate) u32);

impl EntityIndex {
    /// The position among the entities of its layer and those below it.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What there is more of than 32 bits can number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full(pub(crate) &'static str);

/// How many texts, and how many entities, a policy and a store may name; the other half of the numbers is for requests.
pub(crate) const MAX_NAMES: usize = 1 << 31;

/// A position as 32 bits.
pub(crate) fn number(position: usize, what: &'static str) -> Result<u32, Full> {
    u32::try_from(position).map_err(|_| Full(what))
}

/// One layer of texts and entities.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    first_symbol: usize,
    first_entity: usize,
    texts: Vec<Arc<str>>,
    symbols: HashMap<Arc<str>, Symbol, RandomState>,
    entities: Vec<(EntityTypeId, Symbol)>,
    indices: HashMap<(EntityTypeId, Symbol), EntityIndex, RandomState>,
}

impl Names {
    /// An empty layer above this one.
    pub(crate) fn layer(&self) -> Self {
        Self {
            first_symbol: self.first_symbol + self.texts.len(),
            first_entity: self.first_entity + self.entities.len(),
            ..Self::default()
        }
    }

    /// The symbol of a text of this layer.
    pub(crate) fn find_text(&self, text: &str) -> Option<Symbol> {
        self.symbols.get(text).copied()
    }

    /// The index of an entity of this layer.
    pub(crate) fn find_entity(&self, ty: EntityTypeId, id: Symbol) -> Option<EntityIndex> {
        self.indices.get(&(ty, id)).copied()
    }

    /// The text of a symbol of this layer.
    pub(crate) fn text(&self, symbol: Symbol) -> Option<&str> {
        self.shared_text(symbol).map(|text| &**text)
    }

    /// The same, to be kept.
    pub(crate) fn shared_text(&self, symbol: Symbol) -> Option<&Arc<str>> {
        let position = (symbol.0 as usize).checked_sub(self.first_symbol)?;
        self.texts.get(position)
    }

    /// The type and the id of an entity of this layer.
    pub(crate) fn named(&self, entity: EntityIndex) -> Option<(EntityTypeId, Symbol)> {
        let position = entity.index().checked_sub(self.first_entity)?;
        self.entities.get(position).copied()
    }

    /// The id of an entity of this layer.
    pub(crate) fn entity_id(&self, entity: EntityIndex) -> Option<Symbol> {
        self.named(entity).map(|(_, id)| id)
    }

    /// An entity of this layer as the language writes it.
    pub(crate) fn display(&self, entity: EntityIndex, schema: &Schema) -> String {
        let uid = self.named(entity).and_then(|(ty, id)| {
            Some(EntityUid {
                ty,
                id: self.shared_text(id)?.clone(),
            })
        });
        uid.map_or_else(|| "?".to_owned(), |uid| uid.display(schema))
    }

    /// Whether as many numbers are left for requests as a store may use itself.
    pub(crate) fn leave_room(&self) -> Result<(), Full> {
        for (count, what) in [(self.texts.len(), "texts"), (self.entities.len(), "entities")] {
            if count > MAX_NAMES {
                return Err(Full(what));
            }
        }
        Ok(())
    }

    /// How many entities this layer and those below it name.
    pub(crate) fn entity_count(&self) -> usize {
        self.first_entity + self.entities.len()
    }

    fn add_text(&mut self, text: &Arc<str>) -> Result<Symbol, Full> {
        if let Some(symbol) = self.find_text(text) {
            return Ok(symbol);
        }
        let symbol = Symbol(number(self.first_symbol + self.texts.len(), "texts")?);
        self.texts.push(Arc::clone(text));
        self.symbols.insert(Arc::clone(text), symbol);
        Ok(symbol)
    }

    fn add_entity(&mut self, ty: EntityTypeId, id: Symbol) -> Result<EntityIndex, Full> {
        if let Some(entity) = self.find_entity(ty, id) {
            return Ok(entity);
        }
        let entity = EntityIndex(number(self.entity_count(), "entities")?);
        self.entities.push((ty, id));
        self.indices.insert((ty, id), entity);
        Ok(entity)
    }
}

/// Gives texts and entities their numbers.
pub(crate) trait Intern {
    /// The symbol of a text, a new one if there is none.
    fn symbol(&mut self, text: &Arc<str>) -> Result<Symbol, Full>;

    /// The index of an entity by its type and its id, a new one if there is none.
    fn entity_of(&mut self, ty: EntityTypeId, id: Symbol) -> Result<EntityIndex, Full>;

    /// The index of an entity, a new one if there is none.
    fn entity(&mut self, uid: &EntityUid) -> Result<EntityIndex, Full> {
        let id = self.symbol(&uid.id)?;
        self.entity_of(uid.ty, id)
    }
}

impl Intern for Names {
    fn symbol(&mut self, text: &Arc<str>) -> Result<Symbol, Full> {
        self.add_text(text)
    }

    fn entity_of(&mut self, ty: EntityTypeId, id: Symbol) -> Result<EntityIndex, Full> {
        self.add_entity(ty, id)
    }
}

/// A layer in the making, above one that is finished.
#[derive(Debug)]
pub(crate) struct Layered<'a> {
    /// The finished layer.
    pub(crate) below: &'a Names,
    /// The layer that new texts and entities go to.
    pub(crate) above: &'a mut Names,
}

impl Intern for Layered<'_> {
    fn symbol(&mut self, text: &Arc<str>) -> Result<Symbol, Full> {
        self.below
            .find_text(text)
            .map_or_else(|| self.above.add_text(text), Ok)
    }

    fn entity_of(&mut self, ty: EntityTypeId, id: Symbol) -> Result<EntityIndex, Full> {
        self.below
            .find_entity(ty, id)
            .map_or_else(|| self.above.add_entity(ty, id), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_goes_on_where_the_one_below_ends() {
        let user = EntityTypeId(0);
        let mut below = Names::default();
        let ann = below
            .entity(&EntityUid {
                ty: user,
                id: "ann".into(),
            })
            .unwrap();
        let mut above = below.layer();
        let mut names = Layered {
            below: &below,
            above: &mut above,
        };

        assert_eq!(
            names.entity(&EntityUid {
                ty: user,
                id: "ann".into()
            }),
            Ok(ann)
        );
        let bob = names
            .entity(&EntityUid {
                ty: user,
                id: "bob".into(),
            })
            .unwrap();
        assert_eq!(
            names.entity(&EntityUid {
                ty: user,
                id: "bob".into()
            }),
            Ok(bob)
        );
        let other = names
            .entity(&EntityUid {
                ty: EntityTypeId(1),
                id: "ann".into(),
            })
            .unwrap();
        assert_eq!(
            [ann, bob, other],
            [EntityIndex(0), EntityIndex(1), EntityIndex(2)]
        );

        assert_eq!(below.text(Symbol(0)), Some("ann"));
        assert_eq!(above.text(Symbol(0)), None);
        assert_eq!(above.text(Symbol(1)), Some("bob"));
        assert_eq!(above.entity_id(bob), Some(Symbol(1)));
        assert_eq!(above.entity_id(other), Some(Symbol(0)));
    }
}
