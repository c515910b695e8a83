//! What the bytes of the file are, for those who look at content: data, texts, and the structure
//! between them, in which variable-length text lies.

use std::collections::HashSet;
use std::ops::Range;

use ma_core::detector::ElementType;
use ma_core::{Cx, Region, RegionKind, ScanError};

use crate::model::{Class, Dtype, File};
use crate::parse::merge;
use crate::payload::Payload;
use crate::stray::Stray;

/// Regions of one kind that are declared one by one; more are joined.
const MAX_REGIONS: usize = 2000;
/// A text that is shorter is no region of its own.
const MIN_TEXT: u64 = 16;

/// Declares all bytes.
///
/// # Errors
/// When the receiver wants no more.
pub(crate) fn declare(
    file: &File,
    len: u64,
    strays: &[Stray],
    payloads: &[Payload],
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(block) = &file.superblock else {
        return cx.region(Region::new(0..len, RegionKind::Unclaimed));
    };
    let count = file.datasets().map(|(_, d)| d.data.len());
    let data = if count.fold(0, usize::saturating_add) > MAX_REGIONS {
        let ranges = file.datasets().flat_map(|(_, d)| d.data.iter().cloned());
        let ranges = coalesce(merge(ranges.collect()));
        let joined = ranges.into_iter();
        joined
            .map(|r| Region::new(r, RegionKind::Weights))
            .collect()
    } else {
        data(file)
    };
    let mut texts = texts(file);
    if texts.len() > MAX_REGIONS {
        // They lie in what is declared as structure.
        texts.clear();
    }
    let claimed: Vec<Range<u64>> = data.iter().chain(&texts).map(|r| r.range.clone()).collect();
    // What was handed out is looked at there, and need not be reported twice.
    let out: HashSet<&Range<u64>> = payloads.iter().map(|p| &p.range).collect();
    for region in data.into_iter().chain(texts) {
        if !out.contains(&region.range) {
            cx.region(region)?;
        }
    }
    for stray in strays.iter().filter(|s| !s.content.is_active()) {
        let kind = if stray.text {
            RegionKind::Metadata
        } else {
            RegionKind::Unclaimed
        };
        cx.region(Region::new(stray.range.clone(), kind))?;
    }
    let mut at = block.base;
    let end = block.end.min(len);
    let claimed = coalesce(merge(claimed));
    for range in claimed.into_iter().chain(std::iter::once(end..end)) {
        let until = range.start.min(end);
        if at < until {
            cx.region(Region::new(at..until, RegionKind::Metadata))?;
        }
        at = at.max(range.end);
    }
    Ok(())
}

/// The stored bytes of datasets.
fn data(file: &File) -> Vec<Region> {
    let mut regions = Vec::new();
    for (object, dataset) in file.datasets() {
        let dtype = dataset.dtype.as_ref();
        let filtered = !dataset.filters.is_empty();
        let text = matches!(dtype.map(|t| &t.class), Some(Class::FixedString { .. }));
        for range in &dataset.data {
            let kind = if text && !filtered {
                RegionKind::Vocabulary
            } else {
                RegionKind::Weights
            };
            let (element, big_endian) = match dtype {
                Some(dtype) if !filtered => element(dtype),
                _ => (ElementType::Other, false),
            };
            let mut region = Region::new(range.clone(), kind).route(object.path.clone());
            if kind == RegionKind::Weights {
                region = region.element(element).big_endian(big_endian);
            }
            regions.push(region);
        }
    }
    regions
}

fn element(dtype: &Dtype) -> (ElementType, bool) {
    match (&dtype.class, dtype.size) {
        (Class::Float { big_endian }, 2) => (ElementType::F16, *big_endian),
        (Class::Float { big_endian }, 4) => (ElementType::F32, *big_endian),
        (Class::Float { big_endian }, 8) => (ElementType::F64, *big_endian),
        (Class::Integer { big_endian, .. }, size @ (1 | 2 | 4 | 8)) => {
            let size = u8::try_from(size).unwrap_or(1);
            (ElementType::Int(size), *big_endian)
        }
        _ => (ElementType::Other, false),
    }
}

/// The texts of attributes.
fn texts(file: &File) -> Vec<Region> {
    let mut regions = Vec::new();
    for object in &file.objects {
        for attribute in &object.attributes {
            for range in &attribute.text_ranges {
                if range.end.saturating_sub(range.start) >= MIN_TEXT {
                    let route = format!("{}@{}", object.path, attribute.name);
                    regions.push(Region::new(range.clone(), RegionKind::Metadata).route(route));
                }
            }
        }
        if regions.len() > MAX_REGIONS {
            break;
        }
    }
    regions
}

/// Joins neighbours until there are few.
fn coalesce(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut step = 512u64;
    while ranges.len() > MAX_REGIONS {
        let mut wider: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match wider.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(step) => {
                    last.end = last.end.max(range.end);
                }
                _ => wider.push(range),
            }
        }
        ranges = wider;
        step = step.saturating_mul(4);
    }
    ranges
}

#[cfg(test)]
mod tests {
    #[test]
    fn many_ranges_become_few() {
        let ranges: Vec<_> = (0..100_000u64).map(|i| i * 4000..i * 4000 + 100).collect();
        let few = super::coalesce(ranges);
        assert!(few.len() <= super::MAX_REGIONS);
        assert_eq!(few.last().unwrap().end, 99_999 * 4000 + 100);
    }
}
