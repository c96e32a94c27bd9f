//! Tables of tests, `for u in [User::"ann", User::"bob"] { … }`, written out: each case once for each value.

use dictum_artifact::suggest;
use dictum_syntax::ast::{
    EntityRef, Expr, ExprKind, Ident, TestCase, TestDecl, TestEntity, TestFor, TestItem,
};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{Sources, Span};
use rustc_hash::FxHashSet;

use crate::codes;
use crate::declare::written;
use crate::mend::{Mend, mended};

/// How many cases the tables of a test may be written out to.
const MAX_CASES: usize = 10_000;

/// A case without variables.
pub(super) struct Case<'t> {
    /// As it is written.
    pub(super) written: &'t TestCase,
    pub(super) principal: EntityRef,
    pub(super) resource: EntityRef,
    /// The changed context fields.
    pub(super) given: Vec<(Ident, Expr)>,
    /// The fields of the obligations that are expected, in the order of [`TestCase::with`].
    pub(super) with: Vec<Option<Vec<(Ident, Expr)>>>,
    /// What the variables stand for, outermost first.
    pub(super) variables: Vec<(String, String)>,
}

/// The cases of a test, in the order written; those whose variables are wrong are reported and left out.
pub(super) fn cases<'t>(
    sources: &Sources,
    test: &'t TestDecl,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Case<'t>> {
    let mut writer = Writer {
        sources,
        variables: Vec::new(),
        no_entities: FxHashSet::default(),
        cases: Vec::new(),
        full: false,
        diagnostics,
    };
    writer.items(&test.items);
    writer.cases
}

struct Writer<'t, 'd> {
    sources: &'d Sources,
    /// What each variable stands for, outermost first.
    variables: Vec<(&'t Ident, &'t Expr)>,
    /// The variables of tables with a value that is no entity where one is needed: of each, this is told once.
    no_entities: FxHashSet<Span>,
    cases: Vec<Case<'t>>,
    /// Whether there are too many cases.
    full: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'t> Writer<'t, '_> {
    fn items(&mut self, items: &'t [TestItem]) {
        for item in items {
            if self.full {
                return;
            }
            match item {
                TestItem::Case(case) => self.case(case),
                TestItem::For(table) => self.table(table),
            }
        }
    }

    fn table(&mut self, table: &'t TestFor) {
        if table.values.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(codes::TABLE, table.span, "a table without values tests nothing")
                    .with_help("list the values: `for u in [User::\"ann\", User::\"bob\"] { … }`"),
            );
        }
        if table.items.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(codes::TABLE, table.span, "a table without cases tests nothing").with_help(
                    "write what is tested of each value: `for u in [User::\"ann\"] { allow u to … on … }`",
                ),
            );
        }
        for value in &table.values {
            self.variables.push((&table.variable, value));
            self.items(&table.items);
            self.variables.pop();
        }
    }

    fn case(&mut self, case: &'t TestCase) {
        if self.cases.len() >= MAX_CASES {
            self.full = true;
            let message = format!("the tables of this test have more than {MAX_CASES} cases");
            self.diagnostics.push(
                Diagnostic::error(codes::TABLE, case.span, message)
                    .with_help("test fewer combinations, or split the test"),
            );
            return;
        }
        let (principal, resource) = (self.entity(&case.principal), self.entity(&case.resource));
        let (Some(principal), Some(resource)) = (principal, resource) else {
            return;
        };
        let entries = |fields: &[(Ident, Expr)]| -> Vec<(Ident, Expr)> {
            let value = |(name, value): &(Ident, Expr)| (name.clone(), self.written_out(value));
            fields.iter().map(value).collect()
        };
        let expanded = Case {
            written: case,
            principal,
            resource,
            given: entries(&case.given),
            with: case
                .with
                .iter()
                .map(|with| with.fields.as_deref().map(entries))
                .collect(),
            variables: self
                .variables
                .iter()
                .map(|(variable, value)| (variable.name.clone(), self.sources.text(value.span).to_owned()))
                .collect(),
        };
        self.cases.push(expanded);
    }

    /// What a variable stands for, with where the variable is named.
    fn value(&self, name: &str) -> Option<(&'t Expr, Span)> {
        let mut innermost = self.variables.iter().rev();
        let found = innermost.find(|(variable, _)| variable.name == name);
        found.map(|(variable, value)| (*value, variable.span))
    }

    fn entity(&mut self, entity: &TestEntity) -> Option<EntityRef> {
        let variable = match entity {
            TestEntity::Entity(entity) => return Some(entity.clone()),
            TestEntity::Variable(variable) => variable,
        };
        match self.value(&variable.name) {
            Some((
                Expr {
                    kind: ExprKind::Entity(entity),
                    ..
                },
                _,
            )) => return Some(entity.clone()),
            Some((other, table)) => {
                let message = format!("`{}` stands for an entity, and this is none", variable.name);
                if self.no_entities.insert(table) {
                    self.diagnostics.push(
                        Diagnostic::error(codes::TABLE, other.span, message)
                            .with_related(variable.span, "an entity is needed here")
                            .with_help("the values of this table are entities, such as `User::\"ann\"`"),
                    );
                }
            }
            None => {
                let message = format!("there is no variable `{}`", variable.name);
                let known = self.variables.iter().map(|(name, _)| name.name.as_str());
                let mend = match (suggest::nearest(&variable.name, known), self.variables.last()) {
                    (Some(near), _) => Mend::meant(near, variable.span, written(near)),
                    (None, Some((name, _))) => Mend::told(format!("the table's variable is `{}`", name.name)),
                    (None, None) => Mend::told(format!(
                        "an entity is written with its id: `{}::\"…\"`",
                        written(&variable.name)
                    )),
                };
                let error = Diagnostic::error(codes::UNKNOWN_NAME, variable.span, message);
                self.diagnostics.push(mended(error, Some(mend)));
            }
        }
        None
    }

    /// An expression with the values of the variables in their place. Recursion is as deep as the tree, which is bounded.
    fn written_out(&self, expr: &Expr) -> Expr {
        let out = |expr: &Expr| self.written_out(expr);
        let boxed = |expr: &Expr| Box::new(self.written_out(expr));
        let kind = match &expr.kind {
            ExprKind::Name(name) => return self.value(name).map_or(expr, |(value, _)| value).clone(),
            ExprKind::Set(items) => ExprKind::Set(items.iter().map(out).collect()),
            ExprKind::Record(fields) => ExprKind::Record(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), out(value)))
                    .collect(),
            ),
            ExprKind::Negate(of) => ExprKind::Negate(boxed(of)),
            ExprKind::Binary(op, a, b) => ExprKind::Binary(*op, boxed(a), boxed(b)),
            ExprKind::Call(name, arguments) => {
                ExprKind::Call(name.clone(), arguments.iter().map(out).collect())
            }
            ExprKind::If(a, b, c) => ExprKind::If(boxed(a), boxed(b), boxed(c)),
            // A constant is made of nothing else.
            _ => return expr.clone(),
        };
        Expr {
            kind,
            span: expr.span,
        }
    }
}
