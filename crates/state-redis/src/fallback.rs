//! The count of the calls that this replica's memory answered because Redis did not.

use metrics::counter;

/// The metric, by port.
const FALLBACKS: &str = "polyhost_state_fallback_total";

/// The count of one port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fallback {
    port: &'static str,
}

impl Fallback {
    pub(crate) const fn new(port: &'static str) -> Self {
        Self { port }
    }

    pub(crate) fn count(self) {
        counter!(FALLBACKS, "port" => self.port).increment(1);
    }
}
