//! Types that are legal and odd.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::Npy;

declare_rule! {
    /// ## What it finds
    /// Fields with titles (second names), and void types (`V<n>`) of more than 1 MiB.
    /// ## Why it matters
    /// Both are legal. Titles give a field two names, so that two readers may find different fields; a huge void type is a blob of bytes under the name of an array.
    /// ## What it leaves alone
    /// Structured types without titles, and void types of ordinary size, as padding and foreign number formats have them.
    /// ## What to do
    /// Nothing, where the writer of the file uses such types.
    pub static UNUSUAL_DTYPE = {
        code: "NPY008", name: "numpy-unusual-dtype", severity: Info,
        title: "The element type is unusual",
        references: [Spec("https://numpy.org/doc/stable/reference/arrays.dtypes.html")],
    }
}

/// Bytes of a void type from which on it is reported.
const LARGE_VOID: u128 = 1 << 20;

/// Fires on titles and huge void types.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    let dtype = npy.dtype.as_ref()?;
    let message = if dtype.largest_void > LARGE_VOID {
        format!(
            "one element holds a void type of {} bytes",
            dtype.largest_void
        )
    } else if dtype.titles > 0 {
        format!("{} fields have a second name", dtype.titles)
    } else {
        return None;
    };
    Some(
        Issue::new(&UNUSUAL_DTYPE, message)
            .at(npy.header.clone())
            .route("descr")
            .evidence(Evidence::text("dtype", dtype.text.clone())),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::array;

    #[test]
    fn fires_on_titles_and_huge_voids() {
        let rule = "numpy-unusual-dtype";
        let titled = array("[(('title', 'name'), '<f4')]", "(0,)", &[]);
        assert_eq!(fired(rule, &titled), Some(Severity::Info));
        assert_eq!(
            fired(rule, &array("'|V99999999'", "(0,)", &[])),
            Some(Severity::Info)
        );
        assert_eq!(fired(rule, &array("'|V16'", "(0,)", &[])), None);
        assert_eq!(fired(rule, &array("[('name', '<f4')]", "(0,)", &[])), None);
    }
}
