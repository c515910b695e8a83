//! Arrays of Python objects.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::Npy;

declare_rule! {
    /// ## What it finds
    /// An element type that holds Python objects (`O`), at any depth of a structured type.
    /// ## Why it matters
    /// The data of such an array is a pickle. `np.load` refuses it unless it is called with `allow_pickle=True`, and then the pickle can run code. What this pickle does is reported on its own.
    /// ## What it leaves alone
    /// Numbers, text and dates, also in structured types.
    /// ## What to do
    /// Look at what was reported for the pickle. Where the array holds text or numbers only, save it again with a plain type.
    pub static OBJECT_ARRAY = {
        code: "NPY001", name: "numpy-object-array", severity: Info,
        title: "The array holds Python objects, so its data is a pickle",
        references: [Cwe(502), Cve("CVE-2019-6446"), Spec("https://numpy.org/doc/stable/reference/generated/numpy.load.html")],
    }
}

/// Fires on an `O` anywhere in the type.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    if !npy.has_object {
        return None;
    }
    let text = npy.dtype.as_ref().map_or("", |d| d.text.as_str());
    Some(
        Issue::new(
            &OBJECT_ARRAY,
            "the array holds Python objects: `np.load` needs allow_pickle=True for it and unpickles the data",
        )
        .at(npy.header.clone())
        .route("descr")
        .evidence(Evidence::text("dtype", text)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::array;

    #[test]
    fn fires_on_objects_only() {
        let rule = "numpy-object-array";
        for descr in ["'|O'", "[('a', '<f4'), ('b', [('c', '|O')])]"] {
            assert_eq!(
                fired(rule, &array(descr, "(1,)", b"\x80\x04N.")),
                Some(Severity::Info)
            );
        }
        assert_eq!(fired(rule, &array("[('O', '<f4')]", "(1,)", &[0; 4])), None);
        assert_eq!(fired(rule, &array("'<U3'", "(1,)", &[0; 12])), None);
    }
}
