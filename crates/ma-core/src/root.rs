//! What a user asked to scan, as the sources resolved it and the engine walks it.

use std::sync::Arc;

use crate::artifact::Artifact;
use crate::container::Container;
use crate::gap::Gap;

/// One thing that the user named.
pub struct Root {
    /// As the user wrote it.
    pub name: String,
    /// What it turned out to be.
    pub content: RootContent,
    /// Parts that could not be reached while it was resolved (broken links, denied directories).
    pub gaps: Vec<Gap>,
}

/// What a root turned out to be.
pub enum RootContent {
    /// One file, stream or object.
    File(Artifact),
    /// A tree of files. The artifact stands for the directory itself (its blob is empty); entries
    /// are files at any depth, named by their path below it with `/`.
    Directory(Artifact, Arc<dyn Container>),
    /// Nothing that can be scanned: what is wrong, and what to do about it.
    Failed(String),
}

impl Root {
    /// A file.
    #[must_use]
    pub fn file(artifact: Artifact) -> Self {
        Self {
            name: artifact.path.target().to_owned(),
            content: RootContent::File(artifact),
            gaps: Vec::new(),
        }
    }

    /// Something that could not be resolved.
    #[must_use]
    pub fn failed(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content: RootContent::Failed(message.into()),
            gaps: Vec::new(),
        }
    }
}
