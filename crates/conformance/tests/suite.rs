//! Tests that the suite passes for a correct provider, in every variant that a profile can describe.
#![allow(clippy::unwrap_used, reason = "a test may panic when its own setup fails")]

mod reference;

use polyhost_conformance::run;
use polyhost_domain::{Capabilities, Capability, DeleteSemantics, ListingShape, Support};

use reference::{Variant, subject};

#[tokio::test]
async fn correct_provider_passes() {
    assert_eq!(run(&subject(&Variant::default())).await, []);
}

#[tokio::test]
async fn provider_with_a_trash_passes() {
    let variant = Variant { delete: DeleteSemantics::Trash, ..Variant::default() };
    assert_eq!(run(&subject(&variant)).await, []);
}

#[tokio::test]
async fn provider_with_paged_listings_passes() {
    let variant = Variant { listing: ListingShape::Paged, ..Variant::default() };
    assert_eq!(run(&subject(&variant)).await, []);
}

#[tokio::test]
async fn provider_with_empty_answers_to_changes_passes() {
    let variant = Variant { answers_changes: false, ..Variant::default() };
    assert_eq!(run(&subject(&variant)).await, []);
}

#[tokio::test]
async fn provider_without_one_capability_passes() {
    for capability in Capability::ALL {
        let capabilities = Variant::default().capabilities.with(*capability, Support::Unsupported);
        let variant = Variant { capabilities, ..Variant::default() };
        assert_eq!(run(&subject(&variant)).await, [], "without {capability}");
    }
}

#[tokio::test]
async fn provider_with_only_one_capability_passes() {
    for capability in Capability::ALL {
        let variant = Variant { capabilities: Capabilities::native(&[*capability]), ..Variant::default() };
        assert_eq!(run(&subject(&variant)).await, [], "with {capability} alone");
    }
}
