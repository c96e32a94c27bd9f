//! What can be said of a declaration's tokens before it is parsed: characters of no token, brackets that do not match,
//! and nesting that is too deep for what reads it afterwards.

use super::explain::shortened;
use super::{BAD_TOKEN, TOO_DEEP, UNBALANCED};
use crate::ast::MAX_DEPTH;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
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
        return Some(unknown(text, source, tokens.get(at..)?));
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

fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// What to say of the unknown token that is the first of these.
pub(super) fn unknown(text: &str, source: SourceId, tokens: &[Token]) -> Diagnostic {
    let first = tokens.first().map_or("", |token| token.text(text));
    let (mut start, mut end) = tokens.first().map_or((0, 0), |token| (token.start, token.end));
    // The same character again, directly after, as in `&&`.
    for token in tokens.iter().skip(1) {
        if token.start != end || token.text(text) != first {
            break;
        }
        end = token.end;
    }
    let adjacent = tokens
        .get(1)
        .filter(|token| token.start == end)
        .map_or("", |token| token.text(text));
    let written = text.get(start as usize..end as usize).unwrap_or_default();
    let character = first
        .trim_start_matches(char::is_alphabetic)
        .chars()
        .next()
        .or(first.chars().next());
    let (message, help) = match character.unwrap_or_default() {
        '"' => (
            "this text is not closed on its line".to_owned(),
            "a text ends with `\"`, and a line break in it is `\\n`",
        ),
        '`' if first.starts_with("``") => (
            "a name between backticks cannot be empty".to_owned(),
            "write a name between the backticks",
        ),
        '`' => (
            "this name is not closed on its line".to_owned(),
            "a name that starts with a backtick ends with one",
        ),
        '\'' | '‘' | '’' | '“' | '”' => {
            let closing = tokens
                .iter()
                .skip(1)
                .find(|token| token.kind == TokenKind::Unknown);
            let line = text
                .get(start as usize..)
                .and_then(|rest| rest.split('\n').next())
                .map_or(0, str::len);
            if let Some(closing) = closing.filter(|token| token.end as usize <= start as usize + line) {
                end = closing.end;
            }
            ("a text stands between double quotes".to_owned(), "write `\"…\"`")
        }
        '&' => (
            format!("there is no operator `{}`", shortened(written)),
            "write `and`",
        ),
        '|' => (
            format!("there is no operator `{}`", shortened(written)),
            "write `or`",
        ),
        '!' => (
            "there is no operator `!`".to_owned(),
            "write `not`, or `!=` to compare",
        ),
        ';' => (
            "there is no `;`".to_owned(),
            "declarations end without a mark; fields may be separated by `,`",
        ),
        '/' if adjacent == "*" => (
            "there are no comments of this kind".to_owned(),
            "write `//` before each line",
        ),
        '#' => (
            "there is nothing that is written with `#`".to_owned(),
            "a comment starts with `//`",
        ),
        '/' | '%' | '^' | '~' => (
            format!("there is no operator `{}`", shortened(written)),
            "the arithmetic operators are `+`, `-`, `*`",
        ),
        c if c.is_control() || c.is_whitespace() || c == '\u{feff}' => {
            start = end.saturating_sub(u32::try_from(written.len()).unwrap_or(0));
            (
                format!("the character `{}` cannot stand here", c.escape_unicode()),
                "remove it",
            )
        }
        c if c.is_alphabetic() => (
            format!("the character `{c}` cannot stand in a plain name"),
            "write the whole name between backticks",
        ),
        c => (format!("the character `{c}` cannot stand here"), "remove it"),
    };
    Diagnostic::error(BAD_TOKEN, Span { source, start, end }, message).with_help(help)
}

/// What is open at a place of a declaration: exactly what the grammar's rules are nested in there.
#[derive(Default)]
struct Nesting {
    open: Vec<Open>,
    after_type_word: bool,
}

enum Open {
    Bracket(Token),
    /// `<` of a type.
    Angle,
    /// `if`, up to which of its words.
    If(Part),
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
                "," | ":" => self.end_of_operand(),
                _ => {}
            },
            TokenKind::Word => match word {
                "if" => self.push(Open::If(Part::Condition))?,
                "then" => self.advance(Part::Condition, Part::Then),
                "else" => self.advance(Part::Then, Part::Else),
                "when" | "unless" | "because" | "to" | "on" | "by" | "until" | "given" | "allow" | "deny"
                | "grant" => {
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

    /// Moves the `if` that waits for this word to its next part, ending those within its last one.
    fn advance(&mut self, from: Part, to: Part) {
        let within = self
            .open
            .iter()
            .rposition(|open| matches!(open, Open::Bracket(_)))
            .map_or(0, |at| at + 1);
        let waiting = |open: &Open| matches!(open, Open::If(part) if *part == from);
        if let Some(at) = self.open.iter().rposition(waiting).filter(|at| *at >= within) {
            self.open.truncate(at);
            self.open.push(Open::If(to));
        }
    }

    fn innermost_bracket(&self) -> Option<Token> {
        self.open.iter().rev().find_map(|open| match open {
            Open::Bracket(token) => Some(*token),
            Open::Angle | Open::If(_) => None,
        })
    }
}
