//! Roles: what they include twice, and whether they give all there is.

use dictum_artifact::schema::ShapeId;
use dictum_syntax::ast::{DeclarationKind, RoleDecl};
use dictum_syntax::source::Span;

use super::style::cut_from_list;
use super::{ALL_ACTIONS, Checked, Found, REDUNDANT_INCLUDE, declarations, warning};

/// From how many kinds of requests on a role having all of them is worth telling.
const FEW: usize = 3;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    for declaration in declarations(checked.files) {
        if let DeclarationKind::Role(decl) = &declaration.kind {
            includes(checked, decl, found);
        }
    }
    if found.tells(&ALL_ACTIONS) {
        all_actions(checked, found);
    }
}

/// What a role includes by itself and through another role that it includes.
fn includes(checked: &Checked<'_>, decl: &RoleDecl, found: &mut Found<'_>) {
    let schema = checked.schema;
    for (at, included) in decl.includes.iter().enumerate() {
        let Some(id) = schema.find_role(&included.name) else {
            continue;
        };
        let above = checked.includers.get(id.index()).map_or(&[][..], Vec::as_slice);
        let same = decl
            .includes
            .iter()
            .take(at)
            .find(|other| other.name == included.name);
        let through = decl.includes.iter().find(|other| {
            let other_id = schema.find_role(&other.name);
            other.name != included.name && other_id.is_some_and(|other| above.binary_search(&other).is_ok())
        });
        let (message, other) = match (same, through) {
            (Some(same), _) => (format!("`{}` is included already", included.name), same),
            (None, Some(through)) => (
                format!(
                    "`{}` is included already, through `{}`",
                    included.name, through.name
                ),
                through,
            ),
            (None, None) => continue,
        };
        let spans: Vec<Span> = decl.includes.iter().map(|role| role.span).collect();
        let mut diagnostic = warning(&REDUNDANT_INCLUDE, included.span, message, "leave it out")
            .with_related(other.span, "included here");
        diagnostic.fix = cut_from_list(checked, &spans, at);
        found.add(&REDUNDANT_INCLUDE, diagnostic);
    }
}

/// Roles that, with those that they include, give every action on the types that they are on.
fn all_actions(checked: &Checked<'_>, found: &mut Found<'_>) {
    let schema = checked.schema;
    for (role, def) in (0u32..).map(dictum_artifact::schema::RoleId).zip(&schema.roles) {
        let gives = |rule: &&crate::program::Rule| {
            rule.info.role.is_some_and(|given| {
                let above = checked.includers.get(given.index());
                above.is_some_and(|above| above.binary_search(&role).is_ok())
            })
        };
        let given: Vec<_> = checked.rules.iter().filter(gives).collect();
        let Some(own) = given.iter().find(|rule| rule.info.role == Some(role)) else {
            continue;
        };
        let on = (0u32..)
            .map(ShapeId)
            .zip(&schema.shapes)
            .filter(|(_, shape)| def.on.binary_search(&shape.resource).is_ok());
        let shapes: Vec<ShapeId> = on.map(|(id, _)| id).collect();
        let all = shapes
            .iter()
            .all(|shape| given.iter().any(|rule| rule.case(*shape).is_some()));
        if shapes.len() >= FEW && all {
            let message = format!("the role `{}` gives every action on its types", def.name);
            let help = "give it only what its holders need";
            found.add(&ALL_ACTIONS, warning(&ALL_ACTIONS, own.span, message, help));
        }
    }
}
