//! What the benches measure with: the examples, compiled and loaded.

pub mod package;

use std::error::Error;
use std::sync::Arc;

use dictum_runtime::data::{Dataset, Request};
use dictum_runtime::json::{DataError, Requests, read_dataset, read_requests, write_request};
use dictum_runtime::{Policy, Store};
use dictum_syntax::source::Sources;

/// An example, ready to be asked.
#[derive(Debug)]
pub struct Example {
    /// The folder's name.
    pub name: &'static str,
    /// Its data.
    pub data: Dataset,
    /// Its policy over its data.
    pub store: Store,
    /// Its requests, those of batches one by one.
    pub requests: Vec<Request>,
    /// The same requests, as the bytes that a caller sends.
    pub bytes: Vec<Vec<u8>>,
}

/// The files of an example.
struct Files {
    name: &'static str,
    policy: &'static str,
    data: &'static str,
    requests: &'static str,
}

macro_rules! files {
    ($name:literal) => {
        Files {
            name: $name,
            policy: include_str!(concat!("../../examples/", $name, "/policy.dictum")),
            data: include_str!(concat!("../../examples/", $name, "/data.json")),
            requests: include_str!(concat!("../../examples/", $name, "/requests.jsonl")),
        }
    };
}

/// The AuthZEN Todo scenario: a few roles by grant, and one comparison.
///
/// # Errors
/// When the example does not compile or load.
pub fn todo() -> Result<Example, Box<dyn Error>> {
    load(&files!("todo"))
}

/// An API gateway: many forbids over context and attributes that come with the request.
///
/// # Errors
/// When the example does not compile or load.
pub fn gateway() -> Result<Example, Box<dyn Error>> {
    load(&files!("gateway"))
}

fn load(files: &Files) -> Result<Example, Box<dyn Error>> {
    let mut sources = Sources::new();
    sources.add("policy.dictum", files.policy);
    let (program, diagnostics) = dictum_compiler::compile(&sources);
    let program = program.ok_or_else(|| format!("{} does not compile: {diagnostics:?}", files.name))?;
    let policy = Arc::new(Policy::new(program.artifact)?);
    let schema = policy.schema();
    let data = read_dataset(schema, &[("data.json", files.data)]).map_err(|mut errors| errors.remove(0))?;
    let mut requests = Vec::new();
    for line in files.requests.lines() {
        match read_requests(schema, "requests.jsonl", line)? {
            Requests::One(request) => requests.push(request),
            Requests::Batch(batch, _) => {
                requests.extend(batch.into_iter().collect::<Result<Vec<_>, DataError>>()?);
            }
        }
    }
    let bytes = requests
        .iter()
        .map(|request| write_request(schema, request).to_string().into_bytes())
        .collect();
    Ok(Example {
        name: files.name,
        store: Store::new(&policy, &data)?,
        data,
        requests,
        bytes,
    })
}
