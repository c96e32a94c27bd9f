//! What the compiler and the runtime of Dictum share: values and operators, the schema, typed expressions, the decision
//! DAG, and the file that holds them.
//!
//! An embedder does not need this crate by itself: `dictum-runtime` re-exports what decisions are made with.

pub mod dag;
pub mod data;
pub mod expr;
pub mod json;
pub mod naming;
pub mod ops;
mod path;
pub mod reads;
pub mod regex;
pub mod schema;
pub mod suggest;
#[cfg(test)]
mod testing;
pub mod validate;
pub mod value;
pub mod wire;
pub mod zone;
