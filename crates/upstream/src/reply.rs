//! A site's answer, and the errors that an adapter builds from it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind, ProviderId, TransportFault, UpstreamAnswer};
use secrecy::SecretString;
use serde::Deserialize;

use crate::decode::{self, Documented, Unreadable};
use crate::foreign::Redirect;
use crate::room::MemoryReservation;
use crate::{CallKind, Redactor};

/// A site's answer.
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
    /// The reservation of the memory that reading the answer may take. Dropping the answer frees it.
    #[expect(dead_code, reason = "held until the answer is dropped")]
    pub(crate) room: MemoryReservation,
}

impl Reply {
    /// Creates an answer that no site has sent, for the fuzz targets.
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
            room: MemoryReservation::default(),
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// Returns the decompressed body. It may be empty or incomplete if the HTTP status is an error.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns whether the request was a read or a write.
    #[must_use]
    pub fn kind(&self) -> CallKind {
        self.kind
    }

    /// Returns the site's name of the operation.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the wait that `Retry-After` demands.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the time of the answer, from its `Date`.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// Reads a part of the answer with [`decode::value`], and counts its differences from the documentation.
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

    /// Reads a part of the answer as [`Reply::value`] does, and converts it. Differences in the lists that `convert`
    /// reads are counted too.
    ///
    /// # Errors
    /// [`Unreadable::Shape`], or the error of `convert`.
    pub fn value_with<'de, W: Deserialize<'de>, T>(
        &self,
        text: &'de str,
        documented: &'static Documented,
        convert: impl FnOnce(W) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        documented
            .watch(&self.provider, self.operation, || convert(decode::value(text).map_err(|_| Unreadable::Shape)?))
    }

    /// Returns a text of the site in a form that is safe to show: the secrets of the request are masked, control
    /// characters are removed, and it is cut to 300 characters. `None` if nothing is left.
    #[must_use]
    pub fn shown(&self, text: &str) -> Option<String> {
        shown(&Redactor::new(&self.secrets), text)
    }

    /// Returns an error of this kind, with the site's own status and message. Secrets are masked.
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

    /// Returns the error of an answer that cannot be parsed: a read has no result, and a write has an unknown outcome.
    #[must_use]
    pub fn unreadable(&self, why: Unreadable) -> Error {
        let (kind, retryable) = match self.kind {
            CallKind::Read => (ErrorKind::InvalidResponse, true),
            CallKind::Write => (ErrorKind::OutcomeUnknown, false),
        };
        let detail = match kind {
            ErrorKind::OutcomeUnknown => {
                format!("The site answered with {why}. Whether it carried out the request is not known.")
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

/// Omits the body, which may contain secrets: the address of an upload, or credentials that the site repeats.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("http_status", &self.http_status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
