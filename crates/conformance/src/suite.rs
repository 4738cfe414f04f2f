//! The list of all checks, and the function that runs them.

use crate::{
    Check, Failure, Subject, account, closing, conversions, downloads, errors, failing_uploads, file_changes, files,
    folder_changes, folders, listings, remote_uploads, root, unsupported, upload_tickets, uploads,
};

/// The checks by module. Closing is last.
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

/// Returns every check, in the order in which [`run`] runs them.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().flatten()
}

/// Runs every check, one after the other, and returns the failures. A correct provider has none.
///
/// The suite creates the objects that it needs at the site, and deletes them again. The last check closes the provider.
pub async fn run(subject: &Subject) -> Vec<Failure> {
    let mut failures = Vec::new();
    for check in checks() {
        failures.extend(check.run(subject).await.err());
    }
    failures
}
