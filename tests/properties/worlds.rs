//! The worlds of a run, and how a property of them is checked.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::json;
use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::{Program, Settings, codes, compile_with};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{SourceId, Sources};
use dictum_tests::generate::constructs::{ALL, Counts, count_file, count_program};
use dictum_tests::generate::{Undefined, World};

/// How many requests each world has.
const REQUESTS: usize = 25;

/// How many requests are decided where the number is not given.
pub(crate) const CASES: u64 = 10_500;

/// The seed where none is given: a change is judged by the same worlds as the one before it.
const FIRST_SEED: u64 = 20_260_105;

pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")),
    )
}

pub(crate) fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| {
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as u64)
        };
        let seed = match std::env::var("DICTUM_SEED").as_deref() {
            Ok("now") => now(),
            _ => number("DICTUM_SEED").unwrap_or(FIRST_SEED),
        };
        println!("DICTUM_SEED={seed}");
        seed
    })
}

/// A world, and what it compiles to, or why it does not.
pub(crate) struct Compiled {
    pub(crate) world: World,
    program: Result<Program, String>,
}

/// The worlds of the run, compiled once for all tests.
///
/// A generated world is right but for two things: the generator does not follow what a condition rules out, so now and then
/// it asks, where only `read` is left, whether the action is `write`; nor what sets that are written out cost to compare.
/// Worlds with nothing else against them are left out.
fn all() -> &'static [Compiled] {
    static WORLDS: OnceLock<Vec<Compiled>> = OnceLock::new();
    WORLDS.get_or_init(|| {
        let cases = number("DICTUM_CASES").unwrap_or(CASES);
        let wanted = (cases / REQUESTS as u64).max(1);
        let next = AtomicU64::new(0);
        let make = || {
            let mut made = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                // One in fifty is left out, or fewer; of a few worlds, that may be one.
                if number >= wanted + wanted / 16 + 4 {
                    return made;
                }
                let world = World::generate(seed().wrapping_add(number), REQUESTS);
                made.extend(compiled(world).map(|compiled| (number, compiled)));
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut worlds: Vec<(u64, Compiled)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(make)).collect();
            let made = threads
                .into_iter()
                .map(|thread| thread.join().expect("worlds are made"));
            made.flatten().collect()
        });
        worlds.sort_by_key(|(number, _)| *number);
        worlds.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        worlds.into_iter().map(|(_, compiled)| compiled).collect()
    })
}

/// A world with what it compiles to; `None` where it is left out.
fn compiled(world: World) -> Option<Compiled> {
    let texts = world.sources(Undefined::Undefined, false);
    let (sources, program, diagnostics) = compile_texts(texts.iter().map(String::as_str));
    let known = [codes::NEVER_HOLDS, codes::TOO_COSTLY];
    let is_left_out = program.is_none()
        && diagnostics
            .iter()
            .all(|diagnostic| known.contains(&diagnostic.code));
    (!is_left_out).then(|| Compiled {
        world,
        program: program.ok_or_else(|| told(&sources, &diagnostics)),
    })
}

/// The worlds for a property that is checked of one in so many, at least of one world.
pub(crate) fn worlds(share: usize) -> impl Iterator<Item = &'static Compiled> {
    let all = all();
    all.iter().take((all.len() / share).max(1))
}

#[test]
fn few_worlds_are_left_out() {
    let worlds = (0..300).map(|number| World::generate(seed().wrapping_add(number), 1));
    let left_out = worlds.filter(|world| compiled(world.clone()).is_none()).count();
    assert!(left_out <= 9, "{left_out} of 300 worlds (DICTUM_SEED={})", seed());
}

/// Why a world is no good.
pub(crate) enum Failure {
    /// It does not compile, or its data is refused: what was said.
    Invalid(String),
    /// It is not as it must be.
    Wrong(String),
}

pub(crate) fn compile_texts<'t>(
    texts: impl IntoIterator<Item = &'t str>,
) -> (Sources, Option<Program>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    for (number, text) in (1..).zip(texts) {
        sources.add(format!("{number}.dictum"), text);
    }
    let settings = Settings {
        lints: Levels::all(Level::Allow),
        ..Settings::default()
    };
    let (program, diagnostics) = compile_with(&sources, &settings);
    (sources, program, diagnostics)
}

fn told(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let told = diagnostics.iter().map(|diagnostic| {
        let line = sources.text(diagnostic.span).lines().next().unwrap_or_default();
        format!("{} {} at `{line}`", diagnostic.code, diagnostic.message)
    });
    told.collect::<Vec<_>>().join("\n")
}

pub(crate) fn program_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Program, Failure> {
    let (sources, program, diagnostics) = compile_texts(texts);
    program.ok_or_else(|| Failure::Invalid(told(&sources, &diagnostics)))
}

pub(crate) fn program_of_texts(texts: &[String]) -> Result<Program, Failure> {
    program_of(texts.iter().map(String::as_str))
}

pub(crate) fn dataset_of(world: &World, program: &Program) -> Result<Dataset, Failure> {
    let text = world.data().to_string();
    json::read_dataset(&program.schema, &[("data", &text)]).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::Invalid(told.join("\n"))
    })
}

/// The requests of a world, with their texts.
pub(crate) fn requests_of(world: &World, program: &Program) -> Result<Vec<(String, Request)>, Failure> {
    let read = |text: String| match json::read_request(&program.schema, "request", &text) {
        Ok(request) => Ok((text, request)),
        Err(error) => Err(Failure::Invalid(format!("{text}\n{error}"))),
    };
    world.requests().into_iter().map(read).collect()
}

/// Checks a property of worlds, and shows a small world for which it does not hold.
pub(crate) fn check(share: usize, property: impl Fn(&World, &Program) -> Result<(), Failure>) {
    let anew = |world: &World| {
        let program = program_of_texts(&world.sources(Undefined::Undefined, false))?;
        property(world, &program)
    };
    for Compiled { world, program } in worlds(share) {
        let found = match program {
            Ok(program) => property(world, program),
            Err(told) => Err(Failure::Invalid(told.clone())),
        };
        let (small, told) = match found {
            Ok(()) => continue,
            Err(Failure::Wrong(_)) => {
                let small = world.minimized(|world| matches!(anew(world), Err(Failure::Wrong(_))));
                let told = match anew(&small) {
                    Err(Failure::Wrong(told) | Failure::Invalid(told)) => told,
                    Ok(()) => String::new(),
                };
                (small, told)
            }
            Err(Failure::Invalid(told)) => {
                let same = |other: &str| other.lines().next() == told.lines().next();
                let small = world
                    .minimized(|world| matches!(anew(world), Err(Failure::Invalid(other)) if same(&other)));
                (small, told)
            }
        };
        panic!(
            "a world fails: DICTUM_SEED={} DICTUM_CASES=1\n{told}\n\n{}",
            world.seed,
            small.tell()
        );
    }
}

#[test]
fn every_construct_occurs() {
    let mut counts = Counts::new();
    for Compiled { world, program } in worlds(1) {
        let texts = world.sources(Undefined::Undefined, true);
        let mut sources = Sources::new();
        for (number, text) in (0..).map(SourceId).zip(&texts) {
            sources.add("1.dictum", text.as_str());
            count_file(&dictum_syntax::parse(&sources, number).0, &mut counts);
        }
        program
            .iter()
            .for_each(|program| count_program(program, &mut counts));
    }
    for construct in ALL {
        println!("{:>8} {construct}", counts.get(construct).copied().unwrap_or(0));
    }
    let unknown: Vec<_> = counts
        .keys()
        .filter(|construct| !ALL.contains(construct))
        .collect();
    assert!(
        unknown.is_empty(),
        "these constructs are not in the list of all: {unknown:?}"
    );
    if number("DICTUM_CASES").is_none() {
        let missing: Vec<_> = ALL
            .iter()
            .filter(|construct| !counts.contains_key(*construct))
            .collect();
        assert!(
            missing.is_empty(),
            "the generator made none of these: {missing:?}"
        );
    }
}

/// How often each of several things was.
pub(crate) type Tally = BTreeMap<&'static str, usize>;
