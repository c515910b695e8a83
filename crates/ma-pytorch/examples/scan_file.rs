//! Scans one file: `cargo run -p ma-pytorch --example scan_file -- model.pt`
//!
//! Archives are opened with the test kit's reader of stored zips and plain tars, which is enough for
//! what torch writes; the command line opens all of them.
#![allow(clippy::print_stdout)]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let found = ma_testkit::torch::scan_all(&ma_pytorch::scanners(), &path, &bytes);
        println!("{}", ma_core::text::escape(&path));
        for issue in &found.issues {
            let message = ma_core::text::escape(&issue.message);
            println!("  {} {}: {message}", issue.severity, issue.rule.name);
            for proof in &issue.evidence {
                println!(
                    "    {}: {}",
                    proof.label,
                    ma_core::text::escape(&proof.text)
                );
            }
        }
        for gap in &found.gaps {
            println!("  not looked at: {}", ma_core::text::escape(&gap.detail));
        }
        for child in &found.children {
            println!("  child {} {:?}", child.path, child.hint);
        }
    }
    Ok(())
}
