//! `dictum explain`: why a request is decided as it is.

use std::path::PathBuf;
use std::sync::Arc;

use dictum_artifact::data::Request;
use dictum_artifact::json::{self, Requests};
use dictum_artifact::schema::Schema;
use dictum_runtime::Store;

use crate::console::{Console, Format};
use crate::explanation::{self, Subject};
use crate::files;
use crate::inputs::{self, Fault, Paths};
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum explain --policy policy/ --data store.json --request request.json
  dictum explain --policy policy.dpa --data store.json --request - --all < request.json
  dictum explain --policy . --request request.json --format json | jq '.changes'",
"\
Tells the decision and the rules that made it, clause by clause with the values that they saw; of a denial also \
the permits that came nearest (five at most), what kept them from firing, and what would have to be otherwise. \
Each clause is marked with whether it holds: ✓ it does, ✗ it does not, ? it depends on something that is not \
known. An `unless` holds where its condition is false. The parts of a condition are marked with whether they are \
true.

--all tells every rule that could apply to such a request, forbids that did not fire among them.

With --format json:
  {\"decision\": false, \"rules\": [\"…\"], \"reasons\": [\"…\"],
   \"obligations\": [{\"name\": \"…\", \"fields\": {…}}],
   \"candidates\": [CANDIDATE], \"left_out\": 2, \"overruled\": [\"…\"],
   \"near_misses\": [\"…\"], \"changes\": [CHANGE], \"is_whole\": true}
`candidates` are the deciding rules, then the nearest permits that did not fire (whose labels are \
`near_misses`), then with --all the others; `left_out` counts those that are not told. `overruled` are the \
permits that fire in vain where a forbid denies, and `is_whole` is false where conditions are too large to be \
told whole. A CANDIDATE is a rule as in `dictum eval --explain`, with
  \"fires\": false, \"decides\": false, \"head\": CONDITION | null, \"role\": CONDITION | null,
  \"lacks_obligation\": false,
  \"clauses\": [{\"text\": \"…\", \"file\": \"…\", \"line\": 1, \"column\": 1, \"unless\": false,
               \"outcome\": OUTCOME, \"holds\": true | false | null, DETAIL}]
`head` is what the rule asks of principal and resource beside their types, `role` whether the principal holds \
its role, and `lacks_obligation` says that all holds, but a field of an obligation is undefined. A CONDITION is
  {\"text\": \"…\", \"outcome\": OUTCOME, DETAIL}
where an OUTCOME is \"true\", \"false\", \"undefined\", or of a clause that is never asked \"settled\", and \
DETAIL is
  \"parts\": [CONDITION], \"seen\": [{\"expr\": \"…\", \"value\": … | null, \"why\": \"…\" | null}],
  \"element\": {\"variable\": \"x0\", \"value\": …} | null, \"grants\": [GRANT], \"notes\": [\"…\"]
`seen` has what was looked at, with why it has no value; `element` the one that settled `any` or `all`; a GRANT \
is one of the data that gives the role, or has expired, with \"live\": true. A CHANGE is
  {\"rule\": \"…\", \"effect\": \"permit\" | \"forbid\", \"text\": \"…\" | null}
what has to hold for a permit to fire, or for a forbid not to (null: nothing in a request can do it). The \
request is allowed where all changes of forbids are made, and one of a permit if there are any. What is bad is \
told as by `dictum eval`.",
"\
Exit codes:
  0  allowed
  1  the policy, the data or the request is bad
  2  the command line is wrong, or reading or writing failed
  3  denied"
}

/// Tell why a request is allowed or denied
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Explain {
    /// A package (its folder, its `dictum.toml` or a file of it), a policy file, or an artifact
    #[arg(long, value_name = "PATH")]
    policy: PathBuf,

    /// Entities and grants, as JSON, instead of the `data` of `dictum.toml`; may be given several times
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,

    /// A request, as JSON; `-` reads the standard input
    #[arg(long, value_name = "FILE")]
    request: PathBuf,

    /// Tell every rule that could apply
    #[arg(long)]
    all: bool,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

impl Explain {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        let wants_json = self.format == Format::Json;
        let paths = Paths {
            policy: &self.policy,
            data: &self.data,
            requests: vec![&self.request],
        };
        let Some((policy, data)) = inputs::load(&paths, wants_json, console)? else {
            return Ok(Exit::Bad);
        };
        let compiled = Arc::new(policy.into_compiled()?);
        let store = Store::new(&compiled, &data).map_err(|error| Stop::bad(error.to_string()))?;
        drop(data);
        let request = match self.read_request(compiled.schema())? {
            Ok(request) => request,
            Err(fault) => return refuse(&fault, wants_json, console),
        };
        let bound = store
            .bind(&request)
            .map_err(|error| Stop::bad(format!("{}: {error}", files::name(&self.request))))?;
        let subject = Subject {
            artifact: compiled.artifact(),
            request: &request,
            bound: &bound,
        };
        let explanation = subject.explain(self.all);
        match self.format {
            Format::Human => console.raw(&explanation::write(&explanation))?,
            Format::Json => console.json(&explanation)?,
        }
        Ok(if explanation.decision {
            Exit::Success
        } else {
            Exit::Deny
        })
    }

    fn read_request(&self, schema: &Schema) -> Result<Result<Request, Fault>, Stop> {
        let name = files::name(&self.request);
        let text = files::read_text(&self.request)?;
        match json::read_requests(schema, &name, &text) {
            Ok(Requests::One(request)) => Ok(Ok(request)),
            Ok(Requests::Batch(..)) => Err(Stop::bad(format!(
                "{name}: a batch of requests, where one is explained"
            ))
            .with_help("take one of its `evaluations` as the request")),
            Err(error) => Ok(Err(Fault::of(error, 1))),
        }
    }
}

fn refuse(fault: &Fault, wants_json: bool, console: &mut Console) -> Ending {
    fault.tell(console);
    if wants_json {
        console.json_line(&serde_json::json!({ "error": fault }))?;
    }
    Ok(Exit::Bad)
}
