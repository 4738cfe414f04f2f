//! A recorded response, to be repeated: its status, its header fields and its body.

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use polyhost_engine::problem::Code;

/// The largest recorded body, in bytes. Only the response to a lookup of many files is nearly as large.
const LARGEST: u64 = 1 << 20;

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields, without those that differ for each response: the rate limit and the request's id.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Reads a response whole.
    ///
    /// # Errors
    /// The same response, if its body is too large to record or of unknown length.
    pub async fn of(response: Response) -> Result<Self, Box<Response>> {
        if response.body().size_hint().exact().is_none_or(|length| length > LARGEST) {
            return Err(Box::new(response));
        }
        let (parts, body) = response.into_parts();
        // Cannot fail: a body of known length is in memory.
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let text =
            |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
        let headers = parts.headers.iter().filter_map(text).collect();
        Ok(Self { status: parts.status, headers, body })
    }

    /// Returns the code of the problem in the body, for the log.
    fn code(&self) -> Option<Code> {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Code::find(problem.get("code")?.as_str()?)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let code = if self.status.is_success() { None } else { self.code() };
        let fields = self.headers.iter();
        let fields = fields.filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?)));
        let headers: HeaderMap<HeaderValue> = fields.collect();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        if let Some(code) = code {
            response.extensions_mut().insert(code);
        }
        response
    }
}
