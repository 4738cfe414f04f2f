//! Reads many files. If the site can read only one file at a time, a few are read concurrently.

use futures_util::{StreamExt as _, stream};
use polyhost_domain::{Capability, Error, ErrorKind, FileId, FileLookup, Result, Support};
use tokio::time::{Instant, timeout_at};

use super::MAX_TIME;
use crate::accounts::Account;

/// The number of files that are read concurrently.
const MAX_CONCURRENT: usize = 8;

/// Returns one result for each id, in the order of the ids.
///
/// # Errors
/// The site's error. If files are read one by one, an error is returned only if every read failed with the same kind.
pub async fn files(account: &Account, ids: &[FileId]) -> Result<Vec<FileLookup>> {
    if account.capabilities().support(Capability::FilesLookup) == Support::Native {
        return account.files(ids).await;
    }
    let until = Instant::now() + MAX_TIME;
    let reads: Vec<_> = ids.iter().map(|id| read(account, id, until)).collect();
    let outcomes: Vec<Result<FileLookup>> = stream::iter(reads).buffered(MAX_CONCURRENT).collect().await;
    match common_error(&outcomes) {
        Some(error) => Err(error.clone()),
        None => Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(FileLookup::Failed)).collect()),
    }
}

/// Returns the first error if all reads failed with errors of the same kind.
fn common_error(outcomes: &[Result<FileLookup>]) -> Option<&Error> {
    let first = outcomes.first()?.as_ref().err()?;
    let same_kind = |outcome: &Result<FileLookup>| outcome.as_ref().is_err_and(|error| error.kind() == first.kind());
    outcomes.iter().all(same_kind).then_some(first)
}

async fn read(account: &Account, id: &FileId, until: Instant) -> Result<FileLookup> {
    let read = account.files(std::slice::from_ref(id));
    let answers = timeout_at(until, read).await.map_err(|_| out_of_time())??;
    answers.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Internal))
}

fn out_of_time() -> Error {
    let detail = "The site did not return all files in time. Request fewer files at once.";
    Error::new(ErrorKind::Timeout).retryable(true).with_detail(detail)
}
