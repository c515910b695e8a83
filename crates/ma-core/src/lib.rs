#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`source`], [`blob`], [`cursor`] | bytes: random access, windows on them, bounded buffered reading |
//! | [`root`], [`artifact`], [`container`], [`kind`] | things to scan and where they lie |
//! | [`scanner`], [`cx`], [`detector`] | the traits that formats implement and the context they are given |
//! | [`rule`], [`issue`], [`gap`] | what is found, and what was not looked at |
//! | [`budget`], [`crew`] | limits and the shared counters of one scan; threads that one may use |
//! | [`policy`], [`report`] | what the user wants done with issues, and the result |
//! | [`text`] | text from hostile files, made safe to print |

pub mod artifact;
pub mod blob;
pub mod budget;
pub mod container;
pub mod crew;
pub mod cursor;
pub mod cx;
pub mod detector;
pub mod gap;
pub mod inspect;
pub mod issue;
pub mod kind;
pub mod policy;
pub mod report;
pub mod root;
pub mod rule;
pub mod scanner;
pub mod source;
pub mod text;

pub use artifact::{Artifact, ArtifactPath, Home};
pub use blob::{Blob, OutOfBounds};
pub use budget::{Budget, LimitHit, LimitKind, Limits};
pub use container::{Container, Entry, EntryId, EntryKind};
pub use crew::Crew;
pub use cursor::Cursor;
pub use cx::{Collector, Cx, Depth, ScanOptions, Sink};
pub use detector::{Detector, DetectorPass, ElementType, Piece, Region, RegionKind};
pub use gap::{Gap, GapReason};
pub use inspect::{Inspection, Line, Section};
pub use issue::{Evidence, EvidenceKind, Issue, Location};
pub use kind::Kind;
pub use policy::{Policy, Suppression};
pub use report::Report;
pub use root::{Root, RootContent};
pub use rule::{Reference, Rule, Severity};
pub use scanner::{Coverage, FormatInfo, Match, Opener, Probe, ScanError, Scanner, Target};
pub use source::{ByteSource, FileSource, MemorySource};
