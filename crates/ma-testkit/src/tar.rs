//! Builders of tar files.
