//! What the grammar expected, and what it found, in words for people.
//!
//! The grammar names every token, so its error is a list of rules that could have gone on at the place where it stopped.
//! Here the list becomes a few words: what must come next where something must, and else what may. The likely mend is
//! the business of [`mend`].

use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::Rule;
use super::repair::{Mend, edit};
use super::{UNEXPECTED, fault, habits, mend};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind, is_keyword};
use crate::source::{SourceId, Span};

/// A declaration that the grammar refused.
pub(super) struct Input<'a> {
    /// The text of the file.
    pub(super) text: &'a str,
    /// Which file it is.
    pub(super) source: SourceId,
    /// The declaration's tokens, comments not counted.
    pub(super) tokens: &'a [Token],
    /// The one among them that says what is declared.
    pub(super) keyword: Option<&'a Token>,
}

impl Input<'_> {
    /// What is written at a token; nothing at the end.
    pub(super) fn written(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text(self.text))
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Whether a token can be a name.
    pub(super) fn is_name(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(TokenKind::Quoted) => true,
            Some(TokenKind::Word) => !is_keyword(self.written(at)),
            _ => false,
        }
    }

    pub(super) fn is_keyword(&self, at: usize) -> bool {
        self.kind(at) == Some(TokenKind::Word) && is_keyword(self.written(at))
    }

    /// What is written so many tokens before one.
    pub(super) fn before(&self, at: usize, n: usize) -> &str {
        at.checked_sub(n).map_or("", |before| self.written(before))
    }

    /// The word that says what is declared.
    pub(super) fn declared(&self) -> &str {
        self.keyword.map_or("", |keyword| keyword.text(self.text))
    }

    /// What the declaration is called.
    pub(super) fn noun(&self) -> &'static str {
        match self.declared() {
            "entity" => "the entity",
            "enum" | "ordered" => "the enum",
            "type" => "the type",
            "context" => "the context",
            "action" => "the action",
            "role" => "the role",
            "permit" | "forbid" => "the rule",
            "never" | "always" => "the invariant",
            "obligation" => "the obligation",
            "fn" => "the function",
            "const" => "the constant",
            "module" => "the path",
            "use" => "the path",
            "fixture" => "the fixture",
            "test" => "the test",
            _ => "the declaration",
        }
    }

    /// The place of a token; the place after the last one at the end.
    pub(super) fn place(&self, at: usize) -> Span {
        let end = self.tokens.last().map_or(0, |token| token.end);
        let (start, end) = self
            .tokens
            .get(at)
            .map_or((end, end), |token| (token.start, token.end));
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// What stands at a token, in words.
    fn found(&self, at: usize) -> String {
        let written = shortened(self.written(at));
        match self.kind(at) {
            None => format!("the end of {}", self.noun()),
            Some(TokenKind::Word) if is_keyword(self.written(at)) => format!("the keyword `{written}`"),
            Some(TokenKind::String) => format!("the text `{written}`"),
            Some(TokenKind::Number) => format!("the number `{written}`"),
            Some(_) => format!("`{written}`"),
        }
    }
}

/// A token as a message shows it: long ones are cut.
pub(super) fn shortened(token: &str) -> String {
    const LONGEST: usize = 40;
    match token.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", token.get(..end).unwrap_or_default()),
        None => token.to_owned(),
    }
}

/// What may stand at a place.
pub(super) struct Expected(Vec<Rule>);

impl Expected {
    pub(super) fn has(&self, next: Rule) -> bool {
        self.0.contains(&next)
    }

    /// Whether an expression, or an operand of one, must start here.
    pub(super) fn operand(&self) -> bool {
        self.has(Rule::kw_principal)
    }

    /// Whether an expression may go on here.
    pub(super) fn operator(&self) -> bool {
        self.has(Rule::kw_and)
    }

    /// The keywords among what is expected, and those that start a declaration where one may.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &'static str> {
        let declarations = if self.has(Rule::EOI) {
            mend::DECLARATIONS
        } else {
            &[]
        };
        let words = self.0.iter().flat_map(|next| words(*next));
        words.chain(declarations).copied()
    }
}

/// The error of a declaration that the grammar refused.
pub(super) fn explain(input: &Input<'_>, error: &Error<Rule>) -> Diagnostic {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        // The stack has no room for what the grammar's rules are nested in here.
        return fault::too_deep(input.place(0));
    };
    let start = input.tokens.first().map_or(0, |token| token.start as usize);
    let (InputLocation::Pos(offset) | InputLocation::Span((offset, _))) = error.location;
    let at = input
        .tokens
        .partition_point(|token| token.end as usize <= start + offset);
    let expected = Expected(positives.clone());
    if input.keyword.is_none() && (expected.has(Rule::kw_entity) || expected.has(Rule::colon)) {
        // A name after the annotation is read as the label of a rule.
        return lone_annotation(
            input,
            if expected.has(Rule::colon) {
                at.saturating_sub(1)
            } else {
                at
            },
        );
    }
    if let Some(diagnostic) = mend::special(input, at, &expected) {
        return diagnostic;
    }
    let wanted = wanted(input, at, &expected);
    let message = format!("expected {wanted}, found {}", input.found(at));
    let diagnostic = Diagnostic::error(UNEXPECTED, input.place(at), message);
    match mend::help(input, at, &expected) {
        Some(mend) => mend.of(diagnostic, input),
        None => diagnostic,
    }
}

/// The error of annotations that no declaration follows, but something else or nothing.
fn lone_annotation(input: &Input<'_>, at: usize) -> Diagnostic {
    let found = if at < input.tokens.len() {
        input.found(at)
    } else {
        "none".to_owned()
    };
    let message = format!("expected a declaration after the annotation, found {found}");
    let diagnostic = Diagnostic::error(UNEXPECTED, input.place(at), message);
    if let Some(mend) = habits::annotation(input, at) {
        return mend.of(diagnostic, input);
    }
    match mend::near_declaration(input.written(at)) {
        Some(near) => Mend::says(format!("did you mean `{near}`?"))
            .doing(format!("write `{near}`"), vec![edit(input.place(at), near)])
            .guessed()
            .of(diagnostic, input),
        None => diagnostic,
    }
}

/// What was expected, in words: what has to come where something has to, or else what can.
fn wanted(input: &Input<'_>, at: usize, expected: &Expected) -> String {
    if expected.operand() {
        return operand(input, at).to_owned();
    }
    let required = expected.0.iter().find_map(|next| required(*next, input, at));
    if let Some(required) = required {
        return required.to_owned();
    }
    let mut options = Vec::new();
    let mut add = |option: String| {
        if !options.contains(&option) {
            options.push(option);
        }
    };
    if expected.operator() {
        add("an operator".to_owned());
    }
    for next in &expected.0 {
        if let Some(option) = option(*next, input, expected) {
            add(option.to_owned());
        }
    }
    for word in expected.0.iter().flat_map(|next| words(*next)) {
        // A clause after a condition is not what an operator is missing for.
        let fits = !expected.operator() || matches!(*word, "then" | "else");
        // The grammar lets a `permit` have a reason, but a reason is refused there.
        if fits && !(*word == "because" && input.declared() == "permit") {
            add(format!("`{word}`"));
        }
    }
    if expected.has(Rule::EOI) {
        add(format!(
            "the end of {}",
            if expected.operator() && !matches!(input.declared(), "fn" | "const") {
                "the condition"
            } else {
                input.noun()
            }
        ));
    }
    list(&options)
}

fn list(options: &[String]) -> String {
    match options {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What an operand is called after the token before it.
fn operand(input: &Input<'_>, at: usize) -> &'static str {
    match at.checked_sub(1).map_or("", |before| input.written(before)) {
        "when" | "unless" | "if" | "and" | "or" | "not" => "a condition",
        "until" => "a timestamp",
        _ => "a value",
    }
}

/// What must come next where this rule is among what is expected.
fn required(next: Rule, input: &Input<'_>, at: usize) -> Option<&'static str> {
    let declared = input.declared();
    Some(match next {
        Rule::kw_entity => "a declaration",
        Rule::annotation_name => "the name of an annotation",
        Rule::entity_name => "the name of an entity type",
        Rule::enum_name => "the name of an enum",
        Rule::alias_name => "the name of a type",
        Rule::module_name => "the path of a module",
        Rule::obliged | Rule::obligation_name => "the name of an obligation",
        Rule::function_name => "the name of a function",
        Rule::constant_name => "the name of a constant",
        Rule::variable => "the name of a variable",
        Rule::parameters => "`(` and the parameters",
        Rule::raw_text => "a regular expression",
        Rule::used_names => "a name, or names in braces",
        Rule::used_name | Rule::segment if !matches!(declared, "permit" | "forbid") => "a name",
        Rule::open_bracket if declared == "test" && input.before(at, 3) == "for" => {
            "`[` and the values of the table"
        }
        Rule::role_name => "the name of a role",
        Rule::fixture_name => "the name of a fixture",
        Rule::rule_name => "the label of a rule or the name of a role",
        Rule::text if declared == "test" && input.tokens.get(at.saturating_sub(1)) == input.keyword => {
            "the name of the test, between quotes"
        }
        Rule::variant => "the name of a variant",
        Rule::member => "the name of a field or of a method",
        Rule::kw_enum => "`enum`",
        Rule::word_set | Rule::word_map => "a type",
        Rule::less => "`<` and a type",
        Rule::greater => "`>`",
        Rule::colon if input.before(at, 2) == "const" => "`=` and its value",
        Rule::colon => "`:`",
        Rule::who | Rule::who_head | Rule::head_name => "`anyone`, a type, an entity or a role",
        Rule::what_head => "`anything`, a type or an entity",
        Rule::deeds => "`to` and what may be done",
        Rule::kw_to if matches!(declared, "permit" | "forbid" | "never" | "always") => {
            "`to` and what may be done"
        }
        Rule::kw_to if declared == "fixture" => "`to` and who gets the role",
        Rule::kw_to => "`to` and an action",
        Rule::what | Rule::kw_on if matches!(declared, "permit" | "forbid" | "never" | "always") => {
            "`on` and what the rule is about"
        }
        Rule::comma if declared == "exclusive" && !has_two_roles(input, at) => "`,` and another role",
        Rule::resources | Rule::kw_on if declared == "exclusive" => "`on` and the types that it is about",
        Rule::resources | Rule::kw_on if declared == "role" => "`on` and the types that the role is held on",
        Rule::kw_on if declared == "fixture" && input.before(at, 2) == "fixture" => {
            "`{`, or `on` and another fixture"
        }
        Rule::kw_on if declared == "fixture" => "`on` and what the role is held on",
        Rule::kw_on if declared == "test" => "`on` and a resource",
        Rule::kw_then => "`then` and the value where the condition is true",
        Rule::kw_else => "`else` and the value where the condition is false",
        Rule::kw_grant if declared == "role" => "`grant`",
        _ => return None,
    })
}

/// Whether `exclusive` names two roles before a place.
fn has_two_roles(input: &Input<'_>, at: usize) -> bool {
    (0..at).any(|before| input.written(before) == ",")
}

/// What may come next by this rule, but for keywords.
fn option(next: Rule, input: &Input<'_>, expected: &Expected) -> Option<&'static str> {
    Some(match next {
        Rule::type_name if matches!(input.declared(), "fixture" | "test") => "an entity",
        Rule::type_name => "a type",
        Rule::entity_ref | Rule::fixture_entity | Rule::test_entity => "an entity",
        Rule::parameter | Rule::parameter_name => "a parameter",
        Rule::action_name | Rule::action_names | Rule::allowed_action => "an action",
        Rule::field | Rule::field_name | Rule::entry | Rule::record_entry => "a field",
        Rule::number if !expected.operand() => "a number",
        Rule::text => "a text",
        Rule::colons if !expected.operator() && !expected.has(Rule::EOI) => "`::` and an id",
        Rule::comma if !expected.has(Rule::EOI) => "`,`",
        Rule::equals => "`=`",
        Rule::open_brace if !expected.operator() => "`{`",
        Rule::open_bracket if !expected.operator() => "`[`",
        Rule::open_paren if !expected.operator() => "`(`",
        Rule::close_brace => "`}`",
        Rule::close_bracket => "`]`",
        Rule::close_paren => "`)`",
        _ => return None,
    })
}

/// The keywords that a rule starts with, of those rules that the grammar's errors name.
fn words(next: Rule) -> &'static [&'static str] {
    match next {
        Rule::parents | Rule::groups | Rule::kw_in => &["in"],
        Rule::principals | Rule::deciding | Rule::kw_by => &["by"],
        Rule::resources | Rule::what | Rule::kw_on => &["on"],
        Rule::includes | Rule::kw_includes => &["includes"],
        Rule::held | Rule::kw_held => &["held"],
        Rule::deeds | Rule::kw_to => &["to"],
        Rule::clause => &["when", "unless"],
        Rule::because | Rule::kw_because => &["because"],
        Rule::grant | Rule::kw_grant => &["grant"],
        Rule::until | Rule::kw_until => &["until"],
        Rule::using | Rule::kw_using => &["using"],
        Rule::test_context | Rule::kw_context => &["context"],
        Rule::case => &["allow", "deny"],
        Rule::given | Rule::kw_given => &["given"],
        Rule::obligations | Rule::kw_with => &["with"],
        Rule::base => &["on"],
        Rule::table | Rule::kw_for => &["for"],
        Rule::contains | Rule::kw_contains => &["contains"],
        Rule::is_test | Rule::kw_is => &["is"],
        Rule::like_test | Rule::kw_like => &["like"],
        Rule::matches_test | Rule::kw_matches => &["matches"],
        Rule::kw_and => &["and"],
        Rule::kw_or => &["or"],
        Rule::kw_has => &["has"],
        Rule::kw_otherwise => &["otherwise"],
        Rule::kw_when => &["when"],
        Rule::kw_unless => &["unless"],
        Rule::kw_then => &["then"],
        Rule::kw_else => &["else"],
        Rule::kw_any => &["any"],
        Rule::kw_anyone => &["anyone"],
        Rule::kw_anything => &["anything"],
        Rule::kw_empty => &["empty"],
        Rule::kw_enum => &["enum"],
        Rule::who_head => &["anyone"],
        Rule::what_head => &["anything"],
        _ => &[],
    }
}
