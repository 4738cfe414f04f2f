//! The fields of each answer by the documentation of pstream.net. Differences from it are counted as drift.
//!
//! Fields whose names differ between sites are not listed as required. Additional fields of similar sites are listed,
//! so that they do not count as drift.

use polyhost_upstream::decode::{Documented, Shape};

pub(crate) static DOCUMENTED: Documented = Documented { dialect: "openload", shapes: SHAPES };

const SHAPES: &[Shape] = &[
    Shape { name: "Account", always: &["email", "signup_at"], unread: Some(&["traffic", "balance"]) },
    Shape {
        name: "FileInfo",
        always: &["id", "status", "name", "size"],
        unread: Some(&["type", "converted", "sha256"]),
    },
    Shape { name: "UploadUrl", always: &["url", "valid_until"], unread: Some(&[]) },
    // The documentation does not show this answer.
    Shape { name: "Uploaded", always: &["id", "name", "size", "url"], unread: None },
    Shape { name: "RemoteAdded", always: &["id", "folderid"], unread: Some(&[]) },
    Shape {
        name: "RemoteStatus",
        always: &["id", "remoteurl", "status", "folderid", "added", "last_update", "url"],
        unread: Some(&["name"]),
    },
    Shape { name: "FolderListing", always: &["folders", "files"], unread: Some(&[]) },
    Shape { name: "FolderEntry", always: &["id", "name"], unread: Some(&[]) },
    Shape { name: "FileEntry", always: &["name", "size", "link"], unread: Some(&["convert", "sha256"]) },
    Shape { name: "FolderCreated", always: &["folderid"], unread: Some(&[]) },
    Shape {
        name: "Conversion",
        always: &["name", "status", "last_update", "progress", "link"],
        unread: Some(&["folderid", "linkid"]),
    },
];
