//! Declarations that nothing uses. What data and requests may carry is declared whether or not a condition reads it, so
//! attributes, fields and names of enums are told only to those who ask.

use dictum_artifact::dag::Effect;
use dictum_syntax::ast::{ActionDecl, DeclarationKind, FieldDecl, Ident, RoleDecl, UseDecl};
use dictum_syntax::diagnostic::Fix;
use dictum_syntax::naming;
use dictum_syntax::source::Span;

use super::names::Names;
use super::style::cut_from_list;
use super::{
    Checked, Found, Lint, UNPERMITTED_ACTION, UNUSED_ACTION, UNUSED_ACTION_GROUP, UNUSED_ATTRIBUTE,
    UNUSED_CONSTANT, UNUSED_CONTEXT_FIELD, UNUSED_ENTITY, UNUSED_ENUM, UNUSED_ENUM_NAME, UNUSED_FIXTURE,
    UNUSED_FUNCTION, UNUSED_IMPORT, UNUSED_OBLIGATION, UNUSED_ROLE, UNUSED_TYPE, declarations, warning,
};

pub(super) fn check(checked: &Checked<'_>, names: &Names<'_>, found: &mut Found<'_>) {
    let about = actions_of_rules(checked);
    let is_type_used = |name: &Ident| names.types.contains(name.name.as_str());
    for declaration in declarations(checked.files) {
        match &declaration.kind {
            DeclarationKind::Entity(decl) => {
                if !is_type_used(&decl.name) {
                    let message = format!("the entity type `{}` is never used", decl.name.name);
                    let help = "name it after `by` or `on` of an action, as a parent, or as the type of an attribute";
                    found.add(
                        &UNUSED_ENTITY,
                        warning(&UNUSED_ENTITY, decl.name.span, message, help),
                    );
                }
                let what = format!("the attribute `{}.", decl.name.name);
                fields(&decl.attributes, &what, names, &UNUSED_ATTRIBUTE, found);
            }
            DeclarationKind::Enum(decl) => {
                if !is_type_used(&decl.name) && !decl.variants.iter().any(|v| names.has_word(&v.name)) {
                    let message = format!("the enum `{}` is never used", decl.name.name);
                    let help = "make it the type of an attribute, or leave it out";
                    found.add(&UNUSED_ENUM, warning(&UNUSED_ENUM, decl.name.span, message, help));
                } else {
                    for variant in decl.variants.iter().filter(|v| !names.has_word(&v.name)) {
                        let message = format!("no condition mentions `{}`", variant.name);
                        let help = "leave it out, unless data or requests carry it";
                        let diagnostic = warning(&UNUSED_ENUM_NAME, variant.span, message, help);
                        found.add(&UNUSED_ENUM_NAME, diagnostic);
                    }
                }
            }
            DeclarationKind::Type(decl) => {
                if !is_type_used(&decl.name) {
                    let message = format!("the type `{}` is never used", decl.name.name);
                    found.add(
                        &UNUSED_TYPE,
                        warning(&UNUSED_TYPE, decl.name.span, message, "leave it out"),
                    );
                }
            }
            DeclarationKind::Context(decl) => {
                fields(
                    &decl.fields,
                    "the context field `",
                    names,
                    &UNUSED_CONTEXT_FIELD,
                    found,
                );
            }
            DeclarationKind::Action(decl) => {
                actions(checked, decl, names, &about, found);
                fields(
                    &decl.context,
                    "the context field `",
                    names,
                    &UNUSED_CONTEXT_FIELD,
                    found,
                );
            }
            DeclarationKind::Role(decl) => role(decl, names, found),
            DeclarationKind::Fixture(decl) => {
                if !names.fixtures.contains(decl.name.name.as_str()) {
                    let message = format!("no test uses the fixture `{}`", decl.name.name);
                    let help = format!(
                        "write a test with it, `test \"…\" using {} {{ … }}`",
                        naming::written_path(&decl.name.name)
                    );
                    found.add(
                        &UNUSED_FIXTURE,
                        warning(&UNUSED_FIXTURE, decl.name.span, message, help),
                    );
                }
            }
            DeclarationKind::Function(decl) => {
                let is_used = names.values.contains(decl.name.name.as_str());
                declared(&UNUSED_FUNCTION, "function", &decl.name, is_used, found);
            }
            DeclarationKind::Const(decl) => {
                let own = naming::own(&decl.name.name);
                let is_used = names.values.contains(decl.name.name.as_str()) || names.values.contains(own);
                declared(&UNUSED_CONSTANT, "constant", &decl.name, is_used, found);
            }
            DeclarationKind::Obligation(decl) => {
                let is_used = names.obligations.contains(decl.name.name.as_str());
                declared(&UNUSED_OBLIGATION, "obligation", &decl.name, is_used, found);
            }
            DeclarationKind::Rule(_)
            | DeclarationKind::Exclusive(_)
            | DeclarationKind::Invariant(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Module(_)
            | DeclarationKind::Use(_)
            | DeclarationKind::Test(_) => {}
        }
    }
    imports(checked, found);
}

/// A declaration that is there to be named by others.
fn declared(lint: &'static Lint, what: &str, name: &Ident, is_used: bool, found: &mut Found<'_>) {
    if !is_used {
        let message = format!("the {what} `{}` is never used", name.name);
        found.add(lint, warning(lint, name.span, message, "use it, or leave it out"));
    }
}

/// What files take from other modules and have no use for.
fn imports(checked: &Checked<'_>, found: &mut Found<'_>) {
    let uses: Vec<(Span, &UseDecl)> = declarations(checked.files)
        .filter_map(|declaration| match &declaration.kind {
            DeclarationKind::Use(decl) => Some((declaration.span, decl)),
            _ => None,
        })
        .collect();
    for import in checked.unused_imports {
        let within = |(span, _): &&(Span, &UseDecl)| {
            span.source == import.span.source
                && span.start <= import.span.start
                && import.span.end <= span.end
        };
        let Some((whole, decl)) = uses.iter().find(within) else {
            continue;
        };
        let listed: Vec<Span> = decl.names.iter().flatten().map(|name| name.span).collect();
        let others_used = decl
            .names
            .iter()
            .flatten()
            .any(|name| !checked.unused_imports.iter().any(|other| other.span == name.span));
        let at = listed.iter().position(|span| *span == import.span);
        let fix = match at {
            Some(at) if others_used => cut_from_list(checked, &listed, at),
            // The whole declaration goes once, with the first of its names.
            Some(0) | None => Some(Fix::replace("leave it out", *whole, "")),
            Some(_) => None,
        };
        let message = format!("nothing here uses `{}`", import.name);
        let mut diagnostic = warning(&UNUSED_IMPORT, import.span, message, "leave it out");
        diagnostic.fix = fix;
        found.add(&UNUSED_IMPORT, diagnostic);
    }
}

/// What rules are about an action.
#[derive(Clone, Copy, Default)]
struct About {
    permitted: bool,
    forbidden: bool,
}

/// Which actions some rule is about, by action.
fn actions_of_rules(checked: &Checked<'_>) -> Vec<About> {
    let mut about = vec![About::default(); checked.schema.actions.len()];
    for rule in checked.rules {
        for case in &rule.cases {
            let action = checked
                .schema
                .shapes
                .get(case.shape.index())
                .map(|shape| shape.action);
            if let Some(about) = action.and_then(|action| about.get_mut(action.index())) {
                match rule.info.effect {
                    Effect::Permit => about.permitted = true,
                    Effect::Forbid => about.forbidden = true,
                }
            }
        }
    }
    about
}

fn actions(
    checked: &Checked<'_>,
    decl: &ActionDecl,
    names: &Names<'_>,
    about: &[About],
    found: &mut Found<'_>,
) {
    for name in &decl.names {
        let word = name.name.as_str();
        let Some(id) = checked.schema.find_action(word) else {
            continue;
        };
        let is_group = checked.schema.action(id).is_none_or(|def| def.context.is_none());
        if is_group {
            if !names.actions.contains(word) {
                let message = match names.groups.contains(word) {
                    true => format!("no rule, role or condition names the group `{word}`"),
                    false => format!("the group `{word}` has no actions, and nothing names it"),
                };
                let help = "name it in a rule or a role, or leave it out";
                found.add(
                    &UNUSED_ACTION_GROUP,
                    warning(&UNUSED_ACTION_GROUP, name.span, message, help),
                );
            }
            continue;
        }
        let About { permitted, forbidden } = about.get(id.index()).copied().unwrap_or_default();
        let named = names.actions.contains(word);
        if permitted {
            continue;
        }
        if forbidden || named {
            let message = format!("no rule permits `{word}`: every request for it is denied");
            let help = "permit it to someone, or leave the action out";
            let diagnostic = warning(&UNPERMITTED_ACTION, name.span, message, help);
            found.add(&UNPERMITTED_ACTION, diagnostic);
        } else {
            let message = format!("no rule is about `{word}`: every request for it is denied");
            let help = "permit it to someone, or leave the action out";
            found.add(&UNUSED_ACTION, warning(&UNUSED_ACTION, name.span, message, help));
        }
    }
}

fn role(decl: &RoleDecl, names: &Names<'_>, found: &mut Found<'_>) {
    let is_named = names.roles.contains(decl.name.name.as_str());
    if decl.actions.is_empty() && decl.includes.is_empty() && !is_named {
        let message = format!(
            "the role `{}` gives nothing, and no rule names it",
            decl.name.name
        );
        let help = "list actions in its braces, or name it in a rule";
        found.add(&UNUSED_ROLE, warning(&UNUSED_ROLE, decl.name.span, message, help));
    }
}

fn fields(
    fields: &[FieldDecl],
    what: &str,
    names: &Names<'_>,
    lint: &'static super::Lint,
    found: &mut Found<'_>,
) {
    // `now` is what grants expire by, whether or not a condition reads it.
    let is_used =
        |name: &str| names.has_field(name) || lint.code == UNUSED_CONTEXT_FIELD.code && name == "now";
    for field in fields.iter().filter(|field| !is_used(&field.name.name)) {
        let message = format!("no condition reads {what}{}`", field.name.name);
        let help = "leave it out, unless data or requests carry it";
        found.add(lint, warning(lint, field.name.span, message, help));
    }
}
