//! A task of a transfer: one file with its source and destination.

use std::path::PathBuf;
use std::sync::Arc;

use crate::failure::Failure;
use crate::item::Item;
use crate::tree::{File, Folder};

/// One file to transfer.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) source: SourceFile,
    pub(super) target: TargetFile,
    /// The files with the target's name at an account.
    pub(super) present: Vec<Item>,
    pub(super) others: Others,
}

/// The files of a folder at an account whose names no file of the source has. The site may have stored a file of the
/// source under another name.
#[derive(Debug, Clone, Default)]
pub(super) struct Others(Arc<[Item]>);

/// The source of a file.
#[derive(Debug, Clone)]
pub(super) enum SourceFile {
    /// A file with the size that it had when its folder was listed.
    Local {
        path: PathBuf,
        listed_size: u64,
    },
    StandardInput,
    /// Boxed, so that the tasks of other transfers take less memory.
    Remote(Box<File>),
}

/// The destination of a file.
#[derive(Debug)]
pub(super) enum TargetFile {
    Local(PathBuf),
    StandardOutput,
    Remote { folder: Arc<Folder>, name: String },
}

impl Task {
    /// Returns whether an id at the destination's account is that of the source itself.
    pub(super) fn is_source(&self, id: &str) -> bool {
        match (&self.source, &self.target) {
            (SourceFile::Remote(file), TargetFile::Remote { folder, .. }) => {
                file.account == folder.account && file.item.id == id
            }
            _ => false,
        }
    }
}

impl Others {
    /// Sorts the files, so that those of one size are found quickly.
    pub(super) fn new(items: impl Iterator<Item = Item>) -> Self {
        let mut items: Vec<Item> = items.collect();
        items.sort_by_key(|item| item.size);
        Self(items.into())
    }

    /// Returns all files.
    pub(super) fn all(&self) -> &[Item] {
        &self.0
    }

    /// Returns the files of a size.
    pub(super) fn of_size(&self, size: u64) -> &[Item] {
        let first = self.0.partition_point(|item| item.size < Some(size));
        let end = self.0.partition_point(|item| item.size <= Some(size));
        &self.0[first..end]
    }
}

impl SourceFile {
    /// Returns the present size, if it is known.
    ///
    /// # Errors
    /// If a local file cannot be read.
    pub(super) fn size(&self) -> Result<Option<u64>, Failure> {
        match self {
            Self::Remote(file) => Ok(file.item.size),
            Self::StandardInput => Ok(None),
            Self::Local { path, .. } => {
                let metadata = std::fs::metadata(path).map_err(|error| Failure::local(path.display(), &error))?;
                Ok(Some(metadata.len()))
            }
        }
    }

    /// Returns the size of the listing; 0 if it is not known.
    pub(super) fn listed_size(&self) -> u64 {
        match self {
            Self::Remote(file) => file.item.size.unwrap_or_default(),
            Self::Local { listed_size, .. } => *listed_size,
            Self::StandardInput => 0,
        }
    }

    /// Returns the path or location for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Local { path, .. } => path.to_string_lossy().into_owned(),
            Self::StandardInput => "-".to_owned(),
            Self::Remote(file) => file.path.clone(),
        }
    }
}

impl TargetFile {
    /// Returns the path or location for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
            Self::StandardOutput => "-".to_owned(),
            Self::Remote { folder, name } => folder.path_of(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn other_files_are_found_by_their_size() {
        let sizes = [Some(7), None, Some(5), Some(7)];
        let items = sizes.iter().enumerate().map(|(id, size)| json!({"id": id.to_string(), "size": size}));
        let others = Others::new(items.map(|json| Item::read(&json).unwrap()));
        let ids = |size| others.of_size(size).iter().map(|item| item.id.as_str()).collect::<Vec<_>>();
        assert_eq!((ids(7), ids(5), ids(6)), (vec!["0", "3"], vec!["2"], vec![]));
        assert_eq!(others.all().len(), 4);
    }
}
