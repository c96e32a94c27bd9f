//! Makes the mends that diagnostics carry, in rounds: those of one stage of checking that do not meet, all at once; then the
//! package is checked again, and what carries a mend now is next.
//!
//! A mend is certain in the eyes of whoever found the mistake, and still not trusted: what leaves the package worse, or its
//! diagnostic where it was, is taken back.

use std::collections::{BTreeMap, BTreeSet};

use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::fix::{Changes, apply};
use dictum_syntax::source::{SourceId, Sources, Span};

use crate::package::Package;

/// After how many rounds what is left is left.
const MAX_ROUNDS: usize = 20;

/// How often a package is checked to find out which mends make it worse, or a large one, fewer times.
const MAX_TRIALS: usize = 200;
const FEWEST_TRIALS: usize = 20;

/// How many bytes of text are checked for that.
const MAX_TRIED: usize = 256 << 20;

/// A mend that was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// The code of what was wrong.
    pub(crate) code: &'static str,
    /// What was done, as a command: "write `==`".
    pub(crate) title: String,
    /// The source.
    pub(crate) source: SourceId,
    /// Where it stood when the round began.
    pub(crate) line: u32,
    /// The column there, in code points.
    pub(crate) column: u32,
}

/// A package with its mends made.
pub(crate) struct Mended {
    /// The texts.
    pub(crate) sources: Sources,
    /// What was done, by round and place.
    pub(crate) made: Vec<Made>,
    /// What is left; the places are in these texts.
    pub(crate) left: Vec<Diagnostic>,
}

/// Makes the mends of those diagnostics that are `wanted`, where all that they change `may_change`. Checking is left to
/// `check`: the diagnostics of texts that are in place of the package's own.
pub(crate) fn mend(
    sources: &Sources,
    check: &dyn Fn(&Sources) -> Vec<Diagnostic>,
    wanted: &dyn Fn(&Diagnostic) -> bool,
    may_change: &dyn Fn(SourceId) -> bool,
) -> Mended {
    let mut state = State {
        found: check(sources),
        sources: sources.clone(),
    };
    let mut made = Vec::new();
    let mut refused = BTreeSet::new();
    let mut trials = 0;
    let bytes: usize = sources.iter().map(|(_, source)| source.text.len()).sum();
    let most_trials = (MAX_TRIED / bytes.max(1)).clamp(FEWEST_TRIALS, MAX_TRIALS);
    for _ in 0..MAX_ROUNDS {
        let can_be_made = |diagnostic: &&Diagnostic| {
            diagnostic
                .fix
                .as_ref()
                .is_some_and(|fix| fix.edits.iter().all(|edit| may_change(edit.span.source)))
                && wanted(diagnostic)
                && !refused.contains(&Key::of(&state.sources, diagnostic))
        };
        let mut chosen: Vec<&Diagnostic> = state.found.iter().filter(can_be_made).collect();
        let Some(stage) = chosen.iter().copied().map(Stage::of).min() else {
            break;
        };
        let mut changes = Changes::new();
        chosen.retain(|diagnostic| {
            Stage::of(diagnostic) == stage && diagnostic.fix.as_ref().is_some_and(|fix| changes.add(fix))
        });
        if chosen.is_empty() {
            break;
        }
        let mut round = Round {
            check,
            stage,
            before: &state,
            accepted: Vec::new(),
            after: None,
            refused: &mut refused,
            trials: &mut trials,
            most_trials,
        };
        round.attempt(&chosen);
        let Round { accepted, after, .. } = round;
        made.extend(accepted.iter().filter_map(|diagnostic| {
            let (line, column) = state.sources.line_column(diagnostic.span);
            Some(Made {
                code: diagnostic.code,
                title: diagnostic.fix.as_ref()?.title.clone(),
                source: diagnostic.span.source,
                line,
                column,
            })
        }));
        if let Some(after) = after {
            state = after;
        }
    }
    Mended {
        sources: state.sources,
        made,
        left: state.found,
    }
}

/// The same of a package.
pub(crate) fn mend_package(
    package: &Package,
    wanted: &dyn Fn(&Diagnostic) -> bool,
    may_change: &dyn Fn(SourceId) -> bool,
) -> Mended {
    mend(
        &package.sources,
        &|sources| package.compile_texts(sources).1,
        wanted,
        may_change,
    )
}

/// Texts, and what is wrong with them.
struct State {
    sources: Sources,
    found: Vec<Diagnostic>,
}

/// A mend that has to be known again when places have changed: its line, and what it is about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: SourceId,
    code: &'static str,
    message: String,
    title: String,
    line: String,
}

/// How much of a line on either side is looked at to know a mend again: a whole file may be one line.
const KNOWN_BY: usize = 512;

/// The start of a line, which it is known by.
fn known_by(line: &str) -> &str {
    line.get(..line.floor_char_boundary(2 * KNOWN_BY))
        .unwrap_or_default()
}

impl Key {
    fn of(sources: &Sources, diagnostic: &Diagnostic) -> Self {
        let start = diagnostic.span.start as usize;
        let text = &sources.get(diagnostic.span.source).text;
        let before = text.get(..start).unwrap_or_default();
        let floor = before.floor_char_boundary(start.saturating_sub(KNOWN_BY));
        let near = before.get(floor..).unwrap_or_default();
        let begin = near.rfind('\n').map_or(floor, |at| floor + at + 1);
        let rest = text.get(begin..).unwrap_or_default();
        let line = known_by(rest).lines().next();
        Self {
            source: diagnostic.span.source,
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            title: diagnostic
                .fix
                .as_ref()
                .map_or_else(String::new, |fix| fix.title.clone()),
            line: known_by(line.unwrap_or_default()).to_owned(),
        }
    }
}

/// One round: mends of one stage that do not meet.
struct Round<'a> {
    check: &'a dyn Fn(&Sources) -> Vec<Diagnostic>,
    stage: Stage,
    before: &'a State,
    accepted: Vec<&'a Diagnostic>,
    /// The texts with all that is accepted.
    after: Option<State>,
    refused: &'a mut BTreeSet<Key>,
    trials: &'a mut usize,
    most_trials: usize,
}

impl<'a> Round<'a> {
    /// Makes mends on top of what is accepted; where that makes it worse, one half of them and then the other.
    fn attempt(&mut self, group: &[&'a Diagnostic]) {
        *self.trials += 1;
        if *self.trials <= self.most_trials && self.is_accepted(group) {
            return;
        }
        let (first, second) = group.split_at(group.len() / 2);
        if first.is_empty() || *self.trials > self.most_trials {
            let keys = group.iter().map(|one| Key::of(&self.before.sources, one));
            self.refused.extend(keys);
        } else {
            self.attempt(first);
            self.attempt(second);
        }
    }

    fn is_accepted(&mut self, group: &[&'a Diagnostic]) -> bool {
        let all: Vec<&Diagnostic> = self.accepted.iter().chain(group).copied().collect();
        let Some(sources) = made(&self.before.sources, &all) else {
            return false;
        };
        let found = (self.check)(&sources);
        let standing = self.after.as_ref().unwrap_or(self.before);
        if !is_better(self.stage, group, &found, &standing.found) || !are_gone(group, &found, &standing.found)
        {
            return false;
        }
        self.accepted = all;
        self.after = Some(State { sources, found });
        true
    }
}

/// The texts with the mends of diagnostics made, if they can be.
fn made(sources: &Sources, mends: &[&Diagnostic]) -> Option<Sources> {
    let mut changes = Changes::new();
    for fix in mends.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        if !changes.add(fix) {
            return None;
        }
    }
    let edits: BTreeMap<SourceId, _> = changes.by_source().collect();
    let mut after = Sources::new();
    for (id, source) in sources.iter() {
        let text = match edits.get(&id) {
            Some(edits) => apply(&source.text, *edits)?,
            None => source.text.clone(),
        };
        after.add(source.name.clone(), text);
    }
    Some(after)
}

/// Which part of checking finds a mistake. Errors of one stage hide those of later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Syntax,
    Names,
    Types,
    Rest,
    /// Of a policy without errors.
    Warnings,
}

impl Stage {
    fn of(diagnostic: &Diagnostic) -> Self {
        match (diagnostic.severity, diagnostic.code.get(..3).unwrap_or_default()) {
            (Severity::Warning, _) => Self::Warnings,
            (Severity::Error, "D00" | "D01") => Self::Syntax,
            (Severity::Error, "D02" | "D04" | "D05") => Self::Names,
            (Severity::Error, "D03") => Self::Types,
            (Severity::Error, _) => Self::Rest,
        }
    }
}

/// Whether the errors of a group are gone, and no others of its stage or an earlier one have come, in any file for those of
/// syntax, and in the package for the rest. Those of later stages were hidden.
fn is_better(stage: Stage, group: &[&Diagnostic], now: &[Diagnostic], before: &[Diagnostic]) -> bool {
    type Counts = BTreeMap<(Stage, Option<SourceId>), usize>;
    let place = |diagnostic: &Diagnostic| {
        let found_in = Stage::of(diagnostic);
        let source = Some(diagnostic.span.source).filter(|_| found_in == Stage::Syntax);
        (found_in, source)
    };
    let count = |diagnostics: &[Diagnostic]| {
        let mut counts = Counts::new();
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error && Stage::of(diagnostic) <= stage);
        for diagnostic in errors {
            *counts.entry(place(diagnostic)).or_default() += 1;
        }
        counts
    };
    let mut allowed = count(before);
    for diagnostic in group {
        if let Some(count) = allowed.get_mut(&place(diagnostic)) {
            *count = count.saturating_sub(1);
        }
    }
    count(now)
        .iter()
        .all(|(place, errors)| allowed.get(place).is_some_and(|allowed| errors <= allowed))
}

/// Whether of each kind of mend in a group, fewer are called for than before: one that is called for again would be made for
/// ever.
fn are_gone(group: &[&Diagnostic], now: &[Diagnostic], before: &[Diagnostic]) -> bool {
    type Kind<'a> = (SourceId, &'static str, &'a str, Option<&'a str>);
    fn kind(diagnostic: &Diagnostic) -> Kind<'_> {
        let Span { source, .. } = diagnostic.span;
        let title = diagnostic.fix.as_ref().map(|fix| fix.title.as_str());
        (source, diagnostic.code, diagnostic.message.as_str(), title)
    }
    fn count(diagnostics: &[Diagnostic]) -> BTreeMap<Kind<'_>, usize> {
        let mut counts = BTreeMap::new();
        for diagnostic in diagnostics {
            *counts.entry(kind(diagnostic)).or_default() += 1;
        }
        counts
    }
    let (now, before) = (count(now), count(before));
    group.iter().all(|diagnostic| {
        let kind = kind(diagnostic);
        now.get(&kind)
            .is_none_or(|left| before.get(&kind).is_some_and(|had| left < had))
    })
}

#[cfg(test)]
mod tests;
