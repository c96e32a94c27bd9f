//! `@allow("name")` on a declaration: its lints are silent there; and the level of what is left.

use dictum_syntax::ast::{Annotation, File};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::table::UnknownLint;
use super::{Level, Levels, Lint, UNKNOWN_ALLOW, declarations, find, severity};

/// The name of the annotation.
pub(crate) const ALLOW: &str = "allow";

/// A declaration that allows lints.
struct Scope {
    span: Span,
    lints: Vec<&'static Lint>,
}

/// Leaves out what a declaration allows, says what it allows that is no lint, and weighs the rest.
pub(super) fn silence(files: &[File], levels: &Levels, diagnostics: &mut Vec<Diagnostic>) {
    let mut unknown = Vec::new();
    let scopes = scopes(files, &mut unknown);
    if levels.of(&UNKNOWN_ALLOW) != Level::Allow {
        diagnostics.extend(unknown);
    }
    weigh(&scopes, levels, diagnostics);
}

/// The same of what was found while the sources were read, whatever else is wrong with them: errors stay what they are.
pub(crate) fn weigh_warnings(files: &[File], levels: &Levels, diagnostics: &mut Vec<Diagnostic>) {
    let (mut warnings, rest): (Vec<Diagnostic>, Vec<Diagnostic>) = std::mem::take(diagnostics)
        .into_iter()
        .partition(|diagnostic| find(diagnostic.code).is_some());
    if !warnings.is_empty() {
        warnings.retain(|warning| find(warning.code).is_none_or(|lint| levels.of(lint) != Level::Allow));
        weigh(&scopes(files, &mut Vec::new()), levels, &mut warnings);
    }
    diagnostics.extend(rest);
    diagnostics.append(&mut warnings);
}

/// The declarations that allow lints, by place, and what they allow that is no lint.
fn scopes(files: &[File], unknown: &mut Vec<Diagnostic>) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    for declaration in declarations(files) {
        let mut lints = Vec::new();
        for annotation in declaration.annotations.iter().filter(|a| a.name.name == ALLOW) {
            allowed(annotation, &mut lints, unknown);
        }
        if !lints.is_empty() {
            scopes.push(Scope {
                span: declaration.span,
                lints,
            });
        }
    }
    scopes.sort_by_key(|scope| scope.span);
    scopes
}

fn weigh(scopes: &[Scope], levels: &Levels, diagnostics: &mut Vec<Diagnostic>) {
    let is_silent = |diagnostic: &Diagnostic| {
        let span = diagnostic.span;
        let before = scopes
            .partition_point(|scope| (scope.span.source, scope.span.start) <= (span.source, span.start));
        let scope = before.checked_sub(1).and_then(|at| scopes.get(at));
        scope.is_some_and(|scope| {
            scope.span.source == span.source
                && span.end <= scope.span.end
                && scope.lints.iter().any(|lint| lint.code == diagnostic.code)
        })
    };
    diagnostics.retain(|diagnostic| !is_silent(diagnostic));
    for diagnostic in diagnostics {
        let level = find(diagnostic.code).map_or(Level::Warn, |lint| levels.of(lint));
        diagnostic.severity = severity(level);
    }
}

/// The lints that an annotation names, with commas between them.
fn allowed(annotation: &Annotation, lints: &mut Vec<&'static Lint>, unknown: &mut Vec<Diagnostic>) {
    let Some(text) = &annotation.text else {
        let message = "`@allow` does not say what it allows";
        let diagnostic = Diagnostic::warning(UNKNOWN_ALLOW.code, annotation.name.span, message);
        unknown.push(diagnostic.with_help("name a lint, such as `@allow(\"missing_label\")`"));
        return;
    };
    for name in text.value.split(',').map(str::trim) {
        match find(name) {
            Some(lint) => lints.push(lint),
            None => {
                let message = format!("there is no lint `{name}`");
                let mut diagnostic = Diagnostic::warning(UNKNOWN_ALLOW.code, text.span, message);
                diagnostic.help = UnknownLint::new(name)
                    .help
                    .or_else(|| Some("list the lints with `dictum explain-code`".to_owned()));
                unknown.push(diagnostic);
            }
        }
    }
}
