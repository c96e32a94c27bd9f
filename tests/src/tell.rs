//! What was found, decided and read, a line each, as specs write it.

use std::collections::BTreeMap;
use std::fmt::Write;

use dictum_artifact::dag::{self, Effect};
use dictum_artifact::json::{self, DataError};
use dictum_artifact::reads::EntityReads;
use dictum_artifact::schema::{EntityTypeId, Fields, Schema, Shape};
use dictum_artifact::value::quote;
use dictum_compiler::Program;
use dictum_compiler::invariants::Trial;
use dictum_runtime::{ClauseTrace, Policy, RuleTrace, Trace, Truth};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{Sources, Span};
use serde_json::Value;

use crate::engine::{place_and_message, tell_outcome};

/// `CODE line:column message` for each diagnostic.
#[must_use]
pub fn diagnostics(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<String> {
    let tell = |diagnostic: &Diagnostic| {
        format!(
            "{} {} {}",
            diagnostic.code,
            place(sources, diagnostic.span),
            diagnostic.message
        )
    };
    diagnostics.iter().map(tell).collect()
}

/// The same, each with the help that it gives, the other places that it names and the mend that can be made without asking,
/// on lines of their own.
#[must_use]
pub fn diagnostics_with_help(sources: &Sources, found: &[Diagnostic]) -> Vec<String> {
    let mut lines = Vec::new();
    for (line, diagnostic) in diagnostics(sources, found).into_iter().zip(found) {
        lines.push(line);
        for (span, text) in &diagnostic.related {
            lines.push(format!("  {} {text}", place(sources, *span)));
        }
        lines.extend(diagnostic.help.iter().map(|help| format!("  help: {help}")));
        for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
            let on_one_line = |text: &str| text.replace('\n', "⏎");
            let (old, new) = (on_one_line(sources.text(edit.span)), on_one_line(&edit.text));
            let change = match (old.as_str(), new.as_str()) {
                ("", new) => format!("put in `{new}`"),
                (old, "") => format!("leave out `{old}`"),
                (old, new) => format!("`{old}` → `{new}`"),
            };
            lines.push(format!("  fix: {} {change}", place(sources, edit.span)));
        }
    }
    lines
}

/// `line:column`; where there are several sources, with the source's number before it.
fn place(sources: &Sources, span: Span) -> String {
    let (line, column) = sources.line_column(span);
    if sources.iter().count() > 1 {
        format!("{}:{line}:{column}", span.source.0 + 1)
    } else {
        format!("{line}:{column}")
    }
}

/// `line:column path: message`; where there are several files, with the file's number before it.
#[must_use]
pub fn data_error(error: &DataError, several: bool) -> String {
    let source = if several {
        format!("{}:", error.source)
    } else {
        String::new()
    };
    format!("{source}{}", place_and_message(error))
}

/// `label effect line:column because "…" docs "…" @name("…")`
#[must_use]
pub fn rule(rule: &dag::Rule) -> String {
    let effect = match rule.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    let mut told = format!(
        "{} {effect} {}:{}",
        rule.label, rule.position.line, rule.position.column
    );
    for (word, text) in [("because", &rule.reason), ("docs", &rule.docs)] {
        if let Some(text) = text {
            told.push_str(&format!(" {word} {}", quote(text)));
        }
    }
    for (name, text) in &rule.annotations {
        told.push_str(&format!(" @{name}({})", quote(text)));
    }
    told
}

/// `label over fixture: N requests`, or the request that it does not hold of and its decision.
#[must_use]
pub fn trial(program: &Program, trial: &Trial) -> String {
    let label = program
        .invariants
        .get(trial.invariant)
        .map_or("?", |invariant| invariant.label.as_str());
    let fixture = trial.fixture.and_then(|at| program.fixtures.get(at));
    let over = fixture.map_or("the empty store", |fixture| fixture.name.as_str());
    match &trial.violation {
        None => format!("{label} over {over}: holds of {}", trial.requests),
        Some((request, outcome)) => {
            let request = in_order(json::write_request(&program.schema, request));
            let obligations = outcome
                .obligations
                .iter()
                .map(|obligation| (obligation.obligation, obligation.fields.as_slice()));
            let decision = tell_outcome(program, outcome.allowed, &outcome.rules, obligations);
            format!("{label} over {over}: {request} => {decision}")
        }
    }
}

/// JSON with the members of objects in the order of their names, whatever order serde_json keeps in this build.
fn in_order(json: Value) -> Value {
    match json {
        Value::Array(items) => items.into_iter().map(in_order).collect(),
        Value::Object(members) => {
            let sorted: BTreeMap<String, Value> = members.into_iter().collect();
            let members = sorted.into_iter().map(|(name, value)| (name, in_order(value)));
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json,
    }
}

/// `User read Document: principal.department, ancestors of principal, context.now, Group.name, grants of editor`, for each
/// shape.
#[must_use]
pub fn reads(policy: &Policy) -> Vec<String> {
    policy
        .schema()
        .shapes
        .iter()
        .map(|shape| reads_of(policy, *shape))
        .collect()
}

fn reads_of(policy: &Policy, shape: Shape) -> String {
    let schema = policy.schema();
    let type_name = |ty: EntityTypeId| schema.entity_type(ty).map_or("?", |def| def.name.as_str());
    let action = schema.action(shape.action).map_or("?", |def| def.name.as_str());
    let (principal, resource) = (type_name(shape.principal), type_name(shape.resource));
    let mut told = format!("{principal} {action} {resource}:");
    let Some(reads) = policy.reads(shape) else {
        return told;
    };
    let mut parts = Vec::new();
    parts.extend(entity_reads(
        schema,
        "principal",
        shape.principal,
        &reads.principal,
    ));
    parts.extend(entity_reads(schema, "resource", shape.resource, &reads.resource));
    let context = schema
        .action(shape.action)
        .and_then(|def| schema.record(def.context?));
    let field = |index: &u32| Some(format!("context.{}", context?.get(*index)?.name));
    parts.extend(reads.context.iter().filter_map(field));
    for (ty, of) in &reads.others {
        parts.extend(entity_reads(schema, type_name(*ty), *ty, of));
    }
    for role in &reads.grants {
        let name = schema.role(*role).map_or("?", |def| def.name.as_str());
        parts.push(format!("grants of {name}"));
    }
    let _ = write!(
        told,
        " {}",
        if parts.is_empty() {
            "nothing".to_owned()
        } else {
            parts.join(", ")
        }
    );
    told
}

fn entity_reads(schema: &Schema, name: &str, ty: EntityTypeId, reads: &EntityReads) -> Vec<String> {
    let attributes: Option<&Fields> = schema.entity_type(ty).map(|def| &def.attributes);
    let attribute = |index: &u32| Some(format!("{name}.{}", attributes?.get(*index)?.name));
    let mut parts: Vec<String> = reads.attributes.iter().filter_map(attribute).collect();
    if reads.ancestors {
        parts.push(format!("ancestors of {name}"));
    }
    parts
}

/// `label fires: holder true, when true, unless settled`, for each rule that could apply.
#[must_use]
pub fn trace(policy: &Policy, trace: &Trace) -> Vec<String> {
    let told = |rule: &RuleTrace| rule_trace(policy, rule);
    trace.rules.iter().map(told).collect()
}

fn rule_trace(policy: &Policy, trace: &RuleTrace) -> String {
    let rule = policy.rule(trace.rule);
    let word = if trace.fires { "fires" } else { "rests" };
    let mut parts = Vec::new();
    for (what, part) in [("head", &trace.head), ("holder", &trace.holder)] {
        parts.push(format!("{what} {}", truth(part.truth)));
    }
    let written = rule.map_or(&[][..], |rule| &rule.clauses);
    for (clause, traced) in written.iter().zip(&trace.clauses) {
        parts.push(clause_trace(policy, clause.unless, traced));
    }
    format!(
        "{} {word}: {}",
        rule.map_or("?", |rule| rule.label.as_str()),
        parts.join(", ")
    )
}

/// `when false (3, absent)`: what the condition's atoms saw, in the order in which they stand.
fn clause_trace(policy: &Policy, unless: bool, traced: &ClauseTrace) -> String {
    let word = if unless { "unless" } else { "when" };
    let mut seen = Vec::new();
    let mut parts: Vec<_> = traced.condition.iter().collect();
    while let Some(part) = parts.pop() {
        let shown = |seen: &dictum_runtime::Seen| {
            let value = seen.value.as_ref();
            value.map_or_else(|| "nothing".to_owned(), |value| value.display(policy.schema()))
        };
        seen.extend(part.seen.iter().map(shown));
        parts.extend(part.parts.iter().rev());
    }
    let seen = if seen.is_empty() {
        String::new()
    } else {
        format!(" ({})", seen.join(", "))
    };
    format!("{word} {}{seen}", truth(traced.truth))
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Undefined => "undefined",
        Truth::Settled => "settled",
    }
}
