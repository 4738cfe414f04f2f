//! One call of the API: its parameters, wherever they stand, read as PHP reads them.

use axum::body::Body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};

use super::reply::Refusal;
use crate::journal::Entry;
use crate::serve;

/// How large an urlencoded form may be, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;

/// How many rows a call gives that takes a `limit`, and how many at most.
const DEFAULT_LIMIT: usize = 5;
const LARGEST_LIMIT: usize = 100;

/// The parameters of one call.
#[derive(Debug)]
pub(crate) struct Call {
    parameters: Vec<(String, String)>,
}

impl Call {
    /// Reads the query, and then the body where it is an urlencoded form. Any other body is read and ignored.
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

    /// A parameter's value, if it was given at all; of several, the last.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter's value; an empty one counts as not given.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that must be there and not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| missing(name))
    }

    /// The value of a parameter that must be there, empty or not.
    pub(crate) fn present(&self, name: &str) -> Result<&str, Refusal> {
        self.given(name).ok_or_else(|| missing(name))
    }

    /// The values of `name[]`, in the order sent. PHP also takes `name[0]`.
    pub(crate) fn array(&self, name: &str) -> Vec<String> {
        let is_element =
            |key: &str| key.strip_prefix(name).is_some_and(|index| index.starts_with('[') && index.ends_with(']'));
        self.parameters.iter().filter(|(key, _)| is_element(key)).map(|(_, value)| value.clone()).collect()
    }

    /// How many rows are asked for.
    pub(crate) fn limit(&self) -> usize {
        let asked = self.optional("limit").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
        asked.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT)
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
