//! What people bring along from other languages, with what it is here: quantifiers, functions, modules, regular expressions.

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use super::mend::is_head;
use super::repair::{Mend, after, before, edit};
use super::slips::{path, start_of_path};
use crate::lexer::TokenKind;
use crate::source::Span;

/// The mend of a habit.
pub(super) fn habit(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    annotation(input, at)
        .or_else(|| quantifier(input, at, expected))
        .or_else(|| method_quantifier(input, at, expected))
        .or_else(|| regex(input, at, expected))
        .or_else(|| function(input, at, expected))
        .or_else(|| module(input, at, expected))
        .or_else(|| list(input, at, expected))
        .or_else(|| table(input, at, expected))
}

/// `@ticket "SEC-112"`, `@ticket: "SEC-112"`
pub(super) fn annotation(input: &Input<'_>, at: usize) -> Option<Mend> {
    let text = if input.kind(at) == Some(TokenKind::String) {
        at
    } else {
        at + 1
    };
    let name = at.checked_sub(1)?;
    let is_text = input.kind(text) == Some(TokenKind::String) && matches!(input.written(at), ":" | "=");
    if input.before(name, 1) != "@" || !is_text && text != at {
        return None;
    }
    let gap = after(input.place(name)).to(before(input.place(text)));
    let mend = Mend::says("the text of an annotation stands in parentheses: `@ticket(\"SEC-112\")`");
    let edits = vec![edit(gap, "("), edit(after(input.place(text)), ")")];
    Some(mend.doing("write parentheses", edits))
}

/// `exists x in s: e`, `any(x in s, e)`, `any x of s, e`
fn quantifier(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    if expected.operator() && input.is_name(at) && matches!(input.written(at + 1), "in" | "of" | ":") {
        let word = match input.before(at, 1) {
            "exists" | "some" | "exist" | "anyof" => "any",
            "forall" | "every" | "each" | "foreach" | "allof" => "all",
            "number" => "count",
            _ => return None,
        };
        let edits = vec![edit(input.place(at.checked_sub(1)?), word)];
        let mend = Mend::says(format!("write `{word} {} in … : …`", shortened(found)));
        return Some(mend.doing(format!("write `{word}`"), edits));
    }
    let is_variable = expected.has(Rule::variable);
    let is_call = matches!(found, "any" | "all" | "count") && input.written(at + 1) == "(";
    if expected.operand() && is_call && comma_in(input, at + 1).is_some() {
        return Some(in_parentheses(input, at + 1));
    }
    if is_variable && found == "(" && matches!(input.before(at, 1), "any" | "all" | "count") {
        return Some(in_parentheses(input, at));
    }
    if found == "for" && expected.operand() && matches!(input.written(at + 1), "any" | "all") {
        let gap = place.to(before(input.place(at + 1)));
        return Some(Mend::writes("remove the `for`", gap, ""));
    }
    let quantified = || {
        let from = at.checked_sub(2)?;
        matches!(input.written(from), "any" | "all" | "count" | "for").then_some(())
    };
    if expected.has(Rule::kw_in) && !expected.operator() && matches!(found, "of" | ":" | "=" | "from") {
        quantified()?;
        return Some(Mend::writes("write `in`", place, "in"));
    }
    if expected.operator() && found == ":" && input.before(at, 2) == "in" {
        return Some(Mend::says(
            "a quantifier starts with `any`, `all` or `count`: `any x in s: x.ok`",
        ));
    }
    // Within the set of a quantifier, whose `:` may come.
    if expected.has(Rule::colon) && expected.operator() && starts_quantifier(input, at) {
        return Some(match found {
            "," | "where" | "satisfies" | "then" => {
                let gap = after(input.place(at.checked_sub(1)?)).to(place);
                let mend = Mend::says("the condition stands after `:`: `any x in s: x.ok`");
                mend.doing("write `:`", vec![edit(gap, ":")])
            }
            _ => {
                let last = after(input.place(at.checked_sub(1)?));
                let mend = Mend::says("the condition stands after `:`: `any x in s: x.ok`");
                mend.doing("write `:`", vec![edit(last, ":")]).guessed()
            }
        });
    }
    None
}

/// Parentheses around what starts here and reaches as far right as it can.
pub(super) fn parenthesized(input: &Input<'_>, at: usize, help: String) -> Mend {
    let is_if = input.written(at) == "if";
    let mut depth = 0;
    let mut end = at;
    for next in at..input.tokens.len() {
        let word = input.written(next);
        match word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        let is_clause = matches!(word, "when" | "unless" | "because" | "with" | ",");
        if depth < 0 || depth == 0 && (is_clause || !is_if && matches!(word, "then" | "else")) {
            break;
        }
        end = next;
    }
    Mend::says(help).doing(
        "write parentheses around it",
        vec![
            edit(before(input.place(at)), "("),
            edit(after(input.place(end)), ")"),
        ],
    )
}

/// Whether a quantifier has started before a token whose `:` is still to come.
fn starts_quantifier(input: &Input<'_>, at: usize) -> bool {
    let mut words = (0..at).rev().map(|before| input.written(before));
    words
        .find_map(|word| match word {
            "any" | "all" | "count" => Some(true),
            ":" | "when" | "unless" | "then" => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

/// `any(x in s, e)` as `(any x in s: e)`. The opening parenthesis is given.
fn in_parentheses(input: &Input<'_>, at: usize) -> Mend {
    let word = input.before(at, 1);
    let mend = Mend::says(format!("a quantifier is written `{word} x in s: …`"));
    let start = input.place(at.saturating_sub(1)).to(input.place(at));
    match comma_in(input, at) {
        Some(comma) if input.is_name(at + 1) && input.written(at + 2) == "in" => {
            let gap = after(input.place(comma - 1)).to(input.place(comma));
            mend.doing(
                format!("write `({word} {} in … : …)`", shortened(input.written(at + 1))),
                vec![edit(start, format!("({word} ")), edit(gap, ":")],
            )
        }
        _ => mend,
    }
}

/// The first comma in a bracket, of its own arguments.
fn comma_in(input: &Input<'_>, open: usize) -> Option<usize> {
    let mut depth = 0;
    for at in open..input.tokens.len() {
        match input.written(at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 => return Some(at),
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    None
}

/// `s.any(x => e)`, `s.all(x, e)`
pub(super) fn method_quantifier(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let lambda = |open: usize| {
        let (variable, arrow) = (open + 1, open + 2);
        let length = match (input.written(arrow), input.written(arrow + 1)) {
            (",", _) => 1,
            ("=" | "-", ">") => 2,
            _ => return None,
        };
        (input.written(open) == "(" && input.is_name(variable)).then_some((variable, arrow + length))
    };
    // The method is a keyword, or the arrow is what cannot be read.
    let (name, parts) = if expected.has(Rule::member) {
        (at, lambda(at + 1))
    } else {
        let name = at.checked_sub(3)?;
        let is_arrow = matches!(input.written(at), "=" | ">");
        let name = if input.written(name) == "(" {
            name.checked_sub(1)?
        } else {
            name
        };
        let parts = lambda(name + 1).filter(|_| is_arrow && input.before(name, 1) == ".");
        parts.as_ref()?;
        (name, parts)
    };
    let word = match input.written(name) {
        "any" | "some" | "exists" | "anyMatch" => "any",
        "all" | "every" | "forall" | "allMatch" => "all",
        "count" => "count",
        _ => return None,
    };
    if word == "count" && input.written(name + 1) == "(" && input.written(name + 2) == ")" {
        let call = input.place(name).to(input.place(name + 2));
        let mend = Mend::says("how many elements there are is `s.size`");
        return Some(mend.doing("write `size`", vec![edit(call, "size")]));
    }
    let mend = Mend::says(format!("a quantifier is written `{word} x in s: …`"));
    let dot = name.checked_sub(1)?;
    let Some((variable, body)) = parts else {
        return Some(mend);
    };
    let variable = shortened(input.written(variable));
    let start = before(input.place(start_of_path(input, dot)));
    let call = input.place(dot).to(input.place(body.checked_sub(1)?));
    Some(mend.doing(
        format!("write `({word} {variable} in {}: …)`", path(input, dot)),
        vec![edit(start, format!("({word} {variable} in ")), edit(call, ":")],
    ))
}

/// `matches "…"`
fn regex(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let place = input.place(at);
    let is_text = input.kind(at) == Some(TokenKind::String);
    if expected.has(Rule::raw_text) {
        if !is_text {
            return Some(Mend::says(
                "a regular expression is a text that is written with an `r`: `r\"[a-z]+\"`",
            ));
        }
        let mend = Mend::says("a regular expression is written with an `r` before it: `r\"…\"`");
        return Some(match raw(input.written(at)) {
            Some(raw) => mend.doing(format!("write `{}`", shortened(&raw)), vec![edit(place, raw)]),
            None => mend,
        });
    }
    None
}

/// The raw text that means what a text literal does, if there is one.
pub(super) fn raw(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut raw = String::from("r\"");
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => match characters.next()? {
                '\\' => raw.push('\\'),
                '"' => return None,
                // As people write it who think of the expression.
                other => raw.extend(['\\', other]),
            },
            (c, false) => raw.push(c),
        }
    }
    raw.push('"');
    Some(raw)
}

/// What goes wrong in `fn` and `const`.
fn function(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    if expected.operator() && input.before(at, 1) == "return" {
        let word = input.place(at.checked_sub(1)?);
        return Some(Mend::writes("remove the `return`", word.to(before(place)), ""));
    }
    if input.declared() == "fn" && expected.has(Rule::open_paren) && !expected.operator() {
        return Some(Mend::says(
            "the parameters stand in parentheses: `fn f(n: Int) = n > 0`",
        ));
    }
    let is_declared = matches!(input.declared(), "fn" | "const");
    if !is_declared
        || !expected.has(Rule::equals) && !expected.has(Rule::word_set) && !expected.has(Rule::colon)
    {
        return None;
    }
    Some(match (input.declared(), found) {
        ("const", "=") if input.before(at, 1) == ":" => {
            let colon = input.place(at.checked_sub(1)?);
            Mend::writes("write `=`", colon.to(place), "=")
        }
        (_, "==") if expected.has(Rule::equals) => Mend::writes("write `=`", place, "="),
        ("fn", ":" | "-") if expected.has(Rule::equals) => {
            let mend = Mend::says("the type of its value is not written: it follows from the body");
            let body = (at..input.tokens.len()).find(|body| input.written(*body) == "=");
            match body {
                Some(body) => {
                    let gap = place.to(before(input.place(body)));
                    mend.doing("remove the type", vec![edit(gap, "")])
                }
                None => mend,
            }
        }
        ("fn", "{") if expected.has(Rule::equals) => {
            let mend = Mend::says("the body stands after `=`, without braces: `fn f(n: Int) = n > 0`");
            let last = input.tokens.len().checked_sub(1)?;
            if input.written(last) != "}" {
                return Some(mend);
            }
            let end = after(input.place(last.checked_sub(1)?)).to(input.place(last));
            mend.doing("write `=`", vec![edit(place, "="), edit(end, "")])
                .guessed()
        }
        ("fn", ")" | ",") if expected.has(Rule::colon) => {
            let name = shortened(input.before(at, 1));
            Mend::says(format!("a parameter has a type: `{name}: String`"))
        }
        (_, _) if expected.has(Rule::equals) && at > 1 => {
            let mend = match input.declared() {
                "fn" => Mend::says("the body stands after `=`: `fn f(n: Int) = n > 0`"),
                _ => Mend::says("a constant is written `const name = 42`"),
            };
            if at == input.tokens.len() {
                return Some(mend);
            }
            mend.doing("write `=`", vec![edit(before(place), "= ")])
        }
        _ => return None,
    })
}

/// Paths with the separators of other languages, and what else is written after `use`.
fn module(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    let declared = input.declared();
    if found == "::" && at > 0 && !expected.operator() {
        let is_module = matches!(declared, "module" | "use");
        if is_module || input.is_name(at + 1) && !is_head(expected) && !expected.has(Rule::colon) {
            let mend = Mend::says("the names of a path have `.` between them");
            return Some(mend.doing("write `.`", vec![edit(place, ".")]));
        }
    }
    if declared != "use" && declared != "module" {
        return None;
    }
    if input.kind(at) == Some(TokenKind::String) {
        let inner = found.trim_matches('"').replace('/', ".");
        let is_path = inner.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        let mend = Mend::says("a path stands without quotes: `shop.people`");
        return Some(match is_path {
            true => mend.doing(format!("write `{}`", shortened(&inner)), vec![edit(place, inner)]),
            false => mend,
        });
    }
    Some(match found {
        "*" if declared == "use" => {
            let dot = input.place(at.checked_sub(1)?);
            Mend::says("without a list, `use` brings in all that the module declares")
                .doing("remove `.*`", vec![edit(dot.to(place), "")])
        }
        "as" => Mend::says("what is used keeps its name; write its path where that is taken: `a.b.User`"),
        "{" if declared == "use" && input.is_name(at.checked_sub(1)?) => {
            let gap = after(input.place(at.checked_sub(1)?)).to(before(place));
            Mend::writes("write `.` before `{`", gap, ".")
        }
        "{" if declared == "module" => {
            Mend::says("`module` names the module of the whole file; what it declares stands without braces")
        }
        "," if declared == "use" && expected.has(Rule::EOI) => Mend::says(
            "each `use` names one module, or names of it in braces: `use shop.people.{User, Group}`",
        ),
        "}" if expected.has(Rule::used_name) && input.before(at, 1) == "{" => {
            Mend::says("write the names that are used, or `use shop.people` for all of them")
        }
        _ => return None,
    })
}

/// Lists in brackets, or with `and` between, where names stand with commas between; fields in parentheses.
fn list(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    let gap = after(input.place(at.saturating_sub(1))).to(place);
    Some(match (input.declared(), found) {
        ("exclusive", "on") if expected.has(Rule::comma) && !expected.has(Rule::EOI) => {
            Mend::says("it names at least two roles: `exclusive requester, approver on Invoice`")
        }
        ("exclusive", "and" | "or") if expected.has(Rule::comma) => {
            Mend::says("write `,` between the roles").doing("write `,`", vec![edit(gap, ",")])
        }
        ("exclusive", "(" | "{" | "[") if expected.has(Rule::role_name) => {
            Mend::says("the roles stand without brackets: `exclusive requester, approver on Invoice`")
        }
        ("principals", ":" | "=" | "{" | "[" | "(") if expected.has(Rule::type_name) => {
            Mend::says("the types stand without brackets: `principals User, Service`")
        }
        ("obligation", "(" | ":" | "=") if expected.has(Rule::EOI) => braces(
            input,
            at,
            "the fields stand in braces: `obligation step_up { acr: String }`",
        ),
        ("permit" | "forbid" | "test", "(")
            if expected.has(Rule::entries) || expected.has(Rule::open_brace) =>
        {
            let name = shortened(input.before(at, 1));
            braces(
                input,
                at,
                &format!("the fields stand in braces: `{name} {{ acr: \"mfa\" }}`"),
            )
        }
        _ => return None,
    })
}

/// Braces in the place of the parentheses that open here.
fn braces(input: &Input<'_>, at: usize, help: &str) -> Mend {
    let mend = Mend::says(help);
    let close = (at..input.tokens.len()).find(|close| input.written(*close) == ")");
    match close {
        Some(close) if input.written(at) == "(" => {
            let place = input.place(at);
            let open: Span = after(input.place(at.saturating_sub(1))).to(place);
            mend.doing(
                "write braces",
                vec![edit(open, " { "), edit(input.place(close), " }")],
            )
        }
        _ => mend,
    }
}

/// What goes wrong in the `for` of a test, and fixtures on others.
fn table(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    Some(match input.declared() {
        "test" if expected.has(Rule::variable) && matches!(found, "(" | "each" | "let" | "var") => {
            Mend::says("a table is written `for u in [User::\"ann\", User::\"bob\"] { … }`")
        }
        "test" if input.before(at, 3) == "for" && expected.has(Rule::open_bracket) => {
            Mend::says("the values stand in square brackets: `for u in [User::\"ann\", User::\"bob\"] { … }`")
        }
        "test" if matches!(found, "foreach" | "each" | "loop") && expected.has(Rule::close_brace) => {
            Mend::writes("write `for`", place, "for")
        }
        "test" if matches!(found, "when" | "if" | "where") && expected.has(Rule::close_brace) => {
            Mend::says("the context of a case stands after `given`: `given { mfa: true }`")
        }
        "fixture"
            if matches!(found, "extends" | "in" | "using" | ":" | "from")
                && input.before(at, 2) == "fixture" =>
        {
            Mend::says("the fixture that it builds on stands after `on`: `fixture evening on office { … }`")
                .doing("write `on`", vec![edit(place, "on")])
        }
        _ => return None,
    })
}
