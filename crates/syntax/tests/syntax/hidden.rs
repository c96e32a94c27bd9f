//! Warnings of characters that do not show, or that show as others.

use dictum_syntax::diagnostic::{Diagnostic, Severity};
use dictum_syntax::parse;
use dictum_syntax::source::Sources;

fn found(text: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let id = sources.add("a.dictum", text);
    let (file, diagnostics) = parse(&sources, id);
    assert_eq!(file.broken, [], "{text}");
    (sources, diagnostics)
}

/// The warnings of a text, as `code line:column message`.
fn check(text: &str, expected: &[&str]) {
    let (sources, diagnostics) = found(text);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|found| {
            assert_eq!(found.severity, Severity::Warning);
            assert!(found.help.is_some(), "{found:?}");
            let (line, column) = sources.line_column(found.span);
            format!("{} {line}:{column} {}", found.code, found.message)
        })
        .collect();
    assert_eq!(shown, expected, "{text:?}");
}

/// The text after the mend of its only warning.
fn mended(text: &str) -> Option<String> {
    let (_, diagnostics) = found(text);
    let [warning] = diagnostics.as_slice() else {
        panic!("{diagnostics:?}")
    };
    let mut changed = text.to_owned();
    for edit in warning.fix.as_ref()?.edits.iter().rev() {
        changed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    Some(changed)
}

#[test]
fn characters_that_do_not_show() {
    check(
        "// a\u{202e}b\nentity A",
        &["L0501 1:5 the character `\\u{202e}` in this comment changes the direction in which this is shown"],
    );
    check(
        "/// a\u{200b}\u{2066}b\nentity A",
        &["L0501 1:7 the character `\\u{2066}` in this comment changes the direction in which this is shown"],
    );
    check(
        "@a(\"x\u{200b}y\") entity A",
        &["L0501 1:6 the character `\\u{200b}` in this text does not show"],
    );
    check(
        "entity `a\u{ad}b`",
        &["L0501 1:10 the character `\\u{ad}` in this name does not show"],
    );
    check(
        "const c = a matches r\"\u{200f}\"",
        &["L0501 1:23 the character `\\u{200f}` in this text changes the direction in which this is shown"],
    );
    check(
        "// \u{1b}[2J",
        &["L0501 1:4 the character `\\u{1b}` in this comment does not show"],
    );
    check(
        "@a(\"\\u{202e}\") entity A // caf\u{e9}\t\u{5d0}\u{5d1} \u{6a9}\u{200c}\u{627}\r\n",
        &[],
    );
    check("// \u{2764}\u{fe0f} \u{1f468}\u{200d}\u{1f469}", &[]);
    check(
        "// x\u{200d}",
        &["L0501 1:5 the character `\\u{200d}` in this comment does not show"],
    );
}

#[test]
fn mends() {
    assert_eq!(mended("// a\u{202e}b\u{200b}").as_deref(), Some("// ab"));
    assert_eq!(
        mended("@a(\"\u{200b}x\u{202e}\") entity A").as_deref(),
        Some("@a(\"\\u{200b}x\\u{202e}\") entity A")
    );
    assert_eq!(mended("entity `a\u{200b}`"), None);
}

#[test]
fn names_that_look_like_others() {
    check(
        "entity admin entity `\u{430}dmin`",
        &["L0502 1:21 this name looks like `admin`, but its `\u{430}` (U+0430) is Cyrillic"],
    );
    // All of it.
    check(
        "entity `\u{441}\u{43e}\u{441}` in coc",
        &["L0502 1:8 this name looks like `coc`, but its `\u{441}` (U+0441) is Cyrillic"],
    );
    check(
        "entity `us\u{3b5}r`",
        &["L0502 1:8 this name mixes Latin and Greek letters: its `\u{3b5}` is U+03B5"],
    );
    check(
        "entity `\u{430}bc`",
        &["L0502 1:8 this name mixes Latin and Cyrillic letters: its `\u{430}` is U+0430"],
    );
    check(
        "entity `\u{441}\u{43e}\u{441}` entity `Gr\u{f6}\u{df}e 2` entity `\u{540d}A`",
        &[],
    );
}

#[test]
fn many_of_them() {
    let line = "entity `\u{430}bc` // \u{202e}\n";
    let (_, diagnostics) = found(&line.repeat(20_000));
    assert_eq!(diagnostics.len(), 40_000);
    assert!(diagnostics.is_sorted_by_key(|found| found.span));
}
