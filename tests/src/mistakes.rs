//! Mistakes put into policies that are right, as a list says them: what each changes, and where its error has to be.
//!
//! A list is a Markdown text. Under its `##` headings stand `diff` blocks of mistakes like this one:
//!
//! ```text
//! @@ drive: a type, misspelt
//! -entity User in Group {
//! +entity User in ‹Gruop› {
//! ```
//!
//! After `@@` stand the package and what is wrong. The text of the `-` lines, which need not be whole lines, stands once in
//! all of the package, and is replaced by that of the `+` lines; several replacements follow each other. What stands
//! between `‹` and `›` is the place of the error. Without `-` lines, the text is put at the end of the package's first
//! source.

use dictum_compiler::compile;
use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::source::{Sources, Span};

use crate::markdown::sections;
use crate::mends;

/// A mistake of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The heading that it stands under.
    pub kind: String,
    /// The package that it is put into.
    pub package: String,
    /// What is wrong.
    pub title: String,
    /// The line of the list, from 1.
    pub line: usize,
    /// Each text that is replaced, with what stands there then; marks and all.
    changes: Vec<(String, String)>,
}

/// A package with a mistake in it.
pub struct Seeded {
    /// The texts.
    pub sources: Sources,
    /// Where the error has to be.
    pub place: Span,
    /// The texts as they were before.
    right: Vec<String>,
}

/// What the compiler makes of a mistake.
pub struct Outcome {
    /// All errors that it finds.
    pub errors: Vec<Diagnostic>,
    /// What the mend of the one error makes of the package; nothing where it has no mend.
    pub mended: Option<Mended>,
}

/// A package with a mend made.
pub struct Mended {
    /// The lines that the mend changes, as they read afterwards.
    pub lines: Vec<String>,
    /// Whether the package is as it was before the mistake.
    pub is_as_before: bool,
    /// The errors that are left.
    pub left: Vec<Diagnostic>,
}

/// The mistakes of a list.
///
/// # Errors
/// What is wrong with the list itself, with the line.
pub fn mistakes(list: &str) -> Result<Vec<Mistake>, String> {
    let mut found: Vec<Mistake> = Vec::new();
    for section in sections(list) {
        for block in section.blocks.iter().filter(|block| block.fence == "diff") {
            let mut starts_change = true;
            for (number, line) in (block.line..).zip(block.text.lines()) {
                if let Some(heading) = line.strip_prefix("@@ ") {
                    let (package, title) = heading
                        .split_once(": ")
                        .ok_or_else(|| format!("{number}: a heading is `@@ package: what is wrong`"))?;
                    found.push(Mistake {
                        kind: section.heading.clone(),
                        package: package.to_owned(),
                        title: title.to_owned(),
                        line: number,
                        changes: Vec::new(),
                    });
                    starts_change = true;
                    continue;
                }
                let (Some(mistake), Some((sign, text))) = (found.last_mut(), line.split_at_checked(1)) else {
                    return Err(format!("{number}: expected `@@`, `-` or `+`"));
                };
                if starts_change && matches!(sign, "-" | "+") {
                    mistake.changes.push((String::new(), String::new()));
                }
                let Some((before, after)) = mistake.changes.last_mut() else {
                    return Err(format!("{number}: expected `-` or `+`"));
                };
                match sign {
                    "-" if after.is_empty() => add_line(before, text),
                    "-" => mistake.changes.push((text.to_owned(), String::new())),
                    "+" => add_line(after, text),
                    _ => return Err(format!("{number}: expected `@@`, `-` or `+`")),
                }
                starts_change = false;
            }
        }
    }
    Ok(found)
}

fn add_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

impl Mistake {
    /// The package with the mistake in it.
    ///
    /// # Errors
    /// A text that does not stand once in the package, or a place that is not marked once.
    pub fn seed(&self, package: &[(String, String)]) -> Result<Seeded, String> {
        let mut texts = package.to_vec();
        for (before, after) in &self.changes {
            if before.is_empty() {
                let (_, first) = texts.first_mut().ok_or("the package has no sources")?;
                first.push_str(&format!("{after}\n"));
                continue;
            }
            let places: usize = texts
                .iter()
                .map(|(_, text)| text.matches(before.as_str()).count())
                .sum();
            if places != 1 {
                return Err(format!("`{before}` stands {places} times in the package"));
            }
            for (_, text) in &mut texts {
                *text = text.replacen(before.as_str(), after, 1);
            }
        }
        let mut sources = Sources::new();
        let mut marked = Vec::new();
        for (name, text) in texts {
            let place = match (text.split_once('‹'), text.matches(['‹', '›']).count()) {
                (None, 0) => None,
                (Some((before, rest)), 2) => rest.split_once('›').map(|(at, _)| (before.len(), at.len())),
                _ => return Err("one place is marked, with `‹` and `›`".to_owned()),
            };
            let source = sources.add(name, text.replace(['‹', '›'], ""));
            if let Some((start, length)) = place {
                let offset = |at: usize| u32::try_from(at).map_err(|_| "the text is too long");
                let (start, end) = (offset(start)?, offset(start + length)?);
                marked.push(Span { source, start, end });
            }
        }
        match marked.as_slice() {
            [place] => Ok(Seeded {
                sources,
                place: *place,
                right: package.iter().map(|(_, text)| text.clone()).collect(),
            }),
            _ => Err("one place is marked, with `‹` and `›`".to_owned()),
        }
    }
}

impl Seeded {
    /// Compiles the package, and mends the error where there is one that can be mended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let errors = errors(&self.sources);
        let fix = match errors.as_slice() {
            [one] => one.fix.as_ref(),
            _ => None,
        };
        let mended = fix.map(|fix| {
            let mended = mends::made(&self.sources, fix).unwrap_or_default();
            let sources = self.sources.iter().zip(mended.iter());
            let lines =
                sources.flat_map(|((_, before), (_, after))| changed_lines(&before.text, &after.text));
            Mended {
                lines: lines.collect(),
                is_as_before: mended.iter().map(|(_, source)| &source.text).eq(&self.right),
                left: self::errors(&mended),
            }
        });
        Outcome { errors, mended }
    }

    /// The line that a place starts on, with marks around the place.
    #[must_use]
    pub fn marked_line(&self, place: Span) -> String {
        let text = &self.sources.get(place.source).text;
        let (start, end) = (place.start as usize, place.end as usize);
        let (before, rest) = text.split_at(start);
        let (at, after) = rest.split_at(end - start);
        let first = before.rfind('\n').map_or(0, |at| at + 1);
        let last = after.find('\n').unwrap_or(after.len());
        let marked = format!("{}‹{at}›{}", &before[first..], &after[..last]);
        marked.split('\n').map(str::trim).collect::<Vec<_>>().join(" ⏎ ")
    }

    /// `file:line`
    #[must_use]
    pub fn told_place(&self, place: Span) -> String {
        let file = &self.sources.get(place.source).name;
        format!("{file}:{}", self.sources.line_column(place).0)
    }
}

fn errors(sources: &Sources) -> Vec<Diagnostic> {
    let (_, mut found) = compile(sources);
    found.retain(|diagnostic| diagnostic.severity == Severity::Error);
    found
}

/// The lines of a text that a change of it has left different, without those before and after which are as they were.
fn changed_lines(before: &str, after: &str) -> Vec<String> {
    if before == after {
        return Vec::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let first = old.iter().zip(&new).take_while(same).count();
    let last = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let last = last.min(old.len().min(new.len()) - first);
    let lines = new.get(first..new.len() - last).unwrap_or_default();
    lines.iter().map(|line| line.trim().to_owned()).collect()
}
