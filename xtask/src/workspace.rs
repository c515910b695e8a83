//! The workspace itself: where it is, what is in it, and running cargo on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Outcome;

/// The version of cargo-deny that the checks were written for.
const DENY_VERSION: &str = "0.20.2";

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The crates below `crates/`, sorted.
pub fn crates() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("crates"))
        .into_iter()
        .flatten()
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// A cargo command in the root of the workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command and turns a failure into a message.
pub fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    let status = command.status().map_err(|e| format!("{shown}: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown}: {status}"))
    }
}

/// What `cargo metadata` says, without dependencies.
pub fn metadata() -> Result<Value, String> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// The folder for build results.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds the command line for release and says where it is.
pub fn release_binary() -> Result<PathBuf, String> {
    run(cargo().args(["build", "--quiet", "--release", "-p", "modelaudit-cli"]))?;
    Ok(target().join("release/modelaudit"))
}

/// Each library crate alone, with its default features: none may lean on what another turned on.
pub fn build_alone() -> Outcome {
    for name in crates() {
        println!("alone: {name}");
        run(cargo().args(["check", "--quiet", "-p", &name]))?;
    }
    Ok(())
}

/// Every fuzz body, for that many seconds each.
pub fn fuzz(seconds: &str) -> Outcome {
    let mut command = cargo();
    command.args(["test", "--release", "--workspace", "fuzz_"]);
    command.env("MODELAUDIT_FUZZ_SECONDS", seconds);
    run(&mut command)
}

/// cargo-deny's checks that need no network.
pub fn deny() -> Outcome {
    let tools = target().join("tools");
    let binary = tools.join("bin/cargo-deny");
    if !binary.exists() {
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "--no-default-features"]);
        install.args(["--version", DENY_VERSION, "cargo-deny", "--root"]);
        // Its own folder: a build of another workspace must not throw ours away.
        install
            .arg(&tools)
            .env("CARGO_TARGET_DIR", tools.join("build"));
        run(&mut install)?;
        let _ = std::fs::remove_dir_all(tools.join("build"));
    }
    // Offline, cargo-deny wants the sources of all platforms at hand, not only of this one.
    run(cargo().args(["fetch", "--quiet", "--locked"]))?;
    let mut command = Command::new(binary);
    command.current_dir(root());
    command.args(["--offline", "check", "bans", "licenses", "sources"]);
    run(&mut command)
}

/// What CI runs.
pub fn ci() -> Outcome {
    run(Command::new("bash").arg(".ci/run").current_dir(root()))
}
