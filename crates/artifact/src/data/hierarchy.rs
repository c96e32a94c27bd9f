//! The faults of a dataset that no single entity shows.

use super::{Dataset, DatasetFault};
use crate::value::EntityUid;

impl Dataset {
    /// Entities that are described twice, and cycles in the hierarchy: of those that share an entity, one. Takes time
    /// in proportion to the entities and their parents, but for sorting them.
    #[must_use]
    pub fn faults(&self) -> Vec<DatasetFault> {
        let mut faults = Vec::new();
        let mut order: Vec<usize> = (0..self.entities.len()).collect();
        let uid = |i: usize| self.entities.get(i).map(|e| &e.uid);
        order.sort_by(|a, b| uid(*a).cmp(&uid(*b)).then(a.cmp(b)));
        let mut unique: Vec<usize> = Vec::with_capacity(order.len());
        for i in order {
            match unique.last() {
                Some(&first) if uid(first) == uid(i) => {
                    faults.push(DatasetFault::Duplicate { first, second: i });
                }
                Some(_) | None => unique.push(i),
            }
        }
        let find = |target: &EntityUid| {
            unique
                .binary_search_by(|i| uid(*i).cmp(&Some(target)))
                .ok()
                .and_then(|at| unique.get(at).copied())
        };
        let parents_of = |i: usize| self.entities.get(i).map_or(&[][..], |e| &e.parents);
        let mut walk = Walk {
            visits: vec![Visit::New; self.entities.len()],
            path: Vec::new(),
        };
        for start in 0..self.entities.len() {
            if walk.enter(start) {
                while let Some(step) = walk.path.last_mut() {
                    let parent = parents_of(step.entity).get(step.next);
                    step.next += 1;
                    match parent {
                        None => walk.leave(),
                        Some(parent) => {
                            if let Some(cycle) = find(parent).and_then(|parent| walk.go_to(parent)) {
                                faults.push(DatasetFault::Cycle(cycle));
                            }
                        }
                    }
                }
            }
        }
        faults
    }
}

/// A walk from entities to their parents, depth first. Not recursive: a hierarchy may be as deep as there are entities.
struct Walk {
    visits: Vec<Visit>,
    path: Vec<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// On the path, at this position.
    Open(usize),
    Done,
}

struct Step {
    entity: usize,
    /// Which of its parents comes next.
    next: usize,
    /// How many entities of the path, up to this one, are in cycles that have been reported.
    reported: usize,
}

impl Walk {
    fn visit(&mut self, entity: usize, visit: Visit) {
        if let Some(slot) = self.visits.get_mut(entity) {
            *slot = visit;
        }
    }

    /// Puts an entity on the path; false where it has been there.
    fn enter(&mut self, entity: usize) -> bool {
        if self.visits.get(entity) != Some(&Visit::New) {
            return false;
        }
        let reported = self.path.last().map_or(0, |step| step.reported);
        self.visit(entity, Visit::Open(self.path.len()));
        self.path.push(Step {
            entity,
            next: 0,
            reported,
        });
        true
    }

    fn leave(&mut self) {
        if let Some(step) = self.path.pop() {
            self.visit(step.entity, Visit::Done);
        }
    }

    /// Goes on to a parent. Where that closes a cycle which shares no entity with one before it, the cycle.
    fn go_to(&mut self, parent: usize) -> Option<Vec<usize>> {
        let from = match self.visits.get(parent)? {
            Visit::New => {
                self.enter(parent);
                return None;
            }
            Visit::Done => return None,
            Visit::Open(from) => *from,
        };
        let reported = |at: usize| self.path.get(at).map_or(0, |step| step.reported);
        let before = from.checked_sub(1).map_or(0, reported);
        if reported(self.path.len().saturating_sub(1)) > before {
            return None;
        }
        let mut cycle = Vec::new();
        for (count, step) in self.path.iter_mut().skip(from).enumerate() {
            step.reported += count + 1;
            cycle.push(step.entity);
        }
        Some(cycle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Entity;
    use crate::testing::GROUP;

    /// Groups by number, each with its parents.
    fn dataset(groups: impl IntoIterator<Item = (usize, Vec<usize>)>) -> Dataset {
        let uid = |n: usize| EntityUid {
            ty: GROUP,
            id: n.to_string().into(),
        };
        let entity = |(n, parents): (usize, Vec<usize>)| Entity {
            uid: uid(n),
            attributes: vec![],
            parents: parents.into_iter().map(uid).collect(),
        };
        Dataset {
            entities: groups.into_iter().map(entity).collect(),
            grants: vec![],
        }
    }

    fn check(groups: &[(usize, &[usize])], expected: &[DatasetFault]) {
        let data = dataset(groups.iter().map(|(n, parents)| (*n, parents.to_vec())));
        assert_eq!(data.faults(), expected, "{groups:?}");
    }

    #[test]
    fn duplicates_and_cycles() {
        let cycle = |entities: &[usize]| DatasetFault::Cycle(entities.to_vec());
        check(&[], &[]);
        check(&[(0, &[1, 2]), (1, &[2, 9]), (2, &[9])], &[]);
        check(
            &[(0, &[]), (1, &[]), (0, &[])],
            &[DatasetFault::Duplicate { first: 0, second: 2 }],
        );
        check(&[(0, &[0])], &[cycle(&[0])]);
        check(&[(0, &[1]), (1, &[2]), (2, &[1])], &[cycle(&[1, 2])]);
        check(&[(0, &[1, 2]), (1, &[0]), (2, &[0])], &[cycle(&[0, 1])]);
        check(
            &[(0, &[1]), (1, &[0, 2]), (2, &[3]), (3, &[2])],
            &[cycle(&[0, 1]), cycle(&[2, 3])],
        );
        check(
            &[(0, &[1]), (1, &[2]), (2, &[3, 2]), (3, &[0])],
            &[cycle(&[0, 1, 2, 3])],
        );
        check(&[(0, &[1]), (1, &[2]), (2, &[2, 3]), (3, &[0])], &[cycle(&[2])]);
    }

    #[test]
    fn every_component_with_a_cycle_is_reported() {
        // All graphs of four entities.
        for edges in 0_u32..1 << 16 {
            let parents = |n: usize| {
                (0..4)
                    .filter(|m| edges & (1 << (4 * n + m)) != 0)
                    .collect::<Vec<usize>>()
            };
            let groups: Vec<(usize, Vec<usize>)> = (0..4).map(|n| (n, parents(n))).collect();
            let mut reach: Vec<Vec<bool>> = groups
                .iter()
                .map(|(_, parents)| (0..4).map(|m| parents.contains(&m)).collect())
                .collect();
            for k in 0..4 {
                for i in 0..4 {
                    for j in 0..4 {
                        reach[i][j] |= reach[i][k] && reach[k][j];
                    }
                }
            }
            let faults = dataset(groups.clone()).faults();
            for (n, around) in reach.iter().enumerate() {
                let reported = faults.iter().any(|fault| match fault {
                    DatasetFault::Cycle(cycle) => cycle.iter().any(|m| *m == n || around[*m] && reach[*m][n]),
                    DatasetFault::Duplicate { .. } => false,
                });
                assert_eq!(reported, around[n], "{groups:?}: {faults:?}");
            }
            for fault in faults {
                let DatasetFault::Cycle(cycle) = fault else {
                    panic!("{fault:?}")
                };
                for (a, b) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                    assert!(groups[*a].1.contains(b), "{groups:?}: {cycle:?}");
                }
            }
        }
    }

    #[test]
    fn a_deep_hierarchy_with_many_cycles() {
        const DEEP: usize = 200_000;
        // Each is in the next one, and also in the one that mirrors it: cycles within cycles.
        let groups = (0..DEEP).map(|n| {
            (
                n,
                if n + 1 < DEEP {
                    vec![n + 1, DEEP - 1 - n]
                } else {
                    vec![0]
                },
            )
        });
        assert!(dataset(groups).faults().len() <= DEEP);
        let chain = (0..DEEP).map(|n| (n, vec![n + 1]));
        assert_eq!(dataset(chain).faults(), []);
    }
}
