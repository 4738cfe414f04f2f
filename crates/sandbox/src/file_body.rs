//! The bytes of a file as the body of an answer, and the header with its name.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::content::Content;

/// The size of each piece that is read from a file, in bytes.
const PIECE: usize = 64 * 1024;

/// Returns the Content-Disposition. The name is sent unchanged in UTF-8, except for characters that would end the
/// header or the quotes.
pub(crate) fn disposition(name: &str) -> String {
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    format!("attachment; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the number of bytes.
pub(crate) async fn length_of(content: &Content) -> io::Result<u64> {
    match content {
        Content::Memory(bytes) => Ok(bytes.len() as u64),
        Content::Disk(path) => Ok(tokio::fs::metadata(&**path).await?.len()),
    }
}

/// Returns a part of the bytes, piece by piece.
pub(crate) async fn body(content: &Content, range: Range<u64>) -> io::Result<Body> {
    match content {
        Content::Memory(bytes) => {
            let (start, end) = (range.start as usize, range.end as usize);
            // In pieces, as from a disk: a body sent at once counts as sent before the client has read it.
            let pieces = bytes.get(start..end).unwrap_or_default().chunks(PIECE).map(Bytes::copy_from_slice);
            let pieces: Vec<_> = pieces.map(Ok::<_, io::Error>).collect();
            Ok(Body::from_stream(stream::iter(pieces)))
        }
        Content::Disk(path) => {
            let path = Arc::clone(path);
            let mut file = tokio::fs::File::open(&*path).await?;
            file.seek(io::SeekFrom::Start(range.start)).await?;
            // The stream owns the path, because the file is deleted when the last owner of the path is dropped.
            let source = (file.take(range.end - range.start), path);
            Ok(Body::from_stream(stream::try_unfold(source, |(mut file, path)| async move {
                let mut piece = vec![0; PIECE];
                let read = file.read(&mut piece).await?;
                piece.truncate(read);
                Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(piece), (file, path))))
            })))
        }
    }
}
