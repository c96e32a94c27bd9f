//! How a command ends.

use std::fmt::Display;
use std::io;

/// The exit codes that the help of each command lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well; of `eval`: allowed.
    Success = 0,
    /// The policy, the data or a request is bad, or a test failed.
    Bad = 1,
    /// The command line is wrong, or reading or writing failed.
    Usage = 2,
    /// Denied.
    Deny = 3,
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Whoever read the standard output is gone: nothing is left to say.
    Closed,
    /// An error to print.
    Failed {
        /// The exit code.
        exit: Exit,
        /// What is wrong, with its place.
        message: String,
        /// The likely mend.
        help: Option<String>,
    },
}

impl Stop {
    /// The policy, the data or a request is bad.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::Failed {
            exit: Exit::Bad,
            message: message.into(),
            help: None,
        }
    }

    /// The command line is wrong, or reading or writing failed.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Failed {
            exit: Exit::Usage,
            message: message.into(),
            help: None,
        }
    }

    /// The operating system refused `what`, such as "read `x`".
    pub(crate) fn io(what: impl Display, error: &io::Error) -> Self {
        Self::usage(format!("cannot {what}: {}", reason(error)))
    }

    /// The same with a likely mend.
    pub(crate) fn with_help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Closed => Self::Closed,
            Self::Failed {
                exit,
                message,
                help: _,
            } => Self::Failed {
                exit,
                message,
                help: Some(text.into()),
            },
        }
    }
}

/// How a command ends: with an exit code, or early.
pub(crate) type Ending = Result<Exit, Stop>;

/// What the operating system said, in the words of our messages.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "no space is left".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut chars = text.chars();
            chars
                .next()
                .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
        }
    }
}
