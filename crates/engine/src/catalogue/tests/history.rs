//! What the site's folders and files were at every moment, and which of that may still be told.
//!
//! Every write that the site has done is a version. Whoever reads may be told what was true at any version from the last
//! write of the same thing that was answered before the read began, up to now: nothing older, and nothing that never was.

use std::collections::{HashMap, HashSet};

use polyhost_domain::{FileId, FolderId};

use crate::testing::{Site, SiteState};

/// Something that is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    Listing(FolderId),
    File(FileId),
    Folder(FolderId),
}

/// What it was, in words; nothing where it was not there.
pub(super) type Told = Option<Vec<String>>;

#[derive(Default)]
pub(super) struct History {
    version: u64,
    versions: HashMap<Thing, Vec<(u64, Told)>>,
    there: HashSet<Thing>,
    settled: HashMap<Thing, u64>,
    /// What was deleted and confirmed, and the site keeps in its trash.
    buried: HashSet<String>,
    /// What of it nobody was told yet: until then the site's listings are believed.
    untold: HashSet<String>,
}

/// From where on versions may be told, and what may be told although it was deleted by then.
#[derive(Debug, Clone)]
pub(super) struct Since(u64, HashSet<String>);

impl History {
    /// Notes what all is now; what has changed.
    pub(super) fn record(&mut self, site: &Site, deleted: Option<String>) -> (u64, Vec<Thing>) {
        self.version += 1;
        self.untold.extend(deleted.clone());
        self.buried.extend(deleted);
        let now = self.look(&site.state());
        let mut changed = Vec::new();
        let there: HashSet<Thing> = now.keys().cloned().collect();
        let gone: Vec<Thing> = self.there.difference(&there).cloned().collect();
        self.there = there;
        for (thing, told) in now.into_iter().chain(gone.into_iter().map(|thing| (thing, None))) {
            let versions = self.versions.entry(thing.clone()).or_insert_with(|| vec![(0, None)]);
            if versions.last().is_none_or(|(_, last)| *last != told) {
                versions.push((self.version, told));
                changed.push(thing);
            }
        }
        (self.version, changed)
    }

    /// Notes that a write was answered.
    pub(super) fn settle(&mut self, version: u64, changed: &[Thing]) {
        for thing in changed {
            let settled = self.settled.entry(thing.clone()).or_default();
            *settled = version.max(*settled);
        }
    }

    /// Notes that a deletion was answered.
    pub(super) fn tell(&mut self, deleted: &str) {
        self.untold.remove(deleted);
    }

    pub(super) fn since(&self, thing: &Thing) -> Since {
        Since(self.settled.get(thing).copied().unwrap_or_default(), self.untold.clone())
    }

    /// All that may be told of something.
    pub(super) fn allowed(&self, thing: &Thing, since: &Since) -> Vec<Told> {
        let Some(versions) = self.versions.get(thing) else { return vec![None] };
        // Each holds until the next begins.
        let first = versions.partition_point(|(version, _)| *version <= since.0).saturating_sub(1);
        let is_untold = |item: &&String| item.split(' ').next().is_some_and(|id| since.1.contains(id));
        let before =
            versions[..first].iter().filter(|_| !since.1.is_empty()).flat_map(|(_, told)| told.iter().flatten());
        let untold: Vec<String> = before.filter(is_untold).cloned().collect();
        let extra = (!untold.is_empty()).then_some(Some(untold));
        versions[first..].iter().map(|(_, told)| told.clone()).chain(extra).collect()
    }

    fn look(&self, state: &SiteState) -> HashMap<Thing, Told> {
        let mut now = HashMap::new();
        for folder in [FolderId::Root].iter().chain(state.folders.keys()) {
            now.insert(Thing::Listing(folder.clone()), Some(self.items(state, folder)));
        }
        for (id, entry) in &state.files {
            let status = if entry.trashed { "trashed" } else { "active" };
            let told = vec![entry.name.clone(), entry.folder.to_string(), status.to_owned()];
            now.insert(Thing::File(id.clone()), Some(told));
        }
        for (id, entry) in &state.folders {
            now.insert(Thing::Folder(id.clone()), Some(vec![entry.name.clone(), entry.folder.to_string()]));
        }
        now
    }

    /// What the listing of a folder shows, sorted.
    fn items(&self, state: &SiteState, folder: &FolderId) -> Vec<String> {
        let is_there = |id: &str| !self.buried.contains(id);
        let files = state.files.iter().filter(|(id, entry)| state.lists(folder, entry) && is_there(id.as_str()));
        let files = files.map(|(id, entry)| format!("{id} {} {}", entry.name, entry.folder));
        let folders = state.folders.iter().filter(|(id, entry)| entry.folder == *folder && is_there(id.as_str()));
        let count = |id: &FolderId| state.count(id).map_or_else(|| "null".to_owned(), |count| count.to_string());
        let folders = folders.map(|(id, entry)| format!("{id} {} {}", entry.name, count(id)));
        let mut items: Vec<String> = folders.chain(files).collect();
        items.sort_unstable();
        items
    }
}
