//! A check with its name and what it needs, and the run of all of them.

use futures_util::future::BoxFuture;
use polyhost_domain::Capability;

use crate::{
    Failure, Subject, account, closing, conversions, downloads, errors, failing_uploads, file_changes, files,
    folder_changes, folders, listings, remote_uploads, root, unsupported, upload_tickets, uploads,
};

/// One behaviour that every provider must show.
#[derive(Debug)]
pub struct Check {
    /// The behaviour as a sentence; also the name of the function that checks it.
    pub name: &'static str,
    /// The capabilities without which there is nothing to see.
    pub needs: &'static [Capability],
    pub(crate) function: for<'a> fn(&'a Subject) -> BoxFuture<'a, Result<(), Failure>>,
}

impl Check {
    /// Checks a provider. One that lacks what the check needs passes; that it then refuses is a check of its own.
    ///
    /// # Errors
    /// The first thing that was not as it must be.
    pub async fn run(&self, subject: &Subject) -> Result<(), Failure> {
        if !self.applies_to(subject) {
            return Ok(());
        }
        (self.function)(subject).await.map_err(|failure| failure.in_check(self.name))
    }

    /// Whether the provider has what the check needs.
    #[must_use]
    pub fn applies_to(&self, subject: &Subject) -> bool {
        self.needs.iter().all(|capability| subject.can(*capability))
    }
}

/// The checks by noun. Closing is last.
const ALL: &[&[Check]] = &[
    account::CHECKS,
    unsupported::CHECKS,
    uploads::CHECKS,
    failing_uploads::CHECKS,
    upload_tickets::CHECKS,
    downloads::CHECKS,
    files::CHECKS,
    file_changes::CHECKS,
    folders::CHECKS,
    folder_changes::CHECKS,
    root::CHECKS,
    listings::CHECKS,
    remote_uploads::CHECKS,
    conversions::CHECKS,
    errors::CHECKS,
    closing::CHECKS,
];

/// Every check, in the order in which [`run`] takes them.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().flatten()
}

/// Runs every check, one after the other, and answers what was found: nothing, for a provider that behaves.
///
/// The suite makes what it needs at the site and deletes it again. The last check closes the provider.
pub async fn run(subject: &Subject) -> Vec<Failure> {
    let mut failures = Vec::new();
    for check in checks() {
        failures.extend(check.run(subject).await.err());
    }
    failures
}

/// Names a function of the module as a check, with the capabilities that it needs.
macro_rules! check {
    ($name:ident $(, $need:ident)*) => {
        $crate::Check {
            name: stringify!($name),
            needs: &[$(polyhost_domain::Capability::$need,)*],
            function: |subject| Box::pin($name(subject)),
        }
    };
}
pub(crate) use check;
