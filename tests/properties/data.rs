//! Data and requests as JSON, and as fixtures and tests.

use std::cell::Cell;

use dictum_artifact::data::Request;
use dictum_artifact::json;
use dictum_compiler::invariants;
use dictum_tests::engine::{Answer, Engines};
use dictum_tests::generate::Undefined;
use dictum_tests::generate::marks::Space;
use dictum_tests::generate::rng::Rng;

use crate::worlds::{Failure, check, dataset_of, number, program_of_texts, requests_of};

#[test]
fn json_is_read_as_it_is_written() {
    check(4, |world, program| {
        let data = dataset_of(world, program)?;
        let schema = &program.schema;
        let text = json::write_dataset(schema, &data).to_string();
        match json::read_dataset(schema, &[("written", &text)]) {
            Ok(read) if read == data => {}
            Ok(read) => return Err(Failure::Wrong(format!("{text}\nis read as\n{read:?}"))),
            Err(errors) => return Err(Failure::Wrong(format!("{text}\nis refused: {errors:?}"))),
        }
        for (_, request) in requests_of(world, program)? {
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

/// The fixtures and the tests of a world say what its JSON says.
#[test]
fn fixtures_and_tests_are_read_like_json() {
    check(4, |world, _| {
        let program = program_of_texts(&world.sources(Undefined::Undefined, true))?;
        let mut data = dataset_of(world, &program)?;
        let made = world.names().full(Space::Fixture, "made");
        let is_made = |fixture: &&dictum_compiler::program::Fixture| fixture.name.ends_with("made");
        let Some(fixture) = program.fixtures.iter().find(is_made) else {
            return Err(Failure::Wrong(format!("there is no fixture `{made}`")));
        };
        let mut fixture = fixture.data.clone();
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
        let requests = requests_of(world, &program)?;
        let written = world.requests.iter().zip(requests).take(6);
        let written = written.filter(|(request, _)| request.test.is_some());
        for ((_, (_, read)), test) in written.zip(&program.tests) {
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
        let cases = program.tests.iter().find(|test| test.name == "a table");
        let cases = cases.map_or(&[][..], |test| &test.cases);
        let (_, requests) = &world.table;
        if cases.len() != requests.len() {
            let told = format!("the tables come to {} cases, not {}", cases.len(), requests.len());
            return Err(Failure::Wrong(told));
        }
        for (case, request) in cases.iter().zip(requests) {
            let text = world.json(request).to_string();
            let read = json::read_request(&program.schema, "request", &text)
                .map_err(|error| Failure::Invalid(error.to_string()))?;
            if case.request != read {
                return Err(Failure::Wrong(format!(
                    "a table's request is\n{:?}\nand the JSON's\n{read:?}",
                    case.request
                )));
            }
        }
        Ok(())
    });
}

/// What a trial of an invariant shows is so.
#[test]
fn invariants_are_violated_by_what_is_shown() {
    let tried = Cell::new(0_usize);
    check(16, |world, _| {
        let program = program_of_texts(&world.sources(Undefined::Undefined, true))?;
        for trial in invariants::try_all(&program) {
            tried.set(tried.get() + trial.requests);
            let (Some((request, outcome)), Some(fixture)) = (trial.violation, trial.fixture) else {
                continue;
            };
            let engines = Engines::new(&program, &program.fixtures[fixture].data).map_err(Failure::Wrong)?;
            let invariant = &program.invariants[trial.invariant];
            match engines.decide(&request) {
                Ok(Answer::Decided(found))
                    if found.allowed == outcome.allowed && found.allowed != invariant.always => {}
                other => return Err(Failure::Wrong(format!("{invariant:?}\n{request:?}\n{other:?}"))),
            }
        }
        Ok(())
    });
    assert!(
        number("DICTUM_CASES").is_some() || tried.get() > 100,
        "only {} requests",
        tried.get()
    );
}

/// JSON that is not what it should be is an error with a place, whatever it is.
#[test]
fn wrong_json_is_an_error_with_a_place() {
    check(20, |world, program| {
        let schema = &program.schema;
        let mut rng = Rng::new(world.seed);
        for text in world.requests() {
            let mut broken: Vec<char> = text.chars().collect();
            let at = rng.below(broken.len());
            broken[at] = rng.one(&['{', '}', '"', '1', 'x', ',', '[', 'n', '\u{0}', '\\']);
            let broken: String = broken.into_iter().collect();
            if let Err(error) = json::read_request(schema, "request", &broken) {
                assert!(!error.message.is_empty(), "{broken}");
                assert!(error.line == 1 && error.column >= 1, "{broken}\n{error:?}");
            }
        }
        Ok(())
    });
}
