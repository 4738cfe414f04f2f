//! One API call: its parameters from the query and the form, parsed as PHP does.

use axum::body::Body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};

use super::reply::Refusal;
use crate::journal::Entry;
use crate::serve;

/// The largest urlencoded form, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;

/// The default and the largest number of rows of a call with a `limit`.
const DEFAULT_LIMIT: usize = 5;
const LARGEST_LIMIT: usize = 100;

/// The parameters of one call.
#[derive(Debug)]
pub(crate) struct Call {
    parameters: Vec<(String, String)>,
}

impl Call {
    /// Reads the parameters of the query and of an urlencoded form. Any other body is read and ignored.
    pub(crate) async fn read(request: Request) -> Result<Self, Refusal> {
        let mut parameters = serve::pairs(request.uri().query().unwrap_or_default().as_bytes());
        let (head, body) = request.into_parts();
        let content_type = head.headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
        if content_type.is_some_and(|value| value.starts_with(b"application/x-www-form-urlencoded")) {
            let form = read_form(body).await?;
            if let Some(entry) = head.extensions.get::<Entry>() {
                entry.note_form(&form);
            }
            parameters.extend(form);
        } else {
            serve::drain(body).await;
        }
        Ok(Self { parameters })
    }

    /// Returns a parameter's value, if it was sent at all. If it was sent several times, the last value counts.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter's value. An empty one counts as not sent.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// Returns the value of a parameter that must be sent and must not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| missing(name))
    }

    /// Returns the value of a parameter that must be sent but may be empty.
    pub(crate) fn present(&self, name: &str) -> Result<&str, Refusal> {
        self.given(name).ok_or_else(|| missing(name))
    }

    /// Returns the values of `name[]` in the order sent. Like PHP, also accepts `name[0]`.
    pub(crate) fn array(&self, name: &str) -> Vec<String> {
        let is_element =
            |key: &str| key.strip_prefix(name).is_some_and(|index| index.starts_with('[') && index.ends_with(']'));
        self.parameters.iter().filter(|(key, _)| is_element(key)).map(|(_, value)| value.clone()).collect()
    }

    /// Returns the number of rows that the call requests.
    pub(crate) fn limit(&self) -> usize {
        let requested = self.optional("limit").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
        requested.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT)
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::bad_request(format!("Missing parameter: {name}"))
}

async fn read_form(body: Body) -> Result<Vec<(String, String)>, Refusal> {
    let collected = Limited::new(body, LARGEST_FORM).collect().await;
    let bytes = collected.map_err(|_| Refusal::bad_request("The form cannot be read"))?.to_bytes();
    Ok(serve::pairs(&bytes))
}
