//! The fuzz bodies of the lower layers, over seeds with mutations.

use ma_pickle::fuzz;
use ma_testkit::malformed;

const SEEDS: &[&[u8]] = &[
    b"cos\nsystem\n(S'echo pwned'\ntR.",
    b"(S'echo pwned'\nios\nsystem\n.",
    b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x04echo\x94\x85R\x94.",
    b"\x80\x02}q\x00(X\x01\0\0\0aq\x01K\x01U\x03abcq\x02]q\x03(K\x01M\x02\x03J\x04\x05\x06\x07eu.",
    b"\x80\x03cm\nC\nq\x00)\x81q\x01}q\x02X\x01\0\0\0xq\x03G?\xf8\0\0\0\0\0\0sb.",
    b"\x80\x05N(\x95\x02\0\0\0\0\0\0\0B\x07\x01\0\0\0\0cos\nsystem\n(S'x'\ntR.",
    b"]q\x00](h\x00h\x00h\x00eq\x01](h\x01h\x01h\x01eq\x02h\x02\x85\x86\x87.",
    b"I7\0zz\nL0x1fL\nF1.5\nV\\u0061\np3\ng3\n(l(d(t\x91\x8f(K\x01\x90.",
    b"\x80\x04\x8f(K\x01\x90\x8c\x01a\x8c\x01b\x93)}\x92\x82\x05\x83\x05\0\x84\x05\0\0\0Pid\nQ\x97\x98.",
    b"\x80\x04\x8d\x02\0\0\0\0\0\0\0ab\x8e\x02\0\0\0\0\0\0\0ab\x96\x02\0\0\0\0\0\0\0ab\x8a\x0212\x8b\x02\0\0\x0012.",
    b"(cos\nsystem\nS'x'\no0(cm\nn\n2201.",
];

/// Pieces that are dangerous in great numbers: depth, sharing, memo slots.
const PIECES: &[&[u8]] = &[
    b"N\x850",
    b"]\x94",
    b"(",
    b"h\x00a",
    b"h\x002",
    b"K\x01\x86",
];

fn seeds() -> Vec<Vec<u8>> {
    let many = PIECES
        .iter()
        .map(|piece| [b"\x80\x04]\x94".as_slice(), &piece.repeat(1500), b"."].concat());
    SEEDS.iter().map(|seed| seed.to_vec()).chain(many).collect()
}

#[test]
fn fuzz_opcodes() {
    malformed::fuzz(&seeds(), fuzz::opcodes);
}

#[test]
fn fuzz_machine() {
    malformed::fuzz(&seeds(), fuzz::machine);
}

#[test]
fn fuzz_decompile() {
    malformed::fuzz(&seeds(), fuzz::decompile);
}
