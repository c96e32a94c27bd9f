//! Mistakes put into the examples: each is one error, at the right place, and where the error offers a mend, the package
//! compiles after it. The list is `mistakes/list.md`; how it is written is told in [`dictum_tests::mistakes`].
//!
//! What comes of each stands in `mistakes/outcome.md`, which is written anew with `DICTUM_BLESS=1`; look at the difference
//! before you keep it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dictum_compiler::compile;
use dictum_syntax::source::Sources;
use dictum_tests::markdown::sections;
use dictum_tests::mistakes::{Mended, Mistake, Outcome, Seeded, mistakes};
use dictum_tests::tell;

/// How many mistakes there are at least, and how many of them can be mended.
const FEWEST: (usize, usize) = (120, 60);

#[test]
fn each_mistake_is_one_error_at_its_place() {
    let list = read("mistakes/list.md");
    let mistakes = mistakes(&list).unwrap_or_else(|fault| panic!("tests/mistakes/list.md:{fault}"));
    let mut faults = Vec::new();
    let mut told = String::new();
    let mut kind = "";
    let (mut right, mut mended) = (0, 0);
    for mistake in &mistakes {
        let place = format!(
            "tests/mistakes/list.md:{}: {}: {}",
            mistake.line, mistake.package, mistake.title
        );
        let seeded = match mistake.seed(&package(&mistake.package)) {
            Ok(seeded) => seeded,
            Err(fault) => {
                faults.push(format!("{place}\n  {fault}"));
                continue;
            }
        };
        let outcome = seeded.outcome();
        let wrong = faults_of(&seeded, &outcome);
        right += usize::from(wrong.is_empty());
        mended += usize::from(outcome.mended.is_some());
        faults.extend(wrong.iter().map(|fault| format!("{place}\n  {fault}")));
        if kind != mistake.kind {
            let end = if kind.is_empty() { "" } else { "```\n\n" };
            let _ = write!(told, "{end}## {}\n\n```text\n", mistake.kind);
            kind = &mistake.kind;
        } else {
            told.push('\n');
        }
        tell_outcome(mistake, &seeded, &outcome, &wrong, &mut told);
    }
    let all = mistakes.len();
    let told = format!(
        "# What comes of the mistakes\n\nEach mistake of [`list.md`](list.md), put into its package: where the error stands and \
         what it says, how it can be\nhelped, and how the text reads after `dictum fix`, where that is not as it was before the mistake. The test\n`mistakes` writes it; \
         `DICTUM_BLESS=1` writes it anew.\n\nOf {all} mistakes, {right} are one error at the right place; {mended} of them are \
         mended by `dictum fix`.\n\n{told}```\n"
    );
    if std::env::var_os("DICTUM_BLESS").is_some() {
        fs::write(folder().join("mistakes/outcome.md"), &told).expect("the outcome can be written");
    }
    println!("{all} mistakes, {mended} with a mend");
    assert!(
        faults.is_empty(),
        "{} of {all} mistakes:\n\n{}\n",
        all - right,
        faults.join("\n\n")
    );
    assert!(
        all >= FEWEST.0 && mended >= FEWEST.1,
        "of {all} mistakes, {mended} can be mended"
    );
    assert!(
        read("mistakes/outcome.md") == told,
        "tests/mistakes/outcome.md is not what comes of the mistakes now; write it with DICTUM_BLESS=1"
    );
}

/// A package that had errors of its own would hide those of the mistakes.
#[test]
fn the_packages_are_right() {
    for name in ["clinic", "drive", "first-look", "gateway", "todo"] {
        let mut sources = Sources::new();
        for (file, text) in package(name) {
            sources.add(file, text);
        }
        let (program, diagnostics) = compile(&sources);
        let told = tell::diagnostics(&sources, &diagnostics);
        assert!(program.is_some(), "{name}:\n{}", told.join("\n"));
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: impl AsRef<Path>) -> String {
    let path = folder().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names and texts of a package's sources.
fn package(name: &str) -> Vec<(String, String)> {
    let (folder, files): (&str, &[&str]) = match name {
        "first-look" => {
            let text = read("spec/first-look.md");
            let mut blocks = sections(&text).into_iter().flat_map(|section| section.blocks);
            let program = blocks
                .find(|block| block.fence == "dictum")
                .expect("it shows a program");
            return vec![("first-look.dictum".to_owned(), program.text)];
        }
        "clinic" => ("mistakes/clinic", &["records", "people", "tests"]),
        _ => (&format!("../examples/{name}"), &["policy", "tests"]),
    };
    let file = |file: &&str| {
        let file = format!("{file}.dictum");
        let text = read(Path::new(folder).join(&file));
        (file, text)
    };
    files.iter().map(file).collect()
}

/// What is not as it has to be.
fn faults_of(seeded: &Seeded, outcome: &Outcome) -> Vec<String> {
    let mut faults = Vec::new();
    let [error] = outcome.errors.as_slice() else {
        let told = tell::diagnostics_with_help(&seeded.sources, &outcome.errors);
        faults.push(format!(
            "{} errors:\n    {}",
            outcome.errors.len(),
            told.join("\n    ")
        ));
        return faults;
    };
    if error.span != seeded.place {
        faults.push(format!(
            "{}: {}\n    stands at {} {}\n    and not at {}",
            error.code,
            error.message,
            seeded.told_place(error.span),
            seeded.marked_line(error.span),
            seeded.marked_line(seeded.place)
        ));
    }
    if let Some(Mended { lines, left, .. }) = &outcome.mended
        && !left.is_empty()
    {
        let left: Vec<&str> = left
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        faults.push(format!(
            "{}: {}\n    mended it reads `{}` and still says: {}",
            error.code,
            error.message,
            lines.join("\n    "),
            left.join("; ")
        ));
    }
    faults
}

/// What comes of a mistake, a line for each part.
fn tell_outcome(mistake: &Mistake, seeded: &Seeded, outcome: &Outcome, wrong: &[String], told: &mut String) {
    let _ = writeln!(told, "{}: {}", mistake.package, mistake.title);
    let place = seeded.told_place(seeded.place);
    let _ = writeln!(told, "  {place}: {}", excerpt(&seeded.marked_line(seeded.place)));
    match outcome.errors.as_slice() {
        [error] if wrong.is_empty() => {
            let _ = writeln!(told, "  {}  {}", error.code, error.message);
            for (place, text) in &error.related {
                let _ = writeln!(told, "         {}: {text}", seeded.told_place(*place));
            }
            if let Some(help) = &error.help {
                let _ = writeln!(told, "  help   {help}");
            }
            match &outcome.mended {
                Some(mended) if mended.is_as_before => told.push_str("  fixed  as it was\n"),
                Some(mended) => {
                    let lines: Vec<String> = mended.lines.iter().map(|line| excerpt(line)).collect();
                    let _ = writeln!(told, "  fixed  {}", lines.join("\n         ").trim_end());
                }
                None => {}
            }
        }
        _ => {
            for fault in wrong {
                let _ = writeln!(told, "  WRONG  {fault}");
            }
        }
    }
}

/// A line, cut where it is long: what is marked stays.
fn excerpt(line: &str) -> String {
    const LONGEST: usize = 130;
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= LONGEST {
        return line.to_owned();
    }
    let mark = letters.iter().position(|letter| *letter == '‹').unwrap_or(0);
    let start = mark.saturating_sub(LONGEST / 2).min(letters.len() - LONGEST);
    let text: String = letters[start..start + LONGEST].iter().collect();
    let (before, after) = (
        if start == 0 { "" } else { "…" },
        if start + LONGEST < letters.len() {
            "…"
        } else {
            ""
        },
    );
    format!("{before}{text}{after}")
}
