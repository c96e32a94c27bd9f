//! Who holds a role, as a condition on requests of a shape.

use dictum_artifact::expr::{Expr, ExprId};
use dictum_artifact::schema::{RoleId, ShapeId};
use dictum_syntax::ast::RoleDecl;
use dictum_syntax::diagnostic::Diagnostic;
use rustc_hash::FxHashMap;

use super::{environment, role_id};
use crate::check::{self, Environment, Findings};
use crate::declare::Declared;

/// The conditions of roles that are `held when`, as far as they were needed.
pub(super) struct Roles {
    roles: Vec<Role>,
}

#[derive(Default)]
struct Role {
    /// Whether its condition asks which action a request has.
    asks_for_action: bool,
    /// The condition in each environment where it was asked for; `None` where it has errors.
    conditions: FxHashMap<Environment, Option<ExprId>>,
    findings: Findings,
    /// Whether a role body of this name was seen.
    seen: bool,
}

impl Roles {
    pub(super) fn new(declared: &Declared<'_>) -> Self {
        let role = |condition: &Option<&_>| Role {
            asks_for_action: condition.is_some_and(check::asks_for_action),
            ..Role::default()
        };
        Self {
            roles: declared.conditions.iter().map(role).collect(),
        }
    }

    /// The id of a role's declaration; none for a second declaration of the name.
    pub(super) fn declared(&mut self, declared: &Declared<'_>, decl: &RoleDecl) -> Option<RoleId> {
        let id = declared.schema.find_role(&decl.name.name)?;
        let seen = std::mem::replace(&mut self.roles.get_mut(id.index())?.seen, true);
        (!seen).then_some(id)
    }

    /// Whether the principal holds a role on the resource: a live grant carries it, or the condition of a role that is it or
    /// includes it is true. `None` where such a condition has errors.
    pub(super) fn holds(
        &mut self,
        declared: &mut Declared<'_>,
        role: RoleId,
        shape: ShapeId,
    ) -> Option<ExprId> {
        let mut ways = Vec::new();
        if declared
            .schema
            .role(role)
            .is_some_and(|def| !def.carriers.is_empty())
        {
            ways.push(declared.exprs.add(Expr::GrantHeld(role)));
        }
        let resource = declared.schema.shapes[shape.index()].resource;
        let mut complete = true;
        for includer in declared.includers[role.index()].clone() {
            let is_on = declared
                .schema
                .role(includer)
                .is_some_and(|def| def.on.binary_search(&resource).is_ok());
            if declared.conditions[includer.index()].is_some() && is_on {
                match self.condition(declared, includer, shape) {
                    Some(condition) => ways.push(condition),
                    None => complete = false,
                }
            }
        }
        complete.then(|| declared.exprs.or_simplified(ways))
    }

    /// The condition of a role in a shape.
    fn condition(&mut self, declared: &mut Declared<'_>, role: RoleId, shape: ShapeId) -> Option<ExprId> {
        let condition = declared.conditions[role.index()]?;
        let Role {
            asks_for_action,
            conditions,
            findings,
            seen: _,
        } = self.roles.get_mut(role.index())?;
        let environment = environment(declared, shape, *asks_for_action)?;
        *conditions.entry(environment).or_insert_with(|| {
            check::condition(declared, findings, environment, &[(condition, false)], &[], false)
                .map(|conditions| conditions.whole)
        })
    }

    /// Reports what is wrong with the conditions. One that nothing asked for is checked wherever the role could be held.
    pub(super) fn finish(mut self, declared: &mut Declared<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for at in 0..self.roles.len() {
            let unused = self.roles.get(at).is_some_and(|role| role.conditions.is_empty());
            if declared.conditions[at].is_some() && unused {
                let on = declared.schema.roles[at].on.clone();
                for shape in (0u32..).map(ShapeId).take(declared.schema.shapes.len()) {
                    if on
                        .binary_search(&declared.schema.shapes[shape.index()].resource)
                        .is_ok()
                    {
                        self.condition(declared, role_id(at), shape);
                    }
                }
            }
        }
        for role in self.roles {
            role.findings.finish(diagnostics);
        }
    }
}
