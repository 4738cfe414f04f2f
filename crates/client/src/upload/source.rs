//! What is uploaded: a file of this machine, or the standard input. Looked at before anything is sent, read when it is.

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

/// How much is read at once: large enough to be few reads, small enough to be many bars' steps.
const CHUNK: usize = 256 * 1024;

/// Something to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// As it was given.
    pub(super) path: String,
    /// What it will be called.
    pub(super) name: String,
    /// The media type that its name suggests.
    pub(super) content_type: String,
    /// Where its bytes are.
    pub(super) bytes: Origin,
}

/// Where bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// In a file of so many bytes.
    File { path: PathBuf, length: u64 },
    /// In the standard input. They can be read once.
    StandardInput,
}

impl Source {
    /// What a name on the command line stands for.
    ///
    /// # Errors
    /// Where it is no file, is empty, cannot be read, or needs a name.
    pub(super) fn find(path: &Path, name: Option<&str>) -> Result<Self, Failure> {
        let shown = path.to_string_lossy().into_owned();
        if path.as_os_str() == STANDARD_INPUT {
            return Ok(Self::named(shown, name.unwrap_or_default(), Origin::StandardInput));
        }
        let unreadable = |error| Failure::own("local_file", "The file cannot be read", io::Error::to_string(&error));
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        let unfit = |detail: &str| Failure::own("local_file", "The file cannot be uploaded", detail);
        match (metadata.is_file(), metadata.len()) {
            (false, _) if metadata.is_dir() => return Err(unfit("It is a directory.")),
            (false, _) => return Err(unfit("It is no regular file; send it through the standard input, as -.")),
            (true, 0) => return Err(unfit("It is empty.")),
            (true, _) => {}
        }
        std::fs::File::open(path).map_err(unreadable)?;
        let own = path.file_name().and_then(|name| name.to_str());
        let name = name.or(own).ok_or_else(|| unfit("Its name is not UTF-8; give it another with --name."))?;
        Ok(Self::named(shown, name, Origin::File { path: path.to_owned(), length: metadata.len() }))
    }

    fn named(path: String, name: &str, bytes: Origin) -> Self {
        let content_type = mime_guess::from_path(name).first_or_octet_stream().to_string();
        Self { path, name: name.to_owned(), content_type, bytes }
    }

    /// How many bytes it has, where that is known beforehand.
    pub(super) fn length(&self) -> Option<u64> {
        match self.bytes {
            Origin::File { length, .. } => Some(length),
            Origin::StandardInput => None,
        }
    }

    /// Its bytes, from the beginning. A file gives as many as it had when it was found, or ends with an error.
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
                let shorter = || Some(Err(io::Error::other("it has become shorter while it was read")));
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
    fn what_is_no_file_with_bytes_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.mp4");
        std::fs::write(&empty, b"").unwrap();
        assert!(code(folder.path()).contains("directory"));
        assert!(code(&folder.path().join("nothing")).contains("No such file"));
        assert!(code(&empty).contains("empty"));
    }

    #[test]
    fn the_name_tells_the_media_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Séries 東京.MP4");
        std::fs::write(&path, b"x").unwrap();
        let source = Source::find(&path, None).unwrap();
        assert_eq!((source.name.as_str(), source.content_type.as_str()), ("Séries 東京.MP4", "video/mp4"));
        let source = Source::find(&path, Some("x.unheard-of")).unwrap();
        assert_eq!(source.content_type, "application/octet-stream");
    }

    #[tokio::test]
    async fn a_file_that_shrinks_ends_with_an_error_and_one_that_grows_is_cut() {
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
