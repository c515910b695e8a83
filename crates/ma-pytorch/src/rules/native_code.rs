//! Native code in archives of torch.

use ma_core::{Evidence, Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A program or shared library (ELF, Windows, Mach-O) in a `.pt2`, TorchScript, checkpoint or TorchServe archive.
    /// ## Why it matters
    /// AOTInductor packages are unpacked and their libraries loaded into the process: their code runs with all rights of the program, before any tensor is computed. It can't be reviewed like a model.
    /// ## What it leaves alone
    /// Sources, kernels for accelerators (cubin, SPIR-V) and data.
    /// ## What to do
    /// Build the package yourself from the exported program; load libraries only from who may run code on your machine.
    pub static NATIVE_CODE = {
        code: "TOR013", name: "torch-native-code", severity: Critical,
        title: "The archive holds native code",
        references: [Cwe(829), Spec("https://docs.pytorch.org/docs/stable/torch.compiler_aot_inductor.html")],
    }
}

/// Fires for one member; `loaded` says that the loader runs it by itself.
#[must_use]
pub fn check(name: &str, kind: &str, loaded: bool, imports: &[&str]) -> Issue {
    let how = if loaded {
        "is loaded into the process with the package"
    } else {
        "lies beside the model"
    };
    let issue = Issue::new(&NATIVE_CODE, format!("the {kind} file {name} {how}")).route(name);
    if imports.is_empty() {
        issue
    } else {
        issue.evidence(Evidence::fact("imports", imports.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_named() {
        let issue = check("x.so", "ELF", true, &["system"]);
        assert_eq!(issue.evidence[0].text, "system");
        assert!(check("x.so", "ELF", false, &[]).evidence.is_empty());
    }
}
