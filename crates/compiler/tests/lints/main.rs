//! What the lints say, and where they say nothing. A case is a lint, a text, and what is found in it by that lint alone:
//! `line:column message`, then the mended text where the mend is certain.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod conditions;
mod declarations;
mod levels;
mod rules;

use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::{Settings, compile_with};
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::Sources;

/// What is found in a policy with these levels.
fn found(source: &str, lints: Levels) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    sources.add("test.dictum", source);
    let (program, diagnostics) = compile_with(
        &sources,
        &Settings {
            lints,
            ..Settings::default()
        },
    );
    let errors = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(program.is_none(), errors, "{source}\n{diagnostics:?}");
    (sources, diagnostics)
}

/// Asserts what one lint finds in a policy. Lines start at 1 for the first one after a leading line break.
#[track_caller]
fn policy(lint: &str, source: &str, expected: &[&str]) {
    let source = source.strip_prefix('\n').unwrap_or(source);
    assert_told(lint, source, "", expected);
}

/// Asserts what one lint finds in a condition of a rule by users who read documents; columns count from the condition.
#[track_caller]
fn condition(lint: &str, condition: &str, expected: &[&str]) {
    assert_told(
        lint,
        condition,
        &format!("{SCHEMA}r: permit User to read on Doc when "),
        expected,
    );
}

/// Asserts what one lint finds in rules over [`SCHEMA`].
#[track_caller]
fn rules(lint: &str, rules: &str, expected: &[&str]) {
    assert_told(lint, rules.strip_prefix('\n').unwrap_or(rules), SCHEMA, expected);
}

#[track_caller]
fn assert_told(lint: &str, text: &str, before: &str, expected: &[&str]) {
    let mut levels = Levels::all(Level::Allow);
    levels.set(lint, Level::Warn).expect("a lint");
    let source = format!("{before}{text}");
    let (sources, diagnostics) = found(&source, levels.clone());
    let lines = u32::try_from(before.matches('\n').count()).expect("few lines");
    let columns = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let columns = u32::try_from(columns).expect("few columns");
    let mut told = Vec::new();
    for diagnostic in &diagnostics {
        let (line, column) = sources.line_column(diagnostic.span);
        let line = line - lines;
        let column = if line == 1 { column - columns } else { column };
        let place = if columns > 0 {
            format!("{column}")
        } else {
            format!("{line}:{column}")
        };
        told.push(format!("{place} {}", diagnostic.message));
        if let Some(fix) = &diagnostic.fix {
            let mut mended = source.clone();
            for edit in fix.edits.iter().rev() {
                mended.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            let start = if mended.starts_with(before) {
                before.len()
            } else {
                before.rfind('\n').map_or(0, |at| at + 1)
            };
            told.push(format!(
                "=> {}",
                mended.get(start..).expect("the start is as before")
            ));
            // What is mended is not told again, and nothing else is broken.
            let (_, again) = found(&mended, levels.clone());
            assert!(again.len() < diagnostics.len(), "{mended}\n{again:?}");
            let errors = again
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error);
            assert_eq!(errors.count(), 0, "{mended}\n{again:?}");
        }
        assert!(diagnostic.help.is_some(), "{diagnostic:?}");
    }
    assert_eq!(told, expected, "\nin {text}");
}

const SCHEMA: &str = "\
entity Group in Group
entity User in Group { name: String, level: Int, rank: Rank, boss?: User, tags: Set<String>, on_call: Bool }
entity Folder in Folder
entity Doc in Folder { owner: User, size: Int, price: Decimal, open: Bool, kind: Kind, born: Timestamp, plan: Plan }
entity Plan = [\"free\", \"paid\"]
enum Kind { plain, secret }
ordered enum Rank { low, mid, high }
context { now: Timestamp, ip: Ip, mfa: Bool, hint?: Int }
action read, write by User on Doc
role viewer on Doc { read }
role editor on Doc includes viewer { write }
";
