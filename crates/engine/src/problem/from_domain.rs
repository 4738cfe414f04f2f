//! The one mapping of an adapter's errors to problems.

use polyhost_domain::{Error, ErrorKind};

use super::{Code, Facts, INTERNAL, Problem, Upstream};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = code(error.kind());
        // For `BodyIncomplete` the caller is the cause, not the site that waited for the body.
        let call = error.provider().zip(error.operation()).filter(|_| error.kind() != ErrorKind::BodyIncomplete);
        let upstream = call.map(|(provider, operation)| Upstream {
            provider: provider.clone(),
            operation,
            answer: error.answer().cloned().unwrap_or_default(),
            transport: error.transport(),
        });
        let detail = match error.kind() {
            ErrorKind::Unsupported(capability) if error.detail().is_none() => return Self::unsupported(capability),
            ErrorKind::Internal => INTERNAL.to_owned(),
            _ => error.detail().unwrap_or(code.explanation()).to_owned(),
        };
        let is_left_behind = error.kind() == ErrorKind::UploadNotOwned;
        Self(Box::new(Facts {
            code,
            detail,
            retryable: error.is_retryable() && !is_left_behind,
            retry_after: error.retry_after(),
            errors: Vec::new(),
            applied: Vec::new(),
            left_behind: is_left_behind,
            upstream,
            file_size: None,
            cause: Some(error),
        }))
    }
}

/// Returns the problem code for the kind of an adapter's error.
#[must_use]
pub fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Unsupported(_) => Code::CapabilityUnsupported,
        ErrorKind::FileNotFound => Code::FileNotFound,
        ErrorKind::FolderNotFound => Code::FolderNotFound,
        ErrorKind::FolderNotEmpty => Code::FolderNotEmpty,
        ErrorKind::RemoteUploadNotFound => Code::RemoteUploadNotFound,
        ErrorKind::CredentialsRejected => Code::UpstreamCredentialsRejected,
        ErrorKind::SessionContended => Code::UpstreamSessionContended,
        ErrorKind::Forbidden => Code::UpstreamForbidden,
        ErrorKind::Rejected => Code::UpstreamRejected,
        ErrorKind::TooLarge => Code::PayloadTooLarge,
        ErrorKind::RangeNotSatisfiable => Code::RangeNotSatisfiable,
        ErrorKind::RateLimited => Code::UpstreamRateLimited,
        ErrorKind::LegalBlock => Code::LegalBlock,
        ErrorKind::InvalidResponse => Code::UpstreamInvalidResponse,
        ErrorKind::SiteFailed => Code::UpstreamError,
        ErrorKind::Unavailable => Code::UpstreamUnavailable,
        ErrorKind::Overloaded => Code::Overloaded,
        ErrorKind::Timeout => Code::UpstreamTimeout,
        ErrorKind::OutcomeUnknown | ErrorKind::Unnamed => Code::OutcomeUnknown,
        ErrorKind::UploadNotOwned => Code::UploadNotOwned,
        ErrorKind::BodyIncomplete => Code::InvalidRequest,
        ErrorKind::Internal => Code::Internal,
    }
}
