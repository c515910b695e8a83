//! Names that leave the folder an archive is unpacked to.

use ma_core::{Cx, Evidence, Issue, ScanError, Severity, declare_rule};

use super::{Told, shown};
use crate::anomaly::Member;
use crate::paths::{self, Escape};

declare_rule! {
    /// ## What it finds
    /// Member names that lead out of the folder that an archive is unpacked to: `..` above the top,
    /// absolute paths, drive letters, network shares, and a NUL where some readers end the name. Milder
    /// forms (backslashes as separators, `..` that stays inside, `~`, empty and very long names) are
    /// reported as warnings. Names that only a second header gives are checked too.
    /// ## Why it matters
    /// A program that unpacks the archive without checking writes the file where the attacker wants:
    /// over a start-up script, a library, or another model.
    /// ## What it leaves alone
    /// Relative names, `./` in front, doubled slashes, and names that merely contain dots or a colon.
    /// An archive whose only member has the archive's own name with a path before it, as pandas writes
    /// it, is reported as information.
    /// ## What to do
    /// Do not unpack it. If you must, use a tool that refuses such names, in an empty folder.
    pub static ARCHIVE_PATH_ESCAPE = {
        code: "ARC001", name: "archive-path-escape", severity: Critical,
        title: "A member's name leads out of the archive's folder",
        aliases: ["S405"],
        references: [Cwe(22), Article("https://security.snyk.io/research/zip-slip-vulnerability")],
    }
}

/// Names longer than file systems take.
const LONG: usize = 4096;

/// Looks at all names.
pub(crate) fn check<'m>(
    members: impl Iterator<Item = &'m Member> + Clone,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let own = file_name(cx.path().name()).to_owned();
    let mut lone = members.clone().take(2);
    let lone = lone.next().is_some() && lone.next().is_none();
    let mut told = Told::default();
    for member in members {
        let names = [Some(&member.entry.name), member.other_name.as_ref()];
        for name in names.into_iter().flatten() {
            if let Some((mut severity, what)) = judge(name, member.is_directory()) {
                // pandas names the only member like the file that it writes, with the full path.
                let itself = lone && paths::escape(name) == Some(Escape::Absolute);
                if itself && !own.is_empty() && file_name(name) == own && !paths::has_parent(name) {
                    severity = Severity::Info;
                }
                if !told.more(severity) {
                    continue;
                }
                let issue = Issue::new(
                    &ARCHIVE_PATH_ESCAPE,
                    format!("the member `{}` {what}", shown(name)),
                );
                let issue = issue
                    .severity(severity)
                    .at(member.at.clone())
                    .route(shown(name));
                cx.issue(issue.evidence(Evidence::text("name", shown(name))))?;
            }
        }
    }
    Ok(())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Looks at the name that a compressed stream carries for its content: few tools use it.
pub(crate) fn stored_name(
    name: &str,
    at: std::ops::Range<u64>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(escape) = paths::escape(name) else {
        return Ok(());
    };
    let text = format!("the stored name `{}` {}", shown(name), escape.text());
    let issue = Issue::new(&ARCHIVE_PATH_ESCAPE, text).severity(Severity::Info);
    cx.issue(issue.at(at).evidence(Evidence::text("name", shown(name))))
}

fn judge(name: &str, directory: bool) -> Option<(Severity, &'static str)> {
    if let Some(escape) = paths::escape(name) {
        // The root itself, as some tars list it, is no file.
        let root = directory && matches!(escape, Escape::Absolute) && paths::plain(name).is_empty();
        return (!root).then(|| (Severity::Critical, escape.text()));
    }
    let mild = if name.is_empty() {
        "has no name at all"
    } else if paths::has_parent(name) {
        "goes up and down again in its path"
    } else if name.starts_with("~/") || name == "~" {
        "starts in a home folder for programs that expand `~`"
    } else if name.contains('\\') {
        "has backslashes, which are separators on some systems and not on others"
    } else if name.len() > LONG {
        "has a name longer than any file system takes"
    } else {
        return None;
    };
    Some((Severity::Warning, mild))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_names_that_leave_and_not_on_others() {
        for name in ["../x", "/x", "a/../../x", "C:\\x", "\\\\h\\x", "a\0b"] {
            assert_eq!(
                judge(name, false).map(|j| j.0),
                Some(Severity::Critical),
                "{name}"
            );
        }
        for name in ["", "a/../b", "~/x", "a\\b", &"x".repeat(5000)] {
            assert_eq!(
                judge(name, false).map(|j| j.0),
                Some(Severity::Warning),
                "{name}"
            );
        }
        for name in ["a/b", "./a", "a//b", "...", "w:0.npy", "..a/b"] {
            assert_eq!(judge(name, false), None, "{name}");
        }
        assert_eq!(judge("/", true), None);
    }
}
