//! Names: how any text is written as one, and the full names that are made of several.
//!
//! A *full name* is what a tree holds of whatever a module can declare, or refer to: the parts of a path with dots between
//! them, `shop.orders.Order`. A part whose text is empty, or has a dot, a backtick or a backslash in it, stands between
//! backticks there, with a backslash before each backtick and backslash: `` shop.`v1.2` ``. All other parts are their text,
//! whatever characters that has. So different paths have different full names, and a full name can be taken apart again.
//!
//! What is called as a built-in type and belongs to no module stands between backticks too, if it was written so: `` `Ip` `` is
//! what the policy declares by that name, and `Ip` the built-in type.

use std::borrow::Cow;

use crate::schema::BUILT_IN_TYPES;

/// The words that are names only between backticks, in alphabetical order.
pub const KEYWORDS: [&str; 59] = [
    "action",
    "all",
    "allow",
    "always",
    "and",
    "any",
    "anyone",
    "anything",
    "because",
    "by",
    "const",
    "contains",
    "context",
    "count",
    "deny",
    "else",
    "empty",
    "entity",
    "enum",
    "exclusive",
    "false",
    "fixture",
    "fn",
    "for",
    "forbid",
    "given",
    "grant",
    "has",
    "held",
    "if",
    "in",
    "includes",
    "is",
    "like",
    "matches",
    "module",
    "never",
    "not",
    "obligation",
    "on",
    "or",
    "ordered",
    "otherwise",
    "permit",
    "principal",
    "principals",
    "resource",
    "role",
    "test",
    "then",
    "to",
    "true",
    "type",
    "unless",
    "until",
    "use",
    "using",
    "when",
    "with",
];

/// Whether a word is a keyword, and so a name only between backticks.
#[must_use]
pub fn is_keyword(word: &str) -> bool {
    let letter = match word.as_bytes().first() {
        Some(first @ b'a'..=b'z') => usize::from(first - b'a'),
        _ => return false,
    };
    let (start, end) = (FIRST_KEYWORDS[letter], FIRST_KEYWORDS[letter + 1]);
    let keywords = KEYWORDS.get(start..end).unwrap_or_default();
    keywords.contains(&word)
}

/// For each letter, where the keywords start that begin with it or a later one.
const FIRST_KEYWORDS: [usize; 27] = {
    let mut first = [KEYWORDS.len(); 27];
    let mut at = KEYWORDS.len();
    while at > 0 {
        at -= 1;
        let mut letter = (KEYWORDS[at].as_bytes()[0] - b'a') as usize + 1;
        while letter > 0 {
            letter -= 1;
            first[letter] = at;
        }
    }
    first
};

/// A name as it is written in a source: between backticks, where it is no plain one.
#[must_use]
pub fn written(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('`');
    for c in text.chars() {
        match c {
            '`' => out.push_str("\\`"),
            '\\' => out.push_str("\\\\"),
            c => push_escaped(&mut out, c),
        }
    }
    out.push('`');
    Cow::Owned(out)
}

/// A full name as it is written in a source.
#[must_use]
pub fn written_path(full: &str) -> String {
    if built_in_between_backticks(full).is_some() {
        return full.to_owned();
    }
    let parts: Vec<String> = parts(full)
        .map(|part| written(&text(part)).into_owned())
        .collect();
    parts.join(".")
}

/// A text on one line, with nothing in it that steers how it is shown: such characters are escapes.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_invisible(c) || c.is_control()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push_escaped(&mut out, c));
    Cow::Owned(out)
}

/// A character as it shows. What joins characters, as some scripts and emoji need it, is left behind them as it is.
fn push_escaped(out: &mut String, c: char) {
    let joins = |c: char| is_joiner(c) && out.ends_with(|before: char| !before.is_ascii());
    match c {
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if (is_invisible(c) || c.is_control()) && !joins(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Whether a character changes the direction in which what is around it is shown: the controls of Unicode's report #9.
#[must_use]
pub fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character joins or varies the one before it, as in the scripts that need that, and in emoji.
#[must_use]
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character is a control character, and neither a tab nor the end of a line.
#[must_use]
pub fn is_hidden_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\r' | '\n')
}

/// Whether a character does not show where it stands, or shows other characters elsewhere than they stand.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    is_bidirectional(c)
        || is_joiner(c)
        || is_hidden_control(c)
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a name needs no backticks.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_keyword(text)
}

/// Whether a name is that of a built-in type, as long as it is not written between backticks.
#[must_use]
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN_TYPES.contains(&name)
}

/// The text of a name as a part of a full name.
#[must_use]
pub fn part(text: &str) -> Cow<'_, str> {
    if !text.is_empty() && !text.contains(['.', '`', '\\']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("`{}`", text.replace('\\', "\\\\").replace('`', "\\`")))
}

/// The text of a part of a full name.
#[must_use]
pub fn text(part: &str) -> Cow<'_, str> {
    let Some(inner) = part.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else {
        return Cow::Borrowed(part);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut escaped = false;
    Cow::Owned(
        inner
            .chars()
            .filter(|c| {
                escaped = *c == '\\' && !escaped;
                !escaped
            })
            .collect(),
    )
}

/// The parts of a full name, as they stand in it.
pub fn parts(full: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(full);
    std::iter::from_fn(move || {
        let text = rest?;
        let dot = first_dot(text);
        rest = dot.and_then(|dot| text.get(dot + 1..));
        text.get(..dot.unwrap_or(text.len()))
    })
}

/// The module of a full name, and the last part; `None` where it has one part alone.
#[must_use]
pub fn split(full: &str) -> Option<(&str, &str)> {
    let own = parts(full).last()?;
    let module = full.strip_suffix(own)?.strip_suffix('.')?;
    Some((module, own))
}

/// The last part of a full name.
#[must_use]
pub fn own(full: &str) -> &str {
    split(full).map_or(full, |(_, own)| own)
}

/// A name without the backticks that tell it from a built-in type.
#[must_use]
pub fn plain(name: &str) -> &str {
    built_in_between_backticks(name).unwrap_or(name)
}

fn built_in_between_backticks(name: &str) -> Option<&str> {
    let inner = name.strip_prefix('`')?.strip_suffix('`')?;
    is_built_in(inner).then_some(inner)
}

/// The first dot that stands outside of backticks.
fn first_dot(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'`' => quoted = !quoted,
            b'.' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_written(text: &str, expected: &str) {
        assert_eq!(written(text), expected, "{text:?}");
    }

    #[test]
    fn names_as_they_are_written() {
        check_written("department", "department");
        check_written("x-request-id", "`x-request-id`");
        check_written("permit", "`permit`");
        check_written("1a", "`1a`");
        check_written("", "``");
        check_written("a\nb\tc\u{1b}", "`a\\nb\\tc\\u{1b}`");
        check_written("`\\\"é.", "`\\`\\\\\"é.`");
    }

    fn check_path(texts: &[&str], full: &str, source: &str) {
        let made: Vec<_> = texts.iter().map(|text| part(text)).collect();
        assert_eq!(made.join("."), full);
        let taken: Vec<_> = parts(full).map(|part| text(part).into_owned()).collect();
        assert_eq!(taken, texts);
        assert_eq!(written_path(full), source);
    }

    #[test]
    fn full_names() {
        check_path(&["a"], "a", "a");
        check_path(&["a", "b", "User"], "a.b.User", "a.b.User");
        check_path(&["a", "read it\n"], "a.read it\n", "a.`read it\\n`");
        check_path(
            &["a.b", "c`\\.", ""],
            "`a.b`.`c\\`\\\\.`.``",
            "`a.b`.`c\\`\\\\.`.``",
        );
        check_path(&["a", "permit"], "a.permit", "a.`permit`");
        assert_eq!(split("a.`b.c`"), Some(("a", "`b.c`")));
        assert_eq!(split("`a.b`"), None);
        assert_eq!(own("a.b.c"), "c");
    }

    #[test]
    fn names_of_built_in_types() {
        assert_eq!(written_path("`Ip`"), "`Ip`");
        assert_eq!(plain("`Ip`"), "Ip");
        assert_eq!(plain("`a.b`"), "`a.b`");
        assert_eq!(plain("Ip"), "Ip");
    }

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
        assert!(KEYWORDS.into_iter().all(is_keyword));
        for other in ["Permit", "permits", "a", "zone", "x", "", "_", "é"] {
            assert!(!is_keyword(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn full_names_are_taken_apart_again(texts in prop::collection::vec("[a.`\\\\\n]{0,4}", 1..4)) {
            let full = texts.iter().map(|text| part(text)).collect::<Vec<_>>().join(".");
            let taken: Vec<_> = parts(&full).map(|part| text(part).into_owned()).collect();
            prop_assert_eq!(taken, texts);
        }
    }
}
