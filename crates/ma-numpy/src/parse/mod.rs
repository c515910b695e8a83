//! An npy file, from bytes to [`Npy`].
//!
//! ```text
//! "\x93NUMPY"  major:u8  minor:u8
//! header_len   u16 (version 1.0) or u32 (2.0, 3.0), little-endian
//! header       Python literal of a dictionary with the keys descr, fortran_order and shape, padded
//!              with blanks to a multiple of 64 (older writers: 16), ended by a line break;
//!              Latin-1, in version 3.0 UTF-8
//! data         shape × item size bytes, or a pickle when the type holds objects
//! ```
//!
//! Specification: `numpy/lib/_format_impl.py` of NumPy 2.3. An anomaly is whatever `np.load` refuses,
//! reads in two ways, or does not read at all. Cost: linear in the header, of which at most
//! [`MAX_HEADER`] bytes are read; the data is not read, but for 64 KiB after its end.

pub mod dtype;
pub mod literal;

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use nom::Parser as _;
use nom::bytes::complete::tag;
use nom::number::complete::{le_u16, le_u32, u8};
use nom::sequence::preceded;

use crate::model::{Anomaly, AnomalyKind, Literal, Npy, Trailing};
use dtype::parse_descr;
use literal::parse_literal;

/// The first bytes of every npy file.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes of a header that are read; `np.load` stops at 10,000 unless pickles are allowed.
pub const MAX_HEADER: u64 = 1 << 20;
/// `np.load`'s `max_header_size`.
pub const NUMPY_MAX_HEADER: u64 = 10_000;
/// Zeros after the data that count as padding.
const MAX_PADDING: usize = 64 * 1024;

/// Magic, version and header length.
struct Prefix {
    version: (u8, u8),
    header_len: u64,
    len: u64,
}

fn parse_prefix(input: &[u8]) -> Result<Prefix, (u8, u8)> {
    let version = preceded(tag(MAGIC), (u8::<&[u8], ()>, u8)).parse(input);
    let Ok((rest, version)) = version else {
        return Err((0, 0));
    };
    // An unknown version is read with the length field behind which a dictionary starts.
    let short = match version.0 {
        1 => true,
        2 | 3 => false,
        _ => matches!(rest, [_, _, b'{' | b' ', ..]),
    };
    let length = if short {
        le_u16::<&[u8], ()>(rest).map(|(_, n)| (u64::from(n), 10))
    } else {
        le_u32::<&[u8], ()>(rest).map(|(_, n)| (u64::from(n), 12))
    };
    match length {
        Ok((header_len, len)) => Ok(Prefix {
            version,
            header_len,
            len,
        }),
        Err(_) => Err(version),
    }
}

/// Reads the header of `blob` and works out where the data lies.
///
/// # Errors
/// When the bytes can't be read or a limit is hit; a broken file is a result.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Npy, ScanError> {
    let mut npy = Npy::default();
    let head = blob.head(16)?;
    let prefix = match parse_prefix(&head) {
        Ok(prefix) => prefix,
        Err(version) => {
            npy.version = version;
            npy.note(AnomalyKind::PrefixCut, 0..blob.len());
            npy.data = blob.len()..blob.len();
            npy.trailing = npy.data.clone();
            return Ok(npy);
        }
    };
    npy.version = prefix.version;
    if !matches!(prefix.version, (1..=3, 0)) {
        let (major, minor) = prefix.version;
        npy.note(AnomalyKind::UnknownVersion(major, minor), 6..8);
    }
    let declared = prefix.header_len;
    let end = prefix.len.saturating_add(declared);
    let length_field = 8..prefix.len;
    if end > blob.len() {
        npy.note(
            AnomalyKind::HeaderBeyondFile { declared },
            length_field.clone(),
        );
    }
    if declared > NUMPY_MAX_HEADER {
        npy.note(AnomalyKind::HeaderLong { declared }, length_field.clone());
    }
    if declared > MAX_HEADER {
        npy.note(AnomalyKind::HeaderUnread { declared }, length_field);
    }
    let end = end.min(blob.len());
    npy.header = prefix.len..end;
    npy.data = end..blob.len();
    npy.trailing = blob.len()..blob.len();
    let read_to = end.min(prefix.len.saturating_add(MAX_HEADER));
    let raw = blob.read(prefix.len..read_to, budget)?;
    budget.charge_steps(raw.len() as u64)?;
    let text = if prefix.version.0 == 3 {
        String::from_utf8_lossy(&raw).into_owned()
    } else {
        raw.iter().copied().map(char::from).collect()
    };
    npy.header_text = text.trim_end().chars().take(400).collect();
    npy.read_header(&text);
    npy.place_data(blob)?;
    Ok(npy)
}

impl Npy {
    fn note(&mut self, kind: AnomalyKind, range: Range<u64>) {
        self.anomalies.push(Anomaly { kind, range });
    }

    fn note_header(&mut self, kind: AnomalyKind) {
        self.note(kind, self.header.clone());
    }

    fn read_header(&mut self, text: &str) {
        // numpy reads the header in `eval` mode, which takes leading blanks.
        let value = match parse_literal(text) {
            Ok(value) => value,
            Err(error) => {
                let at = self.header.start.saturating_add(error.at() as u64);
                let start = at.min(self.header.end);
                self.note(AnomalyKind::Header(error), start..self.header.end);
                return;
            }
        };
        let Literal::Dict(pairs) = value else {
            self.note_header(AnomalyKind::NotDict);
            return;
        };
        self.check_keys(&pairs);
        let last = |key: &str| {
            pairs
                .iter()
                .rev()
                .find(|(k, _)| matches!(k, Literal::Str(k) if k == key))
                .map(|(_, value)| value)
        };
        if let Some(descr) = last("descr") {
            let dtype = parse_descr(descr);
            if let Some(first) = dtype.unknown.first() {
                let first = first.clone();
                self.note_header(AnomalyKind::UnknownDtype(first));
            }
            self.has_object |= dtype.has_object;
            self.dtype = Some(dtype);
        }
        match last("fortran_order") {
            Some(Literal::Bool(order)) => self.fortran_order = Some(*order),
            Some(_) => self.note_header(AnomalyKind::BadValue("fortran_order")),
            None => {}
        }
        match last("shape") {
            Some(Literal::Tuple(dims)) => self.read_shape(dims),
            Some(_) => self.note_header(AnomalyKind::BadValue("shape")),
            None => {}
        }
    }

    fn read_shape(&mut self, dims: &[Literal]) {
        let mut shape = Vec::new();
        for dim in dims {
            match dim {
                Literal::Int(n) => shape.push(*n),
                Literal::Bool(b) => shape.push(i128::from(*b)),
                _ => {
                    self.note_header(AnomalyKind::BadValue("shape"));
                    return;
                }
            }
        }
        self.shape = Some(shape);
    }

    fn check_keys(&mut self, pairs: &[(Literal, Literal)]) {
        for want in ["descr", "fortran_order", "shape"] {
            let values: Vec<&Literal> = pairs
                .iter()
                .filter(|(k, _)| matches!(k, Literal::Str(k) if k == want))
                .map(|(_, value)| value)
                .collect();
            match values.as_slice() {
                [] => self.note_header(AnomalyKind::MissingKey(want)),
                [_] => {}
                [first, rest @ ..] => {
                    let same = rest.iter().all(|v| v == first);
                    let objects = values
                        .iter()
                        .filter(|v| want == "descr" && parse_descr(v).has_object)
                        .count();
                    let hides_object = objects > 0 && objects < values.len();
                    // Readers that keep the first value see the pickle that the last one hides.
                    self.has_object |= objects > 0;
                    self.note_header(AnomalyKind::DuplicateKey {
                        key: want.to_owned(),
                        same,
                        hides_object,
                    });
                }
            }
        }
        let extra = pairs
            .iter()
            .find(|(k, _)| !matches!(k, Literal::Str(k) if matches!(k.as_str(), "descr" | "fortran_order" | "shape")));
        if let Some((key, _)) = extra {
            let key = match key {
                Literal::Str(key) => key.chars().take(60).collect(),
                _ => "a key that is no text".to_owned(),
            };
            self.note_header(AnomalyKind::ExtraKey(key));
        }
    }

    /// Works out how many bytes the array needs and what follows it.
    fn place_data(&mut self, blob: &Blob) -> Result<(), ScanError> {
        let Some(shape) = &self.shape else {
            return Ok(());
        };
        if let Some(negative) = shape.iter().find(|n| **n < 0) {
            let negative = *negative;
            self.note_header(AnomalyKind::NegativeShape(negative));
            return Ok(());
        }
        let Some(itemsize) = self.dtype.as_ref().and_then(|d| d.itemsize) else {
            return Ok(());
        };
        // A dimension of 0 makes the array empty, but numpy multiplies in 64 bits whatever the order.
        let factors = || shape.iter().map(|n| u128::try_from(*n).unwrap_or(0));
        let empty = itemsize == 0 || factors().any(|n| n == 0);
        let nonzero = factors()
            .filter(|n| *n > 0)
            .fold(itemsize.max(1), u128::saturating_mul);
        let limit = u128::from(u64::MAX >> 1);
        let count = factors().filter(|n| *n > 0).fold(1, u128::saturating_mul);
        if nonzero > limit && !(itemsize == 0 && count <= limit) {
            self.note_header(AnomalyKind::SizeOverflow);
            return Ok(());
        }
        if self.has_object {
            return Ok(());
        }
        let declared = if empty {
            0
        } else {
            u64::try_from(nonzero).unwrap_or(u64::MAX)
        };
        let present = blob.len().saturating_sub(self.data.start);
        if declared > present {
            let range = self.data.clone();
            self.note(AnomalyKind::DataShort { declared, present }, range);
            return Ok(());
        }
        let end = self.data.start.saturating_add(declared);
        self.data.end = end;
        self.trailing = end..blob.len();
        if end < blob.len() {
            let kind = trailing(&blob.tail(end))?;
            self.note(AnomalyKind::Trailing(kind), end..blob.len());
        }
        Ok(())
    }
}

/// What the bytes after the data are.
fn trailing(rest: &Blob) -> Result<Trailing, ScanError> {
    let head = rest.head(MAX_PADDING)?;
    if (head.len() as u64) == rest.len() && head.iter().all(|b| *b == 0) {
        return Ok(Trailing::Padding);
    }
    if head.starts_with(MAGIC) {
        return Ok(Trailing::Array);
    }
    Ok(match dangerous(&head) {
        Some(name) => Trailing::Dangerous(name),
        None => Trailing::Other,
    })
}

/// The name of a format that runs or unpickles, by its first bytes.
#[must_use]
pub fn dangerous(head: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "zip archive"),
        (b"\x7fELF", "ELF program"),
        (b"MZ", "Windows program"),
        (b"\xcf\xfa\xed\xfe", "Mach-O program"),
        (b"\xce\xfa\xed\xfe", "Mach-O program"),
        (b"\xca\xfe\xba\xbe", "Mach-O program"),
        (b"#!", "script"),
    ];
    if let Some((_, name)) = SIGNATURES.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    looks_like_pickle(head).then_some("pickle")
}

/// Whether bytes start like a pickle: PROTO with a protocol that exists, or a text GLOBAL.
#[must_use]
pub fn looks_like_pickle(head: &[u8]) -> bool {
    match head {
        [0x80, 0..=5, ..] => true,
        [b'c' | b'(', rest @ ..] => {
            let line: Vec<u8> = rest
                .iter()
                .copied()
                .take(200)
                .take_while(|b| *b != b'\n')
                .collect();
            let name = line.strip_prefix(b"c").unwrap_or(&line);
            let name = name.strip_prefix(b"i").unwrap_or(name);
            line.len() < rest.len()
                && !name.is_empty()
                && name
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'\'' | b'"'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::npy::{NpyBuilder, array};

    fn read(bytes: Vec<u8>) -> Npy {
        parse(&Blob::from_vec(bytes), &Budget::default()).unwrap()
    }

    #[test]
    fn plain_arrays_of_all_versions_have_no_anomalies() {
        for version in 1..=3 {
            let npy = read(
                NpyBuilder::new("'<f4'", "(2, 3)")
                    .version(version)
                    .data(&[0; 24])
                    .build(),
            );
            assert_eq!(npy.anomalies, vec![], "version {version}");
            assert_eq!(npy.shape, Some(vec![2, 3]));
            assert_eq!(npy.fortran_order, Some(false));
            assert_eq!(npy.data.end - npy.data.start, 24);
            assert_eq!(npy.data.start % 64, 0);
        }
        assert_eq!(read(array("'<f8'", "()", &[0; 8])).anomalies, vec![]);
        assert_eq!(
            read(array("'<f8'", "(0, 1000000000)", &[])).anomalies,
            vec![]
        );
        assert_eq!(read(array("'|S0'", "(5,)", &[])).anomalies, vec![]);
    }

    #[test]
    fn an_unknown_version_is_read_by_its_looks() {
        for wide in [false, true] {
            let mut file = NpyBuilder::new("'<f4'", "(1,)")
                .version(if wide { 2 } else { 1 })
                .data(&[0; 4])
                .build();
            file[6] = 9;
            let npy = read(file);
            assert_eq!(npy.shape, Some(vec![1]));
            assert_eq!(npy.anomalies.len(), 1, "{:?}", npy.anomalies);
        }
    }

    #[test]
    fn cut_files_are_reported_wherever_they_are_cut() {
        let whole = array("'<f4'", "(2, 3)", &[0; 24]);
        for len in MAGIC.len()..whole.len() {
            assert!(
                !read(whole[..len].to_vec()).anomalies.is_empty(),
                "cut at {len}"
            );
        }
    }

    #[test]
    fn pickles_are_recognised_by_their_start() {
        assert!(looks_like_pickle(b"\x80\x04."));
        assert!(looks_like_pickle(b"cposix\nsystem\n"));
        assert!(looks_like_pickle(b"(cposix\nsystem\n"));
        assert!(!looks_like_pickle(b"c\0\0\0"));
        assert!(!looks_like_pickle(b"\x80\x3f\0\0"));
        assert!(!looks_like_pickle(b""));
    }
}
