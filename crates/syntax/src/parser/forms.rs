//! Values, types and lists in a form that is nearly right: units after a space, points and brackets of another kind, quotes
//! that are missing or too many.

use dictum_artifact::value::{Duration, Network, Timestamp};

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use super::repair::{Mend, before, edit};
use super::slips;
use crate::lexer::TokenKind;
use crate::source::Span;

/// What people write for the units of durations, longest unit first.
const UNITS: [(&str, &[&str]); 5] = [
    ("d", &["d", "day", "days"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("m", &["m", "min", "mins", "minute", "minutes"]),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("ms", &["ms", "msec", "millis", "millisecond", "milliseconds"]),
];

/// The mend of a form.
pub(super) fn form(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    number(input, at, expected)
        .or_else(|| quotes(input, at, expected))
        .or_else(|| brackets(input, at, expected))
        .or_else(|| actions_first(input, at, expected))
        .or_else(|| has(input, at, expected))
}

/// `15 m`, `1,50`, `.50`, `10.0.0.1`
fn number(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let (found, place) = (input.written(at), input.place(at));
    let is_number = |at: usize| input.kind(at) == Some(TokenKind::Number);
    let last = at.checked_sub(1).filter(|last| is_number(*last));
    let follows = |first: usize| input.place(first).end == input.place(first + 1).start;
    if let (Some(last), Some(unit), true) = (last, unit(found), expected.operator()) {
        let written = format!("{}{unit}", input.written(last));
        Duration::parse(&written).ok()?;
        let help = format!("a duration is written without a space: `{}`", shortened(&written));
        let edits = vec![edit(input.place(last).to(place), written.as_str())];
        return Some(Mend::says(help).doing(format!("write `{}`", shortened(&written)), edits));
    }
    if let (Some(last), true, false) = (last, expected.operator(), expected.has(Rule::comma))
        && found == ","
        && is_number(at + 1)
        && follows(last)
        && follows(at)
    {
        return Some(Mend::writes("write `.` for the decimal point", place, "."));
    }
    if found == "." && expected.operand() && is_number(at + 1) && follows(at) {
        let help = format!("write `0.{}`", shortened(input.written(at + 1)));
        return Some(Mend::writes(help, before(place), "0"));
    }
    if expected.has(Rule::member) && is_number(at) && input.before(at, 1) == "." {
        return address(input, at);
    }
    None
}

/// The unit of durations that a word says.
fn unit(word: &str) -> Option<&'static str> {
    let says = |(_, words): &&(&str, &[&str])| words.contains(&word);
    UNITS.iter().find(says).map(|(unit, _)| *unit)
}

/// `10.0.0.1` without quotes, of which a number is a part.
fn address(input: &Input<'_>, at: usize) -> Option<Mend> {
    let is_part = |at: usize| input.kind(at) == Some(TokenKind::Number) || input.written(at) == ".";
    let follows = |first: usize| input.place(first).end == input.place(first + 1).start;
    let mut start = at;
    while start > 0 && is_part(start - 1) && follows(start - 1) {
        start -= 1;
    }
    let mut end = at;
    while end + 1 < input.tokens.len() && is_part(end + 1) && follows(end) {
        end += 1;
    }
    let place = input.place(start).to(input.place(end));
    address_between_quotes(input.text, place)
}

/// An address that stands at a place without quotes.
pub(super) fn address_between_quotes(text: &str, place: Span) -> Option<Mend> {
    let written = text.get(place.start as usize..place.end as usize)?;
    Network::parse(written).ok()?;
    let quoted = format!("ip\"{written}\"");
    Some(Mend::writes(format!("write `{quoted}`"), place, quoted))
}

/// `x is "User"`, `allow "ann" to …`, `{ name: Beth Smith }`
fn quotes(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let (found, place) = (input.written(at), input.place(at));
    let is_plain_text = input.kind(at) == Some(TokenKind::String) && found.starts_with('"');
    if is_plain_text && expected.has(Rule::kw_empty) {
        let name = slips::as_name(&shortened(found));
        let mend = Mend::says(format!("a type stands without quotes: {name}"));
        return Some(mend.doing(format!("write {name}"), vec![edit(place, slips::name(found))]));
    }
    let is_entity = matches!(input.declared(), "fixture" | "test") && !expected.operand();
    if is_plain_text && is_entity && expected.has(Rule::type_name) {
        let help = format!(
            "an entity has its type before its id: `User::{}`",
            shortened(found)
        );
        return Some(Mend::says(help));
    }
    let are_words = at >= 3 && input.is_name(at - 1) && input.is_name(at - 2) && input.before(at, 3) == ":";
    if are_words && expected.has(Rule::colon) && matches!(found, "}" | ",") {
        let words = input.place(at - 2).to(input.place(at - 1));
        let quoted = format!(
            "\"{}\"",
            input.text.get(words.start as usize..words.end as usize)?
        );
        let mend = Mend::says(format!("text is written in quotes: `{}`", shortened(&quoted)));
        let title = format!("write `{}`", shortened(&quoted));
        return Some(mend.doing(title, vec![edit(words, quoted)]).guessed());
    }
    None
}

/// `entity Plan = { "free", "team" }`
fn brackets(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let is_list = input.declared() == "entity" && expected.has(Rule::open_bracket);
    let close = match input.written(at) {
        "{" => "}",
        "(" => ")",
        _ => return None,
    };
    if !is_list {
        return None;
    }
    let mend = Mend::says("the ids stand in square brackets: `[\"free\", \"team\"]`");
    let end = (at..input.tokens.len()).find(|end| input.written(*end) == close);
    Some(match end {
        Some(end) => mend.doing(
            "write square brackets",
            vec![edit(input.place(at), "["), edit(input.place(end), "]")],
        ),
        None => mend,
    })
}

/// `permit User on Document to read`
fn actions_first(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let is_rule = matches!(input.declared(), "permit" | "forbid" | "never" | "always");
    if !is_rule || input.written(at) != "on" || !expected.has(Rule::kw_to) && !expected.has(Rule::deeds) {
        return None;
    }
    let mend = Mend::says("`to` and the actions stand before `on`");
    let to = (at + 2..input.tokens.len()).find(|to| input.written(*to) == "to")?;
    let ends = |at: &usize| matches!(input.written(*at), "when" | "unless" | "because" | "with");
    let end = (to..input.tokens.len()).find(ends).unwrap_or(input.tokens.len());
    let (what, deeds) = (
        input.place(at).to(input.place(to - 1)),
        input.place(to).to(input.place(end.checked_sub(1)?)),
    );
    let text = |span: Span| input.text.get(span.start as usize..span.end as usize);
    let edits = vec![edit(what, text(deeds)?), edit(deeds, text(what)?)];
    Some(
        mend.doing("move `to` and the actions before `on`", edits)
            .guessed(),
    )
}

/// `x.has f`
fn has(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    if input.written(at) != "has" || !expected.has(Rule::member) || !input.is_name(at + 1) {
        return None;
    }
    let dot = input.place(at.checked_sub(1)?);
    let (subject, field) = (
        slips::path(input, at.checked_sub(1)?),
        shortened(input.written(at + 1)),
    );
    let gap = dot.to(before(input.place(at)));
    Some(Mend::writes(format!("write `{subject} has {field}`"), gap, " "))
}

/// The mend of a literal that has no value, at its place.
pub(super) fn literal(written: &str, place: Span) -> Option<Mend> {
    let quoted = |prefix: &str| written.strip_prefix(prefix)?.strip_prefix('"')?.strip_suffix('"');
    if let Some(time) = quoted("time") {
        return timestamp(time, place);
    }
    if let Some(network) = quoted("ip") {
        let (address, _) = network.split_once('/')?;
        Network::parse(address).ok()?;
        return Some(Mend::says(format!(
            "the address alone is written `ip\"{address}\"`"
        )));
    }
    duration(written, place)
}

/// `time"2026-01-05T09:00:00"`, `time"12026-01-05"`, `time"5.1.2026"`
fn timestamp(written: &str, place: Span) -> Option<Mend> {
    if Timestamp::parse(&format!("{written}Z")).is_ok() {
        return Some(Mend::says(
            "say the zone: `Z` at the end for UTC, or an offset such as `+01:00`",
        ));
    }
    if let Some(mend) = year(written, place) {
        return Some(mend);
    }
    let mut parts = written.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    Timestamp::parse(&date).ok().filter(|_| parts.next().is_none())?;
    let text = format!("time\"{date}\"");
    Some(Mend::writes(format!("write `{text}`"), place, text))
}

/// A year of more than four digits without its sign, or of fewer than six with it.
fn year(written: &str, place: Span) -> Option<Mend> {
    let unsigned = written.trim_start_matches(['+', '-']);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let (year, rest) = unsigned.split_at_checked(digits)?;
    let sign = match written.strip_suffix(unsigned)? {
        "" if digits > 4 => "+",
        sign @ ("+" | "-") => sign,
        _ => return None,
    };
    let (text, says) = match year.trim_start_matches('0') {
        "" => (format!("0000{rest}"), "the year 0 has no sign"),
        _ => (
            format!("{sign}{year:0>6}{rest}"),
            "a year of other than four digits has a sign and at least six",
        ),
    };
    Timestamp::parse(&text).ok().filter(|_| text != written)?;
    let text = format!("time\"{text}\"");
    let help = format!("{says}: `{text}`");
    let mend = Mend::says(help).doing(format!("write `{text}`"), vec![edit(place, text)]);
    Some(mend.guessed())
}

/// `15min`, `30s2m`
fn duration(written: &str, place: Span) -> Option<Mend> {
    let mut parts: Vec<(usize, &str)> = Vec::new();
    let mut rest = written;
    while !rest.is_empty() {
        let letters = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (digits, tail) = rest.split_at(letters);
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (word, tail) = tail.split_at(end);
        let says = |(_, words): &(&str, &[&str])| words.contains(&word);
        parts.push((UNITS.iter().position(says)?, digits));
        rest = tail;
    }
    parts.sort_by_key(|(unit, _)| *unit);
    let name = |unit: usize| UNITS.get(unit).map_or("", |(unit, _)| *unit);
    let text: String = parts
        .iter()
        .map(|(unit, digits)| format!("{digits}{}", name(*unit)))
        .collect();
    Duration::parse(&text).ok()?;
    Some(Mend::writes(format!("write `{}`", shortened(&text)), place, text))
}
