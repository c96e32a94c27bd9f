//! What can be said of a declaration's tokens before it is parsed: characters of no token, brackets that do not match,
//! and nesting that is too deep for what reads it afterwards.

use super::explain::shortened;
use super::repair::{Mend, edit};
use super::{BAD_TOKEN, TOO_DEEP, UNBALANCED, forms, habits};
use crate::ast::{MAX_DEPTH, MAX_PATH};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::naming::is_invisible;
use crate::source::{SourceId, Span};

/// The first fault of a declaration's tokens. `next` is the token after them.
pub(super) fn fault(
    text: &str,
    source: SourceId,
    tokens: &[Token],
    next: Option<&Token>,
) -> Option<Diagnostic> {
    let place = |token: &Token| Span {
        source,
        start: token.start,
        end: token.end,
    };
    if let Some(at) = tokens.iter().position(|token| token.kind == TokenKind::Unknown) {
        return Some(unknown(text, source, tokens, at));
    }
    let mut nesting = Nesting::default();
    for token in tokens {
        match nesting.read(token, text) {
            Ok(()) => {}
            Err(Fault::TooDeep) => return Some(too_deep(place(token))),
            Err(Fault::Mismatch(opener)) => {
                let (open, found) = (opener.text(text), token.text(text));
                let message = format!("expected `{}` to close `{open}`, found `{found}`", closer(open));
                let diagnostic = Diagnostic::error(UNBALANCED, place(token), message);
                return Some(diagnostic.with_related(place(&opener), format!("`{open}` is opened here")));
            }
        }
    }
    let opener = nesting.innermost_bracket()?;
    let open = opener.text(text);
    let diagnostic = Diagnostic::error(UNBALANCED, place(&opener), format!("this `{open}` is not closed"))
        .with_help(format!("write `{}` where it ends", closer(open)));
    Some(match next {
        Some(next) => diagnostic.with_related(place(next), "the next declaration starts here"),
        None => diagnostic,
    })
}

/// The error of nesting deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(
        TOO_DEEP,
        span,
        format!("this is nested deeper than {MAX_DEPTH} levels"),
    )
    .with_help("split it; chains of `and` and `or` may be of any length")
}

/// The error of a path of more than [`MAX_PATH`] names.
pub(super) fn too_long_a_path(span: Span) -> Diagnostic {
    let message = format!("this path has more than {MAX_PATH} names");
    Diagnostic::error(TOO_DEEP, span, message).with_help("a path names a module and what is declared there")
}

fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// What to say of the unknown token at a place among these.
pub(super) fn unknown(text: &str, source: SourceId, tokens: &[Token], at: usize) -> Diagnostic {
    let behind = tokens.get(at..).unwrap_or_default();
    let first = behind.first().map_or("", |token| token.text(text));
    let (mut start, mut end) = behind.first().map_or((0, 0), |token| (token.start, token.end));
    // The same character again, directly after, as in `&&`.
    for token in behind.iter().skip(1) {
        if token.start != end || token.text(text) != first {
            break;
        }
        end = token.end;
    }
    let adjacent = behind
        .get(1)
        .filter(|token| token.start == end)
        .map_or("", |token| token.text(text));
    let character = first
        .trim_start_matches(char::is_alphabetic)
        .chars()
        .next()
        .or(first.chars().next());
    let character = character.unwrap_or_default();
    let written = text.get(start as usize..end as usize).unwrap_or_default();
    if character.is_control() || character.is_whitespace() || is_invisible(character) {
        start = end.saturating_sub(u32::try_from(written.len()).unwrap_or(0));
    }
    let place = Span { source, start, end };
    let words = Words { text, tokens, at };
    if matches!(character, '\'' | '‘' | '’' | '“' | '”') {
        return quoted(&words, place);
    }
    if let Some(error) = comment(&words, place, adjacent).or_else(|| address(&words, place)) {
        return error;
    }
    let (message, mend) = unknown_character(&words, place, character);
    mend.of_token(Diagnostic::error(BAD_TOKEN, place, message))
}

/// The tokens around an unknown one.
struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Words<'_> {
    fn before(&self, n: usize) -> Option<&Token> {
        self.at.checked_sub(n).and_then(|before| self.tokens.get(before))
    }

    fn written_before(&self, n: usize) -> &str {
        self.before(n).map_or("", |token| token.text(self.text))
    }

    /// A word in the place of what is there, with a space to each side that has none.
    fn word(&self, place: Span, word: &str) -> String {
        let is_part = |c: char| !c.is_whitespace();
        let before = self.text.get(..place.start as usize).unwrap_or_default();
        let after = self.text.get(place.end as usize..).unwrap_or_default();
        let left = if before.ends_with(is_part) { " " } else { "" };
        let right = if after.starts_with(is_part) { " " } else { "" };
        format!("{left}{word}{right}")
    }

    /// Whether a quantifier stands before the token.
    fn quantifies(&self) -> bool {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        before
            .iter()
            .any(|token| matches!(token.text(self.text), "any" | "all" | "count"))
    }

    /// Whether the token stands in braces.
    fn in_braces(&self) -> bool {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        let depth = before
            .iter()
            .fold(0_i64, |depth, token| match token.text(self.text) {
                "{" => depth + 1,
                "}" => depth - 1,
                _ => depth,
            });
        depth > 0
    }
}

/// `/* … */`
fn comment(words: &Words<'_>, place: Span, adjacent: &str) -> Option<Diagnostic> {
    let rest = words.text.get(place.start as usize..)?;
    if adjacent != "*" || !rest.starts_with("/*") {
        return None;
    }
    let open = Span {
        end: place.start + 2,
        ..place
    };
    let line = rest.lines().next().unwrap_or_default();
    let mend = Mend::says("write `//` before each line");
    // The end of a comment that ends its line.
    let text = line
        .trim_end()
        .strip_suffix("*/")
        .filter(|text| text.len() >= 2 && !text.contains("*/"));
    let mend = match text {
        Some(text) => {
            let end = |text: &str| place.start + u32::try_from(text.len()).unwrap_or(0);
            let close = Span {
                start: end(text.trim_end()),
                end: end(line.trim_end()),
                ..place
            };
            mend.doing("write `//`", vec![edit(open, "//"), edit(close, "")])
        }
        None => mend,
    };
    let error = Diagnostic::error(BAD_TOKEN, open, "there are no comments of this kind");
    Some(mend.of_token(error))
}

/// `10.0.0.0/8` without quotes, at its `/`.
fn address(words: &Words<'_>, place: Span) -> Option<Diagnostic> {
    let is_part = |token: &Token| token.kind == TokenKind::Number || token.text(words.text) == ".";
    let mut start = place.start;
    for token in words.tokens.get(..words.at)?.iter().rev() {
        if token.end != start || !is_part(token) {
            break;
        }
        start = token.start;
    }
    let prefix = words.tokens.get(words.at + 1)?;
    let place = Span {
        start,
        end: prefix.end,
        ..place
    };
    let mend = forms::address_between_quotes(words.text, place)?;
    let error = Diagnostic::error(BAD_TOKEN, place, "an address stands between quotes");
    Some(mend.of_token(error))
}

/// A text between quotes of another kind.
fn quoted(words: &Words<'_>, place: Span) -> Diagnostic {
    let rest = words.text.get(place.start as usize..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let opening = line.chars().next().unwrap_or_default();
    let inner = line.get(opening.len_utf8()..).unwrap_or_default();
    let is_closing = |c: char| match opening {
        '\'' => c == '\'',
        _ => matches!(c, '‘' | '’' | '“' | '”'),
    };
    let message = "a text stands between double quotes";
    let mend = Mend::says("write `\"…\"`");
    let Some((content, closing)) = inner
        .find(is_closing)
        .and_then(|at| Some((inner.get(..at)?, inner.get(at..)?.chars().next()?)))
    else {
        return mend.of_token(Diagnostic::error(BAD_TOKEN, place, message));
    };
    let length = opening.len_utf8() + content.len() + closing.len_utf8();
    let place = Span {
        end: place.start + u32::try_from(length).unwrap_or(0),
        ..place
    };
    let mend = if content.contains(['"', '\\']) {
        mend
    } else {
        let text = format!("\"{content}\"");
        mend.doing(format!("write `{}`", shortened(&text)), vec![edit(place, text)])
    };
    mend.of_token(Diagnostic::error(BAD_TOKEN, place, message))
}

/// What to say of a character that starts no token, and its mend.
fn unknown_character(words: &Words<'_>, place: Span, character: char) -> (String, Mend) {
    let written = words
        .text
        .get(place.start as usize..place.end as usize)
        .unwrap_or_default();
    let no_operator = || format!("there is no operator `{}`", shortened(written));
    let declared = words.tokens.first().map_or("", |token| token.text(words.text));
    match character {
        '"' => (
            "this text is not closed on its line".to_owned(),
            Mend::says("a text ends with `\"`, and a line break in it is `\\n`"),
        ),
        '`' => (
            "this name is not closed on its line".to_owned(),
            Mend::says("a name that starts with a backtick ends with one"),
        ),
        '&' => (
            no_operator(),
            Mend::writes("write `and`", place, words.word(place, "and")),
        ),
        // Others write `any x in s | e`.
        '|' if written.len() == 1 && words.quantifies() => (
            no_operator(),
            Mend::says("write `or`, or `:` before the condition of an `any` or `all`"),
        ),
        '|' => (
            no_operator(),
            Mend::writes("write `or`", place, words.word(place, "or")),
        ),
        '!' => (
            "there is no operator `!`".to_owned(),
            Mend::says("write `not`, or `!=` to compare").doing(
                "write `not`",
                vec![edit(place, words.word(place, "not").trim_start())],
            ),
        ),
        ';' => {
            let (title, text) = if words.in_braces() {
                ("write `,`", ",")
            } else {
                ("remove the `;`", "")
            };
            (
                "there is no `;`".to_owned(),
                Mend::says("declarations end without a mark; fields may be separated by `,`")
                    .doing(title, vec![edit(place, text)]),
            )
        }
        '#' => (
            "there is nothing that is written with `#`".to_owned(),
            Mend::says("a comment starts with `//`").doing("write `//`", vec![edit(place, "//")]),
        ),
        '/' | '\\' if matches!(declared, "module" | "use") => (
            format!("the names of a path are not separated by `{character}`"),
            Mend::writes("write `.`", place, "."),
        ),
        '~' => (no_operator(), tilde(words, place)),
        '/' if words
            .before(1)
            .is_none_or(|before| before.text(words.text) == "matches") =>
        {
            (
                "a regular expression is not written between `/`".to_owned(),
                slashes(words, place),
            )
        }
        '/' | '%' | '^' => (
            no_operator(),
            Mend::says("the arithmetic operators are `+`, `-`, `*`"),
        ),
        c if c.is_whitespace() => (
            format!("the character `{}` cannot stand here", c.escape_unicode()),
            Mend::says("remove it").doing("write a plain space", vec![edit(place, " ")]),
        ),
        c if c.is_control() || is_invisible(c) => (
            format!("the character `{}` cannot stand here", c.escape_unicode()),
            Mend::writes("remove it", place, ""),
        ),
        c if c.is_alphabetic() => (
            format!("the character `{c}` cannot stand in a plain name"),
            in_backticks(words, place),
        ),
        c => (
            format!("the character `{c}` cannot stand here"),
            Mend::says("remove it"),
        ),
    }
}

/// `a =~ "b"`, `a ~ "b"`
fn tilde(words: &Words<'_>, place: Span) -> Mend {
    let mend = Mend::says("a text is tested with `matches r\"…\"`, or `like \"…\"`");
    let pattern = words.tokens.get(words.at + 1);
    let raw = pattern.and_then(|token| habits::raw(token.text(words.text)));
    let Some((pattern, raw)) = pattern.zip(raw) else {
        return mend;
    };
    let is_double = words.written_before(1) == "=" && words.before(1).is_some_and(|t| t.end == place.start);
    let start = match words.before(1) {
        Some(equals) if is_double => equals.start,
        _ => place.start,
    };
    let place = Span {
        start,
        end: pattern.end,
        ..place
    };
    let text = words.word(place, &format!("matches {raw}"));
    mend.doing(
        format!("write `matches {}`", shortened(&raw)),
        vec![edit(place, text)],
    )
}

/// `/b/` as a regular expression.
fn slashes(words: &Words<'_>, place: Span) -> Mend {
    let mend = Mend::says("write `r\"…\"`");
    let rest = words.text.get(place.end as usize..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let Some(inner) = line
        .split_once('/')
        .map(|(inner, _)| inner)
        .filter(|inner| !inner.contains('"'))
    else {
        return mend;
    };
    let end = place.end + u32::try_from(inner.len() + 1).unwrap_or(0);
    let text = format!("r\"{inner}\"");
    mend.doing(
        format!("write `{}`", shortened(&text)),
        vec![edit(Span { end, ..place }, text)],
    )
}

/// The whole word around a letter that no plain name has, between backticks.
fn in_backticks(words: &Words<'_>, place: Span) -> Mend {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let before = words.text.get(..place.start as usize).unwrap_or_default();
    let after = words.text.get(place.start as usize..).unwrap_or_default();
    let left = before.len() - before.trim_end_matches(is_part).len();
    let right = after.find(|c| !is_part(c)).unwrap_or(after.len());
    let start = (place.start as usize).saturating_sub(left);
    let whole = words
        .text
        .get(start..place.start as usize + right)
        .unwrap_or_default();
    let mend = Mend::says("write the whole name between backticks");
    if before.ends_with('`') || after.get(right..).is_some_and(|rest| rest.starts_with('`')) {
        return mend;
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span {
        start: offset(start),
        end: offset(start + whole.len()),
        ..place
    };
    mend.doing(
        format!("write `` `{}` ``", shortened(whole)),
        vec![edit(span, format!("`{whole}`"))],
    )
}

/// What is open at a place of a declaration: exactly what the grammar's rules are nested in there.
#[derive(Default)]
struct Nesting {
    open: Vec<Open>,
    after_type_word: bool,
    after_contains: bool,
}

enum Open {
    Bracket(Token),
    /// `<` of a type.
    Angle,
    /// `if`, up to which of its words.
    If(Part),
    /// `any`, `all` or `count`, before its `:` or in its body.
    Quantifier(bool),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Condition,
    Then,
    Else,
}

enum Fault {
    TooDeep,
    /// The bracket that is open there.
    Mismatch(Token),
}

impl Nesting {
    fn read(&mut self, token: &Token, text: &str) -> Result<(), Fault> {
        let word = token.text(text);
        let after_type_word = std::mem::replace(&mut self.after_type_word, matches!(word, "Set" | "Map"));
        let after_contains = std::mem::replace(&mut self.after_contains, word == "contains");
        match token.kind {
            TokenKind::Symbol => match word {
                "(" | "[" | "{" => self.push(Open::Bracket(*token))?,
                "<" if after_type_word => self.push(Open::Angle)?,
                ">" => drop(self.open.pop_if(|open| matches!(open, Open::Angle))),
                ")" | "]" | "}" => {
                    self.end_of_operand();
                    let fits = |open: &mut Open| matches!(open, Open::Bracket(opener) if closer(opener.text(text)) == word);
                    if self.open.pop_if(fits).is_none()
                        && let Some(opener) = self.innermost_bracket()
                    {
                        return Err(Fault::Mismatch(opener));
                    }
                }
                "," => self.end_of_operand(),
                ":" => {
                    let waiting = |open: &Open| matches!(open, Open::Quantifier(false));
                    if !self.advance(waiting, Open::Quantifier(true)) {
                        self.end_of_operand();
                    }
                }
                _ => {}
            },
            TokenKind::Word => match word {
                "if" => self.push(Open::If(Part::Condition))?,
                "any" | "all" | "count" if !after_contains => self.push(Open::Quantifier(false))?,
                "then" => drop(self.advance(is_if(Part::Condition), Open::If(Part::Then))),
                "else" => drop(self.advance(is_if(Part::Then), Open::If(Part::Else))),
                "when" | "unless" | "because" | "with" | "to" | "on" | "by" | "until" | "given" | "allow"
                | "deny" | "grant" => {
                    self.end_of_operand();
                }
                _ => {}
            },
            TokenKind::Quoted
            | TokenKind::Number
            | TokenKind::String
            | TokenKind::DocComment
            | TokenKind::Comment
            | TokenKind::Unknown => {}
        }
        Ok(())
    }

    fn push(&mut self, open: Open) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.open.push(open);
        Ok(())
    }

    /// Ends all that is open within the innermost bracket.
    fn end_of_operand(&mut self) {
        while self
            .open
            .pop_if(|open| !matches!(open, Open::Bracket(_)))
            .is_some()
        {}
    }

    /// Moves the `if` or the quantifier that waits for a word to its next part, ending those within its last one. False
    /// where none waits.
    fn advance(&mut self, waits: impl Fn(&Open) -> bool, next: Open) -> bool {
        let within = self
            .open
            .iter()
            .rposition(|open| matches!(open, Open::Bracket(_)))
            .map_or(0, |at| at + 1);
        let Some(at) = self.open.iter().rposition(waits).filter(|at| *at >= within) else {
            return false;
        };
        self.open.truncate(at);
        self.open.push(next);
        true
    }

    fn innermost_bracket(&self) -> Option<Token> {
        self.open.iter().rev().find_map(|open| match open {
            Open::Bracket(token) => Some(*token),
            Open::Angle | Open::If(_) | Open::Quantifier(_) => None,
        })
    }
}

fn is_if(part: Part) -> impl Fn(&Open) -> bool {
    move |open| matches!(open, Open::If(own) if *own == part)
}
