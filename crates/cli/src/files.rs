//! Reading and writing files, with errors that name them.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::stop::{Stop, reason};

/// How long a data file, a request file or an artifact may be, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 30;

/// The name that stands for standard input and output.
pub(crate) const STANDARD: &str = "-";

/// Whether a path stands for the standard input.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == STANDARD
}

/// The name of a path in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_standard(path) {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Opens a file, or the standard input.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Stop> {
    if is_standard(path) {
        return Ok(Box::new(io::stdin()));
    }
    let refused = |error: io::Error| unreadable(path, &error);
    let file = File::open(path).map_err(refused)?;
    // A folder opens like a file and fails at the first read, with a message that names nothing.
    if file.metadata().map_err(refused)?.is_dir() {
        return Err(Stop::usage(format!(
            "cannot read `{}`: it is a folder",
            path.display()
        )));
    }
    Ok(Box::new(file))
}

/// A file could not be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Stop {
    let stop = Stop::io(format_args!("read `{}`", name(path)), error);
    match std::env::current_dir() {
        Ok(folder) if error.kind() == io::ErrorKind::NotFound && path.is_relative() => {
            stop.with_help(format!(
                "a relative path starts at the current folder, `{}`",
                folder.display()
            ))
        }
        Ok(_) | Err(_) => stop,
    }
}

/// The first `limit` bytes of a file or the standard input, and whether there are more.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> Result<(Vec<u8>, bool), Stop> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    open(path)?
        .take(bound)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    let more = bytes.len() > limit;
    bytes.truncate(limit);
    Ok((bytes, more))
}

/// A whole file, or the standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    match read_at_most(path, MAX_BYTES)? {
        (bytes, false) => Ok(bytes),
        (_, true) => Err(too_long(path)),
    }
}

/// A file is longer than any may be.
pub(crate) fn too_long(path: &Path) -> Stop {
    Stop::bad(format!("{}: over {} MiB long", name(path), MAX_BYTES >> 20)).with_help("split it")
}

/// A whole file of text, or the standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Stop> {
    let bytes = read(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let (line, column) = invalid_utf8(error.as_bytes(), error.utf8_error().valid_up_to());
        Stop::bad(format!("{}:{line}:{column}: the text is not UTF-8", name(path)))
            .with_help("save the file as UTF-8")
    })
}

/// The line and column, from 1, where bytes stop being UTF-8.
pub(crate) fn invalid_utf8(bytes: &[u8], valid: usize) -> (usize, usize) {
    let before = bytes.get(..valid).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    (line, String::from_utf8_lossy(last).chars().count() + 1)
}

/// Writes a file whole or not at all: to a temporary file in the same folder, which then takes the file's name. A
/// device or pipe is written directly; behind a symbolic link, the file that it leads to is replaced.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let refused = |error: io::Error| Stop::io(format_args!("write `{}`", path.display()), &error);
    let present = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(
                Stop::usage(format!("cannot write `{}`: it is a folder", path.display()))
                    .with_help("give the name of a file in it"),
            );
        }
        Ok(metadata) if !metadata.is_file() => {
            let mut device = File::options().write(true).open(path).map_err(refused)?;
            return device.write_all(bytes).map_err(refused);
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(refused(error)),
    };
    let target = if present.is_some() {
        fs::canonicalize(path).map_err(refused)?
    } else {
        path.to_owned()
    };
    if present.as_ref().is_some_and(Permissions::readonly) {
        return Err(refused(io::ErrorKind::PermissionDenied.into()));
    }
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dictum-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(&folder).map_err(|error| {
        Stop::usage(format!(
            "cannot write `{}`: no file can be made in `{}`: {}",
            path.display(),
            folder.display(),
            reason(&error)
        ))
        .with_help("name a file in a folder that exists and may be written to")
    })?;
    temporary.write_all(bytes).map_err(refused)?;
    if let Some(permissions) = present {
        temporary
            .as_file()
            .set_permissions(permissions)
            .map_err(refused)?;
    }
    temporary.as_file().sync_all().map_err(refused)?;
    temporary.persist(&target).map_err(|error| refused(error.error))?;
    Ok(())
}
