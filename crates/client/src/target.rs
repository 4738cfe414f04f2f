//! The target of all requests of a command: the gateway's address and the caller's key, and the places of both.

use url::Url;

use crate::connect::{Source, is_this_machine};
use crate::key::ApiKey;

/// A gateway's address and a key for it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) server: Url,
    pub(crate) key: Option<ApiKey>,
    /// The place that the address comes from.
    pub(crate) source: Source,
    /// The server of a saved key that must not be sent to this one.
    pub(crate) unused_login: Option<Url>,
}

impl Target {
    /// Returns the address for messages.
    pub(crate) fn address(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// Returns the address with the other one of http and https, for messages.
    pub(crate) fn with_other_scheme(&self) -> String {
        match self.address().strip_prefix("https://") {
            Some(rest) => format!("http://{rest}"),
            None => self.address().replacen("http://", "https://", 1),
        }
    }

    /// Returns whether connections are encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.server.scheme() == "https"
    }

    /// Returns whether others on the network can read the key.
    pub(crate) fn exposes_key(&self) -> bool {
        self.key.is_some() && !self.is_encrypted() && !is_this_machine(&self.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeySource;

    fn target(server: &str, key: &str) -> Target {
        let key = ApiKey::read(key, KeySource::Variable).ok();
        Target { server: server.parse().unwrap(), key, source: Source::Argument, unused_login: None }
    }

    #[test]
    fn key_is_exposed_by_http_to_another_machine() {
        for server in ["http://10.0.0.1:8080", "http://gateway", "http://localhost.example", "http://[2001:db8::1]"] {
            assert!(target(server, "ph_abc123").exposes_key(), "{server}");
            assert!(!target(server, "").exposes_key(), "{server}");
        }
        for server in ["https://gateway", "http://localhost:8080", "http://127.0.0.2", "http://[::1]:8080"] {
            assert!(!target(server, "ph_abc123").exposes_key(), "{server}");
        }
    }

    #[test]
    fn other_scheme_keeps_port_and_path() {
        assert_eq!(target("http://a:8080/below/", "").with_other_scheme(), "https://a:8080/below");
        assert_eq!(target("https://a:8080", "").with_other_scheme(), "http://a:8080");
    }
}
