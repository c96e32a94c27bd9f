//! The pages of `docs/diagnostics/`, as they were when the command was built.

use crate::lints::known;
use crate::stop::Stop;

use dictum_artifact::suggest::did_you_mean;

/// A page.
pub(crate) struct Page {
    /// The code that it is about.
    pub(crate) code: &'static str,
    /// The meaning in a line.
    pub(crate) title: &'static str,
    /// The whole page, as Markdown.
    pub(crate) text: &'static str,
}

/// All pages, sorted by code.
pub(crate) const PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page of a code, in capitals or not, or of a lint by its name.
pub(crate) fn find(asked: &str) -> Result<&'static Page, Stop> {
    let code = known()
        .iter()
        .find(|(_, name)| *name == asked)
        .map_or(asked, |(code, _)| code);
    let page = PAGES.iter().find(|page| page.code.eq_ignore_ascii_case(code));
    page.ok_or_else(|| {
        let names = known().iter().map(|(_, name)| *name);
        let help = did_you_mean(asked, PAGES.iter().map(|page| page.code).chain(names))
            .unwrap_or_else(|| "list all codes with `dictum explain-code`".to_owned());
        Stop::usage(format!("there is no code `{asked}`")).with_help(help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CODES;

    #[test]
    fn every_code_has_a_page_that_says_what_it_means() {
        let ours = CODES.iter().chain(dictum_syntax::CODES);
        let lints = dictum_compiler::lint::LINTS
            .iter()
            .map(|lint| (lint.code, lint.meaning));
        for (code, meaning) in ours.chain(dictum_compiler::codes::CODES).copied().chain(lints) {
            let page = PAGES.iter().find(|page| page.code == code);
            assert_eq!(page.map(|page| page.title), Some(meaning), "{code}");
        }
        assert!(PAGES.is_sorted_by_key(|page| page.code));
        assert_eq!(find("d0301").map_or("", |page| page.code), "D0301");
        assert!(find("D9999").is_err());
    }
}
