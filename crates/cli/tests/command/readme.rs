//! The README's walk-through, step by step in an empty folder: its files are written, its edits made, its commands run, and
//! what they print is what stands there.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a code block is for, as the comment before it says.
enum Marker<'a> {
    None,
    /// `<!-- file: NAME -->`: the block is a file of the reader's.
    File(&'a str),
    /// `<!-- edit: NAME OLD NEW -->`: the first OLD in a file becomes NEW, before the block.
    Edit(&'a str),
}

#[test]
fn the_walk_through_is_what_happens() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut lines = readme.lines();
    let mut marker = Marker::None;
    let (mut files, mut commands) = (0, 0);
    while let Some(line) = lines.next() {
        let comment = line
            .strip_prefix("<!-- ")
            .and_then(|line| line.strip_suffix(" -->"));
        if let Some((kind, rest)) = comment.and_then(|comment| comment.split_once(": ")) {
            marker = match kind {
                "file" => Marker::File(rest),
                "edit" => Marker::Edit(rest),
                _ => Marker::None,
            };
            continue;
        }
        let Some(fence) = line.strip_prefix("```") else {
            continue;
        };
        let block: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        match std::mem::replace(&mut marker, Marker::None) {
            Marker::File(name) => {
                fs::write(folder.path().join(name), &block).unwrap();
                files += 1;
            }
            Marker::Edit(edit) => {
                let mut words = edit.split(' ');
                let (name, old, new) = (
                    words.next().unwrap(),
                    words.next().unwrap(),
                    words.next().unwrap(),
                );
                let path = folder.path().join(name);
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.contains(old), "{name} has no `{old}`");
                fs::write(path, text.replacen(old, new, 1)).unwrap();
            }
            Marker::None => {}
        }
        if fence == "console" {
            let shown = block.lines().filter_map(|line| line.strip_prefix("$ "));
            let happens: String = shown
                .map(|command| format!("$ {command}\n{}", run(command, folder.path())))
                .collect();
            assert_eq!(happens, block, "what the README shows is not what happens");
            commands += 1;
        }
    }
    assert!(
        files >= 3 && commands >= 3,
        "{files} files and {commands} blocks of commands: where are the others?"
    );
}

/// What a command line prints, on both streams together.
fn run(command: &str, folder: &Path) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_dictum")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}; }} 2>&1")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("NO_COLOR", "1")
        .output()
        .expect("there is a shell");
    String::from_utf8(output.stdout).unwrap()
}
