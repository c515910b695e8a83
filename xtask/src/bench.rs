//! Whole-process benchmarks: time and peak memory of the release binary, beside `cat FILE >/dev/null`.

use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

use crate::bench_files::{self, Case};
use crate::{Outcome, workspace};

/// Runs a case; the best counts, since everything else is the machine's noise.
const ROUNDS: usize = 7;

/// Prints the table; only the cases whose name contains `filter`.
pub fn run(filter: Option<&str>) -> Outcome {
    let binary = workspace::release_binary()?;
    let cases = bench_files::cases().map_err(|e| format!("making the files: {e}"))?;
    println!("| case | size | time | peak memory | `cat` | time ÷ cat | asked for |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for case in &cases {
        if filter.is_none_or(|f| case.name.contains(f)) {
            one(&binary.display().to_string(), case)?;
        }
    }
    Ok(())
}

fn one(binary: &str, case: &Case) -> Outcome {
    let path = case.path.display().to_string();
    let mut command = vec![binary, "--quiet"];
    command.extend(case.options);
    command.push(&path);
    let (time, memory) = best(&command)?;
    let cat = format!("find '{path}' -type f -exec cat {{}} + >/dev/null");
    let (beside, _) = best(&["sh", "-c", &cat])?;
    let size = size(&case.path);
    println!(
        "| {} | {:.1} MB | {:.1} ms | {:.1} MB | {:.1} ms | {:.2} | {} |",
        case.name,
        size as f64 / 1e6,
        time * 1e3,
        memory as f64 / 1024.0,
        beside * 1e3,
        time / beside,
        case.goal,
    );
    Ok(())
}

fn size(path: &std::path::Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|e| size(&e.path())).sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |m| m.len()),
    }
}

/// Seconds and kibibytes of the best of several rounds, each measured by a process of its own.
fn best(command: &[&str]) -> Result<(f64, u64), String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut best: Option<(f64, u64)> = None;
    for _ in 0..ROUNDS {
        let output = Command::new(&own)
            .arg("measure")
            .args(command)
            .output()
            .map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace();
        let seconds: f64 = parse(numbers.next(), &text)?;
        let memory: u64 = parse(numbers.next(), &text)?;
        if best.is_none_or(|(s, _)| seconds < s) {
            best = Some((seconds, memory));
        }
    }
    best.ok_or_else(|| "no rounds".to_owned())
}

fn parse<T: std::str::FromStr>(number: Option<&str>, all: &str) -> Result<T, String> {
    let number = number.and_then(|n| n.parse().ok());
    number.ok_or_else(|| format!("measuring failed: {all}"))
}

/// Runs one command and prints its seconds and its peak memory in kibibytes.
pub fn measure(program: &str, args: &[&str]) -> Outcome {
    let start = Instant::now();
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| e.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|e| e.to_string())?;
    println!("{seconds} {}", usage.max_rss());
    Ok(())
}
