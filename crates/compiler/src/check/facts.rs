//! What a condition establishes: the presence tests that hold wherever it is true, or wherever it is false.
//!
//! Equal expressions are one node, so a test is about one path, and the same path elsewhere is the same test.

use dictum_artifact::expr::{Expr, ExprId, Literal};
use rustc_hash::FxHashSet;

use crate::exprs::ExprBuilder;

/// Presence tests that hold at a place; what was assumed last is forgotten first.
#[derive(Default)]
pub(crate) struct Facts {
    known: FxHashSet<ExprId>,
    trail: Vec<ExprId>,
    /// Whether the place is not reached, so that anything holds.
    unreached: bool,
    /// Whether what would establish something is in error, so that nothing is known to be missing.
    in_doubt: bool,
}

/// How much was known at a time.
pub(crate) struct Mark {
    trail: usize,
    unreached: bool,
    in_doubt: bool,
}

/// What a condition establishes.
#[derive(Clone)]
pub(crate) enum Assumed {
    /// The condition never has that value, so anything follows.
    Everything,
    /// These presence tests hold.
    Tests(Vec<ExprId>),
}

impl Facts {
    /// Whether a presence test is known to hold; `None` is one that nothing asks for.
    pub(crate) fn holds(&self, test: Option<ExprId>) -> bool {
        self.unreached || self.in_doubt || test.is_some_and(|test| self.known.contains(&test))
    }

    /// Whether what would establish something here is in error, and was reported.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Whether nothing gets here: what was assumed never holds.
    pub(crate) fn is_unreached(&self) -> bool {
        self.unreached
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            trail: self.trail.len(),
            unreached: self.unreached,
            in_doubt: self.in_doubt,
        }
    }

    pub(crate) fn assume(&mut self, assumed: Assumed) {
        match assumed {
            Assumed::Everything => self.unreached = true,
            Assumed::Tests(tests) => self
                .trail
                .extend(tests.into_iter().filter(|test| self.known.insert(*test))),
        }
    }

    /// Takes note that a condition is in error.
    pub(crate) fn doubt(&mut self) {
        self.in_doubt = true;
    }

    pub(crate) fn forget(&mut self, mark: &Mark) {
        self.unreached = mark.unreached;
        self.in_doubt = mark.in_doubt;
        for test in self.trail.drain(mark.trail..) {
            self.known.remove(&test);
        }
    }
}

impl Assumed {
    fn none() -> Self {
        Self::Tests(Vec::new())
    }

    fn both(self, other: Self) -> Self {
        match (self, other) {
            (Self::Tests(mut a), Self::Tests(b)) => {
                a.extend(b);
                Self::Tests(a)
            }
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
        }
    }

    fn either(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, other) | (other, Self::Everything) => other,
            (Self::Tests(a), Self::Tests(b)) => {
                let b: FxHashSet<ExprId> = b.into_iter().collect();
                Self::Tests(a.into_iter().filter(|test| b.contains(test)).collect())
            }
        }
    }
}

/// What a condition establishes.
pub(crate) struct Established {
    /// Where it is true.
    pub(crate) if_true: Assumed,
    /// Where it is false.
    pub(crate) if_false: Assumed,
}

impl Established {
    /// What follows where the condition has this value.
    pub(crate) fn when(self, value: bool) -> Assumed {
        if value { self.if_true } else { self.if_false }
    }
}

/// What a condition establishes. Each of its parts is asked once, for both values.
pub(crate) fn established(exprs: &ExprBuilder, id: ExprId) -> Established {
    let of = |id: &ExprId| established(exprs, *id);
    let (if_true, if_false) = match exprs.get(id) {
        Expr::Literal(Literal::Bool(true)) => (Assumed::none(), Assumed::Everything),
        Expr::Literal(Literal::Bool(false)) => (Assumed::Everything, Assumed::none()),
        // Whatever is defined equals itself.
        Expr::Equal(a, b) if a == b => (Assumed::none(), Assumed::Everything),
        Expr::HasAttribute { .. } | Expr::HasField { .. } | Expr::HasKey { .. } => {
            (Assumed::Tests(vec![id]), Assumed::none())
        }
        Expr::Not(operand) => {
            let Established { if_true, if_false } = of(operand);
            (if_false, if_true)
        }
        Expr::And(items) | Expr::AndThen(items) => items
            .iter()
            .map(of)
            .fold((Assumed::none(), Assumed::Everything), |(all, any), item| {
                (all.both(item.if_true), any.either(item.if_false))
            }),
        Expr::Or(items) | Expr::OrElse(items) => items
            .iter()
            .map(of)
            .fold((Assumed::Everything, Assumed::none()), |(any, all), item| {
                (any.either(item.if_true), all.both(item.if_false))
            }),
        Expr::If(condition, yes, no) => {
            let Established { if_true, if_false } = of(condition);
            let (yes, no) = (of(yes), of(no));
            // With an undefined condition, both branches have the value.
            let chosen = |yes: Assumed, no: Assumed| {
                let both = yes.clone().both(no.clone());
                let by_condition = if_true.clone().both(yes).either(if_false.clone().both(no));
                by_condition.either(both)
            };
            (chosen(yes.if_true, no.if_true), chosen(yes.if_false, no.if_false))
        }
        Expr::Otherwise(operand, default) => {
            let (operand, default) = (of(operand), of(default));
            (
                operand.if_true.either(default.if_true),
                operand.if_false.either(default.if_false),
            )
        }
        _ => (Assumed::none(), Assumed::none()),
    };
    Established { if_true, if_false }
}
