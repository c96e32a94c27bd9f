//! The command `dictum` as a user runs it: what it decides and prints, how it ends, and what it leaves alone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod checks;
mod examples;
mod explain;
mod fix;
mod import;
mod names;
mod output;
mod packages;
mod pages;
mod readme;
mod run;
mod usage;
