//! Fixtures and tests: trees to stores, requests and what is expected of them.

mod fixtures;
mod tables;
mod tests;

use dictum_artifact::data::check_field;
use dictum_artifact::expr::ExprId;
use dictum_artifact::schema::{Field, Fields};
use dictum_artifact::value::Value;
use dictum_syntax::ast::{self, DeclarationKind, File, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Sources;

use crate::check::{self, Findings, Given};
use crate::codes;
use crate::declare::Declared;
use crate::program::{Fixture, Rule, Test};
use crate::reference;

/// Checks all fixtures and tests, in the order of the source. What is wrong is left out.
pub(crate) fn check(
    sources: &Sources,
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
    let decls = declarations().filter_map(|declaration| match declaration {
        DeclarationKind::Fixture(decl) => Some(decl),
        _ => None,
    });
    let checked = fixtures::check(declared, &decls.collect::<Vec<_>>(), diagnostics);
    let mut suite = tests::Suite::new(sources, files, declared, rules, &checked, diagnostics);
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
    let value = |(field, given): (&Field, _)| match given {
        Given::Missing => Given::Missing,
        Given::Wrong => Given::Wrong,
        Given::Value(id) => {
            let expr = written.iter().find(|(name, _)| name.name == field.name);
            let expr = expr.map(|(_, expr)| expr);
            evaluated(declared, findings, id, expr)
                .filter(|value| fits(declared, findings, field, value, expr))
                .map_or(Given::Wrong, Given::Value)
        }
    };
    fields.iter().zip(ids).map(value).collect()
}

/// The value of an expression of a fixture or a test; where it has none, that is reported.
fn evaluated(
    declared: &mut Declared<'_>,
    findings: &mut Findings,
    id: ExprId,
    written: Option<&ast::Expr>,
) -> Option<Value> {
    if !declared.exprs.is_fixed(id) {
        let error = |expr: &ast::Expr| {
            let message = "the value here must be a constant, and this depends on what the store says";
            findings.error(
                Diagnostic::error(codes::NOT_CONSTANT, expr.span, message)
                    .with_help("write the value itself"),
            );
        };
        written.map(error);
        return None;
    }
    if let Some(expr) = written
        && !declared.exprs.is_constant(id)
        && let Some(error) = declared.evaluating(id, expr)
    {
        findings.error(error);
        return None;
    }
    let value = reference::constant(&declared.schema, declared.exprs.as_exprs(), id);
    if let (None, Some(expr)) = (&value, written) {
        findings.error(overflows(expr));
    }
    value
}

/// Whether a value of a field is one that data could have too: with no more elements than are declared.
fn fits(
    declared: &Declared<'_>,
    findings: &mut Findings,
    field: &Field,
    value: &Value,
    written: Option<&ast::Expr>,
) -> bool {
    let fault = check_field(&declared.schema, field, value).err();
    if let (Some(fault), Some(expr)) = (&fault, written) {
        findings.error(Diagnostic::error(
            codes::TYPE_MISMATCH,
            expr.span,
            fault.to_string(),
        ));
    }
    fault.is_none()
}

/// Says that arithmetic with constants has no result.
pub(crate) fn overflows(expr: &ast::Expr) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_CONSTANT,
        expr.span,
        "this value overflows, so that there is none",
    )
    .with_help("write a number within 64 bits")
}
