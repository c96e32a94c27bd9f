//! The table of lints, levels, and `@allow`.

use dictum_compiler::lint::{LINTS, Level, Levels, find};
use dictum_syntax::diagnostic::Severity;

use super::{found, policy};

#[test]
fn the_table_is_sorted_and_speaks() {
    assert!(LINTS.len() >= 25);
    for pair in LINTS.windows(2) {
        assert!(
            pair[0].code < pair[1].code,
            "{} comes before {}",
            pair[0].code,
            pair[1].code
        );
    }
    for lint in LINTS {
        assert!(
            lint.code.len() == 5 && lint.code.starts_with("L0"),
            "{}",
            lint.code
        );
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(is_name(lint.name), "{}", lint.name);
        assert!(!lint.meaning.ends_with('.'), "{}", lint.meaning);
        let again = LINTS.iter().filter(|other| other.name == lint.name);
        assert_eq!(again.count(), 1, "{} is the name of one lint", lint.name);
        assert_eq!(find(lint.name).map(|lint| lint.code), Some(lint.code));
        assert_eq!(find(lint.code).map(|lint| lint.name), Some(lint.name));
    }
}

const POLICY: &str = "entity User  entity Doc  action read by User on Doc\npermit User to read on Doc";

/// The severities of what is found.
fn severities(source: &str, levels: Levels) -> Vec<(&'static str, Severity)> {
    let (_, diagnostics) = found(source, levels);
    diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code, diagnostic.severity))
        .collect()
}

#[test]
fn levels() {
    assert_eq!(
        severities(POLICY, Levels::default()),
        [("L0301", Severity::Warning)]
    );
    assert_eq!(severities(POLICY, Levels::all(Level::Allow)), []);
    let mut levels = Levels::default();
    levels.set("missing_label", Level::Deny).expect("a lint");
    assert_eq!(severities(POLICY, levels.clone()), [("L0301", Severity::Error)]);
    levels.set("L0301", Level::Allow).expect("a lint");
    assert_eq!(severities(POLICY, levels.clone()), []);
    let unknown = levels.set("mising_label", Level::Warn).expect_err("no lint");
    assert_eq!(unknown.help.as_deref(), Some("did you mean `missing_label`?"));
    assert_eq!(Level::parse("deny").map(Level::word), Some("deny"));
    assert_eq!(Level::parse("error"), None);
}

#[test]
fn nothing_is_told_of_what_has_errors() {
    let source = format!("{POLICY} when nothing");
    let codes: Vec<_> = severities(&source, Levels::all(Level::Warn))
        .iter()
        .map(|(code, _)| *code)
        .collect();
    assert_eq!(codes, ["D0201"]);
}

#[test]
fn allow() {
    let allowed = POLICY.replace("permit", "@allow(\"missing_label\") permit");
    assert_eq!(severities(&allowed, Levels::default()), []);
    let by_code = POLICY.replace("permit", "@allow(\"never_true, L0301\") permit");
    assert_eq!(severities(&by_code, Levels::default()), []);
    // Only what is named, and only there.
    let other = POLICY.replace("permit", "@allow(\"missing_because\") permit");
    assert_eq!(
        severities(&other, Levels::default()),
        [("L0301", Severity::Warning)]
    );
    let twice = format!("{allowed} when principal == User::\"a\"\npermit User to read on Doc");
    let codes: Vec<_> = severities(&twice, Levels::default())
        .iter()
        .map(|(code, _)| *code)
        .collect();
    assert_eq!(codes, ["L0105", "L0301"]);
}

#[test]
fn allow_of_no_lint() {
    let lint = "unknown_allow";
    policy(
        lint,
        "
entity User  entity Doc  action read by User on Doc
@allow(\"missing_labl\") permit User to read on Doc
@allow r: permit User to read on Doc",
        &[
            "2:8 there is no lint `missing_labl`",
            "3:2 `@allow` does not say what it allows",
        ],
    );
    let source = "entity User  entity Doc  action read by User on Doc\n@allow(\"nothing\") r: permit User to read on Doc";
    assert_eq!(
        severities(source, Levels::default()),
        [("L0307", Severity::Warning)]
    );
    let mut levels = Levels::default();
    levels.set(lint, Level::Allow).expect("a lint");
    assert_eq!(severities(source, levels), []);
}
