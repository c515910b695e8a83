//! Whether bytes are a pickle that calls something: all opcodes are stepped over, up to the end or as
//! far as a look goes. What the calls do is for the pickle scanner to say.
//!
//! Opcodes and their arguments: `Lib/pickletools.py` of CPython 3.14.

/// Where a look begins: protocol 2 to 5 with what usually follows, and names that attacks import in
/// protocol 0.
pub(super) const LITERALS: &[&[u8]] = &[
    b"\x80\x02c",
    b"\x80\x02]",
    b"\x80\x02}",
    b"\x80\x02(",
    b"\x80\x03c",
    b"\x80\x03]",
    b"\x80\x03}",
    b"\x80\x03(",
    b"\x80\x04\x95",
    b"\x80\x05\x95",
    b"\x80\x04c",
    b"\x80\x04\x8c",
    b"cos\nsystem\n",
    b"cposix\nsystem\n",
    b"cnt\nsystem\n",
    b"cbuiltins\n",
    b"c__builtin__\n",
    b"csubprocess\n",
];

/// Fewer opcodes than this make no pickle with a call.
const MIN_OPCODES: usize = 5;

/// Whether a pickle with a call begins here; its length where the end is in sight. Bytes that are cut
/// off count as a pickle when they were one for 4 KiB.
pub(super) fn recognise(here: &[u8]) -> Option<Option<usize>> {
    if !matches!(here, [0x80, 2..=5, ..] | [b'c', ..]) {
        return None;
    }
    let mut walk = Walk {
        bytes: here,
        at: if here.first() == Some(&0x80) { 2 } else { 0 },
        imported: false,
        called: false,
        strings: 0,
    };
    let mut opcodes = 1usize;
    loop {
        match walk.step() {
            Step::Next => opcodes = opcodes.saturating_add(1),
            Step::End => {
                let proved = walk.imported && walk.called && opcodes >= MIN_OPCODES;
                return proved.then_some(Some(walk.at));
            }
            Step::Cut => {
                let long = walk.imported && walk.at >= 4096 && here.len() >= super::LOOK;
                return long.then_some(None);
            }
            Step::No => return None,
        }
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    imported: bool,
    called: bool,
    /// Strings that look like names, in a row.
    strings: usize,
}

enum Step {
    Next,
    End,
    Cut,
    No,
}

impl<'a> Walk<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(n)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(1024).position(|b| *b == b'\n')?;
        let line = self.take(length)?;
        self.take(1)?;
        Some(line)
    }

    /// A length of `n` bytes, low byte first.
    fn length(&mut self, n: usize) -> Option<usize> {
        let bytes = self.take(n)?;
        bytes.iter().rev().try_fold(0usize, |value, b| {
            value.checked_mul(256)?.checked_add(usize::from(*b))
        })
    }

    fn step(&mut self) -> Step {
        let Some([opcode]) = self.take(1) else {
            return Step::Cut;
        };
        let opcode = *opcode;
        let strings = std::mem::take(&mut self.strings);
        let argument = match opcode {
            b'.' => return Step::End,
            b'c' | b'i' => {
                let names = self.line().and_then(|module| Some((module, self.line()?)));
                match names {
                    Some((module, name)) if is_name(module) && is_name(name) => {
                        self.imported = true;
                        self.called |= opcode == b'i';
                        Some(())
                    }
                    Some(_) => return Step::No,
                    None => return Step::No,
                }
            }
            0x93 => {
                if strings < 2 {
                    return Step::No;
                }
                self.imported = true;
                Some(())
            }
            b'R' | b'o' | 0x81 | 0x92 => {
                self.called = true;
                Some(())
            }
            b'U' | b'C' | 0x8c => self.string(1, strings),
            b'T' | b'X' | b'B' => self.string(4, strings),
            0x8d | 0x8e | 0x96 => self.string(8, strings),
            // A memo between two strings does not part them.
            0x94 => {
                self.strings = strings;
                Some(())
            }
            b'q' | b'h' => {
                self.strings = strings;
                self.take(1).map(drop)
            }
            b'r' | b'j' => {
                self.strings = strings;
                self.take(4).map(drop)
            }
            b'F' | b'I' | b'L' | b'S' | b'V' | b'P' | b'p' | b'g' => match self.line() {
                Some(line) if line.iter().all(|b| matches!(b, 0x20..=0x7e)) => Some(()),
                _ => return Step::No,
            },
            b'K' | 0x82 => self.take(1).map(drop),
            b'M' | 0x83 => self.take(2).map(drop),
            b'J' | 0x84 => self.take(4).map(drop),
            b'G' | 0x95 => self.take(8).map(drop),
            0x8a => self.length(1).and_then(|n| self.take(n)).map(drop),
            0x8b => self.length(4).and_then(|n| self.take(n)).map(drop),
            b'('
            | b'N'
            | b'Q'
            | b'a'
            | b'b'
            | b'd'
            | b'e'
            | b'l'
            | b's'
            | b't'
            | b'u'
            | b'0'
            | b'1'
            | b'2'
            | b')'
            | b']'
            | b'}'
            | 0x85..=0x89
            | 0x8f..=0x91
            | 0x97
            | 0x98 => Some(()),
            _ => return Step::No,
        };
        argument.map_or(Step::Cut, |()| Step::Next)
    }

    fn string(&mut self, width: usize, strings: usize) -> Option<()> {
        let length = self.length(width)?;
        let text = self.take(length)?;
        self.strings = match is_name(text) {
            true => strings.saturating_add(1),
            false => 0,
        };
        Some(())
    }
}

fn is_name(text: &[u8]) -> bool {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'<' | b'>');
    !text.is_empty() && text.len() <= 256 && text.iter().all(inside)
}
