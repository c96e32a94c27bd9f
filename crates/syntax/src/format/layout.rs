//! Lines of at most [`WIDTH`] columns: texts with places between them where a line may break, in groups.
//!
//! A group stands on one line where it fits, with what follows it up to the next place for a break. Where it does not,
//! either all of its own places break (`Consistent`), or as few as will do (`Fill`). This is the printer of Derek C. Oppen,
//! "Prettyprinting" (1980), over a whole list instead of a window: one pass sums up widths, a second one prints, and both
//! take time linear in the list and no stack.

use crate::ast::MAX_SOURCE_BYTES;

/// How wide a line may be, in code points.
pub(super) const WIDTH: usize = 100;

/// Wider than any line, so that no group with a forced break fits.
const FORCED: u64 = 1 << 40;

/// What a layout consists of.
enum Op<'a> {
    /// Part of a line.
    Text(&'a str),
    /// Spaces at which a line does not break.
    Space(u8),
    /// A place for a line break.
    Break(Break),
    /// The start of a group: how it breaks, and how its lines are indented.
    Begin(Breaking, Indent),
    /// The end of a group.
    End,
}

/// A place for a line break.
#[derive(Clone, Copy, Default)]
pub(super) struct Break {
    /// What stands here where the line does not break.
    pub(super) flat: Flat,
    /// The columns by which the next line is indented beyond its group.
    pub(super) offset: i8,
    /// Whether the line breaks whatever its width.
    pub(super) forced: bool,
    /// Whether a blank line of the source is kept directly after what stands before.
    pub(super) blank_after: bool,
    /// Whether a blank line of the source is kept directly before what follows.
    pub(super) blank_before: bool,
    /// Whether the source has a blank line directly before what follows.
    pub(super) has_blank: bool,
    /// The comments that stand here, as a range of [`Layout::comments`].
    pub(super) comments: (u32, u32),
}

/// What stands at a place where the line does not break.
#[derive(Clone, Copy, Default)]
pub(super) enum Flat {
    /// Nothing.
    #[default]
    Nothing,
    /// A space.
    Space,
    /// A comma, which is not there where the line breaks, and a space.
    Comma,
}

impl Flat {
    fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Space => " ",
            Self::Comma => ", ",
        }
    }
}

/// Which places of a group break, if it does not fit a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaking {
    /// All.
    Consistent,
    /// Those whose next part does not fit the line.
    Fill,
}

/// How the lines of a group are indented.
#[derive(Clone, Copy)]
pub(super) enum Indent {
    /// By this much more than the group around it.
    By(usize),
    /// To the column where the group starts.
    Here,
}

/// Lines that are indented as the group around theirs.
pub(super) const NONE: Indent = Indent::By(0);

/// A comment to be laid out.
#[derive(Clone, Copy)]
pub(super) struct Comment<'a> {
    /// The comment, without spaces at its end.
    pub(super) text: &'a str,
    /// Whether it stands on a line of its own.
    pub(super) own_line: bool,
    /// Whether a blank line stands before it.
    pub(super) after_blank: bool,
}

/// A list of texts and breaks, and the lines that it has become so far.
#[derive(Default)]
pub(super) struct Layout<'a> {
    ops: Vec<Op<'a>>,
    comments: Vec<Comment<'a>>,
    /// The space or break since the last text.
    separator: Option<usize>,
    lines: String,
    column: usize,
}

impl<'a> Layout<'a> {
    /// A part of a line. The comments stand before it in the source, where nothing that is laid out does.
    pub(super) fn text(&mut self, text: &'a str, comments: &[Comment<'a>], has_blank: bool) {
        self.meet(comments, has_blank);
        self.ops.push(Op::Text(text));
        self.separator = None;
    }

    /// Spaces at which a line does not break, unless a comment stands there.
    pub(super) fn space(&mut self, width: u8) {
        self.separator = Some(self.ops.len());
        self.ops.push(Op::Space(width));
    }

    pub(super) fn line_break(&mut self, place: Break) {
        self.separator = Some(self.ops.len());
        self.ops.push(Op::Break(place));
    }

    pub(super) fn begin(&mut self, breaking: Breaking, indent: Indent) {
        self.ops.push(Op::Begin(breaking, indent));
    }

    pub(super) fn end(&mut self) {
        self.ops.push(Op::End);
    }

    /// Turns what was added into lines.
    pub(super) fn flush(&mut self) {
        let ops = std::mem::take(&mut self.ops);
        let comments = std::mem::take(&mut self.comments);
        self.print(&ops, &comments);
        self.separator = None;
        // The memory serves the next declaration, but what a large one took is given back.
        const KEPT: usize = 1 << 16;
        if ops.capacity() <= KEPT {
            self.ops = ops;
            self.ops.clear();
        }
    }

    /// The lines, with the comments after everything else.
    pub(super) fn finish(mut self, comments: &[Comment<'a>]) -> String {
        self.flush();
        for (at, comment) in comments.iter().enumerate() {
            self.print_comment(comment, 0, at > 0 || !self.lines.is_empty());
        }
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines
    }

    /// Notes at the place before the next text what the source has there.
    fn meet(&mut self, comments: &[Comment<'a>], has_blank: bool) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let start = self.comments.len();
        let range = (count(start), count(start + comments.len()));
        let place = self.separator.and_then(|at| self.ops.get_mut(at));
        match place {
            Some(Op::Break(place)) => {
                place.comments = range;
                place.forced |= !comments.is_empty();
                place.has_blank = has_blank;
            }
            place if !comments.is_empty() => {
                let forced = Op::Break(Break {
                    offset: 2,
                    forced: true,
                    comments: range,
                    ..Break::default()
                });
                match place {
                    Some(space) => *space = forced,
                    None => self.ops.push(forced),
                }
            }
            _ => {}
        }
        self.comments.extend_from_slice(comments);
    }

    fn print(&mut self, ops: &[Op<'a>], comments: &[Comment<'a>]) {
        let sizes = sizes(ops);
        // The groups around a place: how they break, none where they fit, and their indentation.
        let mut groups: Vec<(Option<Breaking>, usize)> = vec![(Some(Breaking::Consistent), 0)];
        for (op, size) in ops.iter().zip(sizes) {
            // Deep in brackets, most of a line is its indentation: a layout can be far larger than its source.
            if self.lines.len() > MAX_SOURCE_BYTES {
                return;
            }
            let (breaking, indent) = groups.last().copied().unwrap_or((None, 0));
            let fits = self.column.saturating_add(size as usize) <= WIDTH;
            match op {
                Op::Text(text) => self.print_text(text),
                Op::Space(width) => (0..*width).for_each(|_| self.print_text(" ")),
                Op::Begin(own, by) => {
                    let indent = match by {
                        Indent::By(columns) => indent + columns,
                        Indent::Here => self.column,
                    };
                    groups.push((breaking.filter(|_| !fits).map(|_| *own), indent));
                }
                Op::End => drop(groups.pop()),
                Op::Break(place) => {
                    let stays = match breaking {
                        None => true,
                        Some(Breaking::Fill) => fits,
                        Some(Breaking::Consistent) => false,
                    };
                    if stays && !place.forced {
                        self.print_text(place.flat.text());
                    } else {
                        let comments = comments.get(place.comments.0 as usize..place.comments.1 as usize);
                        self.print_break(place, comments.unwrap_or_default(), indent);
                    }
                }
            }
        }
    }

    fn print_text(&mut self, text: &str) {
        self.lines.push_str(text);
        self.column += text.chars().count();
    }

    fn print_break(&mut self, place: &Break, comments: &[Comment<'_>], indent: usize) {
        for (at, comment) in comments.iter().enumerate() {
            let indent = indent + usize::try_from(place.offset).unwrap_or(0);
            self.print_comment(comment, indent, at > 0 || place.blank_after);
        }
        let blank = place.has_blank && place.blank_before && (place.blank_after || !comments.is_empty());
        self.print_line_start(indent.saturating_add_signed(place.offset.into()), blank);
    }

    fn print_comment(&mut self, comment: &Comment<'_>, indent: usize, may_be_after_blank: bool) {
        if comment.own_line {
            self.print_line_start(indent, comment.after_blank && may_be_after_blank);
        } else {
            self.print_text(" ");
        }
        self.print_text(comment.text);
    }

    fn print_line_start(&mut self, indent: usize, after_blank: bool) {
        if !self.lines.is_empty() {
            self.lines.push_str(if after_blank { "\n\n" } else { "\n" });
        }
        self.lines.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }
}

/// For each group, its width on one line, and for each break, that up to the next one of its group; both with what follows
/// up to the next break of any group. 0 for all else.
fn sizes(ops: &[Op<'_>]) -> Vec<u32> {
    // Where each group or break ends, which becomes its size.
    let mut sizes: Vec<u32> = vec![0; ops.len()];
    // The width of all that stands before each place, which becomes that of all before the next break from there.
    let mut reach: Vec<u64> = Vec::with_capacity(ops.len() + 1);
    let mut open: Vec<(usize, Option<usize>)> = vec![(0, None)];
    let mut total = 0;
    let mut close = |at: Option<usize>, end: usize| {
        if let Some(slot) = at.and_then(|at| sizes.get_mut(at)) {
            *slot = u32::try_from(end).unwrap_or(u32::MAX);
        }
    };
    for (at, op) in ops.iter().enumerate() {
        reach.push(total);
        match op {
            Op::Text(text) => total += text.chars().count() as u64,
            Op::Space(width) => total += u64::from(*width),
            Op::Begin(..) => open.push((at, None)),
            Op::End => {
                if let Some((begin, last_break)) = open.pop() {
                    close(Some(begin), at);
                    close(last_break, at);
                }
            }
            Op::Break(place) => {
                if let Some((_, last_break)) = open.last_mut() {
                    close(last_break.replace(at), at);
                }
                total += if place.forced {
                    FORCED
                } else {
                    place.flat.text().len() as u64
                };
            }
        }
    }
    reach.push(total);
    for (_, last_break) in open {
        close(last_break, ops.len());
    }
    for (at, op) in ops.iter().enumerate().rev() {
        let start = reach[at];
        if !matches!(op, Op::Break(_)) {
            reach[at] = reach[at + 1];
        }
        if matches!(op, Op::Begin(..) | Op::Break(_)) {
            let size = reach[sizes[at] as usize] - start;
            sizes[at] = u32::try_from(size).unwrap_or(u32::MAX);
        }
    }
    sizes
}
