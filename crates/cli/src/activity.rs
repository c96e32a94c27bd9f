//! A sign of life on the terminal, for work that takes longer than a second.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How long work may take before it shows.
const QUIET: Duration = Duration::from_secs(1);

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(120);

/// Shows what is being done on the standard error, if that is a terminal, from a second on until it is dropped.
pub(crate) struct Activity {
    shown: Option<Shown>,
}

struct Shown {
    bar: ProgressBar,
    /// Dropped when the work is done.
    work: Option<Sender<()>>,
    waiter: Option<JoinHandle<()>>,
}

impl Activity {
    /// Work called `what`, of so many parts.
    pub(crate) fn new(what: &str, parts: usize) -> Self {
        if !io::stderr().is_terminal() {
            return Self { shown: None };
        }
        let template = match parts {
            0 | 1 => "{spinner} {msg}, {elapsed}",
            _ => "{spinner} {msg} {bar:30} {pos}/{len}, {elapsed}",
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::hidden()
            .with_style(style)
            .with_message(what.to_owned());
        bar.set_length(u64::try_from(parts).unwrap_or(u64::MAX));
        let (work, done) = mpsc::channel::<()>();
        let shown = bar.clone();
        let waiter = thread::spawn(move || {
            if done.recv_timeout(QUIET) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(indicatif::ProgressDrawTarget::stderr());
                while done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    shown.tick();
                }
            }
        });
        Self {
            shown: Some(Shown {
                bar,
                work: Some(work),
                waiter: Some(waiter),
            }),
        }
    }

    /// A part is done.
    pub(crate) fn advance(&self) {
        if let Some(shown) = &self.shown {
            shown.bar.inc(1);
        }
    }
}

/// Takes the sign away, however the work ends.
impl Drop for Activity {
    fn drop(&mut self) {
        if let Some(shown) = &mut self.shown {
            drop(shown.work.take());
            if let Some(waiter) = shown.waiter.take() {
                // A thread that only draws has nothing to say of how it ended.
                let _ = waiter.join();
            }
            shown.bar.finish_and_clear();
        }
    }
}
