//! Diagnostics for people and for programs.

use std::fmt;

use clap::builder::styling::Style;
use dictum_syntax::diagnostic::{Diagnostic, Fix, Severity};
use dictum_syntax::source::{SourceId, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};
use serde::Serialize;

use crate::console::{Console, DOUBTFUL, GOOD, WRONG, printable};
use crate::package::Package;
use crate::stop::Stop;

/// How many columns a message may fill.
const WIDTH: usize = 100;

/// How much of a line is shown on either side of what a message is about, in bytes.
const MARGIN: usize = 160;

/// How many errors a run tells; the rest are only counted.
pub(crate) const MAX_TOLD: usize = 1_000;

/// How long a marked piece of text may be to be shown whole, in bytes and in lines.
const MAX_MARKED: (usize, usize) = (800, 8);

/// The findings of `check`, and of every command whose policy has errors.
#[derive(Default, Serialize)]
pub(crate) struct Findings {
    diagnostics: Vec<Finding>,
    errors: usize,
    warnings: usize,
    #[serde(skip)]
    files: usize,
    #[serde(skip)]
    fixable: usize,
}

/// A diagnostic.
#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    #[serde(flatten)]
    place: Place,
    label: Option<String>,
    help: Option<String>,
    related: Vec<Related>,
    fix: Option<Mend>,
    #[serde(skip)]
    rendered: String,
}

/// Another place that matters.
#[derive(Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    place: Place,
}

/// A mend as a change of the text.
#[derive(Serialize)]
struct Mend {
    title: String,
    edits: Vec<Replacement>,
}

/// A range of text, also as bytes from the start of the file, and what stands there afterwards.
#[derive(Serialize)]
struct Replacement {
    #[serde(flatten)]
    place: Place,
    start: u32,
    end: u32,
    text: String,
}

impl Mend {
    fn of(package: &Package, fix: &Fix) -> Self {
        let edits = fix.edits.iter().map(|edit| Replacement {
            place: Place::of(package, edit.span),
            start: edit.span.start,
            end: edit.span.end,
            text: edit.text.clone(),
        });
        Self {
            title: fix.title.clone(),
            edits: edits.collect(),
        }
    }
}

/// A range of text; lines and columns (in code points) from 1, the end is the place after the last character.
#[derive(Serialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    end_line: u32,
    end_column: u32,
}

impl Place {
    /// Where a span stands.
    pub(crate) fn of(package: &Package, span: Span) -> Self {
        let (line, column) = package.line_column(span.source, span.start);
        let (end_line, end_column) = package.line_column(span.source, span.end);
        Self {
            file: package.shown(span.source).to_owned(),
            line,
            column,
            end_line,
            end_column,
        }
    }
}

impl Findings {
    /// What was found in one package.
    pub(crate) fn of(package: &Package, diagnostics: &[Diagnostic]) -> Self {
        let mut findings = Self::default();
        findings.add(package, diagnostics);
        findings
    }

    /// Adds what was found in a package.
    pub(crate) fn add(&mut self, package: &Package, diagnostics: &[Diagnostic]) {
        self.files += package.file_count();
        for diagnostic in diagnostics {
            let severity = match diagnostic.severity {
                Severity::Error => {
                    self.errors += 1;
                    "error"
                }
                Severity::Warning => {
                    self.warnings += 1;
                    "warning"
                }
            };
            self.fixable += usize::from(diagnostic.fix.is_some());
            if self.diagnostics.len() == MAX_TOLD {
                continue;
            }
            self.diagnostics.push(Finding {
                code: diagnostic.code,
                severity,
                message: diagnostic.message.clone(),
                place: Place::of(package, diagnostic.span),
                label: diagnostic.label.clone(),
                help: diagnostic.help.clone(),
                related: diagnostic
                    .related
                    .iter()
                    .map(|(span, text)| Related {
                        message: text.clone(),
                        place: Place::of(package, *span),
                    })
                    .collect(),
                fix: diagnostic.fix.as_ref().map(|fix| Mend::of(package, fix)),
                rendered: render(package, diagnostic),
            });
        }
    }

    /// Whether there is an error.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Writes the rendered diagnostics and a summary to the standard output.
    pub(crate) fn print(&self, console: &mut Console) -> Result<(), Stop> {
        for finding in &self.diagnostics {
            console.line(&finding.rendered)?;
        }
        console.line(self.summary())
    }

    /// Writes the same to the standard error.
    pub(crate) fn note(&self, console: &mut Console) {
        for finding in &self.diagnostics {
            console.note(&finding.rendered);
        }
        console.note(self.summary());
    }

    /// `2 errors, 1 warning in 3 files; 1 of them can be mended by `dictum fix``
    fn summary(&self) -> String {
        let files = count(self.files, "file");
        let paint = |style: Style, text: String| format!("{style}{text}{style:#}");
        let files = match (self.errors + self.warnings).saturating_sub(self.diagnostics.len()) {
            0 => files,
            untold => format!("{files}; {untold} of them not shown"),
        };
        let files = match self.fixable {
            0 => files,
            fixable => format!("{files}; `dictum fix` can mend {fixable}"),
        };
        let errors = paint(WRONG, count(self.errors, "error"));
        let warnings = paint(DOUBTFUL, count(self.warnings, "warning"));
        match (self.errors, self.warnings) {
            (0, 0) => format!("{} {files}", paint(GOOD, "no errors in".to_owned())),
            (_, 0) => format!("{errors} in {files}"),
            (0, _) => format!("{warnings} in {files}"),
            (_, _) => format!("{errors}, {warnings} in {files}"),
        }
    }
}

/// Says on the standard error how many warnings there are, to those who asked for something else than to read them.
pub(crate) fn note_warnings(diagnostics: &[Diagnostic], console: &mut Console) {
    let warnings = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Warning)
        .count();
    if warnings > 0 {
        let warnings = count(warnings, "warning");
        console.note(format_args!(
            "{DOUBTFUL}{warnings}{DOUBTFUL:#}, which `dictum check` shows"
        ));
    }
}

/// `1 file`, `2 files`
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A diagnostic with the text it is about, coloured.
fn render(package: &Package, diagnostic: &Diagnostic) -> String {
    let mut theme = GraphicalTheme::unicode();
    theme.characters.error = format!("error[{}]:", diagnostic.code);
    theme.characters.warning = format!("warning[{}]:", diagnostic.code);
    theme.characters.advice = "note:".to_owned();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_links(false)
        .without_syntax_highlighting()
        .with_break_words(false);
    let report = Report::new(package, diagnostic);
    let mut out = String::new();
    for part in std::iter::once(&report).chain(&report.elsewhere) {
        if handler.render_report(&mut out, part).is_err() {
            out.push_str(&format!("{}: {}\n", package.place(diagnostic.span), part.message));
        }
    }
    out
}

/// What miette draws: a message and labels in one source.
#[derive(Debug)]
struct Report<'a> {
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    source: Excerpts<'a>,
    labels: Vec<LabeledSpan>,
    /// The related places in other sources.
    elsewhere: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(package: &'a Package, diagnostic: &Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let source = Excerpts::new(package, diagnostic.span.source);
        let label = |span: Span, text: Option<&str>| (text.map(|text| printable(text).into_owned()), span);
        let mut labels = Vec::new();
        let (text, span) = label(diagnostic.span, diagnostic.label.as_deref());
        labels.push(LabeledSpan::new_primary_with_span(text, source.marked(span)));
        let mut elsewhere = Vec::new();
        for (span, text) in &diagnostic.related {
            if span.source == diagnostic.span.source {
                let (text, span) = label(*span, Some(text));
                labels.push(LabeledSpan::new_with_span(text, source.marked(span)));
            } else {
                let source = Excerpts::new(package, span.source);
                elsewhere.push(Report {
                    severity: miette::Severity::Advice,
                    message: printable(text).into_owned(),
                    help: None,
                    labels: vec![LabeledSpan::new_primary_with_span(None, source.marked(*span))],
                    source,
                    elsewhere: Vec::new(),
                });
            }
        }
        Self {
            severity,
            message: printable(&diagnostic.message).into_owned(),
            help: diagnostic
                .help
                .as_deref()
                .map(|help| printable(help).into_owned()),
            source,
            labels,
            elsewhere,
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A source of which only the lines around a place are read, and of long lines only what is near it: a source may be
/// one line of many megabytes, with thousands of errors.
#[derive(Debug)]
struct Excerpts<'a> {
    name: &'a str,
    source: &'a dictum_syntax::source::Source,
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl<'a> Excerpts<'a> {
    fn new(package: &'a Package, source: SourceId) -> Self {
        Self {
            name: package.shown(source),
            source: package.source(source),
        }
    }

    /// The part of a span that is worth marking.
    fn marked(&self, span: Span) -> SourceSpan {
        let text = &self.source.text;
        let start = floor(text, span.start as usize);
        let end = floor(text, (span.end as usize).max(start));
        let piece = text.get(start..end).unwrap_or_default();
        let (bytes, lines) = MAX_MARKED;
        let piece = if piece.len() > bytes || piece.bytes().filter(|byte| *byte == b'\n').count() > lines {
            let line = piece.lines().next().unwrap_or_default();
            line.get(..floor(line, MARGIN)).unwrap_or_default()
        } else {
            piece
        };
        (start, piece.len()).into()
    }
}

impl Excerpts<'_> {
    /// From an offset back to the start of its line, and over `lines` more; a line counts only up to the margin.
    fn extend_back(&self, from: usize, lines: usize) -> usize {
        let text = self.source.text.as_str();
        let mut at = from;
        for line in 0..=lines {
            // The end of the line before is the character before `at`.
            let end = if line == 0 { at } else { at.saturating_sub(1) };
            let window = floor(text, end.saturating_sub(MARGIN));
            match text.get(window..end).and_then(|near| near.rfind('\n')) {
                Some(newline) => at = window + newline + 1,
                None if window == 0 => return 0,
                None if line == 0 => return window,
                None => return at,
            }
        }
        at
    }

    /// From an offset on to the end of its line, and over `lines` more; a line counts only up to the margin.
    fn extend_on(&self, from: usize, lines: usize) -> usize {
        let text = self.source.text.as_str();
        let mut at = from;
        for line in 0..=lines {
            let window = floor(text, at + MARGIN);
            match text.get(at..window).and_then(|near| near.find('\n')) {
                Some(newline) => at += newline + 1,
                None if window == text.len() || line == 0 => return window,
                None => return at,
            }
        }
        at
    }
}

impl SourceCode for Excerpts<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let text = self.source.text.as_str();
        let (first, last) = (span.offset(), span.offset() + span.len());
        if last > text.len() || span.len() > 2 * MAX_MARKED.0 {
            return Err(MietteError::OutOfBounds);
        }
        let start = if before == 0 {
            first
        } else {
            self.extend_back(first, before)
        };
        let end = self.extend_on(last, after);
        let piece = text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let (line, column) = self.source.line_column(u32::try_from(start).unwrap_or(u32::MAX));
        let column = if before == 0 {
            column.saturating_sub(1) as usize
        } else {
            0
        };
        let lines = piece.bytes().filter(|byte| *byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            piece.as_bytes(),
            (start, piece.len()).into(),
            line.saturating_sub(1) as usize,
            column,
            lines,
        )))
    }
}
