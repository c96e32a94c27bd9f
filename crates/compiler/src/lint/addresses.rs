//! Addresses with the prefix length of a network, where the network or the address alone is likely meant.

use dictum_artifact::value::Network;
use dictum_syntax::ast::{
    self, BinaryOp, Clause, DeclarationKind, ExprKind, FixtureItem, Held, TestItem, With,
};
use dictum_syntax::diagnostic::Fix;
use dictum_syntax::source::Span;

use super::{Checked, Found, HOST_BITS, declarations, warning};
use crate::check;

pub(super) fn check(checked: &Checked<'_>, found: &mut Found<'_>) {
    if !found.tells(&HOST_BITS) {
        return;
    }
    for declaration in declarations(checked.files) {
        match &declaration.kind {
            DeclarationKind::Rule(decl) => {
                clauses(&decl.clauses, found);
                with(&decl.obligations, found);
            }
            DeclarationKind::Invariant(decl) => clauses(&decl.clauses, found),
            DeclarationKind::Role(decl) => match &decl.held {
                Held::Default | Held::ByGrant => {}
                Held::When(condition) | Held::ByGrantOrWhen(condition) => expr(condition, found),
            },
            DeclarationKind::Function(decl) => expr(&decl.body, found),
            DeclarationKind::Const(decl) => expr(&decl.value, found),
            DeclarationKind::Fixture(decl) => {
                for item in &decl.items {
                    match item {
                        FixtureItem::Entity(entity) => {
                            entity.attributes.iter().for_each(|(_, value)| expr(value, found));
                        }
                        FixtureItem::Grant(_) => {}
                    }
                }
            }
            DeclarationKind::Test(decl) => {
                let fields = decl.context.iter().flat_map(|(_, fields)| fields);
                fields.for_each(|(_, value)| expr(value, found));
                test_items(&decl.items, found);
            }
            DeclarationKind::Entity(_)
            | DeclarationKind::Enum(_)
            | DeclarationKind::Type(_)
            | DeclarationKind::Context(_)
            | DeclarationKind::Action(_)
            | DeclarationKind::Principals(_)
            | DeclarationKind::Exclusive(_)
            | DeclarationKind::Obligation(_)
            | DeclarationKind::Module(_)
            | DeclarationKind::Use(_) => {}
        }
    }
}

fn clauses(clauses: &[Clause], found: &mut Found<'_>) {
    clauses.iter().for_each(|clause| expr(&clause.condition, found));
}

fn with(obligations: &[With], found: &mut Found<'_>) {
    let fields = obligations.iter().flat_map(|with| &with.fields).flatten();
    fields.for_each(|(_, value)| expr(value, found));
}

fn test_items(items: &[TestItem], found: &mut Found<'_>) {
    for item in items {
        match item {
            TestItem::Case(case) => {
                case.given.iter().for_each(|(_, value)| expr(value, found));
                with(&case.with, found);
            }
            TestItem::For(table) => {
                table.values.iter().for_each(|value| expr(value, found));
                test_items(&table.items, found);
            }
        }
    }
}

/// Recursion is as deep as the tree, which is bounded.
fn expr(value: &ast::Expr, found: &mut Found<'_>) {
    match &value.kind {
        ExprKind::Ip(address) => tell(*address, value.span, false, found),
        // `in` looks at networks alone, so that there the mend changes nothing.
        ExprKind::Binary(BinaryOp::In, a, b) => [a, b].into_iter().for_each(|side| match &side.kind {
            ExprKind::Ip(address) => tell(*address, side.span, true, found),
            ExprKind::Set(items) => items.iter().for_each(|item| match &item.kind {
                ExprKind::Ip(address) => tell(*address, item.span, true, found),
                _ => expr(item, found),
            }),
            _ => expr(side, found),
        }),
        _ => check::operands(value, &mut |operand| expr(operand, found)),
    }
}

fn tell(address: Network, place: Span, only_network: bool, found: &mut Found<'_>) {
    let network = address.network();
    if network == address {
        return;
    }
    let message = format!("`{address}` is an address in a network, and the network is `{network}`");
    let help = format!(
        "write `ip\"{network}\"` for the network, or `ip\"{}\"` for the address alone",
        address.addr()
    );
    let mut diagnostic = warning(&HOST_BITS, place, message, help);
    if only_network {
        let text = format!("ip\"{network}\"");
        diagnostic = diagnostic.with_fix(Fix::replace(format!("write `{text}`"), place, text));
    }
    found.add(&HOST_BITS, diagnostic);
}
