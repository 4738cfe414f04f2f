//! The problem codes: one table of code, HTTP status, title and the words of its page.

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $status:literal $name:literal, $title:literal, $page:literal;)*) => {
        /// What a problem is called. The HTTP status follows from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, in the order of their statuses.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as callers see it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A short name for people.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means and what to do about it.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $page,)* }
            }

            fn status_number(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

codes! {
    InvalidRequest = 400 "invalid_request", "Invalid request",
        "A parameter, a field or the body is wrong. The member \"errors\" lists the faults that were found. Mend them and send the request again.";
    InvalidCursor = 400 "invalid_cursor", "Invalid cursor",
        "The cursor was altered, or belongs to another folder, filter or sort order. Begin the walk again without a cursor.";
    Unauthenticated = 401 "unauthenticated", "Not authenticated",
        "The request has no API key, or one that is not known. Send it as \"Authorization: Bearer KEY\" or \"X-API-Key: KEY\".";
    Forbidden = 403 "forbidden", "Forbidden",
        "The API key is good, but lacks the scope that this needs; or, where the gateway runs without keys, the request came from a foreign web page.";
    UpstreamForbidden = 403 "upstream_forbidden", "Denied by the site",
        "The account's credentials are good, but the site does not let the account do this: the file may belong to somebody else, or the plan may not include it.";
    RouteNotFound = 404 "route_not_found", "No such route",
        "The API has nothing at this path. See /docs for what there is.";
    AccountNotFound = 404 "account_not_found", "Account not found",
        "No account has this name, or the API key may not use it.";
    FileNotFound = 404 "file_not_found", "File not found",
        "The account has no file with this id.";
    FolderNotFound = 404 "folder_not_found", "Folder not found",
        "The account has no folder with this id. The root folder's id is \"root\".";
    RemoteUploadNotFound = 404 "remote_upload_not_found", "Remote upload not found",
        "The account has no remote upload with this id, or the site has forgotten it.";
    MethodNotAllowed = 405 "method_not_allowed", "Method not allowed",
        "The path exists, but not with this method. The header Allow tells which there are.";
    FolderNotEmpty = 409 "folder_not_empty", "Folder not empty",
        "The folder holds something, and deleting it would delete that too. Send recursive=true if that is meant.";
    FolderCycle = 409 "folder_cycle", "Folder cycle",
        "A folder cannot be moved into itself, nor below itself. Nothing was changed.";
    IdempotencyConflict = 409 "idempotency_conflict", "Already being carried out",
        "The first request with this Idempotency-Key is still being carried out. Send the same request again a little later: then its answer is given again.";
    CursorExpired = 410 "cursor_expired", "Cursor expired",
        "The walk that this cursor belongs to cannot be resumed. Begin again without a cursor.";
    PreconditionFailed = 412 "precondition_failed", "Precondition failed",
        "What the request is about is not as If-Match, If-None-Match or If-Unmodified-Since demands: it was changed, or deleted, since its ETag was read. Nothing was done. Read it again, and decide anew.";
    PayloadTooLarge = 413 "payload_too_large", "Payload too large",
        "The body is larger than the gateway or the account's site takes.";
    UriTooLong = 414 "uri_too_long", "URI too long",
        "The request line is longer than 64 KiB.";
    UnsupportedMediaType = 415 "unsupported_media_type", "Unsupported media type",
        "The body has a media type that is not read here.";
    RangeNotSatisfiable = 416 "range_not_satisfiable", "Range not satisfiable",
        "The file ends before the range begins. The header Content-Range tells the file's size.";
    CapabilityUnsupported = 422 "capability_unsupported", "Not supported by the site",
        "The account's site cannot do this. GET /v1/accounts/{account}/capabilities tells what it can. Nothing was sent to it.";
    ChecksumMismatch = 422 "checksum_mismatch", "Checksum mismatch",
        "The bytes that arrived do not have the digest that was declared for them. No copy was kept.";
    IdempotencyKeyReused = 422 "idempotency_key_reused", "Idempotency-Key reused",
        "The Idempotency-Key belongs to another request: another path or query, another body or, of an upload, another length or type. Send a request of its own with a key of its own.";
    UpstreamRejected = 422 "upstream_rejected", "Rejected by the site",
        "The site found the request unacceptable. Its words are in \"upstream.message\".";
    RateLimited = 429 "rate_limited", "Too many requests",
        "The client has sent more requests than it may, or has as many under way as it may; or too many wrong keys have come from its address. Wait as long as Retry-After says. The headers RateLimit-Policy and RateLimit tell what is allowed, and what is left.";
    UpstreamRateLimited = 429 "upstream_rate_limited", "Limited by the site",
        "The site's own limit is reached. Wait as long as Retry-After says.";
    HeaderFieldsTooLarge = 431 "header_fields_too_large", "Header fields too large",
        "The request's header fields are larger than 64 KiB together.";
    LegalBlock = 451 "legal_block", "Blocked for legal reasons",
        "The site blocks this file for legal reasons.";
    Internal = 500 "internal", "Internal error",
        "A fault of the gateway's own. Its operator finds the cause in the log by the request id.";
    UpstreamCredentialsRejected = 502 "upstream_credentials_rejected", "Account credentials rejected",
        "The site does not accept the account's credentials. They are in the gateway's configuration; your API key is fine.";
    UpstreamSessionContended = 502 "upstream_session_contended", "Session contended",
        "The site allows one session for each user, and logins are limited. No login is possible now. Try again later.";
    UpstreamInvalidResponse = 502 "upstream_invalid_response", "Invalid answer from the site",
        "The site's answer cannot be understood. The request was a read and may be sent again.";
    UpstreamError = 502 "upstream_error", "Error at the site",
        "The site failed. Its words, if any, are in \"upstream.message\".";
    UploadCorrupted = 502 "upload_corrupted", "Upload corrupted",
        "What the site has stored is not what was sent. The bad copy was deleted, unless the detail says otherwise.";
    UpstreamUnavailable = 503 "upstream_unavailable", "Site unavailable",
        "The site cannot be reached. Wait as long as Retry-After says.";
    Overloaded = 503 "overloaded", "Overloaded",
        "The gateway has no place for the request in time. Wait as long as Retry-After says.";
    Draining = 503 "draining", "Shutting down",
        "This gateway is about to end. Another one answers, or this one again after its restart.";
    UpstreamTimeout = 504 "upstream_timeout", "Site too slow",
        "The site took too long to answer. The request was a read and may be sent again.";
    OutcomeUnknown = 504 "outcome_unknown", "Outcome unknown",
        "The request went to the site, and no readable answer came: it may or may not have been carried out. Look before sending it again.";
    InsufficientStorage = 507 "insufficient_storage", "Insufficient storage",
        "The gateway has no room left to keep a body whose length it does not know. Send it with a Content-Length, or try again later.";
}

impl Code {
    /// The HTTP status that it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The address of the page that explains it.
    #[must_use]
    pub fn page(self) -> String {
        format!("/problems/{}", self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
