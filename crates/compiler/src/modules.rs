//! Names to full names: what each name stands for in the module where it is written.
//!
//! A declaration's full name is its module's path and its own name, `a.b.User`; in the root module, which has no path, its
//! name. This pass writes full names into the trees, both where something is declared and where it is referred to, so that
//! nothing after it knows of modules. What a name stands for is looked for in this order: the file's own module, the names
//! that the file takes one by one (`use a.b.{User}`), the modules that it takes as a whole (`use a.b`), and the full names.
//! A name that stands for nothing is left as it is, and is reported by whoever needs it.

mod names;
mod references;

use dictum_artifact::suggest;
use dictum_syntax::ast::{DeclarationKind, File, Ident, UseDecl};
use dictum_syntax::diagnostic::{Diagnostic, Fix};
use dictum_syntax::lexer::{self, TokenKind};
use dictum_syntax::naming;
use dictum_syntax::source::{SourceId, Sources, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::codes;
use crate::declare::written;
pub(crate) use names::Names;

/// What is declared by names of its own: one name may be declared once in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Space {
    /// Entity types, enums and aliases.
    Types,
    /// Actions and groups of actions.
    Actions,
    /// Roles, and the labels of rules.
    Rules,
    /// Fixtures.
    Fixtures,
    /// Obligations.
    Obligations,
    /// Functions and constants.
    Values,
}

const SPACES: [Space; 6] = [
    Space::Types,
    Space::Actions,
    Space::Rules,
    Space::Fixtures,
    Space::Obligations,
    Space::Values,
];

/// The modules of a package, and what each file sees of them.
#[derive(Default)]
pub(crate) struct Modules {
    /// The full names, by what they name.
    names: FxHashMap<Space, FxHashSet<String>>,
    /// For the last part of each full name that has several, the full names.
    elsewhere: FxHashMap<String, Vec<(Space, String)>>,
    /// The paths of modules, and of what modules are in.
    paths: FxHashSet<String>,
    /// What each file sees, by its source.
    views: FxHashMap<SourceId, View>,
    /// The words that stand in declarations that could not be read.
    broken: FxHashSet<String>,
}

/// What a file sees.
#[derive(Default)]
struct View {
    /// The path of its module; empty for the root module.
    module: String,
    /// The names that it takes, with the full names that they stand for.
    taken: FxHashMap<String, Vec<Import>>,
    /// The modules that it takes as a whole.
    opened: Vec<Import>,
    /// Where in `opened` the module of a path is first.
    opened_at: FxHashMap<String, usize>,
    /// The names that it would take, if they were declared.
    missed: FxHashSet<String>,
    /// Whether it would take a module as a whole that is not there.
    misses_module: bool,
}

/// A name or a module that a file takes.
struct Import {
    /// The full name, or the module's path.
    path: String,
    /// Where it is taken.
    span: Span,
    /// Whether a name in the file needs it.
    used: std::cell::Cell<bool>,
}

/// What a name stands for.
pub(crate) enum Meaning {
    /// What has this full name.
    Known(String),
    /// One of several, by their full names, each with the place that takes it.
    Ambiguous(Vec<(String, Span)>),
    /// Nothing that is declared.
    Unknown,
}

/// An import that no name in its file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedImport {
    /// The name or the path as it is written.
    pub name: String,
    /// Where it is taken: the name in the list, or the path.
    pub span: Span,
    /// Whether a list takes it, among others.
    pub listed: bool,
}

/// Writes full names into the trees, and reports what cannot be taken, and names that could stand for several things.
pub(crate) fn resolve(sources: &Sources, files: &mut [File], diagnostics: &mut Vec<Diagnostic>) -> Modules {
    let mut modules = Modules {
        broken: broken_words(sources, files),
        ..Modules::default()
    };
    for file in &*files {
        modules.declare(file);
    }
    for file in &*files {
        modules.import(file, diagnostics);
    }
    for file in files {
        references::rewrite(&modules, file, diagnostics);
    }
    modules
}

/// The words that stand in declarations that could not be read.
fn broken_words(sources: &Sources, files: &[File]) -> FxHashSet<String> {
    let mut words = FxHashSet::default();
    for span in files.iter().flat_map(|file| &file.broken) {
        let text = sources.text(*span);
        for token in lexer::tokens(text) {
            if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
                words.insert(naming::of_token(token.text(text)).into_owned());
            }
        }
    }
    words
}

/// The path of a file's module; empty for the root module.
fn module_of(file: &File) -> &str {
    let module = file
        .declarations
        .iter()
        .find_map(|declaration| match &declaration.kind {
            DeclarationKind::Module(decl) => Some(decl.path.name.as_str()),
            _ => None,
        });
    module.unwrap_or_default()
}

fn full_name(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_owned()
    } else {
        format!("{module}.{name}")
    }
}

/// The full name of what a name names in a module. The backticks that tell it from a built-in type are kept where they do.
fn full_name_in(space: Space, module: &str, name: &str) -> String {
    if module.is_empty() && space == Space::Types {
        name.to_owned()
    } else {
        full_name(module, naming::plain(name))
    }
}

impl Modules {
    fn declare(&mut self, file: &File) {
        let module = module_of(file);
        let mut path = module;
        while !path.is_empty() && self.paths.insert(path.to_owned()) {
            path = naming::split(path).map_or("", |(outer, _)| outer);
        }
        for declaration in &file.declarations {
            for (space, name) in Names::of(&declaration.kind) {
                if space == Space::Types && naming::is_built_in(name) {
                    continue;
                }
                let full = full_name_in(space, module, name);
                let is_new = self.names.entry(space).or_default().insert(full.clone());
                if is_new && !module.is_empty() {
                    let elsewhere = self.elsewhere.entry(naming::plain(name).to_owned()).or_default();
                    elsewhere.push((space, full));
                }
            }
        }
    }

    fn import(&mut self, file: &File, diagnostics: &mut Vec<Diagnostic>) {
        let mut view = View {
            module: module_of(file).to_owned(),
            ..View::default()
        };
        for declaration in &file.declarations {
            if let DeclarationKind::Use(decl) = &declaration.kind {
                self.take(&mut view, decl, diagnostics);
            }
        }
        self.views.insert(file.source, view);
    }

    /// Takes names, or a module. What a declaration that could not be read may declare is not reported.
    fn take(&self, view: &mut View, decl: &UseDecl, diagnostics: &mut Vec<Diagnostic>) {
        let mut missing = |name: &str, diagnostic: Diagnostic| {
            if !self.is_in_broken(name) {
                diagnostics.push(diagnostic);
            }
        };
        let path = decl.path.name.as_str();
        let import = |path: String, span| Import {
            path,
            span,
            used: std::cell::Cell::new(false),
        };
        let is_module = self.paths.contains(path);
        match &decl.names {
            Some(names) if is_module => {
                for name in names {
                    let own = naming::plain(&name.name);
                    let full = full_name(path, own);
                    if self.is_declared(&full) {
                        let taken = view.taken.entry(own.to_owned()).or_default();
                        taken.push(import(full, name.span));
                    } else {
                        view.missed.insert(own.to_owned());
                        missing(own, self.nothing_to_take(path, own, name.span, ""));
                    }
                }
            }
            None if is_module => {
                let at = view.opened.len();
                view.opened_at.entry(path.to_owned()).or_insert(at);
                view.opened.push(import(path.to_owned(), decl.path.span));
            }
            None if self.is_declared(path) => {
                let name = naming::own(path);
                let taken = view.taken.entry(name.to_owned()).or_default();
                taken.push(import(path.to_owned(), decl.path.span));
            }
            Some(names) => {
                view.missed.extend(names.iter().map(|name| name.name.clone()));
                missing(path, self.no_module(&decl.path));
            }
            // What is written may be a module's path, or a name after one.
            None => {
                let diagnostic = match naming::split(path) {
                    Some((module, name)) if self.declares(module) && !self.is_near_module(path) => {
                        view.missed.insert(name.to_owned());
                        self.nothing_to_take(module, name, decl.path.span, module)
                    }
                    Some(_) | None => {
                        view.misses_module = true;
                        self.no_module(&decl.path)
                    }
                };
                missing(path, diagnostic);
            }
        }
    }

    /// Whether a name stands in a declaration that could not be read, and may be declared there.
    pub(crate) fn is_in_broken(&self, name: &str) -> bool {
        self.broken.contains(&*naming::text(naming::own(name))) || self.broken.contains(name)
    }

    /// Whether nothing can be said of a name that stands for nothing: a declaration that could not be read may declare it, or
    /// it may be what its file could not take, of which was told there.
    pub(crate) fn is_in_doubt(&self, name: &Ident) -> bool {
        let is_missed = |view: &View| {
            let missed = view.missed.iter().map(String::as_str);
            view.misses_module && naming::split(&name.name).is_none()
                || suggest::nearest(&name.name, missed).is_some()
        };
        self.is_in_broken(&name.name) || self.views.get(&name.span.source).is_some_and(is_missed)
    }

    /// Whether a module declares something itself, and not only the modules in it.
    fn declares(&self, module: &str) -> bool {
        self.declared_in(module).next().is_some()
    }

    fn is_near_module(&self, path: &str) -> bool {
        let near = suggest::nearest(path, self.paths.iter().map(String::as_str));
        near.is_some_and(|near| !path.starts_with(&full_name(near, "")))
    }

    /// The names that a module declares itself, in no order.
    fn declared_in(&self, module: &str) -> impl Iterator<Item = &str> {
        let prefix = full_name(module, "");
        let names = SPACES.iter().filter_map(|space| self.names.get(space)).flatten();
        names.filter_map(move |full| {
            full.strip_prefix(&prefix)
                .filter(|name| naming::split(name).is_none())
        })
    }

    fn no_module(&self, path: &Ident) -> Diagnostic {
        let message = format!("there is no module `{}`", path.name);
        let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, path.span, message);
        let mut known: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        known.sort_unstable();
        match suggest::nearest(&path.name, known.iter().copied()) {
            Some(near) => meant(diagnostic, near, path.span, written(near)),
            None if known.is_empty() => diagnostic
                .with_help("this package has no modules: all its files see each other's declarations"),
            None => diagnostic.with_help(format!("the modules are {}", crate::check::list(&known))),
        }
    }

    /// Whether a path is that of a module, or of what modules are in.
    pub(crate) fn is_module(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The paths of the modules, in no order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Says that a module does not declare a name. `before` is what stands at the place before the name.
    pub(crate) fn nothing_to_take(&self, module: &str, name: &str, span: Span, before: &str) -> Diagnostic {
        let message = format!("the module `{module}` declares no `{name}`");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, span, message);
        let mut known: Vec<&str> = self.declared_in(module).collect();
        known.sort_unstable();
        known.dedup();
        match suggest::nearest(name, known.iter().copied()) {
            Some(near) => meant(diagnostic, near, span, written(&full_name(before, near))),
            None if known.is_empty() => diagnostic,
            None => diagnostic.with_help(format!("it declares {}", crate::check::list(&known))),
        }
    }

    fn is_declared(&self, full: &str) -> bool {
        SPACES.iter().any(|space| self.has(*space, full))
    }

    fn has(&self, space: Space, full: &str) -> bool {
        self.names.get(&space).is_some_and(|names| names.contains(full))
    }

    /// What a name stands for in a file.
    pub(crate) fn resolve(&self, space: Space, source: SourceId, name: &str) -> Meaning {
        let Some(view) = self.views.get(&source) else {
            return Meaning::Unknown;
        };
        if space == Space::Types && naming::is_built_in(name) {
            return Meaning::Unknown;
        }
        let own = full_name_in(space, &view.module, name);
        if self.has(space, &own) {
            return Meaning::Known(own);
        }
        let alone = full_name_in(space, "", name);
        let name = naming::plain(name);
        let taken: Vec<&Import> = view
            .taken
            .get(name)
            .into_iter()
            .flatten()
            .filter(|import| self.has(space, &import.path))
            .collect();
        if !taken.is_empty() {
            return Meaning::of(taken.iter().map(|import| (*import, import.path.clone())));
        }
        // Where a file opens very many modules, the few that declare such a name are looked for, and not the other way round.
        let mut declaring: Vec<usize> = self
            .elsewhere
            .get(naming::own(name))
            .into_iter()
            .flatten()
            .filter(|(declared, _)| *declared == space)
            .filter_map(|(_, full)| full.strip_suffix(name)?.strip_suffix('.'))
            .filter_map(|module| view.opened_at.get(module).copied())
            .collect();
        declaring.sort_unstable();
        declaring.dedup();
        let opened = declaring.into_iter().filter_map(|at| {
            let import = view.opened.get(at)?;
            Some((import, full_name(&import.path, name)))
        });
        match Meaning::of(opened) {
            Meaning::Unknown if self.has(space, &alone) => Meaning::Known(alone),
            meaning => meaning,
        }
    }

    /// A full name as a file may write it: alone, where the file sees it.
    pub(crate) fn as_seen<'n>(&self, source: SourceId, full: &'n str) -> &'n str {
        let (Some(view), Some((module, own))) = (self.views.get(&source), naming::split(full)) else {
            return full;
        };
        // Alone, it would be taken for the built-in type.
        if naming::is_built_in(own) {
            return full;
        }
        let is_opened = || view.opened_at.contains_key(module);
        let is_taken = || {
            let taken = view.taken.get(own);
            taken.is_some_and(|taken| taken.iter().any(|import| import.path == full))
        };
        if view.module == module || is_opened() || is_taken() {
            own
        } else {
            full
        }
    }

    /// What a name stands for that is not what it is needed for: "a role or the label of a rule".
    pub(crate) fn noun(&self, source: SourceId, name: &str) -> Option<&'static str> {
        let is_known = |space: &&Space| matches!(self.resolve(**space, source, name), Meaning::Known(_));
        SPACES.iter().find(is_known).map(|space| match space {
            Space::Types => "a type",
            Space::Actions => "an action",
            Space::Rules => "a role or the label of a rule",
            Space::Fixtures => "a fixture",
            Space::Obligations => "an obligation",
            Space::Values => "a function or a constant",
        })
    }

    /// The full names that end in a name, for who wrote the name alone.
    pub(crate) fn elsewhere<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m str> + use<'m> {
        self.elsewhere
            .get(naming::plain(name))
            .into_iter()
            .flatten()
            .map(|(_, full)| full.as_str())
    }

    /// The full names of functions, constants and types among them. Not all of these need be checked already.
    pub(crate) fn values_elsewhere<'m>(
        &'m self,
        name: &str,
    ) -> impl Iterator<Item = (Space, &'m str)> + use<'m> {
        let of_values = |(space, _): &&(Space, String)| matches!(space, Space::Values | Space::Types);
        let known = self.elsewhere.get(naming::plain(name)).into_iter().flatten();
        known
            .filter(of_values)
            .map(|(space, full)| (*space, full.as_str()))
    }

    /// The imports that no name needs, in the order of the sources.
    pub(crate) fn unused(&self) -> Vec<UnusedImport> {
        let unused = |import: &&Import| !import.used.get();
        let mut found: Vec<UnusedImport> = Vec::new();
        for view in self.views.values() {
            let listed = view.taken.values().flatten().filter(unused);
            found.extend(listed.map(|import| UnusedImport {
                name: import.path.clone(),
                span: import.span,
                listed: true,
            }));
            found.extend(view.opened.iter().filter(unused).map(|import| UnusedImport {
                name: import.path.clone(),
                span: import.span,
                listed: false,
            }));
        }
        found.sort_by_key(|import| import.span);
        found
    }
}

impl Meaning {
    fn of<'i>(candidates: impl Iterator<Item = (&'i Import, String)>) -> Self {
        let mut names: Vec<(String, Span)> = Vec::new();
        for (import, full) in candidates {
            import.used.set(true);
            if !names.iter().any(|(known, _)| *known == full) {
                names.push((full, import.span));
            }
        }
        match names.len() {
            0 => Self::Unknown,
            1 => names.pop().map_or(Self::Unknown, |(name, _)| Self::Known(name)),
            _ => Self::Ambiguous(names),
        }
    }
}

/// Says that a name could stand for several things.
fn ambiguous(name: &str, span: Span, candidates: &[(String, Span)]) -> Diagnostic {
    let message = format!("`{name}` could be any of several that this file takes from other modules");
    let names = crate::check::list(candidates.iter().map(|(full, _)| full));
    let diagnostic =
        Diagnostic::error(codes::AMBIGUOUS_NAME, span, message).with_help(format!("say which: {names}"));
    candidates.iter().fold(diagnostic, |diagnostic, (full, taken)| {
        diagnostic.with_related(*taken, format!("`{full}` is taken here"))
    })
}

fn meant(diagnostic: Diagnostic, near: &str, span: Span, text: String) -> Diagnostic {
    diagnostic
        .with_help(format!("did you mean `{near}`?"))
        .with_fix(Fix::replace(format!("write `{text}`"), span, text))
}
