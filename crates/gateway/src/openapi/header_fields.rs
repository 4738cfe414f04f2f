//! The response header fields that the pipeline adds: the rate limit, `Retry-After` and `Idempotency-Replayed`.

use utoipa::openapi::header::Header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Object, OpenApi, Ref, RefOr, Response, Type};

/// A shared response header field: its name, its description, an example.
type Field = (&'static str, &'static str, &'static str);

const POLICY: Field = (
    "RateLimit-Policy",
    "The client's rate limit: the number of requests (`q`) in a number of seconds (`w`). Missing if there is no limit.",
    "\"client\";q=100;w=60",
);
const LIMIT: Field = (
    "RateLimit",
    "The rest of the rate limit: the remaining requests (`r`), and the seconds until it is full again (`t`).",
    "\"client\";r=42;t=35",
);
const RETRY_AFTER: Field = ("Retry-After", "The number of seconds to wait before a retry.", "17");
const REPLAYED: Field =
    ("Idempotency-Replayed", "`true`: this is the response to an earlier request with the same key.", "true");

/// The statuses of responses that are sent before the client is known.
const WITHOUT_CLIENT: [&str; 3] = ["401", "414", "431"];

/// Adds the fields to the document's components.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, description, example) in [POLICY, LIMIT, RETRY_AFTER, REPLAYED] {
        let kind = if name == RETRY_AFTER.0 { Type::Integer } else { Type::String };
        let mut header = Header::new(Object::with_type(kind));
        header.description = Some(description.to_owned());
        header.example = Some(example.parse::<u64>().map_or_else(|_| example.into(), Into::into));
        components.headers.insert(name.to_owned(), RefOr::T(header));
    }
}

/// Adds references to the fields to each response of an operation that can have them.
pub(crate) fn describe_operation(operation: &mut Operation, takes_key: bool) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let status = status.as_str();
        if !WITHOUT_CLIENT.contains(&status) {
            add(response, POLICY);
            add(response, LIMIT);
            // A response after which the same request may run again is not recorded: 429, and all 5xx but 504.
            if takes_key && status != "429" && (!status.starts_with('5') || status == "504") {
                add(response, REPLAYED);
            }
        }
        if matches!(status, "429" | "503") {
            add(response, RETRY_AFTER);
        }
    }
}

fn add(response: &mut Response, (name, _, _): Field) {
    let header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
    response.headers.entry(name.to_owned()).or_insert(header);
}
