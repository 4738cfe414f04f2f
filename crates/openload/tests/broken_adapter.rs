//! Proves that the conformance suite detects faults: with this adapter and this simulated site, it fails for every
//! fault that can occur in the dialect.

mod support;

use polyhost_adapter_testing::conformance::suite_fails_for_every_fault;

#[tokio::test(flavor = "multi_thread")]
async fn suite_fails_for_every_fault_of_the_adapter() {
    suite_fails_for_every_fault::<support::Simulated>().await;
}
