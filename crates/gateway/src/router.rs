//! The whole service: the routes of the API, the routes outside the API, and the pipeline around them.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::routes::process;
use crate::routing::Route;
use crate::service::Service;
use crate::{api, swagger_ui};

/// Returns the whole service.
#[must_use]
pub fn service(app: App) -> Service {
    let (handlers, mut routes) = api::routes();
    let document = Arc::<process::Document>::default();
    let pages = [
        ("/", get(process::index)),
        ("/livez", get(process::livez)),
        ("/readyz", get(process::readyz)),
        ("/openapi.json", get(move || process::openapi_json(Arc::clone(&document)))),
        ("/problems/{code}", get(process::problem_page)),
    ];
    let mut router = Router::from(handlers).fallback(process::no_route);
    for (pattern, handler) in pages.into_iter().chain(swagger_ui::routes()) {
        routes.add(Route { pattern: pattern.to_owned(), operations: Vec::new() });
        router = router.route(pattern, handler);
    }
    Service::api(app, router, routes)
}
