//! Artifacts: the same from the same sources, and refused where they are broken.

use std::sync::Arc;

use dictum_artifact::data::Dataset;
use dictum_artifact::{json, wire};
use dictum_compiler::Program;
use dictum_runtime::{Policy, Store};
use dictum_tests::generate::rng::Rng;
use dictum_tests::generate::{Undefined, World};
use proptest::prelude::*;

use crate::worlds::{Failure, check, program_of_texts, seed, worlds};

/// The first world that compiles.
fn first() -> (&'static World, Program) {
    let compiled = worlds(1).next().expect("there is a world");
    let program = program_of_texts(&compiled.world.sources(Undefined::Undefined, false));
    let Ok(program) = program else {
        panic!("DICTUM_SEED={} does not compile", compiled.world.seed)
    };
    (&compiled.world, program)
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    check(8, |world, program| {
        let again = program_of_texts(&world.sources(Undefined::Undefined, false))?;
        let [first, second] = [program, &again].map(|program| wire::encode(&program.artifact));
        if first != second {
            return Err(Failure::Wrong("two compilations give different bytes".to_owned()));
        }
        let decoded = wire::decode(&first).map_err(|error| Failure::Wrong(error.to_string()))?;
        if decoded != program.artifact || wire::encode(&decoded) != first {
            return Err(Failure::Wrong(
                "the artifact is not the same after it was decoded".to_owned(),
            ));
        }
        Ok(())
    });
}

/// An artifact with any one bit wrong is refused.
#[test]
fn a_flipped_bit_is_found() {
    let (world, program) = first();
    let bytes = wire::encode(&program.artifact);
    let step = bytes.len() / 2_000 + 1;
    for at in (0..bytes.len()).step_by(step) {
        let mut broken = bytes.clone();
        broken[at] ^= 1 << (at % 8);
        assert!(
            wire::decode(&broken).is_err(),
            "DICTUM_SEED={}: byte {at} may be wrong",
            world.seed
        );
        assert!(
            wire::decode(&bytes[..at]).is_err(),
            "DICTUM_SEED={}: it may end at {at}",
            world.seed
        );
    }
}

/// The bytes behind the checksum are looked at too: an artifact made by an enemy has a right checksum.
fn refuses_or_runs(bytes: &[u8]) {
    if let Ok(artifact) = wire::decode(bytes) {
        let policy = dictum_runtime::Policy::new(artifact).expect("what is decoded is valid");
        let store = dictum_runtime::Store::new(&std::sync::Arc::new(policy), &Dataset::default());
        assert!(store.is_ok());
    }
}

/// An artifact whose bytes were changed and whose checksum was made right again is refused, or it is a policy like any other.
#[test]
fn an_artifact_made_by_an_enemy_is_refused_or_runs() {
    let (_, program) = first();
    let artifact = program.artifact.clone();
    let mut rng = Rng::new(seed());
    for _ in 0..300 {
        let mut other = artifact.clone();
        let (nodes, plans, rules) = (other.nodes.len(), other.plans.len(), other.rules.len());
        match rng.below(6) {
            0 => other.nodes.truncate(rng.below(nodes)),
            1 => other.rules.truncate(rng.below(rules)),
            2 => other.plans.truncate(rng.below(plans)),
            3 => rng.shuffle(&mut other.nodes),
            4 => rng.shuffle(&mut other.exprs.0),
            _ => rng.shuffle(&mut other.schema.shapes),
        }
        refuses_or_runs(&wire::encode(&other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_artifact(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(wire::decode(&bytes).is_err());
    }
}

/// Artifacts that were changed by somebody who knows how they are made load or do not; and what loads decides, explains and
/// says what it reads without a panic, whatever it decides.
#[test]
fn changed_artifacts_decide_something() {
    let mutations = crate::worlds::number("DICTUM_MUTATIONS").unwrap_or(2_000);
    let mut rng = Rng::new(seed());
    let mut loaded = 0_u64;
    for compiled in worlds(8).take(8) {
        let Ok(program) = program_of_texts(&compiled.world.sources(Undefined::Undefined, false)) else {
            continue;
        };
        let bytes = wire::encode(&program.artifact);
        let requests = compiled.world.requests();
        let data = compiled.world.data().to_string();
        for _ in 0..mutations / 8 {
            let mut changed = bytes.clone();
            for _ in 0..=rng.below(3) {
                let at = 18 + rng.below(changed.len() - 22);
                changed[at] = match rng.below(4) {
                    0 => changed[at].wrapping_add(1),
                    1 => changed[at].wrapping_sub(1),
                    2 => changed[18 + rng.below(bytes.len() - 22)],
                    _ => u8::try_from(rng.below(256)).unwrap_or(0),
                };
            }
            let hashed = changed.len() - 4;
            let checksum = crc32fast::hash(&changed[..hashed]).to_le_bytes();
            changed[hashed..].copy_from_slice(&checksum);
            let Ok(policy) = Policy::from_bytes(&changed) else {
                continue;
            };
            let Ok(data) = json::read_dataset(policy.schema(), &[("data", &data)]) else {
                continue;
            };
            let Ok(store) = Store::new(&Arc::new(policy), &data) else {
                continue;
            };
            loaded += 1;
            for request in requests.iter().take(4) {
                if let Ok(bound) = store.bind_json(request.as_bytes()) {
                    let decision = bound.decide();
                    let _ = (bound.explain(), bound.obligations(&decision), bound.trace());
                }
            }
        }
    }
    println!("{loaded} of {mutations} loaded");
    assert!(mutations < 1_000 || loaded > 0, "nothing loads");
}
