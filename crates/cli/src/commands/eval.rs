//! `dictum eval`: decisions for requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dictum_artifact::dag::{Artifact, RuleId};
use dictum_artifact::data::{Dataset, Request};
use dictum_artifact::json::{self, DataError, Requests, Semantic};
use dictum_artifact::schema::Schema;
use dictum_compiler::reference::Reference;
use dictum_runtime::Store;
use serde::Serialize;

use crate::console::{Console, printable};
use crate::decision::{Decision, Explainer};
use crate::files;
use crate::lines::{Line, Lines, Progress};
use crate::policy::{self, Policy};
use crate::report::{Findings, MAX_TOLD, count};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum eval --policy policy.dpa --data store.json --request request.json
  dictum eval --policy policy/ --data store.json --requests requests.jsonl --format jsonl
  echo '{\"subject\":…}' | dictum eval --policy policy/ --request - --explain",
"\
A request is an AuthZEN access evaluation request or a batch of them ({\"evaluations\": […]}); --requests takes one a
line, blank lines are skipped, and decides them one by one as they come.

With --format json or jsonl (they are the same here): a line a request, in order,
  {\"decision\": true, \"rules\": [\"…\"], \"reasons\": [\"…\"], \"obligations\": []}
with the labels of all deciding rules and the texts of their `because`; for a batch
  {\"evaluations\": [{\"decision\": …}, …]}
and where a request is bad, in its place
  {\"error\": {\"message\": \"…\", \"file\": \"…\", \"line\": 1, \"column\": 9, \"path\": \"subject.type\", \"help\": \"…\" | null}}
A bad policy gives {\"error\": {\"message\": \"…\", \"diagnostics\": […]}} (as `dictum check`), bad data
{\"error\": {\"message\": \"…\", \"errors\": [{\"message\": …, \"file\": …}]}}. All errors are told on the standard error too.
--explain adds to each decision
  \"explanation\": [{\"label\": \"…\", \"effect\": \"permit\" | \"forbid\", \"reason\": \"…\" | null, \"docs\": \"…\" | null,
                   \"annotations\": [{\"name\": \"…\", \"text\": \"…\"}], \"file\": \"…\", \"line\": 1, \"column\": 1}]",
"\
Exit codes:
  0  allowed; every request of a batch is; with --requests, all could be decided
  1  the policy, the data or a request is bad
  2  the command line is wrong, or reading or writing failed
  3  denied, or a request of a batch is"
}

/// Decide requests
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
#[command(group(clap::ArgGroup::new("input").required(true).args(["request", "requests"])))]
pub(crate) struct Eval {
    /// A policy file, a folder whose `.dictum` files are one package, or an artifact
    #[arg(long, value_name = "PATH")]
    policy: PathBuf,

    /// Entities and grants, as JSON; may be given several times
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,

    /// One request or batch, as JSON; `-` reads the standard input
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,

    /// Requests, a line each; `-` reads the standard input
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,

    /// Say more of the deciding rules
    #[arg(long)]
    explain: bool,

    /// Use the reference evaluator, which is slow and plain; needs the policy's sources
    #[arg(long)]
    reference: bool,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The form of decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text for people
    #[default]
    Human,
    /// A JSON document a line
    Json,
    /// The same
    Jsonl,
}

/// Why a request, or the data, cannot be used.
#[derive(Serialize)]
struct Fault {
    message: String,
    file: String,
    line: usize,
    column: usize,
    path: String,
    help: Option<String>,
}

impl Fault {
    /// A fault in a text that starts on a line of a file.
    fn of(error: DataError, line: usize) -> Self {
        Self {
            message: error.message,
            file: error.source,
            line: (error.line as usize + line).saturating_sub(1),
            column: error.column as usize,
            path: error.path,
            help: error.help,
        }
    }

    fn tell(&self, console: &mut Console) {
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
        console.error(&format!("{place}:{path} {}", self.message), self.help.as_deref());
    }
}

/// The answer to one request.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    One(Decision<'a>),
    Batch { evaluations: Vec<Answer<'a>> },
    Error { error: Fault },
}

impl Answer<'_> {
    fn exit(&self) -> Exit {
        match self {
            Self::One(decision) if decision.decision => Exit::Success,
            Self::One(_) => Exit::Deny,
            Self::Error { .. } => Exit::Bad,
            Self::Batch { evaluations } => {
                let exits = || evaluations.iter().map(Answer::exit);
                let first = |wanted| exits().find(|exit| *exit == wanted);
                first(Exit::Bad)
                    .or_else(|| first(Exit::Deny))
                    .unwrap_or(Exit::Success)
            }
        }
    }
}

/// Decides requests: through the compiled policy, or by the definition of the language.
enum Engine<'a> {
    Compiled(&'a Store),
    Reference(Reference<'a>),
}

impl Engine<'_> {
    fn decide(&self, request: &Request) -> Result<(bool, Vec<RuleId>), String> {
        match self {
            Self::Compiled(store) => {
                let explanation = store.bind(request).map_err(|error| error.to_string())?.explain();
                Ok((explanation.allowed, explanation.rules))
            }
            Self::Reference(reference) => {
                let outcome = reference.decide(request).map_err(|error| error.to_string())?;
                Ok((outcome.allowed, outcome.rules))
            }
        }
    }
}

/// What the requests of a run have in common.
struct Session<'a> {
    engine: Engine<'a>,
    explainer: Explainer<'a>,
    format: Format,
    /// Whether the requests come a line each.
    has_lines: bool,
}

impl Eval {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        self.check_paths()?;
        let policy = match policy::load(&self.policy)? {
            Ok(policy) => policy,
            Err(findings) => return self.refuse_policy(&findings, console),
        };
        let data = match self.read_data(&policy.artifact().schema)? {
            Ok(data) => data,
            Err(errors) => return self.refuse_data(errors, console),
        };
        if !self.reference {
            let compiled = Arc::new(policy.into_compiled()?);
            let store = Store::new(&compiled, &data).map_err(|error| Stop::bad(error.to_string()))?;
            drop(data);
            return self.answer(Engine::Compiled(&store), compiled.artifact(), console);
        }
        match &policy {
            Policy::Sources(program) => {
                let reference = Reference::new(program, &data);
                self.answer(Engine::Reference(reference), policy.artifact(), console)
            }
            Policy::Artifact(..) => Err(Stop::usage(
                "`--reference` evaluates sources, and an artifact holds none",
            )
            .with_help("give the policy's folder or file to `--policy`")),
        }
    }

    /// Whether the standard output is for programs.
    pub(crate) fn wants_json(&self) -> bool {
        self.format != Format::Human
    }

    /// Refuses a policy where JSON is needed, and a standard input that is to be several files.
    fn check_paths(&self) -> Result<(), Stop> {
        let json = || self.data.iter().chain(&self.request).chain(&self.requests);
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
            .chain([&self.policy])
            .filter(|path| files::is_standard(path));
        if standard.count() > 1 {
            return Err(Stop::usage("the standard input can be read once only")
                .with_help("give all but one of the inputs as files"));
        }
        Ok(())
    }

    fn read_data(&self, schema: &Schema) -> Result<Result<Dataset, Vec<DataError>>, Stop> {
        let mut texts = Vec::new();
        for path in &self.data {
            texts.push((files::name(path), files::read_text(path)?));
        }
        let named: Vec<(&str, &str)> = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Ok(json::read_dataset(schema, &named))
    }

    fn answer(&self, engine: Engine<'_>, artifact: &Artifact, console: &mut Console) -> Ending {
        let session = Session {
            engine,
            explainer: Explainer {
                artifact,
                explain: self.explain,
            },
            format: self.format,
            has_lines: self.requests.is_some(),
        };
        match (&self.request, &self.requests) {
            (Some(path), _) => session.answer_one(path, console),
            (None, Some(path)) => session.answer_lines(path, console),
            (None, None) => {
                Err(Stop::usage("no request is given").with_help("give `--request` or `--requests`"))
            }
        }
    }

    fn refuse_policy(&self, findings: &Findings, console: &mut Console) -> Ending {
        #[derive(Serialize)]
        struct Refusal<'a> {
            message: &'static str,
            #[serde(flatten)]
            findings: &'a Findings,
        }
        findings.note(console);
        self.refuse(
            &Refusal {
                message: "the policy has errors",
                findings,
            },
            console,
        )
    }

    fn refuse_data(&self, errors: Vec<DataError>, console: &mut Console) -> Ending {
        #[derive(Serialize)]
        struct Refusal {
            message: String,
            errors: Vec<Fault>,
        }
        let errors: Vec<Fault> = errors.into_iter().map(|error| Fault::of(error, 1)).collect();
        for fault in errors.iter().take(MAX_TOLD) {
            fault.tell(console);
        }
        if errors.len() > MAX_TOLD {
            console.note(format_args!(
                "{} in the data; {} of them not shown",
                count(errors.len(), "error"),
                errors.len() - MAX_TOLD
            ));
        }
        self.refuse(
            &Refusal {
                message: format!("the data has {}", count(errors.len(), "error")),
                errors,
            },
            console,
        )
    }

    fn refuse(&self, error: &impl Serialize, console: &mut Console) -> Ending {
        if self.wants_json() {
            console.json_line(&serde_json::json!({ "error": error }))?;
        }
        Ok(Exit::Bad)
    }
}

impl<'a> Session<'a> {
    /// Answers the request or batch of a file.
    fn answer_one(&self, path: &Path, console: &mut Console) -> Ending {
        let text = files::read_text(path)?;
        let mut answer = self.answer(&files::name(path), 1, &text);
        if let Answer::Error { error } = &mut answer
            && holds_several(&text)
        {
            error.help = Some("to decide several requests, give them to `--requests`, one a line".to_owned());
        }
        tell_faults(&answer, console);
        self.write(&answer, console)?;
        Ok(answer.exit())
    }

    /// Answers a file of requests, each as it is read.
    fn answer_lines(&self, path: &Path, console: &mut Console) -> Ending {
        let name = files::name(path);
        let mut lines = Lines::new(files::open(path)?);
        let mut progress = Progress::new(path, console);
        let mut exit = Exit::Success;
        loop {
            // Whoever waits for answers before sending more gets them.
            if lines.must_wait() {
                console.flush()?;
            }
            let line = match lines.next() {
                Ok(None) => break,
                Ok(Some(line)) => line,
                Err(error) => return Err(files::unreadable(path, &error)),
            };
            let answer = match line {
                Line::Text(text) if text.trim().is_empty() => continue,
                Line::Text(text) => {
                    let mut answer = self.answer(&name, lines.number, text.trim_end());
                    if let Answer::Error { error } = &mut answer
                        && error.path.is_empty()
                    {
                        let help = "a line holds one request; one that spans lines is given to `--request`";
                        error.help.get_or_insert_with(|| help.to_owned());
                    }
                    answer
                }
                Line::Bad {
                    column,
                    message,
                    help,
                } => Answer::Error {
                    error: Fault {
                        message,
                        file: name.clone(),
                        line: lines.number,
                        column,
                        path: String::new(),
                        help: Some(help),
                    },
                },
            };
            if answer.exit() == Exit::Bad {
                exit = Exit::Bad;
                progress.suspend(|| tell_faults(&answer, console));
            }
            self.write(&answer, console)?;
            progress.advance(lines.read);
        }
        Ok(exit)
    }

    /// Answers a text that holds a request or a batch and starts on a line of a file.
    fn answer(&self, name: &str, line: usize, text: &str) -> Answer<'a> {
        let schema = &self.explainer.artifact.schema;
        let one = |request: &Request| match self.engine.decide(request) {
            Ok((allowed, rules)) => Answer::One(self.explainer.decision(request, allowed, &rules)),
            Err(message) => Answer::Error {
                error: Fault {
                    message,
                    file: name.to_owned(),
                    line,
                    column: 1,
                    path: String::new(),
                    help: None,
                },
            },
        };
        match json::read_requests(schema, name, text) {
            Ok(Requests::One(request)) => one(&request),
            Ok(Requests::Batch(requests, semantic)) => {
                let mut evaluations = Vec::new();
                for request in requests {
                    let answer = match request {
                        Ok(request) => one(&request),
                        Err(error) => Answer::Error {
                            error: Fault::of(error, line),
                        },
                    };
                    let allowed = answer.exit() == Exit::Success;
                    evaluations.push(answer);
                    let done = match semantic {
                        Semantic::ExecuteAll => false,
                        Semantic::DenyOnFirstDeny => !allowed,
                        Semantic::PermitOnFirstPermit => allowed,
                    };
                    if done {
                        break;
                    }
                }
                Answer::Batch { evaluations }
            }
            Err(error) => Answer::Error {
                error: Fault::of(error, line),
            },
        }
    }

    fn write(&self, answer: &Answer, console: &mut Console) -> Result<(), Stop> {
        match self.format {
            Format::Json | Format::Jsonl => console.json_line(answer),
            Format::Human => self.write_text(answer, console),
        }
    }

    fn write_text(&self, answer: &Answer, console: &mut Console) -> Result<(), Stop> {
        match answer {
            Answer::One(decision) => console.raw(&self.explainer.text(decision)),
            Answer::Batch { evaluations } => {
                evaluations
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, answer)| match answer {
                        Answer::Error { error } => console.line(format_args!(
                            "error evaluations[{at}]: {}",
                            printable(&error.message)
                        )),
                        Answer::One(_) | Answer::Batch { .. } => self.write_text(answer, console),
                    })
            }
            // A line of several keeps its place; of one request, the standard error has told.
            Answer::Error { error } if self.has_lines => console.line(format_args!(
                "error line {}: {}",
                error.line,
                printable(&error.message)
            )),
            Answer::Error { .. } => Ok(()),
        }
    }
}

/// Whether a text is several JSON documents, one after the other.
fn holds_several(text: &str) -> bool {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    documents.take(2).filter(Result::is_ok).count() == 2
}

fn tell_faults(answer: &Answer, console: &mut Console) {
    match answer {
        Answer::One(_) => {}
        Answer::Batch { evaluations } => {
            for answer in evaluations {
                tell_faults(answer, console);
            }
        }
        Answer::Error { error } => error.tell(console),
    }
}
