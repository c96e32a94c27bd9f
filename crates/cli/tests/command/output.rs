//! What `--format json` writes is what the help of each command says; and where files are written.

use std::fs;

use serde_json::{Value, json};

use crate::run::Folder;
use crate::usage::{POLICY, folder, request};

const PLACE: [&str; 5] = ["column", "end_column", "end_line", "file", "line"];

/// Checks that a JSON object has exactly these keys.
fn keys<'a>(value: &Value, expected: impl IntoIterator<Item = &'a str>) {
    let mut expected: Vec<&str> = expected.into_iter().collect();
    expected.sort_unstable();
    let mut found: Vec<&str> = value
        .as_object()
        .unwrap_or_else(|| panic!("{value:#}"))
        .keys()
        .map(String::as_str)
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{value:#}");
}

/// Checks the findings that `check` writes, and every command whose policy has errors.
fn findings(value: &Value) {
    keys(value, ["diagnostics", "errors", "warnings"]);
    diagnostics(value);
}

fn diagnostics(value: &Value) {
    for finding in value["diagnostics"].as_array().unwrap() {
        keys(
            finding,
            ["code", "severity", "message", "label", "help", "related", "fix"]
                .into_iter()
                .chain(PLACE),
        );
        for related in finding["related"].as_array().unwrap() {
            keys(related, ["message"].into_iter().chain(PLACE));
        }
        if !finding["fix"].is_null() {
            keys(&finding["fix"], ["title", "edits"]);
            for edit in finding["fix"]["edits"].as_array().unwrap() {
                keys(edit, ["start", "end", "text"].into_iter().chain(PLACE));
            }
        }
    }
}

#[test]
fn check_build_and_fmt_as_json() {
    let folder = folder();
    assert_eq!(
        folder.run("check --format json").json(),
        json!({"diagnostics": [], "errors": 0, "warnings": 0})
    );
    let build = folder.run("build --format json").json();
    let bytes = fs::metadata(folder.path("policy.dpa")).unwrap().len();
    assert_eq!(
        build,
        json!({"output": "policy.dpa", "bytes": bytes, "shapes": 2, "nodes": build["nodes"], "rules": 2})
    );
    assert_eq!(
        folder.run("fmt --check --format json").json(),
        json!({"files": [{"file": "policy.dictum", "changed": false}], "diagnostics": [], "errors": 0, "warnings": 0})
    );
    let errors = POLICY
        .replace("level >", "levle >")
        .replace("entity Doc\n", "entity Doc\nentity Doc\n");
    folder.write("policy.dictum", errors);
    for command in ["check", "build", "test", "inspect policy.dictum"] {
        let outcome = folder.run(&format!("{command} --format json"));
        assert_eq!(outcome.code, 1, "{outcome:#?}");
        let value = outcome.json();
        findings(&value);
        assert_eq!(value["errors"], 2, "{value:#}");
        let related = value["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["related"] != json!([]));
        assert!(related, "{value:#}");
    }
    folder.write("policy.dictum", "entity {");
    let fmt = folder.run("fmt --format json").json();
    keys(&fmt, ["files", "diagnostics", "errors", "warnings"]);
    diagnostics(&fmt);
    assert_eq!(fmt["files"], json!([]));
}

#[test]
fn inspect_as_json() {
    let folder = Folder::of_example("drive");
    folder.run("build");
    let inspect = folder.run("inspect policy.dpa --dag --format json").json();
    keys(
        &inspect,
        [
            "bytes",
            "files",
            "expressions",
            "nodes",
            "entity_types",
            "enums",
            "actions",
            "roles",
            "obligations",
            "shapes",
            "rules",
        ],
    );
    let first = |list: &str| inspect[list][0].clone();
    keys(&first("entity_types"), ["name", "parents", "attributes", "ids"]);
    keys(&first("enums"), ["name", "ordered", "variants"]);
    keys(&first("actions"), ["name", "groups", "context"]);
    keys(
        &first("actions")["context"][0],
        ["name", "type", "optional", "most"],
    );
    keys(&first("roles"), ["name", "on", "grantable", "carriers"]);
    keys(
        &first("shapes"),
        [
            "principal",
            "action",
            "resource",
            "rules",
            "obligations",
            "reads",
            "nodes",
            "dag",
        ],
    );
    let reads = &first("shapes")["reads"];
    keys(reads, ["principal", "resource", "context", "others", "grants"]);
    keys(&reads["principal"], ["attributes", "ancestors"]);
    rule(&first("rules"));
    for node in first("shapes")["dag"].as_array().unwrap() {
        if node.get("leaf").is_some() {
            keys(node, ["node", "leaf", "rule"]);
        } else {
            keys(node, ["node", "atom", "question", "yes", "no"]);
        }
    }
    // An artifact and the sources it was built from hold the same.
    let mut sources = folder.run("inspect . --dag --format json").json();
    sources["bytes"] = inspect["bytes"].clone();
    assert_eq!(sources, inspect);
}

/// What decisions look at, what rules oblige to, and the expressions that they ask.
#[test]
fn inspect_for_people() {
    let folder = Folder::new();
    folder.write(
        "policy.dictum",
        r#"
        entity Group
        entity User in Group { email: String, friends: Set<User, 20> }
        entity Doc { owner: User, readers: Set<User, 20> }
        context { now: Timestamp }
        action read by User on Doc
        role reader on Doc { }
        obligation log { who: User }
        office: permit User to read on Doc
          when (any r in resource.readers: r in Group::"g" and r.email matches r"[a-z]+@x")
           and context.now.at("Europe/Berlin").time_of_day < 9h
          with log { who: resource.owner }
        granted: permit reader to read on Doc
        "#,
    );
    let shown = folder.run("inspect --dag policy.dictum").stdout;
    for line in [
        "  log { who: User }",
        "  Doc { owner: User, readers: Set<User, 20> }",
        "    reads the ancestors of principal; resource { owner, readers } and its ancestors; context { now }; \
         any User { email } and its ancestors; grants of reader",
        "    office with log { who: resource.owner }",
        "    0: is any x0 in resource.readers: (x0 in Group::\"g\") and (x0.email matches r\"[a-z]+@x\") true? \
         yes 1, no 4",
        "    1: is context.now.at(\"Europe/Berlin\").time_of_day < 9h true? yes 2, no 4",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}

fn rule(value: &Value) {
    keys(
        value,
        [
            "label",
            "effect",
            "reason",
            "docs",
            "annotations",
            "file",
            "line",
            "column",
        ],
    );
}

#[test]
fn test_as_json() {
    let folder = folder();
    let whole = |arguments: &str| {
        let value = folder.run(arguments).json();
        keys(&value, ["tests", "invariants", "passed", "failed", "left_out"]);
        for test in value["tests"].as_array().unwrap() {
            keys(test, ["name", "passed", "failures"].into_iter().chain(PLACE));
        }
        value
    };
    assert_eq!(whole("test --format json")["passed"], 2);
    assert_eq!(whole("test --format json --filter write")["left_out"], 1);
    folder.write(
        "policy.dictum",
        POLICY.replace("allow User::\"ann\" to read", "allow User::\"bob\" to read"),
    );
    let failed = whole("test --format json");
    assert_eq!((&failed["passed"], &failed["failed"]), (&json!(1), &json!(1)));
    let failure = &failed["tests"][0]["failures"][0];
    keys(
        failure,
        [
            "request",
            "variables",
            "expected",
            "decided",
            "error",
            "could_permit",
        ]
        .into_iter()
        .chain(PLACE),
    );
    assert_eq!(
        failure["expected"],
        json!({"decision": true, "rules": ["senior"], "obligations": []})
    );
    assert_eq!(
        failure["decided"],
        json!({"decision": false, "rules": [], "obligations": []})
    );
    rule(&failure["could_permit"][0]);
    // The request is one that `eval` takes.
    let eval = folder.run_with(
        "eval --policy policy.dpa --request -",
        failure["request"].to_string().as_bytes(),
    );
    assert_eq!(eval.code, 3, "{eval:#?}");
}

#[test]
fn eval_as_json() {
    let folder = folder();
    let eval = |arguments: &str, input: &str| {
        folder
            .run_with(
                &format!("eval --policy policy.dpa {arguments} --format json"),
                input.as_bytes(),
            )
            .json()
    };
    assert_eq!(
        eval("--request -", &request(0, "write")),
        json!({"decision": false, "rules": ["junior"], "reasons": ["too junior"], "obligations": []})
    );
    assert_eq!(
        eval("--request -", &request(9, "read")),
        json!({"decision": true, "rules": ["senior"], "reasons": [], "obligations": []})
    );
    let explained = eval("--request - --explain", &request(0, "write"));
    keys(
        &explained,
        ["decision", "rules", "reasons", "obligations", "explanation"],
    );
    rule(&explained["explanation"][0]);
    let fault = ["message", "file", "line", "column", "path", "help"];
    let refused = eval("--request -", &request(0, "wirte"));
    keys(&refused, ["error"]);
    keys(&refused["error"], fault);
    assert_eq!(refused["error"]["path"], "action.name");
    assert_eq!(refused["error"]["help"], "did you mean `write`?");

    folder.write(
        "data.json",
        r#"{"entities": [{"type": "User", "id": "ann"}, {"type": "Usr", "id": "ann"}]}"#,
    );
    let refused = eval("--data data.json --request -", &request(0, "write"));
    keys(&refused["error"], ["message", "errors"]);
    assert_eq!(refused["error"]["errors"].as_array().unwrap().len(), 2);
    keys(&refused["error"]["errors"][0], fault);

    folder.write("policy.dictum", "entity {");
    let refused = folder
        .run_with("eval --policy policy.dictum --request - --format json", b"{}")
        .json();
    keys(
        &refused["error"],
        ["message", "diagnostics", "errors", "warnings"],
    );
    diagnostics(&refused["error"]);
}

#[test]
fn what_stops_a_command_is_json_too() {
    let folder = folder();
    for arguments in [
        "check missing",
        "build missing",
        "inspect missing",
        "test missing",
        "fmt missing",
        "fix missing",
        "eval --policy missing --request -",
        "eval --policy policy.dpa --request missing",
        "eval --policy policy.dpa --requests missing",
        "explain --policy missing --request -",
        "explain --policy policy.dpa --request missing",
        "check --data missing",
    ] {
        let outcome = folder.refuses(
            &format!("{arguments} --format json"),
            b"",
            2,
            &["error: cannot read `missing`: ", "help: "],
        );
        let value = outcome.json();
        keys(&value, ["error"]);
        keys(&value["error"], ["message", "help"]);
    }
}

#[test]
fn artifacts_are_written_whole_or_not_at_all() {
    let folder = folder();
    let bytes = fs::read(folder.path("policy.dpa")).unwrap();

    // The same sources give the same bytes, whatever stood there before, and nothing else is left.
    folder.write("policy.dpa", "old");
    assert_eq!(folder.run("build").code, 0);
    assert_eq!(fs::read(folder.path("policy.dpa")).unwrap(), bytes);
    let mut names: Vec<_> = fs::read_dir(folder.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["policy.dictum", "policy.dpa"]);

    fs::create_dir(folder.path("out")).unwrap();
    assert_eq!(folder.run("build -o out/policy.dpa").code, 0);
    assert_eq!(fs::read(folder.path("out/policy.dpa")).unwrap(), bytes);

    folder.refuses(
        "build -o missing/policy.dpa",
        b"",
        2,
        &["error: cannot write `missing/policy.dpa`: ", "help: "],
    );
    folder.refuses(
        "build -o policy.dictum/policy.dpa",
        b"",
        2,
        &["error: cannot write `policy.dictum/policy.dpa`: "],
    );
    folder.refuses(
        "build -o out",
        b"",
        2,
        &["error: cannot write `out`: it is a folder", "help: "],
    );
    folder.refuses(
        "build -o policy.dictum",
        b"",
        2,
        &["`policy.dictum` is a source of this policy", "help: "],
    );
    folder.refuses(
        "build -o ./out/../policy.dictum",
        b"",
        2,
        &["is a source of this policy", "help: "],
    );

    folder.refuses(
        "build -o -",
        b"",
        2,
        &[
            "error: an artifact is not written to the standard output",
            "help: ",
        ],
    );

    // What is there stays there when the policy has errors.
    folder.write("policy.dictum", "entity {");
    folder.refuses("build", b"", 1, &["policy.dictum:1:8"]);
    folder.refuses("build -o out/policy.dpa", b"", 1, &["policy.dictum:1:8"]);
}

#[cfg(unix)]
#[test]
fn folders_and_files_without_permission() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    fs::create_dir(folder.path("closed")).unwrap();
    folder.write("closed/a.dictum", POLICY);
    folder.write("secret.dictum", POLICY);
    fs::create_dir(folder.path("fixed")).unwrap();
    folder.write("fixed.dpa", "old");
    let set =
        |name: &str, mode| fs::set_permissions(folder.path(name), Permissions::from_mode(mode)).unwrap();
    for (name, mode) in [
        ("closed", 0o000),
        ("secret.dictum", 0o000),
        ("fixed", 0o555),
        ("fixed.dpa", 0o444),
    ] {
        set(name, mode);
    }
    folder.refuses(
        "build policy.dictum -o fixed.dpa",
        b"",
        2,
        &["error: cannot write `fixed.dpa`: permission denied"],
    );
    // A superuser may do all the rest.
    if fs::read(folder.path("secret.dictum")).is_err() {
        folder.refuses(
            "check closed",
            b"",
            2,
            &["error: cannot read `closed`: permission denied"],
        );
        folder.refuses(
            "check secret.dictum",
            b"",
            2,
            &["error: cannot read `secret.dictum`: permission denied"],
        );
        folder.refuses(
            "build policy.dictum -o fixed/a.dpa",
            b"",
            2,
            &["error: cannot write `fixed/a.dpa`: ", "help: "],
        );
    }
    set("closed", 0o755);
    set("fixed", 0o755);
}
