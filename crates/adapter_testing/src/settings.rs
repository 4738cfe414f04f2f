//! The settings of adapters under test.

use std::time::Duration;

use polyhost_domain::Origin;
use polyhost_state::State;
use polyhost_upstream::{Client, Settings, Shared};

/// Returns settings with timeouts that are short enough for a test, and a small limit for answers.
#[must_use]
pub fn short_timeouts() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(2),
        attempt_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_secs(1),
        upload_answer_timeout: Duration::from_millis(1_200),
        max_response: 200_000,
        ..Settings::default()
    }
}

/// Returns a client without pacing, retries and circuits, which `polyhost-upstream` tests.
#[must_use]
pub fn client(origin: &Origin, base_url: &str, settings: Settings, state: &State) -> Client {
    let settings = Settings { requests_per_second: 0.0, retries: 0, circuit_failures: 0, ..settings };
    Client::new(origin.clone(), &base_url.parse().unwrap(), settings, &Shared::new(state)).unwrap()
}
