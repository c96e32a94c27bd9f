//! Regular expressions, as the tables that they compile to.
//!
//! A table is a deterministic automaton over bytes that accepts exactly the texts that the expression matches as a whole: one
//! step for each byte, whatever the expression is. The compiler makes it; nothing here reads an expression.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// How many states a table may have: as many as a state's number can tell apart.
pub const MAX_REGEX_STATES: usize = 1 << 16;

/// How many bytes a table may take in memory.
pub const MAX_REGEX_BYTES: usize = 1 << 20;

/// How many bytes the tables of an artifact may take together, each counted as often as an expression has it.
pub const MAX_ALL_REGEX_BYTES: usize = 16 << 20;

/// How many bytes there are, and so how many classes at most.
const BYTES: usize = 256;

/// A regular expression with its automaton.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regex {
    /// As it was written; for people.
    pub pattern: Box<str>,
    /// For each byte, the class of bytes that it is of: 256 of them.
    pub classes: Box<[u8]>,
    /// How many classes there are.
    pub class_count: u16,
    /// The state after each state and class, row by row. State 0 is where no text is accepted any more.
    pub transitions: Box<[u16]>,
    /// For each state, whether the text may end there.
    pub accepting: Box<[bool]>,
    /// The state before the first byte.
    pub start: u16,
}

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegexFault {
    /// It has more states, or takes more bytes, than it may.
    TooLarge,
    /// It is not an automaton: a part of it has the wrong length, leads to a state that is not there, or out of state 0.
    Malformed,
}

/// Equal expressions have equal patterns, and the table follows from the pattern.
impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
    }
}

impl Regex {
    /// Whether the expression matches all of a text. One step for each byte of the text at most, and no memory; a table that
    /// is not valid gives some answer.
    ///
    /// ```
    /// use dictum_artifact::regex::Regex;
    /// // `a+`: in class 1 are all bytes `a`; from state 1 and from state 2 an `a` leads to state 2.
    /// let mut classes = [0; 256];
    /// classes[usize::from(b'a')] = 1;
    /// let some_a = Regex {
    ///     pattern: "a+".into(),
    ///     classes: classes.into(),
    ///     class_count: 2,
    ///     transitions: [0, 0, 0, 2, 0, 2].into(),
    ///     accepting: [false, false, true].into(),
    ///     start: 1,
    /// };
    /// assert_eq!(some_a.validate(), Ok(()));
    /// assert!(some_a.is_match("aaa") && !some_a.is_match("") && !some_a.is_match("ab"));
    /// ```
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let mut state = self.start;
        for byte in text.bytes() {
            let class = self.classes.get(usize::from(byte)).copied().unwrap_or_default();
            let at = usize::from(state) * usize::from(self.class_count) + usize::from(class);
            match self.transitions.get(at) {
                Some(0) | None => return false,
                Some(next) => state = *next,
            }
        }
        self.accepting
            .get(usize::from(state))
            .copied()
            .unwrap_or_default()
    }

    /// How many bytes the table takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.classes
            .len()
            .saturating_add(self.transitions.len().saturating_mul(2))
            .saturating_add(self.accepting.len())
    }

    /// Checks that the table is an automaton, and within its limits.
    ///
    /// # Errors
    /// What it is not.
    pub fn validate(&self) -> Result<(), RegexFault> {
        let (states, classes) = (self.accepting.len(), usize::from(self.class_count));
        if states > MAX_REGEX_STATES || self.bytes() > MAX_REGEX_BYTES {
            return Err(RegexFault::TooLarge);
        }
        let is_dead = |row: &[u16]| row.iter().all(|next| *next == 0);
        let is_automaton = self.classes.len() == BYTES
            && self.classes.iter().all(|class| usize::from(*class) < classes)
            && states.checked_mul(classes) == Some(self.transitions.len())
            && self.transitions.iter().all(|next| usize::from(*next) < states)
            && self.transitions.get(..classes).is_some_and(is_dead)
            && self.accepting.first() == Some(&false)
            && usize::from(self.start) < states
            && classes <= BYTES;
        if is_automaton {
            Ok(())
        } else {
            Err(RegexFault::Malformed)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::digits;

    #[test]
    fn whole_texts_are_matched() {
        let regex = digits();
        assert_eq!(regex.validate(), Ok(()));
        for (text, expected) in [
            ("7", true),
            ("007", true),
            ("", false),
            ("7a", false),
            ("a7", false),
            ("٣", false),
        ] {
            assert_eq!(regex.is_match(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_automaton() {
        let check = |change: &dyn Fn(&mut Regex), expected: RegexFault| {
            let mut regex = digits();
            change(&mut regex);
            assert_eq!(regex.validate(), Err(expected), "{regex:?}");
            // It answers for all that.
            let _ = regex.is_match("12 and more");
        };
        use RegexFault::{Malformed, TooLarge};
        check(&|r| r.classes = [0; 255].into(), Malformed);
        check(&|r| r.classes = [0; 257].into(), Malformed);
        check(&|r| r.classes[0] = 2, Malformed);
        check(&|r| r.class_count = 0, Malformed);
        check(&|r| r.class_count = 3, Malformed);
        check(&|r| r.transitions = [].into(), Malformed);
        check(&|r| r.transitions[5] = 3, Malformed);
        check(&|r| r.transitions[1] = 2, Malformed);
        check(&|r| r.accepting = [].into(), Malformed);
        check(&|r| r.accepting[0] = true, Malformed);
        check(&|r| r.start = 3, Malformed);
        check(&|r| r.transitions = vec![0; MAX_REGEX_BYTES / 2].into(), TooLarge);
        check(
            &|r| r.accepting = vec![false; MAX_REGEX_STATES + 1].into(),
            TooLarge,
        );
        let wide = |classes: u16| Regex {
            class_count: classes,
            transitions: vec![0; usize::from(classes)].into(),
            accepting: [false].into(),
            start: 0,
            ..digits()
        };
        assert_eq!(wide(256).validate(), Ok(()));
        assert_eq!(wide(257).validate(), Err(Malformed));
    }

    #[test]
    fn equal_expressions_are_found() {
        let mut known = HashSet::from([digits()]);
        assert!(!known.insert(digits()));
        assert!(known.insert(Regex { start: 2, ..digits() }));
    }

    proptest! {
        #[test]
        fn any_table_answers(
            classes: Vec<u8>,
            class_count: u16,
            transitions: Vec<u16>,
            accepting: Vec<bool>,
            start: u16,
            text: String,
        ) {
            let regex = Regex {
                pattern: "".into(),
                classes: classes.into(),
                class_count,
                transitions: transitions.into(),
                accepting: accepting.into(),
                start,
            };
            let _ = regex.is_match(&text);
            let _ = regex.validate();
        }
    }
}
