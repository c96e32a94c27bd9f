//! Grants in the data of a store that `exclusive` roles forbid: those that give one principal two of them on one resource.
//!
//! A grant reaches the principals in its subject and the resources in its scope, so which pairs meet depends on both
//! hierarchies. Entities that are in the same subjects of grants that matter are one class, and so are resources of a type in
//! the same scopes; there are about as many classes as grants, however many entities there are. For each class of
//! principals, the classes of resources are looked at that the grants of the one role reach, or of the other, whichever are
//! fewer. Work is counted, and ends at [`MAX_WORK`].

use dictum_artifact::data::{Dataset, Scope};
use dictum_artifact::schema::{EntityTypeId, RoleId, Schema};
use dictum_artifact::value::EntityUid;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::program::Exclusive;

/// How many conflicts are found before the search ends.
pub const MAX_CONFLICTS: usize = 1_000;

/// How many steps a search takes before it gives up; some seconds.
const MAX_WORK: u64 = 100_000_000;

/// Two grants (or one that carries two roles) that give a principal two roles on a resource that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What they conflict with, among the exclusive roles.
    pub exclusive: usize,
    /// The roles.
    pub roles: [RoleId; 2],
    /// The grants that give them, in [`Dataset::grants`].
    pub grants: [usize; 2],
    /// A principal that gets both.
    pub principal: EntityUid,
    /// A resource on which it does.
    pub resource: EntityUid,
}

/// The conflicts of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// Each pair of grants once for each pair of roles.
    pub found: Vec<Conflict>,
    /// Whether these are all.
    pub is_whole: bool,
}

/// Finds the grants that give exclusive roles, whether they have ended or not, to an entity that the data describes or names.
/// The data is without faults. Roles that are `held when` a condition is true are no grants, and not looked at.
#[must_use]
pub fn conflicts(schema: &Schema, exclusives: &[Exclusive], data: &Dataset) -> Conflicts {
    search(schema, exclusives, data).0
}

/// The same, and the work that it took.
fn search(schema: &Schema, exclusives: &[Exclusive], data: &Dataset) -> (Conflicts, u64) {
    let mut search = Search {
        schema,
        data,
        entities: Entities::default(),
        work: 0,
        found: Vec::new(),
    };
    if !exclusives.is_empty() {
        search.entities = Entities::of(data);
    }
    let mut is_whole = true;
    for (at, exclusive) in exclusives.iter().enumerate() {
        for (first, a) in exclusive.roles.iter().enumerate() {
            for b in exclusive.roles.iter().skip(first + 1) {
                is_whole &= search.pair(at, exclusive, [*a, *b]).is_some();
            }
        }
    }
    let conflicts = Conflicts {
        found: search.found,
        is_whole,
    };
    (conflicts, search.work)
}

/// All entities of a dataset, as numbers.
#[derive(Default)]
struct Entities<'a> {
    uids: Vec<&'a EntityUid>,
    numbers: FxHashMap<&'a EntityUid, u32>,
    parents: Vec<Vec<u32>>,
    /// All of them, parents first.
    order: Vec<u32>,
}

impl<'a> Entities<'a> {
    fn of(data: &'a Dataset) -> Self {
        let mut entities = Self::default();
        for entity in &data.entities {
            let number = entities.number(&entity.uid);
            let parents = entity
                .parents
                .iter()
                .map(|parent| entities.number(parent))
                .collect();
            entities.parents[number as usize] = parents;
        }
        for grant in &data.grants {
            entities.number(&grant.subject);
            if let Scope::Entity(scope) = &grant.scope {
                entities.number(scope);
            }
        }
        entities.sort();
        entities
    }

    fn number(&mut self, uid: &'a EntityUid) -> u32 {
        *self.numbers.entry(uid).or_insert_with(|| {
            self.uids.push(uid);
            self.parents.push(Vec::new());
            u32::try_from(self.uids.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Puts parents before what is in them; without recursion, as a hierarchy may be as deep as there are entities.
    fn sort(&mut self) {
        let mut met = vec![false; self.uids.len()];
        let mut path: Vec<(u32, usize)> = Vec::new();
        for start in 0..self.uids.len() {
            if std::mem::replace(&mut met[start], true) {
                continue;
            }
            path.push((u32::try_from(start).unwrap_or(u32::MAX), 0));
            while let Some((entity, next)) = path.last_mut() {
                match self.parents[*entity as usize].get(*next) {
                    Some(parent) => {
                        *next += 1;
                        if !std::mem::replace(&mut met[*parent as usize], true) {
                            path.push((*parent, 0));
                        }
                    }
                    None => {
                        self.order.push(*entity);
                        path.pop();
                    }
                }
            }
        }
    }

    /// For each entity the set of those of `marked` that it is or is in, as a number; and the sets, sorted.
    fn within(&self, marked: &FxHashSet<u32>, work: &mut u64) -> Option<(Vec<u32>, Vec<Vec<u32>>)> {
        let mut sets: Vec<Vec<u32>> = vec![Vec::new()];
        let mut known: FxHashMap<Vec<u32>, u32> = FxHashMap::from_iter([(Vec::new(), 0)]);
        let mut of = vec![0; self.uids.len()];
        for entity in &self.order {
            let mut all: Vec<u32> = Vec::new();
            let mut above: Vec<u32> = self.parents[*entity as usize]
                .iter()
                .map(|parent| of[*parent as usize])
                .collect();
            above.sort_unstable();
            above.dedup();
            spend(work, 1)?;
            if let ([one], false) = (above.as_slice(), marked.contains(entity)) {
                of[*entity as usize] = *one;
                continue;
            }
            for set in above {
                all.extend(&sets[set as usize]);
            }
            all.extend(marked.get(entity));
            all.sort_unstable();
            all.dedup();
            spend(work, all.len())?;
            of[*entity as usize] = *known.entry(all).or_insert_with_key(|all| {
                sets.push(all.clone());
                u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
            });
        }
        Some((of, sets))
    }
}

/// A grant of one of two roles: where it holds (`None` is anything), and which it is.
type Held = (Option<u32>, usize);

/// Resources of a type in the same scopes of grants that matter.
struct Resources {
    scopes: Vec<u32>,
    example: u32,
}

struct Search<'a> {
    schema: &'a Schema,
    data: &'a Dataset,
    entities: Entities<'a>,
    work: u64,
    found: Vec<Conflict>,
}

fn spend(work: &mut u64, steps: usize) -> Option<()> {
    *work = work.saturating_add(u64::try_from(steps).unwrap_or(u64::MAX));
    (*work <= MAX_WORK).then_some(())
}

impl Search<'_> {
    /// Finds the conflicts of two roles; `None` where not all could be found.
    fn pair(&mut self, at: usize, exclusive: &Exclusive, roles: [RoleId; 2]) -> Option<()> {
        let defs = [self.schema.role(roles[0])?, self.schema.role(roles[1])?];
        let is_on = |ty: &EntityTypeId| defs.iter().all(|def| def.on.contains(ty));
        let types: FxHashSet<EntityTypeId> = exclusive.types.iter().copied().filter(is_on).collect();
        // The grants of each role, by their subject.
        let mut grants: [FxHashMap<u32, Vec<Held>>; 2] = Default::default();
        let (mut subjects, mut scopes) = (FxHashSet::default(), FxHashSet::default());
        for (index, grant) in self.data.grants.iter().enumerate() {
            let subject = self.entities.numbers.get(&grant.subject).copied()?;
            let scope = match &grant.scope {
                Scope::Anything => None,
                Scope::Entity(uid) => Some(self.entities.numbers.get(uid).copied()?),
            };
            for (held, def) in grants.iter_mut().zip(defs) {
                if def.carriers.binary_search(&grant.role).is_ok() {
                    held.entry(subject).or_default().push((scope, index));
                    subjects.insert(subject);
                    scopes.extend(scope);
                }
            }
        }
        if grants.iter().any(FxHashMap::is_empty) || types.is_empty() {
            return Some(());
        }
        let (of_principal, subject_sets) = self.entities.within(&subjects, &mut self.work)?;
        let reach = self.reach(&types, &scopes)?;
        let principals: FxHashSet<EntityTypeId> = self.schema.principals().collect();
        let mut asked = vec![false; subject_sets.len()];
        let mut met = FxHashSet::default();
        for (number, uid) in self.entities.uids.iter().enumerate() {
            let set = of_principal[number] as usize;
            if !principals.contains(&uid.ty) || std::mem::replace(&mut asked[set], true) {
                continue;
            }
            let held = [&grants[0], &grants[1]].map(|grants| {
                let of_set = subject_sets[set].iter().filter_map(|subject| grants.get(subject));
                of_set.flatten().copied().collect::<Vec<Held>>()
            });
            spend(&mut self.work, 1 + held[0].len() + held[1].len())?;
            if held.iter().any(Vec::is_empty) {
                continue;
            }
            let meetings = reach.meetings(&held, &mut self.work)?;
            for (pair, resource) in meetings {
                if !met.insert(pair) {
                    continue;
                }
                if self.found.len() == MAX_CONFLICTS {
                    return None;
                }
                self.found.push(Conflict {
                    exclusive: at,
                    roles,
                    grants: pair,
                    principal: (*uid).clone(),
                    resource: self.entities.uids[resource as usize].clone(),
                });
            }
        }
        Some(())
    }

    /// The classes of resources of these types, and which of them each scope reaches.
    fn reach(&mut self, types: &FxHashSet<EntityTypeId>, scopes: &FxHashSet<u32>) -> Option<Reach> {
        let (of, sets) = self.entities.within(scopes, &mut self.work)?;
        let mut reach = Reach::default();
        let mut known = vec![false; sets.len()];
        for (number, uid) in (0..).zip(&self.entities.uids) {
            let set = of[number as usize] as usize;
            if !types.contains(&uid.ty) || std::mem::replace(&mut known[set], true) {
                continue;
            }
            let scopes = sets[set].clone();
            spend(&mut self.work, 1 + scopes.len())?;
            for scope in &scopes {
                reach
                    .of_scope
                    .entry(*scope)
                    .or_default()
                    .push(reach.classes.len());
            }
            reach.classes.push(Resources {
                scopes,
                example: number,
            });
        }
        Some(reach)
    }
}

#[derive(Default)]
struct Reach {
    classes: Vec<Resources>,
    /// The classes that each scope reaches.
    of_scope: FxHashMap<u32, Vec<usize>>,
}

impl Reach {
    /// The pairs of grants of two roles that meet on a resource, each with one.
    fn meetings(&self, held: &[Vec<Held>; 2], work: &mut u64) -> Option<Vec<([usize; 2], u32)>> {
        let by_scope = held.each_ref().map(|held| {
            let mut by_scope: FxHashMap<Option<u32>, Vec<usize>> = FxHashMap::default();
            for (scope, grant) in held {
                by_scope.entry(*scope).or_default().push(*grant);
            }
            by_scope
        });
        let count = |held: &[Held]| -> usize {
            let of = |scope: &Option<u32>| match scope {
                Some(scope) => self.of_scope.get(scope).map_or(0, Vec::len),
                None => self.classes.len(),
            };
            held.iter().map(|(scope, _)| of(scope)).sum()
        };
        let fewer = if count(&held[0]) <= count(&held[1]) {
            &held[0]
        } else {
            &held[1]
        };
        let mut reached: Vec<usize> = Vec::new();
        let mut scopes: Vec<Option<u32>> = fewer.iter().map(|(scope, _)| *scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        for scope in scopes {
            match scope {
                Some(scope) => reached.extend(self.of_scope.get(&scope).into_iter().flatten()),
                None => reached.extend(0..self.classes.len()),
            }
        }
        spend(work, reached.len())?;
        reached.sort_unstable();
        reached.dedup();
        let mut met: FxHashSet<[usize; 2]> = FxHashSet::default();
        let mut meetings = Vec::new();
        for class in reached {
            let Resources { scopes, example } = &self.classes[class];
            let here = by_scope.each_ref().map(|by_scope| {
                let scopes = scopes.iter().map(|scope| Some(*scope)).chain([None]);
                scopes
                    .filter_map(|scope| by_scope.get(&scope))
                    .flatten()
                    .copied()
                    .collect::<Vec<usize>>()
            });
            spend(work, scopes.len() + here[0].len().saturating_mul(here[1].len()))?;
            for a in &here[0] {
                for b in &here[1] {
                    // Beyond this many, the search ends anyway.
                    if met.len() <= MAX_CONFLICTS && met.insert([*a, *b]) {
                        meetings.push(([*a, *b], *example));
                    }
                }
            }
        }
        Some(meetings)
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::data::{Entity, Grant};
    use dictum_artifact::json::read_dataset;
    use dictum_syntax::source::Sources;

    use super::*;
    use crate::Program;

    const POLICY: &str = "
        entity User in Group
        entity Group in Group
        entity Invoice in Folder
        entity Report in Folder
        entity Folder in Folder
        context { now: Timestamp }
        action request, approve, audit by User on Invoice
        action read by User on Report
        role requester on Invoice, Report { request }
        role approver on Invoice, Report { approve }
        role auditor on Invoice { audit }
        role chief on Invoice includes approver { }
        role both on Invoice includes approver, requester { }
        separate: exclusive requester, approver, auditor on Invoice
    ";

    fn program() -> Program {
        let mut sources = Sources::new();
        sources.add("test.dictum", POLICY);
        let (program, diagnostics) = crate::compile(&sources);
        program.unwrap_or_else(|| panic!("{diagnostics:#?}"))
    }

    /// The conflicts as `grant grant principal resource`, of grants as `role subject scope`.
    fn check(entities: &[(&str, &[&str])], grants: &[&str], expected: &[&str]) {
        let program = program();
        let uid = |name: &str| {
            let ty = match name.as_bytes().first() {
                Some(b'u') => "User",
                Some(b'g') => "Group",
                Some(b'i') => "Invoice",
                Some(b'r') => "Report",
                _ => "Folder",
            };
            EntityUid {
                ty: program.schema.find_entity_type(ty).unwrap(),
                id: name.into(),
            }
        };
        let grant = |text: &&str| {
            let parts: Vec<&str> = text.split(' ').collect();
            let scope = match parts[2] {
                "anything" => Scope::Anything,
                scope => Scope::Entity(uid(scope)),
            };
            Grant {
                role: program.schema.find_role(parts[0]).unwrap(),
                subject: uid(parts[1]),
                scope,
                until: None,
            }
        };
        let entity = |(name, parents): &(&str, &[&str])| Entity {
            uid: uid(name),
            attributes: vec![],
            parents: parents.iter().map(|parent| uid(parent)).collect(),
        };
        let data = Dataset {
            entities: entities.iter().map(entity).collect(),
            grants: grants.iter().map(grant).collect(),
        };
        let conflicts = conflicts(&program.schema, &program.exclusives, &data);
        assert!(conflicts.is_whole);
        let told: Vec<String> = conflicts
            .found
            .iter()
            .map(|found| {
                let [a, b] = found.grants;
                format!("{a} {b} {} {}", found.principal.id, found.resource.id)
            })
            .collect();
        assert_eq!(told, expected, "{grants:?}");
    }

    #[test]
    fn grants_meet_directly_and_through_groups_folders_and_inclusion() {
        let entities: &[(&str, &[&str])] = &[
            ("ua", &["ga"]),
            ("ub", &["gb"]),
            ("uc", &["ga", "gb"]),
            ("ga", &["gall"]),
            ("gb", &[]),
            ("gall", &[]),
            ("i1", &["f1"]),
            ("i2", &["f2"]),
            ("r1", &["f3"]),
            ("f1", &["f"]),
            ("f2", &["f"]),
            ("f3", &[]),
            ("f", &[]),
        ];
        let check = |grants: &[&str], expected: &[&str]| check(entities, grants, expected);
        check(&["requester ua i1", "approver ua i1"], &["0 1 ua i1"]);
        check(&["requester ua i1", "approver ua i2", "approver ub i1"], &[]);
        check(&["requester gall f", "approver ua i2"], &["0 1 ua i2"]);
        check(&["requester ga f1", "approver gb f"], &["0 1 uc i1"]);
        check(&["requester ga anything", "approver gb anything"], &["0 1 uc i1"]);
        // A folder of no invoices, a principal of another type.
        check(&["requester ga f3", "approver gb f3"], &[]);
        check(&["requester ga f3", "approver gb anything"], &[]);
        check(&["requester gall f", "approver gb i1"], &["0 1 uc i1"]);
        // Roles that include one, and one that includes both.
        check(&["chief ua f", "requester ua i1"], &["1 0 ua i1"]);
        check(&["both ua i1"], &["0 0 ua i1"]);
        // Each pair of roles.
        check(
            &["auditor ua i1", "approver ua f1", "requester gall anything"],
            &["2 1 ua i1", "2 0 ua i1", "1 0 ua i1"],
        );
        // What is named only in grants is not described, and may be asked for all the same.
        check(&["requester ux ix", "approver ux ix"], &["0 1 ux ix"]);
        // Types that the declaration does not list.
        check(&["requester ua r1", "approver ua r1"], &[]);
    }

    #[test]
    fn data_says_what_conflicts() {
        let program = program();
        let text = r#"{"grants": [
            {"role": "requester", "subject": {"type": "User", "id": "u"}, "resource": {"type": "Invoice", "id": "i"}, "until": "2020-01-01T00:00:00Z"},
            {"role": "approver", "subject": {"type": "User", "id": "u"}, "resource": "anything"}]}"#;
        let data = read_dataset(&program.schema, &[("data.json", text)]).unwrap();
        let conflicts = conflicts(&program.schema, &program.exclusives, &data);
        assert_eq!(conflicts.found.len(), 1);
        assert_eq!(program.exclusives[0].label, "separate");
    }

    /// Many grants that share nothing, and a root that all of them are in.
    #[test]
    fn work_grows_with_the_grants_and_not_with_their_pairs() {
        let program = program();
        let find = |name: &str| program.schema.find_entity_type(name).unwrap();
        let uid = |ty: &str, n: usize| EntityUid {
            ty: find(ty),
            id: n.to_string().into(),
        };
        let role = |name: &str| program.schema.find_role(name).unwrap();
        let mut data = Dataset::default();
        for n in 0..50_000 {
            data.entities.push(Entity {
                uid: uid("User", n),
                attributes: vec![],
                parents: vec![uid("Group", n % 100)],
            });
            data.entities.push(Entity {
                uid: uid("Invoice", n),
                attributes: vec![],
                parents: vec![uid("Folder", 0)],
            });
            for (name, other) in [("requester", n), ("approver", (n + 7) % 50_000)] {
                data.grants.push(Grant {
                    role: role(name),
                    subject: uid("User", n),
                    scope: Scope::Entity(uid("Invoice", other)),
                    until: None,
                });
            }
        }
        let (none, work) = search(&program.schema, &program.exclusives, &data);
        assert!(none.is_whole && none.found.is_empty());
        assert!(work < 3_000_000, "{work}");
        data.grants.push(Grant {
            role: role("approver"),
            subject: uid("Group", 3),
            scope: Scope::Entity(uid("Folder", 0)),
            until: None,
        });
        let (many, work) = search(&program.schema, &program.exclusives, &data);
        assert_eq!((many.is_whole, many.found.len()), (true, 500));
        assert!(work < 3_000_000, "{work}");
    }
}
