//! What can go wrong at a site, told in one vocabulary.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Capability, ProviderId};

/// The result of everything that a [`crate::Provider`] does.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of thing went wrong. The gateway makes the HTTP status and the problem code of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The adapter cannot do this at this site; nothing was sent.
    Unsupported(Capability),
    /// No such file.
    FileNotFound,
    /// No such folder.
    FolderNotFound,
    /// No such remote upload.
    RemoteUploadNotFound,
    /// The account's credentials do not work.
    CredentialsRejected,
    /// The account's one session is being taken by somebody else.
    SessionContended,
    /// The credentials are good, and this action is denied.
    Forbidden,
    /// The site found a well-formed request unacceptable.
    Rejected,
    /// The file is larger than the site takes.
    TooLarge,
    /// The file does not reach as far as the range that was asked for.
    RangeNotSatisfiable,
    /// The site's limit is reached.
    RateLimited,
    /// The file is blocked for legal reasons.
    LegalBlock,
    /// A read was answered with something that cannot be understood.
    InvalidResponse,
    /// The site failed.
    SiteFailed,
    /// The site cannot be reached.
    Unavailable,
    /// There was no place in the account's queue in time.
    Overloaded,
    /// A read took too long.
    Timeout,
    /// A write was sent, and no readable answer came.
    OutcomeUnknown,
    /// The site has taken an upload, and its answer does not tell the file's id.
    Unnamed,
    /// The caller's body ended early, or its bytes stopped.
    BodyIncomplete,
    /// A fault of Polyhost's own.
    Internal,
}

/// How a connection failed, in the words of RFC 9209 for `Proxy-Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFault {
    /// The name has no address.
    DnsError,
    /// The connection was refused.
    ConnectionRefused,
    /// The connection was not made in time.
    ConnectionTimeout,
    /// The connection ended before the answer did.
    ConnectionTerminated,
    /// The answer did not come in time.
    ResponseTimeout,
    /// The answer is larger than is read.
    ResponseTooLarge,
    /// The answer cannot be understood.
    ProtocolError,
    /// The address is one that may not be gone to.
    DestinationProhibited,
    /// The site has failed lately, and is left alone.
    DestinationUnavailable,
}

/// What a site said, as far as it may be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamAnswer {
    /// The HTTP status, where an answer came.
    pub http_status: Option<u16>,
    /// The status inside the body, in the site's words.
    pub status: Option<String>,
    /// The site's message: at most 300 characters, no control characters, secrets masked.
    pub message: Option<String>,
}

/// An error of a provider.
///
/// `Display` says what happened in words that are safe to show; the source, which may not be, is for the log, and
/// `Debug` leaves it out.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    detail: Option<String>,
    retryable: bool,
    retry_after: Option<Duration>,
    provider: Option<ProviderId>,
    operation: Option<&'static str>,
    answer: Option<UpstreamAnswer>,
    transport: Option<TransportFault>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind, not retryable, of which nothing more is known.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: None,
            retryable: false,
            retry_after: None,
            provider: None,
            operation: None,
            answer: None,
            transport: None,
            source: None,
        }))
    }

    /// What an adapter answers to what it cannot do. Nothing was sent.
    #[must_use]
    pub fn unsupported(capability: Capability) -> Self {
        Self::new(ErrorKind::Unsupported(capability))
    }

    /// Marks that nothing was done at the site, and that the same request may be sent again.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Adds how long the caller should wait.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// Adds where it happened: the provider and the site's name for the operation.
    #[must_use]
    pub fn at(mut self, provider: &ProviderId, operation: &'static str) -> Self {
        self.0.provider = Some(provider.clone());
        self.0.operation = Some(operation);
        self
    }

    /// Adds what the site said.
    #[must_use]
    pub fn with_answer(mut self, answer: UpstreamAnswer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    /// Adds how the connection failed.
    #[must_use]
    pub fn with_transport(mut self, fault: TransportFault) -> Self {
        self.0.transport = Some(fault);
        self
    }

    /// Adds a sentence that is safe to show.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds the cause, for the log alone.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same error as another kind.
    #[must_use]
    pub fn into_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether nothing was done at the site and the same request may be sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// How long the caller should wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The provider that it happened at.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// The site's name for the operation.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// What the site said.
    #[must_use]
    pub fn answer(&self) -> Option<&UpstreamAnswer> {
        self.0.answer.as_ref()
    }

    /// How the connection failed.
    #[must_use]
    pub fn transport(&self) -> Option<TransportFault> {
        self.0.transport
    }

    /// Whether the site had a part in it: it has answered, the way to it failed, or its session is taken from us. What
    /// was never sent, for want of time or a place or because the site is left alone, says nothing about it.
    #[must_use]
    pub fn is_of_the_site(&self) -> bool {
        let has_answered = self.answer().is_some_and(|answer| answer.http_status.is_some());
        let was_tried = self.transport().is_some_and(|fault| fault != TransportFault::DestinationUnavailable);
        has_answered || was_tried || self.kind() == ErrorKind::SessionContended
    }

    /// A sentence that is safe to show.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.detail {
            Some(detail) => f.write_str(detail)?,
            None => write!(f, "{:?}", self.0.kind)?,
        }
        if let (Some(provider), Some(operation)) = (&self.0.provider, self.0.operation) {
            write!(f, " ({provider}, {operation})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("detail", &self.0.detail)
            .field("retryable", &self.0.retryable)
            .field("operation", &self.0.operation)
            .field("answer", &self.0.answer)
            .field("transport", &self.0.transport)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_never_prints_its_source() {
        let source = std::io::Error::other("https://site.example/?key=secret");
        let error = Error::new(ErrorKind::Unavailable).with_detail("The site cannot be reached.").with_source(source);
        assert_eq!(error.to_string(), "The site cannot be reached.");
        assert!(!format!("{error:?}").contains("secret"));
        assert!(error.source().is_some());
    }
}
