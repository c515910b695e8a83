//! TorchServe archives (`.mar`) and workflows (`.war`).
//!
//! ```text
//! MAR-INF/MANIFEST.json   {model: {handler, modelFile, serializedFile, requirementsFile, configFile,
//!                          extraFiles, ...}}
//! WAR-INF/MANIFEST.json   {workflow: {specFile, handler, ...}}
//! <everything else>       the files that the manifest names
//! ```
//!
//! Follows `model-archiver` and `frontend/archive` of pytorch/serve 0.12.

use ma_core::{
    Coverage, Cx, Entry, FormatInfo, Inspection, Kind, Match, Probe, ScanError, Scanner, Target,
};

use super::coverage;
use crate::parse::json::{Strings, strings};
use crate::parse::native::{native_kind, telling_imports};
use crate::records::{MAX_SMALL, Records};
use crate::rules::{
    native_code, serve_handler, serve_manifest, serve_requirements, serve_yaml_tag,
};
use serve_manifest::{BUILT_IN, Fault, PATH_KEYS};

/// Scans TorchServe archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchServe;

static INFO: FormatInfo = FormatInfo {
    id: "torchserve",
    title: "TorchServe archive",
    extensions: &["mar", "war", "zip", "gz", "tgz"],
    kinds: &[],
    runs_code: true,
    recognised_by: "The member `MAR-INF/MANIFEST.json` or `WAR-INF/MANIFEST.json`.",
    checks: "The manifest's paths and files, requirements, YAML tags, native code; handlers without `.py` are handed out.",
    spec: "https://github.com/pytorch/serve/tree/master/model-archiver",
    rules: &[
        &serve_manifest::SERVE_PATH,
        &serve_manifest::SERVE_MANIFEST,
        &serve_handler::SERVE_HANDLER,
        &serve_requirements::SERVE_REQUIREMENTS,
        &serve_yaml_tag::SERVE_YAML_TAG,
        &native_code::NATIVE_CODE,
    ],
};

/// What a handler is handed out as: Python whose entry points the server calls.
const HANDLER: Kind = Kind::new("torchserve-handler");
/// Issues of one kind per file.
const MAX_ISSUES: usize = 20;

fn is_manifest(name: &str) -> bool {
    let name = name.strip_prefix("./").unwrap_or(name);
    ["MAR-INF/MANIFEST.json", "WAR-INF/MANIFEST.json"]
        .iter()
        .any(|manifest| name.eq_ignore_ascii_case(manifest))
        || name.ends_with("/MAR-INF/MANIFEST.json")
}

impl Scanner for TorchServe {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let has = |entries: &[Entry]| entries.iter().any(|e| is_manifest(&e.name));
        match probe.members {
            Some(entries) if has(entries) => Match::Strong,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        let mut requirements = vec!["requirements.txt".to_owned()];
        for (id, entry) in records.files() {
            if !is_manifest(&entry.name) {
                continue;
            }
            let Some(json) = records.read(id, MAX_SMALL, cx)? else {
                continue;
            };
            let manifest = strings(&json, &|_, _| true);
            check_manifest(&records, &manifest, cx)?;
            requirements.extend(
                manifest
                    .at(&["model", "requirementsFile"])
                    .map(str::to_owned),
            );
        }
        for (id, entry) in records.files() {
            cx.budget().charge_steps(1)?;
            let name = entry.name.as_str();
            match ma_core::artifact::extension(name).as_str() {
                // Their name says what they are: they are scanned as members without a hint.
                "py" => {}
                "yaml" | "yml" => check_lines(&records, id, serve_yaml_tag::check, cx)?,
                _ if requirements.iter().any(|r| r.as_str() == name) => {
                    check_lines(&records, id, serve_requirements::check, cx)?;
                }
                _ => check_native(&records, id, cx)?,
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let records = Records::new(container);
        let mut facts = Vec::new();
        for (id, entry) in records.files().filter(|(_, e)| is_manifest(&e.name)) {
            let Some(json) = records.read(id, MAX_SMALL, cx)? else {
                continue;
            };
            facts.push(("manifest".to_owned(), entry.name.clone()));
            let values = strings(&json, &|_, _| true).found;
            facts.extend(values.into_iter().map(|f| (f.path.join("."), f.text)));
        }
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts,
            sections: Vec::new(),
        }))
    }
}

fn check_manifest(
    records: &Records<'_>,
    manifest: &Strings,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    if let Some(error) = &manifest.error {
        cx.issue(serve_manifest::check_fault(&Fault::Broken(error.clone())))?;
    }
    for key in manifest.repeated.iter().take(MAX_ISSUES) {
        cx.issue(serve_manifest::check_fault(&Fault::Repeated(key.clone())))?;
    }
    for found in &manifest.found {
        let Some(key) = found
            .path
            .iter()
            .find(|key| PATH_KEYS.contains(&key.as_str()))
        else {
            continue;
        };
        // The archiver writes lists of files with commas.
        for path in found
            .text
            .split(',')
            .map(str::trim)
            .filter(|p| !p.is_empty())
        {
            check_file(records, key, path, cx)?;
        }
    }
    Ok(())
}

fn check_file(
    records: &Records<'_>,
    key: &str,
    path: &str,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    if let Some(issue) = serve_manifest::check_path(key, path) {
        return cx.issue(issue);
    }
    // `handler.py:function` names a function; a handler without `.py` is built in, or a module.
    let file = path.split(':').next().unwrap_or(path);
    if key == "extensions" || (key == "handler" && BUILT_IN.contains(&file)) {
        return Ok(());
    }
    let inside = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or(name);
        !records.at(name).is_empty() || !records.at(base).is_empty()
    };
    let candidates = [file.to_owned(), format!("{file}.py")];
    if !candidates.iter().any(|name| inside(name)) && !inside_folder(records, file) {
        let fault = Fault::Missing(key.to_owned(), path.to_owned());
        return cx.issue(serve_manifest::check_fault(&fault));
    }
    if matches!(key, "handler" | "modelFile") {
        cx.issue(serve_handler::check(key, path))?;
        // Source under another name than `.py` needs to be said to be source.
        if let Some(id) = records.at(file).last()
            && ma_core::artifact::extension(file) != "py"
            && let Some(blob) = records.open(*id, cx)?
        {
            cx.child(file, blob, Some(HANDLER))?;
        }
    }
    Ok(())
}

/// Whether `path` is a folder of the archive, or a file below one folder at the top.
fn inside_folder(records: &Records<'_>, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    let below = format!("/{path}");
    records
        .files()
        .any(|(_, e)| e.name.starts_with(&folder) || e.name.ends_with(&below))
}

fn check_lines(
    records: &Records<'_>,
    id: ma_core::EntryId,
    check: fn(&str, &str) -> Option<ma_core::Issue>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(text) = records.read(id, MAX_SMALL, cx)? else {
        return Ok(());
    };
    cx.budget().charge_steps(text.len() as u64)?;
    let text = String::from_utf8_lossy(&text);
    let issues = text
        .lines()
        .filter_map(|line| check(records.name(id), line));
    for issue in issues.take(MAX_ISSUES) {
        cx.issue(issue)?;
    }
    Ok(())
}

fn check_native(
    records: &Records<'_>,
    id: ma_core::EntryId,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(head) = records.head(id, 64, cx)? else {
        return Ok(());
    };
    // Two bytes are too few to tell a Windows program from numbers.
    let Some(kind) =
        native_kind(&head).filter(|_| !head.starts_with(b"MZ") || head.starts_with(b"MZ\x90\0"))
    else {
        return Ok(());
    };
    let imports = match records.open(id, cx)? {
        Some(blob) => telling_imports(&blob, cx.budget())?,
        None => Vec::new(),
    };
    cx.issue(native_code::check(records.name(id), kind, false, &imports))
}
