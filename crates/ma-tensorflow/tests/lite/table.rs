//! Writes the sorted table that the index of a checkpoint is.

use ma_testkit::proto::{Message, varint};

/// A tensor of an index.
pub(crate) struct Tensor {
    pub(crate) name: &'static str,
    pub(crate) dtype: u64,
    pub(crate) shape: Vec<i64>,
    pub(crate) shard: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Tensor {
    pub(crate) fn f32(name: &'static str, n: i64, offset: u64) -> Self {
        Self {
            name,
            dtype: 1,
            shape: vec![n],
            shard: 0,
            offset,
            size: n as u64 * 4,
        }
    }

    fn message(&self) -> Vec<u8> {
        let mut shape = Message::new();
        for dim in &self.shape {
            shape = shape.message(2, &Message::new().varint(1, dim.cast_unsigned()));
        }
        Message::new()
            .varint(1, self.dtype)
            .message(2, &shape)
            .varint(3, self.shard)
            .varint(4, self.offset)
            .varint(5, self.size)
            .build()
    }
}

/// The index of these tensors in one data file.
pub(crate) fn index(tensors: &[Tensor]) -> Vec<u8> {
    let mut entries = vec![(Vec::new(), Message::new().varint(1, 1).build())];
    entries.extend(
        tensors
            .iter()
            .map(|t| (t.name.as_bytes().to_vec(), t.message())),
    );
    table(&entries)
}

/// A table of these entries in one block.
pub(crate) fn table(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let data = put(&mut out, entries);
    let meta = put(&mut out, &[]);
    let index = put(&mut out, &[(vec![0xff], data)]);
    let mut footer = [meta, index].concat();
    footer.resize(40, 0);
    out.extend(footer);
    out.extend(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb");
    out
}

/// Appends a block; gives its place.
fn put(out: &mut Vec<u8>, entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let start = out.len() as u64;
    let mut last: &[u8] = &[];
    for (key, value) in entries {
        let shared = key.iter().zip(last).take_while(|(a, b)| a == b).count();
        for n in [shared, key.len() - shared, value.len()] {
            out.extend(varint(n as u64));
        }
        out.extend(&key[shared..]);
        out.extend(value);
        last = key;
    }
    out.extend([0u32, 1].map(u32::to_le_bytes).concat());
    let len = out.len() as u64 - start;
    // No compression; the checksum is not computed here.
    out.extend([0; 5]);
    [varint(start), varint(len)].concat()
}
