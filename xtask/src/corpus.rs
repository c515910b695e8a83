//! Makes test files with the real libraries, in a folder that git ignores, fetches real models beside them,
//! and scans all of it.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, eval, models, workspace};

/// Fills `dir` and evaluates what is there.
pub fn run(dir: &str) -> Outcome {
    let dir = workspace::root().join(dir);
    std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    let python = virtual_environment(&dir)?;
    let scripts = workspace::root().join("xtask/corpus");
    let mut outcome = Ok(());
    for script in ["evil.py", "benign.py"] {
        workspace::run(Command::new(&python).arg(scripts.join(script)).arg(&dir))?;
    }
    for manifest in ["manifest.tsv", "benign_manifest.tsv"] {
        println!("== {manifest}");
        let path = dir.join(manifest);
        workspace::run(
            Command::new(&python)
                .arg(scripts.join("expect.py"))
                .arg(&path),
        )?;
        outcome = outcome.and(eval::run(&path.display().to_string()));
    }
    println!("== real models");
    models::run(&dir.join("models").display().to_string())?;
    outcome
}

/// A Python environment of its own, with what the scripts need.
fn virtual_environment(dir: &Path) -> Result<std::path::PathBuf, String> {
    let environment = dir.join("venv");
    let python = environment.join("bin/python");
    if !python.exists() {
        let mut make = Command::new("python3");
        workspace::run(make.args(["-m", "venv"]).arg(&environment))?;
        let list = workspace::root().join("xtask/corpus/requirements.txt");
        let mut install = Command::new(&python);
        install
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(list);
        workspace::run(&mut install)?;
    }
    Ok(python)
}
