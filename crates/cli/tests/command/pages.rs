//! `dictum explain-code`: every page of `docs/diagnostics/`, for people and for programs.

use std::fs;

use serde_json::json;

use crate::run::{Folder, root};

#[test]
fn every_page_can_be_read_in_a_terminal() {
    let folder = Folder::new();
    let mut pages = 0;
    for entry in fs::read_dir(root().join("docs/diagnostics")).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_string_lossy().into_owned();
        if code == "README" {
            continue;
        }
        pages += 1;
        let text = fs::read_to_string(&path).unwrap();
        let title = text.lines().next().unwrap().strip_prefix("# ").unwrap();
        let page = folder.run(&format!("explain-code {code}"));
        assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{page:#?}");
        assert!(page.stdout.starts_with(&format!("{title}\n\n")), "{page:#?}");
        for line in page.stdout.lines() {
            let is_markdown = ["# ", "## ", "```", "| ---"]
                .iter()
                .any(|mark| line.starts_with(mark));
            assert!(!is_markdown && !line.contains(".md)"), "{code}: {line}");
            assert!(
                line.starts_with("    ") || line.chars().count() <= 80,
                "{code}: {line}"
            );
        }
        let whole = folder.run(&format!("explain-code {code} --format json")).json();
        let meaning = title.strip_prefix(&format!("{code}: ")).unwrap();
        assert_eq!(whole, json!({"code": code, "title": meaning, "page": text}));
    }
    assert!(pages > 30, "only {pages} pages");
    let list = folder.run("explain-code");
    assert_eq!(list.stdout.lines().count(), pages);
    assert!(list.stdout.starts_with("D0001  a source that is not UTF-8\n"));
    let list = folder.run("explain-code --format json").json();
    assert_eq!(list["codes"].as_array().unwrap().len(), pages);
    assert_eq!(
        list["codes"][0],
        json!({"code": "D0001", "title": "a source that is not UTF-8"})
    );
    let lint = |code: &&serde_json::Value| code["code"] == "L0301";
    let lint = list["codes"].as_array().unwrap().iter().find(lint).unwrap();
    assert_eq!(lint["name"], "missing_label");
    let coloured = folder.run("explain-code D0301 --color always").stdout;
    assert!(coloured.starts_with("\u{1b}[1mD0301:"), "{coloured}");
}

#[test]
fn codes_are_found_in_small_letters_and_near_names_are_suggested() {
    let folder = Folder::new();
    assert!(folder.run("explain-code d0301").stdout.starts_with("D0301: "));
    for (asked, help) in [
        ("D03O1", "help: did you mean `D0301`?"),
        ("zebra", "help: list all codes with `dictum explain-code`"),
        (
            "../../etc/passwd",
            "help: list all codes with `dictum explain-code`",
        ),
    ] {
        let says = [format!("error: there is no code `{asked}`"), help.to_owned()];
        let says: Vec<&str> = says.iter().map(String::as_str).collect();
        folder.refuses(&format!("explain-code {asked}"), b"", 2, &says);
        let error = folder.refuses(&format!("explain-code {asked} --format json"), b"", 2, &says);
        assert!(error.json()["error"]["help"].is_string());
    }
}
