//! The names that a declaration declares.

use dictum_syntax::ast::{DeclarationKind, Ident};

use super::Space;

/// The names of a declaration, with what each of them names.
pub(crate) struct Names<'d> {
    space: Space,
    names: std::slice::Iter<'d, Ident>,
}

impl<'d> Names<'d> {
    /// The names that a declaration declares; none for a rule without a label, and for what has no name.
    pub(crate) fn of(kind: &'d DeclarationKind) -> Self {
        let (space, names) = match kind {
            DeclarationKind::Entity(decl) => (Space::Types, std::slice::from_ref(&decl.name)),
            DeclarationKind::Enum(decl) => (Space::Types, std::slice::from_ref(&decl.name)),
            DeclarationKind::Type(decl) => (Space::Types, std::slice::from_ref(&decl.name)),
            DeclarationKind::Action(decl) => (Space::Actions, decl.names.as_slice()),
            DeclarationKind::Role(decl) => (Space::Rules, std::slice::from_ref(&decl.name)),
            DeclarationKind::Rule(decl) => (Space::Rules, decl.label.as_slice()),
            DeclarationKind::Exclusive(decl) => (Space::Rules, decl.label.as_slice()),
            DeclarationKind::Invariant(decl) => (Space::Rules, decl.label.as_slice()),
            DeclarationKind::Fixture(decl) => (Space::Fixtures, std::slice::from_ref(&decl.name)),
            DeclarationKind::Obligation(decl) => (Space::Obligations, std::slice::from_ref(&decl.name)),
            DeclarationKind::Function(decl) => (Space::Values, std::slice::from_ref(&decl.name)),
            DeclarationKind::Const(decl) => (Space::Values, std::slice::from_ref(&decl.name)),
            DeclarationKind::Module(_)
            | DeclarationKind::Use(_)
            | DeclarationKind::Context(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Test(_) => (Space::Types, &[][..]),
        };
        Self {
            space,
            names: names.iter(),
        }
    }
}

impl<'d> Iterator for Names<'d> {
    type Item = (Space, &'d str);

    fn next(&mut self) -> Option<Self::Item> {
        self.names.next().map(|name| (self.space, name.name.as_str()))
    }
}
