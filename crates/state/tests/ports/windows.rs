//! Tests of windows: their limits hold in every window of time.

use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{State, Taken, WindowLimit, WindowPermit, Windows};
use tokio::task::JoinSet;
use tokio::time::advance;

const GAP: WindowLimit = WindowLimit { name: "gap", events: 1, window: Duration::from_secs(5) };
const BUDGET: WindowLimit = WindowLimit { name: "budget", events: 3, window: Duration::from_secs(60) };

async fn permit(windows: &Arc<dyn Windows>, limits: &[WindowLimit]) -> WindowPermit {
    match windows.take("user", limits).await.unwrap() {
        Taken::Permit(permit) => permit,
        Taken::Wait(wait) => panic!("a wait of {wait:?}"),
    }
}

async fn wait(windows: &Arc<dyn Windows>, limits: &[WindowLimit]) -> Duration {
    match windows.take("user", limits).await.unwrap() {
        Taken::Permit(_) => panic!("a limit was exceeded"),
        Taken::Wait(wait) => wait,
    }
}

#[tokio::test(start_paused = true)]
async fn limit_holds_in_every_window() {
    let windows = State::in_memory().windows;
    for _ in 0..3 {
        permit(&windows, &[BUDGET]).await;
        advance(Duration::from_secs(10)).await;
    }

    // The three events were 30, 20 and 10 seconds ago. Each end of a window allows one more.
    assert_eq!(wait(&windows, &[BUDGET]).await, Duration::from_secs(30));
    advance(Duration::from_secs(30)).await;
    permit(&windows, &[BUDGET]).await;
    assert_eq!(wait(&windows, &[BUDGET]).await, Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn rejected_event_counts_towards_no_limit() {
    let windows = State::in_memory().windows;
    permit(&windows, &[GAP, BUDGET]).await;
    for _ in 0..5 {
        assert_eq!(wait(&windows, &[GAP, BUDGET]).await, GAP.window, "the gap rejects it");
    }

    for _ in 0..2 {
        advance(GAP.window).await;
        permit(&windows, &[GAP, BUDGET]).await;
    }
    advance(GAP.window).await;
    assert_eq!(wait(&windows, &[GAP, BUDGET]).await, BUDGET.window - 3 * GAP.window, "the budget rejects it");
}

#[tokio::test(start_paused = true)]
async fn wait_is_that_of_the_slowest_limit() {
    let windows = State::in_memory().windows;
    for _ in 0..3 {
        permit(&windows, &[BUDGET]).await;
    }
    permit(&windows, &[GAP]).await;

    assert_eq!(wait(&windows, &[BUDGET, GAP]).await, BUDGET.window);
}

#[tokio::test(start_paused = true)]
async fn released_permit_gives_its_events_back_once() {
    let windows = State::in_memory().windows;
    let released = permit(&windows, &[GAP, BUDGET]).await;
    windows.release(released).await.unwrap();
    let partly = permit(&windows, &[GAP, BUDGET]).await;
    windows.release(partly.without("gap")).await.unwrap();
    assert_eq!(wait(&windows, &[GAP]).await, GAP.window, "the gap was not released");

    let ended = permit(&windows, &[BUDGET]).await;
    advance(BUDGET.window).await;
    for _ in 0..3 {
        permit(&windows, &[BUDGET]).await;
    }
    windows.release(ended).await.unwrap();
    assert_eq!(wait(&windows, &[BUDGET]).await, BUDGET.window, "the released event had ended before");
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_events() {
    let windows = State::in_memory().windows;
    permit(&windows, &[GAP]).await;

    assert!(matches!(windows.take("other", &[GAP]).await.unwrap(), Taken::Permit(_)));
    assert_eq!(wait(&windows, &[GAP]).await, GAP.window);
}

#[tokio::test(start_paused = true)]
async fn limit_of_zero_events_rejects_and_no_window_allows() {
    let windows = State::in_memory().windows;
    assert_eq!(wait(&windows, &[WindowLimit { events: 0, ..BUDGET }]).await, BUDGET.window);
    for _ in 0..5 {
        permit(&windows, &[WindowLimit { window: Duration::ZERO, ..GAP }]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_callers_get_exactly_the_limit() {
    let windows = State::in_memory().windows;
    let limit = WindowLimit { name: "logins", events: 10, window: Duration::from_secs(3_600) };
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let windows = Arc::clone(&windows);
        callers.spawn(async move { matches!(windows.take("user", &[limit]).await.unwrap(), Taken::Permit(_)) });
    }

    assert_eq!(callers.join_all().await.into_iter().filter(|allowed| *allowed).count(), 10);
}
