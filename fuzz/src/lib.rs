//! Functions shared by the targets: splitting the input, and the checks that hold for every answer of a site.

#![allow(clippy::expect_used, reason = "a failure is a finding of the fuzzer")]

use polyhost_domain::{Error, Origin};
use serde_json::Value;

/// Returns an origin for the decoded objects: the account `main` at a provider.
pub fn origin(provider: &str) -> Origin {
    Origin { account: "main".parse().expect("a name"), provider: provider.parse().expect("a name") }
}

/// Splits the input. The first byte selects operation and HTTP status (`a` the first of each); the rest is the body.
pub fn answer<'a>(input: &'a [u8], operations: &[&'static str]) -> Option<(&'static str, u16, &'a [u8])> {
    let statuses = [200, 404, 500];
    let (first, body) = input.split_first()?;
    let choice = usize::from(first.wrapping_sub(b'a'));
    Some((operations[choice % operations.len()], statuses[choice / operations.len() % statuses.len()], body))
}

/// Checks that a decoded answer, or its error, stays within the bounds that the API documents.
pub fn check(decoded: Result<Value, Error>) {
    match decoded {
        Ok(value) => check_value(&value),
        Err(error) => {
            let message = error.answer().and_then(|answer| answer.message.as_deref()).unwrap_or_default();
            assert!(message.chars().count() <= 300 && !message.chars().any(char::is_control), "{message:?}");
        }
    }
}

fn check_value(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(check_value),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            match name.as_str() {
                "progress_percent" => {
                    let percent = field.as_f64();
                    assert!(percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)), "{field}");
                }
                "id" => assert!(field.as_str().is_none_or(|id| !id.is_empty()), "an empty id"),
                _ => {}
            }
            check_value(field);
        }),
        _ => {}
    }
}
