//! A cursor that the gateway did not seal is rejected. A sealed cursor resumes at one place, whatever it contains.
#![no_main]
#![allow(clippy::expect_used, reason = "a failure is a finding of the fuzzer")]

use libfuzzer_sys::fuzz_target;
use polyhost_domain::{File, Folder, FolderId, IdAlphabet, IdGrammar, Listing};
use polyhost_engine::catalogue::fuzzing::{resume, seal};
use polyhost_fuzz::origin;

fuzz_target!(|input: &[u8]| {
    for sort in ["name", "-name", "size", "-uploaded_at"] {
        let sort = sort.parse().expect("an order");
        if let Ok(text) = std::str::from_utf8(input) {
            assert_eq!(resume(text, listing(), sort), None);
        }
        if let Some(resumed) = resume(&seal(input), listing(), sort) {
            assert!(resumed.place <= 3);
            assert_eq!(resume(&resumed.cursor, listing(), sort).as_ref(), Some(&resumed));
        }
    }
});

fn listing() -> Listing {
    let (origin, ids) = (origin("pstream"), IdGrammar::new(IdAlphabet::UrlSafe, "0"));
    let folder = Folder::bare(&origin, ids.folder("f").expect("an id"), Some(FolderId::Root), Some("Films".to_owned()));
    let files = ["a", "b"].map(|id| {
        let file = File::bare(&origin, ids.file(id).expect("an id"));
        File { name: Some(id.repeat(3)), size: (id == "a").then_some(3), ..file }
    });
    Listing { folders: vec![folder], files: files.into(), ..Listing::default() }
}
