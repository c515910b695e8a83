//! Bytes to the model.
//!
//! SavedModel: 1 schema_version · **2 meta_graphs[]**. MetaGraphDef: 1 meta_info_def (4 tags[], 5 tensorflow_version)
//! · **2 graph_def** · 3 saver_def (1 filename_tensor_name, 2 save_tensor_name, 3 restore_op_name) · 4 collection_def
//! map (1 node_list, 2 bytes_list, 3 int64_list, 4 float_list, 5 any_list; each 1 value[]) · 5 signature_def map
//! (1 inputs map, 2 outputs map of TensorInfo, 3 method_name) · **6 asset_file_def[]** (1 tensor_info, 2 filename) ·
//! 7 object_graph_def. TensorInfo: 1 name · 2 dtype · 3 tensor_shape.
//! `tensorflow/core/protobuf/{saved_model,meta_graph,saver}.proto` of 2.21.
//!
//! The assets of TensorFlow 1 lie in the collection `saved_model_assets`, each an AssetFileDef in an Any.
//! Cost: the messages, not the graphs; those are read by [`crate::graph`]. Limits: names are cut at 4096 bytes,
//! lists at 100,000 entries, and the model says so.

use std::ops::Range;

use ma_core::{Cursor, ScanError};
use ma_wire::Fault;
use ma_wire::protobuf::{Field, Fields};

use super::form::Form;
use super::model::{Asset, Collection, MetaGraph, Model, Signature, TensorInfo};
use super::objects;
use crate::graph::attributes::{each, text_at};
use crate::graph::tensor;

/// Longest name that is kept.
pub(super) const MAX_NAME: usize = 4096;
/// Entries of a list that are kept.
pub(super) const MAX_LIST: usize = 100_000;

/// Reads the message at `range`, which is of that form.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn read(cursor: &mut Cursor<'_>, range: Range<u64>, form: Form) -> Result<Model, ScanError> {
    let mut model = Model::default();
    match form {
        Form::SavedModel => saved_model(cursor, range, &mut model)?,
        Form::MetaGraph => {
            let graph = meta_graph(cursor, range, &mut model)?;
            model.meta_graphs.push(graph);
        }
        Form::Graph => model.meta_graphs.push(MetaGraph {
            range: range.clone(),
            graph: vec![range],
            ..MetaGraph::default()
        }),
        Form::KerasMetadata => {
            let objects = objects::keras_metadata(cursor, range, &mut model)?;
            model.meta_graphs.push(MetaGraph {
                objects,
                ..MetaGraph::default()
            });
        }
        Form::Fingerprint => {}
    }
    Ok(model)
}

/// The next field; a break is noted and ends the message.
pub(super) fn next(
    cursor: &mut Cursor<'_>,
    fields: &mut Fields,
    model: &mut Model,
) -> Result<Option<Field>, ScanError> {
    match fields.next(cursor) {
        Ok(field) => Ok(field),
        Err(Fault::Broken(broken)) => {
            if model.broken.len() < 64 {
                model.broken.push(broken);
            }
            Ok(None)
        }
        Err(Fault::Scan(e)) => Err(e),
    }
}

/// Adds to a list that does not grow without end.
pub(super) fn keep<T>(list: &mut Vec<T>, item: T, cut: &mut bool) {
    if list.len() < MAX_LIST {
        list.push(item);
    } else {
        *cut = true;
    }
}

fn saved_model(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    model: &mut Model,
) -> Result<(), ScanError> {
    let mut fields = Fields::new(range);
    while let Some(field) = next(cursor, &mut fields, model)? {
        match (field.number, field.as_range()) {
            (1, None) => model.schema_version = field.as_u64(),
            (2, Some(at)) => {
                let graph = meta_graph(cursor, at, model)?;
                keep(&mut model.meta_graphs, graph, &mut model.cut);
            }
            _ => {}
        }
    }
    Ok(())
}

fn meta_graph(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    model: &mut Model,
) -> Result<MetaGraph, ScanError> {
    let mut graph = MetaGraph {
        range: range.clone(),
        ..MetaGraph::default()
    };
    let mut fields = Fields::new(range);
    while let Some(field) = next(cursor, &mut fields, model)? {
        let Some(at) = field.as_range() else {
            continue;
        };
        match field.number {
            1 => each(cursor, at, |cursor, number, at| {
                match number {
                    4 if graph.tags.len() < 64 => graph.tags.push(text_at(cursor, at, MAX_NAME)?),
                    5 => graph.version = text_at(cursor, at, 64)?,
                    _ => {}
                }
                Ok(())
            })?,
            2 => graph.graph.push(at),
            3 => each(cursor, at, |cursor, number, at| {
                match number {
                    1 => graph.saver_filename = text_at(cursor, at, MAX_NAME)?,
                    2 => graph.saver_save = text_at(cursor, at, MAX_NAME)?,
                    3 => graph.saver_restore = text_at(cursor, at, MAX_NAME)?,
                    _ => {}
                }
                Ok(())
            })?,
            4 => collection(cursor, at, &mut graph, &mut model.cut)?,
            5 => {
                let signature = signature(cursor, at)?;
                keep(&mut graph.signatures, signature, &mut model.cut);
            }
            6 => {
                let asset = asset(cursor, at)?;
                keep(&mut graph.assets, asset, &mut model.cut);
            }
            7 => objects::read(cursor, at, &mut graph.objects, model)?,
            _ => {}
        }
    }
    Ok(graph)
}

/// The two fields of a map entry: its key and where its value lies.
pub(super) fn entry(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
) -> Result<(String, Range<u64>), ScanError> {
    let mut key = String::new();
    let mut value = range.end..range.end;
    each(cursor, range, |cursor, number, at| {
        match number {
            1 => key = text_at(cursor, at, MAX_NAME)?,
            2 => value = at,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, value))
}

fn asset(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<Asset, ScanError> {
    let mut asset = Asset {
        range: range.clone(),
        ..Asset::default()
    };
    each(cursor, range, |cursor, number, at| {
        match number {
            1 => asset.tensor = tensor_info(cursor, at)?.tensor,
            2 => asset.filename = text_at(cursor, at, MAX_NAME)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(asset)
}

fn tensor_info(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<TensorInfo, ScanError> {
    let mut info = TensorInfo::default();
    let mut fields = Fields::new(range);
    loop {
        let field = match fields.next(cursor) {
            Ok(Some(field)) => field,
            Ok(None) | Err(Fault::Broken(_)) => return Ok(info),
            Err(Fault::Scan(e)) => return Err(e),
        };
        match (field.number, field.as_range()) {
            (1, Some(at)) => info.tensor = text_at(cursor, at, MAX_NAME)?,
            (2, None) => info.dtype = field.as_u64().unwrap_or(0),
            (3, Some(at)) => match tensor::shape(cursor, at.clone()) {
                Ok(shape) => {
                    info.unknown_rank = shape.is_empty() && at.start < at.end;
                    info.shape = shape;
                }
                Err(Fault::Broken(_)) => {}
                Err(Fault::Scan(e)) => return Err(e),
            },
            _ => {}
        }
    }
}

fn signature(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<Signature, ScanError> {
    let (name, value) = entry(cursor, range)?;
    let mut signature = Signature {
        name,
        ..Signature::default()
    };
    each(cursor, value, |cursor, number, at| {
        if number == 3 {
            signature.method = text_at(cursor, at, MAX_NAME)?;
            return Ok(());
        }
        let list = match number {
            1 => &mut signature.inputs,
            2 => &mut signature.outputs,
            _ => return Ok(()),
        };
        if list.len() < MAX_LIST {
            let (key, value) = entry(cursor, at)?;
            let info = tensor_info(cursor, value)?;
            list.push(TensorInfo { key, ..info });
        }
        Ok(())
    })?;
    Ok(signature)
}

fn collection(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    graph: &mut MetaGraph,
    cut: &mut bool,
) -> Result<(), ScanError> {
    let (name, value) = entry(cursor, range)?;
    let mut collection = Collection {
        name,
        ..Collection::default()
    };
    let mut assets = Vec::new();
    each(cursor, value, |cursor, list, at| {
        each(cursor, at, |cursor, number, at| {
            if number != 1 {
                return Ok(());
            }
            collection.count = collection.count.saturating_add(1);
            match list {
                1 => {
                    let node = text_at(cursor, at, MAX_NAME)?;
                    keep(&mut collection.nodes, node, cut);
                }
                2 => keep(&mut graph.values, at, cut),
                5 => keep(&mut assets, at, cut),
                _ => {}
            }
            Ok(())
        })
    })?;
    for any in assets {
        // Any: 1 type_url, 2 value.
        let (_, value) = entry(cursor, any)?;
        if collection.name == "saved_model_assets" {
            let asset = asset(cursor, value)?;
            keep(&mut graph.assets, asset, cut);
        } else {
            keep(&mut graph.values, value, cut);
        }
    }
    keep(&mut graph.collections, collection, cut);
    Ok(())
}
