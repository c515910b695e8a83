//! What a file holds, for people who look.

use ma_core::text::shorten;
use ma_core::{Inspection, Line, Section};

use crate::filters;
use crate::model::{
    AttrValue, Attribute, Class, Dataset, Dtype, File, Layout, LinkTarget, Object, ObjectKind,
};

/// Lines that are listed.
const MAX_LINES: usize = 10_000;
/// Characters of a text that are shown.
const MAX_TEXT: usize = 160;
/// Members or names of a type that are shown.
const MAX_MEMBERS: usize = 12;

/// The view of a file.
pub(crate) fn inspect(file: &File, format: &str) -> Inspection {
    let count = |kind| file.objects.iter().filter(|o| o.kind == kind).count();
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(block) = &file.superblock {
        fact("superblock", format!("version {}", block.version));
        if block.base > 0 {
            fact("user block", format!("{} bytes", block.base));
        }
        fact("end", block.end.to_string());
    }
    fact("groups", count(ObjectKind::Group).to_string());
    fact("datasets", count(ObjectKind::Dataset).to_string());
    let attributes = file.objects.iter().map(|o| o.attributes.len());
    let attributes = attributes.fold(0usize, usize::saturating_add);
    fact("attributes", attributes.to_string());
    let unreadable = count(ObjectKind::Unreadable);
    if unreadable > 0 {
        fact("unreadable objects", unreadable.to_string());
    }
    let elements = file.datasets().filter_map(|(_, d)| d.elements());
    fact(
        "elements",
        elements.fold(0u64, u64::saturating_add).to_string(),
    );
    let mut lines = Vec::new();
    for object in &file.objects {
        if lines.len() >= MAX_LINES {
            break;
        }
        object_lines(object, &mut lines);
    }
    if lines.len() >= MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push(Line {
            offset: None,
            text: "…".to_owned(),
        });
    }
    Inspection {
        format: format.to_owned(),
        facts,
        sections: vec![Section {
            title: "objects".to_owned(),
            lines,
        }],
    }
}

fn object_lines(object: &Object, lines: &mut Vec<Line>) {
    let path = shorten(&object.path, MAX_TEXT);
    let text = match (&object.dataset, object.kind) {
        (Some(dataset), _) => format!("{path}  {}", dataset_text(dataset)),
        (None, ObjectKind::NamedType) => {
            let dtype = object.named_type.as_ref().map(dtype_text);
            format!("{path}  type {}", dtype.unwrap_or_default())
        }
        (None, ObjectKind::Unreadable) => format!("{path}  (unreadable)"),
        _ => format!("{path}  group of {}", object.links.len()),
    };
    lines.push(Line {
        offset: Some(object.address),
        text,
    });
    for attribute in object.attributes.iter().take(MAX_LINES) {
        lines.push(Line {
            offset: Some(attribute.range.start),
            text: attribute_text(attribute),
        });
    }
    for link in object.links.iter().take(MAX_LINES) {
        let target = match &link.target {
            LinkTarget::Hard(_) => continue,
            LinkTarget::Soft(path) => format!("soft link to {}", shorten(path, MAX_TEXT)),
            LinkTarget::External { file, path } => format!(
                "external link to {} in {}",
                shorten(path, MAX_TEXT),
                shorten(file, MAX_TEXT)
            ),
            LinkTarget::Other(kind) => format!("link of kind {kind}"),
        };
        lines.push(Line {
            offset: Some(link.range.start),
            text: format!("  {}  {target}", shorten(&link.name, MAX_TEXT)),
        });
    }
}

fn attribute_text(attribute: &Attribute) -> String {
    let name = shorten(&attribute.name, MAX_TEXT);
    let dtype = attribute.dtype.as_ref();
    let value = match &attribute.value {
        AttrValue::Text(text) => format!("\"{}\"", shorten(text, MAX_TEXT)),
        AttrValue::Texts(texts) => {
            let shown: Vec<String> = texts
                .iter()
                .take(MAX_MEMBERS)
                .map(|t| format!("\"{}\"", shorten(t, 40)))
                .collect();
            let more = if texts.len() > MAX_MEMBERS {
                ", …"
            } else {
                ""
            };
            format!("[{}{more}]", shown.join(", "))
        }
        AttrValue::Bytes(bytes) => numbers(bytes, dtype, attribute.shape.as_deref()),
        AttrValue::Other => {
            let dtype = dtype.map(dtype_text).unwrap_or_default();
            match &attribute.shape {
                Some(shape) => format!("{dtype} {}", shape_text(shape)),
                None => format!("{dtype} without a value"),
            }
        }
        AttrValue::Unreadable => "(unreadable)".to_owned(),
    };
    format!("  @{name} = {value}")
}

/// The first few numbers, when they are whole or floating-point ones.
fn numbers(bytes: &[u8], dtype: Option<&Dtype>, shape: Option<&[u64]>) -> String {
    let Some(dtype) = dtype else {
        return String::new();
    };
    let size = usize::try_from(dtype.size).unwrap_or(usize::MAX).max(1);
    let mut shown = Vec::new();
    for piece in bytes.chunks_exact(size).take(MAX_MEMBERS) {
        match number(piece, &dtype.class) {
            Some(number) => shown.push(number),
            None => return format!("{} {}", dtype_text(dtype), shape_text(shape.unwrap_or(&[]))),
        }
    }
    match (shape, shown.as_slice()) {
        (Some([]), [one]) => one.clone(),
        _ => {
            let more = if bytes.len() > size.saturating_mul(MAX_MEMBERS) {
                ", …"
            } else {
                ""
            };
            format!("[{}{more}]", shown.join(", "))
        }
    }
}

fn number(piece: &[u8], class: &Class) -> Option<String> {
    let (class, big) = match class {
        Class::Enum { base, .. } => return number(piece, &base.class),
        Class::Integer { big_endian, .. } | Class::Float { big_endian } => (class, *big_endian),
        _ => return None,
    };
    let mut bytes = [0u8; 8];
    let size = piece.len();
    for (place, byte) in bytes.iter_mut().zip(piece) {
        *place = *byte;
    }
    if big {
        bytes.get_mut(..size)?.reverse();
    }
    let raw = u64::from_le_bytes(bytes);
    match (class, size) {
        (Class::Float { .. }, 4) => Some(f32::from_bits(u32::try_from(raw).ok()?).to_string()),
        (Class::Float { .. }, 8) => Some(f64::from_bits(raw).to_string()),
        (Class::Integer { signed: false, .. }, 1..=8) => Some(raw.to_string()),
        (Class::Integer { signed: true, .. }, 1..=8) => {
            let shift = u32::try_from(8usize.saturating_sub(size))
                .ok()?
                .saturating_mul(8);
            let signed = i64::from_le_bytes(raw.to_le_bytes());
            Some(signed.wrapping_shl(shift).wrapping_shr(shift).to_string())
        }
        _ => None,
    }
}

fn dataset_text(dataset: &Dataset) -> String {
    let mut text = dataset.dtype.as_ref().map(dtype_text).unwrap_or_default();
    match &dataset.shape {
        Some(shape) => {
            text.push(' ');
            text.push_str(&shape_text(shape));
        }
        None => text.push_str(" without a value"),
    }
    text.push_str(", ");
    text.push_str(&match &dataset.layout {
        Some(Layout::Compact(_)) => "compact".to_owned(),
        Some(Layout::Contiguous(Some(range))) => format!("at {}", range.start),
        Some(Layout::Contiguous(None)) => "not stored here".to_owned(),
        Some(Layout::Chunked { chunk, .. }) => format!("chunks of {}", shape_text(chunk)),
        Some(Layout::Virtual(sources)) => {
            let first = sources.first().map_or("", |s| s.file.as_str());
            format!("virtual, of {} ({})", sources.len(), shorten(first, 60))
        }
        None => "layout unreadable".to_owned(),
    });
    if let Some(stored) = dataset.stored {
        text.push_str(&format!(", {stored} bytes"));
    }
    for filter in dataset.filters.iter().take(MAX_MEMBERS) {
        let name = filters::name(filter.id).map_or_else(|| filter.id.to_string(), str::to_owned);
        text.push_str(&format!(", {name}"));
    }
    for file in dataset.external_files.iter().take(MAX_MEMBERS) {
        text.push_str(&format!(", in {}", shorten(&file.name, MAX_TEXT)));
    }
    text
}

/// A shape as Python writes it.
#[must_use]
pub(crate) fn shape_text(shape: &[u64]) -> String {
    let mut dims: Vec<String> = shape.iter().take(32).map(u64::to_string).collect();
    if shape.len() > 32 {
        dims.push("…".to_owned());
    }
    match dims.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", dims.join(", ")),
    }
}

/// A type in a word or two, as NumPy would name it.
fn dtype_text(dtype: &Dtype) -> String {
    let bits = u64::from(dtype.size).saturating_mul(8);
    let big = |big: bool| if big { ">" } else { "" };
    match &dtype.class {
        Class::Integer { signed, big_endian } => {
            let name = if *signed { "int" } else { "uint" };
            format!("{}{name}{bits}", big(*big_endian))
        }
        Class::Float { big_endian } => format!("{}float{bits}", big(*big_endian)),
        Class::Time => "time".to_owned(),
        Class::FixedString { .. } => format!("string of {} bytes", dtype.size),
        Class::Bitfield => format!("bits{bits}"),
        Class::Opaque { tag } => format!("opaque of {} bytes {}", dtype.size, shorten(tag, 40)),
        Class::Compound(members) => {
            let shown: Vec<String> = members
                .iter()
                .take(MAX_MEMBERS)
                .map(|m| format!("{}: {}", shorten(&m.name, 40), inner_text(&m.dtype)))
                .collect();
            let more = if members.len() > MAX_MEMBERS {
                ", …"
            } else {
                ""
            };
            format!("{{{}{more}}}", shown.join(", "))
        }
        Class::Reference => "reference".to_owned(),
        Class::Enum { names, .. } => {
            let shown: Vec<String> = names
                .iter()
                .take(MAX_MEMBERS)
                .map(|n| shorten(n, 40).into_owned())
                .collect();
            format!("enum of {}", shown.join(", "))
        }
        Class::VlenString { .. } => "string".to_owned(),
        Class::Vlen(base) => format!("sequence of {}", inner_text(base)),
        Class::Array { base, dims } => {
            let dims: Vec<u64> = dims.iter().map(|d| u64::from(*d)).collect();
            format!("{} {}", inner_text(base), shape_text(&dims))
        }
        Class::Complex(_) => format!("complex{bits}"),
        Class::Unknown(class) => format!("type of class {class}"),
    }
}

/// A type inside a type: one level is shown.
fn inner_text(dtype: &Dtype) -> String {
    match &dtype.class {
        Class::Compound(members) => format!("{{{} members}}", members.len()),
        Class::Vlen(_) => "sequence".to_owned(),
        Class::Array { .. } => "array".to_owned(),
        _ => dtype_text(dtype),
    }
}
