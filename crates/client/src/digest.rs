//! SHA-1 and MD5 of files: the digests that the API reports, and the computation of the same kinds.

use std::fmt;
use std::io;
use std::path::PathBuf;

use md5::Md5;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

/// The size of one read.
const CHUNK: usize = 256 * 1024;

/// The known digests of a file, in lower-case hexadecimal digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) sha1: Option<Box<str>>,
    pub(crate) md5: Option<Box<str>>,
}

/// Running digests, of the kinds that are to be compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running {
    sha1: Option<Sha1>,
    md5: Option<Md5>,
}

impl Digests {
    /// Reads the digests of the API's file.
    pub(crate) fn read(file: &Value) -> Self {
        let digest = |field: &str| file[field].as_str().map(|text| text.to_ascii_lowercase().into_boxed_str());
        Self { sha1: digest("sha1"), md5: digest("md5") }
    }

    /// Returns whether no digest is known.
    pub(crate) fn are_unknown(&self) -> bool {
        self.sha1.is_none() && self.md5.is_none()
    }

    /// Compares digests of the same kind; `None` if there is no kind that both sides know.
    pub(crate) fn equal(&self, other: &Self) -> Option<bool> {
        let pairs = [self.sha1.as_ref().zip(other.sha1.as_ref()), self.md5.as_ref().zip(other.md5.as_ref())];
        let mut known = pairs.into_iter().flatten().peekable();
        known.peek()?;
        Some(known.all(|(one, other)| one == other))
    }

    /// Starts to compute the digests of the known kinds.
    pub(crate) fn start(&self) -> Running {
        Running { sha1: self.sha1.as_ref().map(|_| Sha1::new()), md5: self.md5.as_ref().map(|_| Md5::new()) }
    }

    /// Computes the digests of the known kinds over a local file. This may take long for a large file, and runs outside
    /// of the async threads.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) async fn computed_over(
        &self,
        path: PathBuf,
        advance: impl FnMut(usize) + Send + 'static,
    ) -> io::Result<Self> {
        Ok(self.start().over(path, advance).await?.finish())
    }
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("SHA-1", &self.sha1), ("MD5", &self.md5)];
        let known = kinds.iter().filter_map(|(kind, digest)| Some(format!("the {kind} {}", digest.as_deref()?)));
        write!(f, "{}", known.collect::<Vec<_>>().join(", "))
    }
}

impl Running {
    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// Adds the bytes of a local file. If no digest is computed, the file is not read.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) async fn over(self, path: PathBuf, advance: impl FnMut(usize) + Send + 'static) -> io::Result<Self> {
        if self.sha1.is_none() && self.md5.is_none() {
            return Ok(self);
        }
        tokio::task::spawn_blocking(move || self.over_now(std::fs::File::open(path)?, advance))
            .await
            .map_err(io::Error::other)?
    }

    fn over_now(mut self, mut file: impl io::Read, mut advance: impl FnMut(usize)) -> io::Result<Self> {
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(self),
                Ok(read) => {
                    self.update(chunk.get(..read).unwrap_or_default());
                    advance(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the digests.
    pub(crate) fn finish(self) -> Digests {
        Digests {
            sha1: self.sha1.map(|sha1| hex::encode(sha1.finalize()).into_boxed_str()),
            md5: self.md5.map(|md5| hex::encode(md5.finalize()).into_boxed_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SHA1: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

    fn digests(sha1: Option<&str>, md5: Option<&str>) -> Digests {
        Digests::read(&json!({"sha1": sha1, "md5": md5}))
    }

    #[test]
    fn only_digests_that_both_sides_know_are_compared() {
        let both = digests(Some(SHA1), Some(MD5));
        assert_eq!(both.equal(&digests(Some(&SHA1.to_uppercase()), None)), Some(true));
        assert_eq!(both.equal(&digests(Some(SHA1), Some(SHA1))), Some(false));
        assert_eq!(digests(Some(SHA1), None).equal(&digests(None, Some(MD5))), None);
        assert_eq!(both.equal(&Digests::default()), None);
    }

    #[tokio::test]
    async fn digests_of_the_known_kinds_are_computed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"hello").unwrap();
        for known in [digests(Some(SHA1), Some(MD5)), digests(Some(SHA1), None), digests(None, Some(MD5))] {
            assert_eq!(known.computed_over(path.clone(), |_| ()).await.unwrap(), known);
        }
        // The file is not read.
        let none = Digests::default();
        assert_eq!(none.computed_over("/nowhere".into(), |_| ()).await.unwrap(), none);
    }

    #[test]
    fn bytes_in_parts_give_the_digest_of_the_whole() {
        let mut running = digests(Some(SHA1), Some(MD5)).start();
        running.update(b"he");
        running.update(b"llo");
        assert_eq!(running.finish(), digests(Some(SHA1), Some(MD5)));
    }
}
