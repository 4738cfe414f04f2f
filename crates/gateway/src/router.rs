//! The whole service: the routes of the API, the routes outside the API, and the pipeline around them.

use axum::Router;
use axum::routing::get;
use bytes::Bytes;

use crate::app::App;
use crate::routes::process;
use crate::{api, pipeline, swagger_ui};

/// Returns the router of the whole service.
///
/// # Errors
/// If the OpenAPI document cannot be serialized.
pub fn service(app: App) -> Result<Router, serde_json::Error> {
    let (routes, operations) = api::routes();
    let json = Bytes::from(api::document().to_json()?);
    let all = Router::from(routes)
        .route("/", get(process::index))
        .route("/livez", get(process::livez))
        .route("/readyz", get(process::readyz))
        .route("/openapi.json", get(move || process::openapi_json(json.clone())))
        .route("/problems/{code}", get(process::problem_page))
        .merge(swagger_ui::routes())
        .fallback(process::no_route);
    Ok(pipeline::around(all, &app, operations).with_state(app))
}
