//! The text form, as the same bytes.
