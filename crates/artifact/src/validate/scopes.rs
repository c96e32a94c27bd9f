//! Which quantifiers' variables an expression leaves open.
//!
//! The value of a set that is written out names the expression, whose parts are evaluated wherever they are looked at. A
//! variable in them has to mean the same element there as where the set was written. It does, because no quantifier's
//! body holds a quantifier of the same level or of a lower one.

use std::collections::HashMap;

use super::{Invalid, MAX_QUANTIFIERS, Place, Problem};
use crate::expr::{Expr, ExprId, Exprs};
use crate::schema::TypeId;

/// For each level the type of its variable, where that is open.
type Open = [Option<TypeId>; MAX_QUANTIFIERS];

/// The open variables of each expression.
pub(crate) struct Scopes {
    /// For each expression, which of `sets` its open variables are.
    open: Vec<u32>,
    /// Each set of variables that some expression leaves open; the first is empty.
    sets: Vec<Open>,
}

/// What is found while the arena is walked.
struct Finder {
    scopes: Scopes,
    numbers: HashMap<Open, u32>,
    /// For each expression, the lowest level of a quantifier in it.
    lowest: Vec<u32>,
}

impl Scopes {
    /// The scopes of expressions that are in order.
    pub(super) fn of(exprs: &Exprs) -> Result<Self, Invalid> {
        let empty = Open::default();
        let mut finder = Finder {
            scopes: Self {
                open: Vec::with_capacity(exprs.len()),
                sets: vec![empty],
            },
            numbers: HashMap::from([(empty, 0)]),
            lowest: Vec::with_capacity(exprs.len()),
        };
        for (at, expr) in exprs.0.iter().enumerate() {
            finder.add(expr).map_err(|problem| Place::Expr(at).is(problem))?;
        }
        Ok(finder.scopes)
    }

    /// Whether an expression leaves no variable open.
    pub(super) fn is_closed(&self, id: ExprId) -> bool {
        self.open.get(id.index()) == Some(&0)
    }

    /// The type of the variable of a level, where an expression leaves it open.
    pub(super) fn variable(&self, id: ExprId, level: u32) -> Option<TypeId> {
        *self.open(id).get(level as usize)?
    }

    fn open(&self, id: ExprId) -> Open {
        let number = self.open.get(id.index()).copied().unwrap_or_default();
        self.sets.get(number as usize).copied().unwrap_or_default()
    }
}

impl Finder {
    fn add(&mut self, expr: &Expr) -> Result<(), Problem> {
        let lowest = self.lowest(expr);
        let open = if let Expr::Variable { level, ty } = expr {
            let mut open = Open::default();
            *slot(&mut open, *level)? = Some(*ty);
            open
        } else if let Expr::Quantified {
            level, over, body, ..
        } = expr
        {
            let mut open = self.scopes.open(*body);
            *slot(&mut open, *level)? = None;
            let over = self.scopes.open(*over);
            let is_lower = |open: &Open| open.iter().skip(*level as usize).all(Option::is_none);
            let is_nested = self.lowest.get(body.index()).is_none_or(|lowest| lowest > level);
            if !is_lower(&open) || !is_lower(&over) || !is_nested {
                return Err(Problem::Scope);
            }
            merge(&mut open, over)?;
            open
        } else {
            self.of_operands(expr)?
        };
        let number = self.number(open);
        self.scopes.open.push(number);
        self.lowest.push(lowest);
        Ok(())
    }

    fn lowest(&self, expr: &Expr) -> u32 {
        let mut lowest = u32::MAX;
        expr.operands(|operand| {
            let below = self.lowest.get(operand.index()).copied();
            lowest = lowest.min(below.unwrap_or_default());
        });
        if let Expr::Quantified { level, .. } = expr {
            lowest = lowest.min(*level);
        }
        lowest
    }

    fn of_operands(&self, expr: &Expr) -> Result<Open, Problem> {
        let mut open = Ok(Open::default());
        let mut last = 0;
        expr.operands(|operand| {
            let number = self.scopes.open.get(operand.index()).copied().unwrap_or_default();
            // Most expressions leave nothing open, and most operands of one the same.
            if number != 0 && number != last {
                last = number;
                let more = self.scopes.open(operand);
                open = open.and_then(|mut open| merge(&mut open, more).map(|()| open));
            }
        });
        open
    }

    fn number(&mut self, open: Open) -> u32 {
        let sets = &mut self.scopes.sets;
        *self.numbers.entry(open).or_insert_with(|| {
            sets.push(open);
            u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

fn slot(open: &mut Open, level: u32) -> Result<&mut Option<TypeId>, Problem> {
    open.get_mut(level as usize).ok_or(Problem::Levels)
}

/// Adds variables; one cannot be of two types.
fn merge(open: &mut Open, more: Open) -> Result<(), Problem> {
    for (known, new) in open.iter_mut().zip(more) {
        match (*known, new) {
            (Some(known), Some(new)) if known != new => return Err(Problem::Scope),
            (None, Some(_)) => *known = new,
            (_, None) | (Some(_), Some(_)) => {}
        }
    }
    Ok(())
}
