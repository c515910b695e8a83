//! Pax extended headers: records `LENGTH KEY=VALUE\n`, the length counting the whole record.

use crate::bytes::index;

/// Bytes of extended header that are read for one member.
pub(crate) const MAX_PAX: u64 = 1 << 20;

/// What a pax header changes about a member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pax {
    pub(crate) path: Option<String>,
    pub(crate) linkpath: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: PaxSparse,
}

/// GNU's sparse files in pax headers, versions 0.0, 0.1 and 1.0.
#[derive(Debug, Clone, Default)]
pub(crate) struct PaxSparse {
    pub(crate) major: Option<u64>,
    pub(crate) real_size: Option<u64>,
    pub(crate) map: Vec<u64>,
    pub(crate) name: Option<String>,
}

impl Pax {
    /// Reads records over what is known already; stops at the first that is broken.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((record, rest)) = record(bytes) {
            bytes = rest;
            let Some(equals) = record.iter().position(|b| *b == b'=') else {
                return;
            };
            let (key, value) = record.split_at(equals);
            self.set(key, value.get(1..).unwrap_or(&[]));
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let text = String::from_utf8_lossy(value).into_owned();
        let number = text.trim().parse::<u64>().ok();
        match key {
            b"path" => self.path = Some(text),
            b"linkpath" => self.linkpath = Some(text),
            b"size" => self.size = number.or(self.size),
            b"GNU.sparse.major" => self.sparse.major = number,
            b"GNU.sparse.name" => self.sparse.name = Some(text),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.sparse.real_size = number,
            b"GNU.sparse.map" => {
                self.sparse.map = text.split(',').filter_map(|n| n.parse().ok()).collect();
            }
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => self.sparse.map.extend(number),
            _ => {}
        }
    }

    /// This over `global`.
    pub(crate) fn over(self, global: &Self) -> Self {
        let no_sparse = self.sparse.real_size.is_none() && self.sparse.major.is_none();
        Self {
            path: self.path.or_else(|| global.path.clone()),
            linkpath: self.linkpath.or_else(|| global.linkpath.clone()),
            size: self.size.or(global.size),
            sparse: if no_sparse {
                global.sparse.clone()
            } else {
                self.sparse
            },
        }
    }
}

/// The first record without its length and line end, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|b| *b == b' ')?;
    let len = std::str::from_utf8(bytes.get(..space)?)
        .ok()?
        .parse::<u64>()
        .ok()?;
    let (record, rest) = bytes.split_at_checked(index(len))?;
    let record = record.get(space.checked_add(1)?..)?;
    Some((record.strip_suffix(b"\n")?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_until_the_first_broken_one() {
        let mut pax = Pax::default();
        pax.read(b"12 path=a=b\n9 size=7\n99 path=zzz\n");
        assert_eq!((pax.path.as_deref(), pax.size), (Some("a=b"), Some(7)));
    }
}
