//! Authentication: finds the client of a request by its API key.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use polyhost_config::{Callers, Client, KeyHash};
use tokio::time::sleep;

/// The fault of a request's API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// The request has no key.
    Missing,
    /// No client has this key.
    Unknown,
    /// A client has this key, but it has expired.
    Expired,
}

/// Returns the client of a request with this key, at the time `now`.
///
/// # Errors
/// [`KeyFault`] if the key is not valid.
pub(crate) fn identify(callers: &Callers, key: Option<KeyHash>, now: Timestamp) -> Result<Arc<Client>, KeyFault> {
    let fault = if key.is_some() { KeyFault::Unknown } else { KeyFault::Missing };
    let client = callers.with_key(key).ok_or(fault)?;
    let is_expired = client.expires_at.is_some_and(|end| end <= now);
    if is_expired { Err(KeyFault::Expired) } else { Ok(client) }
}

/// Resolves when a client's keys expire; never, if they do not.
pub(crate) async fn expired(client: &Client) {
    let Some(end) = client.expires_at else { return pending().await };
    sleep(Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default()).await;
}

/// Returns the hash of a request's key; `None` without one.
pub(crate) fn presented_key(headers: &HeaderMap) -> Option<KeyHash> {
    key_text(headers).map(KeyHash::of)
}

/// Returns the key of a request. A field without a key, such as one with another scheme, yields an empty key, which no
/// client has.
fn key_text(headers: &HeaderMap) -> Option<&str> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return headers.get("x-api-key").map(|key| key.to_str().unwrap_or_default());
    };
    let credentials = value.to_str().ok().and_then(|text| text.split_once(' '));
    let key = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    Some(key.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;
    use polyhost_config::AccountSelection;
    use tokio::time::timeout;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn client(name: &str, keys: &[&str]) -> Client {
        Client {
            name: name.to_owned(),
            keys: keys.iter().map(|key| KeyHash::of(key)).collect(),
            accounts: AccountSelection::All,
            scopes: BTreeSet::new(),
            expires_at: None,
            rate_limit: None,
            max_concurrency: None,
        }
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn client_is_found_by_any_of_its_keys_in_either_header() {
        let callers = Callers::keyed(vec![client("web", &["old", "new"]), client("job", &["job"])]);
        let name =
            |headers: &HeaderMap| identify(&callers, presented_key(headers), NOW).map(|client| client.name.clone());
        assert_eq!(name(&headers("authorization", "Bearer old")).as_deref(), Ok("web"));
        assert_eq!(name(&headers("authorization", "bearer new")).as_deref(), Ok("web"));
        assert_eq!(name(&headers("x-api-key", "job")).as_deref(), Ok("job"));
        for wrong in ["Bearer nobody", "Basic old", "old", "Bearer", ""] {
            assert_eq!(name(&headers("authorization", wrong)), Err(KeyFault::Unknown), "{wrong}");
        }
        assert_eq!(name(&HeaderMap::new()), Err(KeyFault::Missing));
    }

    #[test]
    fn key_is_valid_until_its_expiry() {
        let end = NOW + SignedDuration::from_secs(60);
        let callers = Callers::keyed(vec![Client { expires_at: Some(end), ..client("web", &["old", "new"]) }]);
        let known = |key: &str, at| identify(&callers, Some(KeyHash::of(key)), at).map(drop);
        assert_eq!(known("old", end - SignedDuration::from_nanos(1)), Ok(()));
        for (key, at) in [("old", end), ("new", end + SignedDuration::from_hours(1))] {
            assert_eq!(known(key, at), Err(KeyFault::Expired));
        }
        assert_eq!(known("other", end), Err(KeyFault::Unknown));
    }

    #[tokio::test(start_paused = true)]
    async fn expired_resolves_when_the_key_expires() {
        let ending = |expires_at| Client { expires_at, ..client("web", &[]) };
        let patience = Duration::from_secs(60);
        for (left, ends) in [(30, true), (-30, true), (90, false)] {
            let end = Timestamp::now() + SignedDuration::from_secs(left);
            assert_eq!(timeout(patience, expired(&ending(Some(end)))).await.is_ok(), ends, "{left}");
        }
        assert!(timeout(patience, expired(&ending(None))).await.is_err());
        assert!(timeout(patience, expired(&ending(Some(Timestamp::MAX)))).await.is_err());
    }
}
