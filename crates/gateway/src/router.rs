//! The whole service: the routes of the API, the routes outside the API, and the pipeline around them.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::routes::process;
use crate::{api, pipeline};

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
        .merge(swagger_ui())
        .fallback(process::no_route);
    Ok(pipeline::around(all, &app, operations).with_state(app))
}

/// Returns the routes of Swagger UI. All its addresses are relative, so that it works behind a proxy that strips a path
/// prefix.
fn swagger_ui() -> Router<App> {
    let config = Config::from("../openapi.json")
        .try_it_out_enabled(false)
        .persist_authorization(true)
        .display_operation_id(true)
        .doc_expansion("list");
    Router::from(SwaggerUi::new("/docs").config(config)).layer(map_response(with_relative_location))
}

/// Makes the redirect from `/docs` to `/docs/` relative; `utoipa_swagger_ui` sends an absolute path.
async fn with_relative_location(mut response: Response) -> Response {
    if let Some(location) = response.headers_mut().get_mut(LOCATION) {
        *location = HeaderValue::from_static("docs/");
    }
    response
}
