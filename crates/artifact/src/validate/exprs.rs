//! What holds of an expression anywhere: the order of the arena, nesting, literals and tables.

use super::{Invalid, MAX_EXPR_DEPTH, MAX_EXPR_STEPS, MAX_QUANTIFIED, Place, Problem, Work, is_ascending};
use crate::expr::{Expr, ExprId, Exprs, Literal, Property};
use crate::regex::{MAX_ALL_REGEX_BYTES, Regex, RegexFault};
use crate::schema::{EntityTypeId, Schema};
use crate::zone::{Zone, ZoneFault};

pub(super) fn check(schema: &Schema, exprs: &Exprs, work: &mut Work) -> Result<(), Invalid> {
    check_constants(exprs, work)?;
    check_tables(exprs, work)?;
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
        if let Expr::Quantified { over, body, .. } = expr {
            let of = |id: &ExprId| depths.get(id.index()).copied();
            // The body can look at the parts of an element, which are as deep in the set as they are.
            depth = of(over)
                .zip(of(body))
                .map(|(over, body)| over.saturating_add(body).saturating_add(1));
        }
        let depth = depth.ok_or(place.is(Problem::Forward))?;
        if depth > MAX_EXPR_DEPTH {
            return Err(place.is(Problem::TooDeep));
        }
        depths.push(depth);
        check_parts(schema, exprs, expr, place)?;
        undefined.push(match expr {
            Expr::Attribute { .. }
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::Local(..)
            | Expr::Property(Property::Date, _)
            | Expr::Quantified { .. } => true,
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
            | Expr::AndThen(_)
            | Expr::OrElse(_)
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
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Variable { .. }
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
        let is_constant = matches!(
            expr,
            Expr::Literal(_) | Expr::Set(..) | Expr::Record(..) | Expr::Map(..)
        );
        let absent = u64::try_from(expr.absent_parts()).unwrap_or(u64::MAX - 1);
        let mut size = is_constant.then_some(1 + absent);
        expr.operands(|operand| {
            let operand = sizes.get(operand.index()).copied().flatten();
            size = size
                .zip(operand)
                .map(|(size, operand)| size.saturating_add(operand));
        });
        let place = Place::Expr(at);
        if matches!(expr, Expr::Map(..)) && size.is_none() {
            return Err(place.is(Problem::Constant));
        }
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

/// The tables that expressions hold.
fn check_tables(exprs: &Exprs, work: &mut Work) -> Result<(), Invalid> {
    let mut bytes = 0_usize;
    for (at, expr) in exprs.0.iter().enumerate() {
        let place = Place::Expr(at);
        if let Expr::Matches(_, regex) = expr {
            work.spend(regex.bytes(), place)?;
            check_regex(regex).map_err(|problem| place.is(problem))?;
            bytes = bytes.saturating_add(regex.bytes());
        } else if let Expr::Local(_, zone) = expr {
            work.spend(zone.changes.len(), place)?;
            check_zone(zone).map_err(|problem| place.is(problem))?;
        }
    }
    if bytes > MAX_ALL_REGEX_BYTES {
        return Err(Place::Artifact.is(Problem::TooLarge("regular expressions")));
    }
    Ok(())
}

fn check_regex(regex: &Regex) -> Result<(), Problem> {
    regex.validate().map_err(|fault| match fault {
        RegexFault::TooLarge => Problem::TooLarge("states of a regular expression"),
        RegexFault::Malformed => Problem::Regex,
    })
}

fn check_zone(zone: &Zone) -> Result<(), Problem> {
    zone.validate().map_err(|fault| match fault {
        ZoneFault::TooLarge => Problem::TooLarge("changes of a time zone"),
        ZoneFault::Unsorted | ZoneFault::Offset => Problem::Zone,
    })
}

/// Whether a quantifier looks at so many elements as it may, and at all that are written out.
fn check_most(exprs: &Exprs, over: ExprId, most: u32) -> Result<(), Problem> {
    let listed = exprs.get(over).and_then(Expr::listed).unwrap_or(0);
    let holds_all = u32::try_from(listed).is_ok_and(|listed| listed <= most);
    if most <= MAX_QUANTIFIED && holds_all {
        Ok(())
    } else {
        Err(Problem::Most)
    }
}

/// What an expression is made of beside its operands.
fn check_parts(schema: &Schema, exprs: &Exprs, expr: &Expr, place: Place) -> Result<(), Invalid> {
    match expr {
        Expr::Literal(literal) => check_literal(schema, literal).map_err(|problem| place.is(problem)),
        Expr::And(items) | Expr::Or(items) | Expr::AndThen(items) | Expr::OrElse(items)
            if items.len() < 2 =>
        {
            Err(place.is(Problem::TooFew("operands")))
        }
        Expr::Like(_, pattern) if pattern.0.is_empty() => Err(place.is(Problem::TooFew("pieces"))),
        Expr::Coalesce(first, _) => match exprs.get(*first) {
            Some(Expr::Attribute { .. } | Expr::Field { .. } | Expr::Lookup { .. }) => Ok(()),
            Some(_) | None => Err(place.is(Problem::Coalesce)),
        },
        Expr::Set(element, _) if schema.ty(*element).is_none() => Err(place.is(Problem::OutOfRange("type"))),
        Expr::Record(of, _) if schema.record(*of).is_none() => {
            Err(place.is(Problem::OutOfRange("record type")))
        }
        Expr::Map(of, _) if schema.ty(*of).is_none() => Err(place.is(Problem::OutOfRange("type"))),
        Expr::Map(_, entries) if !is_ascending(entries.iter().map(|(key, _)| key)) => {
            Err(place.is(Problem::Unsorted("keys")))
        }
        Expr::Variable { level: _, ty } if schema.ty(*ty).is_none() => {
            Err(place.is(Problem::OutOfRange("type")))
        }
        Expr::Quantified { over, most, .. } => {
            check_most(exprs, *over, *most).map_err(|problem| place.is(problem))
        }
        Expr::GrantHeld(role) if schema.role(*role).is_none() => Err(place.is(Problem::OutOfRange("role"))),
        Expr::And(_)
        | Expr::Or(_)
        | Expr::AndThen(_)
        | Expr::OrElse(_)
        | Expr::Like(..)
        | Expr::Set(..)
        | Expr::Record(..)
        | Expr::Map(..)
        | Expr::Matches(..)
        | Expr::Local(..)
        | Expr::Variable { .. }
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
