//! The likely mend of what the grammar refused: the slips that people make, and what other languages have taught them.

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use super::split::PieceKind;
use super::{STRAY, UNBALANCED, UNEXPECTED, UNSUPPORTED, fault, slips};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind, is_keyword};
use crate::source::{SourceId, Span};
use dictum_artifact::suggest::nearest;

/// The words that a declaration starts with.
pub(super) const DECLARATIONS: &[&str] = &[
    "entity", "enum", "ordered", "type", "context", "action", "role", "permit", "forbid", "fixture", "test",
];

/// What the grammar's own words would say badly: what is not supported yet, and operators of other languages.
pub(super) fn special(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Diagnostic> {
    let before = at.checked_sub(1);
    let previous = before.map_or("", |before| input.written(before));
    let follows_name = before.is_some_and(|before| input.is_name(before));
    let place = input.place(at);
    let unsupported = |what: &str| Some(not_yet(place, what));
    let unexpected =
        |message: &str, help: &str| Some(Diagnostic::error(UNEXPECTED, place, message).with_help(help));
    match input.written(at) {
        "any" | "all" | "count" if expected.operand() => {
            unsupported("the quantifiers `any`, `all` and `count`")
        }
        "matches" if expected.operator() => unsupported("`matches`"),
        "with" if expected.has(Rule::EOI) || expected.has(Rule::case) => unsupported("obligations (`with`)"),
        "for" if expected.has(Rule::case) => unsupported("`for` in tests"),
        "on" if input.declared() == "fixture" && expected.has(Rule::open_brace) => {
            unsupported("fixtures on top of others")
        }
        "(" if expected.operator() && follows_name => unsupported("functions"),
        "." if follows_name && !expected.operator() && !is_head(expected) => unsupported("modules"),
        "=" if expected.operand() && matches!(previous, "==" | "!=") => unexpected(
            &format!("there is no operator `{previous}=`"),
            &format!("write `{previous}`"),
        ),
        "=" if expected.operator() && input.written(at + 1) == ">" => unexpected(
            "there is no operator `=>`",
            "write `>=` to compare, and `if … then … else …` to choose",
        ),
        "=" if expected.operator() && input.written(at + 1) == "<" => {
            unexpected("there is no operator `=<`", "write `<=`")
        }
        "=" if expected.operator() => unexpected("`=` does not compare", "write `==`"),
        ">" if expected.operand() && previous == "<" => unexpected("there is no operator `<>`", "write `!=`"),
        "?" if expected.operator() => unexpected(
            "there is no operator `?`",
            "write `if … then … else …` to choose, and `a ?? b` for a default",
        ),
        _ => None,
    }
}

/// The likely mend, where one is likely.
pub(super) fn help(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let found = input.written(at);
    let say = |help: &str| Some(help.to_owned());
    if let Some(help) = slips::slip(input, at, expected).or_else(|| near_keyword(input, at, expected)) {
        return Some(help);
    }
    if let Some(help) = slips::rewritten(input, at, expected).or_else(|| keyword_as_name(input, at, expected))
    {
        return Some(help);
    }
    if let Some(help) = head(input, at, expected).or_else(|| entity(input, at, expected)) {
        return Some(help);
    }
    if let Some(help) = order(input, at, expected).or_else(|| separator(input, at, expected)) {
        return Some(help);
    }
    if is_word(input, at) && at > 0 {
        let shown = shortened(found);
        for (next, word) in [
            (Rule::kw_to, "to"),
            (Rule::kw_on, "on"),
            (Rule::kw_using, "using"),
        ] {
            if expected.has(next) && !expected.has(Rule::EOI) && input.is_name(at) {
                return Some(format!("write `{word}` before `{shown}`"));
            }
        }
        if input.declared() == "action" && expected.has(Rule::kw_by) && input.is_name(at) {
            return say("write `by` before the types of principals, and `on` before those of resources");
        }
    }
    if input.declared() == "test" && matches!(found, "permit" | "forbid") {
        let word = if found == "permit" { "allow" } else { "deny" };
        return Some(format!("a test says `{word}`"));
    }
    match found {
        "not" if expected.operator() && input.written(at + 1) == "in" => {
            say("`not` stands before the whole comparison: `not a in b`")
        }
        "not" if expected.has(Rule::kw_empty) => say("`not` stands before the whole test: `not a is T`"),
        "else" if expected.has(Rule::kw_then) => say("write `if … then … else …`"),
        _ if expected.has(Rule::kw_else) => say("an `if` has both a `then` and an `else`"),
        _ if at > 0 && expected.has(Rule::open_brace) && input.written(at - 1) == "given" => {
            say("write the changed fields in braces: `given { mfa: true }`")
        }
        _ if expected.has(Rule::text) && input.is_name(at) => Some(format!(
            "a text stands between double quotes: `\"{}\"`",
            shortened(found)
        )),
        _ => None,
    }
}

fn is_word(input: &Input<'_>, at: usize) -> bool {
    matches!(input.kind(at), Some(TokenKind::Word | TokenKind::Quoted))
}

/// Whether a rule's WHO or WHAT may go on here.
fn is_head(expected: &Expected) -> bool {
    expected.has(Rule::colons) && expected.has(Rule::kw_in)
}

/// A word that is nearly a keyword that could stand here.
fn near_keyword(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    if input.kind(at) != Some(TokenKind::Word) || input.is_keyword(at) || expected.operand() {
        return None;
    }
    let near = nearest(input.written(at), expected.keywords())?;
    Some(format!("did you mean `{near}`?"))
}

/// A keyword where a name is expected, unless it is the word that follows the name.
fn keyword_as_name(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    const NAMES: [Rule; 14] = [
        Rule::name,
        Rule::annotation_name,
        Rule::entity_name,
        Rule::enum_name,
        Rule::alias_name,
        Rule::type_name,
        Rule::variant,
        Rule::field_name,
        Rule::member,
        Rule::action_name,
        Rule::role_name,
        Rule::rule_name,
        Rule::fixture_name,
        Rule::entry,
    ];
    let word = input.written(at);
    if !input.is_keyword(at) || !NAMES.into_iter().any(|next| expected.has(next)) {
        return None;
    }
    let written_before = |n| at.checked_sub(n).map_or("", |before| input.written(before));
    let in_braces = written_before(1) == "{" && matches!(written_before(2), "when" | "unless");
    let follows_names = [
        "in", "on", "to", "by", "when", "unless", "because", "includes", "held", "using", "given", "until",
        "not",
    ];
    let goes_on_like_a_name = matches!(input.written(at + 1), ":" | "?" | "," | "}" | "]");
    let help = match (input.declared(), word) {
        ("test", "any") => "a case of a test names one action".to_owned(),
        ("fixture", "allow" | "deny" | "context") => format!("`{word}` stands in a `test`"),
        (_, "principal" | "resource" | "context" | "action") if in_braces => {
            "a condition stands without braces".to_owned()
        }
        (_, "if") if expected.operand() => {
            "an `if` within a larger expression stands in parentheses".to_owned()
        }
        _ if expected.operand() && !goes_on_like_a_name => return None,
        _ if goes_on_like_a_name || expected.has(Rule::member) || !follows_names.contains(&word) => {
            format!("`{word}` is a keyword; as a name it stands between backticks: `` `{word}` ``")
        }
        _ => return None,
    };
    Some(help)
}

/// What goes wrong in the WHO and the WHAT of a rule.
fn head(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let (who, what) = (expected.has(Rule::who_head), expected.has(Rule::what_head));
    let found = input.written(at);
    let help = match found {
        "(" if who => "a rule has no parentheses: `permit User to read on Document when …`",
        "any" | "all" | "anything" | "*" if who => "write `anyone`",
        "any" | "all" | "anyone" | "*" if what => "write `anything`",
        "all" | "anyone" | "anything" | "*" if expected.has(Rule::kw_any) => "write `any`",
        "principal" | "resource" | "action" | "context" if who || what => {
            "here stands a type, an entity or a role; the request is tested after `when`"
        }
        "." | "==" | "!=" if is_head(expected) => {
            "here stands a type, an entity or a role; attributes are tested after `when`"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// What goes wrong in an entity such as `User::"ann"`.
fn entity(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let before = at.checked_sub(1).filter(|before| input.is_name(*before))?;
    if !expected.has(Rule::colons) {
        return None;
    }
    let ty = shortened(input.written(before));
    let id = match (input.kind(at), input.kind(at + 1)) {
        (Some(TokenKind::String), _) => input.written(at),
        (Some(TokenKind::Symbol), Some(TokenKind::String))
            if matches!(input.written(at), ":" | "." | "=") =>
        {
            input.written(at + 1)
        }
        _ if expected.operator() || is_head(expected) => return None,
        _ => "\"ann\"",
    };
    Some(format!("an entity is written `{ty}::{}`", shortened(id)))
}

/// What stands in the wrong order.
fn order(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    if !expected.has(Rule::EOI) {
        return None;
    }
    let help = match (input.declared(), input.written(at)) {
        ("permit" | "forbid", "when" | "unless") => "`because` stands last, after `when` and `unless`",
        ("permit" | "forbid", "because") => "a rule has one `because`",
        ("entity", "in") => "`in` stands before the attributes",
        ("entity", "{") => "the attributes stand before `=` and the ids",
        ("action", "in") => "`in` stands before `by` and `on`",
        ("action", "by") => "`by` stands before `on`",
        ("action", "{") => "the braces hold context fields, and stand after `on`",
        ("role", "includes") => "`includes` stands before the braces",
        ("role", "{") => "the braces stand before `held`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// A separator that is missing, or that is too much.
fn separator(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let (found, previous) = (
        input.written(at),
        at.checked_sub(1).map_or("", |before| input.written(before)),
    );
    let before = shortened(previous);
    if expected.has(Rule::colon) {
        return match input.kind(at) {
            Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Number | TokenKind::String) => {
                Some(format!("write `{before}: {}`", shortened(found)))
            }
            Some(TokenKind::Symbol) if matches!(found, "=" | "::") => {
                Some(format!("write `:` for `{found}`"))
            }
            Some(TokenKind::Symbol) if matches!(found, "." | "==") => {
                Some("a condition stands without braces".to_owned())
            }
            _ if expected.has(Rule::question) => Some(format!("a field has a type: `{before}: String`")),
            _ => None,
        };
    }
    if found == "," && expected.has(Rule::greater) {
        return Some("a `Map<T>` names the type of its values only: its keys are texts".to_owned());
    }
    if found == "[" && (expected.has(Rule::word_set) || expected.has(Rule::less)) {
        return Some("a set's type is written `Set<T>`".to_owned());
    }
    if found == "," && !previous.is_empty() {
        return Some("remove the `,`".to_owned());
    }
    if previous == "," {
        return Some("remove the `,` before it".to_owned());
    }
    if expected.has(Rule::comma) && expected.has(Rule::close_brace) && input.is_name(at) {
        return Some(format!("write `,` after `{before}`"));
    }
    if expected.has(Rule::comma) && (expected.has(Rule::close_bracket) || expected.has(Rule::close_paren)) {
        let operand =
            input.is_name(at) || matches!(input.kind(at), Some(TokenKind::Number | TokenKind::String));
        return operand.then(|| format!("write `,` before `{}`", shortened(found)));
    }
    if expected.has(Rule::equals) && !expected.has(Rule::open_brace) && input.declared() == "type" {
        return Some("write `type Name = String`".to_owned());
    }
    None
}

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
        return fault::unknown(text, source, tokens);
    }
    if let Some(error) = bad_label(text, source, tokens, next) {
        return error;
    }
    let next = next.map_or("", |next| next.text(text));
    if tokens.len() == 1 && matches!(next, "permit" | "forbid") {
        let message = format!(
            "expected `:` after the label `{}`",
            shortened(first.trim_matches('`'))
        );
        return Diagnostic::error(STRAY, place(0), message).with_help(format!("write `:` before `{next}`"));
    }
    if let "context" | "action" = first {
        let what = if first == "context" { "`{`" } else { "an action" };
        return Diagnostic::error(STRAY, place(0), format!("expected {what} after `{first}`"));
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
    match word {
        "allow" => error.with_help("a rule starts with `permit`; `allow` stands in a `test`"),
        "deny" => error.with_help("a rule starts with `forbid`; `deny` stands in a `test`"),
        "grant" => error.with_help("a grant stands in a `fixture`, or in the data"),
        "rule" | "policy" => {
            error.with_help("a rule starts with `permit` or `forbid`, after its label if it has one")
        }
        "import" => {
            error.with_help("all files of a package see each other's declarations; nothing is imported")
        }
        _ => match near_declaration(word) {
            Some(help) => error.with_help(help),
            None => error.with_help(
                "a declaration starts with `entity`, `enum`, `type`, `context`, `action`, `role`, `permit`, \
                 `forbid`, `fixture` or `test`",
            ),
        },
    }
}

/// The error of a label that is no name: a text, or words with `-` between them, of which the next token is the last.
fn bad_label(text: &str, source: SourceId, tokens: &[Token], next: Option<&Token>) -> Option<Diagnostic> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let next = next?;
    let is_text = first.kind == TokenKind::String
        && last.text(text) == ":"
        && tokens.len() == 2
        && matches!(next.text(text), "permit" | "forbid");
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
    Some(error.with_help(format!("write {}", slips::as_name(&shortened(label)))))
}

/// The word that starts a declaration which another word is nearly.
pub(super) fn near_declaration(word: &str) -> Option<String> {
    let near = nearest(word, DECLARATIONS.iter().copied()).filter(|_| !is_keyword(word))?;
    Some(format!("did you mean `{near}`?"))
}

/// The error of a declaration of the language that this version does not read, by its keyword.
pub(super) fn unsupported(text: &str, source: SourceId, keyword: &Token) -> Option<Diagnostic> {
    let what = match keyword.text(text) {
        "module" | "use" => "modules",
        "fn" => "functions",
        "const" => "constants",
        "exclusive" => "`exclusive` roles",
        "obligation" => "obligations",
        "principals" => "`principals`",
        "never" | "always" => "invariants (`never` and `always`)",
        _ => return None,
    };
    let place = Span {
        source,
        start: keyword.start,
        end: keyword.end,
    };
    Some(not_yet(place, what))
}

/// The error of a part of the language that this version does not read.
pub(super) fn not_yet(place: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        UNSUPPORTED,
        place,
        format!("this version does not support {what} yet"),
    )
}
