//! The digests of a download, computed as the bytes pass. They are of the kinds that the gateway reports for the file.

use std::io;
use std::path::PathBuf;

use md5::Md5;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::failure::Failure;

/// The size of one read.
const CHUNK: usize = 256 * 1024;

/// Running digests, each with its expected value.
#[derive(Debug, Clone, Default)]
pub(super) struct Digests {
    sha1: Option<(Sha1, String)>,
    md5: Option<(Md5, String)>,
}

impl Digests {
    /// Creates digests of the kinds that the API's file has, over no bytes yet.
    pub(super) fn expected_by(file: &Value) -> Self {
        let expected = |field: &str| file[field].as_str().map(str::to_owned);
        Self {
            sha1: expected("sha1").map(|expected| (Sha1::new(), expected)),
            md5: expected("md5").map(|expected| (Md5::new(), expected)),
        }
    }

    /// Computes the same digests over the existing bytes of a file. This may take long for a large file, and runs
    /// outside of the async threads.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) async fn over(self, path: PathBuf) -> io::Result<Self> {
        if self.sha1.is_none() && self.md5.is_none() {
            return Ok(self);
        }
        tokio::task::spawn_blocking(move || self.over_now(std::fs::File::open(path)?))
            .await
            .map_err(io::Error::other)?
    }

    fn over_now(mut self, mut file: impl io::Read) -> io::Result<Self> {
        self.reset();
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(self),
                Ok(read) => self.update(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some((sha1, _)) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some((md5, _)) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// Restarts the digests.
    pub(super) fn reset(&mut self) {
        if let Some((sha1, _)) = &mut self.sha1 {
            *sha1 = Sha1::new();
        }
        if let Some((md5, _)) = &mut self.md5 {
            *md5 = Md5::new();
        }
    }

    /// Compares the digests with the expected values.
    ///
    /// # Errors
    /// If one differs.
    pub(super) fn check(self) -> Result<(), Failure> {
        let sha1 = self.sha1.map(|(sha1, expected)| ("SHA-1", hex::encode(sha1.finalize()), expected));
        let md5 = self.md5.map(|(md5, expected)| ("MD5", hex::encode(md5.finalize()), expected));
        match [sha1, md5].into_iter().flatten().find(|(_, found, expected)| !found.eq_ignore_ascii_case(expected)) {
            None => Ok(()),
            Some((kind, found, expected)) => {
                let detail = format!("Its {kind} is {found}, but the gateway reports {expected}.");
                Err(Failure::from_client("download_corrupted", "The downloaded bytes are not the file", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(file: &Value, bytes: &[u8]) -> Result<(), Failure> {
        let mut digests = Digests::expected_by(file);
        digests.update(bytes);
        digests.check()
    }

    #[test]
    fn only_reported_digests_are_checked() {
        let file =
            json!({"sha1": "A9993E364706816ABA3E25717850C26C9CD0D89D", "md5": "900150983cd24fb0d6963f7d28e17f72"});
        of(&file, b"abc").unwrap();
        assert_eq!(of(&file, b"abd").unwrap_err().problem().code(), "download_corrupted");
        of(&json!({"sha1": null}), b"abd").unwrap();
        of(&json!(null), b"abd").unwrap();
    }

    #[tokio::test]
    async fn existing_bytes_are_part_of_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        std::fs::write(&path, b"ab").unwrap();
        let expected = Digests::expected_by(&json!({"md5": "900150983cd24fb0d6963f7d28e17f72"}));
        let mut digests = expected.over(path).await.unwrap();
        digests.update(b"c");
        digests.check().unwrap();
    }
}
