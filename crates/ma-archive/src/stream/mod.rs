//! Single compressed streams: each is a container with one entry, named after the file without its
//! compression extension. The stream is unpacked when the entry is opened, once.

#[cfg(feature = "bzip2")]
pub(crate) mod bzip2;
#[cfg(feature = "gzip")]
pub(crate) mod gzip;
#[cfg(feature = "lz4")]
pub(crate) mod lz4;
#[cfg(feature = "xz")]
pub(crate) mod lzma;
#[cfg(any(feature = "gzip", feature = "zlib"))]
pub(crate) mod summing;
#[cfg(feature = "xz")]
pub(crate) mod xz;
#[cfg(feature = "zlib")]
pub(crate) mod zlib;
#[cfg(feature = "zstd")]
pub(crate) mod zstd;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ma_core::{
    Artifact, Blob, Container, Cx, Entry, EntryId, GapReason, Region, RegionKind, ScanError,
};

use crate::anomaly::{Anomaly, Place};
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::{ending, rules};
use ma_wire::Content;

/// What a decoder notes besides the bytes.
#[derive(Default)]
pub(crate) struct Notes {
    /// Checksums that do not fit.
    pub(crate) checksums: Vec<String>,
    /// Where the last stream ended, when something follows.
    pub(crate) end: Option<u64>,
    /// A variant that can't be read.
    pub(crate) unsupported: Option<String>,
}

/// Unpacks everything in `input`.
pub(crate) type Decode = fn(&mut Input<'_>, &mut Output<'_>, &mut Notes) -> Result<Flow, ScanError>;

/// Zeros after a stream that tapes and block devices leave.
const MAX_PADDING: u64 = 64 * 1024;

/// A compressed file as a container.
pub(crate) struct Stream {
    blob: Blob,
    entries: Vec<Entry>,
    decode: Decode,
    /// The content, once unpacked.
    content: Mutex<Option<Blob>>,
}

impl Stream {
    /// A container with one entry.
    pub(crate) fn new(artifact: &Artifact, extensions: &[&str], decode: Decode) -> Self {
        let mut entry = Entry::file(inner_name(artifact.path.name(), extensions));
        entry.packed = Some(artifact.blob.len());
        Self {
            blob: artifact.blob.clone(),
            entries: vec![entry],
            decode,
            content: Mutex::new(None),
        }
    }

    /// The same as the trait object that openers return.
    pub(crate) fn boxed(
        artifact: &Artifact,
        extensions: &[&str],
        decode: Decode,
    ) -> Arc<dyn Container> {
        Arc::new(Self::new(artifact, extensions, decode))
    }

    fn unpack(&self, name: &str, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let mut input = Input::new(self.blob.clone(), cx.budget());
        let mut output = Output::new(cx.budget(), input.meter());
        let mut notes = Notes::default();
        let flow = (self.decode)(&mut input, &mut output, &mut notes)?;
        let all = 0..self.blob.len();
        let out = output.finish(flow)?;
        if let Some(what) = notes.unsupported.take() {
            let anomaly = Anomaly::Unsupported {
                name: name.to_owned(),
                at: all.clone(),
                what: what.clone(),
            };
            rules::report(&anomaly, cx)?;
            cx.gap(GapReason::Unsupported, what);
        } else {
            ending::report(name, all.clone(), &out, cx)?;
        }
        for detail in notes.checksums {
            let (name, at) = (name.to_owned(), all.clone());
            rules::report(&Anomaly::ChecksumText { name, at, detail }, cx)?;
        }
        if let (Some(end), true) = (notes.end, ending::complete(&out)) {
            self.trailing(end..self.blob.len(), cx)?;
        }
        ending::not_itself(name, all, &out.blob, &self.blob, cx)?;
        Ok(out.blob)
    }

    fn trailing(&self, range: Range<u64>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let Ok(blob) = self.blob.slice(range.clone()) else {
            return Ok(());
        };
        let content = Content::of(&blob.head(4096)?);
        if blob.is_empty() || (content == Content::Zeros && blob.len() <= MAX_PADDING) {
            return Ok(());
        }
        let at = range.clone();
        let place = Place::After;
        rules::report(&Anomaly::Unclaimed { at, place, content }, cx)?;
        let name = format!("(unclaimed bytes at {})", range.start);
        cx.region(Region::new(range, RegionKind::Unclaimed))?;
        cx.child(name, blob, None)
    }
}

impl Container for Stream {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let Some(entry) = self.entries.get(id.0) else {
            return Err(ScanError::Io(std::io::Error::other("no such entry")));
        };
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(blob) = content.as_ref() {
            return Ok(blob.clone());
        }
        let blob = self.unpack(&entry.name, cx)?;
        *content = Some(blob.clone());
        Ok(blob)
    }
}

/// `model.pkl.gz` holds `model.pkl`, `x.tgz` holds `x.tar`; without such an extension the entry is
/// called `content`.
pub(crate) fn inner_name(name: &str, extensions: &[&str]) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let Some((stem, extension)) = base.rsplit_once('.') else {
        return "content".into();
    };
    let extension = extension.to_ascii_lowercase();
    if stem.is_empty() || !extensions.contains(&extension.as_str()) {
        return "content".into();
    }
    // The short forms of tar with a compressor.
    if matches!(
        extension.as_str(),
        "tgz" | "tbz" | "tbz2" | "txz" | "tlz" | "tzst"
    ) {
        return format!("{stem}.tar");
    }
    stem.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_content() {
        let gz = ["gz", "tgz"];
        assert_eq!(inner_name("d/model.pkl.gz", &gz), "model.pkl");
        assert_eq!(inner_name("x.TGZ", &gz), "x.tar");
        assert_eq!(inner_name("model.pkl", &gz), "content");
        assert_eq!(inner_name(".gz", &gz), "content");
    }
}
