//! Broken LiteRT models, checkpoints and TensorFlow.js models: nothing panics, nothing runs away.

use std::fs;

use ma_tensorflow::tflite::fuzz::{checkpoint, tfjs, tflite};
use ma_testkit::golden::folder;
use ma_testkit::malformed::fuzz;

/// Golden files of rules whose names begin so, and the genuine files of a folder.
fn seeds(prefix: &str, benign: &[&str], extensions: &[&str]) -> Vec<Vec<u8>> {
    let golden = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut folders: Vec<_> = fs::read_dir(&golden)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|rule| rule.file_name().to_string_lossy().starts_with(prefix))
        .map(|rule| rule.path())
        .collect();
    folders.extend(benign.iter().map(|b| golden.join("../../benign").join(b)));
    let mut files: Vec<_> = folders
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .map(|file| file.path())
        .filter(|path| {
            extensions
                .iter()
                .any(|e| path.to_string_lossy().ends_with(e))
        })
        .filter(|path| !path.to_string_lossy().ends_with(".json.json"))
        .collect();
    files.sort();
    let read = files.iter().map(|path| fs::read(path).unwrap_or_default());
    read.filter(|bytes| bytes.len() < 20_000).collect()
}

#[test]
fn fuzz_tflite() {
    let all = seeds("tflite", &["tflite"], &[".tflite"]);
    fuzz(&all.into_iter().step_by(5).collect::<Vec<_>>(), tflite);
}

#[test]
fn fuzz_checkpoint() {
    let mut all = seeds(
        "checkpoint",
        &["tf-checkpoint"],
        &[".index", ".zip", "beside"],
    );
    // The index lies at the beginning of such a zip, behind a header.
    for zip in &mut all {
        if zip.starts_with(b"PK") {
            zip.drain(..37.min(zip.len()));
        }
    }
    fuzz(&all.into_iter().step_by(2).collect::<Vec<_>>(), checkpoint);
}

#[test]
fn fuzz_tfjs() {
    let all = seeds("tfjs", &["tfjs"], &[".json"]);
    fuzz(&all.into_iter().step_by(3).collect::<Vec<_>>(), tfjs);
}
