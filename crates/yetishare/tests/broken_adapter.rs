//! The conformance suite has teeth here: with this adapter and this simulated site, every fault that the dialect could
//! show makes it fail.

mod support;

use polyhost_conformance::faulty::{Fault, Faulty};
use polyhost_sandbox::yetishare::Options;
use support::{all_of, site};

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_fails_for_the_adapter_broken_in_any_way() {
    let unseen = all_of(Fault::ALL.iter().map(|fault| passes(*fault))).await;
    let unseen: Vec<_> =
        Fault::ALL.iter().zip(unseen).filter(|(_, passed)| *passed).map(|(fault, _)| fault.sentence()).collect();
    assert!(unseen.is_empty(), "the suite does not see: {unseen:#?}");
}

/// Whether the suite finds nothing in an adapter with a fault that could show. It stops at the first thing that it finds.
async fn passes(fault: Fault) -> bool {
    let site = site(Options::default()).await;
    let subject = site.subject(site.provider());
    if !fault.shows_at(&subject) {
        return false;
    }
    let subject = Faulty::subject(subject, fault);
    for check in polyhost_conformance::checks() {
        if check.run(&subject).await.is_err() {
            return false;
        }
    }
    true
}
