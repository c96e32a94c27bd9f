//! What holds of an expression anywhere: the order of the arena, nesting, literals, and what it costs to evaluate.

use super::{Invalid, MAX_EXPR_DEPTH, MAX_EXPR_STEPS, Place, Problem, Work};
use crate::expr::{Expr, ExprId, Exprs, Literal, Property};
use crate::schema::{EntityTypeId, Schema};

pub(super) fn check(schema: &Schema, exprs: &Exprs, work: &mut Work) -> Result<(), Invalid> {
    check_constants(exprs, work)?;
    let mut depths: Vec<u32> = Vec::with_capacity(exprs.len());
    // Whether an expression reads an entity that nobody may describe, or computes what may overflow.
    let mut undefined: Vec<bool> = Vec::with_capacity(exprs.len());
    for (at, expr) in exprs.0.iter().enumerate() {
        let place = Place::Expr(at);
        let mut depth = Some(1_u32);
        let mut operand_undefined = false;
        expr.operands(|operand| {
            depth = depth
                .zip(depths.get(operand.index()))
                .map(|(depth, below)| depth.max(below.saturating_add(1)));
            operand_undefined |= undefined.get(operand.index()).copied().unwrap_or(true);
        });
        let depth = depth.ok_or(place.is(Problem::Forward))?;
        if depth > MAX_EXPR_DEPTH {
            return Err(place.is(Problem::TooDeep));
        }
        depths.push(depth);
        check_parts(schema, exprs, expr, place)?;
        undefined.push(match expr {
            Expr::Attribute { .. } | Expr::Arithmetic(..) | Expr::Negate(_) => true,
            Expr::Otherwise(_, default) => {
                if undefined.get(default.index()) != Some(&false) {
                    return Err(place.is(Problem::Otherwise));
                }
                false
            }
            Expr::Literal(_)
            | Expr::Principal
            | Expr::Resource
            | Expr::Context
            | Expr::HasAttribute { .. }
            | Expr::Field { .. }
            | Expr::HasField { .. }
            | Expr::Lookup { .. }
            | Expr::HasKey { .. }
            | Expr::Coalesce(..)
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::If(..)
            | Expr::Equal(..)
            | Expr::Compare(..)
            | Expr::EntityIn(..)
            | Expr::EntityInSet(..)
            | Expr::NetworkIn(..)
            | Expr::NetworkInSet(..)
            | Expr::Contains(..)
            | Expr::ContainsAll(..)
            | Expr::ContainsAny(..)
            | Expr::IsEmpty(_)
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::GrantHeld(_) => operand_undefined,
        });
    }
    Ok(())
}

/// Whether the constants of a policy are of bounded size, each part counted as often as it stands in the whole. A runtime
/// makes a value of each, whether or not anything asks for it, and compares them part by part to put sets in order.
fn check_constants(exprs: &Exprs, work: &mut Work) -> Result<(), Invalid> {
    let mut sizes: Vec<Option<u64>> = Vec::with_capacity(exprs.len());
    for (at, expr) in exprs.0.iter().enumerate() {
        let is_constant = matches!(expr, Expr::Literal(_) | Expr::Set(..) | Expr::Record(..));
        let absent = u64::try_from(expr.absent_parts()).unwrap_or(u64::MAX - 1);
        let mut size = is_constant.then_some(1 + absent);
        expr.operands(|operand| {
            let operand = sizes.get(operand.index()).copied().flatten();
            size = size
                .zip(operand)
                .map(|(size, operand)| size.saturating_add(operand));
        });
        let place = Place::Expr(at);
        if let Some(size) = size.filter(|size| *size > 1) {
            if size > MAX_EXPR_STEPS {
                return Err(place.is(Problem::TooManySteps(size)));
            }
            work.spend(usize::try_from(size).unwrap_or(usize::MAX), place)?;
        }
        sizes.push(size);
    }
    Ok(())
}

/// What an expression is made of beside its operands.
fn check_parts(schema: &Schema, exprs: &Exprs, expr: &Expr, place: Place) -> Result<(), Invalid> {
    match expr {
        Expr::Literal(literal) => check_literal(schema, literal).map_err(|problem| place.is(problem)),
        Expr::And(items) | Expr::Or(items) if items.len() < 2 => Err(place.is(Problem::TooFew("operands"))),
        Expr::Like(_, pattern) if pattern.0.is_empty() => Err(place.is(Problem::TooFew("pieces"))),
        Expr::Coalesce(first, _) => match exprs.get(*first) {
            Some(Expr::Attribute { .. } | Expr::Field { .. } | Expr::Lookup { .. }) => Ok(()),
            Some(_) | None => Err(place.is(Problem::Coalesce)),
        },
        Expr::Set(element, _) if schema.ty(*element).is_none() => Err(place.is(Problem::OutOfRange("type"))),
        Expr::Record(of, _) if schema.record(*of).is_none() => {
            Err(place.is(Problem::OutOfRange("record type")))
        }
        Expr::GrantHeld(role) if schema.role(*role).is_none() => Err(place.is(Problem::OutOfRange("role"))),
        Expr::And(_)
        | Expr::Or(_)
        | Expr::Like(..)
        | Expr::Set(..)
        | Expr::Record(..)
        | Expr::GrantHeld(_)
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
        | Expr::If(..)
        | Expr::Otherwise(..)
        | Expr::Equal(..)
        | Expr::Compare(..)
        | Expr::Arithmetic(..)
        | Expr::Negate(_)
        | Expr::EntityIn(..)
        | Expr::EntityInSet(..)
        | Expr::NetworkIn(..)
        | Expr::NetworkInSet(..)
        | Expr::Contains(..)
        | Expr::ContainsAll(..)
        | Expr::ContainsAny(..)
        | Expr::IsEmpty(_)
        | Expr::StartsWith(..)
        | Expr::EndsWith(..)
        | Expr::Id(_)
        | Expr::Property(..) => Ok(()),
    }
}

fn check_literal(schema: &Schema, literal: &Literal) -> Result<(), Problem> {
    let is_value = match literal {
        Literal::Bool(_)
        | Literal::Int(_)
        | Literal::Decimal(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Duration(_) => true,
        Literal::Ip(network) => network.is_canonical(),
        Literal::Enum(of, variant) => schema
            .enum_def(*of)
            .is_some_and(|def| def.variants.get(*variant as usize).is_some()),
        Literal::Entity(of, id) => is_entity(schema, *of, id),
    };
    if is_value { Ok(()) } else { Err(Problem::Literal) }
}

fn is_entity(schema: &Schema, of: EntityTypeId, id: &str) -> bool {
    schema.entity_type(of).is_some_and(|def| match &def.closed {
        Some(ids) => ids.binary_search_by(|known| known.as_str().cmp(id)).is_ok(),
        None => true,
    })
}

/// How many steps it takes at most to evaluate each expression, in the order of the arena; saturating.
///
/// A step is a visit of a node. Nothing is remembered between visits, so an operand that two operators share counts
/// twice, and a set or record with computed parts is not built but visited again wherever it is looked at: an operator
/// on two sets costs their product, and twice that for each level of sets in sets (equal sets are in each other both
/// ways); records count as sets do. Sets that are data count as one step, those of constants as their elements, and texts
/// of the policy one more for every 256 bytes.
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
            is_constant: matches!(expr, Expr::Literal(_) | Expr::Set(..) | Expr::Record(..)),
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

/// What looking through the text that an expression itself holds adds.
fn text_steps(expr: &Expr) -> u64 {
    /// How many bytes are looked through in a step.
    const BYTES: usize = 256;
    let bytes = if let Expr::Literal(Literal::String(text)) = expr {
        text.len()
    } else if let Expr::Like(_, pattern) = expr {
        pattern.0.iter().map(|piece| piece.len() + 1).sum()
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
