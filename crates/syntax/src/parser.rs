//! Text to tree. A file is cut into its declarations by their tokens ([`split`]), each of which is checked for what
//! the grammar cannot say well ([`fault`]) and read into a tree ([`declaration`]). Where that fails, the declaration is
//! parsed by the grammar ([`grammar`]), which knows all that could have stood there, and its error is explained
//! ([`explain`]). So a declaration that is broken costs one error, and the others are read all the same.
//!
//! What is read into trees follows the grammar rule by rule, and tests hold both against each other: it is some ten times
//! as fast as what pest derives from the grammar, and most declarations are not broken.

mod cursor;
mod declaration;
mod explain;
pub(crate) mod expression;
mod fault;
mod forms;
pub(crate) mod grammar;
mod habits;
pub(crate) mod literal;
mod mend;
mod repair;
mod scenario;
mod slips;
mod split;
mod stray;

use pest::Parser;

use crate::ast::{Declaration, File, MAX_SOURCE_BYTES};
use crate::diagnostic::{Diagnostic, Fix};
use crate::hidden;
use crate::lexer::{self, Token, TokenKind};
use crate::source::{SourceId, Sources, Span};
use cursor::Cursor;
use grammar::{Grammar, Node, Rule, child};
use split::PieceKind;

const UNEXPECTED: &str = "D0101";
const BAD_TOKEN: &str = "D0102";
const UNBALANCED: &str = "D0103";
const BAD_LITERAL: &str = "D0104";
const STRAY: &str = "D0106";
const GROUPING: &str = "D0107";
const MISPLACED: &str = "D0108";
const TOO_LARGE: &str = "D0601";
const TOO_DEEP: &str = "D0602";

/// The codes of what [`parse`] finds, with what each means.
pub const CODES: &[(&str, &str)] = &[
    (
        UNEXPECTED,
        "something stands where the grammar expects something else",
    ),
    (
        BAD_TOKEN,
        "a character that starts nothing, or a text or name that is not closed",
    ),
    (UNBALANCED, "a bracket is not closed, or closes nothing"),
    (BAD_LITERAL, "a literal or an escape has no meaning"),
    (STRAY, "something between declarations that starts none"),
    (GROUPING, "operators that do not group without parentheses"),
    (MISPLACED, "a clause that cannot stand here, or that stands twice"),
    (TOO_LARGE, "a source is larger than 16 MiB"),
    (
        TOO_DEEP,
        "nested deeper than 128 levels, or a path of more than 32 names",
    ),
    (
        hidden::INVISIBLE,
        "a character that does not show, or changes the direction of what is shown",
    ),
    (hidden::LOOKALIKE, "a name that looks like another one"),
];

/// Reads a source. What cannot be read is reported, and left out of the tree: see [`File::broken`].
#[must_use]
pub fn parse(sources: &Sources, id: SourceId) -> (File, Vec<Diagnostic>) {
    read(sources, id, None)
}

/// What is shown a declaration, and where the text starts that its places count from.
type Show<'s, 'a> = dyn FnMut(&Node<'a>, u32) + 's;

/// Reads a source, and shows what the grammar made of each declaration that could be read, with where the text starts that
/// its places count from.
pub(crate) fn read<'a>(
    sources: &'a Sources,
    id: SourceId,
    show: Option<&mut Show<'_, 'a>>,
) -> (File, Vec<Diagnostic>) {
    // What the deepest nesting takes that is not refused, with room to spare, in a build that is not optimized.
    const STACK: usize = 6 << 20;
    stacker::maybe_grow(STACK, STACK, || read_here(sources, id, show))
}

fn read_here<'a>(
    sources: &'a Sources,
    id: SourceId,
    mut show: Option<&mut Show<'_, 'a>>,
) -> (File, Vec<Diagnostic>) {
    let text = sources.get(id).text.as_str();
    let mut file = File {
        source: id,
        declarations: Vec::new(),
        broken: Vec::new(),
    };
    if text.len() > MAX_SOURCE_BYTES {
        return (file, vec![too_large(id, text.len())]);
    }
    let all_tokens = lexer::tokens(text);
    let tokens: Vec<Token> = all_tokens
        .iter()
        .filter(|token| !token.is_comment())
        .copied()
        .collect();
    let pieces = split::split(text, &tokens);
    let mut reader = Reader {
        text,
        source: id,
        all_tokens: &all_tokens,
        doc: 0,
        diagnostics: Vec::new(),
    };
    let warnings = hidden::warnings(text, id, &all_tokens);
    // The first declaration, and whether it is the file's module.
    let mut before = None;
    for (at, piece) in pieces.iter().enumerate() {
        let next = pieces.get(at + 1);
        let Some(own) = tokens.get(piece.tokens.clone()) else {
            continue;
        };
        let Some(span) = reader.span_of(own) else { continue };
        let next_token = next.and_then(|next| tokens.get(next.tokens.start));
        let keyword = match piece.kind {
            PieceKind::Declaration(keyword) => keyword.and_then(|keyword| tokens.get(keyword)),
            PieceKind::Stray | PieceKind::Closer => {
                let error = stray::stray(text, id, piece.kind, own, next_token);
                reader.diagnostics.push(error);
                file.broken.push(span);
                continue;
            }
        };
        let read = reader.declaration(own, keyword, next_token, &mut show);
        let is_module = keyword.is_some_and(|keyword| keyword.text(text) == "module");
        let read = match (read, before.filter(|_| is_module)) {
            (Ok(module), Some(before)) => Err(Box::new(misplaced_module(text, &module, before))),
            (read, _) => read,
        };
        // One that is broken counts as well.
        if keyword.is_some() {
            before = before.or(Some((span, is_module)));
        }
        match read {
            Ok(declaration) => file.declarations.push(declaration),
            Err(error) => {
                file.broken.push(span);
                // The bracket that closes nothing is the better account of what is wrong, and comes next.
                if !next.is_some_and(|next| next.kind == PieceKind::Closer) {
                    reader.diagnostics.push(*error);
                }
            }
        }
    }
    let mut diagnostics = reader.diagnostics;
    if !warnings.is_empty() {
        diagnostics.extend(warnings);
        diagnostics.sort_by_key(|found| found.span);
    }
    (file, diagnostics)
}

/// The error of a source that has too many bytes.
pub(crate) fn too_large(source: SourceId, bytes: usize) -> Diagnostic {
    let message = format!("this source has {bytes} bytes; at most {MAX_SOURCE_BYTES} are read");
    let place = Span {
        source,
        start: 0,
        end: 0,
    };
    Diagnostic::error(TOO_LARGE, place, message).with_help("split it into several files")
}

/// The error of a `module` that is not the first declaration of its file, which is at the place that is given.
fn misplaced_module(text: &str, declaration: &Declaration, (first, is_module): (Span, bool)) -> Diagnostic {
    let span = declaration.span;
    if is_module {
        return Diagnostic::error(MISPLACED, span, "this file has a second `module`")
            .with_help("a file is of one module: move what follows to a file of its own")
            .with_related(first, "the first one");
    }
    let error = Diagnostic::error(
        MISPLACED,
        span,
        "`module` stands before all other declarations of its file",
    )
    .with_help("move it to the start of the file")
    .with_related(first, "the first declaration");
    if !declaration.docs.is_empty() {
        return error;
    }
    let written = text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    // Behind a byte order mark.
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let start = Span {
        start,
        end: start,
        ..span
    };
    error.with_fix(Fix {
        title: "move it to the start of the file".to_owned(),
        edits: vec![
            repair::edit(start, format!("{written}\n\n")),
            repair::edit(span, ""),
        ],
    })
}

/// A result, or why a declaration cannot be read.
type Built<T> = Result<T, Refusal>;

/// Why a declaration cannot be read.
enum Refusal {
    /// What stands there is not what the grammar expects, which says it better.
    Unexpected,
    /// The grammar accepts it, but it has no meaning.
    Meaning(Box<Diagnostic>),
}

/// What reading a declaration needs of the file, and what it finds there.
struct Reader<'a, 't> {
    text: &'a str,
    source: SourceId,
    /// The tokens of the file with its comments.
    all_tokens: &'t [Token],
    /// One of them that all doc comments stand behind that are still to be read.
    doc: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a, '_> {
    fn span_of(&self, tokens: &[Token]) -> Option<Span> {
        Some(Span {
            source: self.source,
            start: tokens.first()?.start,
            end: tokens.last()?.end,
        })
    }

    fn declaration(
        &mut self,
        tokens: &[Token],
        keyword: Option<&Token>,
        next: Option<&Token>,
        show: &mut Option<&mut Show<'_, 'a>>,
    ) -> Result<Declaration, Box<Diagnostic>> {
        if let Some(error) = fault::fault(self.text, self.source, tokens, next) {
            return Err(self
                .without_end(tokens, keyword, next)
                .unwrap_or_else(|| Box::new(error)));
        }
        let mut cursor = Cursor::new(self.text, self.source, tokens, self.all_tokens, self.doc);
        let read = cursor.declaration();
        self.doc = cursor.doc();
        let read = match (read, &*show) {
            (Ok(declaration), None) => return Ok(declaration),
            // What is too deep is not parsed by anything else.
            (Err(Refusal::Meaning(error)), _) if error.code == TOO_DEEP => return Err(error),
            (read, _) => read,
        };
        let start = tokens.first().map_or(0, |token| token.start);
        let end = tokens.last().map_or(0, |token| token.end);
        let slice = self.text.get(start as usize..end as usize).unwrap_or_default();
        let explain = |error| {
            let input = explain::Input {
                text: self.text,
                source: self.source,
                tokens,
                keyword,
            };
            Box::new(explain::explain(&input, &error))
        };
        let mut nodes = Grammar::parse(Rule::one, slice).map_err(explain)?;
        let declaration = match read {
            Ok(declaration) => declaration,
            Err(Refusal::Meaning(error)) => return Err(error),
            Err(Refusal::Unexpected) => return Err(self.unreadable(tokens)),
        };
        let node = nodes.next().and_then(|one| child(&one, Rule::declaration));
        let node = node.ok_or_else(|| self.unreadable(tokens))?;
        if let Some(show) = show {
            show(&node, start);
        }
        Ok(declaration)
    }

    /// What is wrong with a declaration besides the `;` that it ends with. Who writes rules as another language has them
    /// is told what the rule lacks, and not of its end.
    fn without_end(
        &mut self,
        tokens: &[Token],
        keyword: Option<&Token>,
        next: Option<&Token>,
    ) -> Option<Box<Diagnostic>> {
        let (last, rest) = tokens.split_last()?;
        let is_end = last.kind == TokenKind::Unknown && last.text(self.text) == ";";
        let is_plain = rest.iter().all(|token| token.kind != TokenKind::Unknown);
        if !is_end || !is_plain || rest.is_empty() {
            return None;
        }
        let doc = self.doc;
        let read = self.declaration(rest, keyword, next, &mut None);
        self.doc = doc;
        read.err()
    }

    /// The error of what the grammar accepts, but nothing else does.
    fn unreadable(&self, tokens: &[Token]) -> Box<Diagnostic> {
        let (start, end) = (tokens.first(), tokens.last());
        let span = Span {
            source: self.source,
            start: start.map_or(0, |token| token.start),
            end: end.map_or(0, |token| token.end),
        };
        Box::new(Diagnostic::error(UNEXPECTED, span, "this cannot be read"))
    }
}
