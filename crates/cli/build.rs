//! Makes a table of the pages of `docs/diagnostics/`, which `dictum explain-code` shows: a page that is put there is in it.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../docs/diagnostics");
    let folder = folder
        .canonicalize()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let code = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.extension().is_none_or(|extension| extension != "md") || code == "README" {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path)?;
        let title = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix(&format!("# {code}: ")))
            .ok_or_else(|| {
                format!(
                    "{}: a page starts with `# {code}: ` and the meaning",
                    path.display()
                )
            })?
            .to_owned();
        pages.push((code, title, path));
    }
    pages.sort();
    let mut table = String::from("&[\n");
    for (code, title, path) in pages {
        writeln!(
            table,
            "    Page {{ code: {code:?}, title: {title:?}, text: include_str!({path:?}) }},"
        )?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pages.rs"), table)?;
    Ok(())
}
