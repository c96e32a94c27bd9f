//! `dictum fmt`: the one canonical layout.

use std::path::{Path, PathBuf};

use dictum_syntax::ast::MAX_SOURCE_BYTES;
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::SourceId;
use serde::Serialize;

use crate::console::{Console, Format, printable};
use crate::files;
use crate::outline::policies_below;
use crate::package::Package;
use crate::report::{Findings, count};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum fmt                  all policies below the current folder, in place
  dictum fmt --check          list what would change, and exit with 1
  dictum fmt - < a.dictum     from the standard input to the standard output",
"\
The names of the files that change are written to the standard output. A file is replaced whole, and only if its \
layout changes. A file with syntax errors is reported and left alone.

With --format json (with `-` too, which then writes no formatted text):
  {\"files\": [{\"file\": \"…\", \"changed\": true}], \"diagnostics\": […], \"errors\": 0, \"warnings\": 0}
`changed` says with --check what would be; files with errors are not listed there, but in `diagnostics`, as by \
`dictum check`.",
"\
Exit codes: 0 all is formatted, 1 a file has syntax errors, or with --check would change, 2 reading or writing \
failed."
}

/// Format policies
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Fmt {
    /// A file, a folder, or `-` for the standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Change nothing; list the files that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Formatted {
    file: String,
    changed: bool,
}

#[derive(Default, Serialize)]
struct Outcome {
    files: Vec<Formatted>,
    #[serde(flatten)]
    findings: Findings,
}

impl Fmt {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let mut outcome = Outcome::default();
        let current = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() {
            &current
        } else {
            self.paths.as_slice()
        };
        for path in paths {
            if path.is_dir() {
                for file in policies_below(path)? {
                    self.format_file(&file, &mut outcome, console)?;
                }
            } else {
                self.format_file(path, &mut outcome, console)?;
            }
        }
        let changed = outcome.files.iter().filter(|file| file.changed).count();
        match self.format {
            Format::Json => console.json(&outcome)?,
            Format::Human => {
                if outcome.findings.has_errors() {
                    outcome.findings.note(console);
                }
                if self.paths.iter().any(|path| !files::is_standard(path)) || self.paths.is_empty() {
                    let verb = if self.check { "would change" } else { "changed" };
                    let same = outcome.files.len() - changed;
                    console.note(format_args!(
                        "{} {verb}, {same} already formatted",
                        count(changed, "file")
                    ));
                }
            }
        }
        let failed = outcome.findings.has_errors() || (self.check && changed > 0);
        Ok(if failed { Exit::Bad } else { Exit::Success })
    }

    /// Formats one file, or the standard input.
    fn format_file(&self, path: &Path, outcome: &mut Outcome, console: &mut Console) -> Result<(), Stop> {
        let (bytes, more) = files::read_at_most(path, MAX_SOURCE_BYTES + 1)?;
        let package = Package::of_file(path, bytes, more);
        let (text, formatted) = match layout(&package) {
            Ok(texts) => texts,
            Err(diagnostics) => {
                outcome.findings.add(&package, &diagnostics);
                return Ok(());
            }
        };
        let changed = formatted != text;
        let file = package.shown(SourceId(0)).to_owned();
        let to_output = files::is_standard(path) && !self.check;
        if changed && !self.check && !to_output {
            files::write(path, formatted.as_bytes())?;
        }
        if self.format == Format::Human {
            if to_output {
                console.raw(&formatted)?;
            } else if changed {
                console.line(printable(&file))?;
            }
        }
        outcome.files.push(Formatted { file, changed });
        Ok(())
    }
}

/// The text of a package of one source, and the same in the canonical layout.
fn layout(package: &Package) -> Result<(&str, String), Vec<Diagnostic>> {
    if let Some(fault) = package.files.iter().find_map(|file| file.fault.clone()) {
        return Err(vec![fault]);
    }
    let formatted = dictum_syntax::format::format(&package.sources, SourceId(0))?;
    Ok((&package.sources.get(SourceId(0)).text, formatted))
}
