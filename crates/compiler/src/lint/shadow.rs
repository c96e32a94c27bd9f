//! Names that stand for values, and hide others: a variable of a quantifier or a parameter with the name of one around it, or
//! of a constant.

use dictum_syntax::ast::{self, DeclarationKind, ExprKind, Held, Ident};
use dictum_syntax::source::Span;
use rustc_hash::FxHashMap;

use super::{Checked, Found, SHADOWING, declarations, warning};
use crate::check;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    if !found.tells(&SHADOWING) {
        return;
    }
    let mut constants: FxHashMap<&str, Span> = FxHashMap::default();
    for declaration in declarations(checked.files) {
        if let DeclarationKind::Const(decl) = &declaration.kind {
            constants.insert(&decl.name.name, decl.name.span);
        }
    }
    let mut walk = Walk {
        constants,
        locals: Vec::new(),
        found,
    };
    for declaration in declarations(checked.files) {
        match &declaration.kind {
            DeclarationKind::Rule(decl) => {
                decl.clauses
                    .iter()
                    .for_each(|clause| walk.expr(&clause.condition));
                let fields = decl.obligations.iter().flat_map(|with| &with.fields).flatten();
                fields.for_each(|(_, value)| walk.expr(value));
            }
            DeclarationKind::Invariant(decl) => {
                decl.clauses
                    .iter()
                    .for_each(|clause| walk.expr(&clause.condition));
            }
            DeclarationKind::Role(decl) => match &decl.held {
                Held::Default | Held::ByGrant => {}
                Held::When(condition) | Held::ByGrantOrWhen(condition) => walk.expr(condition),
            },
            DeclarationKind::Function(decl) => {
                decl.parameters
                    .iter()
                    .for_each(|parameter| walk.enter(&parameter.name, "parameter"));
                walk.expr(&decl.body);
                walk.locals.clear();
            }
            DeclarationKind::Const(decl) => walk.expr(&decl.value),
            DeclarationKind::Entity(_)
            | DeclarationKind::Enum(_)
            | DeclarationKind::Type(_)
            | DeclarationKind::Context(_)
            | DeclarationKind::Action(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Exclusive(_)
            | DeclarationKind::Obligation(_)
            | DeclarationKind::Module(_)
            | DeclarationKind::Use(_)
            | DeclarationKind::Fixture(_)
            | DeclarationKind::Test(_) => {}
        }
    }
}

struct Walk<'f, 'w, 'l> {
    /// The constants, by full name, with their places.
    constants: FxHashMap<&'f str, Span>,
    /// What stands for values here, the innermost last.
    locals: Vec<&'f Ident>,
    found: &'w mut Found<'l>,
}

impl<'f> Walk<'f, '_, '_> {
    /// Recursion is as deep as the tree, which is bounded.
    fn expr(&mut self, expr: &'f ast::Expr) {
        if let ExprKind::Quantified(_, variable, over, body) = &expr.kind {
            self.expr(over);
            self.enter(variable, "variable");
            self.expr(body);
            self.locals.pop();
        } else {
            check::operands(expr, &mut |operand| self.expr(operand));
        }
    }

    fn enter(&mut self, name: &'f Ident, what: &str) {
        let outer = self.locals.iter().rev().find(|local| local.name == name.name);
        let hidden = match outer {
            Some(outer) => Some(("one around it", outer.span)),
            None => self
                .constants
                .get(name.name.as_str())
                .map(|span| ("a constant", *span)),
        };
        if let Some((other, place)) = hidden {
            let message = format!("the {what} `{}` hides {other} with the same name", name.name);
            let diagnostic = warning(&SHADOWING, name.span, message, "give it a name of its own")
                .with_related(place, "what it hides");
            self.found.add(&SHADOWING, diagnostic);
        }
        self.locals.push(name);
    }
}
