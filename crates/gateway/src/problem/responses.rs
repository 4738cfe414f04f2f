//! Sets of the problems that operations can return, for the OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use super::MEDIA_TYPE;
use polyhost_engine::problem::Code;
use utoipa::IntoResponses;
use utoipa::openapi::example::Example;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// The problems of every operation that needs an API key.
const CALLER: &[Code] = &[
    Code::InvalidRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::UriTooLong,
    Code::RateLimited,
    Code::HeaderFieldsTooLarge,
    Code::Internal,
];
/// The additional problems of every operation on an account.
const ACCOUNT: &[Code] = &[Code::AccountNotFound];
/// The problems of every call to a site.
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
/// The problems of every read at a site.
const READ: &[Code] = &[Code::UpstreamInvalidResponse, Code::UpstreamTimeout];
/// The problems of every write at a site.
const WRITE: &[Code] = &[Code::OutcomeUnknown];
/// The problems of an `Idempotency-Key`.
const KEY: &[Code] = &[Code::IdempotencyConflict, Code::IdempotencyKeyReused, Code::Overloaded, Code::OutcomeUnknown];
/// The problems of a JSON body.
const BODY: &[Code] = &[Code::UnsupportedMediaType];

/// The problems of preconditions.
const CONDITIONS: &[Code] = &[Code::PreconditionFailed];

fn responses(sets: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes_of: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    // A set, because a code may be in several of the sets.
    let codes: BTreeSet<Code> = sets.iter().copied().flatten().copied().collect();
    for code in codes {
        codes_of.entry(code.status().as_u16()).or_default().push(code);
    }
    codes_of.into_iter().map(|(status, codes)| (status.to_string(), RefOr::T(problem(&codes)))).collect()
}

/// Returns the response with these codes. Its examples are references: each code has one example in the components.
fn problem(codes: &[Code]) -> Response {
    let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let reference = |code: &Code| Ref::new(format!("#/components/examples/{}", code.as_str()));
    let example = |code: &Code| (code.as_str(), RefOr::<Example>::Ref(reference(code)));
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(codes.iter().map(example))
        .build();
    ResponseBuilder::new().description(lines.join("; ")).content(MEDIA_TYPE, content).build()
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
    /// Operations on an account that send nothing to the site.
    AccountProblems = [CALLER, ACCOUNT];
    /// Purging the cache of an account.
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
    /// Cancelling a remote upload.
    CancelRemoteUploadProblems = [CALLER, ACCOUNT, SITE, WRITE, &[Code::RemoteUploadNotFound]];
    /// Reading something about a file.
    ReadOfFileProblems = [CALLER, ACCOUNT, SITE, READ, &[Code::FileNotFound]];
    /// Watching remote uploads and conversions.
    EventProblems = [CALLER, ACCOUNT, SITE, READ, &[Code::RemoteUploadNotFound, Code::FileNotFound]];
    /// Uploading a file.
    UploadProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, KEY, &[
        Code::FolderNotFound, Code::ChecksumMismatch, Code::UploadCorrupted, Code::UploadNotOwned,
        Code::InsufficientStorage,
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
    /// Creating a download link.
    LinkProblems = [CALLER, ACCOUNT, SITE, READ, BODY, &[Code::FileNotFound]];
    /// Reading a file's bytes.
    ContentProblems = [CALLER, ACCOUNT, SITE, READ, CONDITIONS, &[Code::FileNotFound, Code::RangeNotSatisfiable]];
    /// Creating a folder or a remote upload.
    CreateProblems = [CALLER, ACCOUNT, SITE, WRITE, BODY, KEY, &[Code::FolderNotFound]];
    /// Creating an upload ticket.
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
