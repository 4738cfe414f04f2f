//! Query parameters, read strictly: unknown, repeated and malformed ones are refused by name.

use std::borrow::Cow;

use crate::problem::Failure;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use polyhost_engine::problem::{Fault, Problem};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

/// Query parameters, of which every one is known.
pub(crate) struct StrictQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        check_text(query)?;
        Ok(Self(read(query)?))
    }
}

/// Refuses what is no UTF-8: decoding would put something else in its place.
fn check_text(query: &str) -> Result<(), Problem> {
    let text = |raw: &str| percent_decode_str(raw).decode_utf8().is_ok();
    let wrong = query.split('&').filter(|pair| !text(pair)).map(|pair| pair.split('=').next().unwrap_or_default());
    let faults: Vec<Fault> = wrong.map(|name| Fault::parameter(name, "is not UTF-8")).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// Reads the parameters. serde stops at the first fault, so what is wrong is taken out and the rest is read again, until
/// nothing is wrong, nothing can be taken out, or there is more than will be told.
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
        let there = form_urlencoded::parse(query.as_bytes()).any(|(other, _)| other == name);
        // What was taken out may be missed.
        if !faults.iter().any(|told: &Fault| told.parameter == fault.parameter) {
            faults.push(fault);
        }
        if !there || faults.len() > Fault::MOST_REPORTED {
            return Err(Problem::invalid(faults));
        }
        let rest = form_urlencoded::parse(query.as_bytes()).filter(|(other, _)| *other != name);
        query = Cow::Owned(form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish());
    }
}

/// For `#[serde(default, deserialize_with = "flag")]`: `true` or `false`, and not what a form's checkbox would send.
///
/// # Errors
/// Where it is something else.
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
    match about_a_field(&message) {
        Some((name, what)) => Fault::parameter(name, what),
        // The deserializer's only words for a single value that is there more than once.
        None if message == "unsupported value" => Fault::parameter(&path, "is there more than once"),
        None => Fault::parameter(&path, message),
    }
}

/// serde's words about a field that is unknown, missing or repeated, as the field's name and what is wrong with it.
pub(super) fn about_a_field(message: &str) -> Option<(&str, String)> {
    let mut parts = message.split('`');
    let (kind, name) = (parts.next()?, parts.next()?);
    let what = match kind {
        "missing field " => "is missing".to_owned(),
        "duplicate field " => "is there twice".to_owned(),
        "unknown field " => {
            let known: Vec<&str> = parts.skip(1).step_by(2).collect();
            match known[..] {
                [] => "is unknown; there is none here".to_owned(),
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
        let told = fault("colour=red&limit=many&name=a&shape=round").await.unwrap();
        for name in ["colour", "limit", "shape"] {
            assert!(told.contains(&format!("parameter \"{name}\"")), "{told}");
        }
    }

    #[tokio::test]
    async fn of_many_wrong_parameters_the_first_are_named_and_the_rest_costs_nothing() {
        let query: Vec<String> = (0..10_000).map(|n| format!("x{n}")).collect();
        let told = fault(&query.join("&")).await.unwrap();
        assert_eq!(told.matches("is unknown").count(), Fault::MOST_REPORTED);
        assert!(told.contains("\"x0\"") && told.ends_with("; and more."), "{told}");
    }

    #[tokio::test]
    async fn wrong_parameters_are_refused_by_name() {
        assert_eq!(fault("limit=3&name=a%20b").await, None);
        assert_eq!(fault("all=true").await, None);
        let cases = [
            ("colour=red", "parameter \"colour\" is unknown; known: limit, name, all"),
            ("all=on", "parameter \"all\" must be true or false"),
            ("all", "parameter \"all\" must be true or false"),
            ("limit=3&limit=4", "parameter \"limit\" is there more than once"),
            ("name=%FF", "parameter \"name\" is not UTF-8"),
            ("limit=many", "parameter \"limit\" invalid digit found in string"),
        ];
        for (query, what) in cases {
            let told = fault(query).await.unwrap();
            assert!(told.contains(what), "{query}: {told}");
        }
    }
}
