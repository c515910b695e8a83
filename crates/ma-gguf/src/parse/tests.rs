//! Tests of the parser on files built by hand.

use crate::build::{File, kv_str, kv_u32};
use crate::model::AnomalyKind;
use ma_core::{Blob, Budget};

fn read(file: Vec<u8>) -> crate::model::Gguf {
    crate::parse(&Blob::from_vec(file), &Budget::default()).unwrap()
}

#[test]
fn a_small_file_in_all_versions_and_orders() {
    for version in [1, 2, 3] {
        for big in [false, true] {
            let file = File::new()
                .version(version)
                .big_endian(big)
                .kv(kv_str("general.architecture", "llama"))
                .kv(kv_u32("general.alignment", 64))
                .tensor("a", &[32, 2], 0, 256)
                .tensor("b", &[32], 8, 34)
                .build();
            let gguf = read(file);
            assert_eq!((gguf.version, gguf.big_endian), (version, big));
            assert!(gguf.whole());
            assert_eq!(gguf.text("general.architecture"), Some("llama"));
            assert_eq!(gguf.alignment, 64);
            assert_eq!(gguf.tensors[0].dims, [32, 2]);
            assert_eq!(gguf.tensors[1].bytes, Some(34));
            assert_eq!(gguf.extents.len(), 2);
            let rest: Vec<_> = gguf.anomalies.iter().map(|a| &a.kind).collect();
            if version == 1 {
                assert_eq!(rest, [&AnomalyKind::Obsolete]);
            } else {
                assert!(rest.is_empty(), "{rest:?}");
            }
        }
    }
}

#[test]
fn unknown_sizes_reach_to_the_next_tensor() {
    let file = File::new()
        .tensor("a", &[32], 139, 96)
        .tensor("b", &[32], 0, 128)
        .build();
    let gguf = read(file);
    assert_eq!(gguf.extents.len(), 2);
    let first = &gguf.extents[0];
    assert_eq!(first.end - first.start, 96);
    assert!(
        gguf.anomalies
            .iter()
            .all(|a| matches!(a.kind, AnomalyKind::UnknownType(139)))
    );
}

#[test]
fn counts_that_lie_are_noted_and_reading_goes_on() {
    let mut file = File::new().kv(kv_u32("a.b", 1)).build();
    file[16..24].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let gguf = read(file);
    assert_eq!(gguf.kvs_read, 1);
    assert!(
        gguf.anomalies
            .iter()
            .any(|a| matches!(a.kind, AnomalyKind::Overflow { .. })),
        "{:?}",
        gguf.anomalies
    );
    assert_eq!(gguf.unread.len(), 1);
}
