//! The objects that locations name.

use std::sync::Arc;

use serde_json::Value;

use crate::failure::Failure;
pub(crate) use crate::folder::Folder;
use crate::gateway::Gateway;
use crate::item::{Item, Kind};
use crate::location::Location;
use crate::misnamed::{ambiguous, missing, unclear};

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
