//! Arguments, help, exit codes, and the streams.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::run::{Folder, Outcome};

const COMMANDS: [&str; 10] = [
    "check",
    "build",
    "inspect",
    "eval",
    "explain",
    "test",
    "fmt",
    "fix",
    "explain-code",
    "import cedar",
];

/// A formatted policy with two rules and two tests.
pub(crate) const POLICY: &str = "\
entity User { level: Int }
entity Doc
@allow(\"unpermitted_action\")
action read, write by User on Doc

senior: permit User to read on Doc when principal.level > 3

junior: forbid User to write on Doc when principal.level < 1 because \"too junior\"

fixture one {
  User::\"ann\" { level: 4 }
}

test \"seniors read\" using one {
  allow User::\"ann\" to read on Doc::\"d\" by senior
}

test \"seniors do not write\" using one {
  deny User::\"ann\" to write on Doc::\"d\"
}
";

/// A request by a user of a level.
pub(crate) fn request(level: i64, action: &str) -> String {
    format!(
        "{{\"subject\": {{\"type\": \"User\", \"id\": \"ann\", \"properties\": {{\"level\": {level}}}}}, \
          \"action\": {{\"name\": \"{action}\"}}, \"resource\": {{\"type\": \"Doc\", \"id\": \"d\"}}}}"
    )
}

/// A folder with the policy, as `policy.dictum` and `policy.dpa`.
pub(crate) fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("policy.dictum", POLICY);
    let build = folder.run("build policy.dictum");
    assert_eq!(build.code, 0, "{build:#?}");
    folder
}

#[test]
fn every_help_has_examples_and_exit_codes() {
    let folder = Folder::new();
    for command in COMMANDS {
        let long = folder.run(&format!("{command} --help"));
        assert_eq!((long.code, long.stderr.as_str()), (0, ""), "{long:#?}");
        for part in [
            "Usage: dictum",
            "Examples:\n  dictum",
            "Exit codes:",
            "--format json",
        ] {
            assert!(
                long.stdout.contains(part),
                "{command} --help lacks `{part}`: {}",
                long.stdout
            );
        }
        let short = folder.run(&format!("{command} -h")).stdout;
        assert!(
            short.contains("Examples:") && short.len() < long.stdout.len(),
            "{short}"
        );
        let widest = long
            .stdout
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap();
        assert!(widest <= 120, "{command} --help has a line of {widest} columns");
    }
    let all = folder.run("--help").stdout;
    let commands = COMMANDS.iter().filter_map(|command| command.split(' ').next());
    for part in commands.chain(["Examples:", "Exit codes:"]) {
        assert!(all.contains(part), "--help lacks `{part}`: {all}");
    }
    assert!(folder.run("--version").stdout.starts_with("dictum 0."));
}

#[test]
fn a_wrong_command_line_is_2() {
    let folder = folder();
    folder.write("request.json", request(4, "read"));
    for arguments in [
        "chekc",
        "check --fromat json",
        "check --format yaml",
        "check --color sometimes",
        "eval --request request.json",
        "eval --policy policy.dpa",
        "eval --policy policy.dpa --request request.json --requests request.json",
        "eval --policy policy.dpa --policy policy.dictum --request request.json",
        "inspect",
        "build a b",
        "check -D",
        "fix --code",
        "explain-code D0301 D0302",
    ] {
        let outcome = folder.refuses(
            arguments,
            b"",
            2,
            &["error: ", "For more information, try '--help'"],
        );
        assert_eq!(outcome.stdout, "", "{arguments}");
    }
    folder.refuses("", b"", 2, &["unrecognized subcommand ''"]);
    folder.refuses(
        "eval --policy policy.dpa --reference --request request.json",
        b"",
        2,
        &["error: `--reference` evaluates sources", "help: "],
    );
    folder.refuses(
        "test --filter nobody",
        b"",
        2,
        &["error: no test's name contains `nobody`", "help: ", "2 tests"],
    );
}

#[test]
fn one_decision_is_0_for_allow_and_3_for_deny() {
    let folder = folder();
    for (level, action, code) in [(4, "read", 0), (3, "read", 3), (4, "write", 3), (0, "write", 3)] {
        for policy in ["policy.dictum", "policy.dpa", "policy.dictum --reference"] {
            for format in ["human", "json", "jsonl"] {
                let eval = folder.run_with(
                    &format!("eval --policy {policy} --request - --format {format}"),
                    request(level, action).as_bytes(),
                );
                assert_eq!(
                    (eval.code, eval.stderr.as_str()),
                    (code, ""),
                    "{level} {action}: {eval:#?}"
                );
                let allowed = if format == "human" {
                    eval.stdout.starts_with("allow ")
                } else {
                    eval.json()["decision"] == true
                };
                assert_eq!(allowed, code == 0, "{eval:#?}");
            }
        }
    }
}

#[test]
fn a_batch_is_0_if_all_are_allowed() {
    let folder = folder();
    let user = |level| format!(r#"{{"type": "User", "id": "ann", "properties": {{"level": {level}}}}}"#);
    let rest = r#""action": {"name": "read"}, "resource": {"type": "Doc", "id": "d"}"#;
    let batch = |levels: &[i64]| {
        let items: Vec<String> = levels
            .iter()
            .map(|level| format!(r#"{{"subject": {}}}"#, user(*level)))
            .collect();
        format!("{{{rest}, \"evaluations\": [{}]}}", items.join(", "))
    };
    let bad = batch(&[4]).replace(
        "]}",
        ", {\"subject\": 7}, {\"subject\": {\"type\": \"User\", \"id\": \"bob\"}}]}",
    );
    for (text, code, decisions) in [
        (batch(&[4, 5]), 0, vec![Some(true), Some(true)]),
        (batch(&[4, 1, 5]), 3, vec![Some(true), Some(false), Some(true)]),
        (bad.clone(), 1, vec![Some(true), None, Some(false)]),
    ] {
        let eval = folder.run_with(
            "eval --policy policy.dpa --request - --format json",
            text.as_bytes(),
        );
        assert_eq!(eval.code, code, "{text}: {eval:#?}");
        let answer = eval.json();
        let found: Vec<Option<bool>> = answer["evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|answer| answer["decision"].as_bool())
            .collect();
        assert_eq!(found, decisions, "{text}");
        // Of a file of requests only what could not be decided counts.
        let eval = folder.run_with("eval --policy policy.dpa --requests -", text.as_bytes());
        assert_eq!(eval.code, i32::from(code == 1), "{text}: {eval:#?}");
    }
    let eval = folder.run_with("eval --policy policy.dpa --request -", bad.as_bytes());
    assert!(eval.stderr.contains("error: <stdin>:1:"), "{eval:#?}");
    assert!(eval.stderr.contains(" `evaluations[1].subject`: "), "{eval:#?}");
    assert!(eval.stdout.contains("\nerror evaluations[1]: "), "{eval:#?}");
    for (semantic, levels, count) in [
        ("execute_all", [1, 4, 1], 3),
        ("deny_on_first_deny", [4, 1, 4], 2),
        ("permit_on_first_permit", [1, 4, 1], 2),
    ] {
        let options = format!("{{\"options\": {{\"evaluations_semantic\": \"{semantic}\"}}, ");
        let text = batch(&levels).replacen('{', &options, 1);
        let eval = folder.run_with(
            "eval --policy policy.dpa --request - --format json",
            text.as_bytes(),
        );
        assert_eq!(
            eval.json()["evaluations"].as_array().unwrap().len(),
            count,
            "{text}: {eval:#?}"
        );
    }
}

#[test]
fn a_file_of_requests_is_0_if_all_could_be_decided() {
    let folder = folder();
    let good = format!(
        "{}\n\n  \n{}\r\n{}",
        request(4, "read"),
        request(3, "read"),
        request(0, "write")
    );
    let eval = folder.run_with(
        "eval --policy policy.dpa --requests - --format jsonl",
        good.as_bytes(),
    );
    assert_eq!((eval.code, eval.stderr.as_str()), (0, ""), "{eval:#?}");
    assert_eq!(eval.stdout.lines().count(), 3, "{eval:#?}");

    let bad = format!(
        "{}\n{}\n[]\n{}\n",
        request(4, "read"),
        request(4, "raed"),
        request(1, "read")
    );
    let eval = folder.run_with(
        "eval --policy policy.dpa --requests - --format jsonl",
        bad.as_bytes(),
    );
    assert_eq!(eval.code, 1, "{eval:#?}");
    let answers = eval.json_lines().unwrap();
    assert_eq!(answers[0]["decision"], true);
    assert_eq!(answers[1]["error"]["line"], 2);
    assert_eq!(answers[2]["error"]["line"], 3);
    assert_eq!(answers[3]["decision"], false);
    assert_eq!(answers.len(), 4);
    assert!(eval.stderr.contains("error: <stdin>:2:"), "{eval:#?}");
    assert!(eval.stderr.contains("error: <stdin>:3:1: "), "{eval:#?}");

    let none = folder.run_with("eval --policy policy.dpa --requests -", b"");
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{none:#?}");
}

/// Warnings fail nothing: `check` shows them, `build` and `test` say how many there are, `eval` decides.
#[test]
fn warnings_are_shown_and_fail_nothing() {
    let folder = folder();
    folder.write(
        "policy.dictum",
        POLICY.replace("@allow(\"unpermitted_action\")\n", ""),
    );
    let outcome = folder.run("check");
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    let says = ["warning[L0111]: no rule permits `write`", "1 warning in 1 file"];
    assert!(
        says.iter().all(|text| outcome.stdout.contains(text)),
        "{outcome:#?}"
    );
    for arguments in ["build policy.dictum", "test"] {
        let outcome = folder.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments}: {outcome:#?}");
        assert_eq!(
            outcome.stderr, "1 warning, which `dictum check` shows\n",
            "{arguments}: {outcome:#?}"
        );
    }
    let outcome = folder.run_with(
        "eval --policy policy.dictum --request -",
        request(4, "read").as_bytes(),
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:#?}");
}

#[test]
fn check_build_inspect_test_and_fmt_are_0_or_1() {
    let folder = folder();
    for arguments in [
        "check",
        "check policy.dictum",
        "build policy.dictum",
        "inspect policy.dpa",
        "inspect policy.dictum",
        "test",
        "test --filter write",
        "fmt --check",
        "fmt",
    ] {
        let outcome = folder.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments}: {outcome:#?}");
    }
    assert_eq!(fs::read_to_string(folder.path("policy.dictum")).unwrap(), POLICY);

    folder.write(
        "policy.dictum",
        POLICY
            .replace("allow User", "deny  User")
            .replace(" by senior", ""),
    );
    let outcome = folder.refuses("test", b"", 1, &[]);
    assert!(outcome.stdout.contains("FAIL seniors read"), "{outcome:#?}");
    assert!(
        outcome.stdout.contains("1 test failed, 1 test passed"),
        "{outcome:#?}"
    );
    let outcome = folder.refuses("fmt --check", b"", 1, &["1 file would change"]);
    assert_eq!(outcome.stdout, "policy.dictum\n");

    folder.write("policy.dictum", POLICY.replace("level >", "levle >"));
    let says = ["policy.dictum:6:", "help: did you mean `level`?"];
    folder.refuses("build", b"", 1, &says);
    folder.refuses("test", b"", 1, &says);
    folder.refuses("inspect policy.dictum", b"", 1, &says);
    folder.refuses(
        "eval --policy policy.dictum --request -",
        request(4, "read").as_bytes(),
        1,
        &says,
    );
    let check = folder.refuses("check", b"", 1, &[]);
    for text in says {
        assert!(check.stdout.contains(text), "{check:#?}");
    }
}

#[test]
fn fmt_writes_the_layout_and_only_that() {
    let folder = Folder::new();
    let messy = "entity   Doc // a comment\nentity User{level:Int}";
    folder.write("a.dictum", messy);
    folder.write("b.dictum", "entity Broken {");
    let piped = folder.run_with("fmt -", messy.as_bytes());
    assert_eq!((piped.code, piped.stderr.as_str()), (0, ""), "{piped:#?}");
    assert!(piped.stdout.contains("// a comment"), "{piped:#?}");

    let fmt = folder.run("fmt");
    assert_eq!((fmt.code, fmt.stdout.as_str()), (1, "a.dictum\n"), "{fmt:#?}");
    assert!(fmt.stderr.contains("b.dictum:1:"), "{fmt:#?}");
    assert_eq!(fs::read_to_string(folder.path("a.dictum")).unwrap(), piped.stdout);
    assert_eq!(
        fs::read_to_string(folder.path("b.dictum")).unwrap(),
        "entity Broken {"
    );
    assert_eq!(folder.run("fmt --check a.dictum").code, 0);
    let broken = folder.run_with("fmt -", b"entity Broken {");
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""), "{broken:#?}");
    assert!(broken.stderr.contains("<stdin>:1:"), "{broken:#?}");
}

#[test]
fn the_standard_input_is_a_file_like_others() {
    let folder = folder();
    let check = folder.run_with("check -", POLICY.as_bytes());
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "no errors in 1 file\n"),
        "{check:#?}"
    );
    folder.write("r.json", request(4, "read"));
    let eval = folder.run_with("eval --policy - --request r.json", POLICY.as_bytes());
    assert_eq!(eval.code, 0, "{eval:#?}");
    let artifact = fs::read(folder.path("policy.dpa")).unwrap();
    let eval = folder.run_with("eval --policy - --request r.json", &artifact);
    assert_eq!(eval.code, 0, "{eval:#?}");
    let data = br#"{"entities": [{"type": "User", "id": "ann", "properties": {"level": 9}}]}"#;
    let eval = folder.run_with("eval --policy policy.dpa --data - --request r.json", data);
    assert_eq!(eval.code, 0, "{eval:#?}");
    folder.refuses(
        "eval --policy policy.dpa --data - --request -",
        data,
        2,
        &["error: ", "the standard input", "help: "],
    );
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let folder = folder();
    let coloured = |arguments: &str, variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dictum"));
        command.args(arguments.split(' ')).current_dir(folder.path("."));
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if !variable.is_empty() {
            command.env(variable, "1");
        }
        Outcome::of(&mut command, b"").stdout.contains('\u{1b}')
    };
    for arguments in [
        "test",
        "check",
        "check --cost --reads",
        "inspect policy.dpa",
        "explain-code",
        "explain-code D0301",
    ] {
        assert!(!coloured(arguments, ""), "{arguments}");
        assert!(!coloured(arguments, "NO_COLOR"), "{arguments}");
        assert!(
            !coloured(&format!("{arguments} --color never"), "CLICOLOR_FORCE"),
            "{arguments}"
        );
        assert!(
            coloured(&format!("{arguments} --color always"), "NO_COLOR"),
            "{arguments}"
        );
        assert!(
            !coloured(&format!("{arguments} --color always --format json"), ""),
            "{arguments}"
        );
    }
}

/// `dictum eval … | head -1`: the reader goes away, and what it has not read must not be taken for decided.
#[test]
fn a_closed_pipe_is_no_success_and_no_panic() {
    let folder = folder();
    folder.write(
        "requests.jsonl",
        format!("{}\n", request(4, "read")).repeat(5_000),
    );
    for arguments in [
        "eval --policy policy.dpa --requests requests.jsonl",
        "eval --policy policy.dpa --requests requests.jsonl --format jsonl --explain",
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dictum"))
            .args(arguments.split(' '))
            .current_dir(folder.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("senior"), "{line}");
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!((code, stderr.as_str()), (Some(2), ""), "{arguments}");
    }
}

/// Whoever waits for an answer before the next question gets it.
#[test]
fn answers_come_as_requests_come() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dictum"))
        .args([
            "eval",
            "--policy",
            "policy.dpa",
            "--requests",
            "-",
            "--format",
            "jsonl",
        ])
        .current_dir(folder.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for (level, decision) in [(4, true), (3, false), (5, true)] {
        writeln!(stdin, "{}", request(level, "read")).unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{{\"decision\":{decision}")), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
