//! Llamafiles: executables that carry a model in a zip at their end.
//!
//! ```text
//! MZqFpD='  …    a Windows, Linux, macOS and BSD program at once, which is also a shell script (APE)
//! …
//! zip           .args (one argument a line), *.gguf (stored), usr/share/…, symbol tables
//! ```
//!
//! Whoever opens archives opens the zip, so the models and everything else in it are scanned on their
//! own. Here it is said what the whole is, and what it would be started with. A program that is no APE
//! file counts when a model lies in its zip. The machine code itself is not judged.

use ma_core::{
    Container, Coverage, Cx, Entry, EntryId, FormatInfo, GapReason, Match, Probe, ScanError,
    Scanner, Target,
};

use crate::parse::known_beginning;
use crate::rules::{self, llamafile, llamafile_arguments, llamafile_member, llamafile_shell};

/// Scans llamafiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Llamafile;

static INFO: FormatInfo = FormatInfo {
    id: "llamafile",
    title: "llamafile (a program with a model inside)",
    extensions: &["llamafile"],
    kinds: &[],
    runs_code: true,
    recognised_by: "The first bytes of an APE program (`MZqFpD='`), or any program with a GGUF model or `.args` in a zip at its end.",
    checks: "That it is a program at all, its shell part, its arguments, and which foreign members its zip has; models in it are scanned on their own.",
    spec: "https://github.com/mozilla-ai/llamafile, https://justine.lol/ape.html",
    rules: rules::LLAMAFILE_RULES,
};

/// Bytes in which the shell part lies.
const SHELL: usize = 64 * 1024;
/// Bytes of `.args` that are read.
const ARGS: u64 = 64 * 1024;

/// Whether a file with these first bytes is an APE program.
#[must_use]
pub fn is_ape(head: &[u8]) -> bool {
    head.starts_with(b"MZqFpD='") || head.starts_with(b"jartsr='") || head.starts_with(b"APEDBG='")
}

fn is_program(head: &[u8]) -> bool {
    is_ape(head) || known_beginning(head).is_some_and(|n| n.contains("program") || n == "script")
}

fn is_model(entry: &Entry) -> bool {
    entry.is_file() && ma_core::artifact::extension(&entry.name) == "gguf"
}

impl Scanner for Llamafile {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let found = match probe.members {
            None => is_ape(probe.head) || (probe.named(&INFO) && is_program(probe.head)),
            Some(members) => {
                is_program(probe.head) && members.iter().any(|e| is_model(e) || e.name == ".args")
            }
        };
        if found { Match::Strong } else { Match::No }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let head = artifact.blob.head(SHELL)?;
        if !is_program(&head) {
            return Ok(Coverage::Foreign);
        }
        let ape = is_ape(&head);
        match target {
            Target::Bytes(_) => {
                let kind = if ape { "An APE program" } else { "A program" };
                cx.issue(llamafile::check(artifact, kind, &[]))?;
                for issue in llamafile_shell::check(&head) {
                    cx.issue(issue)?;
                }
            }
            Target::Members(_, container) => {
                // The bytes were told about already where they say by themselves what they are.
                let told = ape || artifact.path.extension() == "llamafile";
                let entries = container.entries();
                if !told {
                    let models = entries.iter().filter(|e| is_model(e));
                    let models: Vec<&str> = models.map(|e| e.name.as_str()).collect();
                    let kind = "A program with a zip of models";
                    cx.issue(llamafile::check(artifact, kind, &models))?;
                }
                for issue in llamafile_member::check(entries) {
                    cx.issue(issue)?;
                }
                return arguments(container.as_ref(), cx);
            }
        }
        Ok(Coverage::Complete)
    }
}

/// The arguments that it is started with.
fn arguments(container: &dyn Container, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
    let mut complete = true;
    for (i, entry) in container.entries().iter().enumerate() {
        if entry.name != ".args" || !entry.is_file() {
            continue;
        }
        let blob = container.open(EntryId(i), cx)?;
        let end = blob.len().min(ARGS);
        let bytes = blob.read(0..end, cx.budget())?;
        if end < blob.len() {
            let detail = format!("of the arguments the first {ARGS} bytes were read");
            cx.gap(GapReason::Limit, detail);
            complete = false;
        }
        for issue in llamafile_arguments::check(&String::from_utf8_lossy(&bytes)) {
            cx.issue(issue)?;
        }
    }
    Ok(if complete {
        Coverage::Complete
    } else {
        Coverage::Partial
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::build::llamafile;
    use ma_core::Severity;
    use ma_testkit::run;

    /// The severity with which `rule` fires on the bytes, if it does.
    pub(crate) fn fired(rule: &str, file: &[u8]) -> Option<Severity> {
        let artifact = run::artifact("x.llamafile", file);
        if run::probe(&Llamafile, &artifact) == Match::No {
            return None;
        }
        let found = run::scan_artifact(&Llamafile, &artifact);
        let mut issues = found.issues.into_iter();
        issues.find(|i| i.rule.name == rule).map(|i| i.severity)
    }

    #[test]
    fn programs_are_told_from_archives() {
        let probe = |name: &str, bytes: &[u8]| run::probe(&Llamafile, &run::artifact(name, bytes));
        let ape = llamafile(&[]);
        assert_eq!(probe("x.gguf", &ape), Match::Strong);
        assert_eq!(
            probe("x.llamafile", b"\x7fELF\x02\x01\x01\0"),
            Match::Strong
        );
        assert_eq!(probe("x.elf", b"\x7fELF\x02\x01\x01\0"), Match::No);
        assert_eq!(probe("x.llamafile", b"PK\x03\x04"), Match::No);
    }
}
