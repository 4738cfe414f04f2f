//! The observations that the adapter and the connection make during an upload.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

/// The observations of one upload, shared by the gateway, the adapter and the connection. Clones share them.
///
/// They can still be read after the upload has ended with an error.
#[derive(Clone, Default)]
pub struct UploadReport(Arc<Mutex<Observed>>);

#[derive(Default)]
struct Observed {
    delivery: Delivery,
    name: Option<String>,
    delete_url: Option<Url>,
}

/// The part of a file that had been sent when the site reported a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// The site has not reported a success.
    #[default]
    Unanswered,
    /// Every byte had been sent before the success arrived.
    Complete,
    /// The success arrived too early. Later, every byte was sent.
    Late,
    /// The success arrived too early. The remaining bytes were not sent.
    Partial,
}

impl UploadReport {
    /// Returns the amount that had been sent when the success arrived.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.observed().delivery
    }

    /// Records the amount that had been sent when the success arrived.
    pub fn note_delivery(&self, delivery: Delivery) {
        self.observed().delivery = delivery;
    }

    /// Returns the file's name as the site's answer reports it.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.observed().name.clone()
    }

    /// Records the file's name as the site's answer reports it.
    pub fn note_name(&self, name: Option<&str>) {
        self.observed().name = name.map(str::to_owned);
    }

    /// Returns the address that deletes the file, where the site's answer reports one. It is the owner's secret.
    #[must_use]
    pub fn delete_url(&self) -> Option<Url> {
        self.observed().delete_url.clone()
    }

    /// Records the address that deletes the file.
    pub fn note_delete_url(&self, url: Option<Url>) {
        self.observed().delete_url = url;
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for UploadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observed = self.observed();
        f.debug_struct("UploadReport").field("delivery", &observed.delivery).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_shared_and_hides_the_delete_url() {
        let report = UploadReport::default();
        report.clone().note_delivery(Delivery::Late);
        report.clone().note_delete_url("https://site.example/abc~d?secret".parse().ok());
        assert_eq!(report.delivery(), Delivery::Late);
        assert_eq!(report.delete_url().unwrap().query(), Some("secret"));
        assert!(!format!("{report:?}").contains("secret"));
    }
}
