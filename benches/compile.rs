//! How long parsing and checking take: `cargo bench -p dictum-benches --bench compile`.
//!
//! Packages of 1,000, 10,000 and 100,000 rules; `elem/s` is rules a second, so growth shows as a smaller number. `parse` is
//! text to trees; `check` is all that `dictum check` does: parsing, checking, lowering, validation and lints.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use dictum_benches::package::package;
use dictum_syntax::source::Sources;

criterion_group!(benches, parse, check);
criterion_main!(benches);

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn sources(rules: usize) -> Sources {
    let mut sources = Sources::new();
    for (name, text) in package(rules) {
        sources.add(name, text);
    }
    sources
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for rules in SIZES {
        let sources = sources(rules);
        group.throughput(Throughput::Elements(rules as u64));
        group.bench_function(BenchmarkId::from_parameter(rules), |bencher| {
            bencher.iter(|| {
                for (id, _) in sources.iter() {
                    black_box(dictum_syntax::parse(&sources, id));
                }
            });
        });
    }
    group.finish();
}

fn check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    for rules in SIZES {
        let sources = sources(rules);
        group.throughput(Throughput::Elements(rules as u64));
        group.bench_function(BenchmarkId::from_parameter(rules), |bencher| {
            bencher.iter(|| {
                let (program, diagnostics) = dictum_compiler::compile(black_box(&sources));
                assert!(program.is_some(), "{diagnostics:?}");
                program
            });
        });
    }
    group.finish();
}
