//! What is wrong with a source, as plain data: the command renders it, tests print it, an editor will underline it.

use std::borrow::Cow;

use crate::naming;
use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy does not compile.
    Error,
    /// It compiles, but is likely not what was meant.
    Warning,
}

/// One finding. Messages are lower case, without a final stop, with the user's own names in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, such as `D0301`; it has a page in `docs/diagnostics/`.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, and what was expected.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to say at the span itself, where that helps.
    pub label: Option<String>,
    /// The likely mend.
    pub help: Option<String>,
    /// Other places that matter, with what to say there.
    pub related: Vec<(Span, String)>,
    /// The mend as a change of the text, where it is certain: `dictum fix` makes it, and an editor offers it.
    pub fix: Option<Fix>,
}

/// A mend as a change of the sources, which can be made without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command: "write `==`".
    pub title: String,
    /// The changes, which belong together and do not overlap.
    pub edits: Vec<Edit>,
}

/// A stretch of a source replaced by another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where the text is only put in.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Fix {
    /// One stretch replaced.
    #[must_use]
    pub fn replace(title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            edits: vec![Edit {
                span,
                text: text.into(),
            }],
        }
    }
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: shown(message.into()),
            span,
            label: None,
            help: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// The same with a mend that can be made without asking.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same with a text at its span.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(shown(label.into()));
        self
    }

    /// The same with a likely mend.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(help.into()));
        self
    }

    /// The same with another place that matters.
    #[must_use]
    pub fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, shown(text.into())));
        self
    }
}

/// A text for a message, which is one line: names may hold line breaks and other control characters.
fn shown(text: String) -> String {
    match naming::shown(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

/// Sorts findings by place and drops those that say the same of the same place.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
}
