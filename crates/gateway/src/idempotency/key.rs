//! The `Idempotency-Key` of a request, by which a retry of the request is recognized.

use axum::http::{HeaderMap, HeaderName};
use polyhost_engine::problem::{Fault, Problem};
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

/// The header field with the key.
pub(crate) const KEY_FIELD: HeaderName = HeaderName::from_static("idempotency-key");

/// The header field, for the OpenAPI document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a type of the OpenAPI document alone")]
pub(crate) struct IdempotencyKey {
    /// Identifies this request, so that it runs once even if it is sent several times. For 24 hours, the same request
    /// with the same key returns the first response again. Use a random string such as a UUID. Keys of different
    /// clients are independent.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]{1,255}$"
    )]
    pub key: Option<String>,
}

/// A valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Returns the key of a request with these header fields, if it has one.
    ///
    /// # Errors
    /// `invalid_request` if the key is not 1 to 255 visible ASCII characters, or if the field is repeated.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(KEY_FIELD).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let wrong = |what: &str| Problem::invalid(vec![Fault::parameter("Idempotency-Key", what)]);
        if values.next().is_some() {
            return Err(wrong("is repeated"));
        }
        let good = (1..=255).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
        let text = value.to_str().ok().filter(|_| good);
        text.map(|text| Some(Self(text.to_owned()))).ok_or_else(|| wrong("must be 1 to 255 visible ASCII characters"))
    }

    /// Returns the storage key of a client's record. The client's name comes before the last `/`, so the record counts
    /// as owned by the client.
    #[must_use]
    pub fn record_key(&self, client: &str) -> String {
        format!("idempotency/{client}/{}", hex::encode(Sha256::digest(self.0.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn key(values: &[&str]) -> Result<Option<Key>, Problem> {
        let fields = values.iter().map(|value| (KEY_FIELD, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        Key::of(&fields.collect())
    }

    #[test]
    fn key_is_visible_ascii_and_not_repeated() {
        assert_eq!(key(&[]).unwrap(), None);
        for good in ["a", "\"quoted\"", &"x".repeat(255)] {
            assert_eq!(key(&[good]).unwrap(), Some(Key(good.to_owned())));
        }
        for bad in [vec![""], vec!["a b"], vec!["é"], vec!["a\tb"], vec![&"x".repeat(256)], vec!["a", "a"]] {
            let problem = key(&bad).unwrap_err();
            assert_eq!(problem.errors()[0].parameter.as_deref(), Some("Idempotency-Key"), "{bad:?}");
        }
    }

    #[test]
    fn same_key_of_two_clients_has_two_records() {
        let (one, other) = (Key("a".to_owned()), Key("b".to_owned()));
        assert_eq!(one.record_key("web"), one.record_key("web"));
        assert_ne!(one.record_key("web"), other.record_key("web"));
        assert_ne!(one.record_key("web"), one.record_key("job"));
    }
}
