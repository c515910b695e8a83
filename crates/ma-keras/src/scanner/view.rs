//! What a model holds, for people who look.

use ma_core::{Entry, Inspection, Line, Section};
use ma_hdf5::File;

use crate::model::Config;
use crate::resolve::Resolution;

/// Lines of a listing.
const MAX_LINES: usize = 5000;

fn section(title: &str, lines: impl Iterator<Item = Line>) -> Option<Section> {
    let lines: Vec<Line> = lines.take(MAX_LINES).collect();
    let title = title.to_owned();
    (!lines.is_empty()).then_some(Section { title, lines })
}

fn line(text: String) -> Line {
    Line { offset: None, text }
}

/// A configuration.
pub(super) fn of_config(format: &str, config: &Config) -> Inspection {
    let facts = config.facts.iter();
    let mut facts: Vec<(String, String)> =
        facts.map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    facts.push(("layers".to_owned(), config.layers.len().to_string()));
    if !config.codes.is_empty() {
        facts.push((
            "functions as bytecode".to_owned(),
            config.codes.len().to_string(),
        ));
    }
    let mut width = config
        .layers
        .iter()
        .map(|l| l.name.chars().count())
        .max()
        .unwrap_or(0);
    width = width.min(40);
    let layers = config.layers.iter().map(|layer| Line {
        offset: Some(layer.offset),
        text: format!(
            "{:indent$}{:width$}  {}  {}",
            "",
            layer.name,
            layer.class,
            layer.settings,
            indent = layer.depth.min(20)
        )
        .trim_end()
        .to_owned(),
    });
    let classes = config
        .classes
        .iter()
        .map(|(name, n)| line(format!("{n:6}  {name}")));
    let custom = config.references.iter().map(|reference| {
        let what = match &reference.resolution {
            Resolution::Custom => "",
            _ => "  (no part of Keras models)",
        };
        Line {
            offset: Some(reference.place.range.start),
            text: format!("{}{what}", reference.path()),
        }
    });
    let sections = [
        section("layers", layers),
        section("classes", classes),
        section("names from elsewhere", custom),
    ];
    Inspection {
        format: format.to_owned(),
        facts,
        sections: sections.into_iter().flatten().collect(),
    }
}

/// The weights of an HDF5 file.
pub(super) fn add_weights(view: &mut Inspection, file: &File) {
    let mut parameters = 0u64;
    let mut count = 0u64;
    for (_, dataset) in file.datasets() {
        count = count.saturating_add(1);
        parameters = parameters.saturating_add(dataset.elements().unwrap_or(0));
    }
    view.facts.push((
        "weights".to_owned(),
        format!("{count} ({parameters} numbers)"),
    ));
    let lines = file.datasets().map(|(object, dataset)| {
        let shape = dataset.shape.as_deref().unwrap_or(&[]);
        line(format!("{}  {shape:?}", object.path))
    });
    view.sections.extend(section("weights", lines));
}

/// The members of an archive.
pub(super) fn add_members(view: &mut Inspection, entries: &[Entry]) {
    let lines = entries.iter().filter(|e| e.is_file()).map(|entry| {
        let size = entry
            .size
            .map_or_else(String::new, |size| format!("  {size} bytes"));
        line(format!("{}{size}", entry.name))
    });
    view.sections.extend(section("members", lines));
}
