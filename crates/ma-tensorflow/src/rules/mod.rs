//! What is an issue in a graph: the one list.
