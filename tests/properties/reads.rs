//! What a decision did not read does not matter to it.

use std::collections::BTreeSet;

use dictum_artifact::data::{Attributes, Dataset, Grant, Request, Scope, check_request};
use dictum_artifact::reads::{EntityReads, Reads};
use dictum_artifact::schema::{EntityTypeId, Fields, RoleId, Schema, Type, TypeId};
use dictum_artifact::value::{Decimal, Duration, EntityUid, Timestamp, Value};
use dictum_compiler::Program;
use dictum_compiler::reference::Reference;
use dictum_runtime::{Explanation, Policy, Store};
use dictum_tests::generate::rng::Rng;

use crate::worlds::{Failure, check, dataset_of, number, requests_of};

#[test]
fn what_is_not_read_does_not_matter() {
    let changed = std::cell::Cell::new(0_usize);
    check(3, |world, program| {
        let data = dataset_of(world, program)?;
        let wrong = |told: String| Failure::Wrong(told);
        let policy = Policy::new(program.artifact.clone()).map_err(|error| wrong(error.to_string()))?;
        let policy = std::sync::Arc::new(policy);
        let store = Store::new(&policy, &data).map_err(|error| wrong(error.to_string()))?;
        let mut rng = Rng::new(world.seed);
        for (text, request) in requests_of(world, program)?.into_iter().take(6) {
            let expected = explained(&store, &request).map_err(wrong)?;
            let (other_data, other_request) = elsewhere(program, &data, &request, &mut rng).map_err(wrong)?;
            changed.set(changed.get() + usize::from((&other_data, &other_request) != (&data, &request)));
            let other_store = Store::new(&policy, &other_data)
                .map_err(|error| wrong(format!("the other data is refused: {error}\n{other_data:?}")))?;
            let found = explained(&other_store, &other_request).map_err(wrong)?;
            let by_reference = Reference::new(program, &other_data)
                .decide(&other_request)
                .map_err(|fault| wrong(fault.to_string()))?;
            if found != expected
                || (by_reference.allowed, &by_reference.rules) != (expected.allowed, &expected.rules)
            {
                let what =
                    format!("{text}\n{expected:?}\nand with\n{other_data:?}\n{other_request:?}\n{found:?}");
                return Err(wrong(what));
            }
        }
        Ok(())
    });
    assert!(
        number("DICTUM_CASES").is_some() || changed.get() > 500,
        "only {} requests had something that is not read",
        changed.get()
    );
}

fn explained(store: &Store, request: &Request) -> Result<Explanation, String> {
    let bound = store
        .bind(request)
        .map_err(|fault| format!("the request is refused: {fault}\n{request:?}"))?;
    let (decision, explanation) = (bound.decide(), bound.explain());
    if decision.allowed != explanation.allowed {
        return Err(format!("{decision:?} is explained as {explanation:?}"));
    }
    Ok(explanation)
}

/// Other data and another request, that differ in what a decision on the request does not read.
fn elsewhere(
    program: &Program,
    data: &Dataset,
    request: &Request,
    rng: &mut Rng,
) -> Result<(Dataset, Request), String> {
    let schema = &program.schema;
    let shape = check_request(schema, request).map_err(|fault| fault.to_string())?;
    let plan = program
        .artifact
        .plans
        .get(shape.index())
        .ok_or("the shape has no plan")?;
    let mut changer = Changer {
        schema,
        data,
        reads: &plan.reads,
        principal: &request.principal,
        resource: &request.resource,
        rng,
    };
    let mut other = data.clone();
    let kept = changer.whose_parents_matter(data);
    for entity in &mut other.entities {
        changer.attributes(&entity.uid.clone(), &mut entity.attributes, true);
        if !kept.contains(&entity.uid) {
            entity.parents.retain(|_| changer.rng.chance(50));
        }
    }
    // Whom nothing is read of need not be described.
    other.entities.retain(|entity| {
        let is_read = !changer.of(&entity.uid).attributes.is_empty() || kept.contains(&entity.uid);
        is_read || changer.rng.chance(50)
    });
    changer.grants(&mut other.grants);
    let mut request = request.clone();
    let record = schema.action(request.action).and_then(|def| def.context);
    if let Some(fields) = record.and_then(|record| schema.record(record)) {
        changer.fields(fields, &plan.reads.context.clone(), &mut request.context, true);
    }
    let (principal, resource) = (request.principal.clone(), request.resource.clone());
    if principal != resource {
        changer.attributes(&principal, &mut request.principal_attributes, false);
        changer.attributes(&resource, &mut request.resource_attributes, false);
    }
    Ok((other, request))
}

struct Changer<'c> {
    schema: &'c Schema,
    data: &'c Dataset,
    reads: &'c Reads,
    principal: &'c EntityUid,
    resource: &'c EntityUid,
    rng: &'c mut Rng,
}

impl Changer<'_> {
    /// What is read of an entity, as whatever it is reached.
    fn of(&self, uid: &EntityUid) -> EntityReads {
        let mut all = EntityReads::default();
        let mut add = |reads: &EntityReads| {
            all.attributes.extend(&reads.attributes);
            all.ancestors |= reads.ancestors;
        };
        if uid == self.principal {
            add(&self.reads.principal);
        }
        if uid == self.resource {
            add(&self.reads.resource);
        }
        let others = self.reads.others.iter().filter(|(ty, _)| *ty == uid.ty);
        others.for_each(|(_, reads)| add(reads));
        all
    }

    /// The entities whose parents are looked at: those whose ancestors are read, and their ancestors.
    fn whose_parents_matter(&self, data: &Dataset) -> BTreeSet<EntityUid> {
        let mut kept: BTreeSet<EntityUid> = data
            .entities
            .iter()
            .filter(|entity| self.of(&entity.uid).ancestors)
            .map(|entity| entity.uid.clone())
            .collect();
        loop {
            let parents = data
                .entities
                .iter()
                .filter(|entity| kept.contains(&entity.uid))
                .flat_map(|entity| entity.parents.clone());
            let before = kept.len();
            kept = parents.chain(kept.iter().cloned()).collect();
            if kept.len() == before {
                return kept;
            }
        }
    }

    fn attributes(&mut self, uid: &EntityUid, attributes: &mut Attributes, is_whole: bool) {
        let schema = self.schema;
        if let Some(def) = schema.entity_type(uid.ty) {
            let read = self.of(uid).attributes;
            self.fields(&def.attributes, &read, attributes, is_whole);
        }
    }

    /// Changes fields that are not read. What is required is there in data (`is_whole`), and need not be in what a request
    /// says of an entity.
    fn fields(&mut self, fields: &Fields, read: &[u32], values: &mut Attributes, is_whole: bool) {
        for (at, (field, value)) in (0_u32..).zip(fields.iter().zip(values)) {
            if read.contains(&at) {
                continue;
            }
            let may_be_absent = field.optional || !is_whole;
            *value = match self.rng.below(3) {
                0 => continue,
                1 if may_be_absent => None,
                _ => Some(self.value(field.ty, field.most)),
            };
        }
    }

    fn grants(&mut self, grants: &mut Vec<Grant>) {
        let reads = self.reads;
        grants.retain(|grant| reads.grants.contains(&grant.role) || self.rng.chance(50));
        let roles = (0_u32..).map(RoleId).take(self.schema.roles.len());
        for role in roles.filter(|role| !reads.grants.contains(role)) {
            let grant = Grant {
                role,
                subject: self.principal.clone(),
                scope: Scope::Anything,
                until: None,
            };
            let subject = grant.subject.ty;
            if dictum_artifact::data::check_grant(self.schema, role, subject, None, false).is_ok() {
                grants.push(grant);
            }
        }
    }

    /// Another value of a type.
    fn value(&mut self, ty: TypeId, most: Option<u32>) -> Value {
        let count = self.rng.below(3).min(most.map_or(3, |most| most as usize));
        match self.schema.ty(ty).unwrap_or(Type::Bool) {
            Type::Bool => Value::Bool(self.rng.chance(50)),
            Type::Int => Value::Int(self.rng.below(1_000) as i64),
            Type::Decimal => Value::Decimal(Decimal::from_ten_thousandths(self.rng.below(100_000) as i64)),
            Type::String => Value::String(self.rng.one(&["other", "a", "", "é"]).into()),
            Type::Timestamp => Value::Timestamp(Timestamp(self.rng.below(1 << 40) as i64)),
            Type::Duration => Value::Duration(Duration(self.rng.below(1 << 30) as i64)),
            Type::Ip => Value::Ip(dictum_artifact::value::Network::parse("192.0.2.1").expect("an address")),
            Type::Enum(id) => {
                let count = self.schema.enum_def(id).map_or(1, |def| def.variants.len());
                Value::Enum(id, u32::try_from(self.rng.below(count)).unwrap_or(0))
            }
            Type::Entity(ty) => Value::Entity(self.entity(ty)),
            Type::Set(element) => Value::Set((0..count).map(|_| self.value(element, None)).collect()),
            Type::Map(value) => Value::Map(
                ["a", "other", "k"]
                    .iter()
                    .take(count)
                    .map(|key| ((*key).into(), self.value(value, None)))
                    .collect(),
            ),
            Type::Record(record) => {
                let schema = self.schema;
                let fields = schema
                    .record(record)
                    .map(|fields| fields.iter().cloned().collect::<Vec<_>>());
                let value = |field: &dictum_artifact::schema::Field| {
                    (!field.optional || self.rng.chance(50)).then(|| self.value(field.ty, field.most))
                };
                Value::Record(fields.iter().flatten().map(value).collect())
            }
        }
    }

    /// An entity: a described one, or one that nobody describes, where its type is open.
    fn entity(&mut self, ty: EntityTypeId) -> EntityUid {
        let closed = self.schema.entity_type(ty).and_then(|def| def.closed.clone());
        let mut ids: Vec<std::sync::Arc<str>> = match closed {
            Some(ids) => ids.iter().map(|id| id.as_str().into()).collect(),
            None => vec!["nobody".into()],
        };
        ids.extend(
            self.data
                .entities
                .iter()
                .filter(|entity| entity.uid.ty == ty)
                .map(|entity| entity.uid.id.clone()),
        );
        let id = self.rng.pick(&ids).cloned().unwrap_or_else(|| "nobody".into());
        EntityUid { ty, id }
    }
}
