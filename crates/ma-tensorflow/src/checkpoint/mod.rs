//! Checkpoints: the index, the data beside it, and the `checkpoint` file that names the latest.
