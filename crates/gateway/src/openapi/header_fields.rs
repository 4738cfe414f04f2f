//! The header fields of answers that do not come from handlers: limits, waits, and what was answered before.

use utoipa::openapi::header::Header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Object, OpenApi, Ref, RefOr, Response, Type};

/// A field that answers share: its name, what it tells, an example.
type Field = (&'static str, &'static str, &'static str);

const POLICY: Field = (
    "RateLimit-Policy",
    "What the client may ask: so many requests (`q`) in so many seconds (`w`). Missing where it has no limit.",
    "\"client\";q=100;w=60",
);
const LIMIT: Field = (
    "RateLimit",
    "What is left of it: so many requests (`r`) now, and all of them again in so many seconds (`t`).",
    "\"client\";r=42;t=35",
);
const RETRY_AFTER: Field = ("Retry-After", "How many seconds to wait.", "17");
const REPLAYED: Field =
    ("Idempotency-Replayed", "`true`: this is the answer to an earlier request with the same key.", "true");

/// What is answered before the client is known.
const WITHOUT_CLIENT: [&str; 3] = ["401", "414", "431"];

/// Describes them once for all operations.
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

/// Adds them to the answers of an operation, wherever they can be.
pub(crate) fn describe_operation(operation: &mut Operation, takes_key: bool) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let status = status.as_str();
        if !WITHOUT_CLIENT.contains(&status) {
            add(response, POLICY);
            add(response, LIMIT);
            // What may be sent again is not kept, and of the rest all that is final.
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
