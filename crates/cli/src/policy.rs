//! A policy as a command is given one: sources, or an artifact.

use std::path::Path;

use dictum_artifact::dag::Artifact;
use dictum_artifact::wire;
use dictum_compiler::Program;
use dictum_runtime::Policy as Compiled;
use dictum_syntax::ast::MAX_SOURCE_BYTES;

use crate::files::{self, MAX_BYTES};
use crate::manifest;
use crate::outline::{self, Outline};
use crate::package::Package;
use crate::report::Findings;
use crate::stop::Stop;

/// A policy that can be evaluated.
pub(crate) enum Policy {
    /// Sources, and what they compile to.
    Sources(Box<Program>, Box<Package>),
    /// An artifact, and its length in bytes.
    Artifact(Box<Compiled>, usize),
}

impl Policy {
    /// What was compiled.
    pub(crate) fn artifact(&self) -> &Artifact {
        match self {
            Self::Sources(program, _) => &program.artifact,
            Self::Artifact(compiled, _) => compiled.artifact(),
        }
    }

    /// The policy, ready to decide.
    pub(crate) fn into_compiled(self) -> Result<Compiled, Stop> {
        match self {
            Self::Sources(program, _) => {
                Compiled::new(program.artifact).map_err(|error| Stop::bad(error.to_string()))
            }
            Self::Artifact(compiled, _) => Ok(*compiled),
        }
    }
}

/// Reads a policy: a folder or a file of sources, or an artifact. What a file is shows in its first bytes, not in its name.
/// The inner error is what is wrong with the sources.
pub(crate) fn load(path: &Path) -> Result<Result<Policy, Findings>, Stop> {
    let package = if path.is_dir() || path.file_name().is_some_and(|name| name == manifest::NAME) {
        Package::load(path)?
    } else {
        let (mut bytes, more) = files::read_at_most(path, MAX_BYTES)?;
        if wire::is_artifact(&bytes) {
            return decode(path, &bytes, more).map(Ok);
        }
        if path.extension().is_some_and(|extension| extension == "dpa") {
            let message = format!(
                "{}: not an artifact: it does not start like one",
                files::name(path)
            );
            return Err(Stop::bad(message).with_help("build it again with `dictum build`"));
        }
        match outline::outline(path)? {
            outline @ Outline::Folder(_) => Package::read(outline)?,
            // The standard input cannot be read again.
            Outline::File(_) => {
                let more = more || bytes.len() > MAX_SOURCE_BYTES;
                bytes.truncate(MAX_SOURCE_BYTES + 1);
                Package::of_policy_file(path, bytes, more)?
            }
        }
    };
    let (program, diagnostics) = package.compile();
    Ok(match program {
        Some(program) => Ok(Policy::Sources(Box::new(program), Box::new(package))),
        None => Err(Findings::of(&package, &diagnostics)),
    })
}

fn decode(path: &Path, bytes: &[u8], more: bool) -> Result<Policy, Stop> {
    if more {
        return Err(files::too_long(path));
    }
    let compiled = Compiled::from_bytes(bytes).map_err(|error| {
        Stop::bad(format!("{}: not a whole artifact: {error}", files::name(path)))
            .with_help("build it again with `dictum build`")
    })?;
    Ok(Policy::Artifact(Box::new(compiled), bytes.len()))
}
