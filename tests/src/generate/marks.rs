//! Names in generated text, before it is known in which module they stand: marked, so that each file can write them in its own
//! way. Calls and constants are marked too, so that what they stand for can be written out in their place.

/// What is declared by names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// Entity types, enums and aliases.
    Type,
    /// Actions and groups.
    Action,
    /// Roles and labels.
    Rule,
    /// Fixtures.
    Fixture,
    /// Obligations.
    Obligation,
    /// Constants; functions are marked by their calls.
    Value,
}

impl Space {
    const ALL: [(char, Self); 6] = [
        ('T', Self::Type),
        ('A', Self::Action),
        ('R', Self::Rule),
        ('F', Self::Fixture),
        ('O', Self::Obligation),
        ('V', Self::Value),
    ];
}

/// The characters around what is marked, which nothing else in generated text has.
const NAME: char = '\u{e000}';
const CALL: char = '\u{e001}';
const PARAMETER: char = '\u{e002}';
const ARGUMENT: char = '\u{e003}';
const END: char = '\u{e004}';

/// A reference to what is declared by a name.
#[must_use]
pub fn name(space: Space, name: &str) -> String {
    let letter = Space::ALL.iter().find(|(_, other)| *other == space);
    format!("{NAME}{}{name}{END}", letter.map_or('T', |(letter, _)| *letter))
}

/// References, with commas.
#[must_use]
pub fn names<'n>(space: Space, all: impl IntoIterator<Item = &'n str>) -> String {
    let all: Vec<String> = all.into_iter().map(|text| name(space, text)).collect();
    all.join(", ")
}

/// A call of a function.
#[must_use]
pub fn call(function: &str, arguments: &[String]) -> String {
    let arguments: String = arguments
        .iter()
        .map(|argument| format!("{ARGUMENT}{argument}"))
        .collect();
    format!("{CALL}{function}{arguments}{END}")
}

/// A parameter in the body of its function.
#[must_use]
pub fn parameter(name: &str) -> String {
    format!("{PARAMETER}{name}{END}")
}

/// How what is marked is written.
pub trait Writing {
    /// A reference.
    fn name(&mut self, space: Space, name: &str) -> String;

    /// A call with its arguments as they are written.
    fn call(&mut self, function: &str, arguments: Vec<String>) -> String;

    /// A parameter.
    fn parameter(&mut self, name: &str) -> String;
}

/// Text with all that is marked in it written.
pub fn write(text: &str, writing: &mut impl Writing) -> String {
    written(&mut text.chars(), &[], writing).0
}

/// The text up to one of several characters, and which of them it was.
fn written(
    text: &mut std::str::Chars<'_>,
    ends: &[char],
    writing: &mut impl Writing,
) -> (String, Option<char>) {
    let mut out = String::new();
    while let Some(c) = text.next() {
        match c {
            _ if ends.contains(&c) => return (out, Some(c)),
            NAME => {
                let letter = text.next();
                let space = Space::ALL.iter().find(|(known, _)| Some(*known) == letter);
                let name: String = text.by_ref().take_while(|c| *c != END).collect();
                out.push_str(&writing.name(space.map_or(Space::Type, |(_, space)| *space), &name));
            }
            PARAMETER => {
                let name: String = text.by_ref().take_while(|c| *c != END).collect();
                out.push_str(&writing.parameter(&name));
            }
            CALL => {
                let (function, mut end) = written(text, &[ARGUMENT, END], writing);
                let mut arguments = Vec::new();
                while end == Some(ARGUMENT) {
                    let argument;
                    (argument, end) = written(text, &[ARGUMENT, END], writing);
                    arguments.push(argument);
                }
                out.push_str(&writing.call(&function, arguments));
            }
            _ => out.push(c),
        }
    }
    (out, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shout;

    impl Writing for Shout {
        fn name(&mut self, space: Space, name: &str) -> String {
            format!("{space:?}.{name}")
        }

        fn call(&mut self, function: &str, arguments: Vec<String>) -> String {
            format!("{function}({})", arguments.join(", "))
        }

        fn parameter(&mut self, name: &str) -> String {
            name.to_uppercase()
        }
    }

    #[test]
    fn what_is_marked_is_written() {
        let inner = call("g", &[parameter("x")]);
        let text = format!(
            "{} == {} and {}",
            call("f", &[inner, "1".to_owned()]),
            name(Space::Type, "User"),
            call("h", &[])
        );
        assert_eq!(write(&text, &mut Shout), "f(g(X), 1) == Type.User and h()");
    }
}
