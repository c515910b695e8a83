//! Every rule has a file that fires it and a twin that does not.

use ma_core::{Collector, Rule};
use ma_testkit::golden::folder;
use ma_testkit::npy::{NpyBuilder, array};
use ma_testkit::{Scan, check_folder, torch};

struct All;

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        ma_numpy::RULES.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        torch::scan_all(&ma_numpy::scanners(), name, bytes)
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

fn f4(shape: &str, n: usize) -> Vec<u8> {
    array("'<f4'", shape, &vec![0; n])
}

fn keys(more: &str) -> Vec<u8> {
    NpyBuilder::header(&format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': (1,), {more}}}"
    ))
    .data(&[0; 4])
    .build()
}

fn zip(name: &str, data: &[u8]) -> Vec<u8> {
    torch::stored_zip(&[("a.npy", &f4("(2, 3)", 24)), (name, data)])
}

const TEXT_PICKLE: &[u8] = b"\x80\x02]X\x02\0\0\0hia.";

fn first_half() -> Vec<File> {
    vec![
        (
            "numpy-object-array",
            "fires-plain.npy",
            array("'|O'", "(1,)", TEXT_PICKLE),
        ),
        (
            "numpy-object-array",
            "fires-field.npy",
            array(
                "[('a', '<f4'), ('b', [('c', '|O', (2,))])]",
                "(1,)",
                TEXT_PICKLE,
            ),
        ),
        (
            "numpy-object-array",
            "silent-text.npy",
            array("'<U2'", "(1,)", b"h\0\0\0i\0\0\0"),
        ),
        (
            "numpy-header-not-literal",
            "fires-call.npy",
            array("__import__('os').system('echo pwned')", "(1,)", &[0; 4]),
        ),
        (
            "numpy-header-not-literal",
            "fires-after-value.npy",
            array("'<f4'.__class__", "(1,)", &[0; 4]),
        ),
        (
            "numpy-header-not-literal",
            "silent-python2-long.npy",
            array("'<f4'", "(1L,)", &[0; 4]),
        ),
        ("numpy-shape-overflow", "fires-negative.npy", f4("(-1,)", 4)),
        (
            "numpy-shape-overflow",
            "fires-product.npy",
            f4("(4294967296, 4294967296)", 4),
        ),
        (
            "numpy-shape-overflow",
            "silent-empty.npy",
            f4("(0, 4294967296)", 0),
        ),
        ("numpy-size-mismatch", "fires-cut.npy", f4("(2, 3)", 23)),
        ("numpy-size-mismatch", "silent-whole.npy", f4("(2, 3)", 24)),
        (
            "numpy-header-length",
            "fires-beyond.npy",
            NpyBuilder::new("'<f4'", "(0,)")
                .declared_len(60_000)
                .build(),
        ),
        (
            "numpy-header-length",
            "silent-version-2.npy",
            NpyBuilder::new("'<f4'", "(0,)").version(2).build(),
        ),
    ]
}

fn second_half() -> Vec<File> {
    let plain = f4("(2, 3)", 24);
    vec![
        (
            "numpy-header-keys",
            "fires-hidden-object.npy",
            keys("'descr': '|O'"),
        ),
        ("numpy-header-keys", "fires-extra.npy", keys("'note': 'x'")),
        ("numpy-header-keys", "silent-three.npy", keys("")),
        (
            "numpy-trailing-data",
            "fires-zip.npy",
            [plain.clone(), torch::stored_zip(&[("x", b"x")])].concat(),
        ),
        (
            "numpy-trailing-data",
            "fires-second-array.npy",
            [plain.clone(), plain.clone()].concat(),
        ),
        ("numpy-trailing-data", "silent-end.npy", plain.clone()),
        (
            "numpy-unusual-dtype",
            "fires-title.npy",
            array("[(('title', 'name'), '<f4')]", "(1,)", &[0; 4]),
        ),
        (
            "numpy-unusual-dtype",
            "silent-field.npy",
            array("[('name', '<f4')]", "(1,)", &[0; 4]),
        ),
        (
            "numpy-header-malformed",
            "fires-unclosed.npy",
            NpyBuilder::header("{'descr': '<f4'").build(),
        ),
        (
            "numpy-header-malformed",
            "fires-version-9.npy",
            NpyBuilder::new("'<f4'", "(0,)").version(9).build(),
        ),
        (
            "numpy-header-malformed",
            "silent-odd-spaces.npy",
            NpyBuilder::header(
                " { 'shape':(1 ,) , # x\n 'fortran_order' : True, 'descr' : '<' 'f4'}",
            )
            .data(&[0; 4])
            .build(),
        ),
        (
            "npz-foreign-member",
            "fires-pickle.npz",
            zip("b.pkl", TEXT_PICKLE),
        ),
        (
            "npz-foreign-member",
            "silent-arrays.npz",
            zip("b.npy", &plain),
        ),
    ]
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-numpy --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let files = first_half().into_iter().chain(second_half());
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}
