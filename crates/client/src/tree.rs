//! The folders of accounts: listings, and the objects that locations name.

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Item, Kind, name_key};
use crate::location::Location;
use crate::misnamed::{ambiguous, missing, unclear};

/// The largest page.
const PAGE: &str = "1000";

/// A folder at an account. It may not exist yet; then it is created when its id is needed.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) account: String,
    /// The location for people and for further commands, without a slash at its end except for the root.
    pub(crate) path: String,
    /// The name; `None` for the root and for a folder that was named by its id.
    pub(crate) name: Option<String>,
    parent: Option<Arc<Folder>>,
    id: OnceCell<Result<String, Failure>>,
}

/// The object that a location names.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    Folder(Arc<Folder>),
    File(File),
}

/// A file at an account.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) account: String,
    pub(crate) path: String,
    pub(crate) item: Item,
}

/// The destination that a location names.
#[derive(Debug)]
pub(crate) enum Destination {
    /// An existing folder.
    Folder(Arc<Folder>),
    /// An existing file, or several of the same name, in a folder.
    Files { folder: Arc<Folder>, name: String, files: Vec<Item> },
    /// Nothing; the folder may not exist either.
    Missing { folder: Arc<Folder>, name: String },
}

/// The kind that an id is taken for first. Some sites number files and folders separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefer {
    File,
    Folder,
    /// None: an id of both a file and a folder is rejected. Commands that change objects need this.
    Neither,
}

impl Folder {
    /// Creates a folder that exists, without a known parent.
    pub(crate) fn existing(account: &str, id: &str) -> Self {
        let path = if id == "root" { format!("{account}:/") } else { format!("{account}:#{id}") };
        let id = OnceCell::new_with(Some(Ok(id.to_owned())));
        Self { account: account.to_owned(), path, name: None, parent: None, id }
    }

    /// Returns a folder in this one: an existing one with its id, or one to create.
    pub(crate) fn child(self: &Arc<Self>, name: &str, id: Option<&str>) -> Arc<Self> {
        Arc::new(Self {
            account: self.account.clone(),
            path: self.path_of(name),
            name: Some(name.to_owned()),
            parent: Some(Arc::clone(self)),
            id: OnceCell::new_with(id.map(|id| Ok(id.to_owned()))),
        })
    }

    /// Returns the location of an item in this folder.
    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path.strip_suffix('/').unwrap_or(&self.path))
    }

    /// Returns the id; `None` if the folder does not exist yet.
    pub(crate) fn known_id(&self) -> Option<&str> {
        self.id.get()?.as_deref().ok()
    }

    /// Returns the parent's id, if the folder was named by a path.
    pub(crate) fn parent(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref()
    }

    /// Returns the id. Creates the folder, and those above it, if they do not exist; a failure is remembered.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub(crate) async fn id(&self, gateway: &Gateway) -> Result<&str, Failure> {
        let create = async {
            let (Some(parent), Some(name)) = (&self.parent, &self.name) else { return Ok("root".to_owned()) };
            let parent_id = Box::pin(parent.id(gateway)).await?;
            let body = json!({"name": name, "parent_id": parent_id});
            let folder = gateway.write(Method::POST, &["accounts", &self.account, "folders"], &[], Some(&body)).await?;
            folder["id"].as_str().map(str::to_owned).ok_or_else(|| {
                Failure::unknown(format!("The site created the folder {} and did not name its id.", self.path))
            })
        };
        self.id.get_or_init(|| create).await.as_deref().map_err(Clone::clone)
    }

    /// Calls `visit` with each page of the folder. A folder that does not exist yet has none. Returns the number of
    /// entries at the site that have no usable id, which the pages may lack.
    ///
    /// # Errors
    /// If the folder cannot be listed, or `visit` fails.
    pub(crate) async fn pages<E: From<Failure>>(
        &self,
        gateway: &Gateway,
        name: Option<&str>,
        mut visit: impl FnMut(&[Value]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let Some(id) = self.known_id() else { return Ok(0) };
        // Each page has the count of the whole folder.
        let mut unreadable = 0;
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE)];
            query.extend(name.map(|name| ("name", name)));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = gateway.read(&["accounts", &self.account, "folders", id, "items"], &query).await?;
            unreadable = page["unreadable"].as_u64().unwrap_or_default().max(unreadable);
            visit(page["items"].as_array().map(Vec::as_slice).unwrap_or_default())?;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(unreadable),
            }
        }
    }

    /// Returns the items with a name. The site may have stored it in another form of Unicode.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn named(&self, gateway: &Gateway, name: &str) -> Result<Vec<Item>, Failure> {
        let mut items = self.items(gateway, Some(name)).await?;
        if items.is_empty() && !name.is_ascii() {
            let key = name_key(name);
            items = self.items(gateway, None).await?;
            items.retain(|item| item.key() == key);
        }
        Ok(items)
    }

    /// Returns the items of the folder; only those with exactly this name, if one is given.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn items(&self, gateway: &Gateway, name: Option<&str>) -> Result<Vec<Item>, Failure> {
        self.listing(gateway, name).await.map(|(items, _)| items)
    }

    /// Returns the items as [`items`](Self::items), and the number of entries of the folder that cannot be read.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn listing(&self, gateway: &Gateway, name: Option<&str>) -> Result<(Vec<Item>, u64), Failure> {
        let mut without_id = 0;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let counted = self.pages(gateway, name, |page| {
            let read: Vec<Item> = page.iter().filter_map(Item::read).collect();
            without_id += (page.len() - read.len()) as u64;
            // A site may list an item twice.
            let new = read.into_iter().filter(|item| seen.insert((item.kind == Kind::File, item.id.clone())));
            items.extend(new);
            Ok::<_, Failure>(())
        });
        let unreadable = counted.await?;
        Ok((items, unreadable + without_id))
    }
}

impl Object {
    /// Returns the location for people.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.path,
            Self::File(file) => &file.path,
        }
    }

    /// Returns the id; `None` if the folder does not exist yet.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Folder(folder) => folder.known_id(),
            Self::File(file) => Some(&file.item.id),
        }
    }

    /// Returns the account.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.account,
            Self::File(file) => &file.account,
        }
    }
}

/// Finds the object that a location names.
///
/// # Errors
/// If there is none, if several objects have the name, or if a folder on the path cannot be listed.
pub(crate) async fn find(gateway: &Gateway, location: &Location, prefer: Prefer) -> Result<Object, Failure> {
    let Some((last, above)) = location.names.split_last() else { return find_base(gateway, location, prefer).await };
    let folder = descend(gateway, location, above).await?;
    let mut items = folder.named(gateway, last).await?;
    if location.ends_with_slash {
        items.retain(|item| item.kind == Kind::Folder);
    }
    let path = folder.path_of(last);
    match items.as_slice() {
        [] => {
            Err(missing(gateway, &folder, last, if location.ends_with_slash { "folder" } else { "file or folder" })
                .await)
        }
        [item] => Ok(object(&folder, item)),
        several => Err(ambiguous(&path, several, &folder.account)),
    }
}

/// Finds the folder that a location names.
///
/// # Errors
/// As [`find`]; also if it names a file.
pub(crate) async fn find_folder(gateway: &Gateway, location: &Location) -> Result<Arc<Folder>, Failure> {
    descend(gateway, location, &location.names).await
}

/// Finds the file that a location names.
///
/// # Errors
/// As [`find`]; also if it names a folder.
pub(crate) async fn find_file(gateway: &Gateway, location: &Location) -> Result<File, Failure> {
    match find(gateway, location, Prefer::File).await? {
        Object::File(file) => Ok(file),
        Object::Folder(folder) => {
            let detail = format!("{} is a folder.", folder.path);
            Err(Failure::from_client("is_a_folder", "A file is needed", detail))
        }
    }
}

/// Finds the destination that a location names, which may not exist.
///
/// # Errors
/// If several folders have a name on the path, or a folder cannot be listed.
pub(crate) async fn find_destination(gateway: &Gateway, location: &Location) -> Result<Destination, Failure> {
    let mut folder = base(location);
    let mut names = location.names.iter().peekable();
    while let Some(name) = names.next() {
        let items = if folder.known_id().is_some() { folder.named(gateway, name).await? } else { Vec::new() };
        let (folders, files): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.kind == Kind::Folder);
        match folders.as_slice() {
            [only] => folder = folder.child(&only.name, Some(&only.id)),
            [] if names.peek().is_some() => folder = folder.child(name, None),
            [] if files.is_empty() => return Ok(Destination::Missing { folder, name: name.clone() }),
            [] => return Ok(Destination::Files { folder, name: name.clone(), files }),
            several => return Err(ambiguous(&folder.path_of(name), several, &folder.account)),
        }
    }
    Ok(Destination::Folder(folder))
}

/// Returns the object of an item in a folder.
pub(crate) fn object(folder: &Arc<Folder>, item: &Item) -> Object {
    match item.kind {
        Kind::Folder => Object::Folder(folder.child(&item.name, Some(&item.id))),
        Kind::File => {
            Object::File(File { account: folder.account.clone(), path: folder.path_of(&item.name), item: item.clone() })
        }
    }
}

/// Describes one file. A site that cannot describe single files gives an item without details.
///
/// # Errors
/// If there is no such file.
pub(crate) async fn describe(gateway: &Gateway, account: &str, id: &str) -> Result<Item, Failure> {
    match gateway.read(&["accounts", account, "files", id], &[]).await {
        Ok(file) => Ok(Item::read(&file).unwrap_or_else(|| Item::undescribed(id))),
        Err(failure) if failure.problem().code() == "capability_unsupported" => Ok(Item::undescribed(id)),
        Err(failure) => Err(failure),
    }
}

fn base(location: &Location) -> Arc<Folder> {
    Arc::new(Folder::existing(&location.account, location.id.as_deref().unwrap_or("root")))
}

/// Finds the object of an id.
async fn find_base(gateway: &Gateway, location: &Location, prefer: Prefer) -> Result<Object, Failure> {
    let folder = base(location);
    let Some(id) = location.id.as_deref().filter(|_| !location.ends_with_slash) else {
        return Ok(Object::Folder(folder));
    };
    let file = async || {
        let item = describe(gateway, &location.account, id).await?;
        Ok(Object::File(File { account: location.account.clone(), path: location.to_string(), item }))
    };
    if prefer == Prefer::Neither {
        return find_only(gateway, location, id, folder).await;
    }
    if prefer == Prefer::Folder {
        return match folder.items(gateway, None).await {
            Err(failure) if failure.problem().code() == "folder_not_found" => {
                file().await.map_err(|_: Failure| failure)
            }
            listed => listed.map(|_| Object::Folder(folder)),
        };
    }
    match file().await {
        Err(failure) if failure.problem().code() == "file_not_found" => {
            let described = gateway.read(&["accounts", &location.account, "folders", id], &[]).await;
            described.map(|_| Object::Folder(folder)).map_err(|_| failure)
        }
        found => found,
    }
}

/// Finds the only object of an id.
///
/// # Errors
/// If there is none, if a file and a folder have the id, or if the site does not show which one has it.
async fn find_only(gateway: &Gateway, location: &Location, id: &str, folder: Arc<Folder>) -> Result<Object, Failure> {
    let described =
        async |kind, missing: &str| match gateway.read(&["accounts", &location.account, kind, id], &[]).await {
            Ok(object) => Ok(Described::As(object)),
            Err(failure) if failure.problem().code() == missing => Ok(Described::Missing(failure)),
            Err(failure) if failure.problem().code() == "capability_unsupported" => Ok(Described::Unsupported),
            Err(failure) => Err(failure),
        };
    let file = |item| Ok(Object::File(File { account: location.account.clone(), path: location.to_string(), item }));
    match (described("files", "file_not_found").await?, described("folders", "folder_not_found").await?) {
        (Described::As(json), Described::Missing(_) | Described::Unsupported) => {
            file(Item::read(&json).unwrap_or_else(|| Item::undescribed(id)))
        }
        (Described::Unsupported, Described::Missing(_)) => file(Item::undescribed(id)),
        (Described::Missing(_), Described::As(_)) => Ok(Object::Folder(folder)),
        (Described::Missing(failure), Described::Missing(_) | Described::Unsupported) => Err(failure),
        (Described::As(_) | Described::Unsupported, Described::As(_)) => Err(unclear(location, "A file and a folder")),
        (Described::Unsupported, Described::Unsupported) => Err(unclear(location, "A file or a folder")),
    }
}

/// The answer to the request for one object.
enum Described {
    As(Value),
    Missing(Failure),
    /// The site cannot describe single objects of this kind.
    Unsupported,
}

/// Returns the folder below the location's id or the root.
async fn descend(gateway: &Gateway, location: &Location, names: &[String]) -> Result<Arc<Folder>, Failure> {
    let mut folder = base(location);
    for name in names {
        let items = folder.named(gateway, name).await?;
        let (folders, files): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.kind == Kind::Folder);
        let path = folder.path_of(name);
        folder = match folders.as_slice() {
            [] if files.is_empty() => return Err(missing(gateway, &folder, name, "folder").await),
            [] => return Err(Failure::from_client("not_a_folder", "A folder is needed", format!("{path} is a file."))),
            [item] => folder.child(&item.name, Some(&item.id)),
            several => return Err(ambiguous(&path, several, &folder.account)),
        };
    }
    Ok(folder)
}
