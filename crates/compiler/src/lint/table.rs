//! The table of all lints, and what a package makes of them.

use dictum_artifact::suggest;

/// How much a lint weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// It is not told.
    Allow,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

impl Level {
    /// The level of a word, as settings write it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "allow" => Some(Self::Allow),
            "warn" => Some(Self::Warn),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }

    /// The word that settings write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A lint: something that compiles, and is likely not what was meant.
#[derive(Debug)]
pub struct Lint {
    /// The stable code, such as `L0101`; it has a page in `docs/diagnostics/`.
    pub code: &'static str,
    /// The stable name that settings and `@allow` use.
    pub name: &'static str,
    /// How much it weighs where nothing else is said.
    pub level: Level,
    /// What it is about, in a line.
    pub meaning: &'static str,
}

macro_rules! lints {
    ($($(#[$note:meta])* $id:ident = $code:literal, $name:literal, $level:ident, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $id: Lint = Lint { code: $code, name: $name, level: Level::$level, meaning: $meaning };
        )*

        /// Every lint, by code: what docs, settings and `@allow` go by.
        pub static LINTS: &[&Lint] = &[$(&$id),*];
    };
}

lints! {
    ALWAYS_TRUE = "L0101", "always_true", Warn, "a condition that is always true";
    NEVER_TRUE = "L0102", "never_true", Warn, "a condition that is never true";
    CONTRADICTION = "L0103", "contradiction", Warn, "conditions that contradict one another";
    NEVER_FIRES = "L0104", "never_fires", Warn, "a rule that can never fire";
    COVERED_RULE = "L0105", "covered_rule", Warn, "a rule that another one covers";
    DUPLICATE_RULE = "L0106", "duplicate_rule", Warn, "a rule that says the same as another one";
    DEAD_PERMIT = "L0107", "dead_permit", Warn, "a permit that a forbid leaves nothing of";
    SELF_COMPARISON = "L0108", "self_comparison", Warn, "a value compared with itself";
    REDUNDANT_HAS = "L0109", "redundant_has", Warn, "a `has` of what is known to be there";
    REDUNDANT_OTHERWISE = "L0110", "redundant_otherwise", Warn, "an `otherwise` of what is never undefined";
    UNPERMITTED_ACTION = "L0111", "unpermitted_action", Warn, "an action that no rule permits";
    UNHELD_ROLE = "L0112", "unheld_role", Warn, "a role that nobody can hold";
    REDUNDANT_INCLUDE = "L0113", "redundant_include", Warn, "a role that includes another one twice";
    REPEATED_NAME = "L0114", "repeated_name", Warn, "a name in a list that holds it already";
    REPEATED_CONDITION = "L0115", "repeated_condition", Warn, "a condition that stands beside itself";
    BOOL_COMPARISON = "L0116", "bool_comparison", Warn, "a condition compared with `true` or `false`";
    OPTIONAL_ALWAYS_ASKED = "L0117", "optional_always_asked", Allow, "an optional attribute that no condition does without";

    UNUSED_ENTITY = "L0201", "unused_entity", Warn, "an entity type that nothing uses";
    UNUSED_ATTRIBUTE = "L0202", "unused_attribute", Allow, "an attribute that no condition reads";
    UNUSED_CONTEXT_FIELD = "L0203", "unused_context_field", Allow, "a context field that no condition reads";
    UNUSED_ACTION = "L0204", "unused_action", Warn, "an action that no rule is about";
    UNUSED_ACTION_GROUP = "L0205", "unused_action_group", Warn, "a group of actions that nothing names";
    UNUSED_ROLE = "L0206", "unused_role", Warn, "a role that gives nothing";
    UNUSED_ENUM = "L0207", "unused_enum", Warn, "an enum that nothing uses";
    UNUSED_ENUM_NAME = "L0208", "unused_enum_name", Allow, "a name of an enum that nothing mentions";
    UNUSED_TYPE = "L0209", "unused_type", Warn, "a type alias that nothing uses";
    UNUSED_FIXTURE = "L0210", "unused_fixture", Warn, "a fixture that no test uses";
    UNUSED_FUNCTION = "L0211", "unused_function", Warn, "a function that nothing calls";
    UNUSED_CONSTANT = "L0212", "unused_constant", Warn, "a constant that nothing uses";
    UNUSED_IMPORT = "L0213", "unused_import", Warn, "a name or module that a file takes and does not use";
    UNUSED_OBLIGATION = "L0214", "unused_obligation", Warn, "an obligation that no rule has";

    MISSING_LABEL = "L0301", "missing_label", Warn, "a rule without a label";
    MISSING_BECAUSE = "L0302", "missing_because", Warn, "a forbid without `because`";
    LABEL_CASE = "L0303", "label_case", Warn, "a label, role or fixture that is not in snake_case";
    TYPE_CASE = "L0304", "type_case", Warn, "an enum or type alias that is not in UpperCamelCase";
    NAME_CASE = "L0305", "name_case", Allow, "a name of data or requests in another case than the usual";
    SHADOWING = "L0306", "shadowing", Warn, "a name that hides another one";
    UNKNOWN_ALLOW = "L0307", "unknown_allow", Warn, "an `@allow` of what is no lint";

    PERMIT_ALL = "L0401", "permit_all", Warn, "a permit of anything to anyone";
    ALL_ACTIONS = "L0402", "all_actions", Allow, "a role that gives every action on its types";
    UNDEFINED_FORBIDS = "L0403", "undefined_forbids", Allow, "a forbid that missing data can make fire";
    OVERFLOW = "L0404", "overflow", Allow, "arithmetic that can overflow";
    HOST_BITS = "L0405", "host_bits", Warn, "an address with the prefix length of its network";

    HIDDEN_CHARACTER = "L0501", "hidden_character", Warn, "a character that does not show, or changes the direction of what is shown";
    LOOKALIKE_NAME = "L0502", "lookalike_name", Warn, "a name that looks like another one";
}

/// The lint of a name or a code.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lint> {
    LINTS
        .iter()
        .find(|lint| lint.name == name || lint.code == name)
        .copied()
}

/// A name of a lint that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLint {
    /// `did you mean …?`, where a name is near.
    pub help: Option<String>,
}

impl UnknownLint {
    pub(super) fn new(name: &str) -> Self {
        Self {
            help: suggest::did_you_mean(name, LINTS.iter().map(|lint| lint.name)),
        }
    }
}

/// The level of each lint, as a package sets them.
///
/// ```
/// use dictum_compiler::lint::{Level, Levels};
/// let mut levels = Levels::default();
/// levels.set("missing_label", Level::Deny).unwrap();
/// levels.set("L0302", Level::Allow).unwrap();
/// let unknown = levels.set("always_treu", Level::Allow).unwrap_err();
/// assert_eq!(unknown.help.unwrap(), "did you mean `always_true`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// In the order of [`LINTS`].
    levels: Vec<Level>,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            levels: LINTS.iter().map(|lint| lint.level).collect(),
        }
    }
}

impl Levels {
    /// One level for every lint.
    #[must_use]
    pub fn all(level: Level) -> Self {
        Self {
            levels: vec![level; LINTS.len()],
        }
    }

    /// Sets the level of the lint that is called so, by name or code.
    ///
    /// # Errors
    /// When there is no such lint.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownLint> {
        let found = LINTS
            .iter()
            .zip(&mut self.levels)
            .find(|(lint, _)| lint.name == name || lint.code == name);
        match found {
            Some((_, slot)) => {
                *slot = level;
                Ok(())
            }
            None => Err(UnknownLint::new(name)),
        }
    }

    /// The level of a lint.
    #[must_use]
    pub fn of(&self, lint: &Lint) -> Level {
        let mut levels = LINTS.iter().zip(&self.levels);
        levels
            .find(|(other, _)| other.code == lint.code)
            .map_or(lint.level, |(_, level)| *level)
    }

    /// Whether no lint is told.
    pub(super) fn are_silent(&self) -> bool {
        self.levels.iter().all(|level| *level == Level::Allow)
    }
}
