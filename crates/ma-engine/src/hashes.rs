//! Digests of whole files, computed on a thread of its own while the file is scanned: the scan reads
//! a file in places, a digest needs it from end to end, and both find the bytes in the page cache.

use std::fmt::Write as _;
use std::io;
use std::thread;

use ma_core::{ArtifactPath, Blob, Budget, Gap, GapReason, ScanError};
use sha2::{Digest, Sha256};

use crate::tree::Outcome;

/// Bytes read at a time.
const BLOCK: usize = 256 << 10;

/// Runs `scan`, and computes the SHA-256 of `blob` beside it.
pub(crate) fn beside<T>(
    blob: &Blob,
    budget: &Budget,
    scan: impl FnOnce() -> T,
) -> (T, Result<String, ScanError>) {
    thread::scope(|scope| {
        let hashing = thread::Builder::new().spawn_scoped(scope, || sha256(blob, budget));
        let result = scan();
        let hash = match hashing.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(hash)) => hash,
            // No thread to be had: then one after the other.
            Ok(Err(_)) | Err(_) => sha256(blob, budget),
        };
        (result, hash)
    })
}

/// Writes the digest into the record of the file, or says why there is none.
pub(crate) fn note(outcome: &mut Outcome, path: &ArtifactPath, hash: Result<String, ScanError>) {
    match hash {
        Ok(hash) => {
            let records = outcome.records.iter_mut();
            for record in records.filter(|r| r.path == *path && r.depth == 0) {
                record.sha256 = Some(hash.clone());
            }
        }
        Err(e) => outcome.gaps.push(Gap {
            artifact: path.clone(),
            reason: match e {
                ScanError::Limit(_) => GapReason::Stopped,
                _ => GapReason::Unreadable,
            },
            detail: format!("the SHA-256 could not be computed: {e}"),
            range: None,
        }),
    }
}

fn sha256(blob: &Blob, budget: &Budget) -> Result<String, ScanError> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    let mut at = 0u64;
    while at < blob.len() {
        budget.check()?;
        let got = blob.read_at(at, &mut block)?;
        if got == 0 {
            let short = "the source ended before its stated length";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, short).into());
        }
        hasher.update(block.get(..got).unwrap_or(&[]));
        at = at.saturating_add(got as u64);
    }
    let mut hex = String::new();
    for byte in hasher.finalize() {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_beside_a_scan() {
        let blob = Blob::from_vec(b"abc".to_vec());
        let (result, hash) = beside(&blob, &Budget::default(), || 7);
        assert_eq!(result, 7);
        let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.unwrap(), want);
    }
}
