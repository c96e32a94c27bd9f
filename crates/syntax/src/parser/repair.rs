//! Mends: what to say of a likely one, and the change of the text where it is certain.
//!
//! A change is certain if the declaration can be read afterwards, or at least its next error stands behind the change. What
//! is no more than a guess must make all of it readable.

use pest::Parser;
use pest::error::InputLocation;

use super::cursor::Cursor;
use super::explain::Input;
use super::grammar::{Grammar, Rule};
use super::{Refusal, fault};
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::lexer::{self, Token};
use crate::source::Span;

/// The mend of an error.
pub(super) struct Mend {
    help: String,
    fix: Option<Fix>,
    is_guess: bool,
}

impl Mend {
    /// One that is only said.
    pub(super) fn says(help: impl Into<String>) -> Self {
        Self {
            help: help.into(),
            fix: None,
            is_guess: false,
        }
    }

    /// One that is a command, such as "write `==`": a stretch of the text becomes another.
    pub(super) fn writes(help: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let help = help.into();
        let title = help.clone();
        Self::says(help).doing(title, vec![edit(span, text)])
    }

    /// The same with changes of the text, and what they do, as a command.
    pub(super) fn doing(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        let title = title.into();
        self.fix = Some(Fix { title, edits });
        self
    }

    /// The same as a guess.
    pub(super) fn guessed(mut self) -> Self {
        self.is_guess = true;
        self
    }

    /// The error with its mend. Of the changes of a declaration, only those that are certain are kept.
    pub(super) fn of(self, error: Diagnostic, input: &Input<'_>) -> Diagnostic {
        let is_guess = self.is_guess;
        let certain = |fix: &Fix| repairs(input, fix, is_guess);
        let fix = self.fix.filter(certain);
        let error = error.with_help(self.help);
        match fix {
            Some(fix) => error.with_fix(fix),
            None => error,
        }
    }

    /// The error with its mend, whose changes are certain.
    pub(super) fn of_token(self, error: Diagnostic) -> Diagnostic {
        let error = error.with_help(self.help);
        match self.fix {
            Some(fix) => error.with_fix(fix),
            None => error,
        }
    }
}

/// A stretch of the text that becomes another.
pub(super) fn edit(span: Span, text: impl Into<String>) -> Edit {
    Edit {
        span,
        text: text.into(),
    }
}

/// The place before a span, where something is put in.
pub(super) fn before(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

/// The place after a span, where something is put in.
pub(super) fn after(span: Span) -> Span {
    Span {
        start: span.end,
        ..span
    }
}

/// Whether a declaration can be read after a change, all of it or at least beyond the change.
fn repairs(input: &Input<'_>, fix: &Fix, is_guess: bool) -> bool {
    let base = input.place(0).start;
    let end = input.place(input.tokens.len()).end;
    let Some((text, mended)) = changed(input.text, base, end, fix) else {
        return false;
    };
    let tokens: Vec<Token> = lexer::tokens(&text)
        .into_iter()
        .filter(|token| !token.is_comment())
        .collect();
    let reaches = |at: usize| !is_guess && at >= mended;
    if let Some(next) = fault::fault(&text, input.source, &tokens, None) {
        return reaches(next.span.start as usize);
    }
    match Cursor::new(&text, input.source, &tokens, &[], 0).declaration() {
        Ok(_) => true,
        Err(Refusal::Meaning(error)) => reaches(error.span.start as usize),
        Err(Refusal::Unexpected) => match Grammar::parse(Rule::one, &text) {
            Ok(_) => false,
            Err(error) => {
                let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
                reaches(at)
            }
        },
    }
}

/// A stretch of the text with changes in it, and where the last of them ends there; none where they are elsewhere.
fn changed(text: &str, base: u32, end: u32, fix: &Fix) -> Option<(String, usize)> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut result = String::new();
    let mut mended = 0;
    let mut at = base;
    for edit in edits {
        if edit.span.end > end {
            return None;
        }
        result += text.get(at as usize..edit.span.start as usize)?;
        result += &edit.text;
        mended = result.len();
        at = edit.span.end;
    }
    result += text.get(at as usize..end as usize)?;
    Some((result, mended))
}
