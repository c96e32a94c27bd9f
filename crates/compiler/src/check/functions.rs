//! Functions and constants: checked once where they are declared, and then put in the place of each call and each name.
//!
//! A body is an expression over variables that stand for the parameters; a call puts the arguments in their place. So a
//! condition of a function's is as good as one that is written out, for what presence it establishes too.

use std::collections::BTreeMap;

use dictum_artifact::expr::{Expr, ExprId};
use dictum_artifact::schema::{Type, TypeId};
use dictum_artifact::validate::MAX_QUANTIFIERS;
use dictum_syntax::ast::{self, DeclarationKind, ExprKind, File, FunctionDecl, Ident};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::access::{self, Step};
use super::{Checker, Findings, MAX_CHECKED, Place, Typed, operands};
use crate::codes;
use crate::declare::{Components, Declared, UNKNOWN, Value, components};
use crate::exprs::{Call, PARAMETERS};
use crate::mend::{Mend, mended};
use crate::modules::{Meaning, Space};
use crate::{reference, scenarios};

/// How many parts, and how many levels, a call may become where functions are written out.
const MAX_PARTS: u32 = 1 << 16;
const MAX_LEVELS: u32 = 256;

/// How many levels a value may have that is worked out while the policy is compiled.
const MAX_DEPTH: u32 = 512;

/// How many parts a constant may become beside those that are written, where constants stand in one another.
const MAX_CONSTANT: u32 = 1 << 20;

/// A function or a constant as it is declared.
#[derive(Clone, Copy)]
enum Decl<'a> {
    Function(&'a FunctionDecl),
    Constant(&'a ast::ConstDecl),
}

impl<'a> Decl<'a> {
    fn name(self) -> &'a Ident {
        match self {
            Self::Function(decl) => &decl.name,
            Self::Constant(decl) => &decl.name,
        }
    }

    fn value(self) -> &'a ast::Expr {
        match self {
            Self::Function(decl) => &decl.body,
            Self::Constant(decl) => &decl.value,
        }
    }

    /// The names of its parameters.
    fn parameters(self) -> Vec<&'a str> {
        match self {
            Self::Function(decl) => decl.parameters.iter().map(|it| it.name.name.as_str()).collect(),
            Self::Constant(_) => Vec::new(),
        }
    }
}

/// Checks all functions and constants, each after those that it uses.
pub(crate) fn functions(files: &[File], declared: &mut Declared<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut decls: BTreeMap<&str, Decl<'_>> = BTreeMap::new();
    for declaration in files.iter().flat_map(|file| &file.declarations) {
        let decl = match &declaration.kind {
            DeclarationKind::Function(decl) => Decl::Function(decl),
            DeclarationKind::Const(decl) => Decl::Constant(decl),
            _ => continue,
        };
        decls.entry(&decl.name().name).or_insert(decl);
    }
    let positions: FxHashMap<&str, usize> = decls.keys().copied().zip(0..).collect();
    let ordered: Vec<Decl<'_>> = decls.values().copied().collect();
    let mut graph = DiGraph::<Ident, Span>::new();
    for decl in &ordered {
        graph.add_node(decl.name().clone());
    }
    let mut perhaps = Vec::new();
    for (from, decl) in ordered.iter().enumerate() {
        let mut visit = |name: &str, span: Span, is_perhaps: bool| {
            // What stands after `has` has no full name yet.
            let resolved = is_perhaps.then(|| declared.modules.resolve(Space::Values, span.source, name));
            let full = match &resolved {
                Some(Meaning::Known(full)) => full.as_str(),
                Some(Meaning::Ambiguous(_) | Meaning::Unknown) | None => name,
            };
            let Some((to, used)) = positions.get(full).and_then(|to| Some((*to, ordered.get(*to)?))) else {
                return;
            };
            // No function is the key of a map.
            if is_perhaps && matches!(used, Decl::Function(_)) {
                return;
            }
            let edge = graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), span);
            perhaps.extend(is_perhaps.then_some(edge));
        };
        uses(decl.value(), &mut decl.parameters(), &mut visit);
    }
    let components = without_doubtful_cycles(&mut graph, &perhaps);
    for cycle in &components.cycles {
        let what = match decls.get(cycle.start()) {
            Some(Decl::Constant(_)) => "the constant",
            Some(Decl::Function(_)) | None => "the function",
        };
        diagnostics.push(cycle.diagnostic(codes::VALUE_CYCLE, what, "is defined by itself", "uses"));
    }
    for node in &components.order {
        let Some(decl) = ordered.get(node.index()).copied() else {
            continue;
        };
        let is_cyclic = components.cyclic.contains(node);
        let value = match decl {
            Decl::Constant(decl) => {
                let typed = (!is_cyclic).then(|| constant(declared, decl, diagnostics));
                Value::Constant(typed.flatten())
            }
            Decl::Function(decl) => function(declared, decl, is_cyclic, diagnostics),
        };
        declared.values.insert(decl.name().name.clone(), value);
    }
}

/// Takes a graph apart. Edges that stand perhaps for nothing put the declarations in order, but make no cycle.
fn without_doubtful_cycles(graph: &mut DiGraph<Ident, Span>, perhaps: &[EdgeIndex]) -> Components {
    let found = components(graph);
    let is_in_cycle = |edge: &EdgeIndex| {
        let ends = graph.edge_endpoints(*edge);
        ends.is_some_and(|(from, to)| found.cyclic.contains(&from) && found.cyclic.contains(&to))
    };
    let doubtful: FxHashSet<EdgeIndex> = perhaps.iter().copied().filter(is_in_cycle).collect();
    if doubtful.is_empty() {
        return found;
    }
    graph.retain_edges(|_, edge| !doubtful.contains(&edge));
    components(graph)
}

/// Calls `visit` for each name in an expression that may be that of a function or a constant, with whether it may as well be
/// that of an attribute, which only its type tells: `m has key`. What `locals` name is neither.
fn uses<'e>(expr: &'e ast::Expr, locals: &mut Vec<&'e str>, visit: &mut impl FnMut(&str, Span, bool)) {
    match &expr.kind {
        ExprKind::Name(name) if !locals.contains(&name.as_str()) => visit(name, expr.span, false),
        ExprKind::Call(name, _) => visit(&name.name, name.span, false),
        ExprKind::Has(of, what) => {
            uses(of, locals, visit);
            let Some(steps) = access::steps(what) else {
                uses(what, locals, visit);
                return;
            };
            let mut names: Vec<&Ident> = Vec::new();
            for (at, step) in steps.iter().enumerate() {
                match step {
                    // What stands behind a key is the name of an attribute.
                    Step::Name(name) if names.len() == at => names.push(name),
                    Step::Name(_) => {}
                    Step::Key { key, .. } => uses(key, locals, visit),
                }
            }
            if names
                .first()
                .is_some_and(|first| !locals.contains(&first.name.as_str()))
            {
                let mut prefix = String::new();
                for name in names {
                    prefix.push_str(if prefix.is_empty() { "" } else { "." });
                    prefix.push_str(&name.name);
                    visit(&prefix, what.span, true);
                }
            }
            return;
        }
        ExprKind::Quantified(_, variable, over, body) => {
            uses(over, locals, visit);
            locals.push(&variable.name);
            uses(body, locals, visit);
            locals.pop();
            return;
        }
        _ => {}
    }
    operands(expr, &mut |operand| uses(operand, locals, visit));
}

fn constant(
    declared: &mut Declared<'_>,
    decl: &ast::ConstDecl,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(ExprId, TypeId)> {
    let expected = decl.ty.as_ref().map(|ty| declared.resolve_type(ty, diagnostics));
    let mut findings = Findings::default();
    let mut checker = Checker::new(declared, &mut findings, Place::Const);
    let typed = match expected {
        Some(UNKNOWN) => None,
        Some(ty) => checker.check(&decl.value, ty).map(|id| (id, ty)),
        None => checker.infer(&decl.value, None).map(|typed| (typed.id, typed.ty)),
    };
    let typed = typed.and_then(|(id, ty)| Some((checker.constant_value(decl, id)?, ty)));
    findings.finish(diagnostics);
    typed
}

impl Declared<'_> {
    /// Takes note that an expression is about to be evaluated while the policy is compiled; an error, where all of these
    /// together would take too long.
    pub(crate) fn evaluating(&mut self, id: ExprId, written: &ast::Expr) -> Option<Diagnostic> {
        let work = usize::try_from(self.exprs.work(id)).unwrap_or(usize::MAX);
        let depth = self.exprs.depth(id);
        self.evaluated = self.evaluated.saturating_add(work);
        if self.evaluated <= MAX_CHECKED && depth <= MAX_DEPTH {
            return None;
        }
        let message = if depth > MAX_DEPTH {
            format!(
                "with functions and constants written out, this has {depth} levels; at most {MAX_DEPTH} are supported"
            )
        } else {
            // The others may be small.
            self.evaluated = self.evaluated.saturating_sub(work);
            format!(
                "to work out the constants of the policy up to this one takes more than {MAX_CHECKED} steps"
            )
        };
        let help = "write the value itself, or compute it where the data is made";
        Some(Diagnostic::error(codes::FUNCTION_TOO_LARGE, written.span, message).with_help(help))
    }
}

/// Says that the value of a `const` is none.
pub(super) fn not_constant(span: Span) -> Diagnostic {
    let message = "a constant is the same for all requests and stores, and this is not";
    Diagnostic::error(codes::NOT_CONSTANT, span, message)
        .with_help("declare a function with a parameter for it: `fn name(user: User) = …`")
}

fn function(
    declared: &mut Declared<'_>,
    decl: &FunctionDecl,
    is_cyclic: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let mut parameters = Vec::with_capacity(decl.parameters.len());
    let mut locals: Vec<(&str, Typed)> = Vec::new();
    let mut seen = BTreeMap::new();
    for (parameter, level) in decl.parameters.iter().zip(PARAMETERS..) {
        let ty = declared.resolve_type(&parameter.ty, diagnostics);
        parameters.push((parameter.name.name.clone(), ty));
        crate::declare::first(&mut seen, &parameter.name, "parameter", diagnostics);
        let id = declared.exprs.add(Expr::Variable { level, ty });
        locals.push((&parameter.name.name, Typed { id, ty }));
    }
    let span = decl.name.span;
    if is_cyclic || parameters.iter().any(|(_, ty)| *ty == UNKNOWN) {
        return Value::Function {
            parameters,
            span,
            body: None,
        };
    }
    let mut findings = Findings::default();
    let mut checker = Checker::new(declared, &mut findings, Place::Function);
    checker.locals = locals;
    let body = checker.infer(&decl.body, None);
    let bounds = std::mem::take(&mut checker.bounds);
    declared.bounds.extend(bounds);
    findings.finish(diagnostics);
    Value::Function {
        parameters,
        span,
        body: body.map(|typed| (typed.id, typed.ty)),
    }
}

impl<'e> Checker<'_, '_, 'e> {
    /// The value of a constant: what it comes to, where that is a number or the like, so that a constant of constants is no
    /// larger than these.
    fn constant_value(&mut self, decl: &ast::ConstDecl, id: ExprId) -> Option<ExprId> {
        if !self.declared.exprs.is_fixed(id) {
            self.error(not_constant(decl.value.span));
            return None;
        }
        let exprs = &self.declared.exprs;
        let (size, depth) = (exprs.size(id), exprs.depth(id));
        let written = u32::try_from(super::size(&decl.value)).unwrap_or(u32::MAX);
        if size > written.saturating_add(MAX_CONSTANT) || depth > MAX_LEVELS {
            let message = format!(
                "with the constants that it uses written out, `{}` has {size} parts on {depth} levels; at most {MAX_CONSTANT} on {MAX_LEVELS} are supported",
                decl.name.name
            );
            self.error(
                Diagnostic::error(codes::FUNCTION_TOO_LARGE, decl.name.span, message)
                    .with_help("constants that name each other several times double with each step"),
            );
            return None;
        }
        // Literals have a value.
        if exprs.is_constant(id) {
            return Some(id);
        }
        if let Some(error) = self.declared.evaluating(id, &decl.value) {
            self.error(error);
            return None;
        }
        let Declared { schema, exprs, .. } = &*self.declared;
        if reference::constant(schema, exprs.as_exprs(), id).is_none() {
            self.error(scenarios::overflows(&decl.value));
            return None;
        }
        Some(self.computed(id).unwrap_or(id))
    }

    /// What a name stands for here: a parameter, or the variable of a quantifier.
    pub(super) fn local(&self, name: &str) -> Option<Typed> {
        let found = self.locals.iter().rev().find(|(local, _)| *local == name);
        found.map(|(_, typed)| *typed)
    }

    /// Whether a name stands for a value by itself, and not for a name of an enum.
    pub(super) fn stands_for_value(&self, name: &str) -> bool {
        self.local(name).is_some() || self.declared.values.contains_key(name)
    }

    /// The value of a constant. One with errors was reported.
    pub(super) fn constant_named(&mut self, name: &str, value: &Value, span: Span) -> Option<Typed> {
        match value {
            Value::Constant(typed) => typed.map(|(id, ty)| {
                // The quantifiers in it come to stand in those around the name.
                let id = self.declared.exprs.deepen(id, 0, self.level);
                Typed { id, ty }
            }),
            Value::Function { parameters, .. } => {
                let message = format!("`{name}` is a function");
                let mend = if parameters.is_empty() {
                    Mend::write(
                        format!("call it: `{name}()`"),
                        span,
                        format!("{}()", self.text(span)),
                    )
                } else {
                    Mend::told(format!("call it: `{name}(…)`"))
                };
                let error = Diagnostic::error(codes::WRONG_KIND_OF_NAME, span, message);
                self.error(mended(error, Some(mend)));
                None
            }
        }
    }

    /// `f(a, b)`
    pub(super) fn call(
        &mut self,
        function: &'e Ident,
        arguments: &'e [ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        let (parameters, declared_at, body) = match self.declared.values.get(&function.name).cloned() {
            Some(Value::Function {
                parameters,
                span,
                body,
            }) => (parameters, span, body),
            Some(Value::Constant(_)) => {
                let message = format!("`{}` is a constant, not a function", function.name);
                let help = "leave the parentheses out";
                let mend = if arguments.is_empty() {
                    let parentheses = self.rest(function.span, ")", span);
                    Mend::edits(help, help, vec![(parentheses, String::new())])
                } else {
                    Mend::told(help)
                };
                let error = Diagnostic::error(codes::WRONG_KIND_OF_NAME, function.span, message);
                self.error(mended(error, Some(mend)));
                return None;
            }
            None => {
                self.unknown_function(function, arguments, span);
                return None;
            }
        };
        if arguments.len() != parameters.len() {
            let message = format!(
                "`{}` takes {}, and {} given",
                function.name,
                match parameters.len() {
                    0 => "no values".to_owned(),
                    1 => "1 value".to_owned(),
                    n => format!("{n} values"),
                },
                super::access::count(arguments.len()),
            );
            let typed = |(name, ty): &(String, TypeId)| {
                format!("{}: {}", super::shown::name(name), self.name_of(*ty))
            };
            let signature: Vec<String> = parameters.iter().map(typed).collect();
            let mut diagnostic =
                Diagnostic::error(codes::ARGUMENTS, span, message).with_related(declared_at, "declared here");
            diagnostic.help =
                (!signature.is_empty()).then(|| format!("its parameters are `{}`", signature.join(", ")));
            self.error(diagnostic);
            return None;
        }
        let checked: Vec<Option<ExprId>> = arguments
            .iter()
            .zip(&parameters)
            .map(|(argument, (_, ty))| self.check(argument, *ty))
            .collect();
        let arguments: Vec<ExprId> = checked.into_iter().collect::<Option<_>>()?;
        let (body, ty) = body?;
        let mut call = Call {
            arguments: &arguments,
            level: self.level,
            known: &self.declared.bounds,
            bounds: &mut self.bounds,
            default: self.declared.set_elements,
            done: FxHashMap::default(),
        };
        let id = self.declared.exprs.instantiate(body, &mut call);
        self.accept(id, function)?;
        Some(Typed { id, ty })
    }

    /// Whether a call that is written out is no larger than is supported.
    fn accept(&mut self, id: ExprId, function: &Ident) -> Option<()> {
        let exprs = &self.declared.exprs;
        if exprs.quantifiers(id) as usize > MAX_QUANTIFIERS {
            self.too_many_quantifiers(function.span);
            return None;
        }
        let (size, depth) = (exprs.size(id), exprs.depth(id));
        self.declared.checked = self
            .declared
            .checked
            .saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        if size <= MAX_PARTS && depth <= MAX_LEVELS && self.declared.checked <= MAX_CHECKED {
            return Some(());
        }
        let message = format!(
            "with the functions that it uses written out, `{}` has {size} parts on {depth} levels here; at most {MAX_PARTS} on {MAX_LEVELS} are supported",
            function.name
        );
        self.error(
            Diagnostic::error(codes::FUNCTION_TOO_LARGE, function.span, message)
                .with_help("functions that call each other several times double with each step: ask once"),
        );
        None
    }

    fn unknown_function(&mut self, function: &Ident, arguments: &'e [ast::Expr], span: Span) {
        let mut known: Vec<&str> = self
            .declared
            .values
            .iter()
            .filter(|(_, value)| matches!(value, Value::Function { .. }))
            .map(|(name, _)| name.as_str())
            .collect();
        known.sort_unstable();
        let mut found = Vec::new();
        self.declared.unknown(function, "function", known, &mut found);
        for mut diagnostic in found {
            if diagnostic.help.is_none() && function.name == "now" {
                let help =
                    "there is no clock: who asks says what time it is, in a field such as `context.now`";
                diagnostic = diagnostic.with_help(help);
            }
            if diagnostic.help.is_none() && !arguments.is_empty() {
                let mend = match (function.name.as_str(), arguments) {
                    ("len" | "length" | "size" | "count", [of]) => self.size_of(of, function, span),
                    ("startsWith" | "starts_with" | "endsWith" | "ends_with", [text, part]) => {
                        let name = snake(&function.name);
                        let call = format!("{}.{name}({})", self.text(text.span), self.text(part.span));
                        let call_place = function.span.to(self.rest(part.span, ")", span));
                        Mend::write(format!("write `{call}`"), call_place, call)
                    }
                    _ => Mend::told(format!(
                        "declare it: `fn {}(…) = …`",
                        crate::declare::written(&function.name)
                    )),
                };
                diagnostic = mended(diagnostic, Some(mend));
            }
            self.error(diagnostic);
        }
    }
}

impl<'e> Checker<'_, '_, 'e> {
    /// `len(x)` as it is written here.
    fn size_of(&mut self, of: &'e ast::Expr, function: &Ident, span: Span) -> Mend {
        let shown = super::shown::shown(of);
        let ty = self.aside(of, None).and_then(|typed| self.ty(typed.ty));
        let property = match ty {
            Some(Type::String) => "length",
            Some(Type::Set(_)) => "size",
            _ => {
                return Mend::told(format!(
                    "write `{shown}.size` of a set, `{shown}.length` of a text"
                ));
            }
        };
        let place = function.span.to(self.rest(of.span, ")", span));
        let text = format!("{}.{property}", self.text(of.span));
        Mend::write(format!("write `{shown}.{property}`"), place, text)
    }
}

fn snake(name: &str) -> &'static str {
    if name.starts_with("ends") {
        "ends_with"
    } else {
        "starts_with"
    }
}
