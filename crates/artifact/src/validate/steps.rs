//! What it costs to evaluate an expression, and to walk through a DAG.

use crate::dag::Node;
use crate::expr::{Expr, ExprId, Exprs, Literal, Property};

/// How many steps it takes at most to evaluate each expression, in the order of the arena; saturating.
///
/// A step is a visit of a node. Nothing is remembered between visits, so an operand that two operators share counts
/// twice, and a set or record with computed parts is not built but visited again wherever it is looked at: an operator
/// on two sets costs their product, and twice that for each level of sets in sets (equal sets are in each other both
/// ways); records count as sets do. Sets that are data count as one step, those of constants as their elements, and texts
/// of the policy one more for every 256 bytes. Texts that are data count as one step too, whatever looks through them: a
/// regular expression takes one pass, as `like` does. So does looking up what the clocks of a zone show.
///
/// A quantifier costs what its set does, and for each element that it may look at what its body does and one step more.
/// Where the elements are themselves sets or records with computed parts, the body may compare such elements with one
/// another in each step, and its cost is multiplied by what that takes.
///
/// ```
/// use dictum_artifact::expr::{Expr, ExprId, Exprs};
/// use dictum_artifact::validate::steps;
///
/// let twice = |n| Expr::And(vec![ExprId(n), ExprId(n)]);
/// let exprs = Exprs(vec![Expr::Principal, Expr::Equal(ExprId(0), ExprId(0)), twice(1), twice(2)]);
/// assert_eq!(steps(&exprs), [1, 3, 7, 15]);
/// ```
#[must_use]
pub fn steps(exprs: &Exprs) -> Vec<u64> {
    let mut costs: Vec<Cost> = Vec::with_capacity(exprs.len());
    for expr in &exprs.0 {
        let of = |id: ExprId| costs.get(id.index()).copied().unwrap_or(Cost::ENDLESS);
        let absent = u64::try_from(expr.absent_parts()).unwrap_or(u64::MAX / 2);
        let mut sum = Cost {
            steps: 1 + absent + text_steps(expr),
            look: 1 + absent,
            nesting: 0,
            is_constant: matches!(
                expr,
                Expr::Literal(_) | Expr::Set(..) | Expr::Record(..) | Expr::Map(..)
            ),
        };
        expr.operands(|operand| {
            let operand = of(operand);
            sum.is_constant &= operand.is_constant;
            sum.steps = sum.steps.saturating_add(operand.steps);
            sum.nesting = sum.nesting.max(operand.nesting);
        });
        let more = match expr {
            Expr::Equal(a, b)
            | Expr::Contains(a, b)
            | Expr::ContainsAll(a, b)
            | Expr::ContainsAny(a, b)
            | Expr::EntityInSet(a, b)
            | Expr::NetworkInSet(a, b) => of(*a).times(of(*b)),
            // The branches are compared where the condition is undefined.
            Expr::If(_, a, b) => {
                sum.look = of(*a).look.max(of(*b).look);
                of(*a).times(of(*b))
            }
            // Elements that are equal count once.
            Expr::Property(Property::Size, a) => of(*a).times(of(*a)),
            // Visited to see whether what it reads from is undefined, and to read.
            Expr::Coalesce(a, b) => {
                sum.look = of(*a).look.max(of(*b).look);
                of(*a).steps
            }
            // Each part is visited to see whether all are defined, and then the one that is read.
            Expr::Field { of: a, index: _ } | Expr::HasField { of: a, index: _ } if of(*a).nesting > 0 => {
                sum.look = of(*a).look;
                of(*a).steps
            }
            Expr::Set(..) | Expr::Record(..) => {
                sum.nesting = if sum.is_constant {
                    0
                } else {
                    sum.nesting.saturating_add(1)
                };
                expr.operands(|part| {
                    let Cost { steps, look, .. } = of(part);
                    sum.look = sum.look.saturating_add(steps.max(look));
                });
                0
            }
            Expr::Quantified { over, body, most, .. } => {
                let listed = exprs.get(*over).and_then(Expr::listed);
                let listed = listed.and_then(|listed| u32::try_from(listed).ok());
                let elements = u64::from(listed.map_or(*most, |listed| listed.min(*most)));
                quantified(of(*over), of(*body), elements)
            }
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::Attribute { .. }
            | Expr::HasAttribute { .. }
            | Expr::Field { .. }
            | Expr::HasField { .. }
            | Expr::Lookup { .. }
            | Expr::HasKey { .. }
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::Otherwise(..)
            | Expr::Compare(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::EntityIn(..)
            | Expr::NetworkIn(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::GrantHeld(_) => 0,
        };
        sum.steps = sum.steps.saturating_add(more);
        // Only a set or record, or what can be one of several, is visited again by who looks at it.
        let may_be_computed = matches!(
            expr,
            Expr::Set(..) | Expr::Record(..) | Expr::If(..) | Expr::Coalesce(..) | Expr::Field { .. }
        );
        if !may_be_computed {
            (sum.look, sum.nesting) = (1, 0);
        }
        costs.push(sum);
    }
    costs.into_iter().map(|cost| cost.steps).collect()
}

/// How many steps the most expensive walk from each node takes, in the order of the arena, where expressions take these
/// ([`steps`]); saturating. A leaf is a step, and so is a test beside those of its atom.
#[must_use]
pub fn walk_steps(nodes: &[Node], steps: &[u64]) -> Vec<u64> {
    let mut walks: Vec<u64> = Vec::with_capacity(nodes.len());
    for node in nodes {
        walks.push(match node {
            Node::Test {
                question: _,
                atom,
                yes,
                no,
            } => {
                let from = |at: usize| walks.get(at).copied().unwrap_or(u64::MAX);
                let own = steps.get(atom.index()).copied().unwrap_or(u64::MAX);
                let on = from(yes.index()).max(from(no.index()));
                on.saturating_add(own).saturating_add(1)
            }
            Node::Allow(_) | Node::Deny(_) | Node::DenyByDefault | Node::Fires | Node::Rests => 1,
        });
    }
    walks
}

/// What a quantifier adds to evaluating its set once and its body once. Where parts of the set are computed, each element is
/// evaluated, and compared with those before it, so that each counts once.
fn quantified(over: Cost, body: Cost, elements: u64) -> u64 {
    let nested = if over.nesting > 1 { over.times(over) } else { 1 };
    let each = body.steps.saturating_add(1).saturating_mul(nested.max(1));
    let apart = if over.nesting > 0 { over.look } else { 0 };
    elements
        .saturating_mul(each)
        .saturating_sub(body.steps)
        .saturating_add(apart)
        .saturating_add(over.times(over))
}

/// What looking through the text that an expression itself holds adds.
fn text_steps(expr: &Expr) -> u64 {
    /// How many bytes are looked through in a step.
    const BYTES: usize = 256;
    let bytes = if let Expr::Literal(Literal::String(text)) = expr {
        text.len()
    } else if let Expr::Like(_, pattern) = expr {
        pattern.0.iter().map(|piece| piece.len() + 1).sum()
    } else if let Expr::Map(_, entries) = expr {
        entries.iter().map(|(key, _)| key.len()).sum()
    } else {
        0
    };
    u64::try_from(bytes / BYTES).unwrap_or(u64::MAX - 1)
}

#[derive(Clone, Copy)]
struct Cost {
    /// What it takes to evaluate it.
    steps: u64,
    /// What it takes to look at all parts of its value again, down to the innermost.
    look: u64,
    /// How many sets and records with computed parts are nested in it.
    nesting: u32,
    /// Whether it is a literal, or a set or record of nothing else: a runtime makes data of it.
    is_constant: bool,
}

impl Cost {
    const ENDLESS: Self = Self {
        steps: u64::MAX,
        look: u64::MAX,
        nesting: u32::MAX,
        is_constant: false,
    };

    /// What comparing all parts of one with all parts of the other adds, where one of them has computed parts.
    fn times(self, other: Self) -> u64 {
        let nesting = self.nesting.max(other.nesting);
        if nesting == 0 {
            return 0;
        }
        let twice = 1_u64
            .checked_shl(nesting)
            .filter(|_| nesting < 63)
            .unwrap_or(u64::MAX);
        self.look.saturating_mul(other.look).saturating_mul(twice)
    }
}
