//! More pickles than a checkpoint has.

use ma_core::{Issue, Severity, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A checkpoint with more than one `data.pkl` (in other folders, in other case, twice under one name), or with further pickles beside it.
    /// ## Why it matters
    /// torch picks one by the order of the archive's directory and without regard to case; other readers pick another. A file with a good and a bad one passes whoever looks at the good one.
    /// ## What it leaves alone
    /// The pickles that TorchScript archives and packages are made of. Whole checkpoints one behind the other, as distributed checkpoints (`.distcp`) hold them, are Info.
    /// ## What to do
    /// Ask where the file comes from: `torch.save` writes one pickle.
    pub static SEVERAL_PICKLES = {
        code: "TOR007", name: "torch-several-pickles", severity: Warning,
        title: "The checkpoint holds more than one pickle",
        references: [Cwe(436), Article("https://jfrog.com/blog/unveiling-3-zero-day-vulnerabilities-in-picklescan/")],
    }
}

/// Fires on several `data.pkl`; `main` are their names.
#[must_use]
pub fn check_main(main: &[&str]) -> Option<Issue> {
    let [first, .., last] = main else {
        return None;
    };
    let message = if first == last {
        format!("{first} is in the archive {} times", main.len())
    } else {
        format!(
            "the archive has {} main pickles, among them {first} and {last}",
            main.len()
        )
    };
    Some(Issue::new(&SEVERAL_PICKLES, message).route(*last))
}

/// Fires on several whole checkpoints in a row, as distributed checkpoints hold them.
#[must_use]
pub fn check_row(count: usize) -> Issue {
    Issue::new(
        &SEVERAL_PICKLES,
        format!("{count} whole checkpoints lie one behind the other; each was compared with its own records"),
    )
    .severity(Severity::Info)
}

/// Fires on a pickle that is not the main one; `content` says whether its bytes start like one.
#[must_use]
pub fn check_other(name: &str, content: bool) -> Issue {
    let severity = if content {
        Severity::Warning
    } else {
        Severity::Info
    };
    Issue::new(
        &SEVERAL_PICKLES,
        format!("the checkpoint holds the further pickle {name}"),
    )
    .severity(severity)
    .route(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pickle_is_enough() {
        assert_eq!(check_row(3).severity, Severity::Info);
        assert!(check_main(&["m/data.pkl"]).is_none());
        assert!(check_main(&["m/data.pkl", "m/DATA.pkl"]).is_some());
        assert!(
            check_main(&["m/data.pkl", "m/data.pkl"])
                .unwrap()
                .message
                .contains("2 times")
        );
        assert_eq!(check_other("m/x.pkl", true).severity, Severity::Warning);
    }
}
