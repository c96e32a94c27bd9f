//! The files of a folder and the folders in it.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::manifest;
use crate::stop::{Stop, reason};

/// What becomes of folders below that are packages of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nested {
    /// Their files count.
    Included,
    /// They are named, and their files left out.
    LeftOut,
}

/// What a folder holds.
pub(crate) struct Found {
    /// The files, sorted by path.
    pub(crate) files: Vec<PathBuf>,
    /// The folders with a `dictum.toml` that were left out, sorted by path.
    pub(crate) packages: Vec<PathBuf>,
}

/// The files with an ending at or below a path; hidden folders and `target` are left out.
pub(crate) fn walk(start: &Path, ending: &str, nested: Nested) -> Result<Found, Stop> {
    let has_ending = |path: &Path| path.extension().is_some_and(|extension| extension == ending);
    let mut found = Found {
        files: Vec::new(),
        packages: Vec::new(),
    };
    let mut entries = WalkDir::new(start)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() && entry.depth() > 0 => {
                let name = entry.file_name().to_string_lossy();
                if name.starts_with('.') || name == "target" {
                    entries.skip_current_dir();
                } else if nested == Nested::LeftOut && entry.path().join(manifest::NAME).is_file() {
                    entries.skip_current_dir();
                    found.packages.push(entry.into_path());
                }
            }
            Ok(entry) if entry.file_type().is_file() && has_ending(entry.path()) => {
                found.files.push(entry.into_path());
            }
            Ok(_) => {}
            // What a link leads back to is being read anyway.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(start).to_owned();
                let error = error
                    .into_io_error()
                    .unwrap_or_else(|| io::ErrorKind::Other.into());
                // A link that leads nowhere, or to itself, matters only where a file should be.
                let leads_nowhere = match error.kind() {
                    io::ErrorKind::NotFound => true,
                    io::ErrorKind::PermissionDenied => false,
                    _ => path.is_symlink(),
                };
                if !leads_nowhere || has_ending(&path) {
                    return Err(Stop::usage(format!(
                        "cannot read `{}`: {}",
                        path.display(),
                        reason(&error)
                    )));
                }
            }
        }
    }
    Ok(found)
}
