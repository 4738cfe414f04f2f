//! Runs the conformance suite: it must pass at sites with different options and without single capabilities, and fail
//! for every fault of the adapter.

use futures_util::{StreamExt, stream};
use polyhost_conformance::Subject;
use polyhost_conformance::faulty::{Fault, Faulty};
use polyhost_domain::Capability;
use polyhost_upstream::Settings;

use crate::SimulatedSite;

/// Runs the suite at a site with these options, and checks that it did no damage to the site.
pub async fn conforms<S: SimulatedSite>(options: S::Options, quirks: S::Quirks) {
    let shown_options = format!("{options:?}");
    let site = S::start(options).await;
    let provider = site.provider_with(quirks.clone(), Settings::default());
    let subject = Subject { stranger: site.stranger(quirks), ..site.subject(provider) };
    let failures = polyhost_conformance::run(&subject).await;
    assert!(failures.is_empty(), "with {shown_options}: {failures:#?}");
    assert_eq!(site.damage(), None, "with {shown_options}");
}

/// Runs the suite at a site for each of these options, with the usual quirks.
pub async fn all_conform<S: SimulatedSite>(options: Vec<S::Options>) {
    all_of(options.into_iter().map(|options| conforms::<S>(options, S::Quirks::default()))).await;
}

/// Removes each capability in turn: the adapter must then report it as unsupported and send nothing for it.
///
/// Only the checks that need no capability are run, because they check the profile.
pub async fn conforms_without_any_capability<S: SimulatedSite>() {
    let usual = S::plain().await.provider();
    let native = Capability::ALL.iter().filter(|capability| usual.profile().capabilities.supports(**capability));
    all_of(native.map(|&removed| async move {
        let site = S::plain().await;
        let subject = site.subject(site.provider_with(S::without(removed), Settings::default()));
        for check in polyhost_conformance::checks().filter(|check| check.needs.is_empty()) {
            assert_eq!(check.run(&subject).await.err().map(|failure| failure.to_string()), None, "without {removed}");
        }
    }))
    .await;
}

/// Runs the suite with each fault of the adapter in turn: it must detect every fault that can occur in the dialect.
pub async fn suite_fails_for_every_fault<S: SimulatedSite>() {
    let passed = all_of(Fault::ALL.iter().map(|fault| passes::<S>(*fault))).await;
    let undetected: Vec<_> =
        Fault::ALL.iter().zip(passed).filter(|(_, passed)| *passed).map(|(fault, _)| fault.sentence()).collect();
    assert!(undetected.is_empty(), "the suite does not detect: {undetected:#?}");
}

/// Returns whether the suite passes for an adapter with a fault that can occur in the dialect. It stops at the first
/// failure.
async fn passes<S: SimulatedSite>(fault: Fault) -> bool {
    let site = S::plain().await;
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

/// Returns the results of the futures in their order. Only two run at a time, because with more, requests would time
/// out.
async fn all_of<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks = stream::iter(futures).map(tokio::spawn).buffered(2);
    tasks.map(Result::unwrap).collect().await
}
