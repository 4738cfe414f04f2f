//! Uploads as a form, as browsers and `curl -F` send them: a few fields, and then the file.
//!
//! The length of a form gives the length of its file, since the file ends where the form's closing boundary begins.
//! Only the number of bytes after that boundary is not known in advance; mostly they are a line break or nothing. So a
//! large file is streamed as it arrives, like a plain body, and a few bytes of its announced length are spare. A small
//! file is read whole first.

mod declared;
mod disposition;
mod file;
mod file_name;
mod head;
mod part;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use multer::Multipart;
use polyhost_domain::MediaType;
use polyhost_engine::problem::{Fault, Faults, Problem};
use polyhost_engine::uploads::{IncomingBody, Spare, empty, incomplete};
use serde::Serialize;

pub use declared::Declared;
use file::{FileField, MOST_AFTER};
pub use file_name::FileName;
use head::{Head, MOST_BEFORE};
use part::PartHead;

/// The name of the field with the file, which must be the last field.
const FILE: &str = "file";

/// The fields of a form and of its file part, not yet checked.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// `name`
    pub name: Option<String>,
    /// `folder_id`
    pub folder_id: Option<String>,
    /// `sha1`
    pub sha1: Option<String>,
    /// The file name of the file part: the file's name on the caller's machine.
    pub file_name: Option<FileName>,
    /// The file's media type.
    pub content_type: Option<String>,
}

/// Returns the boundary of a form; `None` if the media type is not a form's or has no usable boundary.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    let media: MediaType = content_type.parse().ok().filter(|media: &MediaType| media.is("multipart/form-data"))?;
    let mut boundaries = media.parameters("boundary");
    let boundary = boundaries.next().filter(|boundary| (1..=70).contains(&boundary.len()))?;
    // With two boundaries, two readers could find different files.
    boundaries.next().is_none().then_some(boundary)
}

/// A form that was read up to the bytes of its file before its handler runs. Clones share the same form.
#[derive(Clone)]
pub struct Opened {
    /// The length of the whole form in bytes, if known.
    pub length: Option<u64>,
    read: Arc<Mutex<Option<(Fields, IncomingBody)>>>,
}

impl Opened {
    /// Wraps the form, so that the handler can take it.
    #[must_use]
    pub fn new(length: Option<u64>, fields: Fields, file: IncomingBody) -> Self {
        Self { length, read: Arc::new(Mutex::new(Some((fields, file)))) }
    }

    /// Takes the fields and the file; `None` at every later call.
    #[must_use]
    pub fn take(&self) -> Option<(Fields, IncomingBody)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads a form up to the bytes of its file. `length` is the length of the whole form, if known.
///
/// # Errors
/// 400 with every fault of the fields; the same problems as for any upload if the body stalls or ends early.
pub async fn read(boundary: &str, length: Option<u64>, body: IncomingBody) -> Result<(Fields, IncomingBody), Problem> {
    let head = Head::default();
    let mut form = Multipart::new(head.watch(body.stream), boundary);
    let (fields, field) = read_fields(&mut form, &head, boundary).await?;
    let most = match length {
        Some(length) => Some(most_of_file(length, head.end(), boundary)?),
        None => {
            head.end();
            None
        }
    };
    let spare = Spare::up_to(most.map_or(0, |most| most.min(MOST_AFTER)));
    let file = FileField { form, field: Some(field), left: most, spare: spare.clone(), is_empty: true };
    if most.is_some_and(|most| most <= MOST_AFTER) {
        let file = file.whole().await?;
        let (length, stream) = (Some(file.len() as u64), stream::iter([Ok(file)]).boxed());
        return Ok((fields, IncomingBody { length, spare: Spare::default(), stream }));
    }
    Ok((fields, IncomingBody { length: most, spare, stream: file.into_stream() }))
}

/// Reads the fields, and the header fields of the file.
async fn read_fields(
    form: &mut Multipart<'static>,
    head: &Head,
    boundary: &str,
) -> Result<(Fields, multer::Field<'static>), Problem> {
    let (mut fields, mut faults) = (Fields::default(), Faults::default());
    loop {
        let Some(field) = form.next_field().await.map_err(unreadable)? else {
            faults.push(Fault::pointer("/file", "is missing"));
            return Err(faults.into());
        };
        if let Some(name) = head.repeated_field(boundary) {
            return Err(malformed(&format!("has a part with the header field {name} more than once")));
        }
        let part = PartHead::read(field.headers())?;
        part.check(field.headers(), &mut faults);
        if part.name != FILE {
            let value = field.bytes().await.map_err(unreadable)?;
            fields.take(&part, value, &mut faults);
            continue;
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        fields.file_name = part.file_name;
        fields.content_type = part.content_type.map(String::from);
        return Ok((fields, field));
    }
}

impl Fields {
    fn take(&mut self, part: &PartHead, value: Bytes, faults: &mut Faults) {
        let mut fault = |what: &str| faults.push(Fault::pointer(&part.pointer(), what));
        let slot = match part.name.as_str() {
            "name" => &mut self.name,
            "folder_id" => &mut self.folder_id,
            "sha1" => &mut self.sha1,
            // Some browsers add this field to declare the charset of the other fields (RFC 7578, section 4.6).
            "_charset_" if value.eq_ignore_ascii_case(b"utf-8") => return,
            "_charset_" => return fault("must be UTF-8"),
            _ => return fault("is not known; the fields are name, folder_id, sha1 and then file"),
        };
        match (slot, String::from_utf8(value.into())) {
            (Some(_), _) => fault("is repeated"),
            (None, Err(_)) => fault("is not UTF-8"),
            (slot, Ok(text)) => *slot = Some(text),
        }
    }
}

/// Returns the maximum number of bytes that a form may have besides its file's bytes.
#[must_use]
pub fn max_overhead(boundary: &str) -> u64 {
    MOST_BEFORE + last_boundary(boundary) + MOST_AFTER
}

fn last_boundary(boundary: &str) -> u64 {
    ("\r\n--".len() + boundary.len() + "--".len()) as u64
}

/// Returns the largest possible size of the file in a form of this length, after `before` bytes of head.
fn most_of_file(length: u64, before: u64, boundary: &str) -> Result<u64, Problem> {
    match length.checked_sub(before + last_boundary(boundary)) {
        None => Err(malformed("ends early")),
        Some(0) => Err(empty("/file")),
        Some(length) => Ok(length),
    }
}

fn malformed(what: &str) -> Problem {
    Problem::invalid(vec![Fault::pointer("", format!("is a form that {what}"))])
}

/// Returns the problem of a form that cannot be parsed, or whose body failed.
fn unreadable(error: multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(cause) => {
            Problem::carried_by(&*cause).unwrap_or_else(|| incomplete("The body of the upload ended early."))
        }
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => malformed("ends early"),
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. }
        | multer::Error::IncompleteHeaders => {
            malformed("has a part whose header fields are not one line each, of a name, a colon and a value")
        }
        _ => malformed("cannot be read"),
    }
}

#[cfg(test)]
mod tests;
