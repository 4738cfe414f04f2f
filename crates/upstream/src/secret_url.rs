//! URLs with secrets: credentials in the query, or a path that itself authorizes a request.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The URL of a request. `Debug` and `Display` never show the query. Of a URL that a site has handed out they show only
/// the scheme, host and port.
#[derive(Clone)]
pub struct SecretUrl {
    url: Url,
    secrets: Vec<SecretString>,
    source: Source,
}

/// The origin of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The configuration.
    Configured,
    /// An answer of a site.
    HandedOut,
}

impl SecretUrl {
    /// Returns the URL of an API endpoint: the base URL with a path such as `file/info` appended.
    #[must_use]
    pub fn endpoint(base_url: &Url, path: &str) -> Self {
        let mut url = base_url.clone();
        // A base URL that cannot have a path has no host either; `Client::new` rejects it.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        Self { url, secrets: Vec::new(), source: Source::Configured }
    }

    /// Wraps a URL that a site has handed out. Requests go there only if the rule for handed-out addresses allows it.
    #[must_use]
    pub fn handed_out(url: Url) -> Self {
        let path = url.path().trim_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let parts = [url.as_str(), path, last, url.query().unwrap_or_default()];
        let secrets = parts.into_iter().filter(|part| !part.is_empty()).map(SecretString::from).collect();
        Self { secrets, url, source: Source::HandedOut }
    }

    /// Adds a query parameter that is not secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a secret query parameter. It is masked in the texts of the site's answer.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &SecretString) -> Self {
        self.secrets.push(value.clone());
        self.with(name, value.expose_secret())
    }

    /// Returns the URL with its secrets. Use it for the request only.
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
    fn endpoint_shows_its_path_and_hides_its_query() {
        let base = Url::parse("https://user:pw@api.example.net:8443/v1/").unwrap();
        let key = SecretString::from("s3cr&t key");
        let url = SecretUrl::endpoint(&base, "file/info").with("file", "a,b").with_secret("key", &key);

        assert_eq!(url.to_string(), "https://api.example.net:8443/v1/file/info?***");
        assert_eq!(format!("{url:?}"), "SecretUrl(https://api.example.net:8443/v1/file/info?***)");
        assert_eq!(url.expose().query(), Some("file=a%2Cb&key=s3cr%26t+key"));
    }

    #[test]
    fn handed_out_url_shows_only_its_host() {
        let url = SecretUrl::handed_out(Url::parse("https://node.example.net/ul/fCgaPthr_ys?t=1").unwrap());
        assert_eq!(url.to_string(), "https://node.example.net/***");
        assert!(!format!("{url:?}").contains("fCgaPthr_ys"));
    }
}
