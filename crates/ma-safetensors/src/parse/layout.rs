//! What the ranges of the tensors leave of the data: the contract of the reference implementation.

use ma_core::{Blob, Budget, ScanError};

use super::note;
use crate::model::{AnomalyKind, Safetensors, Tensor};

/// A dimension that no tensor has, even one without elements.
const ABSURD: u64 = 1 << 48;

/// Checks sizes, and that the tensors cover the data exactly.
pub(super) fn check(blob: &Blob, budget: &Budget, file: &mut Safetensors) -> Result<(), ScanError> {
    let tensors = std::mem::take(&mut file.tensors);
    for tensor in &tensors {
        if let Some(kind) = size(tensor) {
            let name = name_of(blob, budget, tensor)?;
            note(file, kind, tensor.entry.clone(), name);
        }
    }
    if file.not_kept == 0 {
        cover(blob, budget, file, &tensors)?;
    }
    file.tensors = tensors;
    Ok(())
}

/// The name of a tensor, read again from where it stands.
///
/// # Errors
/// When it can't be read.
pub(crate) fn name_of(blob: &Blob, budget: &Budget, tensor: &Tensor) -> Result<String, ScanError> {
    let end = tensor.name.end.min(tensor.name.start.saturating_add(2000));
    let bytes = blob.read(tensor.name.start..end, budget)?;
    let text = ma_wire::json::parse_bytes(&bytes, budget).ok();
    let text = text.and_then(|d| Some(d.root()?.as_str()?.to_owned()));
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    Ok(ma_core::text::shorten(&text, 200).into_owned())
}

fn size(tensor: &Tensor) -> Option<AnomalyKind> {
    let (begin, end) = tensor.offsets?;
    let Some(have) = end.checked_sub(begin) else {
        return Some(AnomalyKind::Reversed);
    };
    let empty = tensor.shape.contains(&0);
    if empty && tensor.shape.iter().any(|n| *n >= ABSURD) {
        return Some(AnomalyKind::AbsurdShape);
    }
    let bits = tensor.bits()?;
    let product = tensor
        .shape
        .iter()
        .try_fold(1u64, |product, n| product.checked_mul(*n));
    // The reference multiplies in order, so a zero behind an overflow does not help.
    let Some(bits) = product.and_then(|n| n.checked_mul(bits)) else {
        return Some(AnomalyKind::ShapeOverflow);
    };
    if bits.rem_euclid(8) != 0 {
        return Some(AnomalyKind::HalfByte);
    }
    let want = bits.div_euclid(8);
    (want != have).then_some(AnomalyKind::SizeDiffers { want, have })
}

/// Finds holes, overlaps, what follows the last tensor and what is missing of it.
fn cover(
    blob: &Blob,
    budget: &Budget,
    file: &mut Safetensors,
    tensors: &[Tensor],
) -> Result<(), ScanError> {
    let mut order: Vec<(u64, u64, &Tensor)> = tensors
        .iter()
        .filter_map(|t| t.offsets.map(|(begin, end)| (begin, end, t)))
        .filter(|(begin, end, _)| begin <= end)
        .collect();
    order.sort_by_key(|(begin, end, tensor)| (*begin, *end, tensor.entry.start));
    budget.charge_steps(order.len() as u64)?;
    let base = file.data.start;
    let mut covered = 0u64;
    let mut before: Option<(u64, u64)> = None;
    for (begin, end, tensor) in order {
        let at = base.saturating_add(begin)..base.saturating_add(end);
        if begin > covered {
            let hole = base.saturating_add(covered)..at.start.min(file.len);
            if hole.start < hole.end {
                note(
                    file,
                    AnomalyKind::Hole,
                    hole,
                    name_of(blob, budget, tensor)?,
                );
            }
        } else if begin < covered && end > begin {
            let kind = if before == Some((begin, end)) {
                AnomalyKind::Shared
            } else {
                AnomalyKind::Overlap
            };
            note(file, kind, at, name_of(blob, budget, tensor)?);
        }
        if end > begin {
            before = Some((begin, end));
        }
        covered = covered.max(end);
    }
    let want = base.saturating_add(covered);
    if want > file.len {
        note(file, AnomalyKind::Truncated { want }, file.data.clone(), "");
    } else if want < file.len {
        note(file, AnomalyKind::Trailing, want..file.len, "");
    }
    Ok(())
}
