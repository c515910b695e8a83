//! Builders of torch files.
