//! The source of an upload: a local file, or the standard input. It is checked before anything is sent, and read during
//! the upload.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::STANDARD_INPUT;
use crate::failure::Failure;
use crate::standard_streams::input;

/// The size of one read: large enough for few reads, small enough for smooth progress bars.
const CHUNK: usize = 256 * 1024;

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path, as it was given.
    pub(super) path: String,
    /// Its name at the site.
    pub(super) name: String,
    /// The media type that its name suggests.
    pub(super) content_type: String,
    /// The origin of its bytes.
    pub(super) bytes: Origin,
}

/// The origin of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file with its length.
    File { path: PathBuf, length: u64 },
    /// The standard input, which can be read only once.
    StandardInput,
}

impl Source {
    /// Returns the source for an argument of the command line.
    ///
    /// # Errors
    /// If it is not a regular file, is empty, cannot be read, or needs a name.
    pub(super) fn find(path: &Path, name: Option<&str>) -> Result<Self, Failure> {
        let shown = path.to_string_lossy().into_owned();
        if path.as_os_str() == STANDARD_INPUT {
            return Ok(Self::named(shown, name.unwrap_or_default(), Origin::StandardInput));
        }
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
        Ok(Self::named(shown, name, Origin::File { path: path.to_owned(), length: metadata.len() }))
    }

    fn named(path: String, name: &str, bytes: Origin) -> Self {
        let content_type = mime_guess::from_path(name).first_or_octet_stream().to_string();
        Self { path, name: name.to_owned(), content_type, bytes }
    }

    /// Returns the length of the file, if it is known beforehand.
    pub(super) fn length(&self) -> Option<u64> {
        match self.bytes {
            Origin::File { length, .. } => Some(length),
            Origin::StandardInput => None,
        }
    }

    /// Returns the bytes of the file from the beginning. A file yields as many bytes as it had in [`find`](Self::find),
    /// or ends with an error.
    pub(super) async fn open(&self) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let Origin::File { path, length } = &self.bytes else { return Ok(input(io::stdin()).boxed()) };
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
        let source = Source::find(&path, Some("x.unheard-of")).unwrap();
        assert_eq!(source.content_type, "application/octet-stream");
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
