//! Texts: however a policy is laid out it means the same, and what is no policy is an error.

use dictum_artifact::dag::Artifact;
use dictum_compiler::Program;
use dictum_syntax::lexer::{self, Token, TokenKind};
use dictum_syntax::source::{SourceId, Sources};
use dictum_tests::generate::Undefined;
use dictum_tests::generate::rng::Rng;
use proptest::prelude::*;

use crate::worlds::{Failure, check, compile_texts, program_of};

/// A program's artifact without what depends on where rules stand in their files, and how they are written there.
fn without_places(program: &Program) -> Artifact {
    let mut artifact = program.artifact.clone();
    for rule in &mut artifact.rules {
        if rule.label.contains(".dictum:") {
            rule.label.clear();
        }
        (rule.position.line, rule.position.column) = (0, 0);
        for clause in &mut rule.clauses {
            (clause.position.line, clause.position.column) = (0, 0);
            clause.text.clear();
        }
    }
    artifact
}

fn tokens_of(text: &str, comments: bool) -> Vec<String> {
    let wanted = |token: &Token| token.is_comment() == comments;
    let tokens = lexer::tokens(text);
    tokens
        .iter()
        .filter(|token| wanted(token))
        .map(|token| token.text(text).trim_end().to_owned())
        .collect()
}

/// Where two lists begin to differ.
fn first_difference(before: &[String], after: &[String]) -> Option<String> {
    let at = (0..before.len().max(after.len())).find(|at| before.get(*at) != after.get(*at))?;
    Some(format!(
        "number {at} was {:?} and is {:?}",
        before.get(at),
        after.get(at)
    ))
}

/// A text with other layout and with comments between its tokens.
fn laid_out_anew(text: &str, rng: &mut Rng) -> String {
    let mut out = String::new();
    let mut end = 0;
    for token in lexer::tokens(text) {
        let between = text.get(end as usize..token.start as usize).unwrap_or_default();
        let touching = between.is_empty();
        match rng.below(20) {
            0 => out.push_str(" // a note\n"),
            1 => out.push_str("\n\n\n"),
            2 => out.push_str("\t  "),
            3..=5 if !touching => out.push('\n'),
            _ if touching || between.contains('\n') => out.push_str(between),
            _ => out.push(' '),
        }
        // At the margin these two start a declaration, whatever comes before them.
        if ["action", "context"].contains(&token.text(text)) && out.ends_with('\n') {
            out.push_str("  ");
        }
        // Behind something on its line it would document nothing.
        if token.kind == TokenKind::DocComment && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(token.text(text));
        if matches!(token.kind, TokenKind::Comment | TokenKind::DocComment) {
            out.push('\n');
        }
        end = token.end;
    }
    out + "\n"
}

/// The tree of a text, without the places in it.
fn tree(text: &str) -> String {
    static PLACES: std::sync::LazyLock<regex::Regex> =
        std::sync::LazyLock::new(|| regex::Regex::new(r"Span \{[^}]*\}").expect("it is an expression"));
    let mut sources = Sources::new();
    let id = sources.add("1.dictum", text);
    let (file, _) = dictum_syntax::parse(&sources, id);
    PLACES
        .replace_all(&format!("{:?}", file.declarations), "")
        .into_owned()
}

/// Formatting a text twice is formatting it once, and its tree is the same.
fn is_formatted_as_it_is(name: &str, text: &str) -> Result<(), String> {
    let format = |text: &str| {
        let mut sources = Sources::new();
        let id = sources.add("1.dictum", text);
        dictum_syntax::format::format(&sources, id)
    };
    // What has syntax errors is not formatted.
    let Ok(formatted) = format(text) else {
        return Ok(());
    };
    if format(&formatted).as_deref() != Ok(formatted.as_str()) {
        return Err(format!("{name}: formatting again changes it\n{formatted}"));
    }
    if tree(text) != tree(&formatted) {
        return Err(format!(
            "{name}: its tree is another one when it is formatted\n{formatted}"
        ));
    }
    Ok(())
}

#[test]
fn what_is_formatted_is_the_same_policy() {
    check(4, |world, _| {
        for text in world.sources(Undefined::Undefined, true) {
            is_formatted_as_it_is("a world", &text).map_err(Failure::Wrong)?;
        }
        Ok(())
    });
}

/// All policies of the repository: files, and blocks of pages.
#[test]
fn what_is_written_down_is_formatted_to_the_same() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts: Vec<(String, String)> = Vec::new();
    for folder in ["docs", "examples", "tests/spec", "tests/corpus"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().flatten() {
            let path = entry.path();
            let name = path.display().to_string();
            let text = || std::fs::read_to_string(path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("dictum") => texts.push((name, text())),
                Some("md") => {
                    let text = text();
                    let blocks = text.split("```dictum\n").skip(1);
                    let blocks = blocks.filter_map(|rest| rest.split("\n```").next());
                    texts.extend(blocks.map(|block| (name.clone(), block.to_owned())));
                }
                Some(_) | None => {}
            }
        }
    }
    assert!(texts.len() > 200, "only {} policies", texts.len());
    let wrong: Vec<String> = texts
        .iter()
        .filter_map(|(name, text)| is_formatted_as_it_is(name, text).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn layout_and_formatting_change_nothing() {
    check(16, |world, _| {
        let plain = world.in_one_file().sources(Undefined::Undefined, true).concat();
        let expected = without_places(&program_of([plain.as_str()])?);
        let mut rng = Rng::new(world.seed);
        let wild = laid_out_anew(&plain, &mut rng);
        for text in [&plain, &wild] {
            let wrong = |told: &str, more: &str| Failure::Wrong(format!("{told}\n---\n{text}\n---\n{more}"));
            let format = |text: &str| {
                let mut sources = Sources::new();
                let id = sources.add("1.dictum", text);
                dictum_syntax::format::format(&sources, id)
            };
            let formatted =
                format(text).map_err(|error| wrong("it is not formatted", &format!("{error:?}")))?;
            if format(&formatted).as_deref() != Ok(formatted.as_str()) {
                let again = format(&formatted).unwrap_or_default();
                return Err(wrong(
                    "formatting again changes it",
                    &format!("{formatted}\n---\n{again}"),
                ));
            }
            let no_commas = |text: &str| -> Vec<String> {
                tokens_of(text, false)
                    .into_iter()
                    .filter(|token| token != ",")
                    .collect()
            };
            if let Some(first) = first_difference(&no_commas(text), &no_commas(&formatted)) {
                return Err(wrong(
                    &format!("formatting changes the tokens: {first}"),
                    &formatted,
                ));
            }
            // Comments that ended lines which are now one line are now one comment.
            if tokens_of(text, true).join(" ") != tokens_of(&formatted, true).join(" ") {
                return Err(wrong("formatting changes the comments", &formatted));
            }
            for text in [text, &formatted] {
                let program = program_of([text.as_str()]).map_err(|failure| match failure {
                    Failure::Invalid(told) | Failure::Wrong(told) => {
                        wrong("it does not compile any more", &told)
                    }
                })?;
                let (found, expected) = (
                    format!("{:#?}", without_places(&program)),
                    format!("{expected:#?}"),
                );
                let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
                if let Some(first) = first_difference(&lines(&expected), &lines(&found)) {
                    return Err(wrong(&format!("it compiles to something else: {first}"), text));
                }
            }
        }
        Ok(())
    });
}

/// Words and symbols of the language, for texts that are nearly policies.
fn fragment() -> impl Strategy<Value = String> {
    let known: Vec<&'static str> = lexer::KEYWORDS
        .iter()
        .copied()
        .chain([
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "==",
            "!=",
            "::",
            ":",
            ",",
            ".",
            "?",
            "??",
            "=",
            "+",
            "-",
            "*",
            "@",
            "\"a\"",
            "\"",
            "`",
            "`x",
            "//",
            "///",
            "time\"2026-01-05\"",
            "ip\"::1\"",
            "r\"",
            "User",
            "Set",
            "1",
            "1.5",
            "1.55555",
            "99999999999999999999",
            "5m",
            "5q",
            "\n",
            "é",
            "\u{feff}",
            "&&",
            "'",
        ])
        .collect();
    proptest::sample::select(known).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_compiled_and_formatted(words in proptest::collection::vec(fragment(), 0..60)) {
        let text = words.join(" ");
        let (sources, program, diagnostics) = compile_texts([text.as_str()]);
        for diagnostic in &diagnostics {
            let (line, column) = sources.line_column(diagnostic.span);
            prop_assert!(line >= 1 && column >= 1);
            prop_assert!(diagnostic.span.end as usize <= text.len());
            prop_assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'));
        }
        prop_assert!(program.is_some() || !diagnostics.is_empty());
        if let Ok(formatted) = dictum_syntax::format::format(&sources, SourceId(0)) {
            let mut again = Sources::new();
            let id = again.add("1.dictum", formatted.as_str());
            prop_assert_eq!(dictum_syntax::format::format(&again, id), Ok(formatted));
        }
    }

    #[test]
    fn any_characters_are_parsed(text in "\\PC{0,80}") {
        let (_, program, diagnostics) = compile_texts([text.as_str()]);
        prop_assert!(program.is_some() || !diagnostics.is_empty());
    }
}
