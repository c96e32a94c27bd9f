//! What must hold of every policy, store and request: of worlds made by [`dictum_tests::generate`], and of bytes and texts
//! that are no policy at all.
//!
//! `DICTUM_SEED` chooses the worlds (`now` makes new ones), `DICTUM_CASES` how many requests are decided; a failure prints the seed of its world, so
//! that `DICTUM_SEED=… DICTUM_CASES=1` makes that world first. Failing worlds are made smaller before they are shown.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use dictum_artifact::dag::Artifact;
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::schema::{ActionId, EntityTypeId};
use dictum_artifact::value::{EntityUid, Value};
use dictum_artifact::{json, wire};
use dictum_compiler::{Program, codes, compile};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::lexer::{self, Token, TokenKind};
use dictum_syntax::source::{SourceId, Sources};
use dictum_tests::engine::{Answer, Engines};
use dictum_tests::generate::constructs::{ALL, Counts, count_file, count_program};
use dictum_tests::generate::rng::Rng;
use dictum_tests::generate::{Undefined, World};
use proptest::prelude::*;

/// How many requests each world has.
const REQUESTS: usize = 20;

/// The seed where none is given: a change is judged by the same worlds as the one before it.
const FIRST_SEED: u64 = 20_260_105;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not `{text}`")),
    )
}

fn seed() -> u64 {
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

/// Worlds with a share of the wanted number of requests, at least one.
///
/// A generated world is right but for two things: the generator does not follow what a condition rules out, so now and then
/// it asks, where only `read` is left, whether the action is `write`; nor what sets that are written out cost to compare.
/// Worlds with nothing else against them are left out.
fn worlds(share: usize) -> impl Iterator<Item = World> {
    let cases = number("DICTUM_CASES").unwrap_or(2_400) as usize;
    let count = (cases / REQUESTS / share).max(1) as u64;
    let generated = (0..2 * count).map(|number| World::generate(seed().wrapping_add(number), REQUESTS));
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    generated.filter(|world| !is_idle_or_costly(world)).take(count)
}

/// Whether a policy is refused, and only for tests that never hold or cost too much.
fn is_idle_or_costly(world: &World) -> bool {
    let (_, program, diagnostics) = compile_texts([world.source().as_str()]);
    program.is_none()
        && diagnostics
            .iter()
            .all(|diagnostic| [codes::NEVER_HOLDS, codes::TOO_COSTLY].contains(&diagnostic.code))
}

#[test]
fn few_worlds_are_left_out() {
    let worlds = (0..400).map(|number| World::generate(seed().wrapping_add(number), 1));
    let left_out = worlds.filter(is_idle_or_costly).count();
    assert!(left_out <= 8, "{left_out} of 400 worlds (DICTUM_SEED={})", seed());
}

/// Why a world is no good.
enum Failure {
    /// It does not compile, or its data is refused: what was said.
    Invalid(String),
    /// It is not as it must be.
    Wrong(String),
}

fn compile_texts<'t>(
    texts: impl IntoIterator<Item = &'t str>,
) -> (Sources, Option<Program>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    for (number, text) in (1..).zip(texts) {
        sources.add(format!("{number}.dictum"), text);
    }
    let (program, diagnostics) = compile(&sources);
    (sources, program, diagnostics)
}

fn program_of(text: &str) -> Result<Program, Failure> {
    let (sources, program, diagnostics) = compile_texts([text]);
    program.ok_or_else(|| {
        let told = diagnostics.iter().map(|diagnostic| {
            let line = sources.text(diagnostic.span).lines().next().unwrap_or_default();
            format!("{} {} at `{line}`", diagnostic.code, diagnostic.message)
        });
        Failure::Invalid(told.collect::<Vec<_>>().join("\n"))
    })
}

fn dataset_of(world: &World, program: &Program) -> Result<Dataset, Failure> {
    let text = world.data().to_string();
    json::read_dataset(&program.schema, &[("data", &text)]).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::Invalid(told.join("\n"))
    })
}

/// Checks a property of worlds, and shows a small world for which it does not hold.
fn check(share: usize, property: impl Fn(&World) -> Result<(), Failure>) {
    for world in worlds(share) {
        let failure = match property(&world) {
            Ok(()) => continue,
            Err(failure) => failure,
        };
        let (small, told) = match failure {
            Failure::Wrong(_) => {
                let small = world.minimized(|world| matches!(property(world), Err(Failure::Wrong(_))));
                let told = match property(&small) {
                    Err(Failure::Wrong(told) | Failure::Invalid(told)) => told,
                    Ok(()) => String::new(),
                };
                (small, told)
            }
            Failure::Invalid(told) => {
                let same = |other: &str| other.lines().next() == told.lines().next();
                let small = world.minimized(
                    |world| matches!(property(world), Err(Failure::Invalid(other)) if same(&other)),
                );
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
fn engines_agree() {
    let decided = std::cell::Cell::new(0_u64);
    check(1, |world| {
        let program = program_of(&world.source())?;
        let data = dataset_of(world, &program)?;
        let engines = Engines::new(&program, &data).map_err(Failure::Wrong)?;
        for request in &world.requests {
            let text = request.json.to_string();
            let wrong = |told: String| Failure::Wrong(format!("{text}\n{told}"));
            let over_the_wire = engines
                .decide_json(&text)
                .map_err(|told| wrong(told.to_string()))?;
            if let Answer::Refused(message) = &over_the_wire {
                return Err(Failure::Invalid(format!("{text}\n{message}")));
            }
            let request = json::read_request(&program.schema, "request", &text)
                .map_err(|error| Failure::Invalid(error.to_string()))?;
            let by_hand = engines.decide(&request).map_err(|told| wrong(told.to_string()))?;
            if over_the_wire != by_hand {
                return Err(wrong(
                    "the request is decided otherwise when it is read".to_owned(),
                ));
            }
            decided.set(decided.get() + 1);
        }
        Ok(())
    });
    println!("{} requests decided", decided.get());
    let wanted = number("DICTUM_CASES").unwrap_or(2_000);
    assert!(decided.get() >= wanted, "only {} requests decided", decided.get());
}

#[test]
fn engines_refuse_the_same_requests() {
    let refused = std::cell::Cell::new(0);
    check(4, |world| {
        let program = program_of(&world.source())?;
        let data = dataset_of(world, &program)?;
        let engines = Engines::new(&program, &data).map_err(Failure::Wrong)?;
        let mut rng = Rng::new(world.seed);
        for request in &world.requests {
            let request = json::read_request(&program.schema, "request", &request.json.to_string())
                .map_err(|error| Failure::Invalid(error.to_string()))?;
            let spoilt = spoil(&program, request, &mut rng);
            let answer = engines
                .decide(&spoilt)
                .map_err(|told| Failure::Wrong(format!("{spoilt:?}\n{told}")))?;
            if matches!(answer, Answer::Refused(_)) {
                refused.set(refused.get() + 1);
            }
        }
        Ok(())
    });
    let refused = refused.get();
    assert!(
        number("DICTUM_CASES").is_some() || refused > 300,
        "only {refused} requests were refused"
    );
}

/// A request that most likely does not fit the schema any more.
fn spoil(program: &Program, mut request: Request, rng: &mut Rng) -> Request {
    let schema = &program.schema;
    let other_type = EntityTypeId(u32::try_from(rng.below(schema.entity_types.len() + 1)).unwrap_or(0));
    match rng.below(8) {
        0 => request.principal.ty = other_type,
        1 => request.resource.ty = other_type,
        2 => request.action = ActionId(u32::try_from(rng.below(schema.actions.len() + 1)).unwrap_or(0)),
        3 => {
            let at = rng.below(request.context.len());
            if let Some(field) = request.context.get_mut(at) {
                *field = None;
            }
        }
        4 => {
            let at = rng.below(request.context.len());
            if let Some(field) = request.context.get_mut(at) {
                *field = Some(Value::Entity(EntityUid {
                    ty: other_type,
                    id: "nobody".into(),
                }));
            }
        }
        5 => request.context.push(None),
        6 => request.principal_attributes = vec![Some(Value::Int(5))],
        _ => {
            request.resource = EntityUid {
                ty: request.resource.ty,
                id: "an id of no closed type".into(),
            };
            request.resource_attributes = vec![None; request.resource_attributes.len() + 1];
        }
    }
    request
}

#[test]
fn every_construct_occurs() {
    let mut counts = Counts::new();
    let worlds = (0..480).map(|number| World::generate(seed().wrapping_add(number), 1));
    for world in worlds.filter(|world| !is_idle_or_costly(world)) {
        let text = world.declarations(Undefined::Undefined, true).join("\n\n");
        let (sources, program, _) = compile_texts([text.as_str()]);
        let (file, _) = dictum_syntax::parse(&sources, SourceId(0));
        count_file(&file, &mut counts);
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

#[test]
fn outcomes_are_spread() {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for world in worlds(2) {
        let Ok(program) = program_of(&world.source()) else {
            continue;
        };
        let Ok(data) = dataset_of(&world, &program) else {
            continue;
        };
        let settled = program_of(&(world.declarations(Undefined::Settled, false).join("\n\n"))).ok();
        let engines = Engines::new(&program, &data).expect("the engines take the world");
        let settled = settled
            .as_ref()
            .map(|program| Engines::new(program, &data).expect("they take this one too"));
        for request in &world.requests {
            let text = request.json.to_string();
            let answer = engines.decide_json(&text).expect("the engines agree");
            let Answer::Decided(outcome) = &answer else {
                continue;
            };
            all += 1;
            *outcomes
                .entry(match (outcome.allowed, outcome.rules.len()) {
                    (true, 1) => "allowed by one rule",
                    (true, _) => "allowed by several rules",
                    (false, 0) => "denied by default",
                    (false, 1) => "denied by one rule",
                    (false, _) => "denied by several rules",
                })
                .or_default() += 1;
            let other = settled
                .as_ref()
                .map(|engines| engines.decide_json(&text).expect("the engines agree"));
            if other.is_some_and(|other| other != answer) {
                *outcomes.entry("decided by undefined data").or_default() += 1;
            }
        }
    }
    println!("{outcomes:#?} of {all}");
    if number("DICTUM_CASES").is_none() {
        let share = |outcome: &str| outcomes.get(outcome).copied().unwrap_or(0) * 100 / all;
        let least = [
            ("allowed by one rule", 5),
            ("allowed by several rules", 2),
            ("denied by default", 10),
            ("denied by one rule", 10),
            ("denied by several rules", 3),
            ("decided by undefined data", 5),
        ];
        for (outcome, percent) in least {
            assert!(
                share(outcome) >= percent,
                "only {} % are {outcome}",
                share(outcome)
            );
        }
        assert!(
            share("denied by default") <= 60,
            "most requests are denied by default"
        );
    }
}

#[test]
fn json_is_read_as_it_is_written() {
    check(2, |world| {
        let program = program_of(&world.source())?;
        let data = dataset_of(world, &program)?;
        let schema = &program.schema;
        let text = json::write_dataset(schema, &data).to_string();
        match json::read_dataset(schema, &[("written", &text)]) {
            Ok(read) if read == data => {}
            Ok(read) => return Err(Failure::Wrong(format!("{text}\nis read as\n{read:?}"))),
            Err(errors) => return Err(Failure::Wrong(format!("{text}\nis refused: {errors:?}"))),
        }
        for request in &world.requests {
            let request = json::read_request(schema, "request", &request.json.to_string())
                .map_err(|error| Failure::Invalid(error.to_string()))?;
            let text = json::write_request(schema, &request).to_string();
            match json::read_request(schema, "written", &text) {
                Ok(read) if read == request => {}
                other => {
                    return Err(Failure::Wrong(format!(
                        "{text}\nis read as\n{other:?}\nnot as\n{request:?}"
                    )));
                }
            }
        }
        Ok(())
    });
}

/// The fixture and the tests of a world say what its JSON says.
#[test]
fn fixtures_and_tests_are_read_like_json() {
    check(2, |world| {
        let program = program_of(&world.declarations(Undefined::Undefined, true).join("\n\n"))?;
        let written = World {
            entities: world
                .entities
                .iter()
                .filter(|entity| entity.line.is_some())
                .cloned()
                .collect(),
            ..world.clone()
        };
        let mut data = dataset_of(&written, &program)?;
        let mut fixture = program
            .fixtures
            .first()
            .map(|fixture| fixture.data.clone())
            .unwrap_or_default();
        for data in [&mut data, &mut fixture] {
            data.entities.sort_by(|a, b| a.uid.cmp(&b.uid));
            data.entities.iter_mut().for_each(|entity| entity.parents.sort());
            data.grants.sort();
        }
        if data != fixture {
            return Err(Failure::Wrong(format!(
                "the fixture is\n{fixture:?}\nand the data\n{data:?}"
            )));
        }
        let requests = world
            .requests
            .iter()
            .take(6)
            .filter(|request| request.test.is_some());
        for (request, test) in requests.zip(&program.tests) {
            let read = json::read_request(&program.schema, "request", &request.json.to_string())
                .map_err(|error| Failure::Invalid(error.to_string()))?;
            let case = test.cases.first().map(|case| &case.request);
            // `"properties": {}` says no more than nothing does.
            let read = Request {
                principal_attributes: Vec::new(),
                resource_attributes: Vec::new(),
                ..read
            };
            if case != Some(&read) {
                return Err(Failure::Wrong(format!(
                    "the test's request is\n{case:?}\nand the JSON's\n{read:?}"
                )));
            }
        }
        Ok(())
    });
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    check(4, |world| {
        let text = world.source();
        let bytes = || program_of(&text).map(|program| wire::encode(&program.artifact));
        let (first, second) = (bytes()?, bytes()?);
        if first != second {
            return Err(Failure::Wrong("two compilations give different bytes".to_owned()));
        }
        let decoded = wire::decode(&first).map_err(|error| Failure::Wrong(error.to_string()))?;
        let program = program_of(&text)?;
        if decoded != program.artifact || wire::encode(&decoded) != first {
            return Err(Failure::Wrong(
                "the artifact is not the same after it was decoded".to_owned(),
            ));
        }
        Ok(())
    });
}

/// A program's artifact without what depends on where rules stand in their files.
fn without_places(program: &Program) -> Artifact {
    let mut artifact = program.artifact.clone();
    for rule in &mut artifact.rules {
        if rule.label.contains(".dictum:") {
            rule.label.clear();
        }
        (rule.position.line, rule.position.column) = (0, 0);
    }
    artifact
}

fn tokens_of(text: &str, comments: bool) -> Vec<String> {
    let wanted = |token: &Token| token.is_comment() == comments;
    let tokens = lexer::tokens(text);
    tokens
        .iter()
        .filter(|token| wanted(token))
        .map(|token| token.text(text).trim_end().to_owned())
        .collect()
}

/// Where two lists begin to differ.
fn first_difference(before: &[String], after: &[String]) -> Option<String> {
    let at = (0..before.len().max(after.len())).find(|at| before.get(*at) != after.get(*at))?;
    Some(format!(
        "number {at} was {:?} and is {:?}",
        before.get(at),
        after.get(at)
    ))
}

/// A text with other layout and with comments between its tokens.
fn laid_out_anew(text: &str, rng: &mut Rng) -> String {
    let mut out = String::new();
    let mut end = 0;
    for token in lexer::tokens(text) {
        let between = text.get(end as usize..token.start as usize).unwrap_or_default();
        let touching = between.is_empty();
        match rng.below(20) {
            0 => out.push_str(" // a note\n"),
            1 => out.push_str("\n\n\n"),
            2 => out.push_str("\t  "),
            3..=5 if !touching => out.push('\n'),
            _ if touching || between.contains('\n') => out.push_str(between),
            _ => out.push(' '),
        }
        // At the margin these two start a declaration, whatever comes before them.
        if ["action", "context"].contains(&token.text(text)) && out.ends_with('\n') {
            out.push_str("  ");
        }
        // Behind something on its line it would document nothing.
        if token.kind == TokenKind::DocComment && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(token.text(text));
        if matches!(token.kind, TokenKind::Comment | TokenKind::DocComment) {
            out.push('\n');
        }
        end = token.end;
    }
    out + "\n"
}

#[test]
fn layout_and_formatting_change_nothing() {
    check(6, |world| {
        let plain = world.declarations(Undefined::Undefined, true).join("\n\n");
        let expected = without_places(&program_of(&plain)?);
        let mut rng = Rng::new(world.seed);
        let wild = laid_out_anew(&plain, &mut rng);
        for text in [&plain, &wild] {
            let wrong = |told: &str, more: &str| Failure::Wrong(format!("{told}\n---\n{text}\n---\n{more}"));
            let format = |text: &str| {
                let mut sources = Sources::new();
                let id = sources.add("1.dictum", text);
                dictum_syntax::format::format(&sources, id)
            };
            let formatted =
                format(text).map_err(|error| wrong("it is not formatted", &format!("{error:?}")))?;
            if format(&formatted).as_deref() != Ok(formatted.as_str()) {
                let again = format(&formatted).unwrap_or_default();
                return Err(wrong(
                    "formatting again changes it",
                    &format!("{formatted}\n---\n{again}"),
                ));
            }
            let no_commas = |text: &str| -> Vec<String> {
                tokens_of(text, false)
                    .into_iter()
                    .filter(|token| token != ",")
                    .collect()
            };
            if let Some(first) = first_difference(&no_commas(text), &no_commas(&formatted)) {
                return Err(wrong(
                    &format!("formatting changes the tokens: {first}"),
                    &formatted,
                ));
            }
            // Comments that ended lines which are now one line are now one comment.
            if tokens_of(text, true).join(" ") != tokens_of(&formatted, true).join(" ") {
                return Err(wrong("formatting changes the comments", &formatted));
            }
            for text in [text, &formatted] {
                let program = program_of(text).map_err(|failure| match failure {
                    Failure::Invalid(told) | Failure::Wrong(told) => {
                        wrong("it does not compile any more", &told)
                    }
                })?;
                let (found, expected) = (
                    format!("{:#?}", without_places(&program)),
                    format!("{expected:#?}"),
                );
                let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
                if let Some(first) = first_difference(&lines(&expected), &lines(&found)) {
                    return Err(wrong(&format!("it compiles to something else: {first}"), text));
                }
            }
        }
        Ok(())
    });
}

/// The decisions of a world whose declarations stand in a given order, in one file or two: for each request whether it is
/// allowed, and the texts of the deciding rules.
fn decisions(world: &World, texts: &[String], files: usize) -> Result<Vec<(bool, Vec<String>)>, Failure> {
    let (one, other) = texts.split_at(texts.len() / files);
    let (one, other) = (one.join("\n\n"), other.join("\n\n"));
    let (_, program, diagnostics) = compile_texts(if files == 1 {
        vec![one.as_str()]
    } else {
        vec![one.as_str(), other.as_str()]
    });
    let Some(program) = program else {
        return Err(Failure::Wrong(format!(
            "in another order it does not compile: {diagnostics:?}"
        )));
    };
    let data = dataset_of(world, &program)?;
    let engines = Engines::new(&program, &data).map_err(Failure::Wrong)?;
    // Where each declaration starts, to tell an unlabelled rule by its text.
    let file_texts: Vec<&[String]> = if files == 1 {
        vec![texts]
    } else {
        vec![&texts[..texts.len() / files], &texts[texts.len() / files..]]
    };
    let rule_text = |rule: dictum_artifact::dag::RuleId| {
        let position = &program.rules[rule.index()].info.position;
        let mut line = 1;
        let mut found = String::new();
        for text in file_texts[position.file as usize] {
            if line <= position.line as usize {
                found.clone_from(text);
            }
            line += text.matches('\n').count() + 2;
        }
        found
    };
    let mut decisions = Vec::new();
    for request in &world.requests {
        let answer = engines.decide_json(&request.json.to_string());
        match answer.map_err(|told| Failure::Wrong(told.to_string()))? {
            Answer::Decided(outcome) => {
                let mut rules: Vec<String> = outcome.rules.iter().map(|rule| rule_text(*rule)).collect();
                rules.sort();
                decisions.push((outcome.allowed, rules));
            }
            Answer::Refused(told) | Answer::Contradiction(told) => return Err(Failure::Wrong(told)),
        }
    }
    Ok(decisions)
}

#[test]
fn the_order_of_declarations_never_matters() {
    check(4, |world| {
        let mut texts = world.declarations(Undefined::Undefined, false);
        program_of(&texts.join("\n\n"))?;
        let expected = decisions(world, &texts, 1)?;
        let mut rng = Rng::new(world.seed);
        for files in [1, 2] {
            rng.shuffle(&mut texts);
            let found = decisions(world, &texts, files)?;
            if found != expected {
                let order = texts.join("\n\n");
                return Err(Failure::Wrong(format!(
                    "{expected:?}\n{found:?}\nin this order:\n{order}"
                )));
            }
        }
        Ok(())
    });
}

/// An artifact with any one bit wrong is refused.
#[test]
fn a_flipped_bit_is_found() {
    let world = World::generate(seed(), 1);
    let program = program_of(&world.source());
    let Ok(program) = program else {
        panic!("DICTUM_SEED={} does not compile", world.seed)
    };
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

/// Words and symbols of the language, for texts that are nearly policies.
fn fragment() -> impl Strategy<Value = String> {
    let known: Vec<&'static str> = lexer::KEYWORDS
        .iter()
        .copied()
        .chain([
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "==",
            "!=",
            "::",
            ":",
            ",",
            ".",
            "?",
            "??",
            "=",
            "+",
            "-",
            "*",
            "@",
            "\"a\"",
            "\"",
            "`",
            "`x",
            "//",
            "///",
            "time\"2026-01-05\"",
            "ip\"::1\"",
            "r\"",
            "User",
            "Set",
            "1",
            "1.5",
            "1.55555",
            "99999999999999999999",
            "5m",
            "5q",
            "\n",
            "é",
            "\u{feff}",
            "&&",
            "'",
        ])
        .collect();
    proptest::sample::select(known).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_no_artifact(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(wire::decode(&bytes).is_err());
    }

    #[test]
    fn any_text_is_parsed_compiled_and_formatted(words in proptest::collection::vec(fragment(), 0..60)) {
        let text = words.join(" ");
        let (sources, program, diagnostics) = compile_texts([text.as_str()]);
        for diagnostic in &diagnostics {
            let (line, column) = sources.line_column(diagnostic.span);
            prop_assert!(line >= 1 && column >= 1);
            prop_assert!(diagnostic.span.end as usize <= text.len());
            prop_assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'));
        }
        prop_assert!(program.is_some() || !diagnostics.is_empty());
        if let Ok(formatted) = dictum_syntax::format::format(&sources, SourceId(0)) {
            let mut again = Sources::new();
            let id = again.add("1.dictum", formatted.as_str());
            prop_assert_eq!(dictum_syntax::format::format(&again, id), Ok(formatted));
        }
    }

    #[test]
    fn any_characters_are_parsed(text in "\\PC{0,80}") {
        let (_, program, diagnostics) = compile_texts([text.as_str()]);
        prop_assert!(program.is_some() || !diagnostics.is_empty());
    }
}

/// JSON that is not what it should be is an error with a place, whatever it is.
#[test]
fn wrong_json_is_an_error_with_a_place() {
    for world in worlds(20) {
        let Ok(program) = program_of(&world.source()) else {
            continue;
        };
        let schema = &program.schema;
        let mut rng = Rng::new(world.seed);
        for request in &world.requests {
            let text = request.json.to_string();
            let mut broken: Vec<char> = text.chars().collect();
            let at = rng.below(broken.len());
            broken[at] = rng.one(&['{', '}', '"', '1', 'x', ',', '[', 'n', '\u{0}', '\\']);
            let broken: String = broken.into_iter().collect();
            if let Err(error) = json::read_request(schema, "request", &broken) {
                assert!(!error.message.is_empty(), "{broken}");
                assert!(error.line == 1 && error.column >= 1, "{broken}\n{error:?}");
            }
        }
    }
}

/// An artifact whose bytes were changed and whose checksum was made right again is refused, or it is a policy like any other.
#[test]
fn an_artifact_made_by_an_enemy_is_refused_or_runs() {
    let world = World::generate(seed(), 1);
    let Ok(program) = program_of(&world.source()) else {
        return;
    };
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
