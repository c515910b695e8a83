//! Members that Keras does not put into its archives.

use ma_core::{Evidence, Issue, declare_rule};

use super::shown;

declare_rule! {
    /// ## What it finds
    /// A program, a script, a native library, a pickle or another archive in a Keras archive, by content or name.
    /// ## Why it matters
    /// Keras writes a configuration, metadata, weights and assets such as word lists. Whoever adds something else that can run wants it to be run, by a second step that is not in this file.
    /// ## What it leaves alone
    /// Assets of models, texts and pictures, SavedModels in the assets; the members themselves are scanned on their own.
    /// ## What to do
    /// Ask what the member is for; do not run it.
    pub static FOREIGN_MEMBER = {
        code: "KER017", name: "keras-foreign-member", severity: Warning,
        title: "The archive holds something that is no part of a Keras model",
        references: [Cwe(506)],
    }
}

/// Extensions of what runs or unpickles.
const ACTIVE: &[(&[&str], &str)] = &[
    (&["py", "pyw", "ipynb"], "Python source"),
    (&["pyc", "pyo"], "Python bytecode"),
    (
        &[
            "so", "dll", "dylib", "pyd", "exe", "com", "scr", "msi", "jar", "class",
        ],
        "a program",
    ),
    (
        &["sh", "bash", "bat", "cmd", "ps1", "vbs", "js", "hta", "lnk"],
        "a script",
    ),
    (
        &[
            "pkl", "pickle", "pck", "joblib", "dill", "pt", "pth", "ckpt",
        ],
        "a pickle",
    ),
    (
        &["zip", "tar", "gz", "tgz", "7z", "rar", "whl", "egg"],
        "an archive",
    ),
];

/// What a member is that has no place in a Keras archive.
pub(crate) fn what(name: &str, head: &[u8]) -> Option<&'static str> {
    if let Some(what) = by_content(head) {
        return Some(what);
    }
    let extension = ma_core::artifact::extension(name);
    let found = ACTIVE
        .iter()
        .find(|(list, _)| list.contains(&extension.as_str()));
    found.map(|(_, what)| *what)
}

fn by_content(head: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| head.starts_with(magic);
    let dos = begins(b"MZ") && head.len() > 64 && head.iter().take(64).any(|b| *b == 0);
    let mach = begins(&[0xcf, 0xfa, 0xed, 0xfe])
        || begins(&[0xce, 0xfa, 0xed, 0xfe])
        || begins(&[0xca, 0xfe, 0xba, 0xbe]);
    if begins(b"\x7fELF") || dos || mach {
        return Some("a program");
    }
    if begins(b"#!") {
        return Some("a script");
    }
    if let [0x80, 2..=5, opcode, ..] = head
        && matches!(
            opcode,
            b'c' | b'}' | b']' | b'(' | b'K' | b'X' | 0x95 | 0x8c
        )
    {
        return Some("a pickle");
    }
    None
}

/// The issue of one member.
pub(crate) fn check(name: &str, head: &[u8]) -> Option<Issue> {
    let what = what(name, head)?;
    Some(
        Issue::new(
            &FOREIGN_MEMBER,
            format!("the member `{}` is {what}", shown(name)),
        )
        .route(shown(name))
        .evidence(Evidence::bytes(
            "first bytes",
            head.get(..16).unwrap_or(head),
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::what;

    #[test]
    fn content_goes_before_the_name() {
        assert_eq!(what("assets/x.txt", b"\x7fELF\x02"), Some("a program"));
        assert_eq!(what("assets/run.py", b"import os"), Some("Python source"));
        assert_eq!(what("assets/words.txt", b"the\nof\n"), None);
        assert_eq!(what("assets/x.bin", b"\x80\x04\x95"), Some("a pickle"));
        assert_eq!(what("assets/saved/saved_model.pb", b"\x08\x01"), None);
    }
}
