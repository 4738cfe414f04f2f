//! The source of an upload: a local file, the standard input, or a file at an account. It is checked before anything is
//! sent, and read during the upload.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::remote::Remote;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::standard_streams::input;
use crate::tree;

/// The size of one read: large enough for few reads, small enough for smooth progress bars.
const CHUNK: usize = 256 * 1024;

/// A file to upload.
#[derive(Debug, Clone)]
pub(in crate::transfer) struct Source {
    /// Its name at the site.
    pub(super) name: String,
    /// The media type that its name at the site suggests, or else its own name.
    pub(super) content_type: String,
    /// The origin of its bytes.
    pub(super) bytes: Origin,
}

/// The origin of bytes.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// A file with its length.
    File { path: PathBuf, length: u64 },
    /// The standard input, which can be read only once.
    StandardInput,
    /// A file at an account.
    Remote(Remote),
}

impl Source {
    /// Returns the source for a local file. `name` is its name at the site, if that is not its own.
    ///
    /// # Errors
    /// If it is not a regular file, is empty, or cannot be read, or if its name is not UTF-8.
    pub(in crate::transfer) fn find(path: &Path, name: Option<&str>) -> Result<Self, Failure> {
        let unreadable =
            |error| Failure::from_client("local_file", "The file cannot be read", io::Error::to_string(&error));
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        let unfit = |detail: &str| Failure::from_client("local_file", "The file cannot be uploaded", detail);
        match (metadata.is_file(), metadata.len()) {
            (false, _) if metadata.is_dir() => return Err(unfit("It is a directory.")),
            (false, _) => return Err(unfit("It is not a regular file; send it through the standard input, as -.")),
            (true, 0) => return Err(unfit("It is empty.")),
            (true, _) => {}
        }
        std::fs::File::open(path).map_err(unreadable)?;
        let own = path.file_name().and_then(|name| name.to_str());
        let name = name.or(own).ok_or_else(|| unfit("Its name is not UTF-8; use --name."))?;
        let bytes = Origin::File { path: path.to_owned(), length: metadata.len() };
        Ok(Self::named(name, own, bytes))
    }

    /// Returns the source for the standard input.
    pub(in crate::transfer) fn standard_input(name: &str) -> Self {
        Self::named(name, None, Origin::StandardInput)
    }

    /// Returns the source for a file at an account.
    pub(in crate::transfer) fn remote(gateway: &Gateway, file: &tree::File, name: &str) -> Self {
        Self::named(name, Some(&file.item.name), Origin::Remote(Remote::new(gateway, file)))
    }

    fn named(name: &str, own: Option<&str>, bytes: Origin) -> Self {
        let guess = mime_guess::from_path(name).first().or_else(|| mime_guess::from_path(own?).first());
        let content_type = guess.unwrap_or(mime_guess::mime::APPLICATION_OCTET_STREAM).to_string();
        Self { name: name.to_owned(), content_type, bytes }
    }

    /// Returns the length of the file, if it is known beforehand.
    pub(in crate::transfer) fn length(&self) -> Option<u64> {
        match &self.bytes {
            Origin::File { length, .. } => Some(*length),
            Origin::StandardInput => None,
            Origin::Remote(remote) => remote.length(),
        }
    }

    /// Returns whether the file can be read again.
    pub(super) fn is_repeatable(&self) -> bool {
        !matches!(self.bytes, Origin::StandardInput)
    }

    /// Returns the bytes of the file from the beginning. A file yields as many bytes as it had in [`find`](Self::find),
    /// or ends with an error.
    pub(super) async fn open(&self) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let (path, length) = match &self.bytes {
            Origin::File { path, length } => (path, length),
            Origin::StandardInput => return Ok(input(io::stdin()).boxed()),
            Origin::Remote(remote) => return remote.open().await,
        };
        let file = File::open(path).await?.take(*length);
        let length = *length;
        let counted = ReaderStream::with_capacity(file, CHUNK).map_ok(Some).chain(stream::iter([Ok(None)])).scan(
            0,
            move |seen, chunk: io::Result<Option<Bytes>>| {
                if let Ok(Some(bytes)) = &chunk {
                    *seen += bytes.len() as u64;
                }
                let ends_early = matches!(chunk, Ok(None)) && *seen < length;
                let shorter = || Some(Err(io::Error::other("the file became shorter during the upload")));
                let next = if ends_early { shorter() } else { chunk.transpose() };
                futures_util::future::ready(next)
            },
        );
        Ok(counted.boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path) -> String {
        Source::find(path, None).unwrap_err().to_string()
    }

    #[test]
    fn unusable_file_is_rejected_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.mp4");
        std::fs::write(&empty, b"").unwrap();
        assert!(code(folder.path()).contains("directory"));
        assert!(code(&folder.path().join("nothing")).contains("No such file"));
        assert!(code(&empty).contains("empty"));
    }

    #[test]
    fn media_type_follows_from_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Séries 東京.MP4");
        std::fs::write(&path, b"x").unwrap();
        let source = Source::find(&path, None).unwrap();
        assert_eq!((source.name.as_str(), source.content_type.as_str()), ("Séries 東京.MP4", "video/mp4"));
        assert_eq!(Source::find(&path, Some("x.mkv")).unwrap().content_type, "video/x-matroska");
        // The name at the site suggests nothing, so the file's own name does.
        assert_eq!(Source::find(&path, Some("Séries")).unwrap().content_type, "video/mp4");
        assert_eq!(Source::standard_input("x.unheard-of").content_type, "application/octet-stream");
    }

    #[tokio::test]
    async fn shrinking_file_fails_and_growing_file_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"hello").unwrap();
        let source = Source::find(&path, None).unwrap();
        let read = async || source.open().await.unwrap().try_collect::<Vec<Bytes>>().await;
        assert_eq!(read().await.unwrap().concat(), b"hello");
        std::fs::write(&path, b"hello, world").unwrap();
        assert_eq!(read().await.unwrap().concat(), b"hello");
        std::fs::write(&path, b"hell").unwrap();
        assert!(read().await.is_err());
    }
}
