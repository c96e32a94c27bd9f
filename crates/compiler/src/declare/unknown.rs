//! Names that are not declared: what is said of them, and which one may be meant.

use dictum_artifact::suggest;
use dictum_syntax::ast::Ident;
use dictum_syntax::diagnostic::{Diagnostic, Fix};
use dictum_syntax::naming;

use super::{Declared, written};
use crate::codes;
use crate::mend::{Mend, mended};

impl Declared<'_> {
    /// Reports a name that is not declared, unless a declaration that could not be read may declare it.
    pub(crate) fn unknown<'n>(
        &self,
        name: &Ident,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if self.modules.is_in_doubt(name) {
            return;
        }
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_NAME,
            name.span,
            format!("there is no {what} `{}`", name.name),
        );
        let known: Vec<&str> = known.into_iter().collect();
        let elsewhere: Vec<&str> = self
            .modules
            .elsewhere(&name.name)
            .filter(|full| known.contains(full))
            .collect();
        let own = naming::split(&name.name).map(|(_, own)| own);
        diagnostic = match (elsewhere.as_slice(), own.filter(|own| known.contains(own))) {
            ([], Some(own)) => diagnostic
                .with_help(format!("did you mean `{own}`, which is in no module?"))
                .with_fix(Fix::replace(format!("write `{own}`"), name.span, written(own))),
            ([], None) => self.suggest(diagnostic, name, known),
            ([one], _) => diagnostic
                .with_help(format!(
                    "it is declared in another module: write `{one}`, or take it with `use`"
                ))
                .with_fix(Fix::replace(format!("write `{one}`"), name.span, written(one))),
            (several, _) => diagnostic.with_help(format!(
                "other modules declare it: {}",
                crate::check::list(several)
            )),
        };
        diagnostics.push(diagnostic);
    }

    /// The same diagnostic with the nearest of the names that are known, where one is near, or with what the name is.
    pub(crate) fn suggest<'n>(
        &self,
        diagnostic: Diagnostic,
        name: &Ident,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Diagnostic {
        let source = name.span.source;
        let seen = known.into_iter().map(|full| self.modules.as_seen(source, full));
        let near = self.nearest(&name.name, seen);
        let mend = near.map(|near| Mend::meant(near, name.span, written(near)));
        let other = || {
            let noun = self.modules.noun(source, &name.name)?;
            Some(Mend::told(format!("`{}` is {noun}", name.name)))
        };
        mended(diagnostic, mend.or_else(other))
    }

    /// The nearest of the names that are known, where one is near.
    pub(crate) fn nearest<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        let most = self.comparisons.get();
        let mut left = most;
        let found = suggest::nearest(name, known.into_iter().take(most).inspect(|_| left -= 1));
        self.comparisons.set(left);
        found
    }
}
