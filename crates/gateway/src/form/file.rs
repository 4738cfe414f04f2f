//! Streams the bytes of a form's file, and checks the bytes after them.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use multer::{Field, Multipart};
use polyhost_domain::ByteStream;
use polyhost_engine::problem::{Fault, Problem};
use polyhost_engine::uploads::{Spare, empty};

use super::part::PartHead;
use super::{malformed, unreadable};

/// The maximum number of bytes after the closing boundary of a form of known length, its line break included. They have
/// no meaning (RFC 2046, section 5.1.1), and most clients send a line break or nothing.
pub(super) const MOST_AFTER: u64 = 16 * 1024;

/// The file of a form, which must be the last field.
pub(super) struct FileField {
    pub(super) form: Multipart<'static>,
    pub(super) field: Option<Field<'static>>,
    /// The maximum number of bytes that may still arrive, if the form's length is known.
    pub(super) left: Option<u64>,
    /// Receives the number of those bytes that did not belong to the file.
    pub(super) spare: Spare,
    pub(super) is_empty: bool,
}

impl FileField {
    /// Returns the file's bytes as a stream.
    pub(super) fn into_stream(self) -> ByteStream {
        stream::try_unfold(self, |mut file| async move {
            match file.next().await {
                Ok(bytes) => Ok(bytes.map(|bytes| (bytes, file))),
                Err(problem) => Err(problem.into()),
            }
        })
        .boxed()
    }

    /// Reads all the bytes into memory; for small files.
    pub(super) async fn whole(mut self) -> Result<Bytes, Problem> {
        let mut whole = BytesMut::new();
        while let Some(bytes) = self.next().await? {
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.freeze())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(field) = &mut self.field else { return Ok(None) };
        let chunk = field.chunk().await;
        match chunk.map_err(unreadable)? {
            Some(bytes) => {
                self.is_empty &= bytes.is_empty();
                if let Some(left) = &mut self.left {
                    *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| malformed("ends early"))?;
                }
                Ok(Some(bytes))
            }
            None => self.end().await.map(|()| None),
        }
    }

    /// Checks that no field follows the file, and at most [`MOST_AFTER`] other bytes.
    async fn end(&mut self) -> Result<(), Problem> {
        self.field = None;
        let next = self.form.next_field().await;
        match next.map_err(unreadable)? {
            Some(field) => {
                let after = "comes after the file, which must be the last field and the only one of its kind";
                Err(Problem::invalid(vec![Fault::pointer(&PartHead::read(field.headers())?.pointer(), after)]))
            }
            None if self.left.is_some_and(|left| left > MOST_AFTER) => {
                Err(malformed("has more than 16 KiB after its file"))
            }
            None if self.is_empty => Err(empty("/file")),
            None => {
                self.spare.note(self.left.unwrap_or_default());
                Ok(())
            }
        }
    }
}
