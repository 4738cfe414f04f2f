//! Runs the conformance suite for every flavour.

mod support;

use polyhost_adapter_testing::conformance::{conforms, conforms_without_any_capability};
use polyhost_sandbox::xfilesharing::Flavour;
use polyhost_xfilesharing::Quirks;
use support::{Options, Simulated};

async fn flavour_conforms(flavour: Flavour) {
    conforms::<Simulated>(Options::of(flavour), Quirks::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_at_xvideosharing() {
    flavour_conforms(Flavour::Xvs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_at_xfilesharing() {
    flavour_conforms(Flavour::Xfs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_at_doodstream() {
    flavour_conforms(Flavour::Dood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_at_byse() {
    flavour_conforms(Flavour::Byse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_at_voe() {
    flavour_conforms(Flavour::Voe).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_without_each_capability() {
    conforms_without_any_capability::<Simulated>().await;
}
