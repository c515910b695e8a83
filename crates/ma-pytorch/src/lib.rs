#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`scanners`](mod@scanners) | one scanner per layout |
//! | [`weights_only`] | the restricted unpickler of torch, as a judge |
//! | [`parse`], [`model`] | storages and tensors of a pickle; JSON; imports of native libraries |
//! | [`records`] | members of an archive, looked up as torch does |
//! | [`rules`] | one file per rule |

#[doc(hidden)]
pub mod fuzz;
pub mod model;
pub mod parse;
pub mod records;
pub mod rules;
pub mod scanners;
pub mod weights_only;

use ma_core::Scanner;

pub use rules::RULES;
pub use scanners::checkpoint::TorchCheckpoint;
pub use scanners::export::TorchExport;
pub use scanners::legacy::TorchLegacy;
pub use scanners::package::TorchPackage;
pub use scanners::sb3::StableBaselines;
pub use scanners::script::TorchScript;
pub use scanners::serve::TorchServe;
pub use scanners::tar::TorchTar;

/// The scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(TorchCheckpoint),
        Box::new(TorchLegacy),
        Box::new(TorchTar),
        Box::new(TorchScript),
        Box::new(TorchPackage),
        Box::new(TorchExport),
        Box::new(TorchServe),
        Box::new(StableBaselines),
    ]
}
