//! The suite passes for a provider that behaves, in every manner that a profile can name.
#![allow(clippy::unwrap_used, reason = "what a test sets up is there")]

mod reference;

use polyhost_conformance::run;
use polyhost_domain::{Capabilities, Capability, DeleteSemantics, ListingShape, Support};

use reference::{Manner, subject};

#[tokio::test]
async fn a_provider_that_behaves_passes() {
    assert_eq!(run(&subject(&Manner::default())).await, []);
}

#[tokio::test]
async fn a_provider_with_a_trash_passes() {
    let manner = Manner { delete: DeleteSemantics::Trash, ..Manner::default() };
    assert_eq!(run(&subject(&manner)).await, []);
}

#[tokio::test]
async fn a_provider_that_pages_its_listings_passes() {
    let manner = Manner { listing: ListingShape::Paged, ..Manner::default() };
    assert_eq!(run(&subject(&manner)).await, []);
}

#[tokio::test]
async fn a_provider_that_answers_changes_with_nothing_passes() {
    let manner = Manner { answers_changes: false, ..Manner::default() };
    assert_eq!(run(&subject(&manner)).await, []);
}

#[tokio::test]
async fn a_provider_that_lacks_any_one_capability_passes() {
    for capability in Capability::ALL {
        let capabilities = Manner::default().capabilities.with(*capability, Support::Unsupported);
        let manner = Manner { capabilities, ..Manner::default() };
        assert_eq!(run(&subject(&manner)).await, [], "without {capability}");
    }
}

#[tokio::test]
async fn a_provider_that_has_any_one_capability_alone_passes() {
    for capability in Capability::ALL {
        let manner = Manner { capabilities: Capabilities::native(&[*capability]), ..Manner::default() };
        assert_eq!(run(&subject(&manner)).await, [], "with {capability} alone");
    }
}
