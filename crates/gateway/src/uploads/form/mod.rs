//! An upload as a form, as browsers and `curl -F` send it: a few fields, and then the file.
//!
//! A form that tells its whole length tells that of its file too: the file ends where the form's last line begins. So
//! such a file is passed on as it arrives, like a bare body.

mod disposition;
mod file;
mod file_name;
mod head;
mod part;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use multer::Multipart;
use polyhost_domain::MediaType;
use serde::Serialize;

use super::arriving::{Arriving, empty, incomplete};
use crate::problem::{Fault, Faults, Problem};
pub use disposition::FileName;
use file::FileField;
use head::{Head, MOST_BEFORE};
use part::PartHead;

/// The field that holds the file. It is the last.
const FILE: &str = "file";

/// What a form tells about its file, as it stands there.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// `name`
    pub name: Option<String>,
    /// `folder_id`
    pub folder_id: Option<String>,
    /// `sha1`
    pub sha1: Option<String>,
    /// What the file is called where the caller has it.
    pub file_name: Option<FileName>,
    /// The file's media type.
    pub content_type: Option<String>,
}

/// The boundary of a form; `None` if the media type is that of no form, or has no usable boundary.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    let media: MediaType = content_type.parse().ok().filter(|media: &MediaType| media.is("multipart/form-data"))?;
    let mut boundaries = media.parameters("boundary");
    let boundary = boundaries.next().filter(|boundary| (1..=70).contains(&boundary.len()))?;
    // With two of them, two readers could find different files.
    boundaries.next().is_none().then_some(boundary)
}

/// A form that was read up to the bytes of its file before its handler's turn. Clones are the same one.
#[derive(Clone)]
pub struct Opened {
    /// How many bytes the whole form has, where that is known.
    pub length: Option<u64>,
    read: Arc<Mutex<Option<(Fields, Arriving)>>>,
}

impl Opened {
    /// Hands it over to its handler.
    #[must_use]
    pub fn new(length: Option<u64>, fields: Fields, file: Arriving) -> Self {
        Self { length, read: Arc::new(Mutex::new(Some((fields, file)))) }
    }

    /// What the form tells, and its file: once.
    #[must_use]
    pub fn take(&self) -> Option<(Fields, Arriving)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads a form up to the bytes of its file. `length` is that of the whole form, where it is known.
///
/// # Errors
/// 400, with every fault of the fields; for a body that stops or ends, as for any upload.
pub async fn read(boundary: &str, length: Option<u64>, body: Arriving) -> Result<(Fields, Arriving), Problem> {
    let refusal = body.refusal;
    let head = Head::default();
    let mut form = Multipart::new(head.watch(body.stream), boundary);
    let (mut fields, mut faults) = (Fields::default(), Faults::default());
    let broken = |error: multer::Error| refusal.take().unwrap_or_else(|| unreadable(&error));
    let (part, file) = loop {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            faults.push(Fault::pointer("/file", "is missing"));
            return Err(faults.into());
        };
        let part = PartHead::read(field.headers())?;
        part.check(field.headers(), &mut faults);
        if part.name == FILE {
            break (part, field);
        }
        let value = field.bytes().await.map_err(broken)?;
        fields.take(&part, value, &mut faults);
    };
    if !faults.is_empty() {
        return Err(faults.into());
    }
    fields.file_name = part.file_name;
    fields.content_type = part.content_type.map(String::from);
    let before = head.end();
    let length = match length {
        Some(length) => Some(length_of_file(length, before, boundary)?),
        None => None,
    };
    let file = FileField { form, field: Some(file), left: length, is_empty: true, refusal: refusal.clone() };
    Ok((fields, Arriving { length, stream: file.into_stream(), refusal }))
}

impl Fields {
    fn take(&mut self, part: &PartHead, value: Bytes, faults: &mut Faults) {
        let mut fault = |what: &str| faults.push(Fault::pointer(&part.pointer(), what));
        let slot = match part.name.as_str() {
            "name" => &mut self.name,
            "folder_id" => &mut self.folder_id,
            "sha1" => &mut self.sha1,
            // Some browsers add it, to say how the texts of the others are coded (RFC 7578, section 4.6).
            "_charset_" if value.eq_ignore_ascii_case(b"utf-8") => return,
            "_charset_" => return fault("must be UTF-8"),
            _ => return fault("is not known; the fields are name, folder_id, sha1 and then file"),
        };
        match (slot, String::from_utf8(value.into())) {
            (Some(_), _) => fault("is there twice"),
            (None, Err(_)) => fault("is not UTF-8"),
            (slot, Ok(text)) => *slot = Some(text),
        }
    }
}

/// The most bytes that a form may have besides those of its file.
#[must_use]
pub fn most_around(boundary: &str) -> u64 {
    MOST_BEFORE + last_line(boundary)
}

fn last_line(boundary: &str) -> u64 {
    ("\r\n--".len() + boundary.len() + "--\r\n".len()) as u64
}

/// How many bytes a file has that comes last in a form of `length`.
fn length_of_file(length: u64, before: u64, boundary: &str) -> Result<u64, Problem> {
    match length.checked_sub(before + last_line(boundary)) {
        None => Err(malformed("ends early")),
        Some(0) => Err(empty("/file")),
        Some(length) => Ok(length),
    }
}

fn malformed(what: &str) -> Problem {
    Problem::invalid(vec![Fault::pointer("", format!("is a form that {what}"))])
}

/// The problem of a form that cannot be read.
fn unreadable(error: &multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(cause) => {
            let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            match io {
                Some(io::ErrorKind::FileTooLarge) => malformed("has more than 16 KiB before its file"),
                _ => incomplete("The body of the upload ended early."),
            }
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
