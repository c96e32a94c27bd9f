//! `dictum check`: all errors of all files.

use std::path::PathBuf;

use crate::console::{Console, Format};
use crate::package::{Package, or_current};
use crate::report::Findings;
use crate::stop::{Ending, Exit};

help! {
"\
Examples:
  dictum check                      all policies below the current folder, as one package
  dictum check policy/ lab.dictum   a folder, and a file that is a package of its own
  dictum check --format json | jq '.diagnostics[].code'",
"\
With --format json:
  {\"diagnostics\": [{\"code\": \"D0201\", \"severity\": \"error\" | \"warning\", \"message\": \"…\",
                    \"file\": \"…\", \"line\": 1, \"column\": 1, \"end_line\": 1, \"end_column\": 5,
                    \"label\": \"…\" | null, \"help\": \"…\" | null,
                    \"related\": [{\"message\": \"…\", \"file\": …, \"line\": …, …}]}],
   \"errors\": 1, \"warnings\": 0}
Lines and columns count from 1, columns in code points; the end is the place after the last character.
At most 1,000 diagnostics are told; `errors` and `warnings` count all.",
"\
Exit codes: 0 no errors (there may be warnings), 1 errors, 2 a path cannot be read or holds no policies."
}

/// Check policies: names, types, presence, roles, rules, fixtures and tests
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Check {
    /// A policy file, which is a package of its own, or a folder, whose `.dictum` files are one package
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

impl Check {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let mut findings = Findings::default();
        for path in or_current(&self.paths) {
            let package = Package::load(&path)?;
            let (_, diagnostics) = package.compile();
            findings.add(&package, &diagnostics);
        }
        match self.format {
            Format::Human => findings.print(console)?,
            Format::Json => console.json(&findings)?,
        }
        Ok(if findings.has_errors() {
            Exit::Bad
        } else {
            Exit::Success
        })
    }
}
