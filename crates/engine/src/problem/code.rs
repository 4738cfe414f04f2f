//! The problem codes: one table of code, HTTP status, title and explanation.

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $status:literal $name:literal, $title:literal, $page:literal;)*) => {
        /// The code of a problem, which also determines its HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// All codes, ordered by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the code as the API writes it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns a short name for people.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Returns the meaning of the code, and advice for the caller.
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
        "A parameter, a field or the body is invalid. \"errors\" lists the faults that were found. Correct them and send the request again.";
    InvalidCursor = 400 "invalid_cursor", "Invalid cursor",
        "The cursor was altered, or belongs to another folder, filter or sort order. List the folder again without a cursor.";
    Unauthenticated = 401 "unauthenticated", "Not authenticated",
        "The request has no API key, or an unknown or expired one. Send the key as \"Authorization: Bearer KEY\" or \"X-API-Key: KEY\".";
    Forbidden = 403 "forbidden", "Forbidden",
        "The API key is valid but lacks the scope that this request needs, or lost it during a transfer. If the gateway runs without keys: the request came from a foreign web page.";
    UpstreamForbidden = 403 "upstream_forbidden", "Denied by the site",
        "The site accepted the account's credentials but does not allow this operation. The file may belong to another user, or the account's plan may not include the operation.";
    RouteNotFound = 404 "route_not_found", "No such route",
        "The API has no route with this path. See /docs for all routes.";
    AccountNotFound = 404 "account_not_found", "Account not found",
        "No account has this name, or the API key may not use it.";
    FileNotFound = 404 "file_not_found", "File not found",
        "The account has no file with this id.";
    FolderNotFound = 404 "folder_not_found", "Folder not found",
        "The account has no folder with this id. The root folder's id is \"root\".";
    RemoteUploadNotFound = 404 "remote_upload_not_found", "Remote upload not found",
        "The account has no remote upload with this id, or the site no longer reports it.";
    MethodNotAllowed = 405 "method_not_allowed", "Method not allowed",
        "The path does not support this method. The header Allow lists the methods that it supports.";
    FolderNotEmpty = 409 "folder_not_empty", "Folder not empty",
        "The folder is not empty. To delete it with all its contents, send recursive=true.";
    FolderCycle = 409 "folder_cycle", "Folder cycle",
        "A folder cannot be moved into itself or into a folder below it. Nothing was changed.";
    IdempotencyConflict = 409 "idempotency_conflict", "Request in progress",
        "The first request with this Idempotency-Key is still in progress. Send the same request again later to get its response.";
    CursorExpired = 410 "cursor_expired", "Cursor expired",
        "The gateway no longer has the listing that this cursor belongs to. List the folder again without a cursor.";
    PreconditionFailed = 412 "precondition_failed", "Precondition failed",
        "The current state of the resource does not match If-Match, If-None-Match or If-Unmodified-Since: the resource was changed or deleted since its ETag was read. Nothing was done. Read the resource again before you repeat the request.";
    PayloadTooLarge = 413 "payload_too_large", "Payload too large",
        "The body is larger than the gateway or the account's site accepts.";
    UriTooLong = 414 "uri_too_long", "URI too long",
        "The request line is longer than 64 KiB.";
    UnsupportedMediaType = 415 "unsupported_media_type", "Unsupported media type",
        "This route does not accept the body's media type. Check the header Content-Type.";
    RangeNotSatisfiable = 416 "range_not_satisfiable", "Range not satisfiable",
        "The range begins after the end of the file. The header Content-Range contains the file's size.";
    CapabilityUnsupported = 422 "capability_unsupported", "Not supported by the site",
        "The account's site does not support this operation. GET /v1/accounts/{account}/capabilities lists the supported ones. Nothing was changed.";
    ChecksumMismatch = 422 "checksum_mismatch", "Checksum mismatch",
        "The received bytes do not have the declared digest. The file was not stored, unless the detail says otherwise.";
    IdempotencyKeyReused = 422 "idempotency_key_reused", "Idempotency-Key reused",
        "The Idempotency-Key was used before, for a request with another path, query or body, or for an upload with another length or type. Use a new key for each new request.";
    UpstreamRejected = 422 "upstream_rejected", "Rejected by the site",
        "The site rejected the request. Its message is in \"upstream.message\".";
    RateLimited = 429 "rate_limited", "Too many requests",
        "The client has exceeded its rate limit or its limit of concurrent requests, or too many wrong keys came from its address. Wait as long as Retry-After says. The headers RateLimit-Policy and RateLimit contain the limit and the remaining quota.";
    UpstreamRateLimited = 429 "upstream_rate_limited", "Rate limited by the site",
        "The site has limited the account's requests. Wait as long as Retry-After says.";
    HeaderFieldsTooLarge = 431 "header_fields_too_large", "Header fields too large",
        "The request's header fields are larger than 64 KiB together, or more than 100.";
    LegalBlock = 451 "legal_block", "Blocked for legal reasons",
        "The site blocks this file for legal reasons.";
    Internal = 500 "internal", "Internal error",
        "The gateway has failed. Its operator can find the cause in the log by the request id.";
    UpstreamCredentialsRejected = 502 "upstream_credentials_rejected", "Account credentials rejected",
        "The site rejected the credentials of the account. The operator must check them in the gateway's configuration. Your API key is valid.";
    UpstreamSessionContended = 502 "upstream_session_contended", "Session contended",
        "The site allows one session per user. The account's session has ended, and the gateway cannot log in now because logins are limited. Wait as long as Retry-After says.";
    UpstreamInvalidResponse = 502 "upstream_invalid_response", "Invalid response from the site",
        "The gateway cannot parse the site's response. The request was a read and may be sent again.";
    UpstreamError = 502 "upstream_error", "Error at the site",
        "The site reported an internal error. Its message, if any, is in \"upstream.message\".";
    UploadCorrupted = 502 "upload_corrupted", "Upload corrupted",
        "The site's copy differs from the uploaded file. The copy was deleted, unless the detail says otherwise.";
    UploadNotOwned = 502 "upload_not_owned", "Upload not owned",
        "The site stored the bytes outside of the account, as a file of an anonymous user. The site cannot delete that file. Its id is in \"upstream.message\".";
    UpstreamUnavailable = 503 "upstream_unavailable", "Site unavailable",
        "The gateway cannot reach the site. Wait as long as Retry-After says.";
    Overloaded = 503 "overloaded", "Overloaded",
        "The gateway has no free capacity for the request. Wait as long as Retry-After says.";
    Draining = 503 "draining", "Shutting down",
        "This gateway is shutting down. Send the request again later, or to another replica.";
    UpstreamTimeout = 504 "upstream_timeout", "Site timed out",
        "The site did not answer in time. The request was a read and may be sent again.";
    OutcomeUnknown = 504 "outcome_unknown", "Outcome unknown",
        "The request was sent to the site, but the gateway got no readable response. The change may have been made. Check before you send the request again.";
    InsufficientStorage = 507 "insufficient_storage", "Insufficient storage",
        "The gateway has no space left to store a body of unknown length. Send it with a Content-Length, or try again later.";
}

impl Code {
    /// Returns the HTTP status of responses with this code.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the code with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Returns the path of the page that explains the code.
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
