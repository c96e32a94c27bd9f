//! The meaning of the language, as plain as the text that it transcribes (`docs/reference.md`, "Meaning"): a tree walk over
//! owned values, without cleverness. Every other engine has to agree with it.
//!
//! `None` is undefined throughout.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dictum_artifact::dag::{Effect, Obliged, RuleId};
use dictum_artifact::data::{
    Attributes, Dataset, Entity, Grant, Request, RequestFault, Scope, check_request,
};
use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal, Property, Quantifier};
use dictum_artifact::ops::{self, Scalar, WEEKDAY};
use dictum_artifact::schema::{ObligationId, RoleId, Schema, ShapeId};
use dictum_artifact::value::{EntityUid, Network, Timestamp, Value};

use crate::program::{Program, Rule};

/// A program over a store.
///
/// ```
/// use dictum_artifact::data::{Dataset, Request};
/// use dictum_artifact::json::read_request;
/// use dictum_compiler::{compile, reference::Reference};
/// use dictum_syntax::source::Sources;
///
/// let mut sources = Sources::new();
/// sources.add(
///     "notes.dictum",
///     "entity User  entity Note { author: User }  action read by User on Note
///      own: permit User to read on Note when resource.author == principal",
/// );
/// let program = compile(&sources).0.unwrap();
/// let store = Dataset::default();
/// let request = r#"{"subject": {"type": "User", "id": "ann"}, "action": {"name": "read"},
///                   "resource": {"type": "Note", "id": "n", "properties": {"author": "ann"}}}"#;
/// let request = read_request(&program.schema, "request", request).unwrap();
/// assert!(Reference::new(&program, &store).decide(&request).unwrap().allowed);
/// ```
pub struct Reference<'a> {
    program: &'a Program,
    store: Described<'a>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it is "allow".
    pub allowed: bool,
    /// The rules that decided, in the order of [`Program::rules`]; none where it is denied by default.
    pub rules: Vec<RuleId>,
    /// Their obligations, in the order of the rules, each once.
    pub obligations: Vec<Obligation>,
}

/// What a caller has to do with a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// Which.
    pub obligation: ObligationId,
    /// The values of its fields, in the order of their names.
    pub fields: Attributes,
}

impl<'a> Reference<'a> {
    /// The program over a store that [`dictum_artifact::data::check_dataset`] finds no fault with.
    #[must_use]
    pub fn new(program: &'a Program, data: &'a Dataset) -> Self {
        Self {
            program,
            store: Described::new(data),
        }
    }

    /// Decides a request.
    ///
    /// # Errors
    /// When the request does not fit the schema.
    pub fn decide(&self, request: &Request) -> Result<Outcome, RequestFault> {
        let schema = &self.program.schema;
        let shape = check_request(schema, request)?;
        let evaluator = Evaluator {
            schema,
            exprs: &self.program.exprs,
            request: Some(request),
            store: &self.store,
            variables: Vec::new(),
        };
        let fired = |effect: Effect| -> Vec<RuleId> {
            let rules = (0u32..).map(RuleId).zip(&self.program.rules);
            let fired = rules.filter(|(_, rule)| rule.info.effect == effect && evaluator.fires(rule, shape));
            fired.map(|(id, _)| id).collect()
        };
        let obligations = |rules: &[RuleId]| {
            let mut all: Vec<Obligation> = Vec::new();
            for rule in rules {
                let defined = evaluator.obligations(&self.program.rules[rule.index()], shape);
                for obligation in defined.into_iter().flatten() {
                    if !all.contains(&obligation) {
                        all.push(obligation);
                    }
                }
            }
            all
        };
        let forbids = fired(Effect::Forbid);
        if !forbids.is_empty() {
            return Ok(Outcome {
                allowed: false,
                obligations: obligations(&forbids),
                rules: forbids,
            });
        }
        let permits = fired(Effect::Permit);
        Ok(Outcome {
            allowed: !permits.is_empty(),
            obligations: obligations(&permits),
            rules: permits,
        })
    }

    /// What an expression of the program, which asks for nothing but constants, grants and the request, makes of a request:
    /// true, false or undefined.
    #[must_use]
    pub fn truth(&self, request: &Request, id: ExprId) -> Option<bool> {
        Evaluator {
            schema: &self.program.schema,
            exprs: &self.program.exprs,
            request: Some(request),
            store: &self.store,
            variables: Vec::new(),
        }
        .truth(id)
    }
}

/// The value of an expression that asks for nothing of a request; `None` where arithmetic overflows.
#[must_use]
pub fn constant(schema: &Schema, exprs: &Exprs, id: ExprId) -> Option<Value> {
    let store = Described {
        entities: BTreeMap::new(),
        grants: &[],
    };
    Evaluator {
        schema,
        exprs,
        request: None,
        store: &store,
        variables: Vec::new(),
    }
    .value(id)
}

/// The truth value of a condition over a request; `None` where it is undefined.
#[cfg(test)]
pub(crate) fn truth(
    schema: &Schema,
    exprs: &Exprs,
    request: &Request,
    data: &Dataset,
    id: ExprId,
) -> Option<bool> {
    let store = Described::new(data);
    let evaluator = Evaluator {
        schema,
        exprs,
        request: Some(request),
        store: &store,
        variables: Vec::new(),
    };
    evaluator.truth(id)
}

/// A store by its entities.
struct Described<'a> {
    entities: BTreeMap<&'a EntityUid, &'a Entity>,
    grants: &'a [Grant],
}

impl<'a> Described<'a> {
    fn new(data: &'a Dataset) -> Self {
        let entities = data.entities.iter().map(|entity| (&entity.uid, entity)).collect();
        Self {
            entities,
            grants: &data.grants,
        }
    }
}

struct Evaluator<'a> {
    schema: &'a Schema,
    exprs: &'a Exprs,
    request: Option<&'a Request>,
    store: &'a Described<'a>,
    /// What the quantifiers around the expression look at, by their levels.
    variables: Vec<Value>,
}

impl Evaluator<'_> {
    fn fires(&self, rule: &Rule, shape: ShapeId) -> bool {
        let Some(case) = rule.case(shape) else {
            return false;
        };
        if self.truth(case.head) != Some(true) {
            return false;
        }
        let condition = self.truth(case.condition);
        match rule.info.effect {
            Effect::Forbid => condition != Some(false),
            Effect::Permit => {
                condition == Some(true) && self.obligations(rule, shape).iter().all(Option::is_some)
            }
        }
    }

    /// The obligations of a rule; `None` for one of whose fields one is undefined.
    fn obligations(&self, rule: &Rule, shape: ShapeId) -> Vec<Option<Obligation>> {
        let Some(case) = rule.case(shape) else {
            return Vec::new();
        };
        let value = |obliged: &Obliged| match self.value(obliged.fields)? {
            Value::Record(fields) => Some(Obligation {
                obligation: obliged.obligation,
                fields,
            }),
            _ => None,
        };
        rule.conditions(case).obligations.iter().map(value).collect()
    }

    fn truth(&self, id: ExprId) -> Option<bool> {
        let Value::Bool(truth) = self.value(id)? else {
            return None;
        };
        Some(truth)
    }

    fn value(&self, id: ExprId) -> Option<Value> {
        match self.exprs.get(id)? {
            Expr::Literal(literal) => Some(literal_value(literal)),
            Expr::Principal => self
                .request
                .map(|request| Value::Entity(request.principal.clone())),
            Expr::Resource => self
                .request
                .map(|request| Value::Entity(request.resource.clone())),
            Expr::Context => self.request.map(|request| Value::Record(request.context.clone())),
            Expr::Attribute { .. } | Expr::Field { .. } | Expr::Lookup { .. } => self.read(id)?,
            Expr::HasAttribute { of, index } => {
                Some(Value::Bool(self.attribute(&self.entity(*of)?, *index).is_some()))
            }
            Expr::HasField { of, index } => Some(Value::Bool(self.record_field(*of, *index)?.is_some())),
            Expr::HasKey { map, key } => Some(Value::Bool(self.lookup(*map, *key)?.is_some())),
            Expr::Coalesce(optional, default) => match self.read(*optional)? {
                Some(value) => Some(value),
                None => self.value(*default),
            },
            Expr::Not(a) => Some(Value::Bool(!self.truth(*a)?)),
            Expr::And(items) => self.kleene(items, false),
            Expr::Or(items) => self.kleene(items, true),
            Expr::AndThen(items) => self.sequence(items, false),
            Expr::OrElse(items) => self.sequence(items, true),
            Expr::If(condition, yes, no) => match self.truth(*condition) {
                Some(true) => self.value(*yes),
                Some(false) => self.value(*no),
                None => {
                    let (yes, no) = (self.value(*yes)?, self.value(*no)?);
                    (yes == no).then_some(yes)
                }
            },
            Expr::Otherwise(a, default) => self.value(*a).or_else(|| self.value(*default)),
            Expr::Equal(a, b) => Some(Value::Bool(self.value(*a)? == self.value(*b)?)),
            Expr::Compare(op, a, b) => ops::compare(*op, self.scalar(*a)?, self.scalar(*b)?).map(Value::Bool),
            Expr::Arithmetic(op, a, b) => {
                ops::arithmetic(*op, self.scalar(*a)?, self.scalar(*b)?).map(scalar_value)
            }
            Expr::Negate(a) => ops::negate(self.scalar(*a)?).map(scalar_value),
            Expr::EntityIn(a, b) => Some(Value::Bool(self.is_in(&self.entity(*a)?, &self.entity(*b)?))),
            Expr::EntityInSet(a, set) => {
                let (entity, set) = (self.entity(*a)?, self.set(*set)?);
                let within =
                    |v: &Value| matches!(v, Value::Entity(ancestor) if self.is_in(&entity, ancestor));
                Some(Value::Bool(set.iter().any(within)))
            }
            Expr::NetworkIn(a, b) => {
                let (address, network) = (self.network(*a)?, self.network(*b)?);
                Some(Value::Bool(network.contains(address)))
            }
            Expr::NetworkInSet(a, set) => {
                let (address, set) = (self.network(*a)?, self.set(*set)?);
                let within = |v: &Value| matches!(v, Value::Ip(network) if network.contains(address));
                Some(Value::Bool(set.iter().any(within)))
            }
            Expr::Contains(set, a) => {
                let (set, value) = (self.set(*set)?, self.value(*a)?);
                Some(Value::Bool(set.contains(&value)))
            }
            Expr::ContainsAll(a, b) => Some(Value::Bool(self.set(*b)?.is_subset(&self.set(*a)?))),
            Expr::ContainsAny(a, b) => Some(Value::Bool(!self.set(*a)?.is_disjoint(&self.set(*b)?))),
            Expr::IsEmpty(a) => Some(Value::Bool(self.size(*a)? == 0)),
            Expr::Map(_, entries) => entries
                .iter()
                .map(|(key, value)| Some((Arc::from(&**key), self.value(*value)?)))
                .collect::<Option<_>>()
                .map(Value::Map),
            Expr::Variable { level, .. } => self.variables.get(*level as usize).cloned(),
            Expr::Quantified {
                quantifier,
                level,
                over,
                body,
                most,
            } => self.quantified(*quantifier, *level, self.elements(*over)?, *body, *most),
            Expr::Matches(a, regex) => Some(Value::Bool(ops::matches(regex, &self.text(*a)?))),
            Expr::Local(a, zone) => match self.value(*a)? {
                Value::Timestamp(time) => ops::local(time, zone).map(Value::Timestamp),
                _ => None,
            },
            Expr::Like(a, pattern) => Some(Value::Bool(ops::like(pattern, &self.text(*a)?))),
            Expr::StartsWith(a, b) => Some(Value::Bool(self.text(*a)?.starts_with(&*self.text(*b)?))),
            Expr::EndsWith(a, b) => Some(Value::Bool(self.text(*a)?.ends_with(&*self.text(*b)?))),
            Expr::Id(a) => Some(Value::String(self.entity(*a)?.id)),
            Expr::Property(Property::Length, a) => Some(Value::Int(ops::length(&self.text(*a)?))),
            Expr::Property(Property::Size, a) => i64::try_from(self.size(*a)?).ok().map(Value::Int),
            Expr::Property(property, a) => {
                let weekday = self.schema.find_enum(WEEKDAY.0);
                if let Some(Expr::Local(a, zone)) = self.exprs.get(*a) {
                    let Scalar::Timestamp(time) = self.scalar(*a)? else {
                        return None;
                    };
                    return ops::local_property(*property, time, zone, weekday).map(scalar_value);
                }
                ops::property(*property, self.scalar(*a)?, weekday).map(scalar_value)
            }
            Expr::Set(_, items) => items
                .iter()
                .map(|item| self.value(*item))
                .collect::<Option<_>>()
                .map(Value::Set),
            Expr::Record(_, fields) => {
                let field = |field: &Option<ExprId>| match field {
                    Some(value) => self.value(*value).map(Some),
                    None => Some(None),
                };
                fields.iter().map(field).collect::<Option<_>>().map(Value::Record)
            }
            Expr::GrantHeld(role) => self
                .request
                .map(|request| Value::Bool(self.grant_held(request, *role))),
        }
    }

    /// The elements of a set, or the values of a map.
    fn elements(&self, over: ExprId) -> Option<Vec<Value>> {
        match self.value(over)? {
            Value::Set(items) => Some(items.into_iter().collect()),
            Value::Map(entries) => Some(entries.into_values().collect()),
            _ => None,
        }
    }

    /// The instances of a body, one for each element, joined by `or` or `and`, or those that are true counted. Undefined
    /// where there are more elements than it looks at.
    fn quantified(
        &self,
        quantifier: Quantifier,
        level: u32,
        elements: Vec<Value>,
        body: ExprId,
        most: u32,
    ) -> Option<Value> {
        if elements.len() > most as usize {
            return None;
        }
        let instances: Vec<Option<bool>> = elements
            .into_iter()
            .map(|element| {
                let mut variables = self.variables.get(..level as usize)?.to_vec();
                variables.push(element);
                Evaluator { variables, ..*self }.truth(body)
            })
            .collect();
        let has = |truth| instances.contains(&truth);
        match quantifier {
            Quantifier::Any if has(Some(true)) => Some(Value::Bool(true)),
            Quantifier::All if has(Some(false)) => Some(Value::Bool(false)),
            _ if has(None) => None,
            Quantifier::Any => Some(Value::Bool(false)),
            Quantifier::All => Some(Value::Bool(true)),
            Quantifier::Count => {
                let count = instances.iter().filter(|truth| **truth == Some(true)).count();
                i64::try_from(count).ok().map(Value::Int)
            }
        }
    }

    /// `settling` where an operand is that; else undefined where an operand is; else the other truth value.
    fn kleene(&self, items: &[ExprId], settling: bool) -> Option<Value> {
        let mut result = Some(!settling);
        for item in items {
            match self.truth(*item) {
                Some(truth) if truth == settling => return Some(Value::Bool(settling)),
                Some(_) => {}
                None => result = None,
            }
        }
        result.map(Value::Bool)
    }

    /// `settling` or undefined, as the first operand is that is either; else the other truth value.
    fn sequence(&self, items: &[ExprId], settling: bool) -> Option<Value> {
        let first = items
            .iter()
            .map(|item| self.truth(*item))
            .find(|truth| *truth != Some(!settling));
        first.unwrap_or(Some(!settling)).map(Value::Bool)
    }

    /// What may be absent without being undefined: `Some(None)`.
    fn read(&self, id: ExprId) -> Option<Option<Value>> {
        if let Expr::Attribute { of, index } = self.exprs.get(id)? {
            Some(self.attribute(&self.entity(*of)?, *index))
        } else if let Expr::Field { of, index } = self.exprs.get(id)? {
            self.record_field(*of, *index)
        } else if let Expr::Lookup { map, key } = self.exprs.get(id)? {
            self.lookup(*map, *key)
        } else {
            None
        }
    }

    /// The attribute as the request gives it, or else the store.
    fn attribute(&self, entity: &EntityUid, index: u32) -> Option<Value> {
        let slot = |attributes: &Attributes| attributes.get(index as usize).cloned().flatten();
        let given = self.request.and_then(|request| {
            let principal = (entity == &request.principal).then(|| slot(&request.principal_attributes));
            let resource = (entity == &request.resource).then(|| slot(&request.resource_attributes));
            principal.flatten().or(resource.flatten())
        });
        given.or_else(|| {
            self.store
                .entities
                .get(entity)
                .and_then(|entity| slot(&entity.attributes))
        })
    }

    fn record_field(&self, of: ExprId, index: u32) -> Option<Option<Value>> {
        let Value::Record(fields) = self.value(of)? else {
            return None;
        };
        fields.into_iter().nth(index as usize)
    }

    fn lookup(&self, map: ExprId, key: ExprId) -> Option<Option<Value>> {
        let Value::Map(entries) = self.value(map)? else {
            return None;
        };
        Some(entries.get(&self.text(key)?).cloned())
    }

    /// Whether an entity is the ancestor or leads up to it.
    fn is_in(&self, entity: &EntityUid, ancestor: &EntityUid) -> bool {
        let mut seen = BTreeSet::from([entity]);
        let mut open = vec![entity];
        while let Some(entity) = open.pop() {
            if entity == ancestor {
                return true;
            }
            let parents = self
                .store
                .entities
                .get(entity)
                .map_or(&[][..], |entity| &entity.parents);
            open.extend(parents.iter().filter(|parent| seen.insert(parent)));
        }
        false
    }

    fn grant_held(&self, request: &Request, role: RoleId) -> bool {
        let carriers = self.schema.role(role).map_or(&[][..], |def| &def.carriers);
        let now = self.now(request);
        self.store.grants.iter().any(|grant| {
            let on = match &grant.scope {
                Scope::Anything => true,
                Scope::Entity(scope) => self.is_in(&request.resource, scope),
            };
            let live = match grant.until {
                None => true,
                Some(until) => now.is_some_and(|now| until > now),
            };
            carriers.contains(&grant.role) && on && live && self.is_in(&request.principal, &grant.subject)
        })
    }

    fn now(&self, request: &Request) -> Option<Timestamp> {
        let record = self.schema.action(request.action)?.context?;
        let index = self.schema.record(record)?.position("now")?;
        let Some(Value::Timestamp(now)) = request.context.get(index as usize)? else {
            return None;
        };
        Some(*now)
    }

    fn scalar(&self, id: ExprId) -> Option<Scalar> {
        match self.value(id)? {
            Value::Bool(value) => Some(Scalar::Bool(value)),
            Value::Int(value) => Some(Scalar::Int(value)),
            Value::Decimal(value) => Some(Scalar::Decimal(value)),
            Value::Timestamp(value) => Some(Scalar::Timestamp(value)),
            Value::Duration(value) => Some(Scalar::Duration(value)),
            Value::Ip(value) => Some(Scalar::Ip(value)),
            Value::Enum(of, value) => Some(Scalar::Enum(of, value)),
            Value::String(_) | Value::Entity(_) | Value::Set(_) | Value::Map(_) | Value::Record(_) => None,
        }
    }

    fn entity(&self, id: ExprId) -> Option<EntityUid> {
        let Value::Entity(uid) = self.value(id)? else {
            return None;
        };
        Some(uid)
    }

    fn text(&self, id: ExprId) -> Option<Arc<str>> {
        let Value::String(text) = self.value(id)? else {
            return None;
        };
        Some(text)
    }

    fn network(&self, id: ExprId) -> Option<Network> {
        let Value::Ip(network) = self.value(id)? else {
            return None;
        };
        Some(network)
    }

    fn set(&self, id: ExprId) -> Option<BTreeSet<Value>> {
        let Value::Set(items) = self.value(id)? else {
            return None;
        };
        Some(items)
    }

    fn size(&self, id: ExprId) -> Option<usize> {
        match self.value(id)? {
            Value::Set(items) => Some(items.len()),
            Value::Map(entries) => Some(entries.len()),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::String(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
            | Value::Ip(_)
            | Value::Enum(..)
            | Value::Entity(_)
            | Value::Record(_) => None,
        }
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(value) => Value::Decimal(*value),
        Literal::String(value) => Value::String(value.as_ref().into()),
        Literal::Timestamp(value) => Value::Timestamp(*value),
        Literal::Duration(value) => Value::Duration(*value),
        Literal::Ip(value) => Value::Ip(*value),
        Literal::Enum(of, value) => Value::Enum(*of, *value),
        Literal::Entity(ty, id) => Value::Entity(EntityUid {
            ty: *ty,
            id: id.as_ref().into(),
        }),
    }
}

fn scalar_value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::Decimal(value) => Value::Decimal(value),
        Scalar::Timestamp(value) => Value::Timestamp(value),
        Scalar::Duration(value) => Value::Duration(value),
        Scalar::Ip(value) => Value::Ip(value),
        Scalar::Enum(of, value) => Value::Enum(of, value),
    }
}
