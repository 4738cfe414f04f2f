//! Strict JSON bodies: unknown fields, `null` where it has no meaning, and other media types are rejected.

use std::fmt;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use headers::{ContentLength, HeaderMapExt as _};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use polyhost_config::ServerConfig;
use polyhost_domain::MediaType;
use polyhost_engine::problem::{Code, Fault, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::timeout;

use super::body_fields::is_utf8;
use super::query::parse_field_error;
use crate::app::App;
use crate::problem::Failure;

/// A JSON body without unknown fields.
pub(crate) struct StrictJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for StrictJson<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        check_media_type(request.method(), request.headers())?;
        let (parts, body) = request.into_parts();
        Ok(Self(read(&whole_body(&parts.headers, body, app.server()).await?)?))
    }
}

/// Reads a whole JSON body.
///
/// # Errors
/// `payload_too_large`; `invalid_request` if the body does not arrive whole within `idle_timeout`.
pub(crate) async fn whole_body(headers: &HeaderMap, body: Body, config: &ServerConfig) -> Result<Bytes, Problem> {
    let announced = headers.typed_get::<ContentLength>();
    if announced.is_some_and(|ContentLength(length)| length > config.max_body) {
        return Err(too_large());
    }
    let most = usize::try_from(config.max_body).unwrap_or(usize::MAX);
    let arrived = timeout(config.idle_timeout, Limited::new(body, most).collect()).await;
    let whole = arrived.map_err(|_| incomplete())?;
    whole
        .map(Collected::to_bytes)
        .map_err(|error| if error.is::<LengthLimitError>() { too_large() } else { incomplete() })
}

/// Deserializes a body, and reports all its faults at once.
///
/// serde stops at the first fault. So this removes the faulty field and deserializes the rest again. It ends when there
/// is no fault, the field cannot be removed, or there are more faults than a problem reports.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let whole = |what: String| Problem::invalid(vec![Fault::pointer("", what)]);
    // serde would also deserialize a struct from an array, value by value.
    let object = bytes.trim_ascii_start().starts_with(b"{");
    if let (true, Ok(value)) = (object, serde_json::from_slice(bytes)) {
        return Ok(value);
    }
    let json: Result<Value, _> = serde_json::from_slice(bytes);
    let mut rest = json.map_err(|error| whole(format!("is not JSON: {}", without_position(&error.to_string()))))?;
    if !object {
        return Err(whole("must be a JSON object".to_owned()));
    }
    let mut faults: Vec<Fault> = Vec::new();
    while let Err(error) = serde_path_to_error::deserialize::<_, T>(&rest) {
        let fault = fault_of(&error);
        let was_removed = fault.pointer.as_deref().is_some_and(|pointer| remove_field(&mut rest, pointer));
        // A removed field may be reported as missing in the next round; its first fault is the real one.
        if !faults.iter().any(|known| known.pointer == fault.pointer) {
            faults.push(fault);
        }
        if !was_removed || faults.len() > Fault::MOST_REPORTED {
            break;
        }
    }
    if faults.is_empty() {
        // A parsed `Value` has lost duplicate fields. Only the original text shows them.
        let mut text = serde_json::Deserializer::from_slice(bytes);
        faults.extend(serde_path_to_error::deserialize::<_, T>(&mut text).err().map(|error| fault_of(&error)));
    }
    Err(Problem::invalid(faults))
}

/// Removes a field from its object. Returns whether it was there.
fn remove_field(json: &mut Value, pointer: &str) -> bool {
    let Some((object, name)) = pointer.rsplit_once('/') else { return false };
    let name = name.replace("~1", "/").replace("~0", "~");
    json.pointer_mut(object).and_then(Value::as_object_mut).and_then(|object| object.remove(&name)).is_some()
}

/// Deserializes a field that may be absent but not `null`; for `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// Errors of the value's own deserializer.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn check_media_type(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail: &str| Err(Problem::new(Code::UnsupportedMediaType, detail));
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let media: Option<MediaType> = value.to_str().ok().and_then(|text| text.parse().ok());
    let is_json = |media: &MediaType| {
        media.is("application/json") || (media.is("application/merge-patch+json") && method == Method::PATCH)
    };
    match media.filter(is_json) {
        None => unsupported("The body must be application/json."),
        Some(media) if !is_utf8(&media) => unsupported("The body must be JSON in UTF-8."),
        Some(_) => Ok(()),
    }
}

fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge, "The body is larger than a JSON body may be.")
}

fn incomplete() -> Problem {
    Problem::invalid(vec![Fault::pointer("", "did not arrive whole, or not in time")])
}

fn fault_of(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let message = without_position(&error.inner().to_string());
    let pointer: String = error.path().iter().map(|segment| Pointer(segment).to_string()).collect();
    match parse_field_error(&message) {
        // The path may end at the object that has or lacks the field, or at the field itself.
        Some((name, what)) => {
            let name = escape(name);
            let object = pointer.strip_suffix(&format!("/{name}")).unwrap_or(&pointer);
            Fault::pointer(&format!("{object}/{name}"), what)
        }
        None => Fault::pointer(&pointer, message),
    }
}

/// Escapes a name for use as a segment of a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Body {
        name: String,
        #[serde(default, deserialize_with = "present")]
        parent_id: Option<String>,
        #[serde(default)]
        deep: Vec<Body>,
        #[serde(default, deserialize_with = "present")]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Only,
    }

    fn pointers(json: &str) -> Vec<String> {
        let problem = read::<Body>(json.as_bytes()).err();
        problem
            .map(|problem| problem.errors().iter().filter_map(|fault| fault.pointer.clone()).collect())
            .unwrap_or_default()
    }

    #[test]
    fn every_fault_of_a_body_is_named_at_once() {
        assert_eq!(pointers(r#"{"name": "a", "parent_id": "b"}"#), [""; 0]);
        assert_eq!(
            pointers(r#"{"name": 5, "parent_id": null, "x": 1, "a/b": 2}"#),
            ["/a~1b", "/name", "/parent_id", "/x"]
        );
        assert_eq!(pointers(r#"{"name": "a", "name": "b"}"#), ["/name"]);
        assert_eq!(pointers(r#"{"name": "a", "kind": null}"#), ["/kind"]);
        assert_eq!(pointers(r#"{"x": 1}"#), ["/x", "/name"]);
        assert_eq!(pointers(r#"{"name": "a", "deep": [{"name": 1}]}"#), ["/deep/0/name"]);
    }

    #[test]
    fn only_the_first_of_many_body_faults_are_reported() {
        let fields: Vec<String> = (0..100_000).map(|n| format!("\"x{n}\": 1")).collect();
        assert_eq!(pointers(&format!("{{{}}}", fields.join(", "))).len(), Fault::MOST_REPORTED);
    }

    #[test]
    fn body_that_is_not_an_object_is_one_fault() {
        for json in ["", "[]", "[\"a\"]", "5", "{", "{\"name\": \"a\"} x", "\u{feff}{}"] {
            assert_eq!(pointers(json), [""], "{json}");
        }
    }
}
