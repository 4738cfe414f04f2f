//! Tests of the session from the site's side: the number of logins, and that no user was locked out.

#![allow(clippy::unwrap_used, reason = "an unexpected result fails the test")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{file, folder, http_answer, pairs, upload};
use polyhost_domain::{ErrorKind, FolderId, Provider, Result};
use polyhost_sandbox::yetishare::{AuthMode, Options, Version};
use polyhost_sandbox::{Fault, Rule};
use polyhost_state::State;
use polyhost_upstream::{LoginBudget, Settings};
use polyhost_yetishare::Quirks;
use support::{KEY1, KEY2, PASSWORD, Simulated, USERNAME, api_error, generous_login_budget};

/// Returns settings with timeouts that are long enough for many concurrent requests on a busy machine.
fn long_timeouts() -> Settings {
    let minute = Duration::from_secs(60);
    Settings { attempt_timeout: minute, deadline: minute, connect_timeout: minute, ..Settings::default() }
}

/// Makes `size` concurrent requests for the account.
async fn concurrent_calls(provider: &Arc<dyn Provider>, size: usize) -> Vec<Result<()>> {
    let one = || {
        let provider = Arc::clone(provider);
        tokio::spawn(async move { provider.account().await.map(drop) })
    };
    join_all(std::iter::repeat_with(one).take(size)).await.into_iter().map(|joined| joined.unwrap()).collect()
}

fn provider_with_long_timeouts(site: &Simulated) -> Arc<dyn Provider> {
    site.provider_with(Quirks::default(), long_timeouts())
}

#[tokio::test(flavor = "multi_thread")]
async fn thousand_concurrent_calls_need_one_login() {
    let site = Simulated::plain().await;
    let provider = provider_with_long_timeouts(&site);
    assert!(concurrent_calls(&provider, 1000).await.iter().all(Result::is_ok));
    assert_eq!((site.sandbox.logins(), site.count("authorize"), site.count("account/info")), (1, 1, 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn token_killed_under_running_requests_costs_one_login() {
    let site = Simulated::plain().await;
    let provider = provider_with_long_timeouts(&site);
    provider.account().await.unwrap();
    // All requests are running with the token that is then killed.
    site.breaks("account/info", Fault::Delay { millis: 2_000 });
    let running = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { concurrent_calls(&provider, 200).await }
    });
    while site.count("account/info") < 201 {
        assert!(!running.is_finished(), "a call ended without the site");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    site.sandbox.kill_tokens();
    assert!(running.await.unwrap().iter().all(Result::is_ok));
    assert_eq!((site.sandbox.logins(), site.sandbox.failed_logins()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn late_rejection_of_an_old_token_costs_no_login() {
    let site = Simulated::plain().await;
    let provider = provider_with_long_timeouts(&site);
    provider.account().await.unwrap();
    site.faults().add(Rule::new("account/info", Fault::Delay { millis: 400 }).times(1));
    let late = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.account().await.map(drop) }
    });
    while site.count("account/info") < 2 {
        assert!(!late.is_finished(), "the call ended without the site");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    site.sandbox.kill_tokens();
    provider.account().await.unwrap();
    assert_eq!(site.sandbox.logins(), 2, "the request after the token's end has logged in");
    late.await.unwrap().unwrap();
    assert_eq!(site.sandbox.logins(), 2, "the late request uses the new token");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_are_not_retried_by_concurrent_calls() {
    for auth in [AuthMode::Keys, AuthMode::Password] {
        let site = Simulated::start(Options { auth, ..Options::default() }).await;
        let stranger = site.stranger(Quirks::default());
        for outcome in concurrent_calls(&stranger, 200).await {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CredentialsRejected);
        }
        assert_eq!((site.count("authorize"), site.sandbox.failed_logins()), (1, 1));
        assert_eq!(site.journal().count(), 1);
        assert!(!site.sandbox.is_locked());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adapters_without_shared_state_work_or_report_contention() {
    let site = Simulated::plain().await;
    let budget = LoginBudget { gap: Duration::from_millis(20), ..LoginBudget::default() };
    let settings = Settings { deadline: Duration::from_secs(5), ..Settings::default() };
    let provider = || site.provider_in(&State::in_memory(), budget, settings.clone());
    let both = [provider(), provider()];
    let (mut served, mut contended) = (0, 0);
    for _ in 0..8 {
        for provider in &both {
            match provider.account().await {
                Ok(_) => served += 1,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::SessionContended, "{error:?}");
                    assert!(error.is_retryable() && error.retry_after().is_some());
                    contended += 1;
                }
            }
        }
    }
    assert!(served >= 8, "{served} served and {contended} contended");
    assert!(site.sandbox.logins() <= 8, "{} logins", site.sandbox.logins());
    assert_eq!((site.sandbox.failed_logins(), site.sandbox.is_locked()), (0, false));
}

#[tokio::test]
async fn adapters_with_shared_state_share_the_session() {
    let site = Simulated::plain().await;
    let state = State::in_memory();
    let provider = || site.provider_in(&state, generous_login_budget(), Settings::default());
    let (one, other) = (provider(), provider());
    for _ in 0..3 {
        one.account().await.unwrap();
        other.account().await.unwrap();
    }
    assert_eq!(site.sandbox.logins(), 1);
    site.sandbox.kill_tokens();
    other.account().await.unwrap();
    one.account().await.unwrap();
    assert_eq!(site.sandbox.logins(), 2);
}

#[tokio::test]
async fn account_level_without_access_is_forbidden() {
    for http_errors in [false, true] {
        let site = Simulated::start(Options { http_errors, ..Options::default() }).await;
        site.sandbox.deny_level(true);
        let provider = site.provider();
        for _ in 0..3 {
            let error = provider.account().await.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false));
            assert!(error.answer().unwrap().message.as_deref().unwrap().contains("account level"));
        }
        assert_eq!(site.count("authorize"), 1);
    }
}

#[tokio::test]
async fn demo_mode_allows_reads_and_forbids_writes() {
    let site = Simulated::plain().await;
    site.sandbox.demo_mode(true);
    let provider = site.provider();
    let id = site.sandbox.add_file("0", "a.mp4", b"abc");
    provider.list(&FolderId::Root, None).await.unwrap();
    let error = provider.delete_file(&file(&provider, &id)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false));
    assert_eq!(site.sandbox.logins(), 1);
}

#[tokio::test]
async fn credentials_of_the_other_kind_are_rejected() {
    for (auth, credentials) in
        [(AuthMode::Keys, support::password(USERNAME, PASSWORD)), (AuthMode::Password, support::keys(KEY1, KEY2))]
    {
        let site = Simulated::start(Options { auth, ..Options::default() }).await;
        let url = site.sandbox.base_url();
        let state = State::in_memory();
        let provider = support::adapter(&url, "main", credentials, Quirks::default(), Settings::default(), &state);
        for _ in 0..3 {
            assert_eq!(provider.account().await.unwrap_err().kind(), ErrorKind::CredentialsRejected);
        }
        assert_eq!((site.count("authorize"), site.sandbox.failed_logins()), (1, 0));
    }
}

#[tokio::test]
async fn login_sends_only_the_credentials() {
    for (auth, form) in [
        (AuthMode::Keys, pairs(&[("key1", KEY1), ("key2", KEY2)])),
        (AuthMode::Password, pairs(&[("username", USERNAME), ("password", PASSWORD)])),
    ] {
        let site = Simulated::start(Options { auth, ..Options::default() }).await;
        site.provider().account().await.unwrap();
        let login = &site.journal().of("authorize")[0];
        assert_eq!((login.method.as_str(), &login.form, login.query.len()), ("POST", &form, 0));
    }
}

#[tokio::test]
async fn close_logs_out_once() {
    let (site, provider) = Simulated::ready().await;
    provider.close().await;
    assert_eq!(site.journal().count(), 0, "there is no session to end yet");
    provider.account().await.unwrap();
    assert_eq!(site.sandbox.live_tokens(), 1);
    provider.close().await;
    provider.close().await;
    assert_eq!((site.sandbox.live_tokens(), site.count("disable_access_token")), (0, 1));
    site.breaks("disable_access_token", Fault::http(500));
    provider.account().await.unwrap();
    provider.close().await;
    assert_eq!(site.count("disable_access_token"), 2);
}

#[tokio::test]
async fn every_form_of_a_rejected_token_leads_to_one_login() {
    let refusals = [
        api_error(200, "Could not validate access_token, please reauthenticate or try again."),
        api_error(200, "Could not validate access_token and account_id, please reauthenticate or try again."),
        api_error(401, "Something else."),
        http_answer(200, r#"{"message": "Username could not be found.", "result": false}"#),
        http_answer(200, r#"{"status": "error", "response": "could not validate ACCESS_TOKEN"}"#),
    ];
    for fault in refusals {
        for version in [Version::V4, Version::V5] {
            let site = Simulated::start(Options { version, ..Options::default() }).await;
            let shown = format!("{fault:?}");
            for operation in ["folder/delete", "account/info"] {
                site.faults().add(Rule::new(operation, fault.clone()).times(1));
            }
            let provider = site.provider();
            let shelf = site.sandbox.add_folder("0", "Shelf");
            provider.delete_folder(&folder(&provider, &shelf)).await.unwrap();
            assert_eq!((site.count("authorize"), site.count("folder/delete")), (2, 2), "{shown}");
            assert_eq!(site.count("account/info"), 1, "{shown}");
        }
    }
}

#[tokio::test]
async fn single_rejected_operation_is_denied_after_one_login() {
    let refusals = [
        (api_error(200, "Could not validate access_token and account_id, please reauthenticate or try again."), 2),
        (api_error(401, "Invalid token"), 2),
        (api_error(401, "Something else."), 1),
    ];
    for (fault, logins) in refusals {
        let (site, provider) = Simulated::ready().await;
        let id = file(&provider, &site.sandbox.add_file("0", "a.mp4", b"abc"));
        for operation in ["file/info", "file/delete"] {
            site.breaks(operation, fault.clone());
        }
        for _ in 0..5 {
            let errors = [provider.files(std::slice::from_ref(&id)).await.err(), provider.delete_file(&id).await.err()];
            for error in errors.map(Option::unwrap) {
                assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Forbidden, false), "{fault:?}");
                assert_eq!(error.detail(), Some("The site does not allow this for account \"main\"."));
            }
            provider.list(&FolderId::Root, None).await.unwrap();
            provider.account().await.unwrap();
        }
        assert_eq!((site.sandbox.logins(), site.count("authorize")), (logins, logins), "{fault:?}");
        // Five calls read the account. Each rejection causes one check of the token, unless a denial is stored.
        let checks = if logins == 1 { 5 * 2 } else { 2 };
        assert_eq!(site.count("account/info"), 5 + checks, "{fault:?}");
    }
}

#[tokio::test]
async fn token_check_sends_only_that_token() {
    let site = Simulated::plain().await;
    site.breaks("folder/listing", api_error(401, "Something else."));
    let provider = site.provider();
    provider.account().await.unwrap();
    provider.list(&FolderId::Root, None).await.unwrap_err();
    let tokens: Vec<_> = site
        .sandbox
        .journal()
        .of("account/info")
        .into_iter()
        .map(|received| received.parameter("access_token").unwrap().to_owned())
        .collect();
    assert_eq!((tokens.len(), &tokens[0]), (2, &tokens[1]));
    assert_eq!(site.forms("account/info"), [pairs(&[]), pairs(&[])]);
}

#[tokio::test]
async fn token_rejected_twice_is_a_contended_session() {
    let site = Simulated::plain().await;
    site.breaks("account/info", api_error(200, "Could not validate access_token, please reauthenticate or try again."));
    let error = site.provider().account().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionContended, true));
    assert_eq!(
        (site.count("authorize"), site.count("account/info")),
        (2, 4),
        "each rejection causes a check of the token"
    );
}

#[tokio::test]
async fn token_rejected_after_an_upload_is_renewed_by_the_next_call() {
    for fault in [
        api_error(200, "Could not validate access_token and account_id, please reauthenticate or try again."),
        api_error(401, "Something else."),
    ] {
        let (site, provider) = Simulated::ready().await;
        site.faults().add(Rule::new("file/upload", fault).times(1));
        let error = provider.upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SiteFailed, true));
        assert_eq!((site.count("file/upload"), site.count("authorize")), (1, 1), "the body is not sent again");
        provider.upload(upload("a.mp4", &["abc"])).await.unwrap();
        assert_eq!((site.count("file/upload"), site.count("authorize")), (2, 2));
    }
}

#[tokio::test]
async fn upload_that_alone_is_rejected_costs_one_login() {
    let site = Simulated::plain().await;
    site.breaks("file/upload", api_error(200, "Could not validate access_token and account_id."));
    let provider = site.provider();
    for (kind, retryable) in
        [(ErrorKind::SiteFailed, true), (ErrorKind::Forbidden, false), (ErrorKind::Forbidden, false)]
    {
        let error = provider.upload(upload("a.mp4", &["abc"])).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable));
        provider.list(&FolderId::Root, None).await.unwrap();
    }
    assert_eq!((site.count("file/upload"), site.count("authorize")), (3, 2));
}

#[tokio::test]
async fn dead_token_is_renewed_before_an_uploads_first_byte() {
    let (site, provider) = Simulated::ready().await;
    provider.account().await.unwrap();
    site.sandbox.kill_tokens();
    provider.upload(upload("a.mp4", &["abc"])).await.unwrap();
    assert_eq!((site.count("file/upload"), site.sandbox.logins()), (1, 2));
}

#[tokio::test]
async fn no_url_or_header_contains_a_token_or_credential() {
    let (site, provider) = Simulated::ready().await;
    provider.upload(upload("a.mp4", &["abc"])).await.unwrap();
    provider.limits().await.unwrap();
    provider.close().await;
    let requests = site.journal().all();
    let token = requests.iter().find_map(|received| received.parameter("access_token")).unwrap().to_owned();
    let secrets: HashSet<&str> = [KEY1, KEY2, token.as_str()].into();
    for received in &requests {
        assert!(received.query.is_empty(), "{received:?}");
        let has_secret = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        let in_headers = received.headers.iter().any(|(_, value)| has_secret(value));
        assert!(!has_secret(&received.path) && !in_headers, "{received:?}");
    }
}
