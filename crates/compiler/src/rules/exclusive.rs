//! `exclusive R, S on T`: separation of duties, as the forbid that it stands for.
//!
//! On a resource on which a principal holds two of the roles, what either one permits is forbidden: for each request shape,
//! the pairs of which one lists the request's action are asked for, and one of them is enough.

use dictum_artifact::dag::{self, Effect};
use dictum_artifact::expr::ExprId;
use dictum_artifact::schema::{RoleId, ShapeId};
use dictum_syntax::ast::{self, Declaration, ExclusiveDecl, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use rustc_hash::FxHashSet;

use super::Checker;
use crate::check;
use crate::codes;
use crate::program::{Exclusive, Rule};

impl Checker<'_, '_> {
    /// The forbid that exclusive roles are; none where one of them, or a type, is wrong.
    pub(super) fn exclusive(&mut self, declaration: &Declaration, decl: &ExclusiveDecl) -> Option<Rule> {
        let mut types = Vec::new();
        let mut complete = true;
        for name in &decl.on {
            match self.declared.entity_type(name, self.diagnostics) {
                Some(ty) => types.push(ty),
                None => complete = false,
            }
        }
        let mut roles: Vec<(RoleId, &Ident)> = Vec::new();
        for name in &decl.roles {
            match self.declared.schema.find_role(&name.name) {
                Some(role) if roles.iter().any(|(other, _)| *other == role) => {
                    let message = format!("the role `{}` is listed twice", name.name);
                    self.diagnostics
                        .push(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
                    complete = false;
                }
                Some(role) => roles.push((role, name)),
                None => {
                    let known = self.declared.schema.roles.iter().map(|def| def.name.as_str());
                    self.declared.unknown(name, "role", known, self.diagnostics);
                    complete = false;
                }
            }
        }
        if let ([_], true) = (roles.as_slice(), complete) {
            let message = "one role excludes nothing";
            self.diagnostics.push(
                Diagnostic::error(codes::EXCLUSIVE, decl.keyword, message)
                    .with_help("name two roles at least: `exclusive requester, approver on Invoice`"),
            );
            complete = false;
        }
        types.sort_unstable();
        types.dedup();
        if complete && !types.is_empty() && !self.declared.incomplete && !self.are_on(&roles, &types) {
            let message = match decl.on.as_slice() {
                [one] => format!("none of these roles is held on a `{}`", one.name),
                _ => "none of these roles is held on any of these types".to_owned(),
            };
            let (first, last) = (decl.on.first(), decl.on.last());
            let place = first
                .zip(last)
                .map_or(decl.keyword, |(first, last)| first.span.to(last.span));
            let on = roles
                .iter()
                .filter_map(|(role, _)| self.declared.schema.role(*role));
            let mut on: Vec<_> = on.flat_map(|def| &def.on).copied().collect();
            on.sort_unstable();
            on.dedup();
            let on = on
                .into_iter()
                .filter_map(|ty| self.declared.schema.entity_type(ty));
            let help = format!("they are on {}", check::list(on.map(|def| &def.name)));
            self.diagnostics
                .push(Diagnostic::error(codes::EXCLUSIVE, place, message).with_help(help));
            return None;
        }
        for (role, name) in &roles {
            complete &= self.can_exclude(*role, name, &roles, &types);
        }
        if !complete {
            return None;
        }
        let cases = self.exclusive_cases(&roles, &types);
        let place = decl.label.as_ref().map_or(decl.keyword, |label| label.span);
        let label = self.label(decl.label.as_ref(), decl.keyword);
        let names = check::list(roles.iter().map(|(_, name)| &name.name));
        let reason = decl.because.as_ref().map_or_else(
            || format!("nobody acts in two of the roles {names}"),
            |text: &ast::Text| text.value.clone(),
        );
        self.exclusives.push(Exclusive {
            label: label.clone(),
            span: place,
            roles: roles.iter().map(|(role, _)| *role).collect(),
            types,
        });
        let info = self.info(declaration, place, label, Effect::Forbid);
        Some(Rule {
            info: dag::Rule {
                reason: Some(reason),
                ..info
            },
            span: place,
            clauses: Vec::new(),
            cases,
            conditions: vec![self.no_conditions()],
        })
    }

    /// Whether one of several roles at least is on one of several types.
    fn are_on(&self, roles: &[(RoleId, &Ident)], types: &[dictum_artifact::schema::EntityTypeId]) -> bool {
        roles.iter().any(|(role, _)| {
            let def = self.declared.schema.role(*role);
            def.is_some_and(|def| def.on.iter().any(|ty| types.contains(ty)))
        })
    }

    /// Whether a role can be held apart from the others: none of them includes it, and it is on one of the types.
    fn can_exclude(
        &mut self,
        role: RoleId,
        name: &Ident,
        roles: &[(RoleId, &Ident)],
        types: &[dictum_artifact::schema::EntityTypeId],
    ) -> bool {
        let includers = &self.declared.includers[role.index()];
        let includer = roles
            .iter()
            .find(|(other, _)| *other != role && includers.binary_search(other).is_ok());
        if let Some((_, includer)) = includer {
            let message = format!(
                "`{}` includes `{}`, so whoever holds it holds two of these roles",
                includer.name, name.name
            );
            self.diagnostics.push(
                Diagnostic::error(codes::EXCLUSIVE, name.span, message)
                    .with_related(includer.span, format!("includes `{}`", name.name))
                    .with_help("leave one of them out here, or out of what the other includes"),
            );
            return false;
        }
        let Some(def) = self.declared.schema.role(role) else {
            return false;
        };
        if types.is_empty() || def.on.iter().any(|ty| types.contains(ty)) || self.declared.incomplete {
            return true;
        }
        let on = def
            .on
            .iter()
            .filter_map(|ty| self.declared.schema.entity_type(*ty));
        let message = format!("the role `{}` is on none of these types", name.name);
        self.diagnostics.push(
            Diagnostic::error(codes::EXCLUSIVE, name.span, message)
                .with_help(format!("it is on {}", check::list(on.map(|def| &def.name)))),
        );
        false
    }

    fn exclusive_cases(
        &mut self,
        roles: &[(RoleId, &Ident)],
        types: &[dictum_artifact::schema::EntityTypeId],
    ) -> Vec<crate::program::RuleCase> {
        let permitted: Vec<FxHashSet<ShapeId>> =
            roles.iter().map(|(role, _)| self.permitted(*role)).collect();
        let mut shapes: Vec<ShapeId> = permitted
            .iter()
            .flatten()
            .copied()
            .filter(|shape| types.contains(&self.shape(*shape).resource))
            .collect();
        shapes.sort_unstable();
        shapes.dedup();
        let mut cases = Vec::new();
        for shape in shapes {
            let resource = self.shape(shape).resource;
            let held: Vec<Option<ExprId>> = roles
                .iter()
                .map(|(role, _)| {
                    let def = self.declared.schema.role(*role)?;
                    def.on.binary_search(&resource).ok()?;
                    self.roles.holds(self.declared, *role, shape)
                })
                .collect();
            let (mut permitting, mut others) = (Vec::new(), Vec::new());
            for (held, permits) in held.iter().zip(&permitted) {
                let side = if permits.contains(&shape) {
                    &mut permitting
                } else {
                    &mut others
                };
                side.extend(held);
            }
            let either = self.two_held(&permitting, &others);
            cases.extend(self.unconditional(shape, either));
        }
        cases
    }

    /// The shapes of the actions that a role permits, by itself or by the roles that it includes.
    fn permitted(&self, role: RoleId) -> FxHashSet<ShapeId> {
        let mut shapes = FxHashSet::default();
        for (included, includers) in self.declared.includers.iter().enumerate() {
            if includers.binary_search(&role).is_err() {
                continue;
            }
            let on = &self.declared.schema.roles[included].on;
            for action in &self.declared.allowed[included] {
                let of_action = self.by_action[action.index()].iter();
                shapes.extend(of_action.filter(|shape| on.contains(&self.shape(**shape).resource)));
            }
        }
        shapes
    }

    /// Whether two are held, of which the first list has one at least. Of a few roles, each pair is asked for.
    fn two_held(&mut self, permitting: &[ExprId], others: &[ExprId]) -> ExprId {
        const FEW: usize = 16;
        let exprs = &mut self.declared.exprs;
        if permitting.len() + others.len() <= FEW {
            let mut pairs = Vec::new();
            for (at, a) in permitting.iter().enumerate() {
                for b in permitting.iter().skip(at + 1).chain(others) {
                    pairs.push(exprs.and_simplified([*a, *b]));
                }
            }
            return exprs.or_simplified(pairs);
        }
        // The pairs across two halves are those of any of the one with any of the other: `and` distributes over `or`,
        // undefined or not. So many roles take little more than as many questions, and not their square.
        if others.is_empty() {
            let (one, other) = permitting.split_at(permitting.len() / 2);
            let within = [self.two_held(one, &[]), self.two_held(other, &[])];
            let across = self.both_any(one, other);
            return self
                .declared
                .exprs
                .or_simplified(within.into_iter().chain([across]));
        }
        let within = self.two_held(permitting, &[]);
        let across = self.both_any(permitting, others);
        self.declared.exprs.or_simplified([within, across])
    }

    /// Whether one of each list is held.
    fn both_any(&mut self, one: &[ExprId], other: &[ExprId]) -> ExprId {
        let exprs = &mut self.declared.exprs;
        let sides = [one, other].map(|side| exprs.or_simplified(side.iter().copied()));
        exprs.and_simplified(sides)
    }
}
