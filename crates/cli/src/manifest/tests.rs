use super::*;

/// Codes, places in the text and messages of what is wrong.
fn told(text: &str) -> Vec<String> {
    let (_, mut diagnostics) = parse(text);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    diagnostics
        .iter()
        .map(|diagnostic| {
            assert_eq!(diagnostic.span.source, SOURCE);
            assert!(diagnostic.help.is_some(), "{diagnostic:?}");
            let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
            format!(
                "{} `{}` {}",
                diagnostic.code,
                &text[start..end],
                diagnostic.message
            )
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(told(text), expected, "{text}");
}

/// The help line of the first thing that is wrong.
fn help(text: &str) -> String {
    parse(text).1[0].help.clone().unwrap()
}

#[test]
fn a_whole_file() {
    let text = r#"
        [package]
        name = "drive"
        sources = ["policy", "tests/*.dictum"]
        data = ["data/*.json"]
        [lints]
        always_true = "allow"
        L0104 = "deny"
        [limits]
        steps = 100_000
        artifact_bytes = 0x10000
        set_elements = 32
    "#;
    let (manifest, diagnostics) = parse(text);
    assert_eq!(diagnostics, []);
    assert_eq!(manifest.name.as_deref(), Some("drive"));
    let patterns: Vec<String> = manifest
        .sources
        .into_iter()
        .flatten()
        .chain(manifest.data)
        .map(|pattern| pattern.text)
        .collect();
    assert_eq!(patterns, ["policy", "tests/*.dictum", "data/*.json"]);
    assert!(manifest.sources_known);
    let levels: Vec<(&str, Level)> = manifest
        .lints
        .iter()
        .map(|(name, (level, _))| (name.as_str(), *level))
        .collect();
    assert_eq!(levels, [("L0104", Level::Deny), ("always_true", Level::Allow)]);
    let at_most = |limit: Option<Limit>| limit.map(|limit| limit.at_most);
    let limits = manifest.limits;
    assert_eq!(
        [limits.steps, limits.artifact_bytes, limits.set_elements].map(at_most),
        [Some(100_000), Some(65_536), Some(32)]
    );
    let bytes = limits.artifact_bytes.unwrap().span;
    assert_eq!(&text[bytes.start as usize..bytes.end as usize], "0x10000");
}

#[test]
fn everything_may_be_left_out() {
    for text in [
        "",
        "# nothing",
        "[package]",
        "[lints]\n[limits]",
        "\u{feff}[package]\r\nname = \"a\"\r\n",
    ] {
        let (manifest, diagnostics) = parse(text);
        assert_eq!(diagnostics, [], "{text:?}");
        assert!(manifest.sources.is_none() && manifest.sources_known, "{text:?}");
    }
}

#[test]
fn text_that_is_no_toml() {
    check("[package", &["D0701 `` unclosed table, expected `]`"]);
    check(
        "[package]\nname = \"a",
        &["D0701 `` invalid basic string, expected `\"`"],
    );
    check(
        "[package]\nname = \"a\"\nname = \"b\"",
        &["D0701 `name` duplicate key"],
    );
    for text in [
        "\0",
        "= 1",
        "a = ",
        "[[package]",
        "{}",
        "a.b.c",
        "x = 99999999999999999999999",
    ] {
        assert!(!told(text).is_empty(), "{text:?}");
    }
    let deep = format!("a = {}", "[".repeat(100_000));
    assert_eq!(parse(&deep).1[0].code, codes::NOT_TOML);
    let (_, _, diagnostics) = read(b"[package]\nname = \"caf\xe9\"", false);
    assert_eq!(
        (diagnostics[0].code, diagnostics[0].span.start),
        (codes::NOT_TOML, 21)
    );
    let (_, manifest, diagnostics) = read(&[b'#'; 100], true);
    assert_eq!(diagnostics[0].message, "the file is larger than 1024 KiB");
    assert!(!manifest.sources_known);
}

#[test]
fn keys_that_nobody_knows() {
    check(
        "[pakage]\nname = \"a\"",
        &["D0702 `pakage` `dictum.toml` has no table or key `pakage`"],
    );
    assert_eq!(help("[pakage]"), "did you mean `package`?");
    assert_eq!(help("sources = []"), "it belongs below `[package]`");
    assert_eq!(help("[package]\nsteps = 1"), "it belongs below `[limits]`");
    assert_eq!(help("[zebra]"), "there are `package`, `lints` and `limits`");
    assert_eq!(help("[package]\nsource = []"), "did you mean `sources`?");
    check(
        "[package]\nversion = 1\n[limits]\nstep = 1\n",
        &[
            "D0702 `version` `[package]` has no key `version`",
            "D0702 `step` `[limits]` has no key `step`",
        ],
    );
    // What may have named the sources makes it unknown what they are.
    for text in [
        "[pakage]",
        "[package]\nsource = []",
        "package = 1",
        "[package]\nsources = 1",
    ] {
        assert!(!parse(text).0.sources_known, "{text}");
    }
    for text in [
        "[package]\nversion = 1",
        "[limits]\nstep = 1",
        "lints = 1",
        "[package]\nname = 1",
    ] {
        assert!(parse(text).0.sources_known, "{text}");
    }
}

#[test]
fn values_that_a_key_does_not_take() {
    check(
        "package = 1",
        &["D0703 `1` expected a table, found the number `1`"],
    );
    check(
        "lints = []\nlimits = 1.5",
        &[
            "D0703 `[]` expected a table, found a list",
            "D0703 `1.5` expected a table, found a number with a point",
        ],
    );
    check(
        "[package]\nname = true",
        &["D0703 `true` expected a name, found `true`"],
    );
    for name in ["", "a b", "1a", "-a", "ä", "a/b"] {
        let text = format!("[package]\nname = \"{name}\"");
        check(
            &text,
            &[&format!("D0703 `\"{name}\"` `{name}` is no name of a package")],
        );
    }
    check(
        "[package]\nsources = \"policy\"",
        &["D0703 `\"policy\"` expected a list of paths and patterns, found the text `policy`"],
    );
    assert_eq!(
        help("[package]\nsources = \"policy\""),
        "write `sources = [\"policy\"]`"
    );
    check(
        "[package]\nsources = [1, \"a\", []]",
        &[
            "D0703 `1` expected a path or pattern, found the number `1`",
            "D0703 `[]` expected a path or pattern, found a list",
        ],
    );
    check(
        "[package]\ndata = [\"/etc\"]\nsources = [\"../x\"]",
        &[
            "D0704 `\"/etc\"` `/etc` is an absolute path",
            "D0704 `\"../x\"` `../x` leads out of the package",
        ],
    );
    check(
        "[lints]\na = \"alow\"\nb = 1",
        &[
            "D0703 `\"alow\"` expected `\"allow\"`, `\"warn\"` or `\"deny\"`, found the text `alow`",
            "D0703 `1` expected `\"allow\"`, `\"warn\"` or `\"deny\"`, found the number `1`",
        ],
    );
    assert_eq!(help("[lints]\na = \"alow\""), "did you mean `allow`?");
    assert_eq!(help("[lints]\na = true"), "write `a = \"warn\"`");
    for number in ["0", "-1", "1.0", "\"1\"", "18446744073709551616"] {
        let text = format!("[limits]\nsteps = {number}");
        let (manifest, diagnostics) = parse(&text);
        assert_eq!(diagnostics[0].code, codes::WRONG_VALUE, "{text}");
        assert_eq!(manifest.limits.steps, None);
    }
    let long = format!("[package]\nname = \"{}\"", "x y".repeat(10_000));
    assert!(parse(&long).1[0].message.len() < 200);
}

#[test]
fn lints_are_known_by_name_and_code() {
    let known = [("L0101", "always_true")];
    let (manifest, _) = parse("[lints]\nalways_true = \"deny\"\nalways-true = \"deny\"\nL9 = \"warn\"");
    let (_, diagnostics) = manifest.levels(&known);
    let told: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.message.as_str(), diagnostic.span.start))
        .collect();
    assert_eq!(
        told,
        [
            ("there is no lint `L9`", 50),
            ("there is no lint `always-true`", 29)
        ]
    );
}
