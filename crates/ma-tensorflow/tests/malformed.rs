//! Broken files: nothing panics, nothing runs away.
