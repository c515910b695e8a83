//! Genuine files of R: nothing above Info, no gap.
#![allow(clippy::unwrap_used)]

use ma_core::Severity;
use ma_testkit::run;

#[test]
fn files_of_r_are_clean() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/benign/rdata");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap();
        // Compressed files are opened by another crate.
        if ma_rdata::parse::recognise(&bytes).is_none() {
            continue;
        }
        let name = file.file_name().to_string_lossy().into_owned();
        let found = run::scan(&ma_rdata::Rdata, &name, &bytes);
        assert!(found.gaps.is_empty(), "{name}: {:?}", found.gaps);
        let loud = found.issues.iter().find(|i| i.severity > Severity::Info);
        assert!(loud.is_none(), "{name}: {loud:?}");
        seen += 1;
    }
    assert!(seen >= 5);
}
