//! The digests of a download, computed as the bytes pass. They are of the kinds that the gateway reports for the file.

use std::io;
use std::path::PathBuf;

use crate::digest::{Digests, Running};
use crate::failure::Failure;

/// Running digests, with their expected values.
#[derive(Debug, Clone, Default)]
pub(super) struct ExpectedDigests {
    running: Running,
    expected: Digests,
}

impl ExpectedDigests {
    /// Creates digests of the kinds that are known for a file, over no bytes yet.
    pub(super) fn new(expected: &Digests) -> Self {
        Self { running: expected.start(), expected: expected.clone() }
    }

    /// Computes the same digests over the existing bytes of a file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) async fn over(self, path: PathBuf) -> io::Result<Self> {
        let running = self.expected.start().over(path, |_| ()).await?;
        Ok(Self { running, ..self })
    }

    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.running.update(bytes);
    }

    /// Restarts the digests.
    pub(super) fn reset(&mut self) {
        self.running = self.expected.start();
    }

    /// Compares the digests with the expected values.
    ///
    /// # Errors
    /// If one differs.
    pub(super) fn check(self) -> Result<(), Failure> {
        let found = self.running.finish();
        if found.equal(&self.expected) != Some(false) {
            return Ok(());
        }
        let detail = format!("The gateway reports {}, but the bytes have {found}.", self.expected);
        Err(Failure::from_client("download_corrupted", "The downloaded bytes are not the file", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(file: &Value, bytes: &[u8]) -> Result<(), Failure> {
        let mut digests = ExpectedDigests::new(&Digests::read(file));
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
        let expected = ExpectedDigests::new(&Digests::read(&json!({"md5": "900150983cd24fb0d6963f7d28e17f72"})));
        let mut digests = expected.over(path).await.unwrap();
        digests.update(b"c");
        digests.check().unwrap();
    }
}
