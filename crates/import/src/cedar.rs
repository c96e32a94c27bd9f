//! Cedar policies, with their schema, links and entities, to a Dictum package that decides as they do.
//!
//! ```text
//! texts ─ read (Cedar's parser and validator) ─► policies, schema
//!             schema ─ schema ─► declarations, a file for each namespace
//!             policies ─ condition (one term for all kinds of requests) ─ write (text) ─► rules ─ rules ─► a file
//!             entities ─ data ─► the store as JSON
//! ```
//!
//! What is written is compiled before it is handed out ([`import`]), so what the language does not accept is found here, and
//! told of the policy that it comes from.
//!
//! Where the two languages differ, the rules say so. Cedar evaluates from left to right, and skips a policy that
//! errs; in Dictum, operands have no order, and what is undefined makes a forbid fire. So a condition that cannot err is
//! written as it is, and one that can with `and then` and `or else` where the order matters and with `otherwise false` in a
//! forbid; `write.rs` decides which.

mod actions;
mod cases;
mod comments;
mod condition;
mod data;
mod entities;
mod environments;
mod heads;
mod names;
mod package;
mod read;
mod request;
mod rules;
mod schema;
mod terms;
mod text;
mod write;

use std::fmt;

pub use cases::{Answer, Case, CaseFile, Engines, ExpectedRequest, Failure, Summary, read_case, run_case};
pub use package::import;

/// A text with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What to call it in errors: a path, most often.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Text {
    /// A text with its name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// What is imported.
#[derive(Clone, Debug)]
pub struct Input {
    /// What the package is called: letters, digits, `_` and `-`.
    pub name: String,
    /// Policies and templates, in Cedar's syntax or its JSON.
    pub policies: Vec<Text>,
    /// The schema, in either of its syntaxes.
    pub schema: Text,
    /// Entities, as JSON.
    pub entities: Option<Text>,
    /// Links of templates, as JSON.
    pub links: Vec<Text>,
}

/// A Dictum package that decides as the Cedar policies do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The files, in order, by their paths in the package: `dictum.toml`, the sources and the data.
    pub files: Vec<Text>,
    /// Which policy each rule comes from: the rule's label, and Cedar's id.
    pub labels: Vec<(String, String)>,
    /// What was left out, and why that changes nothing.
    pub notes: Vec<Refusal>,
}

impl Imported {
    /// The sources among the files.
    pub fn sources(&self) -> impl Iterator<Item = &Text> {
        self.files.iter().filter(|file| file.name.ends_with(".dictum"))
    }

    /// The data, where there were entities.
    #[must_use]
    pub fn data(&self) -> Option<&Text> {
        self.files.iter().find(|file| file.name == package::DATA)
    }

    /// Cedar's id of the policy that a rule comes from.
    #[must_use]
    pub fn policy(&self, label: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(rule, _)| rule == label);
        found.map(|(_, policy)| policy.as_str())
    }
}

/// Why something is not imported, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The text's name.
    pub file: String,
    /// The line, from 1; 0 where the text as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 where the text as a whole is meant.
    pub column: usize,
    /// The policy's id.
    pub policy: Option<String>,
    /// What is wrong, or cannot be said.
    pub message: String,
    /// The likely mend.
    pub help: Option<String>,
    /// Whether Cedar itself says so, and not only Dictum.
    pub by_cedar: bool,
}

impl Refusal {
    /// A text as a whole.
    fn at_start(text: &Text, message: impl Into<String>) -> Self {
        Self {
            file: text.name.clone(),
            line: 0,
            column: 0,
            policy: None,
            message: message.into(),
            help: None,
            by_cedar: false,
        }
    }

    /// A place in a text, in bytes.
    fn at(text: &Text, offset: usize, message: impl Into<String>) -> Self {
        let before = text.text.get(..offset).unwrap_or(&text.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            ..Self::at_start(text, message)
        }
    }

    /// What Cedar says of a text.
    fn of(text: &Text, policy: Option<String>, error: &dyn miette::Diagnostic) -> Self {
        let offset = error
            .labels()
            .and_then(|mut labels| labels.next())
            .map(|label| label.offset());
        let mut message = error.to_string();
        // Cedar's message often names the policy first, as this one does.
        if let Some(policy) = &policy
            && let Some(rest) = message.strip_prefix(&format!("for policy `{policy}`, "))
        {
            message = rest.to_owned();
        }
        let mut source = std::error::Error::source(error as &dyn std::error::Error);
        while let Some(cause) = source {
            let told = cause.to_string();
            if !message.contains(&told) {
                message = format!("{message}: {told}");
            }
            source = cause.source();
        }
        let mut refusal = match offset {
            Some(offset) => Self::at(text, offset, message),
            None => Self::at_start(text, message),
        };
        refusal.policy = policy;
        refusal.by_cedar = true;
        refusal.help = error.help().map(|help| help.to_string());
        refusal
    }

    /// A text that is no JSON, or not of the form that it should have.
    fn of_json(text: &Text, error: &serde_json::Error) -> Self {
        let told = error.to_string();
        let message = told.split(" at line ").next().unwrap_or(&told);
        let mut refusal = Self::at_start(text, message);
        refusal.line = error.line();
        refusal.column = error.column();
        refusal
    }

    fn with_policy(mut self, policy: &str) -> Self {
        self.policy = Some(policy.to_owned());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": ")?;
        if let Some(policy) = &self.policy {
            write!(f, "policy `{policy}`: ")?;
        }
        f.write_str(&self.message)
    }
}
