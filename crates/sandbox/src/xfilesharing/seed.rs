//! The sample content of a new account: folders two levels deep, films with names in many languages, a running and a
//! failed URL upload, and an encoding. The other user's file and folder always exist.

use std::time::Duration;

use jiff::Timestamp;

use super::codes;
use super::dates::before;
use super::options::Options;
use super::rows::{Encoding, NewFile, Owner, UrlUpload};
use super::store::{ROOT, Store};
use crate::content;
use crate::progress::Schedule;

/// The upload time of the first file, in seconds since 1970. Each later file was uploaded a week after the one before.
const FIRST_UPLOAD: i64 = 1_732_854_309;
const WEEK: i64 = 7 * 24 * 60 * 60;

/// The step of unfinished jobs. It is long, so that a test or user still finds them unfinished.
const SLOW_STEP: Duration = Duration::from_secs(20 * 60);

/// The folders: name, and index in this list of the parent folder.
const FOLDERS: [(&str, Option<usize>); 5] =
    [("Films", None), ("Animation", Some(0)), ("Séries", None), ("Saison 1", Some(2)), ("À trier", None)];

/// The files: index of their folder in the list above, name, and length in bytes.
const FILES: [(Option<usize>, &str, usize); 9] = [
    (None, "Big Buck Bunny 720p.mp4", 193_986),
    (None, "The quick brown fox.mp4", 24_160),
    (Some(0), "Tears of Steel.mov", 88_412),
    (Some(0), "東京物語.mp4", 70_001),
    (Some(1), "Sintel.mkv", 131_072),
    (Some(1), "Elephants Dream.avi", 41_007),
    (Some(1), "Le Voyage dans la Lune (1902).mp4", 19_020),
    (Some(3), "Épisode 1 & 2 – L'arrivée.mp4", 33_333),
    (Some(4), "MyOldCamera.avi", 9_999),
];

const BLOCKED: &str = "Elephants Dream.avi";
const TAGGED: &str = "Big Buck Bunny 720p.mp4";
const BEING_ENCODED: &str = "MyOldCamera.avi";

/// Returns the code of the other user's file.
pub(crate) fn foreign_code() -> String {
    codes::stable_code("The other user's file.mp4")
}

/// Adds the folder and the file of the other user.
pub(crate) fn add_others(store: &mut Store, options: &Options) {
    let now = options.clock.now();
    let folder = store.add_folder(ROOT, "The other user's folder".to_owned());
    if let Some(folder) = store.folders.get_mut(&folder) {
        folder.owner = Owner::Other;
    }
    let name = "The other user's file.mp4";
    let file = NewFile::of_bytes(folder, name.to_owned(), "video/mp4", &content::generated(name, 12_345), week(0, now));
    store.add_file(options, foreign_code(), NewFile { owner: Owner::Other, ..file });
    store.encodings.clear();
}

/// Fills the account.
pub(crate) fn fill(store: &mut Store, options: &Options) {
    let now = options.clock.now();
    let mut folders = Vec::new();
    for (name, parent) in FOLDERS {
        folders.push(store.add_folder(folder_at(&folders, parent), options.stored_name(name)));
    }
    for (number, (folder, name, length)) in (0..).zip(FILES) {
        let stored = options.stored_name(name);
        let (bytes, content_type) = (content::generated(name, length), content::type_by_name(name));
        let folder = folder_at(&folders, folder);
        let file = NewFile::of_bytes(folder, stored, content_type, &bytes, week(number, now));
        let code = store.add_file(options, codes::stable_code(name), file);
        store.encodings.retain(|encoding| encoding.file != code);
        if let Some(file) = store.files.get_mut(&code) {
            file.blocked = name == BLOCKED;
            file.tags = if name == TAGGED { "bunny, short".to_owned() } else { String::new() };
        }
        if name == BEING_ENCODED {
            let schedule = in_progress(now, 0.57);
            store.encodings.push(Encoding { file: code, schedule, error: None, stalls: false });
        }
    }
    add_url_uploads(store, folder_at(&folders, Some(4)), now);
}

fn folder_at(folders: &[u64], index: Option<usize>) -> u64 {
    index.and_then(|index| folders.get(index)).copied().unwrap_or(ROOT)
}

fn week(number: i64, otherwise: Timestamp) -> Timestamp {
    Timestamp::from_second(FIRST_UPLOAD + number * WEEK).unwrap_or(otherwise)
}

/// Adds a running URL upload, and one whose address the site does not fetch from.
fn add_url_uploads(store: &mut Store, folder: u64, now: Timestamp) {
    let url = "https://download.blender.org/peach/bigbuckbunny_movies/big_buck_bunny_1080p_h264.mov";
    let running = UrlUpload {
        number: store.next_number(),
        code: codes::stable_code(url),
        url: url.to_owned(),
        title: None,
        folder,
        owner: Owner::Account,
        schedule: in_progress(now, 0.7841),
        error: None,
        stalls: false,
        finished: false,
    };
    let failed = UrlUpload {
        number: store.next_number(),
        code: codes::stable_code("http://127.0.0.1/"),
        url: "http://127.0.0.1/".to_owned(),
        schedule: Schedule { start: before(now, SLOW_STEP), step: Duration::ZERO },
        error: Some("Invalid URL".to_owned()),
        ..running.clone()
    };
    store.url_uploads.extend([failed, running]);
}

/// Returns the schedule of a slow job that has completed this fraction by now.
fn in_progress(now: Timestamp, done: f64) -> Schedule {
    Schedule { start: before(now, SLOW_STEP.mul_f64(1.0 + 2.0 * done)), step: SLOW_STEP }
}
