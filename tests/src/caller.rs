//! [`Caller`]: an HTTP client of the gateway, with or without a key, that records every response.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::{Answer, Record};

/// The time limit for a response. It is longer than any response takes, and shorter than the time limit of a test.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// An HTTP client of the gateway.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
    record: Record,
}

impl Caller {
    /// Creates a caller of an address such as `127.0.0.1:8080`.
    pub fn new(address: &str, key: Option<&str>, record: &Record) -> Self {
        let redirect = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(redirect).timeout(TIME_LIMIT).build();
        Self {
            http: http.expect("a client can be made"),
            base: format!("http://{address}"),
            key: key.map(str::to_owned),
            record: record.clone(),
        }
    }

    /// Returns the base URL, such as `http://127.0.0.1:8080`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns a request that is not yet sent, with the caller's key.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request, and returns the response.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Sends a request that may get no response, or only a part of one.
    ///
    /// # Errors
    /// If the connection ends before the response is complete.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build().expect("a request that can be sent");
        let request_line = format!("{} {}", request.method(), target(&request));
        let response = self.http.execute(request).await?;
        let status = response.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = response.bytes().await?.to_vec();
        let answer = Answer { request_line, status, headers, body };
        self.record.keep(&answer);
        Ok(answer)
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// Sends a DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body).await
    }

    /// Sends a PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json("PATCH", path, body).await
    }

    /// Sends a request of any method with a JSON body.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.typed(method, path, "application/json", body.to_string()).await
    }

    /// Sends a request of any method with a body of any media type.
    pub async fn typed(&self, method: &str, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.request(method, path).header("content-type", content_type).body(body)).await
    }
}

fn target(request: &reqwest::Request) -> String {
    let url = request.url();
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
