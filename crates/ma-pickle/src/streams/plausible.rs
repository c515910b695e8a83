//! Does a pickle begin here? Asked of the first bytes, before a machine is set to work.

use ma_python::catalogue::{Grade, classify};

use crate::judge::name::well_formed;
use crate::opcode::{ArgKind, Op};

/// What the first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// Not the beginning of a pickle.
    No,
    /// A few opcodes that could be chance.
    Maybe,
    /// Structure that chance does not make: a header and opcodes, a well-formed import, or a small
    /// pickle from its first byte to `STOP`.
    Sure,
}

/// Opcodes walked at most.
const MAX_OPCODES: usize = 4096;

/// Looks at the beginning of `bytes`; `whole` says that there are no more bytes.
#[must_use]
pub fn start(bytes: &[u8], whole: bool) -> Start {
    let header = matches!(bytes, [0x80, 0..=5, ..]);
    let mut at = 0usize;
    let mut seen = Seen::default();
    while seen.opcodes < MAX_OPCODES {
        let Some(&byte) = bytes.get(at) else {
            return seen.cut(header, whole);
        };
        let Some(op) = Op::from_byte(byte) else {
            return seen.broken(header);
        };
        if op == Op::Stop {
            if seen.stack.depth == 0 {
                return seen.broken(header);
            }
            return seen.stopped(header, whole, bytes.len() == at.saturating_add(1));
        }
        let args = bytes.get(at.saturating_add(1)..).unwrap_or_default();
        match argument(op, args) {
            Argument::Good(len) => {
                if !seen.stack.step(op) {
                    return seen.broken(header);
                }
                seen.note(op, args.get(..len).unwrap_or_default());
                at = at.saturating_add(1).saturating_add(len);
            }
            Argument::Cut => return seen.cut(header, whole),
            Argument::Bad => return seen.broken(header),
        }
    }
    seen.cut(header, false)
}

enum Argument {
    /// That many bytes.
    Good(usize),
    /// It reaches beyond what is there.
    Cut,
    /// No loader takes it.
    Bad,
}

fn argument(op: Op, bytes: &[u8]) -> Argument {
    let fixed = |n: usize| {
        if bytes.len() < n {
            Argument::Cut
        } else {
            Argument::Good(n)
        }
    };
    match op.arg_kind() {
        ArgKind::None => Argument::Good(0),
        ArgKind::U1 => {
            if op == Op::Proto && bytes.first().is_some_and(|v| *v > 5) {
                return Argument::Bad;
            }
            fixed(1)
        }
        ArgKind::U2 => fixed(2),
        ArgKind::I4 | ArgKind::U4 => fixed(4),
        ArgKind::U8 | ArgKind::F8 => fixed(8),
        ArgKind::Line => line(op, bytes),
        ArgKind::Pair => pair(bytes),
        ArgKind::Counted1 => counted(bytes, 1),
        ArgKind::Counted4 | ArgKind::Counted4Signed => counted(bytes, 4),
        ArgKind::Counted8 => counted(bytes, 8),
    }
}

fn counted(bytes: &[u8], width: usize) -> Argument {
    let Some(count) = bytes.get(..width) else {
        return Argument::Cut;
    };
    let count = count
        .iter()
        .rev()
        .fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
    let Some(end) = usize::try_from(count)
        .ok()
        .and_then(|count| count.checked_add(width))
    else {
        return Argument::Bad;
    };
    if end > bytes.len() {
        Argument::Cut
    } else {
        Argument::Good(end)
    }
}

/// A text argument: what follows must fit the opcode.
fn line(op: Op, bytes: &[u8]) -> Argument {
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        return Argument::Cut;
    };
    let text = bytes.get(..end).unwrap_or_default();
    let number = || {
        let digits = text.split(|b| *b == 0).next().unwrap_or_default();
        !digits.is_empty()
            && digits.iter().all(|b| {
                b.is_ascii_hexdigit()
                    || matches!(
                        b,
                        b'+' | b'-' | b'_' | b'L' | b'x' | b'X' | b'o' | b' ' | b'.'
                    )
            })
    };
    let good = match op {
        Op::Int | Op::Long | Op::Put | Op::Get => number(),
        Op::Float => number() || matches!(text, b"nan" | b"inf" | b"-inf" | b"infinity"),
        Op::String => {
            let quote = text.first().copied();
            text.len() >= 2 && matches!(quote, Some(b'\'' | b'"')) && text.last().copied() == quote
        }
        // An id of bytes that are no text would be refused by whoever resolves it.
        Op::PersId => text.iter().all(|b| b.is_ascii_graphic() || *b == b' '),
        _ => true,
    };
    if good {
        Argument::Good(end.saturating_add(1))
    } else {
        Argument::Bad
    }
}

/// Module and name, a line each.
fn pair(bytes: &[u8]) -> Argument {
    let mut lines = memchr::memchr_iter(b'\n', bytes);
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return Argument::Cut;
    };
    let module = bytes.get(..first).unwrap_or_default();
    if module.is_empty() || module.len() > 1024 {
        return Argument::Bad;
    }
    Argument::Good(second.saturating_add(1))
}

/// Whether the catalogue knows the import that a text argument spells.
fn known(argument: &[u8]) -> bool {
    let mut lines = argument.split(|b| *b == b'\n').map(std::str::from_utf8);
    match (lines.next(), lines.next()) {
        (Some(Ok(module)), Some(Ok(name))) => classify(module, name).grade != Grade::Unknown,
        _ => false,
    }
}

/// What was walked over so far.
#[derive(Default)]
struct Seen {
    opcodes: usize,
    /// Well-formed imports.
    imports: usize,
    /// Whether one of them is of something that the catalogue knows. Two words below each other are a
    /// well-formed import when the first begins with a `c`; a list of words is full of them.
    known: bool,
    /// Opcodes of text protocols that chance does not make: memo and quoted strings.
    shaped: usize,
    stack: Stack,
}

/// How much lies on the stack, without saying what: enough to refuse opcodes that lack operands.
#[derive(Default)]
struct Stack {
    /// Values above the last mark.
    depth: usize,
    /// Values below each mark.
    marks: Vec<usize>,
    /// The last two values are text.
    texts: usize,
}

impl Stack {
    /// Follows one opcode; false when it lacks operands.
    fn step(&mut self, op: Op) -> bool {
        let texts = match op {
            Op::Unicode
            | Op::BinUnicode
            | Op::ShortBinUnicode
            | Op::BinUnicode8
            | Op::String
            | Op::BinString
            | Op::ShortBinString
            | Op::Get
            | Op::BinGet
            | Op::LongBinGet
            | Op::Dup
            | Op::Reduce
            | Op::Pop
            | Op::PopMark => self.texts.saturating_add(1),
            Op::Memoize | Op::Put | Op::BinPut | Op::LongBinPut | Op::Frame | Op::Proto => {
                self.texts
            }
            _ => 0,
        };
        let (needs, leaves) = match op {
            Op::Mark => {
                self.marks.push(self.depth);
                self.depth = 0;
                return true;
            }
            Op::Tuple | Op::List | Op::Dict | Op::FrozenSet | Op::Inst => {
                return self.drop_to_mark(0, true);
            }
            Op::Obj => return self.depth >= 1 && self.drop_to_mark(0, true),
            Op::PopMark => return self.drop_to_mark(0, false),
            Op::Appends | Op::SetItems | Op::AddItems => return self.drop_to_mark(1, false),
            Op::Pop => {
                if self.depth == 0 {
                    return self.drop_to_mark(0, false);
                }
                (1, 0)
            }
            Op::Memoize | Op::Put | Op::BinPut | Op::LongBinPut => (1, 1),
            Op::BinPersId | Op::Tuple1 | Op::ReadonlyBuffer => (1, 1),
            Op::Dup => (1, 2),
            Op::Append | Op::Build | Op::Reduce | Op::NewObj | Op::Tuple2 => (2, 1),
            Op::StackGlobal => {
                if self.texts < 2 {
                    return false;
                }
                (2, 1)
            }
            Op::SetItem | Op::Tuple3 | Op::NewObjEx => (3, 1),
            Op::Proto | Op::Frame => (0, 0),
            Op::Stop => (1, 0),
            _ => (0, 1),
        };
        self.texts = texts;
        let Some(rest) = self.depth.checked_sub(needs) else {
            return false;
        };
        self.depth = rest.saturating_add(leaves);
        true
    }

    /// Drops everything above the last mark; `below` values must lie under it.
    fn drop_to_mark(&mut self, below: usize, pushes: bool) -> bool {
        let Some(depth) = self.marks.pop() else {
            return false;
        };
        self.texts = 0;
        self.depth = depth.saturating_add(usize::from(pushes));
        depth >= below
    }
}

impl Seen {
    fn note(&mut self, op: Op, argument: &[u8]) {
        self.opcodes = self.opcodes.saturating_add(1);
        match op {
            Op::Global | Op::Inst => {
                let mut lines = argument.split(|b| *b == b'\n').map(std::str::from_utf8);
                let good = lines
                    .next()
                    .zip(lines.next())
                    .is_some_and(|(module, name)| {
                        module.is_ok_and(well_formed) && name.is_ok_and(well_formed)
                    });
                if good {
                    self.imports = self.imports.saturating_add(1);
                    self.known |= known(argument);
                }
            }
            Op::StackGlobal => {
                self.imports = self.imports.saturating_add(1);
                // It takes its names from the stack: no list of words does.
                self.known = true;
            }
            Op::String | Op::Put | Op::Get | Op::Int | Op::Float | Op::Long => {
                self.shaped = self.shaped.saturating_add(1);
            }
            Op::Frame | Op::ShortBinUnicode | Op::BinUnicode | Op::BinPut | Op::Memoize => {
                self.shaped = self.shaped.saturating_add(1);
            }
            _ => {}
        }
    }

    /// The bytes at hand ended, or the walk was long enough.
    fn cut(&self, header: bool, whole: bool) -> Start {
        if header && self.opcodes >= 2 {
            return Start::Sure;
        }
        if self.imports_something() {
            return Start::Sure;
        }
        if !whole && self.shaped >= 3 && self.opcodes >= 4 {
            return Start::Sure;
        }
        if header || self.shaped > 0 || self.imports > 0 {
            Start::Maybe
        } else {
            Start::No
        }
    }

    /// An import that is known, or one that something is done with.
    fn imports_something(&self) -> bool {
        let besides = self.opcodes.saturating_sub(self.imports);
        self.imports > 0 && (self.known || besides >= 2)
    }

    /// A byte that is no opcode, or an argument that no loader takes.
    fn broken(&self, header: bool) -> Start {
        if self.imports_something() && self.opcodes >= 2 {
            return Start::Sure;
        }
        if header && self.opcodes >= 3 {
            return Start::Sure;
        }
        if header && self.opcodes >= 2 {
            Start::Maybe
        } else {
            Start::No
        }
    }

    /// STOP.
    fn stopped(&self, header: bool, whole: bool, at_end: bool) -> Start {
        if header && self.opcodes >= 2 {
            return Start::Sure;
        }
        if self.imports > 0 && self.opcodes >= 2 {
            return Start::Sure;
        }
        if self.shaped >= 1 && self.opcodes >= 3 && (at_end || self.shaped >= 3) {
            return Start::Sure;
        }
        if whole && at_end && self.opcodes >= 1 {
            return Start::Maybe;
        }
        Start::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Start {
        start(text.as_bytes(), true)
    }

    #[test]
    fn text_files_are_no_pickles() {
        for text in [
            "numpy==1.2\ntorch\n",
            "(foo",
            "{\"a\": 1}",
            "import os\nos.system('echo')\n",
            "a,b,c\n1,2,3\n",
            "# title\n\nText.",
            "I am text.\n",
            "certifi\nrequests\nnumpy\n",
            "N.",
            "idna\nflask\n",
            "cat\ndog\n",
            "cat\ncar\ncow\ncup\n",
            "cat\ncar\ncow\ncup\nelephant\n",
            "cat\ndog\nNewt\n",
            "}",
        ] {
            assert!(of(text) < Start::Sure, "{text}");
        }
    }

    #[test]
    fn pickles_of_all_protocols_are_recognised() {
        assert_eq!(of("cos\nsystem\n(S'echo pwned'\ntR."), Start::Sure);
        assert_eq!(of("cos\nsystem\n"), Start::Sure);
        assert_eq!(of("cmine\nown\n(tR"), Start::Sure);
        assert_eq!(of("(S'echo pwned'\nios\nsystem\n."), Start::Sure);
        assert_eq!(of("(dp0\nS'a'\np1\nI1\ns."), Start::Sure);
        assert_eq!(start(b"\x80\x02}q\x00.", true), Start::Sure);
        assert_eq!(
            start(b"\x80\x04\x95\x05\0\0\0\0\0\0\0\x8c\x01a\x94.", true),
            Start::Sure
        );
        assert_eq!(start(b"\x80\x09}q\x00.", true), Start::No);
        assert_eq!(start(b"\x80\x02\xff\xff", true), Start::No);
    }

    #[test]
    fn other_formats_are_no_pickles() {
        assert_eq!(
            start(b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}\n\n", false),
            Start::No
        );
        assert_eq!(
            start(
                b"PK\x03\x04\x14\x00\x08\x00\n\x80\x02cos\nsystem\n(tR",
                false
            ),
            Start::No
        );
    }
}
