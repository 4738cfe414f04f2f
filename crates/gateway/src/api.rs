//! All operations of the API, in one flat table. A row names the handler, which declares method, path and id, and the
//! rules for its requests. The router, the OpenAPI document and the request pipeline are all built from this table.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use polyhost_domain::Capability;
use utoipa::IntoParams as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation as Documented, ParameterIn, PathItem};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::app::App;
use crate::from_cache::FromCache;
use crate::idempotency::IdempotencyKey;
use crate::openapi;
use crate::operation::{Operation, Rules};
use crate::routes::{
    accounts, cache, callers, conversions, downloads, events, files, folders, listings, remote_uploads, upload_tickets,
    uploads,
};
use crate::routing::{Route, Routes};

const OPEN: Rules = Rules::OPEN;
const READ: Rules = Rules::READ;
const WRITE: Rules = Rules::WRITE;

/// Returns the operations of the API, in the order of use: the document and Swagger UI show them in this order.
fn table(documentation: Documentation) -> Api {
    Api { documentation, handlers: OpenApiRouter::default(), operations: Vec::new() }
        .with(routes!(callers::list_accounts), READ)
        .with(routes!(accounts::get_account), READ.needs(Capability::AccountRead))
        .with(routes!(accounts::get_capabilities), READ)
        .with(routes!(accounts::get_limits), READ.needs(Capability::AccountLimits))
        .with(routes!(cache::purge_cache), Rules::ADMIN.keyed())
        .with(routes!(listings::list_folder_items), READ.needs(Capability::FoldersList))
        .answered_from_cache(listings::cached_page)
        .with(routes!(folders::get_folder), READ.needs(Capability::FoldersRead))
        .with(routes!(folders::get_folder_usage), READ.needs(Capability::FoldersList).walks())
        .with(routes!(folders::create_folder), WRITE.needs(Capability::FoldersCreate).keyed())
        .with(routes!(folders::update_folder), WRITE)
        .with(routes!(folders::delete_folder), WRITE.needs(Capability::FoldersDelete))
        .with(routes!(files::get_file), READ.needs(Capability::FilesRead))
        .answered_from_cache(files::cached_file)
        .with(routes!(files::lookup_files), READ.needs(Capability::FilesLookup).keyed())
        .with(routes!(downloads::get_content, downloads::get_content_headers), READ.needs(Capability::FilesDownload))
        .with(routes!(files::get_thumbnail), READ.needs(Capability::FilesThumbnail))
        .with(routes!(downloads::create_download_link), WRITE.needs(Capability::FilesDownload))
        .with(routes!(uploads::upload_file), WRITE.needs(Capability::FilesUpload).keyed().with_file())
        .with(routes!(upload_tickets::create_upload_ticket), WRITE.needs(Capability::FilesUploadTicket))
        .with(routes!(files::copy_file), WRITE.needs(Capability::FilesCopy).keyed())
        .with(routes!(files::update_file), WRITE)
        .with(routes!(files::delete_file), WRITE.needs(Capability::FilesDelete))
        .with(routes!(remote_uploads::list_remote_uploads), READ.needs(Capability::RemoteUploadsList))
        .with(routes!(remote_uploads::get_remote_upload), READ.needs(Capability::RemoteUploadsRead))
        .with(routes!(remote_uploads::create_remote_upload), WRITE.needs(Capability::RemoteUploadsCreate).keyed())
        .with(routes!(remote_uploads::cancel_remote_upload), WRITE.needs(Capability::RemoteUploadsCancel))
        .with(routes!(conversions::list_conversions), READ.needs(Capability::ConversionsList))
        .with(routes!(events::watch_events), READ)
        .with(routes!(callers::get_me), OPEN)
        .with(routes!(callers::list_providers), READ)
}

/// The table's content: the handlers with their OpenAPI description, and the operations with their rules.
struct Api {
    documentation: Documentation,
    handlers: OpenApiRouter<App>,
    operations: Vec<(String, Method, Operation)>,
}

/// Whether the table keeps the description of the operations. It takes several megabytes, and only the OpenAPI document
/// needs it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documentation {
    Kept,
    Dropped,
}

impl Api {
    fn with(mut self, (mut schemas, mut paths, handler): UtoipaMethodRouter<App>, rules: Rules) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, documented) in documented(item) {
                if rules.takes_key {
                    let key = IdempotencyKey::into_params(|| Some(ParameterIn::Header));
                    documented.parameters.get_or_insert_default().extend(key.into_iter().map(Into::into));
                }
                openapi::describe_operation(documented, &method, path, &rules);
                let id = documented.operation_id.clone().unwrap_or_default();
                let takes_body = documented.request_body.is_some();
                self.operations.push((path.clone(), method, Operation::new(id, takes_body, rules)));
                if self.documentation == Documentation::Dropped {
                    *documented = Documented::default();
                    schemas.clear();
                }
            }
        }
        self.handlers = self.handlers.routes((schemas, paths, handler));
        self
    }

    /// Lets the cache answer requests of the last operation.
    fn answered_from_cache(mut self, from_cache: FromCache) -> Self {
        if let Some((.., operation)) = self.operations.last_mut() {
            operation.from_cache = Some(from_cache);
        }
        self
    }
}

fn documented(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Documented)> {
    let PathItem { get, put, post, delete, head, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::HEAD, head),
        (Method::PATCH, patch),
    ];
    all.into_iter().filter_map(|(method, documented)| Some((method, documented.as_mut()?)))
}

/// Returns the handlers of the API, and its routes with the rules of their operations.
pub(crate) fn routes() -> (OpenApiRouter<App>, Routes) {
    let Api { handlers, operations, .. } = table(Documentation::Dropped);
    let mut by_pattern = BTreeMap::<_, Vec<_>>::new();
    for (pattern, method, operation) in operations {
        by_pattern.entry(pattern).or_default().push((method, Arc::new(operation)));
    }
    let mut routes = Routes::default();
    by_pattern.into_iter().for_each(|(pattern, operations)| routes.add(Route { pattern, operations }));
    (handlers, routes)
}

/// Returns the OpenAPI document of this version.
#[must_use]
pub fn document() -> OpenApi {
    openapi::complete(table(Documentation::Kept).handlers.into_openapi())
}

/// Returns the document as the repository stores it: indented JSON with a newline at its end.
///
/// # Errors
/// If the document cannot be serialized.
pub fn pretty() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}

#[cfg(test)]
mod tests {
    use polyhost_config::Scope;

    use super::*;

    fn operations() -> Routes {
        routes().1
    }

    fn find<'a>(routes: &'a Routes, method: &Method, path: &str) -> Option<&'a Operation> {
        routes.find(path)?.operation(method).map(|operation| &**operation)
    }

    #[test]
    fn operation_is_found_by_method_and_route() {
        let folders = "/v1/accounts/{account}/folders";
        let operations = operations();
        let found = find(&operations, &Method::POST, folders).unwrap();
        assert_eq!((found.id.as_str(), found.rules.is_audited, found.takes_body), ("create_folder", true, true));
        assert!(find(&operations, &Method::GET, folders).is_none());
        assert!(find(&operations, &Method::POST, "/livez").is_none());
    }

    #[test]
    fn head_falls_back_to_the_operation_of_get() {
        let operations = operations();
        let id = |path: &str| find(&operations, &Method::HEAD, &format!("/v1/accounts/{{account}}/{path}")).unwrap();
        assert_eq!(id("folders/{id}/usage").id, "get_folder_usage");
        assert_eq!(id("files/{id}/content").id, "get_content_headers");
        assert!(find(&operations, &Method::HEAD, "/v1/accounts/{account}/files/lookup").is_none());
    }

    #[test]
    fn only_posts_that_issue_no_address_take_a_key() {
        for (path, method, operation) in operations().operations() {
            let issues_address = path.ends_with("/upload-tickets") || path.ends_with("/download-links");
            assert_eq!(operation.rules.takes_key, method == Method::POST && !issues_address, "{method} {path}");
        }
    }

    #[test]
    fn only_upload_takes_a_file() {
        let operations = operations();
        let takers = operations.operations().filter(|(.., it)| it.rules.takes_file).map(|(.., it)| it.id.as_str());
        assert_eq!(takers.collect::<Vec<_>>(), ["upload_file"]);
    }

    #[test]
    fn every_unsafe_method_but_lookup_is_a_write() {
        for (path, method, operation) in operations().operations() {
            let writes = !method.is_safe() && !path.ends_with("/lookup");
            let Rules { scope, is_audited, .. } = operation.rules;
            assert_eq!(is_audited, writes, "{method} {path}");
            assert_eq!(matches!(scope, Some(Scope::Write | Scope::Admin)), writes, "{method} {path}");
        }
    }

    #[test]
    fn only_get_me_needs_no_scope_and_only_purge_needs_admin() {
        let operations = operations();
        let with = |scope| {
            let all = operations.operations().filter(move |(.., it)| it.rules.scope == scope);
            all.map(|(.., it)| it.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(with(None), ["get_me"]);
        assert_eq!(with(Some(Scope::Admin)), ["purge_cache"]);
    }

    #[test]
    fn change_or_upload_weighs_two_and_a_walk_five() {
        let operations = operations();
        let weight = |method, path: &str| {
            let operation = find(&operations, &method, &format!("/v1/accounts/{{account}}/{path}"));
            operation.unwrap().rules.weight.get()
        };
        assert_eq!(weight(Method::GET, "files/{id}"), 1);
        assert_eq!(weight(Method::POST, "files/lookup"), 1);
        assert_eq!(weight(Method::DELETE, "files/{id}"), 2);
        assert_eq!(weight(Method::POST, "folders"), 2);
        assert_eq!(weight(Method::POST, "files"), 2);
        assert_eq!(weight(Method::GET, "folders/{id}/usage"), 5);
    }
}
