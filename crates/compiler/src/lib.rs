//! Checks policies and compiles them to decision DAGs.
//!
//! ```text
//! sources ─ parse ─► trees ─ modules ─► full names ─ declare ─► schema, functions ─ rules, scenarios ─► conditions, tests
//!                                                                         └─ reference: the language's definition in code
//! conditions ─ lower ─► artifact
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
pub mod conflicts;
pub mod cost;
mod declare;
mod exprs;
pub mod invariants;
mod limits;
pub mod lint;
mod lower;
mod mend;
mod modules;
pub mod program;
pub mod reference;
mod regexes;
mod rules;
mod scenarios;
mod zones;

use dictum_syntax::diagnostic::{self, Diagnostic, Severity};
use dictum_syntax::source::Sources;

pub use check::MAX_CHECKED;
pub use declare::{MAX_PAIRS, MAX_SHAPES};
pub use limits::MAX_TESTS;
pub use program::Program;

/// How many elements a set or map counts for where no bound is declared.
pub const SET_ELEMENTS: u32 = 256;

/// Compiles all sources as one package. There is a program where no diagnostic is an error; diagnostics are sorted by
/// place.
#[must_use]
pub fn compile(sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
    compile_with(sources, &Settings::default())
}

/// What a package settles beside its sources.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What a policy may cost, and what sets count for.
    pub limits: Limits,
    /// How much each lint weighs.
    pub lints: lint::Levels,
}

/// `[limits]` of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many steps a decision may take at worst; `None` for no limit but that of what every runtime loads.
    pub steps: Option<u64>,
    /// How many elements a set or map counts for where no bound is declared, at most
    /// [`dictum_artifact::validate::MAX_QUANTIFIED`].
    pub set_elements: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: None,
            set_elements: SET_ELEMENTS,
        }
    }
}

/// The same with settings.
#[must_use]
pub fn compile_with(sources: &Sources, settings: &Settings) -> (Option<Program>, Vec<Diagnostic>) {
    let Settings { lints, limits } = settings;
    let mut diagnostics = Vec::new();
    let mut files = parse(sources, &mut diagnostics);
    lint::weigh_warnings(&files, lints, &mut diagnostics);
    let modules = modules::resolve(sources, &mut files, &mut diagnostics);
    let mut declared = declare::declare(sources, &files, modules, limits.set_elements, &mut diagnostics);
    check::functions(&files, &mut declared, &mut diagnostics);
    let (rules, invariants, exclusives) = rules::check(sources, &files, &mut declared, &mut diagnostics);
    let (fixtures, tests) = scenarios::check(sources, &files, &mut declared, &rules, &mut diagnostics);
    let program = if has_errors(&diagnostics) {
        None
    } else {
        let unused_imports = declared.modules.unused();
        let (schema, exprs) = (declared.schema, declared.exprs.finish());
        let checked = lint::Checked {
            sources,
            files: &files,
            schema: &schema,
            exprs: &exprs,
            rules: &rules,
            unused_imports: &unused_imports,
            typings: &declared.typings,
            includers: &declared.includers,
            members: &declared.members,
        };
        diagnostics.extend(lint::check(&checked, lints));
        let names: Vec<String> = sources.iter().map(|(_, source)| source.name.clone()).collect();
        let artifact = lower::lower(&schema, &exprs, &rules, &names);
        match limits::check_artifact(&artifact, &rules) {
            Some(refusal) => diagnostics.push(refusal),
            None => diagnostics.extend(limits::check_steps(&artifact, &rules, limits)),
        }
        Some(Program {
            schema,
            exprs,
            rules,
            fixtures,
            tests,
            invariants,
            exclusives,
            unused_imports,
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
