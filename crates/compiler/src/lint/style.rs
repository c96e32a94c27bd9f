//! How names are written, and what a rule tells its readers.

use std::borrow::Cow;

use dictum_syntax::ast::{
    Actions, DeclarationKind, Effect, FieldDecl, Head, HeadKind, Ident, RuleDecl, RuleHead,
};
use dictum_syntax::ast::{TypeExpr, TypeExprKind};
use dictum_syntax::diagnostic::{Edit, Fix};
use dictum_syntax::lexer::{KEYWORDS, tokens};
use dictum_syntax::naming;
use dictum_syntax::source::Span;
use rustc_hash::FxHashSet;

use super::names::Names;
use super::{
    Checked, Found, LABEL_CASE, Lint, MISSING_BECAUSE, MISSING_LABEL, NAME_CASE, REPEATED_NAME, SHADOWING,
    TYPE_CASE, declarations, warning,
};

pub(super) fn check(checked: &Checked<'_>, names: &Names<'_>, found: &mut Found<'_>) {
    let taken = labels_and_roles(checked);
    for declaration in declarations(checked.files) {
        match &declaration.kind {
            DeclarationKind::Entity(decl) => {
                let own = own_name(checked, &decl.name);
                if !is_camel(&own) && is_ours(&own) {
                    let better = camel(&own);
                    case(
                        &NAME_CASE,
                        &decl.name,
                        "entity type",
                        "UpperCamelCase",
                        &better,
                        found,
                    );
                }
                fields(checked, &decl.attributes, "attribute", found);
                for field in decl.attributes.iter().filter(|field| field.name.name == "id") {
                    let message = format!(
                        "the attribute `id` hides the id that every `{}` has",
                        decl.name.name
                    );
                    let help = "give the attribute a name of its own, such as `number`";
                    found.add(&SHADOWING, warning(&SHADOWING, field.name.span, message, help));
                }
                repeated(checked, &decl.parents, None, found);
            }
            DeclarationKind::Enum(decl) => {
                type_case(checked, &decl.name, "enum", found);
                for variant in &decl.variants {
                    name_case(checked, variant, "name", found);
                }
            }
            DeclarationKind::Type(decl) => {
                type_case(checked, &decl.name, "type", found);
                type_fields(checked, &decl.ty, found);
            }
            DeclarationKind::Context(decl) => fields(checked, &decl.fields, "context field", found),
            DeclarationKind::Action(decl) => {
                for name in &decl.names {
                    name_case(checked, name, "action", found);
                }
                fields(checked, &decl.context, "context field", found);
                repeated(checked, &decl.by, None, found);
                repeated(checked, &decl.on, None, found);
                repeated(checked, &decl.groups, Some(true), found);
            }
            DeclarationKind::Role(decl) => {
                label_case(checked, &decl.name, "role", &[], None, found);
                repeated(checked, &decl.on, None, found);
                repeated(checked, &decl.actions, Some(false), found);
            }
            DeclarationKind::Rule(decl) => rule(checked, decl, names, &taken, found),
            DeclarationKind::Fixture(decl) => {
                let places = names.fixture_places.get(decl.name.name.as_str());
                let places = places.map_or(&[][..], Vec::as_slice);
                label_case(checked, &decl.name, "fixture", places, None, found);
            }
            DeclarationKind::Obligation(decl) => {
                name_case(checked, &decl.name, "obligation", found);
                fields(checked, &decl.fields, "field", found);
            }
            DeclarationKind::Function(decl) => {
                name_case(checked, &decl.name, "function", found);
                for parameter in &decl.parameters {
                    name_case(checked, &parameter.name, "parameter", found);
                }
            }
            DeclarationKind::Const(decl) => name_case(checked, &decl.name, "constant", found),
            DeclarationKind::Exclusive(decl) => {
                if let Some(label) = &decl.label {
                    own_label(checked, label, names, &taken, found);
                }
                repeated(checked, &decl.on, None, found);
            }
            DeclarationKind::Invariant(decl) => {
                if let Some(label) = &decl.label {
                    own_label(checked, label, names, &taken, found);
                }
                repeated_head(checked, &decl.head, found);
            }
            DeclarationKind::Principals(decl) => repeated(checked, &decl.types, None, found),
            DeclarationKind::Module(_) | DeclarationKind::Use(_) | DeclarationKind::Test(_) => {}
        }
    }
}

/// A label, which tests may expect.
fn own_label(
    checked: &Checked<'_>,
    label: &Ident,
    names: &Names<'_>,
    taken: &FxHashSet<&str>,
    found: &mut Found<'_>,
) {
    let places = names
        .labels
        .get(label.name.as_str())
        .map_or(&[][..], Vec::as_slice);
    label_case(checked, label, "label", places, Some(taken), found);
}

/// What a head lists twice.
fn repeated_head(checked: &Checked<'_>, head: &RuleHead, found: &mut Found<'_>) {
    for heads in [&head.who, &head.what] {
        repeated_heads(checked, heads, found);
    }
    match &head.actions {
        Actions::Any(_) => {}
        Actions::List(actions) => repeated(checked, actions, Some(false), found),
    }
}

/// The names that a label may not have because something has it.
fn labels_and_roles<'f>(checked: &Checked<'f>) -> FxHashSet<&'f str> {
    checked
        .rules
        .iter()
        .map(|rule| rule.info.label.as_str())
        .collect()
}

fn rule(
    checked: &Checked<'_>,
    decl: &RuleDecl,
    names: &Names<'_>,
    taken: &FxHashSet<&str>,
    found: &mut Found<'_>,
) {
    match &decl.label {
        Some(label) => own_label(checked, label, names, taken, found),
        None => {
            let message = "this rule has no label, so decisions name it by its line";
            let help = "write one before it, such as `own_documents: permit …`";
            found.add(
                &MISSING_LABEL,
                warning(&MISSING_LABEL, decl.keyword, message, help),
            );
        }
    }
    if decl.effect == Effect::Forbid && decl.because.is_none() {
        let message = "this forbid does not say why, so whoever is denied is not told";
        let help = "end it with `because \"…\"`";
        found.add(
            &MISSING_BECAUSE,
            warning(&MISSING_BECAUSE, decl.keyword, message, help),
        );
    }
    repeated_head(checked, &decl.head, found);
}

/// Says that a name is listed already; of actions, that it is in another one of the list. `actions` is `None` for other
/// names, and whether they are what an action is in.
fn repeated(checked: &Checked<'_>, listed: &[Ident], actions: Option<bool>, found: &mut Found<'_>) {
    let members = |name: &Ident| {
        let id = checked.schema.find_action(&name.name)?;
        let members = checked.members.get(id.index())?;
        Some((id, members))
    };
    for (at, name) in listed.iter().enumerate() {
        let same = listed.iter().take(at).find(|other| other.name == name.name);
        let group = listed.iter().enumerate().find(|(other, group)| {
            *other != at
                && group.name != name.name
                && actions == Some(false)
                && members(group)
                    .zip(members(name))
                    .is_some_and(|((_, all), (_, own))| {
                        !own.is_empty()
                            && own.len() < all.len()
                            && own.iter().all(|action| all.contains(action))
                    })
        });
        let (message, other) = match (same, group) {
            (Some(same), _) => (format!("`{}` is listed already", name.name), same.span),
            (None, Some((_, group))) => {
                let found = checked.schema.find_action(&group.name);
                let def = found.and_then(|id| checked.schema.action(id));
                let what = match def.and_then(|def| def.context) {
                    Some(_) => "one that is in",
                    None => "one of the group",
                };
                let message = format!("`{}` is listed already, as {what} `{}`", name.name, group.name);
                (message, group.span)
            }
            (None, None) => continue,
        };
        let spans: Vec<Span> = listed.iter().map(|name| name.span).collect();
        let mut diagnostic =
            warning(&REPEATED_NAME, name.span, message, "leave it out").with_related(other, "listed here");
        diagnostic.fix = cut_from_list(checked, &spans, at);
        found.add(&REPEATED_NAME, diagnostic);
    }
}

/// The same of the alternatives of a head.
fn repeated_heads(checked: &Checked<'_>, heads: &[Head], found: &mut Found<'_>) {
    let words = |head: &Head| {
        checked
            .sources
            .text(head.span)
            .split_whitespace()
            .collect::<String>()
    };
    for (at, head) in heads.iter().enumerate().skip(1) {
        let covers = |other: &&Head| match (&other.kind, &head.kind) {
            (HeadKind::Any, _) => true,
            _ => words(other) == words(head),
        };
        let Some(other) = heads.iter().take(at).find(covers) else {
            continue;
        };
        let spans: Vec<Span> = heads.iter().map(|head| head.span).collect();
        let message = format!("`{}` is listed already", checked.sources.text(head.span));
        let mut diagnostic = warning(&REPEATED_NAME, head.span, message, "leave it out")
            .with_related(other.span, "listed here");
        diagnostic.fix = cut_from_list(checked, &spans, at);
        found.add(&REPEATED_NAME, diagnostic);
    }
}

/// Leaves an item of a list out, with its comma.
pub(super) fn cut_from_list(checked: &Checked<'_>, spans: &[Span], at: usize) -> Option<Fix> {
    let own = *spans.get(at)?;
    let cut = match (at.checked_sub(1).and_then(|at| spans.get(at)), spans.get(at + 1)) {
        (Some(before), _) => Span {
            start: before.end,
            ..own
        },
        (None, Some(next)) => Span {
            end: next.start,
            ..own
        },
        (None, None) => return None,
    };
    let has_comment = checked.sources.text(cut).contains("//");
    (!has_comment).then(|| Fix::replace("leave it out", cut, ""))
}

fn fields(checked: &Checked<'_>, fields: &[FieldDecl], what: &str, found: &mut Found<'_>) {
    for field in fields {
        name_case(checked, &field.name, what, found);
        type_fields(checked, &field.ty, found);
    }
}

fn type_fields(checked: &Checked<'_>, ty: &TypeExpr, found: &mut Found<'_>) {
    match &ty.kind {
        TypeExprKind::Name(_) => {}
        TypeExprKind::Set(inner, _) | TypeExprKind::Map(inner, _) => type_fields(checked, inner, found),
        TypeExprKind::Record(inner) => fields(checked, inner, "field", found),
    }
}

/// Whether a name is lower case, with `_` between its words.
fn is_snake(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a name starts with a capital, and has none of the marks between words.
fn is_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A name in snake_case.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        if c.is_ascii_uppercase() {
            // A new word starts at a capital after a small letter, and at the last one of a row of capitals.
            let after_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            let ends_row =
                before.is_some_and(char::is_ascii_uppercase) && after.is_some_and(char::is_ascii_lowercase);
            if after_small || ends_row {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else if c.is_ascii_alphanumeric() {
            out.push(*c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out
}

/// A name in UpperCamelCase.
fn camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}

/// A declared name without its module, and without the backticks that it may stand in.
fn own_name<'s>(checked: &Checked<'s>, name: &Ident) -> Cow<'s, str> {
    naming::of_token(checked.sources.text(name.span))
}

/// A name that is plain to read; names of other alphabets, and of no letters, are no concern of these lints.
fn is_ours(name: &str) -> bool {
    name.is_ascii() && name.contains(|c: char| c.is_ascii_alphabetic())
}

/// Names that only policies use: the mend renames all of it. `taken` is what may not be had; `None` for what is not renamed.
fn label_case(
    checked: &Checked<'_>,
    name: &Ident,
    what: &str,
    places: &[&Ident],
    taken: Option<&FxHashSet<&str>>,
    found: &mut Found<'_>,
) {
    let own = own_name(checked, name);
    if is_snake(&own) || !is_ours(&own) {
        return;
    }
    let better = snake(&own);
    let module = naming::split(&name.name).map(|(module, _)| module);
    let message = format!("the {what} `{}` is not in snake_case", name.name);
    let mut diagnostic = warning(&LABEL_CASE, name.span, message, format!("write `{better}`"));
    let full = module.map_or_else(|| better.clone(), |module| format!("{module}.{better}"));
    let is_free = taken.is_some_and(|taken| !taken.contains(full.as_str()));
    let is_word = better.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if is_free && is_word && !KEYWORDS.contains(&better.as_str()) {
        let mut edits: Vec<Edit> = std::iter::once(name)
            .chain(places.iter().copied())
            .map(|place| {
                let written = checked.sources.text(place.span);
                let is_full = tokens(written).len() > 1;
                Edit {
                    span: place.span,
                    text: if is_full {
                        naming::written_path(&full)
                    } else {
                        better.clone()
                    },
                }
            })
            .collect();
        edits.sort_by_key(|edit| edit.span);
        diagnostic = diagnostic.with_fix(Fix {
            title: format!("rename it to `{better}`"),
            edits,
        });
    }
    found.add(&LABEL_CASE, diagnostic);
}

/// Names that only policies use, and that are used in many places there.
fn type_case(checked: &Checked<'_>, name: &Ident, what: &str, found: &mut Found<'_>) {
    let own = own_name(checked, name);
    if is_camel(&own) || !is_ours(&own) {
        return;
    }
    let message = format!("the {what} `{}` is not in UpperCamelCase", name.name);
    let help = format!("write `{}`", camel(&own));
    found.add(&TYPE_CASE, warning(&TYPE_CASE, name.span, message, help));
}

fn name_case(checked: &Checked<'_>, name: &Ident, what: &str, found: &mut Found<'_>) {
    let own = own_name(checked, name);
    if !is_snake(&own) && is_ours(&own) {
        case(&NAME_CASE, name, what, "snake_case", &snake(&own), found);
    }
}

/// Names that data and requests carry too, so that a mend here alone would be none.
fn case(lint: &'static Lint, name: &Ident, what: &str, wanted: &str, better: &str, found: &mut Found<'_>) {
    let message = format!("the {what} `{}` is not in {wanted}", name.name);
    let help = format!("write `{better}`, in data and requests too");
    found.add(lint, warning(lint, name.span, message, help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        assert_eq!(snake("ownerID"), "owner_id");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(snake("x-request-id"), "x_request_id");
        assert_eq!(snake("GET"), "get");
        assert_eq!(snake("Level2Access"), "level2_access");
        assert_eq!(camel("user_group"), "UserGroup");
        assert_eq!(camel("user"), "User");
        assert!(is_snake("a_1") && !is_snake("aB") && is_camel("HTTPServer") && !is_camel("A_b"));
    }
}
