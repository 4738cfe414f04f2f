//! JSON bodies, read strictly: unknown fields, `null` where it means nothing, and other media types are refused.

use std::fmt;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use mime::Mime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::query::about_a_field;
use crate::problem::{Code, Fault, Problem};

/// A JSON body of which every field is known.
pub struct StrictJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        check_media_type(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value =
            serde_path_to_error::deserialize(&mut json).map_err(|error| Problem::invalid(vec![fault(&error)]))?;
        json.end().map_err(|error| Problem::invalid(vec![Fault::pointer("", format!("is not JSON: {error}"))]))?;
        Ok(Self(value))
    }
}

/// For `#[serde(default, deserialize_with = "present")]`: the field may be absent, but not `null`.
///
/// # Errors
/// The value's own.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let media: Option<Mime> = value.to_str().ok().and_then(|text| text.parse().ok());
    let json = media.as_ref().is_some_and(|media| {
        media.essence_str() == "application/json" || media.essence_str() == "application/merge-patch+json"
    });
    if json { Ok(()) } else { Err(Problem::new(Code::UnsupportedMediaType, "The body must be application/json.")) }
}

fn unread(rejection: &BytesRejection) -> Problem {
    // axum tells the limit apart by its status alone.
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    match rejection.status() {
        status if status == too_large => {
            Problem::new(Code::PayloadTooLarge, "The body is larger than a JSON body may be.")
        }
        _ => Problem::invalid(vec![Fault::pointer("", "ended before it was complete")]),
    }
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let message = without_position(&error.inner().to_string());
    if error.inner().is_syntax() || error.inner().is_eof() {
        return Fault::pointer("", format!("is not JSON: {message}"));
    }
    let pointer: String = error.path().iter().map(|segment| Pointer(segment).to_string()).collect();
    match about_a_field(&message) {
        // The path may end at the object that has or lacks the field, or at the field.
        Some((name, what)) => {
            let object = pointer.strip_suffix(&format!("/{name}")).unwrap_or(&pointer);
            Fault::pointer(&format!("{object}/{}", escape(name)), what)
        }
        None => Fault::pointer(&pointer, message),
    }
}

/// A name as a segment of a JSON pointer (RFC 6901).
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A segment of a JSON pointer.
struct Pointer<'a>(&'a serde_path_to_error::Segment);

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            serde_path_to_error::Segment::Seq { index } => write!(f, "/{index}"),
            serde_path_to_error::Segment::Map { key } => write!(f, "/{}", escape(key)),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => Ok(()),
        }
    }
}

fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text).to_owned()
}
