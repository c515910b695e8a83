//! Unpacks one block of a 7z archive: all its files in a row, into one spool.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use sevenz_rust2::{Archive, BlockDecoder, Error, Password};

use crate::bytes::index as to_index;
use crate::codec::MAX_WINDOW_KIB;
use crate::input::Input;
use crate::output::{Flow, Output, Unpacked};

/// An unpacked block.
pub(crate) struct Block {
    /// All of it, and how it ended.
    pub(crate) out: Unpacked,
    files: HashMap<usize, File>,
    unsupported: bool,
}

struct File {
    range: Range<u64>,
    crc: u32,
    /// True when nothing is missing.
    whole: bool,
}

impl Block {
    /// The bytes of a file, and whether that is all of them.
    pub(crate) fn file(&self, i: usize) -> Option<(Blob, bool)> {
        let file = self.files.get(&i)?;
        Some((self.out.blob.slice(file.range.clone()).ok()?, file.whole))
    }

    /// The checksum of a file.
    pub(crate) fn crc(&self, i: usize) -> Option<u32> {
        self.files.get(&i).map(|f| f.crc)
    }

    /// True when a coder is one that is not known here.
    pub(crate) fn unsupported(&self) -> bool {
        self.unsupported
    }

    /// Why it broke off.
    pub(crate) fn why(&self) -> &str {
        match &self.out.flow {
            Flow::Broken(why) => why,
            _ => "",
        }
    }
}

/// Unpacks a block.
///
/// # Errors
/// When the file can't be read, time is up or the temporary file fails.
pub(crate) fn unpack(
    blob: &Blob,
    archive: &Archive,
    block: usize,
    budget: &Budget,
) -> Result<Block, ScanError> {
    let mut input = Input::new(blob.clone(), budget);
    let meter = input.meter();
    let mut output = Output::new(budget, meter.clone());
    let password = Password::empty();
    let limit = to_index(MAX_WINDOW_KIB.into());
    let mut files = HashMap::new();
    let mut next = archive
        .stream_map
        .block_first_file_index
        .get(block)
        .copied()
        .unwrap_or(0);
    let mut stop: Option<Result<Flow, ScanError>> = None;
    let decoder =
        BlockDecoder::new_with_memory_limit(1, limit, block, archive, &password, &mut input);
    let done = decoder.for_each_entries(&mut |entry, reader| {
        let i = next;
        next = next.saturating_add(1);
        if !entry.has_stream {
            return Ok(true);
        }
        let start = output.len();
        output.restart_crc();
        let flow = output.pump(reader);
        let range = start..output.len();
        let whole = matches!(flow, Ok(Flow::End)) && range.end.saturating_sub(start) == entry.size;
        let crc = output.crc();
        files.insert(i, File { range, crc, whole });
        match flow {
            Ok(Flow::End) => Ok(true),
            other => {
                stop = Some(other);
                Ok(false)
            }
        }
    });
    let mut unsupported = false;
    let flow = match (stop, done) {
        (Some(stop), _) => stop?,
        (None, Ok(_)) => Flow::End,
        (None, Err(e)) => {
            if let Some(failure) = meter.failure() {
                return Err(ScanError::Io(failure));
            }
            budget.check()?;
            unsupported = matches!(
                e,
                Error::UnsupportedCompressionMethod(_)
                    | Error::Unsupported(_)
                    | Error::MaxMemLimited { .. }
            );
            Flow::Broken(e.to_string())
        }
    };
    Ok(Block {
        out: output.finish(flow)?,
        files,
        unsupported,
    })
}
