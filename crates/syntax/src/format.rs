//! Text to the same text in the one canonical layout.
//!
//! The grammar names every token, so what it made of a declaration holds the tokens themselves. They are laid out in the
//! order of the source ([`writer`]); what stands on one line and what does not is decided by the width of it ([`layout`]).
//! Tokens stay as they are, but for commas: those before a closing bracket go, as do those between the fields of a type that
//! stand one on a line. Comments come from the token stream, and stay before the token that they stand before, on the line
//! of the one before or on lines of their own. Of the source's own layout, two things are kept: blank lines (one at most)
//! between declarations and between lines in braces, and a line break after an opening brace.

mod declaration;
mod expression;
mod layout;
mod writer;

use crate::ast::MAX_SOURCE_BYTES;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lexer;
use crate::parser;
use crate::source::{SourceId, Sources};
use writer::Writer;

/// A source in the canonical layout, whose lines have at most 100 columns where line breaks can achieve that. Formatting
/// what was formatted changes nothing.
///
/// # Errors
/// The syntax errors of a source that has any. Also one whose layout would be larger than a source may be.
pub fn format(sources: &Sources, id: SourceId) -> Result<String, Vec<Diagnostic>> {
    let text = sources.get(id).text.as_str();
    if text.len() > MAX_SOURCE_BYTES {
        return Err(vec![parser::too_large(id, text.len())]);
    }
    let tokens = lexer::tokens(text);
    let mut writer = Writer::new(text, &tokens);
    let mut show = |node: &_, base| writer.declaration(node, base);
    let (_, diagnostics) = parser::read(sources, id, Some(&mut show));
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(diagnostics);
    }
    let formatted = writer.finish();
    if formatted.len() > MAX_SOURCE_BYTES {
        let mut error = parser::too_large(id, text.len());
        error.message = format!("in its layout this source would have more than {MAX_SOURCE_BYTES} bytes");
        return Err(vec![error]);
    }
    Ok(formatted)
}
