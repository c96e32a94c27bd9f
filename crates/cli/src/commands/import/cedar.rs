//! `dictum import cedar`: Cedar policies to a package that decides as they do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dictum_import::cedar::{self, Imported, Input, Refusal, Text};
use serde::Serialize;

use super::cases;
use crate::activity::Activity;
use crate::console::{Console, DOUBTFUL, Format, GOOD, printable};
use crate::files;
use crate::report::count;
use crate::stop::{Ending, Exit, Stop};

help! {
"\
Examples:
  dictum import cedar --policies photos.cedar --schema photos.cedarschema -o photos/
  dictum import cedar --policies a.cedar b.cedar --schema s.json --entities store.json --links links.json -o app/
  dictum import cedar --test cases/*.json      compare decisions with those that are expected",
"\
Policies and the schema are read in Cedar's syntax or its JSON, and have to pass Cedar's strict validator. The folder gets \
a package that decides as they do, Cedar's errors included: `dictum.toml`, a file of declarations for each namespace, \
`policies.dictum`, and `data.json` with the entities. Rules are labelled with Cedar's ids: the value of `@id`, or `policy0` and so \
on in the order of the policies. What cannot be said is refused with the policy's id, the place and the reason, and then \
nothing is written. `docs/cedar.md` compares the two languages.

Links are `[{\"template_id\": \"…\", \"link_id\": \"…\", \"args\": {\"?principal\": \"User::\\\"ann\\\"\"}}]`.

With --format json:
  {\"output\": \"photos/\", \"files\": [\"dictum.toml\", …], \"policies\": 3, \"rules\": 3, \"notes\": [PLACE, …]}
or, where something is refused, {\"refused\": [PLACE, …]}, with PLACE as
  {\"file\": \"a.cedar\", \"line\": 3, \"column\": 1, \"policy\": \"policy2\" | null, \"message\": \"…\", \"help\": \"…\" | null}
(line and column are 0 where the file as a whole is meant).

A case of --test is a file in the form of Cedar's integration tests: \
{\"policies\": PATH, \"schema\": PATH, \"entities\": PATH, \"shouldValidate\": true, \"requests\": [{\"principal\": …, \"action\": …, \
\"resource\": …, \"context\": {…}, \"decision\": \"allow\", \"reason\": [ID, …], \"errors\": [ID, …]}, …]}. Its paths start at its folder, or at \
one above. A folder stands for all cases in it and below. Each case is imported in memory, and each request decided by the \
reference evaluator and by the compiled policy, before and after it is written and read. \
With --format json:
  {\"cases\": 1, \"imported\": 1, \"refused\": 0, \"requests\": 8, \"agree\": 8, \"disagree\": 0, \"reasons_differ\": 0,
   \"errors_differ\": 0, \"failures\": [{\"case\": \"…\", \"request\": \"…\" | null, \"expected\": \"…\", \"got\": \"…\"}]}",
"\
Exit codes: 0 imported, or all cases are as expected; 1 something is refused, or not as expected; 2 reading or writing \
failed."
}

/// Bring in Cedar policies, with their meaning unchanged
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(super) struct Cedar {
    /// Policies and templates, in Cedar's syntax or its JSON
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "test")]
    policies: Vec<PathBuf>,

    /// The schema, in Cedar's syntax or its JSON
    #[arg(long, value_name = "FILE", required_unless_present = "test")]
    schema: Option<PathBuf>,

    /// The entities, as JSON
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,

    /// The links of templates, as JSON
    #[arg(long, value_name = "FILE", num_args = 1..)]
    links: Vec<PathBuf>,

    /// The folder to write, which does not exist or is empty
    #[arg(short, long, value_name = "DIR", required_unless_present = "test")]
    output: Option<PathBuf>,

    /// Write into a folder that has files; those with the names of the package's are replaced
    #[arg(long)]
    replace: bool,

    /// Import these cases in memory, and compare their decisions with those that they expect
    #[arg(
        long,
        value_name = "CASE",
        num_args = 1..,
        conflicts_with_all = ["policies", "schema", "entities", "links", "output", "replace"]
    )]
    test: Vec<PathBuf>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Written<'w> {
    output: String,
    files: Vec<&'w str>,
    policies: usize,
    rules: usize,
    notes: Vec<Place<'w>>,
}

#[derive(Serialize)]
struct Refused<'r> {
    refused: Vec<Place<'r>>,
}

/// A place, and what is said of it.
#[derive(Serialize)]
struct Place<'p> {
    file: &'p str,
    line: usize,
    column: usize,
    policy: Option<&'p str>,
    message: &'p str,
    help: Option<&'p str>,
}

impl<'p> From<&'p Refusal> for Place<'p> {
    fn from(refusal: &'p Refusal) -> Self {
        Self {
            file: &refusal.file,
            line: refusal.line,
            column: refusal.column,
            policy: refusal.policy.as_deref(),
            message: &refusal.message,
            help: refusal.help.as_deref(),
        }
    }
}

impl Cedar {
    pub(super) fn run(&self, console: &mut Console) -> Ending {
        let (Some(schema), Some(output)) = (&self.schema, &self.output) else {
            return cases::run(&self.test, self.format, console);
        };
        self.check_output(output)?;
        let input = Input {
            name: package_name(output),
            policies: self
                .policies
                .iter()
                .map(|path| read(path))
                .collect::<Result<_, _>>()?,
            schema: read(schema)?,
            entities: self.entities.as_deref().map(read).transpose()?,
            links: self
                .links
                .iter()
                .map(|path| read(path))
                .collect::<Result<_, _>>()?,
        };
        let activity = Activity::new("importing", 1);
        let imported = cedar::import(&input);
        drop(activity);
        match imported {
            Ok(imported) => {
                write(output, &imported)?;
                self.tell(output, &imported, console)
            }
            Err(refusals) => {
                match self.format {
                    Format::Json => console.json(&Refused {
                        refused: refusals.iter().map(Place::from).collect(),
                    })?,
                    Format::Human => {
                        for refusal in &refusals {
                            console.error(&refusal.to_string(), refusal.help.as_deref());
                        }
                        console.note(format_args!("nothing was written"));
                    }
                }
                Ok(Exit::Bad)
            }
        }
    }

    /// Nothing that is there is lost.
    fn check_output(&self, output: &Path) -> Result<(), Stop> {
        let entries = match fs::read_dir(output) {
            Ok(entries) => entries,
            // A link that leads nowhere is there, and is no folder.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(output).is_err() =>
            {
                return Ok(());
            }
            Err(error) => return Err(Stop::io(format_args!("write to `{}`", output.display()), &error)),
        };
        if entries.count() > 0 && !self.replace {
            return Err(
                Stop::usage(format!("the folder `{}` is not empty", output.display()))
                    .with_help("name a folder that does not exist, or write into this one with `--replace`"),
            );
        }
        Ok(())
    }

    fn tell(&self, output: &Path, imported: &Imported, console: &mut Console) -> Ending {
        let mut policies: Vec<&str> = imported
            .labels
            .iter()
            .map(|(_, policy)| policy.as_str())
            .collect();
        policies.dedup();
        let written = Written {
            output: output.display().to_string(),
            files: imported.files.iter().map(|file| file.name.as_str()).collect(),
            policies: policies.len(),
            rules: imported.labels.len(),
            notes: imported.notes.iter().map(Place::from).collect(),
        };
        match self.format {
            Format::Json => console.json(&written)?,
            Format::Human => {
                for note in &imported.notes {
                    console.note(format_args!(
                        "{DOUBTFUL}note:{DOUBTFUL:#} {}",
                        printable(&note.to_string())
                    ));
                }
                console.line(format_args!(
                    "{GOOD}wrote{GOOD:#} {}: {}, {} of {}",
                    written.output,
                    count(written.files.len(), "file"),
                    count(written.rules, "rule"),
                    match written.policies {
                        1 => "1 policy".to_owned(),
                        policies => format!("{policies} policies"),
                    },
                ))?;
            }
        }
        Ok(Exit::Success)
    }
}

fn read(path: &Path) -> Result<Text, Stop> {
    Ok(Text::new(files::name(path), files::read_text(path)?))
}

/// What the package is called: as its folder, as far as a package's name may be.
fn package_name(output: &Path) -> String {
    let folder = fs::canonicalize(output).unwrap_or_else(|_| output.to_owned());
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let name: String = folder
        .unwrap_or_default()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if name.is_empty() {
        "imported".to_owned()
    } else {
        name
    }
}

/// Writes the files into a new folder that then takes its name, or one by one into one that is there.
fn write(output: &Path, imported: &Imported) -> Result<(), Stop> {
    let put = |folder: &Path| -> Result<(), Stop> {
        for file in &imported.files {
            files::write(&folder.join(&file.name), file.text.as_bytes())?;
        }
        Ok(())
    };
    if output.exists() {
        return put(output);
    }
    let refused = |error: io::Error| Stop::io(format_args!("write `{}`", output.display()), &error);
    let parent = match output.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(refused)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dictum-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let folder = builder.tempdir_in(&parent).map_err(refused)?;
    put(folder.path())?;
    fs::rename(folder.path(), output).map_err(refused)?;
    // It has another name now, and is no longer to be taken away.
    let _ = folder.keep();
    Ok(())
}
