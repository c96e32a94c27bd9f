//! A condition between the two languages: Cedar's operators, with what Dictum's text will need to know of them.

use std::collections::BTreeSet;

use cedar_policy_core::ast::EntityUID;

/// How tightly a text binds, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `if`
    Whole,
    /// `otherwise`
    Otherwise,
    /// `or`
    Or,
    /// `and`
    And,
    /// `not`
    Not,
    /// `==`, `in`, `has` and the like
    Comparison,
    /// `+`
    Sum,
    /// `*`
    Product,
    /// `-a`
    Negative,
    /// `a.b`, literals, what stands in brackets
    Postfix,
}

/// How many `if`s that can err may be taken out of one condition, which is copied for each.
const MAX_TAKEN_OUT: u32 = 6;

/// In the place of causes: nothing errs here, whatever it is.
pub(super) const EVERYTHING: &str = "*";

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) kind: Kind,
    /// Why Cedar can err in it, where it is asked: the texts of entities that may not be described, and of sums that may
    /// not fit.
    pub(super) causes: BTreeSet<String>,
    /// What Cedar surely errs for in it, if it is so, whatever else is asked; and so, what is not so where it has not erred.
    pub(super) surely: BTreeSet<String>,
    /// Causes of which each by itself keeps what is written from being true, and from being false: undefined, with both.
    pub(super) untrue: BTreeSet<String>,
    pub(super) unfalse: BTreeSet<String>,
    /// What is described wherever it is true: entities by the text of the expression that they are the value of.
    pub(super) described: BTreeSet<String>,
    /// Where it starts in the policy's text.
    pub(super) start: Option<usize>,
    /// Its value, where that is a number that is known.
    pub(super) number: Option<i64>,
    /// How many parts it has as it is written, at most.
    pub(super) size: usize,
    /// How many of them are there because others are written twice.
    pub(super) copies: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bool(bool),
    /// Left to right.
    And(Vec<Term>),
    Or(Vec<Term>),
    Not(Box<Term>),
    /// The test, and what counts where it is true and where it is false.
    If(Box<[Term; 3]>),
    /// What is written as it stands.
    Text(String, Level),
    /// The request's action.
    Action,
    /// An action that is named.
    Named(EntityUID),
    /// An operator that errs where an operand does.
    Apply(Operator, Vec<Term>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Negative,
    /// `a OP b`
    Binary(&'static str, Level),
    /// `a.name`, the name as it is written
    Field(String),
    /// `a.tags[key]`
    Tag(String),
    /// `a has path`, the path as it is written
    Has(String),
    /// `a has tags[key]`
    HasTag(String),
    /// `a like pattern`
    Like(String),
    /// `a is Type`
    Is(String),
    IsEmpty,
    /// `a.property`, which every value of the type has
    Property(&'static str),
    /// Whether there is a value: true, or undefined.
    Known,
    Set,
    /// The names of the fields, as they are written.
    Record(Vec<String>),
}

impl Term {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            causes: BTreeSet::new(),
            surely: BTreeSet::new(),
            untrue: BTreeSet::new(),
            unfalse: BTreeSet::new(),
            described: BTreeSet::new(),
            start: None,
            number: None,
            size: 1,
            copies: 0,
        }
    }

    pub(super) fn text(text: impl Into<String>, level: Level) -> Self {
        Self::new(Kind::Text(text.into(), level))
    }

    pub(super) fn bool(value: bool) -> Self {
        Self::new(Kind::Bool(value))
    }

    pub(super) fn binary(symbol: &'static str, left: Self, right: Self) -> Self {
        Self::apply(Operator::Binary(symbol, Level::Comparison), vec![left, right])
    }

    /// Whether Cedar can err in it.
    pub(super) fn errs(&self) -> bool {
        !self.causes.is_empty()
    }

    pub(super) fn apply(operator: Operator, operands: Vec<Self>) -> Self {
        let undefined: BTreeSet<String> = operands.iter().flat_map(Self::undefined_by).collect();
        let twice = if operator == Operator::Known {
            size(&operands)
        } else {
            0
        };
        Self {
            causes: union(&operands, |operand| &operand.causes),
            surely: union(&operands, |operand| &operand.surely),
            untrue: undefined.clone(),
            unfalse: undefined,
            // `a == a` asks whether `a` is known.
            size: size(&operands).saturating_add(twice),
            copies: copies(&operands).saturating_add(twice),
            ..Self::new(Kind::Apply(operator, operands))
        }
    }

    /// What it is undefined for, each by itself.
    pub(super) fn undefined_by(&self) -> BTreeSet<String> {
        self.untrue.intersection(&self.unfalse).cloned().collect()
    }

    /// The same, which also errs for this reason, unless it is known not to be so.
    pub(super) fn erring(mut self, cause: String, safe: &BTreeSet<String>) -> Self {
        if !safe.contains(&cause) && !safe.contains(EVERYTHING) {
            self.causes.insert(cause.clone());
        }
        self.untrue.insert(cause.clone());
        self.unfalse.insert(cause.clone());
        self.surely.insert(cause);
        self
    }

    /// What is known not to make anything err that is asked where this term is true, or false.
    pub(super) fn safe_behind(&self, safe: &BTreeSet<String>, value: bool) -> BTreeSet<String> {
        let mut safe: BTreeSet<String> = safe.union(&self.surely).cloned().collect();
        if value {
            safe.extend(self.described.iter().cloned());
        }
        safe
    }

    pub(super) fn field(self, name: String) -> Self {
        Self::apply(Operator::Field(name), vec![self])
    }

    /// Whether it is the literal.
    pub(super) fn is(&self, value: bool) -> bool {
        matches!(self.kind, Kind::Bool(found) if found == value)
    }

    /// `a && b && …`, without what says nothing: `true`, and what comes after a `false`.
    pub(super) fn and(items: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for item in items {
            if flat.last().is_some_and(|last: &Self| last.is(false)) {
                break;
            }
            match item.kind {
                Kind::And(items) => flat.extend(items),
                Kind::Bool(true) => {}
                _ => flat.push(item),
            }
        }
        if flat.len() < 2 {
            return flat.pop().unwrap_or(Self::bool(true));
        }
        Self {
            described: union(&flat, |item| &item.described),
            untrue: union(&flat, |item| &item.untrue),
            unfalse: first_or_all(&flat, |item| &item.unfalse),
            ..Self::sequence(flat, Kind::And)
        }
    }

    /// `a || b || …`, likewise.
    pub(super) fn or(items: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for item in items {
            if flat.last().is_some_and(|last: &Self| last.is(true)) {
                break;
            }
            match item.kind {
                Kind::Or(items) => flat.extend(items),
                Kind::Bool(false) => {}
                _ => flat.push(item),
            }
        }
        if flat.len() < 2 {
            return flat.pop().unwrap_or(Self::bool(false));
        }
        let mut described = flat
            .first()
            .map(|item| item.described.clone())
            .unwrap_or_default();
        for item in &flat {
            described.retain(|entity| item.described.contains(entity));
        }
        Self {
            described,
            untrue: first_or_all(&flat, |item| &item.untrue),
            unfalse: union(&flat, |item| &item.unfalse),
            ..Self::sequence(flat, Kind::Or)
        }
    }

    /// Operands of which only the first is always asked.
    fn sequence(items: Vec<Self>, kind: impl FnOnce(Vec<Self>) -> Kind) -> Self {
        let first = items.first();
        Self {
            causes: union(&items, |item| &item.causes),
            surely: first.map(|item| item.surely.clone()).unwrap_or_default(),
            start: first.and_then(|item| item.start),
            size: size(&items),
            copies: copies(&items),
            ..Self::new(kind(items))
        }
    }

    /// `!a`. Comparisons have one that says the opposite, and is undefined where they are.
    pub(super) fn not(self) -> Self {
        let (causes, surely, start) = (self.causes.clone(), self.surely.clone(), self.start);
        let (size, copies) = (self.size.saturating_add(1), self.copies);
        let (untrue, unfalse) = (self.unfalse.clone(), self.untrue.clone());
        let kind = match self.kind {
            Kind::Bool(value) => Kind::Bool(!value),
            Kind::Not(operand) => return *operand,
            // The branches of one that can err become operands, of which the opposites say it more plainly.
            Kind::If(parts) if parts[0].errs() => {
                let [test, yes, no] = *parts;
                Kind::If(Box::new([test, yes.not(), no.not()]))
            }
            Kind::Apply(Operator::Binary(symbol, level), operands) => match opposite(symbol) {
                Some(opposite) => Kind::Apply(Operator::Binary(opposite, level), operands),
                None => Kind::Not(Box::new(Self::apply(Operator::Binary(symbol, level), operands))),
            },
            kind => Kind::Not(Box::new(Self { kind, ..self })),
        };
        Self {
            causes,
            surely,
            untrue,
            unfalse,
            start,
            size,
            copies,
            ..Self::new(kind)
        }
    }

    /// `if test then yes else no`
    pub(super) fn conditional(test: Self, yes: Self, no: Self) -> Self {
        match test.kind {
            Kind::Bool(true) => return yes,
            Kind::Bool(false) => return no,
            _ => {}
        }
        let mut described: BTreeSet<String> = yes.described.union(&test.described).cloned().collect();
        if !no.is(false) {
            described.retain(|entity| no.described.contains(entity));
        }
        let mut surely: BTreeSet<String> = yes.surely.intersection(&no.surely).cloned().collect();
        surely.extend(test.surely.iter().cloned());
        // Where the test is undefined, there is a value all the same that both branches have; unless the test can err for it,
        // which is not written so.
        let erring = test.undefined_by_erring();
        let each = |of: fn(&Self) -> &BTreeSet<String>| -> BTreeSet<String> {
            let both = of(&yes).intersection(of(&no)).cloned();
            both.chain(erring.iter().cloned()).collect()
        };
        let (untrue, unfalse) = (each(|branch| &branch.untrue), each(|branch| &branch.unfalse));
        let twice = if test.errs() { test.size } else { 0 };
        let (start, parts) = (test.start, [test, yes, no]);
        Self {
            size: size(&parts).saturating_add(twice),
            copies: copies(&parts).saturating_add(twice),
            causes: union(&parts, |part| &part.causes),
            surely,
            untrue,
            unfalse,
            described,
            start,
            ..Self::new(Kind::If(Box::new(parts)))
        }
    }

    /// What it is undefined for where it can err for it: that is written so that it is.
    fn undefined_by_erring(&self) -> BTreeSet<String> {
        self.undefined_by().intersection(&self.causes).cloned().collect()
    }

    /// True wherever it is defined, and undefined where it is not.
    pub(super) fn known(self) -> Self {
        if !self.errs() {
            return Self::bool(true);
        }
        match self.kind {
            // A condition that is not undefined is one whose opposite is not.
            Kind::Not(operand) => operand.known(),
            Kind::If(parts) => {
                let [test, yes, no] = *parts;
                let (yes, no) = (yes.known(), no.known());
                if yes.is(true) && no.is(true) {
                    test.known()
                } else {
                    Self::conditional(test, yes, no)
                }
            }
            // What errs only where an operand does.
            Kind::Apply(_, operands) if self.causes == union(&operands, |operand| &operand.causes) => Self {
                surely: self.surely,
                ..Self::and(operands.into_iter().map(Self::known).collect())
            },
            Kind::Bool(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Text(..)
            | Kind::Action
            | Kind::Named(_)
            | Kind::Apply(..) => {
                let asked = |value: Self| Self::apply(Operator::Known, vec![value]);
                each_branch(self.clone(), MAX_TAKEN_OUT, &asked).unwrap_or_else(|| asked(self))
            }
        }
    }

    /// A condition that stands behind others, which are asked for what can err in it.
    pub(super) fn behind(mut tests: Vec<Self>, condition: Self, surely: BTreeSet<String>) -> Self {
        if tests.is_empty() {
            return condition;
        }
        tests.push(condition);
        Self {
            surely,
            ..Self::and(tests)
        }
    }

    /// A value that is known, of operands that may err all the same.
    pub(super) fn settled(value: bool, operands: Vec<Self>) -> Self {
        let known: Vec<Self> = operands.into_iter().map(Self::known).collect();
        let known = Self::and(known);
        if value { known } else { known.not() }
    }
}

/// What keeps all of them from a value, and what the first can err for: nothing behind it has the value then.
fn first_or_all(terms: &[Term], of: impl Fn(&Term) -> &BTreeSet<String>) -> BTreeSet<String> {
    let Some(first) = terms.first() else {
        return BTreeSet::new();
    };
    let mut found = of(first).clone();
    for term in terms {
        found.retain(|cause| of(term).contains(cause));
    }
    found.extend(first.undefined_by_erring());
    found
}

fn copies(terms: &[Term]) -> usize {
    let copies = terms.iter().map(|term| term.copies);
    copies.fold(0, usize::saturating_add)
}

fn size(terms: &[Term]) -> usize {
    let sizes = terms.iter().map(|term| term.size);
    sizes.fold(1, usize::saturating_add)
}

fn union(terms: &[Term], of: impl Fn(&Term) -> &BTreeSet<String>) -> BTreeSet<String> {
    terms.iter().flat_map(|term| of(term).iter().cloned()).collect()
}

fn opposite(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        ">=" => "<",
        ">" => "<=",
        "<=" => ">",
        _ => return None,
    })
}

/// `f(if c then a else b)` as `if c then f(a) else f(b)`, where `c` can err: Cedar's condition errs with it.
pub(super) fn take_out(term: Term) -> Option<Term> {
    each_branch(term, MAX_TAKEN_OUT, &|term| term)
}

/// What is made of a term, for each of the branches in it that depend on what can err.
fn each_branch(term: Term, copies: u32, make: &dyn Fn(Term) -> Term) -> Option<Term> {
    let Some([test, yes, no]) = find_conditional(&term) else {
        return Some(make(term));
    };
    let copies = copies.checked_sub(1)?;
    Some(Term::conditional(
        test,
        each_branch(yes, copies, make)?,
        each_branch(no, copies, make)?,
    ))
}

/// Whether a value is a conditional of which a test can err, its own or one in its branches.
pub(super) fn depends_on_erring(value: &Term) -> bool {
    match &value.kind {
        Kind::If(parts) => parts[0].errs() || parts[1..].iter().any(depends_on_erring),
        Kind::Apply(_, operands) => operands.iter().any(depends_on_erring),
        Kind::Bool(_)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Text(..)
        | Kind::Action
        | Kind::Named(_) => false,
    }
}

/// The first conditional among the operands that depends on what can err, with the whole as it is for each of its branches.
fn find_conditional(term: &Term) -> Option<[Term; 3]> {
    let Kind::Apply(operator, operands) = &term.kind else {
        return None;
    };
    let with = |at: usize, operand: Term| {
        let mut operands = operands.clone();
        if let Some(place) = operands.get_mut(at) {
            *place = operand;
        }
        let whole = Term::apply(operator.clone(), operands);
        Term {
            causes: whole.causes.union(&term.causes).cloned().collect(),
            ..whole
        }
    };
    operands
        .iter()
        .enumerate()
        .find_map(|(at, operand)| match &operand.kind {
            Kind::If(parts) if depends_on_erring(operand) => {
                let [test, yes, no] = (**parts).clone();
                Some([test, with(at, yes), with(at, no)])
            }
            _ => {
                let [test, yes, no] = find_conditional(operand)?;
                Some([test, with(at, yes), with(at, no)])
            }
        })
}
