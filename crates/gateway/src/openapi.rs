//! The head of the OpenAPI document: what the API is, how to authenticate, what the tags mean.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Schema, Server};
use utoipa::{Modify, OpenApi as _};

use crate::problem::ProblemBody;
use crate::router;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Polyhost",
        description = "One HTTP API over many video and file hosting sites.\n\nEvery resource lives under an account: \
            a named set of credentials at one provider. `GET /v1/accounts` lists them, and \
            `GET /v1/accounts/{account}/capabilities` tells what can be done with one.\n\nErrors are \
            `application/problem+json` (RFC 9457). Their `code` is for programs; `retryable` says whether nothing was \
            done and the same request may be sent again.\n\nNew fields, enumeration words and codes may appear within v1.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("bearer" = []), ("api_key" = [])),
    tags(
        (name = "Gateway", description = "The gateway itself"),
        (name = "Accounts", description = "Accounts at providers"),
        (name = "Files", description = "Videos and other files"),
        (name = "Folders", description = "Folders, and what is in them"),
        (name = "Remote uploads", description = "Files that a site fetches from elsewhere by itself"),
        (name = "Conversions", description = "Jobs that make files playable")
    ),
    components(schemas(ProblemBody)),
    modifiers(&Security)
)]
pub(crate) struct Head;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        document.servers = Some(vec![Server::new("/")]);
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("The client's API key.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKeyValue::with_description("X-API-Key", "The client's API key.");
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(header)));
    }
}

/// Every documented field of an answer is always there, `null` where nothing is known.
///
/// What callers send is told by its refusing unknown fields; of a fault, either place may be absent.
fn require_every_field(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (name, schema) in schemas {
        if let RefOr::T(Schema::Object(object)) = schema
            && object.additional_properties.is_none()
            && name != "Fault"
        {
            object.required = object.properties.keys().cloned().collect();
        }
    }
}

/// The OpenAPI document of this version.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = router::routes(Head::openapi()).into_openapi();
    require_every_field(&mut document);
    document
}

/// The document as it is kept in the repository: indented JSON with a newline at its end.
///
/// # Errors
/// Where the document cannot be serialized.
pub fn pretty() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}
