//! The shared parts of the tests: a simulator, and a logged-in client that sends calls and parses JSON.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::yetishare::{Options, Version, Yetishare};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

/// The MD5 of `abc`.
pub(crate) const MD5_OF_ABC: &str = "900150983cd24fb0d6963f7d28e17f72";

/// A simulator with its clock, a client and an access token.
pub(crate) struct Sandbox {
    pub(crate) yetishare: Yetishare,
    pub(crate) clock: ManualClock,
    pub(crate) client: reqwest::Client,
    pub(crate) token: String,
}

impl std::ops::Deref for Sandbox {
    type Target = Yetishare;

    fn deref(&self) -> &Yetishare {
        &self.yetishare
    }
}

/// Returns the options of an empty account.
pub(crate) fn options() -> Options {
    Options { seeded: false, ..Options::default() }
}

/// Returns the options of an empty account of version 4.
pub(crate) fn v4() -> Options {
    Options { version: Version::V4, ..options() }
}

/// Starts a simulator with an empty account, and logs in.
pub(crate) async fn empty() -> Sandbox {
    with(options()).await
}

/// Starts a simulator with options and a clock that only the test advances, and logs in.
pub(crate) async fn with(options: Options) -> Sandbox {
    let mut sandbox = logged_out(options).await;
    sandbox.token = sandbox.log_in().await;
    sandbox
}

/// Starts a simulator like [`with`], but does not log in.
pub(crate) async fn logged_out(options: Options) -> Sandbox {
    let clock = ManualClock::starting_at("2024-11-19T00:28:38Z".parse::<Timestamp>().unwrap());
    let yetishare = Yetishare::start(Options { clock: clock.clock(), ..options }).await.unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    Sandbox { yetishare, clock, client, token: String::new() }
}

impl Sandbox {
    pub(crate) fn origin(&self) -> String {
        self.base_url().trim_end_matches("/api/v2").to_owned()
    }

    /// Logs in with the credentials that the site accepts, and returns the token.
    pub(crate) async fn log_in(&self) -> String {
        let login = polyhost_sandbox::yetishare::Login::default();
        let form = [
            ("key1", login.key1.as_str()),
            ("key2", login.key2.as_str()),
            ("username", login.username.as_str()),
            ("password", login.password.as_str()),
        ];
        let answer = self.post("authorize", &form).await;
        answer["data"]["access_token"].as_str().unwrap().to_owned()
    }

    /// Posts a form and returns the answer, for every HTTP status.
    pub(crate) async fn post(&self, operation: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/{operation}", self.base_url());
        json(self.client.post(url).form(form).send().await.unwrap()).await
    }

    /// Makes a call with good credentials and returns the answer. Its HTTP status must be 200.
    pub(crate) async fn call(&self, operation: &str, parameters: &[(&str, &str)]) -> Value {
        let url = format!("{}/{operation}", self.base_url());
        let form = [&[("access_token", self.token.as_str()), ("account_id", "158642")], parameters].concat();
        let response = self.client.post(url).form(&form).send().await.unwrap();
        assert_eq!(response.status(), 200, "{operation}");
        json(response).await
    }

    /// Makes a call that must succeed, and returns its data.
    pub(crate) async fn data(&self, operation: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self.call(operation, parameters).await;
        assert_eq!(answer["_status"], "success", "{operation}: {answer}");
        answer["data"].clone()
    }

    /// Makes a call that must fail, and returns its message.
    pub(crate) async fn refusal(&self, operation: &str, parameters: &[(&str, &str)]) -> String {
        refused(&self.call(operation, parameters).await)
    }

    /// Posts a form with credentials to `file/upload`.
    pub(crate) async fn post_upload(&self, form: Form) -> reqwest::Response {
        let form = form.text("access_token", self.token.clone()).text("account_id", "158642");
        self.client.post(format!("{}/file/upload", self.base_url())).multipart(form).send().await.unwrap()
    }

    /// Uploads a file to the root, and returns the whole answer.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        json(self.post_upload(form(name, bytes)).await).await
    }

    /// Returns a new download URL of a file.
    pub(crate) async fn download_url(&self, id: &str) -> String {
        let data = self.data("file/download", &[("file_id", id)]).await;
        data["download_url"].as_str().unwrap().to_owned()
    }
}

/// Returns a form with one file, whose name is in plain UTF-8.
pub(crate) fn form(name: &str, bytes: &[u8]) -> Form {
    Form::new().percent_encode_noop().part("upload_file", Part::bytes(bytes.to_vec()).file_name(name.to_owned()))
}

/// Returns the message of an answer that must be an error, in either version.
pub(crate) fn refused(answer: &Value) -> String {
    let status = answer.get("_status").or_else(|| answer.get("status"));
    assert_eq!(status.and_then(Value::as_str), Some("error"), "{answer}");
    assert_eq!(answer.get("data"), None, "{answer}");
    answer["response"].as_str().unwrap().to_owned()
}

/// Parses a response as JSON.
pub(crate) async fn json(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Returns one field of every row of a list.
pub(crate) fn column<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect()
}
