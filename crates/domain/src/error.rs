//! The error type of every provider, the same for all dialects.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Capability, ProviderId};

/// The result of the methods of [`crate::Provider`].
pub type Result<T> = std::result::Result<T, Error>;

/// The kind of an [`Error`]. The gateway derives the HTTP status and the problem code from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The adapter does not support this capability at this site. No request was sent.
    Unsupported(Capability),
    /// The file does not exist.
    FileNotFound,
    /// The folder does not exist.
    FolderNotFound,
    /// The folder is not empty, and the site deletes only empty folders.
    FolderNotEmpty,
    /// The remote upload does not exist.
    RemoteUploadNotFound,
    /// The site rejected the account's credentials.
    CredentialsRejected,
    /// Another program keeps logging in to the account, which ends our session: the site allows one per account.
    SessionContended,
    /// The site accepted the credentials and denied this action.
    Forbidden,
    /// The site rejected a well-formed request.
    Rejected,
    /// The file is larger than the site accepts.
    TooLarge,
    /// The requested range begins after the end of the file.
    RangeNotSatisfiable,
    /// The site's limit is reached.
    RateLimited,
    /// The file is blocked for legal reasons.
    LegalBlock,
    /// The site's answer to a read cannot be understood.
    InvalidResponse,
    /// The site reported a failure of its own.
    SiteFailed,
    /// The site cannot be reached.
    Unavailable,
    /// The request got no place in the account's queue in time.
    Overloaded,
    /// A read took too long.
    Timeout,
    /// A write was sent, and no readable answer arrived.
    OutcomeUnknown,
    /// The site accepted an upload, and its answer does not contain the file's id.
    Unnamed,
    /// The site stored an upload outside of the account, as a file of an anonymous user.
    UploadNotOwned,
    /// The caller's request body ended early, or no more bytes arrived.
    BodyIncomplete,
    /// A fault in Polyhost itself.
    Internal,
}

/// The kind of a connection failure. The names are the error types that RFC 9209 defines for `Proxy-Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFault {
    /// The host name has no address.
    DnsError,
    /// The connection was refused.
    ConnectionRefused,
    /// The connection was not made in time.
    ConnectionTimeout,
    /// The connection ended before the answer did.
    ConnectionTerminated,
    /// The answer did not arrive in time.
    ResponseTimeout,
    /// The answer is larger than the limit for answers.
    ResponseTooLarge,
    /// The answer cannot be understood.
    ProtocolError,
    /// Connections to the address are prohibited.
    DestinationProhibited,
    /// The site failed recently, and its circuit is open: no request was sent.
    DestinationUnavailable,
}

/// The part of a site's answer that is safe to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamAnswer {
    /// The HTTP status, where an answer arrived.
    pub http_status: Option<u16>,
    /// The status inside the body, as the site writes it.
    pub status: Option<String>,
    /// The site's message: at most 300 characters, no control characters, secrets masked.
    pub message: Option<String>,
}

/// An error of a provider.
///
/// `Display` and `Debug` are safe to show. The source may hold secrets, so both leave it out; it is only for the log.
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
    /// Returns an error of a kind, not retryable, without further data.
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

    /// Returns the error for a capability that the adapter does not support. No request was sent.
    #[must_use]
    pub fn unsupported(capability: Capability) -> Self {
        Self::new(ErrorKind::Unsupported(capability))
    }

    /// Sets whether the request may be sent again because the site did nothing.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Adds the time that the caller should wait.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// Adds the provider and the site's name for the operation.
    #[must_use]
    pub fn at(mut self, provider: &ProviderId, operation: &'static str) -> Self {
        self.0.provider = Some(provider.clone());
        self.0.operation = Some(operation);
        self
    }

    /// Adds the site's answer.
    #[must_use]
    pub fn with_answer(mut self, answer: UpstreamAnswer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    /// Adds the kind of connection failure.
    #[must_use]
    pub fn with_transport(mut self, fault: TransportFault) -> Self {
        self.0.transport = Some(fault);
        self
    }

    /// Adds a sentence for the caller. It must be safe to show.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds the cause, which only the log shows.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Returns the same error with another kind.
    #[must_use]
    pub fn into_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the request may be sent again because the site did nothing.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the time that the caller should wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the provider at which the error occurred.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// Returns the site's name for the operation.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the site's answer.
    #[must_use]
    pub fn answer(&self) -> Option<&UpstreamAnswer> {
        self.0.answer.as_ref()
    }

    /// Returns the kind of connection failure.
    #[must_use]
    pub fn transport(&self) -> Option<TransportFault> {
        self.0.transport
    }

    /// Returns whether the error is evidence of the site's health: the site answered, the connection to it failed, or
    /// another program ended our session.
    ///
    /// It is `false` for a request that was never sent: no time or no place in the queue was left, or the circuit is
    /// open.
    #[must_use]
    pub fn is_of_the_site(&self) -> bool {
        let has_answered = self.answer().is_some_and(|answer| answer.http_status.is_some());
        let was_tried = self.transport().is_some_and(|fault| fault != TransportFault::DestinationUnavailable);
        has_answered || was_tried || self.kind() == ErrorKind::SessionContended
    }

    /// Returns the sentence for the caller, which is safe to show.
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
    fn error_never_prints_its_source() {
        let source = std::io::Error::other("https://site.example/?key=secret");
        let error = Error::new(ErrorKind::Unavailable).with_detail("The site cannot be reached.").with_source(source);
        assert_eq!(error.to_string(), "The site cannot be reached.");
        assert!(!format!("{error:?}").contains("secret"));
        assert!(error.source().is_some());
    }
}
