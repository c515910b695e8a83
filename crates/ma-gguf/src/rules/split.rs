//! Split models.

use ma_core::{Artifact, Issue, declare_rule};

use crate::model::Gguf;
use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// A part of a split model whose number or count in the metadata is not that of its file name
    /// (`-00002-of-00005.gguf`), and parts that are missing beside it.
    /// ## Why it matters
    /// The loader takes the other parts by name from the same directory. Where numbers and names
    /// differ, parts of different models may have been put together.
    /// ## What it leaves alone
    /// Models in one file, and parts whose names and numbers agree.
    /// ## What to do
    /// Fetch all parts from the same place.
    pub static SPLIT = {
        code: "GUF018", name: "gguf-split", severity: Info,
        title: "The parts of a split model do not fit together",
        references: [Cwe(345), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on a part that does not fit, and on missing parts.
#[must_use]
pub fn check(gguf: &Gguf, artifact: &Artifact) -> Vec<Issue> {
    let name = artifact.path.name();
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let named = parts(name);
    let (no, count) = (gguf.number("split.no"), gguf.number("split.count"));
    let mut issues = Vec::new();
    let mut tell = |message: String, key: &str| {
        let mut issue = Issue::new(&SPLIT, message).route(shown(key));
        if let Some(kv) = gguf.get(key) {
            issue = issue.at(kv.range.clone());
        }
        issues.push(issue);
    };
    match (named, count) {
        (Some((_, part, of)), Some(count)) if count > 0 => {
            if count != of {
                tell(
                    format!("One of {count} parts, and one of {of} by its name"),
                    "split.count",
                );
            } else if no.is_some_and(|no| no.checked_add(1) != Some(part)) {
                let no = no.unwrap_or(0).saturating_add(1);
                tell(
                    format!("Part {no}, and part {part} by its name"),
                    "split.no",
                );
            }
        }
        (Some((_, part, of)), _) if of > 1 => {
            let message = format!("Part {part} of {of} by its name, and a whole model by its keys");
            tell(message, "split.count");
        }
        (None, Some(count)) if count > 1 => {
            let part = no.unwrap_or(0).saturating_add(1);
            let message = format!("Part {part} of {count}, which its name does not say");
            tell(message, "split.no");
        }
        _ => {}
    }
    if let (Some((prefix, part, of)), Some(home)) = (named, &artifact.home) {
        let missing = (1..=of.min(MOST_PARTS)).filter(|n| *n != part).filter(|n| {
            home.beside(&format!("{prefix}-{n:05}-of-{of:05}.gguf"))
                .is_none()
        });
        let missing: Vec<u64> = missing.collect();
        if let Some(first) = missing.first() {
            let message = format!(
                "{} of {of} parts are not beside this one, the first is part {first}",
                missing.len()
            );
            tell(message, "split.count");
        }
    }
    issues
}

/// Parts that are looked for.
const MOST_PARTS: u64 = 4096;

/// Prefix, part (from 1) and number of parts by the file name.
fn parts(name: &str) -> Option<(&str, u64, u64)> {
    let stem = name.strip_suffix(".gguf")?;
    let (rest, of) = stem.rsplit_once("-of-")?;
    let (prefix, part) = rest.rsplit_once('-')?;
    let number = |digits: &str| {
        let good = digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| digits.parse().ok()).flatten()
    };
    Some((prefix, number(part)?, number(of)?))
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, fired};

    use crate::rules::tests::fired_as;

    #[test]
    fn fires_where_name_and_keys_differ() {
        let part = |no: u64, count: u64| {
            File::plain()
                .kv(kv("split.no", Val::Num(2, no, 2)))
                .kv(kv("split.count", Val::Num(2, count, 2)))
                .build()
        };
        let with = |name, file: Vec<u8>| fired_as("gguf-split", name, &file);
        assert_eq!(with("m-00002-of-00003.gguf", part(1, 3)), None);
        assert_eq!(with("m-00001-of-00003.gguf", part(1, 3)), INFO);
        assert_eq!(with("m-00002-of-00004.gguf", part(1, 3)), INFO);
        assert_eq!(with("m.gguf", part(1, 3)), INFO);
        assert_eq!(with("m-00002-of-00004.gguf", File::plain().build()), INFO);
        assert_eq!(fired("gguf-split", &File::plain().build()), None);
    }

    struct Folder(Vec<ma_core::Entry>);

    impl ma_core::Container for Folder {
        fn entries(&self) -> &[ma_core::Entry] {
            &self.0
        }

        fn open(
            &self,
            _: ma_core::EntryId,
            _: &mut ma_core::Cx<'_>,
        ) -> Result<ma_core::Blob, ma_core::ScanError> {
            Ok(Vec::new().into())
        }
    }

    #[test]
    fn fires_on_missing_parts() {
        let told = |names: &[&str]| {
            let file = File::plain()
                .kv(kv("split.no", Val::Num(2, 0, 2)))
                .kv(kv("split.count", Val::Num(2, 2, 2)));
            let mut artifact = ma_testkit::run::artifact("m-00001-of-00002.gguf", &file.build());
            let entries = names.iter().map(|n| ma_core::Entry::file(*n)).collect();
            artifact.home = Some(ma_core::Home {
                container: std::sync::Arc::new(Folder(entries)),
                entry: ma_core::EntryId(0),
            });
            let found = ma_testkit::run::scan_artifact(&crate::Gguf, &artifact);
            found.issues.len()
        };
        assert_eq!(told(&["d/m-00001-of-00002.gguf"]), 1);
        assert_eq!(
            told(&["d/m-00001-of-00002.gguf", "d/m-00002-of-00002.gguf"]),
            0
        );
    }
}
