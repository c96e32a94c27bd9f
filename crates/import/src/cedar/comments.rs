//! The comments of a text in Cedar's syntax, and what each of them is about.

/// A token that something can be said of, or a bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A word or a text literal, without its quotes.
    Word(&'t str),
    /// Any other character.
    Mark(char),
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comment<'t> {
    start: usize,
    text: &'t str,
    /// Whether nothing stands before it on its line.
    alone: bool,
}

/// The tokens and comments of a text. Policies and schemas of Cedar agree about both.
fn scan(text: &str) -> (Vec<(usize, Token<'_>)>, Vec<Comment<'_>>) {
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    let (mut at, mut alone) = (0, true);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        let length = match c {
            '\n' => {
                alone = true;
                1
            }
            _ if c.is_whitespace() => c.len_utf8(),
            '/' if rest.starts_with("//") => {
                let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
                comments.push(Comment {
                    start: at,
                    text: rest.get(2..line).unwrap_or_default().trim(),
                    alone,
                });
                line
            }
            '"' => {
                let inner = quoted(rest);
                tokens.push((at, Token::Word(rest.get(1..1 + inner).unwrap_or_default())));
                alone = false;
                (inner + 2).min(rest.len())
            }
            '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => {
                let word = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let word = word.unwrap_or(rest.len());
                tokens.push((at, Token::Word(rest.get(..word).unwrap_or_default())));
                alone = false;
                word
            }
            _ => {
                tokens.push((at, Token::Mark(c)));
                alone = false;
                c.len_utf8()
            }
        };
        at += length;
    }
    (tokens, comments)
}

/// The bytes between the quote that a text starts with and the one that ends it.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at - 1,
            _ => {}
        }
    }
    text.len().saturating_sub(1)
}

/// The tokens of a text, with where they start.
pub(super) fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    scan(text).0
}

/// The comments of a text, for each of the places that it says something of, which are sorted: a comment on a line of
/// its own is about what comes next, one behind something about that. Those after the last place come last.
pub(super) fn comments(text: &str, places: &[usize]) -> (Vec<Vec<String>>, Vec<String>) {
    let mut of_places = vec![Vec::new(); places.len()];
    let mut rest = Vec::new();
    for comment in scan(text).1 {
        let next = places.partition_point(|place| *place < comment.start);
        let place = if comment.alone {
            Some(next)
        } else {
            next.checked_sub(1).or(Some(next))
        };
        match place.and_then(|place| of_places.get_mut(place)) {
            Some(comments) => comments.push(comment.text.to_owned()),
            None => rest.push(comment.text.to_owned()),
        }
    }
    (of_places, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_to_what_they_are_about() {
        let text = "// one\npermit; // of permit\n// two\n// three\nforbid \"// no\\\" comment\"; \n// last";
        let places = [text.find("permit").unwrap_or(0), text.find("forbid").unwrap_or(0)];
        let (of_places, rest) = comments(text, &places);
        assert_eq!(of_places, [vec!["one", "of permit"], vec!["two", "three"]]);
        assert_eq!(rest, ["last"]);
    }

    #[test]
    fn words_are_found_with_their_places() {
        let found = tokens("a_1 \"b c\"?: é");
        let expected = [
            (0, Token::Word("a_1")),
            (4, Token::Word("b c")),
            (9, Token::Mark('?')),
            (10, Token::Mark(':')),
            (12, Token::Mark('é')),
        ];
        assert_eq!(found, expected);
    }
}
