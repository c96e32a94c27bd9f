//! `dictum check`: all errors of all files.

use std::path::PathBuf;

use dictum_compiler::codes::OVER_STEPS;
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use serde::Serialize;

use crate::activity::Activity;
use crate::console::{Console, Format};
use crate::costs::{self, ShapeCost};
use crate::holdings::DataFindings;
use crate::lints::LintFlags;
use crate::outline::outlines;
use crate::package::Package;
use crate::reads::{self, SharedReads};
use crate::report::Findings;
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum check                      the package of the current folder
  dictum check policy/ lab.dictum   several packages
  dictum check -D warnings          warnings are errors
  dictum check drive --data         its data too, and grants of roles that exclude each other
  dictum check --data store.json    other data
  dictum check --cost --reads       what decisions cost at worst, and what they look at
  dictum check --format json | jq '.diagnostics[].code'",
"\
A folder with a `dictum.toml` is a package. So is a folder without, of its `.dictum` files and those of the \
folders below, but for hidden folders, `target`, and folders with a `dictum.toml`, which are packages of their \
own. A file or folder that belongs to the package of the nearest `dictum.toml` above it means that package, all \
of it. Any other file is a package by itself.

What each error means, and how to mend it: `dictum explain-code CODE`. Lints have the levels of `[lints]` in \
`dictum.toml`, but for those that are given here; `warnings` stands for every lint that is not named.

With --data, data is checked too: that it fits the policy, and that no grants, ended ones included, give a \
principal two roles on a resource that are `exclusive`. Without a FILE it is the `data` of `dictum.toml`.

--cost tells the steps of the most expensive decision on each kind of request, and what its rules, their \
clauses, heads and roles add to it: a step is a visit of an expression or of a node, sets count for the elements \
that they can have. It tells of the ten most expensive kinds of requests, with three rules each; with --all, of \
everything. `[limits] steps` in `dictum.toml` is what it may be.

--reads tells which attributes, ancestors, grants and fields of the context decisions can depend on.

With --format json:
  {\"diagnostics\": [{\"code\": \"D0201\", \"severity\": \"error\" | \"warning\", \"message\": \"…\",
                    \"file\": \"…\", \"line\": 1, \"column\": 1, \"end_line\": 1, \"end_column\": 5,
                    \"label\": \"…\" | null, \"help\": \"…\" | null,
                    \"related\": [{\"message\": \"…\", \"file\": \"…\", \"line\": 1, …}],
                    \"fix\": {\"title\": \"…\", \"edits\": [{\"file\": \"…\", \"line\": 1, …,
                            \"start\": 17, \"end\": 21, \"text\": \"…\"}]} | null}],
   \"errors\": 1, \"warnings\": 0}
Lines and columns count from 1, columns in code points; the end is the place after the last character. A fix is \
what `dictum fix` does: each edit puts its text in the place of the bytes from `start` to before `end` of the \
file, all of them at once. At most 1,000 diagnostics are told; `errors` and `warnings` count all. Where they are \
asked for, there are also
  \"data\": {\"files\": 1, \"errors\": [{\"message\", \"file\", \"line\", \"column\", \"path\", \"help\"}],
           \"is_whole\": true,
           \"conflicts\": [{\"message\", \"exclusive\", \"declared\": {\"file\", \"line\", …},
                          \"roles\": [\"…\", \"…\"],
                          \"grants\": [{\"file\", \"line\", \"column\", \"path\", \"grant\": {…}}, {…}],
                          \"principal\": {\"type\", \"id\"}, \"resource\": {\"type\", \"id\"}}]}
  \"costs\": [{\"package\", \"principal\", \"action\", \"resource\", \"steps\": 120, \"left_out\": 2,
             \"rules\": [{\"label\", \"effect\", \"file\", \"line\", …, \"steps\": 80,
                        \"head\": 0, \"role\": 2, \"obligations\": 0,
                        \"clauses\": [{\"text\", \"unless\", \"file\", \"line\", …, \"steps\": 78}]}]}]
  \"reads\": [{\"package\", \"shapes\": [{\"principal\", \"action\", \"resource\"}], \"reads\": READS}]
with READS as in `dictum inspect`; `is_whole` is false where there may be more conflicts, and `left_out` counts \
rules.",
"\
Exit codes: 0 no errors (there may be warnings), 1 errors, 2 a path cannot be read or holds no policies."
}

/// Check policies: names, types, presence, roles, rules, fixtures and tests
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Check {
    /// Packages: folders, or files of them; a file that no `dictum.toml` above it names is a package of its own
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    lints: LintFlags,

    /// Check data too: entities and grants, as JSON; without FILE, the `data` of `dictum.toml`. May be given several times
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    data: Option<Vec<PathBuf>>,

    /// Tell the steps that decisions can take, by kind of request, rule and clause
    #[arg(long)]
    cost: bool,

    /// Tell what decisions can depend on
    #[arg(long)]
    reads: bool,

    /// With --cost, tell all kinds of requests and all rules
    #[arg(long, requires = "cost")]
    all: bool,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// All that was found.
#[derive(Default, Serialize)]
struct Report {
    #[serde(flatten)]
    findings: Findings,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<DataFindings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<Vec<ShapeCost>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reads: Option<Vec<SharedReads>>,
}

impl Check {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let levels = self.lints.levels()?;
        let outlines = outlines(&self.paths)?;
        let given = self.data.as_ref().is_some_and(|data| !data.is_empty());
        if given && outlines.len() > 1 {
            let message = format!(
                "`--data` is the data of one package, and these are {}",
                outlines.len()
            );
            return Err(Stop::usage(message).with_help("name one package"));
        }
        let activity = Activity::new("checking", outlines.len());
        let mut report = Report {
            costs: self.cost.then(Vec::new),
            reads: self.reads.then(Vec::new),
            ..Report::default()
        };
        for outline in outlines {
            let package = Package::read(outline)?.with_lints(levels.clone());
            self.check(&package, &mut report)?;
            activity.advance();
        }
        drop(activity);
        if self.data.is_some() && report.data.is_none() && !report.findings.has_errors() {
            return Err(
                Stop::usage("there is no data to check: no `dictum.toml` names any")
                    .with_help("name files by `--data FILE`"),
            );
        }
        if let Some(costs) = &mut report.costs {
            costs::sort(costs);
        }
        match self.format {
            Format::Human => self.write(&report, console)?,
            Format::Json => console.json(&report)?,
        }
        let has_data_errors = report.data.as_ref().is_some_and(DataFindings::has_errors);
        Ok(if report.findings.has_errors() || has_data_errors {
            Exit::Bad
        } else {
            Exit::Success
        })
    }

    fn check(&self, package: &Package, report: &mut Report) -> Result<(), Stop> {
        let (program, mut diagnostics) = package.compile();
        let paths = match self.data.as_deref() {
            None => Ok(Vec::new()),
            Some([]) => package.data_files()?,
            Some(files) => Ok(files.to_vec()),
        };
        let paths = paths.unwrap_or_else(|missing| {
            diagnostics.extend(missing);
            Vec::new()
        });
        report.findings.add(package, &diagnostics);
        if let (Some(program), [_, ..]) = (&program, paths.as_slice()) {
            let data = report.data.get_or_insert_with(DataFindings::new);
            data.add(package, program, &paths)?;
        }
        if let Some(costs) = &mut report.costs {
            // What costs too much is what is asked about.
            let only_costs = program.is_none() && is_over_steps(&diagnostics);
            let unlimited = only_costs.then(|| package.compile_unlimited()).flatten();
            if let Some(program) = program.as_ref().or(unlimited.as_ref()) {
                costs.extend(costs::of(package, program, self.all));
            }
        }
        if let (Some(program), Some(reads)) = (&program, &mut report.reads) {
            reads.extend(reads::shared(package.name(), &program.artifact));
        }
        Ok(())
    }

    fn write(&self, report: &Report, console: &mut Console) -> Result<(), Stop> {
        if let Some(costs) = report.costs.as_ref().filter(|costs| !costs.is_empty()) {
            costs::write(costs, self.all, console)?;
            console.line("")?;
        }
        if let Some(reads) = report.reads.as_ref().filter(|reads| !reads.is_empty()) {
            reads::write(reads, console)?;
            console.line("")?;
        }
        report.findings.print(console)?;
        match &report.data {
            Some(data) => data.write(console),
            None => Ok(()),
        }
    }
}

/// Whether decisions that take too many steps are the only errors.
fn is_over_steps(diagnostics: &[Diagnostic]) -> bool {
    let mut errors = diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    errors.all(|found| found.code == OVER_STEPS)
}
