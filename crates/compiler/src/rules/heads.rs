//! The shapes that a rule's head fits, and what of the head is left to ask of their requests.

use dictum_artifact::expr::{Expr, ExprId, Literal};
use dictum_artifact::schema::{ActionId, EntityTypeId, RoleId, Schema, ShapeId};
use dictum_syntax::ast::{Actions, EntityRef, Head, HeadKind, Ident, RuleHead};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;

use super::Checker;
use crate::check;
use crate::codes;
use crate::declare::{Declared, TypeName};
use crate::mend::{Mend, mended};

/// A shape that a head fits.
pub(super) struct Fit {
    pub(super) shape: ShapeId,
    /// What types do not settle; never undefined.
    pub(super) head: ExprId,
    /// Whether the principal is one whom WHO names, where WHO names roles; else `true`.
    pub(super) holder: ExprId,
}

/// An alternative of WHO or WHAT.
struct Alternative {
    span: Span,
    kind: Kind,
    /// Whether it fits a shape.
    fits: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Type(EntityTypeId),
    /// A type, and an entity that must be an ancestor or the entity itself.
    In(EntityTypeId, ExprId),
    /// One entity.
    Entity(EntityTypeId, ExprId),
    Role(RoleId),
}

impl Checker<'_, '_> {
    /// The shapes that a rule's head fits, sorted; `None` where a name in it is wrong. Alternatives and actions that fit
    /// none are reported.
    pub(super) fn fitting(&mut self, decl: &RuleHead, keyword: Span) -> Option<Vec<Fit>> {
        let who = self.alternatives(&decl.who, true);
        let what = self.alternatives(&decl.what, false);
        let actions = match &decl.actions {
            Actions::Any(span) => vec![(
                None,
                *span,
                (0u32..).map(ActionId).take(self.by_action.len()).collect(),
            )],
            Actions::List(names) => {
                let listed = self.actions(names).into_iter();
                let listed: Vec<_> = listed
                    .map(|(name, actions)| (Some(name), name.span, actions))
                    .collect();
                if listed.len() < names.len() {
                    return None;
                }
                listed
            }
        };
        let (mut who, mut what) = (who?, what?);
        let mut fits: Vec<Fit> = Vec::new();
        let mut fitting_actions = Vec::new();
        for (name, span, members) in &actions {
            let before = fits.len();
            let shapes = match name {
                Some(_) => self.shapes_of(members).collect(),
                None => self.shapes_on(&what),
            };
            for shape in shapes {
                fits.extend(self.fit(&mut who, &mut what, shape));
            }
            fitting_actions.push((*name, *span, fits.len() > before));
        }
        fits.sort_by_key(|fit| fit.shape);
        fits.dedup_by_key(|fit| fit.shape);
        if !self.declared.incomplete {
            let members: Vec<ActionId> = actions
                .iter()
                .flat_map(|(_, _, members)| members)
                .copied()
                .collect();
            if fits.is_empty() {
                let error = self.fits_nothing(decl, keyword, &members, (&who, &what));
                self.diagnostics.push(error);
            } else {
                self.report_unfit(
                    &fitting_actions,
                    who.iter().chain(&what),
                    &members,
                    self.noun(keyword),
                );
            }
        }
        Some(fits)
    }

    /// The shapes of the resources that alternatives of WHAT name: few of all, most often.
    fn shapes_on(&self, what: &[Alternative]) -> Vec<ShapeId> {
        let mut types: Vec<EntityTypeId> = Vec::new();
        for alternative in what {
            match alternative.kind {
                Kind::Type(ty) | Kind::In(ty, _) | Kind::Entity(ty, _) => types.push(ty),
                Kind::Any | Kind::Role(_) => return self.by_resource.iter().flatten().copied().collect(),
            }
        }
        types.sort_unstable();
        types.dedup();
        let of = |ty: &EntityTypeId| self.by_resource.get(ty.index());
        types.iter().filter_map(of).flatten().copied().collect()
    }

    /// What a shape leaves to ask, where the head fits it.
    fn fit(&mut self, who: &mut [Alternative], what: &mut [Alternative], id: ShapeId) -> Option<Fit> {
        let shape = self.shape(id);
        let on = |kind: Kind, ty: EntityTypeId, declared: &Declared<'_>| match kind {
            Kind::Any => true,
            Kind::Type(of) | Kind::In(of, _) | Kind::Entity(of, _) => of == ty,
            Kind::Role(role) => declared
                .schema
                .role(role)
                .is_some_and(|def| def.on.binary_search(&shape.resource).is_ok()),
        };
        let fitting = |alternatives: &mut [Alternative], ty: EntityTypeId| -> Vec<usize> {
            let fits = |(at, alternative): (usize, &Alternative)| {
                on(alternative.kind, ty, self.declared).then_some(at)
            };
            alternatives.iter().enumerate().filter_map(fits).collect()
        };
        let (fitting_who, fitting_what) = (fitting(who, shape.principal), fitting(what, shape.resource));
        if fitting_who.is_empty() || fitting_what.is_empty() {
            return None;
        }
        let (mut names_role, mut tests) = (false, Vec::new());
        for at in fitting_who {
            who[at].fits = true;
            names_role |= matches!(who[at].kind, Kind::Role(_));
            tests.push(self.test(who[at].kind, Expr::Principal, id)?);
        }
        let who = self.declared.exprs.or_simplified(tests);
        // Where a type alternative holds anyway, no role is left to ask for.
        let names_role = names_role && self.declared.exprs.known(who).is_none();
        let mut tests = Vec::new();
        for at in fitting_what {
            what[at].fits = true;
            tests.push(self.test(what[at].kind, Expr::Resource, id)?);
        }
        let what = self.declared.exprs.or_simplified(tests);
        let yes = self.declared.exprs.bool(true);
        let (head, holder) = if names_role {
            (what, who)
        } else {
            (self.declared.exprs.and_simplified([who, what]), yes)
        };
        Some(Fit {
            shape: id,
            head,
            holder,
        })
    }

    /// What an alternative asks of a principal or resource of a type that it fits.
    fn test(&mut self, kind: Kind, of: Expr, shape: ShapeId) -> Option<ExprId> {
        let exprs = &mut self.declared.exprs;
        Some(match kind {
            Kind::Any | Kind::Type(_) => exprs.bool(true),
            Kind::In(_, ancestor) => {
                let of = exprs.add(of);
                exprs.add(Expr::EntityIn(of, ancestor))
            }
            Kind::Entity(_, entity) => {
                let of = exprs.add(of);
                exprs.add(Expr::Equal(of, entity))
            }
            Kind::Role(role) => {
                let holds = self.roles.holds(self.declared, role, shape);
                // A role's condition with errors says nothing of what the rules that name the role fit.
                self.declared.incomplete |= holds.is_none();
                return holds;
            }
        })
    }

    fn alternatives(&mut self, heads: &[Head], is_who: bool) -> Option<Vec<Alternative>> {
        let resolved: Vec<Option<Alternative>> = heads
            .iter()
            .map(|head| {
                let kind = self.kind(head, is_who)?;
                Some(Alternative {
                    span: head.span,
                    kind,
                    fits: false,
                })
            })
            .collect();
        resolved.into_iter().collect()
    }

    fn kind(&mut self, head: &Head, is_who: bool) -> Option<Kind> {
        match &head.kind {
            HeadKind::Any => Some(Kind::Any),
            HeadKind::Name(name) => match self.declared.schema.find_role(&name.name) {
                Some(role) if is_who => Some(Kind::Role(role)),
                Some(_) if !self.declared.types.contains_key(&name.name) => {
                    let message = format!(
                        "`{}` is a role; after `on` stands what the rule is about",
                        name.name
                    );
                    self.diagnostics.push(
                        Diagnostic::error(codes::WRONG_KIND_OF_NAME, name.span, message)
                            .with_help("name a resource type, or `anything`; roles stand before `to`"),
                    );
                    None
                }
                // A type of the same name is reported where it is declared.
                Some(_) | None => self.entity_type(name, is_who).map(Kind::Type),
            },
            HeadKind::In(name, _) if is_who && self.is_role_only(&name.name) => {
                let message = format!("`{}` is a role; `in` is for entity types", name.name);
                let role = naming::written_path(&name.name);
                let help = format!("write `permit {role} to … when principal in …`");
                self.diagnostics
                    .push(Diagnostic::error(codes::WRONG_KIND_OF_NAME, name.span, message).with_help(help));
                None
            }
            HeadKind::In(name, ancestor) => {
                let ty = self.entity_type(name, is_who);
                let within = self.entity(ancestor);
                let (ty, (within, ancestor_id)) = (ty?, within?);
                let schema = &self.declared.schema;
                if !schema.can_be_in(ty, within) && !self.declared.incomplete {
                    let outer = schema.entity_type(within).map_or("", |def| &def.name);
                    let message = format!("a `{}` is never in a `{outer}`", name.name);
                    let error = Diagnostic::error(codes::NEVER_HOLDS, head.span, message)
                        .with_help(ancestors(schema, ty));
                    self.diagnostics.push(error);
                    return None;
                }
                Some(Kind::In(ty, ancestor_id))
            }
            HeadKind::Entity(entity) => {
                let (ty, id) = self.entity(entity)?;
                Some(Kind::Entity(ty, id))
            }
        }
    }

    /// Whether a name is that of a role, and of no type.
    fn is_role_only(&self, name: &str) -> bool {
        self.declared.schema.find_role(name).is_some() && !self.declared.types.contains_key(name)
    }

    fn entity(&mut self, entity: &EntityRef) -> Option<(EntityTypeId, ExprId)> {
        let ty = check::entity_literal(self.declared, entity, self.diagnostics)?;
        let literal = Literal::Entity(ty, entity.id.value.as_str().into());
        Some((ty, self.declared.exprs.add(Expr::Literal(literal))))
    }

    fn entity_type(&mut self, name: &Ident, is_who: bool) -> Option<EntityTypeId> {
        if is_who && !self.declared.types.contains_key(&name.name) {
            let types = self
                .declared
                .types
                .iter()
                .filter(|(_, (kind, _))| matches!(kind, TypeName::Entity(_)));
            let roles = self.declared.schema.roles.iter().map(|def| def.name.as_str());
            let known = types.map(|(name, _)| name.as_str()).chain(roles);
            let before = self.diagnostics.len();
            self.declared
                .unknown(name, "entity type or role", known, self.diagnostics);
            let is_everyone = matches!(name.name.as_str(), "everyone" | "everybody" | "anybody");
            if let (true, Some(error)) = (is_everyone, self.diagnostics.get_mut(before)) {
                *error = mended(
                    error.clone(),
                    Some(Mend::write("write `anyone`", name.span, "anyone")),
                );
            }
            return None;
        }
        self.declared.entity_type(name, self.diagnostics)
    }

    /// Reports the actions and the alternatives that fit no shape, in a rule that fits some.
    fn report_unfit<'h>(
        &mut self,
        actions: &[(Option<&Ident>, Span, bool)],
        alternatives: impl Iterator<Item = &'h Alternative>,
        members: &[ActionId],
        noun: &str,
    ) {
        for (name, span, fits) in actions {
            if let (Some(name), false) = (name, fits) {
                let own = self.declared.schema.find_action(&name.name);
                let own = own.map_or_else(Vec::new, |id| self.declared.members[id.index()].clone());
                let message = format!(
                    "`{}` applies to none of the types that this {noun} names",
                    name.name
                );
                let error = Diagnostic::error(codes::HEAD_FITS_NOTHING, *span, message);
                self.diagnostics
                    .push(error.with_help(self.applies_to(&name.name, &own)));
            }
        }
        let unfit: Vec<(Span, Kind)> = alternatives
            .filter(|alternative| !alternative.fits)
            .map(|a| (a.span, a.kind))
            .collect();
        for (span, kind) in unfit {
            let what = match kind {
                Kind::Any => continue,
                Kind::Type(ty) | Kind::In(ty, _) | Kind::Entity(ty, _) => {
                    self.declared.schema.entity_type(ty).map_or("", |def| &def.name)
                }
                Kind::Role(role) => self.declared.schema.role(role).map_or("", |def| &def.name),
            };
            let message = format!("no action of this {noun} applies to `{what}`");
            let error = Diagnostic::error(codes::HEAD_FITS_NOTHING, span, message);
            self.diagnostics
                .push(error.with_help(self.applies_to(&format!("the {noun}'s actions"), members)));
        }
    }

    /// What a head is of.
    fn noun(&self, keyword: Span) -> &'static str {
        match self.sources.text(keyword) {
            "never" | "always" => "invariant",
            _ => "rule",
        }
    }

    fn fits_nothing(
        &self,
        decl: &RuleHead,
        keyword: Span,
        members: &[ActionId],
        (who, what): (&[Alternative], &[Alternative]),
    ) -> Diagnostic {
        for (alternatives, is_who) in [(who, true), (what, false)] {
            if let [one] = alternatives
                && let Some(error) = self.no_part(one, is_who)
            {
                return error;
            }
        }
        let noun = self.noun(keyword);
        let (span, what) = match &decl.actions {
            Actions::Any(_) => (
                keyword,
                format!("no declared action applies to what this {noun} names"),
            ),
            Actions::List(names) => match names.as_slice() {
                [one] => (
                    one.span,
                    format!("`{}` does not apply to what this {noun} names", one.name),
                ),
                _ => (
                    keyword,
                    format!("no action of this {noun} applies to what it names"),
                ),
            },
        };
        let name = match &decl.actions {
            Actions::List(names) if names.len() == 1 => names[0].name.clone(),
            Actions::List(_) | Actions::Any(_) => format!("the {noun}'s actions"),
        };
        Diagnostic::error(codes::HEAD_FITS_NOTHING, span, what).with_help(self.applies_to(&name, members))
    }

    /// Says that no action at all is for a type, by whom or on what.
    fn no_part(&self, alternative: &Alternative, is_who: bool) -> Option<Diagnostic> {
        let ty = match alternative.kind {
            Kind::Any | Kind::Role(_) => return None,
            Kind::Type(ty) | Kind::In(ty, _) | Kind::Entity(ty, _) => ty,
        };
        let schema = &self.declared.schema;
        let mut types: Vec<EntityTypeId> = schema
            .shapes
            .iter()
            .map(|shape| if is_who { shape.principal } else { shape.resource })
            .collect();
        types.sort_unstable();
        types.dedup();
        if types.is_empty() || types.contains(&ty) {
            return None;
        }
        let name = |ty: EntityTypeId| schema.entity_type(ty).map_or("", |def| def.name.as_str());
        let (message, part) = if is_who {
            (
                format!("no action is declared for a `{}` to do", name(ty)),
                "principals",
            )
        } else {
            (format!("no action is declared on a `{}`", name(ty)), "resources")
        };
        let others = check::list(types.into_iter().map(name));
        let error = Diagnostic::error(codes::HEAD_FITS_NOTHING, alternative.span, message);
        Some(error.with_help(format!("the {part} of actions are of type {others}")))
    }

    /// "`write` applies to `User` on `Document`", with the first few combinations of types.
    fn applies_to(&self, name: &str, actions: &[ActionId]) -> String {
        const MOST: usize = 4;
        let schema = &self.declared.schema;
        let mut pairs: Vec<(EntityTypeId, EntityTypeId)> = Vec::new();
        for shape in self.shapes_of(actions).map(|id| self.shape(id)) {
            if !pairs.contains(&(shape.principal, shape.resource)) && pairs.len() <= MOST {
                pairs.push((shape.principal, shape.resource));
            }
        }
        let type_name = |ty: EntityTypeId| schema.entity_type(ty).map_or("", |def| &def.name);
        let mut texts: Vec<String> = pairs
            .iter()
            .take(MOST)
            .map(|(p, r)| format!("`{}` on `{}`", type_name(*p), type_name(*r)))
            .collect();
        if pairs.len() > MOST {
            texts.push("others".to_owned());
        }
        let group = naming::written_path(name);
        let name = if schema.find_action(name).is_some() {
            format!("`{name}`")
        } else {
            name.to_owned()
        };
        let verb = if name.ends_with("actions") {
            "apply"
        } else {
            "applies"
        };
        match texts.split_last() {
            None if verb == "apply" => format!("{name} apply to nothing: they are groups without actions"),
            None => {
                format!("{name} is a group without actions: declare one with `action … in {group} by … on …`")
            }
            Some((last, [])) => format!("{name} {verb} to {last}"),
            Some((last, rest)) => format!("{name} {verb} to {} and {last}", rest.join(", ")),
        }
    }
}

/// What an entity of a type can be in.
fn ancestors(schema: &Schema, ty: EntityTypeId) -> String {
    let Some(def) = schema.entity_type(ty) else {
        return String::new();
    };
    let names: Vec<String> = def
        .ancestors
        .iter()
        .filter_map(|ty| schema.entity_type(*ty))
        .map(|def| def.name.clone())
        .collect();
    match names.as_slice() {
        [] => format!(
            "`{}` has no parents: declare them with `entity {} in …`",
            def.name,
            naming::written_path(&def.name)
        ),
        names => format!("a `{}` can be in {}", def.name, check::list(names)),
    }
}
