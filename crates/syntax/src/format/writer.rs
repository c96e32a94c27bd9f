//! The tokens of a source in their order, each with the comments before it, and the places between them.

use super::layout::{Break, Breaking, Comment, Flat, Indent, Layout};
use crate::lexer::Token;
use crate::parser::grammar::Node;

/// Lays out the tokens of a source one by one.
pub(super) struct Writer<'a> {
    text: &'a str,
    /// All tokens of the source.
    tokens: &'a [Token],
    /// The first token that is not laid out yet.
    next: usize,
    /// Where in the source the declaration starts that is laid out.
    base: u32,
    layout: Layout<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            text,
            tokens,
            next: 0,
            base: 0,
            layout: Layout::default(),
        }
    }

    /// Starts a declaration whose nodes count their places from here.
    pub(super) fn start(&mut self, base: u32) {
        self.base = base;
        self.forced_break(true);
    }

    /// Ends a declaration.
    pub(super) fn flush(&mut self) {
        self.layout.flush();
    }

    /// The whole text, with the comments after the last declaration.
    pub(super) fn finish(mut self) -> String {
        let comments = self.comments_before(u32::MAX);
        self.layout.finish(&comments)
    }

    /// A token of the source.
    pub(super) fn token(&mut self, node: &Node<'a>) {
        let start = self.base + u32::try_from(node.as_span().start()).unwrap_or(u32::MAX);
        let comments = self.comments_before(start);
        let has_blank = blank(self.gap(self.next));
        self.layout.text(node.as_str(), &comments, has_blank);
        self.next += 1;
    }

    /// A comma that the layout wants, whether or not the source has it. It stands before the comments around it.
    pub(super) fn comma(&mut self) {
        if !self.comma_among_comments() {
            self.layout.text(",", &[], false);
        }
    }

    /// Lays out the comma of the source that has comments on both sides. They would become one if they met, and so they
    /// keep the comma between them. False where there is none.
    pub(super) fn comma_among_comments(&mut self) -> bool {
        let rest = self.tokens.get(self.next..).unwrap_or_default();
        let comments = rest.iter().take_while(|token| token.is_comment()).count();
        let Some([comma, after, ..]) = rest.get(comments..) else {
            return false;
        };
        let found = comments > 0 && comma.text(self.text) == "," && after.is_comment();
        if found {
            let comments = self.comments_before(comma.start);
            self.layout.text(",", &comments, false);
            self.next += 1;
        }
        found
    }

    pub(super) fn space(&mut self) {
        self.layout.space(1);
    }

    pub(super) fn spaces(&mut self, width: u8) {
        self.layout.space(width);
    }

    /// A space, or a line break indented by this much beyond the group.
    pub(super) fn line(&mut self, offset: i8) {
        self.layout.line_break(Break {
            flat: Flat::Space,
            offset,
            ..Break::default()
        });
    }

    /// Nothing, or a line break indented by this much beyond the group.
    pub(super) fn soft_line(&mut self, offset: i8) {
        self.layout.line_break(Break {
            offset,
            ..Break::default()
        });
    }

    /// A line break, before or after which blank lines may be kept.
    pub(super) fn forced_break(&mut self, keeps_blank: bool) {
        let (blank_after, blank_before) = (keeps_blank, keeps_blank);
        self.layout.line_break(Break {
            forced: true,
            blank_after,
            blank_before,
            ..Break::default()
        });
    }

    /// What stands after an opening brace.
    pub(super) fn after_opening(&mut self, forced: bool) {
        self.layout.line_break(Break {
            flat: Flat::Space,
            forced,
            blank_before: true,
            ..Break::default()
        });
    }

    /// What stands between the parts in braces.
    pub(super) fn between(&mut self, flat: Flat, forced: bool) {
        let (blank_after, blank_before) = (true, true);
        self.layout.line_break(Break {
            flat,
            forced,
            blank_after,
            blank_before,
            ..Break::default()
        });
    }

    /// What stands before a closing brace.
    pub(super) fn before_closing(&mut self) {
        self.layout.line_break(Break {
            flat: Flat::Space,
            offset: -2,
            blank_after: true,
            ..Break::default()
        });
    }

    /// Lays out a group. On a line of its own where it fits; otherwise as it breaks.
    pub(super) fn group(&mut self, breaking: Breaking, indent: Indent, parts: impl FnOnce(&mut Self)) {
        self.layout.begin(breaking, indent);
        parts(self);
        self.layout.end();
    }

    /// Whether the source has a line break between two nodes.
    pub(super) fn has_line_break(&self, before: &Node<'a>, after: &Node<'a>) -> bool {
        let place = |at: usize| self.base as usize + at;
        let gap = self
            .text
            .get(place(before.as_span().end())..place(after.as_span().start()));
        gap.unwrap_or_default().contains('\n')
    }

    /// The comments before a place, and before the next token that is laid out.
    fn comments_before(&mut self, start: u32) -> Vec<Comment<'a>> {
        let mut comments = Vec::new();
        while let Some(token) = self.tokens.get(self.next).filter(|token| token.start < start) {
            if token.is_comment() {
                let gap = self.gap(self.next);
                comments.push(Comment {
                    text: token.text(self.text).trim_end_matches([' ', '\t', '\r']),
                    // Behind a comma that goes, a comment may meet another one.
                    own_line: self.next == 0 || gap.contains('\n') || !comments.is_empty(),
                    after_blank: blank(gap),
                });
            }
            self.next += 1;
        }
        comments
    }

    /// What stands in the source between a token and the one before it.
    fn gap(&self, at: usize) -> &'a str {
        let end = at
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before))
            .map_or(0, |before| before.end);
        let start = self.tokens.get(at).map_or(end, |token| token.start);
        self.text.get(end as usize..start as usize).unwrap_or_default()
    }
}

/// Whether a gap between tokens holds a line with nothing on it.
fn blank(gap: &str) -> bool {
    gap.bytes().filter(|byte| *byte == b'\n').nth(1).is_some()
}
