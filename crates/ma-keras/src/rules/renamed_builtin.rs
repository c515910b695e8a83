//! Registered names on what is Keras's own.

use ma_core::{Evidence, Issue, declare_rule};

use super::{at, shown};
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// An object that says it is one of Keras's own classes and has the registered name of another.
    /// ## Why it matters
    /// The registered name goes first: where such a class is registered, the loader builds that one in the place of the class that everybody who reads the file sees. Keras refuses the mixture since 3.13.
    /// ## What it leaves alone
    /// Objects whose registered name is their own, and classes of the user.
    /// ## What to do
    /// Ask where the file comes from; no version of Keras writes this.
    pub static RENAMED_BUILTIN = {
        code: "KER011", name: "keras-registered-name", severity: Warning,
        title: "A built-in class has the registered name of another",
        references: [Cwe(843)],
    }
}

/// Fires once for each object.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let objects = config.renamed.iter();
    objects
        .map(|(place, registered, name)| {
            let message = format!(
                "an object that says it is `{}` is built from what is registered as `{}`",
                shown(name),
                shown(registered)
            );
            at(&RENAMED_BUILTIN, place, message)
                .evidence(Evidence::text("registered_name", shown(registered)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-registered-name";
        let layer = |registered: &str| {
            format!(
                r#"{{"module": "keras.layers", "class_name": "Dense", "config": {{"units": 1}}, "registered_name": {registered}}}"#
            )
        };
        assert_eq!(
            fired(rule, &layer(r#""evil>Thing""#)),
            Some(Severity::Warning)
        );
        assert_eq!(fired(rule, &layer("null")), None);
        assert_eq!(fired(rule, &layer(r#""Dense""#)), None);
    }
}
