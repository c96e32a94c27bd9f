//! The likely mend of what the grammar refused. Here are those that follow from what was expected; what people write by habit
//! is the business of [`slips`] and [`habits`].

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use super::repair::{Mend, after, before, edit};
use super::{UNEXPECTED, forms, habits, slips};
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::naming;
use dictum_artifact::suggest::nearest;
use dictum_artifact::value::quote;

/// The words that a declaration starts with.
pub(super) const DECLARATIONS: &[&str] = &[
    "entity",
    "enum",
    "ordered",
    "type",
    "context",
    "action",
    "role",
    "permit",
    "forbid",
    "exclusive",
    "obligation",
    "principals",
    "fn",
    "const",
    "never",
    "always",
    "fixture",
    "test",
    "module",
    "use",
];

/// What the grammar's own words would say badly: operators of other languages.
pub(super) fn special(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Diagnostic> {
    let previous = input.before(at, 1);
    let place = input.place(at);
    let next = input.place(at + 1);
    let found = input.written(at);
    let is_next = |symbol| input.written(at + 1) == symbol && next.start == place.end;
    let (message, mend) = match found {
        "=" if expected.operand() && matches!(previous, "==" | "!=") => (
            format!("there is no operator `{previous}=`"),
            Mend::writes(format!("write `{previous}`"), place, ""),
        ),
        "=" if expected.operator() && is_next(">") => (
            "there is no operator `=>`".to_owned(),
            habits::method_quantifier(input, at, expected)
                .unwrap_or_else(|| Mend::says("write `>=` to compare, and `if … then … else …` to choose")),
        ),
        "=" if expected.operator() && is_next("<") => (
            "there is no operator `=<`".to_owned(),
            Mend::writes("write `<=`", place.to(next), "<="),
        ),
        "=" if expected.operator() => (
            "`=` does not compare".to_owned(),
            Mend::writes("write `==`", place, "=="),
        ),
        ">" if expected.operand() && previous == "<" => (
            "there is no operator `<>`".to_owned(),
            Mend::writes("write `!=`", input.place(at.saturating_sub(1)).to(place), "!="),
        ),
        ">" if expected.operand() && previous == "=" => (
            "a body stands after `=`, not `=>`".to_owned(),
            Mend::writes("write `=`", place, ""),
        ),
        ">=" if expected.has(Rule::greater) => (
            "this is read as the operator `>=`".to_owned(),
            Mend::writes("write `> =`", place, "> ="),
        ),
        raw if raw.starts_with("r\"") && (expected.operator() || expected.operand()) => (
            "a regular expression stands after `matches` only".to_owned(),
            match raw.contains('\\') {
                true => Mend::says("a text is written without the `r`"),
                false => Mend::says("a text is written without the `r`")
                    .doing("remove the `r`", vec![edit(place, raw.trim_start_matches('r'))]),
            },
        ),
        "?" if expected.operator() => (
            "there is no operator `?`".to_owned(),
            Mend::says("write `if … then … else …` to choose, and `a ?? b` for a default"),
        ),
        _ => return None,
    };
    Some(mend.of(Diagnostic::error(UNEXPECTED, place, message), input))
}

/// The likely mend, where one is likely.
pub(super) fn help(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    forms::form(input, at, expected)
        .or_else(|| habits::habit(input, at, expected))
        .or_else(|| slips::slip(input, at, expected))
        .or_else(|| near_keyword(input, at, expected))
        .or_else(|| slips::rewritten(input, at, expected))
        .or_else(|| head(input, at, expected))
        .or_else(|| keyword_as_name(input, at, expected))
        .or_else(|| entity(input, at, expected))
        .or_else(|| order(input, at, expected))
        .or_else(|| separator(input, at, expected))
        .or_else(|| missing_word(input, at, expected))
        .or_else(|| other(input, at, expected))
}

/// A keyword that is missing before a name.
fn missing_word(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    if at == 0 || !input.is_name(at) || expected.has(Rule::EOI) && input.declared() != "action" {
        return None;
    }
    let words = [
        (Rule::kw_to, "to"),
        (Rule::kw_on, "on"),
        (Rule::kw_using, "using"),
    ];
    if input.declared() == "action" && expected.has(Rule::kw_by) {
        return Some(Mend::says(
            "write `by` before the types of principals, and `on` before those of resources",
        ));
    }
    let (_, word) = words.into_iter().find(|(next, _)| expected.has(*next))?;
    let help = format!("write `{word}` before `{}`", shortened(input.written(at)));
    Some(Mend::writes(help, before(input.place(at)), format!("{word} ")))
}

fn other(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    if input.declared() == "test" && matches!(found, "permit" | "forbid") {
        let word = if found == "permit" { "allow" } else { "deny" };
        let mend = Mend::says(format!("a test says `{word}`"));
        return Some(mend.doing(format!("write `{word}`"), vec![edit(place, word)]));
    }
    if input.declared() == "test" && (found, input.before(at, 1)) == ("{", "with") {
        let with = input.place(at.saturating_sub(1));
        let mend = Mend::says("`with` names obligations; the context of a case is changed by `given { … }`");
        return Some(mend.doing("write `given`", vec![edit(with, "given")]));
    }
    Some(match found {
        "not" if expected.operator() && input.written(at + 1) == "in" => slips::not_first(
            input,
            at,
            "`not` stands before the whole comparison: `not a in b`",
        ),
        "not" if expected.has(Rule::kw_empty) => slips::not_first(
            input,
            at.checked_sub(1)?,
            "`not` stands before the whole test: `not a is T`",
        ),
        // After `and` and `or`, these words are a part of the operator.
        _ if expected.operand() && (expected.has(Rule::kw_then) || expected.has(Rule::kw_else)) => {
            return None;
        }
        _ if expected.has(Rule::kw_then) && is_in_turn(input, at, ["and", "then"]) => Mend::says(
            "`and then` is an operator, so this `if` still lacks its `then`: write `if … then … else …`",
        ),
        _ if expected.has(Rule::kw_else) && is_in_turn(input, at, ["or", "else"]) => Mend::says(
            "`or else` is an operator, so this `if` still lacks its `else`: write `if … then … else …`",
        ),
        "else" | "{" if expected.has(Rule::kw_then) => Mend::says("write `if … then … else …`"),
        _ if expected.has(Rule::kw_else) => Mend::says("an `if` has both a `then` and an `else`"),
        _ if at > 0 && expected.has(Rule::open_brace) && input.before(at, 1) == "given" => {
            Mend::says("write the changed fields in braces: `given { mfa: true }`")
        }
        _ if expected.has(Rule::text) && input.is_name(at) => {
            let shown = format!("\"{}\"", shortened(found));
            let help = format!("a text stands between double quotes: `{shown}`");
            let text = quote(&naming::of_token(found));
            match expected.has(Rule::close_bracket) {
                true => Mend::says(help).doing(format!("write `{shown}`"), vec![edit(place, text)]),
                false => Mend::says(help),
            }
        }
        _ => return None,
    })
}

/// Whether these two words stand together between the last `if` and a place.
fn is_in_turn(input: &Input<'_>, at: usize, words: [&str; 2]) -> bool {
    let since_if = (0..at).rev().take_while(|before| input.written(*before) != "if");
    since_if
        .map(|before| [input.written(before), input.written(before + 1)])
        .any(|found| found == words)
}

/// Whether a rule's WHO or WHAT may go on here.
pub(super) fn is_head(expected: &Expected) -> bool {
    expected.has(Rule::colons) && expected.has(Rule::kw_in)
}

/// A word that is nearly a keyword that could stand here.
fn near_keyword(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    if input.kind(at) != Some(TokenKind::Word) || input.is_keyword(at) || expected.operand() {
        return None;
    }
    let near = nearest(input.written(at), expected.keywords())?;
    let mend = Mend::says(format!("did you mean `{near}`?"));
    let edits = vec![edit(input.place(at), near)];
    Some(mend.doing(format!("write `{near}`"), edits).guessed())
}

/// The word that starts a declaration which another word is nearly.
pub(super) fn near_declaration(word: &str) -> Option<&'static str> {
    let is_plain = word.starts_with(|c: char| c.is_ascii_alphabetic()) && !crate::lexer::is_keyword(word);
    nearest(word, DECLARATIONS.iter().copied()).filter(|_| is_plain)
}

/// A keyword where a name is expected, unless it is the word that follows the name.
fn keyword_as_name(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    const NAMES: [Rule; 25] = [
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
        Rule::allowed_action,
        Rule::role_name,
        Rule::rule_name,
        Rule::fixture_name,
        Rule::entry,
        Rule::record_entry,
        Rule::module_name,
        Rule::used_name,
        Rule::obligation_name,
        Rule::function_name,
        Rule::parameter_name,
        Rule::parameter,
        Rule::constant_name,
        Rule::variable,
        Rule::segment,
    ];
    let word = input.written(at);
    if !input.is_keyword(at) || !NAMES.into_iter().any(|next| expected.has(next)) {
        return None;
    }
    let in_braces = input.before(at, 1) == "{" && matches!(input.before(at, 2), "when" | "unless");
    let follows_names = [
        "in", "on", "to", "by", "when", "unless", "because", "includes", "held", "using", "given", "until",
        "not", "with",
    ];
    let goes_on_like_a_name = matches!(input.written(at + 1), ":" | "?" | "," | "}" | "]" | ".");
    let help = match (input.declared(), word) {
        ("test", "any") => "a case of a test names one action".to_owned(),
        ("fixture", "allow" | "deny" | "context") => format!("`{word}` stands in a `test`"),
        (_, "principal" | "resource" | "context" | "action") if in_braces => {
            "a condition stands without braces".to_owned()
        }
        (_, "if" | "any" | "all" | "count") if expected.operand() && !goes_on_like_a_name => {
            let article = if word == "count" { "a" } else { "an" };
            let help = format!("{article} `{word}` within a larger expression stands in parentheses");
            return Some(habits::parenthesized(input, at, help));
        }
        _ if expected.operand() && !goes_on_like_a_name => return None,
        _ if goes_on_like_a_name || expected.has(Rule::member) || !follows_names.contains(&word) => {
            let help =
                format!("`{word}` is a keyword; as a name it stands between backticks: `` `{word}` ``");
            let edits = vec![edit(input.place(at), format!("`{word}`"))];
            return Some(Mend::says(help).doing(format!("write `` `{word}` ``"), edits));
        }
        _ => return None,
    };
    Some(Mend::says(help))
}

/// What goes wrong in the WHO and the WHAT of a rule.
fn head(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let (who, what) = (expected.has(Rule::who_head), expected.has(Rule::what_head));
    let found = input.written(at);
    let writes = |word: &str| Mend::writes(format!("write `{word}`"), input.place(at), word);
    Some(match found {
        "(" if who => Mend::says("a rule has no parentheses: `permit User to read on Document when …`"),
        "any" | "all" | "anything" | "*" | "everyone" if who => writes("anyone"),
        "any" | "all" | "anyone" | "*" if what => writes("anything"),
        "all" | "anyone" | "anything" | "*" if expected.has(Rule::kw_any) => writes("any"),
        "principal" | "resource" | "action" | "context" if who || what => {
            Mend::says("here stands a type, an entity or a role; the request is tested after `when`")
        }
        "." | "==" | "!=" if is_head(expected) => {
            Mend::says("here stands a type, an entity or a role; attributes are tested after `when`")
        }
        _ => return None,
    })
}

/// What goes wrong in an entity such as `User::"ann"`.
fn entity(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let name = at.checked_sub(1).filter(|before| input.is_name(*before))?;
    if !expected.has(Rule::colons) {
        return None;
    }
    let ty = slips::path(input, at);
    let says = |id: &str| Mend::says(format!("an entity is written `{ty}::{}`", shortened(id)));
    let place = input.place(at);
    Some(match (input.kind(at), input.kind(at + 1)) {
        (Some(TokenKind::String), _) => says(input.written(at)).doing(
            "write `::`",
            vec![edit(after(input.place(name)).to(before(place)), "::")],
        ),
        (Some(TokenKind::Symbol), Some(TokenKind::String))
            if matches!(input.written(at), ":" | "." | "=") =>
        {
            says(input.written(at + 1)).doing("write `::`", vec![edit(place, "::")])
        }
        _ if expected.operator() || is_head(expected) => return None,
        _ => says("\"ann\""),
    })
}

/// What stands in the wrong order.
fn order(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    if !expected.has(Rule::EOI) {
        return None;
    }
    let found = input.written(at);
    Some(match (input.declared(), found) {
        ("permit" | "forbid", "when" | "unless") => reasons_last(input, at)?,
        ("permit" | "forbid", "because") => Mend::says("a rule has one `because`"),
        ("permit" | "forbid", "with") => slips::joined(
            input,
            at,
            "a rule has one `with`: its obligations have `,` between them",
        ),
        ("never" | "always", "because" | "with") => Mend::says(format!(
            "an invariant has no `{found}`; a doc comment (`///`) before it says why it holds"
        )),
        ("entity", "in") => Mend::says("`in` stands before the attributes"),
        ("entity", "{") => Mend::says("the attributes stand before `=` and the ids"),
        ("action", "in") => Mend::says("`in` stands before `by` and `on`"),
        ("action", "by") => Mend::says("`by` stands before `on`"),
        ("action", "{") => Mend::says("the braces hold context fields, and stand after `on`"),
        ("role", "includes") => Mend::says("`includes` stands before the braces"),
        ("role", "{") => Mend::says("the braces stand before `held`"),
        _ => return None,
    })
}

/// A clause behind `because` or `with`, which stand last.
fn reasons_last(input: &Input<'_>, at: usize) -> Option<Mend> {
    let first = (0..at).rfind(|first| matches!(input.written(*first), "when" | "unless" | "on"))?;
    let reason = (first..at).find(|reason| matches!(input.written(*reason), "because" | "with"))?;
    let help = match input.written(reason) {
        "because" => "`because` stands last, after `when` and `unless`",
        _ => "`with` stands last, after `when` and `unless`",
    };
    let moved = input.place(reason).to(input.place(at.checked_sub(1)?));
    let text = input.text.get(moved.start as usize..moved.end as usize)?;
    let gap = moved.to(before(input.place(at)));
    let end = after(input.place(input.tokens.len().checked_sub(1)?));
    Some(Mend::says(help).doing(
        format!("move `{}` to the end", input.written(reason)),
        vec![edit(gap, ""), edit(end, format!(" {text}"))],
    ))
}

/// A separator that is missing, or that is too much.
fn separator(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let (found, previous) = (input.written(at), input.before(at, 1));
    let shown = shortened(previous);
    let place = input.place(at);
    let last = input.place(at.saturating_sub(1));
    let is_label = matches!(
        input.written(at + 1),
        "permit" | "forbid" | "never" | "always" | "exclusive"
    );
    if found == ":" && is_label && at.checked_sub(1).is_some_and(|label| input.is_keyword(label)) {
        let mend = Mend::says(format!(
            "`{shown}` is a keyword; as a name it stands between backticks: `` `{shown}` ``"
        ));
        let edits = vec![edit(last, format!("`{shown}`"))];
        return Some(mend.doing(format!("write `` `{shown}` ``"), edits));
    }
    if expected.has(Rule::colon) {
        return match input.kind(at) {
            Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Number | TokenKind::String) => {
                let mend = Mend::says(format!("write `{shown}: {}`", shortened(found)));
                Some(mend.doing("write `:`", vec![edit(after(last), ":")]))
            }
            Some(TokenKind::Symbol) if matches!(found, "=" | "::") => {
                let gap = after(last).to(place);
                Some(Mend::writes(format!("write `:` for `{found}`"), gap, ":"))
            }
            Some(TokenKind::Symbol) if matches!(found, "." | "==") => {
                Some(Mend::says("a condition stands without braces"))
            }
            _ if expected.has(Rule::question) => {
                Some(Mend::says(format!("a field has a type: `{shown}: String`")))
            }
            _ => None,
        };
    }
    if previous == "," && expected.has(Rule::number) && !expected.operand() {
        if found == ">" {
            return Some(Mend::writes("remove the `,` before it", last, ""));
        }
        if !(0..at).any(|before| input.written(before) == "Map") {
            return Some(Mend::says(
                "the number says how many elements there are at most: `Set<String, 20>`",
            ));
        }
        let mend = Mend::says("a `Map<T>` names the type of its values only: its keys are texts");
        let is_text = input.before(at, 2) == "String" && input.before(at, 3) == "<";
        return Some(match at.checked_sub(2).filter(|_| is_text) {
            Some(key) => {
                let edits = vec![edit(input.place(key).to(before(place)), "")];
                mend.doing("remove the type of the keys", edits)
            }
            None => mend,
        });
    }
    if expected.has(Rule::greater) && input.kind(at) == Some(TokenKind::Number) {
        return Some(Mend::writes(
            format!("write `,` before `{found}`"),
            after(last),
            ",",
        ));
    }
    // In WHO, `,` is any of them: whoever writes `and` may have meant who is both.
    if found == "and" && expected.has(Rule::comma) && (expected.has(Rule::kw_to) || expected.has(Rule::deeds))
    {
        return Some(Mend::says(
            "write `,` where one of them is enough; for who is both, name one and ask for the other with `when`",
        ));
    }
    if matches!(found, "and" | "or") && expected.has(Rule::comma) && !expected.operator() {
        return Some(Mend::writes("write `,`", after(last).to(place), ","));
    }
    if found == "[" && (expected.has(Rule::word_set) || expected.has(Rule::less)) {
        return Some(Mend::says("a set's type is written `Set<T>`"));
    }
    if found == "," && !previous.is_empty() {
        return Some(Mend::writes("remove the `,`", place, ""));
    }
    if previous == "," {
        return Some(Mend::writes("remove the `,` before it", last, ""));
    }
    if expected.has(Rule::comma) && expected.has(Rule::close_brace) && input.is_name(at) {
        return Some(Mend::writes(
            format!("write `,` after `{shown}`"),
            after(last),
            ",",
        ));
    }
    if expected.has(Rule::comma) && (expected.has(Rule::close_bracket) || expected.has(Rule::close_paren)) {
        let operand =
            input.is_name(at) || matches!(input.kind(at), Some(TokenKind::Number | TokenKind::String));
        let help = format!("write `,` before `{}`", shortened(found));
        return operand.then(|| Mend::writes(help, after(last), ","));
    }
    if expected.has(Rule::equals) && !expected.has(Rule::open_brace) && input.declared() == "type" {
        let mend = Mend::says("write `type Name = String`");
        return Some(match found {
            "==" | ":" => mend.doing("write `=`", vec![edit(place, "=")]),
            _ if input.is_name(at) => mend.doing("write `=`", vec![edit(before(place), "= ")]),
            _ => mend,
        });
    }
    None
}
