//! The place of the configuration file, if the command line does not name it.

use std::path::{Path, PathBuf};

use polyhost_config::{Fault, Findings};

/// The name of the file in the current folder. `polyhost init` creates it there.
pub(super) const IN_FOLDER: &str = "polyhost.toml";
/// The places that are searched, in this order.
const SEARCHED: [&str; 2] = [IN_FOLDER, "/etc/polyhost/polyhost.toml"];

/// Returns the named file, or else the first existing one of the usual places.
///
/// # Errors
/// A fault that lists the places if the file is in none of them.
pub(super) fn find(named: Option<&Path>) -> Result<PathBuf, Findings> {
    let usual = || SEARCHED.into_iter().map(Path::new).find(|path| path.exists());
    named.or_else(usual).map(Path::to_owned).ok_or_else(|| {
        let searched = SEARCHED.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.into()));
        let [folder, system] = searched.map(|path| path.display().to_string());
        let message = format!(
            "no configuration file: neither {folder} nor {system} exists, and neither --config nor the environment \
             variable POLYHOST_CONFIG names another; \"polyhost init\" creates one"
        );
        Findings::fault(Fault::new("", message))
    })
}
