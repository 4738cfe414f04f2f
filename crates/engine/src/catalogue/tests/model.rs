//! A hundred thousand reads and writes, several at a time, in an order that chance decides; every answer is held against
//! what the site has been meanwhile. An answer may be on its way for longer than others take from their beginning to their
//! end.

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

use super::history::{History, Since, Thing, Told};
use crate::accounts::Account;
use crate::catalogue::{Catalogue, Freshness, ListQuery, PageRequest};
use crate::changes::{self, Deletion, FileChange, FolderChange};
use crate::emulate;
use crate::preconditions::Preconditions;
use crate::problem::{Code, Problem};
use crate::testing::{CAPABILITIES, Site, profile, retryable};

/// How many reads and writes are under way at a time.
const SIDE_BY_SIDE: usize = 8;

thread_local! {
    /// Who wants to know of the write that the site does for the task that runs.
    static DONE: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

tokio::task_local! {
    static WRITE: Rc<RefCell<Write>>;
}

/// A write under way: what it deletes, what it is known to have deleted, and what it has changed.
struct Write {
    deletes: Option<String>,
    deleted: Option<String>,
    changed: Vec<(u64, Vec<Thing>)>,
}

/// Called by the site at the moment when a write is done.
fn note_applied(answer_is_lost: bool) {
    let Ok(write) = WRITE.try_with(Rc::clone) else { return };
    let Some(world) = DONE.with_borrow(Clone::clone) else { return };
    // What is not known to be deleted is not hidden where the site still lists it.
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

/// A walk through a folder, and all that it may come to.
struct Walk {
    folder: FolderId,
    cursor: String,
    seen: Vec<String>,
    allowed: Vec<Told>,
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
        DONE.set(Some(Rc::clone(&world)));
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

    /// Any folder, or one of those that are neither moved nor deleted.
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

    fn since(&self, thing: &Thing) -> Since {
        self.history.borrow().since(thing)
    }

    fn allowed(&self, thing: &Thing, since: &Since) -> Vec<Told> {
        self.history.borrow().allowed(thing, since)
    }

    /// Does one thing that chance decides.
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
        [Freshness::Cached, Freshness::Cached, Freshness::Cached, Freshness::Fresh, Freshness::Anew][self.below(5)]
    }

    async fn page(&self, folder: &FolderId, limit: usize, cursor: Option<String>) -> Result<Value, Problem> {
        let query = ListQuery::default();
        let request = PageRequest { query, limit, cursor, freshness: self.freshness(), secret: b"secret".to_vec() };
        let page = self.catalogue.page(&self.account, folder, &request).await?;
        Ok(serde_json::from_slice(&page.value.json).unwrap())
    }

    async fn read_listing(&self) {
        let folder = self.some_folder(true);
        let thing = Thing::Listing(folder.clone());
        let since = self.since(&thing);
        match self.page(&folder, 1000, None).await {
            Ok(page) => self.check(&thing, Some(items(&page)), &self.allowed(&thing, &since)),
            Err(problem) => self.check_error(&thing, problem.code(), &since),
        }
    }

    async fn walk_on(&self) {
        let walk = self.walks.borrow_mut().pop();
        let old = |walk: &Walk| walk.at.elapsed() > Duration::from_secs(14 * 60);
        let (folder, walk) = match walk {
            Some(walk) if !old(&walk) => (walk.folder.clone(), Some(walk)),
            _ => (self.some_folder(true), None),
        };
        let thing = Thing::Listing(folder.clone());
        let since = self.since(&thing);
        let (cursor, mut seen, allowed) = match walk {
            Some(walk) => (Some(walk.cursor), walk.seen, Some(walk.allowed)),
            None => (None, Vec::new(), None),
        };
        let began = cursor.is_some();
        let page = match self.page(&folder, 1 + self.below(4), cursor).await {
            Ok(page) => page,
            // A walk that has begun is pinned, and asks nobody.
            Err(problem) => {
                assert!(!began, "{problem:?}");
                return self.check_error(&thing, problem.code(), &since);
            }
        };
        let allowed = allowed.unwrap_or_else(|| self.allowed(&thing, &since));
        seen.extend(items(&page));
        match page["next_cursor"].as_str() {
            Some(next) => {
                let walk = Walk { folder, cursor: next.to_owned(), seen, allowed, at: Instant::now() };
                self.walks.borrow_mut().insert(0, walk);
            }
            None => {
                seen.sort_unstable();
                self.check(&thing, Some(seen), &allowed);
            }
        }
    }

    async fn read_file(&self) {
        let Some(id) = self.some_file() else { return };
        let thing = Thing::File(id.clone());
        let since = self.since(&thing);
        match self.catalogue.file(&self.account, &id, self.freshness()).await {
            Ok(known) => {
                let file = &known.value.value;
                let status = if file.status == FileStatus::Trashed { "trashed" } else { "active" };
                let told = [file.name.as_deref(), file.folder_id.as_ref().map(FolderId::as_str), Some(status)];
                // It may be put together from two answers, each of them good.
                let allowed = self.allowed(&thing, &since);
                for (place, told) in told.into_iter().enumerate() {
                    let Some(told) = told else { continue };
                    let good = allowed.iter().flatten().any(|allowed| allowed[place] == told);
                    assert!(good, "{thing:?}: {told}, not one of {allowed:?}");
                }
            }
            Err(error) => self.check_error(&thing, Problem::from(error).code(), &since),
        }
    }

    async fn read_folder(&self) {
        let folder = self.some_folder(true);
        if folder == FolderId::Root {
            return;
        }
        let thing = Thing::Folder(folder.clone());
        let since = self.since(&thing);
        match emulate::folder(&self.catalogue, &self.account, &folder, self.freshness()).await {
            Ok(known) => {
                let Folder { name, parent_id, .. } = &known.value.value;
                let told = vec![name.clone().unwrap(), parent_id.clone().unwrap().to_string()];
                self.check(&thing, Some(told), &self.allowed(&thing, &since));
            }
            // In the trash it can be read, and is in no listing.
            Err(error) if error.kind() == ErrorKind::FolderNotFound && self.has_trash => {}
            Err(error) => self.check_error(&thing, Problem::from(error).code(), &since),
        }
    }

    fn check(&self, thing: &Thing, told: Told, allowed: &[Told]) {
        if allowed.contains(&told) {
            return;
        }
        // What is in the trash is taken out of an answer that may be older than the deletion; then each item is good.
        let is_good = |item: &String| allowed.iter().flatten().any(|allowed| allowed.contains(item));
        let each = self.has_trash && told.as_ref().is_some_and(|told| told.iter().all(is_good));
        assert!(each, "{thing:?}: {told:?}, not one of {allowed:?}");
    }

    fn check_error(&self, thing: &Thing, code: Code, since: &Since) {
        match code {
            Code::UpstreamTimeout => {}
            Code::FileNotFound | Code::FolderNotFound => {
                assert!(self.allowed(thing, since).contains(&None), "{thing:?} is there: {code:?}");
            }
            _ => panic!("{thing:?}: {code:?}"),
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
        let doing = async {
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
                    let how = Deletion::Recursive;
                    drop(
                        changes::delete_folder(&self.catalogue, &self.account, &folder, how, &Preconditions::default())
                            .await,
                    );
                }
                _ => {}
            }
        };
        WRITE.scope(Rc::clone(&write), doing).await;
        for (version, changed) in &write.borrow().changed {
            self.history.borrow_mut().settle(*version, changed);
        }
        if let Some(deleted) = &write.borrow().deleted {
            self.history.borrow_mut().tell(deleted);
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

/// The items of a page as the history words them.
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

/// So many reads and writes at a site.
async fn play(site: Site, steps: usize, seed: u64) {
    let world = World::new(site, seed);
    let player = |_| {
        let world = Rc::clone(&world);
        async move {
            for _ in 0..steps / SIDE_BY_SIDE {
                world.step().await;
                tokio::task::yield_now().await;
            }
        }
    };
    futures_util::future::join_all((0..SIDE_BY_SIDE).map(player)).await;
    DONE.set(None);
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_older_than_a_write_that_was_answered() {
    play(Site::new(profile()), 70_000, 1).await;
}

#[tokio::test(start_paused = true)]
async fn nor_where_folders_tell_what_is_in_them_and_what_is_deleted_is_still_listed() {
    let capabilities = Capabilities::native(&[CAPABILITIES, &[Capability::FoldersRead]].concat());
    let site = Site::new(Profile { delete: DeleteSemantics::Trash, capabilities, ..profile() });
    site.state().counts_files = true;
    play(site, 20_000, 2).await;
}

#[tokio::test(start_paused = true)]
async fn nor_where_the_root_lists_what_is_in_other_folders() {
    let site = Site::new(profile());
    site.state().lists_deep = true;
    play(site, 10_000, 3).await;
}
