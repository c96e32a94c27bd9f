//! Packages: what `dictum.toml` says, which files a path means, and a `dictum.toml` of any kind.

use std::fs;

use serde_json::json;

use crate::run::Folder;
use crate::usage::request;

/// What there is, and a rule; the test stands elsewhere.
const RULES: &str = "\
entity User { level: Int }
entity Doc
action read by User on Doc
senior: permit User to read on Doc when principal.level > 3
";

const TESTS: &str = "test \"nobody\" { deny User::\"ann\" to read on Doc::\"d\" }\n";

const DATA: &str = r#"{"entities": [{"type": "User", "id": "ann", "properties": {"level": 4}}]}"#;

/// A package `drive` in a folder: rules in `policy`, tests in `tests`, data in `data`.
fn drive(manifest: &str) -> Folder {
    let folder = Folder::new();
    for name in ["drive/policy/deep", "drive/tests", "drive/data", "drive/scratch"] {
        fs::create_dir_all(folder.path(name)).unwrap();
    }
    folder.write("drive/policy/deep/rules.dictum", RULES);
    folder.write("drive/tests/a.dictum", TESTS);
    folder.write("drive/data/users.json", DATA);
    folder.write(
        "drive/scratch/lab.dictum",
        "@allow(\"unused_entity\")\nentity Lab\n",
    );
    folder.write("drive/dictum.toml", manifest);
    folder
}

const MANIFEST: &str = "\
[package]
name = \"drive\"
sources = [\"policy\", \"tests/*.dictum\"]
data = [\"data/*.json\"]
";

#[test]
fn a_package_is_what_its_file_says() {
    let folder = drive(MANIFEST);
    for path in ["drive", "drive/", "./drive", "drive/dictum.toml"] {
        let check = folder.run(&format!("check {path}"));
        assert_eq!(
            (check.code, check.stdout.as_str()),
            (0, "no errors in 3 files\n"),
            "{check:#?}"
        );
        let test = folder.run(&format!("test {path}"));
        assert!(test.stdout.ends_with("1 test passed\n"), "{test:#?}");
        let inspect = folder.run(&format!("inspect {path} --format json")).json();
        assert_eq!(
            inspect["files"],
            json!(["policy/deep/rules.dictum", "tests/a.dictum"])
        );
    }
    // The same artifact, wherever it is built from.
    assert_eq!(folder.run("build drive -o a.dpa").code, 0);
    assert_eq!(folder.run("build drive/tests -o b.dpa").code, 0);
    assert_eq!(
        fs::read(folder.path("a.dpa")).unwrap(),
        fs::read(folder.path("b.dpa")).unwrap()
    );
    // By default, all that is there counts.
    folder.write("drive/dictum.toml", "");
    assert_eq!(folder.run("check drive").stdout, "no errors in 4 files\n");
}

#[test]
fn a_path_in_a_package_means_the_package() {
    let folder = drive(MANIFEST);
    for path in [
        "drive/policy",
        "drive/policy/deep/rules.dictum",
        "drive/tests/a.dictum",
        "drive/policy/../tests",
    ] {
        let check = folder.run(&format!("check {path}"));
        assert_eq!(check.stdout, "no errors in 3 files\n", "{path}: {check:#?}");
    }
    // Several paths in a package are one package, and what belongs to none is by itself.
    let check = folder.run("check drive/policy drive drive/tests/a.dictum drive/scratch/lab.dictum");
    assert_eq!(check.stdout, "no errors in 4 files\n");
    let check = folder.run("check drive/scratch");
    assert_eq!(check.stdout, "no errors in 1 file\n");
    // Paths are shown from the current folder.
    folder.write("drive/tests/a.dictum", "entity Usr in Nothing\n");
    let shown = |arguments: &str| {
        let check = folder.run(arguments).json();
        check["diagnostics"][0]["file"].clone()
    };
    assert_eq!(shown("check drive/policy --format json"), "drive/tests/a.dictum");
    let absolute = fs::canonicalize(folder.path("drive")).unwrap();
    let file = shown(&format!("check {}/policy --format json", absolute.display()));
    assert_eq!(file, json!(absolute.join("tests/a.dictum")));
}

#[test]
fn a_folder_may_hold_several_packages() {
    let folder = drive(MANIFEST);
    fs::create_dir_all(folder.path("others/lab")).unwrap();
    folder.write("others/lab/dictum.toml", "[package]\nname = \"lab\"\n");
    folder.write(
        "others/lab/lab.dictum",
        "@allow(\"unused_entity\")\nentity User\n",
    );
    folder.write("loose.dictum", "@allow(\"unused_entity\")\nentity User\n");
    // Each by itself: `User` is declared in all of them.
    let check = folder.run("check");
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "no errors in 6 files\n"),
        "{check:#?}"
    );
    for command in ["build", "inspect .", "eval --policy . --request -"] {
        folder.refuses(
            command,
            b"{}",
            2,
            &["error: `.` holds 3 packages", "help: name one", "drive"],
        );
    }
    // A package in a package is none of its files.
    fs::rename(folder.path("others/lab"), folder.path("drive/policy/lab")).unwrap();
    assert_eq!(folder.run("check drive").stdout, "no errors in 3 files\n");
    assert_eq!(
        folder.run("check drive/policy/lab").stdout,
        "no errors in 2 files\n"
    );
}

#[test]
fn data_of_the_package_is_used_where_none_is_named() {
    let folder = drive(MANIFEST);
    let plain = r#"{"subject": {"type": "User", "id": "ann"}, "action": {"name": "read"}, "resource": {"type": "Doc", "id": "d"}}"#;
    let eval = |arguments: &str| {
        folder
            .run_with(&format!("eval --request - {arguments}"), plain.as_bytes())
            .code
    };
    assert_eq!(eval("--policy drive"), 0);
    assert_eq!(eval("--policy drive/policy/deep/rules.dictum"), 0);
    assert_eq!(eval("--policy drive --reference"), 0);
    folder.write("none.json", "{}");
    assert_eq!(eval("--policy drive --data none.json"), 3);
    folder.run("build drive -o policy.dpa");
    assert_eq!(eval("--policy policy.dpa"), 3);
    // Errors in it are told in its place.
    folder.write("drive/data/more.json", r#"{"entities": [{"type": "Usr"}]}"#);
    folder.refuses(
        "eval --policy drive --request -",
        plain.as_bytes(),
        1,
        &["error: drive/data/more.json:1:", "help: did you mean `User`?"],
    );
    // Only who uses it asks for it.
    fs::remove_dir_all(folder.path("drive/data")).unwrap();
    assert_eq!(folder.run("check drive").code, 0);
    let says = [
        "error[D0705]: `data/*.json` matches no data",
        "drive/dictum.toml:4:9",
    ];
    folder.refuses(
        "eval --policy drive --request -",
        request(4, "read").as_bytes(),
        1,
        &says,
    );
    let eval = folder.refuses("eval --policy drive --request - --format json", b"{}", 1, &says);
    assert_eq!(eval.json()["error"]["diagnostics"][0]["code"], "D0705");
}

#[test]
fn artifacts_over_the_limit_are_not_built() {
    let folder = drive(&format!("{MANIFEST}[limits]\nartifact_bytes = 1_000_000\n"));
    assert_eq!(folder.run("build drive").code, 0);
    let folder = drive(&format!("{MANIFEST}[limits]\nartifact_bytes = 100\n"));
    let says = [
        "error[D0609]: the artifact is ",
        "drive/dictum.toml:6:18",
        "help: ",
    ];
    for command in ["build drive", "test drive"] {
        folder.refuses(command, b"", 1, &says);
    }
    assert!(folder.run("check drive").stdout.contains(says[0]));
    // A policy with errors is not told of its length.
    folder.write(
        "drive/policy/deep/rules.dictum",
        RULES.replace("level >", "levle >"),
    );
    assert!(!folder.run("check drive").stdout.contains("D0609"));
}

/// Every command says the same of a `dictum.toml` that is wrong, as of any error of a policy.
#[test]
fn mistakes_in_the_file_are_shown_in_their_place() {
    for (manifest, says) in [
        (
            "[package]\nsource = [\"policy\"]\n",
            [
                "error[D0702]: `[package]` has no key `source`",
                "drive/dictum.toml:2:1",
                "help: did you mean `sources`?",
            ],
        ),
        (
            "[package]\nsources = [\"policy\", \"test\"]\n",
            [
                "error[D0705]: `test` matches no policy",
                "drive/dictum.toml:2:22",
                "help: did you mean `tests`?",
            ],
        ),
        (
            "[package]\nsources = [\"/etc/*\"]\n",
            [
                "error[D0704]: `/etc/*` is an absolute path",
                "drive/dictum.toml:2:12",
                "help: ",
            ],
        ),
        (
            "[package]\nsources = [\"policy/../../x\"]\n",
            [
                "error[D0704]: `policy/../../x` leads out",
                "drive/dictum.toml:2:12",
                "help: ",
            ],
        ),
        (
            "[limits]\nartifact_bytes = \"big\"\n",
            [
                "error[D0703]: expected a whole number",
                "drive/dictum.toml:2:18",
                "help: ",
            ],
        ),
        (
            "[lints]\nno_such_lint = \"deny\"\n",
            [
                "error[D0706]: there is no lint `no_such_lint`",
                "drive/dictum.toml:2:1",
                "help: ",
            ],
        ),
        (
            "[package\n",
            ["error[D0701]: ", "drive/dictum.toml:1:9", "help: "],
        ),
    ] {
        let folder = drive(manifest);
        for path in ["drive", "drive/tests/a.dictum"] {
            for command in ["test", "build", "inspect", "fix"] {
                folder.refuses(&format!("{command} {path}"), b"", 1, &says);
            }
            folder.refuses(&format!("eval --policy {path} --request -"), b"{}", 1, &says);
            let check = folder.refuses(&format!("check {path}"), b"", 1, &[]);
            assert!(says.iter().all(|text| check.stdout.contains(text)), "{check:#?}");
            let check = folder
                .refuses(&format!("check {path} --format json"), b"", 1, &[])
                .json();
            assert_eq!(check["diagnostics"][0]["file"], "drive/dictum.toml");
        }
    }
    // All mistakes at once, and those of the policy, where it is known what that is.
    let folder = drive("[package]\nversion = 1\n[lints]\na = 1\n[limits]\nsteps = 0\n");
    folder.write("drive/scratch/lab.dictum", "entity Lab in Nothing\n");
    let check = folder.run("check drive --format json").json();
    let codes: Vec<&str> = check["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["D0201", "D0702", "D0703", "D0703"]);
}

#[test]
fn files_that_are_no_manifest() {
    let folder = drive("");
    for (bytes, says) in [
        (
            b"[package]\nname = \"caf\xe9\"".to_vec(),
            ["error[D0701]: the file is not UTF-8", "drive/dictum.toml:2:12"],
        ),
        (
            b"\xff\xfe[\0".to_vec(),
            ["error[D0701]: the file is not UTF-8", "drive/dictum.toml:1:1"],
        ),
        (b"a = \0".to_vec(), ["error[D0701]: ", "drive/dictum.toml:1:"]),
        (
            vec![b'#'; 3 << 20],
            [
                "error[D0701]: the file is larger than 1024 KiB",
                "drive/dictum.toml:1:1",
            ],
        ),
        (
            b"x = [".repeat(50_000),
            ["error[D0701]: ", "drive/dictum.toml:1:"],
        ),
        (
            b"[a.b.c]\n".repeat(10),
            ["error[D0701]: ", "drive/dictum.toml:2:"],
        ),
    ] {
        folder.write("drive/dictum.toml", bytes);
        let build = folder.refuses("build drive", b"", 1, &says);
        assert!(
            build.stderr.len() < 2_000,
            "{} bytes of messages",
            build.stderr.len()
        );
        folder.refuses("check drive --format json", b"", 1, &[]);
    }
    // Many mistakes are counted, and not all told.
    let keys: String = (0..5_000).map(|n| format!("k{n} = {n}\n")).collect();
    folder.write("drive/dictum.toml", format!("[limits]\n{keys}"));
    let check = folder.refuses("check drive --format json", b"", 1, &[]).json();
    assert_eq!(check["errors"], 5_000);
    assert_eq!(check["diagnostics"].as_array().unwrap().len(), 1_000);

    fs::remove_file(folder.path("drive/dictum.toml")).unwrap();
    fs::create_dir(folder.path("drive/dictum.toml")).unwrap();
    for command in ["check", "build", "test", "inspect", "fix"] {
        let says = ["error: cannot read `drive/dictum.toml`: it is a folder"];
        folder.refuses(&format!("{command} drive"), b"", 2, &says);
        folder.refuses(&format!("{command} drive --format json"), b"", 2, &says);
    }
    // What lies below is looked up past it.
    assert_eq!(folder.run("check drive/scratch/lab.dictum").code, 0);
}

#[cfg(unix)]
#[test]
fn links_permissions_and_pipes() {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    let folder = drive(MANIFEST);
    // Links that lead back are followed once.
    symlink("..", folder.path("drive/policy/up")).unwrap();
    symlink("deep", folder.path("drive/policy/deep/self")).unwrap();
    symlink("self", folder.path("drive/policy/self")).unwrap();
    let check = folder.run("check drive");
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "no errors in 3 files\n"),
        "{check:#?}"
    );
    let check = folder.run("check drive/policy/up");
    assert_eq!(check.code, 0, "{check:#?}");

    // A file that leads nowhere, and one that leads to itself.
    for target in ["missing.toml", "dictum.toml"] {
        fs::remove_file(folder.path("drive/dictum.toml")).unwrap();
        symlink(target, folder.path("drive/dictum.toml")).unwrap();
        folder.refuses(
            "check drive",
            b"",
            2,
            &["error: cannot read `drive/dictum.toml`: "],
        );
    }
    // A pipe that nobody writes to is not waited for.
    fs::remove_file(folder.path("drive/dictum.toml")).unwrap();
    let made = Command::new("mkfifo")
        .arg(folder.path("drive/dictum.toml"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        folder.refuses(
            "check drive",
            b"",
            2,
            &["error: cannot read `drive/dictum.toml`: it is no regular file"],
        );
        fs::remove_file(folder.path("drive/dictum.toml")).unwrap();
    }

    folder.write("drive/dictum.toml", MANIFEST);
    fs::set_permissions(folder.path("drive/dictum.toml"), Permissions::from_mode(0o000)).unwrap();
    // A superuser may read it.
    if fs::read(folder.path("drive/dictum.toml")).is_err() {
        for path in ["drive", "drive/tests/a.dictum"] {
            let says = ["error: cannot read `drive/dictum.toml`: permission denied"];
            folder.refuses(&format!("check {path}"), b"", 2, &says);
        }
    }
}

#[test]
fn levels_of_lints_on_the_command_line() {
    let folder = drive(MANIFEST);
    for arguments in [
        "check drive -D warnings",
        "check drive --allow warnings",
        "check drive -W warnings",
    ] {
        assert_eq!(folder.run(arguments).code, 0, "{arguments}");
    }
    for flag in ["-D", "--deny", "-W", "--warn", "-A", "--allow"] {
        folder.refuses(
            &format!("check drive {flag} warning"),
            b"",
            2,
            &[
                "error: there is no lint `warning`",
                "help: did you mean `warnings`?",
            ],
        );
    }
    folder.refuses(
        "check drive -D warnings -A warnings",
        b"",
        2,
        &["error: the lint `warnings` is given two levels", "help: "],
    );
    let folder = drive(&format!("{MANIFEST}[lints]\nwarnings = \"deny\"\n"));
    assert_eq!(folder.run("check drive").code, 0);
}
