//! The scanner of configurations: `config.json` of archives, `to_json` and `to_yaml` of models, and
//! what other formats hand out.

use ma_core::{
    Blob, Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Target,
};
use ma_wire::json::{Event, Reader};

use super::{CONFIG, coverage, regions, report, view};
use crate::archive::{Archive, Part};
use crate::model::{Code, Config};
use crate::parse::look_for_code;
use crate::{parse, rules, yaml};

/// Scans configurations of Keras models.
#[derive(Debug, Clone, Copy, Default)]
pub struct KerasConfig;

static INFO: FormatInfo = FormatInfo {
    id: "keras-config",
    title: "Keras model configuration",
    extensions: &["json", "yaml", "yml"],
    kinds: &[CONFIG],
    runs_code: false,
    recognised_by: "JSON or YAML whose outermost value has `class_name` and `config`, or the format it lies in.",
    checks: "Every class and function that is named, bytecode of lambdas, downloads, files and models that layers read, PyTorch modules, repeated keys, YAML tags.",
    spec: "keras/src/saving/serialization_lib.py of Keras 3.15.1 and tf_keras 2.21.0",
    rules: RULES,
};

static RULES: &[&ma_core::Rule] = &[
    &rules::LAMBDA,
    &rules::MODULE_OUTSIDE,
    &rules::GET_FILE,
    &rules::SAFE_MODE_SWITCH,
    &rules::ACTING_FUNCTION,
    &rules::TORCH_MODULE,
    &rules::EXTERNAL_MODEL,
    &rules::VOCABULARY_FILE,
    &rules::TENSORFLOW_FUNCTION,
    &rules::BYPASS_SHAPE,
    &rules::RENAMED_BUILTIN,
    &rules::CUSTOM_OBJECT,
    &rules::DUPLICATE_KEY,
    &rules::ASSET_PATH,
    &rules::YAML_OBJECT,
];

/// Bytes above which a text is not read because of a telling key alone.
const LARGE: u64 = 64 << 20;
/// Bytes of a YAML text that are read.
const MAX_YAML: u64 = 32 << 20;

impl Scanner for KerasConfig {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        if probe.hinted(&INFO) {
            return Match::Strong;
        }
        if is_yaml_name(&probe.extension()) {
            return match yaml::is_model(probe.head) {
                true => Match::Strong,
                false => Match::No,
            };
        }
        by_keys(probe.head)
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let hinted = artifact.hint == Some(CONFIG);
        if !hinted && in_archive(artifact) {
            // The archive hands it out itself, under this name and with what it is.
            return Ok(Coverage::Foreign);
        }
        if !hinted && artifact.blob.len() > LARGE {
            // No description of a model is so large; data may be, and has a key `config` perhaps.
            let head = artifact.blob.head(ma_core::scanner::PROBE_HEAD)?;
            if by_keys(&head) != Match::Strong {
                return Ok(Coverage::Foreign);
            }
        }
        let before = cx.gaps();
        if is_yaml(artifact)? {
            return scan_yaml(&artifact.blob, cx).map(|()| coverage(before, cx));
        }
        let config = parse(&artifact.blob, cx.budget())?;
        if !hinted && !config.is_keras {
            return Ok(Coverage::Foreign);
        }
        report(&config, Some(0), "", cx)?;
        regions(&config, artifact.blob.len(), cx)?;
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let artifact = target.artifact();
        let hinted = artifact.hint == Some(CONFIG);
        if is_yaml(artifact)? || (!hinted && in_archive(artifact)) {
            return Ok(None);
        }
        let config = parse(&artifact.blob, cx.budget())?;
        let view = view::of_config(INFO.id, &config);
        Ok(config.is_keras.then_some(view))
    }
}

fn is_yaml_name(extension: &str) -> bool {
    matches!(extension, "yaml" | "yml")
}

fn is_yaml(artifact: &ma_core::Artifact) -> Result<bool, ScanError> {
    if is_yaml_name(&artifact.path.extension()) {
        return Ok(true);
    }
    let head = artifact.blob.head(ma_core::scanner::PROBE_HEAD)?;
    Ok(artifact.hint == Some(CONFIG) && yaml::is_model(&head))
}

/// Whether the archive that it lies in hands it out.
fn in_archive(artifact: &ma_core::Artifact) -> bool {
    artifact.home.as_ref().is_some_and(|home| {
        let archive = Archive::new(home.container.entries());
        archive.is_keras()
            && archive
                .entries(Part::Config)
                .any(|(id, _)| id == home.entry)
    })
}

/// What the outermost keys at the beginning of a JSON text say.
fn by_keys(head: &[u8]) -> Match {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    // Text that is all white space so far may go on as anything.
    if !matches!(first, Some(b'{' | b'[')) {
        return Match::No;
    }
    let (mut keys, budget) = (Vec::new(), Budget::default());
    let mut listed = false;
    let blob = Blob::from_vec(head.to_vec());
    let mut reader = Reader::new(&blob, &budget).with_max_text(64);
    while let Ok(Some(event)) = reader.next() {
        match event {
            Event::ArrayStart => listed |= keys.is_empty() && reader.depth() == 1,
            Event::Key(key) => {
                let key = key.to_owned();
                let outer = if listed { 2 } else { 1 };
                if reader.depth() == outer && keys.len() < 64 {
                    keys.push(key);
                }
            }
            _ => {}
        }
    }
    let has = |key: &str| keys.iter().any(|k| k == key);
    let model = has("class_name") && (has("config") || has("module") || has("registered_name"));
    let wrapped = has("model_config") && (has("keras_version") || has("backend"));
    if model || (wrapped && !has("modelTopology")) {
        Match::Strong
    } else if has("class_name") || has("config") || has("registered_name") || has("keras_version") {
        Match::Weak
    } else {
        Match::No
    }
}

/// A description in YAML: tags, and texts that are bytecode.
fn scan_yaml(blob: &Blob, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let len = blob.len().min(MAX_YAML);
    let bytes = blob.read(0..len, cx.budget())?;
    cx.budget().charge_steps(len)?;
    if blob.len() > MAX_YAML {
        cx.gap_at(
            GapReason::Limit,
            "only the first 32 MiB were looked at",
            len..blob.len(),
        );
    }
    let text = String::from_utf8_lossy(&bytes);
    for tag in yaml::tags(&text) {
        cx.issue(rules::yaml_object(&tag))?;
    }
    let codes = yaml::codes(&text).into_iter();
    let codes: Vec<Code> = codes
        .filter_map(|(range, text)| look_for_code(&text, range))
        .collect();
    let config = Config {
        codes,
        ..Config::default()
    };
    report(&config, Some(0), "", cx)?;
    cx.region(Region::new(0..len, RegionKind::Metadata))
}
