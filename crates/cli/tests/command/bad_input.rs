//! Whatever a command is given: an error with a place and a mend, in time, and no trace in the folder.

use std::fs;

use serde_json::json;

use crate::run::Folder;
use crate::usage;

/// A request that the policy of `examples/drive` allows.
const REQUEST: &str = r#"{
  "subject": {"type": "User", "id": "bob"},
  "action": {"name": "write"},
  "resource": {"type": "Document", "id": "plan"},
  "context": {"now": "2026-01-05T09:00:00Z", "ip": "10.1.2.3", "mfa": false, "auth_time": "2026-01-05T08:50:00Z"}
}"#;

/// The files of `examples/drive`, with an artifact and a request. Without its `dictum.toml`, a bad file beside them is by
/// itself.
fn drive() -> Folder {
    let folder = Folder::of_example("drive");
    fs::remove_file(folder.path("dictum.toml")).unwrap();
    assert_eq!(folder.run("build").code, 0);
    folder.write("request.json", REQUEST);
    let eval = folder.run("eval --policy policy.dpa --data data.json --request request.json");
    assert_eq!(eval.code, 0, "{eval:#?}");
    folder
}

/// Checks that every use of a policy is refused in the same words.
fn refuses_policy(folder: &Folder, path: &str, code: i32, says: &[&str]) {
    for command in ["check", "test", "build", "inspect"] {
        let mut says = says.to_vec();
        if command == "check" && code == 1 && folder.run(&format!("check {path}")).stderr.is_empty() {
            // The findings are what `check` was asked for.
            let check = folder.refuses(&format!("check {path}"), b"", 1, &[]);
            assert!(
                says.drain(..).all(|text| check.stdout.contains(text)),
                "{check:#?}"
            );
        }
        folder.refuses(&format!("{command} {path}"), b"", code, &says);
        folder.refuses(&format!("{command} {path} --format json"), b"", code, &[]);
    }
    for command in ["eval", "explain"] {
        let ask = format!("{command} --policy {path} --request request.json");
        folder.refuses(&ask, b"", code, says);
        folder.refuses(&format!("{ask} --format json"), b"", code, says);
    }
}

#[test]
fn paths_that_hold_no_policy() {
    let folder = drive();
    fs::create_dir(folder.path("empty")).unwrap();
    fs::create_dir(folder.path("other")).unwrap();
    fs::write(folder.path("other/readme.md"), "# nothing").unwrap();
    for path in ["missing", "missing.dictum", "missing.dpa", "data.json/x"] {
        refuses_policy(&folder, path, 2, &["error: cannot read `", path]);
    }
    for path in ["empty", "other"] {
        refuses_policy(
            &folder,
            path,
            2,
            &["error: no policies in `", path, "help: ", "`.dictum`"],
        );
        folder.refuses(
            &format!("fmt {path}"),
            b"",
            2,
            &["error: no policies in `", path, "help: "],
        );
    }
    folder.write("blank.dictum", "\u{feff} \r\n\n");
    folder.write("zero.dictum", "");
    for path in ["blank.dictum", "zero.dictum"] {
        refuses_policy(
            &folder,
            path,
            1,
            &["error: ", path, ": the file is empty", "help: "],
        );
    }
    for path in ["data.json", "request.json"] {
        refuses_policy(
            &folder,
            path,
            1,
            &["error: ", path, ": JSON, where a policy is needed", "help: "],
        );
    }
    for command in ["check", "test", "build"] {
        let says = ["error: policy.dpa: an artifact, where the sources", "help: "];
        folder.refuses(&format!("{command} policy.dpa"), b"", 1, &says);
    }
}

#[test]
fn policies_that_are_no_text() {
    let folder = drive();
    let head = "entity U\naction a by U on U\n";
    for (text, says) in [
        (
            b"entity U\n// caf\xe9\n".to_vec(),
            ["bad.dictum:2:7", "not UTF-8", "help: save the file as UTF-8"],
        ),
        (
            b"\xff\xfee\0n\0t\0".to_vec(),
            ["bad.dictum:1:1", "not UTF-8", "help: save the file as UTF-8"],
        ),
        (
            b"entity U\n\0\n".to_vec(),
            ["bad.dictum:2:1", "`\\u{0}`", "help: remove it"],
        ),
        (
            b"\xef\xbb\xbfentity User\r\nentity V in Usr\r\n".to_vec(),
            ["bad.dictum:2:13", "`Usr`", "help: did you mean `User`?"],
        ),
        (
            format!("{head}permit U to a on U when {}", "(".repeat(100_000)).into_bytes(),
            ["bad.dictum:3:", "128 levels", "help: "],
        ),
        (
            format!(
                "{head}permit U to a on U when {}true{}",
                "(".repeat(100_000),
                ")".repeat(100_000)
            )
            .into_bytes(),
            ["bad.dictum:3:", "128 levels", "help: "],
        ),
        (
            format!(
                "{head}permit U to a on U when {}",
                "not ".repeat(100_000) + "true"
            )
            .into_bytes(),
            ["bad.dictum:3:", "128 levels", "help: "],
        ),
        (
            format!("{head}permit U to a on U because \"{}", "x".repeat(20_000_000)).into_bytes(),
            ["bad.dictum:", "16777216", "help: "],
        ),
        (
            format!("{head}permit U to a on U because \"{}", "x".repeat(2_000)).into_bytes(),
            ["bad.dictum:3:", "\"", "help: "],
        ),
    ] {
        folder.write("bad.dictum", text);
        let check = folder.refuses("check bad.dictum", b"", 1, &[]);
        for text in says {
            assert!(check.stdout.contains(text), "lacks `{text}`: {check:#?}");
        }
        assert!(
            check.stdout.len() < 10_000,
            "{} bytes of messages",
            check.stdout.len()
        );
        folder.refuses("check bad.dictum --format json", b"", 1, &[]);
        folder.refuses("build bad.dictum -o bad.dpa", b"", 1, &says[..1]);
        folder.refuses(
            "eval --policy bad.dictum --request request.json --format json",
            b"",
            1,
            &says[..1],
        );
        if !says[1].contains("Usr") {
            folder.refuses("fmt bad.dictum", b"", 1, &says[..1]);
        }
    }
}

/// A byte order mark and the line ends of other systems are no errors.
#[test]
fn marks_and_line_ends_of_other_systems() {
    let folder = usage::folder();
    let foreign = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    folder.write("policy.dictum", foreign(usage::POLICY));
    folder.write(
        "data.json",
        foreign("{\n\"entities\": [{\"type\": \"Doc\", \"id\": \"d\"}]\n}\n"),
    );
    folder.write("request.json", foreign(&usage::request(4, "read")));
    assert_eq!(folder.run("test").code, 0);
    for requests in ["--request", "--requests"] {
        let eval = folder.run(&format!(
            "eval --policy policy.dictum --data data.json {requests} request.json"
        ));
        assert_eq!((eval.code, eval.stderr.as_str()), (0, ""), "{eval:#?}");
    }
}

#[test]
fn artifacts_cut_short_or_flipped() {
    let folder = usage::folder();
    let bytes = fs::read(folder.path("policy.dpa")).unwrap();
    let says = [
        "error: policy.dpa: not ",
        "artifact: ",
        "help: build it again with `dictum build`",
    ];
    for end in 0..bytes.len() {
        folder.write("policy.dpa", &bytes[..end]);
        folder.refuses("inspect policy.dpa", b"", 1, &says);
    }
    // `examples.rs` flips every bit of larger ones, through the library.
    for bit in (0..bytes.len() * 8).step_by(13) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        folder.write("policy.dpa", flipped);
        folder.refuses("inspect policy.dpa", b"", 1, &says);
    }
    folder.write("policy.dpa", [bytes.as_slice(), b"\0"].concat());
    folder.refuses("inspect policy.dpa", b"", 1, &says);
    let request = usage::request(4, "read");
    for format in ["human", "json"] {
        let eval = format!("eval --policy policy.dpa --request - --format {format}");
        folder.refuses(&eval, request.as_bytes(), 1, &says);
    }
}

#[test]
fn data_of_the_wrong_shape() {
    let folder = drive();
    let user = r#""type": "User", "id": "ann""#;
    let good = r#""properties": {"department": "eng", "clearance": "open", "suspended": false}"#;
    let grant = r#""subject": {"type": "User", "id": "ann"}, "resource": {"type": "Document", "id": "plan"}"#;
    let wrong = [
        ("".to_owned(), "1:1: the text is empty"),
        ("{".to_owned(), "1:2: the text ends too early"),
        ("[]".to_owned(), "1:1: expected the data of a store, as {"),
        ("null".to_owned(), "1:1: expected the data of a store, as {"),
        ("{}{}".to_owned(), "1:3: expected the end of the text"),
        (r#"{"entities": {}}"#.to_owned(), "1:14: `entities`: expected a list of entities, as ["),
        (r#"{"entities": [7]}"#.to_owned(), "1:15: `entities[0]`: expected an entity, as {"),
        (r#"{"entites": []}"#.to_owned(), "1:2: `entites`: the data of a store has no `entites`"),
        (r#"{"entities": [], "entities": []}"#.to_owned(), "1:18: `entities`: the key `entities` stands here a second time"),
        (r#"{"entities": [{"id": "x"}]}"#.to_owned(), "1:15: `entities[0]`: `type` is missing"),
        (r#"{"entities": [{"type": "User"}]}"#.to_owned(), "1:15: `entities[0]`: `id` is missing"),
        (r#"{"entities": [{"type": "Usr", "id": "x"}]}"#.to_owned(), "1:24: `entities[0].type`: there is no entity type `Usr`"),
        (r#"{"entities": [{"type": "Group", "id": 7}]}"#.to_owned(), "1:39: `entities[0].id`: expected an id"),
        (
            r#"{"entities": [{"type": "Group", "id": "x", "attrs": {}}]}"#.to_owned(),
            "1:44: `entities[0].attrs`: an entity has no `attrs`",
        ),
        (
            format!(r#"{{"entities": [{{{user}}}]}}"#),
            "1:15: `entities[0]`: the required attributes `clearance`, `department` and `suspended` are missing",
        ),
        (
            format!(r#"{{"entities": [{{{user}, {}}}]}}"#, good.replace("\"eng\"", "7")),
            "`entities[0].properties.department`: expected a value of type `String`, found the number `7`",
        ),
        (
            format!(r#"{{"entities": [{{{user}, {}}}]}}"#, good.replace("open", "opne")),
            "`entities[0].properties.clearance`: ",
        ),
        (
            format!(r#"{{"entities": [{{{user}, {}}}]}}"#, good.replace("suspended", "suspendet")),
            "`entities[0].properties.suspendet`: `User` has no attribute `suspendet`",
        ),
        (
            format!(r#"{{"entities": [{{{user}, {good}, "parents": "eng"}}]}}"#),
            "`entities[0].parents`: expected a list of entities, as [",
        ),
        (
            format!(r#"{{"entities": [{{{user}, {good}, "parents": [{{"type": "Folder", "id": "specs"}}]}}]}}"#),
            "`entities[0].parents[0].type`: `Folder::\"specs\"` cannot be its parent: a parent is of type `Group`",
        ),
        (
            r#"{"entities": [{"type": "Group", "id": "a", "parents": ["b"]}, {"type": "Group", "id": "b", "parents": ["a"]}]}"#
                .to_owned(),
            "1:55: `entities[0].parents`: the entity `Group::\"a\"` is in itself: `Group::\"a\"` in `Group::\"b\"` in `Group::\"a\"`",
        ),
        (
            r#"{"entities": [{"type": "Group", "id": "a", "parents": ["a"]}]}"#.to_owned(),
            "1:55: `entities[0].parents`: the entity `Group::\"a\"` is its own parent",
        ),
        (
            "{\"entities\": [{\"type\": \"Group\", \"id\": \"a\"},\n{\"type\": \"Group\", \"id\": \"a\"}]}".to_owned(),
            "2:1: `entities[1]`: the entity `Group::\"a\"` is described twice\n  help: it is described first at bad.json:1:15",
        ),
        (r#"{"grants": [{"role": "editor"}]}"#.to_owned(), "1:13: `grants[0]`: `subject` is missing"),
        (
            format!(r#"{{"grants": [{{"role": "edtor", {grant}}}]}}"#),
            "1:22: `grants[0].role`: there is no role `edtor`\n  help: did you mean `editor`?",
        ),
        (
            format!(r#"{{"grants": [{{"role": "janitor", {grant}}}]}}"#),
            "1:22: `grants[0].role`: there is no role `janitor`\n  help: roles that can be granted: `editor` and `viewer`",
        ),
        (
            format!(r#"{{"grants": [{{"role": "owner", {grant}}}]}}"#),
            "1:22: `grants[0].role`: no grant may name the role `owner`: it is held by a condition only\n  help: roles",
        ),
        (
            r#"{"grants": [{"role": "viewer", "subject": {"type": "User", "id": "ann"}, "resource": {"type": "User", "id": "ann"}}]}"#
                .to_owned(),
            "`grants[0].resource`: no resource that the role `viewer` is declared on can be in this scope\n  help: ",
        ),
        (
            format!(r#"{{"grants": [{{"role": "editor", {grant}, "until": "tomorrow"}}]}}"#),
            "`grants[0].until`: `tomorrow` is not a timestamp, such as ",
        ),
        ("[".repeat(100_000), "1:273: nested deeper than 272 levels\n  help: "),
        (format!(r#"{{"entities": [{{"type": "Group", "id": "{}"}}]}}"#, "x".repeat(20_000_000)), "1:39: a string of more than 16777216 bytes\n  help: "),
        (format!("{{\"{}", "x".repeat(20_000_000)), "1:2: the text ends inside the string that starts here\n  help: "),
        ("{\"entities\": [\0]}".to_owned(), "1:15: expected a value, found `\\u{0}`\n  help: save the file as UTF-8"),
    ];
    for (text, says) in wrong {
        folder.write("bad.json", &text);
        let eval = "eval --policy policy.dpa --data bad.json --request request.json";
        let outcome = folder.refuses(eval, b"", 1, &["error: bad.json:", says]);
        assert_eq!(outcome.stdout, "");
        let outcome = folder.refuses(
            &format!("{eval} --format json"),
            b"",
            1,
            &["error: bad.json:", says],
        );
        let error = outcome.json()["error"]["errors"][0].clone();
        assert_eq!(error["file"], "bad.json", "{outcome:#?}");
        assert!(
            error["line"].as_u64() >= Some(1) && error["column"].as_u64() >= Some(1),
            "{error:#}"
        );
    }
    folder.write("bad.json", b"{\"entities\": [\n{\"type\": \"\xff");
    let eval = "eval --policy policy.dpa --request request.json --data";
    folder.refuses(
        &format!("{eval} bad.json"),
        b"",
        1,
        &["error: bad.json:2:11: the text is not UTF-8", "help: "],
    );
    folder.refuses(
        &format!("{eval} ."),
        b"",
        2,
        &["error: cannot read `.`: it is a folder"],
    );
    for path in ["policy.dictum", "policy.dpa"] {
        folder.refuses(
            &format!("{eval} {path}"),
            b"",
            1,
            &["error: ", path, "a policy, where JSON is needed", "help: "],
        );
    }
    // All errors of all files come at once.
    folder.write(
        "bad.json",
        r#"{"entities": [{"type": "Usr", "id": "x"}, {"type": "Group"}], "grants": [{}]}"#,
    );
    let outcome = folder.refuses(
        &format!("{eval} bad.json --data data.json --data bad.json"),
        b"",
        1,
        &[],
    );
    assert!(
        outcome.stderr.matches("error: bad.json:1:").count() >= 6,
        "{outcome:#?}"
    );
}

#[test]
fn requests_of_the_wrong_shape() {
    let folder = drive();
    let with = |from: &str, to: &str| {
        assert!(REQUEST.contains(from));
        REQUEST.replacen(from, to, 1)
    };
    let wrong = [
        ("".to_owned(), "1:1: the text is empty: expected a value"),
        ("\n \n".to_owned(), "3:1: the text is empty"),
        ("[]".to_owned(), "1:1: expected a request, as {"),
        ("7".to_owned(), "1:1: expected a request, as {"),
        ("\"x\"".to_owned(), "1:1: expected a request, as {"),
        ("null".to_owned(), "1:1: expected a request, as {"),
        ("{".to_owned(), "1:2: the text ends too early"),
        (
            "{}".to_owned(),
            "1:1: the request has no `subject`\n  help: give it as {",
        ),
        (
            "{'a': 1}".to_owned(),
            "1:2: expected a key, found `'`\n  help: texts and keys stand in double quotes",
        ),
        (
            with("\"bob\"}", "\"bob\",}"),
            "2:42: a comma after the last one\n  help: remove the comma",
        ),
        (
            format!("{REQUEST}\n{REQUEST}"),
            "7:1: expected the end of the text, found `{`\n  help: to decide several requests, give them to `--requests`, one a line",
        ),
        (
            with("\"subject\"", "\"subjct\""),
            "2:3: `subjct`: there is no `subjct` here\n  help: did you mean `subject`?",
        ),
        (with("\"subject\"", "\"subject\": {}, \"subject\""), "2:"),
        (
            with(r#"{"type": "User", "id": "bob"}"#, "\"bob\""),
            "2:14: `subject`: expected an entity, as {",
        ),
        (
            with(r#"{"name": "write"}"#, "\"write\""),
            "3:13: `action`: expected an action, as {",
        ),
        (with("\"bob\"", "7"), "2:37: `subject.id`: expected an id"),
        (
            with("\"User\"", "\"Usr\""),
            "2:23: `subject.type`: there is no entity type `Usr`\n  help: did you mean `User`?",
        ),
        (
            with("write", "wirte"),
            "3:22: `action.name`: there is no action `wirte`\n  help: did you mean `write`?",
        ),
        (
            with("write", "fly"),
            "3:22: `action.name`: there is no action `fly`\n  help: actions: `comment`",
        ),
        (
            with("write", "edit"),
            "3:22: `action.name`: `edit` is a group of actions, which cannot be asked for; in it are `write`",
        ),
        (
            with("write", "list"),
            "4:24: `resource.type`: the action `list` by a `User` does not apply to resources of type `Document`; it applies to `Folder`",
        ),
        (
            with("\"User\"", "\"Group\""),
            "2:23: `subject.type`: the action `write` does not apply to principals of type `Group`; it applies to `User`",
        ),
        (
            with("\"mfa\": false, ", ""),
            "5:14: `context`: the required context field `mfa` of type `Bool` is missing",
        ),
        (
            with("\"mfa\": false", "\"mfa\": \"no\""),
            "`context.mfa`: expected a value of type `Bool`, found the text `\"no\"`\n  help: ",
        ),
        (
            with("\"mfa\": false", "\"mfa\": null"),
            "`context.mfa`: expected a value of type `Bool`, found null",
        ),
        (
            with("\"mfa\"", "\"mfaa\": 1, \"mfa\""),
            "`context.mfaa`: the context of `write` has no field `mfaa`\n  help: did you mean `mfa`?",
        ),
        (
            with("10.1.2.3", "10.1.2.300"),
            "`context.ip`: `10.1.2.300` is not an IP address or network, such as ",
        ),
        (
            with("2026-01-05T09:00:00Z", "yesterday"),
            "`context.now`: `yesterday` is not a timestamp, such as ",
        ),
        (
            with("\"bob\"", "\"bob\", \"properties\": {\"manager\": 7}"),
            "`subject.properties.manager`: ",
        ),
        (
            with("\"bob\"", "\"bob\", \"properties\": []"),
            "`subject.properties`: expected an object of properties",
        ),
        (
            with("\"bob\"", "\"bob\", \"properties\": {\"age\": 7}"),
            "`subject.properties.age`: `User` has no attribute `age`\n  help: ",
        ),
        (
            with("\"subject\"", "\"evaluations\": {}, \"subject\""),
            "2:18: `evaluations`: expected a list of requests",
        ),
        (
            with("bob", &"x".repeat(20_000_000)),
            "2:37: a string of more than 16777216 bytes\n  help: ",
        ),
        (
            with("write", &"x".repeat(1_000_000)),
            "3:22: `action.name`: there is no action `xxxxx",
        ),
        (
            with("\"bob\"", &"[".repeat(100_000)),
            "nested deeper than 272 levels\n  help: ",
        ),
        (
            with("bob", "bo\0b"),
            "2:40: a control character or line break inside a string\n  help: ",
        ),
        (with("bob", "\\ud800"), "half of a surrogate pair\n  help: "),
    ];
    for (text, says) in wrong {
        folder.write("bad.json", &text);
        for reference in ["", " --reference"] {
            let policy = if reference.is_empty() { "policy.dpa" } else { "." };
            let eval = format!("eval --policy {policy} --request bad.json{reference}");
            let outcome = folder.refuses(&eval, b"", 1, &["error: bad.json:", says]);
            assert_eq!(outcome.stdout, "");
            assert!(
                outcome.stderr.len() < 1_000,
                "{} bytes of messages",
                outcome.stderr.len()
            );
        }
        let piped = "eval --policy policy.dpa --request - --format json";
        let error = folder
            .refuses(piped, text.as_bytes(), 1, &["error: <stdin>:", says])
            .json()["error"]
            .clone();
        assert_eq!(error["file"], "<stdin>");
        assert!(
            error["line"].as_u64() >= Some(1) && error["column"].as_u64() >= Some(1),
            "{error:#}"
        );
    }
    folder.write("bad.json", b"{\"subject\": {\"type\": \"\xff");
    let eval = "eval --policy policy.dpa --data data.json";
    folder.refuses(
        &format!("{eval} --request bad.json"),
        b"",
        1,
        &["error: bad.json:1:23: the text is not UTF-8", "help: "],
    );
    for requests in ["--request", "--requests"] {
        folder.refuses(
            &format!("{eval} {requests} ."),
            b"",
            2,
            &["error: cannot read `.`: it is a folder"],
        );
        folder.refuses(
            &format!("{eval} {requests} missing"),
            b"",
            2,
            &["error: cannot read `missing`: ", "help: "],
        );
        for path in ["policy.dictum", "policy.dpa"] {
            let says = ["error: ", path, "a policy, where JSON is needed", "help: "];
            folder.refuses(&format!("{eval} {requests} {path}"), b"", 1, &says);
        }
    }
}

#[test]
fn bad_lines_among_good_ones() {
    let folder = drive();
    let good = REQUEST.replace('\n', " ");
    let mut lines = Vec::new();
    for line in [
        good.as_bytes(),
        b"{",
        b"{\"subject\": \xff}",
        good.as_bytes(),
        b"\0",
        REQUEST.as_bytes(),
        good.replace("bob", &"x".repeat(20_000_000)).as_bytes(),
        good.as_bytes(),
    ] {
        lines.extend_from_slice(line);
        lines.push(b'\n');
    }
    let eval = "eval --policy policy.dpa --data data.json --requests - --format jsonl";
    let outcome = folder.refuses(
        eval,
        &lines,
        1,
        &[
            "error: <stdin>:2:2: the text ends too early",
            "help: a line holds one request; one that spans lines is given to `--request`",
            "error: <stdin>:3:13: the text is not UTF-8",
            "error: <stdin>:5:1: expected a value",
            "error: <stdin>:6:2: ",
            "error: <stdin>:12:",
        ],
    );
    let answers = outcome.json_lines().unwrap();
    let decisions: Vec<Option<bool>> = answers
        .iter()
        .map(|answer| answer["decision"].as_bool())
        .collect();
    let (yes, no) = (Some(true), None);
    assert_eq!(decisions, [yes, no, no, yes, no, no, no, no, no, no, no, no, yes]);
    assert_eq!(answers[1]["error"]["path"], json!(""));
}
