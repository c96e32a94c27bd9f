//! JSON text to a tree that knows where each part stands.
//!
//! A reader of its own, because an error in a data file has to name its place: of numbers the text is kept, so that
//! nothing is rounded, keys are kept in their order with those that repeat, and nesting has a limit.

use std::borrow::Cow;

/// How many bytes a text may have.
pub const MAX_JSON_BYTES: usize = 1 << 30;

/// How many bytes a string in a text may have: as many as a policy's source.
pub const MAX_STRING_BYTES: usize = 1 << 24;

/// How deep arrays and objects may be nested: enough for every type within [`crate::data::MAX_TYPE_DEPTH`].
pub const MAX_JSON_DEPTH: usize = crate::data::MAX_TYPE_DEPTH + 16;

/// A part of a text: a value and its bytes.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind<'t>,
}

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Kind<'t> {
    Null,
    Bool(bool),
    /// The number as it is written.
    Number(&'t str),
    String(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Member<'t> {
    /// Where the key stands.
    pub(crate) at: usize,
    pub(crate) key: Cow<'t, str>,
    pub(crate) value: Node<'t>,
}

/// What is wrong at a place.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

impl<'t> Node<'t> {
    /// The value of the first member with this key, of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|m| m.key == key).map(|m| &m.value),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Array(_) => None,
        }
    }

    /// The value for a message: itself where it is short, else its kind.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Number(text) => format!("the number `{}`", crate::path::shorten(text)),
            Kind::String(text) => format!("the text `{}`", crate::path::shorten(&crate::value::quote(text))),
            Kind::Array(_) => "a list".to_owned(),
            Kind::Object(_) => "an object".to_owned(),
        }
    }
}

/// Reads a text. The faults are keys that repeat one before them; the tree has both.
///
/// # Errors
/// The first place where the text is not JSON.
pub(crate) fn parse(text: &str) -> Result<(Node<'_>, Vec<Fault>), Fault> {
    if text.len() > MAX_JSON_BYTES {
        return Err(Fault::new(0, format!("longer than {MAX_JSON_BYTES} bytes"))
            .with_help("split the data into several files"));
    }
    let start = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut parser = Parser {
        text,
        at: start,
        repeated: Vec::new(),
    };
    parser.space();
    let node = parser.value(MAX_JSON_DEPTH)?;
    parser.space();
    if parser.peek().is_some() {
        return Err(parser.unexpected("the end of the text"));
    }
    Ok((node, parser.repeated))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    repeated: Vec<Fault>,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The fault of finding something else here than was expected.
    fn unexpected(&self, expected: &str) -> Fault {
        let rest = self.rest();
        let Some(found) = rest.chars().next() else {
            let what = if self.text.trim().is_empty() {
                "the text is empty"
            } else {
                "the text ends too early"
            };
            return Fault::new(self.at, format!("{what}: expected {expected}"));
        };
        let word: String = rest
            .chars()
            .take(20)
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let shown = if word.is_empty() {
            crate::value::quote(&found.to_string())
        } else {
            crate::value::quote(&word)
        };
        let shown = shown.trim_start_matches('"').trim_end_matches('"');
        let shown = if found == '"' { "\"" } else { shown };
        let fault = Fault::new(self.at, format!("expected {expected}, found `{shown}`"));
        match found {
            '\'' | '“' | '”' | '`' => fault.with_help("texts and keys stand in double quotes: \"…\""),
            '/' | '#' => fault.with_help("JSON has no comments"),
            '\0' => fault.with_help("save the file as UTF-8"),
            _ if matches!(
                word.as_str(),
                "True" | "False" | "None" | "undefined" | "NaN" | "Infinity"
            ) =>
            {
                fault.with_help("the only words are `true`, `false` and `null`")
            }
            _ if !word.is_empty() && expected == "a key" => {
                fault.with_help(format!("keys stand in double quotes: \"{word}\""))
            }
            _ => fault,
        }
    }

    fn value(&mut self, levels: usize) -> Result<Node<'t>, Fault> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.object(levels)?,
            Some(b'[') => self.array(levels)?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            Some(_) => {
                let words = [
                    ("true", Kind::Bool(true)),
                    ("false", Kind::Bool(false)),
                    ("null", Kind::Null),
                ];
                let length = self.rest().bytes().take_while(u8::is_ascii_alphanumeric).count();
                let word = self.rest().get(..length).unwrap_or_default();
                let Some((_, kind)) = words.into_iter().find(|(known, _)| *known == word) else {
                    return Err(self.unexpected("a value"));
                };
                self.at += length;
                kind
            }
            None => return Err(self.unexpected("a value")),
        };
        Ok(Node {
            start,
            end: self.at,
            kind,
        })
    }

    fn deeper(&self, levels: usize) -> Result<usize, Fault> {
        levels.checked_sub(1).ok_or_else(|| {
            Fault::new(self.at, format!("nested deeper than {MAX_JSON_DEPTH} levels"))
                .with_help("remove brackets: no type of a policy nests so deep")
        })
    }

    fn array(&mut self, levels: usize) -> Result<Kind<'t>, Fault> {
        let levels = self.deeper(levels)?;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::Array(items));
        }
        loop {
            self.space();
            items.push(self.value(levels)?);
            self.space();
            if self.goes_on(b']')? {
                continue;
            }
            return Ok(Kind::Array(items));
        }
    }

    fn object(&mut self, levels: usize) -> Result<Kind<'t>, Fault> {
        let levels = self.deeper(levels)?;
        self.at += 1;
        let mut members: Vec<Member<'t>> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Object(members));
        }
        loop {
            self.space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("`:` after the key"));
            }
            self.at += 1;
            self.space();
            let value = self.value(levels)?;
            members.push(Member { at, key, value });
            self.space();
            if self.goes_on(b'}')? {
                continue;
            }
            self.find_repeated(&members);
            return Ok(Kind::Object(members));
        }
    }

    /// After an item: whether another follows (a comma) or the list is closed.
    fn goes_on(&mut self, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.space();
                if self.peek() == Some(close) {
                    let fault = Fault::new(comma, "a comma after the last one");
                    return Err(fault.with_help("remove the comma"));
                }
                Ok(true)
            }
            Some(found) if found == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) | None => Err(self.unexpected(if close == b']' { "`,` or `]`" } else { "`,` or `}`" })),
        }
    }

    fn find_repeated(&mut self, members: &[Member<'t>]) {
        let mut repeated = |member: &Member<'_>| {
            let message = format!(
                "the key `{}` stands here a second time",
                crate::path::shorten(&member.key)
            );
            self.repeated
                .push(Fault::new(member.at, message).with_help("remove one of the two"));
        };
        if members.len() <= 8 {
            for (index, member) in members.iter().enumerate() {
                if members.iter().take(index).any(|before| before.key == member.key) {
                    repeated(member);
                }
            }
            return;
        }
        let mut sorted: Vec<&Member<'_>> = members.iter().collect();
        sorted.sort_by(|a, b| (&a.key, a.at).cmp(&(&b.key, b.at)));
        for pair in sorted.windows(2) {
            if let [a, b] = pair
                && a.key == b.key
            {
                repeated(b);
            }
        }
    }

    fn number(&mut self) -> Result<&'t str, Fault> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            let count = parser.rest().bytes().take_while(u8::is_ascii_digit).count();
            parser.at += count;
            count
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.peek();
        let whole = digits(self);
        if whole == 0 {
            return Err(self.unexpected("a digit"));
        }
        if whole > 1 && first == Some(b'0') {
            return Err(Fault::new(start, "a number that starts with a zero").with_help("remove the zero"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if digits(self) == 0 {
                return Err(self.unexpected("a digit after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if digits(self) == 0 {
                return Err(self.unexpected("a digit of the exponent"));
            }
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// A string; the place is at its opening quote.
    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        let open = self.at;
        let string = self.unbounded_string()?;
        if string.len() > MAX_STRING_BYTES {
            let message = format!("a string of more than {MAX_STRING_BYTES} bytes");
            return Err(Fault::new(open, message).with_help("give a shorter one"));
        }
        Ok(string)
    }

    fn unbounded_string(&mut self) -> Result<Cow<'t, str>, Fault> {
        let open = self.at;
        self.at += 1;
        let mut unescaped: Option<String> = None;
        loop {
            let rest = self.rest();
            let plain = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
            let Some(plain) = plain else {
                return Err(
                    Fault::new(open, "the text ends inside the string that starts here")
                        .with_help("close it with `\"`"),
                );
            };
            let piece = rest.get(..plain).unwrap_or_default();
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(match unescaped {
                        None => Cow::Borrowed(piece),
                        Some(mut text) => {
                            text.push_str(piece);
                            Cow::Owned(text)
                        }
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(piece);
                    let escaped = self.escape()?;
                    unescaped.get_or_insert_default().push(escaped);
                }
                Some(_) | None => {
                    let fault = Fault::new(self.at, "a control character or line break inside a string");
                    return Err(fault.with_help(
                        "close the string with `\"`, or write the character as `\\n`, `\\t` or `\\u…`",
                    ));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let wrong = |message: &str| Fault::new(start, message.to_owned());
        let kind = self.text.as_bytes().get(start + 1).copied();
        self.at += 2;
        Ok(match kind {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let lone = || {
                    wrong("half of a surrogate pair").with_help("write both halves, or the character itself")
                };
                let first = self
                    .unit()
                    .ok_or_else(|| wrong("`\\u` without four hexadecimal digits"))?;
                let code = match first {
                    0xd800..0xdc00 => {
                        if !self.rest().starts_with("\\u") {
                            return Err(lone());
                        }
                        self.at += 2;
                        let second = self
                            .unit()
                            .filter(|unit| (0xdc00..0xe000).contains(unit))
                            .ok_or_else(lone)?;
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    _ => first,
                };
                char::from_u32(code).ok_or_else(lone)?
            }
            Some(_) | None => {
                return Err(wrong("`\\` with a character that it does not escape")
                    .with_help("write a backslash as `\\\\`"));
            }
        })
    }

    /// The four hexadecimal digits of an escape.
    fn unit(&mut self) -> Option<u32> {
        let digits = self
            .rest()
            .get(..4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}
