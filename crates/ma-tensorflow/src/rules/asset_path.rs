//! Assets outside of the model.

use ma_core::{Evidence, Issue, declare_rule};

use super::short;
use crate::ops::{Reach, judge_path};
use crate::savedmodel::model::Asset;

declare_rule! {
    /// ## What it finds
    /// An asset whose file name is absolute, begins with `~` or a scheme, or climbs with `..`.
    ///
    /// ## Why it matters
    /// The loader joins the name to the folder `assets/` of the model and hands the path to the graph, which reads the file: any file of yours.
    ///
    /// ## What it leaves alone
    /// Names that stay in the folder, with or without subfolders.
    ///
    /// ## What to do
    /// Do not load the model; ask for one whose assets lie in it.
    pub static ASSET_PATH = {
        code: "TFG010", name: "tensorflow-asset-path", severity: Warning,
        title: "An asset lies outside of the model",
        references: [Cwe(22), Spec("https://www.tensorflow.org/guide/saved_model")],
    }
}

/// Fires on such a name.
pub(crate) fn check(asset: &Asset) -> Option<Issue> {
    let reach = judge_path(&asset.filename);
    let inside = matches!(reach, Reach::Relative | Reach::Empty | Reach::Memory);
    let leads_out = asset.filename.starts_with(['/', '~', '\\'])
        || asset.filename.split(['/', '\\']).any(|part| part == "..");
    // A name that merely resembles a secret is one in the folder.
    let resembles = matches!(reach, Reach::Sensitive(_) | Reach::Startup(_)) && !leads_out;
    if inside || resembles {
        return None;
    }
    let name = short(&asset.filename).into_owned();
    let message = format!("The asset {name:?} lies outside of the model's folder");
    let tensor = Evidence::text("tensor", short(&asset.tensor).into_owned());
    Some(Issue::new(&ASSET_PATH, message).evidence(tensor))
}
