//! Fixtures: trees to the contents of a store.

use dictum_artifact::data::{
    Attributes, Dataset, DatasetFault, Entity, Grant, GrantFault, Scope, check_grant,
};
use dictum_artifact::schema::{EntityTypeId, RoleId, Type};
use dictum_artifact::value::{EntityUid, Timestamp, Value};
use dictum_syntax::ast::{EntityRef, FixtureDecl, FixtureEntity, FixtureGrant, FixtureItem, HeadKind};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::{overflows, values};
use crate::check::{self, Findings, Given, entity_literal, list, missing_fields, misspelt};
use crate::codes;
use crate::declare::Declared;
use crate::program::Fixture;
use crate::reference;

/// Checks a fixture.
pub(super) fn check(
    declared: &mut Declared<'_>,
    decl: &FixtureDecl,
    diagnostics: &mut Vec<Diagnostic>,
) -> Fixture {
    let mut findings = Findings::default();
    let mut data = Dataset::default();
    let mut places = Vec::new();
    for item in &decl.items {
        match item {
            FixtureItem::Entity(written) => {
                if let Some(entity) = entity(declared, &mut findings, written, diagnostics) {
                    data.entities.push(entity);
                    places.push(written.entity.span);
                }
            }
            FixtureItem::Grant(written) => {
                data.grants
                    .extend(grant(declared, &mut findings, written, diagnostics));
            }
        }
    }
    findings.finish(diagnostics);
    for fault in data.faults() {
        diagnostics.extend(describe(declared, &data, &places, &fault));
    }
    Fixture {
        name: decl.name.name.clone(),
        data,
    }
}

/// An entity. Where an attribute or a parent is wrong it is left out, so that more can be said of the others.
fn entity(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    written: &FixtureEntity,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Entity> {
    let mut parents = Vec::new();
    for parent in &written.parents {
        if let Some(uid) = uid(declared, parent, diagnostics) {
            parents.push((uid, parent.span));
        }
    }
    let uid = uid(declared, &written.entity, diagnostics)?;
    let def = declared.schema.entity_type(uid.ty)?;
    for (parent, span) in &parents {
        if def.parents.binary_search(&parent.ty).is_err() && !declared.incomplete {
            diagnostics.push(wrong_parent(declared, uid.ty, parent.ty, *span));
        }
    }
    let (fields, is_doubtful) = (def.attributes.clone(), declared.is_doubtful(&def.name));
    let given = values(
        declared,
        findings,
        &written.attributes,
        &fields,
        "attribute",
        |_| is_doubtful,
    );
    let mut attributes = Attributes::with_capacity(fields.len());
    let mut missing = Vec::new();
    for (field, value) in fields.iter().zip(given) {
        if matches!(value, Given::Missing)
            && !field.optional
            && !misspelt(declared, field, &written.attributes, &fields)
        {
            missing.push(field);
        }
        attributes.push(value.into_value());
    }
    diagnostics.extend(missing_fields(
        declared,
        &missing,
        "attribute",
        written.entity.span,
    ));
    Some(Entity {
        uid,
        attributes,
        parents: parents.into_iter().map(|(parent, _)| parent).collect(),
    })
}

/// The entity that is named.
pub(super) fn uid(
    declared: &Declared<'_>,
    entity: &EntityRef,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<EntityUid> {
    let ty = entity_literal(declared, entity, diagnostics)?;
    Some(EntityUid {
        ty,
        id: entity.id.value.as_str().into(),
    })
}

fn wrong_parent(
    declared: &Declared<'_>,
    child: EntityTypeId,
    parent: EntityTypeId,
    span: Span,
) -> Diagnostic {
    let (child_name, parent_name) = (type_name(declared, child), type_name(declared, parent));
    let allowed = declared
        .schema
        .entity_type(child)
        .map_or(&[][..], |def| &def.parents);
    let message = format!("a `{child_name}` cannot have a `{parent_name}` as its parent");
    let help = if allowed.is_empty() {
        format!("if it can, declare it: `entity {child_name} in {parent_name}`")
    } else {
        format!(
            "its parents are of type {}",
            list(allowed.iter().map(|ty| type_name(declared, *ty)))
        )
    };
    Diagnostic::error(codes::PARENT_TYPE, span, message).with_help(help)
}

fn type_name<'d>(declared: &'d Declared<'_>, ty: EntityTypeId) -> &'d str {
    declared.schema.entity_type(ty).map_or("?", |def| &def.name)
}

fn grant(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    written: &FixtureGrant,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Grant> {
    let role = declared.schema.find_role(&written.role.name);
    if role.is_none() {
        let known = declared.schema.roles.iter().map(|def| def.name.as_str());
        declared.unknown(&written.role, "role", known, diagnostics);
    }
    let scope = match &written.on.kind {
        HeadKind::Any => Some(Scope::Anything),
        HeadKind::Entity(entity) => uid(declared, entity, diagnostics).map(Scope::Entity),
        // No grant is on a type: the grammar sees to it.
        HeadKind::Name(_) | HeadKind::In(..) => None,
    };
    let subject = uid(declared, &written.to, diagnostics);
    let until = match &written.until {
        Some(expr) => Some(timestamp(declared, findings, expr)?),
        None => None,
    };
    let (role, scope, subject) = (role?, scope?, subject?);
    let scope_type = match &scope {
        Scope::Anything => None,
        Scope::Entity(entity) => Some(entity.ty),
    };
    if let Err(fault) = check_grant(&declared.schema, role, subject.ty, scope_type, until.is_some()) {
        diagnostics.extend(never_holds(
            declared,
            written,
            role,
            fault,
            (subject.ty, scope_type),
        ));
        return None;
    }
    Some(Grant {
        role,
        subject,
        scope,
        until,
    })
}

fn timestamp(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    expr: &dictum_syntax::ast::Expr,
) -> Option<Timestamp> {
    let ty = declared.intern(Type::Timestamp);
    let id = check::constant(declared, findings, expr, ty)?;
    match reference::constant(&declared.schema, declared.exprs.as_exprs(), id) {
        Some(Value::Timestamp(timestamp)) => Some(timestamp),
        _ => {
            findings.error(overflows(expr));
            None
        }
    }
}

fn never_holds(
    declared: &Declared<'_>,
    written: &FixtureGrant,
    role: RoleId,
    fault: GrantFault,
    (subject, scope): (EntityTypeId, Option<EntityTypeId>),
) -> Option<Diagnostic> {
    let schema = &declared.schema;
    let name = &written.role.name;
    let types = |types: Vec<EntityTypeId>| {
        let mut types = types;
        types.sort_unstable();
        types.dedup();
        list(types.into_iter().map(|ty| type_name(declared, ty)))
    };
    let (span, message, help) = match fault {
        GrantFault::Derived => (
            written.role.span,
            format!("the role `{name}` cannot be granted: only its condition says who holds it"),
            "to grant it too, declare it `held by grant or when …`".to_owned(),
        ),
        // What could not be resolved may be what it would hold on.
        GrantFault::Scope | GrantFault::Subject if declared.incomplete => return None,
        GrantFault::Scope => {
            let carried = schema.roles.iter().filter(|def| def.carriers.contains(&role));
            let on = types(carried.flat_map(|def| def.on.iter().copied()).collect());
            (
                written.on.span,
                format!(
                    "the role `{name}` is on {on}, and none of these is ever in a `{}`",
                    type_name(declared, scope?)
                ),
                "grant it on one of these, on something that they are in, or on `anything`".to_owned(),
            )
        }
        GrantFault::Subject => (
            written.to.span,
            format!("no principal is ever in a `{}`", type_name(declared, subject)),
            format!(
                "principals are of type {}",
                types(schema.shapes.iter().map(|shape| shape.principal).collect())
            ),
        ),
        GrantFault::NoNow => (
            written.until.as_ref()?.span,
            "this grant cannot expire: requests do not carry the time".to_owned(),
            if declared.context_fields.is_empty() {
                "declare it for every request: `context { now: Timestamp }`".to_owned()
            } else {
                "add `now: Timestamp` to the declaration `context { … }`".to_owned()
            },
        ),
    };
    Some(Diagnostic::error(codes::GRANT, span, message).with_help(help))
}

/// A fault of the entities together.
fn describe(
    declared: &Declared<'_>,
    data: &Dataset,
    places: &[Span],
    fault: &DatasetFault,
) -> Option<Diagnostic> {
    let shown = |at: &usize| {
        data.entities
            .get(*at)
            .map(|entity| entity.uid.display(&declared.schema))
    };
    match fault {
        DatasetFault::Duplicate { first, second } => {
            let message = format!("`{}` is described twice", shown(second)?);
            Some(
                Diagnostic::error(codes::FIXTURE_ENTITIES, *places.get(*second)?, message)
                    .with_related(*places.get(*first)?, "first described here"),
            )
        }
        DatasetFault::Cycle(cycle) => {
            const MOST: usize = 8;
            let (first, rest) = cycle.split_first()?;
            let mut path: Vec<String> = rest.iter().take(MOST).filter_map(shown).collect();
            if rest.len() > MOST {
                path.push("…".to_owned());
            }
            path.push(shown(first)?);
            let path: Vec<String> = path.iter().map(|entity| format!("`{entity}`")).collect();
            let message = format!(
                "`{}` lies in itself: it is in {}",
                shown(first)?,
                path.join(", which is in ")
            );
            Some(
                Diagnostic::error(codes::FIXTURE_ENTITIES, *places.get(*first)?, message)
                    .with_help("take one of them out of its parent"),
            )
        }
    }
}
