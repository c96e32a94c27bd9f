//! What lints say of generated worlds is so, and their mends change no decision.

use std::cell::Cell;

use dictum_artifact::dag::RuleId;
use dictum_artifact::data::Request;
use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::reference::{Outcome, Reference};
use dictum_compiler::{Program, Settings, compile_with};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::fix;
use dictum_syntax::source::{Sources, Span};
use dictum_tests::generate::{Undefined, World};

use crate::worlds::{Failure, check, dataset_of, requests_of};

/// A program with every lint told.
fn linted(texts: &[String]) -> Result<(Sources, Program, Vec<Diagnostic>), Failure> {
    let mut sources = Sources::new();
    for (number, text) in (1..).zip(texts) {
        sources.add(format!("{number}.dictum"), text.as_str());
    }
    let settings = Settings {
        lints: Levels::all(Level::Warn),
        ..Settings::default()
    };
    let (program, diagnostics) = compile_with(&sources, &settings);
    let program = program.ok_or_else(|| Failure::Invalid(format!("{diagnostics:#?}")))?;
    Ok((sources, program, diagnostics))
}

/// The requests of a world that is there to be linted, with what the reference evaluator decides.
fn outcomes(world: &World, program: &Program) -> Result<Vec<(Request, Outcome)>, Failure> {
    let data = dataset_of(world, program)?;
    let reference = Reference::new(program, &data);
    let decide = |(text, request): (String, Request)| match reference.decide(&request) {
        Ok(outcome) => Ok((request, outcome)),
        Err(fault) => Err(Failure::Invalid(format!("{text}\n{fault}"))),
    };
    requests_of(world, program)?.into_iter().map(decide).collect()
}

/// What lints say of whole rules holds of every request: what never fires does not, and what is covered comes with its cover.
#[test]
fn lints_of_rules_are_right() {
    let told = Cell::new(0_u32);
    check(4, |world, _| {
        let (_, program, diagnostics) = linted(&world.sources(Undefined::Undefined, false))?;
        let at = |span: Span| {
            let rule = program.rules.iter().position(|rule| rule.span == span);
            rule.and_then(|at| u32::try_from(at).ok()).map(RuleId)
        };
        let decided = outcomes(world, &program)?;
        for diagnostic in &diagnostics {
            let Some(rule) = at(diagnostic.span) else {
                continue;
            };
            let other = diagnostic.related.first().and_then(|(span, _)| at(*span));
            let holds = |outcome: &Outcome| match diagnostic.code {
                "L0104" | "L0107" | "L0112" => !outcome.rules.contains(&rule),
                "L0105" | "L0106" => {
                    !outcome.rules.contains(&rule)
                        || other.is_some_and(|other| outcome.rules.contains(&other))
                }
                _ => true,
            };
            told.set(told.get() + u32::from(["L0104", "L0105", "L0107"].contains(&diagnostic.code)));
            if let Some((request, outcome)) = decided.iter().find(|(_, outcome)| !holds(outcome)) {
                return Err(Failure::Wrong(format!(
                    "{diagnostic:?}\n{request:?}\n{outcome:?}"
                )));
            }
        }
        Ok(())
    });
    println!("{} lints of whole rules", told.get());
}

/// What a lint mends changes no decision.
#[test]
fn mends_of_lints_change_nothing() {
    let mended = Cell::new(0_u32);
    check(8, |world, _| {
        let (sources, program, diagnostics) = linted(&world.sources(Undefined::Undefined, false))?;
        let decided = outcomes(world, &program)?;
        for diagnostic in &diagnostics {
            let Some(mend) = &diagnostic.fix else { continue };
            let texts: Vec<String> = sources
                .iter()
                .map(|(id, source)| {
                    let edits = mend.edits.iter().filter(|edit| edit.span.source == id);
                    fix::apply(&source.text, edits).unwrap_or_default()
                })
                .collect();
            mended.set(mended.get() + 1);
            let wrong =
                |told: String| Failure::Wrong(format!("{diagnostic:?}\n{}\n{told}", texts.join("\n---\n")));
            let (_, again, _) = linted(&texts).map_err(|failure| match failure {
                Failure::Invalid(told) | Failure::Wrong(told) => wrong(told),
            })?;
            for ((request, before), (_, after)) in decided.iter().zip(outcomes(world, &again)?) {
                if before.allowed != after.allowed {
                    return Err(wrong(format!("{request:?}\n{before:?}\n{after:?}")));
                }
            }
        }
        Ok(())
    });
    println!("{} mends", mended.get());
}
