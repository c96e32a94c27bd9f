//! Source texts and places in them.

/// A source file, in a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in a source, on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which source.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A named text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name that messages and artifacts give: a path, as the user wrote it.
    pub name: String,
    /// The text.
    pub text: String,
    /// The offset at which each line starts.
    line_starts: Vec<u32>,
    /// How many code points there are before each [`STRIDE`]th byte: a text may be one long line.
    counts: Vec<u32>,
}

/// How many bytes are looked at to tell a column.
const STRIDE: usize = 512;

/// The sources of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// No sources.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source. Texts of over 4 GiB cannot be addressed; the parser refuses far smaller ones.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let text = text.into();
        let starts = text
            .bytes()
            .zip(1u32..)
            .filter(|(byte, _)| *byte == b'\n')
            .map(|(_, next)| next);
        let line_starts = std::iter::once(0).chain(starts).collect();
        let mut before = 0_u32;
        let counts = text
            .as_bytes()
            .chunks(STRIDE)
            .map(|bytes| {
                let count = before;
                before += code_points(bytes);
                count
            })
            .collect();
        self.0.push(Source {
            name: name.into(),
            text,
            line_starts,
            counts,
        });
        SourceId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// The source behind an id.
    ///
    /// # Panics
    /// When the id is of another `Sources`.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// All sources, in the order added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(&self.0)
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// The line and column (in code points) where a span starts, both from 1.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (u32, u32) {
        self.get(span.source).line_column(span.start)
    }
}

impl Source {
    /// The line and column (in code points) of an offset, both from 1.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let column = self.code_points_before(offset) - self.code_points_before(start);
        (count(line), column.saturating_add(1))
    }

    /// How many code points start before an offset.
    fn code_points_before(&self, offset: u32) -> u32 {
        let bytes = self.text.as_bytes();
        let offset = bytes.len().min(offset as usize);
        let at = offset / STRIDE;
        let before = self.counts.get(at).or(self.counts.last()).copied().unwrap_or(0);
        let at = at.min(self.counts.len().saturating_sub(1));
        before + bytes.get(at * STRIDE..offset).map_or(0, code_points)
    }
}

/// How many code points start in some bytes of a text.
fn code_points(bytes: &[u8]) -> u32 {
    let starts = bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000);
    u32::try_from(starts.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_long_lines() {
        let mut sources = Sources::new();
        let text = format!("{}\n{}", "a€".repeat(700), "é😀x\n".repeat(300));
        let id = sources.add("long", text.clone());
        let source = sources.get(id);
        let mut place = (1, 1);
        for (offset, c) in text.char_indices() {
            assert_eq!(source.line_column(u32::try_from(offset).unwrap_or(0)), place);
            place = if c == '\n' {
                (place.0 + 1, 1)
            } else {
                (place.0, place.1 + 1)
            };
        }
        let end = u32::try_from(text.len()).unwrap_or(0);
        assert_eq!(source.line_column(end), place);
    }

    #[test]
    fn texts_that_end_at_a_stride() {
        let mut sources = Sources::new();
        for length in [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE] {
            let id = sources.add("even", "x".repeat(length));
            let length = u32::try_from(length).unwrap_or(0);
            assert_eq!(sources.get(id).line_column(length), (1, length + 1));
        }
    }
}
