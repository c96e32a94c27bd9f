//! Who was granted what, found by subject, role and scope.

use dictum_artifact::schema::RoleId;
use dictum_artifact::value::Timestamp;

use crate::hierarchy::Hierarchy;
use crate::names::{EntityIndex, Full, number};

/// A grant, without its subject. Sorted by role, then scope, grants on anything first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Granted {
    /// The role.
    pub(crate) role: RoleId,
    /// Where it holds; `None` for `on anything`.
    pub(crate) scope: Option<EntityIndex>,
    /// From when it no longer holds.
    pub(crate) until: Until,
}

/// When a grant ends; the later end is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Until {
    /// It holds before this instant.
    Time(Timestamp),
    /// It never ends.
    Forever,
}

impl Until {
    /// Whether a grant holds now. One that ends does not where nobody says what time it is.
    pub(crate) fn is_live(self, now: Option<Timestamp>) -> bool {
        match self {
            Self::Forever => true,
            Self::Time(end) => now.is_some_and(|now| now < end),
        }
    }
}

/// The grants of a store.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// For each entity where its grants start, and the one before's end; one more than there are entities.
    starts: Vec<u32>,
    granted: Vec<Granted>,
}

impl Grants {
    /// The grants to so many entities. Of grants that differ in their end alone the longest is kept.
    pub(crate) fn new(mut grants: Vec<(EntityIndex, Granted)>, entities: usize) -> Result<Self, Full> {
        grants.sort_unstable();
        grants.reverse();
        grants.dedup_by_key(|(subject, granted)| (*subject, granted.role, granted.scope));
        grants.reverse();
        let mut starts = Vec::with_capacity(entities + 1);
        let mut rest = grants
            .iter()
            .map(|(subject, _)| subject.index())
            .enumerate()
            .peekable();
        for entity in 0..=entities {
            while rest.next_if(|(_, subject)| *subject < entity).is_some() {}
            starts.push(number(rest.peek().map_or(grants.len(), |(at, _)| *at), "grants")?);
        }
        Ok(Self {
            starts,
            granted: grants.into_iter().map(|(_, granted)| granted).collect(),
        })
    }

    /// The grants whose subject is this very entity.
    pub(crate) fn of(&self, subject: EntityIndex) -> &[Granted] {
        let bound = |at: usize| self.starts.get(at).map(|start| *start as usize);
        match (bound(subject.index()), bound(subject.index() + 1)) {
            (Some(start), Some(end)) => self.granted.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The grants, live ones or not, that give this very subject one of these roles on a resource.
    pub(crate) fn covering<'g>(
        &'g self,
        hierarchy: &'g Hierarchy,
        subject: EntityIndex,
        roles: &'g [RoleId],
        resource: EntityIndex,
    ) -> impl Iterator<Item = &'g Granted> {
        let covers = move |grant: &&Granted| grant.scope.is_none_or(|scope| hierarchy.is_in(resource, scope));
        let granted = self.of(subject);
        roles
            .iter()
            .flat_map(move |role| with_role(granted, *role))
            .filter(covers)
    }

    /// Whether a live grant gives the principal one of these roles on the resource.
    pub(crate) fn hold(
        &self,
        hierarchy: &Hierarchy,
        principal: EntityIndex,
        roles: &[RoleId],
        resource: EntityIndex,
        now: Option<Timestamp>,
    ) -> bool {
        let covering = |granted: &[Granted]| {
            let live = |scope| {
                let found = granted.binary_search_by_key(&scope, |grant| grant.scope).ok();
                found
                    .and_then(|at| granted.get(at))
                    .is_some_and(|grant| grant.until.is_live(now))
            };
            let ancestors = hierarchy.of(resource);
            if granted.len() <= ancestors.len() {
                granted.iter().any(|grant| {
                    grant.scope.is_none_or(|scope| hierarchy.is_in(resource, scope))
                        && grant.until.is_live(now)
                })
            } else {
                live(None) || live(Some(resource)) || ancestors.iter().any(|scope| live(Some(*scope)))
            }
        };
        let gives = |subject: EntityIndex| {
            let granted = self.of(subject);
            !granted.is_empty() && roles.iter().any(|role| covering(with_role(granted, *role)))
        };
        gives(principal) || hierarchy.of(principal).iter().any(|subject| gives(*subject))
    }
}

/// The grants of one role among sorted ones.
fn with_role(granted: &[Granted], role: RoleId) -> &[Granted] {
    let start = granted.partition_point(|grant| grant.role < role);
    let end = granted.partition_point(|grant| grant.role <= role);
    granted.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: RoleId = RoleId(0);
    const WRITER: RoleId = RoleId(1);

    fn grant(subject: u32, role: RoleId, scope: Option<u32>, until: Option<i64>) -> (EntityIndex, Granted) {
        let until = until.map_or(Until::Forever, |t| Until::Time(Timestamp(t)));
        (
            EntityIndex(subject),
            Granted {
                role,
                scope: scope.map(EntityIndex),
                until,
            },
        )
    }

    /// Entities 0 and 1 are people, 0 in the group 2; 3 is a document in the folder 4, which is in the folder 5.
    fn holds(
        grants: &[(EntityIndex, Granted)],
        principal: u32,
        roles: &[RoleId],
        resource: u32,
        now: Option<i64>,
    ) -> bool {
        let parents = [vec![2], vec![], vec![], vec![4], vec![5], vec![]];
        let parents = parents.map(|of| of.into_iter().map(EntityIndex).collect::<Vec<_>>());
        let hierarchy = Hierarchy::new(&parents).unwrap();
        let grants = Grants::new(grants.to_vec(), parents.len()).unwrap();
        let (principal, resource) = (EntityIndex(principal), EntityIndex(resource));
        grants.hold(&hierarchy, principal, roles, resource, now.map(Timestamp))
    }

    #[test]
    fn a_grant_is_to_all_in_its_subject_and_on_all_in_its_scope() {
        let to_group_on_folder = [grant(2, READER, Some(5), None)];
        assert!(holds(&to_group_on_folder, 0, &[READER], 3, None));
        assert!(holds(&to_group_on_folder, 2, &[READER], 5, None));
        assert!(!holds(&to_group_on_folder, 1, &[READER], 3, None));
        assert!(!holds(&to_group_on_folder, 0, &[WRITER], 3, None));
        assert!(holds(&to_group_on_folder, 0, &[READER, WRITER], 3, None));
        let to_person_on_document = [grant(0, READER, Some(3), None)];
        assert!(holds(&to_person_on_document, 0, &[READER], 3, None));
        assert!(!holds(&to_person_on_document, 0, &[READER], 4, None));
        assert!(!holds(&to_person_on_document, 2, &[READER], 3, None));
    }

    #[test]
    fn a_grant_on_anything_reaches_entities_that_nobody_knows() {
        let on_anything = [grant(2, READER, None, None)];
        assert!(holds(&on_anything, 0, &[READER], 99, None));
        assert!(!holds(&on_anything, 98, &[READER], 99, None));
    }

    #[test]
    fn a_grant_is_over_at_its_end() {
        let until_ten = [grant(0, READER, Some(4), Some(10))];
        assert!(holds(&until_ten, 0, &[READER], 3, Some(9)));
        assert!(!holds(&until_ten, 0, &[READER], 3, Some(10)));
        assert!(!holds(&until_ten, 0, &[READER], 3, None));
    }

    #[test]
    fn of_two_ends_the_later_counts() {
        for (a, b) in [
            (Some(5), Some(10)),
            (Some(10), Some(5)),
            (Some(5), None),
            (None, Some(5)),
        ] {
            let two = [grant(0, READER, Some(4), a), grant(0, READER, Some(4), b)];
            assert!(holds(&two, 0, &[READER], 3, Some(9)), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn many_scopes_are_searched_rather_than_walked() {
        let mut many: Vec<_> = (100..200)
            .map(|scope| grant(0, READER, Some(scope), None))
            .collect();
        assert!(!holds(&many, 0, &[READER], 3, None));
        many.push(grant(0, READER, Some(5), None));
        assert!(holds(&many, 0, &[READER], 3, None));
    }
}
