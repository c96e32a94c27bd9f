//! Names: those of [`dictum_artifact::naming`], and how they are read from tokens.

use std::borrow::Cow;

pub use dictum_artifact::naming::{
    is_bidirectional, is_built_in, is_hidden_control, is_invisible, is_joiner, is_plain, own, part, parts,
    plain, shown, split, text, written, written_path,
};

use crate::parser::literal::{Escapes, escape};

/// The text of a token that is a word, or a name between backticks. What is no escape is left as it is.
#[must_use]
pub fn of_token(token: &str) -> Cow<'_, str> {
    let Some(mut rest) = token.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else {
        return Cow::Borrowed(token);
    };
    if !rest.contains('\\') {
        return Cow::Borrowed(rest);
    }
    let mut out = String::with_capacity(rest.len());
    while let Some(c) = rest.chars().next() {
        let (c, length) = match c {
            '\\' => escape(rest, Escapes::Name).unwrap_or((c, 1)),
            _ => (c, c.len_utf8()),
        };
        out.push(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}
