//! Who calls.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use polyhost_config::{AccountSelection, Client, KeyHash, Scope};
use subtle::ConstantTimeEq as _;
use tokio::time::sleep;

/// Why nobody is known to have sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// It has no key.
    WithoutKey,
    /// It has a key that nobody has.
    UnknownKey,
    /// It has a client's key, whose time is over.
    ExpiredKey,
}

/// Everybody who may call the gateway.
#[derive(Debug, Clone)]
pub enum Callers {
    /// Everybody on this machine, without a key.
    Anybody(Arc<Client>),
    /// Who has a key.
    Keyed(Vec<Arc<Client>>),
}

impl Callers {
    /// Everybody on this machine may do everything.
    #[must_use]
    pub fn anybody() -> Self {
        Self::Anybody(Arc::new(Client {
            name: "local".to_owned(),
            keys: Vec::new(),
            accounts: AccountSelection::All,
            scopes: [Scope::Read, Scope::Write, Scope::Admin].into(),
            expires_at: None,
            rate_limit: None,
            max_concurrency: None,
        }))
    }

    /// The clients of a configuration.
    #[must_use]
    pub fn keyed(clients: Vec<Client>) -> Self {
        Self::Keyed(clients.into_iter().map(Arc::new).collect())
    }

    /// Whether callers need no key.
    #[must_use]
    pub fn are_anybody(&self) -> bool {
        matches!(self, Self::Anybody(_))
    }

    /// Whether a client is among them, just as it is.
    #[must_use]
    pub(crate) fn know(&self, client: &Client) -> bool {
        match self {
            Self::Anybody(anybody) => **anybody == *client,
            Self::Keyed(clients) => clients.iter().any(|known| **known == *client),
        }
    }

    /// The client with a key, whether or not it has expired; the keyless client, where no key is needed.
    pub(crate) fn with_key(&self, key: Option<KeyHash>) -> Option<Arc<Client>> {
        match self {
            Self::Anybody(client) => Some(Arc::clone(client)),
            Self::Keyed(clients) => find(clients, key?),
        }
    }

    /// Who has sent a request with these header fields, at this time.
    ///
    /// # Errors
    /// Where that is nobody.
    pub fn identify(&self, headers: &HeaderMap, now: Timestamp) -> Result<Arc<Client>, Stranger> {
        match self {
            Self::Anybody(client) => Ok(Arc::clone(client)),
            Self::Keyed(clients) => {
                let key = presented_key(headers).ok_or(Stranger::WithoutKey)?;
                let client = find(clients, KeyHash::of(key)).ok_or(Stranger::UnknownKey)?;
                let expired = client.expires_at.is_some_and(|end| end <= now);
                if expired { Err(Stranger::ExpiredKey) } else { Ok(client) }
            }
        }
    }
}

/// Compares with every hash in constant time, so that the time tells nothing about which came close.
fn find(clients: &[Arc<Client>], presented: KeyHash) -> Option<Arc<Client>> {
    let has_key =
        |client: &Client| client.keys.iter().fold(false, |found, key| found | bool::from(key.ct_eq(&presented)));
    clients.iter().fold(None, |found, client| if has_key(client) { Some(Arc::clone(client)) } else { found })
}

/// Resolves when a client's keys are no longer good.
pub(crate) async fn expired(client: &Client) {
    let Some(end) = client.expires_at else { return pending().await };
    sleep(Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default()).await;
}

/// The key of a request. A field that holds none, such as one of another scheme, is one with a wrong key.
pub(crate) fn presented_key(headers: &HeaderMap) -> Option<&str> {
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
    fn a_client_is_known_by_either_of_its_keys_in_either_header() {
        let callers = Callers::keyed(vec![client("web", &["old", "new"]), client("job", &["job"])]);
        let name = |headers: &HeaderMap| callers.identify(headers, NOW).map(|client| client.name.clone());
        assert_eq!(name(&headers("authorization", "Bearer old")).as_deref(), Ok("web"));
        assert_eq!(name(&headers("authorization", "bearer new")).as_deref(), Ok("web"));
        assert_eq!(name(&headers("x-api-key", "job")).as_deref(), Ok("job"));
        for wrong in ["Bearer nobody", "Basic old", "old", "Bearer", ""] {
            assert_eq!(name(&headers("authorization", wrong)), Err(Stranger::UnknownKey), "{wrong}");
        }
        assert_eq!(name(&HeaderMap::new()), Err(Stranger::WithoutKey));
    }

    #[test]
    fn a_key_is_good_until_its_time_is_over() {
        let end = NOW + SignedDuration::from_secs(60);
        let callers = Callers::keyed(vec![Client { expires_at: Some(end), ..client("web", &["old", "new"]) }]);
        let known = |key: &str, at| callers.identify(&headers("x-api-key", key), at).map(drop);
        assert_eq!(known("old", end - SignedDuration::from_nanos(1)), Ok(()));
        for (key, at) in [("old", end), ("new", end + SignedDuration::from_hours(1))] {
            assert_eq!(known(key, at), Err(Stranger::ExpiredKey));
        }
        assert_eq!(known("other", end), Err(Stranger::UnknownKey));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_with_a_key_can_end_with_it() {
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
