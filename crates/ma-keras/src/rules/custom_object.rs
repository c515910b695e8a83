//! Classes and functions that the user has to bring along.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, repeated, shown};
use crate::model::{Config, Reference};
use crate::resolve::{RefKind, Resolution};

declare_rule! {
    /// ## What it finds
    /// A layer, loss, metric, optimizer or function that is not a part of Keras: registered by a package, defined in a script, or unknown.
    /// ## Why it matters
    /// The model loads only with the code of that class at hand. Whoever gives you the model has to give you that code too, and you run it.
    /// ## What it leaves alone
    /// What Keras and the packages of its project bring along.
    /// ## What to do
    /// Nothing, if you know the class. Otherwise look at the code before you run it.
    pub static CUSTOM_OBJECT = {
        code: "KER012", name: "keras-custom-object", severity: Info,
        title: "The model needs code that is not a part of Keras",
        trustable: true,
        references: [Spec("https://keras.io/guides/serialization_and_saving/")],
    }
}

/// Fires once for each name.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let custom = config
        .references
        .iter()
        .filter(|r| r.resolution == Resolution::Custom);
    custom
        .map(|reference| {
            let what = match reference.kind {
                RefKind::Class => "class",
                RefKind::Function => "function",
                RefKind::TypeSpec => "type",
            };
            let path = name_of(reference);
            let message = format!("the model needs the {what} `{}`", shown(&path));
            let mut issue = at(&CUSTOM_OBJECT, &reference.place, message)
                .severity(Severity::Info)
                .subject(path.clone());
            let other = reference.registered.as_ref();
            let told = |r: &&String| path_ends(&path, r) || *r == "function";
            if let Some(registered) = other.filter(|r| !told(r)) {
                issue = issue.evidence(Evidence::text("registered as", shown(registered)));
            }
            repeated(issue, reference.repeats)
        })
        .collect()
}

/// The name that people know it by: as registered, or with its module.
fn name_of(reference: &Reference) -> String {
    let plain = matches!(reference.module.as_deref(), None | Some("" | "builtins"));
    match &reference.registered {
        Some(registered) if plain && registered.contains('>') => registered.clone(),
        _ if plain => reference.name.clone(),
        _ => reference.path(),
    }
}

fn path_ends(path: &str, registered: &str) -> bool {
    path == registered || path.rsplit('.').next() == Some(registered)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-custom-object";
        let layer = |module: &str, name: &str| {
            format!(
                r#"{{"module": {module}, "class_name": "{name}", "config": {{}}, "registered_name": "mylab>{name}"}}"#
            )
        };
        assert_eq!(fired(rule, &layer("null", "Scale")), Some(Severity::Info));
        assert_eq!(
            fired(rule, &layer("\"mylab.layers\"", "Scale")),
            Some(Severity::Info)
        );
        assert_eq!(
            fired(rule, &layer("\"keras_hub.models\"", "GemmaBackbone")),
            None
        );
        assert_eq!(fired(rule, &layer("null", "Dense")), None);
    }

    #[test]
    fn losses_are_named_by_texts() {
        let rule = "keras-custom-object";
        let model = |loss: &str| {
            format!(
                r#"{{"class_name": "Dense", "config": {{}}, "compile_config": {{"loss": {{"out": "{loss}"}}, "metrics": ["accuracy"]}}}}"#
            )
        };
        assert_eq!(fired(rule, &model("my_loss")), Some(Severity::Info));
        assert_eq!(fired(rule, &model("mse")), None);
    }
}
