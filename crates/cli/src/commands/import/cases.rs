//! `dictum import cedar --test`: cases with the decisions that they expect.

use std::path::{Path, PathBuf};

use dictum_import::cedar::{Case, Input, Summary, Text, read_case, run_case};

use crate::activity::Activity;
use crate::console::{Console, Format, GOOD, WRONG, printable};
use crate::files;
use crate::report::MAX_TOLD;
use crate::stop::{Ending, Exit, Stop};
use crate::walk::{Nested, walk};

/// Runs cases and tells what became of them.
pub(super) fn run(paths: &[PathBuf], format: Format, console: &mut Console) -> Ending {
    let mut cases = Vec::new();
    for path in paths {
        cases.extend(cases_at(path)?);
    }
    if cases.is_empty() {
        return Err(Stop::usage("there are no cases in what `--test` names")
            .with_help("a case is a JSON file with `policies`, `schema`, `entities` and `requests`"));
    }
    let activity = Activity::new("running cases", cases.len());
    let mut summary = Summary::default();
    for (path, text) in cases {
        summary.add(run_case(&load(&path, text)?));
        activity.advance();
    }
    drop(activity);
    match format {
        Format::Json => console.json(&summary)?,
        Format::Human => tell(&summary, console)?,
    }
    Ok(if summary.is_good() {
        Exit::Success
    } else {
        Exit::Bad
    })
}

/// A case file, or those in a folder.
fn cases_at(path: &Path) -> Result<Vec<(PathBuf, Text)>, Stop> {
    let read = |path: &Path| Ok(Text::new(files::name(path), files::read_text(path)?));
    if !path.is_dir() {
        return Ok(vec![(path.to_owned(), read(path)?)]);
    }
    let mut cases = Vec::new();
    for path in walk(path, "json", Nested::Included)?.files {
        let text = read(&path)?;
        // Entities lie beside the cases.
        if serde_json::from_str::<serde_json::Value>(&text.text)
            .is_ok_and(|json| json.get("requests").is_some())
        {
            cases.push((path, text));
        }
    }
    Ok(cases)
}

/// A case with the texts that it names: its paths start at its folder or at one above.
fn load(path: &Path, text: Text) -> Result<Case, Stop> {
    let file = read_case(&text).map_err(|refusal| Stop::bad(refusal.to_string()))?;
    let above = path
        .ancestors()
        .skip(1)
        .map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        });
    let read = |named: &str| {
        let found = above
            .clone()
            .map(|folder| folder.join(named))
            .find(|path| path.is_file());
        let Some(found) = found else {
            return Err(Stop::usage(format!("{}: there is no `{named}`", text.name))
                .with_help("the paths of a case start at its folder, or at one above"));
        };
        Ok(Text::new(files::name(&found), files::read_text(&found)?))
    };
    Ok(Case {
        name: text.name.clone(),
        input: Input {
            name: "case".to_owned(),
            policies: vec![read(&file.policies)?],
            schema: read(&file.schema)?,
            entities: Some(read(&file.entities)?),
            links: Vec::new(),
        },
        should_validate: file.should_validate,
        requests: file.requests,
    })
}

fn tell(summary: &Summary, console: &mut Console) -> Result<(), Stop> {
    for failure in summary.failures.iter().take(MAX_TOLD) {
        let request = failure.request.as_ref().map(|request| format!(" {request}:"));
        let text = format!(
            "{}:{}\n  expected {}\n  got      {}",
            failure.case,
            request.unwrap_or_default(),
            failure.expected,
            failure.got
        );
        console.line(format_args!("{WRONG}fail{WRONG:#} {}", printable(&text)))?;
    }
    let more = summary.failures.len().saturating_sub(MAX_TOLD);
    if more > 0 {
        console.line(format_args!("and {more} more"))?;
    }
    let rows = [
        ("cases", summary.cases),
        ("imported", summary.imported),
        ("refused", summary.refused),
        ("requests", summary.requests),
        ("agree", summary.agree),
        ("disagree", summary.disagree),
        ("other policies decide", summary.reasons_differ),
        ("other policies err", summary.errors_differ),
    ];
    for (name, number) in rows {
        console.line(format_args!("{name:<22}{number:>8}"))?;
    }
    if summary.is_good() {
        console.line(format_args!("{GOOD}all is as expected{GOOD:#}"))?;
    }
    Ok(())
}
