//! The history of the site's folders and files, and which states of it a read may return.
//!
//! Every write that the site has done creates a version. A read may return any state that was current at some time from
//! the last write completed before the read began until now. An older state, or a state that never existed, is an
//! error.

use std::collections::{HashMap, HashSet};

use polyhost_domain::{FileId, FolderId};

use crate::tests::{Site, SiteState};

/// An object that is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Object {
    Listing(FolderId),
    File(FileId),
    Folder(FolderId),
}

/// The state of an object in words; `None` if it does not exist.
pub(super) type Description = Option<Vec<String>>;

#[derive(Default)]
pub(super) struct History {
    version: u64,
    versions: HashMap<Object, Vec<(u64, Description)>>,
    existing: HashSet<Object>,
    settled: HashMap<Object, u64>,
    /// Deleted objects whose deletion the site confirmed, and which it keeps in its trash.
    hidden: HashSet<String>,
    /// The objects in `hidden` whose deletion was not yet confirmed to the caller. Until then listings may still show
    /// them.
    unconfirmed: HashSet<String>,
}

/// The oldest version that a read may return, and the deleted objects that it may still show.
#[derive(Debug, Clone)]
pub(super) struct Since(u64, HashSet<String>);

impl History {
    /// Records the current state of all objects. Returns the new version and the objects that changed.
    pub(super) fn record(&mut self, site: &Site, deleted: Option<String>) -> (u64, Vec<Object>) {
        self.version += 1;
        self.unconfirmed.extend(deleted.clone());
        self.hidden.extend(deleted);
        let now = self.describe_all(&site.state());
        let mut changed = Vec::new();
        let existing: HashSet<Object> = now.keys().cloned().collect();
        let gone: Vec<Object> = self.existing.difference(&existing).cloned().collect();
        self.existing = existing;
        for (object, description) in now.into_iter().chain(gone.into_iter().map(|object| (object, None))) {
            let versions = self.versions.entry(object.clone()).or_insert_with(|| vec![(0, None)]);
            if versions.last().is_none_or(|(_, last)| *last != description) {
                versions.push((self.version, description));
                changed.push(object);
            }
        }
        (self.version, changed)
    }

    /// Records that a write was answered.
    pub(super) fn settle(&mut self, version: u64, changed: &[Object]) {
        for object in changed {
            let settled = self.settled.entry(object.clone()).or_default();
            *settled = version.max(*settled);
        }
    }

    /// Records that a deletion was answered.
    pub(super) fn confirm_deletion(&mut self, deleted: &str) {
        self.unconfirmed.remove(deleted);
    }

    pub(super) fn since(&self, object: &Object) -> Since {
        Since(self.settled.get(object).copied().unwrap_or_default(), self.unconfirmed.clone())
    }

    /// Returns all states of an object that a read may return.
    pub(super) fn allowed(&self, object: &Object, since: &Since) -> Vec<Description> {
        let Some(versions) = self.versions.get(object) else { return vec![None] };
        // Each version is current until the next one begins.
        let first = versions.partition_point(|(version, _)| *version <= since.0).saturating_sub(1);
        let is_unconfirmed = |item: &&String| item.split(' ').next().is_some_and(|id| since.1.contains(id));
        let before = versions[..first]
            .iter()
            .filter(|_| !since.1.is_empty())
            .flat_map(|(_, description)| description.iter().flatten());
        let unconfirmed: Vec<String> = before.filter(is_unconfirmed).cloned().collect();
        let extra = (!unconfirmed.is_empty()).then_some(Some(unconfirmed));
        versions[first..].iter().map(|(_, description)| description.clone()).chain(extra).collect()
    }

    fn describe_all(&self, state: &SiteState) -> HashMap<Object, Description> {
        let mut now = HashMap::new();
        for folder in [FolderId::Root].iter().chain(state.folders.keys()) {
            now.insert(Object::Listing(folder.clone()), Some(self.items(state, folder)));
        }
        for (id, entry) in &state.files {
            let status = if entry.trashed { "trashed" } else { "active" };
            let description = vec![entry.name.clone(), entry.folder.to_string(), status.to_owned()];
            now.insert(Object::File(id.clone()), Some(description));
        }
        for (id, entry) in &state.folders {
            now.insert(Object::Folder(id.clone()), Some(vec![entry.name.clone(), entry.folder.to_string()]));
        }
        now
    }

    /// Returns the items of a folder's listing, sorted.
    fn items(&self, state: &SiteState, folder: &FolderId) -> Vec<String> {
        let is_visible = |id: &str| !self.hidden.contains(id);
        let files = state.files.iter().filter(|(id, entry)| state.lists(folder, entry) && is_visible(id.as_str()));
        let files = files.map(|(id, entry)| format!("{id} {} {}", entry.name, entry.folder));
        let folders = state.folders.iter().filter(|(id, entry)| entry.folder == *folder && is_visible(id.as_str()));
        let count = |id: &FolderId| state.count(id).map_or_else(|| "null".to_owned(), |count| count.to_string());
        let folders = folders.map(|(id, entry)| format!("{id} {} {}", entry.name, count(id)));
        let mut items: Vec<String> = folders.chain(files).collect();
        items.sort_unstable();
        items
    }
}
