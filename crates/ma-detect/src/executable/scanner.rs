//! Takes artifacts that are native executables.

use ma_core::{
    Coverage, Cx, Evidence, FormatInfo, Issue, Kind, Match, Probe, ScanError, Scanner, Severity,
    Target, scanner::PROBE_HEAD,
};

use super::{EXECUTABLE_FILE, Native, RULES, recognise};

/// Takes artifacts that are native executables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Executable;

static INFO: FormatInfo = FormatInfo {
    id: "executable",
    title: "Native executable",
    extensions: &[
        "exe", "dll", "so", "dylib", "pyd", "node", "o", "elf", "cubin", "hsaco",
    ],
    kinds: &[Kind::EXECUTABLE],
    runs_code: true,
    recognised_by: "ELF, PE or Mach-O header whose fields are those that a linker writes",
    checks: "that it is there at all, and under which name",
    spec: "System V gABI 4.1; Microsoft PE/COFF; Apple mach-o/loader.h",
    rules: RULES,
};

impl Scanner for Executable {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let native = recognise(probe.head, probe.len());
        if probe.members.is_none() && native.is_some_and(|n| n != Native::GpuElf) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let head = artifact.blob.head(PROBE_HEAD)?;
        let native = recognise(&head, artifact.blob.len());
        let Some(native) = native.filter(|n| *n != Native::GpuElf) else {
            return Ok(Coverage::Complete);
        };
        let extension = artifact.path.extension();
        let named_so = INFO.extensions.contains(&extension.as_str());
        let severity = if artifact.depth == 0 && named_so {
            Severity::Info
        } else {
            Severity::Warning
        };
        let shown = head.get(..16).unwrap_or(&head);
        let message = format!("Native executable for {}", native.title());
        cx.issue(
            Issue::new(&EXECUTABLE_FILE, message)
                .severity(severity)
                .at(0..artifact.blob.len())
                .evidence(Evidence::bytes("header", shown)),
        )?;
        Ok(Coverage::Complete)
    }
}
