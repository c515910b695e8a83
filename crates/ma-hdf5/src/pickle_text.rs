//! Whether bytes that begin with no protocol are a pickle all the same: the text protocol (0), which
//! PyTables wrote for years, has no magic.
//!
//! The opcodes are walked without being run. A pickle that breaks further on has already done what
//! stands before the break, so a call with plausible names is enough, where somebody unpickles
//! whatever ends in a full stop.

/// Opcodes that are walked.
const MAX_OPCODES: usize = 2000;

/// What follows an opcode.
enum Argument {
    Bytes(usize),
    /// A length of that many bytes, and as many bytes.
    Counted(usize),
    Lines(usize),
    None,
}

fn argument(opcode: u8) -> Option<Argument> {
    Some(match opcode {
        b'.'
        | b'('
        | b')'
        | b']'
        | b'}'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'e'
        | b'l'
        | b'o'
        | b's'
        | b't'
        | b'u'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94 => Argument::None,
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Argument::Bytes(1),
        b'M' | 0x83 => Argument::Bytes(2),
        b'J' | b'j' | b'r' | 0x84 => Argument::Bytes(4),
        b'G' | 0x95 => Argument::Bytes(8),
        b'U' | b'C' | 0x8a | 0x8c => Argument::Counted(1),
        b'T' | b'X' | b'B' | 0x8b => Argument::Counted(4),
        0x8d | 0x8e => Argument::Counted(8),
        b'F' | b'I' | b'L' | b'S' | b'V' | b'g' | b'p' | b'P' => Argument::Lines(1),
        b'c' | b'i' => Argument::Lines(2),
        _ => return None,
    })
}

/// Whether `head` begins a pickle. `whole` = it is all there is; `lenient` = somebody unpickles it if it
/// ends in a full stop, so that a call is enough.
#[must_use]
pub fn looks_so(head: &[u8], whole: bool, lenient: bool) -> bool {
    let mut rest = head;
    let mut called = false;
    for _ in 0..MAX_OPCODES {
        let Some((opcode, after)) = rest.split_first() else {
            break;
        };
        if *opcode == b'.' {
            // Only what ends here is meant so: a word and a full stop is text.
            return whole && after.iter().all(|b| *b == 0) && (lenient || called);
        }
        let Some(argument) = argument(*opcode) else {
            break;
        };
        let taken = match argument {
            Argument::None => Some(0),
            Argument::Bytes(n) => Some(n),
            Argument::Counted(n) => counted(after, n),
            Argument::Lines(n) => lines(after, n),
        };
        let Some(next) = taken.and_then(|n| after.get(n..)) else {
            break;
        };
        if matches!(opcode, b'c' | b'i') {
            let names = after.get(..taken.unwrap_or(0)).unwrap_or(&[]);
            if !names.split(|b| *b == b'\n').take(2).all(plausible) {
                return false;
            }
            called = true;
        }
        rest = next;
    }
    called && lenient
}

fn counted(after: &[u8], width: usize) -> Option<usize> {
    let mut n = 0usize;
    for byte in after.get(..width)?.iter().rev() {
        n = n.checked_mul(256)?.checked_add(usize::from(*byte))?;
    }
    n.checked_add(width)
}

fn lines(after: &[u8], count: usize) -> Option<usize> {
    let ends = after.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let (last, _) = ends.take(count).last()?;
    let found = after.get(..=last)?.iter().filter(|b| **b == b'\n').count();
    (found == count).then(|| last.saturating_add(1))
}

/// A module or a name.
fn plausible(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() < 200
        && name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::looks_so;

    #[test]
    fn text_pickles_are_told_from_text() {
        assert!(looks_so(b"(lp0\nVvalues_block_0\np1\na.", true, true));
        assert!(looks_so(b"N.", true, true));
        assert!(looks_so(b"cos\nsystem\n(S'echo pwned'\ntR.", true, false));
        // Broken behind the call, which has happened by then.
        assert!(looks_so(b"cos\nsystem\n(S'echo pwned'\ntR??.", true, true));
        for text in [
            &b"A table of values."[..],
            b"This is a description.",
            b"{\"class_name\": \"Model\"}.",
            b"1.0.",
            b"",
            b"see the manual\nfor what it is\nthat is stored.",
        ] {
            assert!(!looks_so(text, true, true), "{text:?}");
        }
    }
}
