//! The examples of path parameters: objects of the sandbox, where every operation can be executed as documented.
//!
//! Swagger UI offers the accounts of the gateway instead. It chooses one by the operation's `x-capability`.

use std::mem;

use axum::http::Method;
use polyhost_domain::Capability;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, ParameterBuilder};

/// The name of the operation's extension that contains the capability.
const EXTENSION: &str = "x-capability";

/// The sandbox's account with the most capabilities.
const STREAMPLAY_ACCOUNT: &str = "streamplay-demo";
/// The sandbox's account with the other capabilities.
const PSTREAM_ACCOUNT: &str = "pstream-demo";

/// Adds the capability that the operation needs, and the examples of its path parameters.
pub(super) fn add(operation: &mut Operation, method: &Method, path: &str, capability: Option<Capability>) {
    if let Some(capability) = capability {
        let extension = Extensions::from_iter([(EXTENSION, capability.as_str())]);
        operation.extensions.get_or_insert_default().merge(extension);
    }
    let account = account(capability);
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let example = match parameter.name.as_str() {
            "account" => Some(account),
            "id" => id(path, method, account),
            _ => None,
        };
        if let Some(example) = example {
            let described = ParameterBuilder::from(mem::take(parameter));
            *parameter = described.example(Some(example.into())).build();
        }
    }
}

fn account(capability: Option<Capability>) -> &'static str {
    match capability {
        Some(
            Capability::FilesThumbnail
            | Capability::FilesUploadTicket
            | Capability::RemoteUploadsList
            | Capability::RemoteUploadsCancel
            | Capability::ConversionsList,
        ) => PSTREAM_ACCOUNT,
        _ => STREAMPLAY_ACCOUNT,
    }
}

/// Returns an id for an operation. Deletions have objects of their own, so that the other examples continue to work.
fn id(path: &str, method: &Method, account: &str) -> Option<&'static str> {
    let (_, below) = path.split_once("{account}/")?;
    Some(match below.split('/').next()? {
        "files" if account == PSTREAM_ACCOUNT => "HhszB1ewMteF",
        "files" if method == Method::DELETE => "1014",
        "files" => "1001",
        // Only an empty folder is deleted without `recursive`.
        "folders" if method == Method::DELETE => "108",
        "folders" if method == Method::PATCH => "104",
        "folders" => "root",
        // It is running.
        "remote-uploads" if account == PSTREAM_ACCOUNT => "2",
        // It has ended.
        "remote-uploads" => "51",
        _ => return None,
    })
}
