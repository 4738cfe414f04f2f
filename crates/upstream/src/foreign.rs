//! Answers that do not come from the site's API: pages of a firewall or a web server, texts, JSON of a proxy, empty
//! bodies, redirects.
//!
//! They prove nothing about credentials, permissions, files or folders. Only the statuses that any server may send keep
//! their meaning: 413, 429, 509 and 5xx. Each adapter decides whether an answer has its API's envelope.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};

use crate::decode::Unreadable;
use crate::secret_url::Source;
use crate::{CallKind, Reply, SecretUrl};

/// The wait for callers if a limit is reached and the answer has no `Retry-After`.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// A redirect in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The origin of the new address. Its path and query may hold secrets.
    origin: String,
    /// The difference between the old and the new address.
    change: Change,
    /// Whether the redirect proves that the request had no effect: the status demands that the request is repeated, or
    /// only the origin changes. A POST that is answered with a redirect to another page has usually succeeded.
    repeats: bool,
    /// Whether the address was configured, so that the operator can correct it.
    configured: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Origin,
    Path,
    /// At most the query changes, for example because the site sets a cookie first.
    Nothing,
}

impl Redirect {
    /// Returns the redirect in an answer, if it leads to an http or https address.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, asked: &SecretUrl) -> Option<Self> {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let from = asked.expose();
        let to = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
        if !matches!(to.scheme(), "http" | "https") {
            return None;
        }
        let change = match (to.origin() == from.origin(), to.path() == from.path()) {
            (false, _) => Change::Origin,
            (true, false) => Change::Path,
            (true, true) => Change::Nothing,
        };
        let only_origin_changes = change == Change::Origin && to.path() == from.path();
        Some(Self {
            origin: to.origin().ascii_serialization(),
            change,
            // A 303 demands a GET of another address, so the request itself was handled.
            repeats: matches!(status.as_u16(), 307 | 308) || (status.as_u16() != 303 && only_origin_changes),
            configured: asked.source() == Source::Configured,
        })
    }

    fn detail(&self) -> String {
        let Self { origin, .. } = self;
        match (self.configured, self.change) {
            (true, Change::Origin) => format!("The API has moved to {origin}; check base_url."),
            (true, Change::Path) => {
                format!("The API redirects this request to another path at {origin}; check the path of base_url.")
            }
            (true, Change::Nothing) => format!("The API redirects this request to its own address at {origin}."),
            (false, Change::Origin) => format!("The address that the site returned redirects to {origin}."),
            (false, Change::Path) => {
                format!("The address that the site returned redirects to another path at {origin}.")
            }
            (false, Change::Nothing) => format!("The address that the site returned redirects to itself at {origin}."),
        }
    }
}

impl Reply {
    /// Returns the error of an answer that is not in the API's envelope. `why` describes the answer.
    #[must_use]
    pub fn foreign(&self, why: Unreadable) -> Error {
        if let Some(redirect) = &self.redirect {
            return self.moved(redirect).with_source(why);
        }
        let status = self.http_status;
        let write = self.kind == CallKind::Write;
        let (kind, retryable, detail) = match status {
            413 => (ErrorKind::TooLarge, false, "The file is larger than the site accepts.".to_owned()),
            429 | 509 => (ErrorKind::RateLimited, true, "The site's limit of requests is reached.".to_owned()),
            500.. => (ErrorKind::SiteFailed, !write, "The site failed.".to_owned()),
            400.. if write => {
                let detail =
                    format!("The site rejected the request with HTTP status {status}, without an answer of its API.");
                (ErrorKind::SiteFailed, false, detail)
            }
            _ => return self.unreadable(why),
        };
        let wait = self.retry_after.or((kind == ErrorKind::RateLimited).then_some(DEFAULT_WAIT));
        self.error(kind, None, None).retryable(retryable).with_retry_after(wait).with_detail(detail).with_source(why)
    }

    /// Returns the error of a redirected request that changes nothing although its call counts as a write: a login.
    #[must_use]
    pub fn moved_without_effect(&self) -> Option<Error> {
        let redirect = self.redirect.as_ref()?;
        Some(self.error(ErrorKind::InvalidResponse, None, None).with_detail(redirect.detail()))
    }

    /// Returns the error of a redirect. It is never followed: credentials must not go to another origin, and a write
    /// must not be repeated.
    fn moved(&self, redirect: &Redirect) -> Error {
        let moved = redirect.detail();
        let (kind, detail) = match self.kind {
            CallKind::Read => (ErrorKind::InvalidResponse, moved),
            CallKind::Write if redirect.repeats => (ErrorKind::InvalidResponse, format!("{moved} Nothing was done.")),
            CallKind::Write => {
                (ErrorKind::OutcomeUnknown, format!("{moved} Whether the site carried out the request is not known."))
            }
        };
        self.error(kind, None, None).with_detail(detail)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use url::Url;

    use super::*;

    fn redirect(status: u16, from: &str, to: &str) -> Option<Redirect> {
        let headers = HeaderMap::from_iter([(LOCATION, to.parse().unwrap())]);
        let base = SecretUrl::endpoint(&Url::parse(from).unwrap(), "file/delete");
        let asked = base.with_secret("key", &SecretString::from("planted"));
        Redirect::of(StatusCode::from_u16(status).unwrap(), &headers, &asked)
    }

    #[test]
    fn redirect_shows_only_the_origin() {
        let found = redirect(301, "http://a.example/v1", "https://u:p@www.a.example:8443/v1/file/delete?key=planted");
        assert_eq!(found.unwrap().origin, "https://www.a.example:8443");
        assert_eq!(redirect(302, "http://a.example/v1", "/login").unwrap().origin, "http://a.example");
        for (status, to) in [(300, "https://b.example/"), (304, "https://b.example/"), (302, "file:///etc/passwd")] {
            assert_eq!(redirect(status, "http://a.example/v1", to), None, "{status} {to}");
        }
    }

    #[test]
    fn redirect_detail_names_the_difference() {
        let rows = [
            ("https://b.example/v1/file/delete", "The API has moved to https://b.example; check base_url."),
            (
                "/api/file/delete",
                "The API redirects this request to another path at http://a.example; check the path of base_url.",
            ),
            ("/v1/file/delete?again=1", "The API redirects this request to its own address at http://a.example."),
        ];
        for (to, detail) in rows {
            assert_eq!(redirect(302, "http://a.example/v1", to).unwrap().detail(), detail, "{to}");
        }
    }

    #[test]
    fn write_had_no_effect_if_the_redirect_repeats_it() {
        let rows = [
            (307, "/elsewhere", true),
            (308, "https://b.example/other", true),
            (301, "https://a.example/v1/file/delete", true),
            (302, "http://www.a.example/v1/file/delete?key=planted", true),
            (303, "https://a.example/v1/file/delete", false),
            (302, "/v1/file/delete", false),
            (302, "/done", false),
            (301, "https://a.example/", false),
        ];
        for (status, to, repeats) in rows {
            assert_eq!(redirect(status, "http://a.example/v1", to).unwrap().repeats, repeats, "{status} {to}");
        }
    }
}
