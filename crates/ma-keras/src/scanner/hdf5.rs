//! The scanner of Keras models in HDF5: the configurations in the attributes of the root.
//!
//! ```text
//! /  model_config, training_config   JSON      keras_version, backend   text
//!    layer_names, …                  lists, cut into `layer_names0` … above 64,512 bytes
//! /model_weights  /optimizer_weights  weights
//! ```
//!
//! What HDF5 itself can do (links to other files, filters, shapes) is judged for HDF5 files of any kind.

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, GapReason, Inspection, Match, Probe, ScanError, Scanner, Target,
};
use ma_hdf5::{AttrValue, Attribute, File};

use super::{coverage, report, view};
use crate::model::Config;
use crate::{parse, rules};

/// Scans Keras models and weights in HDF5.
#[derive(Debug, Clone, Copy, Default)]
pub struct KerasHdf5;

static INFO: FormatInfo = FormatInfo {
    id: "keras-hdf5",
    title: "Keras model in HDF5",
    extensions: &["h5", "hdf5", "keras"],
    kinds: &[ma_core::Kind::KERAS],
    runs_code: false,
    recognised_by: "An HDF5 file with `model_config`, or another attribute that Keras writes, at its root.",
    checks: "The configuration of the model and of its training, as for Keras archives.",
    spec: "keras/src/legacy/saving/legacy_h5_format.py of Keras 3.15.1",
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
    &rules::CONTAINER_MISMATCH,
];

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Attributes that hold configurations.
const CONFIGS: &[&str] = &["model_config", "training_config"];
/// Attributes and groups at the root that only Keras writes.
const MARKS: &[&str] = &["keras_version", "layer_names", "backend"];
const GROUPS: &[&str] = &[
    "/model_weights",
    "/optimizer_weights",
    "/_layer_checkpoint_dependencies",
];

/// Whether the signature stands where readers look for it, as far as the head shows.
fn is_hdf5(head: &[u8]) -> bool {
    let places = std::iter::once(0usize).chain((9..14).map(|shift| 1usize << shift));
    places
        .into_iter()
        .any(|at| head.get(at..).is_some_and(|rest| rest.starts_with(MAGIC)))
}

fn is_keras(file: &File) -> bool {
    let root = |name: &&str| file.attribute("/", name).is_some();
    CONFIGS.iter().any(root)
        || MARKS.iter().any(root)
        || GROUPS.iter().any(|group| file.object(group).is_some())
}

impl Scanner for KerasHdf5 {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match probe.members.is_none() && is_hdf5(probe.head) {
            true => Match::Strong,
            false => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let (file, _) = ma_hdf5::read(&artifact.blob, cx.budget())?;
        let mismatch = rules::container_mismatch(&artifact.path.extension(), false)
            .filter(|_| file.superblock.is_some());
        if !is_keras(&file) && mismatch.is_none() {
            return Ok(Coverage::Foreign);
        }
        let before = cx.gaps();
        if let Some(issue) = mismatch {
            cx.issue(issue)?;
        }
        for name in CONFIGS {
            // A name may occur twice in a file that somebody made by hand.
            let root = file.object("/");
            let all = root.iter().flat_map(|root| root.attributes.iter());
            for attribute in all.filter(|a| a.name == *name) {
                attribute_config(attribute, name, cx)?;
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let (file, _) = ma_hdf5::read(&target.artifact().blob, cx.budget())?;
        if !is_keras(&file) {
            return Ok(None);
        }
        let mut config = Config::default();
        for name in CONFIGS {
            let text = file.attribute("/", name).and_then(|a| a.value.as_text());
            if let Some(text) = text {
                let blob = Blob::from_vec(text.as_bytes().to_vec());
                let mut next = parse(&blob, cx.budget())?;
                config.facts.append(&mut next.facts);
                config.layers.append(&mut next.layers);
                config.classes.append(&mut next.classes);
                config.references.append(&mut next.references);
            }
        }
        let mut view = view::of_config(INFO.id, &config);
        let mut facts = Vec::new();
        for name in ["keras_version", "backend"] {
            let weights = file.attribute("/model_weights", name);
            let attribute = file.attribute("/", name).or(weights);
            if let Some(text) = attribute.and_then(|a| a.value.as_text()) {
                facts.push((name.to_owned(), text.to_owned()));
            }
        }
        facts.append(&mut view.facts);
        view.facts = facts;
        view::add_weights(&mut view, &file);
        Ok(Some(view))
    }
}

/// One attribute with a configuration.
fn attribute_config(attribute: &Attribute, name: &str, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let raw;
    let texts = match &attribute.value {
        AttrValue::Text(_) | AttrValue::Texts(_) => attribute.value.texts(),
        AttrValue::Bytes(bytes) => {
            raw = [String::from_utf8_lossy(bytes).into_owned()];
            raw.as_slice()
        }
        AttrValue::Other | AttrValue::Unreadable => &[],
    };
    let cut = attribute.truncated
        || matches!(&attribute.value, AttrValue::Bytes(b) if b.len() >= ma_hdf5::model::MAX_RAW);
    if texts.is_empty() || cut {
        let detail = match cut {
            true => format!("only the beginning of {name} was looked at"),
            false => format!("the attribute {name} can't be read"),
        };
        let reason = match cut {
            true => GapReason::Limit,
            false => GapReason::Malformed,
        };
        cx.gap_at(reason, detail, attribute.range.clone());
    }
    for (index, text) in texts.iter().enumerate() {
        let blob = Blob::from_vec(text.as_bytes().to_vec());
        let config = parse(&blob, cx.budget())?;
        // Places in the text are places in the file where the text lies there as it is.
        let place = attribute.text_ranges.get(index);
        let same = place.filter(|r| r.end.saturating_sub(r.start) >= text.len() as u64);
        report(&config, same.map(|r| r.start), name, cx)?;
    }
    Ok(())
}
