//! The values of literals.

use dictum_artifact::expr::Pattern;
use dictum_artifact::value::{Decimal, Duration, LiteralError, Network, Timestamp};

use super::build::Builder;
use super::explain::shortened;
use super::grammar::{Node, Rule};
use super::{BAD_LITERAL, Built};
use crate::ast::{ExprKind, Text};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The longest literal that a message quotes as a whole, in bytes.
const LONGEST: usize = 80;

impl Builder<'_> {
    /// A text literal.
    pub(super) fn text(&self, node: &Node<'_>) -> Built<Text> {
        Ok(Text {
            value: self.text_after(node, "")?,
            span: self.span(node),
        })
    }

    /// A text literal as a pattern, in which `*` stands for any text and `\*` for a star.
    pub(super) fn pattern(&self, node: &Node<'_>) -> Built<Pattern> {
        let mut pieces = Vec::new();
        let mut piece = String::new();
        self.unescape(node, "", true, |c, escaped| {
            if c == '*' && !escaped {
                pieces.push(std::mem::take(&mut piece).into_boxed_str());
            } else {
                piece.push(c);
            }
        })?;
        pieces.push(piece.into_boxed_str());
        Ok(Pattern(pieces))
    }

    /// The value of a literal.
    pub(super) fn literal(&self, node: &Node<'_>) -> Built<ExprKind> {
        let value = match node.as_rule() {
            Rule::kw_true => Ok(ExprKind::Bool(true)),
            Rule::kw_false => Ok(ExprKind::Bool(false)),
            Rule::timestamp => Timestamp::parse(&self.text_after(node, "time")?).map(ExprKind::Timestamp),
            Rule::ip => Network::parse(&self.text_after(node, "ip")?).map(ExprKind::Ip),
            Rule::number => number(node.as_str(), ""),
            _ => Ok(ExprKind::String(self.text_after(node, "")?)),
        };
        value.map_err(|LiteralError(mut message)| {
            // Messages quote the literal, which may be of any length.
            if node.as_str().len() > LONGEST {
                message = format!("`{}` is no value of its type", shortened(node.as_str()));
            }
            let error = Diagnostic::error(BAD_LITERAL, self.span(node), message);
            Box::new(error)
        })
    }

    /// A number that has a value only with the `-` before it: the least of its type.
    pub(super) fn least(&self, node: &Node<'_>) -> Option<ExprKind> {
        let number = |sign| number(node.as_str(), sign).ok();
        if number("").is_some() { None } else { number("-") }
    }

    fn text_after(&self, node: &Node<'_>, prefix: &str) -> Built<String> {
        let mut value = String::with_capacity(node.as_str().len());
        self.unescape(node, prefix, false, |c, _| value.push(c))?;
        Ok(value)
    }

    /// Gives the characters between the quotes one by one, with whether each was escaped.
    fn unescape(
        &self,
        node: &Node<'_>,
        prefix: &str,
        is_pattern: bool,
        mut give: impl FnMut(char, bool),
    ) -> Built<()> {
        let written = node.as_str().strip_prefix(prefix).unwrap_or_default();
        let inner = written
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or_default();
        let mut rest = inner;
        while let Some(c) = rest.chars().next() {
            if c != '\\' {
                give(c, false);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let length = match escape(rest, is_pattern) {
                Ok((c, length)) => {
                    give(c, true);
                    length
                }
                Err((message, length)) => {
                    let at = prefix.len() + 1 + (inner.len() - rest.len());
                    let (start, length) =
                        (u32::try_from(at).unwrap_or(0), u32::try_from(length).unwrap_or(0));
                    let start = self.span(node).start + start;
                    let span = Span {
                        end: start + length,
                        start,
                        ..self.span(node)
                    };
                    let error = Diagnostic::error(BAD_LITERAL, span, message)
                        .with_help("the escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}`");
                    return Err(Box::new(error));
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

/// The character of the escape at the start of a text, or what is wrong with it; and its length in bytes.
fn escape(text: &str, is_pattern: bool) -> Result<(char, usize), (String, usize)> {
    let letter = text.chars().nth(1).unwrap_or_default();
    match letter {
        'n' => Ok(('\n', 2)),
        't' => Ok(('\t', 2)),
        '"' | '\\' => Ok((letter, 2)),
        '*' if is_pattern => Ok(('*', 2)),
        '*' => Err(("`\\*` is a star only in the pattern of `like`".to_owned(), 2)),
        'u' => {
            let braced = text.get(2..).and_then(|rest| rest.strip_prefix('{'));
            let Some(digits) = braced
                .and_then(|rest| rest.split_once('}'))
                .map(|(digits, _)| digits)
            else {
                return Err((
                    "`\\u` is followed by a code point in braces, such as `\\u{e9}`".to_owned(),
                    2,
                ));
            };
            let hexadecimal =
                (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let c = hexadecimal
                .then(|| u32::from_str_radix(digits, 16).ok())
                .flatten()
                .and_then(char::from_u32);
            let length = digits.len() + 4;
            c.map(|c| (c, length))
                .ok_or_else(|| (format!("`{}` is not a code point", shortened(digits)), length))
        }
        _ => Err((format!("there is no escape `\\{letter}`"), 1 + letter.len_utf8())),
    }
}

/// The value of a number with a sign before it: with a point a decimal, with letters a duration, and else an integer.
fn number(written: &str, sign: &str) -> Result<ExprKind, LiteralError> {
    let groups = written
        .split('_')
        .all(|digits| !digits.is_empty() && !digits.starts_with('.') && !digits.ends_with('.'));
    let digits: String = [sign, written].concat().replace('_', "");
    if let Some((before, after)) = written.split_once(['e', 'E'])
        && !before.is_empty()
        && after.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(LiteralError(format!(
            "in `{written}`, `e` is no part of a number: there are no exponents"
        )));
    }
    if written.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Duration::parse(&[sign, written].concat()).map(ExprKind::Duration);
    }
    if !groups {
        return Err(LiteralError(format!(
            "in `{written}`, `_` does not stand between two digits"
        )));
    }
    if written.contains('.') {
        return Decimal::parse(&digits).map(ExprKind::Decimal);
    }
    digits.parse().map(ExprKind::Int).map_err(|_| {
        LiteralError(format!(
            "`{written}` does not fit an `Int` (at most {})",
            i64::MAX
        ))
    })
}
