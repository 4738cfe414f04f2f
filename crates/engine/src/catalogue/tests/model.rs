//! A randomized test: a hundred thousand reads and writes, several at a time. Every answer is compared with the states
//! of the site during the read. The delay of an answer can be longer than whole other requests take.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use polyhost_config::CacheConfig;
use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, EntryName, ErrorKind, FileEdit, FileId, FileStatus, Folder, FolderEdit,
    FolderId, NewFolder, Profile,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::time::Instant;

use super::history::{Description, History, Object, Since};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, ListQuery, PageRequest};
use crate::changes::{self, Deletion, FileChange, FolderChange};
use crate::emulate;
use crate::preconditions::Preconditions;
use crate::problem::{Code, Problem};
use crate::tests::{CAPABILITIES, Site, profile, retryable};

/// The number of concurrent reads and writes.
const MAX_CONCURRENT: usize = 8;

thread_local! {
    /// The world that records the writes of this thread's site.
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

tokio::task_local! {
    static WRITE: Rc<RefCell<Write>>;
}

/// A write under way: the id it deletes, the id it is known to have deleted, and the versions it has created.
struct Write {
    deletes: Option<String>,
    deleted: Option<String>,
    changed: Vec<(u64, Vec<Object>)>,
}

/// Called by the site when it has done a write.
fn note_applied(answer_is_lost: bool) {
    let Ok(write) = WRITE.try_with(Rc::clone) else { return };
    let Some(world) = WORLD.with_borrow(Clone::clone) else { return };
    // An object whose deletion was not confirmed is not hidden while the site still lists it.
    let deleted = write.borrow().deletes.clone().filter(|_| !answer_is_lost && world.has_trash);
    let changed = world.history.borrow_mut().record(&world.site, deleted.clone());
    write.borrow_mut().deleted = deleted;
    write.borrow_mut().changed.push(changed);
}

struct World {
    site: Site,
    account: Arc<Account>,
    catalogue: Catalogue,
    history: RefCell<History>,
    has_trash: bool,
    chance: RefCell<StdRng>,
    walks: RefCell<Vec<Walk>>,
    made: RefCell<u64>,
}

/// A walk through a folder, and the results that are allowed for it.
struct Walk {
    folder: FolderId,
    cursor: String,
    seen: Vec<String>,
    allowed: Vec<Description>,
    at: Instant,
}

impl World {
    fn new(site: Site, seed: u64) -> Rc<Self> {
        for id in ["b1", "b2"] {
            site.put_folder(id, id, &FolderId::Root);
        }
        site.put_file("f1", "first", &FolderId::Root);
        site.state().chance = Some(StdRng::seed_from_u64(seed));
        site.state().after_write = Some(note_applied);
        let (account, catalogue) = site.opened(&CacheConfig::default());
        let mut history = History::default();
        history.record(&site, None);
        let world = Rc::new(Self {
            site,
            has_trash: account.profile().delete == DeleteSemantics::Trash,
            account,
            catalogue,
            history: RefCell::new(history),
            chance: RefCell::new(StdRng::seed_from_u64(seed)),
            walks: RefCell::default(),
            made: RefCell::default(),
        });
        WORLD.set(Some(Rc::clone(&world)));
        world
    }

    fn below(&self, bound: usize) -> usize {
        self.chance.borrow_mut().random_range(0..bound)
    }

    fn pick<T: Clone>(&self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())].clone())
    }

    fn some_file(&self) -> Option<FileId> {
        let files: Vec<FileId> = self.site.state().files.keys().cloned().collect();
        self.pick(&files)
    }

    /// Returns any folder if `moves` is set, else one of those that are never moved or deleted.
    fn some_folder(&self, moves: bool) -> FolderId {
        let mut folders: Vec<FolderId> = self.site.state().folders.keys().cloned().collect();
        folders.retain(|folder| moves || folder.as_str().starts_with('b'));
        folders.push(FolderId::Root);
        self.pick(&folders).unwrap()
    }

    fn name(&self) -> EntryName {
        *self.made.borrow_mut() += 1;
        format!("n{}", self.made.borrow()).parse().unwrap()
    }

    fn since(&self, object: &Object) -> Since {
        self.history.borrow().since(object)
    }

    fn allowed(&self, object: &Object, since: &Since) -> Vec<Description> {
        self.history.borrow().allowed(object, since)
    }

    /// Does one randomly chosen step.
    async fn step(&self) {
        match self.below(100) {
            0..40 => self.read_listing().await,
            40..55 => self.walk_on().await,
            55..70 => self.read_file().await,
            70..75 => self.read_folder().await,
            75..97 => self.write_something().await,
            97 => tokio::time::advance(Duration::from_millis(self.below(20_000) as u64)).await,
            98 => self.site.state().loses_answer = true,
            _ if self.below(4) == 0 => self.site.fail(retryable(ErrorKind::Timeout)),
            _ => self.site.recover(),
        }
    }

    fn freshness(&self) -> Freshness {
        [Freshness::Cached, Freshness::Cached, Freshness::Cached, Freshness::Fresh, Freshness::NoCache][self.below(5)]
    }

    async fn page(&self, folder: &FolderId, limit: usize, cursor: Option<String>) -> Result<Value, Problem> {
        let query = ListQuery::default();
        let request = PageRequest { query, limit, cursor, freshness: self.freshness(), secret: b"secret".to_vec() };
        let page = self.catalogue.page(&self.account, folder, &request).await?;
        Ok(serde_json::from_slice(&page.value.json.concat()).unwrap())
    }

    async fn read_listing(&self) {
        let folder = self.some_folder(true);
        let object = Object::Listing(folder.clone());
        let since = self.since(&object);
        match self.page(&folder, 1000, None).await {
            Ok(page) => self.check(&object, Some(items(&page)), &self.allowed(&object, &since)),
            Err(problem) => self.check_error(&object, problem.code(), &since),
        }
    }

    async fn walk_on(&self) {
        let walk = self.walks.borrow_mut().pop();
        let old = |walk: &Walk| walk.at.elapsed() > Duration::from_secs(14 * 60);
        let (folder, walk) = match walk {
            Some(walk) if !old(&walk) => (walk.folder.clone(), Some(walk)),
            _ => (self.some_folder(true), None),
        };
        let object = Object::Listing(folder.clone());
        let since = self.since(&object);
        let (cursor, mut seen, allowed) = match walk {
            Some(walk) => (Some(walk.cursor), walk.seen, Some(walk.allowed)),
            None => (None, Vec::new(), None),
        };
        let began = cursor.is_some();
        let page = match self.page(&folder, 1 + self.below(4), cursor).await {
            Ok(page) => page,
            // A walk that has begun reads its pinned snapshot, not the site, so it cannot fail.
            Err(problem) => {
                assert!(!began, "{problem:?}");
                return self.check_error(&object, problem.code(), &since);
            }
        };
        let allowed = allowed.unwrap_or_else(|| self.allowed(&object, &since));
        seen.extend(items(&page));
        match page["next_cursor"].as_str() {
            Some(next) => {
                let walk = Walk { folder, cursor: next.to_owned(), seen, allowed, at: Instant::now() };
                self.walks.borrow_mut().insert(0, walk);
            }
            None => {
                seen.sort_unstable();
                self.check(&object, Some(seen), &allowed);
            }
        }
    }

    async fn read_file(&self) {
        let Some(id) = self.some_file() else { return };
        let object = Object::File(id.clone());
        let since = self.since(&object);
        match self.catalogue.file(&self.account, &id, self.freshness()).await {
            Ok(known) => {
                let file = &known.value.read(&self.account).unwrap();
                let status = if file.status == FileStatus::Trashed { "trashed" } else { "active" };
                let reported = [file.name.as_deref(), file.folder_id.as_ref().map(FolderId::as_str), Some(status)];
                // The file may be merged from two answers, so each field is checked by itself.
                let allowed = self.allowed(&object, &since);
                for (place, reported) in reported.into_iter().enumerate() {
                    let Some(reported) = reported else { continue };
                    let good = allowed.iter().flatten().any(|allowed| allowed[place] == reported);
                    assert!(good, "{object:?}: {reported}, not one of {allowed:?}");
                }
            }
            Err(error) => self.check_error(&object, Problem::from(error).code(), &since),
        }
    }

    async fn read_folder(&self) {
        let folder = self.some_folder(true);
        if folder == FolderId::Root {
            return;
        }
        let object = Object::Folder(folder.clone());
        let since = self.since(&object);
        match emulate::folder(&self.catalogue, &self.account, &folder, self.freshness()).await {
            Ok(known) => {
                let Folder { name, parent_id, .. } = &known.value.value;
                let reported = vec![name.clone().unwrap(), parent_id.clone().unwrap().to_string()];
                self.check(&object, Some(reported), &self.allowed(&object, &since));
            }
            // A folder in the trash can be read by its id, but is in no listing.
            Err(error) if error.kind() == ErrorKind::FolderNotFound && self.has_trash => {}
            Err(error) => self.check_error(&object, Problem::from(error).code(), &since),
        }
    }

    fn check(&self, object: &Object, reported: Description, allowed: &[Description]) {
        if allowed.contains(&reported) {
            return;
        }
        // Trashed items are removed from an answer that may be older than their deletion. Then each remaining item must
        // be allowed by itself.
        let is_good = |item: &String| allowed.iter().flatten().any(|allowed| allowed.contains(item));
        let each = self.has_trash && reported.as_ref().is_some_and(|reported| reported.iter().all(is_good));
        assert!(each, "{object:?}: {reported:?}, not one of {allowed:?}");
    }

    fn check_error(&self, object: &Object, code: Code, since: &Since) {
        match code {
            Code::UpstreamTimeout => {}
            Code::FileNotFound | Code::FolderNotFound => {
                assert!(
                    self.allowed(object, since).contains(&None),
                    "{object:?} exists, but the read failed: {code:?}"
                );
            }
            _ => panic!("{object:?}: {code:?}"),
        }
    }

    async fn write_something(&self) {
        let what = self.below(12);
        let (file, folder) = (self.some_file(), self.some_folder(true));
        let movable = folder.as_str().starts_with('d').then(|| folder.clone());
        let few = self.site.state().files.values().filter(|file| !file.trashed).count() < 24;
        let write = Rc::new(RefCell::new(Write { deletes: None, deleted: None, changed: Vec::new() }));
        if what == 10 {
            write.borrow_mut().deletes = file.as_ref().map(ToString::to_string);
        } else if what == 11 {
            write.borrow_mut().deletes = movable.as_ref().map(ToString::to_string);
        }
        let work = async {
            match (what, file, movable) {
                (0..4, Some(file), _) if few => self.copy(&file, &folder).await,
                (4 | 5, Some(file), _) => self.change_file(&file, Some(self.name()), None).await,
                (6 | 7, Some(file), _) => self.change_file(&file, None, Some(folder)).await,
                (8, _, Some(folder)) => self.change_folder(&folder, Some(self.name()), None).await,
                (8, _, None) if self.site.state().folders.len() < 8 => self.create(&self.some_folder(false)).await,
                (9, _, Some(folder)) => self.change_folder(&folder, None, Some(self.some_folder(false))).await,
                (10, Some(file), _) if !few => {
                    drop(changes::delete_file(&self.catalogue, &self.account, &file, &Preconditions::default()).await);
                }
                (11, _, Some(folder)) if self.below(2) == 0 => {
                    let deletion = Deletion::Recursive;
                    drop(
                        changes::delete_folder(
                            &self.catalogue,
                            &self.account,
                            &folder,
                            deletion,
                            &Preconditions::default(),
                        )
                        .await,
                    );
                }
                _ => {}
            }
        };
        WRITE.scope(Rc::clone(&write), work).await;
        for (version, changed) in &write.borrow().changed {
            self.history.borrow_mut().settle(*version, changed);
        }
        if let Some(deleted) = &write.borrow().deleted {
            self.history.borrow_mut().confirm_deletion(deleted);
        }
    }

    async fn copy(&self, file: &FileId, folder: &FolderId) {
        drop(self.account.copy_file(file, folder).await);
    }

    async fn change_file(&self, file: &FileId, name: Option<EntryName>, folder: Option<FolderId>) {
        let change = FileChange { folder, edit: FileEdit { name, content_type: None } };
        drop(changes::change_file(&self.catalogue, &self.account, file, change, &Preconditions::default()).await);
    }

    async fn change_folder(&self, folder: &FolderId, name: Option<EntryName>, parent: Option<FolderId>) {
        let change = FolderChange { parent, edit: FolderEdit { name, visibility: None, password: None } };
        drop(changes::change_folder(&self.catalogue, &self.account, folder, change, &Preconditions::default()).await);
    }

    async fn create(&self, parent: &FolderId) {
        let new = NewFolder { name: self.name(), parent: parent.clone(), visibility: None, password: None };
        if let Ok(folder) = self.account.create_folder(new).await {
            self.catalogue.note_place(&self.account, &folder.id, parent).await;
        }
    }
}

/// Returns the items of a page, in the words of the history.
fn items(page: &Value) -> Vec<String> {
    let text = |item: &Value, field: &str| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned);
    let item = |item: &Value| {
        let last = if item["type"] == "folder" { "file_count" } else { "folder_id" };
        format!("{} {} {}", text(item, "id"), text(item, "name"), text(item, last))
    };
    let mut items: Vec<String> = page["items"].as_array().unwrap().iter().map(item).collect();
    items.sort_unstable();
    items
}

/// Runs this many reads and writes at a site.
async fn run(site: Site, steps: usize, seed: u64) {
    let world = World::new(site, seed);
    let worker = |_| {
        let world = Rc::clone(&world);
        async move {
            for _ in 0..steps / MAX_CONCURRENT {
                world.step().await;
                tokio::task::yield_now().await;
            }
        }
    };
    futures_util::future::join_all((0..MAX_CONCURRENT).map(worker)).await;
    WORLD.set(None);
}

#[tokio::test(start_paused = true)]
async fn answers_are_never_older_than_a_completed_write() {
    run(Site::new(profile()), 70_000, 1).await;
}

#[tokio::test(start_paused = true)]
async fn answers_are_current_with_totals_and_listed_trash() {
    let capabilities = Capabilities::native(&[CAPABILITIES, &[Capability::FoldersRead]].concat());
    let site = Site::new(Profile { delete: DeleteSemantics::Trash, capabilities, ..profile() });
    site.state().counts_files = true;
    run(site, 20_000, 2).await;
}

#[tokio::test(start_paused = true)]
async fn answers_are_current_if_the_root_lists_everything() {
    let site = Site::new(profile());
    site.state().lists_deep = true;
    run(site, 10_000, 3).await;
}
