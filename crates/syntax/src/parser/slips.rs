//! The slips that people make in their first policies, each with its mend: first those that one word shows, in a table, then
//! those whose mend is made of what stands around it.

use super::explain::{Expected, Input, shortened};
use super::grammar::Rule;
use crate::lexer::TokenKind;

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

/// The words at each place, and the mend.
const SLIPS: &[(Place, &[&str], &str)] = &[
    (
        Place::Operator,
        &["containsAll", "contains_all"],
        "write `contains all`",
    ),
    (
        Place::Operator,
        &["containsAny", "contains_any"],
        "write `contains any`",
    ),
    (
        Place::Operator,
        &["starts_with", "startsWith"],
        "write `a.starts_with(\"b\")`",
    ),
    (
        Place::Operator,
        &["ends_with", "endsWith"],
        "write `a.ends_with(\"b\")`",
    ),
    (Place::Operator, &["equals", "eq"], "write `==`"),
    (
        Place::Operator,
        &["principal", "resource", "action", "context"],
        "write `and` or `or` between two conditions",
    ),
    (Place::Clause, &["if", "where"], "write `when`"),
    (
        Place::Clause,
        &["principal", "resource", "action", "context", "not"],
        "write `when` before the condition",
    ),
    (
        Place::Entity,
        &["extends", "inherits", ":", "under", "of"],
        "what it may be in stands after `in`: `entity User in Team`",
    ),
    (
        Place::Entity,
        &["(", "has", "with"],
        "the attributes stand in braces: `{ name: String }`",
    ),
    (Place::Role, &["when", "if", "where"], "write `held when`"),
    (
        Place::Held,
        &["principal", "resource", "action", "context", "if", "not"],
        "write `held when`",
    ),
    (
        Place::Includes,
        &["{"],
        "the roles that it includes stand without braces",
    ),
    (
        Place::Case,
        &["by", "on"],
        "a case is written `allow User::\"ann\" to read on Doc::\"plan\"`",
    ),
    (
        Place::Grant,
        &["to"],
        "`on` stands before `to`: `grant editor on Doc::\"plan\" to User::\"ann\"`",
    ),
];

/// The mend of a slip that the word there shows.
pub(super) fn slip(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let word = input.written(at);
    let of_word = |row: &&(Place, &[&str], &str)| row.1.contains(&word);
    let (_, _, help) = SLIPS
        .iter()
        .filter(of_word)
        .find(|(place, ..)| stands(*place, input, at, expected))?;
    Some((*help).to_owned())
}

fn stands(place: Place, input: &Input<'_>, at: usize, expected: &Expected) -> bool {
    let declared = input.declared();
    let may_end = expected.has(Rule::EOI) && !expected.operator();
    match place {
        Place::Operator => expected.operator(),
        Place::Clause => may_end && expected.has(Rule::clause),
        Place::Entity => declared == "entity" && may_end && expected.keywords().any(|word| word == "in"),
        Place::Role => declared == "role" && may_end,
        Place::Held => before(input, at, 1) == "held",
        Place::Includes => before(input, at, 1) == "includes",
        Place::Case => expected.has(Rule::colons) && matches!(before(input, at, 2), "allow" | "deny"),
        Place::Grant => declared == "fixture" && expected.has(Rule::kw_on),
    }
}

/// The mend of a slip, made of what stands around it.
pub(super) fn rewritten(input: &Input<'_>, at: usize, expected: &Expected) -> Option<String> {
    let found = shortened(input.written(at));
    let previous = before(input, at, 1);
    let next = input.written(at + 1);
    let is_text = input.kind(at) == Some(TokenKind::String);
    let operator = matches!(&*found, "contains" | "has" | "in" | "is" | "like");
    if operator && expected.has(Rule::member) && next == "(" {
        let argument = match input.written(at + 3) {
            ")" => shortened(input.written(at + 2)),
            _ => "…".to_owned(),
        };
        let subject = path(input, at.saturating_sub(1));
        return Some(format!(
            "`{found}` is an operator: `{subject} {found} {argument}`"
        ));
    }
    if found == "not" && matches!(next, "null" | "nil" | "none") && expected.has(Rule::kw_empty) {
        return Some(has_field(input, at.checked_sub(1)?));
    }
    let in_group = found == "," && expected.has(Rule::close_paren) && !expected.has(Rule::comma);
    let compared = |n| matches!(before(input, at, n), "in" | "contains" | "all" | "any" | "==");
    let in_braces = previous == "{" && is_text && compared(2)
        || before(input, at, 2) == "{" && matches!(&*found, "," | "}") && compared(3);
    if in_group || in_braces {
        return Some("a set stands in square brackets: `[a, b]`".to_owned());
    }
    if previous == "::" && input.is_name(at) {
        let conditions = input.tokens.get(..at).unwrap_or_default();
        let in_condition = conditions.iter().any(|token| {
            token.kind == TokenKind::Word && matches!(token.text(input.text), "when" | "unless")
        });
        let ty = shortened(before(input, at, 2));
        return Some(if in_condition {
            format!("a variant is written `{ty}.{found}`, an entity `{ty}::\"{found}\"`")
        } else {
            format!("an entity is written `{ty}::\"{found}\"`")
        });
    }
    if previous == "because" && !is_text {
        let rest = rest_of_line(input, at);
        return (!rest.is_empty() && !rest.contains('"'))
            .then(|| format!("a text stands between double quotes: `\"{}\"`", shortened(rest)));
    }
    if found == "?" && before(input, at, 2) == ":" {
        let (name, ty) = (shortened(before(input, at, 3)), shortened(previous));
        return Some(format!("the `?` stands after the name: `{name}?: {ty}`"));
    }
    if found == "<" && before(input, at, 2) == ":" || matches!((&*found, next), ("[", "]")) {
        return Some("a set's type is written `Set<T>`, a map's `Map<T>`".to_owned());
    }
    if input.declared() == "role"
        && input.is_name(at)
        && expected.has(Rule::EOI)
        && expected.has(Rule::open_brace)
    {
        return Some(format!("the actions stand in braces: `{{ {found} }}`"));
    }
    let named = [
        Rule::entity_name,
        Rule::enum_name,
        Rule::alias_name,
        Rule::role_name,
        Rule::fixture_name,
        Rule::rule_name,
        Rule::action_name,
        Rule::variant,
    ];
    if is_text && !expected.operand() && named.into_iter().any(|next| expected.has(next)) {
        return Some(format!("a name stands without quotes: {}", as_name(&found)));
    }
    None
}

/// `write x has f` for the `x.f` that ends before a token.
fn has_field(input: &Input<'_>, at: usize) -> String {
    match before(input, at, 2) {
        "." => format!(
            "write `{} has {}`",
            path(input, at.saturating_sub(2)),
            shortened(before(input, at, 1))
        ),
        _ => "write `x has f`".to_owned(),
    }
}

/// The operand with its fields, such as `principal.team`, that ends before a token.
fn path(input: &Input<'_>, end: usize) -> String {
    let mut start = end.saturating_sub(1);
    while start >= 2 && input.written(start - 1) == "." {
        start -= 2;
    }
    let (from, to) = (input.place(start).start, input.place(end.saturating_sub(1)).end);
    shortened(input.text.get(from as usize..to as usize).unwrap_or_default())
}

/// What is written as a name, as a message shows it: between backticks where it is no plain one.
pub(super) fn as_name(written: &str) -> String {
    let name = written.trim_matches(['"', '`']);
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !crate::lexer::is_keyword(name);
    if plain {
        format!("`{name}`")
    } else {
        format!("`` `{name}` ``")
    }
}

/// What is written so many tokens before one.
fn before<'a>(input: &'a Input<'_>, at: usize, n: usize) -> &'a str {
    at.checked_sub(n).map_or("", |before| input.written(before))
}

/// What is written from a token to the end of its line, or of the declaration.
fn rest_of_line<'a>(input: &'a Input<'_>, at: usize) -> &'a str {
    let (start, end) = (input.place(at).start, input.place(input.tokens.len()).end);
    let rest = input.text.get(start as usize..end as usize).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    line.split("//").next().unwrap_or_default().trim_end()
}
