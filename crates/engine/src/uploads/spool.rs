//! Files that hold what cannot be passed on as it arrives: bounded all together, and without a name from the moment
//! that they are opened, so that nothing is left of them however the process ends.

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

/// How many bytes are written or read at a time.
const PIECE: usize = 256 * 1024;

/// The room for spooled bytes. Clones share it.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Room>);

#[derive(Debug)]
struct Room {
    folder: PathBuf,
    most: u64,
    used: AtomicU64,
}

impl Spool {
    /// A spool in a folder that takes at most so many bytes, all files together.
    #[must_use]
    pub fn new(folder: PathBuf, most: u64) -> Self {
        Self(Arc::new(Room { folder, most, used: AtomicU64::new(0) }))
    }

    /// How many bytes are spooled now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// A file to write to.
    ///
    /// # Errors
    /// The system's own.
    pub(super) async fn begin(&self) -> io::Result<Writing> {
        let folder = self.0.folder.clone();
        let file = blocking(move || tempfile::tempfile_in(folder)).await?;
        let share = Share { spool: self.clone(), bytes: 0 };
        Ok(Writing { file: BufWriter::with_capacity(PIECE, File::from_std(file)), share })
    }
}

/// What a file has of the room; given back when it is dropped.
#[derive(Debug)]
struct Share {
    spool: Spool,
    bytes: u64,
}

impl Share {
    fn grow(&mut self, by: u64) -> io::Result<()> {
        let Room { most, used, .. } = &*self.spool.0;
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(by).filter(|used| used <= most)
        });
        grown.map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.spool.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    file: BufWriter<File>,
    share: Share,
}

impl Writing {
    /// How many bytes were written.
    pub(super) fn length(&self) -> u64 {
        self.share.bytes
    }

    /// Writes what comes next.
    ///
    /// # Errors
    /// `StorageFull` where the spool has no room for it; the system's own.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.share.grow(bytes.len() as u64)?;
        self.file.write_all(bytes).await
    }

    /// The file, whole.
    ///
    /// # Errors
    /// The system's own, for what was written last.
    pub(super) async fn finish(mut self) -> io::Result<Spooled> {
        self.file.flush().await?;
        let file = self.file.into_inner().into_std().await;
        Ok(Spooled(Arc::new(Kept { file, share: self.share })))
    }
}

/// A file that is whole. Clones are the same file.
#[derive(Debug, Clone)]
pub(super) struct Spooled(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    file: std::fs::File,
    share: Share,
}

impl Spooled {
    /// The bytes from their beginning, as often as they are wanted.
    pub(super) fn open(&self) -> SizedStream {
        let length = self.0.share.bytes;
        SizedStream { length, spare: 0, stream: read(Arc::clone(&self.0), length) }
    }
}

fn read(kept: Arc<Kept>, length: u64) -> ByteStream {
    let starts = stream::iter((0..length).step_by(PIECE)).map(Ok);
    let piece = move |start: u64| {
        let (kept, size) = (Arc::clone(&kept), PIECE.min(usize::try_from(length - start).unwrap_or(PIECE)));
        blocking(move || {
            let mut bytes = BytesMut::zeroed(size);
            kept.file.read_exact_at(&mut bytes, start)?;
            Ok(Bytes::from(bytes))
        })
    };
    starts.and_then(piece).boxed()
}

/// What must wait for the disk, off the threads that answer everybody.
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
    async fn what_was_written_is_read_as_often_as_it_is_wanted_and_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned(), 1 << 20);
        for length in [1, PIECE - 1, PIECE, PIECE + 1] {
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
    async fn all_files_share_one_room_and_give_it_back() {
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
