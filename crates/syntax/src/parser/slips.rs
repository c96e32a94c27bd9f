//! The slips that people make in their first policies, each with its mend: first those that one word shows, in a table, then
//! those whose mend is made of what stands around it.

use dictum_artifact::value::quote;

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use super::repair::{Mend, after, before, edit};
use crate::lexer::TokenKind;
use crate::naming;
use crate::source::Span;

/// Where in a declaration a slip is made.
#[derive(Clone, Copy)]
enum Place {
    /// After an operand.
    Operator,
    /// Where a rule may have its first clause.
    Clause,
    /// After the name of an entity type.
    Entity,
    /// Where a role may end.
    Role,
    /// After `held`.
    Held,
    /// After `includes`.
    Includes,
    /// Where a case of a test says what its principal does.
    Case,
    /// After the role of a grant.
    Grant,
}

/// What a slip becomes.
#[derive(Clone, Copy)]
enum Change {
    /// Nothing that is certain.
    None,
    /// Another word.
    To(&'static str),
    /// The same after another word.
    After(&'static str),
    /// A function of what stands before it.
    Function(&'static str),
}

/// The words at each place, the mend, and how it changes the word.
const SLIPS: &[(Place, &[&str], &str, Change)] = &[
    (
        Place::Operator,
        &["containsAll", "contains_all"],
        "write `contains all`",
        Change::To("contains all"),
    ),
    (
        Place::Operator,
        &["containsAny", "contains_any"],
        "write `contains any`",
        Change::To("contains any"),
    ),
    (
        Place::Operator,
        &["starts_with", "startsWith"],
        "write `a.starts_with(\"b\")`",
        Change::Function("starts_with"),
    ),
    (
        Place::Operator,
        &["ends_with", "endsWith"],
        "write `a.ends_with(\"b\")`",
        Change::Function("ends_with"),
    ),
    (Place::Operator, &["equals", "eq"], "write `==`", Change::To("==")),
    (
        Place::Operator,
        &["implies"],
        "write `not a or b` for `a implies b`",
        Change::None,
    ),
    (
        Place::Operator,
        &["elif", "elsif", "elseif"],
        "write `else if`",
        Change::To("else if"),
    ),
    (Place::Operator, &["AND"], "write `and`", Change::To("and")),
    (Place::Operator, &["OR"], "write `or`", Change::To("or")),
    (
        Place::Operator,
        &["principal", "resource", "action", "context"],
        "write `and` or `or` between two conditions",
        Change::None,
    ),
    (
        Place::Clause,
        &["if", "where"],
        "write `when`",
        Change::To("when"),
    ),
    (
        Place::Clause,
        &["principal", "resource", "action", "context", "not"],
        "write `when` before the condition",
        Change::After("when"),
    ),
    (
        Place::Entity,
        &["extends", "inherits", ":", "under", "of"],
        "what it may be in stands after `in`: `entity User in Team`",
        Change::To("in"),
    ),
    (
        Place::Entity,
        &["(", "has", "with"],
        "the attributes stand in braces: `{ name: String }`",
        Change::None,
    ),
    (
        Place::Role,
        &["when", "if", "where"],
        "write `held when`",
        Change::To("held when"),
    ),
    (
        Place::Held,
        &["principal", "resource", "action", "context", "not"],
        "write `held when`",
        Change::After("when"),
    ),
    (Place::Held, &["if"], "write `held when`", Change::To("when")),
    (
        Place::Includes,
        &["{"],
        "the roles that it includes stand without braces",
        Change::None,
    ),
    (
        Place::Case,
        &["by", "on"],
        "a case is written `allow User::\"ann\" to read on Doc::\"plan\"`",
        Change::None,
    ),
    (
        Place::Grant,
        &["to"],
        "`on` stands before `to`: `grant editor on Doc::\"plan\" to User::\"ann\"`",
        Change::None,
    ),
];

/// The mend of a slip that the word there shows.
pub(super) fn slip(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let word = input.written(at);
    let of_word = |row: &&(Place, &[&str], &str, Change)| row.1.contains(&word);
    let (_, _, help, change) = SLIPS
        .iter()
        .filter(of_word)
        .find(|(place, ..)| stands(*place, input, at, expected))?;
    let place = input.place(at);
    let edits = match change {
        Change::None => return Some(Mend::says(*help)),
        Change::To(word) => vec![edit(place, *word)],
        Change::After(word) => vec![edit(before(place), format!("{word} "))],
        Change::Function(name) => {
            let argument = input.place(at + 1);
            let gap = after(input.place(at.checked_sub(1)?)).to(before(argument));
            let end = if input.written(at + 1) == "(" { "" } else { ")" };
            let start = if end.is_empty() {
                format!(".{name}")
            } else {
                format!(".{name}(")
            };
            vec![edit(gap, start), edit(after(argument), end)]
        }
    };
    // A command needs no other words.
    let title = match help.strip_prefix("write `") {
        Some(_) => (*help).to_owned(),
        None => format!("write `{}`", edits.first().map_or("", |edit| edit.text.trim())),
    };
    Some(Mend::says(*help).doing(title, edits))
}

fn stands(place: Place, input: &Input<'_>, at: usize, expected: &Expected) -> bool {
    let declared = input.declared();
    let may_end = expected.has(Rule::EOI) && !expected.operator();
    match place {
        Place::Operator => expected.operator(),
        Place::Clause => may_end && expected.has(Rule::clause),
        Place::Entity => declared == "entity" && may_end && expected.keywords().any(|word| word == "in"),
        Place::Role => declared == "role" && may_end,
        Place::Held => input.before(at, 1) == "held",
        Place::Includes => input.before(at, 1) == "includes",
        Place::Case => expected.has(Rule::kw_to) && matches!(input.before(at, 2), "allow" | "deny"),
        Place::Grant => declared == "fixture" && expected.has(Rule::kw_on),
    }
}

/// The mend of a slip, made of what stands around it.
pub(super) fn rewritten(input: &Input<'_>, at: usize, expected: &Expected) -> Option<Mend> {
    let written = input.written(at);
    let found = shortened(written);
    let place = input.place(at);
    let previous = input.before(at, 1);
    let next = input.written(at + 1);
    let is_text = input.kind(at) == Some(TokenKind::String);
    let operator = matches!(written, "contains" | "has" | "in" | "is" | "like" | "matches");
    if operator && expected.has(Rule::member) && next == "(" {
        return as_operator(input, at);
    }
    if written == "not" && matches!(next, "null" | "nil" | "none") && expected.has(Rule::kw_empty) {
        return Some(has_field(input, at));
    }
    let in_group = written == ","
        && expected.operator()
        && expected.has(Rule::close_paren)
        && !expected.has(Rule::comma);
    let compared = |n| matches!(input.before(at, n), "in" | "contains" | "all" | "any" | "==");
    let in_braces = previous == "{" && is_text && compared(2)
        || input.before(at, 2) == "{" && matches!(written, "," | "}") && compared(3);
    if in_group || in_braces {
        return Some(in_brackets(
            input,
            at,
            if in_group { ("(", ")") } else { ("{", "}") },
        ));
    }
    if previous == "::" && input.is_name(at) {
        let conditions = input.tokens.get(..at).unwrap_or_default();
        let in_condition = conditions.iter().any(|token| {
            token.kind == TokenKind::Word && matches!(token.text(input.text), "when" | "unless")
        });
        let ty = path(input, at.saturating_sub(1));
        if in_condition {
            return Some(Mend::says(format!(
                "a variant is written `{ty}.{found}`, an entity `{ty}::\"{found}\"`"
            )));
        }
        let mend = Mend::says(format!("an entity is written `{ty}::\"{found}\"`"));
        let text = quote(&naming::of_token(written));
        return Some(
            mend.doing(format!("write `\"{found}\"`"), vec![edit(place, text)])
                .guessed(),
        );
    }
    if previous == "because" && !is_text {
        let rest = rest_of_line(input, at);
        let shown = format!("`\"{}\"`", shortened(rest));
        return (!rest.is_empty() && !rest.contains(['"', '\\'])).then(|| {
            let end = place.start + u32::try_from(rest.len()).unwrap_or(0);
            let edits = vec![edit(Span { end, ..place }, format!("\"{rest}\""))];
            Mend::says(format!("a text stands between double quotes: {shown}"))
                .doing(format!("write {shown}"), edits)
        });
    }
    if written == "?" && input.before(at, 2) == ":" {
        let (name, ty) = (shortened(input.before(at, 3)), shortened(previous));
        let optional = after(input.place(at.checked_sub(3)?));
        return Some(
            Mend::says(format!("the `?` stands after the name: `{name}?: {ty}`"))
                .doing("move the `?`", vec![edit(optional, "?"), edit(place, "")]),
        );
    }
    if written == "<" && input.before(at, 2) == ":" || matches!((written, next), ("[", "]")) {
        let mend = Mend::says("a set's type is written `Set<T>`, a map's `Map<T>`");
        let element = input.place(at.saturating_sub(1));
        return Some(match (written, previous) {
            ("<", "List" | "Array" | "Vec" | "Seq" | "Sequence" | "set" | "list") => {
                mend.doing("write `Set`", vec![edit(element, "Set")])
            }
            ("[", _) if input.is_name(at.saturating_sub(1)) => mend.doing(
                format!("write `Set<{}>`", shortened(previous)),
                vec![edit(element.to(input.place(at + 1)), format!("Set<{previous}>"))],
            ),
            _ => mend,
        });
    }
    if input.declared() == "role"
        && matches!(written, "extends" | "inherits" | "include" | "inheriting")
        && input.is_name(at + 1)
        && expected.has(Rule::kw_includes)
    {
        return Some(Mend::writes("write `includes`", place, "includes"));
    }
    if input.declared() == "role"
        && input.is_name(at)
        && expected.has(Rule::EOI)
        && expected.has(Rule::open_brace)
    {
        let end = after(input.place(input.tokens.len().saturating_sub(1)));
        let edits = vec![edit(before(place), "{ "), edit(end, " }")];
        return Some(
            Mend::says(format!("the actions stand in braces: `{{ {found} }}`"))
                .doing("write the braces", edits)
                .guessed(),
        );
    }
    let named = [
        Rule::entity_name,
        Rule::enum_name,
        Rule::alias_name,
        Rule::role_name,
        Rule::fixture_name,
        Rule::rule_name,
        Rule::action_name,
        Rule::allowed_action,
        Rule::variant,
        Rule::module_name,
        Rule::used_name,
        Rule::obligation_name,
        Rule::function_name,
        Rule::constant_name,
        Rule::field_name,
        Rule::entry,
        Rule::field,
    ];
    if is_text && !expected.operand() && named.into_iter().any(|next| expected.has(next)) {
        let name = as_name(&found);
        let mend = Mend::says(format!("a name stands without quotes: {name}"));
        return Some(mend.doing(format!("write {name}"), vec![edit(place, self::name(written))]));
    }
    None
}

/// `a.contains(b)`, which is `a contains b`.
fn as_operator(input: &Input<'_>, at: usize) -> Option<Mend> {
    let found = input.written(at);
    let place = input.place(at);
    let is_short = input.written(at + 3) == ")";
    let argument = if is_short {
        shortened(input.written(at + 2))
    } else {
        "…".to_owned()
    };
    let subject = path(input, at.saturating_sub(1));
    let dot = input.place(at.checked_sub(1)?);
    // What `matches` takes is written with an `r`.
    let r = if found == "matches" && is_short && argument.starts_with('"') {
        "r"
    } else {
        ""
    };
    let argument = format!("{r}{argument}");
    let mut edits = vec![edit(dot.to(place), format!(" {found} "))];
    if is_short {
        edits.push(edit(input.place(at + 1), r));
        edits.push(edit(input.place(at + 3), ""));
    }
    let mend = Mend::says(format!(
        "`{found}` is an operator: `{subject} {found} {argument}`"
    ));
    Some(mend.doing(format!("write `{subject} {found} {argument}`"), edits))
}

/// Brackets of another kind around what is a set. They open before a token, and close at or after it.
fn in_brackets(input: &Input<'_>, at: usize, (open, close): (&str, &str)) -> Mend {
    let mend = Mend::says("a set stands in square brackets: `[a, b]`");
    let start = (0..at).rfind(|start| input.written(*start) == open);
    let end = (at..input.tokens.len()).find(|end| input.written(*end) == close);
    match start.zip(end) {
        Some((start, end)) => mend.doing(
            "write square brackets",
            vec![edit(input.place(start), "["), edit(input.place(end), "]")],
        ),
        None => mend,
    }
}

/// `write x has f` for the `x.f is not null` whose `not` this is.
fn has_field(input: &Input<'_>, at: usize) -> Mend {
    let end = at.saturating_sub(1);
    if input.before(end, 2) != "." {
        return Mend::says("write `x has f`");
    }
    let (subject, field) = (
        path(input, end.saturating_sub(2)),
        shortened(input.before(end, 1)),
    );
    let dot = input.place(end.saturating_sub(2));
    let rest = after(input.place(end.saturating_sub(1))).to(input.place(at + 1));
    Mend::says(format!("write `{subject} has {field}`")).doing(
        format!("write `{subject} has {field}`"),
        vec![edit(dot, " has "), edit(rest, "")],
    )
}

/// The `not` at or after a token that stands before the operand that ends there.
pub(super) fn not_first(input: &Input<'_>, at: usize, help: &str) -> Mend {
    let not = if input.written(at) == "not" { at } else { at + 1 };
    let start = start_of_path(input, at);
    let gap = input.place(not).to(before(input.place(not + 1)));
    Mend::says(help).doing(
        "move the `not`",
        vec![edit(before(input.place(start)), "not "), edit(gap, "")],
    )
}

/// A list that goes on after its keyword was written again.
pub(super) fn joined(input: &Input<'_>, at: usize, help: &str) -> Mend {
    let last = after(input.place(at.saturating_sub(1)));
    Mend::says(help).doing("write `,`", vec![edit(last.to(input.place(at)), ",")])
}

/// The operand with its fields, such as `principal.team`, that ends before a token.
pub(super) fn path(input: &Input<'_>, end: usize) -> String {
    let start = start_of_path(input, end);
    let (from, to) = (input.place(start).start, input.place(end.saturating_sub(1)).end);
    shortened(input.text.get(from as usize..to as usize).unwrap_or_default())
}

/// The first token of the operand with its fields that ends before a token.
pub(super) fn start_of_path(input: &Input<'_>, end: usize) -> usize {
    let mut start = end.saturating_sub(1);
    while start >= 2 && input.written(start - 1) == "." {
        start -= 2;
    }
    start
}

/// What is written as a name, as a message shows it: between backticks where it is no plain one.
pub(super) fn as_name(written: &str) -> String {
    let name = name(written);
    if name.starts_with('`') {
        format!("`` {name} ``")
    } else {
        format!("`{name}`")
    }
}

/// What is written as a name: between backticks where it is no plain one.
pub(super) fn name(written: &str) -> String {
    let inner = |quote: char| written.strip_prefix(quote)?.strip_suffix(quote);
    match (inner('`'), inner('"')) {
        (Some(name), _) if naming::is_plain(name) && !naming::is_built_in(name) => name.to_owned(),
        (Some(_), _) => written.to_owned(),
        // The escapes of a text are escapes of names too.
        (None, Some(name)) if name.contains('\\') => format!("`{}`", name.replace('`', "\\`")),
        (None, Some(name)) => naming::written(name).into_owned(),
        (None, None) => naming::written(written).into_owned(),
    }
}

/// What is written from a token to the end of its line, or of the declaration.
fn rest_of_line<'a>(input: &'a Input<'_>, at: usize) -> &'a str {
    let (start, end) = (input.place(at).start, input.place(input.tokens.len()).end);
    let rest = input.text.get(start as usize..end as usize).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    line.split("//").next().unwrap_or_default().trim_end()
}
