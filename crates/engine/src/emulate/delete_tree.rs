//! Deletes a folder with its contents at a site that deletes only empty folders: first the files, then the folders from
//! the deepest to the first.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use polyhost_domain::{FileId, FolderId};
use serde::Deserialize;
use tokio::time::Instant;

use super::MAX_TIME;
use super::walk::walk;
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, Known, Snapshot};
use crate::problem::{Code, Problem};
use crate::progress;
use crate::removal::remove_file;

/// The contents of a folder, and the folder itself.
struct Tree {
    files: Vec<FileId>,
    /// Each folder comes after its parent.
    folders: Vec<FolderId>,
}

/// The progress of a deletion.
#[derive(Default)]
struct Deleted {
    files: usize,
    folders: usize,
}

/// The folder that a listing reports for one of its files.
#[derive(Deserialize)]
struct Placed {
    folder_id: Option<String>,
}

/// Deletes a folder with its contents.
///
/// # Errors
/// - `folder_not_empty` if an entry below the folder cannot be read, before anything is deleted, or if something was
///   added during the deletion.
/// - `upstream_timeout` if the time runs out; the next request gets further.
/// - The error of a listing or a deletion.
///
/// After the first deletion, the problem is not retryable and states how much was deleted.
pub(crate) async fn delete_tree(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<(), Problem> {
    let until = progress::deadline().min(Instant::now() + MAX_TIME);
    let tree = read_tree(catalogue, account, id).await?;
    let mut deleted = Deleted::default();
    let outcome = delete_all(catalogue, account, &tree, until, &mut deleted).await;
    outcome.map_err(|problem| deleted.describe(&tree, problem))
}

/// Reads the tree below a folder from the site.
async fn read_tree(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<Tree, Problem> {
    let mut listed: Vec<(FileId, Option<String>)> = Vec::new();
    let mut folders: Vec<FolderId> = Vec::new();
    let mut seen: HashSet<FileId> = HashSet::new();
    let ids = &account.profile().ids;
    let collect = |folder: &FolderId, listing: Known<Arc<Snapshot>>| {
        let snapshot = listing.value;
        if snapshot.unreadable() > 0 {
            return ControlFlow::Break(snapshot.unreadable());
        }
        folders.push(folder.clone());
        for item in snapshot.files() {
            if let Ok(file) = ids.file(item.id)
                && seen.insert(file.clone())
            {
                listed.push((file, folder_of(item.json)));
            }
        }
        ControlFlow::Continue(())
    };
    if let Some(unreadable) = walk(catalogue, account, id, Freshness::NoCache, collect).await? {
        return Err(unreadable_entries(id, unreadable));
    }
    // A listing may also show files of other folders, which stay.
    let inside: HashSet<&str> = folders.iter().map(FolderId::as_str).collect();
    let files = listed.into_iter().filter(|(_, folder)| folder.as_deref().is_none_or(|folder| inside.contains(folder)));
    let files = files.map(|(file, _)| file).collect();
    Ok(Tree { files, folders })
}

fn folder_of(json: &[u8]) -> Option<String> {
    serde_json::from_slice::<Placed>(json).ok()?.folder_id
}

fn unreadable_entries(id: &FolderId, count: usize) -> Problem {
    let detail = format!(
        "The folder \"{id}\" is not empty: at least {count} entries below it cannot be read, so the gateway cannot \
         delete them. Nothing was deleted."
    );
    Problem::new(Code::FolderNotEmpty, detail)
}

async fn delete_all(
    catalogue: &Catalogue,
    account: &Arc<Account>,
    tree: &Tree,
    until: Instant,
    deleted: &mut Deleted,
) -> Result<(), Problem> {
    for file in &tree.files {
        refuse_after(until)?;
        unless_gone(remove_file(catalogue, account, file).await, Code::FileNotFound)?;
        deleted.files += 1;
    }
    for folder in tree.folders.iter().rev() {
        refuse_after(until)?;
        let removed = account.delete_folder(folder, catalogue.note_folder_deleted(account, folder)).await;
        unless_gone(removed.map_err(Problem::from), Code::FolderNotFound)?;
        deleted.folders += 1;
    }
    Ok(())
}

/// Ignores the error of an object that was deleted since it was listed.
fn unless_gone(removed: Result<(), Problem>, missing: Code) -> Result<(), Problem> {
    match removed {
        Err(problem) if problem.code() == missing => Ok(()),
        removed => removed,
    }
}

fn refuse_after(until: Instant) -> Result<(), Problem> {
    if Instant::now() < until {
        return Ok(());
    }
    let detail = "The folder has more content than can be deleted in one request. \
                  Send the request again: each one deletes more.";
    Err(Problem::new(Code::UpstreamTimeout, detail))
}

impl Deleted {
    /// Adds to a problem how much was deleted.
    fn describe(&self, tree: &Tree, problem: Problem) -> Problem {
        let (files, folders) = (tree.files.len(), tree.folders.len());
        let sentence = format!(
            "The site deletes only empty folders, so the contents were deleted first: {} of {files} files and {} of \
             {folders} folders are deleted.",
            self.files, self.folders
        );
        let problem = problem.and(&sentence);
        if self.files + self.folders > 0 { problem.not_retryable() } else { problem }
    }
}

#[cfg(test)]
mod tests {
    use polyhost_config::CacheConfig;
    use polyhost_domain::{Capability, FolderDeletion, Profile, Support};

    use super::*;
    use crate::changes::{self, Deletion};
    use crate::preconditions::Preconditions;
    use crate::tests::{Site, profile};

    fn only_empty() -> Profile {
        Profile { deletes_folders: FolderDeletion::OnlyEmpty, ..profile() }
    }

    /// Returns a site with the folder `a`, in it the folder `b`, and files in both and in the root.
    fn with_tree(profile: Profile) -> (Site, Arc<Account>, Catalogue, FolderId) {
        let site = Site::new(profile);
        let (account, catalogue) = site.opened(&CacheConfig::default());
        let outer = site.put_folder("a", "outer", &FolderId::Root);
        let inner = site.put_folder("b", "inner", &outer);
        for (id, folder) in [("f1", &outer), ("f2", &inner), ("f3", &FolderId::Root)] {
            site.put_file(id, id, folder);
        }
        (site, account, catalogue, outer)
    }

    async fn delete(catalogue: &Catalogue, account: &Arc<Account>, id: &FolderId) -> Result<(), Problem> {
        changes::delete_folder(catalogue, account, id, Deletion::Recursive, &Preconditions::default()).await
    }

    #[tokio::test(start_paused = true)]
    async fn tree_is_deleted_from_the_deepest_folder_up() {
        let (site, account, catalogue, outer) = with_tree(only_empty());
        delete(&catalogue, &account, &outer).await.unwrap();
        let expected = ["list a", "list b", "delete f1", "delete f2", "delete b", "delete a"];
        assert_eq!(site.asked(), expected);
        assert_eq!(site.state().files.len(), 1);
        let listing = catalogue.listing(&account, &FolderId::Root, Freshness::Cached).await.unwrap().value;
        assert_eq!(listing.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn site_without_file_deletion_refuses_before_any_call() {
        let capabilities = profile().capabilities.with(Capability::FilesDelete, Support::Unsupported);
        let (site, account, catalogue, outer) = with_tree(Profile { capabilities, ..only_empty() });
        let problem = delete(&catalogue, &account, &outer).await.unwrap_err();
        assert_eq!(problem.code(), Code::CapabilityUnsupported);
        assert!(problem.detail().contains("\"files.delete\""), "{}", problem.detail());
        assert!(site.asked().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn failed_deletion_states_what_was_deleted() {
        let (site, account, catalogue, outer) = with_tree(only_empty());
        site.state().protected = Some(site.file_id("f2"));
        let problem = delete(&catalogue, &account, &outer).await.unwrap_err();
        assert_eq!((problem.code(), problem.is_retryable()), (Code::UpstreamForbidden, false));
        assert!(problem.detail().contains("1 of 2 files and 0 of 2 folders"), "{}", problem.detail());

        site.state().protected = None;
        delete(&catalogue, &account, &outer).await.unwrap();
        assert!(site.state().folders.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn folder_with_unreadable_entries_stays() {
        let (site, account, catalogue, outer) = with_tree(only_empty());
        site.state().unreadable = 1;
        let problem = delete(&catalogue, &account, &outer).await.unwrap_err();
        assert_eq!(problem.code(), Code::FolderNotEmpty);
        assert_eq!(site.state().files.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_deletion_ends_in_time_and_is_continued() {
        let (site, account, catalogue, outer) = with_tree(only_empty());
        site.state().delay = std::time::Duration::from_secs(9);
        let problem = delete(&catalogue, &account, &outer).await.unwrap_err();
        assert_eq!((problem.code(), problem.is_retryable()), (Code::UpstreamTimeout, false));
        site.state().delay = std::time::Duration::ZERO;
        delete(&catalogue, &account, &outer).await.unwrap();
        assert!(site.state().folders.is_empty());
    }
}
