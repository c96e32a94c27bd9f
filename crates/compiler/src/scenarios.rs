//! Fixtures and tests: trees to stores, requests and what is expected of them.

mod fixtures;
mod tests;

use dictum_artifact::schema::Fields;
use dictum_artifact::value::Value;
use dictum_syntax::ast::{self, DeclarationKind, File, Ident};
use dictum_syntax::diagnostic::Diagnostic;

use crate::check::{self, Findings, Given};
use crate::codes;
use crate::declare::Declared;
use crate::program::{Fixture, Rule, Test};
use crate::reference;

/// Checks all fixtures and tests, in the order of the source. What is wrong is left out.
pub(crate) fn check(
    files: &[File],
    declared: &mut Declared<'_>,
    rules: &[Rule],
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Fixture>, Vec<Test>) {
    let declarations = || {
        files
            .iter()
            .flat_map(|file| &file.declarations)
            .map(|declaration| &declaration.kind)
    };
    let mut checked = Vec::new();
    for declaration in declarations() {
        if let DeclarationKind::Fixture(decl) = declaration {
            checked.push(fixtures::check(declared, decl, diagnostics));
        }
    }
    let mut suite = tests::Suite::new(files, declared, rules, &checked, diagnostics);
    let mut tests = Vec::new();
    for declaration in declarations() {
        if let DeclarationKind::Test(decl) = declaration {
            tests.push(suite.check(decl));
        }
    }
    (checked, tests)
}

/// The constants written for the attributes of an entity or the fields of a context, by position: see
/// [`check::constants`].
fn values(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    written: &[(Ident, ast::Expr)],
    fields: &Fields,
    what: &str,
    skip: impl Fn(&str) -> bool,
) -> Vec<Given<Value>> {
    let ids = check::constants(declared, findings, written, fields, what, skip);
    let value = |(field, given): (&dictum_artifact::schema::Field, _)| match given {
        Given::Missing => Given::Missing,
        Given::Wrong => Given::Wrong,
        Given::Value(id) => match reference::constant(&declared.schema, declared.exprs.as_exprs(), id) {
            Some(value) => Given::Value(value),
            None => {
                if let Some((_, expr)) = written.iter().find(|(name, _)| name.name == field.name) {
                    findings.error(overflows(expr));
                }
                Given::Wrong
            }
        },
    };
    fields.iter().zip(ids).map(value).collect()
}

fn overflows(expr: &ast::Expr) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_CONSTANT,
        expr.span,
        "this value overflows, so that there is none",
    )
    .with_help("write a number within 64 bits")
}
