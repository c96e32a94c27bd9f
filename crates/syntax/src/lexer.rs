//! Text to tokens. The formatter lays them out, and the parser cuts a file into declarations by them; the grammar in
//! `grammar/dictum.pest` agrees with them on what a word, a literal and a comment is.

/// A token and its place in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which kind.
    pub kind: TokenKind,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name.
    Word,
    /// A name between backticks.
    Quoted,
    /// An integer, a decimal or a duration: `1_000`, `1.50`, `2h30m`.
    Number,
    /// A text, with the prefix (`time`, `ip`, `r`) that stands directly before its quote.
    String,
    /// A line of `///`.
    DocComment,
    /// A line of `//`.
    Comment,
    /// An operator or a bracket, the longest that matches.
    Symbol,
    /// Any other character, or a text or a backtick that is not closed, up to the end of its line.
    Unknown,
}

impl Token {
    /// What was written.
    #[must_use]
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Whether it is a comment of either kind.
    #[must_use]
    pub fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::Comment | TokenKind::DocComment)
    }
}

pub use dictum_artifact::naming::{KEYWORDS, is_keyword};

const LONG_SYMBOLS: [&str; 6] = ["::", "==", "!=", "<=", ">=", "??"];
const SHORT_SYMBOLS: &str = "{}[]()<>,:.=@?+-*";

/// The tokens of a text in order, without the whitespace between them. Takes time linear in the text.
///
/// A byte order mark at the start counts as whitespace. Offsets beyond 4 GiB are cut to that.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let Some((kind, length)) = next(rest) else {
            return tokens;
        };
        let start = offset(text.len() - rest.len());
        rest = rest.get(length..).unwrap_or_default();
        tokens.push(Token {
            kind,
            start,
            end: offset(text.len() - rest.len()),
        });
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The kind and the length in bytes of the token at the start of a text; none at its end.
fn next(text: &str) -> Option<(TokenKind, usize)> {
    let first = text.chars().next()?;
    Some(match first {
        '"' => string(text, 0),
        '`' => match closing_backtick(text) {
            Some(length) => (TokenKind::Quoted, length),
            None => (TokenKind::Unknown, line(text)),
        },
        '0'..='9' => (TokenKind::Number, number(text)),
        'A'..='Z' | 'a'..='z' | '_' => {
            let length = word(text);
            let prefixed = matches!(text.get(..length), Some("time" | "ip" | "r"));
            match text.as_bytes().get(length) {
                Some(b'"') if prefixed => string(text, length),
                _ => (TokenKind::Word, length),
            }
        }
        '/' if text.starts_with("//") => {
            let doc = text.starts_with("///") && !text.starts_with("////");
            (
                if doc {
                    TokenKind::DocComment
                } else {
                    TokenKind::Comment
                },
                line(text),
            )
        }
        _ => match LONG_SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol)) {
            Some(symbol) => (TokenKind::Symbol, symbol.len()),
            None if SHORT_SYMBOLS.contains(first) => (TokenKind::Symbol, 1),
            None => (TokenKind::Unknown, first.len_utf8()),
        },
    })
}

/// The length of the line, without the `\r` before its end.
fn line(text: &str) -> usize {
    let line = text.split('\n').next().unwrap_or(text);
    line.trim_end_matches('\r').len()
}

fn word(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

/// The digits with their unit letters, and once a point with digits after it.
fn number(text: &str) -> usize {
    let whole = word(text);
    match text.as_bytes().get(whole..) {
        Some([b'.', b'0'..=b'9', ..]) => whole + 1 + text.get(whole + 1..).map_or(0, word),
        _ => whole,
    }
}

/// The length of the name in backticks at the start of the text, where it is closed on its line.
fn closing_backtick(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'`' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The text literal whose quote stands at `quote`, after its prefix. Only `r"…"` has no escapes.
fn string(text: &str, quote: usize) -> (TokenKind, usize) {
    let raw = text.starts_with('r');
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(quote + 1) {
        match byte {
            b'\n' => break,
            _ if escaped => escaped = false,
            b'\\' if !raw => escaped = true,
            b'"' => return (TokenKind::String, at + 1),
            _ => {}
        }
    }
    (TokenKind::Unknown, line(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens as `kind:text`, the kind by its first two letters.
    fn check(text: &str, expected: &str) {
        let shown: Vec<_> = tokens(text)
            .iter()
            .map(|token| format!("{:.2}:{}", format!("{:?}", token.kind), token.text(text)))
            .collect();
        assert_eq!(shown.join(" "), expected, "{text:?}");
    }

    #[test]
    fn words_and_numbers() {
        check("a.b _x9", "Wo:a Sy:. Wo:b Wo:_x9");
        check("`x-y`:T", "Qu:`x-y` Sy:: Wo:T");
        check(
            "1_000 1.50 2h30m 15m.in_days 1.x -3",
            "Nu:1_000 Nu:1.50 Nu:2h30m Nu:15m Sy:. Wo:in_days Nu:1 Sy:. Wo:x Sy:- Nu:3",
        );
        check("1.5.2", "Nu:1.5 Sy:. Nu:2");
    }

    #[test]
    fn strings() {
        check(r#""a\"b" "#, r#"St:"a\"b""#);
        check(
            r#"time"x" ip"y" r"\" rr"z""#,
            r#"St:time"x" St:ip"y" St:r"\" Wo:rr St:"z""#,
        );
        check("time \"x\"", "Wo:time St:\"x\"");
        check("\"a\nb", "Un:\"a Wo:b");
        check("\"a\\\nb\"", "Un:\"a\\ Wo:b Un:\"");
        check("`a\r\nb", "Un:`a Wo:b");
        check("`` `a\\`b` ```", "Qu:`` Qu:`a\\`b` Qu:`` Un:`");
        check("`a\\\\` `a\\` b", "Qu:`a\\\\` Un:`a\\` b");
    }

    #[test]
    fn symbols() {
        check(
            "a::b==c!=d<=e>=f??g",
            "Wo:a Sy::: Wo:b Sy:== Wo:c Sy:!= Wo:d Sy:<= Wo:e Sy:>= Wo:f Sy:?? Wo:g",
        );
        check("a?: --b", "Wo:a Sy:? Sy:: Sy:- Sy:- Wo:b");
        check("a && é\0", "Wo:a Un:& Un:& Un:é Un:\0");
    }

    #[test]
    fn comments() {
        check("a // b\r\n/// c\n//// d", "Wo:a Co:// b Do:/// c Co://// d");
        check("\u{feff}a\u{feff}", "Wo:a Un:\u{feff}");
    }

    #[test]
    fn unclosed_quotes_take_linear_time() {
        assert_eq!(tokens(&"\"\\".repeat(1_000_000)).len(), 1);
        assert_eq!(tokens(&"`\\".repeat(1_000_000)).len(), 1);
        assert_eq!(tokens(&"`".repeat(1_000_000)).len(), 500_000);
        assert_eq!(tokens(&"`\n".repeat(1_000_000)).len(), 1_000_000);
    }
}
