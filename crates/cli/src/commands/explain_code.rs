//! `dictum explain-code`: the page of a diagnostic.

use serde::Serialize;

use crate::console::{Console, Format, STRONG};
use crate::lints::known;
use crate::markdown;
use crate::pages::{self, PAGES, Page};
use crate::stop::{Ending, Exit};

help! {
"\
Examples:
  dictum explain-code D0301          what the error means, and how to mend it
  dictum explain-code                all codes, with their meanings
  dictum explain-code D0301 --format json | jq -r .page",
"\
Lints are also known by their names, which the list shows.

With --format json:
  {\"code\": \"D0301\", \"title\": \"…\", \"page\": \"…\"}
where the page is Markdown; without a code
  {\"codes\": [{\"code\": \"L0101\", \"title\": \"…\", \"name\": \"always_true\"}]}
where only lints have a name.",
"\
Exit codes: 0 shown, 2 there is no such code."
}

/// Say what the code of an error or a lint means, and how to mend it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct ExplainCode {
    /// The code, such as `D0301`; all are listed where none is given
    #[arg(value_name = "CODE")]
    code: Option<String>,

    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Serialize)]
struct Meaning {
    code: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'static str>,
}

/// What settings call it, where it is a lint.
fn name(code: &str) -> Option<&'static str> {
    let known = known();
    known
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

impl ExplainCode {
    pub(crate) fn run(&self, console: &mut Console) -> Ending {
        match &self.code {
            Some(code) => self.show(code, console),
            None => self.list(console),
        }
    }

    fn show(&self, asked: &str, console: &mut Console) -> Ending {
        let page = pages::find(asked)?;
        match self.format {
            Format::Human => console.raw(&markdown::render(page.text))?,
            Format::Json => console.json(&Meaning {
                code: page.code,
                title: page.title,
                name: None,
                page: Some(page.text),
            })?,
        }
        Ok(Exit::Success)
    }

    fn list(&self, console: &mut Console) -> Ending {
        match self.format {
            Format::Human => {
                for Page { code, title, .. } in PAGES {
                    let called = match name(code) {
                        Some(name) => format!("{name}: "),
                        None => String::new(),
                    };
                    console.line(format_args!("{STRONG}{code}{STRONG:#}  {called}{title}"))?;
                }
            }
            Format::Json => {
                let codes: Vec<Meaning> = PAGES
                    .iter()
                    .map(|page| Meaning {
                        code: page.code,
                        title: page.title,
                        name: name(page.code),
                        page: None,
                    })
                    .collect();
                console.json(&serde_json::json!({ "codes": codes }))?;
            }
        }
        Ok(Exit::Success)
    }
}
