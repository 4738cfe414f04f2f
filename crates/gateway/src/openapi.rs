//! The parts of the OpenAPI document besides the operations: the introduction, the authentication and the tags.

mod header_fields;

use std::collections::BTreeMap;

use polyhost_engine::problem::ProblemBody;
use serde_json::Value;
use utoipa::openapi::schema::{ArrayItems, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Object, OpenApi, RefOr, Schema, Server, Type};
use utoipa::{Modify, OpenApi as _};

pub(crate) use header_fields::describe_operation as describe_header_fields;

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
        (name = "Gateway", description = "The gateway itself"),
        (name = "Accounts", description = "Accounts at providers"),
        (name = "Files", description = "Videos and other files"),
        (name = "Folders", description = "Folders and their contents"),
        (name = "Remote uploads", description = "Files that a site fetches from a URL by itself"),
        (name = "Conversions", description = "Jobs that make files playable"),
        (name = "Events", description = "Changes of remote uploads and conversions, as a stream")
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
        bearer.description = Some("The client's API key.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKeyValue::with_description("X-API-Key", "The client's API key.");
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

/// Adds an example to every schema without one, built from the examples of its parts.
fn complete_examples(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let known = components.schemas.clone();
    for schema in components.schemas.values_mut() {
        let made = example(schema, &known);
        match schema {
            RefOr::T(Schema::Object(object)) if object.examples.is_empty() => object.example = made,
            RefOr::T(Schema::OneOf(choice)) if choice.examples.is_empty() => choice.example = made,
            _ => {}
        }
    }
}

/// Returns an example of a schema; `None` if a part of it has none.
fn example(schema: &RefOr<Schema>, known: &BTreeMap<String, RefOr<Schema>>) -> Option<Value> {
    match schema {
        RefOr::Ref(reference) => example(known.get(reference.ref_location.rsplit('/').next()?)?, known),
        RefOr::T(Schema::Object(object)) => {
            let own = object.example.as_ref().or_else(|| object.examples.first());
            let word = || object.enum_values.as_ref().and_then(|words| words.first());
            own.or_else(word).cloned().or_else(|| example_of_parts(object, known))
        }
        RefOr::T(Schema::OneOf(choice)) => {
            let own = choice.example.as_ref().or_else(|| choice.examples.first());
            own.cloned().or_else(|| choice.items.iter().find_map(|item| example(item, known)))
        }
        RefOr::T(Schema::Array(list)) => match &list.items {
            ArrayItems::RefOrSchema(item) => Some(Value::Array(vec![example(item, known)?])),
            ArrayItems::False => None,
        },
        RefOr::T(_) => None,
    }
}

fn example_of_parts(object: &Object, known: &BTreeMap<String, RefOr<Schema>>) -> Option<Value> {
    match &object.schema_type {
        SchemaType::Array(types) if types.contains(&Type::Null) => Some(Value::Null),
        SchemaType::Type(Type::Object) if !object.properties.is_empty() => {
            let fields = object.properties.iter().map(|(name, field)| Some((name.clone(), example(field, known)?)));
            fields.collect::<Option<_>>().map(Value::Object)
        }
        _ => None,
    }
}

/// Returns the complete document for these operations.
pub(crate) fn complete(operations: OpenApi) -> OpenApi {
    let mut document = Head::openapi();
    document.merge(operations);
    header_fields::describe(&mut document);
    require_every_field(&mut document);
    complete_examples(&mut document);
    document
}
