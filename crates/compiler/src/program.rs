//! A checked program: what the reference evaluator runs and what is lowered to an artifact.

use dictum_artifact::dag::{self, Artifact, Obliged};
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::expr::{ExprId, Exprs};
use dictum_artifact::schema::{EntityTypeId, ObligationId, RoleId, Schema, ShapeId};
use dictum_artifact::value::Value;
use dictum_syntax::source::Span;

pub use crate::modules::UnusedImport;

/// A program without errors.
#[derive(Clone, Debug)]
pub struct Program {
    /// What requests and data are checked against.
    pub schema: Schema,
    /// The typed expressions of all rules.
    pub exprs: Exprs,
    /// The rules, role bodies included, in the order of the source.
    pub rules: Vec<Rule>,
    /// The fixtures, in the order of the source.
    pub fixtures: Vec<Fixture>,
    /// The tests, in the order of the source.
    pub tests: Vec<Test>,
    /// The invariants, in the order of the source.
    pub invariants: Vec<Invariant>,
    /// The roles that are held apart, in the order of the source; each is a forbid among the rules too.
    pub exclusives: Vec<Exclusive>,
    /// The imports that no name needs, in the order of the source.
    pub unused_imports: Vec<UnusedImport>,
    /// What it compiles to.
    pub artifact: Artifact,
}

/// A rule, typed once for each request shape that its head can fit.
#[derive(Clone, Debug)]
pub struct Rule {
    /// How a decision names it.
    pub info: dag::Rule,
    /// The label, or the word `permit` or `forbid`; of a role, its name.
    pub span: Span,
    /// The condition of each of its clauses.
    pub clauses: Vec<Span>,
    /// The shapes, sorted.
    pub cases: Vec<RuleCase>,
    /// Its conditions, as they are typed for one or more of the cases.
    pub conditions: Vec<Conditions>,
}

/// The conditions of a rule, as they are typed for requests of one or more shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Whether all of `when` and none of `unless` hold.
    pub whole: ExprId,
    /// The condition of each clause, not negated; `None` where an earlier clause settles the whole.
    pub clauses: Vec<Option<ExprId>>,
    /// What a caller has to do when the rule decides; none, where the clauses never hold.
    pub obligations: Vec<Obliged>,
    /// Whether the fields of all obligations are defined: true, or undefined.
    pub defined: ExprId,
}

/// A rule for requests of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCase {
    /// The shape.
    pub shape: ShapeId,
    /// Whether the head fits; never undefined.
    pub head: ExprId,
    /// Whether the principal holds a role that the head names; `true` where it names none.
    pub holder: ExprId,
    /// Whether the principal holds that role and the clauses hold.
    pub condition: ExprId,
    /// The clauses, in [`Rule::conditions`].
    pub conditions: usize,
}

impl Rule {
    /// The rule for requests of a shape, where its head can fit them.
    #[must_use]
    pub fn case(&self, shape: ShapeId) -> Option<&RuleCase> {
        self.cases
            .binary_search_by_key(&shape, |case| case.shape)
            .ok()
            .and_then(|at| self.cases.get(at))
    }
}

impl Rule {
    /// The conditions of one of the rule's cases.
    ///
    /// # Panics
    /// When the case is of another rule.
    #[must_use]
    pub fn conditions(&self, case: &RuleCase) -> &Conditions {
        &self.conditions[case.conditions]
    }
}

/// `never …`, `always …`: what is claimed of every possible request.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Its label; `file:line` where it has none.
    pub label: String,
    /// Whether it is `always` (or else `never`).
    pub always: bool,
    /// The label, or the word `never` or `always`.
    pub span: Span,
    /// The shapes, sorted, and of which requests of theirs it speaks.
    pub cases: Vec<RuleCase>,
}

/// `exclusive R, S on T`: on a resource of these types, nobody may hold two of these roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusive {
    /// Its label; `file:line` where it has none.
    pub label: String,
    /// The label, or the word `exclusive`.
    pub span: Span,
    /// The roles, in the order written; two at least.
    pub roles: Vec<RoleId>,
    /// The types of resources, sorted.
    pub types: Vec<EntityTypeId>,
}

/// `fixture name { … }`
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its name.
    pub name: String,
    /// Its store.
    pub data: Dataset,
}

/// `test "name" …`
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// The fixture, in [`Program::fixtures`]; none is an empty store.
    pub fixture: Option<usize>,
    /// The decisions that it expects.
    pub cases: Vec<Case>,
}

/// `allow …` or `deny …` of a test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it stands.
    pub span: Span,
    /// The request.
    pub request: Request,
    /// The expected decision.
    pub allow: bool,
    /// Rules that must be among the deciding ones.
    pub by: Vec<dag::RuleId>,
    /// Obligations that must be among those of the decision.
    pub with: Vec<ExpectedObligation>,
    /// What the variables of the tables around it stand for, as they are written, outermost first.
    pub variables: Vec<(String, String)>,
}

/// `with step_up { acr: "mfa" }` of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedObligation {
    /// Which.
    pub obligation: ObligationId,
    /// The values of its fields; `None` where any will do.
    pub fields: Option<Vec<Option<Value>>>,
}
