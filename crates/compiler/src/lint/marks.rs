//! What an expression is about, in 64 bits: two expressions without a common bit read nothing in common, so that neither
//! says anything of the other. Most questions are answered by that.

use std::hash::{Hash, Hasher};

use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal};
use rustc_hash::FxHasher;

/// The marks of all expressions of an arena.
pub(super) struct Marks(Vec<u64>);

impl Marks {
    pub(super) fn new(exprs: &Exprs) -> Self {
        let mut marks: Vec<u64> = Vec::with_capacity(exprs.len());
        for expr in &exprs.0 {
            let of = |id: ExprId| marks.get(id.index()).copied().unwrap_or(u64::MAX);
            let mark = match expr {
                Expr::Principal => bit(1, 0, 0),
                Expr::Resource => bit(2, 0, 0),
                Expr::Context => bit(3, 0, 0),
                Expr::GrantHeld(_) => bit(4, 0, 0),
                Expr::Variable { level, ty } => bit(7, *level, ty.0),
                Expr::Attribute { of: entity, index } | Expr::HasAttribute { of: entity, index } => {
                    bit(5, entity.0, *index) | below(exprs, *entity, of(*entity))
                }
                Expr::Field { of: record, index } | Expr::HasField { of: record, index } => {
                    bit(6, record.0, *index) | below(exprs, *record, of(*record))
                }
                other => {
                    let mut all = 0;
                    other.operands(|operand| all |= of(operand));
                    all
                }
            };
            marks.push(mark);
        }
        Self(marks)
    }

    pub(super) fn of(&self, id: ExprId) -> u64 {
        self.0.get(id.index()).copied().unwrap_or(u64::MAX)
    }

    /// Whether two expressions read nothing in common.
    pub(super) fn are_apart(&self, a: ExprId, b: ExprId) -> bool {
        self.of(a) & self.of(b) == 0
    }
}

/// What an attribute's entity adds: where it is read itself, that, for it may be absent.
fn below(exprs: &Exprs, of: ExprId, mark: u64) -> u64 {
    match exprs.get(of) {
        Some(Expr::Principal | Expr::Resource | Expr::Context) => 0,
        Some(_) | None => mark,
    }
}

fn bit(kind: u8, of: u32, index: u32) -> u64 {
    let mut hasher = FxHasher::default();
    (kind, of, index).hash(&mut hasher);
    1 << (hasher.finish() >> 58)
}

/// Whether a condition, asked by itself, is plainly neither always true nor never: it compares what is read with a constant,
/// or is read.
pub(super) fn is_plain(exprs: &Exprs, id: ExprId) -> bool {
    let is_read = |id: &ExprId| matches!(exprs.get(*id), Some(Expr::Attribute { .. } | Expr::Field { .. }));
    let is_open = |literal: &Literal| match literal {
        Literal::Int(n) => n.unsigned_abs() < 1 << 62,
        Literal::Decimal(_) | Literal::String(_) | Literal::Timestamp(_) | Literal::Duration(_) => true,
        Literal::Bool(_) | Literal::Ip(_) | Literal::Enum(..) | Literal::Entity(..) => false,
    };
    let is_constant =
        |id: &ExprId| matches!(exprs.get(*id), Some(Expr::Literal(literal)) if is_open(literal));
    match exprs.get(id) {
        Some(
            Expr::Attribute { .. } | Expr::Field { .. } | Expr::HasAttribute { .. } | Expr::HasField { .. },
        ) => true,
        Some(Expr::Equal(a, b) | Expr::Compare(_, a, b)) => {
            a != b && (is_read(a) && (is_constant(b) || is_read(b)) || is_constant(a) && is_read(b))
        }
        Some(Expr::Contains(set, _)) => is_read(set),
        Some(_) | None => false,
    }
}
