//! Bytes to opcodes.
//!
//! ```text
//! stream  = opcode* STOP            nothing says how long it is but STOP itself
//! opcode  = byte argument           see `opcode.rs` for the shape of each argument
//! ```
//!
//! Follows `Modules/_pickle.c` of CPython 3.13 and accepts what `Lib/pickle.py` accepts besides: a
//! text argument that ends with the data instead of a line feed. Numbers are little-endian. Payloads
//! are skipped, never copied: their length costs nothing. The decoder does not look inside text
//! arguments; `literal` does.

use ma_core::{Blob, Budget, ScanError};

use crate::opcode::{ArgKind, Op};
use crate::window::{WINDOW, Window};

/// An opcode in the file. Its argument is described, not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// Offset of the opcode byte.
    pub offset: u64,
    /// Which opcode.
    pub code: Op,
    /// Its argument.
    pub arg: Arg,
    /// Offset of the byte behind it.
    pub end: u64,
}

/// An argument; ranges are offsets of the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// Nothing.
    None,
    /// A number of fixed size (also the bits of BINFLOAT, and FRAME as two's complement).
    Int(i64),
    /// A line without its line feed: (start, end).
    Line(u64, u64),
    /// Two lines without their line feeds.
    Lines((u64, u64), (u64, u64)),
    /// The payload of a counted argument: (start, end). It may reach beyond the data.
    Payload(u64, u64),
}

/// How the walk over opcodes ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeEnd {
    /// The data ended inside an opcode, or before STOP.
    Truncated {
        /// The opcode that lacks bytes, or the end of the data.
        at: u64,
    },
    /// A byte that is no opcode.
    Invalid {
        /// Where.
        at: u64,
        /// Which.
        byte: u8,
    },
    /// A count that no loader accepts.
    Error {
        /// The opcode.
        at: u64,
        /// Why.
        what: &'static str,
    },
    /// The bytes can't be read, or the budget is used up.
    Failed(String),
}

/// Why no opcode could be decoded from the bytes at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// More bytes are needed.
    More,
    /// No opcode.
    Invalid(u8),
    /// No loader accepts the count.
    Bad(&'static str),
}

const TOO_LARGE: &str = "a length exceeds the system's maximum size";
const NEGATIVE: &str = "LONG pickle has negative byte count";

/// Decodes the opcode at the start of `buf`, which lies at `at`. Payloads need not be in `buf`; text
/// arguments must.
#[inline(always)]
pub(crate) fn decode(buf: &[u8], at: u64) -> Result<Opcode, Short> {
    let Some((&byte, rest)) = buf.split_first() else {
        return Err(Short::More);
    };
    let Some(code) = Op::from_byte(byte) else {
        return Err(Short::Invalid(byte));
    };
    let body = at.saturating_add(1);
    let fixed = |n: i64, size: u64| Opcode {
        offset: at,
        code,
        arg: Arg::Int(n),
        end: body.saturating_add(size),
    };
    let counted = |n: u64, size: u64| {
        let start = body.saturating_add(size);
        let end = start.saturating_add(n);
        Opcode {
            offset: at,
            code,
            arg: Arg::Payload(start, end),
            end,
        }
    };
    match code.arg_kind() {
        ArgKind::None => Ok(Opcode {
            offset: at,
            code,
            arg: Arg::None,
            end: body,
        }),
        ArgKind::U1 => take(rest).map(|b: [u8; 1]| fixed(i64::from(u8::from_le_bytes(b)), 1)),
        ArgKind::U2 => take(rest).map(|b| fixed(i64::from(u16::from_le_bytes(b)), 2)),
        ArgKind::I4 => take(rest).map(|b| fixed(i64::from(i32::from_le_bytes(b)), 4)),
        ArgKind::U4 => take(rest).map(|b| fixed(i64::from(u32::from_le_bytes(b)), 4)),
        ArgKind::U8 => take(rest).map(|b| fixed(i64::from_le_bytes(b), 8)),
        ArgKind::F8 => take(rest).map(|b| fixed(i64::from_be_bytes(b), 8)),
        ArgKind::Counted1 => {
            take(rest).map(|b: [u8; 1]| counted(u64::from(u8::from_le_bytes(b)), 1))
        }
        ArgKind::Counted4 => take(rest).map(|b| counted(u64::from(u32::from_le_bytes(b)), 4)),
        ArgKind::Counted4Signed => match i32::from_le_bytes(take(rest)?) {
            n if n < 0 => Err(Short::Bad(NEGATIVE)),
            n => Ok(counted(u64::from(n.unsigned_abs()), 4)),
        },
        ArgKind::Counted8 => match i64::from_le_bytes(take(rest)?) {
            n if n < 0 => Err(Short::Bad(TOO_LARGE)),
            n => Ok(counted(n.unsigned_abs(), 8)),
        },
        ArgKind::Line => line(rest, body).map(|(start, end)| Opcode {
            offset: at,
            code,
            arg: Arg::Line(start, end),
            end: end.saturating_add(1),
        }),
        ArgKind::Pair => {
            let first = line(rest, body)?;
            let skip = first.1.saturating_add(1);
            let from = usize::try_from(skip.saturating_sub(body)).map_err(|_| Short::More)?;
            let second = line(rest.get(from..).ok_or(Short::More)?, skip)?;
            Ok(Opcode {
                offset: at,
                code,
                arg: Arg::Lines(first, second),
                end: second.1.saturating_add(1),
            })
        }
    }
}

#[inline]
fn take<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Short> {
    bytes.first_chunk::<N>().copied().ok_or(Short::More)
}

fn line(bytes: &[u8], at: u64) -> Result<(u64, u64), Short> {
    match memchr::memchr(b'\n', bytes) {
        Some(i) => Ok((at, at.saturating_add(i as u64))),
        None => Err(Short::More),
    }
}

/// What became of the attempt to read an opcode with all the data there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// An opcode. The flag says that its last line ends with the data instead of a line feed: its
    /// last character is lost then, as `readline()[:-1]` loses it.
    Opcode(Opcode, bool),
    /// The data ends here or inside this opcode.
    Truncated,
    /// No opcode.
    Invalid(u8),
    /// No loader accepts the count.
    Bad(&'static str),
}

/// Reads the opcode at `at`, moving the window where it must.
pub(crate) fn next_opcode(window: &mut Window<'_>, at: u64) -> Result<Next, ScanError> {
    let mut refilled = false;
    loop {
        match decode(window.slice(at), at) {
            Ok(opcode) if opcode.end <= window.len() => return Ok(Next::Opcode(opcode, false)),
            Ok(_) => return Ok(Next::Truncated),
            Err(Short::Invalid(byte)) => return Ok(Next::Invalid(byte)),
            Err(Short::Bad(what)) => return Ok(Next::Bad(what)),
            Err(Short::More) if refilled || window.reaches_end(at) => break,
            Err(Short::More) => {
                window.fill(at)?;
                // After a jump the window starts small; once it is full, lines are longer than it.
                refilled = window.slice(at).len() >= WINDOW;
            }
        }
    }
    let byte = window.slice(at).first().copied();
    match byte.and_then(Op::from_byte) {
        Some(code) if matches!(code.arg_kind(), ArgKind::Line | ArgKind::Pair) => {
            long_text(window, at, code)
        }
        _ => Ok(Next::Truncated),
    }
}

/// A text argument that does not fit the window, or that the data ends in.
fn long_text(window: &mut Window<'_>, at: u64, code: Op) -> Result<Next, ScanError> {
    let body = at.saturating_add(1);
    let len = window.len();
    let first = window.line_feed(body, len)?;
    let (arg, end, whole) = match (code.arg_kind(), first) {
        (ArgKind::Pair, Some(first)) => {
            let start = first.saturating_add(1);
            let second = window.line_feed(start, len)?;
            let end = second.unwrap_or(len.saturating_sub(1).max(start));
            (
                Arg::Lines((body, first), (start, end)),
                end.saturating_add(1),
                second.is_some(),
            )
        }
        (ArgKind::Line, Some(first)) => (Arg::Line(body, first), first.saturating_add(1), true),
        (ArgKind::Line, None) if body < len => (Arg::Line(body, len.saturating_sub(1)), len, false),
        _ => return Ok(Next::Truncated),
    };
    let opcode = Opcode {
        offset: at,
        code,
        arg,
        end: end.min(len),
    };
    Ok(Next::Opcode(opcode, !whole))
}

/// Opcodes between two looks at the budget.
pub(crate) const CHARGE_EVERY: u64 = 65_536;

/// Walks over the opcodes of one stream, to STOP and including it. No machine runs: the walk is what
/// a disassembler sees, so a straddled frame (see [`crate::Anomaly::FrameStraddle`]) is read in one
/// way only.
///
/// ```
/// use ma_core::{Blob, Budget};
/// use ma_pickle::{Op, Opcodes};
///
/// let budget = Budget::default();
/// let blob = Blob::from_vec(b"cposix\nsystem\n.".to_vec());
/// let codes: Vec<_> = Opcodes::new(blob, 0, &budget).map(|o| o.unwrap().code).collect();
/// assert_eq!(codes, [Op::Global, Op::Stop]);
/// ```
pub struct Opcodes<'b> {
    window: Window<'b>,
    position: u64,
    uncharged: u64,
    done: bool,
}

impl<'b> Opcodes<'b> {
    /// The stream that begins at `start`.
    #[must_use]
    pub fn new(blob: Blob, start: u64, budget: &'b Budget) -> Self {
        Self {
            window: Window::new(blob, budget),
            position: start,
            uncharged: 0,
            done: false,
        }
    }

    /// The offset of the next opcode.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    fn step(&mut self) -> Result<Opcode, DecodeEnd> {
        let at = self.position;
        self.uncharged = self.uncharged.saturating_add(1);
        if self.uncharged >= CHARGE_EVERY {
            let charged = self.window.budget().charge_steps(self.uncharged);
            charged.map_err(|hit| DecodeEnd::Failed(hit.to_string()))?;
            self.uncharged = 0;
        }
        // The fast path: an opcode that lies whole in the window.
        if let Ok(opcode) = decode(self.window.slice(at), at)
            && opcode.end <= self.window.len()
        {
            self.position = opcode.end;
            return Ok(opcode);
        }
        match next_opcode(&mut self.window, at) {
            Ok(Next::Opcode(opcode, _)) => {
                self.position = opcode.end;
                Ok(opcode)
            }
            Ok(Next::Truncated) => Err(DecodeEnd::Truncated { at }),
            Ok(Next::Invalid(byte)) => Err(DecodeEnd::Invalid { at, byte }),
            Ok(Next::Bad(what)) => Err(DecodeEnd::Error { at, what }),
            Err(e) => Err(DecodeEnd::Failed(e.to_string())),
        }
    }
}

impl Iterator for Opcodes<'_> {
    type Item = Result<Opcode, DecodeEnd>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.step();
        self.done = !matches!(&item, Ok(opcode) if opcode.code != Op::Stop);
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> Vec<Result<Opcode, DecodeEnd>> {
        let budget = Budget::default();
        Opcodes::new(Blob::from_vec(bytes.to_vec()), 0, &budget).collect()
    }

    fn arg(bytes: &[u8]) -> Arg {
        walk(bytes)[0].clone().unwrap().arg
    }

    #[test]
    fn fixed_arguments() {
        assert_eq!(arg(b"K\xff."), Arg::Int(255));
        assert_eq!(arg(b"M\x01\x80."), Arg::Int(0x8001));
        assert_eq!(arg(b"J\xff\xff\xff\xff."), Arg::Int(-1));
        assert_eq!(arg(b"j\xff\xff\xff\xff."), Arg::Int(0xffff_ffff));
        assert_eq!(arg(b"\x83\x05\x00."), Arg::Int(5));
        assert_eq!(arg(b"\x84\xff\xff\xff\xff."), Arg::Int(-1));
        assert_eq!(
            arg(b"G\x3f\xf8\0\0\0\0\0\0."),
            Arg::Int(1.5f64.to_bits() as i64)
        );
        assert_eq!(arg(b"\x95\x02\0\0\0\0\0\0\0."), Arg::Int(2));
    }

    #[test]
    fn counted_arguments() {
        assert_eq!(arg(b"\x8c\x02os."), Arg::Payload(2, 4));
        assert_eq!(arg(b"X\x02\0\0\0os."), Arg::Payload(5, 7));
        assert_eq!(arg(b"\x8e\x01\0\0\0\0\0\0\0x."), Arg::Payload(9, 10));
        assert_eq!(arg(b"\x8a\x01\x05."), Arg::Payload(2, 3));
        // C reads the top bit of BINSTRING's length as a size, not as a sign.
        assert_eq!(
            walk(b"T\xff\xff\xff\xffxx.")[0],
            Err(DecodeEnd::Truncated { at: 0 })
        );
        assert!(matches!(
            walk(b"\x8b\xff\xff\xff\xff.")[0],
            Err(DecodeEnd::Error { at: 0, .. })
        ));
        assert!(matches!(
            walk(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffx.")[0],
            Err(DecodeEnd::Error { at: 0, .. })
        ));
    }

    #[test]
    fn text_arguments() {
        assert_eq!(arg(b"I12\n."), Arg::Line(1, 3));
        assert_eq!(arg(b"cos\nsystem\n."), Arg::Lines((1, 3), (4, 10)));
        assert_eq!(arg(b"i\n\n."), Arg::Lines((1, 1), (2, 2)));
        // The end of the data in place of a line feed.
        assert_eq!(arg(b"cos\nsystem?"), Arg::Lines((1, 3), (4, 10)));
        assert_eq!(arg(b"Pxy"), Arg::Line(1, 2));
        assert_eq!(walk(b"cos")[0], Err(DecodeEnd::Truncated { at: 0 }));
        assert_eq!(walk(b"I")[0], Err(DecodeEnd::Truncated { at: 0 }));
    }

    #[test]
    fn ends() {
        assert_eq!(walk(b""), [Err(DecodeEnd::Truncated { at: 0 })]);
        assert_eq!(walk(b"N.N.").len(), 2);
        assert_eq!(
            walk(b"N\xff")[1],
            Err(DecodeEnd::Invalid { at: 1, byte: 0xff })
        );
    }

    #[test]
    fn payloads_and_lines_longer_than_the_window() {
        let mut bytes = b"X".to_vec();
        bytes.extend((300_000u32).to_le_bytes());
        bytes.extend(vec![b'a'; 300_000]);
        bytes.extend(b"cos\n");
        bytes.extend(vec![b'b'; 400_000]);
        bytes.extend(b"\nK\x01.");
        let ops: Vec<_> = walk(&bytes).into_iter().map(Result::unwrap).collect();
        assert_eq!(ops.len(), 4);
        assert_eq!(ops[0].arg, Arg::Payload(5, 300_005));
        assert_eq!(
            ops[1].arg,
            Arg::Lines((300_006, 300_008), (300_009, 700_009))
        );
        assert_eq!(ops[3].code, Op::Stop);
    }
}
