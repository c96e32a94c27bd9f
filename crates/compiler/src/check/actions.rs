//! Which action a request has: known in every environment that asks, so a test of it is `true` or `false`.

use dictum_artifact::schema::ActionId;
use dictum_syntax::ast::{self, BinaryOp, ExprKind, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::Span;

use super::{Checker, Typed};
use crate::codes;
use crate::mend::{self, Mend, mended};

impl<'e> Checker<'_, '_, 'e> {
    /// `action` where it is no operand of a test.
    pub(super) fn action_value(&mut self, span: Span) {
        self.error(
            Diagnostic::error(codes::ACTION_VALUE, span, "`action` is not a value").with_help(
                "ask which action the request has with `action == read` or `action in [read, write]`",
            ),
        );
    }

    /// `action OP other`, or `other OP action`.
    pub(super) fn action_test(
        &mut self,
        op: BinaryOp,
        left: &'e ast::Expr,
        right: &'e ast::Expr,
    ) -> Option<Typed> {
        let action_first = matches!(left.kind, ExprKind::Action);
        let (action, other) = if action_first {
            (left, right)
        } else {
            (right, left)
        };
        match (op, action_first) {
            (BinaryOp::Equal | BinaryOp::NotEqual, _) => {
                let op_place = action_first
                    .then(|| mend::between(left.span, right.span))
                    .filter(|_| op == BinaryOp::Equal);
                let matches = self.is_action(other, op_place, false)?;
                let id = self.declared.exprs.bool(matches == (op == BinaryOp::Equal));
                self.truth(id)
            }
            (BinaryOp::In, true) => {
                let listed: &'e [ast::Expr] = match &other.kind {
                    ExprKind::Set(items) => items,
                    _ => std::slice::from_ref(other),
                };
                let mut found = Some(false);
                for item in listed {
                    let matches = self.is_action(item, None, true);
                    found = found.zip(matches).map(|(a, b)| a || b);
                }
                let id = self.declared.exprs.bool(found?);
                self.truth(id)
            }
            (
                BinaryOp::In
                | BinaryOp::Less
                | BinaryOp::LessOrEqual
                | BinaryOp::Greater
                | BinaryOp::GreaterOrEqual
                | BinaryOp::Contains
                | BinaryOp::ContainsAll
                | BinaryOp::ContainsAny
                | BinaryOp::Coalesce
                | BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply,
                _,
            ) => {
                self.action_value(action.span);
                None
            }
        }
    }

    /// Whether the request's action is the one that is named or, with `members`, belongs to it.
    fn is_action(&mut self, written: &'e ast::Expr, op: Option<Span>, members: bool) -> Option<bool> {
        let ExprKind::Name(name) = &written.kind else {
            let message = "`action` is compared with the name of an action";
            let diagnostic = Diagnostic::error(codes::ACTION_VALUE, written.span, message);
            let mend = match &written.kind {
                ExprKind::String(text) => {
                    let full = naming::part(text);
                    let name = crate::declare::written(&full);
                    let help = format!("write it without quotes: `{name}`");
                    let is_known = self.declared.schema.find_action(&full).is_some();
                    Some(if is_known {
                        Mend::write(help, written.span, name)
                    } else {
                        Mend::told(help)
                    })
                }
                _ => None,
            };
            self.error(mended(diagnostic, mend));
            return None;
        };
        let asked = self.action_named(name, written.span)?;
        let schema = &self.declared.schema;
        if !members && schema.action(asked)?.context.is_none() {
            let help = format!("write `action in {}`", crate::declare::written(name));
            let mend = match op {
                Some(op) => Mend::write(help, op, " in "),
                None => Mend::told(help),
            };
            let message = format!("`{name}` is a group of actions");
            let error = Diagnostic::error(codes::NOT_A_GROUP, written.span, message);
            self.error(mended(error, Some(mend)));
            return None;
        }
        let Some(action) = self.environment(written.span)?.action else {
            self.action_value(written.span);
            return None;
        };
        let holds = action == asked || members && schema_groups(self, action).binary_search(&asked).is_ok();
        if holds {
            self.possible(written.span);
        } else {
            let message = format!("`action` is never `{name}` here");
            self.impossible(
                Diagnostic::error(codes::NEVER_HOLDS, written.span, message).with_help(
                    "the head of the rule or role rules it out: leave it out, or add the action there",
                ),
            );
        }
        Some(holds)
    }

    fn action_named(&mut self, name: &str, span: Span) -> Option<ActionId> {
        let found = self.declared.schema.find_action(name);
        if found.is_none() {
            let mut unknown = Vec::new();
            let names = self.declared.schema.actions.iter().map(|def| def.name.as_str());
            self.declared.unknown(
                &Ident {
                    name: name.to_owned(),
                    span,
                },
                "action",
                names,
                &mut unknown,
            );
            unknown.into_iter().for_each(|diagnostic| self.error(diagnostic));
        }
        found
    }
}

/// The actions that an action is in, sorted.
fn schema_groups<'s>(checker: &'s Checker<'_, '_, '_>, action: ActionId) -> &'s [ActionId] {
    checker
        .declared
        .schema
        .action(action)
        .map_or(&[], |def| &def.groups)
}
