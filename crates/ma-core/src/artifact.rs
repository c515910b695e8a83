//! A thing to scan: its bytes, its name, what it is said to be, and where it lies.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::blob::Blob;
use crate::container::{Container, EntryId};
use crate::kind::Kind;
use crate::text;

/// The way to an artifact: the target first, then each container member or embedded part.
/// Shown as `model.zip → archive/data.pkl`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(Arc<[Arc<str>]>);

impl ArtifactPath {
    /// A target.
    #[must_use]
    pub fn new(target: impl Into<Arc<str>>) -> Self {
        Self(Arc::from(vec![target.into()]))
    }

    /// A part inside this one.
    #[must_use]
    pub fn join(&self, part: impl Into<Arc<str>>) -> Self {
        let mut parts = self.0.to_vec();
        parts.push(part.into());
        Self(Arc::from(parts))
    }

    /// The parts, outermost first; at least one.
    #[must_use]
    pub fn parts(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The target that this lies in.
    #[must_use]
    pub fn target(&self) -> &str {
        self.0.first().map_or("", |s| s)
    }

    /// The innermost name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.last().map_or("", |s| s)
    }

    /// The extension of the innermost name in lower case, without the dot; empty when there is none.
    #[must_use]
    pub fn extension(&self) -> String {
        extension(self.name())
    }
}

/// The extension of a file name in lower case, without the dot; empty when there is none.
#[must_use]
pub fn extension(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match base.rsplit_once('.') {
        Some((stem, ext)) if !stem.is_empty() => ext.to_lowercase(),
        _ => String::new(),
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" → ")?;
            }
            f.write_str(&text::escape(part))?;
        }
        Ok(())
    }
}

impl Serialize for ArtifactPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where an artifact lies.
#[derive(Clone)]
pub struct Home {
    /// What it lies in, with its siblings.
    pub container: Arc<dyn Container>,
    /// Which entry it is.
    pub entry: EntryId,
}

impl Home {
    /// The name of the artifact's own entry; empty when the container does not list it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.container
            .entry(self.entry)
            .map_or("", |e| e.name.as_str())
    }

    /// The entry that `relative` names, seen from the directory of the artifact itself: `.` and `..`
    /// are resolved by their text alone. `None` when it leads out of the container or names nothing
    /// in it.
    #[must_use]
    pub fn beside(&self, relative: &str) -> Option<EntryId> {
        let own = self.name();
        let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        self.container.find(&parts.join("/"))
    }
}

/// A thing to scan.
#[derive(Clone)]
pub struct Artifact {
    /// Its bytes.
    pub blob: Blob,
    /// The way to it.
    pub path: ArtifactPath,
    /// What its finder says it is.
    pub hint: Option<Kind>,
    /// The container it lies in, when it lies in one.
    pub home: Option<Home>,
    /// Containers and carriers around it; a target is at 0.
    pub depth: u32,
}

impl Artifact {
    /// A target.
    #[must_use]
    pub fn new(path: ArtifactPath, blob: Blob) -> Self {
        Self {
            blob,
            path,
            hint: None,
            home: None,
            depth: 0,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: Kind) -> Self {
        self.hint = Some(hint);
        self
    }

    /// A part of this artifact that deserves its own look.
    #[must_use]
    pub fn child(&self, name: impl Into<Arc<str>>, blob: Blob, hint: Option<Kind>) -> Self {
        Self {
            blob,
            path: self.path.join(name),
            hint,
            home: None,
            depth: self.depth.saturating_add(1),
        }
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("path", &self.path.to_string())
            .field("len", &self.blob.len())
            .field("hint", &self.hint)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(Vec<crate::Entry>);

    impl Container for Names {
        fn entries(&self) -> &[crate::Entry] {
            &self.0
        }

        fn open(&self, _: EntryId, _: &mut crate::Cx<'_>) -> Result<Blob, crate::ScanError> {
            Ok(Blob::from_vec(Vec::new()))
        }
    }

    #[test]
    fn siblings_are_found_from_the_own_directory() {
        let names = ["a/m.onnx", "a/w/x.bin", "b.bin"];
        let home = Home {
            container: Arc::new(Names(names.map(crate::Entry::file).to_vec())),
            entry: EntryId(0),
        };
        assert_eq!(home.beside("w/x.bin"), Some(EntryId(1)));
        assert_eq!(home.beside("./w/../w//x.bin"), Some(EntryId(1)));
        assert_eq!(home.beside("../b.bin"), Some(EntryId(2)));
        assert_eq!(home.beside("../../b.bin"), None);
        assert_eq!(home.beside("b.bin"), None);
    }

    #[test]
    fn paths_are_shown_escaped_and_joined() {
        let path = ArtifactPath::new("a.zip").join("x\u{1b}[31m.pkl");
        assert_eq!(path.to_string(), "a.zip → x\\u{1b}[31m.pkl");
        assert_eq!(path.extension(), "pkl");
        assert_eq!(extension("dir.d/README"), "");
        assert_eq!(extension(".hidden"), "");
        assert_eq!(extension("A.TAR.GZ"), "gz");
    }
}
