//! Tests of the OpenAPI document: the committed file equals the generated one, and it fulfils the API's contract.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails at the first unexpected result")]

use std::collections::BTreeSet;

use polyhost_gateway::api;
use serde_json::Value;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/polyhost.json");

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[test]
fn committed_document_equals_the_generated_one() {
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(DOCUMENT).unwrap()).unwrap();
    let made: Value = serde_json::from_str(&api::pretty().unwrap()).unwrap();
    assert!(committed == made, "run: cargo run -- openapi > openapi/polyhost.json");
}

#[test]
fn operation_ids_are_unique_and_a_verb_and_a_noun() {
    let document = serde_json::to_value(api::document()).unwrap();
    let verbs = ["get", "list", "create", "cancel", "update", "copy", "delete", "lookup", "purge", "upload", "watch"];
    let mut seen = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let verb = id.split('_').next().unwrap();
        assert!(verbs.contains(&verb) && id.contains('_'), "{place}: {id}");
        assert!(seen.insert(id.to_owned()), "{id} occurs twice");
    }
}

#[test]
fn every_operation_describes_itself_and_its_problems() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (place, operation) in operations(&document) {
        for member in ["summary", "description"] {
            let text = operation[member].as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains("///"), "{place}: {member} {text:?}");
        }
        assert!(!operation["tags"].as_array().unwrap().is_empty(), "{place} lacks a tag");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["400", "401", "403", "500"] {
            let problem = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{place} {status}");
        }
    }
}

#[test]
fn every_answer_documents_rate_limits_and_retry_after() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (place, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let of_a_client = !["401", "414", "431"].contains(&status.as_str());
            for name in ["RateLimit-Policy", "RateLimit"] {
                assert_eq!(response["headers"].get(name).is_some(), of_a_client, "{place} {status} {name}");
            }
        }
        let limited = &operation["responses"]["429"];
        assert!(limited["description"].as_str().unwrap().contains("`rate_limited`"), "{place}");
        let wait = &limited["headers"]["Retry-After"]["$ref"];
        assert_eq!(wait, "#/components/headers/Retry-After", "{place}");
    }
    assert_eq!(document["components"]["headers"]["Retry-After"]["schema"]["type"], "integer");
}

#[test]
fn operations_with_idempotency_keys_document_their_effects() {
    let document = serde_json::to_value(api::document()).unwrap();
    let has_key = |operation: &Value| {
        let parameters = operation["parameters"].as_array();
        let named = |parameter: &Value| parameter["name"] == "Idempotency-Key" && parameter["in"] == "header";
        parameters.into_iter().flatten().any(named)
    };
    let mut with_key = 0;
    for (place, operation) in operations(&document).into_iter().filter(|(_, operation)| has_key(operation)) {
        with_key += 1;
        let responses = &operation["responses"];
        for (status, code) in [("409", "idempotency_conflict"), ("422", "idempotency_key_reused")] {
            assert!(responses[status]["description"].as_str().unwrap().contains(code), "{place} {status}");
        }
        let success = responses.as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).unwrap();
        assert!(success.1["headers"].get("Idempotency-Replayed").is_some(), "{place}");
    }
    assert!(with_key >= 5, "{with_key} operations accept a key");
}

#[test]
fn every_schema_and_field_has_a_description() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name} lacks a description");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let described = property["description"].is_string()
                || property["$ref"].is_string()
                || property["oneOf"]
                    .as_array()
                    .is_some_and(|options| options.iter().any(|o| o["description"].is_string()));
            // The name and the map's own description explain a capability's field.
            assert!(described || name == "CapabilityMap", "{name}.{field} lacks a description");
        }
    }
}

#[test]
fn every_field_of_an_answer_is_required() {
    let document = serde_json::to_value(api::document()).unwrap();
    for name in ["File", "Folder", "Account", "RemoteUpload", "Conversion", "Problem", "ItemPage", "UploadTicket"] {
        let schema = &document["components"]["schemas"][name];
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
        let properties: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(required, properties, "{name}");
    }
}

#[test]
fn every_schema_has_an_example() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let example = schema.get("example").or_else(|| schema["examples"].get(0));
        let example = example.unwrap_or_else(|| panic!("{name} lacks an example"));
        // A request may omit fields. An answer has all of them. No example has an unknown field.
        let fields = schema["properties"].as_object();
        for field in example.as_object().filter(|_| fields.is_some()).into_iter().flat_map(|example| example.keys()) {
            assert!(
                fields.is_some_and(|fields| fields.contains_key(field)),
                "{name}: the example's {field} is not a field"
            );
        }
        for field in schema["required"].as_array().into_iter().flatten() {
            assert!(example.get(field.as_str().unwrap()).is_some(), "{name}: the example lacks {field}");
        }
    }
}

#[test]
fn every_summary_is_a_title_that_begins_with_a_verb() {
    let document = serde_json::to_value(api::document()).unwrap();
    let verbs = [
        "Cancel", "Copy", "Count", "Create", "Delete", "Download", "Get", "List", "Look", "Purge", "Rename", "Start",
        "Upload",
    ];
    for (place, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap();
        let verb = summary.split(|letter: char| !letter.is_alphabetic()).next().unwrap();
        assert!(verbs.contains(&verb) || verb == "Watch", "{place}: {summary}");
        assert!(!summary.ends_with('.'), "{place}: {summary}");
    }
}

#[test]
fn tags_are_described_and_in_the_order_of_the_operations() {
    let document = api::document();
    let paths = document.paths.paths.values();
    let first = paths.filter_map(|item| [&item.get, &item.post].into_iter().flatten().next());
    let mut used: Vec<String> = first.flat_map(|operation| operation.tags.clone().unwrap()).collect();
    used.dedup();
    let tags = document.tags.unwrap();
    assert_eq!(used, tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>());
    assert_eq!(used.first().map(String::as_str), Some("Accounts"));
    for tag in tags {
        assert!(tag.description.is_some_and(|text| text.split(' ').count() > 5), "{}", tag.name);
    }
}

#[test]
fn every_error_has_an_example_of_each_of_its_codes() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (place, operation) in operations(&document) {
        let errors = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.as_str() >= "400");
        for (status, response) in errors {
            let examples = response["content"]["application/problem+json"]["examples"].as_object().unwrap();
            let described = response["description"].as_str().unwrap().matches('`').count() / 2;
            assert_eq!(examples.len(), described, "{place} {status}");
            for (code, reference) in examples {
                assert_eq!(reference["$ref"], format!("#/components/examples/{code}"), "{place} {status}");
                let problem = &document["components"]["examples"][code]["value"];
                assert_eq!(problem["code"], code.as_str(), "{place} {status}");
                assert_eq!(problem["status"].to_string(), *status, "{place} {code}");
            }
        }
    }
}

#[test]
fn only_required_values_have_examples_in_parameters() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (place, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            // The stream needs one of two parameters, neither of which is always required.
            let is_needed = parameter["required"] == true || name == "remote_upload";
            assert_eq!(parameter.get("example").is_some(), is_needed, "{place} {name}");
        }
    }
}

#[test]
fn every_json_body_has_named_examples() {
    let document = serde_json::to_value(api::document()).unwrap();
    for (place, operation) in operations(&document) {
        let contents = operation["requestBody"]["content"].as_object().into_iter().flatten();
        for (kind, content) in contents.filter(|(kind, _)| kind.ends_with("json")) {
            let examples = content["examples"].as_object().unwrap_or_else(|| panic!("{place} {kind}: no example"));
            for (name, example) in examples {
                assert!(!example["summary"].as_str().unwrap().is_empty(), "{place} {kind} {name}");
                assert!(example["value"].is_object(), "{place} {kind} {name}");
            }
        }
    }
}
