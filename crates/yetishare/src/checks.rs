//! Checks of the session and the folder before writes.
//!
//! The check of the session is optional: if its endpoint is broken, it is skipped, because the write may still work.
//! The check of a folder is required: if its endpoint is broken, the folder's listing is used instead.

use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use polyhost_upstream::{ActiveGrant, Login as _, measure};
use tokio::time::Instant;

use crate::client::Site;

/// Checks that a folder exists and that the session is valid, and returns the session's grant.
///
/// Some versions of the script accept any number as a folder, or a folder in the trash. They store the file where it is
/// not visible. Therefore the folder's own endpoint is called first, and its listing if that endpoint is broken. The
/// root always exists, so only the session is checked for it.
///
/// # Errors
/// - `FolderNotFound`
/// - The error of the login, or of a limit of the site.
/// - The error of the check, where both endpoints are broken.
pub(crate) async fn verify_target(site: &Site, folder: &FolderId) -> Result<ActiveGrant> {
    let deadline = site.http.deadline();
    if *folder == FolderId::Root {
        return match site.check_session(half_of(deadline)).await {
            Err(error) if is_inconclusive(site, &error) => {
                record_skipped(site, &error);
                site.session.held(deadline).await
            }
            outcome => outcome,
        };
    }
    match site.check_folder(folder, half_of(deadline)).await {
        Err(error) if is_inconclusive(site, &error) => {
            record_skipped(site, &error);
            match site.check_listing(folder, half_of(deadline)).await {
                Err(second) if is_inconclusive(site, &second) => Err(error),
                outcome => outcome,
            }
        }
        outcome => outcome,
    }
}

/// Returns a deadline after half of the remaining time. The other half is for the write that follows.
fn half_of(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / 2
}

/// Returns whether an error shows only that the check's endpoint is broken, and proves nothing about folder or session.
fn is_inconclusive(site: &Site, error: &Error) -> bool {
    let is_of_the_login = error.operation() == Some(site.authenticator.operation());
    let is_conclusive = matches!(
        error.kind(),
        ErrorKind::FolderNotFound
            | ErrorKind::CredentialsRejected
            | ErrorKind::SessionContended
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Internal
    );
    !is_of_the_login && !is_conclusive
}

fn record_skipped(site: &Site, error: &Error) {
    let operation = error.operation().unwrap_or("check");
    measure::check_skipped(&site.http.origin().provider, operation);
    tracing::debug!(%error, "a check before a write failed and was skipped");
}
