//! What must hold of every policy, store and request: of worlds made by [`dictum_tests::generate`], and of bytes and texts
//! that are no policy at all.
//!
//! `DICTUM_SEED` chooses the worlds (`now` makes new ones), `DICTUM_CASES` how many requests are decided; a failure prints the
//! seed of its world, so that `DICTUM_SEED=… DICTUM_CASES=1` makes that world first. Failing worlds are made smaller before
//! they are shown.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod agreement;
mod artifacts;
mod data;
mod lints;
mod reads;
mod tables;
mod texts;
mod worlds;
