//! Regular expressions to automata: what `matches` needs of an expression is settled here, once.
//!
//! The automaton is a dense DFA made by `regex-automata`, minimized, over bytes in classes, and anchored at both ends. What
//! it says of the end of a text is folded into its states, so that a table of transitions and a list of accepting states are
//! all that is left ([`dictum_artifact::regex`]).

use std::sync::Arc;

use dictum_artifact::regex::{MAX_ALL_REGEX_BYTES, Regex};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind, nfa::thompson};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{self, Assertion, AssertionKind, Ast};
use rustc_hash::FxHashMap;

/// How many bytes the automaton of one expression may take, and what making it may take.
const MAX_BYTES: usize = 1 << 20;

/// How deep an expression may be nested.
const MAX_NESTING: u32 = 64;

/// How many bytes may be filled to make all automata of a package together. One that turns out to be too large counts as
/// [`MAX_BYTES`] sixteen times, which is what may have been filled until then.
const MAX_EFFORT: usize = 1 << 30;

/// The expressions that were compiled, by their texts.
#[derive(Default)]
pub(crate) struct Regexes {
    known: FxHashMap<String, Result<Arc<Regex>, Fault>>,
    /// How many bytes their tables take.
    bytes: usize,
    /// How many bytes it took to make them.
    effort: usize,
    /// Whether it was said that there are too many.
    exhausted: bool,
}

/// Why an expression has no automaton.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It is no regular expression, or asks for what these do not have.
    Malformed {
        /// What is wrong.
        message: String,
        /// The likely mend.
        help: Option<String>,
        /// Where in the expression's text, in bytes.
        at: Option<(usize, usize)>,
        /// Whether it is an expression between `^` and `$`, without which it means the same here.
        anchored: bool,
    },
    /// Its automaton is too large.
    TooLarge,
    /// Those of the package together are.
    TooMany {
        /// Whether this is the first one that is too many.
        first: bool,
    },
}

impl Regexes {
    /// The automaton of an expression.
    pub(crate) fn compile(&mut self, pattern: &str) -> Result<Arc<Regex>, Fault> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        if self.bytes > MAX_ALL_REGEX_BYTES || self.effort > MAX_EFFORT {
            let first = !std::mem::replace(&mut self.exhausted, true);
            return Err(Fault::TooMany { first });
        }
        let compiled = compile(pattern, &mut self.effort).map(Arc::new);
        match &compiled {
            Ok(regex) => self.bytes = self.bytes.saturating_add(regex.bytes()),
            Err(Fault::TooLarge) => self.effort = self.effort.saturating_add(16 * MAX_BYTES),
            Err(Fault::Malformed { .. } | Fault::TooMany { .. }) => {}
        }
        self.known.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

/// Makes an automaton, and adds to the effort what making it took.
fn compile(pattern: &str, effort: &mut usize) -> Result<Regex, Fault> {
    let hir = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern)
        .map_err(|error| malformed(&error))?;
    if !hir.properties().look_set().is_empty() {
        return Err(looks_around(pattern, effort));
    }
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().nfa_size_limit(Some(8 * MAX_BYTES)))
        .build_from_hir(&hir)
        .map_err(|_| Fault::TooLarge)?;
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        // Not the match that a search would prefer, but whether there is one that takes the whole text.
        .match_kind(MatchKind::All)
        .minimize(false)
        .dfa_size_limit(Some(2 * MAX_BYTES))
        .determinize_size_limit(Some(16 * MAX_BYTES));
    let build = |config: dense::Config| dense::Builder::new().configure(config).build_from_nfa(&nfa).ok();
    let dfa = build(config.clone()).ok_or(Fault::TooLarge)?;
    *effort = effort.saturating_add(nfa.memory_usage() + 4 * dfa.memory_usage());
    // Minimizing takes time and memory that grow faster than the automaton, which is small for what people write.
    let dfa = if dfa.memory_usage() <= MAX_BYTES / 8 {
        build(config.minimize(true)).unwrap_or(dfa)
    } else {
        dfa
    };
    table(pattern, &dfa).ok_or(Fault::TooLarge)
}

/// The table of an automaton, its states numbered in the order in which they are reached, after the dead one; `None`
/// where there are too many.
fn table(pattern: &str, dfa: &dense::DFA<Vec<u32>>) -> Option<Regex> {
    let anchored = start::Config::new().anchored(Anchored::Yes);
    let start = dfa.start_state(&anchored).ok()?;
    let classes = dfa.byte_classes();
    let mut representatives: Vec<u8> = Vec::new();
    let mut class_of = vec![0_u8; 256];
    for byte in 0..=u8::MAX {
        let class = usize::from(classes.get(byte));
        class_of[usize::from(byte)] = classes.get(byte);
        if class == representatives.len() {
            representatives.push(byte);
        }
    }
    let mut numbers: FxHashMap<StateID, u16> = FxHashMap::default();
    let mut states: Vec<Option<StateID>> = vec![None];
    let mut number = |state: StateID, states: &mut Vec<Option<StateID>>| -> Option<u16> {
        if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
            return Some(0);
        }
        if let Some(number) = numbers.get(&state) {
            return Some(*number);
        }
        let number = u16::try_from(states.len()).ok()?;
        states.push(Some(state));
        numbers.insert(state, number);
        Some(number)
    };
    let start = number(start, &mut states)?;
    let mut transitions: Vec<u16> = vec![0; representatives.len()];
    let mut accepting = vec![false];
    let mut at = 1;
    while let Some(state) = states.get(at).copied() {
        let state = state?;
        for byte in &representatives {
            transitions.push(number(dfa.next_state(state, *byte), &mut states)?);
        }
        accepting.push(dfa.is_match_state(dfa.next_eoi_state(state)));
        if transitions.len() * size_of::<u16>() > MAX_BYTES {
            return None;
        }
        at += 1;
    }
    Some(Regex {
        pattern: pattern.into(),
        classes: class_of.into(),
        class_count: u16::try_from(representatives.len()).ok()?,
        transitions: transitions.into(),
        accepting: accepting.into(),
        start,
    })
}

fn malformed(error: &regex_syntax::Error) -> Fault {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(*error.span())),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(*error.span())),
        _ => (error.to_string(), None),
    };
    let message = if message.starts_with("exceed the maximum") {
        format!("it is nested deeper than {MAX_NESTING} levels")
    } else {
        message
    };
    let help = if message.contains("look-around") {
        Some("there is no look-around: ask two questions, and join them with `and`".to_owned())
    } else if message.contains("backreference") {
        Some("there are no references to groups: what matches takes one look at each letter".to_owned())
    } else {
        None
    };
    Fault::Malformed {
        message: format!("this regular expression cannot be read: {message}"),
        help,
        at: span.map(|span| (span.start.offset, span.end.offset)),
        anchored: false,
    }
}

/// Says that the first assertion in an expression has no place there.
fn looks_around(pattern: &str, effort: &mut usize) -> Fault {
    let tree = ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern);
    // `^a|b$` is not anchored at both ends as a whole.
    let is_one = matches!(tree, Ok(Ast::Concat(_)));
    let assertion = tree
        .ok()
        .and_then(|tree| ast::visit(&tree, FirstAssertion(None)).ok().flatten());
    let kind = assertion.as_ref().map(|assertion| &assertion.kind);
    let place = assertion.as_ref().map(|assertion| assertion.span);
    let written = place
        .and_then(|place| pattern.get(place.start.offset..place.end.offset))
        .unwrap_or_default();
    let help = match kind {
        Some(
            AssertionKind::StartLine | AssertionKind::StartText | AssertionKind::EndLine | AssertionKind::EndText,
        ) => format!("`matches` is about the whole text: leave `{written}` out, and write `.*` where anything may stand"),
        Some(
            AssertionKind::WordBoundary
            | AssertionKind::NotWordBoundary
            | AssertionKind::WordBoundaryStart
            | AssertionKind::WordBoundaryEnd
            | AssertionKind::WordBoundaryStartAngle
            | AssertionKind::WordBoundaryEndAngle
            | AssertionKind::WordBoundaryStartHalf
            | AssertionKind::WordBoundaryEndHalf,
        )
        | None => {
            "there are no boundaries: write the letters that may stand before and after, such as `(.*\\W)?word(\\W.*)?`".to_owned()
        }
    };
    let at = assertion.map(|assertion| (assertion.span.start.offset, assertion.span.end.offset));
    // Where only one end is anchored, leaving that out would make it mean something else.
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    let anchored = is_one
        && inner.is_some_and(|inner| match compile(inner, effort) {
            Ok(_) => true,
            Err(Fault::TooLarge) => {
                *effort = effort.saturating_add(16 * MAX_BYTES);
                false
            }
            Err(Fault::Malformed { .. } | Fault::TooMany { .. }) => false,
        });
    Fault::Malformed {
        message: format!("`{written}` has no place in this regular expression"),
        help: Some(help),
        at,
        anchored,
    }
}

/// Looks for the first assertion in the tree of an expression.
struct FirstAssertion(Option<Assertion>);

impl ast::Visitor for FirstAssertion {
    type Output = Option<Assertion>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, part: &Ast) -> Result<(), Self::Err> {
        if let (None, Ast::Assertion(assertion)) = (&self.0, part) {
            self.0 = Some((**assertion).clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(regex: &Regex, text: &str) -> bool {
        let mut state = usize::from(regex.start);
        for byte in text.bytes() {
            let class = usize::from(regex.classes[usize::from(byte)]);
            state = usize::from(regex.transitions[state * usize::from(regex.class_count) + class]);
        }
        regex.accepting[state]
    }

    #[test]
    fn the_whole_text_is_matched() {
        let check = |pattern: &str, yes: &[&str], no: &[&str]| {
            let regex = compile(pattern, &mut 0).unwrap();
            for text in yes {
                assert!(run(&regex, text), "{pattern} {text:?}");
            }
            for text in no {
                assert!(!run(&regex, text), "{pattern} {text:?}");
            }
        };
        check("abc", &["abc"], &["", "ab", "abcd", "xabc", "ABC"]);
        check("", &[""], &["a"]);
        check("a|ab", &["a", "ab"], &["abb", ""]);
        check(
            "[a-z]+-[0-9]{2,4}",
            &["ab-12", "z-0000"],
            &["ab-1", "AB-12", "ab-12 "],
        );
        check("(?i)straße", &["Straße", "STRAßE"], &["strasse"]);
        check(".*\\.pdf", &["a.pdf", ".pdf"], &["a.pdf\n", "a\nb.pdf", "pdf"]);
        check("(?s).*x", &["a\nx"], &["a\n"]);
        check("\\p{Lu}\\d", &["Ä1", "A٣"], &["ä1"]);
        check(".", &["ä", "😀"], &["", "ab"]);
    }

    #[test]
    fn what_is_refused() {
        let check = |pattern: &str, part: &str| match compile(pattern, &mut 0) {
            Err(Fault::Malformed { message, .. }) => assert!(message.contains(part), "{message}"),
            other => panic!("{pattern}: {other:?}"),
        };
        check("(", "unclosed group");
        check("a{3,2}", "invalid");
        check("^a", "`^`");
        check("a$", "`$`");
        check("\\bword\\b", "`\\b`");
        check("(?=a)b", "look-around");
        check("(a)\\1", "backreference");
        assert!(matches!(compile("[01]*1[01]{20}", &mut 0), Err(Fault::TooLarge)));
        assert!(compile(&"(".repeat(100), &mut 0).is_err());
    }
}
