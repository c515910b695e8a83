//! Builders of zip files.
