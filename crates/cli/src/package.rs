//! The sources of a package, and what compiling them finds.

use std::path::{Path, PathBuf};

use dictum_artifact::validate::MAX_QUANTIFIED;
use dictum_artifact::wire;
use dictum_compiler::{Limits, Program, Settings, compile_with};
use dictum_syntax::ast::MAX_SOURCE_BYTES;
use dictum_syntax::diagnostic::{self, Diagnostic, Severity};
use dictum_syntax::source::{Source, SourceId, Sources, Span};

use crate::codes;
use crate::files;
use crate::lints::Levels;
use crate::manifest;
use crate::outline::{self, Folder, ManifestFile, Outline, Root};
use crate::report::count;
use crate::stop::Stop;

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
#[derive(Default)]
pub(crate) struct Package {
    /// The texts.
    pub(crate) sources: Sources,
    /// The files, in the order of the sources.
    pub(crate) files: Vec<SourceFile>,
    /// The `dictum.toml`, and the folder that it stands in.
    manifest: Option<(ManifestFile, Root)>,
    /// The levels that the command line gives lints.
    flags: Levels,
}

impl Package {
    /// Reads the one package that a path means.
    pub(crate) fn load(path: &Path) -> Result<Self, Stop> {
        Self::read(outline::outline(path)?)
    }

    /// Reads the sources of a package.
    pub(crate) fn read(outline: Outline) -> Result<Self, Stop> {
        let folder = match outline {
            Outline::File(path) => {
                let (bytes, more) = files::read_at_most(&path, MAX_SOURCE_BYTES + 1)?;
                return Self::of_policy_file(&path, bytes, more);
            }
            Outline::Folder(folder) => folder,
        };
        let Folder {
            root,
            manifest,
            files: sources,
        } = *folder;
        let mut package = Self::default();
        for file in &sources {
            let path = root.path(file);
            let name: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
            let (bytes, more) = files::read_at_most(&path, MAX_SOURCE_BYTES + 1)?;
            package.add(path, name.join("/"), bytes, more);
        }
        package.manifest = manifest.map(|manifest| (manifest, root));
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
        let mut package = Self::default();
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
            Diagnostic::error(codes::NOT_UTF8, span, "the file is not UTF-8 from here on")
                .with_help("save the file as UTF-8")
        });
        self.files.push(SourceFile { path, shown, fault });
    }

    /// The same, with levels of lints that come before those of `dictum.toml`.
    pub(crate) fn with_lints(self, flags: Levels) -> Self {
        Self { flags, ..self }
    }

    /// The same, were there no limit of steps: to say what decisions cost that cost too much.
    pub(crate) fn compile_unlimited(&self) -> Option<Program> {
        let mut settings = self.settings();
        settings.limits.steps = None;
        compile_with(&self.sources, &settings).0
    }

    /// What the package is called: by its `dictum.toml`, or by its first file.
    pub(crate) fn name(&self) -> &str {
        let manifest = self.manifest.as_ref().map(|(manifest, _)| manifest);
        let named = manifest.and_then(|manifest| manifest.says.name.as_deref());
        let file = || self.files.first().map(|file| file.shown.as_str());
        named
            .or(manifest.map(|manifest| manifest.shown.as_str()))
            .or_else(file)
            .unwrap_or_default()
    }

    /// Compiles the package; nothing comes of it where a diagnostic is an error.
    pub(crate) fn compile(&self) -> (Option<Program>, Vec<Diagnostic>) {
        self.compile_texts(&self.sources)
    }

    /// The same, were these the texts of its sources.
    pub(crate) fn compile_texts(&self, sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
        let manifest = self.manifest.as_ref().map(|(manifest, _)| manifest);
        let mut diagnostics = Vec::new();
        let mut program = None;
        if manifest.is_none_or(|manifest| manifest.says.sources_known) {
            (program, diagnostics) = compile_with(sources, &self.settings());
            diagnostics.extend(self.files.iter().filter_map(|file| file.fault.clone()));
            diagnostics.extend(
                program
                    .as_ref()
                    .and_then(|program| self.check_artifact_bytes(program)),
            );
        }
        diagnostics.extend(
            manifest
                .into_iter()
                .flat_map(|manifest| manifest.diagnostics.iter().cloned()),
        );
        diagnostic::sort(&mut diagnostics);
        let has_errors = diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error);
        (program.filter(|_| !has_errors), diagnostics)
    }

    /// What `dictum.toml` and the command line settle.
    fn settings(&self) -> Settings {
        let manifest = self.manifest.as_ref().map(|(manifest, _)| manifest);
        let levels = manifest.map(|manifest| manifest.levels.overridden_by(&self.flags));
        let mut limits = Limits::default();
        if let Some(manifest) = manifest {
            let says = manifest.says.limits;
            limits.steps = says.steps.map(|limit| limit.at_most);
            if let Some(most) = says.set_elements {
                limits.set_elements = u32::try_from(most.at_most).unwrap_or(MAX_QUANTIFIED);
            }
        }
        Settings {
            lints: levels.as_ref().unwrap_or(&self.flags).of_all(),
            limits,
        }
    }

    /// The artifact is longer than `dictum.toml` allows.
    fn check_artifact_bytes(&self, program: &Program) -> Option<Diagnostic> {
        let (manifest, _) = self.manifest.as_ref()?;
        let limit = manifest.says.limits.artifact_bytes?;
        let length = wire::encode(&program.artifact).len();
        if u64::try_from(length).is_ok_and(|length| length <= limit.at_most) {
            return None;
        }
        let message = format!(
            "the artifact is {} long; at most {} are allowed",
            count(length, "byte"),
            limit.at_most
        );
        Some(
            Diagnostic::error(codes::ARTIFACT_TOO_LARGE, limit.span, message)
                .with_label("allowed here")
                .with_help("raise the limit, or give rules heads that fit fewer types and actions: `dictum inspect` shows how many nodes each kind of request takes"),
        )
    }

    /// The data files that `dictum.toml` names, or what it names that is not there. The places are in this package.
    pub(crate) fn data_files(&self) -> Result<Result<Vec<PathBuf>, Vec<Diagnostic>>, Stop> {
        match &self.manifest {
            Some((manifest, root)) => manifest.data_files(root),
            None => Ok(Ok(Vec::new())),
        }
    }

    /// How many files were checked, `dictum.toml` among them.
    pub(crate) fn file_count(&self) -> usize {
        self.files.len() + usize::from(self.manifest.is_some())
    }

    /// The text behind an id: of a policy, or of `dictum.toml`.
    pub(crate) fn source(&self, id: SourceId) -> &Source {
        match &self.manifest {
            Some((manifest, _)) if id == manifest::SOURCE => manifest.source(),
            Some(_) | None => self.sources.get(id),
        }
    }

    /// The path of a source as messages show it.
    pub(crate) fn shown(&self, source: SourceId) -> &str {
        match &self.manifest {
            Some((manifest, _)) if source == manifest::SOURCE => &manifest.shown,
            Some(_) | None => self.files.get(source.0 as usize).map_or("", |file| &file.shown),
        }
    }

    /// The line and column of an offset in a source.
    pub(crate) fn line_column(&self, source: SourceId, offset: u32) -> (u32, u32) {
        self.source(source).line_column(offset)
    }

    /// `path:line:column` of where a span starts.
    pub(crate) fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span.source, span.start);
        format!("{}:{line}:{column}", self.shown(span.source))
    }
}
