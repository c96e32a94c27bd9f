//! The errors of what stands between declarations and starts none, with the declaration that was likely meant.

use super::mend::near_declaration;
use super::repair::{Mend, after, edit};
use super::split::PieceKind;
use super::{STRAY, UNBALANCED, explain::shortened, fault, slips};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::naming;
use crate::source::{SourceId, Span};

/// What may have a label.
const LABELLED: [&str; 5] = ["permit", "forbid", "never", "always", "exclusive"];

/// Words that other languages start such a declaration with, and the word of this one.
const WORDS: &[(&[&str], &str, &str)] = &[
    (
        &["allow"],
        "permit",
        "a rule starts with `permit`; `allow` stands in a `test`",
    ),
    (
        &["deny"],
        "forbid",
        "a rule starts with `forbid`; `deny` stands in a `test`",
    ),
    (
        &["import", "include", "require", "using", "open"],
        "use",
        "names of another module are brought in with `use`: `use shop.people.{User, Group}`",
    ),
    (
        &["package", "namespace", "mod"],
        "module",
        "the module of a file is named with `module`: `module shop.orders`",
    ),
    (
        &["def", "function", "func", "fun", "predicate"],
        "fn",
        "a function is written `fn f(user: User) = user.active`",
    ),
    (
        &["let", "var", "val", "define", "static"],
        "const",
        "a constant is written `const name = 42`",
    ),
    (
        &["principal", "subjects", "actors"],
        "principals",
        "the types of principals are declared with `principals`: `principals User, Service`",
    ),
    (
        &["assert", "invariant", "property", "ensure"],
        "",
        "an invariant starts with `never` or `always`",
    ),
    (
        &["class", "struct", "model", "resource", "interface", "record"],
        "",
        "what has an id is declared with `entity`, other records with `type Name = { … }`",
    ),
    (&["grant"], "", "a grant stands in a `fixture`, or in the data"),
    (
        &["rule", "policy"],
        "",
        "a rule starts with `permit` or `forbid`, after its label if it has one",
    ),
    (
        &["with"],
        "",
        "`with` stands at the end of a rule, with the obligations of who decides by it",
    ),
    (&["for"], "", "`for` stands in a `test`, around its cases"),
    (
        &["not", "if", "when", "unless", "any", "all", "count"],
        "",
        "a condition stands after `when` or `unless` of a rule",
    ),
];

/// The error of a piece of a file that is no declaration. `next` is the token after it.
pub(super) fn stray(
    text: &str,
    source: SourceId,
    kind: PieceKind,
    tokens: &[Token],
    next: Option<&Token>,
) -> Diagnostic {
    let written = |at: usize| tokens.get(at).map_or("", |token| token.text(text));
    let place = |at: usize| {
        let (start, end) = tokens.get(at).map_or((0, 0), |token| (token.start, token.end));
        Span { source, start, end }
    };
    let first = written(0);
    if kind == PieceKind::Closer {
        let message = format!("this `{first}` closes nothing");
        return Diagnostic::error(UNBALANCED, place(0), message)
            .with_help("remove it, or open what it closes");
    }
    if tokens
        .first()
        .is_some_and(|token| token.kind == TokenKind::Unknown)
    {
        return fault::unknown(text, source, tokens, 0);
    }
    if let Some(error) = bad_label(text, source, tokens, next) {
        return error;
    }
    let next = next.map_or("", |next| next.text(text));
    if tokens.len() == 1 && LABELLED.contains(&next) {
        let message = format!(
            "expected `:` after the label `{}`",
            shortened(&naming::of_token(first))
        );
        let error = Diagnostic::error(STRAY, place(0), message);
        return Mend::writes(format!("write `:` before `{next}`"), after(place(0)), ":").of_token(error);
    }
    if let "context" | "action" = first {
        let what = if first == "context" { "`{`" } else { "an action" };
        let error = Diagnostic::error(STRAY, place(0), format!("expected {what} after `{first}`"));
        return match (first, written(1), written(2)) {
            ("context", ":" | "=", "{") => {
                Mend::writes(format!("remove the `{}`", written(1)), place(1), "").of_token(error)
            }
            _ => error,
        };
    }
    // The word that would say what is declared: after a label, it is the third.
    let at = if written(1) == ":" && tokens.get(2).is_some_and(|token| token.kind == TokenKind::Word) {
        2
    } else {
        0
    };
    let word = written(at);
    let message = format!("expected a declaration, found `{}`", shortened(word));
    let error = Diagnostic::error(STRAY, place(at), message);
    let found = WORDS.iter().find(|(words, ..)| words.contains(&word));
    if let Some((_, instead, help)) = found {
        let mend = Mend::says(*help);
        let input = super::explain::Input {
            text,
            source,
            tokens,
            keyword: tokens.get(at),
        };
        if instead.is_empty() {
            return mend.of(error, &input);
        }
        return mend
            .doing(format!("write `{instead}`"), vec![edit(place(at), *instead)])
            .guessed()
            .of(error, &input);
    }
    match near_declaration(word) {
        Some(near) => Mend::says(format!("did you mean `{near}`?"))
            .doing(format!("write `{near}`"), vec![edit(place(at), near)])
            .guessed()
            .of(
                error,
                &super::explain::Input {
                    text,
                    source,
                    tokens,
                    keyword: tokens.get(at),
                },
            ),
        None => error.with_help(
            "a declaration starts with a keyword such as `entity`, `action`, `role`, `permit`, `forbid`, `fn` or `test`",
        ),
    }
}

/// The error of a label that is no name: a text, or words with `-` between them, of which the next token is the last.
fn bad_label(text: &str, source: SourceId, tokens: &[Token], next: Option<&Token>) -> Option<Diagnostic> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let next = next?;
    let is_text = first.kind == TokenKind::String
        && last.text(text) == ":"
        && tokens.len() == 2
        && LABELLED.contains(&next.text(text));
    let is_dashed = last.text(text) == "-" && last.end == next.start;
    let end = match (is_text, is_dashed) {
        (true, _) => first.end,
        (_, true) => next.end,
        _ => return None,
    };
    let label = text.get(first.start as usize..end as usize)?;
    if is_dashed && label.contains(char::is_whitespace) {
        return None;
    }
    let place = Span {
        source,
        start: first.start,
        end,
    };
    let error = Diagnostic::error(STRAY, place, "a label is a name, or stands between backticks");
    let help = format!("write {}", slips::as_name(&shortened(label)));
    Some(Mend::writes(help, place, slips::name(label)).of_token(error))
}
