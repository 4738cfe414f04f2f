//! The session as the site sees it: how often there was a login, and that nobody was ever locked out.

#![allow(clippy::unwrap_used, reason = "an outcome of the other sort has failed the test")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_adapter_testing::SimulatedSite;
use polyhost_adapter_testing::values::{file, folder, pairs, said, upload};
use polyhost_domain::{ErrorKind, FolderId, Provider, Result};
use polyhost_sandbox::yetishare::{AuthMode, Options, Version};
use polyhost_sandbox::{Fault, Rule};
use polyhost_state::State;
use polyhost_upstream::{LoginBudget, Settings};
use polyhost_yetishare::Quirks;
use support::{KEY1, KEY2, PASSWORD, Simulated, USERNAME, hasty_logins, refused};

/// Longer than a busy machine needs for many requests at once.
fn patient() -> Settings {
    let minute = Duration::from_secs(60);
    Settings { attempt_timeout: minute, deadline: minute, connect_timeout: minute, ..Settings::default() }
}

/// Asks for the account so many times at once.
async fn crowd(provider: &Arc<dyn Provider>, size: usize) -> Vec<Result<()>> {
    let one = || {
        let provider = Arc::clone(provider);
        tokio::spawn(async move { provider.account().await.map(drop) })
    };
    join_all(std::iter::repeat_with(one).take(size)).await.into_iter().map(|joined| joined.unwrap()).collect()
}

fn patient_provider(site: &Simulated) -> Arc<dyn Provider> {
    site.provider_with(Quirks::default(), patient())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cold_callers_take_one_login() {
    let site = Simulated::plain().await;
    let provider = patient_provider(&site);
    assert!(crowd(&provider, 1000).await.iter().all(Result::is_ok));
    assert_eq!((site.sandbox.logins(), site.count("authorize"), site.count("account/info")), (1, 1, 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_killed_under_many_running_requests_takes_one_more_login() {
    let site = Simulated::plain().await;
    let provider = patient_provider(&site);
    provider.account().await.unwrap();
    // They are all under way, with the token that then dies.
    site.breaks("account/info", Fault::Delay { millis: 2_000 });
    let running = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { crowd(&provider, 200).await }
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
async fn a_late_refusal_of_an_old_token_costs_nothing() {
    let site = Simulated::plain().await;
    let provider = patient_provider(&site);
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
    assert_eq!(site.sandbox.logins(), 2, "the one that came in between has logged in");
    late.await.unwrap().unwrap();
    assert_eq!(site.sandbox.logins(), 2, "the late one has found that out");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_are_asked_about_once_in_a_while() {
    for auth in [AuthMode::Keys, AuthMode::Password] {
        let site = Simulated::start(Options { auth, ..Options::default() }).await;
        let stranger = site.stranger();
        for outcome in crowd(&stranger, 200).await {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CredentialsRejected);
        }
        assert_eq!((site.count("authorize"), site.sandbox.failed_logins()), (1, 1));
        assert_eq!(site.journal().count(), 1);
        assert!(!site.sandbox.is_locked());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_share_no_state_serve_or_say_so_and_lock_nobody_out() {
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
async fn two_that_share_their_state_share_the_session() {
    let site = Simulated::plain().await;
    let state = State::in_memory();
    let provider = || site.provider_in(&state, hasty_logins(), Settings::default());
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
async fn a_level_without_access_is_denied_and_its_credentials_are_not_in_doubt() {
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
async fn a_demo_lets_itself_be_read_and_not_changed() {
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
async fn the_other_kind_of_credentials_is_refused_as_that() {
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
async fn a_login_sends_the_credentials_and_nothing_else() {
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
async fn the_end_gives_the_token_back_once() {
    let (site, provider) = Simulated::ready().await;
    provider.close().await;
    assert_eq!(site.journal().count(), 0, "there is nothing to give back yet");
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
async fn every_way_of_not_knowing_a_token_leads_to_one_more_login() {
    let refusals = [
        refused(200, "Could not validate access_token, please reauthenticate or try again."),
        refused(200, "Could not validate access_token and account_id, please reauthenticate or try again."),
        refused(401, "Something else."),
        said(200, r#"{"message": "Username could not be found.", "result": false}"#),
        said(200, r#"{"status": "error", "response": "could not validate ACCESS_TOKEN"}"#),
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
async fn an_operation_that_is_refused_alone_is_denied_after_one_login_at_most() {
    let refusals = [
        (refused(200, "Could not validate access_token and account_id, please reauthenticate or try again."), 2),
        (refused(401, "Invalid token"), 2),
        (refused(401, "Something else."), 1),
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
                assert_eq!(error.detail(), Some("The site denies this to account \"main\"."));
            }
            provider.list(&FolderId::Root, None).await.unwrap();
            provider.account().await.unwrap();
        }
        assert_eq!((site.sandbox.logins(), site.count("authorize")), (logins, logins), "{fault:?}");
        // The account itself was asked for, and each refusal asks once while no denial stands.
        let questions = if logins == 1 { 5 * 2 } else { 2 };
        assert_eq!(site.count("account/info"), 5 + questions, "{fault:?}");
    }
}

#[tokio::test]
async fn whether_a_token_is_known_is_asked_with_that_token_and_nothing_else() {
    let site = Simulated::plain().await;
    site.breaks("folder/listing", refused(401, "Something else."));
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
async fn a_token_that_is_refused_twice_is_contended() {
    let site = Simulated::plain().await;
    site.breaks("account/info", refused(200, "Could not validate access_token, please reauthenticate or try again."));
    let error = site.provider().account().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionContended, true));
    assert_eq!((site.count("authorize"), site.count("account/info")), (2, 4), "each refusal is asked about");
}

#[tokio::test]
async fn a_token_refused_after_the_body_has_flowed_is_renewed_by_whoever_comes_next() {
    for fault in [
        refused(200, "Could not validate access_token and account_id, please reauthenticate or try again."),
        refused(401, "Something else."),
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
async fn upload_that_is_refused_alone_costs_one_login() {
    let site = Simulated::plain().await;
    site.breaks("file/upload", refused(200, "Could not validate access_token and account_id."));
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
async fn a_dead_token_is_renewed_before_the_first_byte_of_an_upload() {
    let (site, provider) = Simulated::ready().await;
    provider.account().await.unwrap();
    site.sandbox.kill_tokens();
    provider.upload(upload("a.mp4", &["abc"])).await.unwrap();
    assert_eq!((site.count("file/upload"), site.sandbox.logins()), (1, 2));
}

#[tokio::test]
async fn a_token_or_credential_is_in_no_address_and_in_no_header() {
    let (site, provider) = Simulated::ready().await;
    provider.upload(upload("a.mp4", &["abc"])).await.unwrap();
    provider.limits().await.unwrap();
    provider.close().await;
    let requests = site.journal().all();
    let token = requests.iter().find_map(|received| received.parameter("access_token")).unwrap().to_owned();
    let secrets: HashSet<&str> = [KEY1, KEY2, token.as_str()].into();
    for received in &requests {
        assert!(received.query.is_empty(), "{received:?}");
        let told = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        assert!(!told(&received.path) && !received.headers.iter().any(|(_, value)| told(value)), "{received:?}");
    }
}
