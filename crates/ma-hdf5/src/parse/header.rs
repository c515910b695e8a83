//! Object headers: the list of messages that make an object.
//!
//! | version | prefix | a message |
//! | --- | --- | --- |
//! | 1 | version, 0, count `u16`, references `u32`, size `u32`, 4 bytes of padding | type `u16`, size `u16`, flags, 3 zeros, body |
//! | 2 | `OHDR`, version, flags, times (16 bytes if bit 5), phase change (4 bytes if bit 4), size (1, 2, 4 or 8 bytes by bits 0–1) | type `u8`, size `u16`, flags, order `u16` if bit 2, body |
//!
//! A message of type 16 says where the header goes on. The chunks of version 2 end in a checksum.

use std::collections::HashSet;

use super::source::{Fields, Piece, Read, Source, lookup3, malformed};

/// Messages of one object that are read.
const MAX_MESSAGES: usize = 1 << 17;
/// Chunks of one header that are read.
const MAX_CHUNKS: usize = 1 << 16;

pub(super) const DATASPACE: u16 = 0x01;
pub(super) const LINK_INFO: u16 = 0x02;
pub(super) const DATATYPE: u16 = 0x03;
pub(super) const LINK: u16 = 0x06;
pub(super) const EXTERNAL_FILES: u16 = 0x07;
pub(super) const LAYOUT: u16 = 0x08;
pub(super) const GROUP_INFO: u16 = 0x0a;
pub(super) const FILTERS: u16 = 0x0b;
pub(super) const ATTRIBUTE: u16 = 0x0c;
pub(super) const CONTINUATION: u16 = 0x10;
pub(super) const SYMBOL_TABLE: u16 = 0x11;
pub(super) const ATTRIBUTE_INFO: u16 = 0x15;
const REFERENCES: u16 = 0x16;

/// A message as it lies in the header.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) kind: u16,
    pub(super) flags: u8,
    pub(super) body: Piece,
}

impl Message {
    /// Its body is a reference to where the message really is.
    pub(super) fn shared(&self) -> bool {
        self.flags & 2 != 0
    }

    pub(super) fn range(&self) -> std::ops::Range<u64> {
        let end = self.body.base.saturating_add(self.body.data.len() as u64);
        self.body.base..end
    }
}

/// A header.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub(super) references: u32,
    pub(super) messages: Vec<Message>,
    /// What is wrong with it although it could be read: sentence and whether it is a checksum.
    pub(super) faults: Vec<Fault>,
}

/// Something wrong with a header that could still be read.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// The checksum of a chunk at this byte does not fit.
    Checksum(std::ops::Range<u64>),
    /// A part of it could not be read.
    Broken(String),
}

/// Reads the header at `address` with all its continuations.
pub(super) fn read(source: &mut Source<'_>, address: u64) -> Read<Header> {
    let head = source.at(address, 4, "an object header")?;
    let header = if head.data.as_slice() == b"OHDR" {
        version_2(source, address)
    } else if head.data.first() == Some(&1) {
        version_1(source, address)
    } else {
        malformed(format!("no object header begins at byte {}", head.base))
    }?;
    // Messages are small and cost more than their bytes.
    source.spend((header.messages.len() as u64).saturating_mul(64))?;
    Ok(header)
}

fn version_1(source: &mut Source<'_>, address: u64) -> Read<Header> {
    let prefix = source.at(address, 16, "an object header")?;
    let mut fields = prefix.read();
    fields.skip(2)?;
    let count = fields.u16()?;
    let mut header = Header {
        references: fields.u32()?,
        ..Header::default()
    };
    let size = u64::from(fields.u32()?);
    let first = source.at(address.saturating_add(16), size, "an object header")?;
    let messages = &mut header.messages;
    let mut todo = vec![first];
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    let mut met = 0usize;
    while let Some(chunk) = todo.pop() {
        let mut fields = chunk.read();
        while fields.left() >= 8 && messages.len() < MAX_MESSAGES {
            met = met.saturating_add(1);
            let (kind, size, flags) = (fields.u16()?, fields.u16()?, fields.u8()?);
            fields.skip(3)?;
            let Ok(body) = fields.sub(usize::from(size)) else {
                faults.push(Fault::Broken(format!(
                    "a message at byte {} is longer than its header",
                    fields.position()
                )));
                break;
            };
            push(messages, kind, flags, &body);
            if kind == CONTINUATION {
                follow(source, body, &mut seen, &mut todo, &mut faults);
            }
        }
    }
    if met < usize::from(count) {
        faults.push(Fault::Broken(format!(
            "an object header announces {count} messages and has {met}"
        )));
    }
    header.faults = faults;
    too_many(&mut header);
    Ok(header)
}

fn version_2(source: &mut Source<'_>, address: u64) -> Read<Header> {
    let start = source.at(address, 6, "an object header")?;
    let flags = start.data.get(5).copied().unwrap_or(0);
    let version = start.data.get(4).copied().unwrap_or(0);
    if version != 2 {
        return malformed(format!("an object header is of version {version}"));
    }
    let times = if flags & 0x20 == 0 { 0 } else { 16 };
    let phases = if flags & 0x10 == 0 { 0 } else { 4 };
    let width = 1u8 << (flags & 3);
    let before = 6u64.saturating_add(times).saturating_add(phases);
    let prefix = before.saturating_add(u64::from(width));
    let piece = source.at(address, prefix, "an object header")?;
    let mut fields = piece.read();
    fields.take64(before)?;
    let size = fields.number(width)?;
    let all = prefix.saturating_add(size).saturating_add(4);
    let chunk = source.at(address, all, "an object header")?;
    let mut header = Header {
        references: 1,
        ..Header::default()
    };
    let mut seen = HashSet::new();
    let mut todo = vec![(chunk, prefix)];
    let mut next = Vec::new();
    while let Some((chunk, skip)) = todo.pop() {
        check(&chunk, &mut header.faults);
        let end = chunk.data.len().saturating_sub(4);
        let mut fields = Fields::new(chunk.data.get(..end).unwrap_or(&[]), chunk.base);
        fields.take64(skip)?;
        let least = if flags & 4 == 0 { 4 } else { 6 };
        while fields.left() >= least && header.messages.len() < MAX_MESSAGES {
            let (kind, size) = (u16::from(fields.u8()?), fields.u16()?);
            let mark = fields.u8()?;
            if flags & 4 != 0 {
                fields.skip(2)?;
            }
            let Ok(body) = fields.sub(usize::from(size)) else {
                header.faults.push(Fault::Broken(format!(
                    "a message at byte {} is longer than its header",
                    fields.position()
                )));
                break;
            };
            push(&mut header.messages, kind, mark, &body);
            if kind == REFERENCES {
                let mut body = body.clone();
                body.skip(1)?;
                header.references = body.u32()?;
            }
            if kind == CONTINUATION {
                follow(source, body, &mut seen, &mut next, &mut header.faults);
            }
        }
        for chunk in next.drain(..) {
            if chunk.data.starts_with(b"OCHK") {
                todo.push((chunk, 4));
            } else {
                header.faults.push(Fault::Broken(format!(
                    "an object header goes on at byte {}, where no chunk begins",
                    chunk.base
                )));
            }
        }
    }
    too_many(&mut header);
    Ok(header)
}

/// What lies beyond the bound was not read.
fn too_many(header: &mut Header) {
    if header.messages.len() >= MAX_MESSAGES {
        header.faults.insert(
            0,
            Fault::Broken(format!(
                "an object header has {MAX_MESSAGES} messages or more"
            )),
        );
    }
}

fn push(messages: &mut Vec<Message>, kind: u16, flags: u8, body: &Fields<'_>) {
    if kind != 0 {
        messages.push(Message {
            kind,
            flags,
            body: Piece {
                data: body.rest().to_vec(),
                base: body.position(),
            },
        });
    }
}

/// Reads the chunk that a continuation names, once.
fn follow(
    source: &mut Source<'_>,
    mut body: Fields<'_>,
    seen: &mut HashSet<u64>,
    todo: &mut Vec<Piece>,
    faults: &mut Vec<Fault>,
) {
    let (offset, length) = (source.offset_size, source.length_size);
    let chunk = body.number(offset).and_then(|address| {
        let len = body.number(length)?;
        if seen.len() >= MAX_CHUNKS || !seen.insert(address) {
            return malformed("an object header goes on in a circle");
        }
        source.at(address, len, "a part of an object header")
    });
    match chunk {
        Ok(chunk) => todo.push(chunk),
        Err(broken) => faults.push(Fault::Broken(broken.to_string())),
    }
}

/// The checksum at the end of a chunk.
fn check(chunk: &Piece, faults: &mut Vec<Fault>) {
    let split = chunk.data.len().saturating_sub(4);
    let (body, sum) = chunk.data.split_at(split);
    if u64::from(lookup3(body)) != super::source::little(sum) {
        let end = chunk.base.saturating_add(chunk.data.len() as u64);
        faults.push(Fault::Checksum(chunk.base..end));
    }
}
