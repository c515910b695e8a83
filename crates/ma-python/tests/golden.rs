//! The golden files of this crate's rules: the extension says which scanner takes a file.
#![cfg(feature = "source")]

use ma_core::{Collector, Kind, Rule};
use ma_python::marshal::Marshal;
use ma_python::source::{HANDLER, PythonSource, TorchScriptSource};
use ma_testkit::{Scan, run};

struct ByExtension;

impl Scan for ByExtension {
    fn rules(&self) -> Vec<&'static Rule> {
        let scanners = ma_python::scanners();
        scanners
            .iter()
            .flat_map(|s| s.info().rules.iter().copied())
            .collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        match name.rsplit('.').next() {
            Some("marshal") => run::scan_as(&Marshal, name, bytes, Kind::MARSHAL),
            Some("torchscript") => run::scan(&TorchScriptSource, name, bytes),
            Some("handler") => run::scan_as(&PythonSource, name, bytes, HANDLER),
            _ => run::scan(&PythonSource, name, bytes),
        }
    }
}

#[test]
fn golden_files() {
    let folder = ma_testkit::golden::folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    ma_testkit::check_folder(&ByExtension, &folder);
}
