//! Indexes of shards: the files that they name, and those that lie beside them.

use ma_core::artifact::extension;
use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Home, Inspection, Kind, Line, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Section, Target,
};

use crate::model::Index;
use crate::parse::index::parse;
use crate::rules::{self, index_mismatch, index_path, index_type};

/// The scanner of indexes of shards.
#[derive(Debug, Clone, Copy, Default)]
pub struct ShardIndex;

static INFO: FormatInfo = FormatInfo {
    id: "shard-index",
    title: "Index of model shards",
    extensions: &["json"],
    kinds: &[Kind::new("shard-index")],
    runs_code: false,
    recognised_by: "A JSON object with a `weight_map`, in its first kilobytes or under a name that ends in `.index.json`.",
    checks: "That the shards lie in the model's folder, are of the format that the index is about, and are all there.",
    spec: "https://huggingface.co/docs/safetensors/index#format",
    rules: rules::INDEX_RULES,
};

/// Shards that are compared with the files beside the index.
const MAX_FILES: usize = 10_000;

impl Scanner for ShardIndex {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let object = probe.head.trim_ascii_start().starts_with(b"{");
        // Keras has an index of its own, with the same key.
        let keras = probe.name.ends_with(".weights.json");
        if probe.members.is_some() || !object || keras {
            return Match::No;
        }
        let key = b"\"weight_map\"";
        if probe.hinted(&INFO) || probe.head.windows(key.len()).any(|w| w == key) {
            Match::Strong
        } else if probe.name.ends_with(".index.json") {
            Match::Weak
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let Some(index) = parse(&artifact.blob, cx.budget())? else {
            return Ok(Coverage::Foreign);
        };
        for file in &index.files {
            if let Some(issue) = index_path::check(file) {
                cx.issue(issue)?;
            }
            if let Some(issue) = index_type::check(file, artifact.path.name()) {
                cx.issue(issue)?;
            }
        }
        for (tensor, range) in &index.contradictions {
            cx.issue(index_mismatch::contradiction(tensor, range.clone()))?;
        }
        if let Some(home) = &artifact.home {
            beside(&index, home, cx)?;
        }
        cx.region(Region::new(0..artifact.blob.len(), RegionKind::Metadata))?;
        let Some(broken) = index.broken else {
            return Ok(Coverage::Complete);
        };
        let len = artifact.blob.len();
        cx.issue(index_mismatch::broken(broken, len))?;
        let at = broken.at..len.max(broken.at);
        cx.gap_at(GapReason::Malformed, "the rest is no JSON", at);
        Ok(Coverage::Partial)
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Some(index) = parse(&target.artifact().blob, cx.budget())? else {
            return Ok(None);
        };
        let mut facts = vec![
            ("shards".to_owned(), index.files.len().to_string()),
            ("tensors".to_owned(), index.tensors.to_string()),
        ];
        if let Some(size) = index.total_size {
            facts.push(("total bytes".to_owned(), size.to_string()));
        }
        let lines = index.files.iter().take(MAX_FILES).map(|file| Line {
            offset: Some(file.range.start),
            text: format!("{}: {} tensors", file.name, file.tensors),
        });
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts,
            sections: vec![Section {
                title: "shards".to_owned(),
                lines: lines.collect(),
            }],
        }))
    }
}

/// Compares the index with the files that lie beside it.
fn beside(index: &Index, home: &Home, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    cx.budget()
        .charge_steps(home.container.entries().len() as u64)?;
    let plain = index
        .files
        .iter()
        .filter(|f| index_path::escapes(&f.name).is_none())
        .take(MAX_FILES);
    for file in plain {
        // Only one level is known beside a file that was named alone.
        if home.beside(&file.name).is_none() && !file.name.contains('/') {
            cx.issue(index_mismatch::missing(&file.name, file.range.clone()))?;
        }
    }
    let own = home.name();
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    for entry in home.container.entries().iter().filter(|e| e.is_file()) {
        let (there, name) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
        let shard = index
            .files
            .iter()
            .take(MAX_FILES)
            .any(|f| siblings(&f.name, name));
        if there == folder && shard && !index.files.iter().any(|f| f.name == name) {
            cx.issue(index_mismatch::unnamed(name))?;
        }
    }
    Ok(())
}

/// Whether two names are shards of one model: alike but for the digits in them.
fn siblings(a: &str, b: &str) -> bool {
    let shape = |name: &str| -> Vec<char> {
        let stem = name.chars().filter(|c| !c.is_ascii_digit());
        stem.collect()
    };
    a != b && extension(a) == extension(b) && a.contains("-of-") && shape(a) == shape(b)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use ma_core::{Artifact, ArtifactPath, Blob, Container, Entry, EntryId};
    use ma_testkit::run;

    struct Folder(Vec<Entry>);

    impl Container for Folder {
        fn entries(&self) -> &[Entry] {
            &self.0
        }

        fn open(&self, _: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
            Ok(Blob::from_vec(Vec::new()))
        }
    }

    #[test]
    fn the_folder_is_compared_with_the_index() {
        let index = "model.safetensors.index.json";
        let shard = |n: u32| format!("model-0000{n}-of-00002.safetensors");
        let text = format!(
            "{{\"weight_map\":{{\"a\":\"{}\",\"b\":\"{}\"}}}}",
            shard(1),
            shard(2)
        );
        let names = [
            format!("m/{index}"),
            format!("m/{}", shard(1)),
            format!("m/{}", shard(3)),
        ];
        let home = Home {
            container: Arc::new(Folder(names.map(Entry::file).to_vec())),
            entry: EntryId(0),
        };
        let mut artifact =
            Artifact::new(ArtifactPath::new(index), Blob::from_vec(text.into_bytes()));
        artifact.home = Some(home);
        let found = run::scan_artifact(&ShardIndex, &artifact);
        let messages: Vec<&str> = found.issues.iter().map(|i| i.message.as_str()).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages[0].contains("00002-of-00002.safetensors` is not there"));
        assert!(messages[1].contains("00003-of-00002.safetensors` lies beside"));
    }

    #[test]
    fn other_json_is_left_alone() {
        let probe =
            |name: &str, text: &str| run::probe(&ShardIndex, &run::artifact(name, text.as_bytes()));
        let map = "{\"weight_map\": {}}";
        assert_eq!(probe("a.json", map), Match::Strong);
        assert_eq!(probe("model.weights.json", map), Match::No);
        assert_eq!(probe("config.json", "{\"a\": 1}"), Match::No);
        assert_eq!(probe("x.index.json", "{\"a\": 1}"), Match::Weak);
        let found = run::scan(&ShardIndex, "x.index.json", b"{\"a\": 1}");
        assert!(found.issues.is_empty() && found.gaps.is_empty());
    }
}
