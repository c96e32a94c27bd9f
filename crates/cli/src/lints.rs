//! The levels of lints: those of `dictum.toml`, and those of the command line, which has the last word.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dictum_artifact::suggest::did_you_mean;
use dictum_compiler::lint::{self, Level};

use crate::stop::Stop;

/// The code and the name of every lint.
pub(crate) fn known() -> &'static [(&'static str, &'static str)] {
    static KNOWN: LazyLock<Vec<(&str, &str)>> =
        LazyLock::new(|| lint::LINTS.iter().map(|lint| (lint.code, lint.name)).collect());
    &KNOWN
}

/// What stands for every warning, where a lint is named.
pub(crate) const WARNINGS: &str = "warnings";

/// The levels that lints are given, by code; what is not here has the level that it was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    /// Of all warnings that are not named themselves.
    warnings: Option<Level>,
    /// By code.
    named: BTreeMap<String, Level>,
}

impl Levels {
    /// Gives a lint, by name or code, a level; false where there is no such lint among those that are `known`.
    pub(crate) fn set(&mut self, lint: &str, level: Level, known: &[(&str, &str)]) -> bool {
        if lint == WARNINGS {
            self.warnings = Some(level);
            return true;
        }
        let code = known.iter().find(|(code, name)| *code == lint || *name == lint);
        match code {
            Some((code, _)) => {
                self.named.insert((*code).to_owned(), level);
                true
            }
            None => false,
        }
    }

    /// The same levels, but for those that `others` has a word on.
    pub(crate) fn overridden_by(&self, others: &Self) -> Self {
        let mut levels = self.clone();
        if others.warnings.is_some() {
            levels.warnings = others.warnings;
        }
        levels
            .named
            .extend(others.named.iter().map(|(code, level)| (code.clone(), *level)));
        levels
    }

    /// The level of every lint: its own, where nothing is said of it. What is said of all warnings is said of the lints
    /// that are warnings by themselves.
    pub(crate) fn of_all(&self) -> lint::Levels {
        let mut levels = lint::Levels::default();
        for lint in lint::LINTS {
            let of_warnings = self.warnings.filter(|_| lint.level == Level::Warn);
            if let Some(level) = self.named.get(lint.code).copied().or(of_warnings) {
                // A lint of the table is known to it.
                let _ = levels.set(lint.code, level);
            }
        }
        levels
    }
}

/// The mend for the name of a lint that does not exist.
pub(crate) fn help_for_unknown(lint: &str, known: &[(&str, &str)]) -> String {
    let names = known.iter().flat_map(|(code, name)| [*name, *code]);
    did_you_mean(lint, names.chain([WARNINGS]))
        .unwrap_or_else(|| "list the lints with `dictum explain-code`".to_owned())
}

/// The levels that the command line gives.
#[derive(clap::Args)]
pub(crate) struct LintFlags {
    /// Make an error of a lint, by name or code, or of all `warnings`
    #[arg(short = 'D', long, value_name = "LINT")]
    deny: Vec<String>,

    /// Make a warning of a lint
    #[arg(short = 'W', long, value_name = "LINT")]
    warn: Vec<String>,

    /// Do not tell of a lint
    #[arg(short = 'A', long, value_name = "LINT")]
    allow: Vec<String>,
}

impl LintFlags {
    /// The levels, if the lints exist and none is given two.
    pub(crate) fn levels(&self) -> Result<Levels, Stop> {
        let mut levels = Levels::default();
        let mut given: BTreeMap<&str, Level> = BTreeMap::new();
        let flags = [
            (&self.deny, Level::Deny),
            (&self.warn, Level::Warn),
            (&self.allow, Level::Allow),
        ];
        for (lint, level) in flags
            .into_iter()
            .flat_map(|(lints, level)| lints.iter().map(move |lint| (lint, level)))
        {
            if !levels.set(lint, level, known()) {
                return Err(Stop::usage(format!("there is no lint `{lint}`"))
                    .with_help(help_for_unknown(lint, known())));
            }
            if given.insert(lint, level).is_some_and(|before| before != level) {
                return Err(Stop::usage(format!("the lint `{lint}` is given two levels"))
                    .with_help("give it one of `--deny`, `--warn` and `--allow`"));
            }
        }
        Ok(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &[(&str, &str)] = &[("L0101", "always_true"), ("L0102", "never_true")];

    #[test]
    fn levels_by_name_and_code() {
        let told = |levels: &Levels| {
            let levels = levels.of_all();
            [&lint::ALWAYS_TRUE, &lint::NEVER_TRUE, &lint::OVERFLOW].map(|lint| levels.of(lint))
        };
        let mut file = Levels::default();
        assert_eq!(told(&file), [Level::Warn, Level::Warn, Level::Allow]);
        assert!(file.set("always_true", Level::Allow, known()));
        assert!(file.set("L0102", Level::Deny, known()));
        assert!(!file.set("D0301", Level::Allow, known()));
        assert_eq!(told(&file), [Level::Allow, Level::Deny, Level::Allow]);

        let mut flags = Levels::default();
        assert!(flags.set("never_true", Level::Warn, known()));
        assert!(flags.set(WARNINGS, Level::Deny, known()));
        let both = file.overridden_by(&flags);
        assert_eq!(told(&both), [Level::Allow, Level::Warn, Level::Allow]);
        assert_eq!(told(&flags), [Level::Deny, Level::Warn, Level::Allow]);
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(
            help_for_unknown("always-true", SOME),
            "did you mean `always_true`?"
        );
        assert_eq!(help_for_unknown("l0102", SOME), "did you mean `L0102`?");
        assert!(help_for_unknown("zebra", SOME).contains("dictum explain-code"));
    }
}
