//! What a policy compiles to: for each request shape a decision DAG, and for each rule that could apply a DAG of its
//! own, over shared nodes and shared atoms.
//!
//! An atom is a Boolean expression that the DAG does not take apart. It can be true, false or undefined; a [`Node::Test`]
//! asks one two-valued question of it (is it true? is it false?), so a walk from a root to a leaf is an ordinary decision.

use serde::{Deserialize, Serialize};

use crate::expr::{ExprId, Exprs};
use crate::reads::Reads;
use crate::schema::{ObligationId, RoleId, Schema};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its arena.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A node, in [`Artifact::nodes`].
    NodeId
    /// A rule, in [`Artifact::rules`].
    RuleId
}

/// A question about an atom, to be answered yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Question {
    /// Is it true? (No, when it is false or undefined.)
    IsTrue,
    /// Is it false? (No, when it is true or undefined.)
    IsFalse,
}

/// A node; its successors come before it in the arena, so every walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Node {
    /// Go on at `yes` or at `no`.
    Test {
        /// What is asked.
        question: Question,
        /// Of what.
        atom: ExprId,
        /// The successor when the answer is yes.
        yes: NodeId,
        /// The successor when it is no.
        no: NodeId,
    },
    /// A leaf of a decision: allowed, and by which rule.
    Allow(RuleId),
    /// A leaf of a decision: denied by a forbid.
    Deny(RuleId),
    /// A leaf of a decision: no rule fired, so it is denied.
    DenyByDefault,
    /// A leaf of a rule's own DAG: it fires.
    Fires,
    /// A leaf of a rule's own DAG: it does not fire.
    Rests,
}

/// What a rule does when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Denies, whatever else fires.
    Forbid,
    /// Allows, unless a forbid fires.
    Permit,
}

/// Where a declaration stands; for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file, in [`Artifact::files`].
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in code points, from 1.
    pub column: u32,
}

/// A rule as a decision names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its label; a role's name for the rule that the role's body is; `file:line` for a rule without one.
    pub label: String,
    /// Permit or forbid.
    pub effect: Effect,
    /// The role whose body this rule is.
    pub role: Option<RoleId>,
    /// The text of `because`.
    pub reason: Option<String>,
    /// The doc comment, without its slashes.
    pub docs: Option<String>,
    /// The annotations, in the order written.
    pub annotations: Vec<(String, String)>,
    /// Its `when` and `unless`, in the order written.
    pub clauses: Vec<Clause>,
    /// Where it stands.
    pub position: Position,
}

/// A `when` or an `unless` as it was written; for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Whether it is `unless`.
    pub unless: bool,
    /// The condition's text in the source.
    pub text: String,
    /// Where the condition stands.
    pub position: Position,
}

/// A rule that could apply to requests of a shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleId,
    /// Its own DAG, with the leaves [`Node::Fires`] and [`Node::Rests`].
    pub fires: NodeId,
    /// Whether the request's principal and resource are those that the rule's head names, as far as their types do not
    /// settle it; never undefined.
    pub head: ExprId,
    /// Whether the principal holds one of the roles that the head names, or the role that the rule is the body of; else
    /// `true`.
    pub holder: ExprId,
    /// The condition of each of the rule's [`Rule::clauses`], not negated; `None` where an earlier clause settles the rule
    /// for all requests of the shape.
    pub clauses: Vec<Option<ExprId>>,
    /// What a caller has to do when the rule decides.
    pub obligations: Vec<Obliged>,
}

/// An obligation of a rule, `with step_up { acr: "mfa" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obliged {
    /// Which.
    pub obligation: ObligationId,
    /// Its fields, as an [`crate::expr::Expr::Record`]. A permit fires only where they are defined; of a forbid, an obligation
    /// whose fields are not is left out.
    pub fields: ExprId,
}

/// How requests of one shape are decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The decision DAG, with the leaves `Allow`, `Deny` and `DenyByDefault`.
    pub decide: NodeId,
    /// The rules that could apply, in the order of [`Artifact::rules`].
    pub candidates: Vec<Candidate>,
    /// What deciding and explaining can look at; it follows from the expressions.
    pub reads: Reads,
}

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// What requests and data are checked against.
    pub schema: Schema,
    /// The expressions that nodes test.
    pub exprs: Exprs,
    /// The nodes of all DAGs, successors first.
    pub nodes: Vec<Node>,
    /// How each shape is decided, in the order of [`Schema::shapes`].
    pub plans: Vec<Plan>,
    /// The rules, in the order of the source.
    pub rules: Vec<Rule>,
    /// The names of the source files.
    pub files: Vec<String>,
}
