//! What is observed of an upload while it runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

/// Observations of one upload, shared by the gateway, the adapter and the connection. Clones share them.
///
/// They stay readable when the upload ends with an error.
#[derive(Clone, Default)]
pub struct UploadReport(Arc<Mutex<Observed>>);

#[derive(Default)]
struct Observed {
    delivery: Delivery,
    name: Option<String>,
    delete_url: Option<Url>,
}

/// How much of a file had gone out to the site when the site answered with a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// No success has arrived.
    #[default]
    Unanswered,
    /// Every byte had gone out before the success arrived.
    Complete,
    /// The success arrived too early. Every byte went out in the end.
    Late,
    /// The success arrived too early. The rest did not go out.
    Partial,
}

impl UploadReport {
    /// How much had gone out when the success arrived.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.observed().delivery
    }

    /// Notes how much had gone out when the success arrived.
    pub fn note_delivery(&self, delivery: Delivery) {
        self.observed().delivery = delivery;
    }

    /// The file's name as the answer reports it.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.observed().name.clone()
    }

    /// Notes the file's name as the answer reports it.
    pub fn note_name(&self, name: Option<&str>) {
        self.observed().name = name.map(str::to_owned);
    }

    /// The address that deletes the file, where the answer reports one. It is a secret of the file's owner.
    #[must_use]
    pub fn delete_url(&self) -> Option<Url> {
        self.observed().delete_url.clone()
    }

    /// Notes the address that deletes the file.
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
