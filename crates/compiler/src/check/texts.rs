//! What looks into texts, and what a clock in a zone shows.

use dictum_artifact::expr::{Expr, Pattern};
use dictum_artifact::schema::Type;
use dictum_artifact::suggest;
use dictum_artifact::value::quote;
use dictum_syntax::ast::{self, ExprKind, Ident, Text};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;

use super::access::count;
use super::shown::shown;
use super::{Checker, Typed};
use crate::codes;
use crate::mend::{Mend, mended};
use crate::regexes::Fault;

/// What a clock in a zone is asked for.
const ZONED: [&str; 3] = ["time_of_day", "date", "weekday"];

impl<'e> Checker<'_, '_, 'e> {
    /// `text like "pattern"`
    pub(super) fn like(&mut self, text: &'e ast::Expr, pattern: &Pattern) -> Option<Typed> {
        let string = self.declared.intern(Type::String);
        let text = self.check(text, string)?;
        self.typed(Expr::Like(text, pattern.clone()), Type::Bool)
    }

    /// `text matches r"regular expression"`
    pub(super) fn matches(&mut self, text: &'e ast::Expr, pattern: &Text) -> Option<Typed> {
        let string = self.declared.intern(Type::String);
        let text = self.check(text, string);
        let regex = match self.declared.regexes.compile(&pattern.value) {
            Ok(regex) => regex,
            Err(Fault::TooLarge) => {
                let message = "the automaton of this regular expression is too large";
                self.error(
                    Diagnostic::error(codes::REGEX_TOO_LARGE, pattern.span, message).with_help(
                        "shorten it: smaller counts in braces, fewer alternatives, `[0-9]` for `\\d`, or `(?-u)` for ASCII letters only",
                    ),
                );
                return None;
            }
            Err(Fault::TooMany { first }) => {
                if first {
                    let message = "with the regular expressions before this one, the policy has all that are supported: their automata take 16 MiB, or too much was asked to make them";
                    self.error(
                        Diagnostic::error(codes::TOO_MANY_TESTS, pattern.span, message)
                            .with_help("ask for fixed parts with `like`, or shorten the larger ones"),
                    );
                }
                return None;
            }
            Err(Fault::Malformed {
                message,
                help,
                at,
                anchored,
            }) => {
                let place = within(pattern, at);
                let diagnostic = Diagnostic::error(codes::BAD_REGEX, place, message);
                let last = pattern.value.len().saturating_sub(1);
                let ends = [(0, 1), (last, last + 1)];
                let mend = help.map(|help| {
                    if anchored {
                        let edits = ends.map(|end| (within(pattern, Some(end)), String::new()));
                        Mend::edits(help, "leave `^` and `$` out", edits.to_vec())
                    } else {
                        Mend::told(help)
                    }
                });
                self.error(mended(diagnostic, mend));
                return None;
            }
        };
        self.typed(Expr::Matches(text?, regex), Type::Bool)
    }

    /// `time.at("Europe/Berlin").weekday`
    pub(super) fn time_in_zone(
        &mut self,
        time: &'e ast::Expr,
        at: &Ident,
        arguments: &'e [ast::Expr],
        field: &Ident,
    ) -> Option<Typed> {
        let timestamp = self.declared.intern(Type::Timestamp);
        let time = self.check(time, timestamp);
        let zone = match arguments {
            [argument] => match &argument.kind {
                ExprKind::String(name) => self.zone(name, argument.span),
                _ => {
                    let message = "the zone of `.at(…)` is a text that is written out";
                    self.error(
                        Diagnostic::error(codes::ZONE, argument.span, message)
                            .with_help("its rules are compiled in: write a name such as `\"Europe/Berlin\"`"),
                    );
                    None
                }
            },
            _ => {
                let message = format!(
                    "`at` takes the name of a zone, and {} given",
                    count(arguments.len())
                );
                self.error(
                    Diagnostic::error(codes::ARGUMENTS, at.span, message)
                        .with_help("write `.at(\"Europe/Berlin\")`"),
                );
                None
            }
        };
        if !ZONED.contains(&field.name.as_str()) {
            let message = format!("a time in a zone has no `{}`", field.name);
            let diagnostic = Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, field.span, message);
            let mend = match suggest::nearest(&field.name, ZONED) {
                None if matches!(field.name.as_str(), "hour" | "hours" | "minute" | "minutes") => {
                    let unit = if field.name.starts_with('h') {
                        "in_hours"
                    } else {
                        "in_minutes"
                    };
                    let path = format!("time_of_day.{unit}");
                    Mend::write(format!("the time of day tells it: `.{path}`"), field.span, path)
                }
                Some(near) => Mend::meant(near, field.span, near),
                None => Mend::told("it has `time_of_day`, `date` and `weekday`"),
            };
            self.error(mended(diagnostic, Some(mend)));
            return None;
        }
        let (time, zone) = (time?, zone?);
        let local = self.declared.exprs.add(Expr::Local(time, zone));
        let local = Typed {
            id: local,
            ty: timestamp,
        };
        self.member(local, field, None).map(|read| read.typed)
    }

    /// `time.at("Europe/Berlin")` without what is asked of it.
    pub(super) fn zone_alone(
        &mut self,
        time: &'e ast::Expr,
        at: &Ident,
        arguments: &[ast::Expr],
    ) -> Option<Typed> {
        let timestamp = self.declared.intern(Type::Timestamp);
        self.check(time, timestamp)?;
        let zone = arguments.first().map_or_else(|| "…".to_owned(), shown);
        let message = "a time in a zone is no value: it is the same moment everywhere";
        self.error(
            Diagnostic::error(codes::ZONE, at.span, message).with_help(format!(
                "ask what a clock there shows: `{}.at({zone}).time_of_day`, `.date` or `.weekday`",
                shown(time)
            )),
        );
        None
    }

    fn zone(&mut self, name: &str, span: Span) -> Option<std::sync::Arc<dictum_artifact::zone::Zone>> {
        let zone = self.declared.zones.get(name);
        if zone.is_none() {
            let names = self.declared.zones.names();
            let diagnostic =
                Diagnostic::error(codes::ZONE, span, format!("there is no time zone \"{name}\""));
            // What is near by the name of its region alone is another place.
            let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_owned();
            let own = city(name);
            let is_near = |zone: &&str| suggest::nearest(&own, [city(zone).as_str()]).is_some();
            let mend = match suggest::nearest(name, names.iter().map(String::as_str).filter(is_near)) {
                Some(near) => Mend::write(format!("did you mean \"{near}\"?"), span, quote(near)),
                None => Mend::told("zones have the names of the IANA database, such as `\"Europe/Berlin\"`"),
            };
            self.error(mended(diagnostic, Some(mend)));
        }
        zone
    }
}

/// The place of a part of a raw text literal.
fn within(text: &Text, part: Option<(usize, usize)>) -> Span {
    let Some((start, end)) = part else {
        return text.span;
    };
    // `r"`
    let place = |at: usize| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        text.span
            .start
            .saturating_add(2)
            .saturating_add(at)
            .min(text.span.end)
    };
    Span {
        start: place(start),
        end: place(end.max(start + 1)),
        ..text.span
    }
}
