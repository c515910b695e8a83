//! The index of a model in several files: `{"metadata": {"total_size": …}, "weight_map": {tensor: file}}`.
//!
//! Source: `save_torch_state_dict` and the loaders of transformers and diffusers. The text is read as a
//! stream; what is kept is each file once.

use std::collections::HashMap;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::json::{Event, Reader};
use ma_wire::{Fault, OrBroken};

use crate::model::{Index, IndexFile};

/// Files that are kept.
const MAX_FILES: usize = 100_000;
/// Bytes of a name that are kept.
const MAX_TEXT: usize = 4096;
/// Contradictions that are kept.
const MAX_CONTRADICTIONS: usize = 100;

/// Reads an index; `None` when the text is JSON without a `weight_map` of names.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Option<Index>, ScanError> {
    let mut reader = Reader::new(blob, budget).with_max_text(MAX_TEXT);
    let mut index = Index::default();
    match walk(&mut reader, &mut index).or_broken()? {
        Ok(found) => Ok(found.then_some(index)),
        Err(broken) => {
            let found = !index.files.is_empty();
            index.broken = Some(broken);
            Ok(found.then_some(index))
        }
    }
}

/// Files by name: the position in the list, and for each tensor (by the hash of its name) its file.
#[derive(Default)]
struct Seen {
    files: HashMap<String, usize>,
    tensors: HashMap<String, usize>,
}

fn walk(reader: &mut Reader<'_>, index: &mut Index) -> Result<bool, Fault> {
    if !matches!(reader.next()?, Some(Event::ObjectStart)) {
        return Ok(false);
    }
    let mut found = false;
    let mut seen = Seen::default();
    loop {
        let key = match reader.next()? {
            Some(Event::Key(key)) => key.to_owned(),
            Some(Event::ObjectEnd) | None => break,
            Some(_) => continue,
        };
        let opened = matches!(reader.next()?, Some(Event::ObjectStart));
        match (key.as_str(), opened) {
            ("weight_map", true) => {
                found = true;
                weight_map(reader, index, &mut seen)?;
            }
            ("metadata", true) => metadata(reader, index)?,
            _ => while reader.depth() > 1 && reader.next()?.is_some() {},
        }
    }
    reader.next()?;
    Ok(found)
}

fn metadata(reader: &mut Reader<'_>, index: &mut Index) -> Result<(), Fault> {
    let mut total = false;
    while reader.depth() > 1 {
        match reader.next()? {
            Some(Event::Key(key)) => total = key == "total_size",
            Some(Event::Number(text)) if total => {
                index.total_size = text.parse().ok();
            }
            None => break,
            Some(_) => {}
        }
    }
    Ok(())
}

fn weight_map(reader: &mut Reader<'_>, index: &mut Index, seen: &mut Seen) -> Result<(), Fault> {
    let mut tensor = String::new();
    while reader.depth() > 1 {
        let file = match reader.next()? {
            Some(Event::Key(key)) => {
                key.clone_into(&mut tensor);
                continue;
            }
            Some(Event::String(file)) => file.to_owned(),
            None => break,
            Some(_) => continue,
        };
        if reader.depth() != 2 {
            continue;
        }
        let range = reader.span();
        index.tensors = index.tensors.saturating_add(1);
        let place = match seen.files.get(&file) {
            Some(place) => *place,
            None if index.files.len() >= MAX_FILES => continue,
            None => {
                index.files.push(IndexFile {
                    name: file.clone(),
                    range: range.clone(),
                    tensor: tensor.clone(),
                    tensors: 0,
                });
                let place = index.files.len().saturating_sub(1);
                seen.files.insert(file, place);
                place
            }
        };
        if let Some(file) = index.files.get_mut(place) {
            file.tensors = file.tensors.saturating_add(1);
        }
        let again = seen.tensors.insert(tensor.clone(), place);
        if again.is_some_and(|p| p != place) && index.contradictions.len() < MAX_CONTRADICTIONS {
            index.contradictions.push((tensor.clone(), range));
        }
    }
    Ok(())
}
