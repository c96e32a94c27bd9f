//! Characters that do not show, or that show as others: sources that do not read as they are.
//!
//! Outside of comments, texts and names between backticks such a character is an error, as any that starts no token. There it
//! may be meant, and so it is warned of; what is written as an escape shows, and is fine. See "Trojan Source" by Boucher and
//! Anderson (2021), and Unicode's reports #36 and #39.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::lexer::{Token, TokenKind};
use crate::naming::{self, is_bidirectional, is_hidden_control, is_invisible, is_joiner};
use crate::source::{SourceId, Span};

pub(crate) const INVISIBLE: &str = "L0501";
pub(crate) const LOOKALIKE: &str = "L0502";

/// What is to be said of the characters in a text's comments, literals and names. Takes time linear in the text.
pub(crate) fn warnings(text: &str, source: SourceId, tokens: &[Token]) -> Vec<Diagnostic> {
    if text.is_ascii() && !text.bytes().any(|byte| is_hidden_control(char::from(byte))) {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let mut names = None;
    for token in tokens {
        let written = token.text(text);
        let holds_any = match token.kind {
            TokenKind::Comment | TokenKind::DocComment | TokenKind::String | TokenKind::Quoted => true,
            TokenKind::Word | TokenKind::Number | TokenKind::Symbol | TokenKind::Unknown => false,
        };
        if !holds_any {
            continue;
        }
        let place = Span {
            source,
            start: token.start,
            end: token.end,
        };
        warnings.extend(invisible(written, token.kind, place));
        if token.kind == TokenKind::Quoted && !written.is_ascii() {
            let names = names.get_or_insert_with(|| ascii_names(text, source, tokens));
            warnings.extend(lookalike(written, place, names));
        }
    }
    warnings
}

// ---------------------------------------------------------------------------------------------------------------
// Characters that do not show
// ---------------------------------------------------------------------------------------------------------------

/// The warning of the characters in a token that do not show.
fn invisible(written: &str, kind: TokenKind, place: Span) -> Option<Diagnostic> {
    let mut before = ' ';
    let found: Vec<(usize, char)> = written
        .char_indices()
        .filter(|(_, c)| {
            let joins = is_joiner(*c) && !before.is_ascii();
            before = *c;
            is_invisible(*c) && !joins
        })
        .collect();
    let (_, first) = *found.first()?;
    let span = |at: usize, c: char| {
        let start = place.start + u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            start,
            end: start + u32::try_from(c.len_utf8()).unwrap_or(0),
            ..place
        }
    };
    let effect = if found.iter().any(|(_, c)| is_bidirectional(*c)) {
        "changes the direction in which this is shown"
    } else {
        "does not show"
    };
    let worst = found.iter().find(|(_, c)| is_bidirectional(*c));
    let (at, c) = worst.or(found.first()).copied().unwrap_or((0, first));
    let code = c.escape_unicode();
    let message = format!("the character `{code}` in this {} {effect}", noun(kind));
    let warning = Diagnostic::warning(INVISIBLE, span(at, c), message);
    let edits = |text: fn(char) -> String| -> Vec<Edit> {
        let edit = |(at, c): &(usize, char)| Edit {
            span: span(*at, *c),
            text: text(*c),
        };
        found.iter().map(edit).collect()
    };
    Some(match kind {
        TokenKind::String => warning
            .with_help(format!("write `{code}` if it is meant, or remove it"))
            .with_fix(Fix {
                title: format!("write `{code}`"),
                edits: edits(|c| c.escape_unicode().to_string()),
            }),
        // Another name is another thing, so the mend is not certain.
        TokenKind::Quoted => warning.with_help(format!(
            "remove it, wherever the name is written, or write `{code}` if it is meant"
        )),
        TokenKind::Comment | TokenKind::DocComment => warning.with_help("remove it").with_fix(Fix {
            title: "remove it".to_owned(),
            edits: edits(|_| String::new()),
        }),
        TokenKind::Word | TokenKind::Number | TokenKind::Symbol | TokenKind::Unknown => {
            warning.with_help("remove it, wherever the name is written")
        }
    })
}

fn noun(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Comment | TokenKind::DocComment => "comment",
        TokenKind::String => "text",
        TokenKind::Quoted | TokenKind::Word | TokenKind::Number | TokenKind::Symbol | TokenKind::Unknown => {
            "name"
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Characters that show as others
// ---------------------------------------------------------------------------------------------------------------

/// Letters of other scripts that look like the ones of ASCII before them: the single letters of Unicode's `confusables.txt`
/// (report #39) that do so in most fonts.
const LOOKALIKES: &[(char, &str)] = &[
    ('a', "аα"),
    ('b', "Ьᖯ"),
    ('c', "сϲ"),
    ('d', "ԁ"),
    ('e', "еҽ"),
    ('g', "ɡց"),
    ('h', "һհ"),
    ('i', "іι"),
    ('j', "јϳյ"),
    ('k', "кκ"),
    ('l', "ӏ"),
    ('m', "м"),
    ('n', "ոп"),
    ('o', "оοօσ"),
    ('p', "рρ"),
    ('q', "ԛզ"),
    ('r', "г"),
    ('s', "ѕ"),
    ('t', "тτ"),
    ('u', "սυ"),
    ('v', "ѵν"),
    ('w', "ԝшω"),
    ('x', "хχ"),
    ('y', "уγ"),
    ('A', "АΑ"),
    ('B', "ВΒ"),
    ('C', "СϹ"),
    ('E', "ЕΕ"),
    ('G', "Ԍ"),
    ('H', "НΗ"),
    ('I', "ІΙӀ"),
    ('J', "ЈͿ"),
    ('K', "КΚ"),
    ('M', "МΜ"),
    ('N', "Ν"),
    ('O', "ОΟՕ"),
    ('P', "РΡ"),
    ('S', "ЅՏ"),
    ('T', "ТΤ"),
    ('U', "Ս"),
    ('V', "Ѵ"),
    ('W', "Ԝ"),
    ('X', "ХΧ"),
    ('Y', "УΥҮ"),
    ('Z', "Ζ"),
    ('3', "З"),
];

/// The scripts that have letters which look like those of another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
}

impl Script {
    fn of(c: char) -> Option<Self> {
        Some(match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if c.is_alphabetic() => {
                Self::Latin
            }
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' if c.is_alphabetic() => Self::Greek,
            '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' => Self::Cyrillic,
            '\u{531}'..='\u{587}' => Self::Armenian,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Greek => "Greek",
            Self::Cyrillic => "Cyrillic",
            Self::Armenian => "Armenian",
        }
    }
}

/// The warning of a name between backticks that looks like another one.
fn lookalike(written: &str, place: Span, names: &HashMap<Cow<'_, str>, Span>) -> Option<Diagnostic> {
    let name = &*naming::of_token(written);
    let looks = looks_like(name);
    let other = looks
        .as_ref()
        .and_then(|looks| names.get_key_value(looks.as_str()));
    if let Some((looks, first)) = other {
        let (c, script) = foreign(name, None)?;
        let message = format!(
            "this name looks like `{looks}`, but its `{c}` (U+{:04X}) is {}",
            u32::from(c),
            script.name()
        );
        return Some(
            Diagnostic::warning(LOOKALIKE, place, message)
                .with_help(format!("write `{looks}` if that is meant, or another name"))
                .with_related(*first, format!("`{looks}`")),
        );
    }
    let main = if name.chars().any(|c| Script::of(c) == Some(Script::Latin)) {
        Script::Latin
    } else {
        name.chars().find_map(Script::of)?
    };
    let (c, script) = foreign(name, Some(main))?;
    let message = format!(
        "this name mixes {} and {} letters: its `{c}` is U+{:04X}",
        main.name(),
        script.name(),
        u32::from(c)
    );
    let help = match looks {
        Some(looks) => format!("write `{looks}` if that is meant, or a name in the letters of one script"),
        None => "write a name in the letters of one script".to_owned(),
    };
    Some(Diagnostic::warning(LOOKALIKE, place, message).with_help(help))
}

/// The first letter of a script other than the main one, or else other than Latin.
fn foreign(name: &str, main: Option<Script>) -> Option<(char, Script)> {
    let main = main.unwrap_or(Script::Latin);
    name.chars()
        .filter_map(|c| Some((c, Script::of(c)?)))
        .find(|(_, script)| *script != main)
}

/// The ASCII text that a name looks like, if it looks like any.
fn looks_like(name: &str) -> Option<String> {
    let ascii = |c: char| {
        if c.is_ascii() {
            return Some(c);
        }
        let row = LOOKALIKES.iter().find(|(_, others)| others.contains(c));
        row.map(|(c, _)| *c)
    };
    name.chars().map(ascii).collect()
}

/// The names of ASCII letters in a text, each with the first place of it.
fn ascii_names<'a>(text: &'a str, source: SourceId, tokens: &[Token]) -> HashMap<Cow<'a, str>, Span> {
    let mut found = HashMap::new();
    for token in tokens {
        if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
            let written = token.text(text);
            found.entry(naming::of_token(written)).or_insert(Span {
                source,
                start: token.start,
                end: token.end,
            });
        }
    }
    found
}
