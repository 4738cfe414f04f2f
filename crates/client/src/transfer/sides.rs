//! The two sides of a transfer: folders on this machine or at an account, and their entries.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::download::safe_name;
use super::names::distinct;
use super::task::{SourceFile, TargetFile};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Fields, Item, Kind, name_key};
use crate::report::Output;
use crate::session::Session;
use crate::tree::{File, Folder};

/// A folder to read from.
#[derive(Debug, Clone)]
pub(super) enum SourceFolder {
    Local(PathBuf),
    Remote(Arc<Folder>),
}

/// A folder to write to; it may not exist yet.
#[derive(Debug, Clone)]
pub(super) enum TargetFolder {
    Local(PathBuf),
    Remote(Arc<Folder>),
}

/// An entry of a source folder.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name at the destination.
    pub(super) name: String,
    pub(super) node: Result<Node, (String, Failure)>,
}

/// A file or a folder of a source.
#[derive(Debug)]
pub(super) enum Node {
    File(SourceFile),
    Folder(SourceFolder),
}

/// The entries of a target folder.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// The files at an account, by the key of their name.
    pub(super) files: HashMap<String, Vec<Item>>,
    /// The folders at an account, by the key of their name.
    pub(super) folders: HashMap<String, Vec<Item>>,
    /// The names on this machine, by their key.
    pub(super) local: HashMap<String, PathBuf>,
    /// The number of entries at an account that cannot be read.
    pub(super) unreadable: u64,
}

impl Present {
    /// Returns whether the folder has no entries.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.local.is_empty() && self.unreadable == 0
    }
}

impl SourceFolder {
    /// Returns the entries, in the order of their names. `target` determines which names are possible.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(super) async fn entries(&self, session: &Session, target: &TargetFolder) -> Result<Vec<Entry>, Failure> {
        match self {
            Self::Local(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || local_entries(&path));
                read.await.unwrap_or_else(|error| Err(Failure::local("the folder", &std::io::Error::other(error))))
            }
            Self::Remote(folder) => {
                // Only the lines of JSON about downloads have the whole object.
                let is_shown = session.report.output() == Output::Json && matches!(target, TargetFolder::Local(_));
                let (items, unreadable) = match is_shown {
                    true => folder.listing(&session.gateway, None, |item: Value| Item::read(&item)).await?,
                    false => folder.listing(&session.gateway, None, Fields::item).await?,
                };
                let names = distinct(&items, |name, item| match target {
                    TargetFolder::Local(_) => safe_name(Some(name), &item.id),
                    TargetFolder::Remote(_) => name.to_owned(),
                });
                let readable = items.into_iter().zip(names).map(|(item, name)| remote_entry(folder, item, name));
                Ok(readable.chain(unreadable_entries(folder, unreadable)).collect())
            }
        }
    }

    /// Returns the path or location for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
            Self::Remote(folder) => folder.path.clone(),
        }
    }
}

impl TargetFolder {
    /// Returns the entries; none if the folder does not exist yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(super) async fn present(&self, gateway: &Gateway) -> Result<Present, Failure> {
        let mut present = Present::default();
        match self {
            Self::Local(path) => present.local = local_names(path)?,
            Self::Remote(folder) => {
                let (items, unreadable) = folder.listing(gateway, None, Fields::item).await?;
                present.unreadable = unreadable;
                for item in items {
                    let items = match item.kind {
                        Kind::File => &mut present.files,
                        Kind::Folder => &mut present.folders,
                    };
                    items.entry(item.key()).or_insert_with(|| Vec::with_capacity(1)).push(item);
                }
            }
        }
        Ok(present)
    }

    /// Returns the place of a file in this folder.
    pub(super) fn file(&self, name: &str) -> TargetFile {
        match self {
            Self::Local(path) => TargetFile::Local(path.join(name)),
            Self::Remote(folder) => TargetFile::Remote { folder: Arc::clone(folder), name: name.to_owned() },
        }
    }

    /// Returns a folder in this one. The first existing one is used, if several have the name.
    ///
    /// # Errors
    /// If it is a link on this machine. A link may lead to a folder that the destination does not contain.
    pub(super) fn folder(&self, name: &str, present: &Present) -> Result<Self, Failure> {
        match self {
            Self::Local(path) => {
                let path = path.join(name);
                if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                    let detail = format!("{} is a link. Links below the destination are not followed.", path.display());
                    return Err(Failure::from_client("local_file", "The folder is a link", detail));
                }
                Ok(Self::Local(path))
            }
            Self::Remote(folder) => {
                let existing = present.folders.get(&name_key(name)).and_then(|items| items.first());
                Ok(Self::Remote(folder.child(name, existing.map(|item| item.id.as_str()))))
            }
        }
    }

    /// Creates the folder, if it does not exist.
    ///
    /// # Errors
    /// If it cannot be created.
    pub(super) async fn create(&self, gateway: &Gateway) -> Result<(), Failure> {
        match self {
            Self::Local(path) => std::fs::create_dir_all(path).map_err(|error| Failure::local(path.display(), &error)),
            Self::Remote(folder) => folder.id(gateway).await.map(drop),
        }
    }

    /// Returns whether the folder exists.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::Local(path) => path.is_dir(),
            Self::Remote(folder) => folder.known_id().is_some(),
        }
    }

    /// Returns the path or location for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
            Self::Remote(folder) => folder.path.clone(),
        }
    }
}

fn remote_entry(folder: &Arc<Folder>, item: Item, name: String) -> Entry {
    let node = match item.kind {
        Kind::Folder => Node::Folder(SourceFolder::Remote(folder.child(&item.name, Some(&item.id)))),
        Kind::File => {
            let path = folder.path_of(&item.name);
            Node::File(SourceFile::Remote(Box::new(File { account: folder.account.clone(), path, item })))
        }
    };
    Entry { name, node: Ok(node) }
}

/// Returns the failure for entries of a folder at an account that have no usable id.
pub(super) fn unreadable_items(folder: &str, count: u64) -> Failure {
    let entries = if count == 1 { "entry" } else { "entries" };
    let detail = format!("The site lists {count} {entries} of {folder} that cannot be read.");
    Failure::from_client("unreadable_entries", "Entries of a folder cannot be read", detail)
}

/// Returns one entry for all that cannot be read, if there are any. It is a failure, so that nothing is deleted that
/// they may name.
fn unreadable_entries(folder: &Folder, count: u64) -> Option<Entry> {
    let failure = (count > 0).then(|| unreadable_items(&folder.path, count))?;
    Some(Entry { name: String::new(), node: Err((folder.path.clone(), failure)) })
}

/// Reads a folder on this machine. Links to files are followed. Links to folders are not, as they can form circles.
fn local_entries(folder: &Path) -> Result<Vec<Entry>, Failure> {
    let unreadable = |error| Failure::local(folder.display(), &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let shown = path.to_string_lossy().into_owned();
        let unfit = |detail: &str| {
            Err((shown.clone(), Failure::from_client("local_file", "The file cannot be uploaded", detail)))
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        let node = match (entry.file_name().to_str(), entry.file_type(), std::fs::metadata(&path)) {
            (None, ..) => unfit("Its name is not UTF-8."),
            (_, Ok(kind), _) if kind.is_dir() => Ok(Node::Folder(SourceFolder::Local(path))),
            (_, _, Ok(metadata)) if metadata.is_dir() => {
                unfit("It is a link to a folder; links to folders are not followed.")
            }
            // A missing file is reported when it is opened.
            (_, _, Ok(metadata)) if !metadata.is_file() => unfit("It is not a regular file."),
            (_, _, metadata) => {
                let listed_size = metadata.map_or(0, |metadata| metadata.len());
                Ok(Node::File(SourceFile::Local { path, listed_size }))
            }
        };
        entries.push(Entry { name, node });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

fn local_names(folder: &Path) -> Result<HashMap<String, PathBuf>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        entries => entries.map_err(|error| Failure::local(folder.display(), &error))?,
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.map_err(|error| Failure::local(folder.display(), &error))?;
        Ok((name_key(&entry.file_name().to_string_lossy()), entry.path()))
    };
    entries.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_folder_is_read_in_order_without_following_links() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("c")).unwrap();
        std::fs::write(root.path().join("b.mp4"), b"x").unwrap();
        std::os::unix::fs::symlink(root.path().join("b.mp4"), root.path().join("a.mp4")).unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("d")).unwrap();
        let entries = local_entries(root.path()).unwrap();
        let kinds: Vec<(&str, &str)> = entries
            .iter()
            .map(|entry| {
                let kind = match &entry.node {
                    Ok(Node::File(_)) => "file",
                    Ok(Node::Folder(_)) => "folder",
                    Err(_) => "unfit",
                };
                (entry.name.as_str(), kind)
            })
            .collect();
        assert_eq!(kinds, [("a.mp4", "file"), ("b.mp4", "file"), ("c", "folder"), ("d", "unfit")]);
        assert!(local_names(&root.path().join("nothing")).unwrap().is_empty());
        assert_eq!(local_names(root.path()).unwrap().len(), 4);
    }
}
