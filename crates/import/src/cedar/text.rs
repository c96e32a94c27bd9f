//! Names, texts and other literals as a policy writes them.

use cedar_policy_core::ast::PatternElem;
use dictum_artifact::naming;

/// A name, in backticks where it needs them.
pub(super) fn name(name: &str) -> String {
    naming::written(name).into_owned()
}

/// A name of a type, which is no built-in one.
pub(super) fn type_name(name: &str) -> String {
    if naming::is_built_in(name) {
        return format!("`{name}`");
    }
    self::name(name)
}

/// A name as a part of the full names that data, requests and decisions have.
pub(super) fn key_part(part: &str) -> String {
    naming::part(part).into_owned()
}

/// A text literal.
pub(super) fn string(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

/// The characters of a text with the escapes that they need.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    value.chars().for_each(|c| push_escaped(&mut out, c));
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        // What does not show, or changes how the rest of the line shows.
        _ if c.is_control() || naming::is_invisible(c) => out.extend(c.escape_unicode()),
        _ => out.push(c),
    }
}

/// The pattern of `like`.
pub(super) fn pattern(elements: &[PatternElem]) -> String {
    let mut out = String::from("\"");
    for element in elements {
        match element {
            PatternElem::Wildcard => out.push('*'),
            PatternElem::Char('*') => out.push_str("\\*"),
            PatternElem::Char(c) => push_escaped(&mut out, *c),
        }
    }
    out.push('"');
    out
}

/// A text as comments, a line each.
pub(super) fn comments(text: &str) -> String {
    text.lines()
        .map(|line| match line.strip_prefix('/') {
            // A third slash would make it documentation.
            Some(rest) => format!("// {}\n", naming::shown(rest.trim_start_matches('/').trim())),
            None => format!("// {}\n", naming::shown(line.trim_end())),
        })
        .collect()
}

/// A text as documentation of what follows, a line each.
pub(super) fn docs(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!("/// {}\n", naming::shown(line.trim_end())));
    lines.collect()
}
