//! The arena that typed expressions are built in: equal expressions are one node.

use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal, Property};
use rustc_hash::{FxHashMap, FxHashSet};

/// The level of the variable that stands for a function's first parameter in its body; quantifiers have lower ones.
pub(crate) const PARAMETERS: u32 = 1 << 16;

/// A hash-consing builder of [`Exprs`].
#[derive(Default)]
pub(crate) struct ExprBuilder {
    exprs: Exprs,
    index: FxHashMap<Expr, ExprId>,
    /// What is known of each node.
    known: Vec<Known>,
}

/// What follows for a node from its operands.
#[derive(Clone, Copy)]
struct Known {
    /// Whether it can be undefined.
    undefined: bool,
    /// Whether it is made of literals, sets, records and maps only.
    constant: bool,
    /// Whether it looks at a request, or at what a store says of an entity.
    looks: bool,
    /// Whether a variable stands in it.
    variable: bool,
    /// How deep it is nested.
    depth: u32,
    /// How many nodes it has as a tree, saturating.
    size: u32,
    /// How many nodes are looked at where all of it is evaluated: a quantifier's body once for each element.
    work: u64,
    /// How many quantifiers its innermost one is in, counting itself and those around the whole.
    quantifiers: u32,
}

/// How many elements sets and maps have at most, where that is declared.
pub(crate) type Bounds = FxHashMap<ExprId, u32>;

/// A call that is written out.
pub(crate) struct Call<'c> {
    /// What takes the places of the parameters.
    pub(crate) arguments: &'c [ExprId],
    /// How many quantifiers are around it.
    pub(crate) level: u32,
    /// What is known of the sets and maps in the functions' bodies.
    pub(crate) known: &'c Bounds,
    /// What is known of those around the call.
    pub(crate) bounds: &'c mut Bounds,
    /// How many elements a set or map counts for where nothing is known.
    pub(crate) default: u32,
    /// What each node of the body became, by how many of the body's own quantifiers it stands in.
    pub(crate) done: FxHashMap<(ExprId, u32), ExprId>,
}

impl ExprBuilder {
    /// The one node of this form.
    pub(crate) fn add(&mut self, expr: Expr) -> ExprId {
        if let Some(id) = self.index.get(&expr) {
            return *id;
        }
        let id = ExprId(u32::try_from(self.exprs.len()).unwrap_or(u32::MAX));
        let known = self.follow(&expr);
        self.known.push(known);
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

    /// `and then` of any number of operands where `all`, else `or else`, without what is known to make no difference. Where
    /// only the last operand can be undefined, the order of operands does not matter, and it is `and` or `or`.
    pub(crate) fn sequence(&mut self, operands: Vec<ExprId>, all: bool) -> ExprId {
        let mut kept: Vec<ExprId> = Vec::new();
        let mut seen: FxHashSet<ExprId> = FxHashSet::default();
        for operand in operands {
            let known = self.known(operand);
            if known != Some(all) && seen.insert(operand) {
                kept.push(operand);
            }
            // Nothing that follows is ever asked.
            if known == Some(!all) {
                break;
            }
        }
        let is_total = |id: &ExprId| !self.can_be_undefined(*id);
        match kept.split_last() {
            None => self.bool(all),
            Some((last, [])) => *last,
            Some((_, before)) if before.iter().all(is_total) && all => self.and_simplified(kept),
            Some((_, before)) if before.iter().all(is_total) => self.or_simplified(kept),
            Some(_) if all => self.add(Expr::AndThen(kept)),
            Some(_) => self.add(Expr::OrElse(kept)),
        }
    }

    /// The operands whose truth is not known, each once; `None` where one is known to settle the whole.
    fn unknown(&self, operands: impl IntoIterator<Item = ExprId>, settling: bool) -> Option<Vec<ExprId>> {
        let mut left: Vec<ExprId> = Vec::new();
        let mut seen: FxHashSet<ExprId> = FxHashSet::default();
        for operand in operands {
            match self.known(operand) {
                Some(truth) if truth == settling => return None,
                Some(_) => {}
                None if seen.insert(operand) => left.push(operand),
                None => {}
            }
        }
        Some(left)
    }

    /// An expression that has this truth value, and is undefined where one of the operands is.
    pub(crate) fn settled(&mut self, operands: &[ExprId], value: bool) -> ExprId {
        let mut asked: Vec<ExprId> = Vec::new();
        let mut seen = FxHashSet::default();
        for operand in operands {
            self.undefined_parts(*operand, &mut seen, &mut asked);
        }
        // Whatever has a value equals itself.
        let defined = asked
            .into_iter()
            .map(|part| self.add(Expr::Equal(part, part)))
            .collect();
        let defined = self.and(defined);
        if value { defined } else { self.not(defined) }
    }

    /// The parts of an expression, each once, without which it has no value: of a set or a record, those of its own. To
    /// compare these with themselves would cost the square of what all of them cost.
    fn undefined_parts(&self, id: ExprId, seen: &mut FxHashSet<ExprId>, parts: &mut Vec<ExprId>) {
        if !self.can_be_undefined(id) || !seen.insert(id) {
            return;
        }
        match self.get(id) {
            Expr::Set(_, items) => items
                .iter()
                .for_each(|item| self.undefined_parts(*item, seen, parts)),
            Expr::Record(_, fields) => {
                let fields = fields.iter().flatten();
                fields.for_each(|field| self.undefined_parts(*field, seen, parts));
            }
            _ => parts.push(id),
        }
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
        self.known[id.index()].undefined
    }

    /// Whether the node is made of literals, sets, records and maps only.
    pub(crate) fn is_constant(&self, id: ExprId) -> bool {
        self.known[id.index()].constant
    }

    /// Whether the node has one value for all requests and stores: it looks at neither.
    pub(crate) fn is_fixed(&self, id: ExprId) -> bool {
        !self.known[id.index()].looks
    }

    /// Whether a variable stands in the node.
    pub(crate) fn has_variable(&self, id: ExprId) -> bool {
        self.known[id.index()].variable
    }

    /// How deep the node is nested.
    pub(crate) fn depth(&self, id: ExprId) -> u32 {
        self.known[id.index()].depth
    }

    /// How many nodes the node has, those that it shares counted as often as they stand in it.
    pub(crate) fn size(&self, id: ExprId) -> u32 {
        self.known[id.index()].size
    }

    /// How many nodes are looked at where all of the node is evaluated: a quantifier's body once for each element.
    pub(crate) fn work(&self, id: ExprId) -> u64 {
        self.known[id.index()].work
    }

    /// How many quantifiers its innermost one is in, counting itself and those around the whole.
    pub(crate) fn quantifiers(&self, id: ExprId) -> u32 {
        self.known[id.index()].quantifiers
    }

    fn follow(&self, expr: &Expr) -> Known {
        let mut known = Known {
            undefined: matches!(
                expr,
                Expr::Attribute { .. }
                    | Expr::Arithmetic(..)
                    | Expr::Negate(_)
                    | Expr::Local(..)
                    | Expr::Property(Property::Date, _)
                    | Expr::Quantified { .. }
            ) || matches!(expr, Expr::Variable { level, .. } if *level >= PARAMETERS),
            constant: matches!(
                expr,
                Expr::Literal(_) | Expr::Set(..) | Expr::Record(..) | Expr::Map(..)
            ),
            looks: matches!(
                expr,
                Expr::Principal
                    | Expr::Resource
                    | Expr::Context
                    | Expr::Attribute { .. }
                    | Expr::HasAttribute { .. }
                    | Expr::EntityIn(..)
                    | Expr::EntityInSet(..)
                    | Expr::GrantHeld(_)
            ),
            variable: matches!(expr, Expr::Variable { .. }),
            depth: 0,
            size: 1,
            work: 1,
            quantifiers: match expr {
                Expr::Quantified { level, .. } => level.saturating_add(1),
                _ => 0,
            },
        };
        expr.operands(|operand| {
            let operand = self.known[operand.index()];
            known.undefined |= operand.undefined;
            known.constant &= operand.constant;
            known.looks |= operand.looks;
            known.variable |= operand.variable;
            known.depth = known.depth.max(operand.depth);
            known.size = known.size.saturating_add(operand.size);
            known.work = known.work.saturating_add(operand.work);
            known.quantifiers = known.quantifiers.max(operand.quantifiers);
        });
        // The body is evaluated while the set is being looked at.
        if let Expr::Quantified { over, body, most, .. } = expr {
            known.depth = self.depth(*over).saturating_add(self.depth(*body));
            let bodies = self.work(*body).saturating_mul(u64::from(*most));
            known.work = known.work.saturating_add(bodies);
        }
        known.depth = known.depth.saturating_add(1);
        if let Expr::Otherwise(_, default) = expr {
            known.undefined = self.can_be_undefined(*default);
        }
        known
    }

    /// How many elements a set or map has at most, as far as it is known; the default, where it is not.
    pub(crate) fn most_elements(&self, id: ExprId, bounds: &Bounds, default: u32) -> u32 {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        match self.get(id) {
            Expr::Set(_, items) => count(items.len()),
            Expr::Map(_, entries) => count(entries.len()),
            Expr::If(_, a, b) | Expr::Coalesce(a, b) => self
                .most_elements(*a, bounds, default)
                .max(self.most_elements(*b, bounds, default)),
            _ => bounds.get(&id).copied().unwrap_or(default),
        }
    }

    /// A function's body with its arguments in the place of its parameters. What is known of the sizes of sets and maps in
    /// it becomes known of those that take their places.
    pub(crate) fn instantiate(&mut self, body: ExprId, call: &mut Call<'_>) -> ExprId {
        self.replace(body, 0, call)
    }

    /// A part of a body that stands in so many of the body's own quantifiers. Recursion is as deep as the body, and each of
    /// its nodes is visited once for each number of quantifiers.
    fn replace(&mut self, id: ExprId, within: u32, call: &mut Call<'_>) -> ExprId {
        if let Some(id) = call.done.get(&(id, within)) {
            return *id;
        }
        let mut expr = self.get(id).clone();
        let new = match &mut expr {
            Expr::Variable { level, .. } => {
                let argument = level
                    .checked_sub(PARAMETERS)
                    .and_then(|at| call.arguments.get(at as usize));
                match argument {
                    Some(argument) => self.deepen(*argument, call.level, within),
                    None => {
                        *level += call.level;
                        self.add(expr)
                    }
                }
            }
            Expr::Quantified {
                level,
                over,
                body,
                most,
                ..
            } => {
                *level += call.level;
                *over = self.replace(*over, within, call);
                *body = self.replace(*body, within + 1, call);
                *most = self.most_elements(*over, call.bounds, call.default);
                self.add(expr)
            }
            _ => {
                expr.map_operands(|operand| self.replace(operand, within, call));
                self.simplified(expr)
            }
        };
        if let Some(most) = call.known.get(&id) {
            call.bounds.insert(new, *most);
        }
        call.done.insert((id, within), new);
        new
    }

    /// An argument or a constant that comes to stand in so many quantifiers more, which takes its own ones to higher levels.
    /// Those around the call have lower levels than `from`, and keep them.
    pub(crate) fn deepen(&mut self, id: ExprId, from: u32, by: u32) -> ExprId {
        if by == 0 || self.quantifiers(id) == 0 {
            return id;
        }
        self.shift(id, from, by, &mut FxHashMap::default())
    }

    /// Takes the quantifiers and variables from a level on to one that is higher by so many.
    fn shift(&mut self, id: ExprId, from: u32, by: u32, done: &mut FxHashMap<ExprId, ExprId>) -> ExprId {
        if let Some(id) = done.get(&id) {
            return *id;
        }
        let mut expr = self.get(id).clone();
        match &mut expr {
            Expr::Variable { level, .. } | Expr::Quantified { level, .. }
                if (from..PARAMETERS).contains(level) =>
            {
                *level += by;
            }
            _ => {}
        }
        expr.map_operands(|operand| self.shift(operand, from, by, done));
        let new = self.add(expr);
        done.insert(id, new);
        new
    }

    /// The node of this form, or a simpler one that always has its value.
    fn simplified(&mut self, expr: Expr) -> ExprId {
        match expr {
            Expr::Not(operand) => self.not(operand),
            Expr::And(operands) => self.and_simplified(operands),
            Expr::Or(operands) => self.or_simplified(operands),
            Expr::AndThen(operands) => self.sequence(operands, true),
            Expr::OrElse(operands) => self.sequence(operands, false),
            Expr::If(condition, yes, no) => match self.known(condition) {
                Some(true) => yes,
                Some(false) => no,
                None => self.add(Expr::If(condition, yes, no)),
            },
            // Whatever is defined equals itself.
            Expr::Equal(a, b) if a == b && !self.can_be_undefined(a) => self.bool(true),
            other => self.add(other),
        }
    }

    pub(crate) fn as_exprs(&self) -> &Exprs {
        &self.exprs
    }

    pub(crate) fn finish(self) -> Exprs {
        self.exprs
    }
}
