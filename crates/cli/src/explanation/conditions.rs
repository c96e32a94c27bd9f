//! Conditions with what they saw, in the words of the policy.

use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::json;
use dictum_artifact::naming::written_path;
use dictum_artifact::schema::{RoleId, Schema, Type, TypeId};
use dictum_artifact::value::{EntityUid, Value};
use dictum_runtime::{GrantTrace, Part, Seen, Truth};
use serde::Serialize;

use super::Subject;
use crate::describe;

/// How many entities, and how many grants, a remark names.
const MAX_NAMED: usize = 5;

/// A condition.
#[derive(Serialize)]
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) outcome: &'static str,
    #[serde(flatten)]
    pub(super) detail: Detail,
}

/// What a condition is made of.
#[derive(Default, Serialize)]
pub(super) struct Detail {
    /// The conditions that it joins.
    pub(super) parts: Vec<Condition>,
    /// What it looked at.
    pub(super) seen: Vec<SeenText>,
    /// The element of a quantifier's set that settled it.
    pub(super) element: Option<ElementText>,
    /// The grants that give the role, live or not.
    grants: Vec<serde_json::Value>,
    /// What else there is to say.
    pub(super) notes: Vec<String>,
    #[serde(skip)]
    pub(super) kind: Kind,
}

/// How a condition depends on its parts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has none.
    #[default]
    Atom,
    /// It has none, and is told by its grants.
    Grant,
    /// It is the opposite of its only one.
    Not,
    /// `and`, `or`.
    Joins,
    /// `and then`, `or else`: the first of them that is not this settles it.
    Sequence(bool),
    /// `if`, `otherwise`: they are in the order in which they are asked.
    Branches,
    /// It is what it is for the element that is named.
    Quantified,
}

/// An attribute, a field, an entry, with its value.
#[derive(Serialize)]
pub(super) struct SeenText {
    pub(super) expr: String,
    value: Option<serde_json::Value>,
    /// Why there is no value.
    pub(super) why: Option<String>,
    /// The value, as the language writes it.
    #[serde(skip)]
    pub(super) shown: Option<String>,
}

/// An element of a set or map.
#[derive(Serialize)]
pub(super) struct ElementText {
    pub(super) variable: String,
    value: serde_json::Value,
    #[serde(skip)]
    pub(super) shown: String,
}

/// The word for whether a condition holds.
pub(super) fn outcome(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Undefined => "undefined",
        Truth::Settled => "settled",
    }
}

impl Subject<'_> {
    /// A condition with its parts. Recursion is as deep as the condition.
    pub(super) fn condition(self, part: &Part) -> Condition {
        Condition {
            text: describe::expression(self.artifact, self.shape(), part.expr),
            outcome: outcome(part.truth),
            detail: self.detail(part),
        }
    }

    pub(super) fn detail(self, part: &Part) -> Detail {
        let expr = self.artifact.exprs.get(part.expr);
        let kind = if matches!(expr, Some(Expr::GrantHeld(_))) {
            Kind::Grant
        } else if part.parts.is_empty() {
            Kind::Atom
        } else if matches!(expr, Some(Expr::Not(_))) {
            Kind::Not
        } else if matches!(expr, Some(Expr::Quantified { .. })) {
            Kind::Quantified
        } else if matches!(expr, Some(Expr::And(_) | Expr::Or(_))) {
            Kind::Joins
        } else if matches!(expr, Some(Expr::AndThen(_) | Expr::OrElse(_))) {
            Kind::Sequence(matches!(expr, Some(Expr::AndThen(_))))
        } else {
            Kind::Branches
        };
        Detail {
            parts: part.parts.iter().map(|part| self.condition(part)).collect(),
            seen: part.seen.iter().map(|seen| self.seen(seen, &part.seen)).collect(),
            element: self.element(part),
            grants: part
                .grants
                .iter()
                .map(|found| {
                    let mut grant = json::write_grant(&self.artifact.schema, &found.grant);
                    grant["live"] = found.is_live.into();
                    grant
                })
                .collect(),
            notes: expr.map_or_else(Vec::new, |expr| self.notes(expr, part)),
            kind,
        }
    }

    fn schema(&self) -> &Schema {
        &self.artifact.schema
    }

    fn seen(self, seen: &Seen, beside: &[Seen]) -> SeenText {
        let ty = describe::type_read(self.artifact, self.shape(), seen.expr);
        let value = seen.value.as_ref();
        SeenText {
            expr: describe::expression(self.artifact, self.shape(), seen.expr),
            value: value.map(|value| self.json(ty, value)),
            why: match value {
                Some(_) => None,
                None => Some(self.why_unknown(seen.expr, beside)),
            },
            shown: value.map(|value| describe::value(self.schema(), ty, value)),
        }
    }

    /// A value as JSON; of a type that is not known, as the language writes it.
    fn json(&self, ty: Option<TypeId>, value: &Value) -> serde_json::Value {
        match (ty, value) {
            (Some(ty), _) => json::write_value(self.schema(), ty, value),
            (None, Value::Int(n)) => (*n).into(),
            (None, Value::Bool(b)) => (*b).into(),
            (None, _) => value.display(self.schema()).into(),
        }
    }

    /// Why something that was looked at has no value.
    fn why_unknown(self, id: ExprId, beside: &[Seen]) -> String {
        let expr = self.artifact.exprs.get(id);
        if let Some(Expr::Attribute { of, index: _ }) = expr
            && let Some(entity) = self.entity(*of, beside)
            && !self.bound.describes(&entity)
        {
            let field = describe::field_read(self.artifact, self.shape(), id);
            let entity = entity.display(self.schema());
            return if field.is_some_and(|field| field.optional) {
                format!("absent: the data does not describe {entity}")
            } else {
                format!("not known: the data does not describe {entity}")
            };
        }
        let field = describe::field_read(self.artifact, self.shape(), id);
        let is_absent =
            field.is_some_and(|field| field.optional) || matches!(expr, Some(Expr::Lookup { .. }));
        if is_absent { "absent" } else { "not known" }.to_owned()
    }

    /// Which entity an expression is, where that is known.
    fn entity(&self, id: ExprId, beside: &[Seen]) -> Option<EntityUid> {
        let expr = self.artifact.exprs.get(id)?;
        if *expr == Expr::Principal {
            Some(self.request.principal.clone())
        } else if *expr == Expr::Resource {
            Some(self.request.resource.clone())
        } else if let Expr::Literal(Literal::Entity(ty, id)) = expr {
            Some(EntityUid {
                ty: *ty,
                id: id.as_ref().into(),
            })
        } else {
            let seen = beside.iter().find(|seen| seen.expr == id)?;
            if let Some(Value::Entity(uid)) = &seen.value {
                Some(uid.clone())
            } else {
                None
            }
        }
    }

    fn element(&self, part: &Part) -> Option<ElementText> {
        let element = part.element.as_ref()?;
        let Some(Expr::Quantified { over, level, .. }) = self.artifact.exprs.get(part.expr) else {
            return None;
        };
        let over = describe::type_read(self.artifact, self.shape(), *over);
        let ty = over.and_then(|over| self.schema().ty(over)).and_then(|over| {
            if let Type::Set(of) | Type::Map(of) = over {
                Some(of)
            } else {
                None
            }
        });
        Some(ElementText {
            variable: describe::variable(*level),
            value: self.json(ty, element),
            shown: describe::value(self.schema(), ty, element),
        })
    }

    /// What is to be said of an atom beside the values that it saw.
    fn notes(self, expr: &Expr, part: &Part) -> Vec<String> {
        if let Expr::GrantHeld(role) = expr {
            self.of_grants(*role, part)
        } else if let (Expr::EntityIn(of, _) | Expr::EntityInSet(of, _), false) =
            (expr, part.truth == Truth::True)
        {
            let entity = self.entity(*of, &part.seen);
            entity.map(|entity| self.is_in(&entity)).into_iter().collect()
        } else {
            let is_atom = part.parts.is_empty();
            let all_known = part.seen.iter().all(|seen| seen.value.is_some());
            let overflows = is_atom && part.truth == Truth::Undefined && all_known;
            let note = "the arithmetic overflows, so that it is undefined".to_owned();
            overflows.then_some(note).into_iter().collect()
        }
    }

    fn is_in(&self, entity: &EntityUid) -> String {
        let ancestors = self.bound.ancestors(entity);
        let name = entity.display(self.schema());
        if ancestors.is_empty() {
            return format!("{name} is in nothing but itself");
        }
        let shown: Vec<String> = ancestors
            .iter()
            .take(MAX_NAMED)
            .map(|ancestor| ancestor.display(self.schema()))
            .collect();
        let more = match ancestors.len().saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{name} is in {}{more}", shown.join(", "))
    }

    /// Why a role is held, or not.
    fn of_grants(self, role: RoleId, part: &Part) -> Vec<String> {
        let mut notes = Vec::new();
        if part.truth != Truth::True {
            notes.push(format!("no live grant of {}", self.grants_wanted(role)));
        }
        let told = part
            .grants
            .iter()
            .filter(|found| found.is_live == (part.truth == Truth::True));
        for found in told.clone().take(MAX_NAMED) {
            let word = if found.is_live { "granted" } else { "expired" };
            notes.push(format!("{word}: {}", self.grant(found)));
        }
        if let more @ 1.. = told.count().saturating_sub(MAX_NAMED) {
            notes.push(format!("and {more} more"));
        }
        notes
    }

    /// `editor or owner to User::"bob" or its groups on Document::"plan" or what it is in`
    pub(super) fn grants_wanted(&self, role: RoleId) -> String {
        let name = |role: &RoleId| self.schema().role(*role).map(|def| written_path(&def.name));
        let carriers = self.schema().role(role).map(|def| def.carriers.as_slice());
        // The role itself first.
        let is_own = |carrier: &&RoleId| **carrier == role;
        let carriers = carriers.unwrap_or_default();
        let (own, others) = (
            carriers.iter().filter(is_own),
            carriers.iter().filter(|c| !is_own(c)),
        );
        let names: Vec<String> = own.chain(others).filter_map(name).collect();
        let within = |entity: &EntityUid, within: &str| {
            let name = entity.display(self.schema());
            if self.bound.ancestors(entity).is_empty() {
                name
            } else {
                format!("{name} or {within}")
            }
        };
        format!(
            "{} to {} on {}",
            names.join(" or "),
            within(&self.request.principal, "its groups"),
            within(&self.request.resource, "what it is in")
        )
    }

    fn grant(&self, found: &GrantTrace) -> String {
        use dictum_artifact::data::Scope;
        let grant = &found.grant;
        let role = self.schema().role(grant.role).map_or("?", |def| &def.name);
        let scope = match &grant.scope {
            Scope::Anything => "anything".to_owned(),
            Scope::Entity(uid) => uid.display(self.schema()),
        };
        let until = grant
            .until
            .map_or_else(String::new, |until| format!(" until {until}"));
        let subject = grant.subject.display(self.schema());
        format!("{} on {scope} to {subject}{until}", written_path(role))
    }
}
