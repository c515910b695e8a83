//! Links that lead out of the folder an archive is unpacked to.

use ma_core::{Cx, EntryKind, Evidence, Issue, ScanError, Severity, declare_rule};

use super::{Told, shown};
use crate::anomaly::Member;
use crate::paths::{Leads, Links, escape};

declare_rule! {
    /// ## What it finds
    /// Symbolic and hard links whose target lies outside the folder that the archive is unpacked to,
    /// also when only several links together lead there; and members whose path goes through a link
    /// that the same archive makes.
    /// ## Why it matters
    /// A link that points outside lets the next member be written through it, to a place of the
    /// attacker's choice; a loader that follows it reads a file that is not the model's. Several
    /// unpackers with a check for `..` were passed this way (CVE-2025-4517, CVE-2025-4330).
    /// ## What it leaves alone
    /// Links whose targets stay inside.
    /// ## What to do
    /// Do not unpack it.
    pub static ARCHIVE_LINK_ESCAPE = {
        code: "ARC002", name: "archive-link-escape", severity: Critical,
        title: "A link leads out of the archive's folder",
        aliases: ["S406"],
        references: [Cwe(59), Cve("CVE-2025-4517"), Cve("CVE-2025-4330"), Cve("CVE-2025-4138")],
    }
}

/// Looks at all links, and at all members once there are links.
pub(crate) fn check<'m>(
    members: impl Iterator<Item = &'m Member> + Clone,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut links = Links::default();
    for member in members.clone() {
        if let EntryKind::Symlink(target) = &member.claimed {
            links.add(&member.entry.name, target);
        }
    }
    let mut told = Told::default();
    for member in members {
        let name = &member.entry.name;
        let (target, leaves) = match &member.claimed {
            EntryKind::Symlink(target) => (target, links.target(name, target) == Leads::Outside),
            EntryKind::Hardlink(target) => {
                let outside = escape(target).is_some() || links.member(target) == Leads::Outside;
                (target, outside)
            }
            _ => {
                through(member, &links, &mut told, cx)?;
                continue;
            }
        };
        if leaves && told.more(Severity::Critical) {
            let (name, target) = (shown(name), shown(target));
            let text = format!("the link `{name}` leads outside, to `{target}`");
            let issue = Issue::new(&ARCHIVE_LINK_ESCAPE, text).at(member.at.clone());
            cx.issue(issue.route(name).evidence(Evidence::text("target", target)))?;
        } else {
            through(member, &links, &mut told, cx)?;
        }
    }
    Ok(())
}

fn through(
    member: &Member,
    links: &Links,
    told: &mut Told,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    if links.is_empty() {
        return Ok(());
    }
    let name = &member.entry.name;
    let text = match links.member(name) {
        Leads::Inside => return Ok(()),
        // A name with too many `..` is the business of the rule for names.
        Leads::Outside if escape(name).is_some() => return Ok(()),
        Leads::Outside => format!(
            "the member `{}` would be written outside, through a link",
            shown(name)
        ),
        Leads::Through(link) => format!(
            "the member `{}` would be written through the link `{}` of the same archive",
            shown(name),
            shown(&link)
        ),
    };
    if !told.more(Severity::Critical) {
        return Ok(());
    }
    let issue = Issue::new(&ARCHIVE_LINK_ESCAPE, text).at(member.at.clone());
    cx.issue(issue.route(shown(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests_support::{member, run};

    #[test]
    fn fires_on_targets_outside_and_on_chains() {
        let link = |name, target: &str| member(name, EntryKind::Symlink(target.into()));
        let file = |name| member(name, EntryKind::File);
        let hard = |name, target: &str| member(name, EntryKind::Hardlink(target.into()));
        assert_eq!(run(check_all, &[link("l", "/etc/passwd")]), 1);
        assert_eq!(run(check_all, &[link("a/l", "../../x")]), 1);
        assert_eq!(run(check_all, &[link("l", "."), file("l/x")]), 1);
        assert_eq!(run(check_all, &[hard("h", "../x")]), 1);
        // Each of the links is harmless by itself.
        let chain = [link("a/b/up", ".."), link("out", "a/b/up/../../x")];
        assert_eq!(run(check_all, &chain), 1);
    }

    #[test]
    fn silent_on_targets_inside() {
        let link = |name, target: &str| member(name, EntryKind::Symlink(target.into()));
        let hard = |name, target: &str| member(name, EntryKind::Hardlink(target.into()));
        let inside = [
            link("a/l", "../b"),
            hard("a/h", "b"),
            member("b", EntryKind::File),
        ];
        assert_eq!(run(check_all, &inside), 0);
    }

    fn check_all(members: &[Member], cx: &mut Cx<'_>) -> Result<(), ScanError> {
        check(members.iter(), cx)
    }
}
