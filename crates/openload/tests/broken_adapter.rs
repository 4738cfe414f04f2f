//! The conformance suite has teeth here: with this adapter and this simulated site, every fault that the dialect could
//! show makes it fail.

mod support;

use polyhost_adapter_testing::conformance::suite_fails_for_every_fault;

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_fails_for_the_adapter_broken_in_any_way() {
    suite_fails_for_every_fault::<support::Simulated>().await;
}
