//! A file of requests, read line by line, with a bar that shows how far it is read.

use std::fs::{self, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::Console;
use crate::files;

/// How long a line of requests may be, in bytes.
const MAX_LINE: usize = 64 << 20;

/// A line of requests.
pub(crate) enum Line {
    /// Its text.
    Text(String),
    /// It is no text, or too long.
    Bad {
        /// Where, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The mend.
        help: String,
    },
}

/// The lines of a file, read one at a time.
pub(crate) struct Lines {
    reader: BufReader<Box<dyn Read>>,
    /// The number of the line last read, from 1.
    pub(crate) number: usize,
    /// How many bytes were read.
    pub(crate) read: u64,
}

impl Lines {
    /// The lines of what a reader gives.
    pub(crate) fn new(reader: Box<dyn Read>) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 16, reader),
            number: 0,
            read: 0,
        }
    }

    /// Whether the next line may have to be waited for.
    pub(crate) fn must_wait(&self) -> bool {
        !self.reader.buffer().contains(&b'\n')
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let length = self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.read += length as u64;
        if length == MAX_LINE && bytes.last() != Some(&b'\n') {
            self.read += self.reader.skip_until(b'\n')? as u64;
            let message = format!("the line is over {} MiB long", MAX_LINE >> 20);
            return Ok(Some(Line::Bad {
                column: 1,
                message,
                help: "write one request a line".to_owned(),
            }));
        }
        Ok(Some(String::from_utf8(bytes).map_or_else(
            |error| {
                let (_, column) = files::invalid_utf8(error.as_bytes(), error.utf8_error().valid_up_to());
                let message = "the text is not UTF-8".to_owned();
                Line::Bad {
                    column,
                    message,
                    help: "save the file as UTF-8".to_owned(),
                }
            },
            Line::Text,
        )))
    }
}

/// A progress bar for runs of over a second whose output goes elsewhere than to the terminal.
pub(crate) struct Progress {
    start: Instant,
    length: Option<u64>,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// None is shown yet.
    pub(crate) fn new(path: &Path, console: &Console) -> Self {
        let length = fs::metadata(path)
            .ok()
            .filter(Metadata::is_file)
            .map(|file| file.len());
        Self {
            start: Instant::now(),
            length,
            wanted: !console.out_is_terminal(),
            bar: None,
        }
    }

    /// Shows that so many bytes were read.
    pub(crate) fn advance(&mut self, read: u64) {
        if self.wanted && self.bar.is_none() && self.start.elapsed() > Duration::from_secs(1) {
            self.bar = Some(match self.length {
                Some(length) => ProgressBar::new(length).with_style(
                    ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} left")
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                ),
                None => ProgressBar::new_spinner(),
            });
        }
        if let Some(bar) = &self.bar {
            bar.set_position(read);
        }
    }

    /// Does something that may write to the standard error.
    pub(crate) fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }
}

/// Takes the bar away, however the run ends.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
