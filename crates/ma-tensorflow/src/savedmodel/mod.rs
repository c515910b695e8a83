//! SavedModel, MetaGraph, frozen graphs, Keras metadata.
