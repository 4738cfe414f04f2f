//! Tests of the state in memory: the conformance suite, and what only this store promises.

#![allow(clippy::unwrap_used, clippy::panic, reason = "functions that tests share fail as tests do, by panicking")]

mod alone;
mod conformance;
mod generations;
mod key_value;
mod limiters;
mod windows;

use polyhost_state::{GenerationList, Port, ScopeKey, State, StateError};

#[tokio::test]
async fn clones_of_a_state_share_its_data_and_others_do_not() {
    let state = State::in_memory();
    let scopes = [ScopeKey::new(&"account".into(), "files", "")];
    state.generations.raise(&scopes).await.unwrap();
    let before = state.generations.current(&scopes).await.unwrap();

    let clone = state.clone();
    assert_eq!(clone.generations.current(&scopes).await.unwrap(), before);
    let other = State::in_memory();
    assert_ne!(other.generations.current(&scopes).await.unwrap(), before);
}

#[tokio::test]
async fn debug_output_contains_no_value() {
    let state = State::in_memory();
    let value = bytes::Bytes::from("planted-secret");
    let life = std::time::Duration::from_secs(1);
    state.values.put("key", value, life).await.unwrap();
    let entry = state.values.get("key").await.unwrap();

    let shown = format!("{state:?} {entry:?}");
    assert!(shown.contains("14 bytes"), "{shown}");
    assert!(!shown.contains("planted"), "{shown}");
}

/// Callers replace a port by one that fails, to test their handling of its errors.
#[tokio::test]
async fn port_can_be_replaced() {
    struct Unreachable;

    #[async_trait::async_trait]
    impl polyhost_state::Generations for Unreachable {
        fn known(&self, _scopes: &[ScopeKey]) -> Option<GenerationList> {
            None
        }
        async fn current(&self, _scopes: &[ScopeKey]) -> Result<GenerationList, StateError> {
            Err(unreachable_generations())
        }
        async fn raise(&self, _scopes: &[ScopeKey]) -> Result<(), StateError> {
            Err(unreachable_generations())
        }
    }

    fn unreachable_generations() -> StateError {
        let kind = polyhost_state::StateErrorKind::Unavailable;
        StateError::new(Port::Generations, kind)
    }

    let state = State { generations: std::sync::Arc::new(Unreachable), ..State::in_memory() };
    let error = state.generations.current(&[]).await.unwrap_err();
    assert_eq!(error.port, Port::Generations);
}
