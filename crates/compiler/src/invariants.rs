//! Invariants tried on the requests of a program's fixtures: `never` and `always` claim something of every possible request,
//! and a fixture is a source of some of them.
//!
//! Of each fixture, all principals that it describes, or that its tests name, are tried with all actions on all such
//! resources, in every context that a test of the package gives an action of that kind, and in those that differ from one of
//! these in one field of few values: a `Bool`, an enum, or one that may be absent. So are the requests of the fixture's own
//! tests. That an invariant holds of these does not prove it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dictum_artifact::data::{Attributes, Dataset, Request};
use dictum_artifact::schema::{EntityTypeId, RecordId, Schema, ShapeId, Type};
use dictum_artifact::value::{EntityUid, Value};

use crate::program::{Invariant, Program};
use crate::reference::{Outcome, Reference};

/// How many requests of a fixture an invariant is tried on.
pub const MAX_REQUESTS: usize = 20_000;

/// How many names of an enum are tried.
const MAX_VARIANTS: usize = 16;

/// What trying an invariant on a fixture came to.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The invariant, in [`Program::invariants`].
    pub invariant: usize,
    /// The fixture, in [`Program::fixtures`]; `None` for the empty store.
    pub fixture: Option<usize>,
    /// On how many requests that it speaks of.
    pub requests: usize,
    /// The first request that it does not hold of, and how that is decided.
    pub violation: Option<(Request, Outcome)>,
}

/// Tries all invariants on all fixtures; where there are none, on the empty store, which requests of tests are over then.
#[must_use]
pub fn try_all(program: &Program) -> Vec<Trial> {
    if program.invariants.is_empty() {
        return Vec::new();
    }
    let contexts = Contexts::of(program);
    let empty = Dataset::default();
    let mut stores: Vec<(Option<usize>, &Dataset)> = program
        .fixtures
        .iter()
        .enumerate()
        .map(|(at, fixture)| (Some(at), &fixture.data))
        .collect();
    if program.tests.iter().any(|test| test.fixture.is_none()) || stores.is_empty() {
        stores.push((None, &empty));
    }
    let mut trials = Vec::new();
    for (fixture, data) in stores {
        let reference = Reference::new(program, data);
        let tests = program.tests.iter().filter(|test| test.fixture == fixture);
        let asked: Vec<&Request> = tests
            .flat_map(|test| test.cases.iter().map(|case| &case.request))
            .collect();
        let people = Described::of(&program.schema, data, asked.iter().copied());
        for (at, invariant) in program.invariants.iter().enumerate() {
            let tried = asked.iter().copied().cloned();
            let made = invariant
                .cases
                .iter()
                .flat_map(|case| people.requests(&program.schema, &contexts, case.shape));
            let mut trial = Trial {
                invariant: at,
                fixture,
                requests: 0,
                violation: None,
            };
            for request in tried.chain(made).take(MAX_REQUESTS) {
                if !speaks_of(program, &reference, invariant, &request) {
                    continue;
                }
                trial.requests += 1;
                if let Ok(outcome) = reference.decide(&request)
                    && outcome.allowed != invariant.always
                {
                    trial.violation = Some((request, outcome));
                    break;
                }
            }
            trials.push(trial);
        }
    }
    trials
}

/// Whether an invariant says something of a request. What is undefined exempts no request from a `never`, as it exempts
/// none from a forbid; an `always` speaks only of requests of which its conditions are true.
fn speaks_of(program: &Program, reference: &Reference<'_>, invariant: &Invariant, request: &Request) -> bool {
    let Ok(shape) = dictum_artifact::data::check_request(&program.schema, request) else {
        return false;
    };
    let at = invariant.cases.binary_search_by_key(&shape, |case| case.shape);
    let Some(case) = at.ok().and_then(|at| invariant.cases.get(at)) else {
        return false;
    };
    if reference.truth(request, case.head) != Some(true) {
        return false;
    }
    let condition = reference.truth(request, case.condition);
    if invariant.always {
        condition == Some(true)
    } else {
        condition != Some(false)
    }
}

/// The contexts that tests give, by their record types.
struct Contexts(BTreeMap<RecordId, BTreeSet<Attributes>>);

impl Contexts {
    fn of(program: &Program) -> Self {
        let mut contexts: BTreeMap<RecordId, BTreeSet<Attributes>> = BTreeMap::new();
        for request in program
            .tests
            .iter()
            .flat_map(|test| &test.cases)
            .map(|case| &case.request)
        {
            let record = program.schema.action(request.action).and_then(|def| def.context);
            if let Some(record) = record {
                let known = contexts.entry(record).or_default();
                if known.insert(request.context.clone()) {
                    known.extend(near(&program.schema, record, &request.context));
                }
            }
        }
        // Where all may be left out, nothing is a context too.
        for record in program.schema.actions.iter().filter_map(|def| def.context) {
            if let Some(fields) = program.schema.record(record)
                && fields.iter().all(|field| field.optional)
            {
                let nothing = fields.iter().map(|_| None).collect();
                contexts.entry(record).or_default().insert(nothing);
            }
        }
        Self(contexts)
    }
}

/// The contexts that differ from one in a field that has few values.
fn near(schema: &Schema, record: RecordId, context: &Attributes) -> Vec<Attributes> {
    let mut found = Vec::new();
    let fields = schema.record(record).into_iter().flat_map(|fields| fields.iter());
    for (at, field) in fields.enumerate() {
        let mut values: Vec<Option<Value>> = match schema.ty(field.ty) {
            Some(Type::Bool) => vec![Some(Value::Bool(false)), Some(Value::Bool(true))],
            Some(Type::Enum(of)) => {
                let variants = schema.enum_def(of).map_or(0, |def| def.variants.len());
                let variants = (0_u32..).take(variants.min(MAX_VARIANTS));
                variants.map(|variant| Some(Value::Enum(of, variant))).collect()
            }
            _ => Vec::new(),
        };
        if field.optional {
            values.push(None);
        }
        for value in values {
            let mut other = context.clone();
            if let Some(slot) = other.get_mut(at).filter(|slot| **slot != value) {
                *slot = value;
                found.push(other);
            }
        }
    }
    found
}

/// The entities of a fixture by their types, with those that its tests name, and those that closed types list.
struct Described(BTreeMap<EntityTypeId, BTreeSet<EntityUid>>);

impl Described {
    fn of<'r>(schema: &Schema, data: &Dataset, requests: impl Iterator<Item = &'r Request>) -> Self {
        let mut entities: BTreeMap<EntityTypeId, BTreeSet<EntityUid>> = BTreeMap::new();
        for entity in &data.entities {
            entities
                .entry(entity.uid.ty)
                .or_default()
                .insert(entity.uid.clone());
        }
        for uid in requests.flat_map(|request| [&request.principal, &request.resource]) {
            entities.entry(uid.ty).or_default().insert(uid.clone());
        }
        for (ty, def) in (0_u32..).map(EntityTypeId).zip(&schema.entity_types) {
            for id in def.closed.iter().flatten() {
                let id = Arc::from(id.as_str());
                entities.entry(ty).or_default().insert(EntityUid { ty, id });
            }
        }
        Self(entities)
    }

    fn requests<'s>(
        &'s self,
        schema: &Schema,
        contexts: &'s Contexts,
        shape: ShapeId,
    ) -> impl Iterator<Item = Request> + use<'s> {
        let shape = schema.shapes.get(shape.index()).copied();
        let record = shape.and_then(|shape| schema.action(shape.action)?.context);
        let of = |ty: Option<EntityTypeId>| ty.and_then(|ty| self.0.get(&ty)).into_iter().flatten();
        let principals = of(shape.map(|shape| shape.principal));
        let resources = of(shape.map(|shape| shape.resource));
        let contexts = record
            .and_then(|record| contexts.0.get(&record))
            .into_iter()
            .flatten();
        principals.flat_map(move |principal| {
            let contexts = contexts.clone();
            resources.clone().flat_map(move |resource| {
                contexts.clone().filter_map(move |context| {
                    Some(Request {
                        principal: principal.clone(),
                        action: shape?.action,
                        resource: resource.clone(),
                        context: context.clone(),
                        principal_attributes: Vec::new(),
                        resource_attributes: Vec::new(),
                    })
                })
            })
        })
    }
}
