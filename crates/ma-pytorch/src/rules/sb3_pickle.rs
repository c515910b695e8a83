//! Pickles in the JSON of stable-baselines3.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A value of the `data` member of a stable-baselines3 model that is a pickle in Base64 (`:serialized:`).
    /// ## Why it matters
    /// `load` decodes and unpickles each of them with cloudpickle. What they do is reported on its own.
    /// ## What it leaves alone
    /// Values in plain JSON.
    /// ## What to do
    /// Look at what was reported for the values; pass `custom_objects` to replace those that you do not want to load.
    pub static SB3_PICKLE = {
        code: "TOR021", name: "sb3-embedded-pickle", severity: Info,
        title: "The model's settings hold pickles",
        references: [Cwe(502), Spec("https://stable-baselines3.readthedocs.io/en/master/guide/save_format.html")],
    }
}

/// Fires once, with the names of the settings.
#[must_use]
pub fn check(names: &[String]) -> Option<Issue> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    let more = if names.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    Some(
        Issue::new(
            &SB3_PICKLE,
            format!(
                "{} settings are pickles: {}{more}",
                names.len(),
                shown.join(", ")
            ),
        )
        .route("data"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_when_there_are_some() {
        assert!(check(&[]).is_none());
        assert!(
            check(&["policy_class".to_owned()])
                .unwrap()
                .message
                .contains("policy_class")
        );
    }
}
