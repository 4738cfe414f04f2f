//! Every route there is, in one flat table. The OpenAPI document is made from the same table.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::middleware;
use crate::openapi::{self, Head};
use crate::routes::{
    accounts, cache, callers, conversions, downloads, events, files, folders, listings, process, remote_uploads,
    upload_tickets, uploads,
};

/// The documented routes.
pub(crate) fn routes(head: OpenApi) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(head)
        .routes(routes!(callers::get_me))
        .routes(routes!(callers::list_providers))
        .routes(routes!(callers::list_accounts))
        .routes(routes!(accounts::get_account))
        .routes(routes!(accounts::get_limits))
        .routes(routes!(accounts::get_capabilities))
        .routes(routes!(files::lookup_files))
        .routes(routes!(uploads::upload_file))
        .routes(routes!(files::get_file, files::update_file, files::delete_file))
        .routes(routes!(files::copy_file))
        .routes(routes!(downloads::create_download_link))
        .routes(routes!(downloads::get_content, downloads::get_content_headers))
        .routes(routes!(files::get_thumbnail))
        .routes(routes!(upload_tickets::create_upload_ticket))
        .routes(routes!(folders::create_folder))
        .routes(routes!(folders::get_folder, folders::update_folder, folders::delete_folder))
        .routes(routes!(listings::list_folder_items))
        .routes(routes!(folders::get_folder_usage))
        .routes(routes!(remote_uploads::create_remote_upload, remote_uploads::list_remote_uploads))
        .routes(routes!(remote_uploads::get_remote_upload))
        .routes(routes!(conversions::list_conversions))
        .routes(routes!(events::watch_events))
        .routes(routes!(cache::purge_cache))
}

/// The whole service.
///
/// # Errors
/// Where the OpenAPI document cannot be serialized.
pub fn service(app: App) -> Result<Router, serde_json::Error> {
    let documented = Router::from(routes(Head::openapi()));
    let json = Bytes::from(openapi::document().to_json()?);
    let all = documented
        .route("/", get(process::index))
        .route("/livez", get(process::livez))
        .route("/readyz", get(process::readyz))
        .route("/openapi.json", get(move || process::openapi_json(json.clone())))
        .route("/problems/{code}", get(process::problem_page))
        .merge(swagger_ui())
        .fallback(process::no_route);
    Ok(middleware::stack(all, &app).with_state(app))
}

/// Swagger UI. All its addresses are relative, so that it works behind a proxy that takes a prefix off the path.
fn swagger_ui() -> Router<App> {
    let config = Config::from("../openapi.json")
        .try_it_out_enabled(false)
        .persist_authorization(true)
        .display_operation_id(true)
        .doc_expansion("list");
    Router::from(SwaggerUi::new("/docs").config(config)).layer(map_response(with_relative_location))
}

/// The crate redirects from `/docs` to `/docs/`.
async fn with_relative_location(mut response: Response) -> Response {
    if let Some(location) = response.headers_mut().get_mut(LOCATION) {
        *location = HeaderValue::from_static("docs/");
    }
    response
}
