//! Fixtures: trees to the contents of a store.

use dictum_artifact::data::{
    Attributes, Dataset, DatasetFault, Entity, Grant, GrantFault, Scope, check_grant,
};
use dictum_artifact::schema::{EntityTypeId, RoleId, Type};
use dictum_artifact::value::{EntityUid, Timestamp, Value};
use dictum_syntax::ast::{EntityRef, FixtureDecl, FixtureEntity, FixtureGrant, FixtureItem, HeadKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming::written_path;
use dictum_syntax::source::Span;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{evaluated, values};
use crate::check::{self, Findings, Given, entity_literal, lacking, list, missing_fields};
use crate::codes;
use crate::declare::{Declared, components};
use crate::program::Fixture;

/// How many values the fixtures of a package may have together: entities, grants and what attributes are made of. What a
/// fixture builds on counts for it too.
const MAX_DESCRIBED: usize = 1 << 22;

/// Checks all fixtures. They come in the order of the source; each is checked after the one that it builds on.
pub(super) fn check(
    declared: &mut Declared<'_>,
    decls: &[&FixtureDecl],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Fixture> {
    let mut positions: FxHashMap<&str, usize> = FxHashMap::default();
    for (at, decl) in decls.iter().enumerate() {
        positions.entry(&decl.name.name).or_insert(at);
    }
    let mut graph = DiGraph::<Ident, Span>::new();
    for decl in decls {
        graph.add_node(decl.name.clone());
    }
    for (at, decl) in decls.iter().enumerate() {
        let Some(base) = &decl.base else { continue };
        match positions.get(base.name.as_str()) {
            Some(to) => drop(graph.add_edge(NodeIndex::new(at), NodeIndex::new(*to), base.span)),
            None => {
                let mut known: Vec<&str> = positions.keys().copied().collect();
                known.sort_unstable();
                declared.unknown(base, "fixture", known, diagnostics);
            }
        }
    }
    let components = components(&graph);
    for cycle in &components.cycles {
        diagnostics.push(cycle.diagnostic(
            codes::VALUE_CYCLE,
            "the fixture",
            "builds on itself",
            "builds on",
        ));
    }
    let mut checked: Vec<Option<Fixture>> = decls.iter().map(|_| None).collect();
    for node in &components.order {
        let Some(decl) = decls.get(node.index()) else {
            continue;
        };
        let base = decl
            .base
            .as_ref()
            .and_then(|base| positions.get(base.name.as_str()));
        let base = base.and_then(|at| checked.get(*at)?.as_ref());
        let values = base.map_or(0, |fixture| described(&fixture.data));
        if let Some(error) = describing(declared, values, decl.name.span) {
            diagnostics.extend(error);
            continue;
        }
        let base = base.map(|fixture| fixture.data.clone());
        let fixture = fixture(declared, decl, base.unwrap_or_default(), diagnostics);
        checked[node.index()] = Some(fixture);
    }
    checked.into_iter().flatten().collect()
}

/// Checks a fixture over the store of the one that it builds on. What it describes again takes the place of what was
/// described there.
fn fixture(
    declared: &mut Declared<'_>,
    decl: &FixtureDecl,
    base: Dataset,
    diagnostics: &mut Vec<Diagnostic>,
) -> Fixture {
    let mut findings = Findings::default();
    let mut data = Dataset::default();
    let mut places = Vec::new();
    for item in &decl.items {
        match item {
            FixtureItem::Entity(written) => {
                if let Some(entity) = entity(declared, &mut findings, written, diagnostics) {
                    let values = values_of(&entity);
                    if let Some(error) = describing(declared, values, written.entity.span) {
                        diagnostics.extend(error);
                        break;
                    }
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
    let own: FxHashSet<&EntityUid> = data.entities.iter().map(|entity| &entity.uid).collect();
    let kept: Vec<Entity> = base
        .entities
        .into_iter()
        .filter(|entity| !own.contains(&entity.uid))
        .collect();
    // What is wrong with the base was said there: faults are told at the fixture's name where they are not its own alone.
    places.extend(kept.iter().map(|_| decl.name.span));
    data.entities.extend(kept);
    for fault in data.faults() {
        diagnostics.extend(describe(declared, &data, &places, &fault));
    }
    let new: Vec<Grant> = std::mem::take(&mut data.grants);
    data.grants = base.grants;
    data.grants.extend(new);
    Fixture {
        name: decl.name.name.clone(),
        data,
    }
}

/// Takes note of values that come to the fixtures; where these are too many, there is an error the first time.
fn describing(declared: &mut Declared<'_>, values: usize, place: Span) -> Option<Option<Diagnostic>> {
    let before = declared.described;
    declared.described = before.saturating_add(values);
    (declared.described > MAX_DESCRIBED).then(|| {
        let message = format!("with this, the fixtures of the package have more than {MAX_DESCRIBED} values");
        let error = Diagnostic::error(codes::FIXTURE_ENTITIES, place, message)
            .with_help("what a fixture builds on counts for each that builds on it");
        (before <= MAX_DESCRIBED).then_some(error)
    })
}

/// How many values a store has.
fn described(data: &Dataset) -> usize {
    data.entities.iter().map(values_of).sum::<usize>() + data.grants.len()
}

/// How many values an entity has, counting itself.
fn values_of(entity: &Entity) -> usize {
    let attributes = entity.attributes.iter().flatten().map(parts);
    1 + entity.parents.len() + attributes.sum::<usize>()
}

/// How many values a value is made of.
fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Set(items) => items.iter().map(parts).sum(),
        Value::Map(entries) => entries.values().map(parts).sum(),
        Value::Record(fields) => fields.iter().flatten().map(parts).sum(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Ip(_)
        | Value::Enum(..)
        | Value::Entity(_) => 0,
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
    let missing = lacking(declared, &fields, &given, &written.attributes);
    diagnostics.extend(missing_fields(
        declared,
        &missing,
        "attribute",
        written.entity.span,
    ));
    let mut attributes = Attributes::with_capacity(fields.len());
    attributes.extend(given.into_iter().map(Given::into_value));
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
        format!(
            "if it can, declare it: `entity {} in {}`",
            written_path(child_name),
            written_path(parent_name)
        )
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
    match evaluated(declared, findings, id, Some(expr))? {
        Value::Timestamp(timestamp) => Some(timestamp),
        _ => None,
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
        // So may the time be declared in a context that could not be read.
        GrantFault::NoNow if declared.modules.is_in_broken("now") => return None,
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
