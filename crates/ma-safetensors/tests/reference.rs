//! The reference implementation as judge: whatever it refuses is an anomaly here, and what it takes is
//! one only where readers differ.
#![allow(clippy::unwrap_used)]

use ma_core::{Blob, Budget};
use ma_safetensors::model::AnomalyKind;
use ma_testkit::malformed::{cuts, flips, mutants};
use ma_testkit::safetensors::{file, tensor};
use safetensors::SafeTensors;

/// Things that the reference implementation takes and that are told all the same.
fn tolerated(kind: &AnomalyKind) -> bool {
    matches!(
        kind,
        AnomalyKind::DuplicateKey
            | AnomalyKind::ExtraField
            | AnomalyKind::OddName
            | AnomalyKind::AbsurdShape
            | AnomalyKind::Bloated(_)
    )
}

fn compare(bytes: &[u8]) {
    let ours = ma_safetensors::parse(&Blob::from_vec(bytes.to_vec()), &Budget::default()).unwrap();
    let strict: Vec<_> = ours
        .anomalies
        .iter()
        .filter(|a| !tolerated(&a.kind))
        .collect();
    match SafeTensors::deserialize(bytes) {
        Ok(theirs) => {
            assert!(
                strict.is_empty(),
                "it loads: {strict:?}\n{}",
                String::from_utf8_lossy(bytes)
            );
            assert!(theirs.len() <= ours.tensors.len());
        }
        Err(e) => assert!(
            !ours.anomalies.is_empty(),
            "refused ({e}) and nothing said: {}",
            String::from_utf8_lossy(bytes)
        ),
    }
}

#[test]
fn nothing_that_the_reference_refuses_is_clean() {
    let seeds = [
        file(
            &[
                "\"__metadata__\":{\"format\":\"pt\"}".to_owned(),
                tensor("a", "F32", &[2], 0..8),
                tensor("b", "BF16", &[2, 3], 8..20),
                tensor("c", "F4", &[4], 20..22),
                tensor("d", "I64", &[0, 9], 22..22),
            ],
            &[7; 22],
        ),
        file(&[tensor("x", "BOOL", &[], 0..1)], &[1]),
    ];
    for (i, seed) in seeds.iter().enumerate() {
        compare(seed);
        for bad in cuts(seed)
            .chain(flips(seed, 512))
            .chain(mutants(seed, &seeds[1 - i], 7, 4000))
        {
            compare(&bad);
        }
    }
}
