//! How long a decision takes: `cargo bench -p dictum-benches --bench eval`.
//!
//! Each case decides all requests of an example, one after the other; `elem/s` is requests a second. In the first group,
//! `todo by hand` is the decision of `todo` as a person would write it in Rust over numbers: the floor that the ratio of the
//! two is read against.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dictum_benches::{Example, gateway, todo};
use dictum_runtime::BoundRequest;

mod floor;

criterion_group!(benches, decide_bound, bind_and_decide, decide_json);
criterion_main!(benches);

#[expect(
    clippy::expect_used,
    reason = "without its examples there is nothing to measure"
)]
fn examples() -> [Example; 2] {
    [
        todo().expect("the example `todo`"),
        gateway().expect("the example `gateway`"),
    ]
}

fn requests(example: &Example) -> Throughput {
    Throughput::Elements(example.requests.len() as u64)
}

/// Guards the walk through the DAG and the evaluation of atoms.
fn decide_bound(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide a bound request");
    for example in &examples() {
        group.throughput(requests(example));
        let bound: Vec<BoundRequest<'_>> = example
            .requests
            .iter()
            .filter_map(|request| example.store.bind(request).ok())
            .collect();
        assert_eq!(bound.len(), example.requests.len());
        group.bench_function(example.name, |bencher| {
            bencher.iter(|| {
                bound
                    .iter()
                    .filter(|request| black_box(request).decide().allowed)
                    .count()
            });
        });
        if example.name == "todo" {
            let by_hand = floor::Todo::new(example);
            let asked: Vec<floor::Ask> = example
                .requests
                .iter()
                .map(|request| by_hand.ask(request))
                .collect();
            for (bound, ask) in bound.iter().zip(&asked) {
                assert_eq!(bound.decide().allowed, by_hand.decide(ask), "{ask:?}");
            }
            group.bench_function("todo by hand", |bencher| {
                bencher.iter(|| asked.iter().filter(|ask| by_hand.decide(black_box(ask))).count());
            });
        }
    }
    group.finish();
}

/// Guards the checks of a request, and its resolution to numbers of the store.
fn bind_and_decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bind and decide a request");
    for example in &examples() {
        group.throughput(requests(example));
        let allowed = |request| {
            example
                .store
                .bind(black_box(request))
                .is_ok_and(|bound| bound.decide().allowed)
        };
        group.bench_function(example.name, |bencher| {
            bencher.iter(|| example.requests.iter().filter(|request| allowed(request)).count());
        });
    }
    group.finish();
}

/// Guards the way from the bytes that a caller sends.
fn decide_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide JSON bytes");
    for example in &examples() {
        group.throughput(requests(example));
        assert!(
            example
                .bytes
                .iter()
                .all(|bytes| example.store.bind_json(bytes).is_ok())
        );
        let allowed = |bytes: &[u8]| {
            example
                .store
                .bind_json(black_box(bytes))
                .is_ok_and(|bound| bound.decide().allowed)
        };
        group.bench_function(example.name, |bencher| {
            bencher.iter(|| example.bytes.iter().filter(|bytes| allowed(bytes)).count());
        });
    }
    group.finish();
}
