//! The names that declarations mention, whatever they turn out to be: what nothing mentions is not used.

use dictum_syntax::ast::{
    self, Actions, Clause, DeclarationKind, ExprKind, File, FixtureItem, Head, HeadKind, Held, Ident,
    RuleHead, TestItem, TypeExpr, TypeExprKind, With,
};
use dictum_syntax::naming;
use rustc_hash::{FxHashMap, FxHashSet};

use super::declarations;
use crate::check;

/// What is mentioned, apart from where it is declared.
#[derive(Default)]
pub(super) struct Names<'f> {
    /// The types that declarations, heads and conditions name; fixtures and tests do not count.
    pub(super) types: FxHashSet<&'f str>,
    /// The actions and groups that rules, roles and conditions name.
    pub(super) actions: FxHashSet<&'f str>,
    /// The actions and groups that some action is in.
    pub(super) groups: FxHashSet<&'f str>,
    /// The roles that rules and other roles name.
    pub(super) roles: FxHashSet<&'f str>,
    /// The attributes and fields that conditions read or ask for.
    pub(super) fields: FxHashSet<&'f str>,
    /// The names that stand by themselves in expressions: of enums mostly.
    pub(super) words: FxHashSet<&'f str>,
    /// The functions and constants that expressions name, and obligations that rules do.
    pub(super) values: FxHashSet<&'f str>,
    pub(super) obligations: FxHashSet<&'f str>,
    /// The fixtures that tests use, and other fixtures build on.
    pub(super) fixtures: FxHashSet<&'f str>,
    /// The labels that tests expect, with the places.
    pub(super) labels: FxHashMap<&'f str, Vec<&'f Ident>>,
    /// The places of fixtures' names in tests.
    pub(super) fixture_places: FxHashMap<&'f str, Vec<&'f Ident>>,
}

/// What the declarations of all files mention.
pub(super) fn collect(files: &[File]) -> Names<'_> {
    let mut names = Names::default();
    for declaration in declarations(files) {
        match &declaration.kind {
            DeclarationKind::Entity(decl) => {
                names.types(&decl.parents, Some(&decl.name.name));
                names.fields(&decl.attributes, &decl.name.name);
            }
            DeclarationKind::Enum(_) => {}
            DeclarationKind::Type(decl) => names.type_expr(&decl.ty, &decl.name.name),
            DeclarationKind::Context(decl) => names.fields(&decl.fields, ""),
            DeclarationKind::Action(decl) => {
                names.types(&decl.by, None);
                names.types(&decl.on, None);
                names
                    .groups
                    .extend(decl.groups.iter().map(|group| group.name.as_str()));
                names.fields(&decl.context, "");
            }
            DeclarationKind::Role(decl) => {
                names.types(&decl.on, None);
                let includes = decl.includes.iter().map(|role| role.name.as_str());
                names
                    .roles
                    .extend(includes.filter(|role| *role != decl.name.name));
                names.actions(&decl.actions);
                match &decl.held {
                    Held::Default | Held::ByGrant => {}
                    Held::When(condition) | Held::ByGrantOrWhen(condition) => names.expr(condition),
                }
            }
            DeclarationKind::Rule(decl) => {
                names.head_and_clauses(&decl.head, &decl.clauses);
                names.with(&decl.obligations);
            }
            DeclarationKind::Invariant(decl) => names.head_and_clauses(&decl.head, &decl.clauses),
            DeclarationKind::Exclusive(decl) => {
                names.types(&decl.on, None);
                names
                    .roles
                    .extend(decl.roles.iter().map(|role| role.name.as_str()));
            }
            DeclarationKind::Obligation(decl) => names.fields(&decl.fields, ""),
            DeclarationKind::Function(decl) => {
                for parameter in &decl.parameters {
                    names.type_expr(&parameter.ty, "");
                }
                names.expr(&decl.body);
            }
            DeclarationKind::Const(decl) => {
                decl.ty.iter().for_each(|ty| names.type_expr(ty, ""));
                names.expr(&decl.value);
            }
            DeclarationKind::Principals(decl) => names.types(&decl.types, None),
            DeclarationKind::Module(_) | DeclarationKind::Use(_) => {}
            DeclarationKind::Fixture(decl) => {
                if let Some(base) = &decl.base {
                    names.fixture(base);
                }
                for item in &decl.items {
                    match item {
                        FixtureItem::Entity(entity) => {
                            for (_, value) in &entity.attributes {
                                names.value(value);
                            }
                        }
                        FixtureItem::Grant(_) => {}
                    }
                }
            }
            DeclarationKind::Test(decl) => {
                if let Some(fixture) = &decl.using {
                    names.fixture(fixture);
                }
                for (_, value) in decl.context.iter().flat_map(|(_, fields)| fields) {
                    names.value(value);
                }
                names.test_items(&decl.items);
            }
        }
    }
    names
}

impl<'f> Names<'f> {
    fn head_and_clauses(&mut self, head: &'f RuleHead, clauses: &'f [Clause]) {
        for alternative in head.who.iter().chain(&head.what) {
            self.head(alternative);
        }
        match &head.actions {
            Actions::Any(_) => {}
            Actions::List(actions) => self.actions(actions),
        }
        for clause in clauses {
            self.expr(&clause.condition);
        }
    }

    fn with(&mut self, obligations: &'f [With]) {
        for with in obligations {
            self.obligations.insert(&with.name.name);
            let fields = with.fields.iter().flatten();
            fields.for_each(|(_, value)| self.expr(value));
        }
    }

    fn fixture(&mut self, fixture: &'f Ident) {
        self.fixtures.insert(&fixture.name);
        self.fixture_places
            .entry(&fixture.name)
            .or_default()
            .push(fixture);
    }

    fn test_items(&mut self, items: &'f [TestItem]) {
        for item in items {
            match item {
                TestItem::Case(case) => {
                    case.given.iter().for_each(|(_, value)| self.value(value));
                    for label in &case.by {
                        self.labels.entry(&label.name).or_default().push(label);
                    }
                    let fields = case.with.iter().flat_map(|with| &with.fields).flatten();
                    fields.for_each(|(_, value)| self.value(value));
                }
                TestItem::For(table) => {
                    table.values.iter().for_each(|value| self.value(value));
                    self.test_items(&table.items);
                }
            }
        }
    }

    fn head(&mut self, head: &'f Head) {
        match &head.kind {
            HeadKind::Any => {}
            HeadKind::Name(name) => {
                self.ty(&name.name);
                self.roles.insert(&name.name);
            }
            HeadKind::In(name, ancestor) => {
                self.ty(&name.name);
                self.ty(&ancestor.ty.name);
            }
            HeadKind::Entity(entity) => self.ty(&entity.ty.name),
        }
    }

    fn ty(&mut self, name: &'f str) {
        self.types.insert(name);
    }

    /// Types that a declaration names; that it names itself is no use of it.
    fn types(&mut self, names: &'f [Ident], own: Option<&str>) {
        for name in names.iter().filter(|name| own != Some(name.name.as_str())) {
            self.ty(&name.name);
        }
    }

    fn actions(&mut self, names: &'f [Ident]) {
        self.actions.extend(names.iter().map(|name| name.name.as_str()));
    }

    fn fields(&mut self, fields: &'f [ast::FieldDecl], own: &str) {
        fields.iter().for_each(|field| self.type_expr(&field.ty, own));
    }

    fn type_expr(&mut self, ty: &'f TypeExpr, own: &str) {
        match &ty.kind {
            TypeExprKind::Name(name) if name == own => {}
            TypeExprKind::Name(name) => self.ty(name),
            TypeExprKind::Set(inner, _) | TypeExprKind::Map(inner, _) => self.type_expr(inner, own),
            TypeExprKind::Record(fields) => self.fields(fields, own),
        }
    }

    /// A condition.
    fn expr(&mut self, expr: &'f ast::Expr) {
        match &expr.kind {
            ExprKind::Entity(entity) => self.ty(&entity.ty.name),
            ExprKind::Name(name) => {
                self.words.insert(name);
                self.actions.insert(name);
                self.values.insert(name);
                self.ty(name);
            }
            ExprKind::Call(name, _) => {
                self.values.insert(&name.name);
            }
            ExprKind::Field(_, field) => {
                self.fields.insert(&field.name);
                self.words.insert(&field.name);
            }
            ExprKind::Has(_, path) => self.path(path),
            ExprKind::Is(_, ty, _) => self.ty(&ty.name),
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
            | ExprKind::Context
            | ExprKind::Method(..)
            | ExprKind::Index(..)
            | ExprKind::Set(_)
            | ExprKind::Record(_)
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::AndThen(_)
            | ExprKind::OrElse(_)
            | ExprKind::If(..)
            | ExprKind::IsEmpty(_)
            | ExprKind::Like(..)
            | ExprKind::Matches(..)
            | ExprKind::Quantified(..)
            | ExprKind::Otherwise(..) => {}
        }
        check::operands(expr, &mut |operand| self.expr(operand));
    }

    /// Whether an expression names a variant, by the variant's text.
    pub(super) fn has_word(&self, text: &str) -> bool {
        mentions(&self.words, text)
    }

    /// Whether an expression names a field, by the field's text.
    pub(super) fn has_field(&self, text: &str) -> bool {
        mentions(&self.fields, text)
    }

    /// The right side of `has`.
    fn path(&mut self, path: &'f ast::Expr) {
        if let ExprKind::Name(name) = &path.kind {
            self.fields.insert(name);
            // After `has` a name may be that of a constant, the key of a map.
            self.values.insert(name);
        } else if let ExprKind::Field(of, _) | ExprKind::Index(of, _) = &path.kind {
            self.path(of);
        }
    }

    /// A value of a fixture or a test: names of enums in it are mentioned.
    fn value(&mut self, value: &'f ast::Expr) {
        match &value.kind {
            ExprKind::Name(name) => {
                self.words.insert(name);
                self.values.insert(name);
            }
            ExprKind::Call(name, _) => {
                self.values.insert(&name.name);
            }
            ExprKind::Field(_, name) => {
                self.words.insert(&name.name);
            }
            _ => {}
        }
        check::operands(value, &mut |operand| self.value(operand));
    }
}

/// Whether a text is among names, some of which stand there as full names.
pub(super) fn mentions(names: &FxHashSet<&str>, text: &str) -> bool {
    names.contains(text)
        || names.contains(&*naming::part(text))
        || naming::is_built_in(text) && names.contains(format!("`{text}`").as_str())
}
