//! The sample content of a new account: folders two levels deep, and films with names in many languages. It has one
//! example of every special state of a file, a remote upload or a conversion.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ids;
use super::rows::{Condition, Conversion, NewFile, RemoteUpload};
use super::store::{ROOT, Store};
use crate::content;
use crate::progress::Schedule;

/// The upload time of the first file, in seconds since 1970. Each later file was uploaded a week after the one before.
const FIRST_UPLOAD: i64 = 1_532_854_309;
const WEEK: i64 = 7 * 24 * 60 * 60;

/// The step of unfinished jobs. It is long, so that a test or user still finds them unfinished.
const SLOW_STEP: Duration = Duration::from_secs(20 * 60);

/// The folders: name, and index in this list of the parent folder.
const FOLDERS: [(&str, Option<usize>); 6] = [
    ("Films", None),
    ("Animation", Some(0)),
    ("Films muets", Some(0)),
    ("Séries", None),
    ("Saison 1", Some(3)),
    ("À trier", None),
];

/// The files: index of their folder in the list above, name, and length in bytes.
const FILES: [(Option<usize>, &str, usize); 12] = [
    (None, "Big Buck Bunny 720p.mp4", 193_986),
    (None, "The quick brown fox.mp4", 24_160),
    (Some(0), "Tears of Steel.mov", 88_412),
    (Some(0), "Броненосец «Потёмкин».mkv", 65_536),
    (Some(0), "東京物語.mp4", 70_001),
    (Some(1), "Sintel.mkv", 131_072),
    (Some(1), "Elephants Dream.avi", 41_007),
    (Some(1), "Caminandes 3 – Llamigos.webm", 15_625),
    (Some(2), "Le Voyage dans la Lune (1902).mp4", 19_020),
    (Some(2), "Nosferatu – Eine Symphonie des Grauens.mp4", 52_344),
    (Some(4), "Épisode 1 & 2 – L'arrivée.mp4", 33_333),
    (Some(5), "MyOldCamera.avi", 9_999),
];

const SUSPENDED: &str = "Elephants Dream.avi";
const BROKEN: &str = "The quick brown fox.mp4";
const BEING_CONVERTED: &str = "MyOldCamera.avi";
const NOT_CONVERTIBLE: &str = "Tears of Steel.mov";

/// Fills an empty store.
pub(crate) fn fill(store: &mut Store, now: Timestamp) {
    let mut folders = Vec::new();
    for (name, parent) in FOLDERS {
        folders.push(store.add_folder(folder_at(&folders, parent), name));
    }
    for (week, (folder, name, length)) in (0..).zip(FILES) {
        let uploaded_at = Timestamp::from_second(FIRST_UPLOAD + week * WEEK).unwrap_or(now);
        let file = NewFile::of_bytes(folder_at(&folders, folder), name, &content::generated(name, length), uploaded_at);
        let id = store.add_file(ids::stable_id(name), file);
        set_state(store, &id, name, now);
    }
    add_remote_uploads(store, folder_at(&folders, Some(5)), now);
}

fn folder_at(folders: &[u64], index: Option<usize>) -> u64 {
    index.and_then(|index| folders.get(index)).copied().unwrap_or(ROOT)
}

/// Sets the states of the special files. All others are intact and were converted long ago.
fn set_state(store: &mut Store, id: &str, name: &str, now: Timestamp) {
    if let Some(file) = store.files.get_mut(id) {
        file.suspended = name == SUSPENDED;
        if name == BROKEN {
            file.condition = Condition::Broken;
        }
    }
    if name == BEING_CONVERTED {
        let schedule = in_progress(now, 0.57);
        store.add_conversion(Conversion { file: id.to_owned(), schedule, fails: false, retries: 0 });
    }
    if name == NOT_CONVERTIBLE {
        let schedule = Schedule { start: before(now, 20.0), step: Duration::from_secs(60) };
        store.add_conversion(Conversion { file: id.to_owned(), schedule, fails: true, retries: 3 });
    }
}

/// Adds a running remote upload, and one whose address the site does not fetch from.
fn add_remote_uploads(store: &mut Store, folder: u64, now: Timestamp) {
    let running = RemoteUpload {
        url: "https://download.blender.org/peach/bigbuckbunny_movies/big_buck_bunny_1080p_h264.mov".to_owned(),
        folder,
        headers: Vec::new(),
        schedule: in_progress(now, 0.7841),
        error: None,
        file: None,
    };
    let failed = RemoteUpload {
        url: "http://127.0.0.1/".to_owned(),
        schedule: Schedule { start: before(now, 30.0), step: Duration::ZERO },
        error: Some(super::rows::INVALID_URL.to_owned()),
        ..running.clone()
    };
    store.add_remote_upload(failed);
    store.add_remote_upload(running);
}

/// Returns the schedule of a slow job that has completed this fraction by now.
fn in_progress(now: Timestamp, done: f64) -> Schedule {
    let steps_passed = 1.0 + 2.0 * done;
    Schedule { start: before(now, steps_passed), step: SLOW_STEP }
}

/// Returns the time that is this many slow steps before another.
fn before(now: Timestamp, steps: f64) -> Timestamp {
    let back = SignedDuration::try_from(SLOW_STEP.mul_f64(steps)).unwrap_or_default();
    now.checked_sub(back).unwrap_or(now)
}
