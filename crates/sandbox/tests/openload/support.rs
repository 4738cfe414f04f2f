//! The shared parts of the tests: a simulator, and a client that sends calls and parses JSON.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::openload::{Openload, Options};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

/// A simulator with its clock and a client.
pub(crate) struct Sandbox {
    pub(crate) openload: Openload,
    pub(crate) clock: ManualClock,
    pub(crate) client: reqwest::Client,
}

impl std::ops::Deref for Sandbox {
    type Target = Openload;

    fn deref(&self) -> &Openload {
        &self.openload
    }
}

/// Starts a simulator with an empty account.
pub(crate) async fn empty() -> Sandbox {
    with(Options { seeded: false, ..Options::default() }).await
}

/// Starts a simulator with options and a clock that only the test advances.
pub(crate) async fn with(options: Options) -> Sandbox {
    let clock = ManualClock::starting_at("2019-07-06T12:00:00Z".parse::<Timestamp>().unwrap());
    let openload = Openload::start(Options { clock: clock.clock(), ..options }).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
    Sandbox { openload, clock, client }
}

impl Sandbox {
    /// Returns the URL of an operation, with good credentials.
    pub(crate) fn url(&self, operation: &str) -> String {
        let separator = if operation.contains('?') { '&' } else { '?' };
        format!("{}/{operation}{separator}login=sandbox-login&key=sandbox-key", self.base_url())
    }

    /// Makes a call and returns the whole answer. Its HTTP status must be 200.
    pub(crate) async fn call(&self, operation: &str) -> Value {
        let response = self.client.get(self.url(operation)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{operation}");
        json(response).await
    }

    /// Makes a call that must succeed, and returns its result.
    pub(crate) async fn result(&self, operation: &str) -> Value {
        let answer = self.call(operation).await;
        assert_eq!(answer["status"], 200, "{operation}: {answer}");
        assert_eq!(answer["msg"], "OK");
        answer["result"].clone()
    }

    /// Makes a call that must fail, and returns the status in the body and the message.
    pub(crate) async fn refusal(&self, operation: &str) -> (u64, String) {
        let answer = self.call(operation).await;
        assert_eq!(answer["result"], false, "{operation}: {answer}");
        (answer["status"].as_u64().unwrap(), answer["msg"].as_str().unwrap().to_owned())
    }

    /// Returns a new upload URL.
    pub(crate) async fn upload_url(&self, parameters: &str) -> String {
        self.result(&format!("file/ul?{parameters}")).await["url"].as_str().unwrap().to_owned()
    }

    /// Posts one file to an upload URL.
    pub(crate) async fn post_file(
        &self,
        url: &str,
        field: &'static str,
        name: &str,
        bytes: &[u8],
    ) -> reqwest::Response {
        self.client.post(url).multipart(form(field, name, bytes)).send().await.unwrap()
    }

    /// Uploads a file and returns the result.
    pub(crate) async fn upload(&self, parameters: &str, name: &str, bytes: &[u8]) -> Value {
        let url = self.upload_url(parameters).await;
        let answer = json(self.post_file(&url, "file1", name, bytes).await).await;
        assert_eq!(answer["status"], 200, "{answer}");
        answer["result"].clone()
    }
}

/// Returns a form with one file, whose name is in plain UTF-8.
pub(crate) fn form(field: &'static str, name: &str, bytes: &[u8]) -> Form {
    Form::new().percent_encode_noop().part(field, Part::bytes(bytes.to_vec()).file_name(name.to_owned()))
}

/// Parses a response as JSON.
pub(crate) async fn json(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Returns the keys of a map.
pub(crate) fn keys(map: &Value) -> Vec<&str> {
    map.as_object().unwrap().keys().map(String::as_str).collect()
}
