//! What compiles and is likely not what was meant: a checked program to warnings.
//!
//! ```text
//! typed conditions ── logic ──► conditions, rules, risk
//!      trees ── names ──► unused, style, roles
//! ```
//!
//! A lint says only what holds of every kind of request that its rule is about. Lints run where a package has no errors;
//! each has a level in [`Levels`], and `@allow("name")` on a declaration silences it there. [`LINTS`] is the table of all.

mod addresses;
mod allow;
mod conditions;
mod logic;
mod marks;
mod names;
mod risk;
mod roles;
mod rules;
mod shadow;
mod style;
mod table;
mod unused;

use dictum_artifact::expr::Exprs;
use dictum_artifact::schema::{ActionId, RoleId, Schema};
use dictum_syntax::ast::{Declaration, File};
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::{Sources, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::Typing;
use crate::program::{Rule, UnusedImport};
pub(crate) use allow::{ALLOW, weigh_warnings};
use marks::Marks;
pub use table::{
    ALL_ACTIONS, ALWAYS_TRUE, BOOL_COMPARISON, CONTRADICTION, COVERED_RULE, DEAD_PERMIT, DUPLICATE_RULE,
    HIDDEN_CHARACTER, HOST_BITS, LABEL_CASE, LINTS, LOOKALIKE_NAME, Level, Levels, Lint, MISSING_BECAUSE,
    MISSING_LABEL, NAME_CASE, NEVER_FIRES, NEVER_TRUE, OPTIONAL_ALWAYS_ASKED, OVERFLOW, PERMIT_ALL,
    REDUNDANT_HAS, REDUNDANT_INCLUDE, REDUNDANT_OTHERWISE, REPEATED_CONDITION, REPEATED_NAME,
    SELF_COMPARISON, SHADOWING, TYPE_CASE, UNDEFINED_FORBIDS, UNHELD_ROLE, UNKNOWN_ALLOW, UNPERMITTED_ACTION,
    UNUSED_ACTION, UNUSED_ACTION_GROUP, UNUSED_ATTRIBUTE, UNUSED_CONSTANT, UNUSED_CONTEXT_FIELD,
    UNUSED_ENTITY, UNUSED_ENUM, UNUSED_ENUM_NAME, UNUSED_FIXTURE, UNUSED_FUNCTION, UNUSED_IMPORT,
    UNUSED_OBLIGATION, UNUSED_ROLE, UNUSED_TYPE, UnknownLint, find,
};

/// How much work all lints of a package may be; what would be beyond is not told.
const MOST_WORK: u64 = 800_000;

/// A checked program, with what the lints need beside it.
pub(crate) struct Checked<'p> {
    pub(crate) sources: &'p Sources,
    pub(crate) files: &'p [File],
    pub(crate) schema: &'p Schema,
    pub(crate) exprs: &'p Exprs,
    pub(crate) rules: &'p [Rule],
    pub(crate) unused_imports: &'p [UnusedImport],
    pub(crate) typings: &'p [Typing],
    /// For each role, the roles that include it (transitive) and itself, sorted.
    pub(crate) includers: &'p [Vec<RoleId>],
    /// For each action, itself unless it is a group, and all that are in it (transitive), sorted.
    pub(crate) members: &'p [Vec<ActionId>],
}

/// What the lints find in a package without errors.
pub(crate) fn check(checked: &Checked<'_>, levels: &Levels) -> Vec<Diagnostic> {
    if levels.are_silent() {
        return Vec::new();
    }
    let mut found = Found {
        levels,
        diagnostics: Vec::new(),
        work: MOST_WORK,
        marks: Marks::new(checked.exprs),
        blamed: FxHashSet::default(),
    };
    let names = names::collect(checked.files);
    conditions::check(checked, &mut found);
    rules::check(checked, &mut found);
    roles::check(checked, &mut found);
    risk::check(checked, &mut found);
    unused::check(checked, &names, &mut found);
    style::check(checked, &names, &mut found);
    shadow::check(checked, &mut found);
    addresses::check(checked, &mut found);
    let Found { mut diagnostics, .. } = found;
    allow::silence(checked.files, levels, &mut diagnostics);
    diagnostics
}

/// What was found so far.
struct Found<'l> {
    levels: &'l Levels,
    diagnostics: Vec<Diagnostic>,
    /// What the questions of logic may still look at.
    work: u64,
    /// What each expression is about.
    marks: Marks,
    /// The rules and roles, by place, that cannot come about for a reason that was told, or is told at a condition.
    blamed: FxHashSet<Span>,
}

impl Found<'_> {
    /// Whether a lint is told at all.
    fn tells(&self, lint: &Lint) -> bool {
        self.levels.of(lint) != Level::Allow
    }

    /// Adds what a lint found, unless it is allowed.
    fn add(&mut self, lint: &'static Lint, diagnostic: Diagnostic) {
        if self.tells(lint) {
            self.diagnostics.push(Diagnostic {
                code: lint.code,
                ..diagnostic
            });
        }
    }
}

/// A diagnostic of a lint: what is said, and what would mend it.
fn warning(
    lint: &'static Lint,
    span: Span,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    Diagnostic::warning(lint.code, span, message).with_help(help)
}

/// The severity of a level that is told.
fn severity(level: Level) -> Severity {
    match level {
        Level::Allow | Level::Warn => Severity::Warning,
        Level::Deny => Severity::Error,
    }
}

/// The declarations of all files, in order.
fn declarations(files: &[File]) -> impl Iterator<Item = &Declaration> {
    files.iter().flat_map(|file| &file.declarations)
}

/// A user's name in a message.
fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// What is known of places.
type ByPlace<T> = FxHashMap<Span, T>;
