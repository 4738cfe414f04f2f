//! Windows: their limits hold in every window of time, over all replicas.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Fleet, Timed, patient};
use crate::{Taken, WindowLimit, WindowPermit, Windows};

const GAP: WindowLimit = WindowLimit { name: "gap", events: 1, window: Duration::from_secs(1) };
const BUDGET: WindowLimit = WindowLimit { name: "budget", events: 3, window: Duration::from_secs(5) };
/// A limit whose window does not end during a test.
const LONG: WindowLimit = WindowLimit { name: "long", events: 2, window: Duration::from_secs(3_600) };

async fn permit(windows: &Arc<dyn Windows>, limits: &[WindowLimit]) -> Timed<WindowPermit> {
    let Timed { value, from, to } = Timed::of(windows.take("user", limits)).await;
    match value.unwrap() {
        Taken::Permit(value) => Timed { value, from, to },
        Taken::Wait(wait) => panic!("a wait of {wait:?}"),
    }
}

async fn wait(windows: &Arc<dyn Windows>, limits: &[WindowLimit]) -> Timed<Duration> {
    let Timed { value, from, to } = Timed::of(windows.take("user", limits)).await;
    match value.unwrap() {
        Taken::Permit(_) => panic!("a limit was exceeded"),
        Taken::Wait(value) => Timed { value, from, to },
    }
}

/// Whenever the window begins, there are never more events in it than the limit.
pub async fn limit_holds_in_every_window(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.windows);
    let first = permit(one, &[BUDGET]).await;
    fleet.advance(GAP.window).await;
    let second = permit(two, &[BUDGET]).await;
    permit(one, &[BUDGET]).await;

    let rejected = wait(two, &[BUDGET]).await;
    rejected.assert_ends(BUDGET.window, &first);
    fleet.advance(rejected.value).await;
    permit(one, &[BUDGET]).await;
    wait(two, &[BUDGET]).await.assert_ends(BUDGET.window, &second);
}

/// A rejected event counts towards no limit, not even those that would allow it.
pub async fn rejected_event_counts_towards_no_limit(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.windows);
    let first = permit(one, &[GAP, LONG]).await;
    for replica in [one, two, one, two] {
        let taken = Timed::of(replica.take("user", &[GAP, LONG])).await;
        let Taken::Wait(value) = taken.value.unwrap() else {
            assert!(taken.to >= first.from + GAP.window, "the gap was not kept");
            return;
        };
        Timed { value, from: taken.from, to: taken.to }.assert_ends(GAP.window, &first);
    }

    fleet.advance(GAP.window).await;
    permit(two, &[GAP, LONG]).await;
    fleet.advance(GAP.window).await;
    wait(one, &[GAP, LONG]).await.assert_ends(LONG.window, &first);
}

/// The wait is the longest of all limits.
pub async fn wait_is_that_of_the_slowest_limit(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.windows);
    let first = permit(one, &[LONG]).await;
    permit(two, &[LONG]).await;
    permit(one, &[GAP]).await;

    for limits in [[LONG, GAP], [GAP, LONG]] {
        wait(one, &limits).await.assert_ends(LONG.window, &first);
        wait(two, &limits).await.assert_ends(LONG.window, &first);
    }
}

/// A released event counts no longer. An event that has ended cannot be released.
pub async fn released_permit_gives_its_events_back_once(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.windows);
    let limit = WindowLimit { events: 1, ..LONG };
    one.release(permit(one, &[limit]).await.value).await.unwrap();
    let partly = permit(two, &[limit, LONG_GAP]).await;
    two.release(partly.value.without("long gap")).await.unwrap();
    wait(one, &[LONG_GAP]).await;
    permit(one, &[limit]).await;

    let ended = permit(one, &[GAP]).await;
    fleet.advance(GAP.window).await;
    let next = WindowLimit { window: LONG.window, ..GAP };
    permit(two, &[next]).await;
    one.release(ended.value).await.unwrap();
    wait(one, &[next]).await;
}

const LONG_GAP: WindowLimit = WindowLimit { name: "long gap", events: 1, ..LONG };

/// Keys do not share events.
pub async fn each_key_has_its_own_events(fleet: &impl Fleet) {
    let [one, two] = fleet.replicas().map(|replica| &replica.windows);
    permit(one, &[LONG_GAP]).await;

    assert!(matches!(two.take("other", &[LONG_GAP]).await.unwrap(), Taken::Permit(_)));
    wait(two, &[LONG_GAP]).await;
}

/// A limit of zero events rejects. A window without length allows everything.
pub async fn limit_of_zero_events_rejects_and_no_window_allows(fleet: &impl Fleet) {
    let windows = &fleet.replicas()[0].windows;
    let asked = Timed::of(async {}).await;
    wait(windows, &[WindowLimit { events: 0, ..BUDGET }]).await.assert_ends(BUDGET.window, &asked);
    for _ in 0..5 {
        permit(windows, &[WindowLimit { window: Duration::ZERO, ..GAP }]).await;
    }
}

/// Of many callers at all replicas, as many are allowed as the limit says.
pub async fn concurrent_callers_get_exactly_the_limit(fleet: &impl Fleet) {
    let limit = WindowLimit { name: "logins", events: 10, window: Duration::from_secs(3_600) };
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let windows = Arc::clone(&fleet.replicas()[caller % 2].windows);
        callers
            .spawn(patient(async move { matches!(windows.take("user", &[limit]).await.unwrap(), Taken::Permit(_)) }));
    }

    assert_eq!(callers.join_all().await.into_iter().filter(|allowed| *allowed).count(), 10);
}
