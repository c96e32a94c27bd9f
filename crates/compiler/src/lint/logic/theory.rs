//! Claims about atoms to whether they contradict one another: what is defined, what the ranges and equalities of terms
//! leave, and the presence of what is read.
//!
//! All ordered values are whole numbers underneath (milliseconds, ten-thousandths, positions in an enum), so a strict
//! bound is the next number.

use dictum_artifact::expr::{Comparison, Expr, ExprId, Literal, Property};
use dictum_artifact::ops::like;
use dictum_artifact::schema::{RoleId, Type};
use dictum_artifact::value::{DAY, Network};
use rustc_hash::FxHashSet;

use super::{Definedness, Logic, Values, definedness};

/// A range that is at most this long is tried number by number.
const MOST_TRIED: i64 = 64;

/// Of sets that are written out with more elements, nothing is known: each question would go through all of them.
const MOST_ELEMENTS: usize = 1_024;

/// How often bounds are handed on along comparisons of two terms.
const ROUNDS: usize = 8;

/// Whether no request, over no data, gives all atoms one of their values.
pub(super) fn contradicts(logic: &mut Logic<'_>, atoms: &[(ExprId, Values)]) -> bool {
    let mut atoms = atoms.to_vec();
    let mut known = Known::default();
    loop {
        let mut changed = false;
        for (id, values) in &mut atoms {
            if values.contains(Values::UNDEFINED) {
                if known.is_defined(logic, *id) {
                    *values = values.and(Values::DEFINED);
                    changed = true;
                }
            } else {
                changed |= known.presence(logic, *id, *values);
                changed |= known.define(logic, *id);
            }
            if values.is_empty() {
                return true;
            }
        }
        if known.lacks_what_is_defined(logic) {
            return true;
        }
        if !changed {
            break;
        }
    }
    let mut terms = Terms::default();
    for (id, values) in atoms {
        let holds = match values {
            Values::TRUE => true,
            Values::FALSE => false,
            _ => continue,
        };
        if terms.add(logic, id, holds).is_none() {
            return true;
        }
    }
    terms.contradict(logic)
}

/// What is known to be defined, present and absent.
#[derive(Default)]
struct Known {
    defined: FxHashSet<ExprId>,
    /// What is read of what: an attribute, a field, or a key by its expression.
    present: FxHashSet<Slot>,
    absent: FxHashSet<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Attribute(ExprId, u32),
    Field(ExprId, u32),
    Key(ExprId, ExprId),
}

/// What an expression reads.
fn slot(expr: &Expr) -> Option<Slot> {
    match expr {
        Expr::Attribute { of, index } => Some(Slot::Attribute(*of, *index)),
        Expr::Field { of, index } => Some(Slot::Field(*of, *index)),
        Expr::Lookup { map, key } => Some(Slot::Key(*map, *key)),
        _ => None,
    }
}

impl Known {
    /// Takes note of a presence test; says whether that was news.
    fn presence(&mut self, logic: &Logic<'_>, id: ExprId, values: Values) -> bool {
        let slot = match logic.exprs.get(id) {
            Some(Expr::HasAttribute { of, index }) => Slot::Attribute(*of, *index),
            Some(Expr::HasField { of, index }) => Slot::Field(*of, *index),
            Some(Expr::HasKey { map, key }) => Slot::Key(*map, *key),
            Some(_) | None => return false,
        };
        match values {
            Values::TRUE => self.present.insert(slot),
            Values::FALSE => self.absent.insert(slot),
            _ => false,
        }
    }

    /// Takes note that an expression is defined, and so whatever it could not be defined without; says whether that was
    /// news.
    fn define(&mut self, logic: &mut Logic<'_>, id: ExprId) -> bool {
        if !logic.can_be_undefined(id) || !self.defined.insert(id) {
            return false;
        }
        let exprs = logic.exprs;
        let Some(expr) = exprs.get(id) else {
            return true;
        };
        let read = match (definedness(expr), expr) {
            (Definedness::Total | Definedness::Partial, _) => Some(expr),
            // What the optional value is read of.
            (Definedness::Loose, Expr::Coalesce(optional, _)) => exprs.get(*optional),
            (Definedness::Loose | Definedness::Free, _) => None,
        };
        if let Some(read) = read {
            read.operands(|operand| {
                self.define(logic, operand);
            });
        }
        true
    }

    /// Whether an expression is known to be defined.
    fn is_defined(&self, logic: &mut Logic<'_>, id: ExprId) -> bool {
        if !logic.can_be_undefined(id) || self.defined.contains(&id) {
            return true;
        }
        let exprs = logic.exprs;
        let Some(expr) = exprs.get(id) else {
            return false;
        };
        match definedness(expr) {
            Definedness::Total => {
                let mut all = true;
                expr.operands(|operand| all = all && self.is_defined(logic, operand));
                all
            }
            // What is there to be read can be read.
            Definedness::Partial => match (expr, slot(expr)) {
                (_, Some(slot)) if self.present.contains(&slot) => true,
                (Expr::Field { of, index }, _) => {
                    logic.is_required(*of, *index) && self.is_defined(logic, *of)
                }
                (_, _) => false,
            },
            Definedness::Loose | Definedness::Free => false,
        }
    }

    /// Whether something is defined that is known to be absent.
    fn lacks_what_is_defined(&self, logic: &Logic<'_>) -> bool {
        !self.absent.is_disjoint(&self.present)
            || !self.absent.is_empty()
                && self.defined.iter().any(|id| {
                    let slot = logic.exprs.get(*id).and_then(slot);
                    slot.is_some_and(|slot| self.absent.contains(&slot))
                })
    }
}

/// What is said of one term, or of terms that are equal.
#[derive(Default)]
struct Term<'p> {
    ids: Vec<ExprId>,
    equal: Vec<&'p Literal>,
    unequal: Vec<&'p Literal>,
    /// Sets of constants of which it is one.
    among: Vec<Vec<&'p Literal>>,
    low: Option<i64>,
    high: Option<i64>,
    text: Vec<(Text<'p>, bool)>,
}

/// A test of a text.
#[derive(Clone, Copy)]
enum Text<'p> {
    Starts(&'p str),
    Ends(&'p str),
    Like(&'p dictum_artifact::expr::Pattern),
}

impl Text<'_> {
    fn holds(self, text: &str) -> bool {
        match self {
            Self::Starts(prefix) => text.starts_with(prefix),
            Self::Ends(suffix) => text.ends_with(suffix),
            Self::Like(pattern) => like(pattern, text),
        }
    }

    /// What every text that it holds of starts and ends with.
    fn ends(&self) -> (&str, &str) {
        match self {
            Self::Starts(prefix) => (prefix, ""),
            Self::Ends(suffix) => ("", suffix),
            Self::Like(pattern) => match (pattern.0.first(), pattern.0.last()) {
                (Some(first), Some(last)) => (first, last),
                _ => ("", ""),
            },
        }
    }

    /// Whether it holds of every text that starts and ends so, and both stand apart.
    fn follows_from(&self, prefix: &str, suffix: &str) -> bool {
        match self {
            Self::Starts(wanted) => prefix.starts_with(wanted),
            Self::Ends(wanted) => suffix.ends_with(wanted),
            Self::Like(pattern) => match pattern.0.as_slice() {
                [first, last] if last.is_empty() => prefix.starts_with(&**first),
                [first, last] if first.is_empty() => suffix.ends_with(&**last),
                _ => false,
            },
        }
    }
}

/// The definite atoms, sorted by what they are about.
#[derive(Default)]
struct Terms<'p> {
    terms: Vec<Term<'p>>,
    /// `a < b` (strict) and `a <= b`, of two terms.
    order: Vec<(ExprId, ExprId, bool)>,
    /// `a != b`, of two terms.
    different: Vec<(ExprId, ExprId)>,
    /// Entities in others: member, ancestors of which it is in one, or in none.
    within: Vec<(ExprId, Vec<ExprId>, bool)>,
    /// Addresses in networks, the same.
    networks: Vec<(ExprId, Vec<Network>, bool)>,
    roles: Vec<(RoleId, bool)>,
    empty: Vec<ExprId>,
    not_empty: Vec<ExprId>,
}

/// What an ordered constant is underneath.
fn number(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Int(n) => Some(*n),
        Literal::Decimal(d) => Some(d.ten_thousandths()),
        Literal::Timestamp(t) => Some(t.0),
        Literal::Duration(d) => Some(d.0),
        Literal::Enum(_, at) => Some(i64::from(*at)),
        Literal::Bool(_) | Literal::String(_) | Literal::Ip(_) | Literal::Entity(..) => None,
    }
}

impl<'p> Terms<'p> {
    /// Adds an atom; `None` where it contradicts itself.
    fn add(&mut self, logic: &Logic<'p>, id: ExprId, holds: bool) -> Option<()> {
        let exprs = logic.exprs;
        let literal = |id: ExprId| match exprs.get(id) {
            Some(Expr::Literal(literal)) => Some(literal),
            _ => None,
        };
        let constants = |id: ExprId| match exprs.get(id) {
            Some(Expr::Set(_, items)) if items.len() <= MOST_ELEMENTS => items
                .iter()
                .map(|item| literal(*item))
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match exprs.get(id)? {
            Expr::Equal(a, b) if a == b => holds.then_some(()),
            Expr::Equal(a, b) => match (literal(*a), literal(*b)) {
                (Some(x), Some(y)) => ((x == y) == holds).then_some(()),
                (Some(constant), None) => self.compare_constant(*b, constant, holds),
                (None, Some(constant)) => self.compare_constant(*a, constant, holds),
                (None, None) => {
                    if holds {
                        self.join(*a, *b);
                    } else {
                        self.different.push((*a, *b));
                    }
                    Some(())
                }
            },
            Expr::Compare(op, a, b) => {
                // What does not hold, holds the other way round: not `a < b` is `b <= a`.
                let strict = (*op == Comparison::Less) == holds;
                let (a, b) = if holds { (*a, *b) } else { (*b, *a) };
                self.order(logic, a, b, strict)
            }
            Expr::Contains(set, member) => {
                if holds {
                    self.not_empty.push(*set);
                }
                let Some(set) = constants(*set) else {
                    return Some(());
                };
                match literal(*member) {
                    Some(constant) => (set.contains(&constant) == holds).then_some(()),
                    None if holds => {
                        self.term(*member).among.push(set);
                        Some(())
                    }
                    None => {
                        self.term(*member).unequal.extend(set);
                        Some(())
                    }
                }
            }
            Expr::EntityIn(a, b) => {
                self.within.push((*a, vec![*b], holds));
                (a != b || holds).then_some(())
            }
            Expr::EntityInSet(a, set) => {
                if let Some(Expr::Set(_, items)) = exprs.get(*set)
                    && items.len() <= MOST_ELEMENTS
                {
                    self.within.push((*a, items.clone(), holds));
                } else if holds {
                    self.not_empty.push(*set);
                }
                Some(())
            }
            Expr::NetworkIn(a, b) => {
                if let Some(Literal::Ip(network)) = literal(*b) {
                    self.networks.push((*a, vec![*network], holds));
                }
                (a != b || holds).then_some(())
            }
            Expr::NetworkInSet(a, set) => {
                let networks = constants(*set).map(|set| {
                    let networks = set.into_iter().filter_map(|literal| match literal {
                        Literal::Ip(network) => Some(*network),
                        _ => None,
                    });
                    networks.collect()
                });
                match networks {
                    Some(networks) => self.networks.push((*a, networks, holds)),
                    None if holds => self.not_empty.push(*set),
                    None => {}
                }
                Some(())
            }
            Expr::ContainsAny(a, b) => {
                if holds {
                    self.not_empty.extend([*a, *b]);
                }
                Some(())
            }
            Expr::IsEmpty(set) => {
                match (exprs.get(*set), holds) {
                    (Some(Expr::Set(_, items)), _) => return (items.is_empty() == holds).then_some(()),
                    (_, true) => self.empty.push(*set),
                    (_, false) => self.not_empty.push(*set),
                }
                Some(())
            }
            Expr::Like(text, pattern) => match (literal(*text), pattern.0.as_slice()) {
                (Some(Literal::String(text)), _) => (like(pattern, text) == holds).then_some(()),
                _ => {
                    self.term(*text).text.push((Text::Like(pattern), holds));
                    Some(())
                }
            },
            Expr::StartsWith(text, part) | Expr::EndsWith(text, part) => {
                let Some(Literal::String(part)) = literal(*part) else {
                    return Some(());
                };
                let test = if matches!(exprs.get(id), Some(Expr::StartsWith(..))) {
                    Text::Starts(part)
                } else {
                    Text::Ends(part)
                };
                match literal(*text) {
                    Some(Literal::String(text)) => (test.holds(text) == holds).then_some(()),
                    _ => {
                        self.term(*text).text.push((test, holds));
                        Some(())
                    }
                }
            }
            Expr::GrantHeld(role) => {
                self.roles.push((*role, holds));
                Some(())
            }
            // Two of these are the same atom or have nothing to do with one another, as far as is seen here.
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
            | Expr::Not(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::AndThen(_)
            | Expr::OrElse(_)
            | Expr::If(..)
            | Expr::Otherwise(..)
            | Expr::Arithmetic(..)
            | Expr::Negate(_)
            | Expr::Map(..)
            | Expr::Matches(..)
            | Expr::Local(..)
            | Expr::Variable { .. }
            | Expr::Quantified { .. }
            | Expr::ContainsAll(..)
            | Expr::Id(_)
            | Expr::Property(..)
            | Expr::Set(..)
            | Expr::Record(..) => Some(()),
        }
    }

    fn compare_constant(&mut self, term: ExprId, constant: &'p Literal, holds: bool) -> Option<()> {
        let term = self.term(term);
        if holds {
            term.equal.push(constant);
        } else {
            term.unequal.push(constant);
        }
        Some(())
    }

    /// `a < b`, or `a <= b` where it is not strict.
    fn order(&mut self, logic: &Logic<'p>, a: ExprId, b: ExprId, strict: bool) -> Option<()> {
        let constant = |id: ExprId| match logic.exprs.get(id) {
            Some(Expr::Literal(literal)) => number(literal),
            _ => None,
        };
        let step = i64::from(strict);
        match (constant(a), constant(b)) {
            (Some(a), Some(b)) => (if strict { a < b } else { a <= b }).then_some(()),
            (Some(low), None) => {
                let low = low.checked_add(step)?;
                let term = self.term(b);
                term.low = Some(term.low.map_or(low, |known| known.max(low)));
                Some(())
            }
            (None, Some(high)) => {
                let high = high.checked_sub(step)?;
                let term = self.term(a);
                term.high = Some(term.high.map_or(high, |known| known.min(high)));
                Some(())
            }
            (None, None) => {
                self.order.push((a, b, strict));
                (a != b || !strict).then_some(())
            }
        }
    }

    fn position(&self, id: ExprId) -> Option<usize> {
        self.terms.iter().position(|term| term.ids.contains(&id))
    }

    fn index(&mut self, id: ExprId) -> usize {
        self.position(id).unwrap_or_else(|| {
            self.terms.push(Term {
                ids: vec![id],
                ..Term::default()
            });
            self.terms.len() - 1
        })
    }

    fn term(&mut self, id: ExprId) -> &mut Term<'p> {
        let at = self.index(id);
        &mut self.terms[at]
    }

    /// Makes two terms one.
    fn join(&mut self, a: ExprId, b: ExprId) {
        let (a, b) = (self.index(a), self.index(b));
        if a == b {
            return;
        }
        let other = self.terms.swap_remove(a.max(b));
        let term = &mut self.terms[a.min(b)];
        term.ids.extend(other.ids);
        term.equal.extend(other.equal);
        term.unequal.extend(other.unequal);
        term.among.extend(other.among);
        term.text.extend(other.text);
        term.low = term.low.max(other.low);
        term.high = match (term.high, other.high) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn contradict(mut self, logic: &Logic<'p>) -> bool {
        for (a, b, _) in self.order.clone() {
            self.index(a);
            self.index(b);
        }
        self.bound_by_type(logic);
        if self.order_contradicts() || self.differences_contradict() {
            return true;
        }
        self.terms.iter().any(|term| term.contradicts(logic))
            || self.memberships_contradict(logic)
            || self.networks_contradict()
            || self.roles_contradict(logic)
            || self.empty.iter().any(|set| self.not_empty.contains(set))
    }

    /// The bounds that every value of a term's type has, and those that its constants are.
    fn bound_by_type(&mut self, logic: &Logic<'p>) {
        for term in &mut self.terms {
            for id in term.ids.clone() {
                let (low, high) = match logic.exprs.get(id) {
                    Some(Expr::Property(Property::Length | Property::Size, _)) => (Some(0), None),
                    Some(Expr::Property(Property::TimeOfDay, _)) => (Some(0), Some(DAY - 1)),
                    Some(_) => match logic.ty(id) {
                        Some(Type::Enum(of)) => {
                            let count = logic.schema.enum_def(of).map_or(0, |def| def.variants.len());
                            (Some(0), i64::try_from(count).ok().map(|count| count - 1))
                        }
                        _ => (None, None),
                    },
                    None => (None, None),
                };
                term.narrow(low, high);
            }
            for literal in term.equal.clone() {
                let number = number(literal);
                term.narrow(number, number);
            }
        }
    }

    /// Hands bounds on along comparisons of two terms, and looks for rings of them.
    fn order_contradicts(&mut self) -> bool {
        let mut edges: Vec<(usize, usize, bool)> = Vec::new();
        for (a, b, strict) in &self.order {
            if let (Some(a), Some(b)) = (self.position(*a), self.position(*b)) {
                edges.push((a, b, *strict));
            }
        }
        for _ in 0..ROUNDS.min(edges.len()) {
            for (a, b, strict) in &edges {
                let step = i64::from(*strict);
                let low = self.terms[*a].low.map(|low| low.saturating_add(step));
                let high = self.terms[*b].high.map(|high| high.saturating_sub(step));
                self.terms[*b].narrow(low, None);
                self.terms[*a].narrow(None, high);
            }
        }
        let leads = |from: usize, to: usize| {
            let mut seen = vec![from];
            let mut at = 0;
            while let Some(&node) = seen.get(at) {
                at += 1;
                for (_, next, _) in edges.iter().filter(|(from, ..)| *from == node) {
                    if !seen.contains(next) {
                        seen.push(*next);
                    }
                }
            }
            seen.contains(&to)
        };
        let strict_ring = edges.iter().any(|(a, b, strict)| *strict && leads(*b, *a));
        let same = |(a, b): &(ExprId, ExprId)| match (self.position(*a), self.position(*b)) {
            (Some(a), Some(b)) => leads(a, b) && leads(b, a),
            _ => false,
        };
        strict_ring || self.different.iter().any(same)
    }

    /// Terms that are to differ, and are the same.
    fn differences_contradict(&self) -> bool {
        let value = |term: &Term<'p>| term.equal.first().copied();
        self.different.iter().any(|(a, b)| {
            if a == b {
                return true;
            }
            match (self.position(*a), self.position(*b)) {
                (Some(a), Some(b)) => {
                    let (x, y) = (&self.terms[a], &self.terms[b]);
                    a == b || value(x).zip(value(y)).is_some_and(|(x, y)| x == y)
                }
                _ => false,
            }
        })
    }

    fn memberships_contradict(&self, logic: &Logic<'p>) -> bool {
        let same = |a: ExprId, b: ExprId| {
            if a == b {
                return true;
            }
            let constant = |id: ExprId| match logic.exprs.get(id) {
                Some(Expr::Literal(literal)) => Some(literal),
                _ => self
                    .position(id)
                    .and_then(|at| self.terms[at].equal.first().copied()),
            };
            let joined = self.position(a).is_some_and(|at| self.terms[at].ids.contains(&b));
            joined || constant(a).zip(constant(b)).is_some_and(|(a, b)| a == b)
        };
        // Everything is in itself.
        let is_itself = |(member, ancestors, holds): &(ExprId, Vec<ExprId>, bool)| {
            !holds && ancestors.iter().any(|ancestor| same(*member, *ancestor))
        };
        let ruled_out = |(member, ancestors, holds): &(ExprId, Vec<ExprId>, bool)| {
            let is_out = |ancestor: &ExprId| {
                self.within.iter().any(|(other, out, holds)| {
                    !holds && same(*other, *member) && out.iter().any(|out| same(*out, *ancestor))
                })
            };
            *holds && ancestors.iter().all(is_out)
        };
        self.within.iter().any(is_itself) || self.within.iter().any(ruled_out)
    }

    fn networks_contradict(&self) -> bool {
        let address = |id: ExprId| {
            let term = self.position(id).map(|at| &self.terms[at])?;
            match term.equal.first() {
                Some(Literal::Ip(address)) => Some(*address),
                _ => None,
            }
        };
        let within =
            |network: Network, others: &[Network]| others.iter().any(|other| other.contains(network));
        let impossible = |(member, networks, holds): &(ExprId, Vec<Network>, bool)| {
            if let Some(address) = address(*member) {
                return within(address, networks) != *holds;
            }
            if !*holds {
                return false;
            }
            // One of the networks must be left by all that is said of the same address.
            let left = |network: &Network| {
                self.networks
                    .iter()
                    .filter(|(other, ..)| other == member)
                    .all(|(_, others, holds)| {
                        if *holds {
                            others
                                .iter()
                                .any(|other| other.contains(*network) || network.contains(*other))
                        } else {
                            !within(*network, others)
                        }
                    })
            };
            !networks.iter().any(left)
        };
        self.networks.iter().any(impossible)
    }

    /// A grant that gives one role gives every other that all its carriers carry.
    fn roles_contradict(&self, logic: &Logic<'p>) -> bool {
        let carriers = |role: RoleId| logic.schema.role(role).map_or(&[][..], |def| &def.carriers);
        let held = self.roles.iter().filter(|(_, holds)| *holds);
        held.into_iter().any(|(held, _)| {
            let mut not_held = self.roles.iter().filter(|(_, holds)| !holds);
            carriers(*held).is_empty()
                || not_held.any(|(other, _)| {
                    let others = carriers(*other);
                    carriers(*held)
                        .iter()
                        .all(|carrier| others.binary_search(carrier).is_ok())
                })
        })
    }
}

impl Term<'_> {
    fn narrow(&mut self, low: Option<i64>, high: Option<i64>) {
        self.low = self.low.max(low);
        self.high = match (self.high, high) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Whether no value is left for the term.
    fn contradicts(&self, logic: &Logic<'_>) -> bool {
        if let (Some(low), Some(high)) = (self.low, self.high) {
            let excluded = |n: i64| self.unequal.iter().any(|literal| number(literal) == Some(n));
            if low > high || high.saturating_sub(low) < MOST_TRIED && (low..=high).all(excluded) {
                return true;
            }
        }
        let is_left = |literal: &Literal| {
            self.equal.iter().all(|other| *other == literal)
                && !self.unequal.contains(&literal)
                && self.among.iter().all(|set| set.contains(&literal))
                && number(literal).is_none_or(|n| {
                    self.low.is_none_or(|low| low <= n) && self.high.is_none_or(|high| n <= high)
                })
                && match literal {
                    Literal::String(text) => self.text.iter().all(|(test, holds)| test.holds(text) == *holds),
                    Literal::Bool(_)
                    | Literal::Int(_)
                    | Literal::Decimal(_)
                    | Literal::Timestamp(_)
                    | Literal::Duration(_)
                    | Literal::Ip(_)
                    | Literal::Enum(..)
                    | Literal::Entity(..) => true,
                }
        };
        if let Some(value) = self.equal.first() {
            return !is_left(value);
        }
        if let Some(set) = self.among.first() {
            return !set.iter().any(|literal| is_left(literal));
        }
        self.text_contradicts() || self.ids_run_out(logic)
    }

    fn text_contradicts(&self) -> bool {
        let held = || self.text.iter().filter(|(_, holds)| *holds);
        held().any(|(test, _)| {
            let (prefix, suffix) = test.ends();
            let apart = held().any(|(other, _)| {
                let (start, end) = other.ends();
                !(start.starts_with(prefix) || prefix.starts_with(start))
                    || !(end.ends_with(suffix) || suffix.ends_with(end))
            });
            // A pattern of one piece is that text and nothing else.
            let exact = match test {
                Text::Like(pattern) => match pattern.0.as_slice() {
                    [only] => Some(only),
                    _ => None,
                },
                Text::Starts(_) | Text::Ends(_) => None,
            };
            let exact_fails = exact.is_some_and(|text| {
                self.text.iter().any(|(test, holds)| test.holds(text) != *holds)
                    || self
                        .unequal
                        .iter()
                        .any(|literal| matches!(literal, Literal::String(other) if other == text))
            });
            let denied = self
                .text
                .iter()
                .any(|(other, holds)| !holds && other.follows_from(prefix, suffix));
            apart || exact_fails || denied
        })
    }

    /// Whether all ids of a closed entity type are excluded.
    fn ids_run_out(&self, logic: &Logic<'_>) -> bool {
        if self.unequal.is_empty() {
            return false;
        }
        self.ids.iter().any(|id| {
            let Some(Type::Entity(of)) = logic.ty(*id) else {
                return false;
            };
            let closed = logic.schema.entity_type(of).and_then(|def| def.closed.as_ref());
            closed.is_some_and(|ids| {
                ids.iter().all(|id| {
                    let excluded = |literal: &&Literal| {
                        matches!(literal, Literal::Entity(ty, other) if *ty == of && **other == **id)
                    };
                    self.unequal.iter().any(excluded)
                })
            })
        })
    }
}
