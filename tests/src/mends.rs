//! Mends made: what a diagnostic offers as a change of the text has to mend it.

use dictum_compiler::{Settings, compile_with};
use dictum_syntax::diagnostic::{Diagnostic, Fix};
use dictum_syntax::fix;
use dictum_syntax::source::{Sources, Span};

use crate::tell;

/// What is found where not all was said before: where a text could not be read, a name or an attribute was not known, or a
/// value may be absent, mending that may show more.
const HIDES: [&str; 4] = ["D0201", "D0304", "D0305", "D0311"];

/// Makes each mend alone, and tells of those after which what they are for is still there, or something else has become
/// wrong: the place of the diagnostic, and what is left.
#[must_use]
pub fn faults(sources: &Sources, diagnostics: &[Diagnostic], settings: &Settings) -> Vec<(Span, String)> {
    let mut faults = Vec::new();
    for diagnostic in diagnostics {
        let Some(mend) = &diagnostic.fix else { continue };
        let Some(mended) = made(sources, mend) else {
            faults.push((diagnostic.span, format!("`{}` does not fit the text", mend.title)));
            continue;
        };
        let (_, left) = compile_with(&mended, settings);
        let alike = |all: &[Diagnostic]| {
            let same =
                |other: &&Diagnostic| (other.code, &other.message) == (diagnostic.code, &diagnostic.message);
            all.iter().filter(same).count()
        };
        let others = |all: &[Diagnostic]| all.iter().filter(|other| other.code != "D0305").count();
        let hides = diagnostic.code.starts_with("D01") || HIDES.contains(&diagnostic.code);
        if alike(&left) >= alike(diagnostics) || !hides && others(&left) >= others(diagnostics) {
            let left = tell::diagnostics(&mended, &left).join("\n      ");
            let message = format!("`{}` does not mend this; what is left:\n      {left}", mend.title);
            faults.push((diagnostic.span, message));
        }
    }
    faults
}

/// The sources with a mend made; none where a change does not fit.
#[must_use]
pub fn made(sources: &Sources, mend: &Fix) -> Option<Sources> {
    let mut mended = Sources::new();
    for (id, source) in sources.iter() {
        let edits = mend.edits.iter().filter(|edit| edit.span.source == id);
        mended.add(source.name.clone(), fix::apply(&source.text, edits)?);
    }
    Some(mended)
}
