//! `any x in s: e`, `all x in s: e`, `count x in s: e`.

use dictum_artifact::expr::{Expr, Quantifier};
use dictum_artifact::schema::Type;
use dictum_artifact::validate::MAX_QUANTIFIERS;
use dictum_syntax::ast::{self, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::shown::shown;
use super::{Checker, Typed};
use crate::codes;

impl<'e> Checker<'_, '_, 'e> {
    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        variable: &'e Ident,
        over: &'e ast::Expr,
        body: &'e ast::Expr,
        span: Span,
    ) -> Option<Typed> {
        let set = self.infer(over, None)?;
        let element = match self.ty(set.ty)? {
            Type::Set(element) | Type::Map(element) => element,
            ty @ (Type::Bool
            | Type::Int
            | Type::Decimal
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Ip
            | Type::Enum(_)
            | Type::Entity(_)
            | Type::Record(_)) => {
                let message = format!(
                    "`{} … in` goes through a set or the values of a map, and this is a value of type `{}`",
                    word(quantifier),
                    self.name_of(set.ty)
                );
                let mut diagnostic = Diagnostic::error(codes::OPERATOR_TYPES, over.span, message);
                diagnostic.help = matches!(ty, Type::Entity(_))
                    .then(|| format!("to ask what is in an entity, write `x in {}`", shown(over)));
                self.error(diagnostic);
                return None;
            }
        };
        if self.level as usize >= MAX_QUANTIFIERS {
            self.too_many_quantifiers(span);
            return None;
        }
        let level = self.level;
        let most = self
            .declared
            .exprs
            .most_elements(set.id, &self.bounds, self.declared.set_elements);
        let id = self.declared.exprs.add(Expr::Variable { level, ty: element });
        self.locals.push((&variable.name, Typed { id, ty: element }));
        self.level += 1;
        let mark = self.facts.mark();
        let asked = self.reach(body, |checker| checker.check_bool(body));
        self.facts.forget(&mark);
        self.level -= 1;
        self.locals.pop();
        let ty = match quantifier {
            Quantifier::Any | Quantifier::All => Type::Bool,
            Quantifier::Count => Type::Int,
        };
        self.typed(
            Expr::Quantified {
                quantifier,
                level,
                over: set.id,
                body: asked?,
                most,
            },
            ty,
        )
    }

    pub(super) fn too_many_quantifiers(&mut self, span: Span) {
        let message = format!("quantifiers are nested deeper than {MAX_QUANTIFIERS} levels");
        self.error(
            Diagnostic::error(codes::TOO_MANY_QUANTIFIERS, span, message)
                .with_help("ask a part of it in the data: an attribute that says what is sought"),
        );
    }
}

/// The quantifier's word.
fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "any",
        Quantifier::All => "all",
        Quantifier::Count => "count",
    }
}
