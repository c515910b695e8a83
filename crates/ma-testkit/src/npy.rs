//! Builders of npy files.
