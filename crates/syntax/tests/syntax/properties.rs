//! What holds of every text, of policies whose layout is random, and of the words of the grammar.

use dictum_syntax::ast::{DeclarationKind, TypeExprKind};
use dictum_syntax::diagnostic::{Edit, Severity};
use dictum_syntax::format::format;
use dictum_syntax::lexer::{self, KEYWORDS, TokenKind};
use dictum_syntax::naming;
use dictum_syntax::parse;
use dictum_syntax::source::{Sources, Span};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::corpus::policies;
use crate::layout::formatted;

/// Reads a text, whatever it is: places are places in it, and it can be formatted if and only if it can be read.
fn check(text: &str) {
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (file, diagnostics) = parse(&sources, id);
    let inside = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    for found in &diagnostics {
        assert!(inside(found.span), "{found:?}\n{text}");
        assert!(
            found.related.iter().all(|(span, _)| inside(*span)),
            "{found:?}\n{text}"
        );
        if let Some(fix) = &found.fix {
            let mut edits: Vec<_> = fix.edits.iter().collect();
            edits.sort_by_key(|edit| edit.span);
            assert!(edits.iter().all(|edit| inside(edit.span)), "{fix:?}\n{text}");
            assert!(
                edits.is_sorted_by(|a, b| a.span.end <= b.span.start),
                "{fix:?}\n{text}"
            );
            let changes = |edit: &Edit| text[edit.span.start as usize..edit.span.end as usize] != edit.text;
            assert!(edits.iter().any(|edit| changes(edit)), "{fix:?}\n{text}");
        }
        let message = &found.message;
        // What the grammar accepts is read, or something better is said of it.
        assert_ne!(message, "this cannot be read", "{text}");
        assert!(
            !message.is_empty() && !message.ends_with('.') && !message.contains("Rule"),
            "{message}"
        );
    }
    assert!(file.broken.iter().all(|span| inside(*span)), "{text}");
    assert!(
        file.declarations
            .iter()
            .all(|declaration| inside(declaration.span)),
        "{text}"
    );
    let has_errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(has_errors, !file.broken.is_empty(), "{text}");
    if !has_errors {
        formatted(text);
    } else {
        assert_eq!(format(&sources, id), Err(diagnostics), "{text}");
    }
}

const OTHERS: &[&str] = &[
    "a",
    "b",
    "User",
    "`x-y`",
    "``",
    "`\\``",
    "`a\\n.\\u{1b}`",
    "`a\\q`",
    "`Ip`",
    "`",
    "\"t\"",
    "\"",
    "'",
    "time\"2026-01-05\"",
    "ip\"::1\"",
    "r\"x\"",
    "1",
    "1.5",
    "15m",
    "1__0",
    "::",
    ":",
    "==",
    "=",
    "!=",
    "<",
    ">",
    "<=",
    "??",
    "?",
    "+",
    "-",
    "*",
    ".",
    ",",
    "@",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "&&",
    "!",
    ";",
    "é",
    "\0",
    "Set",
    "Map",
    "// c\n",
    "/// d\n",
    "\n",
    "\r\n",
    "\\",
];

/// Tokens of the language and of others, and what stands between them.
fn soup() -> impl Strategy<Value = String> {
    let token = prop_oneof![1 => select(&KEYWORDS[..]), 2 => select(OTHERS)].prop_map(str::to_owned);
    let space = prop_oneof![3 => Just(" "), 1 => Just("\n"), 1 => Just("")];
    prop::collection::vec((token, space), 0..60).prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(token, space)| [token, space.to_owned()])
            .collect()
    })
}

/// A policy of the corpus, cut where its tokens are: the text of each, and what stands before it.
fn policy() -> impl Strategy<Value = Vec<(String, String)>> {
    let all = policies();
    let everything = Just(all[0].clone());
    prop_oneof![1 => everything, 2 => select(all)].prop_map(|(_, text)| {
        let mut end = 0;
        let pieces = lexer::tokens(&text).into_iter().map(|token| {
            let gap = text[std::mem::replace(&mut end, token.end as usize)..token.start as usize].to_owned();
            (gap, token.text(&text).to_owned())
        });
        pieces.collect()
    })
}

fn written(pieces: &[(String, String)]) -> String {
    pieces
        .iter()
        .flat_map(|(gap, token)| [gap.as_str(), token.as_str()])
        .collect()
}

/// A text as the name of a field and of an entity type: it is read as what it is, and it stays what it is in the layout.
fn check_name(text: &str) {
    let source = format!(
        "entity {name} {{ {name}: a.{name} }}\n",
        name = naming::written(text)
    );
    formatted(&source);
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", source.as_str());
    let (file, warnings) = parse(&sources, id);
    // It may look like another one, but it hides nothing.
    assert!(warnings.iter().all(|found| found.code == "L0502"), "{warnings:?}");
    let DeclarationKind::Entity(entity) = &file.declarations[0].kind else {
        panic!("{source}")
    };
    let field = &entity.attributes[0];
    assert_eq!(field.name.name, text);
    assert_eq!(naming::text(&entity.name.name), text);
    assert_eq!(naming::written_path(&entity.name.name), naming::written(text));
    let TypeExprKind::Name(full) = &field.ty.kind else {
        panic!("{source}")
    };
    let parts: Vec<_> = naming::parts(full).map(naming::text).collect();
    assert_eq!(parts, ["a", text]);
}

#[test]
fn names_of_characters_that_matter() {
    for text in [
        "",
        ".",
        "`",
        "\\",
        "\n",
        "a\\`.b",
        "permit",
        "é",
        "\"",
        "//",
        "\u{7f}\u{85}",
        "\r",
    ] {
        check_name(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_name(text in prop_oneof!["\\PC{0,8}", "[a.`\\\\\n\"u{}]{0,6}"]) {
        check_name(&text);
    }

    #[test]
    fn random_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_text_is_read(text in "\\PC{0,100}") {
        check(&text);
        check(&format!("permit User to read on Doc when {text}"));
    }

    #[test]
    fn random_tokens_are_read(text in soup()) {
        check(&text);
        check(&format!("permit User to read on Doc when {text}"));
        check(&format!("entity User {{ {text} }}"));
    }

    #[test]
    fn mutated_policies_are_read(
        mut pieces in policy(),
        mutations in prop::collection::vec((0..5, any::<Index>(), any::<Index>(), soup()), 1..4),
    ) {
        for (mutation, a, b, soup) in mutations {
            if pieces.is_empty() {
                break;
            }
            let (a, b) = (a.index(pieces.len()), b.index(pieces.len()));
            match mutation {
                0 => drop(pieces.remove(a)),
                1 => pieces.swap(a, b),
                2 => pieces.insert(a, pieces[b].clone()),
                3 => pieces.truncate(a),
                _ => pieces[a].1 = soup,
            }
        }
        check(&written(&pieces));
    }

    /// Comments and line breaks wherever they may stand, and names of any length.
    #[test]
    fn any_layout_becomes_the_canonical_one(
        mut pieces in policy(),
        gaps in prop::collection::vec(
            select(vec![" ", " ", " ", "  ", "\n", "\n\n", "\n\n\n", "\r\n", "\t", " // c\n", "\n// d\n", "\n\n// e \n\n", " /// f\n"]),
            50,
        ),
        long in prop::collection::vec(0_usize..40, 20),
    ) {
        let mut random = gaps.into_iter().cycle();
        let longer = long.into_iter().cycle();
        for (gap, extra) in pieces.iter_mut().zip(longer) {
            // A comment ends with its line.
            let (keep, token) = (gap.0.contains('\n'), &mut gap.1);
            let between = random.next().unwrap_or(" ");
            gap.0 = if keep { format!("\n{between}") } else { between.to_owned() };
            if token.starts_with("//") {
                *token += "\n";
            } else if lexer::tokens(token).first().is_some_and(|first| first.kind == TokenKind::Word)
                && !lexer::is_keyword(token)
                && !["Set", "Map"].contains(&token.as_str())
            {
                *token += &"x".repeat(extra);
            }
        }
        let text = written(&pieces);
        let formatted = formatted(&text);
        // Wherever there are names of this length, a line can break before it is full.
        let too_long = formatted.lines().find(|line| line.chars().count() > 100 && !line.contains("//"));
        assert_eq!(too_long, None, "{text}");
    }
}

/// The words between quotes in the rule of the grammar for keywords, and in the rules for each of them.
#[test]
fn the_grammar_and_the_lexer_have_the_same_keywords() {
    let grammar = include_str!("../../../../grammar/dictum.pest");
    let (_, rule) = grammar.split_once("\nkeyword = _{").unwrap();
    let (rule, _) = rule.split_once("!part").unwrap();
    let mut words: Vec<&str> = rule.split('"').skip(1).step_by(2).collect();
    for (at, word) in words.iter().enumerate() {
        let hidden = words[at + 1..].iter().find(|later| later.starts_with(word));
        assert_eq!(
            hidden, None,
            "`{word}` stands before it, and is all that the grammar sees of it"
        );
    }
    words.sort_unstable();
    assert_eq!(words, KEYWORDS);
    for line in grammar.lines().filter(|line| line.starts_with("kw_")) {
        let word = line.split('"').nth(1).unwrap();
        assert!(lexer::is_keyword(word), "{line}");
        assert!(line.starts_with(&format!("kw_{word} ")), "{line}");
    }
}

#[test]
fn keywords_are_names_between_backticks_only() {
    for word in KEYWORDS {
        let mut sources = Sources::new();
        let id = sources.add("a", format!("entity `{word}` {{ `{word}`: Int }}"));
        assert_eq!(parse(&sources, id).1, []);
        let id = sources.add("a", format!("entity A {{ {word}: Int }}"));
        let [found] = &parse(&sources, id).1[..] else {
            panic!("{word}")
        };
        assert_eq!(sources.text(found.span), word);
        let help = format!("`{word}` is a keyword; as a name it stands between backticks: `` `{word}` ``");
        assert_eq!(found.help.as_deref(), Some(help.as_str()));
    }
}
