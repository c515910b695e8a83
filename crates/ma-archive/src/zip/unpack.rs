//! The content of a member: a window on the file where it is stored, otherwise unpacked until the
//! stream itself ends, whatever the headers say about sizes.

use std::io::Read;

use ma_core::{Blob, Budget, ScanError};

use super::member::ZipMember;
use super::record::NOT_PLAIN;
use crate::bytes::{array, u16_at, u32_at};
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output, Unpacked};

/// Bytes of input that the test for "flagged as encrypted, but plain" reads.
const TEST_INPUT: u64 = 64 * 1024;

/// The packed bytes and what follows them to the end of the file: a stream that is longer than its
/// header says is read to its end.
fn window(member: &ZipMember, blob: &Blob) -> Blob {
    blob.tail(member.data.start)
}

/// Unpacks a member.
///
/// # Errors
/// When the file can't be read, time is up, or the temporary file fails. Broken data is a result.
pub(crate) fn unpack(
    member: &ZipMember,
    blob: &Blob,
    budget: &Budget,
) -> Result<Option<Unpacked>, ScanError> {
    let packed = window(member, blob);
    match member.method {
        8 => run(packed, budget, |i, o| o.pump(&mut codec::deflate(i))),
        9 => run(packed, budget, |i, o| o.pump(&mut codec::deflate64(i))),
        12 => run(packed, budget, |i, o| o.pump(&mut codec::bzip2(i))),
        14 => lzma(member, packed, budget),
        20 | 93 => run(packed, budget, |i, o| match codec::zstd(i) {
            Ok(mut reader) => o.pump(&mut reader),
            Err(e) => Ok(Flow::Broken(e.to_string())),
        }),
        95 => run(packed, budget, |i, o| o.pump(&mut codec::xz(i))),
        _ => Ok(None),
    }
}

fn run(
    packed: Blob,
    budget: &Budget,
    body: impl FnOnce(&mut Input<'_>, &mut Output<'_>) -> Result<Flow, ScanError>,
) -> Result<Option<Unpacked>, ScanError> {
    let mut input = Input::new(packed, budget);
    let meter = input.meter();
    let mut output = Output::new(budget, meter);
    let flow = body(&mut input, &mut output)?;
    output.finish(flow).map(Some)
}

/// LZMA in a zip: version, size of the properties (5), the properties, then the raw stream. Without
/// the end mark that flag bit 1 announces only the stated size ends it; when the checksum shows that
/// the size lies, the stream is read as far as it goes.
fn lzma(member: &ZipMember, packed: Blob, budget: &Budget) -> Result<Option<Unpacked>, ScanError> {
    let marked = member.flags & 0x0002 != 0;
    let packed = packed
        .slice(0..member.packed.min(packed.len()))
        .unwrap_or(packed);
    let size = if marked { u64::MAX } else { member.size };
    let first = lzma_to(&packed, size, budget)?;
    let good = first.crc == member.crc && matches!(first.flow, Flow::End);
    if good || matches!(first.flow, Flow::Limit(_)) {
        return Ok(Some(first));
    }
    let second = lzma_to(&packed, if marked { member.size } else { u64::MAX }, budget)?;
    let longer = second.blob.len() > first.blob.len();
    Ok(Some(if longer { second } else { first }))
}

fn lzma_to(packed: &Blob, size: u64, budget: &Budget) -> Result<Unpacked, ScanError> {
    let mut input = Input::new(packed.clone(), budget);
    let meter = input.meter();
    let mut output = Output::new(budget, meter);
    let mut head = [0; 9];
    let flow = match input.read_exact(&mut head) {
        Ok(()) => {
            let skip = u16_at(&head, 2).unwrap_or(0);
            let props = array::<1>(&head, 4).map_or(0, |[p]| p);
            let dictionary = u32_at(&head, 5).unwrap_or(0);
            match codec::lzma(&mut input, size, props, dictionary) {
                Ok(mut reader) if skip == 5 => output.pump(&mut reader)?,
                Ok(_) => Flow::Broken("LZMA properties of an unknown form".into()),
                Err(e) => Flow::Broken(e.to_string()),
            }
        }
        Err(e) => Flow::Broken(e.to_string()),
    };
    output.finish(flow)
}

/// The whole content of a member, when it is at most 4 KiB: link targets.
pub(crate) fn small(
    member: &ZipMember,
    blob: &Blob,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, ScanError> {
    const MOST: u64 = 4096;
    if member.packed > MOST || member.size > MOST {
        return Ok(None);
    }
    if member.is_stored() {
        let Ok(data) = blob.slice(member.data.clone()) else {
            return Ok(None);
        };
        return Ok(data.read(0..data.len().min(MOST), budget).ok());
    }
    if member.method != 8 {
        return Ok(None);
    }
    let mut input = Input::new(window(member, blob), budget);
    let mut out = Vec::new();
    let read = codec::deflate(&mut input).take(MOST).read_to_end(&mut out);
    Ok(read.ok().map(|_| out))
}

/// Whether a member that a header calls encrypted is so. Tools that set the flag on plain data do not
/// exist; attackers do it because many readers stop at the flag and PyTorch does not look at it.
pub(crate) fn is_encrypted(
    member: &ZipMember,
    blob: &Blob,
    budget: &Budget,
) -> Result<bool, ScanError> {
    if member.method == 99 {
        return Ok(true);
    }
    if member.flags & NOT_PLAIN == 0 {
        return Ok(false);
    }
    if member.is_stored() {
        // The old cipher adds 12 bytes, the others more.
        return Ok(member.packed != member.size);
    }
    if member.method != 8 {
        let sample = window(member, blob);
        let sample = sample
            .slice(0..sample.len().min(TEST_INPUT))
            .unwrap_or(sample);
        let mut test = member.clone();
        test.data = 0..sample.len();
        let out = unpack(&test, &sample, budget)?;
        return Ok(out.is_none_or(|o| o.blob.is_empty()));
    }
    budget.charge_steps(TEST_INPUT)?;
    let sample = window(member, blob);
    let sample = sample
        .slice(0..sample.len().min(TEST_INPUT))
        .unwrap_or(sample);
    let mut input = Input::new(sample, budget);
    let mut out = vec![0; 64 * 1024];
    let mut reader = codec::deflate(&mut input);
    let mut crc = crc32fast::Hasher::new();
    let mut len = 0usize;
    while len < 4 << 20 {
        match reader.read(&mut out) {
            Ok(0) => break,
            Ok(n) => {
                crc.update(out.get(..n).unwrap_or(&[]));
                len = len.saturating_add(n);
            }
            Err(_) if len >= 32 * 1024 => return Ok(false),
            Err(_) => return Ok(true),
        }
    }
    // A stream that ended has to be the whole member; one that goes on for 64 KiB is no noise.
    Ok(crc.finalize() != member.crc && (len as u64) < member.size.min(32 * 1024))
}
