//! The problems that operations can answer, as sets for the OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use polyhost_engine::problem::Code;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// What every operation behind a key can answer.
const CALLER: &[Code] = &[
    Code::InvalidRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::UriTooLong,
    Code::RateLimited,
    Code::HeaderFieldsTooLarge,
    Code::Internal,
];
/// What every operation on an account can answer besides.
const ACCOUNT: &[Code] = &[Code::AccountNotFound];
/// What every call to a site can lead to.
const SITE: &[Code] = &[
    Code::PayloadTooLarge,
    Code::LegalBlock,
    Code::UpstreamForbidden,
    Code::CapabilityUnsupported,
    Code::UpstreamRejected,
    Code::UpstreamRateLimited,
    Code::UpstreamCredentialsRejected,
    Code::UpstreamSessionContended,
    Code::UpstreamError,
    Code::UpstreamUnavailable,
    Code::Overloaded,
];
/// What every read at a site can lead to.
const READ: &[Code] = &[Code::UpstreamInvalidResponse, Code::UpstreamTimeout];
/// What every write at a site can lead to.
const WRITE: &[Code] = &[Code::OutcomeUnknown];
/// What an `Idempotency-Key` can lead to.
const KEY: &[Code] = &[Code::IdempotencyConflict, Code::IdempotencyKeyReused, Code::Overloaded, Code::OutcomeUnknown];
/// What a JSON body can lead to.
const BODY: &[Code] = &[Code::UnsupportedMediaType];

/// What preconditions can lead to.
const CONDITIONS: &[Code] = &[Code::PreconditionFailed];

fn responses(sets: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut words: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    // A code may be in several sets.
    let codes: BTreeSet<Code> = sets.iter().copied().flatten().copied().collect();
    for code in codes {
        let line = format!("`{}`: {}", code.as_str(), code.title());
        words.entry(code.status().as_u16()).or_default().push(line);
    }
    words.into_iter().map(|(status, lines)| (status.to_string(), RefOr::T(problem(&lines)))).collect()
}

fn problem(lines: &[String]) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(lines.join("; "))
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident = [$($set:expr),* $(,)?];)*) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    responses(&[$($set),*])
                }
            }
        )*
    };
}

problem_sets! {
    /// Operations of the gateway itself.
    CallerProblems = [CALLER];
    /// Operations on an account that ask no site.
    AccountProblems = [CALLER, ACCOUNT];
    /// Forgetting what is cached of an account.
    PurgeProblems = [CALLER, ACCOUNT, KEY];
    /// Reading at a site.
    ReadProblems = [CALLER, ACCOUNT, SITE, READ];
    /// Reading an account.
    ReadAccountProblems = [CALLER, ACCOUNT, SITE, READ, CONDITIONS];
    /// Reading one file.
    ReadFileProblems = [CALLER, ACCOUNT, SITE, READ, CONDITIONS, &[Code::FileNotFound]];
    /// Reading many files.
    LookupProblems = [CALLER, ACCOUNT, SITE, READ, BODY, KEY];
    /// Reading one folder.
    ReadFolderProblems = [CALLER, ACCOUNT, SITE, READ, CONDITIONS, &[Code::FolderNotFound]];
    /// Reading a page of a folder.
    ListProblems =
        [CALLER, ACCOUNT, SITE, READ, CONDITIONS, &[Code::FolderNotFound, Code::InvalidCursor, Code::CursorExpired]];
    /// Reading one remote upload.
    ReadRemoteUploadProblems = [CALLER, ACCOUNT, SITE, READ, &[Code::RemoteUploadNotFound]];
    /// Reading something about a file.
    ReadOfFileProblems = [CALLER, ACCOUNT, SITE, READ, &[Code::FileNotFound]];
    /// Watching remote uploads and conversions.
    EventProblems = [CALLER, ACCOUNT, SITE, READ, &[Code::RemoteUploadNotFound, Code::FileNotFound]];
    /// Sending a file.
    UploadProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, KEY, &[
        Code::FolderNotFound, Code::ChecksumMismatch, Code::UploadCorrupted, Code::InsufficientStorage,
    ]];
    /// Changing a file.
    WriteFileProblems = [CALLER, ACCOUNT, SITE, WRITE, READ, BODY, CONDITIONS, &[
        Code::FileNotFound, Code::FolderNotFound,
    ]];
    /// Copying a file.
    CopyFileProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, KEY, &[
        Code::FileNotFound, Code::FolderNotFound,
    ]];
    /// Deleting a file.
    DeleteFileProblems = [CALLER, ACCOUNT, SITE, WRITE, READ, CONDITIONS, &[Code::FileNotFound]];
    /// Asking for a link to a file.
    LinkProblems = [CALLER, ACCOUNT, SITE, READ, BODY, &[Code::FileNotFound]];
    /// Reading a file's bytes.
    ContentProblems = [CALLER, ACCOUNT, SITE, READ, CONDITIONS, &[Code::FileNotFound, Code::RangeNotSatisfiable]];
    /// Making something in a folder.
    CreateProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, KEY, &[Code::FolderNotFound]];
    /// Asking for an upload ticket.
    TicketProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, &[Code::FolderNotFound]];
    /// Changing a folder.
    ChangeFolderProblems =
        [CALLER, ACCOUNT, SITE, WRITE, READ, BODY, CONDITIONS, &[Code::FolderNotFound, Code::FolderCycle]];
    /// Deleting a folder.
    DeleteFolderProblems =
        [CALLER, ACCOUNT, SITE, WRITE, READ, CONDITIONS, &[Code::FolderNotFound, Code::FolderNotEmpty]];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_status_share_one_response() {
        let responses = ReadFileProblems::responses();
        let RefOr::T(not_found) = &responses["404"] else { panic!("a reference") };
        assert!(not_found.description.contains("account_not_found"));
        assert!(not_found.description.contains("file_not_found"));
        assert!(not_found.content.contains_key("application/problem+json"));
    }
}
