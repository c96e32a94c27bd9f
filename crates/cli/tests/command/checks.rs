//! What `dictum check` tells beside errors of policies: costs, reads, and what is wrong with data.

use std::fs;

use serde_json::json;

use crate::run::Folder;

const POLICY: &str = "\
entity User in Group { level: Int, tags: Set<String> }
entity Group in Group
entity Invoice in Folder { owner: User }
entity Folder in Folder
context { now: Timestamp }
action request, approve by User on Invoice
@allow(\"unused_action\") action list by User on Folder
role requester on Invoice { request }
role approver on Invoice { approve }
role both on Invoice includes requester, approver { }
separate: exclusive requester, approver on Invoice
wide: permit User to request on Invoice
  when any t in principal.tags: t == \"x\"
  unless principal.level < 3
";

const DATA: &str = r#"{"entities": [
  {"type": "User", "id": "ann", "properties": {"level": 4, "tags": []}, "parents": ["eng"]},
  {"type": "Invoice", "id": "i1", "properties": {"owner": "ann"}, "parents": ["f"]}],
 "grants": [
  {"role": "requester", "subject": {"type": "Group", "id": "eng"}, "resource": {"type": "Folder", "id": "f"}},
  {"role": "approver", "subject": {"type": "User", "id": "ann"}, "resource": "anything", "until": "2020-01-01T00:00:00Z"},
  {"role": "both", "subject": {"type": "User", "id": "bob"}, "resource": {"type": "Invoice", "id": "i9"}}]}"#;

fn folder(manifest: &str) -> Folder {
    let folder = Folder::new();
    folder.write("policy.dictum", POLICY);
    folder.write("dictum.toml", manifest);
    folder
}

#[test]
fn costs_are_told_by_rule_and_clause() {
    let folder = folder("");
    let check = folder.run("check --cost");
    assert_eq!(check.code, 0, "{check:#?}");
    let expected = "\
the steps that a decision can take, the most expensive first

1040  User to request on Invoice
      1033  permit wide policy.dictum:12:1
            1028  when any t in principal.tags: t == \"x\" 13:8
               5  unless principal.level < 3 14:10
        ";
    assert!(check.stdout.starts_with(expected), "{}", check.stdout);
    assert!(
        check.stdout.ends_with("\nno errors in 2 files\n"),
        "{}",
        check.stdout
    );

    let value = folder.run("check --cost --format json").json();
    let costs = value["costs"].as_array().unwrap();
    assert_eq!(costs.len(), 3);
    let dearest = &costs[0];
    assert_eq!(
        (&dearest["action"], &dearest["steps"]),
        (&json!("request"), &json!(1040))
    );
    let wide = &dearest["rules"][0];
    assert_eq!(
        (&wide["label"], &wide["steps"], &wide["line"]),
        (&json!("wide"), &json!(1033), &json!(12))
    );
    let clause = &wide["clauses"][0];
    assert_eq!(
        (&clause["steps"], &clause["line"], &clause["unless"]),
        (&json!(1028), &json!(13), &json!(false))
    );
    // Only where it is asked for.
    let value = folder.run("check --format json").json();
    assert!(value["costs"].is_null() && value["reads"].is_null() && value["data"].is_null());
    folder.refuses("check --all", b"", 2, &["--cost"]);
}

#[test]
fn all_shapes_and_rules_are_told_where_all_are_asked_for() {
    let folder = Folder::new();
    let mut policy = "entity User entity Doc { n: Int }\n".to_owned();
    for at in 0..12 {
        policy.push_str(&format!("action a{at} by User on Doc\n"));
        policy.push_str(&format!(
            "r{at}: permit User to any on Doc when resource.n == {at}\n"
        ));
    }
    folder.write("policy.dictum", policy);
    let some = folder.run("check --cost").stdout;
    for says in [
        "and 9 rules less expensive",
        "2 more kinds of requests: see them with --all",
    ] {
        assert!(some.contains(says), "{some}");
    }
    let all = folder.run("check --cost --all").stdout;
    assert!(!all.contains("less expensive") && !all.contains("--all"), "{all}");
    assert_eq!(all.matches("permit r11 ").count(), 12, "{all}");
}

#[test]
fn a_package_limits_what_decisions_may_cost() {
    let folder = folder("[limits]\nsteps = 500\n");
    for command in [
        "check",
        "build",
        "test",
        "inspect .",
        "eval --policy . --request -",
    ] {
        let outcome = folder.run_with(command, b"{}");
        assert_eq!(outcome.code, 1, "{command}: {outcome:#?}");
        let told = format!("{}{}", outcome.stdout, outcome.stderr).replace(['│', '\n'], " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for says in [
            "error[D0612]: a decision on `User` to `request` on `Invoice` can take 1040 steps; `[limits] steps` allows 500",
            "this rule takes 1033 of them, more than any other",
            "this condition takes 1028",
            "help: say how many elements `tags` can have, as in `Set<String, 20>`: where nothing does, it counts for 256",
        ] {
            assert!(told.contains(says), "{command}: {told}");
        }
    }
    // What costs too much is what is asked about.
    let check = folder.run("check --cost");
    assert!(
        check.code == 1 && check.stdout.contains("1040  User to request on Invoice"),
        "{check:#?}"
    );
    // Sets count for what the package says, or for what the policy declares.
    folder.write("dictum.toml", "[limits]\nsteps = 500\nset_elements = 50\n");
    assert_eq!(folder.run("check").code, 0);
    folder.write("dictum.toml", "[limits]\nsteps = 500\n");
    folder.write("policy.dictum", POLICY.replace("Set<String>", "Set<String, 20>"));
    assert_eq!(folder.run("check").code, 0);
    folder.write("dictum.toml", "[limits]\nset_elements = 1_000_001\n");
    let check = folder.run("check");
    assert!(
        check.code == 1 && check.stdout.contains("`set_elements` is at most 1000000"),
        "{check:#?}"
    );
}

#[test]
fn reads_are_told_once_for_all_that_share_them() {
    let folder = folder("[package]\nname = \"bills\"\n");
    let check = folder.run("check --reads");
    let expected = "\
what a decision can depend on

  User to approve on Invoice
      the ancestors of principal
      the ancestors of resource
      context { now }
      grants of approver, both, requester

  User to list on Folder
      nothing but the request's types and action

  User to request on Invoice
      principal { level, tags } and its ancestors
      the ancestors of resource
      context { now }
      grants of approver, both, requester

no errors in 2 files
";
    assert_eq!((check.code, check.stdout.as_str()), (0, expected));
    let value = folder.run("check --reads --format json").json();
    assert_eq!(
        value["reads"][2],
        json!({
            "package": "bills",
            "shapes": [{"principal": "User", "action": "request", "resource": "Invoice"}],
            "reads": {
                "principal": {"attributes": ["level", "tags"], "ancestors": true},
                "resource": {"attributes": [], "ancestors": true},
                "context": ["now"], "others": [], "grants": ["approver", "both", "requester"],
            },
        })
    );
}

#[test]
fn grants_of_roles_that_exclude_each_other_are_errors() {
    let folder = folder("");
    folder.write("data.json", DATA);
    let check = folder.run("check --data data.json");
    let expected = "\
no errors in 2 files
error: data.json:5:3: `grants[0]`: `User::\"ann\"` gets both `requester` and `approver` on `Invoice::\"i1\"`, which exclude each other
  help: take it back, or `grants[1]` at data.json:6:3; the roles are held apart at policy.dictum:11:1
error: data.json:7:3: `grants[2]`: `User::\"bob\"` gets both `requester` and `approver` on `Invoice::\"i9\"`, which exclude each other
  help: take the grant back; the roles are held apart at policy.dictum:11:1
2 errors in 1 data file
";
    assert_eq!((check.code, check.stdout.as_str()), (1, expected));
    let value = folder.run("check --data data.json --format json").json();
    assert_eq!(
        (&value["errors"], &value["data"]["errors"]),
        (&json!(0), &json!([]))
    );
    let conflict = &value["data"]["conflicts"][0];
    assert_eq!(
        (&conflict["exclusive"], &conflict["roles"]),
        (&json!("separate"), &json!(["requester", "approver"]))
    );
    assert_eq!(conflict["principal"], json!({"type": "User", "id": "ann"}));
    assert_eq!(conflict["resource"], json!({"type": "Invoice", "id": "i1"}));
    assert_eq!(conflict["grants"][1]["line"], 6);
    assert_eq!(conflict["grants"][1]["grant"]["until"], "2020-01-01T00:00:00Z");
    assert_eq!(conflict["declared"]["line"], 11);

    // Grants count over all files.
    let (entities, grants) = DATA.split_at(DATA.find(" \"grants\"").unwrap());
    folder.write("entities.json", entities.replace("}],", "}]}"));
    folder.write("grants.json", format!("{{\n{grants}"));
    folder.write("first.json", r#"{"grants": [{"role": "approver", "subject": {"type": "User", "id": "eve"}, "resource": "anything"}]}"#);
    let check = folder.run("check --data entities.json --data first.json --data grants.json");
    assert!(
        check
            .stdout
            .contains("error: grants.json:3:3: `grants[0]`: `User::\"ann\"` gets both"),
        "{check:#?}"
    );
    // Good data.
    let good = DATA
        .replace("\"approver\"", "\"requester\"")
        .replace("\"both\"", "\"approver\"");
    folder.write("data.json", good);
    let check = folder.run("check --data data.json");
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "no errors in 2 files\nno errors in 1 data file\n")
    );
}

#[test]
fn data_of_the_package_is_checked_where_it_is_asked_for() {
    let folder = folder("[package]\ndata = [\"data\"]\n");
    fs::create_dir(folder.path("data")).unwrap();
    folder.write("data/a.json", DATA);
    folder.write("data/b.json", "{}");
    let check = folder.run("check --data");
    assert_eq!(check.code, 1, "{check:#?}");
    assert!(check.stdout.ends_with("2 errors in 2 data files\n"), "{check:#?}");
    folder.write("data/b.json", r#"{"grants": [{"role": "aprover"}]}"#);
    let check = folder.run("check . --data --format json");
    assert_eq!(check.code, 1, "{check:#?}");
    let error = &check.json()["data"]["errors"][0];
    assert_eq!(
        (&error["file"], &error["line"]),
        (&json!("data/b.json"), &json!(1))
    );
    // Nobody asked.
    assert_eq!(folder.run("check").stdout, "no errors in 2 files\n");
    // Other data instead.
    folder.write("other.json", "{}");
    let check = folder.run("check --data other.json");
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "no errors in 2 files\nno errors in 1 data file\n")
    );
    folder.refuses(
        "check --data missing.json",
        b"",
        2,
        &["error: cannot read `missing.json`"],
    );
    fs::remove_dir_all(folder.path("data")).unwrap();
    let check = folder.run("check --data");
    assert!(
        check.code == 1 && check.stdout.contains("error[D0705]"),
        "{check:#?}"
    );
    folder.write("dictum.toml", "");
    let says = [
        "error: there is no data to check",
        "help: name files by `--data FILE`",
    ];
    folder.refuses("check --data", b"", 2, &says);
    fs::create_dir_all(folder.path("two/a")).unwrap();
    for name in ["one.dictum", "two.dictum"] {
        folder.write(&format!("two/{name}"), "entity User\n");
    }
    folder.write("two/a/dictum.toml", "");
    folder.write("two/a/a.dictum", "entity User\n");
    folder.refuses(
        "check --data other.json two/one.dictum two/a",
        b"",
        2,
        &[
            "error: `--data` is the data of one package",
            "help: name one package",
        ],
    );
}
