//! From paths on the command line to packages: where each is, what its `dictum.toml` says, and which files it holds.
//!
//! A folder with a `dictum.toml` is a package, and so is one without, of what lies in it and in no package of its own. A path
//! inside a package means that package, as it does for cargo: a file or folder is looked up in the nearest folder above that
//! has a `dictum.toml`, and belongs to it if its sources do. Any other file is a package by itself.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::{SourceId, Sources};

use crate::files;
use crate::lints::{Levels, known};
use crate::manifest::{self, Manifest};
use crate::pattern::Pattern;
use crate::stop::Stop;
use crate::walk::{self, Nested};

/// The ending of the names of source files.
pub(crate) const POLICIES: &str = "dictum";

/// The ending of the names of data files.
const DATA: &str = "json";

/// A package before its sources are read.
pub(crate) enum Outline {
    /// A file that is a package of its own, or the standard input.
    File(PathBuf),
    /// A folder.
    Folder(Box<Folder>),
}

/// A folder that is a package.
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) root: Root,
    /// What its `dictum.toml` says, if it has one.
    pub(crate) manifest: Option<ManifestFile>,
    /// Its sources, sorted, as paths below the folder.
    pub(crate) files: Vec<PathBuf>,
}

/// The folder of a package, as messages name it.
#[derive(Clone)]
pub(crate) struct Root {
    /// The path.
    folder: PathBuf,
    /// The current folder, where paths are shown from there and not from where the command line pointed.
    seen_from: Option<PathBuf>,
}

/// A `dictum.toml` that was read.
pub(crate) struct ManifestFile {
    /// The path as messages show it.
    pub(crate) shown: String,
    /// Its text, alone.
    text: Sources,
    /// What it says.
    pub(crate) says: Manifest,
    /// The levels that it gives lints.
    pub(crate) levels: Levels,
    /// What is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The packages that paths mean, or the current folder where there are none; each once.
pub(crate) fn outlines(paths: &[PathBuf]) -> Result<Vec<Outline>, Stop> {
    let current = [PathBuf::from(".")];
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    let paths = if paths.is_empty() { &current } else { paths };
    for path in paths {
        for outline in at(path)? {
            let path = match &outline {
                Outline::File(path) => path,
                Outline::Folder(folder) => &folder.root.folder,
            };
            if seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())) {
                all.push(outline);
            }
        }
    }
    Ok(all)
}

/// All policies of a folder and the folders in it, whichever packages they belong to.
pub(crate) fn policies_below(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let files = walk::walk(folder, POLICIES, Nested::Included)?.files;
    if files.is_empty() {
        return Err(no_policies(folder));
    }
    Ok(files)
}

/// The one package that a path means.
pub(crate) fn outline(path: &Path) -> Result<Outline, Stop> {
    let mut all = at(path)?;
    match (all.pop(), all.len()) {
        (Some(one), 0) => Ok(one),
        (last, _) => {
            all.extend(last);
            let names: Vec<String> = all
                .iter()
                .map(|outline| match outline {
                    Outline::File(path) => format!("`{}`", path.display()),
                    Outline::Folder(folder) if folder.manifest.is_none() => {
                        format!("the files of `{}`", folder.root.folder.display())
                    }
                    Outline::Folder(folder) => format!("`{}`", folder.root.folder.display()),
                })
                .collect();
            let message = format!("`{}` holds {} packages", path.display(), all.len());
            Err(Stop::usage(message).with_help(format!("name one: {}", names.join(", "))))
        }
    }
}

/// The packages that a path means: several where a folder that is in none holds them.
fn at(path: &Path) -> Result<Vec<Outline>, Stop> {
    if files::is_standard(path) {
        return Ok(vec![Outline::File(path.to_owned())]);
    }
    if path.is_dir() {
        let root = Root::new(path);
        if let Some(manifest) = ManifestFile::read(&root)? {
            return Ok(vec![Outline::Folder(Box::new(Folder::new(
                root,
                Some(manifest),
            )?))]);
        }
        if let Some(folder) = enclosing(path)? {
            return Ok(vec![Outline::Folder(Box::new(folder))]);
        }
        return in_folder(path);
    }
    if path.file_name().is_some_and(|name| name == manifest::NAME) && fs::symlink_metadata(path).is_ok() {
        let root = Root::new(match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        });
        let manifest = ManifestFile::read(&root)?;
        return Ok(vec![Outline::Folder(Box::new(Folder::new(root, manifest)?))]);
    }
    Ok(vec![match enclosing(path)? {
        Some(folder) => Outline::Folder(Box::new(folder)),
        None => Outline::File(path.to_owned()),
    }])
}

/// The packages below a folder that is in none: those with a `dictum.toml`, and what is left.
fn in_folder(path: &Path) -> Result<Vec<Outline>, Stop> {
    let found = walk::walk(path, POLICIES, Nested::LeftOut)?;
    let mut all = Vec::new();
    if !found.files.is_empty() {
        all.push(Outline::Folder(Box::new(Folder {
            root: Root::new(path),
            manifest: None,
            files: found
                .files
                .iter()
                .map(|file| file.strip_prefix(path).unwrap_or(file).to_owned())
                .collect(),
        })));
    }
    for package in found.packages {
        let root = Root::new(&package);
        let manifest = ManifestFile::read(&root)?;
        all.push(Outline::Folder(Box::new(Folder::new(root, manifest)?)));
    }
    if all.is_empty() {
        return Err(no_policies(path));
    }
    Ok(all)
}

/// The package of the nearest folder above that has a `dictum.toml`, if what is at the path belongs to it.
fn enclosing(path: &Path) -> Result<Option<Folder>, Stop> {
    let Ok(canonical) = fs::canonicalize(path) else {
        return Ok(None);
    };
    let has_manifest = |folder: &&Path| folder.join(manifest::NAME).is_file();
    let Some(folder) = canonical.ancestors().skip(1).find(has_manifest) else {
        return Ok(None);
    };
    let root = Root {
        folder: folder.to_owned(),
        seen_from: match std::env::current_dir().and_then(fs::canonicalize) {
            Ok(current) if !path.is_absolute() => Some(current),
            Ok(_) | Err(_) => None,
        },
    };
    let manifest = ManifestFile::read(&root)?;
    let folder = Folder::new(root, manifest)?;
    Ok(Some(folder).filter(|folder| folder.is_uncertain() || folder.holds(&canonical)))
}

fn no_policies(path: &Path) -> Stop {
    Stop::usage(format!("no policies in `{}`", path.display()))
        .with_help(format!("a policy is a file whose name ends in `.{POLICIES}`"))
}

impl Folder {
    /// Finds the sources.
    fn new(root: Root, mut manifest: Option<ManifestFile>) -> Result<Self, Stop> {
        let mut files = BTreeSet::new();
        match &mut manifest {
            None => files = all_below(&root.folder)?,
            Some(manifest) if !manifest.says.sources_known => {}
            Some(ManifestFile {
                says, diagnostics, ..
            }) => match &says.sources {
                None => files = all_below(&root.folder)?,
                Some(patterns) => {
                    for pattern in patterns {
                        let matched = pattern.files(&root.folder, POLICIES)?;
                        if matched.is_empty() {
                            diagnostics.push(pattern.matches_nothing(&root.folder, POLICIES, "policy"));
                            says.sources_known = false;
                        }
                        files.extend(matched);
                    }
                }
            },
        }
        let known = manifest
            .as_ref()
            .is_none_or(|manifest| manifest.says.sources_known);
        if known && files.is_empty() {
            return Err(no_policies(&root.folder));
        }
        Ok(Self {
            root,
            manifest,
            files: files.into_iter().collect(),
        })
    }

    /// Whether nobody knows what it holds.
    fn is_uncertain(&self) -> bool {
        self.manifest
            .as_ref()
            .is_some_and(|manifest| !manifest.says.sources_known)
    }

    /// Whether a file is one of its sources, or a folder holds one.
    fn holds(&self, path: &Path) -> bool {
        self.files
            .iter()
            .any(|file| self.root.folder.join(file).starts_with(path))
    }
}

fn all_below(folder: &Path) -> Result<BTreeSet<PathBuf>, Stop> {
    let found = walk::walk(folder, POLICIES, Nested::LeftOut)?;
    Ok(found
        .files
        .iter()
        .map(|file| file.strip_prefix(folder).unwrap_or(file).to_owned())
        .collect())
}

impl Root {
    /// A folder as the command line names it.
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            seen_from: None,
        }
    }

    /// The path of a file of the package.
    pub(crate) fn path(&self, file: &Path) -> PathBuf {
        let path = self.folder.join(file);
        match &self.seen_from {
            Some(current) => relative(current, &path),
            None => path.strip_prefix(".").map(Path::to_owned).unwrap_or(path),
        }
    }
}

/// A path as seen from a folder; both are absolute and without links.
fn relative(from: &Path, path: &Path) -> PathBuf {
    let same = from
        .components()
        .zip(path.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(same).map(|_| Component::ParentDir);
    up.chain(path.components().skip(same)).collect()
}

impl ManifestFile {
    /// Reads the `dictum.toml` of a folder, if it has one.
    fn read(root: &Root) -> Result<Option<Self>, Stop> {
        let path = root.path(Path::new(manifest::NAME));
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() || metadata.is_dir() => {}
            // Reading a pipe or a device could wait for ever.
            Ok(_) => {
                return Err(Stop::usage(format!(
                    "cannot read `{}`: it is no regular file",
                    path.display()
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => {
                return Ok(None);
            }
            Err(error) => return Err(files::unreadable(&path, &error)),
        }
        let (bytes, more) = files::read_at_most(&path, manifest::MAX_BYTES)?;
        let (content, says, mut diagnostics) = manifest::read(&bytes, more);
        let (levels, unknown) = says.levels(known());
        diagnostics.extend(unknown);
        let shown = files::name(&path);
        let mut text = Sources::new();
        text.add(shown.clone(), content);
        Ok(Some(Self {
            shown,
            text,
            says,
            levels,
            diagnostics,
        }))
    }

    /// Its text.
    pub(crate) fn source(&self) -> &dictum_syntax::source::Source {
        self.text.get(SourceId(0))
    }

    /// The data files of the package, sorted, or what names none.
    pub(crate) fn data_files(&self, root: &Root) -> Result<Result<Vec<PathBuf>, Vec<Diagnostic>>, Stop> {
        let mut files = BTreeSet::new();
        let mut missing = Vec::new();
        let matched = |pattern: &Pattern| pattern.files(&root.folder, DATA);
        for pattern in &self.says.data {
            let found = matched(pattern)?;
            if found.is_empty() {
                missing.push(pattern.matches_nothing(&root.folder, DATA, "data"));
            }
            files.extend(found);
        }
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        Ok(Ok(files.iter().map(|file| root.path(file)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_seen_from_a_folder() {
        let check = |from: &str, path: &str, expected: &str| {
            assert_eq!(relative(Path::new(from), Path::new(path)), Path::new(expected));
        };
        check("/a/b", "/a/b/c.dictum", "c.dictum");
        check("/a/b", "/a/x/c.dictum", "../x/c.dictum");
        check("/a/b/c", "/a/d.dictum", "../../d.dictum");
        check("/", "/a/d.dictum", "a/d.dictum");
        check("/ab", "/a/d.dictum", "../a/d.dictum");
    }
}
