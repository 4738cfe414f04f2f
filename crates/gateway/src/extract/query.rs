//! Query parameters, read strictly: unknown, repeated and malformed ones are refused by name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Fault, Problem};

/// Query parameters, of which every one is known.
pub struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_html_form::Deserializer::new(form_urlencoded(query));
        match serde_path_to_error::deserialize(pairs) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(Problem::invalid(vec![fault(&error)])),
        }
    }
}

fn form_urlencoded(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

fn fault<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Fault {
    let message = error.inner().to_string();
    let path = error.path().to_string();
    let name = quoted(&message).filter(|_| path == "." || path == "?").map_or(path, str::to_owned);
    Fault::parameter(&name, message)
}

/// serde names an unknown, missing or repeated field between backticks, and nowhere else.
pub(super) fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}
