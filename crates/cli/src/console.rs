//! Standard output and standard error of one run: colours, machine-readable documents, error messages.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stderr, Stdout, Write};

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use crate::stop::{Exit, Stop};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into a file or a pipe.
    Always,
    /// Never.
    Never,
}

/// The form of a command's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    #[default]
    Human,
    /// The JSON document that the help describes.
    Json,
}

/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What did not.
pub(crate) const WRONG: Style = AnsiColor::Red.on_default().bold();
/// What may not.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
/// What helps.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();
/// Headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The two streams.
pub(crate) struct Console {
    out: BufWriter<AutoStream<Stdout>>,
    err: AutoStream<Stderr>,
    /// Whether the standard output is for programs, which are told there of errors too.
    for_programs: bool,
}

impl Console {
    /// The streams of this process.
    pub(crate) fn new(color: Color, for_programs: bool) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::AlwaysAnsi,
            Color::Never => anstream::ColorChoice::Never,
        };
        Self {
            out: BufWriter::new(AutoStream::new(io::stdout(), choice)),
            err: AutoStream::new(io::stderr(), choice),
            for_programs,
        }
    }

    /// Writes a line of text to the standard output.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Stop> {
        writeln!(self.out, "{text}").map_err(|error| unwritable(&error))
    }

    /// Writes text to the standard output as it is.
    pub(crate) fn raw(&mut self, text: &str) -> Result<(), Stop> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|error| unwritable(&error))
    }

    /// Writes a JSON document on one line of the standard output.
    pub(crate) fn json_line(&mut self, document: &impl Serialize) -> Result<(), Stop> {
        serde_json::to_writer(&mut self.out, document)
            .map_err(|error| unwritable(&io::Error::from(error)))?;
        self.line("")
    }

    /// Writes an indented JSON document to the standard output.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<(), Stop> {
        serde_json::to_writer_pretty(&mut self.out, document)
            .map_err(|error| unwritable(&io::Error::from(error)))?;
        self.line("")
    }

    /// Hands on what was written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.out.flush().map_err(|error| unwritable(&error))
    }

    /// Whether the standard output is read by a person, who needs no other sign of progress.
    pub(crate) fn out_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes a line to the standard error, after what was written to the standard output.
    pub(crate) fn note(&mut self, text: impl Display) {
        // Nobody is left to tell when the standard error cannot be written; a failure of the standard output
        // comes back when it is flushed next.
        let _ = self.out.flush();
        let _ = writeln!(self.err, "{text}");
    }

    /// Writes `error: …` and its mend to the standard error.
    pub(crate) fn error(&mut self, message: &str, help: Option<&str>) {
        self.note(format_args!("{WRONG}error:{WRONG:#} {}", printable(message)));
        if let Some(help) = help {
            self.note(format_args!("  {HELP}help:{HELP:#} {}", printable(help)));
        }
    }

    /// Tells why a command ended early, and gives its exit code.
    pub(crate) fn finish(&mut self, stop: &Stop) -> Exit {
        match stop {
            // Not success: a reader that took only some of the answers must not read the rest as "allowed".
            Stop::Closed => Exit::Usage,
            Stop::Failed { exit, message, help } => {
                if self.for_programs {
                    let error = serde_json::json!({"error": {"message": message, "help": help}});
                    // Where the standard output cannot be written, that is what `stop` says.
                    let _ = self.json_line(&error);
                }
                self.error(message, help.as_deref());
                *exit
            }
        }
    }
}

fn unwritable(error: &io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::Closed,
        _ => Stop::io("write the output", error),
    }
}

/// A text without the characters that would steer a terminal or reorder what it shows, each replaced by one that takes
/// as many bytes, so that places in the text stay what they are.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| replacement(c).is_some();
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replacement(c).unwrap_or(c)).collect())
}

fn replacement(c: char) -> Option<char> {
    match c {
        '\n' | '\t' | '\r' => None,
        '\0'..='\u{1f}' | '\u{7f}' => Some('?'),
        '\u{80}'..='\u{9f}' => Some('¿'),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    fn check(text: &str, expected: &str) {
        assert_eq!(printable(text), expected);
        assert_eq!(printable(text).len(), text.len());
    }

    #[test]
    fn control_characters_are_shown_as_marks() {
        check("plain, ünïcode\n\ttext", "plain, ünïcode\n\ttext");
        check("\u{1b}[31mred", "?[31mred");
        check("a\u{9b}b", "a¿b");
        check("\u{202e}desrever", "\u{fffd}desrever");
    }
}
