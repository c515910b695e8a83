//! Broken graphs: nothing panics, nothing runs away.

use std::fs;
use std::path::{Path, PathBuf};

use ma_tensorflow::fuzz::{graph, text};
use ma_testkit::golden::folder;
use ma_testkit::malformed::fuzz;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Golden and genuine files with one of these extensions, but for large ones.
fn seeds(extensions: &[&str]) -> Vec<Vec<u8>> {
    let golden = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut found = Vec::new();
    files(&golden, &mut found);
    files(&golden.join("../../benign/tensorflow"), &mut found);
    found.sort();
    let wanted = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str());
        extension.is_some_and(|e| extensions.contains(&e))
    };
    let read = found.iter().filter(|p| wanted(p));
    let read = read.map(|path| fs::read(path).unwrap_or_default());
    read.filter(|bytes| bytes.len() < 12_000).collect()
}

#[test]
fn fuzz_graph() {
    let all = seeds(&["pb", "meta"]);
    fuzz(&all.into_iter().step_by(6).collect::<Vec<_>>(), graph);
}

#[test]
fn fuzz_text() {
    let mut all = seeds(&["pbtxt"]);
    all.push(b"saved_model_schema_version: 1 meta_graphs: [{ graph_def { node: [<name: 'a' op: \"Const\" attr { key: \"value\" value { tensor { dtype: DT_STRING string_val: \"\\x41\\101\\n\" 'b' } } }>] } }, <collection_def { key: 'a' value { any_list { value { [type.googleapis.com/tensorflow.AssetFileDef] { filename: 'x' } } } } }>]".to_vec());
    fuzz(&all, text);
}
