//! Graphs: reading, following values, reachability.
