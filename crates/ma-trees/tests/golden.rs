//! The golden files of this crate's rules.
ma_testkit::golden!(ma_trees::Trees);
