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
    /// The files at the account whose names no file of the source has. The site may have stored one under another name.
    pub(super) others: Arc<[Item]>,
}

/// The source of a file.
#[derive(Debug, Clone)]
pub(super) enum SourceFile {
    Local(PathBuf),
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

impl SourceFile {
    /// Returns the size, if it is known.
    ///
    /// # Errors
    /// If a local file cannot be read.
    pub(super) fn size(&self) -> Result<Option<u64>, Failure> {
        match self {
            Self::Remote(file) => Ok(file.item.size),
            Self::StandardInput => Ok(None),
            Self::Local(path) => {
                let metadata = std::fs::metadata(path).map_err(|error| Failure::local(path.display(), &error))?;
                Ok(Some(metadata.len()))
            }
        }
    }

    /// Returns the path or location for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
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
