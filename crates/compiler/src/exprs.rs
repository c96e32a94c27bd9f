//! The arena that typed expressions are built in: equal expressions are one node.

use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal};
use rustc_hash::FxHashMap;

/// A hash-consing builder of [`Exprs`].
#[derive(Default)]
pub(crate) struct ExprBuilder {
    exprs: Exprs,
    index: FxHashMap<Expr, ExprId>,
    /// For each node, whether it can be undefined.
    undefined: Vec<bool>,
}

impl ExprBuilder {
    /// The one node of this form.
    pub(crate) fn add(&mut self, expr: Expr) -> ExprId {
        if let Some(id) = self.index.get(&expr) {
            return *id;
        }
        let id = ExprId(u32::try_from(self.exprs.len()).unwrap_or(u32::MAX));
        self.undefined.push(self.is_undefined_at_times(&expr));
        self.exprs.0.push(expr.clone());
        self.index.insert(expr, id);
        id
    }

    /// The node of this form, where there is one.
    pub(crate) fn find(&self, expr: &Expr) -> Option<ExprId> {
        self.index.get(expr).copied()
    }

    pub(crate) fn bool(&mut self, value: bool) -> ExprId {
        self.add(Expr::Literal(Literal::Bool(value)))
    }

    /// The negation, of a known truth value the other one.
    pub(crate) fn not(&mut self, operand: ExprId) -> ExprId {
        match self.known(operand) {
            Some(value) => self.bool(!value),
            None => self.add(Expr::Not(operand)),
        }
    }

    /// The conjunction of any number of operands.
    pub(crate) fn and(&mut self, operands: Vec<ExprId>) -> ExprId {
        match operands.as_slice() {
            [] => self.bool(true),
            [one] => *one,
            _ => self.add(Expr::And(operands)),
        }
    }

    /// The disjunction of any number of operands.
    pub(crate) fn or(&mut self, operands: Vec<ExprId>) -> ExprId {
        match operands.as_slice() {
            [] => self.bool(false),
            [one] => *one,
            _ => self.add(Expr::Or(operands)),
        }
    }

    /// The conjunction without the operands that are known, if they leave more than one.
    pub(crate) fn and_simplified(&mut self, operands: impl IntoIterator<Item = ExprId>) -> ExprId {
        match self.unknown(operands, false) {
            Some(operands) => self.and(operands),
            None => self.bool(false),
        }
    }

    /// The disjunction without the operands that are known, if they leave more than one.
    pub(crate) fn or_simplified(&mut self, operands: impl IntoIterator<Item = ExprId>) -> ExprId {
        match self.unknown(operands, true) {
            Some(operands) => self.or(operands),
            None => self.bool(true),
        }
    }

    /// The operands whose truth is not known, each once; `None` where one is known to settle the whole.
    fn unknown(&self, operands: impl IntoIterator<Item = ExprId>, settling: bool) -> Option<Vec<ExprId>> {
        let mut left: Vec<ExprId> = Vec::new();
        for operand in operands {
            match self.known(operand) {
                Some(truth) if truth == settling => return None,
                Some(_) => {}
                None if left.contains(&operand) => {}
                None => left.push(operand),
            }
        }
        Some(left)
    }

    /// An expression that has this truth value, and is undefined where one of the operands is.
    pub(crate) fn settled(&mut self, operands: &[ExprId], value: bool) -> ExprId {
        let mut defined: Vec<ExprId> = Vec::new();
        for operand in operands {
            if self.can_be_undefined(*operand) {
                // Whatever has a value equals itself.
                let same = self.add(Expr::Equal(*operand, *operand));
                if !defined.contains(&same) {
                    defined.push(same);
                }
            }
        }
        let defined = self.and(defined);
        if value { defined } else { self.not(defined) }
    }

    /// The node behind an id.
    pub(crate) fn get(&self, id: ExprId) -> &Expr {
        &self.exprs.0[id.index()]
    }

    /// The truth value, where the node is `true` or `false`.
    pub(crate) fn known(&self, id: ExprId) -> Option<bool> {
        match self.get(id) {
            Expr::Literal(Literal::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// Whether the node can be undefined: it reads an attribute, or computes what may overflow. Errs on the side of yes,
    /// as the validation of artifacts does.
    pub(crate) fn can_be_undefined(&self, id: ExprId) -> bool {
        self.undefined[id.index()]
    }

    fn is_undefined_at_times(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Attribute { .. } | Expr::Arithmetic(..) | Expr::Negate(_) => true,
            Expr::Otherwise(_, default) => self.can_be_undefined(*default),
            _ => {
                let mut found = false;
                expr.operands(|operand| found = found || self.can_be_undefined(operand));
                found
            }
        }
    }

    pub(crate) fn as_exprs(&self) -> &Exprs {
        &self.exprs
    }

    pub(crate) fn finish(self) -> Exprs {
        self.exprs
    }
}
