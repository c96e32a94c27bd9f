//! The behaviour suite of Dictum: what all engines must agree on, and the documents that run.
//!
//! [`engine`] is the list of engines; [`spec`] runs literate specs on them, [`generate`] makes worlds (policies with stores
//! and requests) for the property tests. The suites themselves are the test targets beside this library.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod engine;
pub mod generate;
pub mod markdown;
pub mod mends;
pub mod mistakes;
pub mod spec;
pub mod tell;
