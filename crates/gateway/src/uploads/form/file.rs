//! The bytes of a form's file, and what follows them.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use multer::{Field, Multipart};
use polyhost_domain::ByteStream;

use super::part::PartHead;
use super::{malformed, unreadable};
use crate::problem::{Fault, Problem};
use crate::uploads::arriving::{Refusal, empty};

/// The file of a form, which must be the last field.
pub(super) struct FileField {
    pub(super) form: Multipart<'static>,
    pub(super) field: Option<Field<'static>>,
    /// How many bytes must still come, where that is known.
    pub(super) left: Option<u64>,
    pub(super) is_empty: bool,
    pub(super) refusal: Refusal,
}

impl FileField {
    pub(super) fn into_stream(self) -> ByteStream {
        stream::try_unfold(self, |mut file| async move {
            match file.next().await {
                Ok(bytes) => Ok(bytes.map(|bytes| (bytes, file))),
                Err(problem) => Err(file.refusal.tell(problem)),
            }
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(field) = &mut self.field else { return Ok(None) };
        let chunk = field.chunk().await;
        match chunk.map_err(|error| self.refusal.take().unwrap_or_else(|| unreadable(&error)))? {
            Some(bytes) => {
                self.is_empty &= bytes.is_empty();
                if let Some(left) = &mut self.left {
                    *left = left.checked_sub(bytes.len() as u64).ok_or_else(not_last)?;
                }
                Ok(Some(bytes))
            }
            None => self.end().await.map(|()| None),
        }
    }

    /// Holds the form to having nothing after the file.
    async fn end(&mut self) -> Result<(), Problem> {
        self.field = None;
        let next = self.form.next_field().await;
        match next.map_err(|error| self.refusal.take().unwrap_or_else(|| unreadable(&error)))? {
            Some(field) => {
                let after = "comes after the file, which must be the last field and the only one of its kind";
                Err(Problem::invalid(vec![Fault::pointer(&PartHead::read(field.headers())?.pointer(), after)]))
            }
            None if self.left.is_some_and(|left| left > 0) => Err(not_last()),
            None if self.is_empty => Err(empty("/file")),
            None => Ok(()),
        }
    }
}

fn not_last() -> Problem {
    malformed("must end with its closing boundary and CRLF right after the file, where it comes with a Content-Length")
}
