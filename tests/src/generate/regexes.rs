//! Regular expressions, and texts that some of them match.

use super::rng::Rng;

/// Letters for texts and expressions: few, so that some match; of one to four bytes.
const LETTERS: [&str; 14] = [
    "a",
    "b",
    "b",
    "A",
    "1",
    "9",
    "-",
    " ",
    "é",
    "ß",
    "É",
    "٣",
    "€",
    "\u{1f600}",
];

/// Classes of letters.
const CLASSES: [&str; 14] = [
    ".",
    "[a-c]",
    "[^a]",
    "[A-Za-z0-9_-]",
    "[0-9]",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\p{Lu}",
    "\\p{L}",
    "[\\p{Greek}é]",
    "[^\\p{Ll}\\s]",
    "(?-u:[a-z])",
];

/// A regular expression without look-around, anchors and references, of a size whose automaton is small.
pub fn regex(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return atom(rng);
    }
    match rng.below(9) {
        0 | 1 => format!("{}|{}", regex(rng, depth - 1), regex(rng, depth - 1)),
        2..=4 => {
            let count = rng.between(2, 3);
            (0..count).map(|_| grouped(rng, depth - 1)).collect()
        }
        5 | 6 => {
            let times = rng.one(&["*", "+", "?", "{2}", "{1,3}", "{0,2}", "*?", "+?", "??", "{2,}"]);
            // A class that is repeated often is large.
            let inner = grouped(rng, (depth - 1).min(1));
            format!("{inner}{times}")
        }
        7 => format!("(?i:{})", regex(rng, depth - 1)),
        _ => format!("(?s:{})", regex(rng, depth - 1)),
    }
}

fn grouped(rng: &mut Rng, depth: usize) -> String {
    let inner = regex(rng, depth);
    if depth == 0 && !inner.is_empty() {
        inner
    } else if rng.chance(20) {
        format!("({inner})")
    } else {
        format!("(?:{inner})")
    }
}

fn atom(rng: &mut Rng) -> String {
    match rng.below(10) {
        0..=2 => rng.one(&CLASSES).to_owned(),
        3 => rng
            .one(&["\\.", "\\*", "\\\\", "\\n", "\\x{e9}", "\\u{1F600}"])
            .to_owned(),
        4 => String::new(),
        _ => rng.one(&LETTERS).to_owned(),
    }
}

/// A short text of these letters.
pub fn text(rng: &mut Rng) -> String {
    let count = rng.one(&[0, 1, 1, 2, 2, 3, 4, 6]);
    let mut text: String = (0..count).map(|_| rng.one(&LETTERS)).collect();
    if rng.chance(8) {
        text.push_str(rng.one(&["\n", "\\", ".", "*", "\"", "α"]));
    }
    text
}
