//! Terms to text.
//!
//! Cedar's `a && b` errs where `a` does, whatever `b` is; Dictum's `a and b` is false where `b` is, whatever `a` is. Both
//! are true of the same requests. So what is written depends on what is asked ([`Need`]): where it only matters when a
//! condition is true, the plain form says it. Where that is not enough, and an operand can err that another one stands behind,
//! `and then` and `or else` do, which go from left to right as Cedar does; unless what makes it err makes that one err too,
//! as two attributes of one entity do that nobody described.

use super::terms::{Kind, Level, Operator, Term};

/// What has to be as in Cedar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// When the condition is true. Where it is false in one language it may be undefined in the other.
    True,
    /// When it is false; it may be true in one language and undefined in the other.
    False,
    /// Both, and so when it is undefined.
    Both,
}

impl Need {
    fn opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Both => Self::Both,
        }
    }
}

/// A text, and how tightly it binds.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) level: Level,
}

impl Piece {
    fn new(text: impl Into<String>, level: Level) -> Self {
        Self {
            text: text.into(),
            level,
        }
    }

    /// In parentheses where it binds more loosely.
    pub(super) fn at_least(self, level: Level) -> String {
        if self.level >= level {
            self.text
        } else {
            format!("({})", self.text)
        }
    }
}

/// The text of a condition.
pub(super) fn write(term: &Term, need: Need) -> Piece {
    write_with(term, need, &mut |_| String::new())
}

/// The same with a text before each operand of the outermost `and` but the first, such as comments, which end their lines.
pub(super) fn write_with(term: &Term, need: Need, before: &mut dyn FnMut(&Term) -> String) -> Piece {
    if let Kind::And(items) = &term.kind {
        return and(items, need, before);
    }
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || write_alone(term, need))
}

fn write_alone(term: &Term, need: Need) -> Piece {
    match &term.kind {
        Kind::Bool(value) => Piece::new(value.to_string(), Level::Postfix),
        Kind::And(items) => and(items, need, &mut |_| String::new()),
        Kind::Or(items) => or(items, need),
        Kind::Not(operand) => {
            if let Kind::Apply(Operator::Known, operands) = &operand.kind {
                return known("!=", operands);
            }
            let operand = write(operand, need.opposite());
            Piece::new(format!("not {}", operand.at_least(Level::Sum)), Level::Not)
        }
        Kind::If(parts) => conditional(parts, need),
        Kind::Text(text, level) => Piece::new(text.clone(), *level),
        // What is left of them was settled, or is told as something that cannot be said.
        Kind::Action => Piece::new("action", Level::Postfix),
        Kind::Named(uid) => Piece::new(uid.to_string(), Level::Postfix),
        Kind::Apply(operator, operands) => apply(operator, operands),
    }
}

/// Whether the order of operands matters: where one errs, and one behind it can all the same be what settles the whole.
fn order_matters(items: &[Term], settling: bool) -> bool {
    items.iter().enumerate().any(|(number, item)| {
        let mut behind = items
            .iter()
            .skip(number + 1)
            .filter(|other| !is_never(other, settling));
        behind.any(|other| {
            !item
                .causes
                .is_subset(if settling { &other.untrue } else { &other.unfalse })
        })
    })
}

/// Whether a condition is known never to have a value.
fn is_never(term: &Term, value: bool) -> bool {
    match &term.kind {
        Kind::Bool(found) => *found != value,
        Kind::Apply(Operator::Known, _) => !value,
        Kind::Not(operand) => is_never(operand, !value),
        Kind::And(_)
        | Kind::Or(_)
        | Kind::If(_)
        | Kind::Text(..)
        | Kind::Action
        | Kind::Named(_)
        | Kind::Apply(..) => false,
    }
}

fn and(items: &[Term], need: Need, before: &mut dyn FnMut(&Term) -> String) -> Piece {
    let strict = need != Need::True && order_matters(items, false);
    let last = items.len().saturating_sub(1);
    let mut out = String::new();
    for (number, item) in items.iter().enumerate() {
        // Whether an operand that is not the last is false matters as much as whether it is true.
        let need = if strict && number < last { Need::Both } else { need };
        if number > 0 {
            let said = before(item);
            out.push_str(if said.is_empty() { " " } else { "\n" });
            out.push_str(&said);
            out.push_str(if strict { "and then " } else { "and " });
        }
        out.push_str(&write(item, need).at_least(Level::Not));
    }
    Piece::new(out, Level::And)
}

fn or(items: &[Term], need: Need) -> Piece {
    let strict = need != Need::False && order_matters(items, true);
    let last = items.len().saturating_sub(1);
    let each = items.iter().enumerate().map(|(number, item)| {
        let need = if strict && number < last { Need::Both } else { need };
        // An `and` binds more tightly than an `or`: it needs no parentheses.
        write(item, need).at_least(Level::And)
    });
    let word = if strict { " or else " } else { " or " };
    Piece::new(each.collect::<Vec<_>>().join(word), Level::Or)
}

fn conditional(parts: &[Term; 3], need: Need) -> Piece {
    let [test, yes, no] = parts;
    if !test.errs() {
        let (test, yes, no) = (write(test, Need::Both), write(yes, need), write(no, need));
        let (test, yes) = (test.at_least(Level::Otherwise), yes.at_least(Level::Otherwise));
        return Piece::new(format!("if {test} then {yes} else {}", no.text), Level::Whole);
    }
    // An `if` whose test is undefined has a value all the same, where both branches have it; Cedar's errs.
    let (no_test, test) = (test.clone().not(), test.clone());
    let written = if yes.is(true) {
        Term::or(vec![test, no.clone()])
    } else if yes.is(false) {
        Term::and(vec![no_test, no.clone()])
    } else if no.is(false) {
        Term::and(vec![test, yes.clone()])
    } else if no.is(true) {
        Term::or(vec![no_test, yes.clone()])
    } else {
        let (yes, no) = (
            Term::and(vec![test, yes.clone()]),
            Term::and(vec![no_test, no.clone()]),
        );
        if need == Need::True {
            // One of the two is not true, whatever it is: no order is needed.
            let (yes, no) = (
                write(&yes, need).at_least(Level::And),
                write(&no, need).at_least(Level::And),
            );
            return Piece::new(format!("{yes} or {no}"), Level::Or);
        }
        Term::or(vec![yes, no])
    };
    write(&written, need)
}

/// `a == a`, which is true or undefined.
fn known(symbol: &str, operands: &[Term]) -> Piece {
    let operand = operands.first();
    let operand = operand.map(|operand| write(operand, Need::Both).at_least(Level::Sum));
    let operand = operand.unwrap_or_default();
    Piece::new(format!("{operand} {symbol} {operand}"), Level::Comparison)
}

fn apply(operator: &Operator, operands: &[Term]) -> Piece {
    let value = |at: usize, level: Level| {
        operands
            .get(at)
            .map(|operand| write(operand, Need::Both).at_least(level))
            .unwrap_or_default()
    };
    let piece = |text: String, level| Piece { text, level };
    match operator {
        Operator::Negative => {
            let operand = value(0, Level::Postfix);
            piece(format!("-{operand}"), Level::Negative)
        }
        Operator::Binary(symbol, level) => {
            // Sums and products group to the left, and comparisons do not group.
            let (left, right) = match level {
                Level::Sum => (Level::Sum, Level::Product),
                Level::Product => (Level::Product, Level::Negative),
                _ => (Level::Sum, Level::Sum),
            };
            piece(format!("{} {symbol} {}", value(0, left), value(1, right)), *level)
        }
        Operator::Field(name) => piece(format!("{}.{name}", value(0, Level::Postfix)), Level::Postfix),
        Operator::Property(name) => piece(format!("{}.{name}", value(0, Level::Postfix)), Level::Postfix),
        Operator::Tag(tags) => piece(
            format!("{}.{tags}[{}]", value(0, Level::Postfix), value(1, Level::Whole)),
            Level::Postfix,
        ),
        Operator::Has(path) => piece(format!("{} has {path}", value(0, Level::Sum)), Level::Comparison),
        Operator::HasTag(tags) => piece(
            format!("{} has {tags}[{}]", value(0, Level::Sum), value(1, Level::Whole)),
            Level::Comparison,
        ),
        Operator::Like(pattern) => piece(
            format!("{} like {pattern}", value(0, Level::Sum)),
            Level::Comparison,
        ),
        Operator::Is(ty) => piece(format!("{} is {ty}", value(0, Level::Sum)), Level::Comparison),
        Operator::IsEmpty => piece(format!("{} is empty", value(0, Level::Sum)), Level::Comparison),
        Operator::Known => known("==", operands),
        Operator::Set => {
            let items: Vec<String> = (0..operands.len()).map(|at| value(at, Level::Whole)).collect();
            piece(format!("[{}]", items.join(", ")), Level::Postfix)
        }
        Operator::Record(names) => {
            let fields = names.iter().enumerate();
            let fields: Vec<String> = fields
                .map(|(at, name)| format!("{name}: {}", value(at, Level::Whole)))
                .collect();
            piece(format!("{{ {} }}", fields.join(", ")), Level::Postfix)
        }
    }
}
