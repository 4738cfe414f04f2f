//! The parts of the OpenAPI document besides the operations: the introduction, the authentication and the tags.

mod examples;
mod header_fields;
mod samples;

use axum::http::Method;
use polyhost_engine::problem::ProblemBody;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Schema, Server};
use utoipa::{Modify, OpenApi as _};

use crate::operation::Rules;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Polyhost",
        description = "One HTTP API over many video and file hosting sites.\n\nEvery resource lives under an account: \
            a named set of credentials at one provider. `GET /v1/accounts` lists them, and \
            `GET /v1/accounts/{account}/capabilities` returns the operations that an account supports.\n\nErrors are \
            `application/problem+json` (RFC 9457). Programs should read `code`. If `retryable` is true, nothing was \
            done and the same request may be sent again.\n\nA client may have a rate limit. Then every response to it \
            has the header fields `RateLimit-Policy`, the limit, and `RateLimit`, what is left of it. A POST that \
            takes an `Idempotency-Key` runs once for each key, even if it is sent several times.\n\nNew fields, \
            enumeration words and codes may appear within v1.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("bearer" = []), ("api_key" = [])),
    tags(
        (name = "Accounts", description = "The accounts at providers that the client may use. Every other resource is \
            below one."),
        (name = "Folders", description = "The folder tree of an account. Its root has the id `root`."),
        (name = "Files", description = "The videos and other files of an account: upload, download and change them."),
        (name = "Remote uploads", description = "Files that the site itself fetches from a URL."),
        (name = "Conversions", description = "The jobs of the site that make uploaded videos playable."),
        (name = "Events", description = "The changes of remote uploads and conversions, as server-sent events. One \
            stream replaces repeated requests."),
        (name = "Gateway", description = "The gateway itself: the calling client, and the providers.")
    ),
    components(schemas(ProblemBody)),
    modifiers(&Security)
)]
struct Head;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        // Relative to the document (OpenAPI, "Relative References in API Description URIs"), for proxies with a prefix.
        document.servers = Some(vec![Server::new(".")]);
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("The client's API key. Use this or `api_key`.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKeyValue::with_description("X-API-Key", "The client's API key. Use this or `bearer`.");
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(header)));
    }
}

/// Marks every documented field of a response as required: fields are always present, and `null` if nothing is known.
///
/// Schemas of requests are skipped; they are those that reject unknown fields. `Fault` is skipped because either of its
/// two places may be absent.
fn require_every_field(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (_, schema) in schemas.filter(|(name, _)| *name != "Fault") {
        require_fields_of(schema);
    }
}

fn require_fields_of(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) if object.additional_properties.is_none() => {
            object.required = object.properties.keys().cloned().collect();
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_fields_of),
        _ => {}
    }
}

/// Completes the description of an operation: its header fields, its capability and its examples.
pub(crate) fn describe_operation(operation: &mut Operation, method: &Method, path: &str, rules: &Rules) {
    // The summary is the first sentence of a doc comment; lists show it as a title.
    operation.summary = operation.summary.take().map(|summary| summary.trim_end_matches('.').to_owned());
    header_fields::describe_operation(operation, rules.takes_key);
    samples::add(operation, method, path, rules.capability);
    examples::share_between_media_types(operation);
}

/// Returns the complete document for these operations.
pub(crate) fn complete(operations: OpenApi) -> OpenApi {
    let mut document = Head::openapi();
    document.merge(operations);
    header_fields::describe(&mut document);
    require_every_field(&mut document);
    examples::add_problems(&mut document);
    examples::complete_schemas(&mut document);
    document
}
