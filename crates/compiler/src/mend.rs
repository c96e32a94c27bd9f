//! What would mend an error: in words, and where it is certain also as a change of the text.

use dictum_syntax::diagnostic::{Diagnostic, Edit, Fix};
use dictum_syntax::source::Span;

/// A mend.
pub(crate) struct Mend {
    /// What to do, for the help line.
    help: String,
    fix: Option<Fix>,
}

impl Mend {
    /// In words alone.
    pub(crate) fn told(help: impl Into<String>) -> Self {
        Self {
            help: help.into(),
            fix: None,
        }
    }

    /// A text in the place of another.
    pub(crate) fn write(help: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            help: help.into(),
            fix: Some(Fix::replace(format!("write `{}`", text.trim()), span, text)),
        }
    }

    /// `did you mean …?`, and that written.
    pub(crate) fn meant(near: &str, span: Span, text: impl Into<String>) -> Self {
        Self::write(format!("did you mean `{near}`?"), span, text)
    }

    /// Several changes, told as a command.
    pub(crate) fn edits(
        help: impl Into<String>,
        title: impl Into<String>,
        edits: Vec<(Span, String)>,
    ) -> Self {
        let edits = edits
            .into_iter()
            .map(|(span, text)| Edit { span, text })
            .collect();
        Self {
            help: help.into(),
            fix: Some(Fix {
                title: title.into(),
                edits,
            }),
        }
    }
}

/// The same diagnostic with a mend, where there is one.
pub(crate) fn mended(mut diagnostic: Diagnostic, mend: Option<Mend>) -> Diagnostic {
    if let Some(Mend { help, fix }) = mend {
        diagnostic = diagnostic.with_help(help);
        diagnostic.fix = fix;
    }
    diagnostic
}

/// The place between two others.
pub(crate) fn between(before: Span, after: Span) -> Span {
    Span {
        source: before.source,
        start: before.end,
        end: after.start,
    }
}

/// The place right before another.
pub(crate) fn before(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

/// The place right after another.
pub(crate) fn after(span: Span) -> Span {
    Span {
        start: span.end,
        ..span
    }
}
