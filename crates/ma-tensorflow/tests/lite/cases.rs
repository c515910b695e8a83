//! The golden files about checkpoints and TensorFlow.js models: for each rule a file that fires it, and a
//! twin that differs in the evil part only.

use ma_testkit::torch::stored_zip;

use crate::models::{ELF, File};
use crate::table::{Tensor, index, table};

fn checkpoint(tensors: &[Tensor], data: &[u8]) -> Vec<u8> {
    stored_zip(&[
        ("m.index", &index(tensors)),
        ("m.data-00000-of-00001", data),
    ])
}

fn two(offset: u64) -> Vec<Tensor> {
    vec![Tensor::f32("a", 2, 0), Tensor::f32("b", 2, offset)]
}

fn with(change: impl FnOnce(&mut Tensor)) -> Vec<Tensor> {
    let mut tensors = two(8);
    change(&mut tensors[1]);
    tensors
}

fn names(bytes: &[u8]) -> Vec<u8> {
    let tensor = Tensor {
        name: "names",
        dtype: 7,
        shape: vec![2],
        shard: 0,
        offset: 0,
        size: bytes.len() as u64,
    };
    checkpoint(&[tensor], bytes)
}

/// A checkpoint with one object that names a saver, or none.
fn objects(saver: Option<&str>) -> Vec<u8> {
    use ma_testkit::proto::Message;
    let mut object = Message::new().message(1, &Message::new().varint(1, 0).text(2, "self"));
    if let Some(saver) = saver {
        object = object.message(4, &Message::new().text(1, saver));
    }
    let graph = Message::new().message(1, &object).build();
    let mut data = vec![graph.len() as u8, 0, 0, 0, 0];
    data.extend(&graph);
    let tensor = Tensor {
        name: "_CHECKPOINTABLE_OBJECT_GRAPH",
        dtype: 7,
        shape: vec![],
        shard: 0,
        offset: 0,
        size: data.len() as u64,
    };
    checkpoint(&[tensor], &data)
}

pub(crate) fn checkpoints() -> Vec<File> {
    let weights = [0u8; 16].map(|_| 7);
    let behind = |more: &[u8]| checkpoint(&two(8), &[&weights, more].concat());
    let twice = vec![
        (vec![], vec![8, 1]),
        (b"a".to_vec(), vec![8, 1, 0x28, 4]),
        (b"a".to_vec(), vec![8, 3, 0x20, 4, 0x28, 4]),
    ];
    let state = |path: &str| {
        format!("model_checkpoint_path: \"{path}\"\nall_model_checkpoint_paths: \"m-1\"\n")
            .into_bytes()
    };
    vec![
        ("checkpoint-broken", "fires-twice.index", table(&twice)),
        ("checkpoint-broken", "silent-once.index", table(&twice[..2])),
        (
            "checkpoint-out-of-range",
            "fires-shard.zip",
            checkpoint(&with(|t| t.shard = 3), &weights),
        ),
        (
            "checkpoint-out-of-range",
            "fires-beyond.zip",
            checkpoint(&two(8), &weights[..12]),
        ),
        (
            "checkpoint-out-of-range",
            "silent-inside.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "fires-size.zip",
            checkpoint(&with(|t| t.shape = vec![1]), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "fires-overflow.zip",
            checkpoint(&with(|t| t.shape = vec![1 << 40, 1 << 40]), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "silent-size.zip",
            checkpoint(&with(|t| t.shape = vec![1, 2]), &weights),
        ),
        (
            "checkpoint-overlap",
            "fires-shared.zip",
            checkpoint(&two(4), &weights[..12]),
        ),
        (
            "checkpoint-overlap",
            "silent-apart.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-unclaimed-data",
            "fires-program.zip",
            behind(ELF),
        ),
        (
            "checkpoint-unclaimed-data",
            "fires-between.zip",
            checkpoint(&two(12), &[7; 20]),
        ),
        (
            "checkpoint-unclaimed-data",
            "silent-zeros.zip",
            behind(&[0; 32]),
        ),
        (
            "checkpoint-state-path",
            "fires-upwards",
            state("../other/m-1"),
        ),
        (
            "checkpoint-state-path",
            "fires-network",
            state("gs://bucket/m-1"),
        ),
        ("checkpoint-state-path", "silent-beside", state("m-1")),
        (
            "checkpoint-missing-data",
            "fires-alone.zip",
            stored_zip(&[("m.index", &index(&two(8)))]),
        ),
        (
            "checkpoint-missing-data",
            "silent-there.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-string-tensor",
            "fires-lengths.zip",
            names(b"\x02\x7f\0\0\0\0abcd"),
        ),
        (
            "checkpoint-string-tensor",
            "silent-lengths.zip",
            names(b"\x02\x02\0\0\0\0abcd"),
        ),
        (
            "checkpoint-custom-saver",
            "fires-saver.zip",
            objects(Some("Corp>Saver")),
        ),
        ("checkpoint-custom-saver", "silent-plain.zip", objects(None)),
    ]
}

fn tfjs(node: &str, path: &str, name: &str) -> Vec<u8> {
    format!(
        r#"{{"format": "graph-model", "generatedBy": "test", "modelTopology": {{"node": [
{{"name": "x", "op": "Placeholder", "attr": {{"dtype": {{"type": "DT_FLOAT"}}}}}},
{{"name": "path", "op": "Const", "attr": {{"value": {{"tensor": {{"dtype": "DT_STRING", "tensorShape": {{}}, "stringVal": ["L2V0Yy9jcm9uLmQveA=="]}}}}}}}},
{{"name": "y", "op": "{node}", "input": ["path", "x"]}}]}},
"weightsManifest": [{{"paths": ["{path}"], "weights": [{{"name": "{name}", "shape": [2], "dtype": "float32"}}]}}]}}"#
    )
    .into_bytes()
}

fn beside(json: &[u8], weights: &[u8]) -> Vec<u8> {
    stored_zip(&[("model.json", json), ("group1-shard1of1.bin", weights)])
}

pub(crate) fn tfjs_models() -> Vec<File> {
    const SHARD: &str = "group1-shard1of1.bin";
    let plain = tfjs("AddV2", SHARD, "w");
    let constant = |bytes: &str| {
        let text = String::from_utf8(plain.clone()).unwrap();
        text.replace("L2V0Yy9jcm9uLmQveA==", bytes).into_bytes()
    };
    let twice = |value: &str| {
        let text = String::from_utf8(plain.clone()).unwrap();
        text.replacen('{', &format!("{{\"format\": \"{value}\", "), 1)
            .into_bytes()
    };
    // ELF and a pickle in base64.
    let elf = "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAA";
    vec![
        (
            "tfjs-operator",
            "fires-write.json",
            tfjs("WriteFile", SHARD, "w"),
        ),
        (
            "tfjs-operator",
            "fires-unknown.json",
            tfjs("EvilCorpOp", SHARD, "w"),
        ),
        ("tfjs-operator", "silent-add.json", plain.clone()),
        (
            "tfjs-weights-path",
            "fires-upwards.json",
            tfjs("AddV2", "../../../etc/passwd", "w"),
        ),
        (
            "tfjs-weights-path",
            "fires-address.json",
            tfjs("AddV2", "https://example.com/w.bin", "w"),
        ),
        ("tfjs-weights-path", "silent-beside.json", plain.clone()),
        (
            "tfjs-weights-size",
            "fires-short.zip",
            beside(&plain, &[0; 4]),
        ),
        (
            "tfjs-weights-size",
            "fires-more.zip",
            beside(&plain, &[7; 12]),
        ),
        (
            "tfjs-weights-size",
            "silent-whole.zip",
            beside(&plain, &[7; 8]),
        ),
        ("tfjs-embedded-code", "fires-program.json", constant(elf)),
        ("tfjs-embedded-code", "silent-text.json", plain.clone()),
        (
            "tfjs-script",
            "fires-name.json",
            tfjs("AddV2", SHARD, "<script>alert(1)</script>"),
        ),
        (
            "tfjs-script",
            "silent-name.json",
            tfjs("AddV2", SHARD, "a<b"),
        ),
        (
            "tfjs-duplicate-key",
            "fires-format.json",
            twice("layers-model"),
        ),
        (
            "tfjs-duplicate-key",
            "fires-equal.json",
            twice("graph-model"),
        ),
        ("tfjs-duplicate-key", "silent-once.json", plain.clone()),
        (
            "tfjs-broken",
            "fires-cut.json",
            plain[..plain.len() - 30].to_vec(),
        ),
        ("tfjs-broken", "silent-whole.json", plain.clone()),
        (
            "tfjs-missing-weights",
            "fires-alone.zip",
            stored_zip(&[("model.json", &plain)]),
        ),
        (
            "tfjs-missing-weights",
            "silent-there.zip",
            beside(&plain, &[7; 8]),
        ),
    ]
}
