//! What `eval` and `explain` are given: a policy, the data of its store, and requests; and how they refuse what is wrong with
//! it.

use std::path::{Path, PathBuf};

use dictum_artifact::data::Dataset;
use dictum_artifact::json::{self, DataError};
use dictum_artifact::schema::Schema;
use serde::Serialize;

use crate::console::Console;
use crate::files;
use crate::policy::{self, Policy};
use crate::report::{Findings, MAX_TOLD, count};
use crate::stop::Stop;

/// Where the command line says that things are.
pub(crate) struct Paths<'a> {
    /// The policy.
    pub(crate) policy: &'a Path,
    /// The data; where there is none, that of the policy's package.
    pub(crate) data: &'a [PathBuf],
    /// Requests.
    pub(crate) requests: Vec<&'a PathBuf>,
}

/// Why a request, or the data, cannot be used.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) path: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    /// A fault in a text that starts on a line of a file.
    pub(crate) fn of(error: DataError, line: usize) -> Self {
        Self {
            message: error.message,
            file: error.source,
            line: (error.line as usize + line).saturating_sub(1),
            column: error.column as usize,
            path: error.path,
            help: error.help,
        }
    }

    /// Tells a person.
    pub(crate) fn tell(&self, console: &mut Console) {
        console.error(&self.line(), self.help.as_deref());
    }

    /// What is wrong, after its place.
    pub(crate) fn line(&self) -> String {
        let place = match (self.line, self.column) {
            (0, _) => self.file.clone(),
            (line, 0) => format!("{}:{line}", self.file),
            (line, column) => format!("{}:{line}:{column}", self.file),
        };
        let path = if self.path.is_empty() {
            String::new()
        } else {
            format!(" `{}`:", self.path)
        };
        format!("{place}:{path} {}", self.message)
    }
}

/// Reads the policy and the data; `None` where one of them is bad, which is told on the standard error, and on the standard
/// output too if that is for programs.
pub(crate) fn load(
    paths: &Paths<'_>,
    wants_json: bool,
    console: &mut Console,
) -> Result<Option<(Policy, Dataset)>, Stop> {
    paths.check()?;
    let policy = match policy::load(paths.policy)? {
        Ok(policy) => policy,
        Err(findings) => return refuse_policy(&findings, wants_json, console),
    };
    let files = match data_files(&policy, paths.data)? {
        Ok(files) => files,
        Err(findings) => return refuse_policy(&findings, wants_json, console),
    };
    Ok(
        match DataTexts::read(&files)?.dataset(&policy.artifact().schema) {
            Ok(data) => Some((policy, data)),
            Err(faults) => {
                tell_data_faults(&faults, console);
                if wants_json {
                    let message = format!("the data has {}", count(faults.len(), "error"));
                    let error = serde_json::json!({"message": message, "errors": faults});
                    console.json_line(&serde_json::json!({ "error": error }))?;
                }
                None
            }
        },
    )
}

impl Paths<'_> {
    /// Refuses a policy where JSON is needed, and a standard input that is to be several files.
    fn check(&self) -> Result<(), Stop> {
        let json = || self.data.iter().chain(self.requests.iter().copied());
        for path in json() {
            if path.is_file()
                && path
                    .extension()
                    .is_some_and(|end| end == "dictum" || end == "dpa")
            {
                let message = format!("{}: a policy, where JSON is needed", files::name(path));
                return Err(Stop::bad(message).with_help("policies are given by `--policy`"));
            }
        }
        let standard = json()
            .map(PathBuf::as_path)
            .chain([self.policy])
            .filter(|path| files::is_standard(path));
        if standard.count() > 1 {
            return Err(Stop::usage("the standard input can be read once only")
                .with_help("give all but one of the inputs as files"));
        }
        Ok(())
    }
}

/// The data files that are given, or those of the policy's package.
fn data_files(policy: &Policy, given: &[PathBuf]) -> Result<Result<Vec<PathBuf>, Findings>, Stop> {
    match policy {
        Policy::Sources(_, package) if given.is_empty() => Ok(package
            .data_files()?
            .map_err(|missing| Findings::of(package, &missing))),
        Policy::Sources(..) | Policy::Artifact(..) => Ok(Ok(given.to_vec())),
    }
}

/// The texts of the data of a store, with the names of their files.
pub(crate) struct DataTexts(Vec<(String, String)>);

impl DataTexts {
    /// Reads files.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Stop> {
        let text = |path: &PathBuf| Ok((files::name(path), files::read_text(path)?));
        paths.iter().map(text).collect::<Result<_, _>>().map(Self)
    }

    /// The names and the texts.
    pub(crate) fn named(&self) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect()
    }

    /// What they say, or all that is wrong with them.
    pub(crate) fn dataset(&self, schema: &Schema) -> Result<Dataset, Vec<Fault>> {
        json::read_dataset(schema, &self.named())
            .map_err(|errors| errors.into_iter().map(|error| Fault::of(error, 1)).collect())
    }
}

/// Tells what is wrong with data.
fn tell_data_faults(faults: &[Fault], console: &mut Console) {
    for fault in faults.iter().take(MAX_TOLD) {
        fault.tell(console);
    }
    if faults.len() > MAX_TOLD {
        console.note(format_args!(
            "{} in the data; {} of them not shown",
            count(faults.len(), "error"),
            faults.len() - MAX_TOLD
        ));
    }
}

fn refuse_policy<T>(findings: &Findings, wants_json: bool, console: &mut Console) -> Result<Option<T>, Stop> {
    findings.note(console);
    if wants_json {
        #[derive(Serialize)]
        struct Refusal<'a> {
            message: &'static str,
            #[serde(flatten)]
            findings: &'a Findings,
        }
        let refusal = Refusal {
            message: "the policy has errors",
            findings,
        };
        console.json_line(&serde_json::json!({ "error": refusal }))?;
    }
    Ok(None)
}
