//! `dictum explain`: why requests are decided as they are, for people and for programs.

use serde_json::{Value, json};

use crate::run::{Folder, Outcome, shipped};

const POLICY: &str = r#"entity User in Group { level: Int, tags: Set<String, 20>, home: { city: String, zip?: String } }
entity Group in Group
entity Doc in Folder { owner: User, readers: Set<User, 20>, prices: Map<Int>, public?: Bool }
entity Folder in Folder
context { now: Timestamp, mfa: Bool }
action read, write, sell, burn, move by User on Doc
obligation log { who: User, city: String }
/// Reads what is shared.
role reader on Doc { read }
role keeper on Doc includes reader { move }
eng: permit User in Group::"eng" to read on Doc in Folder::"x"
  when principal.level > 3
  unless principal.home.city == "Rome"
ann: permit User::"ann" to read on Doc
loud: permit User to write on Doc
  when all r in resource.readers: r in Group::"staff" and r.level > 2
  with log { who: resource.owner, city: resource.owner.home.city }
mfa: permit User to write on Doc when if context.mfa then principal.level > 3 else principal.level > 5
cheap: permit User to sell on Doc when resource.prices["eu"] ?? 9 < 5 or principal.level * 4611686018427387904 > 3
noted: permit User to sell on Doc
  when principal.level < 4
  with log { who: principal, city: resource.owner.home.city }
young: forbid reader to write on Doc
  when (count t in principal.tags: t.length > 2) > 3
  because "too many\ntags"
  with log { who: principal, city: principal.home.city }
"#;

const DATA: &str = r#"{"entities": [
  {"type": "User", "id": "ann", "properties": {"level": 4, "tags": ["a", "bbb", "ccc", "dddd", "eeee"], "home": {"city": "Rome"}},
   "parents": [{"type": "Group", "id": "eng"}]},
  {"type": "User", "id": "bob", "properties": {"level": 1, "tags": [], "home": {"city": "Bonn"}}},
  {"type": "Doc", "id": "d", "properties": {"owner": "zed", "readers": ["ann", "bob"], "prices": {"eu": 7}}, "parents": ["f"]},
  {"type": "Folder", "id": "f"}],
 "grants": [
  {"role": "keeper", "subject": {"type": "Group", "id": "eng"}, "resource": {"type": "Folder", "id": "f"}, "until": "2026-01-01T00:00:00Z"},
  {"role": "reader", "subject": {"type": "User", "id": "ann"}, "resource": {"type": "Doc", "id": "d"}}]}"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("policy.dictum", POLICY);
    folder.write("data.json", DATA);
    let check = folder.run("check --data data.json policy.dictum");
    assert_eq!(check.code, 0, "{check:#?}");
    folder
}

fn request(who: &str, action: &str) -> String {
    json!({"subject": {"type": "User", "id": who}, "action": {"name": action}, "resource": {"type": "Doc", "id": "d"},
           "context": {"now": "2026-02-01T00:00:00Z", "mfa": true}})
    .to_string()
}

fn explain(folder: &Folder, who: &str, action: &str, more: &str) -> Outcome {
    let arguments = format!("explain --policy policy.dictum --data data.json --request -{more}");
    let outcome = folder.run_with(&arguments, request(who, action).as_bytes());
    assert_eq!(outcome.stderr, "", "{outcome:#?}");
    outcome
}

fn check(who: &str, action: &str, more: &str, code: i32, expected: &str) {
    let outcome = explain(&folder(), who, action, more);
    assert_eq!(outcome.stdout, expected.trim_start_matches('\n'));
    assert_eq!(outcome.code, code);
}

#[test]
fn a_denial_by_default_tells_the_nearest_permits_first() {
    check(
        "bob",
        "read",
        "",
        3,
        r#"
deny User::"bob" to read on Doc::"d" by default: no permit fired

the permits that could have allowed it, the nearest first:

  permit reader policy.dictum:9:6
    /// Reads what is shared.
    ✗ role reader
        no live grant of reader or keeper to User::"bob" on Doc::"d" or what it is in

  permit ann policy.dictum:14:1
    ✗ head principal == User::"ann"

  permit eng policy.dictum:11:1
    ✗ head (principal in Group::"eng") and (resource in Folder::"x")
        ✗ principal in Group::"eng"
          User::"bob" is in nothing but itself
        ✗ resource in Folder::"x"
          Doc::"d" is in Folder::"f"
    ✗ when principal.level > 3
        principal.level is 1
    ✓ unless principal.home.city == "Rome"

it would be allowed if
  there is a grant of reader or keeper to User::"bob" on Doc::"d" or what it is in, so that reader fires
  or principal == User::"ann", so that ann fires
  or principal in Group::"eng", and resource in Folder::"x", and principal.level > 3, so that eng fires
"#,
    );
}

#[test]
fn quantifiers_name_the_element_and_branches_the_condition() {
    check(
        "bob",
        "write",
        "",
        3,
        r#"
deny User::"bob" to write on Doc::"d" by default: no permit fired

the permits that could have allowed it, the nearest first:

  permit loud policy.dictum:15:1
    ✗ when all r in resource.readers: r in Group::"staff" and r.level > 2
        for x0 = User::"ann"
          ✗ (x0 in Group::"staff") and (x0.level > 2)
            ✗ x0 in Group::"staff"
              x0 is User::"ann"
              User::"ann" is in Group::"eng"

  permit mfa policy.dictum:18:1
    ✗ when if context.mfa then principal.level > 3 else principal.level > 5
        context.mfa is true
        ✗ principal.level > 3
          principal.level is 1

1 more rule could apply: see them with --all

it would be allowed if
  all x0 in resource.readers: (x0 in Group::"staff") and (x0.level > 2), so that loud fires
  or if context.mfa then (principal.level > 3) else (principal.level > 5), so that mfa fires
"#,
    );
}

#[test]
fn a_forbid_tells_what_made_it_fire_and_what_must_change() {
    check(
        "ann",
        "write",
        "",
        3,
        r#"
deny User::"ann" to write on Doc::"d" by young
  with log { city: "Rome", who: User::"ann" }

  forbid young policy.dictum:23:1
    because too many tags
    ✓ role reader
        granted: reader on Doc::"d" to User::"ann"
    ✓ when (count t in principal.tags: t.length > 2) > 3
        count x0 in principal.tags: x0.length > 2 is 4
        principal.tags is ["a", "bbb", "ccc", "dddd", "eeee"]

2 more rules could apply: see them with --all

it would be allowed if
  (count x0 in principal.tags: x0.length > 2) <= 3, or there is no grant of reader or keeper to User::"ann" or its groups on Doc::"d" or what it is in, so that young does not fire
  as mfa fires already
"#,
    );
}

#[test]
fn what_has_ended_overflows_or_is_not_known_is_named() {
    check(
        "ann",
        "move",
        "",
        3,
        r#"
deny User::"ann" to move on Doc::"d" by default: no permit fired

the permits that could have allowed it, the nearest first:

  permit keeper policy.dictum:10:6
    ✗ role keeper
        no live grant of keeper to User::"ann" or its groups on Doc::"d" or what it is in
        expired: keeper on Folder::"f" to Group::"eng" until 2026-01-01T00:00:00Z

it would be allowed if
  there is a grant of keeper to User::"ann" or its groups on Doc::"d" or what it is in, so that keeper fires
"#,
    );
    check(
        "ann",
        "sell",
        "",
        3,
        r#"
deny User::"ann" to sell on Doc::"d" by default: no permit fired

the permits that could have allowed it, the nearest first:

  permit cheap policy.dictum:19:1
    ? when resource.prices["eu"] ?? 9 < 5 or principal.level * 4611686018427387904 > 3
        ? (principal.level * 4611686018427387904) > 3
          principal.level is 4
          the arithmetic overflows, so that it is undefined

  permit noted policy.dictum:20:1
    ✗ when principal.level < 4
        principal.level is 4

it would be allowed if
  (resource.prices["eu"] ?? 9) < 5, or (principal.level * 4611686018427387904) > 3 (which is not known), so that cheap fires
  or principal.level < 4, so that noted fires
"#,
    );
    // All holds, but what the decision would oblige to is not known.
    let outcome = explain(&folder(), "bob", "sell", "");
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    let outcome = explain(&folder(), "bob", "sell", " --all");
    let says = "  permit noted policy.dictum:20:1\n    ✓ when principal.level < 4\n    ? with: the fields of its obligations are not known\n";
    assert!(outcome.stdout.contains(says), "{outcome:#?}");
    // Nobody describes Cyd.
    let outcome = explain(&folder(), "cyd", "write", "");
    let says = "principal.level is not known: the data does not describe User::\"cyd\"";
    assert!(outcome.stdout.contains(says), "{outcome:#?}");
}

/// Of a sequence, what stands behind the part that settles it is not told, and need not change.
#[test]
fn sequences_tell_the_part_that_settles_them() {
    let policy = r#"entity User { `a.b`: Bool, `c\n`: Bool, out: Bool }
action `x y` by User on User
p: permit User to `x y` on User
q: permit User to `x y` on User when principal has `a.b` or else principal.`c\n` or else principal has out
f: forbid User to `x y` on User
  when resource.`a.b` and then resource.`c\n` and then not resource.out
"#;
    let folder = Folder::new();
    folder.write("policy.dictum", policy);
    let request = json!({"subject": {"type": "User", "id": "u"}, "action": {"name": "x y"},
        "resource": {"type": "User", "id": "v", "properties": {"c\n": false}}});
    let outcome = folder.run_with(
        "explain --policy policy.dictum --request - --all",
        request.to_string().as_bytes(),
    );
    let expected = r#"
deny User::"u" to `x y` on User::"v" by f

  forbid f policy.dictum:5:1
    ? when resource.`a.b` and then resource.`c\n` and then not resource.out
        resource.`a.b` is not known: the data does not describe User::"v"

permits that did not fire:

  permit q policy.dictum:4:1
    ? when principal has `a.b` or else principal.`c\n` or else principal has out
        principal.`c\n` is not known: the data does not describe User::"u"

other rules that could apply:

  permit p policy.dictum:3:1

it would be allowed if
  not resource.`a.b` (which is not known), so that f does not fire
  as p fires already
"#;
    assert_eq!(outcome.stdout, expected.trim_start());
}

#[test]
fn an_allowed_request_tells_what_made_it() {
    check(
        "ann",
        "read",
        "",
        0,
        r#"
allow User::"ann" to read on Doc::"d" by reader, ann

  permit reader policy.dictum:9:6
    /// Reads what is shared.
    ✓ role reader
        granted: reader on Doc::"d" to User::"ann"

  permit ann policy.dictum:14:1
    ✓ head principal == User::"ann"

1 more rule could apply: see them with --all
"#,
    );
    let all = explain(&folder(), "ann", "read", " --all").stdout;
    let says = "permits that did not fire:\n\n  permit eng policy.dictum:11:1\n    ✗ head";
    assert!(all.contains(says) && !all.contains("more rule"), "{all}");
    assert!(
        all.contains(
            "    ✗ unless principal.home.city == \"Rome\"\n        principal.home.city is \"Rome\"\n"
        ),
        "{all}"
    );
}

#[test]
fn requests_that_no_rule_is_about() {
    check(
        "ann",
        "burn",
        "",
        3,
        r#"
deny User::"ann" to burn on Doc::"d" by default: no permit fired

no rule could apply to requests of `User` to `burn` on `Doc`

help: no permit can fire for requests of `User` to `burn` on `Doc` as this one: that takes another rule
"#,
    );
}

fn keys(value: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let mut found: Vec<&String> = value.as_object().unwrap().keys().collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{value:#}");
}

const DETAIL: [&str; 5] = ["parts", "seen", "element", "grants", "notes"];

fn condition(value: &Value) {
    keys(value, &[&["text", "outcome"], &DETAIL[..]].concat());
    detail(value);
}

fn detail(value: &Value) {
    for part in value["parts"].as_array().unwrap() {
        condition(part);
    }
    for seen in value["seen"].as_array().unwrap() {
        keys(seen, &["expr", "value", "why"]);
        assert_ne!(seen["value"].is_null(), seen["why"].is_null());
    }
    if !value["element"].is_null() {
        keys(&value["element"], &["variable", "value"]);
    }
}

#[test]
fn json_is_what_the_help_says() {
    let folder = folder();
    let mut outcomes = std::collections::BTreeSet::new();
    for who in ["ann", "bob", "cyd"] {
        for action in ["read", "write", "sell", "burn", "move"] {
            for more in ["", " --all"] {
                let outcome = explain(&folder, who, action, &format!("{more} --format json"));
                let value = outcome.json();
                keys(
                    &value,
                    &[
                        "decision",
                        "rules",
                        "reasons",
                        "obligations",
                        "candidates",
                        "left_out",
                        "overruled",
                        "near_misses",
                        "changes",
                        "is_whole",
                    ],
                );
                assert_eq!(outcome.code, if value["decision"] == true { 0 } else { 3 });
                assert!(more.is_empty() || value["left_out"] == 0);
                for candidate in value["candidates"].as_array().unwrap() {
                    let of_rule = [
                        "label",
                        "effect",
                        "reason",
                        "docs",
                        "annotations",
                        "file",
                        "line",
                        "column",
                    ];
                    let own = ["fires", "decides", "head", "role", "clauses", "lacks_obligation"];
                    keys(candidate, &[&of_rule[..], &own[..]].concat());
                    for part in ["head", "role"] {
                        if !candidate[part].is_null() {
                            condition(&candidate[part]);
                        }
                    }
                    for clause in candidate["clauses"].as_array().unwrap() {
                        let own = ["text", "file", "line", "column", "unless", "outcome", "holds"];
                        keys(clause, &[&own[..], &DETAIL[..]].concat());
                        detail(clause);
                        outcomes.insert(clause["outcome"].as_str().unwrap().to_owned());
                    }
                }
                for change in value["changes"].as_array().unwrap() {
                    keys(change, &["rule", "effect", "text"]);
                }
                // The same decision as `eval`.
                let eval = folder.run_with(
                    "eval --policy policy.dictum --data data.json --request - --format json",
                    request(who, action).as_bytes(),
                );
                for key in ["decision", "rules", "reasons", "obligations"] {
                    assert_eq!(value[key], eval.json()[key], "{who} {action}");
                }
            }
        }
    }
    assert!(outcomes.iter().eq(["false", "true", "undefined"]), "{outcomes:?}");

    let young = explain(&folder, "ann", "write", " --format json").json();
    let clause = &young["candidates"][0]["clauses"][0];
    assert_eq!(
        clause["seen"][0],
        json!({"expr": "count x0 in principal.tags: x0.length > 2", "value": 4, "why": null})
    );
    assert_eq!((&clause["line"], &clause["column"]), (&json!(24), &json!(8)));
    assert_eq!(young["overruled"], json!(["mfa"]));
    assert_eq!(
        young["obligations"],
        json!([{"name": "log", "fields": {"who": {"type": "User", "id": "ann"}, "city": "Rome"}}])
    );
    let ended = explain(&folder, "ann", "move", " --format json").json();
    assert_eq!(
        ended["candidates"][0]["role"]["grants"],
        json!([{"role": "keeper", "subject": {"type": "Group", "id": "eng"}, "resource": {"type": "Folder", "id": "f"},
                "until": "2026-01-01T00:00:00Z", "live": false}])
    );
    assert_eq!(ended["near_misses"], json!(["keeper"]));
}

#[test]
fn artifacts_explain_as_their_sources_do() {
    let folder = folder();
    assert_eq!(folder.run("build policy.dictum -o policy.dpa").code, 0);
    for who in ["ann", "bob"] {
        let ask = |policy: &str| {
            let arguments = format!("explain --policy {policy} --data data.json --request - --all");
            folder
                .run_with(&arguments, request(who, "write").as_bytes())
                .stdout
        };
        assert_eq!(ask("policy.dpa"), ask("policy.dictum"));
    }
}

/// Every request of the examples: decided as `eval` does, with the package's data.
#[test]
fn examples_are_explained() {
    for example in ["drive", "gateway", "todo"] {
        let folder = Folder::of_example(example);
        for (at, line) in shipped(&format!("examples/{example}/requests.jsonl"))
            .lines()
            .enumerate()
        {
            let input = line.as_bytes();
            if line.contains("\"evaluations\"") {
                let says = ["a batch of requests", "help: take one of its `evaluations`"];
                folder.refuses("explain --policy . --request -", input, 1, &says);
                continue;
            }
            let eval = folder.run_with("eval --policy . --request -", input);
            let explain = folder.run_with("explain --policy . --request - --all", input);
            assert_eq!(explain.code, eval.code, "{example} {at}: {explain:#?}");
            let first = |outcome: &Outcome| outcome.stdout.lines().next().unwrap().replace("deny  ", "deny ");
            assert_eq!(first(&explain), first(&eval), "{example} {at}");
        }
    }
}

#[test]
fn what_is_bad_is_told_as_eval_does() {
    let folder = folder();
    let request = request("ann", "read");
    let explain = "explain --policy policy.dictum --data data.json --request";
    for format in ["human", "json"] {
        let arguments = format!("{explain} - --format {format}");
        let says = [
            "error: <stdin>:1:",
            "there is no action `raed`",
            "help: did you mean `read`?",
        ];
        let bad = request.replace("\"read\"", "\"raed\"");
        let refused = folder.refuses(&arguments, bad.as_bytes(), 1, &says);
        if format == "json" {
            assert_eq!(refused.json()["error"]["path"], "action.name");
        }
        folder.refuses(
            &arguments,
            b"{",
            1,
            &["error: <stdin>:1:2: the text ends too early"],
        );
        let missing = format!("{explain} missing --format {format}");
        folder.refuses(&missing, b"", 2, &["error: cannot read `missing`"]);
    }
    folder.write("bad.dictum", "entity {");
    folder.write("bad.json", "{\"entities\": 1}");
    folder.refuses(
        "explain --policy bad.dictum --request -",
        request.as_bytes(),
        1,
        &["error[D0103]"],
    );
    let bad = "explain --policy policy.dictum --data bad.json --request - --format json";
    let refused = folder.refuses(
        bad,
        request.as_bytes(),
        1,
        &["error: bad.json:1:14: `entities`: "],
    );
    assert_eq!(refused.json()["error"]["errors"][0]["line"], 1);
    let twice = "explain --policy policy.dictum --data - --request -";
    folder.refuses(
        twice,
        b"",
        2,
        &["error: the standard input can be read once only"],
    );
    folder.refuses("explain --policy policy.dictum", b"", 2, &["--request"]);
}

#[test]
fn colours_and_control_characters_stay_out_of_pipes() {
    let folder = folder();
    let coloured = explain(&folder, "bob", "read", " --color always").stdout;
    let plain = explain(&folder, "bob", "read", "").stdout;
    assert!(coloured.contains('\u{1b}') && !plain.contains('\u{1b}'));
    let steering = folder.run_with(
        "explain --policy policy.dictum --data data.json --request -",
        request("\\u001b[31mx\\u202e", "read")
            .replace("\\\\", "\\")
            .as_bytes(),
    );
    assert_eq!(steering.code, 3, "{steering:#?}");
    assert!(!steering.stdout.contains(['\u{1b}', '\u{202e}']), "{steering:#?}");
}
