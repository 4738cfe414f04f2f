//! Addresses that hold secrets: credentials in a query, or a path that lets whoever has it act.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// An address to send a request to. `Debug` and `Display` show no query, and nothing but the host of what a site has
/// handed out.
#[derive(Clone)]
pub struct SecretUrl {
    url: Url,
    secrets: Vec<SecretString>,
    source: Source,
}

/// Who has said that a request shall go there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The configuration.
    Configured,
    /// A site, in an answer.
    HandedOut,
}

impl SecretUrl {
    /// An endpoint of the site's API: the base URL with a path such as `file/info` added.
    #[must_use]
    pub fn endpoint(base_url: &Url, path: &str) -> Self {
        let mut url = base_url.clone();
        // A base URL without a path has no host either; `Client::new` refuses it.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        Self { url, secrets: Vec::new(), source: Source::Configured }
    }

    /// An address that a site has handed out. It is gone to only where it may lead to.
    #[must_use]
    pub fn handed_out(url: Url) -> Self {
        let path = url.path().trim_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let parts = [url.as_str(), path, last, url.query().unwrap_or_default()];
        let secrets = parts.into_iter().filter(|part| !part.is_empty()).map(SecretString::from).collect();
        Self { secrets, url, source: Source::HandedOut }
    }

    /// Adds a parameter that is no secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a parameter that is a secret. It is masked in whatever the site says.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &SecretString) -> Self {
        self.secrets.push(value.clone());
        self.with(name, value.expose_secret())
    }

    /// The address itself, for the request alone.
    pub(crate) fn expose(&self) -> &Url {
        &self.url
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        match self.source {
            Source::HandedOut => f.write_str("/***"),
            Source::Configured if self.url.query().is_some() => write!(f, "{}?***", self.url.path()),
            Source::Configured => f.write_str(self.url.path()),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_shows_its_path_and_never_its_query() {
        let base = Url::parse("https://user:pw@api.example.net:8443/v1/").unwrap();
        let key = SecretString::from("s3cr&t key");
        let url = SecretUrl::endpoint(&base, "file/info").with("file", "a,b").with_secret("key", &key);

        assert_eq!(url.to_string(), "https://api.example.net:8443/v1/file/info?***");
        assert_eq!(format!("{url:?}"), "SecretUrl(https://api.example.net:8443/v1/file/info?***)");
        assert_eq!(url.expose().query(), Some("file=a%2Cb&key=s3cr%26t+key"));
    }

    #[test]
    fn what_a_site_hands_out_shows_its_host_alone() {
        let url = SecretUrl::handed_out(Url::parse("https://node.example.net/ul/fCgaPthr_ys?t=1").unwrap());
        assert_eq!(url.to_string(), "https://node.example.net/***");
        assert!(!format!("{url:?}").contains("fCgaPthr_ys"));
    }
}
