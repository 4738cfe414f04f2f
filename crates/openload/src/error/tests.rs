//! Tests of every row of the classification table.

use polyhost_domain::{IdAlphabet, IdGrammar, RemoteUploadId};

use super::*;

fn ids() -> (FileId, FolderId, RemoteUploadId) {
    let grammar = IdGrammar::new(IdAlphabet::UrlSafe, "0");
    (grammar.file("x").unwrap(), grammar.folder("y").unwrap(), grammar.remote_upload("7").unwrap())
}

#[test]
fn every_status_has_its_kind_for_every_named_object() {
    let (file, folder, remote) = ids();
    let named = |name: &str| match name {
        "account" => Named::Account,
        "file" => Named::File(&file),
        "files" => Named::Files,
        "folder" => Named::Folder(&folder),
        "both" => Named::FileAndFolder(&file, &folder),
        "remote" => Named::RemoteUpload(&remote),
        "address" => Named::UploadAddress(&folder),
        _ => Named::Nothing,
    };
    let everywhere = ["account", "file", "files", "folder", "both", "remote", "address", "nothing"];
    let rows = [
        (400, &everywhere[..], ErrorKind::Rejected),
        (401, &["account", "file", "files", "folder", "both", "remote", "nothing"], ErrorKind::CredentialsRejected),
        (401, &["address"], ErrorKind::SiteFailed),
        (403, &["account"], ErrorKind::CredentialsRejected),
        (403, &["file", "files", "folder", "both", "remote", "nothing"], ErrorKind::Forbidden),
        (403, &["address"], ErrorKind::SiteFailed),
        (404, &["file", "files", "both"], ErrorKind::FileNotFound),
        (404, &["folder"], ErrorKind::FolderNotFound),
        (404, &["remote"], ErrorKind::RemoteUploadNotFound),
        (404, &["account", "address", "nothing"], ErrorKind::SiteFailed),
        (413, &everywhere[..], ErrorKind::TooLarge),
        (429, &everywhere[..], ErrorKind::RateLimited),
        (451, &everywhere[..], ErrorKind::LegalBlock),
        (500, &everywhere[..], ErrorKind::SiteFailed),
        (502, &everywhere[..], ErrorKind::SiteFailed),
        (503, &everywhere[..], ErrorKind::SiteFailed),
        (509, &everywhere[..], ErrorKind::RateLimited),
        (302, &everywhere[..], ErrorKind::SiteFailed),
        (418, &everywhere[..], ErrorKind::SiteFailed),
        (0, &everywhere[..], ErrorKind::SiteFailed),
        (-1, &everywhere[..], ErrorKind::SiteFailed),
    ];
    for (status, names, kind) in rows {
        for name in names {
            assert_eq!(kind_of(status, named(name)), kind, "{status} with {name}");
        }
    }
}

#[test]
fn only_errors_without_effect_are_retryable() {
    let (file, folder, _) = ids();
    let rows = [
        (429, CallKind::Read, true),
        (429, CallKind::Write, true),
        (509, CallKind::Write, true),
        (500, CallKind::Read, true),
        (503, CallKind::Read, true),
        (500, CallKind::Write, false),
        (503, CallKind::Write, false),
        (418, CallKind::Read, false),
        (400, CallKind::Read, false),
        (403, CallKind::Write, false),
        (404, CallKind::Read, false),
        (451, CallKind::Read, false),
    ];
    for (status, call, retryable) in rows {
        let named = Named::File(&file);
        assert_eq!(is_retryable(status, kind_of(status, named), call, named), retryable, "{status} to a {call:?}");
    }
    for status in [401, 403, 404, 410] {
        let named = Named::UploadAddress(&folder);
        assert!(is_retryable(status, kind_of(status, named), CallKind::Write, named), "a spent upload address");
    }
}

#[test]
fn details_name_the_missing_object() {
    let (file, folder, remote) = ids();
    let account = "main".parse().unwrap();
    let rows = [
        (ErrorKind::FileNotFound, Named::File(&file), "No file has the id \"x\" in account \"main\"."),
        (
            ErrorKind::FileNotFound,
            Named::FileAndFolder(&file, &folder),
            "No file has the id \"x\", or no folder has the id \"y\", in account \"main\".",
        ),
        (ErrorKind::FolderNotFound, Named::Folder(&folder), "No folder has the id \"y\" in account \"main\"."),
        (
            ErrorKind::RemoteUploadNotFound,
            Named::RemoteUpload(&remote),
            "No remote upload has the id \"7\" in account \"main\".",
        ),
        (ErrorKind::CredentialsRejected, Named::Account, "The site rejected the credentials of account \"main\"."),
    ];
    for (kind, named, sentence) in rows {
        assert_eq!(detail(kind, named, &account), sentence);
    }
}

#[test]
fn message_overrides_only_an_unspecific_status() {
    use words::{Meaning, meaning};
    let full = "Upload storage full, please delete some active files and try again.";
    let (_, folder, _) = ids();
    let address = Named::UploadAddress(&folder);
    for status in [400, 403, 404, 500, 507] {
        assert_eq!(meaning(status, full, address), Some(Meaning::StorageFull), "{status}");
        assert_eq!(meaning(status, "Unknown method", Named::Nothing), Some(Meaning::Unsupported), "{status}");
        for other in ["Video not found", "Permission denied", "Remote upload is disabled for your account", ""] {
            assert_eq!(meaning(status, other, Named::Nothing), None, "{status} {other}");
        }
    }
    for status in [401, 413, 429, 451, 509] {
        assert_eq!(meaning(status, full, address), None, "{status}");
    }
    assert_eq!(meaning(403, full, Named::Account), None);
}

#[test]
fn upload_nodes_message_distinguishes_file_and_address() {
    use words::{Meaning, meaning};
    let (_, folder, _) = ids();
    let address = Named::UploadAddress(&folder);
    let rows = [
        ("Folder not found", Meaning::NoFolder),
        ("Wrong sha1", Meaning::BadFile),
        ("The sha1 of the file does not match", Meaning::BadFile),
        ("File is too large", Meaning::TooLarge),
        ("Maximum file size exceeded", Meaning::TooLarge),
        ("File type not allowed", Meaning::BadFile),
        ("This format is not supported", Meaning::BadFile),
        ("The file is empty", Meaning::BadFile),
        ("Your account may not upload", Meaning::Denied),
        ("Upload URL expired", Meaning::SpentAddress),
        ("Upload URL not found", Meaning::SpentAddress),
        ("Invalid token", Meaning::SpentAddress),
    ];
    for (text, expected) in rows {
        for status in [400, 401, 403, 404] {
            assert_eq!(meaning(status, text, address), Some(expected), "{status} {text}");
            assert_eq!(meaning(status, text, Named::Nothing), None, "{status} {text}");
        }
        for status in [500, 503] {
            assert_eq!(meaning(status, text, address), None, "{status} {text}");
        }
    }
    for text in ["Permission denied", "Video not found", "Not found", ""] {
        assert_eq!(meaning(403, text, address), None, "{text}");
    }
}
