//! The spool: temporary files for bodies that cannot be forwarded as they arrive. All files together have a size limit.
//!
//! The files have no name from the moment that they are opened, so none remains on disk, even after a crash.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use polyhost_domain::{ByteStream, SizedStream};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use tokio::task::spawn_blocking;

/// The size of a write or read, in bytes.
const CHUNK: usize = 256 * 1024;

/// The spool, with its size limit. Clones share it.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    most: u64,
    used: AtomicU64,
}

impl Spool {
    /// Returns a spool in a folder. All its files together hold at most `most` bytes.
    #[must_use]
    pub fn new(folder: PathBuf, most: u64) -> Self {
        Self(Arc::new(Inner { folder, most, used: AtomicU64::new(0) }))
    }

    /// Returns the number of bytes that are spooled now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Creates a file to write to.
    ///
    /// # Errors
    /// The errors of the file system.
    pub(super) async fn begin(&self) -> io::Result<Writing> {
        let folder = self.0.folder.clone();
        let file = blocking(move || tempfile::tempfile_in(folder)).await?;
        let reservation = Reservation { spool: self.clone(), bytes: 0 };
        Ok(Writing { file: BufWriter::with_capacity(CHUNK, File::from_std(file)), reservation })
    }
}

/// The part of the spool's limit that a file uses. Dropping it releases that part.
#[derive(Debug)]
struct Reservation {
    spool: Spool,
    bytes: u64,
}

impl Reservation {
    fn grow(&mut self, by: u64) -> io::Result<()> {
        let Inner { most, used, .. } = &*self.spool.0;
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(by).filter(|used| used <= most)
        });
        grown.map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.spool.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    file: BufWriter<File>,
    reservation: Reservation,
}

impl Writing {
    /// Returns the number of written bytes.
    pub(super) fn length(&self) -> u64 {
        self.reservation.bytes
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// `StorageFull` if the limit of the spool is reached; the errors of the file system.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reservation.grow(bytes.len() as u64)?;
        self.file.write_all(bytes).await
    }

    /// Completes the file.
    ///
    /// # Errors
    /// The errors of the file system, for the last write.
    pub(super) async fn finish(mut self) -> io::Result<Spooled> {
        self.file.flush().await?;
        let file = self.file.into_inner().into_std().await;
        Ok(Spooled(Arc::new(SpooledFile { file, reservation: self.reservation })))
    }
}

/// A complete file. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Spooled(Arc<SpooledFile>);

#[derive(Debug)]
struct SpooledFile {
    file: std::fs::File,
    reservation: Reservation,
}

impl Spooled {
    /// Returns the bytes from the beginning. It can be called any number of times.
    pub(super) fn open(&self) -> SizedStream {
        let length = self.0.reservation.bytes;
        SizedStream { length, spare: 0, stream: read(Arc::clone(&self.0), length) }
    }
}

fn read(spooled: Arc<SpooledFile>, length: u64) -> ByteStream {
    let starts = stream::iter((0..length).step_by(CHUNK)).map(Ok);
    let read_chunk = move |start: u64| {
        let (spooled, size) = (Arc::clone(&spooled), CHUNK.min(usize::try_from(length - start).unwrap_or(CHUNK)));
        blocking(move || {
            let mut bytes = BytesMut::zeroed(size);
            spooled.file.read_exact_at(&mut bytes, start)?;
            Ok(Bytes::from(bytes))
        })
    };
    starts.and_then(read_chunk).boxed()
}

/// Runs disk I/O on a blocking thread, so that it does not block the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(spooled: &Spooled) -> Vec<u8> {
        let pieces: Vec<Bytes> = spooled.open().stream.try_collect().await.unwrap();
        pieces.concat()
    }

    #[tokio::test]
    async fn spooled_file_is_unnamed_and_can_be_read_repeatedly() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 1 << 20);
        for length in [1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut writing = spool.begin().await.unwrap();
            for piece in bytes.chunks(70_001) {
                writing.write(piece).await.unwrap();
            }
            let spooled = writing.finish().await.unwrap();
            assert_eq!(folder.path().read_dir().unwrap().count(), 0);
            assert_eq!((spooled.open().length, spool.used()), (length as u64, length as u64));
            assert!(all(&spooled).await == bytes && all(&spooled).await == bytes, "{length}");
            drop(spooled);
            assert_eq!(spool.used(), 0);
        }
    }

    #[tokio::test]
    async fn files_share_one_limit_and_release_it_when_dropped() {
        let spool = Spool::new(std::env::temp_dir(), 10);
        let mut first = spool.begin().await.unwrap();
        let mut second = spool.begin().await.unwrap();
        first.write(b"123456").await.unwrap();
        assert_eq!(second.write(b"12345").await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        second.write(b"1234").await.unwrap();
        drop(first);
        second.write(b"567890").await.unwrap();
        assert_eq!((second.length(), spool.used()), (10, 10));
    }
}
