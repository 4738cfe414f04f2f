//! Checks before writes. One that only protects is skipped where the site cannot answer it: the write may work all the
//! same. One that decides asks the next best source.

use polyhost_domain::{Error, ErrorKind, FolderId, Result};
use polyhost_upstream::{Held, Login as _, measure};
use tokio::time::Instant;

use crate::client::Site;

/// Makes sure of a folder and of the session, and returns the grant.
///
/// Some versions of the script accept any number for a folder, or one that is in the trash, and put what they get where
/// nobody finds it. So the folder's own endpoint decides, and where that is broken the listing of the folder. The root
/// always exists; there only the session is checked.
///
/// # Errors
/// - `FolderNotFound`
/// - The login's; a limit of the site.
/// - The check's own, where neither source can be asked.
pub(crate) async fn make_sure_of(site: &Site, folder: &FolderId) -> Result<Held> {
    let deadline = site.http.deadline();
    if *folder == FolderId::Root {
        return match site.check_session(half_of(deadline)).await {
            Err(error) if cannot_be_asked(site, &error) => {
                skip(site, &error);
                site.session.held(deadline).await
            }
            outcome => outcome,
        };
    }
    match site.check_folder(folder, half_of(deadline)).await {
        Err(error) if cannot_be_asked(site, &error) => {
            skip(site, &error);
            match site.check_listing(folder, half_of(deadline)).await {
                Err(second) if cannot_be_asked(site, &second) => Err(error),
                outcome => outcome,
            }
        }
        outcome => outcome,
    }
}

/// The write that follows needs its share of the time.
fn half_of(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / 2
}

/// Whether an error is about the check's own endpoint, and decides nothing.
fn cannot_be_asked(site: &Site, error: &Error) -> bool {
    let is_of_the_login = error.operation() == Some(site.door.operation());
    let decides = matches!(
        error.kind(),
        ErrorKind::FolderNotFound
            | ErrorKind::CredentialsRejected
            | ErrorKind::SessionContended
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Internal
    );
    !is_of_the_login && !decides
}

fn skip(site: &Site, error: &Error) {
    let operation = error.operation().unwrap_or("check");
    measure::check_skipped(&site.http.origin().provider, operation);
    tracing::debug!(%error, "a check before a write cannot be made");
}
