//! Names that belie the content: something that runs code, under the name of something that does not.

use ma_core::{ArtifactPath, FormatInfo, Issue, Rule, declare_rule};

/// The engine's own rules.
pub static RULES: &[&Rule] = &[&NAME_BELIES_CONTENT];

declare_rule! {
    /// ## What it finds
    /// A file whose content can run code when it is loaded (a pickle, a PyTorch checkpoint, a native
    /// executable) and whose name says that it is something harmless, such as `.safetensors`, `.jpg`,
    /// `.json` or `.txt`.
    ///
    /// ## Why it matters
    /// The name says that this file can't run code, and that is not true. Tools and people who go by
    /// the name will not look at it twice; a loader that goes by the content will run what is inside.
    ///
    /// ## What it leaves alone
    /// Names that say nothing (`.bin`, `.dat`, no extension) and those that are usual for the content
    /// (`.pkl`, `.pt`, `.joblib`). Archives and compressed files under other names.
    ///
    /// ## What to do
    /// Ask whoever gave you the file why it is named so. Do not hand it to a loader that looks at the
    /// content.
    pub static NAME_BELIES_CONTENT = {
        code: "ENG001", name: "name-belies-content", severity: Warning,
        title: "The name hides what the file is",
        aliases: ["S901"],
        references: [Cwe(430), Cve("CVE-2025-10155")],
    }
}

/// Extensions whose readers run no code: finding code under them is a surprise.
const HARMLESS: &[&str] = &[
    "arrow",
    "avi",
    "bmp",
    "cfg",
    "csv",
    "doc",
    "docx",
    "flac",
    "gguf",
    "gif",
    "h5",
    "hdf5",
    "html",
    "ico",
    "ini",
    "jpeg",
    "jpg",
    "json",
    "jsonl",
    "log",
    "md",
    "mov",
    "mp3",
    "mp4",
    "msgpack",
    "ogg",
    "onnx",
    "parquet",
    "pb",
    "pdf",
    "png",
    "rst",
    "safetensors",
    "svg",
    "tflite",
    "tif",
    "tiff",
    "toml",
    "tsv",
    "txt",
    "wav",
    "webp",
    "xls",
    "xlsx",
    "xml",
    "yaml",
    "yml",
];

/// The issue, when `path` has a harmless name and `info` is not what that name stands for.
pub(crate) fn check(path: &ArtifactPath, info: &FormatInfo) -> Option<Issue> {
    let extension = path.extension();
    let usual = info.extensions.contains(&extension.as_str());
    if !info.runs_code || usual || !HARMLESS.contains(&extension.as_str()) {
        return None;
    }
    let message = format!("Named `.{extension}`, but the content is: {}", info.title);
    Some(Issue::new(&NAME_BELIES_CONTENT, message).at(0..0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: FormatInfo = FormatInfo {
        id: "code",
        title: "Code",
        extensions: &["txt"],
        kinds: &[],
        runs_code: true,
        recognised_by: "",
        checks: "",
        spec: "",
        rules: &[],
    };

    #[test]
    fn fires_on_a_harmless_name_only() {
        let check = |name: &str| check(&ArtifactPath::new(name), &CODE).is_some();
        assert!(check("model.safetensors"));
        assert!(check("CAT.JPG"));
        assert!(!check("model.bin"));
        assert!(!check("model.txt"), "a usual name for this format");
        assert!(!check("model"));
    }
}
