//! Digests of bytes that pass: computed on the way, and only those that somebody will compare.
//!
//! Digesting takes longer than carrying. So it is done beside it, on the threads for what takes its time: while one piece
//! is digested it is already on its way to the site, and the next one is on its way in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use md5::Md5;
use polyhost_domain::{ByteStream, Digest};
use sha1::{Digest as _, Sha1};
use tokio::task::{JoinHandle, spawn_blocking};

/// The smallest piece that is worth another thread, in bytes.
const WORTH_A_THREAD: usize = 16 * 1024;

/// Digests under way. Clones see the same bytes.
#[derive(Clone)]
pub(super) struct Digesting(Arc<Shared>);

struct Shared {
    passed: AtomicU64,
    /// None while somebody has it in hand; for good, if that one went away.
    work: Mutex<Option<Work>>,
}

enum Work {
    Here(Hashers),
    /// On another thread, with the last piece.
    Away(JoinHandle<Hashers>),
}

#[derive(Clone, Default)]
struct Hashers {
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
        let work = Mutex::new(Some(Work::Here(Hashers { sha1, md5 })));
        Self(Arc::new(Shared { passed: AtomicU64::new(0), work }))
    }

    /// The same bytes, seen as they pass.
    pub(super) fn watch(&self, body: ByteStream) -> ByteStream {
        let seen = self.clone();
        let see = move |bytes: Bytes| {
            let seen = seen.clone();
            async move {
                seen.take(&bytes).await;
                Ok(bytes)
            }
        };
        body.and_then(see).boxed()
    }

    /// The digests of what has passed so far.
    pub(super) async fn finish(&self) -> Digests {
        let hashers = self.hashers().await;
        self.put_back(hashers.clone().map(Work::Here));
        let hashers = hashers.unwrap_or_default();
        Digests {
            length: self.0.passed.load(Ordering::Relaxed),
            sha1: hashers.sha1.map(|hasher| hex::encode(hasher.finalize())),
            md5: hashers.md5.map(|hasher| hex::encode(hasher.finalize())),
        }
    }

    async fn take(&self, bytes: &Bytes) {
        self.0.passed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let Some(mut hashers) = self.hashers().await else { return };
        let work = if hashers.are_none() || bytes.len() < WORTH_A_THREAD {
            hashers.update(bytes);
            Work::Here(hashers)
        } else {
            let bytes = bytes.clone();
            Work::Away(spawn_blocking(move || {
                hashers.update(&bytes);
                hashers
            }))
        };
        self.put_back(Some(work));
    }

    fn put_back(&self, work: Option<Work>) {
        *self.0.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    /// The hashers, when they are through with the piece before.
    async fn hashers(&self) -> Option<Hashers> {
        let work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        match work? {
            Work::Here(hashers) => Some(hashers),
            Work::Away(digesting) => digesting.await.ok(),
        }
    }
}

impl Hashers {
    fn are_none(&self) -> bool {
        self.sha1.is_none() && self.md5.is_none()
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[tokio::test]
    async fn pieces_of_every_size_are_digested_in_their_order() {
        let bytes: Vec<u8> = (0..500_000_u32).map(|at| (at % 253) as u8).collect();
        let sizes = [1, WORTH_A_THREAD - 1, WORTH_A_THREAD, 3 * WORTH_A_THREAD, 2, 70_000, 120_000];
        let mut rest = Bytes::from(bytes.clone());
        let mut pieces = Vec::new();
        for size in sizes {
            pieces.push(Ok(rest.split_to(size)));
        }
        pieces.push(Ok(rest));
        let digesting = Digesting::of(&[Digest::Sha1]);
        assert_eq!(digesting.watch(stream::iter(pieces).boxed()).count().await, sizes.len() + 1);
        let digests = digesting.finish().await;
        assert_eq!(digests.length, 500_000);
        assert_eq!(digesting.finish().await, digests, "whoever asks again is told the same");
        assert_eq!(digests.sha1, Some(hex::encode(Sha1::digest(&bytes))));
    }

    #[tokio::test]
    async fn only_what_is_asked_for_is_computed_over_all_that_passes() {
        let pieces = || stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))]).boxed();
        let both = Digesting::of(&[Digest::Sha1, Digest::Md5]);
        assert_eq!(both.watch(pieces()).count().await, 2);
        let digests = both.finish().await;
        assert_eq!(digests.sha1.as_deref(), Some("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_eq!(digests.md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));

        let none = Digesting::of(&[]);
        assert_eq!(none.watch(pieces()).count().await, 2);
        assert_eq!(none.finish().await, Digests { length: 3, sha1: None, md5: None });
    }
}
