//! The guarantees of the ports as async functions, so that every store is tested with the same ones.
//!
//! Each function gets a [`Fleet`]: two replicas that share one store. The macro `conformance_tests!` makes a test of
//! each. A slow machine makes real time pass: then the functions wait longer, or skip an assertion that came too late.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the functions are tests: they fail by panicking")]

pub mod generations;
mod interruptible;
pub mod leases;
pub mod limiters;
mod marks;
pub mod values;
pub mod windows;

pub use self::interruptible::InterruptibleLeases;
pub use self::marks::SharedMarks;

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Patience, State};

/// Two replicas that share a store, and the clock that the store uses.
pub trait Fleet: Sync {
    /// The shortest difference between two times that the clock measures reliably.
    const GRAIN: Duration;

    /// Returns the replicas.
    fn replicas(&self) -> [&State; 2];

    /// Lets time pass.
    fn advance(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// The life of what a test lets expire. It is short, because it passes in real time for some stores.
const LIFE: Duration = Duration::from_secs(1);
/// The longest difference between two measurements of a length of time: of the test, and of the store.
const TOLERANCE: Duration = Duration::from_millis(10);

/// Runs a future whose calls may wait for the store as long as a slow machine needs.
pub fn patient<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Patience::of(Duration::from_secs(60)).scope(future)
}

/// Asserts what must hold until a time. If that time has passed on a slow machine, nothing is asserted.
fn assert_until(end: Instant, holds: bool, what: &str) {
    assert!(holds || Instant::now() >= end, "{what}");
}

/// A result, with the times before and after its computation.
struct Timed<T> {
    value: T,
    from: Instant,
    to: Instant,
}

impl<T> Timed<T> {
    async fn of(future: impl Future<Output = T>) -> Self {
        let from = Instant::now();
        let value = future.await;
        Self { value, from, to: Instant::now() }
    }
}

impl Timed<Duration> {
    /// Asserts that a wait ends `length` after something else.
    fn assert_ends<T>(&self, length: Duration, after: &Timed<T>) {
        assert!(self.from + self.value <= after.to + length + TOLERANCE, "the wait of {:?} is too long", self.value);
        assert!(self.to + self.value + TOLERANCE >= after.from + length, "the wait of {:?} is too short", self.value);
    }
}

/// Passes the functions of each module to a macro, which makes tests of them.
///
/// `$each` gets the module, then the kind and the name of each function. Functions of the kind `timed` let time pass;
/// those of the kind `concurrent` have many callers.
#[macro_export]
macro_rules! conformance_tests {
    ($each:ident) => {
        $each! { generations:
            timed raised_generations_are_returned_by_the_next_read
            timed other_replica_sees_a_raise_within_a_second
            timed scopes_of_several_owners_keep_their_order
            concurrent each_of_many_concurrent_raises_counts
        }
        $each! { leases:
            timed held_lease_is_refused_to_everybody
            timed lease_ends_by_itself_and_not_earlier
            timed late_holder_cannot_release_or_renew_the_next_lease
            timed renewed_lease_lasts_from_the_renewal
            timed lease_with_a_wrong_token_releases_nothing
            timed lease_may_have_the_longest_possible_life
            concurrent one_of_many_concurrent_callers_gets_the_lease
            concurrent holders_never_overlap_and_their_tokens_rise
        }
        $each! { limiters:
            timed full_quota_can_be_used_at_once_and_refills_evenly
            timed rejected_weight_takes_nothing_and_reports_the_rest
            timed weight_above_the_quota_needs_a_full_bucket
            timed each_key_and_quota_has_its_own_bucket
            timed extreme_quota_counts_as_the_nearest_valid_one
            concurrent concurrent_callers_get_exactly_the_quota
        }
        $each! { values:
            timed value_stays_until_it_is_replaced_or_removed
            timed value_expires_on_time_and_a_replacement_anew
            timed compare_and_set_replaces_only_the_expected_version
            timed conflict_does_not_extend_the_values_life
            timed version_is_never_reused_after_removal_or_expiry
            timed value_may_have_the_longest_possible_life
            concurrent one_of_many_concurrent_creations_of_a_key_succeeds
            concurrent concurrent_counting_loses_no_update
        }
        $each! { windows:
            timed limit_holds_in_every_window
            timed rejected_event_counts_towards_no_limit
            timed wait_is_that_of_the_slowest_limit
            timed released_permit_gives_its_events_back_once
            timed each_key_has_its_own_events
            timed limit_of_zero_events_rejects_and_no_window_allows
            concurrent concurrent_callers_get_exactly_the_limit
        }
    };
}
