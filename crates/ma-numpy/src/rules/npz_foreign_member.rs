//! Members of an npz that are no arrays.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::npz::content;

declare_rule! {
    /// ## What it finds
    /// A member of an npz archive whose name does not end in `.npy`.
    /// ## Why it matters
    /// `np.load` gives such a member to the program as raw bytes, and programs that put pickles, scripts or other files into an npz load them by themselves. A pickle there escapes `allow_pickle=False`, which many take for the safe setting.
    /// ## What it leaves alone
    /// Members named `.npy`, whatever they hold: they are looked at on their own. Programs, scripts and archives are Warning.
    /// ## What to do
    /// Look at what was reported for the member itself.
    pub static NPZ_FOREIGN_MEMBER = {
        code: "NPY010", name: "npz-foreign-member", severity: Info,
        title: "A member of the npz archive is no array",
        references: [Cwe(502), Spec("https://numpy.org/doc/stable/reference/generated/numpy.savez.html")],
    }
}

/// A member that is not named `.npy`.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its first bytes.
    pub head: &'a [u8],
}

/// Fires on every such member; on arrays under another name as Info.
#[must_use]
pub fn check(member: &Member<'_>) -> Option<Issue> {
    let what = content(member.head);
    let severity = match what {
        // A pickle is looked at on its own, and what it does decides.
        Some("array" | "pickle") | None => Severity::Info,
        Some(_) => Severity::Warning,
    };
    let is = what.map_or_else(String::new, |what| format!(" and starts like a {what}"));
    Some(
        Issue::new(
            &NPZ_FOREIGN_MEMBER,
            format!("the member {} is not named .npy{is}", member.name),
        )
        .severity(severity)
        .route(member.name)
        .evidence(Evidence::bytes(
            "first bytes",
            member.head.get(..16).unwrap_or(member.head),
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_the_content() {
        let severity = |name, head| check(&Member { name, head }).map(|i| i.severity);
        assert_eq!(severity("x.pkl", b"\x80\x04N."), Some(Severity::Info));
        assert_eq!(severity("x", b"\x7fELF"), Some(Severity::Warning));
        assert_eq!(severity("x.txt", b"read me"), Some(Severity::Info));
        assert_eq!(severity("x", b"\x93NUMPY\x01"), Some(Severity::Info));
    }
}
