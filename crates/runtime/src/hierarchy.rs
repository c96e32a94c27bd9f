//! Who is in what: the ancestors of each entity, through any number of levels, computed once when a store is made.

use crate::names::{EntityIndex, Full, number};

/// How many ancestors an entity may have.
pub const MAX_ANCESTORS: usize = 4_096;

/// How many ancestors all entities of a store may have together.
pub const MAX_TOTAL_ANCESTORS: usize = 1 << 28;

/// The ancestors of each entity.
#[derive(Debug, Default)]
pub(crate) struct Hierarchy {
    /// Where the ancestors of each entity start.
    starts: Vec<u32>,
    /// Where they end.
    ends: Vec<u32>,
    /// The ancestors, those of each entity sorted.
    ancestors: Vec<EntityIndex>,
}

/// Why there is no such hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HierarchyFault {
    /// This entity has more than [`MAX_ANCESTORS`].
    Deep(EntityIndex),
    /// This entity is in itself.
    Cycle(EntityIndex),
    /// All entities together have too many.
    Full(Full),
}

impl Hierarchy {
    /// The hierarchy in which each entity has these direct parents.
    ///
    /// Depth first and without recursion: a hierarchy may be as deep as there are entities.
    pub(crate) fn new(parents: &[Vec<EntityIndex>]) -> Result<Self, HierarchyFault> {
        let mut hierarchy = Self {
            starts: vec![0; parents.len()],
            ends: vec![0; parents.len()],
            ancestors: Vec::new(),
        };
        let mut progress = vec![Progress::New; parents.len()];
        let mut seen = Seen(vec![0; parents.len()]);
        let mut path: Vec<(EntityIndex, usize)> = Vec::new();
        for start in 0..parents.len() {
            let start = EntityIndex(number(start, "entities").map_err(HierarchyFault::Full)?);
            path.push((start, 0));
            while let Some((entity, next)) = path.last_mut() {
                let Some(state) = progress.get_mut(entity.index()) else {
                    path.pop();
                    continue;
                };
                match (*state, *next) {
                    (Progress::Done, _) => {
                        path.pop();
                        continue;
                    }
                    (Progress::Open, 0) => return Err(HierarchyFault::Cycle(*entity)),
                    (Progress::New | Progress::Open, _) => *state = Progress::Open,
                }
                let direct = parents.get(entity.index()).map(Vec::as_slice).unwrap_or_default();
                if let Some(parent) = direct.get(*next) {
                    *next += 1;
                    path.push((*parent, 0));
                } else {
                    hierarchy.add(*entity, direct, &mut seen)?;
                    *state = Progress::Done;
                }
            }
        }
        Ok(hierarchy)
    }

    /// Adds the ancestors of an entity whose parents have theirs.
    fn add(
        &mut self,
        entity: EntityIndex,
        parents: &[EntityIndex],
        seen: &mut Seen,
    ) -> Result<(), HierarchyFault> {
        let mut all: Vec<EntityIndex> = Vec::new();
        for parent in parents {
            // What one parent is in, another one's ancestors hold already.
            if !seen.is_new(*parent, entity) {
                continue;
            }
            all.push(*parent);
            all.extend(
                self.of(*parent)
                    .iter()
                    .filter(|above| seen.is_new(**above, entity)),
            );
            if all.len() > MAX_ANCESTORS {
                return Err(HierarchyFault::Deep(entity));
            }
        }
        all.sort_unstable();
        let full = HierarchyFault::Full(Full("ancestors"));
        let (start, end) = (self.ancestors.len(), self.ancestors.len() + all.len());
        if end > MAX_TOTAL_ANCESTORS {
            return Err(full);
        }
        self.ancestors.extend(all);
        let bounds = self
            .starts
            .get_mut(entity.index())
            .zip(self.ends.get_mut(entity.index()));
        if let Some((starts, ends)) = bounds {
            *starts = number(start, "ancestors").map_err(|_| full)?;
            *ends = number(end, "ancestors").map_err(|_| full)?;
        }
        Ok(())
    }

    /// All that an entity is in, itself left out, sorted. Nothing for an entity that only a request names.
    pub(crate) fn of(&self, entity: EntityIndex) -> &[EntityIndex] {
        let start = self.starts.get(entity.index()).map_or(0, |start| *start as usize);
        let end = self.ends.get(entity.index()).map_or(0, |end| *end as usize);
        self.ancestors.get(start..end).unwrap_or_default()
    }

    /// Whether an entity is another one, or in it.
    pub(crate) fn is_in(&self, entity: EntityIndex, ancestor: EntityIndex) -> bool {
        entity == ancestor || self.of(entity).binary_search(&ancestor).is_ok()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Open,
    Done,
}

/// For which entity each entity was met last, as a number from 1.
struct Seen(Vec<u32>);

impl Seen {
    /// Whether an ancestor is met for the first time for this entity.
    fn is_new(&mut self, ancestor: EntityIndex, entity: EntityIndex) -> bool {
        let round = number(entity.index() + 1, "entities").unwrap_or(u32::MAX);
        let last = self.0.get_mut(ancestor.index());
        last.is_some_and(|last| std::mem::replace(last, round) != round)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hierarchy(parents: &[&[u32]]) -> Result<Hierarchy, HierarchyFault> {
        let parents: Vec<Vec<EntityIndex>> = parents
            .iter()
            .map(|of| of.iter().copied().map(EntityIndex).collect())
            .collect();
        Hierarchy::new(&parents)
    }

    fn ancestors(hierarchy: &Hierarchy, entity: u32) -> Vec<u32> {
        hierarchy
            .of(EntityIndex(entity))
            .iter()
            .map(|ancestor| ancestor.0)
            .collect()
    }

    /// Each of these many in the next one.
    fn chain(length: u32) -> Vec<Vec<EntityIndex>> {
        (1..=length)
            .map(|next| {
                if next < length {
                    vec![EntityIndex(next)]
                } else {
                    vec![]
                }
            })
            .collect()
    }

    #[test]
    fn ancestors_are_transitive_sorted_and_unique() {
        let diamond = hierarchy(&[&[2, 1], &[3], &[3, 3], &[4], &[], &[0]]).unwrap();
        assert_eq!(ancestors(&diamond, 0), [1, 2, 3, 4]);
        assert_eq!(ancestors(&diamond, 5), [0, 1, 2, 3, 4]);
        assert!(ancestors(&diamond, 4).is_empty());
        assert!(
            diamond.is_in(EntityIndex(5), EntityIndex(4)) && !diamond.is_in(EntityIndex(4), EntityIndex(5))
        );
        assert!(ancestors(&diamond, 99).is_empty());
        assert!(
            diamond.is_in(EntityIndex(99), EntityIndex(99))
                && !diamond.is_in(EntityIndex(99), EntityIndex(0))
        );
    }

    #[test]
    fn a_cycle_is_found() {
        assert_eq!(
            hierarchy(&[&[0]]).unwrap_err(),
            HierarchyFault::Cycle(EntityIndex(0))
        );
        assert_eq!(
            hierarchy(&[&[1], &[2], &[1]]).unwrap_err(),
            HierarchyFault::Cycle(EntityIndex(1))
        );
    }

    #[test]
    fn a_chain_may_be_as_long_as_the_limit() {
        let longest = u32::try_from(MAX_ANCESTORS).unwrap() + 1;
        let hierarchy = Hierarchy::new(&chain(longest)).unwrap();
        assert_eq!(hierarchy.of(EntityIndex(0)).len(), MAX_ANCESTORS);
        assert_eq!(
            Hierarchy::new(&chain(longest + 1)).unwrap_err(),
            HierarchyFault::Deep(EntityIndex(0))
        );
    }

    #[test]
    fn a_chain_far_too_long_is_an_error_and_no_overflow() {
        assert!(matches!(
            Hierarchy::new(&chain(1_000_000)),
            Err(HierarchyFault::Deep(_))
        ));
    }

    #[test]
    fn many_parents_in_common_ancestors_are_counted_once() {
        let shared = chain(4_000);
        let mut parents = shared.clone();
        parents.push((0..4_000).map(EntityIndex).collect());
        let hierarchy = Hierarchy::new(&parents).unwrap();
        assert_eq!(hierarchy.of(EntityIndex(4_000)).len(), 4_000);
    }
}
