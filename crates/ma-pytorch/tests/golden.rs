//! Every rule has a file that fires it and a twin that does not.

use ma_core::{Collector, Rule};
use ma_testkit::golden::folder;
use ma_testkit::torch::{
    LEGACY_MAGIC, PAYLOAD, StateDict, elf_importing, legacy_stream, overlay, plain_tar, stored_zip,
};
use ma_testkit::{Scan, check_folder, torch};

struct All;

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        ma_pytorch::RULES.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        torch::scan_all(&ma_pytorch::scanners(), name, bytes)
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

fn plain_pickle() -> Vec<u8> {
    StateDict::new()
        .tensor("w", "FloatStorage", "0", 4, &[2, 2])
        .build()
}

/// A checkpoint of `pickle` with further members below `m/`.
fn zip(pickle: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let names: Vec<String> = more.iter().map(|(name, _)| format!("m/{name}")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![("m/data.pkl", pickle), ("m/byteorder", b"little")];
    members.extend(
        names
            .iter()
            .map(String::as_str)
            .zip(more.iter().map(|(_, b)| *b)),
    );
    members.push(("m/version", b"3\n"));
    stored_zip(&members)
}

fn plain() -> Vec<u8> {
    zip(&plain_pickle(), &[("data/0", &[0; 16])])
}

/// A checkpoint whose two storages lie on the same bytes.
fn overlapping() -> Vec<u8> {
    let pickle = StateDict::new()
        .tensor("a", "FloatStorage", "0", 4, &[4])
        .tensor("b", "FloatStorage", "1", 4, &[4])
        .build();
    let file = zip(&pickle, &[("data/0", &[0; 16]), ("data/1", &[0; 16])]);
    overlay(file, "m/data/1", "m/data/0")
}

fn checkpoints() -> Vec<File> {
    let foreign = StateDict::new()
        .value("net", b"cmypackage\nNet\n)\x81")
        .build();
    let beyond = StateDict::new()
        .view("w", "FloatStorage", "0", 4, 1, &[2, 2], &[2, 1])
        .build();
    let large = StateDict::new()
        .tensor("w", "FloatStorage", "0", 9, &[9])
        .build();
    let pickle = plain_pickle();
    let data: &[u8] = &[0; 16];
    vec![
        (
            "torch-needs-unsafe-load",
            "fires-class.pt",
            zip(&foreign, &[]),
        ),
        (
            "torch-needs-unsafe-load",
            "fires-payload.pt",
            zip(&StateDict::new().value("x", PAYLOAD).build(), &[]),
        ),
        ("torch-needs-unsafe-load", "silent-weights.pt", plain()),
        (
            "torch-storage-missing",
            "fires-absent.pt",
            zip(&pickle, &[]),
        ),
        ("torch-storage-missing", "silent-there.pt", plain()),
        (
            "torch-storage-size",
            "fires-record.pt",
            zip(&large, &[("data/0", data)]),
        ),
        (
            "torch-storage-size",
            "fires-view.pt",
            zip(&beyond, &[("data/0", data)]),
        ),
        ("torch-storage-size", "silent-exact.pt", plain()),
        ("torch-storage-aliased", "fires-overlap.pt", overlapping()),
        ("torch-storage-aliased", "silent-apart.pt", plain()),
    ]
}

fn records() -> Vec<File> {
    // The tensor is left on the stack, and an item is set on it.
    let tensor = StateDict::new().view("w", "FloatStorage", "0", 4, 0, &[4], &[1]);
    let setitem = tensor.value("x", b"ctorch\nTensor\n)RK\x00K\x01s").build();
    let pickle = plain_pickle();
    let data: &[u8] = &[0; 16];
    vec![
        (
            "torch-setitem-target",
            "fires-tensor.pt",
            zip(&setitem, &[("data/0", data)]),
        ),
        ("torch-setitem-target", "silent-dict.pt", plain()),
        (
            "torch-unreferenced-record",
            "fires-pickle.pt",
            zip(
                &pickle,
                &[
                    ("data/0", data),
                    (
                        "data/1",
                        b"\x80\x02cos\nsystem\nX\x0a\0\0\0echo pwned\x85R.",
                    ),
                ],
            ),
        ),
        (
            "torch-unreferenced-record",
            "fires-numbers.pt",
            zip(&pickle, &[("data/0", data), ("data/1", data)]),
        ),
        ("torch-unreferenced-record", "silent-used.pt", plain()),
        (
            "torch-several-pickles",
            "fires-case.pt",
            zip(&pickle, &[("data/0", data), ("DATA.PKL", &pickle)]),
        ),
        (
            "torch-several-pickles",
            "fires-other.pt",
            zip(
                &pickle,
                &[
                    ("data/0", data),
                    (
                        "config.p",
                        b"\x80\x02cos\nsystem\nX\x0a\0\0\0echo pwned\x85R.",
                    ),
                ],
            ),
        ),
        ("torch-several-pickles", "silent-one.pt", plain()),
        (
            "torch-odd-record",
            "fires-byteorder.pt",
            stored_zip(&[
                ("m/data.pkl", &pickle),
                ("m/data/0", data),
                ("m/byteorder", b"middle"),
            ]),
        ),
        ("torch-odd-record", "silent-little.pt", plain()),
    ]
}

fn streams() -> Vec<File> {
    let pickle = StateDict::new()
        .legacy()
        .tensor("w", "FloatStorage", "7", 2, &[2])
        .build();
    let good = legacy_stream(&pickle, &[("7", 2, &[0; 8])]);
    let wrong = [
        b"\x80\x02K\x01.",
        good.get(LEGACY_MAGIC.len()..).unwrap_or_default(),
    ]
    .concat();
    let short = legacy_stream(&pickle, &[("7", 2, &[0; 7])]);
    let count = legacy_stream(&pickle, &[("7", 3, &[0; 12])]);
    let storages = b"\x80\x02K\x00.\x80\x02].";
    let tar = plain_tar(&[
        ("storages", storages),
        ("tensors", b"\x80\x02K\x00."),
        ("pickle", b"\x80\x02}."),
    ]);
    vec![
        ("torch-legacy-magic", "fires-wrong.pt", wrong),
        ("torch-legacy-magic", "silent-right.pt", good.clone()),
        ("torch-legacy-storages", "fires-short.pt", short),
        ("torch-legacy-storages", "fires-count.pt", count),
        (
            "torch-legacy-storages",
            "fires-second-save.pt",
            [good.clone(), good.clone()].concat(),
        ),
        ("torch-legacy-storages", "silent-whole.pt", good),
        ("torch-weights-only-bypass", "fires-tar.tar", tar),
        ("torch-weights-only-bypass", "silent-zip.pt", plain()),
    ]
}

fn script(constants: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
    let module = b"\x80\x02c__torch__\nNet\n)\x81}X\x08\0\0\0trainingNsb.";
    let source: &[u8] = b"class Net(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return torch.relu(x)\n";
    let mut members: Vec<(&str, &[u8])> = vec![
        ("m/data.pkl", module),
        ("m/constants.pkl", constants),
        ("m/code/__torch__.py", source),
        ("m/version", b"3\n"),
    ];
    members.extend(more);
    stored_zip(&members)
}

fn archives() -> Vec<File> {
    let elf = elf_importing(&["system", "cos"]);
    let package = |source: (&str, &[u8])| {
        stored_zip(&[
            source,
            ("m/.data/extern_modules", b"torch\nos\n"),
            ("m/.data/python_version", b"3.11.7"),
        ])
    };
    vec![
        (
            "torch-weights-only-bypass",
            "fires-script.pt",
            script(b"\x80\x02).", &[]),
        ),
        (
            "torch-script-foreign-global",
            "fires-constants.pt",
            script(b"\x80\x02cnumpy\ndtype\n\x85.", &[]),
        ),
        (
            "torch-script-foreign-global",
            "silent-module.pt",
            script(b"\x80\x02).", &[]),
        ),
        (
            "torch-native-code",
            "fires-aoti.pt2",
            stored_zip(&[
                ("m/archive_format", b"pt2"),
                ("m/data/aotinductor/model/a.so", &elf),
            ]),
        ),
        (
            "torch-native-code",
            "fires-extra.pt",
            script(b"\x80\x02).", &[("m/extra/lib.so", &elf)]),
        ),
        (
            "torch-native-code",
            "silent-source.pt2",
            stored_zip(&[
                ("m/archive_format", b"pt2"),
                ("m/data/aotinductor/model/a.cpp", b"int x;"),
            ]),
        ),
        (
            "torch-package-runs-source",
            "fires-package.pt",
            package(("m/mymodule.py", b"X = 1\n")),
        ),
        ("torch-package-runs-source", "silent-checkpoint.pt", plain()),
    ]
}

fn programs() -> Vec<File> {
    let program = |target: &str, expression: &str| {
        let json = format!(
            r#"{{"graph_module":{{"graph":{{"nodes":[{{"target":"{target}","inputs":[]}}]}}}},"sym":{{"as_expr":{{"expr_str":"{expression}"}}}}}}"#
        );
        stored_zip(&[
            ("m/archive_format", b"pt2"),
            ("m/models/model.json", json.as_bytes()),
        ])
    };
    let sb3 = |value: &str| {
        let json = format!(r#"{{"policy_class":{value},"n":1}}"#);
        stored_zip(&[
            ("data", json.as_bytes()),
            ("policy.pth", &plain()),
            ("_stable_baselines3_version", b"2.7.0"),
        ])
    };
    vec![
        (
            "torch-export-target",
            "fires-walk.pt2",
            program("torch.hub.os.system", "s0"),
        ),
        (
            "torch-export-target",
            "fires-namespace.pt2",
            program("torch.ops.mylib.run.default", "s0"),
        ),
        (
            "torch-export-target",
            "silent-aten.pt2",
            program("torch.ops.aten.add.Tensor", "s0"),
        ),
        (
            "torch-export-expression",
            "fires-import.pt2",
            program("_operator.add", "__import__('os').system('echo pwned')"),
        ),
        (
            "torch-export-expression",
            "silent-symbols.pt2",
            program("_operator.add", "Max(1, 2*s0 + u0)"),
        ),
        (
            "sb3-embedded-pickle",
            "fires-class.zip",
            sb3(r#"{":type:":"<class 'type'>",":serialized:":"gAROLg=="}"#),
        ),
        ("sb3-embedded-pickle", "silent-plain.zip", sb3("null")),
    ]
}

fn mar(manifest: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut members: Vec<(&str, &[u8])> = vec![
        ("MAR-INF/MANIFEST.json", manifest.as_bytes()),
        (
            "handler.py",
            b"def handle(data, context):\n    return data\n",
        ),
        ("model.pt", b"weights"),
    ];
    members.extend(more);
    stored_zip(&members)
}

fn manifest(handler: &str) -> String {
    format!(
        r#"{{"runtime":"python","model":{{"modelName":"m","serializedFile":"model.pt","handler":"{handler}","requirementsFile":"requirements.txt","configFile":"config.yaml"}}}}"#
    )
}

fn more(requirements: &'static str, yaml: &'static str) -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("requirements.txt", requirements.as_bytes()),
        ("config.yaml", yaml.as_bytes()),
    ]
}

fn served() -> Vec<File> {
    let usual = more("numpy==1.26.0\n", "minWorkers: 1\n");
    let own = manifest("handler.py:handle");
    let twice = own.replace(r#""handler""#, r#""handler":"image_classifier","handler""#);
    vec![
        (
            "torchserve-manifest-path",
            "fires-parent.mar",
            mar(&manifest("../../evil.py"), &usual),
        ),
        (
            "torchserve-manifest-path",
            "fires-url.mar",
            mar(&manifest("https://example.com/h.py"), &usual),
        ),
        (
            "torchserve-manifest-path",
            "silent-inside.mar",
            mar(&own, &usual),
        ),
        (
            "torchserve-manifest-malformed",
            "fires-twice.mar",
            mar(&twice, &usual),
        ),
        (
            "torchserve-manifest-malformed",
            "fires-missing.mar",
            mar(&manifest("other.py"), &usual),
        ),
        (
            "torchserve-manifest-malformed",
            "silent-complete.mar",
            mar(&own, &usual),
        ),
        (
            "torchserve-runs-handler",
            "fires-own.mar",
            mar(&own, &usual),
        ),
        (
            "torchserve-runs-handler",
            "silent-built-in.mar",
            mar(&manifest("image_classifier"), &usual),
        ),
    ]
}

fn served_text() -> Vec<File> {
    let usual = more("numpy==1.26.0\n", "minWorkers: 1\n");
    let own = manifest("handler.py:handle");
    vec![
        (
            "torchserve-requirements",
            "fires-index.mar",
            mar(
                &own,
                &more("--index-url http://198.51.100.7/\nnumpy\n", "a: 1\n"),
            ),
        ),
        (
            "torchserve-requirements",
            "silent-names.mar",
            mar(&own, &usual),
        ),
        (
            "torchserve-yaml-tag",
            "fires-java.mar",
            mar(
                &own,
                &more("numpy\n", "a: !!javax.script.ScriptEngineManager []\n"),
            ),
        ),
        (
            "torchserve-yaml-tag",
            "silent-quoted.mar",
            mar(&own, &more("numpy\n", "a: '!!javax.script'\nb: !!str 1\n")),
        ),
    ]
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-pytorch --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let files = checkpoints()
        .into_iter()
        .chain(records())
        .chain(streams())
        .chain(archives())
        .chain(programs())
        .chain(served())
        .chain(served_text());
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}
