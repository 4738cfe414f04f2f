//! The examples of request bodies, problems and schemas.

use std::collections::{BTreeMap, BTreeSet};

use polyhost_engine::problem::Code;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, SchemaType};
use utoipa::openapi::{Object, OpenApi, PathItem, RefOr, Schema, Type};

use crate::problem::{self, MEDIA_TYPE};

/// Gives each media type of a request body without examples those of a media type with the same schema.
pub(super) fn share_between_media_types(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    let mut contents: Vec<_> = body.content.values_mut().filter_map(as_value).collect();
    let known: Vec<_> = contents.iter().filter(|it| !it.examples.is_empty()).map(|it| (*it).clone()).collect();
    for content in &mut contents {
        if let Some(same) = known.iter().find(|it| content.examples.is_empty() && it.schema == content.schema) {
            content.examples = same.examples.clone();
        }
    }
}

fn as_value<T>(value: &mut RefOr<T>) -> Option<&mut T> {
    if let RefOr::T(value) = value { Some(value) } else { None }
}

/// Adds the examples of all problems that operations can return to the components. The responses refer to them.
pub(super) fn add_problems(document: &mut OpenApi) {
    let operations = document.paths.paths.values().flat_map(operations);
    let responses = operations.flat_map(|operation| operation.responses.responses.values());
    let names = responses.filter_map(|response| {
        let RefOr::T(response) = response else { return None };
        let RefOr::T(content) = response.content.get(MEDIA_TYPE)? else { return None };
        Some(content.examples.keys().cloned())
    });
    let names: BTreeSet<String> = names.flatten().collect();
    let components = document.components.get_or_insert_default();
    for code in names.iter().filter_map(|name| Code::find(name)) {
        let example = ExampleBuilder::new().summary(code.title()).value(Some(problem::example(code))).build();
        components.examples.insert(code.as_str().to_owned(), RefOr::T(example));
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    let PathItem { get, put, post, delete, head, patch, .. } = item;
    [get, put, post, delete, head, patch].into_iter().flatten()
}

/// Adds an example to every schema without one, built from the examples of its parts.
pub(super) fn complete_schemas(document: &mut OpenApi) {
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
