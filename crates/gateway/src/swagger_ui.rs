//! Swagger UI at `/docs`: its own files, and ours in `swagger_ui/`, which adapt it to this API.
//!
//! The program contains the files of Swagger UI compressed, which saves three quarters of their size. `build.rs` makes
//! them.

use std::io::Read;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use flate2::read::GzDecoder;
use polyhost_engine::problem::Problem;

use crate::app::App;
use crate::problem::Failure;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Our files, which replace or extend those of Swagger UI: the name, the media type and the content.
const OWN: [(&str, &str, &str); 9] = [
    ("index.html", "text/html; charset=utf-8", include_str!("swagger_ui/index.html")),
    ("polyhost.css", STYLE, include_str!("swagger_ui/polyhost.css")),
    ("polyhost.svg", "image/svg+xml", include_str!("swagger_ui/polyhost.svg")),
    ("swagger-initializer.js", SCRIPT, include_str!("swagger_ui/swagger-initializer.js")),
    ("accounts.js", SCRIPT, include_str!("swagger_ui/accounts.js")),
    ("errors.js", SCRIPT, include_str!("swagger_ui/errors.js")),
    ("events.js", SCRIPT, include_str!("swagger_ui/events.js")),
    ("files.js", SCRIPT, include_str!("swagger_ui/files.js")),
    ("parameters.js", SCRIPT, include_str!("swagger_ui/parameters.js")),
];

/// The compressed files of Swagger UI: the name, the media type and the content.
const COMPRESSED: [(&str, &str, &[u8]); 2] = [
    ("swagger-ui.css", STYLE, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"))),
    ("swagger-ui-bundle.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"))),
];

/// Returns the routes of Swagger UI. All its addresses are relative, so that it works behind a proxy that strips a path
/// prefix.
pub(crate) fn routes() -> [(&'static str, MethodRouter<App>); 3] {
    // A redirect, because the page's relative addresses need the `/` at the end.
    let to_page = || async { (StatusCode::SEE_OTHER, [(LOCATION, "docs/")]) };
    let page = || async { file("index.html") };
    let any = |Path(name): Path<String>| async move { file(&name) };
    [("/docs", get(to_page)), ("/docs/", get(page)), ("/docs/{*file}", get(any))]
        .map(|(pattern, handler)| (pattern, handler.layer(from_fn(decompress_for_caller))))
}

fn file(name: &str) -> Response {
    if let Some((_, kind, content)) = OWN.iter().find(|(own, ..)| *own == name) {
        return ([(CONTENT_TYPE, *kind)], *content).into_response();
    }
    if let Some((_, kind, content)) = COMPRESSED.iter().find(|(compressed, ..)| *compressed == name) {
        return ([(CONTENT_TYPE, *kind), (CONTENT_ENCODING, "gzip")], *content).into_response();
    }
    Failure::from(Problem::no_route()).into_response()
}

/// Decompresses the files of Swagger UI for callers that do not accept gzip.
async fn decompress_for_caller(request: Request, next: Next) -> Response {
    let takes_gzip = accepts_gzip(request.headers());
    let mut response = next.run(request).await;
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

    #[test]
    fn own_file_has_its_type_and_others_come_from_swagger_ui() {
        let kind = |name: &str| {
            let response = file(name);
            (response.status(), response.headers().get(CONTENT_TYPE).cloned())
        };
        for (name, type_, _) in OWN {
            assert_eq!(kind(name), (StatusCode::OK, Some(HeaderValue::from_static(type_))), "{name}");
        }
        assert_eq!(kind("swagger-ui.css"), (StatusCode::OK, Some(HeaderValue::from_static(STYLE))));
        assert_eq!(kind("nothing.js").0, StatusCode::NOT_FOUND);
    }
}
