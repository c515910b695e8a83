//! Devices and pipes.

use ma_core::{Cx, EntryKind, Issue, ScanError, Severity, declare_rule};

use super::{Told, shown};
use crate::anomaly::Member;

declare_rule! {
    /// ## What it finds
    /// Members that are devices, named pipes or sockets; as information, programs that are to run with
    /// the rights of their owner (setuid, setgid).
    /// ## Why it matters
    /// Unpacked by a privileged user, a device gives access to the disk or memory behind it; a pipe
    /// makes the program that opens it wait for ever. A model has no use for either.
    /// ## What it leaves alone
    /// Files, folders and links.
    /// ## What to do
    /// Do not unpack it.
    pub static ARCHIVE_SPECIAL_FILE = {
        code: "ARC003", name: "archive-special-file", severity: Critical,
        title: "A member is a device or a pipe",
        references: [Cwe(434)],
    }
}

/// Looks at all kinds.
pub(crate) fn check<'m>(
    members: impl Iterator<Item = &'m Member>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut told = Told::default();
    for member in members {
        if member.claimed == EntryKind::Special && told.more(Severity::Critical) {
            let name = shown(&member.entry.name);
            let text = format!("the member `{name}` is a device, pipe or socket");
            let issue = Issue::new(&ARCHIVE_SPECIAL_FILE, text).at(member.at.clone());
            cx.issue(issue.route(name))?;
        } else if member.setuid && told.more(Severity::Info) {
            let name = shown(&member.entry.name);
            let text = format!("the member `{name}` is to run with the rights of its owner");
            let issue = Issue::new(&ARCHIVE_SPECIAL_FILE, text).severity(Severity::Info);
            cx.issue(issue.at(member.at.clone()).route(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests_support::{member, run};

    #[test]
    fn fires_on_special_files_only() {
        let all = |m: &[Member], cx: &mut Cx<'_>| check(m.iter(), cx);
        assert_eq!(run(all, &[member("d", EntryKind::Special)]), 1);
        let plain = [
            member("f", EntryKind::File),
            member("g/", EntryKind::Directory),
        ];
        assert_eq!(run(all, &plain), 0);
    }
}
