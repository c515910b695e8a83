//! Datatype messages: what an element is.
//!
//! Layout: class (bits 0–3) and version (bits 4–7), 24 bits of flags, size `u32`, properties by class.
//! Versions 1 to 5 differ in how compound, enumeration and array types are written. A type inside a
//! type is read with a bound on depth and on the number of types, so that no message costs more than
//! its bytes.

use crate::model::{Class, Dtype, Member, Padding};

use super::source::{Fields, Read, lossy, malformed};

/// Types within types.
const MAX_DEPTH: u32 = 32;
/// Dimensions that the library allows.
pub(super) const MAX_RANK: usize = 32;

/// What is wrong with a type that could be read: readers are known to trip over it.
pub(super) type Faults = Vec<String>;

/// Reads a type and everything in it.
pub(super) fn read(fields: &mut Fields<'_>, faults: &mut Faults) -> Read<Dtype> {
    nested(fields, faults, 0)
}

fn nested(fields: &mut Fields<'_>, faults: &mut Faults, depth: u32) -> Read<Dtype> {
    if depth > MAX_DEPTH {
        return malformed("types are nested deeper than any library reads");
    }
    let first = fields.u8()?;
    let (class, version) = (first & 15, first >> 4);
    let bits = u32::try_from(fields.number(3)?).unwrap_or(0);
    let size = fields.u32()?;
    if !(1..=5).contains(&version) {
        return malformed(format!("a datatype is of version {version}"));
    }
    let class = match class {
        0 => {
            precision(fields, size, faults)?;
            Class::Integer {
                signed: bits & 8 != 0,
                big_endian: bits & 1 != 0,
            }
        }
        1 => {
            precision(fields, size, faults)?;
            fields.skip(8)?;
            Class::Float {
                big_endian: bits & 1 != 0,
            }
        }
        2 => {
            fields.skip(2)?;
            Class::Time
        }
        3 => Class::FixedString {
            padding: padding(bits & 15),
            utf8: (bits >> 4) & 15 == 1,
        },
        4 => {
            precision(fields, size, faults)?;
            Class::Bitfield
        }
        5 => Class::Opaque {
            tag: opaque_tag(fields, bits)?,
        },
        6 => compound(fields, version, bits, size, faults, depth)?,
        7 => Class::Reference,
        8 => enumeration(fields, version, bits, faults, depth)?,
        9 => {
            let base = nested(fields, faults, depth.saturating_add(1))?;
            if bits & 15 == 1 {
                Class::VlenString {
                    utf8: (bits >> 8) & 15 == 1,
                }
            } else {
                Class::Vlen(Box::new(base))
            }
        }
        10 => array(fields, version, size, faults, depth)?,
        11 => Class::Complex(Box::new(nested(fields, faults, depth.saturating_add(1))?)),
        other => Class::Unknown(other),
    };
    if size == 0 {
        faults.push("a type has elements of no bytes".to_owned());
    }
    Ok(Dtype { size, class })
}

/// Bit offset and precision; they must lie within the element.
fn precision(fields: &mut Fields<'_>, size: u32, faults: &mut Faults) -> Read<()> {
    let (offset, bits) = (fields.u16()?, fields.u16()?);
    let end = u64::from(offset).saturating_add(u64::from(bits));
    if bits == 0 || end > u64::from(size).saturating_mul(8) {
        faults.push(format!(
            "a number of {size} bytes says that it uses the bits {offset} to {end}"
        ));
    }
    Ok(())
}

fn padding(bits: u32) -> Padding {
    match bits {
        0 => Padding::NullTerminated,
        1 => Padding::NullPadded,
        2 => Padding::SpacePadded,
        _ => Padding::Unknown,
    }
}

fn opaque_tag(fields: &mut Fields<'_>, bits: u32) -> Read<String> {
    let tag = fields.take(usize::try_from(bits & 0xff).unwrap_or(0))?;
    let end = tag.iter().position(|b| *b == 0).unwrap_or(tag.len());
    Ok(lossy(tag.get(..end).unwrap_or(tag)))
}

/// A name that ends in a NUL; in versions 1 and 2 padded to a multiple of eight bytes.
fn name(fields: &mut Fields<'_>, version: u8) -> Read<String> {
    let start = fields.used();
    let name = fields.text()?;
    if version < 3 {
        fields.align(start, 8);
    }
    Ok(name)
}

fn compound(
    fields: &mut Fields<'_>,
    version: u8,
    bits: u32,
    size: u32,
    faults: &mut Faults,
    depth: u32,
) -> Read<Class> {
    let mut members = Vec::new();
    for _ in 0..(bits & 0xffff) {
        let name = name(fields, version)?;
        let offset = match (version, size) {
            (1 | 2, _) | (_, 0x0100_0000..) => fields.u32()?,
            (_, ..0x100) => u32::from(fields.u8()?),
            (_, ..0x1_0000) => u32::from(fields.u16()?),
            _ => u32::try_from(fields.number(3)?).unwrap_or(0),
        };
        let mut dims = Vec::new();
        if version == 1 {
            let rank = fields.u8()?;
            fields.skip(11)?;
            for i in 0..4 {
                let dim = fields.u32()?;
                if i < rank {
                    dims.push(dim);
                }
            }
            if rank > 4 {
                faults.push(format!(
                    "member `{name}` has {rank} dimensions, of at most 4"
                ));
            }
        }
        let mut dtype = nested(fields, faults, depth.saturating_add(1))?;
        if !dims.is_empty() {
            let count = dims.iter().fold(1u32, |n, d| n.saturating_mul(*d));
            dtype = Dtype {
                size: dtype.size.saturating_mul(count),
                class: Class::Array {
                    base: Box::new(dtype),
                    dims,
                },
            };
        }
        let end = u64::from(offset).saturating_add(u64::from(dtype.size));
        if end > u64::from(size) {
            faults.push(format!(
                "member `{name}` ends at byte {end} of an element of {size} bytes"
            ));
        }
        members.push(Member {
            name,
            offset,
            dtype,
        });
    }
    if members.is_empty() {
        faults.push("a compound type has no members".to_owned());
    }
    Ok(Class::Compound(members))
}

fn enumeration(
    fields: &mut Fields<'_>,
    version: u8,
    bits: u32,
    faults: &mut Faults,
    depth: u32,
) -> Read<Class> {
    let base = nested(fields, faults, depth.saturating_add(1))?;
    let count = bits & 0xffff;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(name(fields, version)?);
    }
    let values = u64::from(count).saturating_mul(u64::from(base.size));
    fields.take64(values)?;
    Ok(Class::Enum {
        base: Box::new(base),
        names,
    })
}

fn array(
    fields: &mut Fields<'_>,
    version: u8,
    size: u32,
    faults: &mut Faults,
    depth: u32,
) -> Read<Class> {
    let rank = fields.u8()?;
    if usize::from(rank) > MAX_RANK {
        return malformed(format!(
            "an array type has {rank} dimensions, of at most 32"
        ));
    }
    if version < 3 {
        fields.skip(3)?;
    }
    let mut dims = Vec::new();
    for _ in 0..rank {
        dims.push(fields.u32()?);
    }
    if version < 3 {
        fields.skip(usize::from(rank).saturating_mul(4))?;
    }
    let base = nested(fields, faults, depth.saturating_add(1))?;
    let count = dims
        .iter()
        .fold(1u64, |n, d| n.saturating_mul(u64::from(*d)));
    let all = count.saturating_mul(u64::from(base.size));
    if all != u64::from(size) {
        faults.push(format!(
            "an array type of {size} bytes has elements of {all} bytes in all"
        ));
    }
    Ok(Class::Array {
        base: Box::new(base),
        dims,
    })
}
