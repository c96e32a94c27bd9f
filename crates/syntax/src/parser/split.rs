//! Tokens to pieces, one for each declaration, so that what is wrong in one hides nothing in another.
//!
//! A declaration reaches from its first annotation or keyword to the next one outside of brackets. Where a bracket is not
//! closed, a keyword that can only start a declaration ends it nevertheless, if it stands first on a line and no further
//! right than the declaration that it interrupts. Everything here takes one pass over the tokens.

use std::ops::Range;

use crate::lexer::{Token, TokenKind, is_keyword};

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its tokens, comments not counted; at least one.
    pub(super) tokens: Range<usize>,
    /// What it is.
    pub(super) kind: PieceKind,
}

/// What a piece of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// A declaration, whose keyword is this token. One that is nothing but annotations has none.
    Declaration(Option<usize>),
    /// Something that starts no declaration.
    Stray,
    /// A bracket that closes nothing, with what follows it.
    Closer,
}

/// Cuts a file into pieces, which together hold all of its tokens. The tokens are those of the text without comments.
pub(super) fn split(text: &str, tokens: &[Token]) -> Vec<Piece> {
    let view = View { text, tokens };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = OpenBrackets::default();
    let (mut line_start, mut previous_end) = (0, 0);
    let (mut indent, mut margin) = (0, 0);
    // The tokens before this one belong to the start of the current piece: its label, or `ordered` before `enum`.
    let mut decided = 0;
    for (at, token) in tokens.iter().enumerate() {
        let gap = text.get(previous_end..token.start as usize).unwrap_or_default();
        let first_on_line = at == 0 || gap.contains('\n');
        if first_on_line {
            line_start = gap
                .rfind('\n')
                .map_or(line_start, |newline| previous_end + newline + 1);
            indent = token.start as usize - line_start;
        }
        previous_end = token.end as usize;
        let at_margin = first_on_line && indent <= margin;

        let start = if at < decided { None } else { view.start(at) };
        let new = match (pieces.last_mut(), start) {
            (None, None) => Some(PieceKind::Stray),
            (None, Some(start)) => Some(PieceKind::Declaration(start.keyword)),
            (
                Some(Piece {
                    kind: PieceKind::Declaration(keyword @ None),
                    ..
                }),
                Some(start),
            ) if open.is_empty() => {
                *keyword = start.keyword;
                decided = start.end;
                None
            }
            (Some(piece), Some(start)) => {
                let interrupts = if open.is_empty() {
                    // `action` and `context` may be the operand that the line before asks for.
                    let is_operand = !start.certain && matches!(view.word(at), "action" | "context");
                    at_margin && !is_operand || (at_margin || start.certain) && view.can_end(piece, at)
                } else {
                    at_margin && start.certain && !view.is_test_context(piece, at)
                };
                interrupts.then_some(PieceKind::Declaration(start.keyword))
            }
            (Some(piece), None) => {
                let closes_nothing = open.is_empty() && view.closes(at) && piece.kind != PieceKind::Closer;
                let stray = open.is_empty()
                    && at_margin
                    && matches!(piece.kind, PieceKind::Declaration(Some(_)))
                    && view.is_operand(at)
                    && view.can_end(piece, at);
                if closes_nothing {
                    Some(PieceKind::Closer)
                } else {
                    stray.then_some(PieceKind::Stray)
                }
            }
        };
        match (new, pieces.last_mut()) {
            (None, Some(piece)) => piece.tokens.end = at + 1,
            (kind, _) => {
                let kind = kind.unwrap_or(PieceKind::Stray);
                let kind = if kind == PieceKind::Stray && view.closes(at) {
                    PieceKind::Closer
                } else {
                    kind
                };
                pieces.push(Piece {
                    tokens: at..at + 1,
                    kind,
                });
                open = OpenBrackets::default();
                margin = indent;
                decided = start.map_or(0, |start| start.end);
            }
        }
        open.read(view.symbol(at));
    }
    pieces
}

/// Where a declaration seems to start.
#[derive(Clone, Copy)]
struct Start {
    /// The keyword; an annotation has none.
    keyword: Option<usize>,
    /// The token after those that the start is recognized by.
    end: usize,
    /// Whether what follows is what follows such a keyword in a declaration, and nowhere else.
    certain: bool,
}

#[derive(Clone, Copy)]
struct View<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> View<'a> {
    fn of_kind(self, at: usize, kind: TokenKind) -> &'a str {
        self.tokens
            .get(at)
            .filter(|token| token.kind == kind)
            .map_or("", |token| token.text(self.text))
    }

    fn word(self, at: usize) -> &'a str {
        self.of_kind(at, TokenKind::Word)
    }

    fn symbol(self, at: usize) -> &'a str {
        self.of_kind(at, TokenKind::Symbol)
    }

    fn is_name(self, at: usize) -> bool {
        match self.tokens.get(at).map(|token| token.kind) {
            Some(TokenKind::Quoted) => true,
            Some(TokenKind::Word) => !is_keyword(self.word(at)),
            _ => false,
        }
    }

    fn closes(self, at: usize) -> bool {
        matches!(self.symbol(at), ")" | "]" | "}")
    }

    /// Whether a token is an operand, or a word that people take for the start of a declaration.
    fn is_operand(self, at: usize) -> bool {
        let literal = self
            .tokens
            .get(at)
            .is_some_and(|t| matches!(t.kind, TokenKind::String | TokenKind::Number));
        literal || self.is_name(at) || matches!(self.word(at), "allow" | "deny" | "grant")
    }

    fn start(self, at: usize) -> Option<Start> {
        let start = |length, certain| {
            Some(Start {
                keyword: Some(at),
                end: at + length,
                certain,
            })
        };
        match self.word(at) {
            "entity" | "enum" | "type" | "role" | "fixture" | "module" | "use" | "fn" | "const"
            | "exclusive" | "obligation" | "principals" => start(1, self.is_name(at + 1)),
            "ordered" if self.word(at + 1) == "enum" => start(2, true),
            "ordered" => start(1, false),
            "permit" | "forbid" | "never" | "always" => {
                start(1, !self.word(at + 1).is_empty() || self.is_name(at + 1))
            }
            "test" => start(1, !self.of_kind(at + 1, TokenKind::String).is_empty()),
            "context" if self.symbol(at + 1) == "{" => start(1, true),
            // Both are operands too: what follows one there is an operator or the end.
            "context" if self.is_name(at + 1) => start(1, false),
            "action" if self.is_name(at + 1) => start(1, self.symbol(at + 2) != ":"),
            "action" if is_keyword(self.word(at + 1)) && !continues_operand(self.word(at + 1)) => {
                start(1, false)
            }
            _ if self.symbol(at) == "@" => Some(Start {
                keyword: None,
                end: at + 1,
                certain: true,
            }),
            _ if self.is_name(at)
                && self.symbol(at + 1) == ":"
                && matches!(
                    self.word(at + 2),
                    "permit" | "forbid" | "never" | "always" | "exclusive"
                ) =>
            {
                Some(Start {
                    keyword: Some(at + 2),
                    end: at + 3,
                    certain: true,
                })
            }
            _ => None,
        }
    }

    /// Whether the token before this one can be the last of the declaration that it stands in.
    fn can_end(self, piece: &Piece, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let PieceKind::Declaration(Some(keyword)) = piece.kind else {
            return true;
        };
        if keyword == before {
            return false;
        }
        match self.tokens.get(before).map(|token| token.kind) {
            // Elsewhere `>` compares.
            Some(TokenKind::Symbol) if self.symbol(before) == ">" => self.word(keyword) == "type",
            Some(TokenKind::Symbol) => matches!(self.symbol(before), "}" | "]" | ")"),
            Some(TokenKind::Word) => {
                let word = self.word(before);
                let operand = ["principal", "resource", "action", "context", "true", "false"].contains(&word);
                operand || matches!(word, "empty" | "grant" | "anything") || !is_keyword(word)
            }
            _ => true,
        }
    }

    fn is_test_context(self, piece: &Piece, at: usize) -> bool {
        let PieceKind::Declaration(Some(keyword)) = piece.kind else {
            return false;
        };
        self.word(at) == "context" && self.word(keyword) == "test"
    }
}

/// Whether a keyword goes on with an expression after an operand.
fn continues_operand(word: &str) -> bool {
    matches!(
        word,
        "in" | "is" | "has" | "like" | "contains" | "matches" | "and" | "or" | "otherwise" | "then" | "else"
    ) || matches!(word, "when" | "unless" | "because" | "with")
}

/// The brackets that are open. A closing one also closes those inside it that were left open; one that fits none closes
/// none.
#[derive(Default)]
struct OpenBrackets {
    open: Vec<u8>,
    counts: [usize; 3],
}

impl OpenBrackets {
    fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn read(&mut self, symbol: &str) {
        match symbol {
            "(" | "[" | "{" => {
                let bracket = symbol.bytes().next().unwrap_or_default();
                self.open.push(bracket);
                *self.count(bracket) += 1;
            }
            ")" => self.close(b'('),
            "]" => self.close(b'['),
            "}" => self.close(b'{'),
            _ => {}
        }
    }

    fn close(&mut self, bracket: u8) {
        if *self.count(bracket) == 0 {
            return;
        }
        while let Some(open) = self.open.pop() {
            *self.count(open) -= 1;
            if open == bracket {
                return;
            }
        }
    }

    fn count(&mut self, bracket: u8) -> &mut usize {
        let [round, square, curly] = &mut self.counts;
        match bracket {
            b'(' => round,
            b'[' => square,
            _ => curly,
        }
    }
}
