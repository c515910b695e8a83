//! Old files.

use ma_core::{Issue, declare_rule};

use crate::legacy::Old;

declare_rule! {
    /// ## What it finds
    /// Files with the magics ggml, ggmf, ggjt and ggla, and saved sessions (ggsn, ggsq).
    /// ## Why it matters
    /// These files say neither what they hold nor how it is laid out. Only old programs load them, and
    /// those check little; whisper.cpp still does.
    /// ## What it leaves alone
    /// GGUF files.
    /// ## What to do
    /// Convert the model to GGUF, or get it in that format. Saved sessions: load only your own.
    pub static LEGACY_FORMAT = {
        code: "GUF030", name: "ggml-legacy-format", severity: Info,
        title: "A file of the time before GGUF",
        references: [Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on every old file.
#[must_use]
pub fn check(old: &Old) -> Option<Issue> {
    let version = old.version.map(|v| format!(" {v}")).unwrap_or_default();
    let what = match old.layout {
        _ if old.session => "the saved state of a llama.cpp session, no model".to_owned(),
        Some(layout) => format!("layout: {layout}"),
        None => "in a layout that is not known here".to_owned(),
    };
    let message = format!("A {}{version} file, {what}", old.magic);
    Some(Issue::new(&LEGACY_FORMAT, message).at(0..4))
}

#[cfg(test)]
mod tests {
    use crate::build::{File, whisper};

    #[test]
    fn fires_on_old_files() {
        let old = |bytes: &[u8]| {
            ma_testkit::run::scan(&crate::Ggml, "x.bin", bytes)
                .issues
                .len()
        };
        assert_eq!(old(&whisper().out), 1);
        assert_eq!(old(&File::plain().build()), 0);
    }
}
