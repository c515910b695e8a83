//! Python source.
