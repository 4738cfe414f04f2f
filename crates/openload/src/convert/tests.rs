//! Tests of the conversion, with answers as sites write them.

use polyhost_domain::IdAlphabet;
use serde::Deserialize;

use super::*;

fn convert() -> Convert {
    Convert {
        origin: Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() },
        ids: IdGrammar::new(IdAlphabet::UrlSafe, "0"),
        timezone: TimeZone::UTC,
        progress: ProgressScale::Percent,
    }
}

fn wire<'a, T: Deserialize<'a>>(json: &'a str) -> T {
    polyhost_upstream::decode::value(json).unwrap()
}

fn folder(id: &str) -> FolderId {
    convert().ids.folder(id).unwrap()
}

#[test]
fn documented_listing_is_converted_in_every_shape() {
    let file = r#"{"name": "Big bunny buck 720p", "sha1": "8fd4", "folder_id": 0, "upload_at": 1532854309,
        "status": "active", "size": 193986560, "content_type": "video/mp4", "cstatus": "ok",
        "link": "https://www.pstream.net/v/VKrJd-A_vNmpP4L", "embed_link": "https://www.pstream.net/e/VKrJd-A_vNmpP4L",
        "linkextid": "VKrJd-A_vNmpP4L"}"#;
    let other = r#"{"name": "Big bunny buck 1080p", "folder_id": 789, "status": "suspended", "size": "354418688"}"#;
    let shapes = [
        format!(r#"{{"VKrJd-A_vNmpP4L": {file}, "C4f9cApMlcnJQ": {other}}}"#),
        format!(r#"[{{"VKrJd-A_vNmpP4L": {file}}}, {{"C4f9cApMlcnJQ": {other}}}]"#),
    ];
    for files in shapes {
        let json = format!(r#"{{"folders": [{{"id": "456", "name": "My Great Folder"}}], "files": {files}}}"#);
        let listing = convert().listing(wire(&json), &FolderId::Root).unwrap();

        let found = &listing.folders[0];
        assert_eq!((found.id.as_str(), found.name.as_deref()), ("456", Some("My Great Folder")));
        assert_eq!(found.parent_id, Some(FolderId::Root));
        let found = &listing.files[0];
        assert_eq!(found.id.as_str(), "VKrJd-A_vNmpP4L");
        assert_eq!(found.folder_id, Some(FolderId::Root));
        assert_eq!(found.uploaded_at.unwrap().to_string(), "2018-07-29T08:51:49Z");
        assert_eq!((found.status, found.conversion), (FileStatus::Active, Some(JobState::Succeeded)));
        assert_eq!(found.embed_url.as_deref(), Some("https://www.pstream.net/e/VKrJd-A_vNmpP4L"));
        let found = &listing.files[1];
        assert_eq!((found.id.as_str(), found.size), ("C4f9cApMlcnJQ", Some(354_418_688)));
        assert_eq!((found.status, found.folder_id.as_ref()), (FileStatus::Suspended, Some(&folder("789"))));
    }
}

#[test]
fn folder_with_an_id_of_the_root_is_unreadable() {
    for id in ["\"0\"", "0", "\"root\"", "\"00\"", "\"\"", "null"] {
        let json = format!(r#"{{"folders": [{{"id": {id}, "name": "a"}}, {{"id": "5", "name": "b"}}], "files": []}}"#);
        let listing = convert().listing(wire(&json), &FolderId::Root).unwrap();
        assert_eq!((listing.folders.len(), listing.unreadable), (1, 1), "{id}");
    }
}

#[test]
fn empty_listing_is_recognised_in_every_form() {
    for json in [r#"{"folders": [], "files": []}"#, r#"{"folders": {}, "files": null}"#] {
        let listing = convert().listing(wire(json), &FolderId::Root).unwrap();
        assert!(listing.folders.is_empty() && listing.files.is_empty(), "{json}");
    }
}

#[test]
fn entry_with_an_invalid_id_is_left_out() {
    let json = r#"{"folders": [{"id": "a b"}, {"name": "no id"}, {"id": 0}, {"id": 7, "name": 5}],
        "files": {"a/b": {}, "ok": {"size": {"odd": true}}, "c d": {"linkextid": "good", "folder_id": "x y"}}}"#;
    let listing = convert().listing(wire(json), &folder("12")).unwrap();

    let folders: Vec<_> = listing.folders.iter().map(|folder| (folder.id.as_str(), folder.name.as_deref())).collect();
    assert_eq!(folders, [("7", Some("5"))]);
    let files: Vec<_> = listing.files.iter().map(|file| (file.id.as_str(), file.size)).collect();
    assert_eq!(files, [("ok", None), ("good", None)]);
    assert!(listing.files.iter().all(|file| file.folder_id == Some(folder("12"))));
}

#[test]
fn state_of_a_remote_upload_never_follows_its_percentage() {
    let json = r#"{
        "24": {"id": 24, "remoteurl": "https://a.example/b.mov", "status": "new", "progress_percent": null,
            "folderid": "4248", "added": "2018-02-21 09:20:26", "last_update": "2018-02-21 09:20:26",
            "errormsg": false, "extid": false, "url": false},
        "22": {"id": 22, "status": "downloading", "progress_percent": "78.41", "folderid": "0"},
        "20": {"id": "20", "status": "finished", "progress_percent": "100", "extid": "ANAaeBZus-Q"},
        "3": {"status": "error", "progress_percent": "100", "errormsg": "Invalid URL"},
        "2": {"status": "Pondering", "bytes_loaded": "50", "bytes_total": "200"}
    }"#;
    let found = convert().remote_uploads(wire(json), |text| Some(text.to_owned())).unwrap();

    let states: Vec<_> =
        found.iter().map(|upload| (upload.id.as_str(), upload.state, upload.progress_percent)).collect();
    assert_eq!(
        states,
        [
            ("24", JobState::Queued, None),
            ("22", JobState::Running, Some(78.41)),
            ("20", JobState::Succeeded, Some(100.0)),
            ("3", JobState::Failed, Some(100.0)),
            ("2", JobState::Unknown, Some(25.0)),
        ]
    );
    assert_eq!(found[0].created_at.unwrap().to_string(), "2018-02-21T09:20:26Z");
    assert_eq!((&found[0].error, &found[0].file_id, &found[0].page_url), (&None, &None, &None));
    assert_eq!(found[1].folder_id, Some(FolderId::Root));
    assert_eq!(found[2].file_id.as_ref().unwrap().as_str(), "ANAaeBZus-Q");
    assert_eq!(found[3].error.as_deref(), Some("Invalid URL"));
    assert_eq!(found[4].raw_state.as_deref(), Some("Pondering"));
}

#[test]
fn progress_of_conversions_is_scaled_to_percent() {
    let json = r#"[{"name": "a.avi", "id": "451984984", "status": "pending", "last_update": "2019-01-01 04:40:40",
        "progress": 0.57, "retries": "0", "link": "https://www.pstream.net/v/LbVwPmA47"}]"#;
    let fraction = Convert { progress: ProgressScale::Fraction, ..convert() };
    let found = &fraction.conversions(wire(json)).unwrap()[0];
    assert_eq!((found.progress_percent, found.retries, found.state), (Some(57.0), Some(0), JobState::Queued));
    assert_eq!(found.file_id.as_ref().unwrap().as_str(), "LbVwPmA47");
    let json = json.replace("0.57", "157");
    assert_eq!(convert().conversions(wire(&json)).unwrap()[0].progress_percent, Some(100.0));
}

#[test]
fn uploaded_file_without_id_has_the_id_in_its_address() {
    let addresses = [
        "https://www.pstream.net/v/fCgaPthr_ys",
        "https://openload.co/f/fCgaPthr_ys/name%20of.mp4",
        "https://x.example/embed/fCgaPthr_ys?t=1",
    ];
    for address in addresses {
        let json = format!(r#"{{"url": "{address}", "size": "24160"}}"#);
        let reply = wire(&json);
        let file = convert().uploaded(&reply, &FolderId::Root).unwrap();
        assert_eq!((file.id.as_str(), file.size), ("fCgaPthr_ys", Some(24160)), "{address}");
        assert_eq!(file.folder_id, Some(FolderId::Root));
    }
    for reply in ["{}", r#"{"url": "no address"}"#, r#"{"id": "a b", "url": "https://x.example/"}"#] {
        assert!(convert().uploaded(&wire(reply), &FolderId::Root).is_none(), "{reply}");
    }
}

#[test]
fn link_without_an_id_segment_has_no_id() {
    let addresses = [
        "https://host.example/watch",
        "https://host.example/fCgaPthr_ys",
        "https://host.example/v",
        "https://host.example/v/",
        "https://host.example/e/?id=fCgaPthr_ys",
        "https://host.example/",
        "mailto:v/fCgaPthr_ys",
    ];
    for link in addresses {
        let reply = format!(r#"{{"url": "{link}", "size": "24160"}}"#);
        assert!(convert().uploaded(&wire(&reply), &FolderId::Root).is_none(), "{link}");
        let listing = format!(r#"{{"folders": [{{"id": "1"}}], "files": [{{"name": "a", "link": "{link}"}}]}}"#);
        assert!(convert().listing(wire(&listing), &FolderId::Root).unwrap().files.is_empty(), "{link}");
        let remote = format!(r#"[{{"id": 24, "status": "finished", "url": "{link}"}}]"#);
        let found = convert().remote_uploads(wire(&remote), |text| Some(text.to_owned())).unwrap();
        assert_eq!(found[0].file_id, None, "{link}");
    }
}

#[test]
fn storage_of_minus_one_is_no_limit() {
    let rows = [
        (r#""storage_left": -1, "storage_used": "24160""#, Some(24160), None),
        (r#""storage_left": "5000", "storage_used": 24160"#, Some(24160), Some(5000)),
        (r#""storage_left": "-1", "storage_used": 0"#, Some(0), None),
        (r#""storage_left": 0, "storage_used": false"#, None, Some(0)),
        (r#""traffic": {"left": -1, "used_24h": 0}, "balance": 0"#, None, None),
    ];
    for (fields, used, left) in rows {
        let account = convert().account(wire(&format!(r#"{{"extid": "a", {fields}}}"#)));
        assert_eq!((account.storage_used_bytes, account.storage_left_bytes), (used, left), "{fields}");
    }
}

#[test]
fn account_id_is_found_under_every_known_name() {
    for name in ["extid", "apiid", "id"] {
        let json =
            format!(r#"{{"{name}": "fnvjeof4815f", "email": "a@b.example", "signup_at": "0000-00-00 00:00:00"}}"#);
        let account = convert().account(wire(&json));
        assert_eq!(account.id.as_deref(), Some("fnvjeof4815f"), "{name}");
        assert_eq!(account.created_at, None);
    }
}

#[test]
fn listing_counts_unreadable_entries() {
    let rows = [
        (r#"{"folders": [], "files": []}"#, Some((0, 0, false))),
        (r#"{"folders": [], "files": {}}"#, Some((0, 0, false))),
        (r#"{"folders": [{"id": "1", "name": "a"}], "files": [{"name": "x"}]}"#, Some((1, 1, false))),
        (r#"{"folders": [{"id": "1", "name": "a"}]}"#, Some((1, 0, true))),
        (r#"{"folders": [{"id": "1", "name": "a"}], "files": false}"#, Some((1, 0, true))),
        (r#"{"folders": [], "files": null}"#, Some((0, 0, true))),
        (r#"{"folders": [], "files": [{"name": "x", "size": 1}]}"#, Some((0, 1, false))),
        (r#"{"folders": [], "files": {"F 1": {"linkextid": "F 1"}}}"#, Some((0, 1, false))),
        (r#"{"folders": [], "files": ["abc"]}"#, Some((0, 1, false))),
        (r#"{"folders": "", "files": "x"}"#, None),
        (r#"{"folders": 3, "files": 2}"#, None),
        ("{}", None),
    ];
    for (json, expected) in rows {
        let listing = convert().listing(wire(json), &FolderId::Root);
        let items = |listing: &Listing| listing.folders.len() + listing.files.len();
        let counts = listing.ok().map(|listing| (items(&listing), listing.unreadable, listing.incomplete));
        assert_eq!(counts, expected, "{json}");
    }
}
