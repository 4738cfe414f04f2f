//! Tests of keys, functions that are off, limits and lock-outs.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{Api, Flavour, LimitAnswer, OffWords, Options, UnknownFunction};
use serde_json::json;

use crate::support::{Sandbox, empty, json as read, options, with};

async fn with_key(sandbox: &Sandbox, key: &str) -> (u16, u64, String) {
    let url = format!("{}/account/info?key={key}", sandbox.base_url());
    let response = sandbox.client.get(url).send().await.unwrap();
    let http = response.status().as_u16();
    let answer = read(response).await;
    (http, answer["status"].as_u64().unwrap(), answer["msg"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn wrong_keys_have_each_flavours_words() {
    let (malformed, unknown) = ("short", "12abcdefghijklmnop");
    for (flavour, key, expected) in [
        (Flavour::Xvs, malformed, (200, 400, "Invalid key")),
        (Flavour::Xvs, "", (200, 400, "Invalid key")),
        (Flavour::Xvs, unknown, (200, 403, "Wrong auth")),
        (Flavour::Xfs, unknown, (200, 400, "Invalid key")),
        (Flavour::Dood, unknown, (200, 403, "Wrong Auth")),
        (Flavour::Byse, unknown, (200, 403, "Wrong auth")),
        (Flavour::Voe, unknown, (401, 401, "Authentication failed.")),
    ] {
        let (http, status, words) = with_key(&empty(flavour).await, key).await;
        assert_eq!((http, status, words.as_str()), expected, "{flavour:?}");
    }
}

#[tokio::test]
async fn key_is_accepted_in_query_and_form_under_both_names() {
    let sandbox = empty(Flavour::Xvs).await;
    let url = format!("{}/account/info", sandbox.base_url());
    for name in ["key", "api_key"] {
        let form = [(name, sandbox.key.as_str())];
        assert_eq!(read(sandbox.client.post(&url).form(&form).send().await.unwrap()).await["status"], 200);
        let query = format!("{url}?{name}={}", sandbox.key);
        assert_eq!(read(sandbox.client.get(query).send().await.unwrap()).await["status"], 200);
    }
    let header = sandbox.client.get(&url).header("x-api-key", &sandbox.key).send().await.unwrap();
    assert_eq!(read(header).await["msg"], "Invalid key");
}

#[tokio::test]
async fn api_that_is_off_answers_like_a_wrong_key() {
    let sandbox = with(Options { api: Api::Off, ..options(Flavour::Xvs) }).await;
    assert_eq!(sandbox.refusal("account/info").await, (403, "Wrong auth".to_owned()));
    let sandbox = with(Options { api: Api::NotForAccount, ..options(Flavour::Xvs) }).await;
    assert_eq!(sandbox.refusal("account/info").await, (403, "API not enabled for your account".to_owned()));
}

#[tokio::test]
async fn function_that_is_off_has_the_words_of_its_reason() {
    let sandbox = empty(Flavour::Xvs).await;
    for (words, text) in [
        (OffWords::NotAllowed, "This function not allowed in API"),
        (OffWords::NotEnabled, "Not enabled"),
        (OffWords::PremiumOnly, "API special allowed for premium only"),
        (OffWords::SpecialNotEnabled, "API special not enable for your account"),
        (OffWords::ByAccountOptions, "File Delete disabled by your account options"),
    ] {
        sandbox.forbid("file/delete", words);
        assert_eq!(sandbox.refusal("file/delete?file_code=x").await, (403, text.to_owned()));
    }
    sandbox.allow("file/delete");
    assert_eq!(sandbox.refusal("file/delete?file_code=x").await.0, 404);
    let sandbox = empty(Flavour::Xfs).await;
    assert_eq!(sandbox.refusal("file/direct_link?file_code=x").await, (403, "Not enabled".to_owned()));
}

#[tokio::test]
async fn unknown_function_is_a_refusal_or_a_page() {
    let sandbox = empty(Flavour::Xvs).await;
    assert_eq!(sandbox.refusal("file/explode").await, (400, "Invalid operation".to_owned()));
    let wrong = format!("{}/file/explode?key=short", sandbox.base_url());
    assert_eq!(read(sandbox.client.get(wrong).send().await.unwrap()).await["msg"], "Invalid key");
    let sandbox = empty(Flavour::Xfs).await;
    let response = sandbox.client.get(sandbox.url("file/delete")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(response.text().await.unwrap().starts_with("<html>"));
    let other = Options { unknown_function: UnknownFunction::InvalidOperation, ..options(Flavour::Xfs) };
    assert_eq!(with(other).await.refusal("file/delete").await.0, 400);
}

#[tokio::test]
async fn limit_per_minute_is_403_and_counts_down() {
    let sandbox = with(Options { per_minute: Some(2), ..options(Flavour::Xvs) }).await;
    for left in [1, 0] {
        assert_eq!(sandbox.call("account/info").await["requests_available"], left);
    }
    assert_eq!(sandbox.refusal("account/info").await, (403, "Requests limit reached: 2 per min".to_owned()));
    assert_eq!(sandbox.refusal("file/explode").await, (400, "Invalid operation".to_owned()), "checked before");
    sandbox.clock.advance(Duration::from_secs(60));
    assert_eq!(sandbox.call("account/info").await["requests_available"], 1);
}

#[tokio::test]
async fn limit_per_day_ends_at_the_sites_midnight() {
    let limited = Options { per_day: Some(1), utc_offset_minutes: 22 * 60, ..options(Flavour::Xvs) };
    let sandbox = with(limited).await;
    sandbox.result("account/info").await;
    assert_eq!(sandbox.refusal("account/info").await, (403, "Requests limit reached: 1 per day".to_owned()));
    sandbox.clock.advance(Duration::from_secs(30 * 60));
    sandbox.result("account/info").await;
}

#[tokio::test]
async fn rate_limit_has_the_form_of_the_option() {
    for (answer, http, status, words) in [
        (LimitAnswer::Text, 200, json!("429"), "Too Many Requests"),
        (LimitAnswer::Number, 200, json!(429), "Too many requests"),
        (LimitAnswer::Http, 429, json!(429), "Too many requests"),
    ] {
        let limited = Options { per_second: Some(1), limit_answer: answer, ..options(Flavour::Dood) };
        let sandbox = with(limited).await;
        sandbox.result("account/info").await;
        let (actual, body) = sandbox.answer("account/info").await;
        assert_eq!((actual, &body["status"], &body["msg"]), (http, &status, &json!(words)));
    }
}

#[tokio::test]
async fn failed_keys_lock_every_call_for_an_hour() {
    let sandbox = with(Options { failed_keys_until_locked: Some(2), ..options(Flavour::Xfs) }).await;
    for _ in 0..2 {
        assert_eq!(with_key(&sandbox, "wrong").await.1, 400);
    }
    let words = "Too many failed attempts. Please try again in 60 minutes.";
    assert_eq!(sandbox.refusal("account/info").await, (429, words.to_owned()));
    sandbox.clock.advance(Duration::from_secs(60 * 60));
    sandbox.result("account/info").await;
}
