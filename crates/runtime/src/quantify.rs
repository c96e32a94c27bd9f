//! Quantifiers: an expression's value for one element of a set, or value of a map, after another.
//!
//! The element that a quantifier looks at stands on the stack, linked to those of the quantifiers around it. Where a set
//! is written out, its parts are evaluated wherever they are looked at, in a body too; they mean the same there, because
//! validation leaves no body with a quantifier of a level that has an element already.

use dictum_artifact::expr::ExprId;

use crate::evaluate::Evaluation;
use crate::names::Symbol;
use crate::sets::Set;
use crate::values::Value;

/// The element that a quantifier looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'r> {
    level: u32,
    element: Value,
    /// That of the next quantifier around.
    outer: Option<&'r Binding<'r>>,
}

/// What a quantifier looks at; no more than it may.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Domain<'r> {
    /// The elements of a set.
    Set(Set<'r>),
    /// The values of a map.
    Map(&'r [(Symbol, Value)]),
}

impl<'r> Evaluation<'r> {
    /// The element that a variable stands for.
    pub(crate) fn variable(&self, level: u32) -> Option<Value> {
        let mut binding = self.bindings;
        while let Some(Binding {
            level: of,
            element,
            outer,
        }) = binding
        {
            if *of == level {
                return Some(*element);
            }
            binding = *outer;
        }
        None
    }

    /// `any x in over: body`.
    pub(crate) fn any(&self, level: u32, over: ExprId, body: ExprId, most: u32) -> Option<bool> {
        self.instances(level, over, body, most, true)
    }

    /// `all x in over: body`.
    pub(crate) fn all(&self, level: u32, over: ExprId, body: ExprId, most: u32) -> Option<bool> {
        self.instances(level, over, body, most, false)
    }

    /// `settling` where an instance is that; else undefined where one is; else the other truth value.
    fn instances(&self, level: u32, over: ExprId, body: ExprId, most: u32, settling: bool) -> Option<bool> {
        let mut result = Some(!settling);
        for element in self.each(self.domain(over, most)?) {
            match self.instance(level, element, body) {
                Some(truth) if truth == settling => return Some(settling),
                Some(_) => {}
                None => result = None,
            }
        }
        result
    }

    /// `count x in over: body`.
    pub(crate) fn count(&self, level: u32, over: ExprId, body: ExprId, most: u32) -> Option<Value> {
        let mut count = 0_i64;
        for element in self.each(self.domain(over, most)?) {
            count += i64::from(self.instance(level, element, body)?);
        }
        Some(Value::int(count))
    }

    /// The truth of a body for an element.
    fn instance(&self, level: u32, element: Value, body: ExprId) -> Option<bool> {
        self.within(level, element, |inner| inner.truth(body))
    }

    /// What can be said where a variable stands for an element.
    pub(crate) fn within<T>(&self, level: u32, element: Value, look: impl FnOnce(&Evaluation<'_>) -> T) -> T {
        let outer: Evaluation<'_> = *self;
        let binding = Binding {
            level,
            element,
            outer: outer.bindings,
        };
        look(&Evaluation {
            bindings: Some(&binding),
            ..outer
        })
    }

    /// What a quantifier looks at; `None` where it is undefined, or has more elements than it may.
    pub(crate) fn domain(&self, over: ExprId, most: u32) -> Option<Domain<'r>> {
        let value = self.value(over)?;
        let (domain, listed) = if let Value::Map(map) = value {
            (Domain::Map(self.arenas.entries(map)), map.len())
        } else {
            let set = self.as_set(value)?;
            (Domain::Set(set), set.listed())
        };
        let most = most as usize;
        // Of those listed, some may be the same.
        (listed <= most || self.size(value)? <= most).then_some(domain)
    }

    /// The elements, each once.
    pub(crate) fn each<'e>(&'e self, domain: Domain<'r>) -> impl Iterator<Item = Value> + use<'e, 'r> {
        type Parts<'p> = (&'p [Value], &'p [ExprId], &'p [(Symbol, Value)]);
        let (settled, computed, entries): Parts<'r> = match domain {
            Domain::Set(Set::Settled(items)) => (items, &[], &[]),
            Domain::Set(Set::Computed(items)) => (&[], items, &[]),
            Domain::Map(entries) => (&[], &[], entries),
        };
        settled
            .iter()
            .copied()
            .chain(self.different(computed))
            .chain(entries.iter().map(|(_, value)| *value))
    }
}

#[cfg(test)]
mod tests {
    use dictum_artifact::dag::Effect;
    use dictum_artifact::expr::{Arithmetic, Comparison, Expr, Property, Quantifier};

    use crate::testing::*;

    /// What a condition makes of Ann, who is described, reading the plan, which is described.
    fn known(condition: Tree) -> Option<bool> {
        ask(condition, "plan")
    }

    fn ask(condition: Tree, document: &str) -> Option<bool> {
        let store = store(&[(Effect::Permit, condition)]);
        let bound = store.bind(&request("ann", document)).unwrap();
        let (plan, evaluation) = bound.question().unwrap();
        let root = plan.candidates[0].clauses[0].unwrap();
        let truth = evaluation.truth(root);
        assert_eq!(bound.decide().allowed, truth == Some(true));
        assert_eq!(bound.trace().rules[0].clauses[0].truth.known(), truth);
        truth
    }

    fn labels() -> Tree {
        attribute(resource(), LABELS)
    }

    fn pairs() -> Tree {
        attribute(resource(), PAIRS)
    }

    /// `3`, which no set of constants is made of.
    fn level() -> Tree {
        attribute(resource(), LEVEL)
    }

    fn any(over: Tree, body: Tree) -> Tree {
        quantified(Quantifier::Any, 0, over, body)
    }

    fn all(over: Tree, body: Tree) -> Tree {
        quantified(Quantifier::All, 0, over, body)
    }

    fn count(over: Tree, body: Tree) -> Tree {
        quantified(Quantifier::Count, 0, over, body)
    }

    fn at_most(most: u32, over: Tree) -> Tree {
        quantified_most(Quantifier::All, 0, over, bool(true), most)
    }

    fn less(a: Tree, b: Tree) -> Tree {
        Tree::new([a, b], |[a, b]| Expr::Compare(Comparison::Less, a, b))
    }

    fn choose(condition: Tree, yes: Tree, no: Tree) -> Tree {
        Tree::new([condition, yes, no], |[condition, yes, no]| {
            Expr::If(condition, yes, no)
        })
    }

    #[test]
    fn sets_of_data_are_looked_through() {
        let is = |label: &str| equal(element(0, STRING), text(label));
        assert_eq!(known(any(labels(), is("b"))), Some(true));
        assert_eq!(known(any(labels(), is("c"))), Some(false));
        assert_eq!(known(all(labels(), is("b"))), Some(false));
        assert_eq!(
            known(all(labels(), matches_letters(element(0, STRING)))),
            Some(true)
        );
        assert_eq!(known(equal(count(labels(), is("b")), int(1))), Some(true));
        assert_eq!(known(equal(count(labels(), bool(true)), int(2))), Some(true));
        // Nobody describes the memo.
        assert_eq!(ask(any(labels(), bool(false)), "memo"), None);
        assert_eq!(ask(equal(count(labels(), bool(true)), int(0)), "memo"), None);
    }

    #[test]
    fn instances_are_joined_as_kleene_says() {
        let overflow = || {
            let sum = Tree::new([int(i64::MAX), int(1)], |[a, b]| {
                Expr::Arithmetic(Arithmetic::Add, a, b)
            });
            equal(sum, int(0))
        };
        let truths = [
            (bool(true), Some(true)),
            (bool(false), Some(false)),
            (overflow(), None),
        ];
        let join = |items: &[Option<bool>], settling: bool| {
            if items.contains(&Some(settling)) {
                Some(settling)
            } else if items.contains(&None) {
                None
            } else {
                Some(!settling)
            }
        };
        for (a, x) in &truths {
            for (b, y) in &truths {
                for (c, z) in &truths {
                    let is = |n: i64| equal(element(0, INT), int(n));
                    let body = choose(is(1), a.clone(), choose(is(2), b.clone(), c.clone()));
                    let over = || set(INT, [int(1), int(2), level()]);
                    let items = [*x, *y, *z];
                    assert_eq!(known(any(over(), body.clone())), join(&items, true), "{items:?}");
                    assert_eq!(known(all(over(), body.clone())), join(&items, false), "{items:?}");
                    let trues = items.iter().filter(|truth| **truth == Some(true)).count();
                    let is_count = (!items.contains(&None)).then_some(true);
                    let counted = equal(count(over(), body), int(i64::try_from(trues).unwrap()));
                    assert_eq!(known(counted), is_count, "{items:?}");
                }
            }
        }
        for (quantifier, empty) in [(Quantifier::Any, false), (Quantifier::All, true)] {
            let of_none = quantified(quantifier, 0, set(INT, []), overflow());
            assert_eq!(known(of_none), Some(empty));
        }
    }

    #[test]
    fn fields_of_elements_may_be_absent() {
        let note = || field(element(0, PAIR), 1);
        assert_eq!(known(any(pairs(), equal(note(), text("one")))), Some(true));
        assert_eq!(known(any(pairs(), equal(note(), text("two")))), None);
        let has_note = Tree::new([element(0, PAIR)], |[of]| Expr::HasField { of, index: 1 });
        assert_eq!(known(equal(count(pairs(), has_note), int(1))), Some(true));
    }

    #[test]
    fn maps_are_looked_through_by_value() {
        let tags = || attribute(resource(), TAGS);
        let is = |value: &str| equal(element(0, STRING), text(value));
        assert_eq!(known(any(tags(), is("x"))), Some(true));
        assert_eq!(known(any(tags(), is("a"))), Some(false));
        // Two keys with one value count twice.
        let limits = || map(INT, [("day", int(1)), ("night", int(1)), ("noon", int(2))]);
        let ones = count(limits(), equal(element(0, INT), int(1)));
        assert_eq!(known(equal(ones, int(2))), Some(true));
        let read = |key: Tree| Tree::new([limits(), key], |[map, key]| Expr::Lookup { map, key });
        assert_eq!(known(equal(read(text("noon")), int(2))), Some(true));
        assert_eq!(known(equal(read(attribute(principal(), NAME)), int(2))), None);
        let same = map(INT, [("a", int(1))]);
        assert_eq!(known(equal(limits(), limits())), Some(true));
        assert_eq!(known(equal(limits(), same)), Some(false));
        assert_eq!(known(equal(map(STRING, [("a", text("x"))]), tags())), Some(true));
    }

    #[test]
    fn elements_that_are_equal_count_once() {
        let over = set(INT, [level(), int(3), int(4), level()]);
        assert_eq!(known(equal(count(over, bool(true)), int(2))), Some(true));
    }

    #[test]
    fn more_elements_than_may_be_looked_at_are_undefined() {
        assert_eq!(known(at_most(2, labels())), Some(true));
        assert_eq!(known(at_most(1, labels())), None);
        assert_eq!(known(at_most(0, attribute(resource(), TAGS))), None);
        // Of what is written out, equal elements count once.
        let chosen = |other: Tree| {
            choose(
                equal(level(), int(3)),
                set(INT, [level(), other]),
                set(INT, [level()]),
            )
        };
        assert_eq!(known(at_most(1, chosen(int(3)))), Some(true));
        assert_eq!(known(at_most(1, chosen(int(4)))), None);
    }

    #[test]
    fn variables_mean_the_element_of_their_own_quantifier() {
        let outer = || element(0, STRING);
        let inner = || element(1, STRING);
        let name = || attribute(principal(), NAME);
        // `any x in labels: all y in labels: y == x or y == "a"`
        let or = |a: Tree, b: Tree| Tree::new([a, b], |ids| Expr::Or(ids.to_vec()));
        let body = or(equal(inner(), outer()), equal(inner(), text("a")));
        let nested = quantified(Quantifier::All, 1, labels(), body);
        assert_eq!(known(any(labels(), nested)), Some(true));
        // Sets that are written out in a body are made of the element.
        let contains = |set: Tree, item: Tree| Tree::new([set, item], |[a, b]| Expr::Contains(a, b));
        let pair = || set(STRING, [outer(), name()]);
        assert_eq!(known(all(labels(), contains(pair(), outer()))), Some(true));
        let second = quantified(Quantifier::Any, 1, pair(), equal(inner(), text("b")));
        assert_eq!(known(equal(count(labels(), second), int(1))), Some(true));
        // An element that is such a set means the same in the next body.
        let sets = || set(LABEL_SET, [pair(), set(STRING, [text("z")])]);
        let of_sets = |body: Tree| quantified(Quantifier::Any, 1, sets(), body);
        let both = Tree::new(
            [
                contains(element(1, LABEL_SET), outer()),
                equal(
                    Tree::new([element(1, LABEL_SET)], |[a]| Expr::Property(Property::Size, a)),
                    int(2),
                ),
            ],
            |ids| Expr::And(ids.to_vec()),
        );
        assert_eq!(known(all(labels(), of_sets(both))), Some(true));
        let innermost = quantified(
            Quantifier::Any,
            2,
            element(1, LABEL_SET),
            equal(element(2, STRING), text("Ann")),
        );
        assert_eq!(known(all(labels(), of_sets(innermost))), Some(true));
        let equal_sets = equal(element(1, LABEL_SET), set(STRING, [name(), outer()]));
        assert_eq!(known(all(labels(), of_sets(equal_sets))), Some(true));
    }

    #[test]
    fn a_quantifier_in_the_set_of_another() {
        let large = any(labels(), equal(element(0, STRING), text("b")));
        let chosen = choose(large, set(INT, [level(), int(1)]), set(INT, [int(9)]));
        assert_eq!(known(any(chosen, less(element(0, INT), int(2)))), Some(true));
        let counted = count(labels(), bool(true));
        let computed = set(INT, [counted, int(7)]);
        assert_eq!(known(any(computed, equal(element(0, INT), int(2)))), Some(true));
    }
}
