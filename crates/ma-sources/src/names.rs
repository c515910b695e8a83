//! Names of files as text, and which of several names somebody may have meant.

use std::ffi::OsStr;
use std::path::{Component, Path};

/// A file name as text that tells different names apart: bytes that are no UTF-8 become `\xff`.
#[must_use]
pub fn shown(name: &OsStr) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// A relative path with `/` between its parts on every platform.
pub(crate) fn relative(path: &Path) -> String {
    let parts = path.components().filter_map(|c| match c {
        Component::Normal(part) => Some(shown(part)),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The name of something at `relative` below what the user called `target`.
pub(crate) fn below(target: &str, relative: &str) -> String {
    if target == "." || target == "./" || target.is_empty() {
        return relative.to_owned();
    }
    let sep = if target.ends_with('/') { "" } else { "/" };
    format!("{target}{sep}{relative}")
}

/// The candidate that `wanted` was most likely meant to be: at most a third of its letters differ.
#[must_use]
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wanted.to_lowercase();
    let allowed = wanted.chars().count().div_ceil(3).min(4);
    let ranked = candidates.into_iter().filter_map(|candidate| {
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        (distance <= allowed).then_some((distance, candidate))
    });
    // Ties go to the first in alphabetical order, so that the answer does not depend on the disk.
    ranked.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_a_target_read_as_typed() {
        assert_eq!(below("models/", "a/b.pkl"), "models/a/b.pkl");
        assert_eq!(below("models", "a/b.pkl"), "models/a/b.pkl");
        assert_eq!(below(".", "a/b.pkl"), "a/b.pkl");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_stay_apart() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(shown(OsStr::from_bytes(b"a\xffb")), "a\\xffb");
        assert_eq!(shown(OsStr::new("ü")), "ü");
    }

    #[test]
    fn the_closest_name_is_found_and_far_ones_are_not() {
        let names = ["model.pkl", "model.pt", "README.md"];
        assert_eq!(closest("modle.pkl", names), Some("model.pkl"));
        assert_eq!(closest("MODEL.PT", names), Some("model.pt"));
        assert_eq!(closest("weights.bin", names), None);
    }
}
