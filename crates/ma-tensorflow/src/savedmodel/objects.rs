//! The Python objects of a model: SavedObjectGraph and the SavedMetadata of Keras.
//!
//! SavedObjectGraph: 1 nodes[] · 2 concrete_functions map. SavedObject: 1 children[] (1 node_id, 2 local_name) ·
//! 4 user_object (1 identifier, 3 metadata) · 5 asset · 6 function (1 concrete_functions[]) · 8 bare_concrete_function
//! (1 name) · 10 resource · 11 saveable_objects map (2 save_function, 3 restore_function) · 13 registered_name ·
//! 16 registered_saver. SavedMetadata: 1 nodes[] of 2 node_id · 3 node_path · 4 identifier · **5 metadata (JSON)**.
//! `tensorflow/core/protobuf/saved_object_graph.proto` of 2.21; `saved_metadata.proto` of Keras 2.
//!
//! What the loader runs by itself: the children `_create_resource` and `_initialize` of resources, and the
//! functions of `saveable_objects` when it restores.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Cursor, ScanError};
use ma_wire::Fault;
use ma_wire::protobuf::Fields;

use super::model::{KerasObject, Model, Objects};
use super::read::{MAX_LIST, MAX_NAME, entry, keep, next};
use crate::graph::attributes::{each, text_at};

/// Children that the loader calls.
const CALLED: [&str; 2] = ["_create_resource", "_initialize"];

#[derive(Default)]
struct Reader {
    /// Names of the concrete functions of function objects.
    functions: HashMap<u64, Vec<String>>,
    /// Objects that are called: on loading, restoring, saving.
    called: [Vec<u64>; 3],
    cut: bool,
}

/// Reads the SavedObjectGraph at `range` into `objects`.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    objects: &mut Objects,
    model: &mut Model,
) -> Result<(), ScanError> {
    let mut reader = Reader::default();
    let mut fields = Fields::new(range);
    let mut number = 0u64;
    while let Some(field) = next(cursor, &mut fields, model)? {
        if let (1, Some(at)) = (field.number, field.as_range()) {
            object(cursor, at, number, objects, &mut reader)?;
            number = number.saturating_add(1);
        }
    }
    objects.count = objects.count.saturating_add(number);
    let Reader {
        functions,
        called: [load, restore, save],
        cut,
    } = reader;
    model.cut |= cut;
    let names = |ids: Vec<u64>| {
        let names = ids.into_iter().filter_map(|id| functions.get(&id));
        let mut names: Vec<String> = names.flatten().cloned().collect();
        names.sort();
        names.dedup();
        names
    };
    objects.on_load.extend(names(load));
    objects.on_restore.extend(names(restore));
    objects.on_save.extend(names(save));
    Ok(())
}

fn object(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    number: u64,
    objects: &mut Objects,
    reader: &mut Reader,
) -> Result<(), ScanError> {
    each(cursor, range.clone(), |cursor, field, at| {
        match field {
            1 => {
                let (id, name) = reference(cursor, at)?;
                if CALLED.contains(&name.as_str()) {
                    keep(&mut reader.called[0], id, &mut reader.cut);
                }
            }
            4 => user_object(cursor, at, number, objects, &mut reader.cut)?,
            6 => {
                let mut names = Vec::new();
                each(cursor, at, |cursor, field, at| {
                    if field == 1 && names.len() < 64 {
                        names.push(text_at(cursor, at, MAX_NAME)?);
                    }
                    Ok(())
                })?;
                functions(reader, number, names);
            }
            8 => {
                let (name, _) = entry(cursor, at)?;
                functions(reader, number, vec![name]);
            }
            11 => {
                let (_, value) = entry(cursor, at)?;
                saveable(cursor, value, reader)?;
            }
            13 => {
                let name = text_at(cursor, at, MAX_NAME)?;
                let new = !objects.registered.iter().any(|(n, _)| *n == name);
                if new && !name.is_empty() && objects.registered.len() < 1000 {
                    objects.registered.push((name, range.clone()));
                }
            }
            _ => {}
        }
        Ok(())
    })
}

fn functions(reader: &mut Reader, number: u64, names: Vec<String>) {
    if reader.functions.len() < MAX_LIST {
        reader.functions.insert(number, names);
    } else {
        reader.cut = true;
    }
}

/// ObjectReference: 1 node_id, 2 local_name.
fn reference(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<(u64, String), ScanError> {
    let (mut id, mut name) = (0, String::new());
    let mut fields = Fields::new(range);
    loop {
        match fields.next(cursor) {
            Ok(Some(field)) => match (field.number, field.as_range()) {
                (1, None) => id = field.as_u64().unwrap_or(0),
                (2, Some(at)) => name = text_at(cursor, at, 64)?,
                _ => {}
            },
            Ok(None) | Err(Fault::Broken(_)) => return Ok((id, name)),
            Err(Fault::Scan(e)) => return Err(e),
        }
    }
}

fn saveable(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    reader: &mut Reader,
) -> Result<(), ScanError> {
    let mut fields = Fields::new(range);
    loop {
        match fields.next(cursor) {
            Ok(Some(field)) => {
                let id = field.as_u64().unwrap_or(0);
                let [_, restore, save] = &mut reader.called;
                match field.number {
                    2 => keep(save, id, &mut reader.cut),
                    3 => keep(restore, id, &mut reader.cut),
                    _ => {}
                }
            }
            Ok(None) | Err(Fault::Broken(_)) => return Ok(()),
            Err(Fault::Scan(e)) => return Err(e),
        }
    }
}

fn user_object(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    node: u64,
    objects: &mut Objects,
    cut: &mut bool,
) -> Result<(), ScanError> {
    let (mut identifier, mut metadata) = (String::new(), None);
    each(cursor, range, |cursor, field, at| {
        match field {
            1 => identifier = text_at(cursor, at, MAX_NAME)?,
            3 if at.start < at.end => metadata = Some(at),
            _ => {}
        }
        Ok(())
    })?;
    if let Some(metadata) = metadata {
        let object = KerasObject {
            node,
            identifier,
            metadata,
        };
        keep(&mut objects.keras, object, cut);
    }
    Ok(())
}

/// Reads the SavedMetadata at `range`.
pub(super) fn keras_metadata(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    model: &mut Model,
) -> Result<Objects, ScanError> {
    let mut objects = Objects::default();
    let mut fields = Fields::new(range);
    while let Some(field) = next(cursor, &mut fields, model)? {
        let (1, Some(at)) = (field.number, field.as_range()) else {
            continue;
        };
        objects.count = objects.count.saturating_add(1);
        let (mut node, mut identifier, mut metadata) = (0, String::new(), None);
        let mut inner = Fields::new(at);
        while let Some(field) = next(cursor, &mut inner, model)? {
            match (field.number, field.as_range()) {
                (2, None) => node = field.as_u64().unwrap_or(0),
                (4, Some(at)) => identifier = text_at(cursor, at, MAX_NAME)?,
                (5, Some(at)) if at.start < at.end => metadata = Some(at),
                _ => {}
            }
        }
        if let Some(metadata) = metadata {
            let object = KerasObject {
                node,
                identifier,
                metadata,
            };
            keep(&mut objects.keras, object, &mut model.cut);
        }
    }
    Ok(objects)
}
