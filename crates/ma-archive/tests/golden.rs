//! Each rule on a file that fires it and a twin that does not, with the full result. The files are
//! made by `cases`; a difference between them and the stored ones is a failure, too.

mod cases;

use std::fs;

ma_testkit::golden_opener!(ma_archive::openers(), ma_archive::RULES);

#[test]
fn golden_inputs_are_what_the_builders_make() {
    let folder = ma_testkit::golden::folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (rule, name, bytes) in cases::golden() {
        let path = folder.join(rule).join(name);
        if update {
            fs::create_dir_all(folder.join(rule)).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let stored = fs::read(&path).unwrap_or_default();
        assert!(
            stored == bytes,
            "{} differs; UPDATE_GOLDEN=1 writes it",
            path.display()
        );
    }
}
