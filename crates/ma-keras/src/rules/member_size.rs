//! Members that unpack to far more than is stored.

use ma_core::{Entry, Evidence, Issue, declare_rule};

use super::shown;

declare_rule! {
    /// ## What it finds
    /// A member of a Keras archive that declares more than a hundred times its stored size, and more than 4 GiB for the parts that are read into memory, 256 MiB for what is unpacked to disk. These are the bounds of Keras itself since 3.13.
    /// ## Why it matters
    /// Older versions read the member as a whole: the computer that loads the model runs out of memory or disk.
    /// ## What it leaves alone
    /// Keras stores its members as they are, so their sizes agree. Archives that somebody packed again may be ten times smaller.
    /// ## What to do
    /// Do not load the model.
    pub static MEMBER_SIZE = {
        code: "KER019", name: "keras-member-size", severity: Warning,
        title: "A member unpacks to far more than is stored",
        references: [Cwe(409)],
    }
}

/// Bytes above which a member that is read into memory is judged.
const IN_MEMORY: u64 = 1 << 32;
/// Bytes above which a member that is unpacked is judged.
const UNPACKED: u64 = 1 << 28;
/// Bytes out per byte in.
const RATIO: u64 = 100;

/// Fires on the declared sizes of a member.
pub(crate) fn check(entry: &Entry, has_assets: bool) -> Option<Issue> {
    let (size, packed) = (entry.size?, entry.packed?);
    let floor = match has_assets {
        true => UNPACKED,
        false => IN_MEMORY,
    };
    if size <= floor || size <= packed.saturating_mul(RATIO) {
        return None;
    }
    let message = format!(
        "the member `{}` declares {size} bytes, and {packed} are stored",
        shown(&entry.name)
    );
    Some(
        Issue::new(&MEMBER_SIZE, message)
            .route(shown(&entry.name))
            .evidence(Evidence::fact("sizes", format!("{packed} → {size}"))),
    )
}

#[cfg(test)]
mod tests {
    use ma_core::Entry;

    use super::check;

    #[test]
    fn bounds_of_keras() {
        let entry = |packed: u64, size: u64| {
            let mut entry = Entry::file("model.weights.h5");
            (entry.packed, entry.size) = (Some(packed), Some(size));
            entry
        };
        assert!(check(&entry(1000, 5 << 30), false).is_some());
        assert!(check(&entry(1000, 300 << 20), true).is_some());
        assert!(check(&entry(1000, 300 << 20), false).is_none());
        assert!(check(&entry(5 << 30, 5 << 30), true).is_none());
    }
}
