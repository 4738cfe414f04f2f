//! What a site has answered, and the errors that an adapter makes of it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind, ProviderId, TransportFault, UpstreamAnswer};
use secrecy::SecretString;
use serde::Deserialize;

use crate::decode::{self, Documented, Unreadable};
use crate::foreign::Redirect;
use crate::room::Room;
use crate::{CallKind, Redactor};

/// What a site has answered.
#[derive(Clone)]
pub struct Reply {
    pub(crate) http_status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) body: Bytes,
    pub(crate) provider: ProviderId,
    pub(crate) operation: &'static str,
    pub(crate) kind: CallKind,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) secrets: Vec<SecretString>,
    /// The memory that reading the answer may take. It is free again once the answer is dropped.
    #[expect(dead_code, reason = "held until the answer is dropped")]
    pub(crate) room: Room,
}

impl Reply {
    /// An answer that no site has sent, for the fuzz targets.
    #[cfg(feature = "fuzzing")]
    #[must_use]
    pub fn made(provider: &ProviderId, operation: &'static str, kind: CallKind, http_status: u16, body: &[u8]) -> Self {
        let (provider, body, secrets) = (provider.clone(), decode::repaired(body.to_vec()), Vec::new());
        Self {
            http_status,
            retry_after: None,
            date: None,
            body,
            provider,
            operation,
            kind,
            redirect: None,
            secrets,
            room: Room::default(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// The body, decompressed. It may be cut short where the HTTP status is an error's.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the request was to change anything.
    #[must_use]
    pub fn kind(&self) -> CallKind {
        self.kind
    }

    /// The site's name for what was asked.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// What `Retry-After` says.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// When the answer was made, by its `Date`.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// Reads a part of the answer, as [`decode::value`] does, and counts how it differs from what is documented.
    ///
    /// # Errors
    /// [`Unreadable::Shape`]: JSON of another shape.
    pub fn value<'de, T: Deserialize<'de>>(
        &self,
        text: &'de str,
        documented: &'static Documented,
    ) -> Result<T, Unreadable> {
        self.value_with(text, documented, Ok)
    }

    /// As [`Reply::value`], with what `convert` makes of the value: the entries of its lists are read there.
    ///
    /// # Errors
    /// [`Unreadable::Shape`], or what `convert` answers.
    pub fn value_with<'de, W: Deserialize<'de>, T>(
        &self,
        text: &'de str,
        documented: &'static Documented,
        convert: impl FnOnce(W) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        documented
            .watch(&self.provider, self.operation, || convert(decode::value(text).map_err(|_| Unreadable::Shape)?))
    }

    /// A text of the site's, made fit to be shown: without the secrets of the request and control characters, and cut
    /// to 300 characters. `None`: nothing is left.
    #[must_use]
    pub fn shown(&self, text: &str) -> Option<String> {
        shown(&Redactor::new(&self.secrets), text)
    }

    /// An error of a kind, with what the site said: its own status and message, secrets masked.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, status: Option<String>, message: Option<&str>) -> Error {
        let redactor = Redactor::new(&self.secrets);
        let show = |text: &str| shown(&redactor, text);
        Error::new(kind).at(&self.provider, self.operation).with_retry_after(self.retry_after).with_answer(
            UpstreamAnswer {
                http_status: Some(self.http_status),
                status: status.as_deref().and_then(show),
                message: message.and_then(show),
            },
        )
    }

    /// The error of an answer that cannot be understood: the read has no result, and the write an unknown one.
    #[must_use]
    pub fn unreadable(&self, why: Unreadable) -> Error {
        let (kind, retryable) = match self.kind {
            CallKind::Read => (ErrorKind::InvalidResponse, true),
            CallKind::Write => (ErrorKind::OutcomeUnknown, false),
        };
        let detail = match kind {
            ErrorKind::OutcomeUnknown => {
                format!("The site answered with {why}: what became of the request is not known.")
            }
            _ => format!("The site answered with {why}."),
        };
        let error = self.error(kind, None, None).retryable(retryable).with_detail(detail).with_source(why);
        match why {
            Unreadable::TooMany => error.with_transport(TransportFault::ResponseTooLarge),
            _ => error,
        }
    }
}

fn shown(redactor: &Redactor, text: &str) -> Option<String> {
    Some(redactor.redact(text)).filter(|text| !text.is_empty())
}

/// Without the body, which may hold anything: an upload's address, the credentials in a site's own words.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("http_status", &self.http_status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
