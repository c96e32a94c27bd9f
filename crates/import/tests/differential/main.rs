//! Sets of policies are decided by Cedar and by what they become alike: the decision, the policies that decide, and those
//! that err.
//!
//! `DICTUM_SEED` is the seed of the first set, `DICTUM_CASES` how many sets there are; a failure prints the seed of its set, made
//! smaller, so that `DICTUM_SEED=… DICTUM_CASES=1` makes it again.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conditions;
mod node;
mod oracle;
mod rng;
mod schema;
mod seen;
mod values;
mod world;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use oracle::{Verdict, check, drop_refused, minimal};
use seen::Seen;
use world::World;

const THREADS: usize = 2;

/// What a run of some hundred sets has to contain.
const WANTED: [&str; 115] = [
    "!",
    "!=",
    "&&",
    "*",
    "+",
    "-",
    "<",
    "<=",
    "== of entities",
    "== of extensions",
    "== of primitives",
    "== of records",
    "== of sets",
    ">",
    ">=",
    "action !=",
    "action ==",
    "action group",
    "action in",
    "action in a list",
    "action with members, asked for itself",
    "chained has",
    "common type",
    "computed key",
    "contains",
    "containsAll",
    "containsAny",
    "durationSince",
    "enumerated type",
    "field of a record that is written out",
    "forbid unless",
    "forbid when",
    "getTag",
    "greaterThan",
    "greaterThanOrEqual",
    "guard in a clause before",
    "has",
    "hasTag",
    "if",
    "if with a value",
    "in",
    "in a set",
    "is",
    "is in",
    "isEmpty",
    "isInRange",
    "isIpv4",
    "isIpv6",
    "isLoopback",
    "isMulticast",
    "lessThan",
    "lessThanOrEqual",
    "like",
    "link",
    "literal condition",
    "literal key",
    "narrowed",
    "negated guard",
    "negation",
    "offset",
    "one of two entities",
    "attribute of one of two entities",
    "permit unless",
    "permit when",
    "record of expressions",
    "same-named types",
    "scope: ==",
    "scope: action",
    "scope: action ==",
    "scope: action in",
    "scope: action in a list",
    "scope: any",
    "scope: in",
    "scope: is",
    "scope: is in",
    "set of expressions",
    "several types of an action",
    "shared condition",
    "template",
    "toDate",
    "toDays",
    "toHours",
    "toMilliseconds",
    "toMinutes",
    "toSeconds",
    "toTime",
    "||",
    "allowed",
    "denied by a forbid",
    "an error in a permit",
    "an error in a forbid",
    "principal: described",
    "principal: not described",
    "resource: described",
    "resource: not described",
    "field: Bool",
    "field?: Bool",
    "field: Long",
    "field?: Long",
    "field: String",
    "field?: String",
    "field: decimal",
    "field?: decimal",
    "field: ipaddr",
    "field?: ipaddr",
    "field: datetime",
    "field?: datetime",
    "field: duration",
    "field?: duration",
    "field: entity",
    "field?: entity",
    "field: set",
    "field?: set",
    "field: record",
    "field?: record",
];

#[test]
fn cedar_and_what_it_becomes_decide_alike() {
    let seen = run(
        number("DICTUM_SEED").unwrap_or(1),
        number("DICTUM_CASES").unwrap_or(200),
    );
    if number("DICTUM_CASES").is_none() {
        let missing: Vec<&str> = WANTED.into_iter().filter(|what| seen.count(what) == 0).collect();
        assert!(
            missing.is_empty(),
            "nothing of this was generated: {missing:?}\n{}",
            seen.tell()
        );
        let (refused, policies) = (seen.count("refused by Cedar"), seen.count("policy"));
        assert!(
            refused * 8 < policies,
            "Cedar refuses {refused} of {policies} policies"
        );
        assert!(seen.count("request") > 1_000, "{}", seen.tell());
    }
}

/// The same for many sets:
///
/// ```text
/// DICTUM_SEED=1000 DICTUM_CASES=5000 cargo test --release -p dictum-import --test differential -- --ignored
/// ```
#[test]
#[ignore = "takes minutes"]
fn many_sets_are_decided_alike() {
    let seen = run(
        number("DICTUM_SEED").unwrap_or(1_000),
        number("DICTUM_CASES").unwrap_or(5_000),
    );
    tell(&seen.tell());
}

fn run(first: u64, sets: u64) -> Seen {
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let work = || {
        let (mut seen, mut failure) = (Seen::default(), None);
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed - first >= sets {
                break;
            }
            failure = one(seed, &mut seen);
            if failure.is_some() {
                failed.store(true, Ordering::Relaxed);
            }
        }
        (seen, failure)
    };
    let mut seen = Seen::default();
    let mut failures = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (found, failure) = worker.join().expect("no set makes a worker panic");
            seen.add(found);
            failures.extend(failure);
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n================\n"));
    seen
}

/// What is wrong with the set of a seed.
fn one(seed: u64, seen: &mut Seen) -> Option<String> {
    let mut world = World::generate(seed, seen);
    let cedar = drop_refused(&mut world, seen);
    let again = format!("DICTUM_SEED={seed} DICTUM_CASES=1");
    match check(&cedar, &world, seen) {
        Verdict::Agree => None,
        Verdict::Refused(told) => Some(format!("{again}\n{told}\n{}", oracle::texts(&world))),
        Verdict::Wrong(told) => {
            let (world, told) = minimal(world, told);
            Some(format!("{again}\n{}\n{told}", oracle::texts(&world)))
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "which sets a run makes is not decided in the text"
)]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")),
    )
}

#[expect(clippy::disallowed_macros, reason = "a long run tells what it has seen")]
fn tell(text: &str) {
    println!("{text}");
}
