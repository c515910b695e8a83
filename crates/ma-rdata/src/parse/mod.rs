//! Bytes to model and anomalies.
//!
//! Layout (R Internals, "Serialization Formats"; R 4.5 `serialize.c`): an optional workspace magic
//! (`RDX3\n`), a letter for the encoding (`X`, `A`, `B`) and a line feed, three integers (format
//! version 2 or 3, packed version of the writer, packed version of the oldest reader), in version 3
//! the native encoding as a string, then one object. Every object begins with an integer of flags:
//! type in the low 8 bits, then "is an object", "has attributes", "has a tag", and from bit 12 on its
//! levels. Symbols, environments, external pointers, weak references, namespaces, packages and
//! persistent names go into a table that later references index from 1.
//!
//! Objects are read with a list of what is still to be read, not by recursion, because R itself nests
//! as deep as the file says. A stream has no marks to find a way back in: what breaks it ends it, and
//! what was read before is kept. Cost: linear; vectors of numbers are skipped by range (in the ASCII
//! encoding they must be read). Memory: at most [`MAX_NODES`] objects and [`MAX_TEXT`] bytes of text.

mod bytecode;
mod items;
mod reader;
mod vectors;

use ma_core::{Blob, Budget, ScanError};

use crate::model::{Anomaly, AnomalyKind, Encoding, Header, Model};
use reader::{Reader, Stop};

/// The objects that are kept of one stream.
pub const MAX_NODES: usize = 2_000_000;
/// The bytes of text that are kept of one stream.
pub const MAX_TEXT: usize = 64 << 20;
/// The magics of workspaces.
pub const WORKSPACES: [&[u8]; 6] = [
    b"RDX3\n", b"RDX2\n", b"RDA3\n", b"RDA2\n", b"RDB3\n", b"RDB2\n",
];
/// The magics of workspaces of the first version.
pub const OLD_WORKSPACES: [&[u8]; 3] = [b"RDX1\n", b"RDA1\n", b"RDB1\n"];

/// Reads a stream. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<(Model, Vec<Anomaly>), ScanError> {
    let mut model = Model::default();
    let mut anomalies = Vec::new();
    let mut reader = Reader {
        cursor: blob.cursor(budget),
        encoding: Encoding::Xdr,
    };
    let header = read_header(&mut reader, &mut model.header, &mut anomalies);
    let mut walk = items::Walk::new(reader, model, anomalies);
    let stop = match header {
        Ok(()) => walk.run(),
        Err(stop) => Err(stop),
    };
    let at = walk.reader.cursor.position();
    let (mut model, mut anomalies) = (walk.model, walk.anomalies);
    match stop {
        Ok(()) => model.end = Some(at),
        Err(Stop::Scan(error)) => return Err(error),
        Err(Stop::Broken(kind)) => anomalies.push(Anomaly {
            kind,
            at,
            node: walk.current,
        }),
    }
    Ok((model, anomalies))
}

/// Whether `head` begins like a stream or a workspace: surely, or by its first bytes alone.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<bool> {
    if OLD_WORKSPACES.iter().any(|m| head.starts_with(m)) {
        return Some(true);
    }
    if WORKSPACES.iter().any(|m| head.starts_with(m)) {
        return Some(true);
    }
    let head = match head {
        [b'\n', rest @ ..] if rest.first() == Some(&b'A') => rest,
        _ => head,
    };
    let (letter, second, rest) = match head {
        [letter, second, rest @ ..] => (*letter, *second, rest),
        _ => return None,
    };
    match letter {
        b'A' => {
            let text = String::from_utf8_lossy(rest.get(..64).unwrap_or(rest));
            let mut words = text.split_ascii_whitespace();
            let version: i32 = words.next()?.parse().ok()?;
            let writer: i32 = words.next()?.parse().ok()?;
            let _: i32 = words.next()?.parse().ok()?;
            let known = (2..=4).contains(&version);
            known.then_some(second == b'\n' && plausible(writer))
        }
        b'X' | b'B' => {
            let int = |at: usize| -> Option<[u8; 4]> {
                rest.get(at..at.checked_add(4)?)?.try_into().ok()
            };
            let version = int(0)?;
            let little = letter == b'B' && version.first() != Some(&0);
            let decode = |bytes: [u8; 4]| {
                if little {
                    i32::from_le_bytes(bytes)
                } else {
                    i32::from_be_bytes(bytes)
                }
            };
            let known = (2..=4).contains(&decode(version));
            let writer = int(4).map(decode);
            known.then_some(second == b'\n' || writer.is_some_and(plausible))
        }
        _ => None,
    }
}

/// Whether a packed version is one of R 1 to R 20.
fn plausible(version: i32) -> bool {
    (0x0001_0000..0x0015_0000).contains(&version)
}

fn read_header(
    reader: &mut Reader<'_>,
    header: &mut Header,
    anomalies: &mut Vec<Anomaly>,
) -> Result<(), Stop> {
    let broken = |kind| Err(Stop::Broken(kind));
    let magic = reader.cursor.blob().head(5).map_err(ScanError::Io)?;
    if OLD_WORKSPACES.contains(&magic.as_slice()) {
        return broken(AnomalyKind::OldWorkspace);
    }
    if WORKSPACES.contains(&magic.as_slice()) {
        let name = magic.trim_ascii_end();
        header.workspace = Some(String::from_utf8_lossy(name).into_owned());
        reader.cursor.skip(5);
    }
    if reader.cursor.peek()? == Some(b'\n') {
        reader.cursor.consume(1);
    }
    let Some([letter, second]) = reader.cursor.array()? else {
        return broken(AnomalyKind::Truncated("the header"));
    };
    header.encoding = match letter {
        b'X' => Encoding::Xdr,
        b'A' => Encoding::Ascii,
        b'B' => {
            // Versions are small: the byte that is not zero tells the byte order.
            let big_endian = reader.cursor.peek()? == Some(0);
            Encoding::Native { big_endian }
        }
        _ => return broken(AnomalyKind::UnknownType(letter)),
    };
    if second != b'\n' {
        anomalies.push(Anomaly {
            kind: AnomalyKind::OddFormatByte(second),
            at: reader.cursor.position().saturating_sub(1),
            node: None,
        });
    }
    reader.encoding = header.encoding;
    header.version = reader.int()?;
    header.writer = reader.int()?;
    header.min_reader = reader.int()?;
    match header.version {
        2 => {}
        // 4 is what the development version of R writes; its header is that of 3.
        3 | 4 => {
            let len = reader.int()?;
            // R takes names of up to 63 bytes.
            match u64::try_from(len) {
                Ok(len) if len <= 63 => {
                    let (name, _) = reader.string(len, 64)?;
                    header.native = Some(String::from_utf8_lossy(&name).into_owned());
                }
                _ => return broken(AnomalyKind::BadLength(i64::from(len))),
            }
        }
        other => return broken(AnomalyKind::Version(other)),
    }
    header.end = reader.cursor.position();
    Ok(())
}

#[cfg(test)]
mod tests;
