//! Tests of the conversion, with answers as sites write them.

use polyhost_domain::IdAlphabet;
use serde::Deserialize;

use super::*;

fn convert() -> Convert {
    Convert {
        origin: Origin { account: "main".parse().unwrap(), provider: "streamplay".parse().unwrap() },
        ids: IdGrammar::new(IdAlphabet::Decimal, "null"),
        digest: None,
        html_entities: true,
    }
}

fn wire<'a, T: Deserialize<'a>>(json: &'a str) -> T {
    polyhost_upstream::decode::value(json).unwrap()
}

fn folder(id: &str) -> FolderId {
    convert().ids.folder(id).unwrap()
}

fn file(json: &str) -> Option<File> {
    convert().file(wire(json), &TimeZone::UTC)
}

const ACCOUNT: &str = r#"{"id": "158642", "username": "admin", "level_id": "20", "email": "a@b.example",
    "lastlogindate": "2017-02-18 11:43:39", "lastloginip": "192.168.33.1", "status": "active", "title": "Mr",
    "datecreated": null, "lastPayment": "2011-12-27 13:45:22", "paidExpiryDate": "0000-00-00 00:00:00",
    "storageLimitOverride": null}"#;

const PACKAGE: &str = r#"{"id": "20", "label": "Premium Account", "max_upload_size": "1073741824", "can_upload": "1",
    "wait_between_downloads": "0", "download_speed": "0", "max_storage_bytes": "5000", "show_site_adverts": "0",
    "days_to_keep_inactive_files": "0", "concurrent_uploads": "100", "concurrent_downloads": "0",
    "downloads_per_24_hours": "0", "download_size_per_24_hours": 7, "max_download_filesize_allowed": "0",
    "max_remote_download_urls": "50", "level_type": "paid user", "on_upgrade_page": "0"}"#;

#[test]
fn account_is_converted_from_the_documented_answer() {
    let account = convert().account(wire(ACCOUNT), &TimeZone::UTC).unwrap();
    assert_eq!((account.id.as_deref(), account.username.as_deref()), (Some("158642"), Some("admin")));
    assert_eq!(account.status, Some(AccountStatus::Active));
    assert_eq!(account.last_login_at.unwrap().to_string(), "2017-02-18T11:43:39Z");
    assert_eq!((account.created_at, account.paid_until), (None, None));
    let status = |word: &str| {
        let json = format!(r#"{{"id": 1, "status": "{word}"}}"#);
        convert().account(wire(&json), &TimeZone::UTC).unwrap().status
    };
    assert_eq!(status("Suspended"), Some(AccountStatus::Suspended));
    assert_eq!(status("pending"), Some(AccountStatus::Pending));
    assert_eq!(status("disabled"), Some(AccountStatus::Disabled));
    assert_eq!(status("odd"), Some(AccountStatus::Unknown));
    for unidentified in ["{}", r#"{"email": "a@b.example"}"#, r#"{"id": "", "username": null}"#] {
        assert!(convert().account(wire(unidentified), &TimeZone::UTC).is_none(), "{unidentified}");
    }
}

#[test]
fn zero_limit_is_none_and_account_storage_overrides_package() {
    let limits = |account: &str| convert().limits(wire(PACKAGE), &wire(account)).unwrap();
    let found = limits(ACCOUNT);
    let expected = Limits {
        plan: Some("Premium Account".into()),
        plan_type: Some("paid user".into()),
        can_upload: Some(true),
        max_upload_bytes: Some(1_073_741_824),
        max_storage_bytes: Some(5000),
        max_concurrent_uploads: Some(100),
        max_download_bytes_per_day: Some(7),
        max_remote_uploads: Some(50),
        ..Limits::default()
    };
    assert_eq!(found, expected);
    assert_eq!(limits(r#"{"storageLimitOverride": "9000"}"#).max_storage_bytes, Some(9000));
    assert_eq!(limits(r#"{"storageLimitOverride": 0}"#).max_storage_bytes, Some(5000));
    let denied = convert().limits(wire(r#"{"id": 1, "can_upload": 0}"#), &wire("{}")).unwrap();
    assert_eq!(denied.can_upload, Some(false));
    assert!(convert().limits(wire("{}"), &wire(ACCOUNT)).is_none());
}

#[test]
fn null_folder_is_the_root_and_missing_folder_is_none() {
    let rows = [
        (r#"{"id": "1", "folderId": null}"#, Some(FolderId::Root)),
        (r#"{"id": "1", "folderId": ""}"#, Some(FolderId::Root)),
        (r#"{"id": "1", "folderId": "0"}"#, Some(FolderId::Root)),
        (r#"{"id": "1", "folderId": 123}"#, Some(folder("123"))),
        (r#"{"id": "1", "folderId": "123"}"#, Some(folder("123"))),
        (r#"{"id": "1", "folderId": "12abc"}"#, None),
        (r#"{"id": "1"}"#, None),
    ];
    for (json, expected) in rows {
        assert_eq!(file(json).unwrap().folder_id, expected, "{json}");
    }
}

#[test]
fn entities_are_decoded_once_unless_the_site_writes_none() {
    let json =
        r#"{"id": "1", "filename": "R&amp;B &#039;a&amp;amp;b&#039;.mp4", "keywords": "R&amp;B;it&#039;s, &lt;b&gt;"}"#;
    let found = file(json).unwrap();
    assert_eq!(found.name.as_deref(), Some("R&B 'a&amp;b'.mp4"));
    assert_eq!(found.tags.unwrap(), ["R&B", "it's", "<b>"]);
    let listed = file(r#"{"id": "1", "keywords": ["R&amp;B", 7]}"#).unwrap();
    assert_eq!(listed.tags.unwrap(), ["R&B", "7"]);
    let plain = Convert { html_entities: false, ..convert() };
    let found = plain.file(wire(json), &TimeZone::UTC).unwrap();
    assert_eq!(found.name.as_deref(), Some("R&amp;B &#039;a&amp;amp;b&#039;.mp4"));
    let folder = convert().folder(wire(r#"{"id": "5", "folderName": "R&amp;B"}"#), &TimeZone::UTC, None).unwrap();
    assert_eq!(folder.name.as_deref(), Some("R&B"));
    let uploaded = convert().uploaded(wire(r#"{"file_id": 1, "name": "R&amp;B.mp4"}"#), &FolderId::Root).unwrap();
    assert_eq!(uploaded.name.as_deref(), Some("R&B.mp4"));
}

#[test]
fn visibility_stats_url_and_last_access_are_converted() {
    let json = r#"{"id": "1", "isPublic": "1", "lastAccessed": "2017-02-15 20:02:05",
        "url_file_stats": "https://yoursite.com/2U1~s"}"#;
    let found = file(json).unwrap();
    assert_eq!(found.visibility, Some(Visibility::Unlisted));
    assert_eq!(found.last_accessed_at.unwrap().to_string(), "2017-02-15T20:02:05Z");
    assert_eq!(found.stats_url.as_deref(), Some("https://yoursite.com/2U1~s"));
    for (number, visibility) in
        [("0", Some(Visibility::Private)), ("2", Some(Visibility::Public)), ("7", None), ("null", None)]
    {
        assert_eq!(file(&format!(r#"{{"id": 1, "isPublic": {number}}}"#)).unwrap().visibility, visibility, "{number}");
    }
    let reply = r#"{"file_id": 1, "stats_url": "https://yoursite.com/2U1~s"}"#;
    let uploaded = convert().uploaded(wire(reply), &FolderId::Root).unwrap();
    assert_eq!(uploaded.stats_url.as_deref(), Some("https://yoursite.com/2U1~s"));
}

#[test]
fn date_out_of_range_is_none_and_the_rest_is_converted() {
    let late = "9999-12-31 00:00:00";
    let json = format!(
        r#"{{"id": "1", "datecreated": "{late}", "lastlogindate": "0000-01-01 00:00:00", "paidExpiryDate": "{late}"}}"#
    );
    for zone in [TimeZone::UTC, TimeZone::get("Pacific/Kiritimati").unwrap(), TimeZone::get("Etc/GMT+12").unwrap()] {
        let account = convert().account(wire(&json), &zone).unwrap();
        assert_eq!((account.created_at, account.last_login_at, account.paid_until), (None, None, None));
        let json = format!(r#"{{"id": "1", "uploadedDate": "{late}", "lastAccessed": "{late}", "filename": "a"}}"#);
        let file = convert().file(wire(&json), &zone).unwrap();
        assert_eq!((file.uploaded_at, file.last_accessed_at, file.name.as_deref()), (None, None, Some("a")));
    }
    let paid = convert().account(wire(r#"{"id": "1", "paidExpiryDate": "9999-12-29 23:59:59"}"#), &TimeZone::UTC);
    assert_eq!(paid.unwrap().paid_until.unwrap().to_string(), "9999-12-29T23:59:59Z");
}

#[test]
fn file_is_converted_with_numbers_of_either_type() {
    let json = r#"{"id": "1161", "filename": "button_back.gif", "shortUrl": "2U1", "fileType": "image/gif",
        "extension": "gif", "fileSize": "1116", "file_status": "trash", "status": "active", "downloads": 5865,
        "folderId": null, "keywords": "button, back,,gif ", "uploadedDate": "2017-02-15 20:02:05",
        "url_file": "https://yoursite.com/2U1"}"#;
    let found = convert().file(wire(json), &TimeZone::get("Europe/Paris").unwrap()).unwrap();
    assert_eq!((found.id.as_str(), found.name.as_deref()), ("1161", Some("button_back.gif")));
    assert_eq!((found.size, found.download_count), (Some(1116), Some(5865)));
    assert_eq!((found.short_code.as_deref(), found.content_type.as_deref()), (Some("2U1"), Some("image/gif")));
    assert_eq!(found.status, FileStatus::Trashed);
    assert_eq!(found.tags.unwrap(), ["button", "back", "gif"]);
    assert_eq!(found.uploaded_at.unwrap().to_string(), "2017-02-15T19:02:05Z");
    assert_eq!(found.page_url.as_deref(), Some("https://yoursite.com/2U1"));

    let tags = |json: &str| file(json).unwrap().tags;
    assert_eq!(tags(r#"{"id": 1, "keywords": ""}"#), Some(Vec::new()));
    assert_eq!(tags(r#"{"id": 1, "keywords": null}"#), Some(Vec::new()));
    assert_eq!(tags(r#"{"id": 1}"#), None);
    assert_eq!(tags(r#"{"id": 1, "keywords": false}"#), None);
    assert_eq!(tags(r#"{"id": 1, "keywords": true}"#), None);
    assert_eq!(tags(r#"{"id": 1, "keywords": []}"#), Some(Vec::new()));
    let words = |list: &[&str]| Some(list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        tags(r#"{"id": 1, "keywords": ["button", " back, front ", "", 2024, null]}"#),
        words(&["button", "back, front", "2024"])
    );
    assert_eq!(tags(r#"{"id": 1, "keywords": {"0": "button", "2": "gif"}}"#), words(&["button", "gif"]));
    assert_eq!(tags(r#"{"id": 1, "keywords": 2024}"#), words(&["2024"]));
    let status = |word: &str| file(&format!(r#"{{"id": 1, "status": "{word}"}}"#)).unwrap().status;
    let words = [
        ("Active", FileStatus::Active),
        ("trash", FileStatus::Trashed),
        ("deleted", FileStatus::Deleted),
        ("user removed", FileStatus::Deleted),
        ("copyright removed", FileStatus::Deleted),
        ("odd", FileStatus::Unknown),
    ];
    for (word, expected) in words {
        assert_eq!(status(word), expected, "{word}");
    }
    for nothing in ["{}", r#"{"id": "12abc"}"#, r#"{"id": 0}"#, r#"{"id": null, "filename": "a"}"#] {
        assert!(file(nothing).is_none(), "{nothing}");
    }
}

#[test]
fn hash_of_an_upload_is_an_md5_only_if_well_formed() {
    let upload = |hash: &str| {
        let json = format!(
            r#"{{"name": "a.jpg", "size": "149084", "type": "application/octet-stream", "error": null,
            "url": "https://yoursite.com/2Vv", "hash": {hash}, "short_url": "2Vv", "file_id": "1253"}}"#
        );
        convert().uploaded(wire(&json), &folder("7")).unwrap()
    };
    let found = upload("\"2F4105BC2C626232544275C2D890168B\"");
    assert_eq!(found.md5.as_deref(), Some("2f4105bc2c626232544275c2d890168b"));
    assert_eq!((found.id.as_str(), found.size, found.status), ("1253", Some(149_084), FileStatus::Active));
    assert_eq!((found.short_code.as_deref(), &found.folder_id), (Some("2Vv"), &Some(folder("7"))));
    for odd in ["null", "\"\"", "\"2f41\"", "\"zf4105bc2c626232544275c2d890168b\"", "7"] {
        assert_eq!(upload(odd).md5, None, "{odd}");
    }
    for unnamed in ["{}", r#"{"url": "https://yoursite.com/2Vv"}"#, r#"{"file_id": "2Vv"}"#] {
        assert!(convert().uploaded(wire(unnamed), &FolderId::Root).is_none(), "{unnamed}");
    }
}

#[test]
fn folder_password_is_unknown_unless_the_answer_has_it() {
    let json = r#"{"id": "123", "parentId": null, "folderName": "My Folder 1", "totalSize": "868689", "isPublic": "1",
        "date_added": "2017-02-15 20:02:05", "date_updated": null, "url_folder": "https://yoursite.com/folder/123",
        "total_downloads": 5864, "child_folder_count": 1, "file_count": 0}"#;
    let read = |json: &str, parent: Option<&FolderId>| convert().folder(wire(json), &TimeZone::UTC, parent);
    let found = read(json, None).unwrap();
    assert_eq!((found.id.as_str(), found.name.as_deref()), ("123", Some("My Folder 1")));
    assert_eq!((found.parent_id.clone(), found.visibility), (Some(FolderId::Root), Some(Visibility::Unlisted)));
    assert_eq!((found.total_size, found.download_count, found.file_count), (Some(868_689), Some(5864), Some(0)));
    assert_eq!((found.password_protected, found.updated_at), (None, None));

    let with_password = |value: &str| read(&format!(r#"{{"id": 1, "accessPassword": {value}}}"#), None).unwrap();
    assert_eq!(with_password("\"d9729feb74992cc3482b350163a1a010\"").password_protected, Some(true));
    assert_eq!(with_password("null").password_protected, Some(false));
    assert_eq!(read(r#"{"id": 1}"#, Some(&folder("9"))).unwrap().parent_id, Some(folder("9")));
    assert_eq!(read(r#"{"id": 1, "parentId": 8}"#, Some(&folder("9"))).unwrap().parent_id, Some(folder("8")));
    for nothing in ["{}", r#"{"id": "0"}"#, r#"{"id": null}"#, r#"{"id": "x"}"#] {
        assert!(read(nothing, None).is_none(), "{nothing}");
    }
}

#[test]
fn listing_counts_unreadable_entries() {
    let rows = [
        (r#"{"folders": [], "files": []}"#, Some((0, 0, false))),
        (r#"{"folders": [{"id": "1"}], "files": [{"id": 2}]}"#, Some((2, 0, false))),
        (r#"{"folders": {"0": {"id": "1"}}, "files": [{"filename": "x"}]}"#, Some((1, 1, false))),
        (r#"{"folders": [{"id": "1"}], "files": false}"#, Some((1, 0, true))),
        (r#"{"folders": [], "files": null}"#, Some((0, 0, true))),
        (r#"{"folders": [], "files": [{"id": "x"}]}"#, Some((0, 1, false))),
        (r#"{"folders": [{"id": 1, "status": "active"}, {"id": 2, "status": ""}], "files": []}"#, Some((2, 0, false))),
        (
            r#"{"folders": [{"id": 1, "status": "trash"}, {"id": 2, "status": "Trashed"}], "files": []}"#,
            Some((0, 0, false)),
        ),
        (r#"{"folders": [{"id": 1, "status": "DELETED"}], "files": [{"id": 2}]}"#, Some((1, 0, false))),
        (r#"{"folders": "", "files": "x"}"#, None),
        ("{}", None),
    ];
    for (json, expected) in rows {
        let listing = convert().listing(wire(json), &TimeZone::UTC, &folder("5"));
        let items = |listing: &Listing| listing.folders.len() + listing.files.len();
        let counts = listing.ok().map(|listing| (items(&listing), listing.unreadable, listing.incomplete));
        assert_eq!(counts, expected, "{json}");
    }
}

#[test]
fn listed_file_without_folder_is_in_the_listed_folder() {
    let json = r#"{"folders": [], "files": [{"id": 1}, {"id": 2, "folderId": null}, {"id": 3, "folderId": "8"}]}"#;
    let listing = convert().listing(wire(json), &TimeZone::UTC, &folder("5")).unwrap();
    let folders: Vec<_> = listing.files.into_iter().map(|file| file.folder_id.unwrap()).collect();
    assert_eq!(folders, [folder("5"), FolderId::Root, folder("8")]);
}

#[test]
fn remote_upload_has_a_file_only_when_complete() {
    let read = |status: &str, size: &str| {
        let json = format!(
            r#"{{"scheduled_item_id": 51, "status": "{status}", "created": "2024-01-25 19:34:52",
            "started": "0000-00-00 00:00:00", "finished": null, "total_size": {size}, "notes": "Timed out.",
            "downloaded_file": {{"file_id": 11456, "name": "logo.png", "size": 17262, "url": "https://yoursite.com/sZG"}}}}"#
        );
        convert().remote_upload(convert().ids.remote_upload("51").unwrap(), wire(&json), &TimeZone::UTC)
    };
    let rows = [
        ("pending", JobState::Queued),
        ("processing", JobState::Running),
        ("Downloading", JobState::Running),
        ("failed", JobState::Failed),
        ("cancelled", JobState::Cancelled),
        ("pondering", JobState::Unknown),
    ];
    for (word, state) in rows {
        let found = read(word, "0");
        assert_eq!((found.state, found.raw_state.as_deref()), (state, Some(word)));
        assert_eq!((found.size, found.progress_percent), (None, None), "{word}");
        assert_eq!((found.file_id, found.name, found.page_url), (None, None, None), "{word}");
        let ended = matches!(state, JobState::Failed | JobState::Cancelled);
        assert_eq!(found.error.is_some(), ended, "{word}");
    }
    let done = read("complete", "17262");
    assert_eq!((done.state, done.progress_percent, done.size), (JobState::Succeeded, Some(100.0), Some(17262)));
    assert_eq!((done.file_id.unwrap().as_str(), done.name.as_deref()), ("11456", Some("logo.png")));
    assert_eq!((done.error, done.started_at), (None, None));
    assert_eq!(done.created_at.unwrap().to_string(), "2024-01-25T19:34:52Z");
    assert_eq!(read("complete", "0").size, Some(0));
    for nothing in ["null", "false", "\"\"", "[]", "7"] {
        let json = format!(r#"{{"status": "complete", "downloaded_file": {nothing}}}"#);
        let id = convert().ids.remote_upload("51").unwrap();
        assert_eq!(convert().remote_upload(id, wire(&json), &TimeZone::UTC).file_id, None, "{nothing}");
    }
}
