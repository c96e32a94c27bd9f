//! From the paths on the command line to the sources of packages.

use std::io;
use std::path::{Path, PathBuf};

use dictum_artifact::wire;
use dictum_compiler::Program;
use dictum_syntax::ast::MAX_SOURCE_BYTES;
use dictum_syntax::diagnostic::{self, Diagnostic};
use dictum_syntax::source::{SourceId, Sources, Span};
use walkdir::WalkDir;

use crate::files;
use crate::stop::{Stop, reason};

/// The ending of the names of source files.
const EXTENSION: &str = "dictum";

/// What is said of a source whose text is not UTF-8.
const NOT_UTF8: &str = "D0001";

/// A source file of a package.
pub(crate) struct SourceFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) shown: String,
    /// What is wrong with the bytes of the file, so that its text is not what the file holds.
    pub(crate) fault: Option<Diagnostic>,
}

/// The sources that compile as one.
///
/// Sources are named by their place in the package, so that an artifact and the names of unlabelled rules do not depend on
/// where the package lies and how the command line wrote that; messages show the path from the current folder.
pub(crate) struct Package {
    /// The texts.
    pub(crate) sources: Sources,
    /// The files, in the order of the sources.
    pub(crate) files: Vec<SourceFile>,
}

impl Package {
    /// Reads a file, which is a package of its own, or a folder, whose policies are one package.
    pub(crate) fn load(path: &Path) -> Result<Self, Stop> {
        let mut package = Self {
            sources: Sources::new(),
            files: Vec::new(),
        };
        if path.is_dir() {
            for file in policies_below(path)? {
                let name = file.strip_prefix(path).unwrap_or(&file);
                let name = name
                    .iter()
                    .map(|part| part.to_string_lossy())
                    .collect::<Vec<_>>()
                    .join("/");
                let (bytes, more) = files::read_at_most(&file, MAX_SOURCE_BYTES + 1)?;
                package.add(file, name, bytes, more);
            }
        } else {
            let (bytes, more) = files::read_at_most(path, MAX_SOURCE_BYTES + 1)?;
            return Self::of_policy_file(path, bytes, more);
        }
        Ok(package)
    }

    /// The same of a file that has to hold a policy; what never does is told apart from a policy with errors.
    pub(crate) fn of_policy_file(path: &Path, bytes: Vec<u8>, more: bool) -> Result<Self, Stop> {
        let name = files::name(path);
        if wire::is_artifact(&bytes) {
            return Err(Stop::bad(format!(
                "{name}: an artifact, where the sources of a policy are needed"
            ))
            .with_help("see what is in it with `dictum inspect`"));
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        match text.trim_ascii_start().first() {
            None => Err(Stop::bad(format!("{name}: the file is empty")).with_help(
                "a policy starts with the declarations of what there is, such as `entity User { name: String }`",
            )),
            Some(b'{' | b'[') => Err(Stop::bad(format!("{name}: JSON, where a policy is needed"))
                .with_help("requests and data are given to `dictum eval`, by `--request` and `--data`")),
            Some(_) => Ok(Self::of_file(path, bytes, more)),
        }
    }

    /// A package of one file that has been read (or the standard input); only its length matters where there is `more`.
    pub(crate) fn of_file(path: &Path, bytes: Vec<u8>, more: bool) -> Self {
        let mut package = Self {
            sources: Sources::new(),
            files: Vec::new(),
        };
        let name = match path.file_name() {
            Some(_) if files::is_standard(path) => files::name(path),
            Some(name) => name.to_string_lossy().into_owned(),
            None => files::name(path),
        };
        package.add(path.to_owned(), name, bytes, more);
        package
    }

    /// Adds the bytes of a file; where there are `more`, the parser will refuse the length of these.
    fn add(&mut self, path: PathBuf, name: String, bytes: Vec<u8>, more: bool) {
        let shown = files::name(path.strip_prefix(".").unwrap_or(&path));
        let (text, valid) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(error.utf8_error().valid_up_to()).filter(|_| !more),
            ),
        };
        let id = self.sources.add(name, text);
        let fault = valid.map(|valid| {
            let start = u32::try_from(valid).unwrap_or(u32::MAX);
            let span = Span {
                source: id,
                start,
                end: start.saturating_add(3),
            };
            Diagnostic::error(NOT_UTF8, span, "the file is not UTF-8 from here on")
                .with_help("save the file as UTF-8")
        });
        self.files.push(SourceFile { path, shown, fault });
    }

    /// Compiles the package; nothing comes of it where a diagnostic is an error.
    pub(crate) fn compile(&self) -> (Option<Program>, Vec<Diagnostic>) {
        let (program, mut diagnostics) = dictum_compiler::compile(&self.sources);
        let faults: Vec<&Diagnostic> = self.files.iter().filter_map(|file| file.fault.as_ref()).collect();
        if faults.is_empty() {
            return (program, diagnostics);
        }
        diagnostics.extend(faults.into_iter().cloned());
        diagnostic::sort(&mut diagnostics);
        (None, diagnostics)
    }

    /// The path of a source as messages show it.
    pub(crate) fn shown(&self, source: SourceId) -> &str {
        self.files.get(source.0 as usize).map_or("", |file| &file.shown)
    }

    /// `path:line:column` of where a span starts.
    pub(crate) fn place(&self, span: Span) -> String {
        let (line, column) = self.sources.line_column(span);
        format!("{}:{line}:{column}", self.shown(span.source))
    }
}

/// The `.dictum` files of a folder and the folders in it, sorted by path; hidden folders and `target` are left out.
pub(crate) fn policies_below(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let is_policy = |path: &Path| path.extension().is_some_and(|extension| extension == EXTENSION);
    let left_out = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0 && entry.file_type().is_dir() && (name.starts_with('.') || name == "target")
    };
    let mut found = Vec::new();
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(|entry| !left_out(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_policy(entry.path()) => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            // What a link leads back to is being read anyway.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let error = error
                    .into_io_error()
                    .unwrap_or_else(|| io::ErrorKind::Other.into());
                // A link that leads nowhere matters only where a policy should be.
                if error.kind() != io::ErrorKind::NotFound || is_policy(&path) {
                    return Err(Stop::usage(format!(
                        "cannot read `{}`: {}",
                        path.display(),
                        reason(&error)
                    )));
                }
            }
        }
    }
    if found.is_empty() {
        return Err(Stop::usage(format!("no policies in `{}`", folder.display()))
            .with_help(format!("a policy is a file whose name ends in `.{EXTENSION}`")));
    }
    Ok(found)
}

/// The paths of the command line, or the current folder.
pub(crate) fn or_current(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() {
        vec![PathBuf::from(".")]
    } else {
        paths.to_vec()
    }
}
