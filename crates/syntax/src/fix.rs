//! Mends made: which of several can be made at once, and the text afterwards.
//!
//! Nothing here says whether a text is better for a change; who makes changes checks the text again. The command does that
//! in rounds, an editor after each.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Edit, Fix};
use crate::source::SourceId;

/// The text with changes made to it, or none where two of them overlap or one is not of this text. Line breaks that are
/// put in are those that the text has.
#[must_use]
pub fn apply<'a>(text: &str, edits: impl IntoIterator<Item = &'a Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    // What is put in where a stretch starts comes before what replaces the stretch.
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let has_crlf = text
        .find('\n')
        .is_some_and(|at| text.get(..at).is_some_and(|line| line.ends_with('\r')));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        // A start before what is done, or inside of a character, has no text to copy.
        out.push_str(text.get(done..start)?);
        text.get(start..end)?;
        if has_crlf {
            out.push_str(&edit.text.replace("\r\n", "\n").replace('\n', "\r\n"));
        } else {
            out.push_str(&edit.text);
        }
        done = end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// The changes of mends that can be made at once, of any number of sources.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Where each change starts and ends. Those of different mends are apart.
    taken: BTreeSet<(SourceId, u32, u32)>,
    edits: BTreeMap<SourceId, Vec<Edit>>,
}

impl Changes {
    /// No changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the changes of a mend, all of them or none: none where one would meet a change of an earlier mend. Texts that are
    /// put in at one place by two mends meet as well, for nobody has said which comes first.
    pub fn add(&mut self, fix: &Fix) -> bool {
        if fix.edits.is_empty() || fix.edits.iter().any(|edit| self.meets(edit)) {
            return false;
        }
        for edit in &fix.edits {
            self.taken
                .insert((edit.span.source, edit.span.start, edit.span.end));
            self.edits.entry(edit.span.source).or_default().push(edit.clone());
        }
        true
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The changes of each source that has any, in the order added: what [`apply`] takes.
    pub fn by_source(&self) -> impl Iterator<Item = (SourceId, &[Edit])> {
        self.edits
            .iter()
            .map(|(source, edits)| (*source, edits.as_slice()))
    }

    /// Whether a change overlaps one that is planned, or touches one where it matters which is made first.
    fn meets(&self, edit: &Edit) -> bool {
        let (source, start, end) = (edit.span.source, edit.span.start, edit.span.end);
        self.taken
            .range((source, 0, 0)..=(source, end, u32::MAX))
            .rev()
            .take_while(|(_, _, taken_end)| *taken_end >= start)
            .any(|(_, taken_start, taken_end)| {
                let apart = *taken_end == start || *taken_start == end;
                !apart || start == end || taken_start == taken_end
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            span: Span {
                source: SourceId(0),
                start,
                end,
            },
            text: text.to_owned(),
        }
    }

    #[test]
    fn changes_are_made_in_the_order_of_the_text() {
        let check = |text: &str, edits: &[Edit], expected: Option<&str>| {
            assert_eq!(apply(text, edits).as_deref(), expected, "{text:?} {edits:?}");
        };
        check("a = b", &[], Some("a = b"));
        check("a = b", &[edit(2, 3, "==")], Some("a == b"));
        check("a = b", &[edit(4, 5, "c"), edit(0, 1, "")], Some(" = c"));
        // At the ends, and put in beside what is replaced.
        check("ab", &[edit(2, 2, ">"), edit(0, 0, "<")], Some("<ab>"));
        check(
            "ab",
            &[edit(0, 1, "x"), edit(0, 0, "<"), edit(1, 1, ">")],
            Some("<x>b"),
        );
        check("ab", &[edit(1, 1, "1"), edit(1, 1, "2")], Some("a12b"));
        // Overlapping, backwards, beyond the end, inside of a character.
        check("abc", &[edit(0, 2, ""), edit(1, 3, "")], None);
        check("abc", &[edit(0, 2, "x"), edit(0, 2, "x")], None);
        check("abc", &[edit(2, 1, "")], None);
        check("abc", &[edit(2, 4, "")], None);
        check("äbc", &[edit(0, 1, "")], None);
        check("äbc", &[edit(1, 2, "")], None);
        check("äbc", &[edit(0, 2, "a")], Some("abc"));
    }

    #[test]
    fn line_breaks_are_those_of_the_text() {
        let put_in = [edit(0, 0, "x\ny\r\n")];
        assert_eq!(apply("a\nb", &put_in).unwrap(), "x\ny\r\na\nb");
        assert_eq!(apply("a\r\nb\n", &put_in).unwrap(), "x\r\ny\r\na\r\nb\n");
        assert_eq!(apply("", &put_in).unwrap(), "x\ny\r\n");
        assert_eq!(apply("\r\n", &put_in).unwrap(), "x\r\ny\r\n\r\n");
    }

    #[test]
    fn mends_that_meet_are_not_made_at_once() {
        let check = |first: &[Edit], second: &[Edit], expected: bool| {
            let fix = |edits: &[Edit]| Fix {
                title: "mend".to_owned(),
                edits: edits.to_vec(),
            };
            for (first, second) in [(first, second), (second, first)] {
                let mut changes = Changes::new();
                assert!(changes.add(&fix(first)));
                assert_eq!(changes.add(&fix(second)), expected, "{first:?} {second:?}");
                let made = changes.by_source().map(|(_, edits)| edits.len()).sum::<usize>();
                let both = first.len() + if expected { second.len() } else { 0 };
                assert_eq!(made, both, "all of a mend or nothing");
            }
        };
        check(&[edit(0, 2, "")], &[edit(1, 3, "")], false);
        check(&[edit(0, 9, "")], &[edit(3, 4, "")], false);
        check(&[edit(0, 2, "")], &[edit(0, 2, "")], false);
        check(&[edit(0, 2, "")], &[edit(2, 3, "")], true);
        check(&[edit(0, 2, "")], &[edit(4, 5, "")], true);
        // Nobody says which of two texts comes first.
        check(&[edit(2, 2, "x")], &[edit(2, 2, "x")], false);
        check(&[edit(2, 2, "x")], &[edit(0, 2, "")], false);
        check(&[edit(2, 2, "x")], &[edit(2, 4, "")], false);
        check(&[edit(2, 2, "x")], &[edit(3, 4, "")], true);
        // One change that meets is enough.
        check(
            &[edit(0, 1, ""), edit(5, 6, "")],
            &[edit(2, 3, ""), edit(5, 6, "")],
            false,
        );
        check(
            &[edit(0, 1, ""), edit(5, 5, "x"), edit(5, 6, "")],
            &[edit(1, 5, "")],
            false,
        );

        let mut changes = Changes::new();
        assert!(!changes.add(&Fix {
            title: "nothing".to_owned(),
            edits: Vec::new()
        }));
        assert!(changes.is_empty());
        let mut elsewhere = edit(0, 1, "");
        assert!(changes.add(&Fix::replace("a", elsewhere.span, "a")));
        elsewhere.span.source = SourceId(1);
        assert!(changes.add(&Fix::replace("b", elsewhere.span, "b")));
    }
}
