//! The fingerprint of a request, which distinguishes it from other requests with the same key.
//!
//! - A JSON body: every byte counts.
//! - An upload: its length, its media type and its query parameters count. Its bytes do not, since they are read only
//!   once.
//! - A form: its fields and the file's length count. Its boundary does not, since programs create a new one each time.
//!
//! The account's user at the site counts too. If the account's name now means another user, a response recorded for the
//! old user must not be repeated.

use crate::form::{self, Opened};
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use polyhost_config::ServerConfig;
use polyhost_engine::problem::Problem;
use polyhost_engine::uploads::IncomingBody;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::extract::whole_body;
use crate::operation::Operation;

/// A digest that identifies a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Computes the fingerprint of a request, and returns it with the same request. A JSON body is then in memory, and
    /// a form is an [`Opened`] extension.
    ///
    /// # Errors
    /// The problem of a body that is too large, is a malformed form, or does not arrive whole.
    pub(crate) async fn take(
        request: Request,
        operation: &Operation,
        user: &str,
        config: &ServerConfig,
    ) -> Result<(Request, Self), Problem> {
        let (mut parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let media_type = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        let about = [user.as_bytes(), operation.id.as_bytes(), target.as_bytes()];
        let of = |what: [&[u8]; 2]| Self::of(&[&about[..], &what].concat());
        if !operation.rules.takes_file {
            let bytes = whole_body(&parts.headers, body, config).await?;
            let fingerprint = of([media_type, &bytes]);
            return Ok((Request::from_parts(parts, Body::from(bytes)), fingerprint));
        }
        let length = body.size_hint().exact();
        let Some(boundary) = std::str::from_utf8(media_type).ok().and_then(form::boundary) else {
            let fingerprint = of([media_type, json(length).as_bytes()]);
            return Ok((Request::from_parts(parts, body), fingerprint));
        };
        let body = IncomingBody::new(length, body.into_data_stream(), config.idle_timeout);
        let (fields, file) = form::read(&boundary, length, body).await?;
        let fingerprint = of([json(&fields).as_bytes(), json(file.length).as_bytes()]);
        parts.extensions.insert(Opened::new(length, fields, file));
        Ok((Request::from_parts(parts, Body::empty()), fingerprint))
    }

    /// Digests each part with its length, so that bytes cannot move from one part to the next without changing the
    /// digest.
    fn of(parts: &[&[u8]]) -> Self {
        let digest = parts.iter().fold(Sha256::new(), |digest, part| {
            digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        });
        Self(hex::encode(digest.finalize()))
    }
}

/// Returns a value as JSON, which distinguishes a missing value from an empty one.
fn json(value: impl Serialize) -> String {
    // Cannot fail: the values consist of strings and numbers.
    serde_json::to_string(&value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::operation::Rules;

    const FOLDER: (&str, Rules) = ("create_folder", Rules::WRITE.keyed());
    const UPLOAD: (&str, Rules) = ("upload_file", Rules::WRITE.keyed().with_file());

    async fn fingerprint(operation: (&str, Rules), target: &str, media_type: &str, body: &'static str) -> Fingerprint {
        fingerprint_of("user", operation, target, media_type, body).await
    }

    async fn fingerprint_of(
        user: &str,
        operation: (&str, Rules),
        target: &str,
        media_type: &str,
        body: &'static str,
    ) -> Fingerprint {
        let operation = Operation::new(operation.0.to_owned(), true, operation.1);
        let request = Request::post(target).header(CONTENT_TYPE, media_type).body(Body::from(body)).unwrap();
        let (request, fingerprint) =
            Fingerprint::take(request, &operation, user, &ServerConfig::default()).await.unwrap();
        let bytes = axum::body::to_bytes(request.into_body(), 100).await.unwrap();
        assert_eq!(bytes, body, "the request has changed");
        fingerprint
    }

    #[tokio::test]
    async fn every_byte_of_a_json_body_counts() {
        let of = |target, body| fingerprint(FOLDER, target, "application/json", body);
        let first = of("/v1/accounts/main/folders", "{\"name\":\"a\"}").await;
        assert_eq!(of("/v1/accounts/main/folders", "{\"name\":\"a\"}").await, first);
        assert_ne!(of("/v1/accounts/main/folders", "{\"name\":\"b\"}").await, first);
        assert_ne!(of("/v1/accounts/main/folders", "{\"name\": \"a\"}").await, first);
        assert_ne!(of("/v1/accounts/other/folders", "{\"name\":\"a\"}").await, first);
    }

    #[tokio::test]
    async fn another_site_user_of_the_account_changes_fingerprint() {
        for (operation, target) in [(FOLDER, "/v1/accounts/main/folders"), (UPLOAD, "/v1/accounts/main/files?name=a")] {
            let of = |user| fingerprint_of(user, operation, target, "application/json", "{}");
            assert_eq!(of("user").await, of("user").await);
            assert_ne!(of("user").await, of("other").await);
        }
    }

    #[tokio::test]
    async fn upload_counts_by_target_type_and_length() {
        let of = |query: &str, media_type: &'static str, body| {
            let target = format!("/v1/accounts/main/files?{query}");
            async move { fingerprint(UPLOAD, &target, media_type, body).await }
        };
        let first = of("name=a", "video/mp4", "abc").await;
        assert_eq!(of("name=a", "video/mp4", "xyz").await, first);
        assert_ne!(of("name=b", "video/mp4", "abc").await, first);
        assert_ne!(of("name=a&sha1=0", "video/mp4", "abc").await, first);
        assert_ne!(of("name=a", "video/webm", "abc").await, first);
        assert_ne!(of("name=a", "video/mp4", "abcd").await, first);
    }

    #[tokio::test]
    async fn form_counts_by_fields_and_length_not_boundary() {
        let of = async |boundary: &str, query: &str, fields: &[(&str, &str)], file: &str| {
            let field = |(name, value): &(&str, &str)| {
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let fields: String = fields.iter().map(field).collect();
            let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"";
            let body = format!("{fields}--{boundary}\r\n{head}\r\n\r\n{file}\r\n--{boundary}--\r\n");
            let request = Request::post(format!("/v1/accounts/main/files?{query}"))
                .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
                .body(Body::from(body))
                .unwrap();
            let operation = Operation::new(UPLOAD.0.to_owned(), true, UPLOAD.1);
            let (request, fingerprint) =
                Fingerprint::take(request, &operation, "user", &ServerConfig::default()).await.unwrap();
            let (_, arriving) = request.extensions().get::<Opened>().unwrap().take().unwrap();
            let bytes: Vec<_> = arriving.stream.try_collect().await.unwrap();
            assert_eq!(bytes.concat(), file.as_bytes(), "the file must still be readable");
            fingerprint
        };
        let fields = [("name", "a"), ("folder_id", "1"), ("sha1", "x")];
        let first = of("one", "", &fields, "abc").await;
        assert_eq!(of("another", "", &fields, "xyz").await, first);
        assert_ne!(of("one", "", &fields, "abcd").await, first);
        assert_ne!(of("one", "name=b", &fields, "abc").await, first);
        for other in 0..fields.len() {
            let mut fields = fields;
            fields[other].1 = "2";
            assert_ne!(of("one", "", &fields, "abc").await, first, "{fields:?}");
            assert_ne!(of("one", "", &fields[..other], "abc").await, first, "{other}");
        }
    }
}
