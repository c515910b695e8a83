//! Every rule has a file that fires it and a twin that does not.
// The long functions are tables of files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod support;

use ma_core::{Collector, Rule};
use ma_keras::fuzz::base64;
use ma_testkit::golden::folder;
use ma_testkit::zip::{Member, Zip};
use ma_testkit::{Scan, check_folder};

struct All;

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        ma_keras::RULES.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        support::scan(name, bytes)
    }
}

#[test]
fn golden_files() {
    check_folder(
        &All,
        &folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME")),
    );
}

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

const METADATA: &str = r#"{"keras_version": "3.15.1", "date_saved": "2026-11-01@12:00:00"}"#;

/// The configuration of a model with these layers, as Keras 3 writes it.
fn model(layers: &str) -> String {
    format!(
        r#"{{"module": "keras", "class_name": "Sequential", "config": {{"name": "net", "trainable": true, "layers": [{{"module": "keras.layers", "class_name": "InputLayer", "config": {{"batch_shape": [null, 3], "dtype": "float32", "name": "in"}}, "registered_name": null}}, {layers}]}}, "registered_name": null, "build_config": {{"input_shape": [null, 3]}}}}"#
    )
}

/// The configuration of a model with these layers, as Keras 2 writes it.
fn old_model(layers: &str) -> String {
    format!(
        r#"{{"class_name": "Sequential", "config": {{"name": "net", "layers": [{layers}]}}, "keras_version": "2.9.0", "backend": "tensorflow"}}"#
    )
}

fn layer(class: &str, config: &str) -> String {
    format!(
        r#"{{"module": "keras.layers", "class_name": "{class}", "config": {{"name": "one", "trainable": true, {config}}}, "registered_name": null}}"#
    )
}

fn function(module: &str, name: &str) -> String {
    format!(
        r#"{{"module": "{module}", "class_name": "function", "config": "{name}", "registered_name": "{name}"}}"#
    )
}

fn lambda(function: &str, arguments: &str) -> String {
    layer(
        "Lambda",
        &format!(r#""function": {function}, "arguments": {{{arguments}}}"#),
    )
}

/// Bytecode that Python wrote, from the tests of the crate that reads it.
fn code(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ma-python/testdata/marshal");
    let bytes = std::fs::read(format!("{folder}/{file}")).unwrap();
    base64(&bytes).replace('\n', "\\n")
}

fn bytecode(file: &str) -> String {
    format!(
        r#"{{"class_name": "__lambda__", "config": {{"code": "{}", "defaults": null, "closure": null}}}}"#,
        code(file)
    )
}

/// An HDF5 file without anything in it.
const EMPTY_H5: &[u8] = include_bytes!("files/empty.h5");

fn archive(config: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut members = vec![
        Member::stored("metadata.json", METADATA.as_bytes()),
        Member::stored("config.json", config.as_bytes()),
        Member::stored("model.weights.h5", EMPTY_H5),
    ];
    members.extend(more.iter().map(|(name, data)| Member::stored(name, data)));
    Zip::of(members).bytes()
}

fn text(config: String) -> Vec<u8> {
    config.into_bytes()
}

fn code_files() -> Vec<File> {
    let rule = "keras-lambda-code";
    let evil = lambda(&bytecode("lambda-evil-3.12.bin"), "");
    let plain = lambda(&bytecode("lambda-3.12.bin"), "");
    let named = lambda(&function("keras.activations", "relu"), "");
    let legacy = |file: &str| {
        let code = code(file);
        old_model(&format!(
            r#"{{"class_name": "TimeDistributed", "config": {{"name": "td", "layer": {{"class_name": "Lambda", "config": {{"name": "inner", "function": ["{code}", null, null], "function_type": "lambda", "module": "__main__", "output_shape": null, "output_shape_type": "raw"}}}}}}}}"#
        ))
    };
    let torch = |module: &str| layer("TorchModuleWrapper", module);
    let pickle = format!(
        r#""module": "{}""#,
        base64(b"\x80\x02cos\nsystem\nX\n\0\0\0echo pwned\x85R.").trim()
    );
    vec![
        (rule, "fires-dangerous.keras", archive(&model(&evil), &[])),
        (rule, "fires-plain.keras", archive(&model(&plain), &[])),
        (rule, "fires-wrapped-keras2.json", text(legacy("lambda-evil-2.7.bin"))),
        (rule, "fires-in-text.json", text(model(&layer("Dense", &format!(r#""units": 2, "note": "{}""#, code("lambda-evil-3.12.bin")))))),
        (rule, "silent-named.keras", archive(&model(&named), &[])),
        ("keras-torch-module", "fires-pickle.keras", archive(&model(&torch(&pickle)), &[])),
        ("keras-torch-module", "silent-none.keras", archive(&model(&torch(r#""output_shape": null"#)), &[])),
        ("keras-safe-mode-bypass", "fires-no-module.keras", archive(&model(&named.replacen(r#""module": "keras.layers", "#, "", 1)), &[])),
        ("keras-safe-mode-bypass", "silent-module.keras", archive(&model(&named), &[])),
        ("keras-yaml-object", "fires-apply.yaml", text("backend: tensorflow\nclass_name: Sequential\nconfig:\n  name: !!python/object/apply:os.system ['echo pwned']\n  layers: []\nkeras_version: 2.4.0\n".to_owned())),
        ("keras-yaml-object", "silent-tuple.yaml", text("backend: tensorflow\nclass_name: Sequential\nconfig:\n  name: !!python/tuple ['echo pwned']\n  layers: []\nkeras_version: 2.4.0\n".to_owned())),
    ]
}

fn name_files() -> Vec<File> {
    let of = |module: &str, name: &str, arguments: &str| {
        model(&lambda(&function(module, name), arguments))
    };
    let relu = of("keras.activations", "relu", "");
    let command = r#""command": "echo pwned""#;
    let origin = r#""origin": "http://127.0.0.1/pwned.tar", "extract": true"#;
    let nested = model(&layer(
        "Bidirectional",
        &format!(
            r#""layer": {}"#,
            layer(
                "RNN",
                r#""cell": {"module": "subprocess", "class_name": "Popen", "config": {"args": ["echo", "pwned"]}, "registered_name": null}"#
            )
        ),
    ));
    let nested_twin = nested.replace(
        r#""module": "subprocess", "class_name": "Popen", "config": {"args": ["echo", "pwned"]}"#,
        r#""module": "keras.layers", "class_name": "GRUCell", "config": {"units": 2}"#,
    );
    let custom = |module: &str, registered: &str| {
        model(&format!(
            r#"{{"module": {module}, "class_name": "Scale", "config": {{"name": "s"}}, "registered_name": "{registered}"}}"#
        ))
    };
    let dense = |registered: &str| {
        model(&format!(
            r#"{{"module": "keras.layers", "class_name": "Dense", "config": {{"name": "d", "units": 2}}, "registered_name": {registered}}}"#
        ))
    };
    vec![
        (
            "keras-unsafe-module",
            "fires-os-system.keras",
            archive(&of("os", "system", command), &[]),
        ),
        ("keras-unsafe-module", "fires-nested.json", text(nested)),
        (
            "keras-unsafe-module",
            "silent-nested.json",
            text(nested_twin),
        ),
        (
            "keras-unsafe-module",
            "silent-relu.keras",
            archive(&of("keras.activations", "relu", command), &[]),
        ),
        (
            "keras-download",
            "fires-address.keras",
            archive(&of("keras.utils", "get_file", origin), &[]),
        ),
        (
            "keras-download",
            "fires-bare.json",
            text(of("keras.src.utils.file_utils", "get_file", "")),
        ),
        (
            "keras-download",
            "silent-relu.keras",
            archive(&of("keras.activations", "relu", origin), &[]),
        ),
        (
            "keras-safe-mode-switch",
            "fires-alias.json",
            text(of(
                "keras._tf_keras.keras.config",
                "enable_unsafe_deserialization",
                "",
            )),
        ),
        (
            "keras-safe-mode-switch",
            "silent-relu.json",
            text(relu.clone()),
        ),
        (
            "keras-non-modelling-function",
            "fires-load-model.json",
            text(of(
                "keras.saving",
                "load_model",
                r#""filepath": "/tmp/pwned.keras""#,
            )),
        ),
        (
            "keras-non-modelling-function",
            "silent-relu.json",
            text(relu),
        ),
        (
            "keras-custom-object",
            "fires-registered.keras",
            archive(&custom("null", "mylab>Scale"), &[]),
        ),
        (
            "keras-custom-object",
            "silent-keras-hub.keras",
            archive(&custom("\"keras_hub.layers\"", "keras_hub>Scale"), &[]),
        ),
        (
            "keras-registered-name",
            "fires-other.keras",
            archive(&dense(r#""mylab>Scale""#), &[]),
        ),
        (
            "keras-registered-name",
            "silent-null.keras",
            archive(&dense("null"), &[]),
        ),
        (
            "keras-duplicate-key",
            "fires-hidden.json",
            text(of("os", "system", command).replace(
                r#""module": "os", "#,
                r#""module": "os", "module": "keras.activations", "#,
            )),
        ),
        (
            "keras-duplicate-key",
            "silent-once.json",
            text(of("keras.activations", "system", command)),
        ),
    ]
}

fn file_files() -> Vec<File> {
    let saved = |path: &str| {
        model(&layer(
            "TFSMLayer",
            &format!(r#""filepath": {path}, "call_endpoint": "serve""#),
        ))
    };
    let words = |class: &str, words: &str| {
        model(&layer(
            class,
            &format!(r#""max_tokens": null, "vocabulary": {words}, "output_mode": "int""#),
        ))
    };
    let op = |name: &str| {
        text(old_model(&format!(
            r#"{{"class_name": "TFOpLambda", "config": {{"name": "tf.op", "trainable": true, "dtype": "float32", "function": "{name}"}}, "name": "tf.op", "inbound_nodes": [["in", 0, 0, {{"contents": "echo pwned"}}]]}}"#
        )))
    };
    let node = |op: &str| {
        text(old_model(&format!(
            r#"{{"class_name": "TensorFlowOpLayer", "config": {{"name": "op", "node_def": "{{\"name\": \"x\", \"op\": \"{op}\"}}", "constants": {{}}}}}}"#
        )))
    };
    let map = |file: &str| {
        format!(
            r#"{{"metadata": {{"total_size": 0.1}}, "weight_map": {{"/layers/dense/vars": ["model_00000.weights.h5", "{file}"]}}}}"#
        )
    };
    let name = |name: &str| {
        model(&layer("Dense", r#""units": 2"#).replace("\"one\"", &format!("\"{name}\"")))
    };
    let vocabulary = "keras-vocabulary-file";
    vec![
        (
            "keras-external-model",
            "fires-absolute.keras",
            archive(&saved(r#""/tmp/pwned""#), &[]),
        ),
        (
            "keras-external-model",
            "fires-beside.json",
            text(saved(r#""assets/model""#)),
        ),
        (
            "keras-external-model",
            "silent-none.json",
            text(saved("null")),
        ),
        (
            vocabulary,
            "fires-secret.keras",
            archive(&words("StringLookup", r#""/etc/passwd""#), &[]),
        ),
        (
            vocabulary,
            "fires-integer.json",
            text(words("IntegerLookup", r#""words.txt""#)),
        ),
        (
            vocabulary,
            "fires-address.json",
            text(words("TextVectorization", r#""http://127.0.0.1/words""#)),
        ),
        (
            vocabulary,
            "silent-list.keras",
            archive(
                &words(
                    "StringLookup",
                    r#"["/etc/passwd", "http://127.0.0.1/words"]"#,
                ),
                &[],
            ),
        ),
        (
            "keras-tensorflow-function",
            "fires-write-file.json",
            op("io.write_file"),
        ),
        (
            "keras-tensorflow-function",
            "fires-node.json",
            node("WriteFile"),
        ),
        (
            "keras-tensorflow-function",
            "silent-add.json",
            op("math.add"),
        ),
        (
            "keras-tensorflow-function",
            "silent-node.json",
            node("AddV2"),
        ),
        (
            "keras-shard-path",
            "fires-parent.keras",
            archive(
                &model(&layer("Dense", r#""units": 2"#)),
                &[(
                    "model.weights.json",
                    map("../../pwned.weights.h5").as_bytes(),
                )],
            ),
        ),
        (
            "keras-shard-path",
            "silent-beside.keras",
            archive(
                &model(&layer("Dense", r#""units": 2"#)),
                &[(
                    "model.weights.json",
                    map("model_00001.weights.h5").as_bytes(),
                )],
            ),
        ),
        (
            "keras-asset-path",
            "fires-member.keras",
            archive(&name("dense"), &[("assets/../pwned.txt", b"echo pwned")]),
        ),
        (
            "keras-asset-path",
            "fires-name.json",
            text(name("../../tmp/pwned")),
        ),
        (
            "keras-asset-path",
            "silent-member.keras",
            archive(
                &name("block/dense"),
                &[("assets/layers/words.txt", b"echo pwned")],
            ),
        ),
    ]
}

fn archive_files() -> Vec<File> {
    let plain = model(&layer("Dense", r#""units": 2"#));
    let evil = model(&lambda(&function("os", "system"), ""));
    let ambiguous = "keras-ambiguous-archive";
    let bomb = |size: u32| {
        let mut member = Member::packed("assets/words.txt", 8, vec![0; 64], b"");
        (member.local.size, member.central.size) = (size, size);
        let mut zip = Zip::of([
            Member::stored("metadata.json", METADATA.as_bytes()),
            Member::stored("config.json", plain.as_bytes()),
            Member::stored("model.weights.h5", EMPTY_H5),
        ]);
        zip.members.push(member);
        zip.bytes()
    };
    vec![
        (
            ambiguous,
            "fires-letters.keras",
            archive(&plain, &[("Config.json", evil.as_bytes())]),
        ),
        (
            ambiguous,
            "fires-twice.keras",
            archive(&plain, &[("config.json", evil.as_bytes())]),
        ),
        (
            ambiguous,
            "fires-weights.keras",
            archive(
                &plain,
                &[(
                    "model.weights.npz",
                    b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                )],
            ),
        ),
        (
            ambiguous,
            "silent-other.keras",
            archive(&plain, &[("assets/config.json", b"{}")]),
        ),
        (
            "keras-container-mismatch",
            "fires-hdf5.keras",
            EMPTY_H5.to_vec(),
        ),
        (
            "keras-container-mismatch",
            "fires-archive.h5",
            archive(&plain, &[]),
        ),
        (
            "keras-container-mismatch",
            "silent-hdf5.h5",
            EMPTY_H5.to_vec(),
        ),
        (
            "keras-container-mismatch",
            "silent-archive.keras",
            archive(&plain, &[]),
        ),
        (
            "keras-foreign-member",
            "fires-source.keras",
            archive(&plain, &[("assets/run.py", b"print('echo pwned')\n")]),
        ),
        (
            "keras-foreign-member",
            "fires-elf.keras",
            archive(
                &plain,
                &[("assets/words.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0")],
            ),
        ),
        (
            "keras-foreign-member",
            "silent-words.keras",
            archive(&plain, &[("assets/words.txt", b"print\nelf\n")]),
        ),
        ("keras-member-size", "fires-assets.keras", bomb(1 << 30)),
        ("keras-member-size", "silent-assets.keras", bomb(1 << 20)),
    ]
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-keras --test golden -- --ignored`. Those in HDF5 are written by `files/make.py`.
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let files = code_files().into_iter().chain(name_files());
    let files = files.chain(file_files()).chain(archive_files());
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}
