//! The source of a remote upload: the address that the site fetches, and the header fields that it sends.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::network::is_public_host;

/// The longest address. It is limited because some sites need it and all header fields in one URL.
const MAX_URL: usize = 4096;
/// The maximum length of all header fields together, limited for the same reason.
const MAX_FIELDS: usize = 8192;

/// An address for a site to fetch: http or https, a host that [`is_public_host`] accepts, no user info.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteUrl(Url);

/// The reason why a text is not an address for a site to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRemoteUrl {
    /// The text is not an absolute URL.
    #[error("is not an absolute URL")]
    Malformed,
    /// The scheme is neither http nor https.
    #[error("must be http or https")]
    Scheme,
    /// The URL has a user name or a password before the host.
    #[error("must not contain user info; send an Authorization header instead")]
    UserInfo,
    /// The text has more than 4096 characters.
    #[error("must have at most 4096 characters")]
    TooLong,
    /// The host is private, loopback, link-local or a metadata service.
    #[error("must not point to a private, loopback, link-local or metadata address")]
    PrivateHost,
}

impl RemoteUrl {
    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for RemoteUrl {
    type Err = InvalidRemoteUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRemoteUrl> {
        if text.len() > MAX_URL {
            return Err(InvalidRemoteUrl::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidRemoteUrl::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidRemoteUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidRemoteUrl::UserInfo);
        }
        let host = url.host().ok_or(InvalidRemoteUrl::Malformed)?;
        if !is_public_host(&host) {
            return Err(InvalidRemoteUrl::PrivateHost);
        }
        Ok(Self(url))
    }
}

/// Header fields for a remote upload, in the order given. `Debug` prints only their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderFields(Vec<(String, String)>);

/// The reason why a header field is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The name is not a token of RFC 9110.
    #[error("is not a header name")]
    Name,
    /// The field describes the connection or the message, so callers may not set it.
    #[error("must not be Host, Content-Length, Transfer-Encoding or Connection")]
    Forbidden,
    /// All fields together have more than 8192 bytes.
    #[error("makes the header fields longer than 8192 bytes together")]
    TooLong,
    /// The value has a character that would end its line, or NUL.
    #[error("must not contain CR, LF or NUL in its value")]
    Value,
}

const FORBIDDEN: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

impl HeaderFields {
    /// Adds one field.
    ///
    /// # Errors
    /// The fault of the name or the value. The field is then not added.
    pub fn push(&mut self, name: &str, value: &str) -> Result<(), InvalidHeader> {
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return Err(InvalidHeader::Name);
        }
        if FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden)) {
            return Err(InvalidHeader::Forbidden);
        }
        if value.contains(['\r', '\n', '\0']) {
            return Err(InvalidHeader::Value);
        }
        let before: usize = self.0.iter().map(|(name, value)| name.len() + value.len()).sum();
        if before + name.len() + value.len() > MAX_FIELDS {
            return Err(InvalidHeader::TooLong);
        }
        self.0.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Returns whether there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names and values of the fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for HeaderFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_url_must_be_a_public_web_address() {
        assert!("https://media.example.org/a.mp4?x=1".parse::<RemoteUrl>().is_ok());
        let cases = [
            ("nonsense", InvalidRemoteUrl::Malformed),
            ("/relative", InvalidRemoteUrl::Malformed),
            ("ftp://example.org/a", InvalidRemoteUrl::Scheme),
            ("file:///etc/passwd", InvalidRemoteUrl::Scheme),
            ("https://user:pw@example.org/", InvalidRemoteUrl::UserInfo),
            ("http://127.0.0.1/", InvalidRemoteUrl::PrivateHost),
            (&format!("http://example.org/{}", "a".repeat(4096)), InvalidRemoteUrl::TooLong),
        ];
        for (text, why) in cases {
            assert_eq!(text.parse::<RemoteUrl>(), Err(why), "{text}");
        }
    }

    #[test]
    fn invalid_header_field_is_rejected_and_value_not_printed() {
        let mut fields = HeaderFields::default();
        assert_eq!(fields.push("Cookie", "a=b; c=d"), Ok(()));
        assert_eq!(fields.push("X Y", "v"), Err(InvalidHeader::Name));
        assert_eq!(fields.push("", "v"), Err(InvalidHeader::Name));
        assert_eq!(fields.push("cOnTeNt-LeNgTh", "1"), Err(InvalidHeader::Forbidden));
        assert_eq!(fields.push("X", "a\r\nHost: b"), Err(InvalidHeader::Value));
        assert_eq!(fields.push("X", &"é".repeat(4096)), Err(InvalidHeader::TooLong));
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("Cookie", "a=b; c=d")]);
        assert!(!format!("{fields:?}").contains("a=b"));
    }
}
