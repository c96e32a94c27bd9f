//! Runs the command in a folder of its own, and sees what it does.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

/// How long a run may take: far more than any needs in an unoptimised build, far less than one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder to run the command in, which goes away after the test.
pub(crate) struct Folder(TempDir);

/// What a run of the command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code.
    pub(crate) code: i32,
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error.
    pub(crate) stderr: String,
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of a file of the repository.
pub(crate) fn shipped(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with the files of an example.
    pub(crate) fn of_example(name: &str) -> Self {
        let folder = Self::new();
        for file in fs::read_dir(root().join("examples").join(name)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.path(&file.file_name().to_string_lossy())).unwrap();
        }
        folder
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    /// Runs `dictum` with arguments, which are separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Outcome {
        self.run_with(arguments, b"")
    }

    /// The same, with a standard input.
    pub(crate) fn run_with(&self, arguments: &str, input: &[u8]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dictum"));
        command
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        Outcome::of(&mut command, input)
    }

    /// Runs what has to be refused: with this exit code, with messages in which these texts stand in this order, with an
    /// output that is empty or JSON, and without a trace in the folder.
    pub(crate) fn refuses(&self, arguments: &str, input: &[u8], code: i32, says: &[&str]) -> Outcome {
        let before = self.files();
        let outcome = self.run_with(arguments, input);
        let context = || format!("dictum {arguments}\n{outcome:#?}");
        assert_eq!(outcome.code, code, "{}", context());
        let mut rest = outcome.stderr.as_str();
        for text in says {
            let Some(at) = rest.find(text) else {
                panic!("the standard error lacks `{text}`: {}", context());
            };
            rest = &rest[at..];
        }
        if arguments.contains("--format json") {
            let whole = serde_json::from_str::<Value>(&outcome.stdout).is_ok();
            assert!(whole || outcome.json_lines().is_some(), "{}", context());
        }
        assert!(
            before == self.files(),
            "files were made or changed: {}",
            context()
        );
        outcome
    }

    /// All files and folders below the folder, with their times and contents.
    fn files(&self) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let contents = if metadata.is_file() {
                    fs::read(&path).unwrap_or_default()
                } else {
                    Vec::new()
                };
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                files.insert(path, (metadata.modified().unwrap(), contents));
            }
        }
        files
    }
}

impl Outcome {
    /// Runs a command to its end. It may not panic, be killed by a signal, or take for ever.
    pub(crate) fn of(command: &mut Command, input: &[u8]) -> Self {
        let start = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // Who refuses an input early need not read all of it.
            scope.spawn(move || stdin.write_all(input).is_ok());
            child.wait_with_output().unwrap()
        });
        let outcome = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("the standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("the standard error is UTF-8"),
        };
        assert!((0..=3).contains(&outcome.code), "{command:?}\n{outcome:#?}");
        assert!(!outcome.stderr.contains("panicked"), "{command:?}\n{outcome:#?}");
        assert!(
            start.elapsed() < PATIENCE,
            "{command:?} took {:?}",
            start.elapsed()
        );
        outcome
    }

    /// The JSON document on the standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The JSON documents on the standard output, a line each, if that is what it holds.
    pub(crate) fn json_lines(&self) -> Option<Vec<Value>> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}
