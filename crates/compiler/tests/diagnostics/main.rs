//! What is said of policies that are wrong: at which place, in which words, with which mend. A case is a text and what is
//! found in it: `code line:column message`, then the help and the related places, each on a line of its own.

mod access;
mod conditions;
mod declarations;
mod language;
mod operators;
mod scenarios;

use dictum_compiler::lint::{Level, Levels};
use dictum_compiler::{Program, Settings, compile_with};
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::fix;
use dictum_syntax::source::Sources;

/// Asserts what is found in a policy. Lines start at 1 for the first one after a leading line break.
fn policy(source: &str, expected: &str) {
    let found = check(source.strip_prefix('\n').unwrap_or(source), 0, 0);
    assert_found(source, &found, expected);
}

/// Asserts what is found in a rule over [`SCHEMA`]; of its first line, only columns are shown.
fn rule(rule: &str, expected: &str) {
    let found = check(&format!("{SCHEMA}{rule}"), SCHEMA.lines().count(), 0);
    assert_found(rule, &found, expected);
}

/// Asserts what is found in the condition of a rule for users who write documents; columns count from the condition.
fn condition(condition: &str, expected: &str) {
    const RULE: &str = "permit User to write on Doc when ";
    let found = check(
        &format!("{SCHEMA}{RULE}{condition}"),
        SCHEMA.lines().count(),
        RULE.len(),
    );
    assert_found(condition, &found, expected);
}

fn assert_found(source: &str, found: &str, expected: &str) {
    let lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let expected: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(
        found == expected,
        "in {source}\n\nfound:\n{found}\nexpected:\n{expected}"
    );
}

/// What is found in a source, without its first lines, and without the start of the line that comes then.
fn check(source: &str, skipped_lines: usize, skipped_columns: usize) -> String {
    let mut sources = Sources::new();
    sources.add("test.dictum", source);
    // Of lints, their own tests speak.
    let lints = Levels::all(Level::Allow);
    let (program, diagnostics) = compile_with(
        &sources,
        &Settings {
            lints,
            ..Settings::default()
        },
    );
    assert_eq!(
        program.is_none(),
        !diagnostics.is_empty(),
        "a program where nothing is wrong, and only there"
    );
    diagnostics
        .iter()
        .for_each(|diagnostic| assert_mended(&sources, &diagnostics, diagnostic));
    let place = |span| {
        let (line, column) = sources.line_column(span);
        match (line as usize).checked_sub(skipped_lines) {
            None | Some(0) => format!("schema:{line}:{column}"),
            Some(1) if skipped_lines > 0 => format!("{}", column as usize - skipped_columns),
            Some(line) => format!("{line}:{column}"),
        }
    };
    let mut out = String::new();
    for diagnostic in &diagnostics {
        out += &format!(
            "{} {} {}\n",
            diagnostic.code,
            place(diagnostic.span),
            diagnostic.message
        );
        if let Some(help) = &diagnostic.help {
            out += &format!("help: {help}\n");
        }
        for (span, text) in &diagnostic.related {
            out += &format!("{} {text}\n", place(*span));
        }
    }
    out
}

/// Compiles without lints, of which their own tests speak.
fn compile(sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
    let lints = Levels::all(Level::Allow);
    let settings = Settings {
        lints,
        ..Settings::default()
    };
    compile_with(sources, &settings)
}

/// Asserts that the mend of a diagnostic, made alone, mends it, and that nothing else becomes wrong; but where a name or
/// an attribute was not known, or a value may be absent, not all was said before.
fn assert_mended(sources: &Sources, all: &[Diagnostic], diagnostic: &Diagnostic) {
    let Some(mend) = &diagnostic.fix else { return };
    let source = sources.get(diagnostic.span.source);
    let text = fix::apply(&source.text, &mend.edits).unwrap_or_default();
    let mut mended = Sources::new();
    mended.add("test.dictum", text.as_str());
    let (_, left) = compile(&mended);
    let alike = |of: &[Diagnostic]| {
        let same =
            |other: &&Diagnostic| (other.code, &other.message) == (diagnostic.code, &diagnostic.message);
        of.iter().filter(same).count()
    };
    let others = |of: &[Diagnostic]| of.iter().filter(|other| other.code != "D0305").count();
    let all_was_said = !diagnostic.code.starts_with("D01")
        && !["D0201", "D0304", "D0305", "D0311"].contains(&diagnostic.code);
    assert!(
        alike(&left) < alike(all) && (!all_was_said || others(&left) < others(all)),
        "`{}` does not mend {diagnostic:?} in\n{text}\nwhat is left: {left:?}",
        mend.title
    );
}

const SCHEMA: &str = "\
entity Group in Group
entity User in Group { name: String, level?: Int, boss?: User, tags: Map<Int>, labels: Set<String>, born: Timestamp }
entity Service { cost: Int, level?: Int }
entity Folder in Folder { owner: User }
entity Doc in Folder {
  owner: User, size: Int, price: Decimal, kind: Kind, rank: Rank, readers: Set<Group>, from?: { ip: Ip, port?: Int }
}
enum Kind { plain, secret }
ordered enum Rank { low, high }
enum Shade { light, high }
context { now: Timestamp, ip: Ip, risk?: Int }
action change
action read by User, Service on Doc, Folder
action write in change by User on Doc { reason: String }
role editor on Doc { write }
role owner on Doc includes editor {} held when principal == resource.owner
";

#[test]
fn limits() {
    let chain = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<String>();
    let types = |count: usize| {
        (0..count)
            .map(|at| format!("T{at}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    policy(
        &format!("{}action a by {} on {}", chain(1001, &|at| format!("entity T{at}\n")), types(1001), types(1001)),
        "
        D0603 1002:8 the actions apply to 1002001 combinations of principal and resource types; at most 1000000 are supported
          help: name fewer types after `by` and `on`
        ",
    );
    policy(
        &format!(
            "type T0 = Int\n{}entity U {{ a: T999 }}",
            chain(999, &|at| format!("type T{} = Set<T{at}>\n", at + 1))
        ),
        "
        D0604 129:6 the type `T128` is nested deeper than 128 levels
          help: use an entity type for the inner part: entities are not nested in values
        ",
    );
    policy(
        &chain(3000, &|at| format!("entity T{at} in T{}\n", at.saturating_sub(1))),
        "
        D0607 1:8 entity types are in one another in more than 4194304 pairs, directly or through others
          help: this many levels are not supported: leave some out, or split the policy
        ",
    );
    let role = |at: usize| format!("role r{at} on T includes r{} {{}}\n", (at + 1) % 3000);
    let found = check(&format!("entity T\n{}", chain(3000, &role)), 0, 0);
    assert!(
        found.starts_with("D0501 2:6 the role `r0` includes itself: `r0` includes `r1`, which"),
        "{found}"
    );
    assert_eq!(found.matches("D0").count(), 1, "{found}");
}

/// Each of these took time exponential in its depth, where something is looked at twice on each level.
#[test]
fn nesting_is_looked_at_once() {
    let nested = |before: &str, inner: &str, after: &str| {
        let condition = format!("{}{inner}{}", before.repeat(30), after.repeat(30));
        check(
            &format!("{SCHEMA}permit User to write on Doc when {condition}"),
            SCHEMA.lines().count(),
            0,
        )
    };
    assert_eq!(
        nested(
            "if ",
            "principal has level",
            " then principal has level else principal has boss"
        ),
        ""
    );
    assert_eq!(
        nested(
            "if principal has level then ",
            "principal.level > 3",
            " else true"
        ),
        ""
    );
    assert_eq!(
        nested(
            "(principal has level and (principal.name == \"\" or ",
            "principal.level > 3",
            "))"
        ),
        ""
    );
    assert_eq!(
        nested("[", "1", "].size == 1 and [true].size == 1")
            .matches("D0")
            .count(),
        1
    );
    assert_eq!(
        nested("{ a: ", "1", " }.a"),
        "D0301 34 expected a value of type `Bool`, found one of type `Int`\nhelp: compare it with something, such as `… == …`\n"
    );
    let chosen = format!(
        "{}resource.kind{} == secret",
        "(if true then plain else ".repeat(30),
        ")".repeat(30)
    );
    condition(&chosen, "");
    assert_eq!(
        nested("(principal is Service and ", "principal is User", ")")
            .matches("D0306")
            .count(),
        1
    );
}
