//! Digests of bytes that pass: computed on the way, and only those that somebody will compare.
//!
//! Computed where the bytes pass, and not on threads of their own: handing each piece over was measured to take a fifth
//! more time on processors, and to be no faster where the cores are shared with whoever sends and receives.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use md5::Md5;
use polyhost_domain::{ByteStream, Digest};
use sha1::{Digest as _, Sha1};

/// Digests under way. Clones see the same bytes.
#[derive(Clone, Default)]
pub(super) struct Digesting(Arc<Mutex<Hashers>>);

#[derive(Clone, Default)]
struct Hashers {
    passed: u64,
    sha1: Option<Sha1>,
    md5: Option<Md5>,
}

/// The digests of what has passed, in hexadecimal digits; `None` where nobody asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digests {
    /// How many bytes they are of.
    pub(super) length: u64,
    /// SHA-1
    pub(super) sha1: Option<String>,
    /// MD5
    pub(super) md5: Option<String>,
}

impl Digesting {
    /// Of these kinds.
    pub(super) fn of(wanted: &[Digest]) -> Self {
        let sha1 = wanted.contains(&Digest::Sha1).then(Sha1::new);
        let md5 = wanted.contains(&Digest::Md5).then(Md5::new);
        Self(Arc::new(Mutex::new(Hashers { passed: 0, sha1, md5 })))
    }

    /// The same bytes, seen as they pass.
    pub(super) fn watch(&self, body: ByteStream) -> ByteStream {
        let seen = self.clone();
        body.inspect_ok(move |bytes| seen.update(bytes)).boxed()
    }

    /// The digests of what has passed so far.
    pub(super) fn finish(&self) -> Digests {
        let hashers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Digests {
            length: hashers.passed,
            sha1: hashers.sha1.map(|hasher| hexadecimal(&hasher.finalize())),
            md5: hashers.md5.map(|hasher| hexadecimal(&hasher.finalize())),
        }
    }

    fn update(&self, bytes: &Bytes) {
        let mut hashers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hashers.passed += bytes.len() as u64;
        if let Some(sha1) = &mut hashers.sha1 {
            sha1.update(bytes);
        }
        if let Some(md5) = &mut hashers.md5 {
            md5.update(bytes);
        }
    }
}

impl Digests {
    /// The digest of a kind.
    pub(super) fn get(&self, digest: Digest) -> Option<&str> {
        match digest {
            Digest::Sha1 => self.sha1.as_deref(),
            Digest::Md5 => self.md5.as_deref(),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[tokio::test]
    async fn only_what_is_asked_for_is_computed_over_all_that_passes() {
        let pieces = || stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))]).boxed();
        let both = Digesting::of(&[Digest::Sha1, Digest::Md5]);
        assert_eq!(both.watch(pieces()).count().await, 2);
        let digests = both.finish();
        assert_eq!(digests.sha1.as_deref(), Some("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_eq!(digests.md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));

        let none = Digesting::of(&[]);
        assert_eq!(none.watch(pieces()).count().await, 2);
        assert_eq!(none.finish(), Digests { length: 3, sha1: None, md5: None });
    }
}
