//! The manifest of a TorchServe archive.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A path in `MANIFEST.json` (handler, modelFile, serializedFile, requirementsFile, configFile, extraFiles, specFile) that leaves the archive: `..`, an absolute path, a drive, a URL.
    /// ## Why it matters
    /// TorchServe joins these with the folder of the unpacked archive and loads or runs what is there: such a path takes in another file of the server, or one from the network.
    /// ## What it leaves alone
    /// Paths inside the archive and the names of built-in handlers.
    /// ## What to do
    /// Do not serve the archive.
    pub static SERVE_PATH = {
        code: "TOR016", name: "torchserve-manifest-path", severity: Critical,
        title: "The TorchServe manifest points outside of its archive",
        references: [Cwe(22), Cve("CVE-2023-43654"), Cve("CVE-2024-35198")],
    }
}

declare_rule! {
    /// ## What it finds
    /// A `MANIFEST.json` that is broken, has a key twice in one object, or names a file that the archive does not hold.
    /// ## Why it matters
    /// The server and a reviewer may read two different manifests out of one text; a file that is missing is taken from wherever the server finds one of that name.
    /// ## What it leaves alone
    /// Unknown keys.
    /// ## What to do
    /// Build the archive again with `torch-model-archiver`.
    pub static SERVE_MANIFEST = {
        code: "TOR017", name: "torchserve-manifest-malformed", severity: Warning,
        title: "The TorchServe manifest is broken, ambiguous or incomplete",
        references: [Cwe(436), Spec("https://github.com/pytorch/serve/tree/master/model-archiver")],
    }
}

/// Keys below `model` (or `workflow`) whose value is a path in the archive.
pub const PATH_KEYS: &[&str] = &[
    "handler",
    "modelFile",
    "serializedFile",
    "requirementsFile",
    "configFile",
    "extraFiles",
    "specFile",
    "extensions",
];

/// Handlers that TorchServe brings with it.
pub const BUILT_IN: &[&str] = &[
    "image_classifier",
    "image_segmenter",
    "object_detector",
    "text_classifier",
    "base_handler",
    "text_to_speech",
    "text_handler",
    "vision_handler",
];

/// Why a path leaves the archive.
#[must_use]
pub fn escapes(path: &str) -> Option<&'static str> {
    let path = path.trim();
    let drive = path.as_bytes().get(1) == Some(&b':')
        && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && matches!(path.as_bytes().get(2), Some(b'\\' | b'/'));
    if path.contains("://") {
        Some("is a URL")
    } else if path.starts_with(['/', '\\', '~']) || drive {
        Some("is an absolute path")
    } else if path.split(['/', '\\']).any(|part| part == "..") || path.contains("%2e%2e") {
        Some("leads out of the archive")
    } else if path.contains('\0') {
        Some("holds a NUL")
    } else {
        None
    }
}

/// Fires on a path of the manifest.
#[must_use]
pub fn check_path(key: &str, path: &str) -> Option<Issue> {
    let why = escapes(path)?;
    let shown: String = path.chars().take(200).collect();
    Some(
        Issue::new(&SERVE_PATH, format!("{key} of the manifest {why}: {shown}"))
            .route(key)
            .subject(shown),
    )
}

/// What else is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is no JSON.
    Broken(String),
    /// A key comes twice.
    Repeated(String),
    /// A file is missing: key and path.
    Missing(String, String),
}

/// Fires on a fault.
#[must_use]
pub fn check_fault(fault: &Fault) -> Issue {
    let message = match fault {
        Fault::Broken(error) => format!("the manifest can't be read: {error}"),
        Fault::Repeated(key) => format!("{key} comes twice in the manifest"),
        Fault::Missing(key, path) => {
            let path: String = path.chars().take(200).collect();
            format!("{key} of the manifest names {path}, which the archive does not hold")
        }
    };
    Issue::new(&SERVE_MANIFEST, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_are_silent() {
        for path in [
            "handler.py",
            "sub/handler.py:run",
            "image_classifier",
            "a..b.py",
        ] {
            assert!(check_path("handler", path).is_none(), "{path}");
        }
        for path in [
            "../x.py",
            "/etc/x.py",
            "C:\\x.py",
            "https://x/y.py",
            "a/../../b",
            "~/x",
        ] {
            assert!(check_path("handler", path).is_some(), "{path}");
        }
    }

    #[test]
    fn faults_are_described() {
        let fault = Fault::Repeated("model.handler".to_owned());
        assert!(check_fault(&fault).message.contains("twice"));
    }
}
