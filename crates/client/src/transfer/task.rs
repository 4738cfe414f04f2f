//! A task of a transfer: one file with its source and destination.

use std::path::PathBuf;
use std::sync::Arc;

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

impl SourceFile {
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
