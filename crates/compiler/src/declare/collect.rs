//! The names that are declared.

use std::collections::BTreeMap;

use dictum_syntax::ast::{
    ActionDecl, ConstDecl, ContextDecl, DeclarationKind, EntityDecl, EnumDecl, ExclusiveDecl, FieldDecl,
    File, FunctionDecl, Ident, InvariantDecl, ObligationDecl, PrincipalsDecl, RoleDecl, RuleDecl, TypeDecl,
};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;
use rustc_hash::FxHashSet;

use crate::codes;

/// The declarations by kind, sorted by name; of names declared twice, the first.
#[derive(Default)]
pub(super) struct Collected<'a> {
    pub(super) entities: BTreeMap<&'a str, &'a EntityDecl>,
    pub(super) enums: BTreeMap<&'a str, &'a EnumDecl>,
    pub(super) aliases: BTreeMap<&'a str, &'a TypeDecl>,
    /// The fields of the context.
    pub(super) context: Vec<&'a FieldDecl>,
    /// Each action with its name where it is declared.
    pub(super) actions: BTreeMap<&'a str, (&'a Ident, &'a ActionDecl)>,
    pub(super) roles: BTreeMap<&'a str, &'a RoleDecl>,
    /// The types that actions without `by` are for.
    pub(super) principals: &'a [Ident],
    pub(super) obligations: BTreeMap<&'a str, &'a ObligationDecl>,
    /// The types and actions that are declared twice, so that not all is known of them.
    pub(super) doubtful: FxHashSet<String>,
}

impl<'a> Collected<'a> {
    fn context(
        &mut self,
        decl: &'a ContextDecl,
        first: &mut Option<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        self.context.extend(&decl.fields);
        match *first {
            None => *first = Some(decl.keyword),
            Some(first) => diagnostics.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    decl.keyword,
                    "the context is declared twice",
                )
                .with_related(first, "first declared here")
                .with_help("put all fields into one `context { … }`"),
            ),
        }
    }
}

impl<'a> Collected<'a> {
    fn principals(
        &mut self,
        decl: &'a PrincipalsDecl,
        first: &mut Option<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        match *first {
            None => {
                *first = Some(decl.keyword);
                self.principals = &decl.types;
            }
            Some(first) => diagnostics.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    decl.keyword,
                    "`principals` is declared twice",
                )
                .with_related(first, "first declared here")
                .with_help("put all types into one list; an action for other principals says so with `by`"),
            ),
        }
    }
}

/// Sorts the declarations by kind and name. Names that are declared twice are reported.
pub(super) fn collect<'a>(files: &'a [File], diagnostics: &mut Vec<Diagnostic>) -> Collected<'a> {
    let mut collected = Collected::default();
    let (mut types, mut actions, mut roles_and_labels, mut fixtures) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut obligations, mut values) = (BTreeMap::new(), BTreeMap::new());
    let (mut context, mut principals) = (None, None);
    for declaration in files.iter().flat_map(|file| &file.declarations) {
        match &declaration.kind {
            DeclarationKind::Entity(decl) => {
                if first_type(&mut types, &decl.name, &mut collected, diagnostics) {
                    collected.entities.insert(&decl.name.name, decl);
                }
            }
            DeclarationKind::Enum(decl) => {
                if first_type(&mut types, &decl.name, &mut collected, diagnostics) {
                    collected.enums.insert(&decl.name.name, decl);
                }
            }
            DeclarationKind::Type(decl) => {
                if first_type(&mut types, &decl.name, &mut collected, diagnostics) {
                    collected.aliases.insert(&decl.name.name, decl);
                }
            }
            DeclarationKind::Context(decl) => collected.context(decl, &mut context, diagnostics),
            DeclarationKind::Action(decl) => {
                for name in &decl.names {
                    if first(&mut actions, name, "action", diagnostics) {
                        collected.actions.insert(&name.name, (name, decl));
                    } else {
                        collected.doubtful.insert(name.name.clone());
                    }
                }
            }
            DeclarationKind::Role(decl) => {
                if first(
                    &mut roles_and_labels,
                    &decl.name,
                    "role or rule label",
                    diagnostics,
                ) {
                    collected.roles.insert(&decl.name.name, decl);
                }
            }
            DeclarationKind::Rule(RuleDecl { label, .. })
            | DeclarationKind::Exclusive(ExclusiveDecl { label, .. })
            | DeclarationKind::Invariant(InvariantDecl { label, .. }) => {
                if let Some(label) = label {
                    first(&mut roles_and_labels, label, "role or rule label", diagnostics);
                }
            }
            DeclarationKind::Principals(decl) => collected.principals(decl, &mut principals, diagnostics),
            DeclarationKind::Obligation(decl) => {
                if first(&mut obligations, &decl.name, "obligation", diagnostics) {
                    collected.obligations.insert(&decl.name.name, decl);
                }
            }
            DeclarationKind::Function(FunctionDecl { name, .. })
            | DeclarationKind::Const(ConstDecl { name, .. }) => {
                first(&mut values, name, "function or constant", diagnostics);
            }
            DeclarationKind::Fixture(decl) => {
                first(&mut fixtures, &decl.name, "fixture", diagnostics);
            }
            // A test is named by a text: see `scenarios`.
            DeclarationKind::Test(_) | DeclarationKind::Module(_) | DeclarationKind::Use(_) => {}
        }
    }
    // WHO of a rule is a type or a role, so the two share their names.
    for (name, role) in &collected.roles {
        let built_in = format!("`{name}`");
        if let Some(ty) = types.get(name).or_else(|| types.get(built_in.as_str())) {
            diagnostics.push(
                Diagnostic::error(
                    codes::DUPLICATE_NAME,
                    role.name.span,
                    format!("`{name}` is already a type"),
                )
                .with_related(*ty, "the type is declared here")
                .with_help("give the role another name: a rule could not tell them apart"),
            );
        }
    }
    collected
}

fn first_type<'a>(
    types: &mut BTreeMap<&'a str, Span>,
    name: &'a Ident,
    collected: &mut Collected<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    if naming::is_built_in(&name.name) {
        diagnostics.push(
            Diagnostic::error(
                codes::DUPLICATE_NAME,
                name.span,
                format!("`{}` is a built-in type", name.name),
            )
            .with_help(format!(
                "choose another name, or write `` `{0}` `` wherever this one is meant: a name between backticks is no built-in type",
                name.name
            )),
        );
        return false;
    }
    let is_first = first(types, name, "type", diagnostics);
    if !is_first {
        collected.doubtful.insert(name.name.clone());
    }
    is_first
}

/// Whether a name is new; an old one is reported.
pub(crate) fn first<'a>(
    seen: &mut BTreeMap<&'a str, Span>,
    name: &'a Ident,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    if let Some(before) = seen.get(name.name.as_str()) {
        diagnostics.push(
            Diagnostic::error(
                codes::DUPLICATE_NAME,
                name.span,
                format!("the {what} `{}` is declared twice", name.name),
            )
            .with_related(*before, "first declared here"),
        );
        return false;
    }
    seen.insert(&name.name, name.span);
    true
}
