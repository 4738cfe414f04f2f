//! One example of each problem code, for the OpenAPI document. They are built like real problems, so all fields match.

use std::time::Duration;

use polyhost_domain::{Capability, Error, ErrorKind, ProviderId, UpstreamAnswer};
use polyhost_engine::problem::{Code, Fault, Occurrence, Problem, ProblemBody};
use serde_json::Value;

const REQUEST_ID: &str = "0198c5a2-7f9e-7c3b-9a51-2f6d0b8e4c11";

/// Returns the body of a problem with this code.
pub(crate) fn example(code: Code) -> Value {
    let occurrence = Occurrence { request_id: REQUEST_ID.into(), path: path(code).to_owned(), prefix: String::new() };
    // Cannot fail: the body consists of strings and numbers.
    serde_json::to_value(ProblemBody::new(&problem(code), &occurrence)).unwrap_or_default()
}

/// Returns the path of a request that may cause this code.
fn path(code: Code) -> &'static str {
    match code {
        Code::RouteNotFound => "/v1/account",
        Code::AccountNotFound => "/v1/accounts/unknown",
        Code::FolderNotFound | Code::FolderNotEmpty | Code::FolderCycle => "/v1/accounts/streamplay-demo/folders/104",
        Code::InvalidCursor | Code::CursorExpired => "/v1/accounts/streamplay-demo/folders/root/items",
        Code::RemoteUploadNotFound => "/v1/accounts/streamplay-demo/remote-uploads/51",
        Code::PayloadTooLarge
        | Code::UnsupportedMediaType
        | Code::ChecksumMismatch
        | Code::UploadCorrupted
        | Code::InsufficientStorage
        | Code::OutcomeUnknown => "/v1/accounts/streamplay-demo/files",
        _ => "/v1/accounts/streamplay-demo/files/1001",
    }
}

fn problem(code: Code) -> Problem {
    match code {
        Code::InvalidRequest => Problem::invalid(vec![Fault::pointer("/name", "must not be empty")]),
        Code::CapabilityUnsupported => Problem::unsupported(Capability::FilesThumbnail),
        Code::RangeNotSatisfiable => Problem::beyond(193_986),
        Code::Internal => Problem::internal(),
        Code::RateLimited | Code::Overloaded | Code::IdempotencyConflict => {
            Problem::new(code, detail(code)).retryable().retry_after(Duration::from_secs(17))
        }
        Code::InsufficientStorage => Problem::new(code, detail(code)).retryable(),
        _ => from_site(code).unwrap_or_else(|| Problem::new(code, detail(code))),
    }
}

/// Returns the problem of an error that a site has reported; `None` if sites do not cause this code.
fn from_site(code: Code) -> Option<Problem> {
    let (kind, operation, http_status, message) = match code {
        Code::FileNotFound => (ErrorKind::FileNotFound, "file/info", 200, "File not found"),
        Code::FolderNotFound => (ErrorKind::FolderNotFound, "folder/info", 200, "Folder not found"),
        Code::RemoteUploadNotFound => {
            (ErrorKind::RemoteUploadNotFound, "file/url_upload_status", 200, "Could not find scheduled item")
        }
        Code::UpstreamForbidden => (ErrorKind::Forbidden, "file/delete", 200, "Permission denied"),
        Code::UpstreamRejected => (ErrorKind::Rejected, "folder/create", 200, "The folder name is already used"),
        Code::UpstreamRateLimited => (ErrorKind::RateLimited, "file/info", 429, "Too many requests"),
        Code::LegalBlock => (ErrorKind::LegalBlock, "file/download", 451, "Unavailable for legal reasons"),
        Code::UpstreamCredentialsRejected => {
            (ErrorKind::CredentialsRejected, "authorize", 200, "Could not authenticate user")
        }
        Code::UpstreamSessionContended => {
            (ErrorKind::SessionContended, "file/info", 200, "The access token is invalid")
        }
        Code::UpstreamInvalidResponse => (ErrorKind::InvalidResponse, "file/info", 200, ""),
        Code::UpstreamError => (ErrorKind::SiteFailed, "file/info", 500, "Internal server error"),
        Code::UpstreamUnavailable => (ErrorKind::Unavailable, "file/info", 503, "Down for maintenance"),
        Code::UpstreamTimeout => (ErrorKind::Timeout, "file/info", 504, ""),
        Code::OutcomeUnknown => (ErrorKind::OutcomeUnknown, "file/upload", 200, ""),
        _ => return None,
    };
    let provider: ProviderId = "streamplay".parse().ok()?;
    let message = Some(message).filter(|message| !message.is_empty());
    let answer = UpstreamAnswer {
        http_status: Some(http_status),
        status: message.map(|_| "error".to_owned()),
        message: message.map(str::to_owned),
    };
    let waits = matches!(kind, ErrorKind::RateLimited | ErrorKind::SessionContended | ErrorKind::Unavailable);
    let retryable = waits || matches!(kind, ErrorKind::InvalidResponse | ErrorKind::Timeout);
    let error = Error::new(kind).at(&provider, operation).with_answer(answer).with_detail(detail(code));
    Some(error.retryable(retryable).with_retry_after(waits.then_some(Duration::from_secs(17))).into())
}

/// Returns the detail of a code's example. Most explanations of codes name no object, and also suit as details.
fn detail(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "The request has no API key.",
        Code::Forbidden => "The API key lacks the scope \"write\".",
        Code::UpstreamForbidden => "The site denied the operation to account \"streamplay-demo\".",
        Code::AccountNotFound => "No account has the name \"unknown\", or the API key may not use it.",
        Code::FileNotFound => "No file has the id \"1001\" in account \"streamplay-demo\".",
        Code::FolderNotFound => "No folder has the id \"104\" in account \"streamplay-demo\".",
        Code::RemoteUploadNotFound => "No remote upload has the id \"51\" in account \"streamplay-demo\".",
        Code::FolderNotEmpty => {
            "The folder \"104\" is not empty: it has 1 folder. Send recursive=true to delete it with all its content."
        }
        Code::FolderCycle => "The folder \"104\" cannot be moved to \"105\", which is itself or lies below it.",
        Code::IdempotencyConflict => "The first request with this Idempotency-Key is still running.",
        Code::PreconditionFailed => {
            "The current state of the resource does not match If-Match. Nothing was done. Read it again."
        }
        Code::PayloadTooLarge => "The file is too large. The account accepts files of at most 1073741824 bytes.",
        Code::UnsupportedMediaType => "The body must be JSON (application/json).",
        Code::ChecksumMismatch => {
            "The bytes that arrived have the SHA-1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12, but \
             de9f2c7fd25e1b3afad3e85a0bd17d9b100db4b3 was declared."
        }
        Code::UpstreamCredentialsRejected => {
            "The site rejected the credentials of account \"streamplay-demo\". The operator must correct them."
        }
        Code::RateLimited => "The client may send 600 requests in 60 seconds; some requests count as more than one.",
        _ => code.explanation(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_each_code_has_its_own_fields() {
        for code in Code::ALL {
            let body = example(*code);
            assert_eq!(body["code"], code.as_str());
            assert_eq!(body["title"], code.title(), "{code:?}");
            assert_eq!(body["status"], code.status().as_u16(), "{code:?}");
            assert_eq!(body["type"], code.page(), "{code:?}");
            assert!(!body["detail"].as_str().unwrap().is_empty(), "{code:?}");
        }
    }

    #[test]
    fn example_of_a_timeout_may_be_sent_again() {
        assert_eq!(example(Code::UpstreamTimeout)["retryable"], true);
        assert_eq!(example(Code::OutcomeUnknown)["retryable"], false);
    }

    #[test]
    fn examples_of_faults_at_a_site_name_the_call() {
        for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("upstream_")) {
            assert!(example(*code)["upstream"].is_object(), "{code:?}");
        }
    }
}
