//! `dictum build`: a policy to an artifact.

use std::fs;
use std::path::PathBuf;

use dictum_artifact::wire;
use serde::Serialize;

use crate::activity::Activity;
use crate::console::{Console, Format, GOOD};
use crate::files;
use crate::package::Package;
use crate::report::{Findings, count, note_warnings};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum build policy/ -o policy.dpa
  dictum build notes.dictum -o /etc/service/policy.dpa --format json",
"\
The same sources give the same bytes, wherever they lie. The file is written under another name and then \
renamed, so whoever reads it sees the old artifact or the new one; where the policy has errors, nothing is \
written.

With --format json:
  {\"output\": \"policy.dpa\", \"bytes\": 2345, \"shapes\": 12, \"nodes\": 80, \"rules\": 9}
or, where the policy has errors, what `dictum check --format json` says.",
"\
Exit codes: 0 written, 1 the policy has errors, 2 reading or writing failed."
}

/// Compile a policy to an artifact
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Build {
    /// A package: its folder, its `dictum.toml` or a file of it; or a policy file that belongs to none
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "policy.dpa")]
    output: PathBuf,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Built {
    output: String,
    bytes: usize,
    shapes: usize,
    nodes: usize,
    rules: usize,
}

impl Build {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        if files::is_standard(&self.output) {
            return Err(Stop::usage("an artifact is not written to the standard output")
                .with_help("name a file, such as `policy.dpa`"));
        }
        let package = Package::load(&self.path)?;
        let output = fs::canonicalize(&self.output).ok();
        if output.is_some()
            && package
                .files
                .iter()
                .any(|file| fs::canonicalize(&file.path).ok() == output)
        {
            return Err(
                Stop::usage(format!("`{}` is a source of this policy", self.output.display()))
                    .with_help("write the artifact to another file, such as `policy.dpa`"),
            );
        }
        let activity = Activity::new("compiling", 1);
        let (program, diagnostics) = package.compile();
        drop(activity);
        let Some(program) = program else {
            let mut findings = Findings::default();
            findings.add(&package, &diagnostics);
            match self.format {
                Format::Human => findings.note(console),
                Format::Json => console.json(&findings)?,
            }
            return Ok(Exit::Bad);
        };
        note_warnings(&diagnostics, console);
        let artifact = &program.artifact;
        let bytes = wire::encode(artifact);
        files::write(&self.output, &bytes)?;
        let built = Built {
            output: self.output.display().to_string(),
            bytes: bytes.len(),
            shapes: artifact.schema.shapes.len(),
            nodes: artifact.nodes.len(),
            rules: artifact.rules.len(),
        };
        match self.format {
            Format::Human => console.line(format_args!(
                "{GOOD}wrote{GOOD:#} {}: {}, {}, {}, {}",
                built.output,
                count(built.bytes, "byte"),
                count(built.shapes, "shape"),
                count(built.nodes, "node"),
                count(built.rules, "rule"),
            ))?,
            Format::Json => console.json(&built)?,
        }
        Ok(Exit::Success)
    }
}
