//! A checked program: what the reference evaluator runs and what is lowered to an artifact.

use dictum_artifact::dag::{self, Artifact};
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::expr::{ExprId, Exprs};
use dictum_artifact::schema::{Schema, ShapeId};
use dictum_syntax::source::Span;

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
    /// The shapes, sorted.
    pub cases: Vec<RuleCase>,
}

/// A rule for requests of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCase {
    /// The shape.
    pub shape: ShapeId,
    /// Whether the head fits; never undefined.
    pub head: ExprId,
    /// Whether all of `when` and none of `unless` hold.
    pub condition: ExprId,
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
}
