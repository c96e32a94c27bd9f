//! An explanation for people.

use std::fmt::Write;

use super::conditions::{Condition, Detail, Kind};
use super::{Candidate, ClauseText, Explanation};
use crate::console::{DOUBTFUL, FAINT, GOOD, HELP, STRONG, WRONG, printable};
use crate::decision::{label_line, one_line};
use crate::report::count;

/// How many characters of a condition or a value a person is shown.
const MAX_SHOWN: usize = 300;

/// How many values, and how many parts, of a condition a person is shown.
const MAX_LINES: usize = 20;

/// Writes an explanation as text.
pub(crate) fn write(explanation: &Explanation<'_>) -> String {
    let mut out = String::new();
    let by = match explanation.rules.as_slice() {
        [] => "by default: no permit fired".to_owned(),
        rules => format!("by {}", label_line(&rules.join(", "))),
    };
    let word = if explanation.decision {
        format!("{GOOD}allow{GOOD:#}")
    } else {
        format!("{WRONG}deny{WRONG:#}")
    };
    line(
        &mut out,
        0,
        &format!("{word} {} {by}", one_line(&explanation.request)),
    );
    for obligation in &explanation.obligations {
        line(&mut out, 1, &format!("with {}", one_line(obligation.shown())));
    }
    if explanation.candidates.is_empty() && explanation.left_out == 0 {
        line(
            &mut out,
            0,
            &format!("\nno rule could apply to requests of {}", explanation.kind),
        );
    }
    let (deciding, others): (Vec<_>, Vec<_>) = explanation
        .candidates
        .iter()
        .partition(|candidate| candidate.decides);
    for candidate in &deciding {
        out.push('\n');
        write_candidate(candidate, &mut out);
    }
    let (near, others): (Vec<&Candidate<'_>>, Vec<&Candidate<'_>>) = others
        .into_iter()
        .partition(|candidate| candidate.rule.effect() == "permit" && !candidate.fires);
    section(near_heading(explanation), &near, &mut out);
    section("other rules that could apply", &others, &mut out);
    if explanation.left_out > 0 {
        let rules = count(explanation.left_out, "more rule");
        let text = format!("\n{FAINT}{rules} could apply: see them with --all{FAINT:#}");
        line(&mut out, 0, &text);
    }
    if !explanation.is_whole {
        line(&mut out, 0, "\nthe conditions are too large to be told whole");
    }
    write_changes(explanation, &mut out);
    out
}

fn near_heading(explanation: &Explanation<'_>) -> &'static str {
    if explanation.decision || !explanation.overruled.is_empty() {
        "permits that did not fire"
    } else if explanation.rules.is_empty() {
        "the permits that could have allowed it, the nearest first"
    } else {
        "no permit fires either; the nearest first"
    }
}

fn section(heading: &str, candidates: &[&Candidate<'_>], out: &mut String) {
    if candidates.is_empty() {
        return;
    }
    line(out, 0, &format!("\n{heading}:"));
    for candidate in candidates {
        out.push('\n');
        write_candidate(candidate, out);
    }
}

fn write_candidate(candidate: &Candidate<'_>, out: &mut String) {
    candidate.rule.write("  ", out);
    if let Some(head) = &candidate.head {
        write_part("head", head, out);
    }
    if let Some(role) = &candidate.role {
        write_part("role", role, out);
    }
    for clause in &candidate.clauses {
        write_clause(clause, candidate.decides, out);
    }
    if candidate.lacks_obligation {
        let text = format!("{DOUBTFUL}?{DOUBTFUL:#} with: the fields of its obligations are not known");
        line(out, 2, &text);
    }
}

fn write_part(word: &str, part: &Condition, out: &mut String) {
    line(
        out,
        2,
        &format!(
            "{} {FAINT}{word}{FAINT:#} {}",
            mark(part.outcome),
            shown(&part.text)
        ),
    );
    // Why a role is held is worth telling too.
    write_detail(&part.detail, part.outcome, 4, out);
}

fn write_clause(clause: &ClauseText<'_>, decides: bool, out: &mut String) {
    let word = if clause.unless { "unless" } else { "when" };
    let outcome = match clause.holds {
        Some(true) => "true",
        Some(false) => "false",
        None => "undefined",
    };
    if clause.outcome == "settled" {
        let text = format!("{FAINT}- {word} {} (never asked){FAINT:#}", shown(clause.text));
        line(out, 2, &text);
        return;
    }
    line(
        out,
        2,
        &format!("{} {FAINT}{word}{FAINT:#} {}", mark(outcome), shown(clause.text)),
    );
    if clause.holds != Some(true) || decides {
        write_detail(&clause.detail, clause.outcome, 4, out);
    }
}

/// What made a condition what it is, below its text. Recursion is as deep as the condition.
fn write_detail(detail: &Detail, outcome: &str, depth: usize, out: &mut String) {
    match detail.kind {
        Kind::Not => {
            for inner in &detail.parts {
                write_detail(&inner.detail, inner.outcome, depth, out);
            }
        }
        Kind::Joins => {
            let parts = detail.parts.iter();
            let settling: Vec<&Condition> = parts.filter(|inner| inner.outcome == outcome).collect();
            write_inner(&settling, depth, out);
        }
        Kind::Sequence(leads_on) => {
            // What stands behind the part that settles it was of no consequence.
            let most = if outcome == leads_on.to_string() {
                detail.parts.len()
            } else {
                1
            };
            let parts = detail.parts.iter();
            let settling: Vec<&Condition> = parts
                .filter(|inner| inner.outcome == outcome)
                .take(most)
                .collect();
            write_inner(&settling, depth, out);
        }
        Kind::Branches => write_inner(&detail.parts.iter().collect::<Vec<_>>(), depth, out),
        Kind::Quantified => {
            if let Some(element) = &detail.element {
                let text = format!("for {} = {}", element.variable, shown(&element.shown));
                line(out, depth, &text);
            }
            write_inner(&detail.parts.iter().collect::<Vec<_>>(), depth + 1, out);
        }
        Kind::Atom | Kind::Grant => {
            for seen in detail.seen.iter().take(MAX_LINES) {
                let expr = shown(&seen.expr);
                let value = match (&seen.shown, &seen.why) {
                    (Some(value), _) => shown(value),
                    (None, Some(why)) => one_line(why),
                    (None, None) => "not known".to_owned(),
                };
                line(out, depth, &format!("{expr} is {STRONG}{value}{STRONG:#}"));
            }
        }
    }
    for note in &detail.notes {
        line(out, depth, &one_line(note));
    }
}

fn write_inner(parts: &[&Condition], depth: usize, out: &mut String) {
    for inner in parts.iter().take(MAX_LINES) {
        // An attribute says all of itself with its value.
        let is_read = matches!(inner.detail.seen.as_slice(), [seen] if seen.expr == inner.text);
        if is_read || inner.detail.kind == Kind::Grant {
            write_detail(&inner.detail, inner.outcome, depth, out);
        } else {
            line(
                out,
                depth,
                &format!("{} {}", mark(inner.outcome), shown(&inner.text)),
            );
            write_detail(&inner.detail, inner.outcome, depth + 1, out);
        }
    }
    if let more @ 1.. = parts.len().saturating_sub(MAX_LINES) {
        line(out, depth, &format!("and {more} more"));
    }
}

fn write_changes(explanation: &Explanation<'_>, out: &mut String) {
    let (forbids, permits): (Vec<_>, Vec<_>) = explanation
        .changes
        .iter()
        .partition(|change| change.effect == "forbid");
    if forbids.is_empty() && permits.is_empty() {
        if !explanation.decision {
            let text = format!(
                "\n{HELP}help:{HELP:#} no permit can fire for requests of {} as this one: that takes another rule",
                explanation.kind
            );
            line(out, 0, &text);
        }
        return;
    }
    line(out, 0, &format!("\n{HELP}it would be allowed if{HELP:#}"));
    let mut first = true;
    for change in &forbids {
        let and = if first { "" } else { "and " };
        first = false;
        let text = match &change.text {
            Some(text) => format!("{and}{}", shown(text)),
            None => format!("{and}there were no such rule"),
        };
        let rule = label_line(&change.rule);
        line(
            out,
            1,
            &format!("{text}{FAINT}, so that {rule} does not fire{FAINT:#}"),
        );
    }
    if let [_, ..] = explanation.overruled.as_slice() {
        let rules = label_line(&explanation.overruled.join(", "));
        line(out, 1, &format!("{FAINT}as {rules} fires already{FAINT:#}"));
    } else if permits.is_empty() {
        line(
            out,
            1,
            &format!("and another rule permitted requests of {}", explanation.kind),
        );
    }
    for (at, change) in permits.iter().enumerate() {
        let word = match (at, first) {
            (0, true) => "",
            (0, false) => "and ",
            _ => "or ",
        };
        let text = change.text.as_deref().unwrap_or_default();
        let rule = label_line(&change.rule);
        line(
            out,
            1,
            &format!("{word}{}{FAINT}, so that {rule} fires{FAINT:#}", shown(text)),
        );
    }
}

/// The mark of a condition: whether it is true, false or undefined.
fn mark(outcome: &str) -> String {
    match outcome {
        "true" => format!("{GOOD}✓{GOOD:#}"),
        "false" => format!("{WRONG}✗{WRONG:#}"),
        _ => format!("{DOUBTFUL}?{DOUBTFUL:#}"),
    }
}

/// A text on one line, cut where it is too long.
fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = if text.contains(['\n', '\r']) {
        words.join(" ")
    } else {
        text.to_owned()
    };
    let line = printable(&line);
    match line.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.into_owned(),
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{}{text}", "  ".repeat(depth));
}
