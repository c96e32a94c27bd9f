//! Paths and patterns of `dictum.toml`, relative to the package, to the files that they match.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dictum_artifact::suggest::nearest;
use dictum_syntax::diagnostic::Diagnostic;
use dictum_syntax::source::Span;
use globset::{GlobBuilder, GlobMatcher};

use crate::codes;
use crate::stop::Stop;
use crate::walk::{self, Nested};

/// A file, a folder or a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As it is written, without what means nothing.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) span: Span,
    /// The folder or file before the first part that matches more than itself.
    base: PathBuf,
    /// What has to match, of a path or a folder that it lies in; all below the base where there is none.
    glob: Option<GlobMatcher>,
}

impl Pattern {
    /// Reads a pattern: `*` and `?` match within a part of a path, `**` any number of parts, `[…]` one of some characters,
    /// `{…,…}` one of some texts.
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, Box<Diagnostic>> {
        let refused = |message: String, help: &str| {
            Box::new(Diagnostic::error(codes::PATH, span, message).with_help(help))
        };
        let has_drive = text.as_bytes().get(1) == Some(&b':');
        if text.starts_with('/') || text.starts_with("\\\\") || has_drive {
            return Err(refused(
                format!("`{text}` is an absolute path"),
                "paths start at the folder of `dictum.toml`, and stay in it: a package is the same wherever it lies",
            ));
        }
        if text.contains('\\') {
            return Err(refused(
                format!("`{text}` has a `\\`"),
                "the parts of a path are separated by `/`, on every system",
            ));
        }
        if text.contains(|c: char| c.is_control()) {
            return Err(refused(
                "the path has a control character".to_owned(),
                "remove it",
            ));
        }
        let parts: Vec<&str> = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        if parts.contains(&"..") {
            return Err(refused(
                format!("`{text}` leads out of the package"),
                "move `dictum.toml` to a folder that holds all of the package",
            ));
        }
        if text.is_empty() {
            return Err(refused(
                "the path is empty".to_owned(),
                "`.` is the package's own folder",
            ));
        }
        let is_plain = |part: &&&str| !part.contains(['*', '?', '[', ']', '{', '}']);
        let base: PathBuf = parts.iter().take_while(is_plain).collect();
        let normal = parts.join("/");
        let glob = if parts.iter().all(|part| is_plain(&part)) {
            None
        } else {
            let glob = GlobBuilder::new(&normal)
                .literal_separator(true)
                .backslash_escape(false)
                .build()
                .map_err(|error| {
                    refused(
                        format!("`{text}` is no pattern: {}", error.kind()),
                        "a pattern is as `policy/**/*.dictum`",
                    )
                })?;
            Some(glob.compile_matcher())
        };
        Ok(Self {
            text: if normal.is_empty() { ".".to_owned() } else { normal },
            span,
            base,
            glob,
        })
    }

    /// The files with this ending that it matches, itself or by a folder that they lie in, as paths below the package.
    pub(crate) fn files(&self, package: &Path, ending: &str) -> Result<BTreeSet<PathBuf>, Stop> {
        let base = package.join(&self.base);
        if fs::metadata(&base).is_err() {
            return Ok(BTreeSet::new());
        }
        let found = walk::walk(&base, ending, Nested::LeftOut)?;
        let below = |file: PathBuf| file.strip_prefix(package).map(Path::to_owned).unwrap_or(file);
        let files = found.files.into_iter().map(below);
        Ok(match &self.glob {
            None => files.collect(),
            Some(glob) => files
                .filter(|file| file.ancestors().any(|part| glob.is_match(part)))
                .collect(),
        })
    }

    /// Why there is nothing that it matches, and the likely mend.
    pub(crate) fn matches_nothing(&self, package: &Path, ending: &str, what: &str) -> Diagnostic {
        let message = format!("`{}` matches no {what}", self.text);
        let help = match self.near(package) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "files whose name ends in `.{ending}` count, but not those in hidden folders, in `target` and in folders with a `dictum.toml` of their own"
            ),
        };
        Diagnostic::error(codes::MATCHES_NOTHING, self.span, message).with_help(help)
    }

    /// The text with its first part that is not there replaced by a near name of one that is.
    fn near(&self, package: &Path) -> Option<String> {
        let mut folder = package.to_owned();
        for (at, part) in self.base.iter().enumerate() {
            let next = folder.join(part);
            if fs::symlink_metadata(&next).is_ok() {
                folder = next;
                continue;
            }
            let mut names: Vec<String> = fs::read_dir(&folder)
                .ok()?
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect();
            names.sort();
            let near = nearest(&part.to_string_lossy(), names.iter().map(String::as_str))?;
            let mut parts: Vec<&str> = self.text.split('/').collect();
            *parts.get_mut(at)? = near;
            return Some(parts.join("/"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::SOURCE;

    const SPAN: Span = Span {
        source: SOURCE,
        start: 0,
        end: 0,
    };

    #[test]
    fn paths_that_are_refused() {
        for (text, expected) in [
            ("", "the path is empty"),
            ("/etc", "`/etc` is an absolute path"),
            ("C:/policies", "`C:/policies` is an absolute path"),
            ("\\\\server\\x", "`\\\\server\\x` is an absolute path"),
            ("a\\b", "`a\\b` has a `\\`"),
            ("../x", "`../x` leads out of the package"),
            ("a/../b", "`a/../b` leads out of the package"),
            ("a/..", "`a/..` leads out of the package"),
            ("a\0b", "the path has a control character"),
            (
                "a/[b",
                "`a/[b` is no pattern: unclosed character class; missing ']'",
            ),
        ] {
            let fault = Pattern::parse(text, SPAN).unwrap_err();
            assert_eq!(fault.message, expected);
            assert_eq!(fault.code, codes::PATH);
            assert!(fault.help.is_some());
        }
    }

    #[test]
    fn what_patterns_match() {
        let package = tempfile::tempdir().unwrap();
        for file in [
            "a.dictum",
            "policy/b.dictum",
            "policy/notes.md",
            "policy/deep/er/c.dictum",
            "policy/.hidden/d.dictum",
            "tests/e.dictum",
            "tests/f.dictum",
            "other/dictum.toml",
            "other/g.dictum",
            "target/h.dictum",
        ] {
            let path = package.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let check = |text: &str, expected: &[&str]| {
            let pattern = Pattern::parse(text, SPAN).unwrap();
            let found = pattern.files(package.path(), "dictum").unwrap();
            let found: Vec<String> = found
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        let all = [
            "a.dictum",
            "policy/b.dictum",
            "policy/deep/er/c.dictum",
            "tests/e.dictum",
            "tests/f.dictum",
        ];
        check(".", &all);
        check("./", &all);
        check("**", &all);
        check("a.dictum", &["a.dictum"]);
        check("*.dictum", &["a.dictum"]);
        check("policy", &["policy/b.dictum", "policy/deep/er/c.dictum"]);
        check("./policy//", &["policy/b.dictum", "policy/deep/er/c.dictum"]);
        check("policy/*.dictum", &["policy/b.dictum"]);
        check("policy/*", &["policy/b.dictum", "policy/deep/er/c.dictum"]);
        check("**/c.dictum", &["policy/deep/er/c.dictum"]);
        check("p*/**/c.dictum", &["policy/deep/er/c.dictum"]);
        check("tests/[ef].dictum", &["tests/e.dictum", "tests/f.dictum"]);
        check(
            "{tests/e,policy/b}.dictum",
            &["policy/b.dictum", "tests/e.dictum"],
        );
        check("policy/notes.md", &[]);
        check("polcy", &[]);
        check("a.dictum/b", &[]);

        let help = |text: &str| {
            let pattern = Pattern::parse(text, SPAN).unwrap();
            pattern
                .matches_nothing(package.path(), "dictum", "policy")
                .help
                .unwrap()
        };
        assert_eq!(help("polcy/*.dictum"), "did you mean `policy/*.dictum`?");
        assert_eq!(help("policy/bb.dictum"), "did you mean `policy/b.dictum`?");
        assert!(help("zebra").starts_with("files whose name ends in `.dictum` count"));
    }
}
