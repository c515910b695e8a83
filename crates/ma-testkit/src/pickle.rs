//! Builders of pickle files.
