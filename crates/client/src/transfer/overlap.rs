//! The check that a source folder and its place do not contain each other. Otherwise a copy would copy its own output,
//! and `sync --delete` would delete the source.

use std::sync::Arc;

use super::sides::{SourceFolder, TargetFolder};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::tree::Folder;

/// The largest depth of a folder. A site may contain a folder that is below itself.
const MAX_DEPTH: usize = 1000;

/// Checks that neither of two folders is equal to or below the other.
///
/// # Errors
/// If one is, or the folders above a folder that was named by its id cannot be read.
pub(super) async fn check_overlap(
    gateway: &Gateway,
    source: &SourceFolder,
    target: &TargetFolder,
) -> Result<(), Failure> {
    let (SourceFolder::Remote(source), TargetFolder::Remote(target)) = (source, target) else { return Ok(()) };
    if source.account != target.account {
        return Ok(());
    }
    let [above_source, above_target] = [chain(gateway, source).await?, chain(gateway, target).await?];
    let relation = match (source.known_id(), target.known_id()) {
        (Some(source), Some(target)) if source == target => "the same folder as",
        (Some(source), _) if above_target.iter().any(|id| id == source) => "above",
        (_, Some(target)) if above_source.iter().any(|id| id == target) => "below",
        _ => return Ok(()),
    };
    let detail = format!("The source {} is {relation} the destination {}.", source.path, target.path);
    Err(Failure::wrong_usage(detail))
}

/// Returns the ids of the folder and of all folders above it. Folders that do not exist have none.
async fn chain(gateway: &Gateway, folder: &Arc<Folder>) -> Result<Vec<String>, Failure> {
    let folders: Vec<&Arc<Folder>> = std::iter::successors(Some(folder), |folder| folder.parent()).collect();
    let mut ids: Vec<String> = folders.iter().filter_map(|folder| folder.known_id()).map(str::to_owned).collect();
    while let Some(last) = ids.last().filter(|last| *last != "root") {
        let described = gateway.read(&["accounts", &folder.account, "folders", last], &[]).await?;
        match described["parent_id"].as_str() {
            Some(parent) if ids.len() < MAX_DEPTH && !ids.iter().any(|id| id == parent) => ids.push(parent.to_owned()),
            _ => break,
        }
    }
    Ok(ids)
}
