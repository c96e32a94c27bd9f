//! The tokens of a declaration, read one by one, and the parts that all declarations are made of: names, paths, lists.
//!
//! The tokens are those of the grammar, and the parts are its rules: what is read here is what the grammar accepts. Where
//! something else stands, nothing is said of it: that is the grammar's business, which knows all that could have come.

use std::borrow::Cow;

use super::{Built, Refusal, fault};
use crate::ast::{Ident, MAX_PATH};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind, is_keyword};
use crate::naming;
use crate::source::{SourceId, Span};

/// A declaration that is being read.
pub(super) struct Cursor<'a> {
    /// The text of the file.
    pub(super) text: &'a str,
    source: SourceId,
    /// The declaration's tokens, comments not counted.
    tokens: &'a [Token],
    /// The first of them that is not read yet.
    at: usize,
    /// The tokens of the file with its comments.
    all_tokens: &'a [Token],
    /// One of them before which there is no doc comment that is still looked for.
    doc: usize,
    /// How many expressions the one that is being read stands in.
    pub(super) level: usize,
}

impl<'a> Cursor<'a> {
    /// `doc` is a token of the file at or before the declaration.
    pub(super) fn new(
        text: &'a str,
        source: SourceId,
        tokens: &'a [Token],
        all_tokens: &'a [Token],
        doc: usize,
    ) -> Self {
        Self {
            text,
            source,
            tokens,
            at: 0,
            all_tokens,
            doc,
            level: 0,
        }
    }

    /// A token of the file that all doc comments stand behind that were not looked for yet.
    pub(super) fn doc(&self) -> usize {
        self.doc
    }

    // -----------------------------------------------------------------------------------------------------------
    // Tokens
    // -----------------------------------------------------------------------------------------------------------

    /// The kind of the next token; none at the end.
    pub(super) fn kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    /// What is written at the next token; nothing at the end.
    pub(super) fn written(&self) -> &'a str {
        self.written_at(0)
    }

    /// What is written so many tokens after the next one.
    pub(super) fn written_at(&self, ahead: usize) -> &'a str {
        let token = self.tokens.get(self.at + ahead);
        token.map_or("", |token| token.text(self.text))
    }

    /// What is written at a place.
    pub(super) fn text_of(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Whether the next token is this keyword or symbol. No token of another kind is written like one.
    pub(super) fn is(&self, word: &str) -> bool {
        let token = self.tokens.get(self.at);
        token.is_some_and(|token| {
            let (start, end) = (token.start as usize, token.end as usize);
            end - start == word.len() && self.text.as_bytes().get(start..end) == Some(word.as_bytes())
        })
    }

    /// Reads this keyword or symbol, if it is the next token.
    pub(super) fn take(&mut self, word: &str) -> Option<Span> {
        self.is(word).then(|| self.advance())
    }

    /// Reads this keyword or symbol.
    pub(super) fn expect(&mut self, word: &str) -> Built<Span> {
        self.take(word).ok_or(Refusal::Unexpected)
    }

    /// Reads the next token, whatever it is.
    pub(super) fn advance(&mut self) -> Span {
        let place = self.place();
        self.at += 1;
        place
    }

    /// The end of the declaration.
    pub(super) fn end(&self) -> Built<()> {
        if self.at < self.tokens.len() {
            return Err(Refusal::Unexpected);
        }
        Ok(())
    }

    /// The place of the next token.
    pub(super) fn place(&self) -> Span {
        let end = self.tokens.last().map_or(0, |token| token.end);
        let token = self.tokens.get(self.at);
        let (start, end) = token.map_or((end, end), |token| (token.start, token.end));
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// The place of the declaration's first token.
    pub(super) fn start(&self) -> Span {
        let first = self.tokens.first();
        let (start, end) = first.map_or((0, 0), |token| (token.start, token.end));
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// The place from the start of another up to the end of the last token that was read.
    pub(super) fn since(&self, start: Span) -> Span {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        Span {
            end: last.map_or(start.end, |last| last.end),
            ..start
        }
    }

    // -----------------------------------------------------------------------------------------------------------
    // Names and lists
    // -----------------------------------------------------------------------------------------------------------

    /// Whether a token, so many after the next one, is a name.
    pub(super) fn is_name_at(&self, ahead: usize) -> bool {
        match self.tokens.get(self.at + ahead) {
            Some(token) => match token.kind {
                TokenKind::Quoted => true,
                TokenKind::Word => !is_keyword(token.text(self.text)),
                TokenKind::Number
                | TokenKind::String
                | TokenKind::DocComment
                | TokenKind::Comment
                | TokenKind::Symbol
                | TokenKind::Unknown => false,
            },
            None => false,
        }
    }

    pub(super) fn is_name(&self) -> bool {
        self.is_name_at(0)
    }

    /// The text of a name that stands for nothing that is declared in a module: that of a field, or of a variant.
    pub(super) fn own_name(&mut self) -> Built<Ident> {
        if !self.is_name() {
            return Err(Refusal::Unexpected);
        }
        let name = match self.kind() {
            Some(TokenKind::Quoted) => self.text_in_backticks()?,
            _ => self.written().to_owned(),
        };
        let span = self.advance();
        Ok(Ident { name, span })
    }

    /// A name of one part, as a full name.
    pub(super) fn name(&mut self) -> Built<Ident> {
        let quoted = self.kind() == Some(TokenKind::Quoted);
        let mut name = self.own_name()?;
        name.name = match naming::part(&name.name) {
            Cow::Borrowed(text) if quoted && naming::is_built_in(text) => format!("`{text}`"),
            part => part.into_owned(),
        };
        Ok(name)
    }

    /// A name with the path behind it: `a.b.User`.
    pub(super) fn reference(&mut self) -> Built<Ident> {
        let mut name = self.name()?;
        let mut length = 1;
        while self.is(".") && self.is_name_at(1) {
            self.advance();
            let segment = self.own_name()?;
            if length == 1 {
                name.name = naming::plain(&name.name).to_owned();
            }
            length += 1;
            if length > MAX_PATH {
                return Err(refuse(fault::too_long_a_path(segment.span)));
            }
            name.name.push('.');
            name.name.push_str(&naming::part(&segment.name));
            name.span.end = segment.span.end;
        }
        Ok(name)
    }

    /// References with commas between them; at least one.
    pub(super) fn references(&mut self) -> Built<Vec<Ident>> {
        self.list(Self::reference)
    }

    /// Parts with commas between them; at least one.
    pub(super) fn list<T>(&mut self, mut part: impl FnMut(&mut Self) -> Built<T>) -> Built<Vec<T>> {
        let mut list = vec![part(self)?];
        while self.take(",").is_some() {
            list.push(part(self)?);
        }
        Ok(list)
    }

    /// Parts with commas between them, and perhaps one after the last, up to a closing bracket.
    pub(super) fn list_up_to<T>(
        &mut self,
        close: &str,
        mut part: impl FnMut(&mut Self) -> Built<T>,
    ) -> Built<Vec<T>> {
        let mut list = Vec::new();
        while !self.is(close) {
            list.push(part(self)?);
            if self.take(",").is_none() {
                break;
            }
        }
        self.expect(close)?;
        Ok(list)
    }

    /// What stands in braces, with or without commas between.
    pub(super) fn in_braces<T>(&mut self, mut part: impl FnMut(&mut Self) -> Built<T>) -> Built<Vec<T>> {
        self.expect("{")?;
        let mut parts = Vec::new();
        while self.take("}").is_none() {
            parts.push(part(self)?);
            self.take(",");
        }
        Ok(parts)
    }

    // -----------------------------------------------------------------------------------------------------------
    // Docs
    // -----------------------------------------------------------------------------------------------------------

    /// The docs that stand directly before the next token. A doc comment behind something on its line is a plain comment.
    pub(super) fn docs(&mut self, docs: &mut Vec<String>) {
        let start = self.place().start;
        while self
            .all_tokens
            .get(self.doc)
            .is_some_and(|token| token.start < start)
        {
            self.doc += 1;
        }
        let before = self.all_tokens.get(..self.doc).unwrap_or_default();
        let Some(comments) = before
            .iter()
            .rev()
            .position(|token| !token.is_comment())
            .or(Some(before.len()))
            .filter(|comments| *comments > 0)
        else {
            return;
        };
        let (before, comments) = before.split_at(before.len() - comments);
        let mut line_end = before.last().map(|token| token.end);
        for token in comments {
            let gap = line_end.and_then(|end| self.text.get(end as usize..token.start as usize));
            let first_on_line = gap.is_none_or(|gap| gap.contains('\n'));
            if token.kind == TokenKind::DocComment && first_on_line {
                let line = token.text(self.text).trim_start_matches('/');
                docs.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
            line_end = None;
        }
    }
}

/// Why a declaration cannot be read that the grammar accepts.
pub(super) fn refuse(error: Diagnostic) -> Refusal {
    Refusal::Meaning(Box::new(error))
}
