//! The syntax tree: what was written, with its places, and nothing that was concluded from it.
//!
//! Depth is bounded by [`MAX_DEPTH`] (the parser refuses more), so recursion over a tree is safe; chains of `and` and
//! `or`, and of `and then` and `or else`, are flat lists, however long.

use dictum_artifact::expr::{Pattern, Quantifier};
use dictum_artifact::value::{Decimal, Duration, Network, Timestamp};

use crate::source::{SourceId, Span};

/// How many levels an expression or a type may be nested.
pub const MAX_DEPTH: usize = 128;

/// How many names a path may have: `a.b.User` has three.
pub const MAX_PATH: usize = 32;

/// How long a source may be, in bytes.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

/// A name with its place.
///
/// The name of a field, a variant or an annotation is its text. All other names are full names, as [`crate::naming`] has them:
/// what refers to a declaration may say its module, `a.b.User`, and then the name is all of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Its place, backticks included.
    pub span: Span,
}

/// A text literal with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, escapes resolved.
    pub value: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// `User::"ann"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRef {
    /// The type.
    pub ty: Ident,
    /// The id.
    pub id: Text,
    /// Its place.
    pub span: Span,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which source.
    pub source: SourceId,
    /// The declarations that could be read.
    pub declarations: Vec<Declaration>,
    /// What could not: a name that stands there may be what it declares, so nothing is concluded from the name's absence
    /// elsewhere. Empty if and only if no error was reported.
    pub broken: Vec<Span>,
}

/// A declaration with its docs and annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The lines of the doc comment, each without `///` and the space after it.
    pub docs: Vec<String>,
    /// `@name("text")`, in order.
    pub annotations: Vec<Annotation>,
    /// What is declared.
    pub kind: DeclarationKind,
    /// From the first annotation or keyword to the end, without docs.
    pub span: Span,
}

/// `@name("text")`, or `@name` alone, whose text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The name.
    pub name: Ident,
    /// The text.
    pub text: Option<Text>,
}

/// The kinds of declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    /// `module a.b`
    Module(ModuleDecl),
    /// `use a.b`, `use a.b.{User, Group}`
    Use(UseDecl),
    /// `entity A, B in P, Q { … } = [ids]`
    Entity(EntityDecl),
    /// `enum E { a, b }`, `ordered enum E { a, b }`
    Enum(EnumDecl),
    /// `type Name = T`
    Type(TypeDecl),
    /// `context { … }`
    Context(ContextDecl),
    /// `action A, B in G by P on R { … }`
    Action(ActionDecl),
    /// `role R on T includes S { … } held …`
    Role(RoleDecl),
    /// `permit …`, `forbid …`
    Rule(RuleDecl),
    /// `principals P, Q`
    Principals(PrincipalsDecl),
    /// `exclusive requester, approver on Invoice`
    Exclusive(ExclusiveDecl),
    /// `obligation O { field: T }`
    Obligation(ObligationDecl),
    /// `fn f(a: T) = E`
    Function(FunctionDecl),
    /// `const C = E`
    Const(ConstDecl),
    /// `never …`, `always …`
    Invariant(InvariantDecl),
    /// `fixture name { … }`
    Fixture(FixtureDecl),
    /// `test "name" using f { … }`
    Test(TestDecl),
}

/// `module a.b`: the module of all that the file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleDecl {
    /// The module's path, with dots.
    pub path: Ident,
}

/// `use a.b`, `use a.b.{User, Group}`: names of another module that are used here without saying the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseDecl {
    /// The module's path, with dots. Without a list, the last part may as well name a declaration: `use a.b.User`.
    pub path: Ident,
    /// The names; without a list, all that the module declares.
    pub names: Option<Vec<Ident>>,
}

/// `principals P, Q`: the types that actions without `by` are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalsDecl {
    /// The word `principals`.
    pub keyword: Span,
    /// The types.
    pub types: Vec<Ident>,
}

/// `label: exclusive R, S on T because "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusiveDecl {
    /// The label.
    pub label: Option<Ident>,
    /// The word `exclusive`.
    pub keyword: Span,
    /// The roles of which nobody may use two; at least two.
    pub roles: Vec<Ident>,
    /// The resource types.
    pub on: Vec<Ident>,
    /// The text of `because`.
    pub because: Option<Text>,
}

/// `obligation Name { fields }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationDecl {
    /// The obligation's name.
    pub name: Ident,
    /// What it tells the caller.
    pub fields: Vec<FieldDecl>,
}

/// `fn name(parameters) = body`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDecl {
    /// The function's name.
    pub name: Ident,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its value.
    pub body: Expr,
}

/// `name: T` of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The parameter's name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
}

/// `const Name = value`, `const Name: T = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstDecl {
    /// The constant's name.
    pub name: Ident,
    /// Its type, where it is written.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// `label: never WHO to ACTIONS on WHAT when E`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvariantDecl {
    /// The label.
    pub label: Option<Ident>,
    /// Whether it is `always` (or else `never`).
    pub always: bool,
    /// The word `never` or `always`.
    pub keyword: Span,
    /// The requests that it speaks of.
    pub head: RuleHead,
    /// `when` and `unless`, in order.
    pub clauses: Vec<Clause>,
}

/// `entity Name in Parents { attributes } = ids`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityDecl {
    /// The type's name.
    pub name: Ident,
    /// The types of parents.
    pub parents: Vec<Ident>,
    /// The attributes.
    pub attributes: Vec<FieldDecl>,
    /// The closed set of ids.
    pub ids: Option<Vec<Text>>,
}

/// `name?: T`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDecl {
    /// The lines of the doc comment.
    pub docs: Vec<String>,
    /// The field's name.
    pub name: Ident,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeExprKind,
    /// Its place.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeExprKind {
    /// A built-in type, an enum, an entity type or an alias, by its full name.
    Name(String),
    /// `Set<T>`, `Set<T, 20>`
    Set(Box<TypeExpr>, Option<Bound>),
    /// `Map<T>`, `Map<T, 20>`
    Map(Box<TypeExpr>, Option<Bound>),
    /// `{ f: T }`
    Record(Vec<FieldDecl>),
}

/// How many elements a set, or entries a map, has at most: the `20` of `Set<T, 20>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The number.
    pub most: u32,
    /// Its place.
    pub span: Span,
}

/// `ordered enum Name { variants }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumDecl {
    /// Whether `<` compares.
    pub ordered: bool,
    /// The enum's name.
    pub name: Ident,
    /// The names it holds.
    pub variants: Vec<Ident>,
}

/// `type Name = T`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDecl {
    /// The alias.
    pub name: Ident,
    /// What it stands for.
    pub ty: TypeExpr,
}

/// `context { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextDecl {
    /// The word `context`.
    pub keyword: Span,
    /// The fields.
    pub fields: Vec<FieldDecl>,
}

/// `action A, B in G by P on R { fields }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionDecl {
    /// The actions.
    pub names: Vec<Ident>,
    /// The groups they belong to.
    pub groups: Vec<Ident>,
    /// The principal types.
    pub by: Vec<Ident>,
    /// The resource types; a group has none.
    pub on: Vec<Ident>,
    /// The context fields of these actions only.
    pub context: Vec<FieldDecl>,
}

/// `role R on T includes S { actions } held …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDecl {
    /// The role's name.
    pub name: Ident,
    /// The resource types.
    pub on: Vec<Ident>,
    /// The roles that it includes.
    pub includes: Vec<Ident>,
    /// The actions and groups that it allows.
    pub actions: Vec<Ident>,
    /// Who holds it.
    pub held: Held,
}

/// Who holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing written: by grant.
    Default,
    /// `held by grant`
    ByGrant,
    /// `held when C`
    When(Expr),
    /// `held by grant or when C`
    ByGrantOrWhen(Expr),
}

/// The effect of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `permit`
    Permit,
    /// `forbid`
    Forbid,
}

/// `label: permit WHO to ACTIONS on WHAT clauses`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDecl {
    /// The label.
    pub label: Option<Ident>,
    /// Permit or forbid.
    pub effect: Effect,
    /// The word `permit` or `forbid`.
    pub keyword: Span,
    /// The requests that it is about.
    pub head: RuleHead,
    /// `when` and `unless`, in order.
    pub clauses: Vec<Clause>,
    /// The text of `because`.
    pub because: Option<Text>,
    /// The obligations of `with`.
    pub obligations: Vec<With>,
}

/// `WHO to ACTIONS on WHAT`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHead {
    /// Alternatives; at least one.
    pub who: Vec<Head>,
    /// What may be done.
    pub actions: Actions,
    /// Alternatives; at least one.
    pub what: Vec<Head>,
}

/// An obligation of `with`: `step_up { acr: "mfa" }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct With {
    /// The obligation.
    pub name: Ident,
    /// The values of its fields, where there are braces.
    pub fields: Option<Vec<(Ident, Expr)>>,
    /// Its place.
    pub span: Span,
}

/// One alternative of WHO or WHAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which form.
    pub kind: HeadKind,
    /// Its place.
    pub span: Span,
}

/// The forms of WHO and WHAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// `anyone`, `anything`
    Any,
    /// `User`, or in WHO a role
    Name(Ident),
    /// `User in Group::"eng"`
    In(Ident, EntityRef),
    /// `User::"ann"`
    Entity(EntityRef),
}

/// The ACTIONS of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actions {
    /// `any`
    Any(Span),
    /// Actions and groups.
    List(Vec<Ident>),
}

/// `when E` or `unless E`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Whether it is `unless`.
    pub unless: bool,
    /// The word.
    pub keyword: Span,
    /// The condition.
    pub condition: Expr,
}

/// `fixture name on base { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureDecl {
    /// The fixture's name.
    pub name: Ident,
    /// The fixture that it builds on.
    pub base: Option<Ident>,
    /// The entities and grants, in order.
    pub items: Vec<FixtureItem>,
}

/// One line of a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixtureItem {
    /// `User::"ann" in Group::"eng" { … }`
    Entity(FixtureEntity),
    /// `grant R on X to S until T`
    Grant(Box<FixtureGrant>),
}

/// `User::"ann" in Group::"eng", Group::"ops" { department: "eng" }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureEntity {
    /// Which entity.
    pub entity: EntityRef,
    /// Its parents.
    pub parents: Vec<EntityRef>,
    /// Its attributes.
    pub attributes: Vec<(Ident, Expr)>,
    /// Its place.
    pub span: Span,
}

/// `grant editor on Folder::"specs" to Group::"eng" until time"2026-12-31"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureGrant {
    /// The role.
    pub role: Ident,
    /// The scope; `Any` or `Entity`.
    pub on: Head,
    /// Who gets it.
    pub to: EntityRef,
    /// From when it no longer holds: a timestamp.
    pub until: Option<Expr>,
    /// Its place.
    pub span: Span,
}

/// `test "name" using fixture { context { … } cases }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestDecl {
    /// The test's name.
    pub name: Text,
    /// The fixture; without one the store is empty.
    pub using: Option<Ident>,
    /// The context of every case; its braces, where there are any.
    pub context: Option<(Span, Vec<(Ident, Expr)>)>,
    /// The decisions.
    pub items: Vec<TestItem>,
}

/// A part of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestItem {
    /// `allow …`, `deny …`
    Case(Box<TestCase>),
    /// `for u in [User::"ann", User::"bob"] { … }`
    For(TestFor),
}

/// A table: its items once for each of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFor {
    /// The name that stands for the value.
    pub variable: Ident,
    /// The values.
    pub values: Vec<Expr>,
    /// What is repeated.
    pub items: Vec<TestItem>,
    /// Its place.
    pub span: Span,
}

/// The principal or the resource of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestEntity {
    /// `User::"ann"`
    Entity(EntityRef),
    /// The variable of a table.
    Variable(Ident),
}

/// `allow User::"bob" to write on Document::"plan" given { … } by editor`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// Whether `allow` (or else `deny`) is expected.
    pub allow: bool,
    /// The principal.
    pub principal: TestEntity,
    /// The action.
    pub action: Ident,
    /// The resource.
    pub resource: TestEntity,
    /// Changed context fields.
    pub given: Vec<(Ident, Expr)>,
    /// Rules that must be among the deciding ones.
    pub by: Vec<Ident>,
    /// Obligations that must be among those of the decision; without braces, whatever their fields are.
    pub with: Vec<With>,
    /// Its place.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Which form.
    pub kind: ExprKind,
    /// Its place, parentheses included.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `1.50`
    Decimal(Decimal),
    /// `"text"`
    String(String),
    /// `time"…"`
    Timestamp(Timestamp),
    /// `15m`
    Duration(Duration),
    /// `ip"…"`
    Ip(Network),
    /// `User::"ann"`
    Entity(EntityRef),
    /// A name: an enum's variant, an enum or a module before what is in it, a constant, a parameter, or the variable of a
    /// quantifier.
    Name(String),
    /// `principal`
    Principal,
    /// `resource`
    Resource,
    /// `action`
    Action,
    /// `context`
    Context,
    /// `a.name`
    Field(Box<Expr>, Ident),
    /// `a.name(args)`
    Method(Box<Expr>, Ident, Vec<Expr>),
    /// `a[key]`
    Index(Box<Expr>, Box<Expr>),
    /// `f(args)`
    Call(Ident, Vec<Expr>),
    /// `[a, b]`
    Set(Vec<Expr>),
    /// `{ f: a }`, `{ "key": a }`: a record or a map
    Record(Vec<(Ident, Expr)>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a OP b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a and b and …`, flat
    And(Vec<Expr>),
    /// `a or b or …`, flat
    Or(Vec<Expr>),
    /// `a and then b and then …`, flat
    AndThen(Vec<Expr>),
    /// `a or else b or else …`, flat
    OrElse(Vec<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a has f.g`, `a has f[key]`, where the right side is a path of names and keys; `m has key`, where it is any expression
    Has(Box<Expr>, Box<Expr>),
    /// `a is T`, `a is T in b`
    Is(Box<Expr>, Ident, Option<Box<Expr>>),
    /// `a is empty`
    IsEmpty(Box<Expr>),
    /// `a like "pattern"`; the pattern, and the place of its literal
    Like(Box<Expr>, Pattern, Span),
    /// `a matches r"…"`
    Matches(Box<Expr>, Text),
    /// `any x in s: e`; the variable, the set or map, the body
    Quantified(Quantifier, Ident, Box<Expr>, Box<Expr>),
    /// `a otherwise b`
    Otherwise(Box<Expr>, Box<Expr>),
}

/// The operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `contains`
    Contains,
    /// `contains all`
    ContainsAll,
    /// `contains any`
    ContainsAny,
    /// `??`
    Coalesce,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

impl BinaryOp {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Contains => "contains",
            Self::ContainsAll => "contains all",
            Self::ContainsAny => "contains any",
            Self::Coalesce => "??",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}
