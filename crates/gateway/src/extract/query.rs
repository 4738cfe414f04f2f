//! Strict query parameters: unknown, repeated and malformed ones are rejected by name.

use std::borrow::Cow;

use crate::problem::Failure;
use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use polyhost_engine::problem::{Fault, Problem};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

/// Query parameters without unknown ones.
pub(crate) struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(parameters(&parts.uri)?))
    }
}

/// Returns the query parameters of a request.
///
/// # Errors
/// `invalid_request`, with all faults.
pub(crate) fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let query = uri.query().unwrap_or_default();
    check_text(query)?;
    read(query)
}

/// Rejects parameters that are not UTF-8: decoding would silently replace the invalid bytes.
fn check_text(query: &str) -> Result<(), Problem> {
    let text = |raw: &str| percent_decode_str(raw).decode_utf8().is_ok();
    let wrong = query.split('&').filter(|pair| !text(pair)).map(|pair| pair.split('=').next().unwrap_or_default());
    let faults: Vec<Fault> = wrong.map(|name| Fault::parameter(name, "is not UTF-8")).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// Deserializes the parameters, and reports all their faults at once.
///
/// serde stops at the first fault. So this removes the faulty parameter and deserializes the rest again. It ends when
/// there is no fault, the parameter cannot be removed, or there are more faults than a problem reports.
fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut query = Cow::Borrowed(query);
    let mut faults = Vec::new();
    loop {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let fault = match serde_path_to_error::deserialize(serde_html_form::Deserializer::new(pairs)) {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(Problem::invalid(faults)),
            Err(error) => fault(&error),
        };
        let name = fault.parameter.clone().unwrap_or_default();
        let is_present = form_urlencoded::parse(query.as_bytes()).any(|(other, _)| other == name);
        // A removed parameter may be reported as missing in the next round; its first fault is the real one.
        if !faults.iter().any(|known: &Fault| known.parameter == fault.parameter) {
            faults.push(fault);
        }
        if !is_present || faults.len() > Fault::MOST_REPORTED {
            return Err(Problem::invalid(faults));
        }
        let rest = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| *other != name);
        query = Cow::Owned(form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish());
    }
}

/// Deserializes `true` or `false`, for `#[serde(default, deserialize_with = "flag")]`. The value `on` of an HTML
/// checkbox is rejected.
///
/// # Errors
/// If it is anything else.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match &*Cow::<str>::deserialize(deserializer)? {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(D::Error::custom("must be true or false")),
    }
}

fn fault<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Fault {
    let message = error.inner().to_string();
    let path = error.path().to_string();
    match parse_field_error(&message) {
        Some((name, what)) => Fault::parameter(name, what),
        // The deserializer's message for a single value that occurs more than once.
        None if message == "unsupported value" => Fault::parameter(&path, "is repeated"),
        None => Fault::parameter(&path, message),
    }
}

/// Parses serde's message about an unknown, missing or repeated field: returns the field's name and its fault.
pub(super) fn parse_field_error(message: &str) -> Option<(&str, String)> {
    let mut parts = message.split('`');
    let (kind, name) = (parts.next()?, parts.next()?);
    let what = match kind {
        "missing field " => "is missing".to_owned(),
        "duplicate field " => "is repeated".to_owned(),
        "unknown field " => {
            let known: Vec<&str> = parts.skip(1).step_by(2).collect();
            match known[..] {
                [] => "is unknown; none is allowed here".to_owned(),
                _ => format!("is unknown; known: {}", known.join(", ")),
            }
        }
        _ => return None,
    };
    Some((name, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Parameters {
        limit: Option<u32>,
        name: Option<String>,
        #[serde(default, deserialize_with = "flag")]
        all: bool,
    }

    async fn fault(query: &str) -> Option<String> {
        let uri = format!("/?{query}");
        let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
        let problem = StrictQuery::<Parameters>::from_request_parts(&mut parts, &()).await.err()?;
        Some(problem.0.detail().to_owned())
    }

    #[tokio::test]
    async fn every_wrong_parameter_is_named_at_once() {
        let detail = fault("colour=red&limit=many&name=a&shape=round").await.unwrap();
        for name in ["colour", "limit", "shape"] {
            assert!(detail.contains(&format!("parameter \"{name}\"")), "{detail}");
        }
    }

    #[tokio::test]
    async fn only_the_first_of_many_parameter_faults_are_reported() {
        let query: Vec<String> = (0..10_000).map(|n| format!("x{n}")).collect();
        let detail = fault(&query.join("&")).await.unwrap();
        assert_eq!(detail.matches("is unknown").count(), Fault::MOST_REPORTED);
        assert!(detail.contains("\"x0\"") && detail.ends_with("; and more."), "{detail}");
    }

    #[tokio::test]
    async fn wrong_parameters_are_refused_by_name() {
        assert_eq!(fault("limit=3&name=a%20b").await, None);
        assert_eq!(fault("all=true").await, None);
        let cases = [
            ("colour=red", "parameter \"colour\" is unknown; known: limit, name, all"),
            ("all=on", "parameter \"all\" must be true or false"),
            ("all", "parameter \"all\" must be true or false"),
            ("limit=3&limit=4", "parameter \"limit\" is repeated"),
            ("name=%FF", "parameter \"name\" is not UTF-8"),
            ("limit=many", "parameter \"limit\" invalid digit found in string"),
        ];
        for (query, what) in cases {
            let detail = fault(query).await.unwrap();
            assert!(detail.contains(what), "{query}: {detail}");
        }
    }
}
