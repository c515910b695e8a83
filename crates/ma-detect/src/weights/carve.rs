//! Ways to take bytes out of the low bits of numbers.

use std::ops::Range;

/// A way.
pub(super) struct Way {
    /// For people: "the lowest 3 bytes".
    pub(super) title: &'static str,
    what: Take,
}

#[derive(Clone, Copy)]
enum Take {
    /// So many bytes of each number; the lowest first, or the highest of them.
    Bytes(usize, bool),
    /// So many bits of each number, packed into bytes from the lowest bit up, or from the highest down.
    Bits(u32, bool),
}

const fn bytes(n: usize, reversed: bool, title: &'static str) -> Way {
    Way {
        title,
        what: Take::Bytes(n, reversed),
    }
}

const fn bits(n: u32, reversed: bool, title: &'static str) -> Way {
    Way {
        title,
        what: Take::Bits(n, reversed),
    }
}

const BITS: [Way; 6] = [
    bits(1, false, "the lowest bit"),
    bits(1, true, "the lowest bit"),
    bits(2, false, "the lowest 2 bits"),
    bits(2, true, "the lowest 2 bits"),
    bits(4, false, "the lowest 4 bits"),
    bits(4, true, "the lowest 4 bits"),
];

const BYTES_2: [Way; 1] = [bytes(1, false, "the lowest byte")];

const BYTES_4: [Way; 5] = [
    bytes(1, false, "the lowest byte"),
    bytes(2, false, "the lowest 2 bytes"),
    bytes(2, true, "the lowest 2 bytes"),
    bytes(3, false, "the lowest 3 bytes"),
    bytes(3, true, "the lowest 3 bytes"),
];

const BYTES_8: [Way; 3] = [
    bytes(1, false, "the lowest byte"),
    bytes(4, false, "the lowest 4 bytes"),
    bytes(4, true, "the lowest 4 bytes"),
];

/// All ways for numbers of that many bytes.
pub(super) fn ways(width: u64) -> impl Iterator<Item = &'static Way> {
    let bytes: &[Way] = match width {
        2 => &BYTES_2,
        4 => &BYTES_4,
        _ => &BYTES_8,
    };
    bytes.iter().chain(&BITS)
}

impl Way {
    /// Puts the stream together.
    pub(super) fn take(&self, numbers: &[u8], width: usize, big_endian: bool, out: &mut Vec<u8>) {
        out.clear();
        match width {
            2 => self.each(numbers.as_chunks::<2>().0, big_endian, out),
            4 => self.each(numbers.as_chunks::<4>().0, big_endian, out),
            _ => self.each(numbers.as_chunks::<8>().0, big_endian, out),
        }
    }

    fn each<const N: usize>(&self, numbers: &[[u8; N]], big_endian: bool, out: &mut Vec<u8>) {
        match self.what {
            Take::Bytes(n, reversed) => {
                let picked = picked::<N>(n, reversed, big_endian);
                for number in numbers {
                    out.extend(picked.iter().filter_map(|i| number.get(*i)));
                }
            }
            Take::Bits(n, reversed) => {
                let low = if big_endian { N.saturating_sub(1) } else { 0 };
                let low = numbers.iter().filter_map(|number| number.get(low));
                pack(low.copied(), n, reversed, out);
            }
        }
    }

    /// The bytes of the artifact whose numbers hold the bytes of the stream from `start` on, when the
    /// stream begins with the number at `at`.
    pub(super) fn range(&self, at: u64, start: u64, len: u64, width: u64) -> Range<u64> {
        let numbers = |bytes: u64, up: bool| match self.what {
            Take::Bytes(n, _) if up => bytes.div_ceil(n.max(1) as u64),
            Take::Bytes(n, _) => bytes.checked_div(n as u64).unwrap_or(0),
            Take::Bits(n, _) => bytes
                .saturating_mul(8)
                .checked_div(u64::from(n))
                .unwrap_or(0),
        };
        let place = |bytes, up| at.saturating_add(numbers(bytes, up).saturating_mul(width));
        place(start, false)..place(start.saturating_add(len), true)
    }
}

/// Which bytes of a number are taken, in order.
fn picked<const N: usize>(n: usize, reversed: bool, big_endian: bool) -> Vec<usize> {
    let mut picked: Vec<usize> = (0..n).collect();
    if reversed {
        picked.reverse();
    }
    if big_endian {
        for i in &mut picked {
            *i = N.saturating_sub(1).saturating_sub(*i);
        }
    }
    picked
}

fn pack(low: impl Iterator<Item = u8>, n: u32, reversed: bool, out: &mut Vec<u8>) {
    let mask = (1u8 << n).wrapping_sub(1);
    let (mut byte, mut held) = (0u8, 0u32);
    for value in low {
        let value = value & mask;
        byte = match reversed {
            // The first number holds the highest bits.
            true => byte.wrapping_shl(n) | value,
            false => byte | value.wrapping_shl(held),
        };
        held = held.saturating_add(n);
        if held >= 8 {
            out.push(byte);
            (byte, held) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_bits_in_both_orders() {
        let numbers = [0x41, 0x42, 0x43, 0x3f, 0x61, 0x62, 0x63, 0x3f];
        let mut out = Vec::new();
        let mut took = |way: &Way, big| {
            way.take(&numbers, 4, big, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(took(&BYTES_4[0], false), "Aa");
        assert_eq!(took(&BYTES_4[1], false), "ABab");
        assert_eq!(took(&BYTES_4[4], false), "CBAcba");
        assert_eq!(took(&BYTES_4[0], true), "??");
        let bits: Vec<u8> = [0, 1, 0, 0, 0, 0, 0, 1]
            .iter()
            .flat_map(|b| [b | 0x80, 0])
            .collect();
        BITS[1].take(&bits, 2, false, &mut out);
        assert_eq!(out, b"A");
        BITS[0].take(&bits, 2, false, &mut out);
        assert_eq!(out, [0x82]);
        assert_eq!(BYTES_4[3].range(100, 3, 4, 4), 104..112);
        assert_eq!(BITS[0].range(0, 1, 1, 2), 16..32);
    }
}
