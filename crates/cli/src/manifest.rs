//! `dictum.toml` to plain data: what a package says of itself, and what is wrong with how it says it.
//!
//! The text is parsed to a table that knows its places, and the table is read key by key: so all mistakes are told at once,
//! each where it is. Nothing here looks at files; whether a pattern matches any is the package's business.

use std::collections::BTreeMap;
use std::ops::Range;

use dictum_artifact::suggest::{did_you_mean, nearest};
use dictum_artifact::validate::MAX_QUANTIFIED;
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{SourceId, Span};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::codes;
use dictum_compiler::lint::Level;

use crate::lints::{Levels, help_for_unknown};
use crate::pattern::Pattern;

/// The name of the file.
pub(crate) const NAME: &str = "dictum.toml";

/// How long the file may be, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The source that places in the file are in: of no policy, and after all of them.
pub(crate) const SOURCE: SourceId = SourceId(u32::MAX);

/// What `dictum.toml` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// `name`: what the package is called.
    pub(crate) name: Option<String>,
    /// `sources`: which files are its policies; all that are there where it does not say.
    pub(crate) sources: Option<Vec<Pattern>>,
    /// `data`: which files are the data of its store.
    pub(crate) data: Vec<Pattern>,
    /// `[lints]`: levels by the name or code of a lint, and where that stands.
    pub(crate) lints: BTreeMap<String, (Level, Span)>,
    /// `[limits]`.
    pub(crate) limits: Limits,
    /// Whether the sources could be told, so that what is missing among them means something.
    pub(crate) sources_known: bool,
}

/// What a policy may not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many steps a decision may take at worst.
    pub(crate) steps: Option<Limit>,
    /// How long the artifact may be, in bytes.
    pub(crate) artifact_bytes: Option<Limit>,
    /// How many elements a set is counted as having.
    pub(crate) set_elements: Option<Limit>,
}

/// A limit, and where it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The most that is allowed; at least one.
    pub(crate) at_most: u64,
    /// The number in the file.
    pub(crate) span: Span,
}

/// The tables, and the keys of those that have fixed ones.
const TABLES: [(&str, &[&str]); 3] = [
    ("package", &["name", "sources", "data"]),
    ("lints", &[]),
    ("limits", &["steps", "artifact_bytes", "set_elements"]),
];

/// Reads the file, of which only the first [`MAX_BYTES`] count where there is `more`.
pub(crate) fn read(bytes: &[u8], more: bool) -> (String, Manifest, Vec<Diagnostic>) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let fault = if more {
        let message = format!("the file is larger than {} KiB", MAX_BYTES >> 10);
        Some(
            Diagnostic::error(codes::NOT_TOML, span(0..0), message)
                .with_help("name folders and patterns instead of single files"),
        )
    } else {
        let valid = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to());
        valid.map(|valid| {
            let message = "the file is not UTF-8 from here on";
            Diagnostic::error(codes::NOT_TOML, span(valid..valid + 3), message)
                .with_help("save the file as UTF-8")
        })
    };
    let (manifest, diagnostics) = match fault {
        Some(fault) => (Manifest::default(), vec![fault]),
        None => parse(&text),
    };
    (text, manifest, diagnostics)
}

/// Reads the text of the file.
pub(crate) fn parse(text: &str) -> (Manifest, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let manifest = match DeTable::parse(text) {
        Ok(table) => reader.manifest(table.get_ref()),
        Err(error) => {
            let place = error.span().unwrap_or(0..0);
            let message = error.message().trim_end().replace('\n', ", ");
            reader.diagnostics.push(
                Diagnostic::error(codes::NOT_TOML, span(place), message).with_help(
                    "the file is written in TOML: `key = value` under headings such as `[package]`",
                ),
            );
            Manifest::default()
        }
    };
    (manifest, reader.diagnostics)
}

impl Manifest {
    /// The levels that the file gives lints, and what names none of those that are `known`.
    pub(crate) fn levels(&self, known: &[(&str, &str)]) -> (Levels, Vec<Diagnostic>) {
        let mut levels = Levels::default();
        let mut diagnostics = Vec::new();
        for (lint, (level, span)) in &self.lints {
            if !levels.set(lint, *level, known) {
                let message = format!("there is no lint `{lint}`");
                diagnostics.push(
                    Diagnostic::error(codes::UNKNOWN_LINT, *span, message)
                        .with_help(help_for_unknown(lint, known)),
                );
            }
        }
        (levels, diagnostics)
    }
}

/// A place in the file.
fn span(place: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        source: SOURCE,
        start: offset(place.start),
        end: offset(place.end),
    }
}

/// Reads tables and gathers what is wrong with them.
#[derive(Default)]
struct Reader {
    diagnostics: Vec<Diagnostic>,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn manifest(&mut self, root: &DeTable<'_>) -> Manifest {
        let mut manifest = Manifest {
            sources_known: true,
            ..Manifest::default()
        };
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "package" => self.package(value, &mut manifest),
                "lints" => self.lints(value, &mut manifest),
                "limits" => self.limits(value, &mut manifest),
                _ => {
                    // Who has misspelt the heading may well have named the sources below it.
                    manifest.sources_known = false;
                    self.unknown(key, None);
                }
            }
        }
        manifest
    }

    fn package(&mut self, value: &Value<'_>, manifest: &mut Manifest) {
        let Some(table) = self.table("package", value) else {
            manifest.sources_known = false;
            return;
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => manifest.name = self.name(value),
                "sources" => match self.patterns("sources", "policy", value) {
                    Some(patterns) => manifest.sources = Some(patterns),
                    None => manifest.sources_known = false,
                },
                "data" => manifest.data = self.patterns("data", "data", value).unwrap_or_default(),
                other => {
                    if nearest(other, ["sources"]).is_some() {
                        manifest.sources_known = false;
                    }
                    self.unknown(key, Some("package"));
                }
            }
        }
    }

    fn lints(&mut self, value: &Value<'_>, manifest: &mut Manifest) {
        let Some(table) = self.table("lints", value) else {
            return;
        };
        for (key, value) in table {
            let level = match value.get_ref() {
                DeValue::String(text) => Level::parse(text),
                DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => None,
            };
            match level {
                Some(level) => {
                    manifest
                        .lints
                        .insert(key.get_ref().to_string(), (level, span(key.span())));
                }
                None => {
                    let name = key.get_ref();
                    let levels = [Level::Allow, Level::Warn, Level::Deny].map(Level::word);
                    let help = match value.get_ref() {
                        DeValue::String(text) => match text.as_ref() {
                            "error" | "forbid" => Some("write `\"deny\"`".to_owned()),
                            "warning" => Some("write `\"warn\"`".to_owned()),
                            "off" | "none" | "ignore" => Some("write `\"allow\"`".to_owned()),
                            text => did_you_mean(text, levels),
                        },
                        DeValue::Integer(_)
                        | DeValue::Float(_)
                        | DeValue::Boolean(_)
                        | DeValue::Datetime(_)
                        | DeValue::Array(_)
                        | DeValue::Table(_) => None,
                    };
                    self.wrong(
                        value,
                        "`\"allow\"`, `\"warn\"` or `\"deny\"`",
                        &help.unwrap_or_else(|| format!("write `{name} = \"warn\"`")),
                    );
                }
            }
        }
    }

    fn limits(&mut self, value: &Value<'_>, manifest: &mut Manifest) {
        let Some(table) = self.table("limits", value) else {
            return;
        };
        for (key, value) in table {
            let limits = &mut manifest.limits;
            match key.get_ref().as_ref() {
                "steps" => limits.steps = self.limit(key, value),
                "artifact_bytes" => limits.artifact_bytes = self.limit(key, value),
                "set_elements" => limits.set_elements = self.limit_to(key, value, MAX_QUANTIFIED),
                _ => self.unknown(key, Some("limits")),
            }
        }
    }

    /// The table under a heading.
    fn table<'t, 'a>(&mut self, name: &str, value: &'t Value<'a>) -> Option<&'t DeTable<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(
                value,
                "a table",
                &format!("write its keys below a heading `[{name}]`"),
            );
        }
        table
    }

    fn name(&mut self, value: &Value<'_>) -> Option<String> {
        let help = "letters, digits, `_` and `-` make a name, such as `\"drive\"`";
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(value, "a name", help);
            return None;
        };
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if starts && text.chars().all(is_part) {
            return Some(text.to_owned());
        }
        let message = format!("`{}` is no name of a package", shortened(text));
        self.diagnostics
            .push(Diagnostic::error(codes::WRONG_VALUE, span(value.span()), message).with_help(help));
        None
    }

    /// A list of paths and patterns; none where any is wrong.
    fn patterns(&mut self, key: &str, example: &str, value: &Value<'_>) -> Option<Vec<Pattern>> {
        let DeValue::Array(items) = value.get_ref() else {
            let help = match value.get_ref().as_str() {
                Some(text) => format!("write `{key} = [\"{}\"]`", shortened(text)),
                None => format!("write `{key} = [\"{example}\"]`"),
            };
            self.wrong(value, "a list of paths and patterns", &help);
            return None;
        };
        let mut patterns = Vec::new();
        for item in items.iter() {
            let Some(text) = item.get_ref().as_str() else {
                self.wrong(
                    item,
                    "a path or pattern",
                    &format!("write it as a text: `\"{example}\"`"),
                );
                continue;
            };
            match Pattern::parse(text, span(item.span())) {
                Ok(pattern) => patterns.push(pattern),
                Err(fault) => self.diagnostics.push(*fault),
            }
        }
        (patterns.len() == items.len()).then_some(patterns)
    }

    fn limit(&mut self, key: &Key<'_>, value: &Value<'_>) -> Option<Limit> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => number_of(number),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        if number.is_none() {
            let help = format!(
                "write `{} = 1_000_000`, or leave it out for no limit",
                key.get_ref()
            );
            self.wrong(value, "a whole number from 1 on", &help);
        }
        number.map(|at_most| Limit {
            at_most,
            span: span(value.span()),
        })
    }

    /// A limit that is no larger than another.
    fn limit_to(&mut self, key: &Key<'_>, value: &Value<'_>, most: u32) -> Option<Limit> {
        let limit = self.limit(key, value)?;
        if limit.at_most <= u64::from(most) {
            return Some(limit);
        }
        let message = format!("`{}` is at most {most}", key.get_ref());
        self.diagnostics
            .push(Diagnostic::error(codes::WRONG_VALUE, limit.span, message));
        None
    }

    /// A key that its table does not have, or one that is no table of the file.
    fn unknown(&mut self, key: &Key<'_>, table: Option<&str>) {
        let name = key.get_ref().as_ref();
        let names: Vec<&str> = match table {
            None => TABLES.iter().map(|(name, _)| *name).collect(),
            Some(table) => TABLES
                .iter()
                .filter(|(name, _)| *name == table)
                .flat_map(|(_, keys)| keys.iter().copied())
                .collect(),
        };
        let elsewhere = TABLES
            .iter()
            .find(|(_, keys)| keys.contains(&name))
            .map(|(table, _)| format!("it belongs below `[{table}]`"));
        let known = || {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            match names.split_last() {
                Some((last, rest)) if !rest.is_empty() => {
                    format!("there are {} and {last}", rest.join(", "))
                }
                Some(_) | None => format!("there is {}", names.join("")),
            }
        };
        let help = elsewhere
            .or_else(|| did_you_mean(name, names.iter().copied()))
            .unwrap_or_else(known);
        let shown = shortened(name);
        let message = match table {
            None => format!("`{NAME}` has no table or key `{shown}`"),
            Some(table) => format!("`[{table}]` has no key `{shown}`"),
        };
        self.diagnostics
            .push(Diagnostic::error(codes::UNKNOWN_KEY, span(key.span()), message).with_help(help));
    }

    /// A value of another kind than the key takes.
    fn wrong(&mut self, value: &Value<'_>, expected: &str, help: &str) {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("the text `{}`", shortened(text)),
            DeValue::Integer(number) => format!("the number `{}`", shortened(&number.to_string())),
            DeValue::Float(_) => "a number with a point".to_owned(),
            DeValue::Boolean(value) => format!("`{value}`"),
            DeValue::Datetime(_) => "a date or time".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        let message = format!("expected {expected}, found {found}");
        self.diagnostics
            .push(Diagnostic::error(codes::WRONG_VALUE, span(value.span()), message).with_help(help));
    }
}

/// A whole number from 1 on.
fn number_of(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix())
        .ok()
        .filter(|number| *number > 0)
}

/// A text as a message can hold it.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
