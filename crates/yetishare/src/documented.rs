//! The fields of each answer by the documentation of streamplay.online. Differences from it are counted as drift.
//!
//! Fields that only some versions of the script have are not listed as required.

use polyhost_upstream::decode::{Documented, Shape};

pub(crate) static DOCUMENTED: Documented = Documented { dialect: "yetishare", shapes: SHAPES };

const SHAPES: &[Shape] = &[
    Shape {
        name: "Account",
        always: &["id", "username", "email", "status", "datecreated", "lastlogindate", "paidExpiryDate"],
        unread: Some(&["level_id", "lastloginip", "title", "firstname", "lastname", "languageId", "lastPayment"]),
    },
    Shape {
        name: "Package",
        always: &["id", "label", "max_upload_size", "can_upload", "max_storage_bytes", "level_type"],
        unread: Some(&["show_site_adverts", "show_upgrade_screen", "on_upgrade_page"]),
    },
    Shape {
        name: "File",
        always: &["id", "filename", "shortUrl", "fileType", "fileSize", "downloads", "folderId", "url_file"],
        unread: Some(&["extension", "uploadedIP", "uploadSource", "url_file_info", "url_file_delete"]),
    },
    // An error has the same structure with fewer fields, and new versions add fields to a success.
    Shape { name: "Uploaded", always: &["name", "size", "type"], unread: None },
    Shape { name: "Download", always: &["file_id", "filename", "download_url"], unread: Some(&[]) },
    Shape { name: "RemoteAdded", always: &["scheduled_item_id"], unread: Some(&["url"]) },
    // It is not documented whether the answer contains the progress.
    Shape { name: "RemoteStatus", always: &["scheduled_item_id", "status", "created", "total_size"], unread: None },
    Shape { name: "Fetched", always: &["file_id", "name", "size", "url"], unread: Some(&[]) },
    Shape { name: "Listing", always: &["folders", "files"], unread: Some(&[]) },
    Shape {
        name: "Folder",
        always: &["id", "parentId", "folderName", "totalSize", "isPublic", "date_added", "date_updated", "url_folder"],
        unread: Some(&["urlHash"]),
    },
];
