//! Tests of the retry loop. The clock is paused and advances only while all tasks wait. No connection is made.

mod hints;

use std::cell::{Cell, RefCell};

use polyhost_domain::{Origin, UpstreamAnswer};
use polyhost_state::State;
use tokio::time::advance;

use super::*;
use crate::{Evidence, SecretUrl, Settings, Shared};

const SECOND: Duration = Duration::from_secs(1);

fn client(settings: Settings, shared: &Shared, account: &str) -> Client {
    let origin = Origin { account: account.parse().unwrap(), provider: "site".parse().unwrap() };
    Client::new(origin, &"https://site.example/api".parse().unwrap(), settings, shared).unwrap()
}

fn shared() -> Shared {
    Shared::new(&State::in_memory())
}

fn call(kind: CallKind) -> Call {
    Call::get("file/info", kind, SecretUrl::endpoint(&"https://site.example/api".parse().unwrap(), "file/info"))
}

/// Returns the error of an answer with this HTTP status.
fn answered(kind: ErrorKind, http_status: u16, wait: Option<Duration>) -> Error {
    let answer = UpstreamAnswer { http_status: Some(http_status), ..UpstreamAnswer::default() };
    Error::new(kind).retryable(true).with_answer(answer).with_retry_after(wait)
}

fn unreachable() -> Error {
    Error::new(ErrorKind::Unavailable).retryable(true).with_retry_after(Some(SECOND))
}

/// Makes a request whose attempts each take `took` and then end with the next of `outcomes`; `None` is a success.
/// Returns the outcome of the request, and when each attempt began.
async fn ask(
    client: &Client,
    kind: CallKind,
    took: Duration,
    outcomes: impl IntoIterator<Item = Option<Error>>,
) -> (Result<()>, Vec<Duration>) {
    ask_for(&call(kind), client, took, outcomes).await
}

async fn ask_for(
    call: &Call,
    client: &Client,
    took: Duration,
    outcomes: impl IntoIterator<Item = Option<Error>>,
) -> (Result<()>, Vec<Duration>) {
    let (began, attempts) = (Instant::now(), RefCell::new(Vec::new()));
    let outcomes = RefCell::new(outcomes.into_iter());
    let attempt = |attempt: Attempt| {
        attempts.borrow_mut().push(began.elapsed());
        let outcome = outcomes.borrow_mut().next().flatten().map_or(Ok(()), Err);
        async move {
            sleep(took.min(attempt.limit)).await;
            outcome
        }
    };
    let outcome = client.attempts(call, attempt).await;
    (outcome, attempts.into_inner())
}

fn always(error: Error) -> impl Iterator<Item = Option<Error>> {
    std::iter::repeat(Some(error))
}

#[tokio::test(start_paused = true)]
async fn reads_are_retried_and_writes_only_if_never_sent() {
    use CallKind::{Read, Write};
    use ErrorKind as Kind;
    let too_large = Error::new(Kind::InvalidResponse).retryable(true).with_transport(TransportFault::ResponseTooLarge);
    let rows = [
        (Read, answered(Kind::SiteFailed, 503, None), 3),
        (Read, Error::new(Kind::Timeout).retryable(true), 3),
        (Read, Error::new(Kind::InvalidResponse).retryable(true), 3),
        (Read, answered(Kind::RateLimited, 429, Some(SECOND)), 3),
        (Read, unreachable(), 3),
        (Read, too_large, 1),
        (Read, answered(Kind::SiteFailed, 200, None).retryable(false), 1),
        (Read, answered(Kind::FileNotFound, 404, None), 1),
        (Read, answered(Kind::Forbidden, 403, None), 1),
        (Read, answered(Kind::CredentialsRejected, 403, None), 1),
        (Write, unreachable(), 3),
        (Write, Error::new(Kind::OutcomeUnknown), 1),
        (Write, answered(Kind::SiteFailed, 503, None), 1),
        (Write, answered(Kind::RateLimited, 429, Some(SECOND)), 1),
        (Write, Error::new(Kind::Timeout).retryable(true), 1),
    ];
    for (kind, error, expected) in rows {
        let client = client(Settings::default(), &shared(), "main");
        let (outcome, attempts) = ask(&client, kind, Duration::ZERO, always(error.clone())).await;
        assert_eq!(attempts.len(), expected, "{kind:?} {error:?}");
        assert_eq!(outcome.unwrap_err().kind(), error.kind());
    }
}

#[tokio::test(start_paused = true)]
async fn successful_retry_is_a_success() {
    let client = client(Settings::default(), &shared(), "main");
    let (outcome, attempts) = ask(&client, CallKind::Read, SECOND, [Some(unreachable()), None]).await;
    assert!(outcome.is_ok());
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1] <= SECOND + FIRST_BACK_OFF);
}

#[tokio::test(start_paused = true)]
async fn back_off_is_random_and_grows_to_a_limit() {
    let settings = Settings { retries: 6, deadline: SECOND * 100, ..Settings::default() };
    let longest = [200, 400, 800, 1600, 2000, 2000].map(Duration::from_millis);
    let mut all = Vec::new();
    for _ in 0..20 {
        let client = client(settings.clone(), &shared(), "main");
        let (_, attempts) = ask(&client, CallKind::Read, Duration::ZERO, always(unreachable())).await;
        let waits: Vec<_> = attempts.windows(2).map(|two| two[1] - two[0]).collect();
        // The timers have a resolution of one millisecond.
        let within = |(wait, most): (&Duration, &Duration)| *wait <= *most + Duration::from_millis(1);
        assert!(waits.iter().zip(&longest).all(within), "{waits:?}");
        all.push(waits);
    }
    all.dedup();
    assert!(all.len() > 15, "the waits are random");
}

#[tokio::test(start_paused = true)]
async fn operation_ends_at_its_deadline() {
    let settings = Settings { attempt_timeout: SECOND * 10, deadline: SECOND * 25, ..Settings::default() };
    let client = client(settings, &shared(), "main");
    let began = Instant::now();
    let silence = always(Error::new(ErrorKind::Timeout).retryable(true));
    let (outcome, attempts) = ask(&client, CallKind::Read, SECOND * 1000, silence).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(attempts.len(), 3);
    assert!(began.elapsed() <= SECOND * 25 + Duration::from_millis(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn short_retry_after_is_waited_for_and_long_one_rejects() {
    let client_of = || client(Settings::default(), &shared(), "main");
    let limited = |wait| answered(ErrorKind::RateLimited, 429, Some(wait));
    let (outcome, attempts) = ask(&client_of(), CallKind::Read, Duration::ZERO, [Some(limited(SECOND * 2))]).await;
    assert!(outcome.is_ok() && attempts[1] >= SECOND * 2);

    let client = client_of();
    let (outcome, attempts) = ask(&client, CallKind::Read, Duration::ZERO, always(limited(SECOND * 30))).await;
    assert_eq!((outcome.unwrap_err().retry_after(), attempts.len()), (Some(SECOND * 30), 1));
    advance(SECOND * 10).await;
    for kind in [CallKind::Read, CallKind::Write] {
        let (outcome, attempts) = ask(&client, kind, Duration::ZERO, []).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(SECOND * 20)));
        assert!(error.is_retryable() && attempts.is_empty(), "no request is sent");
    }
    advance(SECOND * 20).await;
    assert!(ask(&client, CallKind::Read, Duration::ZERO, []).await.0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn rate_limit_of_a_file_server_slows_no_api_request() {
    let client = client(Settings { burst: 1, ..Settings::default() }, &shared(), "main");
    let file = SecretUrl::handed_out("https://files.example/1".parse().unwrap());
    let download = Call::get("download", CallKind::Read, file);
    let limited = answered(ErrorKind::RateLimited, 429, Some(SECOND * 3600));
    let (outcome, attempts) = ask_for(&download, &client, Duration::ZERO, always(limited.clone())).await;
    assert_eq!((outcome.unwrap_err().retry_after(), attempts.len()), (Some(SECOND * 3600), 1), "its caller gets it");

    let began = Instant::now();
    for kind in [CallKind::Read, CallKind::Write] {
        assert!(ask(&client, kind, Duration::ZERO, []).await.0.is_ok(), "{kind:?}");
    }
    assert!(began.elapsed() <= SECOND / 9, "at the account's usual pace of 20 a second: {:?}", began.elapsed());
    ask(&client, CallKind::Read, Duration::ZERO, always(limited)).await.0.unwrap_err();
    assert_eq!(ask(&client, CallKind::Read, Duration::ZERO, []).await.0.unwrap_err().kind(), ErrorKind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn retries_do_not_triple_the_load_of_a_failing_site() {
    let unhurried = Settings { requests_per_second: 0.0, circuit_failures: 0, ..Settings::default() };
    let client = client(unhurried, &shared(), "main");
    let sent = Cell::new(0);
    for _ in 0..500 {
        let (_, attempts) = ask(&client, CallKind::Read, Duration::ZERO, always(unreachable())).await;
        sent.set(sent.get() + attempts.len());
    }
    assert!((510..=700).contains(&sent.get()), "{} requests for 500", sent.get());
}

#[tokio::test(start_paused = true)]
async fn circuit_is_shared_by_accounts_and_probed_by_one_request() {
    let (settings, shared) = (Settings { retries: 0, ..Settings::default() }, shared());
    let (one, other) = (client(settings.clone(), &shared, "one"), client(settings, &shared, "other"));
    let failed = || answered(ErrorKind::SiteFailed, 500, None);
    for _ in 0..10 {
        ask(&one, CallKind::Read, Duration::ZERO, [Some(failed())]).await.0.unwrap_err();
    }
    assert_eq!(other.circuit(), crate::CircuitState::Open);
    let (outcome, attempts) = ask(&other, CallKind::Write, Duration::ZERO, []).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.transport()),
        (ErrorKind::Unavailable, Some(TransportFault::DestinationUnavailable))
    );
    assert_eq!((error.retry_after(), error.is_retryable(), attempts.len()), (Some(SECOND * 15), true, 0));

    advance(SECOND * 15).await;
    let (_, attempts) = ask(&other, CallKind::Read, Duration::ZERO, [Some(failed())]).await;
    assert_eq!(attempts.len(), 1);
    assert!(ask(&one, CallKind::Read, Duration::ZERO, []).await.1.is_empty());
    advance(SECOND * 15).await;
    assert!(ask(&other, CallKind::Read, Duration::ZERO, []).await.0.is_ok());
    assert!(ask(&one, CallKind::Read, Duration::ZERO, []).await.0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn probing_upload_blocks_others_for_one_attempt_only() {
    let settings = Settings { retries: 0, attempt_timeout: SECOND * 10, ..Settings::default() };
    let client = client(settings, &shared(), "main");
    for _ in 0..10 {
        ask(&client, CallKind::Read, Duration::ZERO, [Some(unreachable())]).await.0.unwrap_err();
    }
    advance(SECOND * 15).await;
    let call = call(CallKind::Write);
    let upload = client.attempts(&call, |_| async {
        sleep(SECOND * 3600).await;
        Ok::<_, Error>(())
    });
    let others = async {
        sleep(SECOND * 9).await;
        assert!(ask(&client, CallKind::Write, Duration::ZERO, []).await.1.is_empty());
        sleep(SECOND).await;
        assert!(ask(&client, CallKind::Write, Duration::ZERO, []).await.0.is_ok());
        assert_eq!(client.circuit(), crate::CircuitState::Closed);
    };
    tokio::select! {
        _ = upload => panic!("the upload must not end"),
        () = others => {}
    }
}

#[tokio::test(start_paused = true)]
async fn errors_that_are_not_the_sites_fault_open_no_circuit() {
    let other_faults = [
        answered(ErrorKind::CredentialsRejected, 403, None),
        answered(ErrorKind::Forbidden, 200, None),
        answered(ErrorKind::FileNotFound, 404, None),
        answered(ErrorKind::RateLimited, 429, None),
        answered(ErrorKind::SiteFailed, 200, None).retryable(false),
        Error::new(ErrorKind::BodyIncomplete),
    ];
    let unhurried = Settings { requests_per_second: 0.0, retries: 0, ..Settings::default() };
    for error in other_faults {
        let client = client(unhurried.clone(), &shared(), "main");
        for _ in 0..20 {
            ask(&client, CallKind::Read, Duration::ZERO, [Some(error.clone())]).await.0.unwrap_err();
        }
        assert_eq!(client.circuit(), crate::CircuitState::Closed, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_on_our_side_leave_the_circuit_unchanged() {
    let prohibited = Error::new(ErrorKind::InvalidResponse).with_transport(TransportFault::DestinationProhibited);
    let own_faults = [
        Error::new(ErrorKind::BodyIncomplete),
        Error::new(ErrorKind::Rejected),
        Error::new(ErrorKind::Internal),
        prohibited,
    ];
    let unhurried = Settings { requests_per_second: 0.0, retries: 0, ..Settings::default() };
    for error in own_faults {
        let client = client(unhurried.clone(), &shared(), "main");
        let ends_with = async |error: Error| drop(ask(&client, CallKind::Read, Duration::ZERO, [Some(error)]).await);
        for failed in [9, 1] {
            for _ in 0..failed {
                assert_eq!(client.circuit(), crate::CircuitState::Closed);
                ends_with(unreachable()).await;
            }
            ends_with(error.clone()).await;
        }
        assert_eq!(client.circuit(), crate::CircuitState::Open, "ten consecutive failures, despite: {error:?}");
        advance(SECOND * 15).await;
        ends_with(error.clone()).await;
        assert_eq!(client.circuit(), crate::CircuitState::HalfOpen, "{error:?}");
        let (outcome, attempts) = ask(&client, CallKind::Read, Duration::ZERO, []).await;
        assert!(outcome.is_ok() && attempts.len() == 1, "the next request probes: {error:?}");
        assert_eq!(client.circuit(), crate::CircuitState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn refused_session_causes_no_retry_and_opens_no_circuit() {
    let client = client(Settings { retries: 5, ..Settings::default() }, &shared(), "main");
    for _ in 0..20 {
        let attempts = Cell::new(0);
        let outcome = client
            .attempts(&call(CallKind::Read), |_| {
                attempts.set(attempts.get() + 1);
                async { Err::<(), _>(Refusal::Session(unreachable(), Evidence::Message)) }
            })
            .await;
        assert!(matches!(outcome, Err(Refusal::Session(..))));
        assert_eq!(attempts.get(), 1);
    }
    assert_eq!(client.circuit(), crate::CircuitState::Closed);
}
