//! Capabilities that a site was seen to lack: by its own words it has no such endpoint, or has it switched off.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use polyhost_domain::{Capabilities, Capability, Error, ErrorKind, Support};
use tokio::time::Instant;

/// How long such an answer holds. Then the site is asked again.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// What an account's site was seen to lack lately.
#[derive(Default)]
pub(crate) struct Lacking(Mutex<BTreeMap<Capability, Instant>>);

impl Lacking {
    /// Notes the error of a call, if the site itself says that it does not support it.
    pub(crate) fn note(&self, error: &Error) {
        if let (ErrorKind::Unsupported(capability), Some(_)) = (error.kind(), error.answer()) {
            tracing::info!(%capability, "the site says that it does not support this; it is asked again in 10 minutes");
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(capability, Instant::now() + MEMORY);
        }
    }

    /// These capabilities without what the site lacks. `None`: it was not seen to lack any.
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
        assert!(lacking.without(&native).is_none(), "the site did not say so");
        lacking.note(&Error::unsupported(Capability::FilesCopy).with_answer(UpstreamAnswer::default()));
        let now = lacking.without(&native).unwrap();
        assert!(!now.supports(Capability::FilesCopy) && now.supports(Capability::FilesMove));
        tokio::time::advance(MEMORY - Duration::from_secs(1)).await;
        assert!(lacking.without(&native).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(lacking.without(&native).is_none());
    }
}
