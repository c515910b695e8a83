//! What fuzzing runs: each reader over all of the bytes.

use ma_core::{Blob, Budget, Limits};

use crate::flatbuffers::{Flat, Table};
use crate::{json, protobuf};

fn budget() -> Budget {
    Budget::new(Limits {
        max_steps: 10_000_000,
        ..Limits::default()
    })
}

/// Protobuf: every length-delimited field is tried as a message, to a depth of 8.
pub fn protobuf(bytes: &[u8]) {
    let budget = budget();
    let blob = Blob::from_vec(bytes.to_vec());
    let mut cursor = blob.cursor(&budget);
    let mut todo = vec![(0u32, protobuf::Fields::new(0..blob.len()))];
    while let Some((depth, mut fields)) = todo.pop() {
        while let Ok(Some(field)) = fields.next(&mut cursor) {
            if let Some(range) = field.as_range().filter(|_| depth < 8) {
                let _ = protobuf::text(&mut cursor, range.clone(), 64);
                let _ = protobuf::packed_varints(&mut cursor, range.clone(), 64);
                todo.push((depth.saturating_add(1), protobuf::Fields::new(range)));
            }
        }
    }
}

/// FlatBuffers: every field as a table, a vector and a string, to a depth of 4.
pub fn flatbuffers(bytes: &[u8]) {
    let budget = budget();
    let mut flat = Flat::new(Blob::from_vec(bytes.to_vec()), &budget);
    let mut todo: Vec<(u32, Table)> = flat.root().into_iter().map(|t| (0, t)).collect();
    while let Some((depth, table)) = todo.pop() {
        for id in 0..8 {
            let _ = flat.u64(&table, id, 0);
            if let Ok(Some(text)) = flat.string(&table, id) {
                let _ = flat.ends_with_zero(&text);
                let _ = flat.text(text, 64);
            }
            if depth >= 4 {
                continue;
            }
            if let Ok(Some(inner)) = flat.table(&table, id) {
                todo.push((depth.saturating_add(1), inner));
            }
            if let Ok(Some(vector)) = flat.vector(&table, id, 4) {
                for i in 0..vector.len.min(4) {
                    let _ = flat.string_in(&vector, i);
                    let inner = flat.table_in(&vector, i);
                    todo.extend(inner.into_iter().map(|t| (depth.saturating_add(1), t)));
                }
            }
        }
    }
}

/// JSON: as a tree, every node of it.
pub fn json(bytes: &[u8]) {
    let budget = budget();
    let Ok(document) = json::parse_bytes(bytes, &budget) else {
        return;
    };
    let mut todo: Vec<_> = document.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        let _ = (node.as_f64(), node.as_str(), node.range());
        todo.extend(node.items());
        todo.extend(node.members().map(|m| m.value));
    }
}
