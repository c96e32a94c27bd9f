//! Names that are no plain words: they are shown as a policy would write them, and nothing in them steers a terminal.

use crate::run::{Folder, Outcome};

/// A policy of such names.
const POLICY: &str = r#"
entity User { `a\nb`: Int, `\u{1b}[31m`?: String, `\`q\\`: Set<`Ip`> }
entity `Ip` in `Ip` = ["i"]
entity `Doc.\u{202e}` in `Ip` { ``: `Kind\n` }
enum `Kind\n` { `x.y`, plain }
context { `c\td`: Int }
action `read\n`, list by User on `Doc.\u{202e}`
role `r.1\n` on `Doc.\u{202e}` { list }
obligation `log.it` { `k\n`: `Kind\n` }
@`note\n`("x")
`l\n1`: permit User to `read\n` on `Doc.\u{202e}`
  when principal.`a\nb` == 1 and resource.`` == `x.y` and resource in `Ip`::"i" and context.`c\td` > 0
  with `log.it` { `k\n`: resource.`` }
`l.2`: forbid User to list on `Doc.\u{202e}`
  when principal has `\u{1b}[31m` or principal.`\`q\\` contains `Ip`::"i"
`never.\n`: never User to `read\n` on `Doc.\u{202e}` when principal.`a\nb` == 2
fixture `f\n` {
  User::"u" { `a\nb`: 1, `\`q\\`: [] }
  `Doc.\u{202e}`::"d" in `Ip`::"i" { ``: `x.y` }
  grant `r.1\n` on `Doc.\u{202e}`::"d" to User::"u"
}
test "it" using `f\n` {
  context { `c\td`: 1 }
  for `v\n` in [User::"u"] {
    deny `v\n` to `read\n` on `Doc.\u{202e}`::"d"
  }
}
"#;

const DATA: &str = r#"{"entities": [
  {"type": "User", "id": "u", "properties": {"a\nb": 1, "`q\\": []}},
  {"type": "`Doc.\u202e`", "id": "d", "parents": [{"type": "Ip", "id": "i"}], "properties": {"": "x.y"}}
], "grants": [{"role": "`r.1\n`", "subject": {"type": "User", "id": "u"}, "resource": "anything"}]}"#;

const REQUEST: &str = r#"{"subject": {"type": "User", "id": "u"}, "action": {"name": "read\n"},
  "resource": {"type": "`Doc.\u202e`", "id": "d"}, "context": {"c\td": 1}}"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("policy.dictum", POLICY);
    folder.write("data.json", DATA);
    folder.write("request.json", REQUEST);
    folder
}

/// What a command shows has these lines, and nothing in it that steers a terminal.
fn shows(outcome: &Outcome, expected: &[&str]) {
    let shown = format!("{}{}", outcome.stdout, outcome.stderr);
    let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!shown.contains(steers), "{shown:?}");
    for line in expected {
        assert!(
            shown.lines().any(|shown| shown == *line),
            "{line}\nis not in\n{shown}"
        );
    }
}

#[test]
fn decisions_and_explanations() {
    let folder = folder();
    let files = "--policy policy.dictum --data data.json --request request.json";
    let eval = folder.run(&format!("eval {files} --explain"));
    shows(
        &eval,
        &[
            r#"allow User::"u" to `read\n` on `Doc.\u{202e}`::"d" by l\n1"#,
            r"  permit l\n1 policy.dictum:11:1",
            r#"    @`note\n`("x")"#,
            r"  with `log.it` { `k\n`: `x.y` }",
        ],
    );
    let explain = folder.run(&format!("explain {files} --all"));
    shows(
        &explain,
        &[
            r"        ✓ principal.`a\nb` == 1",
            r"          resource.`` is `x.y`",
            r#"        ✓ resource in `Ip`::"i""#,
            r"          context.`c\td` is 1",
        ],
    );
    let json = folder.run(&format!("eval {files} --format json")).json();
    assert_eq!(json["rules"][0], "l\n1");
    assert_eq!(json["obligations"][0]["name"], "`log.it`");
    assert_eq!(json["obligations"][0]["fields"]["k\n"], "x.y");
}

#[test]
fn what_a_policy_is_and_takes() {
    let folder = folder();
    shows(
        &folder.run("check --reads policy.dictum"),
        &[
            r"  User to `read\n` on `Doc.\u{202e}`",
            r"      principal { `a\nb` }",
            r"      resource { `` } and its ancestors",
            r"      principal { `\u{1b}[31m`, `\`q\\` } and its ancestors",
            r"      grants of `r.1\n`",
        ],
    );
    shows(&folder.run("check --cost policy.dictum --all"), &[]);
    shows(
        &folder.run("inspect --dag policy.dictum"),
        &[
            r"  enum `Kind\n` { `x.y`, plain }",
            r"  User { `\u{1b}[31m`?: String, `\`q\\`: Set<`Ip`>, `a\nb`: Int }",
            r#"  `Ip` in `Ip` = ["i"]"#,
            r"  `Doc.\u{202e}` in `Ip` { ``: `Kind\n` }",
            r"  `r.1\n` on `Doc.\u{202e}`, held by a grant of `r.1\n`",
            r"  `log.it` { `k\n`: `Kind\n` }",
            r"    l\n1 with `log.it` { `k\n`: resource.`` }",
        ],
    );
    let test = folder.run("test policy.dictum");
    assert_eq!(test.code, 1, "{test:#?}");
    shows(&test, &[r#"    where:    `v\n` is User::"u""#]);
}
