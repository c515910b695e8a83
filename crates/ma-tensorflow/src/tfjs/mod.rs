//! TensorFlow.js models: `model.json` and its weights.
