//! Which operation of the API a request is for. What there is to know of one beside its handler is read off the OpenAPI
//! document, so that the document cannot say something else.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use polyhost_config::Scope;
use utoipa::openapi::path::{Operation as Documented, Parameter};
use utoipa::openapi::{PathItem, RefOr};

use crate::idempotency::KEY_FIELD;
use crate::openapi;

static OPERATIONS: LazyLock<HashMap<String, Vec<(Method, Operation)>>> = LazyLock::new(|| {
    let paths = openapi::document().paths.paths;
    paths.into_iter().map(|(path, item)| (path, operations(item))).collect()
});

/// The media type that only the body of an upload has.
const FORM: &str = "multipart/form-data";

/// An operation of the API.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its id in the OpenAPI document, such as `create_folder`.
    pub id: String,
    /// Whether it makes, changes or deletes something, or hands out the right to.
    pub writes: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub takes_key: bool,
    /// Whether it has a body.
    pub takes_body: bool,
    /// Whether its body is a file, which may take as long as its bytes flow.
    pub takes_file: bool,
    /// The scope that it needs, if it is about an account.
    pub scope: Scope,
}

impl Operation {
    /// The operation that a request is for; `None` where it is none of the API's.
    #[must_use]
    pub fn of(request: &Request) -> Option<&'static Self> {
        Self::at(request.method(), request.extensions().get::<MatchedPath>()?.as_str())
    }

    /// The operation of a method and a route's pattern.
    #[must_use]
    pub fn at(method: &Method, route: &str) -> Option<&'static Self> {
        let operations = OPERATIONS.get(route)?;
        operations.iter().find(|(own, _)| own == method).map(|(_, operation)| operation)
    }

    fn new(method: &Method, documented: Documented) -> Self {
        let id = documented.operation_id.unwrap_or_default();
        let named = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(parameter) => parameter.name.eq_ignore_ascii_case(KEY_FIELD.as_str()),
            RefOr::Ref(_) => false,
        };
        // Looking up many files is a POST for the length of its question alone.
        let writes = !method.is_safe() && !id.starts_with("lookup_");
        Self {
            writes,
            scope: match id.as_str() {
                "purge_cache" => Scope::Admin,
                _ if writes => Scope::Write,
                _ => Scope::Read,
            },
            takes_key: documented.parameters.iter().flatten().any(named),
            takes_body: documented.request_body.is_some(),
            takes_file: matches!(documented.request_body, Some(RefOr::T(body)) if body.content.contains_key(FORM)),
            id,
        }
    }
}

fn operations(item: PathItem) -> Vec<(Method, Operation)> {
    let PathItem { get, put, post, delete, head, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::HEAD, head),
        (Method::PATCH, patch),
    ];
    let there = all.into_iter().filter_map(|(method, documented)| Some((method, documented?)));
    there.map(|(method, documented)| (method.clone(), Operation::new(&method, documented))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_method_and_route() {
        let folders = "/v1/accounts/{account}/folders";
        let found = Operation::at(&Method::POST, folders).unwrap();
        assert_eq!((found.id.as_str(), found.writes, found.takes_key), ("create_folder", true, true));
        assert_eq!(Operation::at(&Method::GET, folders), None);
        assert_eq!(Operation::at(&Method::POST, "/livez"), None);
    }

    #[test]
    fn every_post_takes_a_key_but_those_that_hand_out_addresses_and_nothing_else_does() {
        let all = OPERATIONS.iter().flat_map(|(path, operations)| operations.iter().map(move |it| (path, it)));
        for (path, (method, operation)) in all {
            let hands_out = path.ends_with("/upload-tickets") || path.ends_with("/download-links");
            assert_eq!(operation.takes_key, method == Method::POST && !hands_out, "{method} {path}");
        }
    }

    #[test]
    fn an_upload_alone_takes_a_file() {
        let all = OPERATIONS.values().flatten();
        let takers: Vec<&str> = all.filter(|(_, it)| it.takes_file).map(|(_, it)| it.id.as_str()).collect();
        assert_eq!(takers, ["upload_file"]);
    }

    #[test]
    fn a_lookup_is_a_read_and_every_other_post_patch_and_delete_a_write() {
        for (path, operations) in OPERATIONS.iter() {
            for (method, operation) in operations {
                assert_eq!(operation.writes, !method.is_safe() && !path.ends_with("/lookup"), "{method} {path}");
            }
        }
    }
}
