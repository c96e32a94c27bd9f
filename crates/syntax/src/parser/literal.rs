//! The values of literals.

use dictum_artifact::expr::Pattern;
use dictum_artifact::value::{Decimal, Duration, LiteralError, Network, Timestamp};

use super::cursor::{Cursor, refuse};
use super::explain::shortened;
use super::{BAD_LITERAL, Built, Refusal, forms};
use crate::ast::{ExprKind, Text};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::source::Span;

/// The longest literal that a message quotes as a whole, in bytes.
const LONGEST: usize = 80;

impl<'a> Cursor<'a> {
    /// A text literal.
    pub(super) fn text(&mut self) -> Built<Text> {
        if self.kind() != Some(TokenKind::String) || !self.written().starts_with('"') {
            return Err(Refusal::Unexpected);
        }
        let value = self.text_after("")?;
        let span = self.advance();
        Ok(Text { value, span })
    }

    /// A text literal as a pattern, in which `*` stands for any text and `\*` for a star.
    pub(super) fn pattern(&mut self) -> Built<(Pattern, Span)> {
        if self.kind() != Some(TokenKind::String) || !self.written().starts_with('"') {
            return Err(Refusal::Unexpected);
        }
        let mut pieces = Vec::new();
        let mut piece = String::new();
        self.unescape("", Escapes::Pattern, |c, escaped| {
            if c == '*' && !escaped {
                pieces.push(std::mem::take(&mut piece).into_boxed_str());
            } else {
                piece.push(c);
            }
        })?;
        pieces.push(piece.into_boxed_str());
        Ok((Pattern(pieces), self.advance()))
    }

    /// The text of `r"…"`, in which a backslash is a backslash.
    pub(super) fn raw_text(&mut self) -> Built<Text> {
        if self.kind() != Some(TokenKind::String) {
            return Err(Refusal::Unexpected);
        }
        let inner = self.written().strip_prefix("r\"").ok_or(Refusal::Unexpected)?;
        let value = inner.strip_suffix('"').unwrap_or_default().to_owned();
        let span = self.advance();
        Ok(Text { value, span })
    }

    /// What is written at the next token, which is a number; it is not read yet.
    pub(super) fn number(&self) -> Built<&'a str> {
        if self.kind() != Some(TokenKind::Number) {
            return Err(Refusal::Unexpected);
        }
        Ok(self.written())
    }

    /// The value of a literal.
    pub(super) fn literal(&mut self) -> Built<ExprKind> {
        let written = self.written();
        let value = match (self.kind(), written.bytes().next()) {
            (Some(TokenKind::Number), _) => number(written, ""),
            (Some(TokenKind::String), Some(b'"')) => Ok(ExprKind::String(self.text_after("")?)),
            (Some(TokenKind::String), Some(b't')) => {
                Timestamp::parse(&self.text_after("time")?).map(ExprKind::Timestamp)
            }
            (Some(TokenKind::String), Some(b'i')) => {
                Network::parse(&self.text_after("ip")?).map(ExprKind::Ip)
            }
            (Some(TokenKind::Word), _) if matches!(written, "true" | "false") => {
                Ok(ExprKind::Bool(written == "true"))
            }
            _ => return Err(Refusal::Unexpected),
        };
        let span = self.advance();
        value.map_err(|LiteralError(mut message)| {
            // Messages quote the literal, which may be of any length.
            if written.len() > LONGEST {
                message = format!("`{}` is no value of its type", shortened(written));
            }
            let error = Diagnostic::error(BAD_LITERAL, span, message);
            refuse(match forms::literal(written, span) {
                Some(mend) => mend.of_token(error),
                None => error,
            })
        })
    }

    /// The next token as a number that has a value only with the `-` before it: the least of its type.
    pub(super) fn least(&self) -> Option<ExprKind> {
        let number = |sign| number(self.written(), sign).ok();
        if number("").is_some() { None } else { number("-") }
    }

    fn text_after(&self, prefix: &str) -> Built<String> {
        let mut value = String::with_capacity(self.written().len());
        self.unescape(prefix, Escapes::Text, |c, _| value.push(c))?;
        Ok(value)
    }

    /// The text of the next token, which is a name between backticks.
    pub(super) fn text_in_backticks(&self) -> Built<String> {
        let mut value = String::with_capacity(self.written().len());
        self.unescape("", Escapes::Name, |c, _| value.push(c))?;
        Ok(value)
    }

    /// Gives the characters between the quotes of the next token one by one, with whether each was escaped.
    fn unescape(&self, prefix: &str, escapes: Escapes, mut give: impl FnMut(char, bool)) -> Built<()> {
        let written = self.written().strip_prefix(prefix).unwrap_or_default();
        let inner = written
            .strip_prefix(escapes.quote())
            .and_then(|rest| rest.strip_suffix(escapes.quote()))
            .unwrap_or_default();
        let mut rest = inner;
        while let Some(c) = rest.chars().next() {
            if c != '\\' {
                give(c, false);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let length = match escape(rest, escapes) {
                Ok((c, length)) => {
                    give(c, true);
                    length
                }
                Err((message, length)) => {
                    let at = prefix.len() + 1 + (inner.len() - rest.len());
                    let (start, length) =
                        (u32::try_from(at).unwrap_or(0), u32::try_from(length).unwrap_or(0));
                    let place = self.place();
                    let start = place.start + start;
                    let span = Span {
                        end: start + length,
                        start,
                        ..place
                    };
                    let error = Diagnostic::error(BAD_LITERAL, span, message).with_help(match escapes {
                        Escapes::Text | Escapes::Pattern => {
                            "the escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}`"
                        }
                        Escapes::Name => {
                            "the escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `` \\` `` and `\\u{…}`"
                        }
                    });
                    return Err(refuse(error));
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

/// What escapes stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// A text.
    Text,
    /// A text with `\*`.
    Pattern,
    /// A name between backticks.
    Name,
}

impl Escapes {
    fn quote(self) -> char {
        match self {
            Self::Text | Self::Pattern => '"',
            Self::Name => '`',
        }
    }
}

/// The character of the escape at the start of a text, or what is wrong with it; and its length in bytes.
pub(crate) fn escape(text: &str, escapes: Escapes) -> Result<(char, usize), (String, usize)> {
    let letter = text.chars().nth(1).unwrap_or_default();
    match letter {
        'n' => Ok(('\n', 2)),
        't' => Ok(('\t', 2)),
        '"' | '\\' => Ok((letter, 2)),
        '`' if escapes == Escapes::Name => Ok(('`', 2)),
        '*' if escapes == Escapes::Pattern => Ok(('*', 2)),
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
