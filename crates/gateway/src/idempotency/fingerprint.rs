//! What tells a request from another one with the same key.
//!
//! A JSON body counts whole. The bytes of an upload are not read twice: its length counts, and the digest that its
//! address declares. The boundary of a form does not, for programs make a new one each time.
//!
//! Who the account is at its site counts, too: where its name means somebody else now, what was done at the old site says
//! nothing about the new one.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use mime::Mime;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::ServerConfig;
use crate::extract::whole_body;
use crate::operation::Operation;
use crate::problem::Problem;

/// What a request is, as a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(String);

/// The same request with its fingerprint. A JSON body is there whole then.
///
/// # Errors
/// What a body leads to that is too large, or does not come whole.
pub(super) async fn take(
    request: Request,
    operation: &Operation,
    user: &str,
    config: &ServerConfig,
) -> Result<(Request, Fingerprint), Problem> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let media_type = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    if operation.takes_file {
        let length = body.size_hint().exact().map_or_else(|| "unknown".to_owned(), |length| length.to_string());
        let media_type = without_boundary(media_type);
        let parts_of_it = [user.as_bytes(), operation.id.as_bytes(), target.as_bytes(), media_type, length.as_bytes()];
        let fingerprint = Fingerprint::of(&parts_of_it);
        return Ok((Request::from_parts(parts, body), fingerprint));
    }
    let bytes = whole_body(&parts.headers, body, config).await?;
    let parts_of_it = [user.as_bytes(), operation.id.as_bytes(), target.as_bytes(), media_type, &bytes];
    let fingerprint = Fingerprint::of(&parts_of_it);
    Ok((Request::from_parts(parts, Body::from(bytes)), fingerprint))
}

impl Fingerprint {
    /// Each part with its length, so that nothing can move from one to the next.
    fn of(parts: &[&[u8]]) -> Self {
        let digest = parts.iter().fold(Sha256::new(), |digest, part| {
            digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        });
        Self(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn without_boundary(media_type: &[u8]) -> &[u8] {
    let is_form = std::str::from_utf8(media_type)
        .ok()
        .and_then(|text| text.parse::<Mime>().ok())
        .is_some_and(|media| media.type_() == mime::MULTIPART);
    if is_form { media_type.split(|byte| *byte == b';').next().unwrap_or_default() } else { media_type }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    async fn fingerprint(route: &str, target: &str, media_type: &str, body: &'static str) -> Fingerprint {
        fingerprint_of("user", route, target, media_type, body).await
    }

    async fn fingerprint_of(
        user: &str,
        route: &str,
        target: &str,
        media_type: &str,
        body: &'static str,
    ) -> Fingerprint {
        let operation = Operation::at(&Method::POST, route).unwrap();
        let request = Request::post(target).header(CONTENT_TYPE, media_type).body(Body::from(body)).unwrap();
        let (request, fingerprint) = take(request, operation, user, &ServerConfig::default()).await.unwrap();
        let bytes = axum::body::to_bytes(request.into_body(), 100).await.unwrap();
        assert_eq!(bytes, body, "the request is the same");
        fingerprint
    }

    #[tokio::test]
    async fn a_json_body_counts_whole() {
        const ROUTE: &str = "/v1/accounts/{account}/folders";
        let of = |target, body| fingerprint(ROUTE, target, "application/json", body);
        let first = of("/v1/accounts/main/folders", "{\"name\":\"a\"}").await;
        assert_eq!(of("/v1/accounts/main/folders", "{\"name\":\"a\"}").await, first);
        assert_ne!(of("/v1/accounts/main/folders", "{\"name\":\"b\"}").await, first);
        assert_ne!(of("/v1/accounts/main/folders", "{\"name\": \"a\"}").await, first);
        assert_ne!(of("/v1/accounts/other/folders", "{\"name\":\"a\"}").await, first);
    }

    #[tokio::test]
    async fn another_user_behind_the_same_name_makes_it_another_request() {
        for (route, target) in [
            ("/v1/accounts/{account}/folders", "/v1/accounts/main/folders"),
            ("/v1/accounts/{account}/files", "/v1/accounts/main/files?name=a"),
        ] {
            let of = |user| fingerprint_of(user, route, target, "application/json", "{}");
            assert_eq!(of("user").await, of("user").await);
            assert_ne!(of("user").await, of("other").await);
        }
    }

    #[tokio::test]
    async fn an_upload_counts_by_its_address_type_and_length() {
        const ROUTE: &str = "/v1/accounts/{account}/files";
        let of = |query: &str, media_type: &'static str, body| {
            let target = format!("/v1/accounts/main/files?{query}");
            async move { fingerprint(ROUTE, &target, media_type, body).await }
        };
        let first = of("name=a", "video/mp4", "abc").await;
        assert_eq!(of("name=a", "video/mp4", "xyz").await, first);
        assert_ne!(of("name=b", "video/mp4", "abc").await, first);
        assert_ne!(of("name=a&sha1=0", "video/mp4", "abc").await, first);
        assert_ne!(of("name=a", "video/webm", "abc").await, first);
        assert_ne!(of("name=a", "video/mp4", "abcd").await, first);
        let form = of("", "multipart/form-data; boundary=one", "abc").await;
        assert_eq!(of("", "multipart/form-data; boundary=two", "abc").await, form);
        assert_ne!(of("", "application/octet-stream", "abc").await, form);
    }
}
