//! Tests of logins, tokens, and the checks before a call.

use std::time::Duration;

use polyhost_sandbox::yetishare::{AuthMode, Login, Numbers, Options};
use serde_json::json;

use crate::support::{Sandbox, empty, logged_out, options, refused, with};

const WRONG_KEYS: &str = "Could not authenticate user. The key pair may be invalid or your account may be locked from \
                          too many failed logins.";
const WRONG_PASSWORD: &str = "Could not authenticate user. The username and password may be invalid or your account \
                              may be locked from too many failed logins.";
const INVALID: &str = "Could not validate access_token and account_id, please reauthenticate or try again.";
const INVALID_TOKEN: &str = "Could not validate access_token, please reauthenticate or try again.";

async fn wrong_login(sandbox: &Sandbox) -> String {
    let wrong = "x".repeat(64);
    refused(&sandbox.post("authorize", &[("key1", &wrong), ("key2", &wrong)]).await)
}

#[tokio::test]
async fn key_pair_yields_a_token_and_the_account() {
    for (numbers, account) in [(Numbers::Text, json!("158642")), (Numbers::Native, json!(158_642))] {
        let sandbox = logged_out(Options { numbers, ..options() }).await;
        let login = Login::default();
        let answer = sandbox.post("authorize", &[("key1", &login.key1), ("key2", &login.key2)]).await;
        let token = answer["data"]["access_token"].as_str().unwrap();
        assert!(token.len() == 128 && token.chars().all(|letter| letter.is_ascii_alphanumeric()), "{token}");
        assert_eq!((&answer["data"]["account_id"], &answer["_status"]), (&account, &json!("success")));
        assert_eq!((sandbox.logins(), sandbox.live_tokens()), (1, 1));
    }
}

#[tokio::test]
async fn each_key_must_have_64_characters() {
    let sandbox = logged_out(options()).await;
    let login = Login::default();
    for (form, words) in [
        (vec![], "Please provide key1. It must be 64 characters in length."),
        (vec![("key1", "short")], "Please provide key1. It must be 64 characters in length."),
        (vec![("key1", login.key1.as_str())], "Please provide key2. It must be 64 characters in length."),
    ] {
        assert_eq!(refused(&sandbox.post("authorize", &form).await), words);
    }
    assert_eq!(sandbox.failed_logins(), 0, "incomplete credentials do not count as a failed login");
    assert_eq!(wrong_login(&sandbox).await, WRONG_KEYS);
    assert_eq!(sandbox.failed_logins(), 1);
}

#[tokio::test]
async fn site_may_require_username_and_password() {
    let sandbox = logged_out(Options { auth: AuthMode::Password, ..options() }).await;
    let login = Login::default();
    for (form, words) in [
        (vec![("key1", login.key1.as_str()), ("key2", login.key2.as_str())], "Please provide a username."),
        (vec![("username", "sandbox")], "Please provide a password."),
        (vec![("username", "sandbox"), ("password", "wrong")], WRONG_PASSWORD),
    ] {
        assert_eq!(refused(&sandbox.post("authorize", &form).await), words);
    }
    sandbox.log_in().await;
}

#[tokio::test]
async fn tags_are_stripped_from_a_password() {
    let login = Login { password: "pass<word>".to_owned(), ..Login::default() };
    let sandbox = logged_out(Options { auth: AuthMode::Password, login, ..options() }).await;
    let form = [("username", "sandbox"), ("password", "pass<word>")];
    assert_eq!(refused(&sandbox.post("authorize", &form).await), WRONG_PASSWORD);
}

#[tokio::test]
async fn login_invalidates_other_tokens_unless_the_option_is_off() {
    for (single_token, left) in [(true, 1), (false, 2)] {
        let sandbox = with(Options { single_token, ..options() }).await;
        sandbox.log_in().await;
        assert_eq!(sandbox.live_tokens(), left);
        let answer = sandbox.call("folder/listing", &[]).await;
        assert_eq!(answer["_status"] == "success", !single_token, "{answer}");
    }
}

#[tokio::test]
async fn token_expires_an_hour_after_its_last_use() {
    let sandbox = empty().await;
    sandbox.data("account/info", &[]).await;
    for _ in 0..3 {
        sandbox.clock.advance(Duration::from_secs(3600));
        sandbox.data("folder/listing", &[]).await;
    }
    sandbox.clock.advance(Duration::from_secs(3601));
    assert_eq!(sandbox.refusal("folder/listing", &[]).await, INVALID);
    assert_eq!(sandbox.live_tokens(), 0);
    let short_lived = with(Options { token_ttl: Duration::from_secs(60), ..options() }).await;
    short_lived.data("account/info", &[]).await;
    short_lived.clock.advance(Duration::from_secs(61));
    assert_eq!(short_lived.refusal("account/info", &[]).await, INVALID_TOKEN);
}

#[tokio::test]
async fn unused_token_does_not_expire() {
    let sandbox = empty().await;
    sandbox.clock.advance(Duration::from_secs(100 * 3600));
    sandbox.data("folder/listing", &[]).await;
}

#[tokio::test]
async fn call_checks_token_then_account_then_both() {
    let sandbox = empty().await;
    let token = sandbox.token.as_str();
    for operation in ["file/info", "folder/listing", "disable_access_token", "file/upload", "file/url_upload_add"] {
        for (form, words) in [
            (vec![], "Please provide the access_token param."),
            (vec![("account_id", "158642")], "Please provide the access_token param."),
            (vec![("access_token", "x")], "Please provide the account_id param."),
            (vec![("access_token", "x"), ("account_id", "158642")], INVALID),
            (vec![("access_token", token), ("account_id", "158643")], INVALID),
        ] {
            assert_eq!(refused(&sandbox.post(operation, &form).await), words, "{operation} {form:?}");
        }
    }
}

#[tokio::test]
async fn account_calls_check_the_token_first() {
    let sandbox = empty().await;
    let token = sandbox.token.as_str();
    for operation in ["account/info", "account/package"] {
        for (form, words) in [
            (vec![], "Please provide the access_token param."),
            (vec![("access_token", "x")], INVALID_TOKEN),
            (vec![("access_token", "x"), ("account_id", "158642")], INVALID_TOKEN),
            (vec![("access_token", token)], "Please provide the account_id param."),
            (vec![("access_token", token), ("account_id", "158643")], INVALID),
        ] {
            assert_eq!(refused(&sandbox.post(operation, &form).await), words, "{operation} {form:?}");
        }
    }
}

#[tokio::test]
async fn token_can_be_disabled() {
    let sandbox = empty().await;
    let answer = sandbox.call("disable_access_token", &[]).await;
    assert_eq!(answer["response"], "Token removed or no longer available.");
    assert_eq!((&answer["_status"], answer.get("data")), (&json!("success"), None));
    assert_eq!(sandbox.refusal("folder/listing", &[]).await, INVALID);
}

#[tokio::test]
async fn test_can_invalidate_all_tokens() {
    let sandbox = empty().await;
    sandbox.kill_tokens();
    assert_eq!(sandbox.live_tokens(), 0);
    assert_eq!(sandbox.refusal("folder/listing", &[]).await, INVALID);
}

#[tokio::test]
async fn failed_logins_lock_the_account_for_an_hour() {
    let sandbox = logged_out(options()).await;
    for _ in 0..4 {
        wrong_login(&sandbox).await;
    }
    assert!(!sandbox.is_locked());
    sandbox.log_in().await;
    for _ in 0..5 {
        assert!(!sandbox.is_locked());
        wrong_login(&sandbox).await;
    }
    assert!(sandbox.is_locked());
    let login = Login::default();
    let good = [("key1", login.key1.as_str()), ("key2", login.key2.as_str())];
    assert_eq!(refused(&sandbox.post("authorize", &good).await), WRONG_KEYS);
    assert_eq!(sandbox.failed_logins(), 10);
    sandbox.clock.advance(Duration::from_secs(3600));
    assert!(!sandbox.is_locked());
    sandbox.log_in().await;
}

#[tokio::test]
async fn lock_threshold_and_duration_are_options() {
    let lock_duration = Duration::from_secs(5);
    let sandbox = logged_out(Options { failed_logins_until_locked: 1, lock_duration, ..options() }).await;
    wrong_login(&sandbox).await;
    assert!(sandbox.is_locked());
    sandbox.clock.advance(lock_duration);
    assert!(!sandbox.is_locked());
}

#[tokio::test]
async fn account_level_may_have_no_api_access() {
    let sandbox = logged_out(options()).await;
    sandbox.deny_level(true);
    let login = Login::default();
    let good = [("key1", login.key1.as_str()), ("key2", login.key2.as_str())];
    let words = "Your account level does not have access to the file upload API. Please contact site support for more \
                 information.";
    assert_eq!(refused(&sandbox.post("authorize", &good).await), words);
    assert_eq!(wrong_login(&sandbox).await, WRONG_KEYS);
    sandbox.deny_level(false);
    sandbox.log_in().await;
}
