//! Models that are programs.

use ma_core::{Artifact, Evidence, Issue, declare_rule};

use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// An executable that runs on several systems at once (APE, begins with `MZqFpD='`), or any
    /// executable that carries a GGUF model in a zip at its end: a llamafile.
    /// ## Why it matters
    /// A llamafile is not loaded, it is run: everything in it can do what you can do. The model inside
    /// may be harmless and the program around it not, and nothing here can tell a genuine program from
    /// a changed one.
    /// ## What it leaves alone
    /// GGUF files on their own.
    /// ## What to do
    /// Get llamafiles from who builds them only and compare the checksum; or take the GGUF file out of
    /// it and load that with a program that you trust.
    pub static LLAMAFILE = {
        code: "GUF040", name: "llamafile-executable", severity: Warning,
        title: "The model is a program",
        references: [Cwe(829), Spec("https://github.com/mozilla-ai/llamafile")],
    }
}

/// Names that stand for a model that is loaded and not run.
const MODEL_NAMES: &[&str] = &[
    "gguf",
    "ggml",
    "bin",
    "safetensors",
    "pt",
    "pth",
    "onnx",
    "h5",
    "keras",
    "tflite",
];

/// Fires on every llamafile; `models` are the models found in it, when the zip was opened.
#[must_use]
pub fn check(artifact: &Artifact, kind: &str, models: &[&str]) -> Issue {
    let extension = artifact.path.extension();
    let mut message = format!("{kind}, which is run and not loaded");
    if MODEL_NAMES.contains(&extension.as_str()) {
        message = format!("{message}, under the name of a model (`.{extension}`)");
    } else if artifact.depth > 0 {
        message = format!("{message}, inside another file");
    }
    let mut issue = Issue::new(&LLAMAFILE, message).at(0..artifact.blob.len());
    for model in models.iter().take(8) {
        issue = issue.evidence(Evidence::text("model inside", shown(model)));
    }
    issue
}

#[cfg(test)]
mod tests {
    use crate::build::llamafile;
    use crate::llamafile::tests::fired;
    use ma_core::Severity;

    #[test]
    fn fires_on_every_llamafile() {
        let file = llamafile(&[("tiny.gguf", b"x")]);
        assert_eq!(
            fired("llamafile-executable", &file),
            Some(Severity::Warning)
        );
        assert_eq!(fired("llamafile-executable", b"MZ, a text"), None);
    }
}
