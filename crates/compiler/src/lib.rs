//! Checks policies and compiles them to decision DAGs.
//!
//! ```text
//! sources ─ parse ─► trees ─ declare ─► schema ─ rules, scenarios ─► conditions, tests ─ lower ─► artifact
//!                                                          └─ reference: the language's definition in code
//! ```
//!
//! ```
//! use dictum_compiler::compile;
//! use dictum_syntax::source::Sources;
//!
//! let mut sources = Sources::new();
//! sources.add(
//!     "notes.dictum",
//!     "entity User { }  entity Note { author: User }  action read by User on Note
//!      own: permit User to read on Note when resource.author == principal",
//! );
//! let (program, diagnostics) = compile(&sources);
//! assert!(diagnostics.is_empty());
//! let artifact = program.unwrap().artifact;
//! assert_eq!(artifact.rules[0].label, "own");
//! ```

mod check;
pub mod codes;
mod declare;
mod exprs;
mod limits;
mod lower;
pub mod program;
pub mod reference;
mod rules;
mod scenarios;

use dictum_syntax::diagnostic::{self, Diagnostic, Severity};
use dictum_syntax::source::Sources;

pub use check::MAX_CHECKED;
pub use declare::{MAX_PAIRS, MAX_SHAPES};
pub use limits::MAX_TESTS;
pub use program::Program;

/// Compiles all sources as one package. There is a program where no diagnostic is an error; diagnostics are sorted by
/// place.
#[must_use]
pub fn compile(sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let files = parse(sources, &mut diagnostics);
    let mut declared = declare::declare(sources, &files, &mut diagnostics);
    let rules = rules::check(sources, &files, &mut declared, &mut diagnostics);
    let (fixtures, tests) = scenarios::check(&files, &mut declared, &rules, &mut diagnostics);
    let program = if has_errors(&diagnostics) {
        None
    } else {
        let (schema, exprs) = (declared.schema, declared.exprs.finish());
        let files: Vec<String> = sources.iter().map(|(_, source)| source.name.clone()).collect();
        let artifact = lower::lower(&schema, &exprs, &rules, &files);
        diagnostics.extend(limits::check_artifact(&artifact, &rules));
        Some(Program {
            schema,
            exprs,
            rules,
            fixtures,
            tests,
            artifact,
        })
    };
    diagnostic::sort(&mut diagnostics);
    (program.filter(|_| !has_errors(&diagnostics)), diagnostics)
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn parse(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<dictum_syntax::ast::File> {
    sources
        .iter()
        .map(|(id, _)| {
            let (file, found) = dictum_syntax::parse(sources, id);
            diagnostics.extend(found);
            file
        })
        .collect()
}
