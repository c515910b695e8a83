//! Why a structural reader stopped: the bytes are not what they should be, or they can't be read.

use std::fmt;
use std::io;

use ma_core::{LimitHit, ScanError};

/// A place where the bytes are not what the encoding allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Broken {
    /// Offset in the blob that is read.
    pub at: u64,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Why a structural reader stopped.
#[derive(Debug)]
pub enum Fault {
    /// The bytes can't be read, or a limit was hit: the scan of this artifact ends.
    Scan(ScanError),
    /// The bytes are not what the encoding allows: a fact about the file.
    Broken(Broken),
}

impl Fault {
    pub(crate) fn broken(at: u64, what: &'static str) -> Self {
        Self::Broken(Broken { at, what })
    }
}

/// Separates what the file is from what went wrong while reading it.
pub trait OrBroken<T> {
    /// `Ok(Err(_))` for broken bytes, `Err(_)` for a scan that ends.
    ///
    /// # Errors
    /// The [`ScanError`] inside [`Fault::Scan`].
    fn or_broken(self) -> Result<Result<T, Broken>, ScanError>;
}

impl<T> OrBroken<T> for Result<T, Fault> {
    fn or_broken(self) -> Result<Result<T, Broken>, ScanError> {
        match self {
            Ok(value) => Ok(Ok(value)),
            Err(Fault::Broken(broken)) => Ok(Err(broken)),
            Err(Fault::Scan(e)) => Err(e),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(e) => e.fmt(f),
            Self::Broken(broken) => broken.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<ScanError> for Fault {
    fn from(e: ScanError) -> Self {
        Self::Scan(e)
    }
}

impl From<LimitHit> for Fault {
    fn from(hit: LimitHit) -> Self {
        Self::Scan(ScanError::Limit(hit))
    }
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Self {
        Self::Scan(ScanError::Io(e))
    }
}
