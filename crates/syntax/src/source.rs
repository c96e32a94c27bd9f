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
}

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
        self.0.push(Source {
            name: name.into(),
            text,
            line_starts,
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
        let before = self.text.get(start as usize..offset as usize).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(line), count(before.chars().count()).saturating_add(1))
    }
}
