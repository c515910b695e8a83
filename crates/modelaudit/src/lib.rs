#![doc = include_str!("../README.md")]

pub use ma_core as core;
pub use ma_engine as engine;
pub use ma_sources as sources;

use ma_core::{Artifact, ArtifactPath, Blob, Report, Root};
use ma_engine::{Engine, EngineConfig, Quiet, Registry};

/// Everything that the enabled features bring, registered.
#[must_use]
pub fn registry() -> Registry {
    let registry = Registry::new();
    #[cfg(feature = "archive")]
    let registry = registry.openers(ma_archive::openers());
    #[cfg(feature = "pickle")]
    let registry = registry.scanner(ma_pickle::Pickle);
    #[cfg(feature = "numpy")]
    let registry = registry.scanners(ma_numpy::scanners());
    #[cfg(feature = "pytorch")]
    let registry = registry.scanners(ma_pytorch::scanners());
    #[cfg(feature = "safetensors")]
    let registry = registry.scanners(ma_safetensors::scanners());
    #[cfg(feature = "gguf")]
    let registry = registry.scanners(ma_gguf::scanners());
    #[cfg(feature = "onnx")]
    let registry = registry.scanners(ma_onnx::scanners());
    #[cfg(feature = "tensorflow")]
    let registry = registry.scanners(ma_tensorflow::scanners());
    #[cfg(feature = "hdf5")]
    let registry = registry.scanners(ma_hdf5::scanners());
    #[cfg(feature = "keras")]
    let registry = registry.scanners(ma_keras::scanners());
    #[cfg(feature = "jax")]
    let registry = registry.scanners(ma_jax::scanners());
    #[cfg(feature = "rdata")]
    let registry = registry.scanners(ma_rdata::scanners());
    #[cfg(feature = "python")]
    let registry = registry.scanners(ma_python::scanners());
    #[cfg(feature = "detect")]
    let registry = registry
        .scanners(ma_detect::scanners())
        .detectors(ma_detect::detectors());
    registry
}

/// Scans what the paths name with every enabled format and the default limits; no policy is applied.
#[must_use]
pub fn scan<S: AsRef<str>>(paths: impl IntoIterator<Item = S>) -> Report {
    let options = ma_sources::ResolveOptions::default();
    let paths = paths.into_iter();
    let roots = paths.map(|p| ma_sources::resolve(p.as_ref(), &options));
    Engine::new(registry(), EngineConfig::default()).scan(roots.collect(), &Quiet)
}

/// Scans bytes in memory under a name.
#[must_use]
pub fn scan_bytes(name: &str, bytes: Vec<u8>) -> Report {
    let artifact = Artifact::new(ArtifactPath::new(name), Blob::from_vec(bytes));
    let engine = Engine::new(registry(), EngineConfig::default());
    engine.scan(vec![Root::file(artifact)], &Quiet)
}
