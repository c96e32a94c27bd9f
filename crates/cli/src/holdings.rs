//! What is wrong with the data of a package: what does not fit its schema, and grants of roles that exclude each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dictum_artifact::data::Dataset;
use dictum_artifact::json::{self, DataError};
use dictum_artifact::naming::written_path;
use dictum_artifact::schema::RoleId;
use dictum_compiler::Program;
use dictum_compiler::conflicts::{self, Conflict, MAX_CONFLICTS};
use serde::Serialize;

use crate::console::{Console, HELP, WRONG, printable};
use crate::inputs::{DataTexts, Fault};
use crate::package::Package;
use crate::report::{MAX_TOLD, Place, count};
use crate::stop::Stop;

/// What was found in data.
#[derive(Default, Serialize)]
pub(crate) struct DataFindings {
    /// How many files were read.
    files: usize,
    errors: Vec<Fault>,
    conflicts: Vec<ConflictText>,
    /// Whether these are all conflicts.
    is_whole: bool,
}

/// Two grants of roles that exclude each other.
#[derive(Serialize)]
struct ConflictText {
    message: String,
    exclusive: String,
    /// Where the roles are declared exclusive.
    declared: Place,
    roles: [String; 2],
    /// The grants, which are the same where one gives both roles.
    grants: [GrantText; 2],
    principal: serde_json::Value,
    resource: serde_json::Value,
}

#[derive(Clone, Serialize)]
struct GrantText {
    file: String,
    line: u32,
    column: u32,
    path: String,
    grant: serde_json::Value,
}

impl DataFindings {
    /// Nothing, so far.
    pub(crate) fn new() -> Self {
        Self {
            is_whole: true,
            ..Self::default()
        }
    }

    /// Adds what is wrong with these files as the data of a package.
    pub(crate) fn add(
        &mut self,
        package: &Package,
        program: &Program,
        paths: &[PathBuf],
    ) -> Result<(), Stop> {
        let texts = DataTexts::read(paths)?;
        self.files += paths.len();
        let data = match texts.dataset(&program.schema) {
            Ok(data) => data,
            Err(errors) => {
                self.errors.extend(errors);
                return Ok(());
            }
        };
        let found = conflicts::conflicts(&program.schema, &program.exclusives, &data);
        self.is_whole &= found.is_whole;
        let grants: Vec<usize> = found.found.iter().flat_map(|found| found.grants).collect();
        let places: BTreeMap<usize, DataError> =
            json::grant_places(&texts.named(), &grants).into_iter().collect();
        let told = found.found.iter();
        self.conflicts
            .extend(told.filter_map(|found| conflict(package, program, &data, &places, found)));
        Ok(())
    }

    /// Whether something is wrong.
    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty() || !self.conflicts.is_empty()
    }

    /// Writes all of it for people.
    pub(crate) fn write(&self, console: &mut Console) -> Result<(), Stop> {
        let mut told = 0;
        for fault in self.errors.iter().take(MAX_TOLD) {
            told += 1;
            write_error(&fault.line(), fault.help.as_deref(), console)?;
        }
        for conflict in self.conflicts.iter().take(MAX_TOLD - told) {
            told += 1;
            let [first, second] = &conflict.grants;
            let place = |grant: &GrantText| format!("{}:{}:{}", grant.file, grant.line, grant.column);
            let declared = &conflict.declared;
            let declared = format!("{}:{}:{}", declared.file, declared.line, declared.column);
            let message = format!("{}: `{}`: {}", place(first), first.path, conflict.message);
            let help = if first.path == second.path && first.file == second.file {
                format!("take the grant back; the roles are held apart at {declared}")
            } else {
                format!(
                    "take it back, or `{}` at {}; the roles are held apart at {declared}",
                    second.path,
                    place(second)
                )
            };
            write_error(&message, Some(&help), console)?;
        }
        if !self.is_whole {
            let text = format!(
                "more grants may conflict: the search ends after {MAX_CONFLICTS} conflicts, and after some seconds"
            );
            console.line(text)?;
        }
        let all = self.errors.len() + self.conflicts.len();
        let untold = match all - told {
            0 => String::new(),
            untold => format!("; {untold} of them not shown"),
        };
        let files = count(self.files, "data file");
        if all == 0 {
            console.line(format_args!("no errors in {files}"))
        } else {
            let all = count(all, "error");
            console.line(format_args!("{WRONG}{all}{WRONG:#} in {files}{untold}"))
        }
    }
}

fn write_error(message: &str, help: Option<&str>, console: &mut Console) -> Result<(), Stop> {
    console.line(format_args!("{WRONG}error:{WRONG:#} {}", printable(message)))?;
    match help {
        Some(help) => console.line(format_args!("  {HELP}help:{HELP:#} {}", printable(help))),
        None => Ok(()),
    }
}

fn conflict(
    package: &Package,
    program: &Program,
    data: &Dataset,
    places: &BTreeMap<usize, DataError>,
    found: &Conflict,
) -> Option<ConflictText> {
    let schema = &program.schema;
    let exclusive = program.exclusives.get(found.exclusive)?;
    let role = |role: RoleId| schema.role(role).map(|def| def.name.clone());
    let roles = [role(found.roles[0])?, role(found.roles[1])?];
    let grant = |at: usize| {
        let place = places.get(&at)?;
        Some(GrantText {
            file: place.source.clone(),
            line: place.line,
            column: place.column,
            path: place.path.clone(),
            grant: json::write_grant(schema, data.grants.get(at)?),
        })
    };
    let (principal, resource) = (&found.principal, &found.resource);
    Some(ConflictText {
        message: format!(
            "`{}` gets both `{}` and `{}` on `{}`, which exclude each other",
            principal.display(schema),
            written_path(&roles[0]),
            written_path(&roles[1]),
            resource.display(schema)
        ),
        exclusive: exclusive.label.clone(),
        declared: Place::of(package, exclusive.span),
        roles,
        grants: [grant(found.grants[0])?, grant(found.grants[1])?],
        principal: json::write_entity_uid(schema, principal),
        resource: json::write_entity_uid(schema, resource),
    })
}
