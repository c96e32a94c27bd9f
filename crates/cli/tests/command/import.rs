//! `dictum import cedar`: what it writes, what it refuses, and cases with the decisions that they expect.

use crate::run::{Folder, root};

const SCHEMA: &str = "\
// People
entity User in Group { age?: Long, name: String };
entity Group;
/// not a doc comment of Cedar's
entity Photo { owner: User, public: Bool };
action view, edit appliesTo { principal: User, resource: Photo, context: { ip: ipaddr } };
";

const POLICIES: &str = "\
// Owners do what they like.
@id(\"owners\")
@reviewed(\"2026\")
permit(principal, action, resource) when { resource.owner == principal };

@id(\"minors\")
forbid(principal, action == Action::\"edit\", resource)
when { principal has age && principal.age < 18 }
unless { resource.public };

permit(principal in ?principal, action == Action::\"view\", resource);
";

const ENTITIES: &str = r#"[
  {"uid": {"type": "User", "id": "ann"}, "attrs": {"name": "Ann", "age": 17}, "parents": [{"type": "Group", "id": "staff"}]},
  {"uid": {"type": "Photo", "id": "p"}, "attrs": {"owner": {"__entity": {"type": "User", "id": "ann"}}, "public": false}, "parents": []}
]"#;

const LINKS: &str =
    r#"[{"template_id": "policy2", "link_id": "staff views", "args": {"?principal": "Group::\"staff\""}}]"#;

const IMPORT: &str = "import cedar --policies p.cedar --schema s.cedarschema";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("s.cedarschema", SCHEMA);
    folder.write("p.cedar", POLICIES);
    folder.write("e.json", ENTITIES);
    folder.write("l.json", LINKS);
    folder
}

fn read(folder: &Folder, path: &str) -> String {
    std::fs::read_to_string(folder.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_package_is_written_that_decides() {
    let folder = folder();
    let outcome = folder.run(&format!("{IMPORT} --entities e.json --links l.json -o photos"));
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    assert_eq!(outcome.stdout, "wrote photos: 4 files, 3 rules of 3 policies\n");
    let policies = "\
// Owners do what they like.
@reviewed(\"2026\")
owners: permit anyone to any on anything when resource.owner == principal

minors: forbid anyone to edit on anything
  when principal has age and principal.age < 18
  unless resource.public otherwise true

`staff views`: permit User in Group::\"staff\" to view on anything
";
    assert_eq!(read(&folder, "photos/policies.dictum"), policies);
    let manifest = read(&folder, "photos/dictum.toml");
    assert!(
        manifest.starts_with("[package]\nname = \"photos\"\ndata = [\"data.json\"]\n"),
        "{manifest}"
    );
    // Tests may stand in a file of their own.
    folder.write(
        "photos/tests.dictum",
        "test \"nobody is known\" { context { ip: ip\"10.0.0.1\" } deny User::\"u\" to view on Photo::\"p\" }\n",
    );
    let test = folder.run("test photos");
    assert_eq!(
        (test.code, test.stdout.contains("1 test passed")),
        (0, true),
        "{test:#?}"
    );
    let check = folder.run("check photos --data photos/data.json");
    assert_eq!(check.code, 0, "{check:#?}");
    let ask = |action: &str| {
        let request = format!(
            r#"{{"subject": {{"type": "User", "id": "ann"}}, "action": {{"name": "{action}"}},
                "resource": {{"type": "Photo", "id": "p"}}, "context": {{"ip": "10.0.0.1"}}}}"#
        );
        let outcome = folder.run_with(
            "eval --policy photos --request - --format json",
            request.as_bytes(),
        );
        (outcome.code, outcome.stdout)
    };
    let (code, told) = ask("view");
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("\"staff views\"") && told.contains("\"owners\""),
        "{told}"
    );
    let (code, told) = ask("edit");
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("\"minors\""), "{told}");
}

#[test]
fn what_was_written_is_told_to_programs() {
    let folder = folder();
    let outcome = folder.run(&format!("{IMPORT} -o deep/er --format json"));
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    let told: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let expected = serde_json::json!({
        "output": "deep/er", "files": ["dictum.toml", "schema.dictum", "policies.dictum"],
        "policies": 2, "rules": 2, "notes": []
    });
    assert_eq!(told, expected);
    // The template that nothing is linked to is kept for the reader.
    assert!(read(&folder, "deep/er/policies.dictum").contains("// permit(principal in ?principal"));
}

/// Nothing that is there is lost, but by whoever asks for it.
#[test]
fn a_folder_with_files_is_left_alone() {
    let folder = folder();
    let import = format!("{IMPORT} -o photos");
    assert_eq!(folder.run(&import).code, 0);
    folder.write("photos/mine.txt", "mine");
    folder.refuses(
        &import,
        b"",
        2,
        &["error: the folder `photos` is not empty", "--replace"],
    );
    folder.write("photos/policies.dictum", "");
    let outcome = folder.run(&format!("{import} --replace"));
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    assert_eq!(read(&folder, "photos/mine.txt"), "mine");
    assert!(read(&folder, "photos/policies.dictum").contains("owners: permit"));
    folder.write("file", "");
    folder.refuses(
        &format!("{IMPORT} -o file"),
        b"",
        2,
        &["error: cannot write to `file`"],
    );
}

/// What is refused has its place and its policy, and nothing is written.
#[test]
fn what_cannot_be_imported_is_refused() {
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            "p.cedar",
            "permit(principal, action",
            &["error: p.cedar:1:", "nothing was written"],
        ),
        (
            "p.cedar",
            "permit(principal, action, resource)\nwhen { resource.ownr == principal };",
            &[
                "error: p.cedar:2:8: policy `policy0`: ",
                "`ownr`",
                "help: did you mean `owner`?",
            ],
        ),
        (
            "p.cedar",
            "permit(principal, action, resource) when { context.ip == ip(\"::ffff:a00:1\") };",
            &[
                "error: p.cedar:1:58: policy `policy0`: `::ffff:a00:1` is an IPv4 address in the form of an IPv6 one",
            ],
        ),
        ("s.cedarschema", "entity User {", &["error: s.cedarschema:1:"]),
        ("s.cedarschema", "{\"\": {", &["error: s.cedarschema:1:"]),
        ("e.json", "{}", &["error: e.json: entities are a list"]),
        (
            "e.json",
            r#"[{"uid": {"type": "User", "id": "u"}, "attrs": {}, "parents": []}]"#,
            &["error: e.json: ", "`User::\"u\"`", "`name`"],
        ),
        (
            "l.json",
            r#"[{"template_id": "policy7", "link_id": "l", "args": {}}]"#,
            &["error: l.json: policy `l`: there is no template `policy7`"],
        ),
    ];
    for (file, text, says) in cases {
        let folder = folder();
        folder.write(file, text);
        let links = if file == "l.json" { " --links l.json" } else { "" };
        let import = format!("{IMPORT} --entities e.json{links} -o photos");
        folder.refuses(&import, b"", 1, says);
        folder.refuses(&format!("{import} --format json"), b"", 1, &[]);
    }
    let folder = folder();
    folder.refuses(
        "import cedar --policies nowhere --schema s.cedarschema -o photos",
        b"",
        2,
        &["`nowhere`"],
    );
    folder.refuses("import cedar -o photos", b"", 2, &["--policies"]);
    folder.refuses("import", b"", 2, &["cedar"]);
}

fn case(decision: &str, reason: &str) -> String {
    format!(
        r#"{{"policies": "p.cedar", "schema": "s.cedarschema", "entities": "e.json", "shouldValidate": true, "requests": [
          {{"description": "ann edits", "principal": {{"type": "User", "id": "ann"}}, "action": {{"type": "Action", "id": "edit"}},
            "resource": {{"type": "Photo", "id": "p"}}, "context": {{"ip": {{"__extn": {{"fn": "ip", "arg": "10.0.0.1"}}}}}},
            "decision": "{decision}", "reason": ["{reason}"], "errors": []}}]}}"#
    )
}

#[test]
fn cases_are_compared_with_what_they_expect() {
    let folder = folder();
    std::fs::create_dir(folder.path("cases")).unwrap();
    folder.write("cases/good.json", case("deny", "policy1"));
    let outcome = folder.run("import cedar --test cases");
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    assert!(outcome.stdout.ends_with("all is as expected\n"), "{outcome:#?}");
    folder.write("cases/reason.json", case("deny", "policy0"));
    folder.write("cases/wrong.json", case("allow", "policy0"));
    let outcome =
        folder.run("import cedar --format json --test cases/good.json cases/reason.json cases/wrong.json");
    assert_eq!(outcome.code, 1, "{outcome:#?}");
    let told: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let failure = |case: &str, expected: &str| serde_json::json!({"case": case, "request": "ann edits", "expected": expected, "got": "deny by policy1"});
    let expected = serde_json::json!({
        "cases": 3, "imported": 3, "refused": 0, "requests": 3, "agree": 2, "disagree": 1,
        "reasons_differ": 1, "errors_differ": 0,
        "failures": [failure("cases/reason.json", "deny by policy0"), failure("cases/wrong.json", "allow by policy0")]
    });
    assert_eq!(told, expected);
    folder.write("cases/broken.json", "{\"requests\": []}");
    folder.refuses(
        "import cedar --test cases",
        b"",
        1,
        &["cases/broken.json:1:", "missing field"],
    );
    folder.refuses("import cedar --test nowhere.json", b"", 2, &["`nowhere.json`"]);
}

/// Cedar's own cases, through the command.
#[test]
fn published_cases_agree() {
    let cases = root().join("tests/corpus/cedar/tests");
    let outcome = Folder::new().run(&format!("import cedar --test {}", cases.display()));
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    assert!(
        outcome.stdout.contains("agree                       74\n"),
        "{outcome:#?}"
    );
}
