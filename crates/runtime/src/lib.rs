//! Decides requests by compiled Dictum policies.
//!
//! # Is this what you need?
//!
//! Yes, to ask a policy questions from a Rust program: load an artifact that `dictum build` wrote, give it the entities and
//! grants that you know, and get allow or deny for each request, with the rules that decided. There is no server to run and
//! no policy text to parse at run time; to compile policies in your own program, take `dictum-compiler` as well.
//!
//! No, to ask from a shell (the command `dictum eval` does) or to ask over a network.
//!
//! # How
//!
//! ```
//! use std::sync::Arc;
//! use dictum_runtime::{Policy, Store, json};
//!
//! // The bytes of `dictum build notes.dictum -o notes.dpa`.
//! # let mut sources = dictum_syntax::source::Sources::new();
//! # sources.add("notes.dictum", r#"
//! #     entity User { suspended: Bool }
//! #     entity Note { author: User }
//! #     action read, write by User on Note
//! #     role reader on Note { read }
//! #     own: permit User to read, write on Note when resource.author == principal
//! #     suspended: forbid User to any on anything when principal.suspended because "the account is suspended"
//! # "#);
//! # let program = dictum_compiler::compile(&sources).0.expect("the policy of this example compiles");
//! # let bytes = dictum_artifact::wire::encode(&program.artifact);
//! let policy = Arc::new(Policy::from_bytes(&bytes)?);
//!
//! let data = r#"{
//!   "entities": [
//!     {"type": "User", "id": "ann", "properties": {"suspended": false}},
//!     {"type": "User", "id": "bob", "properties": {"suspended": true}},
//!     {"type": "Note", "id": "n1", "properties": {"author": "ann"}}
//!   ],
//!   "grants": [{"role": "reader", "subject": {"type": "User", "id": "bob"}, "resource": "anything"}]
//! }"#;
//! let data = json::read_dataset(policy.schema(), &[("data.json", data)]).map_err(|mut errors| errors.remove(0))?;
//! let store = Store::new(&policy, &data)?;
//!
//! let ask = |who: &str| {
//!     let request = format!(
//!         r#"{{"subject": {{"type": "User", "id": "{who}"}}, "action": {{"name": "read"}},
//!             "resource": {{"type": "Note", "id": "n1"}}}}"#
//!     );
//!     store.bind_json(request.as_bytes()).map(|bound| bound.decide())
//! };
//! assert!(ask("ann")?.allowed);
//!
//! let denied = ask("bob")?;
//! assert!(!denied.allowed);
//! let rule = denied.rule.and_then(|rule| policy.rule(rule)).expect("a forbid denied it");
//! assert_eq!(rule.label, "suspended");
//! assert_eq!(rule.reason.as_deref(), Some("the account is suspended"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! 1. [`Policy::from_bytes`] validates the artifact. Bytes that are cut short, changed, or made by an enemy are an error here,
//!    and never a wrong decision later.
//! 2. [`Store::new`] checks [`data::Dataset`] against the policy's schema, whether it was read by [`json::read_dataset`] or made
//!    by your program, and resolves names to numbers.
//! 3. [`Store::bind`] checks and resolves a [`data::Request`]; [`Store::bind_json`] one in the JSON of the OpenID AuthZEN
//!    Authorization API 1.0.
//! 4. [`BoundRequest::decide`] decides, and [`BoundRequest::explain`] names every rule that did. A [`RuleId`] leads to the
//!    rule's label, reason, documentation, annotations and place by [`Policy::rule`].
//! 5. What a caller has to do with a decision is in [`Explanation::obligations`], or, after [`BoundRequest::decide`], in
//!    [`BoundRequest::obligations`]; [`Policy::obligation`] has an obligation's name and fields.
//! 6. [`BoundRequest::trace`] tells people what each rule made of the request, clause by clause, with the values that it saw.
//! 7. [`Policy::reads`] says which attributes, ancestors and grants a decision can depend on, for those who fetch them, or
//!    keep decisions.
//!
//! # What you can rely on
//!
//! - **A decision is a function of policy, store and request.** There is no clock (the time is a field of the context), no
//!   I/O, no randomness, and no state that one decision leaves for the next.
//! - **Deciding cannot fail.** A bound request is decided without panic, lock or allocation. What is not known lets nobody in:
//!   a permit fires only where its condition is true, a forbid fires unless its condition is false.
//! - **Threads.** [`Policy`], [`Store`] and [`BoundRequest`] never change and are `Send + Sync`. To replace a policy or its
//!   data, make a new [`Store`], and swap an `Arc<Store>` behind a lock or `arc-swap`; who holds the old one finishes over it,
//!   and no decision sees half of a change.
//! - **What is refused.** An artifact that is not valid ([`LoadError`]); data that does not fit the schema, has an entity twice
//!   or a cycle in its hierarchy, or is beyond the limits ([`StoreError`]); a request that does not fit the schema, for an
//!   unknown action, an action that does not apply, a field that is missing or of another type
//!   ([`data::RequestFault`], [`json::DataError`]). A refused request is not an allowed one: deny it.
//!
//! # Limits
//!
//! An entity is in at most [`MAX_ANCESTORS`] others, through all levels, and the entities of a store together in
//! [`MAX_TOTAL_ANCESTORS`]. A policy and a store name at most 2³¹ texts and as many entities, and hold at most 2³² values of each
//! kind and as many grants. Deciding takes at most a few hundred kilobytes of stack (0.7 MB without optimisation).

mod decide;
mod evaluate;
mod grants;
mod hierarchy;
mod names;
mod obligations;
mod owned;
mod policy;
mod quantify;
mod request;
mod sets;
mod store;
#[cfg(test)]
mod testing;
mod trace;
mod values;

pub use dictum_artifact::dag::{Artifact, Clause, Effect, Position, Rule, RuleId};
pub use dictum_artifact::reads::{EntityReads, Reads};
pub use dictum_artifact::schema::{ObligationDef, ObligationId};
pub use dictum_artifact::validate::Invalid;
pub use dictum_artifact::wire::WireError;
pub use dictum_artifact::{data, expr, json, schema, value};

pub use decide::{Decision, Explanation};
pub use hierarchy::{MAX_ANCESTORS, MAX_TOTAL_ANCESTORS};
pub use obligations::Obligation;
pub use policy::{LoadError, Policy};
pub use request::BoundRequest;
pub use store::{Store, StoreError};
pub use trace::{ClauseTrace, GrantTrace, MAX_TRACE_PARTS, Part, RuleTrace, Seen, Trace, Truth};

/// The Rust of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
