//! The checks that an artifact passes before anything runs it, so that running it needs no error path.
//!
//! After [`validate`], every id is in range, what is searched by halves is sorted, operands and successors come before
//! their users, each DAG ends in leaves of its own kind, every expression is well-typed wherever a walk can reach it,
//! and the worst walk takes a bounded number of steps. The time that checking takes is bounded too: an artifact may
//! have been made by an enemy, with a checksum that is right.
//!
//! The parts, in their order: `schema`, `exprs` (what holds of an expression anywhere), `plans`, and `types` (what
//! holds of an expression in requests of one kind).

use std::fmt;

use crate::dag::Artifact;

mod exprs;
mod plans;
mod schema;
mod scopes;
mod steps;
pub(crate) mod types;

pub use steps::{steps, walk_steps};

/// How deep expressions may be nested: what evaluates them may recurse. A policy's text nests up to 128 levels, of
/// which one gives two or three of an expression; at 2 KiB a level, 512 take half of a small thread's stack of 2 MiB.
pub const MAX_EXPR_DEPTH: u32 = 512;

/// How many steps ([`steps`]) one question to an expression may take.
pub const MAX_EXPR_STEPS: u64 = 1_000_000;

/// How many quantifiers may stand in one another: the number of levels of their variables.
pub const MAX_QUANTIFIERS: usize = 8;

/// How many elements of a set or map a quantifier may look at.
pub const MAX_QUANTIFIED: u32 = 1_000_000;

/// How many steps a decision may take, and how many it may take to explain it: the most expensive walk, or walks.
pub const MAX_DECISION_STEPS: u64 = 100_000_000;

/// How much work validation does before it gives up, in visits of parts of the artifact. Parts that several request
/// shapes share count for each pair of principal and resource types that has them.
pub const MAX_VALIDATION_WORK: u64 = 1 << 28;

/// Why an artifact may not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Which part is wrong.
    pub place: Place,
    /// What is wrong with it.
    pub problem: Problem,
}

/// A part of an artifact; the numbers are positions in its arenas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole.
    Artifact,
    /// A type.
    Type(usize),
    /// An enum.
    Enum(usize),
    /// A record type.
    Record(usize),
    /// An entity type.
    EntityType(usize),
    /// An action.
    Action(usize),
    /// A role.
    Role(usize),
    /// A request shape.
    Shape(usize),
    /// An obligation.
    Obligation(usize),
    /// An expression.
    Expr(usize),
    /// A node.
    Node(usize),
    /// The plan of a shape.
    Plan(usize),
    /// A rule.
    Rule(usize),
}

/// What is wrong with a part of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It refers to something that is not there.
    OutOfRange(&'static str),
    /// It is made of something that does not come before it.
    Forward,
    /// Some names or ids are not in their order, or not unique.
    Unsorted(&'static str),
    /// It is the same as one before it.
    Repeated,
    /// It is nested too deep.
    TooDeep,
    /// Evaluating it could take too many steps.
    TooManySteps(u64),
    /// Checking it takes too much work.
    TooMuchWork,
    /// It has too few parts.
    TooFew(&'static str),
    /// An entity type's ancestors are not those that follow from the parents.
    Ancestors,
    /// What an action is in is not closed under what that is in, or holds the action itself.
    Groups,
    /// A role's carriers are not closed under their own carriers, not grantable, or without the role itself.
    Carriers,
    /// It says that every context has a required `now: Timestamp`, and one has not.
    Now,
    /// A shape is of a group of actions.
    NoAction,
    /// There is not one plan for each shape.
    PlanCount,
    /// A DAG has leaves of two kinds, or of the wrong kind.
    Leaves,
    /// A leaf allows by a forbid, or denies by a permit.
    Effect,
    /// An operand, or a node's question, is of a type that it cannot be of.
    Typing,
    /// A literal is of no value of its type.
    Literal,
    /// The first operand of `??` reads nothing that can be absent.
    Coalesce,
    /// The value after `otherwise` can be undefined.
    Otherwise,
    /// A map is not written of constants alone.
    Constant,
    /// A regular expression's table is not an automaton.
    Regex,
    /// A time zone's table is not one of a zone.
    Zone,
    /// A table, or all tables together, take more memory than they may.
    TooLarge(&'static str),
    /// It is of a quantifier's level that there is not.
    Levels,
    /// A variable is not one of a quantifier around it, or not of the type of what the quantifier looks at.
    Scope,
    /// A quantifier looks at fewer elements than are written out, or at more than any may.
    Most,
    /// A field that is no set or map says how many elements it has at most, or that it has none.
    Bound,
    /// A candidate has not one condition for each of its rule's clauses.
    ClauseCount,
    /// A plan does not say of decisions what they read.
    Reads,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Artifact => f.write_str("the artifact ")?,
            Place::Type(at) => write!(f, "type {at} ")?,
            Place::Enum(at) => write!(f, "enum {at} ")?,
            Place::Record(at) => write!(f, "record type {at} ")?,
            Place::EntityType(at) => write!(f, "entity type {at} ")?,
            Place::Action(at) => write!(f, "action {at} ")?,
            Place::Role(at) => write!(f, "role {at} ")?,
            Place::Shape(at) => write!(f, "request shape {at} ")?,
            Place::Obligation(at) => write!(f, "obligation {at} ")?,
            Place::Expr(at) => write!(f, "expression {at} ")?,
            Place::Node(at) => write!(f, "node {at} ")?,
            Place::Plan(at) => write!(f, "the plan of request shape {at} ")?,
            Place::Rule(at) => write!(f, "rule {at} ")?,
        }
        match self.problem {
            Problem::OutOfRange(what) => {
                let article = if what.starts_with(['a', 'e', 'o']) {
                    "an"
                } else {
                    "a"
                };
                write!(f, "refers to {article} {what} that is not there")
            }
            Problem::Forward => f.write_str("is made of something that does not come before it"),
            Problem::Unsorted(what) => write!(f, "has {what} that are not in order, or repeat"),
            Problem::Repeated => f.write_str("is the same as one before it"),
            Problem::TooDeep => f.write_str("is nested too deep"),
            Problem::TooManySteps(steps) => write!(f, "could take {steps} steps, which is too many"),
            Problem::TooMuchWork => f.write_str("takes too much work to check"),
            Problem::TooFew(what) => write!(f, "has too few {what}"),
            Problem::Ancestors => f.write_str("has other ancestors than its parents give it"),
            Problem::Groups => f.write_str("is in a group without being in that group's groups"),
            Problem::Carriers => f.write_str("is carried by other roles than those that include it"),
            Problem::Now => f.write_str("has no required `now: Timestamp`, though grants may expire"),
            Problem::NoAction => f.write_str("is of a group of actions"),
            Problem::PlanCount => f.write_str("has more or fewer plans than request shapes"),
            Problem::Leaves => f.write_str("leads to leaves of the wrong kind"),
            Problem::Effect => f.write_str("names a rule of the wrong effect"),
            Problem::Typing => f.write_str("is not well-typed"),
            Problem::Literal => f.write_str("is a literal of no value"),
            Problem::Coalesce => f.write_str("gives a default for what cannot be absent"),
            Problem::Otherwise => f.write_str("has a default that can be undefined"),
            Problem::Constant => f.write_str("is a map of something that is no constant"),
            Problem::Regex => f.write_str("has a table that is no automaton"),
            Problem::Zone => f.write_str("has a table that is of no time zone"),
            Problem::TooLarge(what) => write!(f, "has {what} that take too much memory"),
            Problem::Levels => write!(f, "is in more than {MAX_QUANTIFIERS} quantifiers"),
            Problem::Scope => f.write_str("has a variable that is of no quantifier around it"),
            Problem::Most => f.write_str("looks at a wrong number of elements"),
            Problem::Bound => f.write_str("has a limit of elements where there can be none"),
            Problem::ClauseCount => f.write_str("has more or fewer conditions than a rule has clauses"),
            Problem::Reads => f.write_str("says of decisions that they read something else than they do"),
        }
    }
}

impl std::error::Error for Invalid {}

impl Place {
    pub(crate) fn is(self, problem: Problem) -> Invalid {
        Invalid { place: self, problem }
    }
}

/// Checks an artifact.
///
/// ```
/// use dictum_artifact::dag::{Artifact, Node, NodeId, RuleId};
/// use dictum_artifact::expr::Exprs;
/// use dictum_artifact::schema::Schema;
/// use dictum_artifact::validate::validate;
///
/// let mut artifact = Artifact {
///     schema: Schema::default(),
///     exprs: Exprs::default(),
///     nodes: vec![Node::DenyByDefault],
///     plans: vec![],
///     rules: vec![],
///     files: vec![],
/// };
/// assert!(validate(&artifact).is_ok());
/// artifact.nodes.push(Node::Allow(RuleId(0)));
/// assert_eq!(validate(&artifact).unwrap_err().to_string(), "node 1 refers to a rule that is not there");
/// ```
///
/// # Errors
/// The first thing that is wrong.
pub fn validate(artifact: &Artifact) -> Result<(), Invalid> {
    let mut work = Work(MAX_VALIDATION_WORK);
    schema::check(&artifact.schema, &mut work)?;
    exprs::check(&artifact.schema, &artifact.exprs, &mut work)?;
    let scopes = scopes::Scopes::of(&artifact.exprs)?;
    plans::check(artifact, &scopes, &mut work)
}

/// The work that is left to be done.
pub(crate) struct Work(u64);

impl Work {
    /// As much work as there is, for what nobody else made.
    pub(crate) fn unbounded() -> Self {
        Self(u64::MAX)
    }

    pub(crate) fn spend(&mut self, visits: usize, place: Place) -> Result<(), Invalid> {
        let visits = u64::try_from(visits).unwrap_or(u64::MAX);
        self.0 = self.0.checked_sub(visits).ok_or(place.is(Problem::TooMuchWork))?;
        Ok(())
    }
}

/// Whether each item is greater than the one before it.
fn is_ascending<T: Ord>(items: impl IntoIterator<Item = T>) -> bool {
    items.into_iter().is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests;
