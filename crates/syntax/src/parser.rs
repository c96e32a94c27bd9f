//! Text to tree. A file is cut into its declarations by their tokens ([`split`]), each of which is checked for what
//! the grammar cannot say well ([`fault`]), parsed by the grammar ([`grammar`]), and built into a tree ([`build`]), or else
//! explained ([`explain`]). So a declaration that is broken costs one error, and the others are read all the same.

mod build;
mod explain;
pub(crate) mod expression;
mod fault;
pub(crate) mod grammar;
mod literal;
mod mend;
mod slips;
mod split;

use pest::Parser;

use crate::ast::{Declaration, File, MAX_SOURCE_BYTES};
use crate::diagnostic::Diagnostic;
use crate::lexer::{self, Token};
use crate::source::{SourceId, Sources, Span};
use grammar::{Grammar, Node, Rule, child};
use split::PieceKind;

const UNEXPECTED: &str = "D0101";
const BAD_TOKEN: &str = "D0102";
const UNBALANCED: &str = "D0103";
const BAD_LITERAL: &str = "D0104";
const UNSUPPORTED: &str = "D0105";
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
    (UNSUPPORTED, "a part of the language that is not supported yet"),
    (STRAY, "something between declarations that starts none"),
    (GROUPING, "operators that do not group without parentheses"),
    (MISPLACED, "a clause that cannot stand here, or that stands twice"),
    (TOO_LARGE, "a source is larger than 16 MiB"),
    (
        TOO_DEEP,
        "an expression or a type is nested deeper than 128 levels",
    ),
];

/// Reads a source. What cannot be read is reported, and left out of the tree: see [`File::broken`].
#[must_use]
pub fn parse(sources: &Sources, id: SourceId) -> (File, Vec<Diagnostic>) {
    read(sources, id, |_, _| {})
}

/// Reads a source, and shows what the grammar made of each declaration that could be read, with where the text starts that
/// its places count from.
pub(crate) fn read<'a>(
    sources: &'a Sources,
    id: SourceId,
    show: impl FnMut(&Node<'a>, u32),
) -> (File, Vec<Diagnostic>) {
    // What the deepest nesting takes that is not refused, with room to spare, in a build that is not optimized.
    const STACK: usize = 6 << 20;
    stacker::maybe_grow(STACK, STACK, || read_here(sources, id, show))
}

fn read_here<'a>(
    sources: &'a Sources,
    id: SourceId,
    mut show: impl FnMut(&Node<'a>, u32),
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
        diagnostics: Vec::new(),
    };
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
                let error = mend::stray(text, id, piece.kind, own, next_token);
                reader.diagnostics.push(error);
                file.broken.push(span);
                continue;
            }
        };
        match reader.declaration(own, keyword, next_token, &mut show) {
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
    (file, reader.diagnostics)
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

/// A result, or why a declaration cannot be read.
type Built<T> = Result<T, Box<Diagnostic>>;

/// What reading a declaration needs of the file, and what it finds there.
struct Reader<'a, 't> {
    text: &'a str,
    source: SourceId,
    /// The tokens of the file with its comments.
    all_tokens: &'t [Token],
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
        show: &mut impl FnMut(&Node<'a>, u32),
    ) -> Built<Declaration> {
        if let Some(error) = keyword.and_then(|keyword| mend::unsupported(self.text, self.source, keyword)) {
            return Err(Box::new(error));
        }
        if let Some(error) = fault::fault(self.text, self.source, tokens, next) {
            return Err(Box::new(error));
        }
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
        let mut builder = build::Builder::new(self.text, self.source, self.all_tokens, start);
        let one = nodes.next().ok_or_else(|| builder.unreadable(builder.start()))?;
        let declaration = builder.need(child(&one, Rule::declaration), &one)?;
        let built = builder.declaration(&declaration)?;
        show(&declaration, start);
        Ok(built)
    }
}
