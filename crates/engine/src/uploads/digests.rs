//! Digests of an upload, computed while its bytes pass. Only the digests that will be compared are computed.
//!
//! Hashing is slower than forwarding, so large chunks are hashed on Tokio's blocking threads. While one chunk is
//! hashed, it is already forwarded to the site, and the next chunk is received.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use md5::Md5;
use polyhost_domain::{ByteStream, Digest};
use sha1::{Digest as _, Sha1};
use tokio::task::{JoinHandle, spawn_blocking};

/// The size in bytes from which a chunk is hashed on a blocking thread.
const OFFLOAD_THRESHOLD: usize = 16 * 1024;

/// Running digests. Clones share them.
#[derive(Clone)]
pub(super) struct Digesting(Arc<Shared>);

struct Shared {
    passed: AtomicU64,
    /// `None` while a chunk is being added. It stays `None` if that future was dropped.
    work: Mutex<Option<Work>>,
}

enum Work {
    Idle(Hashers),
    /// The hashers are on a blocking thread, with the last chunk.
    Busy(JoinHandle<Hashers>),
}

#[derive(Clone, Default)]
struct Hashers {
    sha1: Option<Sha1>,
    md5: Option<Md5>,
}

/// The digests of the bytes so far, in hexadecimal. A digest that is not computed is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digests {
    /// The number of bytes so far.
    pub(super) length: u64,
    /// SHA-1
    pub(super) sha1: Option<String>,
    /// MD5
    pub(super) md5: Option<String>,
}

impl Digesting {
    /// Starts digests of these kinds.
    pub(super) fn of(wanted: &[Digest]) -> Self {
        let sha1 = wanted.contains(&Digest::Sha1).then(Sha1::new);
        let md5 = wanted.contains(&Digest::Md5).then(Md5::new);
        let work = Mutex::new(Some(Work::Idle(Hashers { sha1, md5 })));
        Self(Arc::new(Shared { passed: AtomicU64::new(0), work }))
    }

    /// Returns the same stream, and adds each of its chunks to the digests.
    pub(super) fn watch(&self, body: ByteStream) -> ByteStream {
        let digesting = self.clone();
        let add = move |bytes: Bytes| {
            let digesting = digesting.clone();
            async move {
                digesting.add(&bytes).await;
                Ok(bytes)
            }
        };
        body.and_then(add).boxed()
    }

    /// Returns the digests of the bytes so far.
    pub(super) async fn finish(&self) -> Digests {
        let hashers = self.hashers().await;
        self.put_back(hashers.clone().map(Work::Idle));
        let hashers = hashers.unwrap_or_default();
        Digests {
            length: self.0.passed.load(Ordering::Relaxed),
            sha1: hashers.sha1.map(|hasher| hex::encode(hasher.finalize())),
            md5: hashers.md5.map(|hasher| hex::encode(hasher.finalize())),
        }
    }

    async fn add(&self, bytes: &Bytes) {
        self.0.passed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let Some(mut hashers) = self.hashers().await else { return };
        let work = if hashers.are_none() || bytes.len() < OFFLOAD_THRESHOLD {
            hashers.update(bytes);
            Work::Idle(hashers)
        } else {
            let bytes = bytes.clone();
            Work::Busy(spawn_blocking(move || {
                hashers.update(&bytes);
                hashers
            }))
        };
        self.put_back(Some(work));
    }

    fn put_back(&self, work: Option<Work>) {
        *self.0.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    /// Takes the hashers out, after they have finished the previous chunk.
    async fn hashers(&self) -> Option<Hashers> {
        let work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        match work? {
            Work::Idle(hashers) => Some(hashers),
            Work::Busy(digesting) => digesting.await.ok(),
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
    async fn chunks_of_all_sizes_are_hashed_in_order() {
        let bytes: Vec<u8> = (0..500_000_u32).map(|at| (at % 253) as u8).collect();
        let sizes = [1, OFFLOAD_THRESHOLD - 1, OFFLOAD_THRESHOLD, 3 * OFFLOAD_THRESHOLD, 2, 70_000, 120_000];
        let mut rest = Bytes::from(bytes.clone());
        let mut chunks = Vec::new();
        for size in sizes {
            chunks.push(Ok(rest.split_to(size)));
        }
        chunks.push(Ok(rest));
        let digesting = Digesting::of(&[Digest::Sha1]);
        assert_eq!(digesting.watch(stream::iter(chunks).boxed()).count().await, sizes.len() + 1);
        let digests = digesting.finish().await;
        assert_eq!(digests.length, 500_000);
        assert_eq!(digesting.finish().await, digests, "a second call returns the same digests");
        assert_eq!(digests.sha1, Some(hex::encode(Sha1::digest(&bytes))));
    }

    #[tokio::test]
    async fn only_requested_digests_are_computed() {
        let chunks = || stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c"))]).boxed();
        let both = Digesting::of(&[Digest::Sha1, Digest::Md5]);
        assert_eq!(both.watch(chunks()).count().await, 2);
        let digests = both.finish().await;
        assert_eq!(digests.sha1.as_deref(), Some("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_eq!(digests.md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));

        let none = Digesting::of(&[]);
        assert_eq!(none.watch(chunks()).count().await, 2);
        assert_eq!(none.finish().await, Digests { length: 3, sha1: None, md5: None });
    }
}
