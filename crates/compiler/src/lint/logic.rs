//! Typed conditions to whether they can hold together: a small decision procedure, which answers "they cannot" only where
//! that is so, and "I do not know" for the rest.
//!
//! A condition has three values, so a [`Claim`] is about a set of them: that a condition is true, that it is not true,
//! that it is undefined. Claims are taken apart into claims about atoms, as `lower.rs` takes conditions apart into tests,
//! with a choice wherever one of several parts may be the reason. For each way to choose, [`theory`] looks for what the
//! atoms contradict one another in: ranges, equalities, presence, text. Both are bounded, and what goes over the bound is
//! not known.

mod theory;

#[cfg(test)]
mod tests;

use dictum_artifact::expr::{Expr, ExprId, Exprs, Literal, Property};
use dictum_artifact::ops::WEEKDAY;
use dictum_artifact::schema::{Schema, Type};
use rustc_hash::FxHashMap;

use crate::check::Environment;

/// How many ways to choose are looked at, for one question.
const MOST_WAYS: u32 = 96;

/// How many choices a question may have open, and how many alternatives a choice; what is beyond is left out, which
/// only makes more possible.
const MOST_CHOICES: usize = 24;

/// How many claims about atoms a question may come to, and how many parts of an `and` or `or` are looked at; what is
/// beyond is left out.
const MOST_ATOMS: usize = 96;

/// How many steps a question may take; a step is a look at a part of a condition or at an atom.
const MOST_STEPS: u64 = 1_500;

/// A set of the three values of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Values(u8);

impl Values {
    pub(crate) const TRUE: Self = Self(1);
    pub(crate) const FALSE: Self = Self(2);
    pub(crate) const UNDEFINED: Self = Self(4);
    pub(crate) const NOT_TRUE: Self = Self(6);
    pub(crate) const NOT_FALSE: Self = Self(5);
    pub(crate) const DEFINED: Self = Self(3);
    const ANY: Self = Self(7);

    /// The values of the negation.
    fn negated(self) -> Self {
        Self(self.0 & 4 | (self.0 & 1) << 1 | (self.0 & 2) >> 1)
    }

    pub(crate) fn or_undefined(self) -> Self {
        Self(self.0 | Self::UNDEFINED.0)
    }

    fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn of(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }
}

/// That the value of a condition is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) condition: ExprId,
    pub(crate) values: Values,
}

impl Claim {
    pub(crate) fn new(condition: ExprId, values: Values) -> Self {
        Self { condition, values }
    }
}

/// Several ways, one of which must hold; each is claims that hold together.
pub(crate) type Choice = Vec<Vec<Claim>>;

/// The questions of one kind of requests.
pub(crate) struct Logic<'p> {
    schema: &'p Schema,
    exprs: &'p Exprs,
    environment: Environment,
    /// Whether a node can be undefined, as far as it was asked.
    undefined: FxHashMap<ExprId, bool>,
    /// How many steps are left for this question.
    steps: u64,
}

/// Says that claims contradict one another.
struct Contradiction;

/// Claims that were taken apart.
#[derive(Clone, Default)]
struct State {
    /// The atoms, each once.
    atoms: Vec<(ExprId, Values)>,
    choices: Vec<Choice>,
}

impl<'p> Logic<'p> {
    pub(crate) fn new(schema: &'p Schema, exprs: &'p Exprs, environment: Environment) -> Self {
        Self {
            schema,
            exprs,
            environment,
            undefined: FxHashMap::default(),
            steps: 0,
        }
    }

    /// Whether no request, over no data, makes all the claims hold. `work` is what may still be looked at, over all
    /// questions.
    pub(crate) fn never(&mut self, claims: &[Claim], work: &mut u64) -> bool {
        self.never_with(claims, Vec::new(), work)
    }

    /// The same with a choice beside the claims.
    pub(crate) fn never_with(&mut self, claims: &[Claim], choices: Vec<Choice>, work: &mut u64) -> bool {
        let mut state = State {
            choices,
            ..State::default()
        };
        let most = MOST_STEPS.min(*work);
        self.steps = most;
        let mut ways = MOST_WAYS;
        let never = match self.assume(&mut state, claims) {
            Err(Contradiction) => true,
            Ok(()) => !self.is_possible(state, &mut ways),
        };
        *work -= most - self.steps;
        never
    }

    /// Whether the claims may hold together, as far as one can see.
    fn is_possible(&mut self, mut state: State, ways: &mut u32) -> bool {
        let cost = 1 + state.atoms.len() as u64;
        if *ways == 0 || self.steps < cost {
            return true;
        }
        *ways -= 1;
        self.steps -= cost;
        if theory::contradicts(self, &state.atoms) {
            return false;
        }
        let fewest = state
            .choices
            .iter()
            .enumerate()
            .min_by_key(|(_, choice)| choice.len());
        let Some(at) = fewest.map(|(at, _)| at) else {
            return true;
        };
        let choice = state.choices.swap_remove(at);
        for way in choice {
            let mut chosen = state.clone();
            if self.assume(&mut chosen, &way).is_ok() && self.is_possible(chosen, ways) {
                return true;
            }
        }
        false
    }

    /// Takes claims apart.
    fn assume(&mut self, state: &mut State, claims: &[Claim]) -> Result<(), Contradiction> {
        claims
            .iter()
            .try_for_each(|claim| self.assume_one(state, claim.condition, claim.values))
    }

    /// Recursion is bounded by how deep conditions are nested.
    fn assume_one(&mut self, state: &mut State, id: ExprId, values: Values) -> Result<(), Contradiction> {
        // What is not looked at is not claimed, which only makes more possible.
        let Some(steps) = self.steps.checked_sub(1) else {
            return Ok(());
        };
        self.steps = steps;
        let exprs = self.exprs;
        let Some(expr) = exprs.get(id) else {
            return Ok(());
        };
        match expr {
            Expr::Literal(Literal::Bool(truth)) => {
                if values.contains(Values::of(*truth)) {
                    Ok(())
                } else {
                    Err(Contradiction)
                }
            }
            Expr::Not(operand) => self.assume_one(state, *operand, values.negated()),
            Expr::And(items) => self.connective(state, items, values, false),
            Expr::Or(items) => self.connective(state, items, values, true),
            Expr::AndThen(items) => self.sequence(state, items, values, false),
            Expr::OrElse(items) => self.sequence(state, items, values, true),
            Expr::If(condition, yes, no) => {
                let claim = Claim::new;
                let mut ways = vec![
                    vec![claim(*condition, Values::TRUE), claim(*yes, values)],
                    vec![claim(*condition, Values::FALSE), claim(*no, values)],
                ];
                // With an undefined condition, both branches have the value, or the whole is undefined.
                let defined = values.and(Values::DEFINED);
                ways.push(if values.contains(Values::UNDEFINED) {
                    vec![claim(*condition, Values::UNDEFINED)]
                } else {
                    vec![
                        claim(*condition, Values::UNDEFINED),
                        claim(*yes, defined),
                        claim(*no, defined),
                    ]
                });
                self.choose(state, ways)
            }
            Expr::Otherwise(operand, default) => {
                let defined = values.and(Values::DEFINED);
                let ways = vec![
                    vec![Claim::new(*operand, defined)],
                    vec![
                        Claim::new(*operand, Values::UNDEFINED),
                        Claim::new(*default, values),
                    ],
                ];
                self.choose(state, ways)
            }
            Expr::Equal(a, b) => match (self.truth(*a), self.truth(*b)) {
                (Some(truth), _) => self.assume_one(state, *b, if truth { values } else { values.negated() }),
                (_, Some(truth)) => self.assume_one(state, *a, if truth { values } else { values.negated() }),
                (None, None) => self.atom(state, id, values),
            },
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
            | Expr::Coalesce(..)
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
            | Expr::Like(..)
            | Expr::StartsWith(..)
            | Expr::EndsWith(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..)
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::Quantified { .. }
            | Expr::GrantHeld(_) => self.atom(state, id, values),
        }
    }

    /// `or` where the settling value is `true`, else `and`: it has the settling value where an item does; the other one
    /// where all have it; and is undefined where none settles it and one is undefined.
    fn connective(
        &mut self,
        state: &mut State,
        items: &[ExprId],
        values: Values,
        settling: bool,
    ) -> Result<(), Contradiction> {
        let settled = Values::of(settling);
        let unsettled = Values::of(!settling);
        let mut all = |values: Values| {
            items
                .iter()
                .take(MOST_ATOMS)
                .try_for_each(|item| self.assume_one(state, *item, values))
        };
        if !values.contains(settled) {
            if values == unsettled {
                return all(unsettled);
            }
            // Nothing settles it; if it must be undefined, an item is.
            all(unsettled_or_undefined(settled))?;
            if values.contains(unsettled) || items.len() > MOST_ATOMS {
                return Ok(());
            }
            return self.one_of(state, items, Values::UNDEFINED);
        }
        if values.contains(unsettled) && values.contains(Values::UNDEFINED) {
            return Ok(());
        }
        // Of so many alternatives, none is worth trying.
        if items.len() > MOST_ATOMS {
            return Ok(());
        }
        if values.contains(unsettled) {
            // Settled, or all of them the other value.
            let mut ways = one_way_each(items, settled);
            ways.push(items.iter().map(|item| Claim::new(*item, unsettled)).collect());
            return self.choose(state, ways);
        }
        // Not all have the other value.
        let wanted = if values.contains(Values::UNDEFINED) {
            Values(settled.0 | Values::UNDEFINED.0)
        } else {
            settled
        };
        self.one_of(state, items, wanted)
    }

    /// `or else` where the settling value is `true`, else `and then`: its value is that of the first item that has not the
    /// other truth value, which is the whole's where all have it.
    fn sequence(
        &mut self,
        state: &mut State,
        items: &[ExprId],
        values: Values,
        settling: bool,
    ) -> Result<(), Contradiction> {
        let unsettled = Values::of(!settling);
        let all = |items: &[ExprId]| -> Vec<Claim> {
            items.iter().map(|item| Claim::new(*item, unsettled)).collect()
        };
        if items.len() > MOST_CHOICES || values == Values::ANY {
            return Ok(());
        }
        let mut ways = Vec::new();
        if values.contains(unsettled) {
            ways.push(all(items));
        }
        let stops = values.and(unsettled_or_undefined(unsettled));
        if !stops.is_empty() {
            for (at, item) in items.iter().enumerate() {
                let mut way = all(items.get(..at).unwrap_or_default());
                way.push(Claim::new(*item, stops));
                ways.push(way);
            }
        }
        self.choose(state, ways)
    }

    fn one_of(&mut self, state: &mut State, items: &[ExprId], values: Values) -> Result<(), Contradiction> {
        self.choose(state, one_way_each(items, values))
    }

    /// Keeps a choice for later; what is no choice is assumed at once.
    fn choose(&mut self, state: &mut State, choice: Choice) -> Result<(), Contradiction> {
        let mut open: Choice = Vec::new();
        for way in choice {
            if way.iter().all(|claim| !self.rules_out(state, claim)) {
                open.push(way);
            }
        }
        match open.as_slice() {
            [] => Err(Contradiction),
            [way] => self.assume(state, way),
            _ => {
                if state.choices.len() < MOST_CHOICES && open.len() <= MOST_CHOICES {
                    state.choices.push(open);
                }
                Ok(())
            }
        }
    }

    /// Whether a claim is seen at once not to hold.
    fn rules_out(&mut self, state: &State, claim: &Claim) -> bool {
        if claim.values.is_empty() {
            return true;
        }
        if let Some(truth) = self.truth(claim.condition) {
            return !claim.values.contains(Values::of(truth));
        }
        let known = state.atoms.iter().find(|(atom, _)| *atom == claim.condition);
        known.is_some_and(|(_, values)| values.and(claim.values).is_empty())
            || claim.values == Values::UNDEFINED && !self.can_be_undefined(claim.condition)
    }

    fn atom(&mut self, state: &mut State, id: ExprId, values: Values) -> Result<(), Contradiction> {
        let possible = if self.can_be_undefined(id) {
            Values::ANY
        } else {
            Values::DEFINED
        };
        let values = values.and(possible);
        if values.is_empty() {
            return Err(Contradiction);
        }
        if let Some((_, known)) = state.atoms.iter_mut().find(|(atom, _)| *atom == id) {
            *known = known.and(values);
            return if known.is_empty() {
                Err(Contradiction)
            } else {
                Ok(())
            };
        }
        if values != possible && state.atoms.len() < MOST_ATOMS {
            state.atoms.push((id, values));
        }
        Ok(())
    }

    fn truth(&self, id: ExprId) -> Option<bool> {
        match self.exprs.get(id) {
            Some(Expr::Literal(Literal::Bool(truth))) => Some(*truth),
            _ => None,
        }
    }

    /// Whether an expression can be undefined. Errs on the side of yes.
    pub(crate) fn can_be_undefined(&mut self, id: ExprId) -> bool {
        // There may be very many in one set.
        if matches!(self.exprs.get(id), Some(Expr::Literal(_))) {
            return false;
        }
        if let Some(known) = self.undefined.get(&id) {
            return *known;
        }
        let exprs = self.exprs;
        let found = match exprs.get(id) {
            None => true,
            Some(Expr::Field { of, index }) => !self.is_required(*of, *index) || self.can_be_undefined(*of),
            Some(Expr::Coalesce(optional, default)) => {
                self.operand_can_be_undefined(*optional) || self.can_be_undefined(*default)
            }
            Some(Expr::Otherwise(_, default)) => self.can_be_undefined(*default),
            Some(expr) => match definedness(expr) {
                Definedness::Partial | Definedness::Free => true,
                Definedness::Total | Definedness::Loose => self.operand_can_be_undefined(id),
            },
        };
        self.undefined.insert(id, found);
        found
    }

    fn operand_can_be_undefined(&mut self, id: ExprId) -> bool {
        let mut found = false;
        if let Some(expr) = self.exprs.get(id) {
            expr.operands(|operand| found = found || self.can_be_undefined(operand));
        }
        found
    }

    /// Whether a record's field is always there.
    fn is_required(&self, record: ExprId, field: u32) -> bool {
        let Some(Type::Record(record)) = self.ty(record) else {
            return false;
        };
        let fields = self.schema.record(record);
        fields
            .and_then(|fields| fields.get(field))
            .is_some_and(|field| !field.optional)
    }

    /// The type of what is read; `None` where it does not matter here.
    fn ty(&self, id: ExprId) -> Option<Type> {
        let schema = self.schema;
        match self.exprs.get(id)? {
            Expr::Literal(literal) => Some(match literal {
                Literal::Bool(_) => Type::Bool,
                Literal::Int(_) => Type::Int,
                Literal::Decimal(_) => Type::Decimal,
                Literal::String(_) => Type::String,
                Literal::Timestamp(_) => Type::Timestamp,
                Literal::Duration(_) => Type::Duration,
                Literal::Ip(_) => Type::Ip,
                Literal::Enum(of, _) => Type::Enum(*of),
                Literal::Entity(of, _) => Type::Entity(*of),
            }),
            Expr::Principal => Some(Type::Entity(self.environment.principal)),
            Expr::Resource => Some(Type::Entity(self.environment.resource)),
            Expr::Context => Some(Type::Record(self.environment.context)),
            Expr::Attribute { of, index } => match self.ty(*of)? {
                Type::Entity(entity) => schema.ty(schema.entity_type(entity)?.attributes.get(*index)?.ty),
                _ => None,
            },
            Expr::Field { of, index } => match self.ty(*of)? {
                Type::Record(record) => schema.ty(schema.record(record)?.get(*index)?.ty),
                _ => None,
            },
            Expr::Lookup { map, key: _ } => match self.ty(*map)? {
                Type::Map(value) => schema.ty(value),
                _ => None,
            },
            Expr::Coalesce(optional, _) => self.ty(*optional),
            Expr::If(_, yes, _) => self.ty(*yes),
            Expr::Property(Property::Weekday, _) => schema.find_enum(WEEKDAY.0).map(Type::Enum),
            _ => None,
        }
    }
}

/// What it takes for an expression to be defined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Definedness {
    /// It is defined where, and only where, all its operands are.
    Total,
    /// It is defined only where all its operands are, and not always there.
    Partial,
    /// It may be defined where an operand is not.
    Loose,
    /// The same, and it may be undefined where all operands are defined.
    Free,
}

fn definedness(expr: &Expr) -> Definedness {
    match expr {
        Expr::Attribute { .. }
        | Expr::Field { .. }
        | Expr::Lookup { .. }
        | Expr::Arithmetic(..)
        | Expr::Negate(_)
        | Expr::Local(..)
        | Expr::Property(Property::Date, _) => Definedness::Partial,
        Expr::Coalesce(..)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::AndThen(_)
        | Expr::OrElse(_)
        | Expr::If(..)
        | Expr::Otherwise(..) => Definedness::Loose,
        Expr::Quantified { .. } => Definedness::Free,
        Expr::Literal(_)
        | Expr::Variable { .. }
        | Expr::Map(..)
        | Expr::Matches(..)
        | Expr::Principal
        | Expr::Resource
        | Expr::Context
        | Expr::HasAttribute { .. }
        | Expr::HasField { .. }
        | Expr::HasKey { .. }
        | Expr::Not(_)
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
        | Expr::GrantHeld(_) => Definedness::Total,
    }
}

/// All values but one.
fn unsettled_or_undefined(settled: Values) -> Values {
    Values(Values::ANY.0 & !settled.0)
}

fn one_way_each(items: &[ExprId], values: Values) -> Choice {
    items.iter().map(|item| vec![Claim::new(*item, values)]).collect()
}
