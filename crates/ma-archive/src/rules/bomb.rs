//! Small inputs that unpack to enormous outputs.

use ma_core::{Issue, Severity, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Members and streams that unpack to far more than they take (by default more than 200 times, from
    /// 256 MiB on; from a quarter of that as a warning), and archives that together unpack to more than
    /// the scan allows.
    /// ## Why it matters
    /// Unpacking fills memory or disk and stops the machine. It also wears out scanners, so that what
    /// lies behind the bomb is not looked at.
    /// ## What it leaves alone
    /// Ordinary compression, which rarely passes 20 times, and small files of any ratio.
    /// ## What to do
    /// Do not load or unpack it. Raise the limits only for a file whose origin you know.
    pub static ARCHIVE_BOMB = {
        code: "ARC009", name: "archive-bomb", severity: Critical,
        title: "A decompression bomb",
        aliases: ["S410"],
        references: [Cwe(409)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Bomb {
        name,
        at,
        detail,
        cut,
    } = anomaly
    else {
        return None;
    };
    let name = shown(name);
    let severity = if *cut {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let text = format!("`{name}`: {detail}");
    let issue = Issue::new(&ARCHIVE_BOMB, text).severity(severity);
    Some(issue.at(at.clone()).route(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_is_worse_than_what_was_read_whole() {
        let severity = |cut| {
            let (name, detail) = ("a".into(), "x".into());
            let bomb = Anomaly::Bomb {
                name,
                at: 0..1,
                detail,
                cut,
            };
            issue(&bomb).map(|i| i.severity)
        };
        assert_eq!(severity(true), Some(Severity::Critical));
        assert_eq!(severity(false), Some(Severity::Warning));
        let other = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
