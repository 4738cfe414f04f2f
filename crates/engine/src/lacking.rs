//! Capabilities that a site's answer has shown to be unsupported: the endpoint is missing or disabled.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use polyhost_domain::{Capabilities, Capability, Error, ErrorKind, Support};
use tokio::time::Instant;

/// The time for which a capability is treated as unsupported. After that, the next request is sent to the site again.
const EXPIRY: Duration = Duration::from_secs(10 * 60);

/// The capabilities that an account's site has reported as unsupported, each with the end of its `EXPIRY`.
#[derive(Default)]
pub(crate) struct Lacking(Mutex<BTreeMap<Capability, Instant>>);

impl Lacking {
    /// Records the capability of an `Unsupported` error that carries an answer of the site. Other errors are ignored.
    pub(crate) fn note(&self, error: &Error) {
        if let (ErrorKind::Unsupported(capability), Some(_)) = (error.kind(), error.answer()) {
            tracing::info!(%capability, "the site does not support this; the capability is disabled for 10 minutes");
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(capability, Instant::now() + EXPIRY);
        }
    }

    /// Returns `native` without the recorded capabilities, or `None` if there are none.
    pub(crate) fn without(&self, native: &Capabilities) -> Option<Capabilities> {
        let now = Instant::now();
        let mut lacking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lacking.retain(|_, until| *until > now);
        let remove = |all: Capabilities, lacking: &Capability| all.with(*lacking, Support::Unsupported);
        (!lacking.is_empty()).then(|| lacking.keys().fold(native.clone(), remove))
    }
}

#[cfg(test)]
mod tests {
    use polyhost_domain::UpstreamAnswer;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lacking_capability_is_unsupported_for_ten_minutes() {
        let native = Capabilities::native(&[Capability::FilesCopy, Capability::FilesMove]);
        let lacking = Lacking::default();
        assert!(lacking.without(&native).is_none());
        lacking.note(&Error::unsupported(Capability::FilesCopy));
        assert!(lacking.without(&native).is_none(), "this error carries no answer of the site");
        lacking.note(&Error::unsupported(Capability::FilesCopy).with_answer(UpstreamAnswer::default()));
        let now = lacking.without(&native).unwrap();
        assert!(!now.supports(Capability::FilesCopy) && now.supports(Capability::FilesMove));
        tokio::time::advance(EXPIRY - Duration::from_secs(1)).await;
        assert!(lacking.without(&native).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(lacking.without(&native).is_none());
    }
}
