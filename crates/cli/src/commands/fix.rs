//! `dictum fix`: the mends that need no asking.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::styling::Style;
use dictum_syntax::ast::MAX_SOURCE_BYTES;
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::SourceId;
use serde::Serialize;
use similar::TextDiff;

use crate::activity::Activity;
use crate::console::{Console, FAINT, Format, GOOD, STRONG, WRONG, printable};
use crate::decision::one_line;
use crate::files;
use crate::manifest;
use crate::mending::{self, Mended};
use crate::outline::outlines;
use crate::package::Package;
use crate::pages;
use crate::report::{Findings, count};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum fix                      mend all that can be mended without asking
  dictum fix --dry-run            show what that would change, as a unified diff
  dictum fix --code L0301         only that lint, or error",
"\
The packages are those that `dictum check` would check; files are changed only at and below the paths. Mends \
that meet are made one after the other, and the package is checked again after each round. A mend that would \
leave other errors behind is not made. Files are replaced whole, and keep their line breaks.

With --format json:
  {\"fixed\": [{\"file\": \"…\", \"line\": 1, \"column\": 5, \"code\": \"L0301\", \"title\": \"…\"}],
   \"remaining\": 0, \"changed\": [\"…\"]}
Places are as they were when the round began, `remaining` counts the errors that are left, and `changed` names \
the files that were changed; with --dry-run, all of it says what would be.",
"\
Exit codes: 0 no errors are left, 1 some are, 2 reading or writing failed."
}

/// Mend errors and warnings where the mend is certain
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Fix {
    /// Packages, files of them, or folders in them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Write nothing; show the changes as a unified diff
    #[arg(long)]
    dry_run: bool,

    /// Mend only what has this code; may be given several times
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Fixed {
    file: String,
    line: u32,
    column: u32,
    code: &'static str,
    title: String,
}

#[derive(Default, Serialize)]
struct Outcome {
    fixed: Vec<Fixed>,
    remaining: usize,
    changed: Vec<String>,
    #[serde(skip)]
    findings: Findings,
}

impl Fix {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        if self.paths.iter().any(|path| files::is_standard(path)) {
            return Err(Stop::usage("the standard input cannot be mended in place")
                .with_help("name the file, or see the mends with `dictum check --format json -`"));
        }
        let codes: BTreeSet<&str> = self
            .code
            .iter()
            .map(|code| pages::find(code).map(|page| page.code))
            .collect::<Result<_, _>>()?;
        let outlines = outlines(&self.paths)?;
        let activity = Activity::new("mending", outlines.len());
        let wanted = |diagnostic: &Diagnostic| codes.is_empty() || codes.contains(diagnostic.code);
        let named = self.named();
        let mut mended = Vec::new();
        for outline in outlines {
            let package = Package::read(outline)?;
            let may_change = may_change(&package, &named);
            let outcome = mending::mend_package(&package, &wanted, &|source| {
                may_change.get(source.0 as usize).is_some_and(|may| *may)
            });
            mended.push((package, outcome));
            activity.advance();
        }
        drop(activity);
        let mut outcome = Outcome::default();
        for (package, mended) in mended {
            self.finish(package, mended, &mut outcome, console)?;
        }
        self.tell(&outcome, console)?;
        Ok(if outcome.remaining > 0 {
            Exit::Bad
        } else {
            Exit::Success
        })
    }

    /// The files and folders below which files may be changed.
    fn named(&self) -> Vec<PathBuf> {
        let current = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() {
            &current
        } else {
            self.paths.as_slice()
        };
        let canonical = |path: &PathBuf| {
            let path = fs::canonicalize(path).ok()?;
            let is_manifest = path.is_file() && path.file_name().is_some_and(|name| name == manifest::NAME);
            match path.parent() {
                Some(folder) if is_manifest => Some(folder.to_owned()),
                Some(_) | None => Some(path),
            }
        };
        paths.iter().filter_map(canonical).collect()
    }

    /// Writes or shows what is new in a package.
    fn finish(
        &self,
        mut package: Package,
        mended: Mended,
        outcome: &mut Outcome,
        console: &mut Console,
    ) -> Result<(), Stop> {
        let file = |source: SourceId| package.shown(source).to_owned();
        outcome.fixed.extend(mended.made.into_iter().map(|made| Fixed {
            file: file(made.source),
            line: made.line,
            column: made.column,
            code: made.code,
            title: made.title,
        }));
        for (id, after) in mended.sources.iter() {
            let before = &package.sources.get(id).text;
            let Some(file) = package.files.get(id.0 as usize).filter(|_| *before != after.text) else {
                continue;
            };
            if !self.dry_run {
                replace(&file.path, before, &after.text)?;
            } else if self.format == Format::Human {
                show_diff(&file.shown, before, &after.text, console)?;
            }
            outcome.changed.push(file.shown.clone());
        }
        let errors: Vec<Diagnostic> = mended
            .left
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .collect();
        outcome.remaining += errors.len();
        package.sources = mended.sources;
        outcome.findings.add(&package, &errors);
        Ok(())
    }

    fn tell(&self, outcome: &Outcome, console: &mut Console) -> Result<(), Stop> {
        if self.format == Format::Json {
            return console.json(outcome);
        }
        let verb = if self.dry_run { "would fix" } else { "fixed" };
        for fixed in &outcome.fixed {
            let Fixed {
                line, column, code, ..
            } = fixed;
            let (file, title) = (printable(&fixed.file), one_line(&fixed.title));
            let told =
                format!("{GOOD}{verb}{GOOD:#} {file}:{line}:{column} {STRONG}{code}{STRONG:#} {title}");
            // The standard output of a dry run is a diff.
            if self.dry_run {
                console.note(told);
            } else {
                console.line(told)?;
            }
        }
        if outcome.remaining > 0 {
            outcome.findings.note(console);
        }
        console.note(match (outcome.fixed.len(), outcome.changed.len()) {
            (0, _) => "nothing to fix".to_owned(),
            (mends, files) => format!("{verb} {} in {}", count(mends, "finding"), count(files, "file")),
        });
        Ok(())
    }
}

/// Of each source whether it may be changed: it is named, and its text is what the file holds.
fn may_change(package: &Package, named: &[PathBuf]) -> Vec<bool> {
    let texts = package.sources.iter().map(|(_, source)| &source.text);
    package
        .files
        .iter()
        .zip(texts)
        .map(|(file, text)| {
            let is_whole = file.fault.is_none() && text.len() <= MAX_SOURCE_BYTES;
            is_whole
                && fs::canonicalize(&file.path)
                    .is_ok_and(|path| named.iter().any(|named| path.starts_with(named)))
        })
        .collect()
}

/// Writes a file that still is what was read.
fn replace(path: &Path, before: &str, after: &str) -> Result<(), Stop> {
    let (bytes, more) = files::read_at_most(path, MAX_SOURCE_BYTES + 1)?;
    if more || bytes != before.as_bytes() {
        return Err(Stop::usage(format!(
            "`{}` was changed while it was being mended",
            path.display()
        ))
        .with_help("run `dictum fix` again"));
    }
    files::write(path, after.as_bytes())
}

/// Writes a unified diff, as `patch -p0` takes it, to the standard output.
fn show_diff(name: &str, before: &str, after: &str, console: &mut Console) -> Result<(), Stop> {
    let text = diff(name, before, after);
    let text = if console.out_is_terminal() {
        printable(&text).into_owned()
    } else {
        text
    };
    for line in text.split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            Some(b'+') => GOOD,
            Some(b'-') => WRONG,
            Some(b'@') => FAINT,
            Some(_) | None => Style::new(),
        };
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        console.raw(&format!("{style}{line}{style:#}{end}"))?;
    }
    Ok(())
}

/// What changes from one text of a file to another.
fn diff(name: &str, before: &str, after: &str) -> String {
    /// After this, lines are taken for changed that need not be.
    const PATIENCE: Duration = Duration::from_secs(2);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    diff.unified_diff().header(name, name).to_string()
}

#[cfg(test)]
mod tests {
    use dictum_syntax::diagnostic::Fix as Mend;

    use super::*;
    use crate::console::Color;
    use crate::outline::outline;

    const BEFORE: &str = "entity User\r\nentity Dcoument\r\naction read by User on Document\r\n";

    /// A folder with one policy.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.dictum");
        fs::write(&path, BEFORE).unwrap();
        (folder, path)
    }

    /// The package at a path, with a misspelt name mended.
    fn mended(path: &Path) -> (Package, Mended) {
        let package = Package::read(outline(path).unwrap()).unwrap();
        let check = |sources: &dictum_syntax::source::Sources| {
            let mut found = Vec::new();
            for (id, source) in sources.iter() {
                for (at, word) in source.text.match_indices("Dcoument") {
                    let start = u32::try_from(at).unwrap();
                    let span = dictum_syntax::source::Span {
                        source: id,
                        start,
                        end: start + u32::try_from(word.len()).unwrap(),
                    };
                    let fix = Mend::replace("write `Document`", span, "Document");
                    found.push(Diagnostic::error("D0201", span, "no").with_fix(fix));
                }
            }
            found
        };
        let may_change = may_change(&package, &[fs::canonicalize(path).unwrap()]);
        assert_eq!(may_change, [true]);
        let mended = mending::mend(&package.sources, &check, &|_| true, &|source| {
            may_change[source.0 as usize]
        });
        (package, mended)
    }

    fn fix(dry_run: bool) -> Fix {
        Fix {
            paths: Vec::new(),
            dry_run,
            code: Vec::new(),
            format: Format::Json,
        }
    }

    #[test]
    fn files_are_replaced_and_keep_their_line_breaks() {
        let (folder, path) = folder();
        let mut console = Console::new(Color::Never, true);
        for dry_run in [true, false] {
            let (package, mended) = mended(folder.path());
            let mut outcome = Outcome::default();
            fix(dry_run)
                .finish(package, mended, &mut outcome, &mut console)
                .unwrap();
            let fixed = &outcome.fixed[0];
            assert_eq!((fixed.line, fixed.column, fixed.code), (2, 8, "D0201"));
            assert_eq!((outcome.changed.len(), outcome.remaining), (1, 0));
            let after = if dry_run {
                BEFORE.to_owned()
            } else {
                BEFORE.replace("Dcoument", "Document")
            };
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn files_that_others_have_changed_are_left_alone() {
        let (folder, path) = folder();
        let (package, mended) = mended(folder.path());
        fs::write(&path, "entity Other").unwrap();
        let mut console = Console::new(Color::Never, true);
        let outcome = fix(false).finish(package, mended, &mut Outcome::default(), &mut console);
        assert!(matches!(
            outcome,
            Err(Stop::Failed {
                exit: Exit::Usage,
                ..
            })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "entity Other");
    }

    #[test]
    fn only_whole_files_that_are_named_may_change() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("a.dictum", &b"entity A"[..]),
            ("b.dictum", b"\xff"),
            ("c.dictum", b""),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        fs::write(folder.path().join("d.dictum"), vec![b' '; MAX_SOURCE_BYTES + 1]).unwrap();
        let package = Package::read(outline(folder.path()).unwrap()).unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        assert_eq!(
            may_change(&package, std::slice::from_ref(&root)),
            [true, false, true, false]
        );
        assert_eq!(
            may_change(&package, &[root.join("a.dictum")]),
            [true, false, false, false]
        );
        assert_eq!(may_change(&package, &[]), [false; 4]);
    }

    #[test]
    fn a_dry_run_is_a_unified_diff() {
        assert_eq!(
            diff("a/b.dictum", "one\ntwo\nthree\n", "one\n2\nthree\n"),
            "--- a/b.dictum\n+++ a/b.dictum\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
        );
        assert!(diff("x", "a", "b").contains("No newline at end of file"));
    }
}
