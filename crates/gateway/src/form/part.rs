//! The header fields of a form's part: its name, its file name, and whether its body can be used as it is.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use polyhost_domain::MediaType;
use polyhost_engine::problem::{Fault, Faults, Problem};

use super::disposition::{self, Disposition};
use super::file_name::FileName;
use super::{FILE, malformed};
use crate::extract::{escape, is_one_file, is_utf8, unsupported_fields};

/// The content of a part's header fields.
pub(super) struct PartHead {
    /// The field's name.
    pub(super) name: String,
    /// The file's name, unless it is missing or empty.
    pub(super) file_name: Option<FileName>,
    /// The media type, if the value is one. Browsers take the value from the operating system, where it may be
    /// anything.
    pub(super) content_type: Option<MediaType>,
}

impl PartHead {
    /// Reads the header fields of a part.
    ///
    /// # Errors
    /// 400 if the part has no readable field name.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let value = headers.get(CONTENT_DISPOSITION).map_or(&b""[..], |value| value.as_bytes());
        let disposition = disposition::parse(value);
        let Disposition { name, file_name } =
            disposition.map_err(|what| malformed(&format!("has a part that {what}")))?;
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Self { name, file_name, content_type })
    }

    /// Returns the field as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        format!("/{}", escape(&self.name))
    }

    /// Adds a fault for each header field because of which the body cannot be used as it is.
    pub(super) fn check(&self, headers: &HeaderMap, faults: &mut Faults) {
        for field in unsupported_fields(headers) {
            let what = format!("has the header field {}, which {}", field.name, field.fault);
            faults.push(Fault::pointer(&self.pointer(), what));
        }
        let Some(media) = &self.content_type else { return };
        if !is_one_file(media) {
            let what = format!("has the Content-Type {}, which is not that of one whole file", media.essence());
            faults.push(Fault::pointer(&self.pointer(), what));
        } else if self.name != FILE && !is_utf8(media) {
            faults.push(Fault::pointer(&self.pointer(), "has a Content-Type with another charset than UTF-8"));
        }
    }
}
