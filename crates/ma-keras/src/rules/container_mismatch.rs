//! Names that say another container than there is.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A file named `.keras` that is HDF5, or one named `.h5` or `.hdf5` that is a Keras archive.
    /// ## Why it matters
    /// Keras goes by the name in some versions and by the content in others. HDF5 models are loaded by older code with fewer checks (CVE-2025-9905); a file that gets there by its content is not what its name promises.
    /// ## What it leaves alone
    /// Names that say nothing about the container.
    /// ## What to do
    /// Rename the file to what it is, and ask where it comes from: TensorFlow 2.11 and older wrote HDF5 under the name `.keras`.
    pub static CONTAINER_MISMATCH = {
        code: "KER016", name: "keras-container-mismatch", severity: Warning,
        title: "The name says another container than the file is",
        references: [Cwe(430), Cve("CVE-2025-9905")],
    }
}

/// Fires on a name and a content that do not go together.
pub(crate) fn check(extension: &str, is_archive: bool) -> Option<Issue> {
    let message = match (extension, is_archive) {
        ("keras", false) => "the file is named `.keras`, and is an HDF5 file",
        ("h5" | "hdf5", true) => "the file is named like an HDF5 file, and is a Keras archive",
        _ => return None,
    };
    Some(Issue::new(&CONTAINER_MISMATCH, message))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn fires_and_stays_silent() {
        assert!(check("keras", false).is_some() && check("h5", true).is_some());
        assert!(check("keras", true).is_none() && check("h5", false).is_none());
        assert!(check("bin", false).is_none());
    }
}
