//! Swagger UI at `/docs`. The program contains its files compressed, which saves three quarters of their size.

use std::io::Read;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// Returns the routes of Swagger UI. All its addresses are relative, so that it works behind a proxy that strips a path
/// prefix.
pub(crate) fn routes() -> Router<App> {
    let config = Config::from("../openapi.json")
        .try_it_out_enabled(false)
        .persist_authorization(true)
        .display_operation_id(true)
        .doc_expansion("list");
    Router::from(SwaggerUi::new("/docs").config(config)).layer(from_fn(adapted))
}

/// Adapts the answers of `utoipa_swagger_ui`, which ignores `Accept-Encoding` and redirects to an absolute path.
async fn adapted(request: Request, next: Next) -> Response {
    let takes_gzip = accepts_gzip(request.headers());
    let mut response = next.run(request).await;
    if let Some(location) = response.headers_mut().get_mut(LOCATION) {
        *location = HeaderValue::from_static("docs/");
    }
    if !response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    if takes_gzip { response } else { decompressed(response).await }
}

/// Returns whether the header fields allow gzip: by its name, or by `*`, and not with the weight 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let accepts = weight.trim().trim_start_matches(['q', 'Q', '=']).parse().is_ok_and(|weight: f32| weight > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return accepts,
            "*" => any = accepts,
            _ => {}
        }
    }
    any
}

/// Returns the response without its content coding. A response to a HEAD request still has its body here, which gives it
/// its length.
async fn decompressed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_ENCODING);
    parts.headers.remove(CONTENT_LENGTH);
    let Ok(compressed) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut file = Vec::new();
    match GzDecoder::new(&compressed[..]).read_to_end(&mut file) {
        Ok(_) => Response::from_parts(parts, Body::from(file)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_by_name_or_wildcard() {
        let accepts = |line: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(line))]))
        };
        for line in ["gzip", "br, GZIP", "x-gzip", "*", "gzip;q=0.5", "deflate, gzip; q=1.0", "*;q=0, gzip"] {
            assert!(accepts(line), "{line}");
        }
        for line in ["", "identity", "br", "gzip;q=0", "*;q=0", "*, gzip;q=0", "gzip;q=x"] {
            assert!(!accepts(line), "{line}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
