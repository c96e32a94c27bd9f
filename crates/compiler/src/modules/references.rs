//! Full names written into a tree.

use dictum_syntax::ast::{
    Actions, BinaryOp, Clause, DeclarationKind, EntityRef, Expr, ExprKind, FieldDecl, File, FixtureItem,
    Head, HeadKind, Held, Ident, RuleHead, TestCase, TestEntity, TestItem, TypeExpr, TypeExprKind, With,
};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::naming;
use dictum_syntax::source::{SourceId, Span};

use super::{Meaning, Modules, Space, ambiguous, full_name, full_name_in};

/// Writes full names into the tree of a file.
pub(super) fn rewrite(modules: &Modules, file: &mut File, diagnostics: &mut Vec<Diagnostic>) {
    let module = modules
        .views
        .get(&file.source)
        .map_or("", |view| view.module.as_str());
    let mut rewriter = Rewriter {
        modules,
        source: file.source,
        module,
        locals: Vec::new(),
        diagnostics,
    };
    for declaration in &mut file.declarations {
        rewriter.declaration(&mut declaration.kind);
    }
}

struct Rewriter<'m, 'd> {
    modules: &'m Modules,
    source: SourceId,
    /// The path of the file's module.
    module: &'m str,
    /// The names that stand for values here: parameters, and the variables of quantifiers and tables.
    locals: Vec<String>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Rewriter<'_, '_> {
    fn declaration(&mut self, kind: &mut DeclarationKind) {
        match kind {
            DeclarationKind::Entity(decl) => {
                self.declared(Space::Types, &mut decl.name);
                self.names(Space::Types, &mut decl.parents);
                self.fields(&mut decl.attributes);
            }
            DeclarationKind::Enum(decl) => self.declared(Space::Types, &mut decl.name),
            DeclarationKind::Type(decl) => {
                self.declared(Space::Types, &mut decl.name);
                self.type_expr(&mut decl.ty);
            }
            DeclarationKind::Context(decl) => self.fields(&mut decl.fields),
            DeclarationKind::Action(decl) => {
                decl.names
                    .iter_mut()
                    .for_each(|name| self.declared(Space::Actions, name));
                self.names(Space::Actions, &mut decl.groups);
                self.names(Space::Types, &mut decl.by);
                self.names(Space::Types, &mut decl.on);
                self.fields(&mut decl.context);
            }
            DeclarationKind::Role(decl) => {
                self.declared(Space::Rules, &mut decl.name);
                self.names(Space::Types, &mut decl.on);
                self.names(Space::Rules, &mut decl.includes);
                self.names(Space::Actions, &mut decl.actions);
                match &mut decl.held {
                    Held::Default | Held::ByGrant => {}
                    Held::When(condition) | Held::ByGrantOrWhen(condition) => self.expr(condition),
                }
            }
            DeclarationKind::Rule(decl) => {
                decl.label
                    .iter_mut()
                    .for_each(|label| self.declared(Space::Rules, label));
                self.head(&mut decl.head);
                self.clauses(&mut decl.clauses);
                self.obligations(&mut decl.obligations);
            }
            DeclarationKind::Principals(decl) => self.names(Space::Types, &mut decl.types),
            DeclarationKind::Exclusive(decl) => {
                decl.label
                    .iter_mut()
                    .for_each(|label| self.declared(Space::Rules, label));
                self.names(Space::Rules, &mut decl.roles);
                self.names(Space::Types, &mut decl.on);
            }
            DeclarationKind::Obligation(decl) => {
                self.declared(Space::Obligations, &mut decl.name);
                self.fields(&mut decl.fields);
            }
            DeclarationKind::Function(decl) => {
                self.declared(Space::Values, &mut decl.name);
                for parameter in &mut decl.parameters {
                    self.local(&mut parameter.name);
                    self.type_expr(&mut parameter.ty);
                }
                let names = decl
                    .parameters
                    .iter()
                    .map(|parameter| parameter.name.name.clone());
                self.locals.extend(names);
                self.expr(&mut decl.body);
                self.locals.clear();
            }
            DeclarationKind::Const(decl) => {
                self.declared(Space::Values, &mut decl.name);
                decl.ty.iter_mut().for_each(|ty| self.type_expr(ty));
                self.expr(&mut decl.value);
            }
            DeclarationKind::Invariant(decl) => {
                decl.label
                    .iter_mut()
                    .for_each(|label| self.declared(Space::Rules, label));
                self.head(&mut decl.head);
                self.clauses(&mut decl.clauses);
            }
            DeclarationKind::Fixture(decl) => {
                self.declared(Space::Fixtures, &mut decl.name);
                decl.base
                    .iter_mut()
                    .for_each(|base| self.name(Space::Fixtures, base));
                decl.items.iter_mut().for_each(|item| self.fixture_item(item));
            }
            DeclarationKind::Test(decl) => {
                decl.using
                    .iter_mut()
                    .for_each(|using| self.name(Space::Fixtures, using));
                if let Some((_, fields)) = &mut decl.context {
                    self.entries(fields);
                }
                self.test_items(&mut decl.items);
            }
            DeclarationKind::Module(_) | DeclarationKind::Use(_) => {}
        }
    }

    /// The full name of what is declared here.
    fn declared(&self, space: Space, name: &mut Ident) {
        // What would take the name of a built-in type is reported by whoever collects the types.
        if space != Space::Types || !naming::is_built_in(&name.name) {
            name.name = full_name_in(space, self.module, &name.name);
        }
    }

    /// The name of a value that is known only here.
    fn local(&mut self, name: &mut Ident) {
        name.name = naming::plain(&name.name).to_owned();
    }

    fn name(&mut self, space: Space, name: &mut Ident) {
        if let Some(full) = self.meaning(space, &name.name, name.span) {
            name.name = full;
        }
    }

    /// The full name of what a name stands for.
    fn meaning(&mut self, space: Space, name: &str, span: Span) -> Option<String> {
        match self.modules.resolve(space, self.source, name) {
            Meaning::Known(full) => Some(full),
            Meaning::Ambiguous(candidates) => {
                self.diagnostics.push(ambiguous(name, span, &candidates));
                candidates.into_iter().next().map(|(full, _)| full)
            }
            Meaning::Unknown => None,
        }
    }

    fn names(&mut self, space: Space, names: &mut [Ident]) {
        names.iter_mut().for_each(|name| self.name(space, name));
    }

    fn fields(&mut self, fields: &mut [FieldDecl]) {
        fields.iter_mut().for_each(|field| self.type_expr(&mut field.ty));
    }

    fn type_expr(&mut self, ty: &mut TypeExpr) {
        match &mut ty.kind {
            TypeExprKind::Name(name) => {
                if let Some(full) = self.meaning(Space::Types, name, ty.span) {
                    *name = full;
                }
            }
            TypeExprKind::Set(inner, _) | TypeExprKind::Map(inner, _) => self.type_expr(inner),
            TypeExprKind::Record(fields) => self.fields(fields),
        }
    }

    fn entity(&mut self, entity: &mut EntityRef) {
        self.name(Space::Types, &mut entity.ty);
    }

    fn head(&mut self, head: &mut RuleHead) {
        for who in &mut head.who {
            // A name is a type or a role, which share their names.
            if let HeadKind::Name(name) = &mut who.kind
                && let Meaning::Known(full) = self.modules.resolve(Space::Rules, self.source, &name.name)
                && matches!(
                    self.modules.resolve(Space::Types, self.source, &name.name),
                    Meaning::Unknown
                )
            {
                name.name = full;
            } else {
                self.alternative(who);
            }
        }
        head.what.iter_mut().for_each(|what| self.alternative(what));
        match &mut head.actions {
            Actions::Any(_) => {}
            Actions::List(names) => self.names(Space::Actions, names),
        }
    }

    fn alternative(&mut self, head: &mut Head) {
        match &mut head.kind {
            HeadKind::Any => {}
            HeadKind::Name(name) => self.name(Space::Types, name),
            HeadKind::In(name, ancestor) => {
                self.name(Space::Types, name);
                self.entity(ancestor);
            }
            HeadKind::Entity(entity) => self.entity(entity),
        }
    }

    fn clauses(&mut self, clauses: &mut [Clause]) {
        clauses
            .iter_mut()
            .for_each(|clause| self.expr(&mut clause.condition));
    }

    fn obligations(&mut self, obligations: &mut [With]) {
        for with in obligations {
            self.name(Space::Obligations, &mut with.name);
            with.fields.iter_mut().for_each(|fields| self.entries(fields));
        }
    }

    fn entries(&mut self, entries: &mut [(Ident, Expr)]) {
        entries.iter_mut().for_each(|(_, value)| self.expr(value));
    }

    fn fixture_item(&mut self, item: &mut FixtureItem) {
        match item {
            FixtureItem::Entity(entity) => {
                self.entity(&mut entity.entity);
                entity.parents.iter_mut().for_each(|parent| self.entity(parent));
                self.entries(&mut entity.attributes);
            }
            FixtureItem::Grant(grant) => {
                self.name(Space::Rules, &mut grant.role);
                self.alternative(&mut grant.on);
                self.entity(&mut grant.to);
                grant.until.iter_mut().for_each(|until| self.expr(until));
            }
        }
    }

    fn test_items(&mut self, items: &mut [TestItem]) {
        for item in items {
            match item {
                TestItem::Case(case) => self.case(case),
                TestItem::For(table) => {
                    table.values.iter_mut().for_each(|value| self.expr(value));
                    self.local(&mut table.variable);
                    self.locals.push(table.variable.name.clone());
                    self.test_items(&mut table.items);
                    self.locals.pop();
                }
            }
        }
    }

    fn case(&mut self, case: &mut TestCase) {
        for entity in [&mut case.principal, &mut case.resource] {
            match entity {
                TestEntity::Entity(entity) => self.entity(entity),
                TestEntity::Variable(name) => name.name = naming::plain(&name.name).to_owned(),
            }
        }
        self.name(Space::Actions, &mut case.action);
        self.entries(&mut case.given);
        self.names(Space::Rules, &mut case.by);
        self.obligations(&mut case.with);
    }

    /// Recursion is as deep as the tree, which the parser bounds.
    fn expr(&mut self, expr: &mut Expr) {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Decimal(_)
            | ExprKind::String(_)
            | ExprKind::Timestamp(_)
            | ExprKind::Duration(_)
            | ExprKind::Ip(_)
            | ExprKind::Principal
            | ExprKind::Resource
            | ExprKind::Action
            | ExprKind::Context => {}
            ExprKind::Entity(entity) => self.entity(entity),
            ExprKind::Name(name) => {
                if self.is_local(name) {
                    *name = naming::plain(name).to_owned();
                } else if let Some(full) = self.meaning(Space::Values, name, span) {
                    *name = full;
                }
            }
            ExprKind::Field(..) => {
                if !self.qualified(expr)
                    && let ExprKind::Field(of, _) = &mut expr.kind
                {
                    self.expr(of);
                }
            }
            ExprKind::Method(of, name, arguments) => {
                arguments.iter_mut().for_each(|argument| self.expr(argument));
                let path = self.path(of).map(|path| joined(&path, &name.name));
                let function =
                    path.and_then(
                        |path| match self.modules.resolve(Space::Values, self.source, &path) {
                            Meaning::Known(full) => Some(full),
                            Meaning::Ambiguous(_) | Meaning::Unknown => None,
                        },
                    );
                match function {
                    Some(full) => {
                        let name = Ident {
                            name: full,
                            span: of.span.to(name.span),
                        };
                        expr.kind = ExprKind::Call(name, std::mem::take(arguments));
                    }
                    None => self.expr(of),
                }
            }
            ExprKind::Call(name, arguments) => {
                self.name(Space::Values, name);
                arguments.iter_mut().for_each(|argument| self.expr(argument));
            }
            ExprKind::Index(a, b) | ExprKind::Otherwise(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Binary(op, a, b) => match (&a.kind, &b.kind) {
                (ExprKind::Action, _) => self.actions(*op, b),
                (_, ExprKind::Action) => self.actions(*op, a),
                _ => {
                    self.expr(a);
                    self.expr(b);
                }
            },
            // What follows `has` is the name of an attribute, unless it is the key of a map.
            ExprKind::Has(of, what) => {
                self.expr(of);
                self.after_has(what);
            }
            ExprKind::Is(of, ty, within) => {
                self.expr(of);
                self.name(Space::Types, ty);
                within.iter_mut().for_each(|within| self.expr(within));
            }
            ExprKind::Not(of)
            | ExprKind::Negate(of)
            | ExprKind::IsEmpty(of)
            | ExprKind::Like(of, _, _)
            | ExprKind::Matches(of, _) => self.expr(of),
            ExprKind::Set(items)
            | ExprKind::And(items)
            | ExprKind::Or(items)
            | ExprKind::AndThen(items)
            | ExprKind::OrElse(items) => {
                items.iter_mut().for_each(|item| self.expr(item));
            }
            ExprKind::Record(fields) => self.entries(fields),
            ExprKind::If(condition, yes, no) => {
                self.expr(condition);
                self.expr(yes);
                self.expr(no);
            }
            ExprKind::Quantified(_, variable, over, body) => {
                self.expr(over);
                self.local(variable);
                self.locals.push(variable.name.clone());
                self.expr(body);
                self.locals.pop();
            }
        }
    }

    /// What follows `has`: keys in brackets are expressions as others are, and the names before them are not.
    fn after_has(&mut self, what: &mut Expr) {
        match &mut what.kind {
            ExprKind::Name(_) => {}
            ExprKind::Field(of, _) if steps_from_name(of) => self.after_has(of),
            ExprKind::Index(of, key) if steps_from_name(of) => {
                self.after_has(of);
                self.expr(key);
            }
            _ => self.expr(what),
        }
    }

    /// The names of actions that `action` is compared with.
    fn actions(&mut self, op: BinaryOp, other: &mut Expr) {
        match &mut other.kind {
            ExprKind::Set(items) if op == BinaryOp::In => {
                items.iter_mut().for_each(|item| self.actions(op, item));
            }
            _ => {
                if let Some(path) = path_of(other) {
                    let name = self.meaning(Space::Actions, &path, other.span).unwrap_or(path);
                    other.kind = ExprKind::Name(name);
                }
            }
        }
    }

    /// Whether an expression `a.b.c` starts with the full name of a constant or a type; then the name takes its place.
    fn qualified(&mut self, expr: &mut Expr) -> bool {
        let span = expr.span;
        let Some(path) = self.path(expr) else {
            return false;
        };
        if let Meaning::Known(full) = self.modules.resolve(Space::Values, self.source, &path) {
            expr.kind = ExprKind::Name(full);
            return true;
        }
        let ExprKind::Field(of, _) = &mut expr.kind else {
            return false;
        };
        let Some(path) = self.path(of) else { return false };
        if matches!(of.kind, ExprKind::Name(_))
            && !matches!(
                self.modules.resolve(Space::Values, self.source, &path),
                Meaning::Unknown
            )
        {
            return false;
        }
        if let Some(full) = self.meaning(Space::Types, &path, span) {
            of.kind = ExprKind::Name(full);
            return true;
        }
        matches!(of.kind, ExprKind::Field(..)) && self.qualified(of)
    }

    /// `a.b.c` of names, unless the first of them stands for a value.
    fn path(&self, expr: &Expr) -> Option<String> {
        let path = path_of(expr)?;
        let first = naming::parts(&path).next().unwrap_or_default();
        (!self.is_local(first)).then_some(path)
    }

    fn is_local(&self, name: &str) -> bool {
        let name = naming::plain(name);
        self.locals.iter().any(|local| local == name)
    }
}

/// Whether an expression is a name with attributes and keys behind it.
fn steps_from_name(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field(of, _) | ExprKind::Index(of, _) => steps_from_name(of),
        _ => false,
    }
}

/// The names of `a.b.c`, with dots.
fn path_of(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(of, field) => Some(joined(&path_of(of)?, &field.name)),
        _ => None,
    }
}

/// A path with one more name, by its text.
fn joined(path: &str, text: &str) -> String {
    full_name(naming::plain(path), &naming::part(text))
}
