//! `dictum fix`: what it changes, what it leaves alone, and how it ends.

use std::fs;

use serde_json::json;

use crate::run::Folder;
use crate::usage::{POLICY, folder};

#[test]
fn nothing_is_written_where_nothing_is_to_be_mended() {
    let folder = folder();
    for arguments in [
        "fix",
        "fix policy.dictum",
        "fix --dry-run",
        "fix --code D0301 --code d0302",
    ] {
        let fix = folder.refuses(arguments, b"", 0, &["nothing to fix"]);
        assert_eq!(fix.stdout, "", "{fix:#?}");
    }
    assert_eq!(
        folder.refuses("fix --format json", b"", 0, &[]).json(),
        json!({"fixed": [], "remaining": 0, "changed": []})
    );
}

#[test]
fn errors_that_are_left_are_told() {
    let folder = folder();
    folder.write("policy.dictum", POLICY.replace("level > 3", "level > true"));
    folder.refuses(
        "fix",
        b"",
        1,
        &[
            "error[D03",
            "policy.dictum:6:",
            "1 error in 1 file",
            "nothing to fix",
        ],
    );
    let fix = folder.refuses("fix --format json", b"", 1, &[]);
    assert_eq!(fix.stderr, "");
    assert_eq!(fix.json(), json!({"fixed": [], "remaining": 1, "changed": []}));
}

#[test]
fn what_cannot_be_mended_is_a_usage_error() {
    let folder = folder();
    folder.refuses(
        "fix -",
        POLICY.as_bytes(),
        2,
        &["error: the standard input cannot be mended", "help: "],
    );
    folder.refuses(
        "fix --code D9",
        b"",
        2,
        &["error: there is no code `D9`", "help: "],
    );
    folder.refuses("fix missing", b"", 2, &["error: cannot read `missing`", "help: "]);
    folder.refuses(
        "fix policy.dpa",
        b"",
        1,
        &["error: policy.dpa: an artifact", "help: "],
    );
    fs::create_dir(folder.path("empty")).unwrap();
    folder.refuses("fix empty", b"", 2, &["error: no policies in `empty`"]);
    folder.write("bytes.dictum", b"entity User\n// \xff\n");
    folder.refuses("fix bytes.dictum", b"", 1, &["error[D0001]", "1 error in 1 file"]);
}

/// Whatever `check` says can be mended, `fix` mends as it says, on files with either line break.
#[test]
fn what_check_offers_is_what_fix_does() {
    for text in [
        POLICY.replace("level > 3", "levle > 3"),
        POLICY.replace("> 3", "= 3"),
        POLICY.replace("permit User", "permit Usre"),
        POLICY.replace("level: 4", "levle: 4"),
        format!("{POLICY}\nsenior: permit User to read on Doc when principal.level > 3\n"),
    ] {
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let folder = Folder::new();
            folder.write("policy.dictum", &text);
            let check = folder.run("check --format json").json();
            let offered = check["diagnostics"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| !finding["fix"].is_null())
                .count();
            let dry = folder.run("fix --dry-run");
            let after = folder.run("check --format json").json();
            assert_eq!(after, check, "a dry run changes nothing");
            let fix = folder.run("fix --format json").json();
            let fixed = fix["fixed"].as_array().unwrap().len();
            assert_eq!(offered > 0, fixed > 0, "{check:#} {fix:#}");
            assert_eq!(
                fixed > 0,
                dry.stdout
                    .starts_with("--- policy.dictum\n+++ policy.dictum\n@@ "),
                "{dry:#?}"
            );
            let written = fs::read_to_string(folder.path("policy.dictum")).unwrap();
            assert_eq!(written != text, fixed > 0);
            if text.contains('\r') {
                assert_eq!(written.matches('\n').count(), written.matches("\r\n").count());
            }
            let after = folder.run("check --format json").json();
            assert_eq!(after["errors"], fix["remaining"]);
            assert!(after["errors"].as_u64() <= check["errors"].as_u64());
        }
    }
}
