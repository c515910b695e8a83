//! What is hidden in numbers is found, and numbers alone are not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use ma_core::{Collector, Severity};
use ma_testkit::malformed::Rng;
use ma_testkit::run;

use super::*;

/// Numbers that look like those of a trained net.
fn gaussian(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    let mut uniform = || (rng.number() >> 11) as f64 / (1u64 << 53) as f64;
    (0..n)
        .map(|_| {
            let sum: f64 = (0..6).map(|_| uniform()).sum();
            ((sum - 3.0) * 0.03) as f32
        })
        .collect()
}

fn found(bytes: &[u8], element: ElementType, big: bool, piece: usize) -> Collector {
    let artifact = run::artifact("x", bytes);
    let region = Region::new(0..bytes.len() as u64, RegionKind::Weights)
        .element(element)
        .big_endian(big);
    run::detect(&Weights::default(), &artifact, &region, piece)
}

const PICKLE: &[u8] = b"\x80\x02cposix\nsystem\nX\x0a\0\0\0echo pwned\x85R.";

fn elf() -> Vec<u8> {
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    elf.resize(64, 0);
    (elf[16], elf[18], elf[20], elf[52]) = (2, 62, 1, 64);
    elf
}

/// Writes `payload` into the numbers from `from` on, `n` bytes in each, at `places` of its bytes.
fn hide(numbers: &mut [u8], width: usize, from: usize, places: &[usize], payload: &[u8]) {
    for (i, chunk) in payload.chunks(places.len()).enumerate() {
        for (place, byte) in places.iter().zip(chunk) {
            numbers[(from + i) * width + place] = *byte;
        }
    }
}

fn le(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn weights_are_silent() {
    let numbers = gaussian(200_000, 1);
    let f32s = le(&numbers);
    assert_eq!(found(&f32s, ElementType::F32, false, 1 << 18).issues, []);
    let f64s: Vec<u8> = numbers
        .iter()
        .flat_map(|n| f64::from(*n).to_le_bytes())
        .collect();
    assert_eq!(found(&f64s, ElementType::F64, false, 1 << 18).issues, []);
    let bf16: Vec<u8> = f32s.chunks(4).flat_map(|c| [c[2], c[3]]).collect();
    assert_eq!(found(&bf16, ElementType::Bf16, false, 1 << 18).issues, []);
    let widened: Vec<u8> = f32s.chunks(4).flat_map(|c| [0, 0, c[2], c[3]]).collect();
    assert_eq!(found(&widened, ElementType::F32, false, 1 << 18).issues, []);
    for constant in [0.0f32, 1.0, 0.1, 77.0] {
        let bytes = le(&vec![constant; 20_000]);
        assert_eq!(found(&bytes, ElementType::F32, false, 1 << 18).issues, []);
    }
    let counting: Vec<f32> = (0..20_000u16).map(f32::from).collect();
    assert_eq!(
        found(&le(&counting), ElementType::F32, false, 1 << 18).issues,
        []
    );
    let mut rng = Rng::new(9);
    let whole: Vec<f32> = (0..20_000).map(|_| 60.0 + rng.below(60) as f32).collect();
    assert_eq!(
        found(&le(&whole), ElementType::F32, false, 1 << 18).issues,
        []
    );
}

#[test]
fn payloads_in_bytes_of_numbers() {
    let ways: [(&[usize], &str); 5] = [
        (&[0], "the lowest byte"),
        (&[0, 1], "the lowest 2 bytes"),
        (&[1, 0], "the lowest 2 bytes"),
        (&[0, 1, 2], "the lowest 3 bytes"),
        (&[2, 1, 0], "the lowest 3 bytes"),
    ];
    for (places, title) in ways {
        for (payload, handed_out) in [(PICKLE, 1), (&elf()[..], 0)] {
            let mut bytes = le(&gaussian(50_000, 2));
            hide(&mut bytes, 4, 3, places, payload);
            let found = found(&bytes, ElementType::F32, false, 1 << 18);
            let found_ones: Vec<_> = found.issues.iter().map(|i| i.rule.code).collect();
            assert_eq!(found_ones, ["WGT001"], "{title}");
            assert!(
                found.issues[0].message.contains(title),
                "{}",
                found.issues[0].message
            );
            assert_eq!(found.issues[0].location.range.as_ref().unwrap().start, 12);
            assert_eq!(found.children.len(), handed_out);
        }
    }
}

#[test]
fn payloads_in_bits_of_numbers() {
    for bits in [1usize, 2, 4] {
        for reversed in [false, true] {
            let mut bytes = le(&gaussian(50_000, 3));
            let steps = 8 / bits;
            let mask = (1u8 << bits) - 1;
            for (i, byte) in PICKLE.iter().enumerate() {
                for k in 0..steps {
                    let shift = if reversed {
                        8 - bits * (k + 1)
                    } else {
                        bits * k
                    };
                    let at = (16 + i * steps + k) * 4;
                    bytes[at] = bytes[at] & !mask | (byte >> shift) & mask;
                }
            }
            let found = found(&bytes, ElementType::F32, false, 1 << 18);
            assert_eq!(found.issues.len(), 1, "{bits} bits, {reversed}");
            assert_eq!(found.children[0].blob.as_slice(), Some(PICKLE));
        }
    }
}

#[test]
fn both_ends_are_looked_at_and_all_when_asked() {
    let numbers = gaussian(200_000, 4);
    let hidden_at = |from: usize, carve: u64| {
        let mut bytes = le(&numbers);
        hide(&mut bytes, 4, from, &[0], PICKLE);
        let artifact = run::artifact("x", &bytes);
        let region = Region::new(0..800_000, RegionKind::Weights).element(ElementType::F32);
        let (budget, mut found) = (ma_core::Budget::default(), Collector::default());
        let options = ma_core::ScanOptions::default().carve(carve);
        let mut cx = Cx::new(&artifact, &budget, options, &mut found);
        let detector = Weights::default();
        detector.begin(&region).finish(&mut cx).unwrap();
        found.issues.len()
    };
    assert_eq!(hidden_at(0, 1 << 20), 1);
    assert_eq!(hidden_at(200_000 - 60, 1 << 20), 1);
    assert_eq!(
        hidden_at(100_000, 1 << 20),
        0,
        "the middle, as the documentation says"
    );
    assert_eq!(hidden_at(100_000, u64::MAX), 1);
}

#[test]
fn big_numbers_and_doubles() {
    let mut bytes: Vec<u8> = gaussian(50_000, 5)
        .iter()
        .flat_map(|n| n.to_be_bytes())
        .collect();
    hide(&mut bytes, 4, 0, &[3, 2], PICKLE);
    assert_eq!(found(&bytes, ElementType::F32, true, 4096).issues.len(), 1);
    let doubles = gaussian(50_000, 6);
    let mut bytes: Vec<u8> = doubles
        .iter()
        .flat_map(|n| f64::from(*n).to_le_bytes())
        .collect();
    hide(&mut bytes, 8, 0, &[0, 1, 2, 3], PICKLE);
    assert_eq!(found(&bytes, ElementType::F64, false, 4096).issues.len(), 1);
}

#[test]
fn text_in_low_bytes_and_as_numbers() {
    let text = b"import socket, subprocess; s = socket.socket()  # the rest of a program that is hidden here";
    let mut bytes = le(&gaussian(50_000, 7));
    hide(&mut bytes, 4, 5, &[0], text);
    let hidden = found(&bytes, ElementType::F32, false, 4096);
    let codes: Vec<_> = hidden.issues.iter().map(|i| i.rule.code).collect();
    assert_eq!(codes, ["WGT002"]);
    let mut numbers = gaussian(50_000, 8);
    for (number, byte) in numbers.iter_mut().zip(text) {
        *number = f32::from(*byte);
    }
    let coded = found(&le(&numbers), ElementType::F32, false, 4096);
    assert_eq!(coded.issues.len(), 1);
    assert_eq!(coded.issues[0].rule.code, "WGT003");
}

#[test]
fn a_few_precise_numbers_among_widened_ones() {
    let widened: Vec<u8> = le(&gaussian(400_000, 9))
        .chunks(4)
        .flat_map(|c| [0, 0, c[2], c[3]])
        .collect();
    let mut bytes = widened.clone();
    hide(&mut bytes, 4, 200_000, &[0, 1], PICKLE);
    let whole = found(&bytes, ElementType::F32, false, usize::MAX >> 1);
    let codes: Vec<_> = whole
        .issues
        .iter()
        .map(|i| (i.rule.code, i.severity))
        .collect();
    assert_eq!(
        codes,
        [("WGT001", Severity::Warning), ("WGT004", Severity::Info)],
        "found in the middle, where the odd numbers are"
    );
    for piece in [4099, 65_536] {
        assert_eq!(
            found(&bytes, ElementType::F32, false, piece).issues,
            whole.issues
        );
    }
}
