//! The digests of a download, of the kinds that the gateway tells of the file: computed as the bytes pass.

use std::io;
use std::path::PathBuf;

use md5::Md5;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::failure::Failure;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Digests under way, each with what it should come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Digests {
    sha1: Option<(Sha1, String)>,
    md5: Option<(Md5, String)>,
}

impl Digests {
    /// Of the kinds that a file of the API's has, over no bytes yet.
    pub(super) fn told_by(file: &Value) -> Self {
        let told = |field: &str| file[field].as_str().map(str::to_owned);
        Self { sha1: told("sha1").map(|told| (Sha1::new(), told)), md5: told("md5").map(|told| (Md5::new(), told)) }
    }

    /// The same kinds, over the first bytes of a file. Takes a while for a large one, off the async threads.
    ///
    /// # Errors
    /// Where the file cannot be read.
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

    /// More bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some((sha1, _)) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some((md5, _)) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// From the beginning.
    pub(super) fn reset(&mut self) {
        if let Some((sha1, _)) = &mut self.sha1 {
            *sha1 = Sha1::new();
        }
        if let Some((md5, _)) = &mut self.md5 {
            *md5 = Md5::new();
        }
    }

    /// Holds what they have come to against what they should.
    ///
    /// # Errors
    /// One differs.
    pub(super) fn check(self) -> Result<(), Failure> {
        let sha1 = self.sha1.map(|(sha1, told)| ("SHA-1", hex::encode(sha1.finalize()), told));
        let md5 = self.md5.map(|(md5, told)| ("MD5", hex::encode(md5.finalize()), told));
        match [sha1, md5].into_iter().flatten().find(|(_, found, told)| !found.eq_ignore_ascii_case(told)) {
            None => Ok(()),
            Some((kind, found, told)) => {
                let detail = format!("Its {kind} is {found} and should be {told}.");
                Err(Failure::own("download_corrupted", "What came is not the file", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(file: &Value, bytes: &[u8]) -> Result<(), Failure> {
        let mut digests = Digests::told_by(file);
        digests.update(bytes);
        digests.check()
    }

    #[test]
    fn what_is_told_is_checked_and_what_is_not_is_not() {
        let file =
            json!({"sha1": "A9993E364706816ABA3E25717850C26C9CD0D89D", "md5": "900150983cd24fb0d6963f7d28e17f72"});
        of(&file, b"abc").unwrap();
        assert_eq!(of(&file, b"abd").unwrap_err().problem().code(), "download_corrupted");
        of(&json!({"sha1": null}), b"abd").unwrap();
        of(&json!(null), b"abd").unwrap();
    }

    #[tokio::test]
    async fn bytes_that_are_there_already_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        std::fs::write(&path, b"ab").unwrap();
        let told = Digests::told_by(&json!({"md5": "900150983cd24fb0d6963f7d28e17f72"}));
        let mut digests = told.over(path).await.unwrap();
        digests.update(b"c");
        digests.check().unwrap();
    }
}
