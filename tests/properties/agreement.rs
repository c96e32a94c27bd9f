//! The engines agree, and what does not matter to a decision does not change it.

use std::cell::Cell;

use dictum_artifact::data::Request;
use dictum_artifact::json;
use dictum_artifact::schema::{ActionId, EntityTypeId};
use dictum_artifact::value::{EntityUid, Value};
use dictum_compiler::Program;
use dictum_compiler::reference::Reference;
use dictum_runtime::{Policy, Store, Truth};
use dictum_tests::engine::{Answer, Engines};
use dictum_tests::generate::rng::Rng;
use dictum_tests::generate::{Undefined, World};

use crate::worlds::{
    CASES, Failure, Tally, check, dataset_of, number, program_of_texts, requests_of, worlds,
};

#[test]
fn engines_agree() {
    let decided = Cell::new(0_u64);
    check(1, |world, program| {
        let data = dataset_of(world, program)?;
        let engines = Engines::new(program, &data).map_err(Failure::Wrong)?;
        for text in world.requests() {
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
    let wanted = number("DICTUM_CASES").unwrap_or(CASES - CASES / 20);
    assert!(decided.get() >= wanted, "only {} requests decided", decided.get());
}

#[test]
fn engines_refuse_the_same_requests() {
    let refused = Cell::new(0);
    check(8, |world, program| {
        let data = dataset_of(world, program)?;
        let engines = Engines::new(program, &data).map_err(Failure::Wrong)?;
        let mut rng = Rng::new(world.seed);
        for (_, request) in requests_of(world, program)? {
            let spoilt = spoil(program, request, &mut rng);
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
fn outcomes_are_spread() {
    let mut outcomes = Tally::new();
    let mut all = 0;
    for compiled in worlds(4) {
        let world = compiled.world.in_one_file();
        let Ok(program) = program_of_texts(&world.declarations(Undefined::Undefined, false)) else {
            continue;
        };
        let Ok(data) = dataset_of(&world, &program) else {
            continue;
        };
        let settled = program_of_texts(&world.declarations(Undefined::Settled, false)).ok();
        let engines = Engines::new(&program, &data).expect("the engines take the world");
        let settled = settled
            .as_ref()
            .map(|program| Engines::new(program, &data).expect("they take this one too"));
        for text in world.requests() {
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
            if !outcome.obligations.is_empty() {
                *outcomes.entry("with obligations").or_default() += 1;
            }
            let other = settled
                .as_ref()
                .map(|engines| engines.decide_json(&text).expect("the engines agree"));
            let differs = |other: &Answer| match other {
                Answer::Decided(other) => (other.allowed, &other.rules) != (outcome.allowed, &outcome.rules),
                Answer::Refused(_) | Answer::Contradiction(_) => true,
            };
            if other.as_ref().is_some_and(differs) {
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
            ("with obligations", 5),
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

/// What a world's policy in another form makes of its requests: decisions, with the texts of the deciding rules, and
/// obligations by their names.
type Decisions = Vec<(bool, Vec<String>, Vec<(String, String)>)>;

/// The decisions of a program, in which `tell` tells a rule.
fn decisions_of(
    world: &World,
    program: &Program,
    tell: impl Fn(&dictum_artifact::dag::Rule) -> String,
) -> Result<Decisions, Failure> {
    let data = dataset_of(world, program)?;
    let reference = Reference::new(program, &data);
    let mut decisions = Vec::new();
    for (_, request) in requests_of(world, program)? {
        let outcome = reference
            .decide(&request)
            .map_err(|fault| Failure::Wrong(fault.to_string()))?;
        let rules = outcome.rules.iter();
        let mut rules: Vec<String> = rules
            .map(|rule| tell(&program.rules[rule.index()].info))
            .collect();
        rules.sort();
        let obligations = outcome.obligations.into_iter();
        let mut obligations: Vec<(String, String)> = obligations
            .map(|obligation| {
                let def = program.schema.obligation(obligation.obligation);
                let name = def.map_or("", |def| last_name(&def.name));
                let record = def.and_then(|def| program.schema.record(def.record));
                let fields = record.into_iter().flat_map(|record| record.iter());
                let values = fields.zip(&obligation.fields).map(|(field, value)| {
                    let value = value.as_ref();
                    let json = value.map(|value| json::write_value(&program.schema, field.ty, value));
                    let text = json.map_or_else(|| "nothing".to_owned(), |json| json.to_string());
                    format!("{}: {text}", field.name)
                });
                (
                    name.to_owned(),
                    without_modules(values.collect::<Vec<_>>().join(", ")),
                )
            })
            .collect();
        obligations.sort();
        decisions.push((outcome.allowed, rules, obligations));
    }
    Ok(decisions)
}

/// The modules of generated worlds.
const MODULES: [&str; 3] = ["shop.people.", "shop.", "in.rest."];

/// A text in which types are named without their modules, and without the backticks that only those of no module have.
fn without_modules(text: String) -> String {
    let text = text.replace("\"type\":\"`Ip`\"", "\"type\":\"Ip\"");
    MODULES.iter().fold(text, |text, module| {
        text.replace(&format!("\"type\":\"{module}"), "\"type\":\"")
    })
}

/// A name without its module.
fn last_name(full: &str) -> &str {
    MODULES
        .iter()
        .find_map(|module| full.strip_prefix(module))
        .unwrap_or(full)
}

/// The label of a rule without its module; the place of a rule without one is no name.
fn label(rule: &dictum_artifact::dag::Rule) -> String {
    if rule.label.contains(".dictum:") {
        "no label".to_owned()
    } else {
        last_name(&rule.label).to_owned()
    }
}

fn same(expected: &Decisions, found: &Decisions, what: &str) -> Result<(), Failure> {
    match expected.iter().zip(found).position(|(a, b)| a != b) {
        None => Ok(()),
        Some(at) => Err(Failure::Wrong(format!(
            "request {at}\n{:?}\nand {what}\n{:?}",
            expected[at], found[at]
        ))),
    }
}

#[test]
fn the_order_of_declarations_never_matters() {
    check(8, |world, _| {
        let world = world.in_one_file();
        let mut texts = world.declarations(Undefined::Undefined, false);
        let by_text = |texts: &[String], files: usize| {
            let (one, other) = texts.split_at(texts.len() / files);
            let joined = match files {
                1 => vec![texts.join("\n\n")],
                _ => vec![one.join("\n\n"), other.join("\n\n")],
            };
            let in_files = if files == 1 { vec![texts] } else { vec![one, other] };
            let program = program_of_texts(&joined)?;
            // An unlabelled rule is told by its text, which starts at or before its place.
            decisions_of(&world, &program, |rule| {
                let mut line = 1;
                let mut found = String::new();
                for text in in_files[rule.position.file as usize] {
                    if line <= rule.position.line as usize {
                        found.clone_from(text);
                    }
                    line += text.matches('\n').count() + 2;
                }
                found
            })
        };
        let expected = by_text(&texts, 1)?;
        let mut rng = Rng::new(world.seed);
        for files in [1, 2] {
            rng.shuffle(&mut texts);
            let found = by_text(&texts, files).map_err(|failure| match failure {
                Failure::Invalid(told) | Failure::Wrong(told) => Failure::Wrong(told),
            })?;
            same(
                &expected,
                &found,
                &format!("in this order\n{}", texts.join("\n\n")),
            )?;
        }
        Ok(())
    });
}

/// A policy in modules decides as it does in one file, but for the names of the modules.
#[test]
fn modules_change_nothing_but_names() {
    check(2, |world, program| {
        if world.files.len() == 1 && world.files[0].is_none() {
            return Ok(());
        }
        let one = world.in_one_file();
        let of_one = program_of_texts(&one.sources(Undefined::Undefined, false))?;
        same(
            &decisions_of(world, program, label)?,
            &decisions_of(&one, &of_one, label)?,
            "in one file",
        )
    });
}

/// A policy without its functions and constants, each call written out, decides as it does with them.
#[test]
fn calls_are_what_they_stand_for() {
    let compared = Cell::new(0);
    check(2, |world, program| {
        if !world.can_be_written_out {
            return Ok(());
        }
        let texts = world.written_out();
        let wrong = |told: String| Failure::Wrong(format!("{told}\nwritten out:\n{}", texts.join("\n")));
        let written_out = match program_of_texts(&texts) {
            Ok(program) => program,
            Err(Failure::Invalid(told) | Failure::Wrong(told)) => {
                // A test in a function's body holds for some calls; written out, it may hold for none of the requests.
                let known = |line: &str| line.starts_with("D0306") || line.starts_with("D0606");
                return if told.lines().all(known) {
                    Ok(())
                } else {
                    Err(wrong(told))
                };
            }
        };
        compared.set(compared.get() + 1);
        same(
            &decisions_of(world, program, label)?,
            &decisions_of(world, &written_out, label)?,
            "with calls written out",
        )
        .map_err(|failure| match failure {
            Failure::Invalid(told) | Failure::Wrong(told) => wrong(told),
        })
    });
    assert!(
        number("DICTUM_CASES").is_some() || compared.get() > 50,
        "only {} worlds",
        compared.get()
    );
}

/// What a trace says of the truth of heads, roles and clauses is what they mean.
#[test]
fn traces_say_what_the_reference_says() {
    check(2, |world, program| {
        let data = dataset_of(world, program)?;
        let policy =
            Policy::new(program.artifact.clone()).map_err(|error| Failure::Wrong(error.to_string()))?;
        let store = Store::new(&std::sync::Arc::new(policy), &data)
            .map_err(|error| Failure::Wrong(error.to_string()))?;
        let reference = Reference::new(program, &data);
        for (text, request) in requests_of(world, program)? {
            traced(program, &reference, &store, &request)
                .map_err(|told| Failure::Wrong(format!("{text}\n{told}")))?;
        }
        Ok(())
    });
}

fn traced(
    program: &Program,
    reference: &Reference<'_>,
    store: &Store,
    request: &Request,
) -> Result<(), String> {
    let bound = store.bind(request).map_err(|fault| fault.to_string())?;
    let shape =
        dictum_artifact::data::check_request(&program.schema, request).map_err(|fault| fault.to_string())?;
    let trace = bound.trace();
    let cases = program
        .rules
        .iter()
        .filter(|rule| rule.case(shape).is_some())
        .count();
    if trace.rules.len() != cases || !trace.is_whole {
        return Err(format!(
            "{} of {cases} rules are traced, whole: {}",
            trace.rules.len(),
            trace.is_whole
        ));
    }
    for traced in &trace.rules {
        let rule = &program.rules[traced.rule.index()];
        let case = rule.case(shape).ok_or("a rule is traced that has no case")?;
        let told = |what: &str, found: Truth, expected: Option<bool>| {
            if found.known() == expected {
                Ok(())
            } else {
                Err(format!(
                    "{what} of `{}` is {found:?}, and means {expected:?}",
                    rule.info.label
                ))
            }
        };
        told("the head", traced.head.truth, reference.truth(request, case.head))?;
        if traced.head.truth != Truth::True {
            continue;
        }
        told(
            "the role",
            traced.holder.truth,
            reference.truth(request, case.holder),
        )?;
        let clauses = &rule.conditions(case).clauses;
        if clauses.len() != traced.clauses.len() {
            return Err(format!("`{}` has {} clauses", rule.info.label, clauses.len()));
        }
        for (clause, found) in clauses.iter().zip(&traced.clauses) {
            match clause {
                Some(clause) => told("a clause", found.truth, reference.truth(request, *clause))?,
                None if found.truth == Truth::Settled => {}
                None => {
                    return Err(format!(
                        "a settled clause of `{}` is {:?}",
                        rule.info.label, found.truth
                    ));
                }
            }
        }
    }
    Ok(())
}
