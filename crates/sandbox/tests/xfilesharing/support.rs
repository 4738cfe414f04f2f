//! The shared parts of the tests: a simulator, and a client that sends calls and parses JSON.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::xfilesharing::{Flavour, Options, Xfilesharing};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

/// A simulator with its clock and a client.
pub(crate) struct Sandbox {
    pub(crate) site: Xfilesharing,
    pub(crate) clock: ManualClock,
    pub(crate) client: reqwest::Client,
    pub(crate) key: String,
}

impl std::ops::Deref for Sandbox {
    type Target = Xfilesharing;

    fn deref(&self) -> &Xfilesharing {
        &self.site
    }
}

/// Returns the options of an empty account.
pub(crate) fn options(flavour: Flavour) -> Options {
    Options { seeded: false, ..Options::of(flavour) }
}

/// Starts a simulator with an empty account.
pub(crate) async fn empty(flavour: Flavour) -> Sandbox {
    with(options(flavour)).await
}

/// Starts a simulator with options and a clock that only the test advances.
pub(crate) async fn with(options: Options) -> Sandbox {
    let clock = ManualClock::starting_at("2026-03-04T01:30:00Z".parse::<Timestamp>().unwrap());
    let key = options.key.clone();
    let site = Xfilesharing::start(Options { clock: clock.clock(), ..options }).await.unwrap();
    let redirect = reqwest::redirect::Policy::none();
    let client =
        reqwest::Client::builder().no_proxy().redirect(redirect).timeout(Duration::from_secs(10)).build().unwrap();
    Sandbox { site, clock, client, key }
}

impl Sandbox {
    /// Returns the URL of a call with the right key.
    pub(crate) fn url(&self, call: &str) -> String {
        let separator = if call.contains('?') { '&' } else { '?' };
        format!("{}/{call}{separator}key={}", self.base_url(), self.key)
    }

    /// Makes a call and returns the HTTP status and the answer.
    pub(crate) async fn answer(&self, call: &str) -> (u16, Value) {
        let response = self.client.get(self.url(call)).send().await.unwrap();
        (response.status().as_u16(), json(response).await)
    }

    /// Makes a call and returns the answer. Its HTTP status must be 200.
    pub(crate) async fn call(&self, call: &str) -> Value {
        let (http, answer) = self.answer(call).await;
        assert_eq!(http, 200, "{call}: {answer}");
        answer
    }

    /// Makes a call that must succeed, and returns its result.
    pub(crate) async fn result(&self, call: &str) -> Value {
        let answer = self.call(call).await;
        assert_eq!(answer["status"], 200, "{call}: {answer}");
        answer["result"].clone()
    }

    /// Makes a call that must fail, and returns the status in the body and the message.
    pub(crate) async fn refusal(&self, call: &str) -> (u64, String) {
        let (_, answer) = self.answer(call).await;
        (answer["status"].as_u64().unwrap(), answer["msg"].as_str().unwrap().to_owned())
    }

    /// Returns the answer to `upload/server`.
    pub(crate) async fn server(&self) -> Value {
        self.call("upload/server").await
    }

    /// Posts a form to a new upload node, and returns the HTTP status and the body.
    pub(crate) async fn post(&self, form: Form) -> (u16, String) {
        let node = self.server().await["result"].as_str().unwrap().to_owned();
        self.post_to(&node, form).await
    }

    pub(crate) async fn post_to(&self, node: &str, form: Form) -> (u16, String) {
        let response = self.client.post(node).multipart(form.percent_encode_noop()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Uploads a file to a file host in a new session, and returns the answer's one row.
    pub(crate) async fn upload_in_session(&self, form: Form, name: &str, bytes: &[u8]) -> Value {
        let server = self.server().await;
        let form = form.text("sess_id", server["sess_id"].as_str().unwrap().to_owned());
        let (_, body) = self.post_to(server["result"].as_str().unwrap(), file(form, "file_0", name, bytes)).await;
        serde_json::from_str::<Value>(&body).unwrap()[0].clone()
    }
}

/// Adds a file to a form.
pub(crate) fn file(form: Form, field: &'static str, name: &str, bytes: &[u8]) -> Form {
    form.part(field, Part::bytes(bytes.to_vec()).file_name(name.to_owned()))
}

/// Parses a response as JSON.
pub(crate) async fn json(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Returns one field of every row of a list, as text.
pub(crate) fn column(rows: &Value, field: &str) -> Vec<String> {
    let text = |row: &Value| row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned);
    rows.as_array().unwrap().iter().map(text).collect()
}

/// Returns the keys of an object.
pub(crate) fn keys(map: &Value) -> Vec<&str> {
    map.as_object().unwrap().keys().map(String::as_str).collect()
}
