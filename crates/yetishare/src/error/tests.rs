//! Tests of every row of the classification table, and of the errors that follow from it.

use polyhost_domain::{IdAlphabet, IdGrammar};

use super::table::TABLE;
use super::*;

use ErrorKind as Kind;
use Meaning::{DailyLimit, Kind as Means, Missing, NoDestination, Session, Unsupported};

struct Ids {
    file: FileId,
    folder: FolderId,
    parent: FolderId,
    remote: RemoteUploadId,
}

fn ids() -> Ids {
    let grammar = IdGrammar::new(IdAlphabet::Decimal, "null");
    Ids {
        file: grammar.file("1253").unwrap(),
        folder: grammar.folder("123").unwrap(),
        parent: grammar.folder("99").unwrap(),
        remote: grammar.remote_upload("52").unwrap(),
    }
}

/// Returns every kind of object that a request can name.
fn all_named(ids: &Ids) -> [Named<'_>; 10] {
    [
        Named::Nothing,
        Named::Login,
        Named::File(&ids.file),
        Named::ShortCode,
        Named::FileAndFolder(&ids.file, &ids.folder),
        Named::Folder(&ids.folder),
        Named::FolderAndParent(&ids.folder, &ids.parent),
        Named::RemoteUpload(&ids.remote),
        Named::Upload(5),
        Named::Upload(0),
    ]
}

/// Returns the texts of the site's documentation and of the script, as they are sent, with their meanings.
fn texts(ids: &Ids) -> Vec<(&'static str, Named<'_>, Meaning)> {
    let (file, folder) = (Named::File(&ids.file), Named::Folder(&ids.folder));
    let moved_file = Named::FileAndFolder(&ids.file, &ids.folder);
    let moved_folder = Named::FolderAndParent(&ids.folder, &ids.parent);
    let (upload, empty, remote) = (Named::Upload(5), Named::Upload(0), Named::RemoteUpload(&ids.remote));
    let (login, nothing) = (Named::Login, Named::Nothing);
    vec![
        (
            "Could not authenticate user. The key pair may be invalid or your account may be locked from too many failed logins.",
            login,
            Means(Kind::CredentialsRejected),
        ),
        (
            "Could not authenticate user. The username and password may be invalid or your account may be locked from too many failed logins.",
            login,
            Means(Kind::CredentialsRejected),
        ),
        ("Please provide key1. It must be 64 characters in length.", login, Means(Kind::CredentialsRejected)),
        ("Please provide a username.", login, Means(Kind::CredentialsRejected)),
        ("Please provide a password.", login, Means(Kind::CredentialsRejected)),
        ("Username could not be found.", login, Means(Kind::CredentialsRejected)),
        ("Failed issuing access token.", login, Means(Kind::SiteFailed)),
        (
            "Your account level does not have access to the file upload API. Please contact site support for more information.",
            login,
            Means(Kind::Forbidden),
        ),
        ("Could not validate access_token and account_id, please reauthenticate or try again.", file, Session),
        ("Could not validate access_token, please reauthenticate or try again.", nothing, Session),
        ("The access_token has expired.", file, Session),
        ("Your session has expired, please login again.", nothing, Session),
        ("Invalid access_token.", folder, Session),
        ("Could not validate access_token and account_id, please reauthenticate or try again.", upload, Session),
        ("Username could not be found.", folder, Session),
        ("This API feature is not available in demo mode.", file, Means(Kind::Forbidden)),
        ("Please provide the access_token param.", file, Means(Kind::SiteFailed)),
        ("Please provide the account_id param.", folder, Means(Kind::SiteFailed)),
        ("Please provide the access_token param.", upload, Means(Kind::TooLarge)),
        ("Please provide the account_id param.", upload, Means(Kind::TooLarge)),
        ("Please provide the access_token param.", empty, Means(Kind::SiteFailed)),
        ("Did not receive uploaded file.", upload, Means(Kind::SiteFailed)),
        ("Filesize received was zero.", upload, Means(Kind::TooLarge)),
        ("Filesize received was zero.", empty, Means(Kind::Rejected)),
        (
            "PHP Curl module does not exist on your server/web hosting. It will need to be enabled to use this upload feature.",
            upload,
            Unsupported,
        ),
        ("Error uploading file to URL: https://a.example/u", upload, Means(Kind::SiteFailed)),
        (
            "Error uploading file. No response received from: https://a.example/not allowed",
            upload,
            Means(Kind::SiteFailed),
        ),
        (
            "Failed reading response from: https://a.example/u. Response: this is blocked",
            upload,
            Means(Kind::SiteFailed),
        ),
        ("Error on: https://a.example/u. File is too big", upload, Means(Kind::TooLarge)),
        ("File is too small", upload, Means(Kind::Rejected)),
        ("Filetype not allowed", upload, Means(Kind::Rejected)),
        ("File type not permitted: exe", upload, Means(Kind::Rejected)),
        ("Virus detected", upload, Means(Kind::Rejected)),
        ("Max number of files exceeded", upload, Means(Kind::Rejected)),
        ("File exceeds upload_max_filesize (php.ini directive)", upload, Means(Kind::TooLarge)),
        ("File exceeds post_max_size", upload, Means(Kind::TooLarge)),
        ("File was only partially uploaded", upload, Means(Kind::SiteFailed)),
        ("No File was uploaded", upload, Means(Kind::SiteFailed)),
        ("File received has zero size.", upload, Means(Kind::TooLarge)),
        ("File received is larger than permitted. (max 1 GB)", upload, Means(Kind::TooLarge)),
        (
            "File could not be uploaded due to that file type being banned by the site admin",
            upload,
            Means(Kind::Rejected),
        ),
        ("File could not be uploaded as the filename was blocked", upload, Means(Kind::Rejected)),
        ("File content has been blocked from being uploaded", upload, Means(Kind::Rejected)),
        ("File is banned from being uploaded", upload, Means(Kind::Rejected)),
        ("Uploading is currently disabled on the site, please try again later.", upload, Unsupported),
        ("Uploads by guests were disabled.", upload, Means(Kind::Rejected)),
        (
            "General upload error, please contact support. Expected size: 5. Received size: 3.",
            upload,
            Means(Kind::SiteFailed),
        ),
        ("You have reached the maximum permitted uploads for today.", upload, DailyLimit),
        ("Max uploads reached.", upload, DailyLimit),
        ("Could not find file based on file_id.", file, Means(Kind::FileNotFound)),
        ("Could not find file based on short_url.", Named::ShortCode, Means(Kind::FileNotFound)),
        ("Failed deleting the file.", file, Means(Kind::FileNotFound)),
        ("Failed moving the file.", moved_file, Means(Kind::FileNotFound)),
        ("Failed copying the file.", moved_file, Means(Kind::FileNotFound)),
        ("Could not find the destination folder id defined by new_parent_folder_id.", moved_file, NoDestination),
        ("Could not find the destination folder id defined by copy_to_folder_id.", moved_file, NoDestination),
        ("Could not find the destination folder id defined by new_parent_folder_id.", moved_folder, NoDestination),
        ("Could not find folder based on folder_id.", folder, Means(Kind::FolderNotFound)),
        ("Failed deleting the folder.", folder, Means(Kind::FolderNotFound)),
        ("Failed moving the folder.", moved_folder, Means(Kind::FolderNotFound)),
        ("Param folder_id can not match new_parent_folder_id.", moved_folder, Means(Kind::Rejected)),
        ("Failed creating the folder.", folder, Means(Kind::SiteFailed)),
        ("Could not generate download url.", file, Means(Kind::Rejected)),
        ("You can`t download files of this size.", file, Means(Kind::Forbidden)),
        ("You can't download files of this size.", file, Means(Kind::Forbidden)),
        ("Please provide the file_id param.", file, Means(Kind::Rejected)),
        ("Please provide the folder_name param.", nothing, Means(Kind::Rejected)),
        ("Could not parse the file_url_base64 parameter. Ensure it's base64 encoded.", nothing, Means(Kind::Rejected)),
        ("Could not find the scheduled item.", remote, Means(Kind::RemoteUploadNotFound)),
        ("Scheduled URL download was not found.", remote, Means(Kind::RemoteUploadNotFound)),
        ("No scheduled download.", remote, Means(Kind::RemoteUploadNotFound)),
        ("No method found within endpoint (file): url_upload_add", nothing, Unsupported),
        ("File not found at the provided path.", file, Missing),
        ("File not found.", Named::ShortCode, Missing),
        ("File does not exist", file, Missing),
        ("File has been deleted.", file, Missing),
        ("This folder has been removed.", folder, Missing),
        ("The requested file was removed", file, Missing),
        ("The file was deleted by its owner.", moved_file, Missing),
        ("Folder not found.", folder, Missing),
        ("Not found at the provided path.", moved_folder, Missing),
        ("Not Found", moved_file, Missing),
        ("User not found.", nothing, Session),
        ("User not found.", login, Means(Kind::CredentialsRejected)),
        ("Invalid token", file, Session),
        ("Invalid access token.", file, Session),
        ("Bad or expired token.", file, Session),
        ("Your token has expired.", file, Session),
        ("Token expired", file, Session),
        ("The token is invalid.", file, Session),
        ("The token is not valid.", file, Session),
        ("Please login to continue.", file, Session),
        ("Please log in.", file, Session),
        ("Please login to upload", upload, Means(Kind::Forbidden)),
        ("Please log in to upload.", upload, Means(Kind::Forbidden)),
        ("API access is disabled", login, Means(Kind::Forbidden)),
        ("API access is disabled", file, Means(Kind::Forbidden)),
        ("The API is disabled.", login, Means(Kind::Forbidden)),
        ("The API is currently disabled.", nothing, Means(Kind::Forbidden)),
        ("The API has been disabled.", nothing, Means(Kind::Forbidden)),
        ("Free users cannot upload files over 5MB", upload, Means(Kind::TooLarge)),
        ("File is too large.", upload, Means(Kind::TooLarge)),
        ("You can`t upload files of this size.", upload, Means(Kind::TooLarge)),
        ("The maximum file size is 1 GB.", upload, Means(Kind::TooLarge)),
        ("Max file size exceeded", upload, Means(Kind::TooLarge)),
        ("The maximum upload size is 1 GB.", upload, Means(Kind::TooLarge)),
        ("This is over the file size limit.", upload, Means(Kind::TooLarge)),
        ("Bad input parameter.", nothing, Means(Kind::Rejected)),
        ("Something else.", file, Means(Kind::SiteFailed)),
        ("", file, Means(Kind::SiteFailed)),
    ]
}

/// Texts about the account, about full storage, and about disabled features.
const BY_WORDS: &[(&str, Meaning)] = &[
    ("Your account is disabled.", Means(Kind::Forbidden)),
    ("Your account is currently disabled.", Means(Kind::Forbidden)),
    ("This account is suspended.", Means(Kind::Forbidden)),
    ("Account suspended", Means(Kind::Forbidden)),
    ("Upload storage exceeded", Means(Kind::Rejected)),
    ("Your account is not enabled.", Means(Kind::Forbidden)),
    ("The account was disabled by the site admin.", Means(Kind::Forbidden)),
    ("Uploading is disabled for guest users.", Means(Kind::Forbidden)),
    ("Your account has been disabled.", Means(Kind::Forbidden)),
    ("Feature disabled for your account type", Means(Kind::Forbidden)),
    ("You have reached the maximum concurrent uploads.", Means(Kind::RateLimited)),
    ("Too many simultaneous downloads.", Means(Kind::RateLimited)),
    ("Maximum API request limit reached.", Means(Kind::RateLimited)),
    ("You are over the rate limit.", Means(Kind::RateLimited)),
    ("Too many requests", Means(Kind::RateLimited)),
    ("Feature disabled.", Unsupported),
    ("Method disabled", Unsupported),
    ("This method is disabled.", Unsupported),
    ("This method has been disabled.", Unsupported),
    ("Your account has been suspended by the site admin.", Means(Kind::Forbidden)),
    ("Upload storage full, please delete some active files and try again.", Means(Kind::Rejected)),
    ("Your storage is full.", Means(Kind::Rejected)),
    ("You have reached your storage limit.", Means(Kind::Rejected)),
    ("No more storage space.", Means(Kind::Rejected)),
    ("This exceeds your storage allowance.", Means(Kind::Rejected)),
    ("The storage capacity is exceeded.", Means(Kind::Rejected)),
    ("Insufficient storage.", Means(Kind::Rejected)),
    ("Insufficient space.", Means(Kind::Rejected)),
    ("You do not have enough storage.", Means(Kind::Rejected)),
    ("There is not enough space.", Means(Kind::Rejected)),
    ("There is not enough free space.", Means(Kind::Rejected)),
    ("The file exceeds your available space.", Means(Kind::Rejected)),
    ("No space available.", Means(Kind::Rejected)),
    ("No space left on device", Means(Kind::Rejected)),
    ("The disk space is used up.", Means(Kind::Rejected)),
    ("The server is out of space.", Means(Kind::Rejected)),
    ("Disk full.", Means(Kind::Rejected)),
    ("Your quota is exceeded.", Means(Kind::Rejected)),
    ("You have reached your daily upload limit.", Means(Kind::Rejected)),
    ("You have reached the limit for today.", Means(Kind::Rejected)),
    ("Only 10 uploads per day.", Means(Kind::Rejected)),
    ("File uploading is currently disabled.", Unsupported),
    ("Remote uploading is disabled.", Unsupported),
    ("Uploads are currently disabled.", Unsupported),
    ("Remote uploads are disabled.", Unsupported),
    ("Remote URL downloading is currently disabled.", Unsupported),
    ("Remote URL downloading is disabled.", Unsupported),
    ("Downloads are disabled.", Unsupported),
    ("This feature is currently disabled.", Unsupported),
    ("This feature is disabled.", Unsupported),
    ("This feature has been disabled.", Unsupported),
    ("Copying is disabled on the site.", Unsupported),
    ("Copying is disabled on this site.", Unsupported),
    ("Copying was disabled by the site admin.", Unsupported),
    ("Remote URL upload is not enabled.", Unsupported),
    ("Remote URL uploads are not enabled.", Unsupported),
    ("This has not been enabled.", Unsupported),
];

#[test]
fn storage_and_feature_texts_mean_the_same_in_every_call() {
    let ids = ids();
    for (text, expected) in BY_WORDS {
        for named in all_named(&ids).into_iter().filter(|named| !matches!(named, Named::Login)) {
            assert_eq!(meaning(200, Some(text), named), *expected, "{text:?} with {named:?}");
        }
    }
}

#[test]
fn text_with_only_disabled_is_not_unsupported() {
    let ids = ids();
    for text in ["Your account is disabled.", "The user was disabled.", "disabled"] {
        for named in all_named(&ids) {
            assert_ne!(meaning(200, Some(text), named), Unsupported, "{text:?} with {named:?}");
        }
    }
}

#[test]
fn text_has_the_same_meaning_in_any_case_and_spacing() {
    let ids = ids();
    for (text, named, expected) in texts(&ids) {
        for text in [text.to_owned(), text.to_uppercase(), text.to_lowercase(), format!(" {text}\n")] {
            assert_eq!(meaning(200, Some(&text), named), expected, "{text:?} with {named:?}");
        }
    }
}

#[test]
fn known_text_overrides_any_http_status() {
    let ids = ids();
    for (text, named, expected) in texts(&ids) {
        let is_known = !matches!(expected, Means(Kind::SiteFailed)) || text == "Failed issuing access token.";
        for status in [400, 401, 403, 404, 429, 500].into_iter().filter(|_| is_known) {
            assert_eq!(meaning(status, Some(text), named), expected, "{status} {text:?} with {named:?}");
        }
    }
}

#[test]
fn every_row_of_the_table_matches_a_text() {
    let ids = ids();
    for (place, (fragment, when, _)) in TABLE.iter().enumerate() {
        let by_words = BY_WORDS.iter().map(|(text, meaning)| (*text, Named::Nothing, *meaning));
        let reached = texts(&ids).into_iter().chain(by_words).any(|(text, named, _)| {
            let text = text.to_lowercase();
            let first = TABLE.iter().position(|(fragment, when, _)| {
                let matches =
                    fragment.strip_prefix('^').map_or(text.contains(fragment), |start| text.starts_with(start));
                when.applies_to(named) && matches
            });
            first == Some(place)
        });
        assert!(reached, "{fragment:?} {when:?}");
    }
}

#[test]
fn unknown_text_leaves_the_meaning_to_the_http_status() {
    let ids = ids();
    let rows = [
        (200, Kind::SiteFailed),
        (302, Kind::SiteFailed),
        (400, Kind::Rejected),
        (403, Kind::Forbidden),
        (404, Kind::SiteFailed),
        (405, Kind::SiteFailed),
        (413, Kind::TooLarge),
        (429, Kind::RateLimited),
        (451, Kind::LegalBlock),
        (500, Kind::SiteFailed),
        (503, Kind::SiteFailed),
        (509, Kind::RateLimited),
    ];
    for named in all_named(&ids) {
        let is_login = matches!(named, Named::Login);
        for (status, kind) in rows {
            let kind = if is_login && status == 403 { Kind::CredentialsRejected } else { kind };
            for text in [None, Some("Something else.")] {
                assert_eq!(meaning(status, text, named), Means(kind), "{status} with {named:?}");
            }
        }
        let of_401 = if is_login { Means(Kind::CredentialsRejected) } else { Session };
        for text in [None, Some("Something else.")] {
            assert_eq!(meaning(401, text, named), of_401, "{named:?}");
        }
    }
}

#[test]
fn only_errors_without_effect_are_retryable() {
    let rows = [
        (Session, true, true),
        (Means(Kind::RateLimited), true, true),
        (DailyLimit, true, true),
        (Means(Kind::SiteFailed), true, false),
        (Means(Kind::TooLarge), false, false),
        (Means(Kind::Rejected), false, false),
        (Means(Kind::Forbidden), false, false),
        (Means(Kind::FileNotFound), false, false),
        (NoDestination, false, false),
        (Means(Kind::LegalBlock), false, false),
    ];
    for (meaning, read, write) in rows {
        assert_eq!(is_retryable(meaning, CallKind::Read), read, "{meaning:?}");
        assert_eq!(is_retryable(meaning, CallKind::Write), write, "{meaning:?}");
    }
}

#[test]
fn details_name_the_missing_object() {
    let ids = ids();
    let account = "main".parse().unwrap();
    let (both, nested) =
        (Named::FileAndFolder(&ids.file, &ids.folder), Named::FolderAndParent(&ids.folder, &ids.parent));
    let rows = [
        (Kind::FileNotFound, Named::File(&ids.file), "No file has the id \"1253\" in account \"main\"."),
        (Kind::FileNotFound, both, "No file has the id \"1253\" in account \"main\"."),
        (Kind::FileNotFound, Named::ShortCode, "No such file is in account \"main\"."),
        (Kind::FolderNotFound, nested, "No folder has the id \"123\" in account \"main\"."),
        (
            Kind::RemoteUploadNotFound,
            Named::RemoteUpload(&ids.remote),
            "No remote upload has the id \"52\" in account \"main\".",
        ),
        (Kind::CredentialsRejected, Named::Login, "The site rejected the credentials of account \"main\"."),
    ];
    for (kind, named, sentence) in rows {
        assert_eq!(detail(kind, named, &account), sentence);
    }
    assert_eq!(no_destination(both, &account), "No folder has the id \"123\" in account \"main\".");
    assert_eq!(no_destination(nested, &account), "No folder has the id \"99\" in account \"main\".");
}
