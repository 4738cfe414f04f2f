//! The sample content of a new account: folders two levels deep in every visibility, one of them empty, films with names
//! in many languages, a file in the trash, and remote uploads. The remote uploads are done, running and failed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::queue::{RemoteUpload, State};
use super::rows::{NewFile, TRASH, md5_of};
use super::store::{FETCHED_LENGTH, ROOT, Store};
use crate::clock::later;
use crate::{content, remote};

/// The upload time of the first file, in seconds since 1970. Each later file was uploaded a week after the one before.
const FIRST_UPLOAD: i64 = 1_486_724_767;
const WEEK: i64 = 7 * 24 * 60 * 60;

/// The remaining time of the running remote upload. It is long, so that a test or user still finds it running.
const REMAINING: Duration = Duration::from_secs(20 * 60);

/// The folders: name, index in this list of the parent folder, and visibility (0 private, 1 unlisted, 2 public).
const FOLDERS: [(&str, Option<usize>, u64); 8] = [
    ("Films", None, 2),
    ("Animation", Some(0), 2),
    ("Films muets", Some(0), 1),
    ("Séries", None, 1),
    ("Saison 1", Some(3), 1),
    ("À trier", None, 0),
    ("Behind a password", None, 1),
    ("Saison 2", Some(3), 1),
];

/// The folder with the password `sandbox`.
const LOCKED: usize = 6;

/// The files: index of their folder in the list above, name, length in bytes, and number of downloads.
const FILES: [(Option<usize>, &str, usize, u64); 13] = [
    (None, "Big Buck Bunny 720p.mp4", 193_986, 5_865),
    (None, "The quick brown fox.mp4", 24_160, 0),
    (Some(0), "Tears of Steel.mov", 88_412, 731),
    (Some(0), "Броненосец «Потёмкин».mkv", 65_536, 1_925),
    (Some(0), "東京物語.mp4", 70_001, 1_953),
    (Some(1), "Sintel.mkv", 131_072, 2_010),
    (Some(1), "Elephants Dream.avi", 41_007, 2_006),
    (Some(1), "Caminandes 3 – Llamigos.webm", 15_625, 16),
    (Some(2), "Le Voyage dans la Lune (1902).mp4", 19_020, 1_902),
    (Some(2), "Nosferatu – Eine Symphonie des Grauens.mp4", 52_344, 1_922),
    (Some(4), "Épisode 1 & 2 – L'arrivée.mp4", 33_333, 12),
    (Some(5), "MyOldCamera.avi", 9_999, 0),
    (Some(6), "Familie – Ostern.mp4", 12_012, 3),
];

/// The file that is in the trash.
const TRASHED: &str = "The quick brown fox.mp4";

/// Fills an empty store.
pub(crate) fn fill(store: &mut Store, now: Timestamp) {
    let mut folders = Vec::new();
    for (name, parent, is_public) in FOLDERS {
        let id = store.add_folder(folder_at(&folders, parent), name, week(0, now));
        folders.push(id);
        if let Some(folder) = store.folders.get_mut(&id) {
            folder.is_public = is_public;
        }
    }
    if let Some(folder) = store.folders.get_mut(&folder_at(&folders, Some(LOCKED))) {
        folder.password = Some(md5_of("sandbox"));
    }
    for (number, (folder, name, length, downloads)) in (0..).zip(FILES) {
        let bytes = content::generated(name, length);
        let id = store.add_file(NewFile::of_bytes(folder_at(&folders, folder), name, &bytes, week(number, now)));
        if let Some(file) = store.files.get_mut(&id) {
            file.downloads = downloads;
            if name == TRASHED {
                file.status = TRASH.to_owned();
            }
        }
    }
    add_remote_uploads(store, folder_at(&folders, Some(5)), now);
}

fn folder_at(folders: &[u64], index: Option<usize>) -> u64 {
    index.and_then(|index| folders.get(index)).copied().unwrap_or(ROOT)
}

fn week(number: i64, otherwise: Timestamp) -> Timestamp {
    Timestamp::from_second(FIRST_UPLOAD + number * WEEK).unwrap_or(otherwise)
}

/// Adds a remote upload that is complete, one from an address that the site does not fetch from, and one that is
/// running.
fn add_remote_uploads(store: &mut Store, folder: u64, now: Timestamp) {
    let long_ago = week(20, now);
    let url = "https://download.blender.org/demo/movies/caminandes_gran_dillama.mp4".to_owned();
    let bytes = content::generated(&url, FETCHED_LENGTH);
    let fetched = NewFile::of_bytes(folder, &remote::name_of(&url), &bytes, long_ago);
    let file = store.add_file(NewFile { source: "remote", ..fetched });
    let (started, finished) = (long_ago, later(long_ago, Duration::from_secs(1)));
    let complete = State::Complete { started, finished, file };
    let complete = RemoteUpload { url, folder, created: long_ago, error: None, state: complete };
    let failed = RemoteUpload {
        url: "http://127.0.0.1/".to_owned(),
        error: Some("Invalid url.".to_owned()),
        state: State::Failed { started, finished },
        ..complete.clone()
    };
    let earlier = now.checked_sub(SignedDuration::from_mins(5)).unwrap_or(now);
    let running = RemoteUpload {
        url: "https://download.blender.org/peach/bigbuckbunny_movies/big_buck_bunny_1080p_h264.mov".to_owned(),
        created: earlier,
        state: State::Downloading { started: earlier, until: later(now, REMAINING) },
        ..complete.clone()
    };
    for job in [complete, failed, running] {
        store.remote_uploads.put(job);
    }
}
