//! The words for a place inside a value: `.token.mfa`, `[2]`, `["x-request-id"]`.

use crate::naming;
use crate::value::quote;

/// `.name` for a name that is an identifier, `["any other"]` for one that is not.
pub(crate) fn member(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!(".{name}")
    } else {
        key(name)
    }
}

/// `["key"]`
pub(crate) fn key(name: &str) -> String {
    format!("[{}]", quote(name))
}

/// `` `a`, `b` and `c` ``, cut short after a few.
pub(crate) fn names<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let mut quoted: Vec<String> = Vec::new();
    let mut more = 0_usize;
    for item in items {
        if quoted.len() < SHOWN {
            quoted.push(format!("`{}`", shorten(item)));
        } else {
            more += 1;
        }
    }
    let last = if more > 0 {
        Some(format!("{more} more"))
    } else {
        quoted.pop()
    };
    match (quoted.as_slice(), last) {
        (_, None) => "none".to_owned(),
        ([], Some(last)) => last,
        (_, Some(last)) => format!("{} and {last}", quoted.join(", ")),
    }
}

/// A text short enough for a message, which is one line.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    let text = &*naming::shown(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members() {
        assert_eq!(member("mfa"), ".mfa");
        assert_eq!(member("_x1"), "._x1");
        assert_eq!(member("x-request-id"), "[\"x-request-id\"]");
        assert_eq!(member("1a"), "[\"1a\"]");
        assert_eq!(member(""), "[\"\"]");
    }

    #[test]
    fn lists() {
        assert_eq!(names([]), "none");
        assert_eq!(names(["a"]), "`a`");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
        let many: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        assert!(names(many.iter().map(String::as_str)).ends_with("`7` and 2 more"));
        assert_eq!(shorten(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
