//! The golden files of the engine's own rules: these need all formats to be registered.

use ma_core::{Collector, Rule};
use ma_testkit::Scan;

struct Everything;

impl Scan for Everything {
    fn rules(&self) -> Vec<&'static Rule> {
        ma_engine::identity::RULES.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let report = modelaudit::scan_bytes(name, bytes.to_vec());
        Collector {
            issues: report.issues,
            gaps: report.gaps,
            ..Collector::default()
        }
    }
}

#[test]
fn golden_files() {
    let folder = ma_testkit::golden::folder(env!("CARGO_MANIFEST_DIR"), "ma-engine");
    ma_testkit::check_folder(&Everything, &folder);
}
