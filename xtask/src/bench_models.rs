//! The models that the benchmarks read: large tensors behind small structures, one for each format.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use ma_testkit::proto::{Message, tag, varint};
use ma_testkit::safetensors::tensor;

use crate::bench_files::noise;

const MIB: u64 = 1 << 20;

/// Safetensors of `n` tensors of 16 MiB.
fn safetensors_header(n: u64) -> Vec<u8> {
    let size = 16 * MIB;
    let mut entries = Vec::new();
    for i in 0..n {
        let name = format!("model.layers.{i}.mlp.up_proj.weight");
        entries.push(tensor(
            &name,
            "F32",
            &[2048, 2048],
            i * size..(i + 1) * size,
        ));
    }
    ma_testkit::safetensors::file(&entries, &[])
}

/// 4 GiB of tensors, which are zeros that take no room on the disk.
pub fn safetensors_large(path: &Path) -> io::Result<()> {
    sparse(path, &safetensors_header(256), 4096 * MIB)
}

/// 1 GiB of tensors with numbers in them.
pub fn safetensors(path: &Path) -> io::Result<()> {
    let mut out = File::create(path)?;
    out.write_all(&safetensors_header(64))?;
    noise(&mut out, 1 << 30)
}

/// A head, and zeros behind it.
fn sparse(path: &Path, head: &[u8], zeros: u64) -> io::Result<()> {
    let mut out = File::create(path)?;
    out.write_all(head)?;
    out.set_len(head.len() as u64 + zeros)
}

/// 500 MB of F32 tensors behind the metadata of a small language model with a vocabulary of 32,000.
pub fn gguf(path: &Path) -> io::Result<()> {
    let (tensors, size) = (31u64, 16 * MIB);
    let text = |out: &mut Vec<u8>, s: &str| {
        out.extend((s.len() as u64).to_le_bytes());
        out.extend(s.as_bytes());
    };
    let mut head = b"GGUF\x03\0\0\0".to_vec();
    head.extend(tensors.to_le_bytes());
    head.extend(2u64.to_le_bytes());
    text(&mut head, "general.architecture");
    head.extend(8u32.to_le_bytes());
    text(&mut head, "llama");
    text(&mut head, "tokenizer.ggml.tokens");
    head.extend(9u32.to_le_bytes());
    head.extend(8u32.to_le_bytes());
    head.extend(32_000u64.to_le_bytes());
    for i in 0..32_000 {
        text(&mut head, &format!("token{i}"));
    }
    for i in 0..tensors {
        text(&mut head, &format!("blk.{i}.ffn_up.weight"));
        head.extend(2u32.to_le_bytes());
        head.extend([2048u64, 2048].iter().flat_map(|n| n.to_le_bytes()));
        head.extend(0u32.to_le_bytes());
        head.extend((i * size).to_le_bytes());
    }
    head.resize(head.len().next_multiple_of(32), 0);
    sparse(path, &head, tensors * size)
}

/// A field of `len` bytes that follow.
fn opened(number: u32, len: u64) -> Vec<u8> {
    [tag(number, 2), varint(len)].concat()
}

/// 500 MB of initializers in one graph, each used by a MatMul.
pub fn onnx(path: &Path) -> io::Result<()> {
    let (tensors, size) = (31u64, 16 * MIB);
    let mut graph = Vec::new();
    let mut raw = Vec::new();
    for i in 0..tensors {
        let node = Message::new()
            .text(1, &format!("x{i}"))
            .text(1, &format!("w{i}"))
            .text(2, &format!("x{}", i + 1))
            .text(4, "MatMul");
        graph.extend(Message::new().message(1, &node).build());
        let info = Message::new().varint(1, 2048).varint(1, 2048).varint(2, 1);
        let mut head = info.text(8, &format!("w{i}")).build();
        head.extend(opened(9, size));
        raw.push([opened(5, head.len() as u64 + size), head].concat());
    }
    let value = |name: &str| {
        let dim = Message::new().varint(1, 2048);
        let shape = Message::new().message(1, &dim).message(1, &dim);
        let of = Message::new().message(1, &Message::new().varint(1, 1).message(2, &shape));
        Message::new().text(1, name).message(2, &of)
    };
    let ends = Message::new().text(2, "bench").message(11, &value("x0"));
    graph.extend(ends.message(12, &value("x31")).build());
    let len = graph.len() as u64 + raw.iter().map(|r| r.len() as u64 + size).sum::<u64>();
    let mut head = Message::new().varint(1, 10).text(2, "bench").build();
    head.extend(opened(7, len));
    head.extend(graph);
    let mut out = File::create(path)?;
    out.write_all(&head)?;
    for part in raw {
        out.write_all(&part)?;
        noise(&mut out, 16 << 20)?;
    }
    let opset = Message::new().text(1, "").varint(2, 18);
    out.write_all(&Message::new().message(8, &opset).build())
}

/// A frozen graph of TensorFlow: 512 MB in constants.
pub fn frozen(path: &Path) -> io::Result<()> {
    let size = 16 * MIB;
    let mut out = File::create(path)?;
    for i in 0..32 {
        let mut tensor = Message::new().varint(1, 1);
        let dim = Message::new().varint(1, 2048);
        tensor = tensor.message(2, &Message::new().message(2, &dim).message(2, &dim));
        let tensor = [tensor.build(), opened(4, size)].concat();
        let value = [opened(8, tensor.len() as u64 + size), tensor].concat();
        let key = Message::new().text(1, "value").build();
        let entry = [key, opened(2, value.len() as u64 + size), value].concat();
        let node = Message::new()
            .text(1, &format!("w{i}"))
            .text(2, "Const")
            .build();
        let node = [node, opened(5, entry.len() as u64 + size), entry].concat();
        out.write_all(&opened(1, node.len() as u64 + size))?;
        out.write_all(&node)?;
        noise(&mut out, 16 << 20)?;
    }
    Ok(())
}

/// 200 MB in one contiguous dataset; h5py wrote its head (see `xtask/bench/README.md`).
pub fn hdf5(path: &Path) -> io::Result<()> {
    sparse(
        path,
        include_bytes!("../bench/dataset.h5.head"),
        200_000_000,
    )
}
