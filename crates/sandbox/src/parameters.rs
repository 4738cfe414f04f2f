//! The parameters of a call: the query, and an urlencoded form, which takes precedence.

use axum::body::Body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};

use crate::journal::Entry;
use crate::serve;

/// The largest urlencoded form, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;

/// The parameters of one call, in the order sent.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

/// A form that is too large or incomplete.
#[derive(Debug)]
pub(crate) struct UnreadableForm;

impl Parameters {
    /// Reads the parameters of the query and of an urlencoded form. Any other body is read and ignored.
    pub(crate) async fn read(request: Request) -> Result<Self, UnreadableForm> {
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
        Ok(Self(parameters))
    }

    /// Returns a parameter's value, if it was sent at all. If it was sent several times, the last value counts.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter's value. An empty one counts as not sent.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// Returns all pairs.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

async fn read_form(body: Body) -> Result<Vec<(String, String)>, UnreadableForm> {
    let collected = Limited::new(body, LARGEST_FORM).collect().await.map_err(|_| UnreadableForm)?;
    Ok(serve::pairs(&collected.to_bytes()))
}
