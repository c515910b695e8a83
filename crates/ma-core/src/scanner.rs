//! The traits that formats implement: [`Scanner`] for one format, [`Opener`] for one kind of
//! container, and what they are asked and answer.

use std::cell::OnceCell;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::artifact::{Artifact, extension};
use crate::blob::Blob;
use crate::budget::LimitHit;
use crate::container::{Container, Entry};
use crate::cx::Cx;
use crate::inspect::Inspection;
use crate::kind::Kind;
use crate::rule::Rule;

/// What a scanner, opener or detector is, for lists, documentation and dispatch.
#[derive(Debug)]
pub struct FormatInfo {
    /// Short id (`pickle`, `zip`), unique.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Usual extensions in lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Kinds of artifact that it takes when a parent says so.
    pub kinds: &'static [Kind],
    /// True when loading such a file can run code: then another format's name on it is an issue.
    pub runs_code: bool,
    /// How it is recognised, in a sentence.
    pub recognised_by: &'static str,
    /// What is checked, in a sentence.
    pub checks: &'static str,
    /// The specification that it follows.
    pub spec: &'static str,
    /// All rules that it can report.
    pub rules: &'static [&'static Rule],
}

/// How surely an artifact is of a format. All strong matches run; weak ones run where none is
/// strong. No first match wins: files that are two things at once are normal here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is not.
    No,
    /// It may be: the name says so, or the content does not contradict it.
    Weak,
    /// The content says so, or a parent does.
    Strong,
}

/// Bytes that a probe sees from the start of an artifact.
pub const PROBE_HEAD: usize = 8 * 1024;
/// Bytes that a probe can see from the end: room for the end record of a zip with its comment.
pub const PROBE_TAIL: usize = 66 * 1024;

/// What a scanner sees of an artifact to decide whether it is its own.
pub struct Probe<'a> {
    /// The first [`PROBE_HEAD`] bytes, or all there are.
    pub head: &'a [u8],
    /// The name as its container gives it.
    pub name: &'a str,
    /// What the finder says it is.
    pub hint: Option<Kind>,
    /// The entries, when an opener made a container of it. With entries the question is "do you take
    /// this container by its members?", and [`Target::Members`] follows; without, it is "do you take
    /// these bytes?". A scanner of bytes answers [`Match::No`] to the first.
    pub members: Option<&'a [Entry]>,
    blob: &'a Blob,
    tail: OnceCell<Vec<u8>>,
}

impl<'a> Probe<'a> {
    /// A probe of `artifact`, whose first bytes are `head`.
    #[must_use]
    pub fn new(artifact: &'a Artifact, head: &'a [u8], members: Option<&'a [Entry]>) -> Self {
        Self {
            head,
            name: artifact.path.name(),
            hint: artifact.hint,
            members,
            blob: &artifact.blob,
            tail: OnceCell::new(),
        }
    }

    /// Length of the artifact in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.blob.len()
    }

    /// True for an empty artifact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty()
    }

    /// The bytes, for probes that need a look elsewhere; keep such looks few and small.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        self.blob
    }

    /// The last [`PROBE_TAIL`] bytes, or all there are; read on first use. Empty when they can't be
    /// read: the scanner that needs them will meet the error itself.
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        if self.head.len() as u64 == self.len() {
            return self.head;
        }
        self.tail.get_or_init(|| {
            let start = self.len().saturating_sub(PROBE_TAIL as u64);
            self.blob.tail(start).head(PROBE_TAIL).unwrap_or_default()
        })
    }

    /// The extension of the name in lower case, without the dot.
    #[must_use]
    pub fn extension(&self) -> String {
        extension(self.name)
    }

    /// Whether the hint is one of the kinds that `info` takes.
    #[must_use]
    pub fn hinted(&self, info: &FormatInfo) -> bool {
        self.hint.is_some_and(|hint| info.kinds.contains(&hint))
    }

    /// Whether the name has one of the extensions of `info`.
    #[must_use]
    pub fn named(&self, info: &FormatInfo) -> bool {
        let extension = self.extension();
        info.extensions.contains(&extension.as_str())
    }
}

/// What a scanner is given.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// Bytes.
    Bytes(&'a Artifact),
    /// A container with its members (the artifact is the container's own).
    Members(&'a Artifact, &'a Arc<dyn Container>),
}

impl<'a> Target<'a> {
    /// The artifact.
    #[must_use]
    pub fn artifact(self) -> &'a Artifact {
        match self {
            Self::Bytes(artifact) | Self::Members(artifact, _) => artifact,
        }
    }
}

/// What a scanner must say at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Coverage {
    /// Everything that a loader would interpret was looked at.
    Complete,
    /// Something was not; gaps say what.
    Partial,
    /// It is not of this format after all: a weak match that the content did not bear out. Where no
    /// other scanner takes the artifact it counts as unrecognised.
    Foreign,
    /// All of it was looked at, and it is nothing that a model loader opens (plain text, say): it is no
    /// gap, and does not count as a model that was scanned when it merely lies in a directory.
    NoModel,
}

/// Why a scanner gave up. Malformed input is not an error: it is a result.
#[derive(Debug)]
pub enum ScanError {
    /// The bytes could not be read.
    Io(io::Error),
    /// A bound was hit.
    Limit(LimitHit),
    /// Whoever receives the results wants no more.
    Stopped,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "could not be read: {e}"),
            Self::Limit(hit) => write!(f, "{hit}"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for ScanError {}

impl From<io::Error> for ScanError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<LimitHit> for ScanError {
    fn from(hit: LimitHit) -> Self {
        Self::Limit(hit)
    }
}

/// Recognises artifacts of one format, parses them and applies that format's rules.
pub trait Scanner: Send + Sync {
    /// What it is.
    fn info(&self) -> &'static FormatInfo;

    /// Whether the artifact is its own. Pure: same probe, same answer.
    fn probe(&self, probe: &Probe<'_>) -> Match;

    /// Looks at it: issues, gaps, children and regions go to `cx`.
    ///
    /// # Errors
    /// When the bytes can't be read, a limit was hit, or the receiver wants no more. Never for
    /// malformed input.
    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError>;

    /// What the artifact holds, for people who look; `None` when this format has no such view.
    ///
    /// # Errors
    /// As [`Scanner::scan`].
    fn inspect(
        &self,
        _target: Target<'_>,
        _cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        Ok(None)
    }
}

/// Turns an artifact into a container.
pub trait Opener: Send + Sync {
    /// What it is.
    fn info(&self) -> &'static FormatInfo;

    /// Whether the artifact is its own. Pure: same probe, same answer.
    fn probe(&self, probe: &Probe<'_>) -> Match;

    /// Reads the directory of the container. Its own issues and gaps go to `cx`; entries that can
    /// still be read are listed whatever else is broken.
    ///
    /// # Errors
    /// When the bytes can't be read or a limit was hit. A thing that turns out not to be such a
    /// container is one without entries.
    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError>;
}
