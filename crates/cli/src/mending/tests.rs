use dictum_syntax::diagnostic::{Edit, Fix};

use super::*;

/// A checker of a language of words: each word of `wrong` is an error (or, with a code of a lint, a warning) whose mend is the
/// other text. Empty brackets say that the mend puts its text in after the word and takes nothing away.
fn checker(wrong: &'static [(&str, &'static str, &str)]) -> impl Fn(&Sources) -> Vec<Diagnostic> {
    move |sources| {
        let mut found = Vec::new();
        for (id, source) in sources.iter() {
            for (word, code, right) in wrong {
                for (at, _) in source.text.match_indices(word) {
                    let span = Span {
                        source: id,
                        start: u32::try_from(at).unwrap(),
                        end: u32::try_from(at + word.len()).unwrap(),
                    };
                    let make = if code.starts_with('L') {
                        Diagnostic::warning
                    } else {
                        Diagnostic::error
                    };
                    let diagnostic = make(code, span, format!("`{word}`"));
                    found.push(match *right {
                        "" => diagnostic,
                        text => diagnostic.with_fix(Fix::replace(format!("write `{text}`"), span, text)),
                    });
                }
            }
        }
        dictum_syntax::diagnostic::sort(&mut found);
        found
    }
}

fn texts(sources: &[&str]) -> Sources {
    let mut all = Sources::new();
    for text in sources {
        all.add("x.dictum", *text);
    }
    all
}

/// Checks the text afterwards, and the codes of what was made and of what is left.
fn check(
    wrong: &'static [(&'static str, &'static str, &'static str)],
    text: &str,
    after: &str,
    made: &[&str],
    left: &[&str],
) {
    let mended = mend(&texts(&[text]), &checker(wrong), &|_| true, &|_| true);
    assert_eq!(mended.sources.get(SourceId(0)).text, after, "{text}");
    let codes: Vec<&str> = mended.made.iter().map(|made| made.code).collect();
    assert_eq!(codes, made, "{text}");
    let codes: Vec<&str> = mended.left.iter().map(|left| left.code).collect();
    assert_eq!(codes, left, "{text}");
}

#[test]
fn mends_are_made_in_rounds() {
    let wrong = &[
        ("one", "D0201", "two"),
        ("two", "D0301", "three"),
        ("lint", "L0101", "fine"),
    ];
    check(wrong, "a b", "a b", &[], &[]);
    check(
        wrong,
        "one, two, lint",
        "three, three, fine",
        &["D0201", "D0301", "D0301", "L0101"],
        &[],
    );
}

#[test]
fn what_makes_it_worse_is_taken_back() {
    // The mend of a lint that gives an error, and that of an error that gives two.
    let wrong = &[
        ("lint", "L0101", "bad"),
        ("bad", "D0301", ""),
        ("half", "D0302", "bad bad"),
        ("good", "D0303", "fine"),
        ("odd", "L0102", "even"),
    ];
    check(wrong, "lint", "lint", &[], &["L0101"]);
    check(wrong, "half", "half", &[], &["D0302"]);
    check(
        wrong,
        "good lint odd good half odd",
        "fine lint even fine half even",
        &["D0303", "D0303", "L0102", "L0102"],
        &["L0101", "D0302"],
    );
    // Each file by itself: that one has an error of syntax less does not allow another to have one more.
    let syntax = &[
        ("typo", "D0101", "fine"),
        ("lint", "L0101", "}"),
        ("}", "D0103", ""),
    ];
    let mended = mend(&texts(&["typo", "lint"]), &checker(syntax), &|_| true, &|_| true);
    let after: Vec<&str> = mended
        .sources
        .iter()
        .map(|(_, source)| source.text.as_str())
        .collect();
    assert_eq!(after, ["fine", "lint"]);
}

#[test]
fn an_error_may_have_hidden_others_of_a_later_stage() {
    let wrong = &[
        ("typo", "D0101", "name"),
        ("name", "D0201", "type type"),
        ("type", "D0301", ""),
    ];
    check(
        wrong,
        "typo",
        "type type",
        &["D0101", "D0201"],
        &["D0301", "D0301"],
    );
}

#[test]
fn mends_that_change_nothing_end() {
    check(&[("loop", "L0101", "loop")], "loop", "loop", &[], &["L0101"]);
    check(&[("grow", "L0101", "grow grow")], "grow", "grow", &[], &["L0101"]);
    // Two that undo each other.
    let mended = mend(
        &texts(&["ping"]),
        &checker(&[("ping", "L0101", "pong"), ("pong", "L0102", "ping")]),
        &|_| true,
        &|_| true,
    );
    assert_eq!(mended.made.len(), MAX_ROUNDS);
}

#[test]
fn many_bad_mends_are_given_up() {
    let wrong = &[("lint", "L0101", "bad"), ("bad", "D0301", "")];
    let text = "lint\n".repeat(2_000);
    let lints = vec!["L0101"; 2_000];
    check(wrong, &text, &text, &[], &lints);
}

#[test]
fn only_what_is_wanted_is_made() {
    let wrong = &[("one", "L0101", "fine"), ("two", "L0102", "fine")];
    let sources = texts(&["one two", "one two"]);
    let mended = mend(
        &sources,
        &checker(wrong),
        &|diagnostic| diagnostic.code == "L0102",
        &|id| id.0 == 1,
    );
    let after: Vec<&str> = mended
        .sources
        .iter()
        .map(|(_, source)| source.text.as_str())
        .collect();
    assert_eq!(after, ["one two", "one fine"]);
    assert_eq!((mended.made[0].line, mended.made[0].column), (1, 5));
    assert_eq!(mended.left.len(), 3);
}

#[test]
fn edits_that_are_of_no_text_are_refused() {
    let beyond = |sources: &Sources| {
        let end = u32::try_from(sources.get(SourceId(0)).text.len()).unwrap();
        let span = |start, end| Span {
            source: SourceId(0),
            start,
            end,
        };
        let fix = Fix {
            title: "break".to_owned(),
            edits: vec![Edit {
                span: span(end, end + 9),
                text: "x".to_owned(),
            }],
        };
        vec![Diagnostic::warning("L0101", span(0, 1), "w").with_fix(fix)]
    };
    let mended = mend(&texts(&["abc"]), &beyond, &|_| true, &|_| true);
    assert_eq!(mended.sources.get(SourceId(0)).text, "abc");
    assert!(mended.made.is_empty());
}
