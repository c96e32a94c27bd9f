//! `dictum eval`: decisions for requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dictum_artifact::dag::Artifact;
use dictum_artifact::data::Request;
use dictum_artifact::json::{self, Requests, Semantic};
use dictum_compiler::reference::Reference;
use dictum_runtime::{Explanation, Obligation, Store};
use serde::Serialize;

use crate::console::{Console, printable};
use crate::decision::{Decision, Explainer};
use crate::files;
use crate::inputs::{self, Fault, Paths};
use crate::lines::{Line, Lines, Progress};
use crate::policy::Policy;
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum eval --policy policy.dpa --data store.json --request request.json
  dictum eval --policy policy/ --data store.json --requests requests.jsonl --format jsonl
  echo '{\"subject\":…}' | dictum eval --policy policy/ --request - --explain",
"\
Data is what --data names, or the `data` of the package's `dictum.toml`. An artifact holds no data: without --data, \
nothing is described, and nobody is granted anything.

A request is an AuthZEN access evaluation request or a batch of them ({\"evaluations\": […]}); --requests takes \
one a line, blank lines are skipped, and decides them one by one as they come.

With --format json or jsonl (they are the same here): a line a request, in order,
  {\"decision\": true, \"rules\": [\"…\"], \"reasons\": [\"…\"], \"obligations\": [OBLIGATION]}
with the labels of all deciding rules, the texts of their `because`, and what the caller has to do, each an \
OBLIGATION
  {\"name\": \"…\", \"fields\": {\"…\": …}}
For a batch
  {\"evaluations\": [{\"decision\": …}, …]}
and where a request is bad, in its place
  {\"error\": {\"message\": \"…\", \"file\": \"…\", \"line\": 1, \"column\": 9,
             \"path\": \"subject.type\", \"help\": \"…\" | null}}
A bad policy gives {\"error\": {\"message\": \"…\", \"diagnostics\": […]}} (as `dictum check`), bad data \
{\"error\": {\"message\": \"…\", \"errors\": [{\"message\": …, \"file\": …}]}}. All errors are told on the \
standard error too. `dictum explain` tells more of one request: what each rule made of it, clause by clause. \
--explain adds to each decision
  \"explanation\": [{\"label\": \"…\", \"effect\": \"permit\" | \"forbid\", \"reason\": \"…\" | null,
                   \"docs\": \"…\" | null,
                   \"annotations\": [{\"name\": \"…\", \"text\": \"…\"}],
                   \"file\": \"…\", \"line\": 1, \"column\": 1}]",
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
    /// A package (its folder, its `dictum.toml` or a file of it), a policy file, or an artifact
    #[arg(long, value_name = "PATH")]
    policy: PathBuf,

    /// Entities and grants, as JSON, instead of the `data` of `dictum.toml`; may be given several times
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
    fn decide(&self, request: &Request) -> Result<Explanation, String> {
        match self {
            Self::Compiled(store) => {
                let bound = store.bind(request).map_err(|error| error.to_string())?;
                Ok(bound.explain())
            }
            Self::Reference(reference) => {
                let outcome = reference.decide(request).map_err(|error| error.to_string())?;
                let obligations = outcome.obligations.into_iter();
                Ok(Explanation {
                    allowed: outcome.allowed,
                    rules: outcome.rules,
                    obligations: obligations
                        .map(|obligation| Obligation {
                            id: obligation.obligation,
                            fields: obligation.fields,
                        })
                        .collect(),
                })
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
        let paths = Paths {
            policy: &self.policy,
            data: &self.data,
            requests: self.request.iter().chain(&self.requests).collect(),
        };
        let Some((policy, data)) = inputs::load(&paths, self.wants_json(), console)? else {
            return Ok(Exit::Bad);
        };
        if !self.reference {
            let compiled = Arc::new(policy.into_compiled()?);
            let store = Store::new(&compiled, &data).map_err(|error| Stop::bad(error.to_string()))?;
            drop(data);
            return self.answer(Engine::Compiled(&store), compiled.artifact(), console);
        }
        match &policy {
            Policy::Sources(program, _) => {
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
            Ok(explanation) => Answer::One(self.explainer.decision(request, &explanation)),
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
