//! Tests of windows in memory beside the conformance suite: their limits are exact to the nanosecond.

use std::sync::Arc;
use std::time::Duration;

use polyhost_state::{State, Taken, WindowLimit, WindowPermit, Windows};
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
