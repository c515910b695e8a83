//! Which message a file is. None of them has a magic, so the structure decides; see
//! [`crate::graph::embedded`]. The names `saved_model.pb`, `saved_model.pbtxt`, `keras_metadata.pb` and
//! `fingerprint.pb` decide where the structure does not, since TensorFlow opens these by their names.

use ma_core::{Blob, Budget, ScanError};
use ma_wire::OrBroken;
use ma_wire::protobuf::{Fields, Value};

use crate::graph::{embedded, text};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `saved_model.pb`.
    SavedModel,
    /// A MetaGraphDef (`.meta`).
    MetaGraph,
    /// A bare GraphDef: a frozen graph.
    Graph,
    /// `keras_metadata.pb`.
    KerasMetadata,
    /// `fingerprint.pb`.
    Fingerprint,
}

impl Form {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SavedModel => "SavedModel",
            Self::MetaGraph => "MetaGraphDef",
            Self::Graph => "GraphDef",
            Self::KerasMetadata => "Keras metadata",
            Self::Fingerprint => "fingerprint",
        }
    }
}

/// What a file is, and whether it is in the text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Found {
    /// Which message.
    pub form: Form,
    /// Whether it is text.
    pub text: bool,
    /// Whether only the name says so.
    pub by_name: bool,
}

/// What the file is, by its structure and else by its name; `None` when it is none of these.
///
/// # Errors
/// When the bytes can't be read.
pub fn find(blob: &Blob, name: &str, budget: &Budget) -> Result<Option<Found>, ScanError> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    if let Some(form) = binary(blob, budget)? {
        // A message that is taken by its name is that to TensorFlow, whatever else it may be.
        let by_name = named(file).filter(|(_, text)| !text);
        let form = by_name.map_or(form, |(form, _)| form);
        return Ok(Some(Found {
            form,
            text: false,
            by_name: false,
        }));
    }
    let head = blob.head(4096)?;
    if let Some(form) = text::form(&head) {
        return Ok(Some(Found {
            form,
            text: true,
            by_name: false,
        }));
    }
    if file == "fingerprint.pb" && !is_fingerprint(blob, budget)? {
        return Ok(None);
    }
    Ok(named(file).map(|(form, text)| Found {
        form,
        text,
        by_name: true,
    }))
}

fn named(file: &str) -> Option<(Form, bool)> {
    Some(match file {
        "saved_model.pb" => (Form::SavedModel, false),
        "saved_model.pbtxt" => (Form::SavedModel, true),
        "keras_metadata.pb" => (Form::KerasMetadata, false),
        "fingerprint.pb" => (Form::Fingerprint, false),
        _ => return None,
    })
}

fn binary(blob: &Blob, budget: &Budget) -> Result<Option<Form>, ScanError> {
    // Field 1 or 2 first, of a plausible wire type: the tags of all of these messages.
    if !matches!(blob.head(1)?.first(), Some(0x08 | 0x0a | 0x12)) {
        return unusual(blob, budget);
    }
    structure(blob, budget)
}

/// A message that begins with another field than its own: still read by every protobuf library.
fn unusual(blob: &Blob, budget: &Budget) -> Result<Option<Form>, ScanError> {
    let mut cursor = blob.cursor(budget);
    let mut fields = Fields::new(0..blob.len());
    let Ok(Some(first)) = fields.next(&mut cursor).or_broken()? else {
        return Ok(None);
    };
    let known = matches!(first.value, Value::Bytes(_) | Value::Varint(_));
    if first.number > 64 || !known {
        return Ok(None);
    }
    structure(blob, budget)
}

fn structure(blob: &Blob, budget: &Budget) -> Result<Option<Form>, ScanError> {
    let mut cursor = blob.cursor(budget);
    let whole = 0..blob.len();
    if embedded::is_saved_model(&mut cursor, whole.clone())? {
        return Ok(Some(Form::SavedModel));
    }
    if embedded::is_meta_graph(&mut cursor, whole.clone())? {
        return Ok(Some(Form::MetaGraph));
    }
    if embedded::is_graph(&mut cursor, whole.clone())? {
        return Ok(Some(Form::Graph));
    }
    let keras = embedded::is_keras_metadata(&mut cursor, whole)?;
    Ok(keras.then_some(Form::KerasMetadata))
}

/// FingerprintDef: numbers 1 to 5, 6 a UUID, 7 a version.
fn is_fingerprint(blob: &Blob, budget: &Budget) -> Result<bool, ScanError> {
    let mut cursor = blob.cursor(budget);
    let mut fields = Fields::new(0..blob.len());
    loop {
        match fields.next(&mut cursor).or_broken()? {
            Ok(Some(field)) if field.number <= 7 => {}
            Ok(None) => return Ok(true),
            _ => return Ok(false),
        }
    }
}
