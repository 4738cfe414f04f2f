//! One round of polling: reads many subjects from a site, with as few calls as the site allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, join};
use futures_util::stream::{self, StreamExt as _};
use polyhost_domain::{
    Capability, Conversion, ConversionQuery, Error, ErrorKind, FileId, FileLookup, Found, RemoteUpload, RemoteUploadId,
    RemoteUploadSelection, Support,
};

use super::state::{Failure, SubjectState};
use super::subject::Subject;
use crate::accounts::Account;
use crate::completions::Completions;
use crate::emulate;
use crate::problem::Problem;

/// The maximum number of concurrent calls for single subjects.
const MAX_CONCURRENT: usize = 8;
/// The maximum number of jobs that one call requests.
const MAX_JOBS: u32 = 100;

/// The result of a poll for one subject.
pub(super) enum Outcome {
    /// The site has reported its state.
    Known(SubjectState),
    /// The subject exists, but the site reports no state, because there is none yet or no longer.
    NoState,
    /// The call has failed.
    Failed(Arc<Failure>),
}

type Answer<T> = Result<T, Arc<Failure>>;

/// Reads subjects from the site. Before this returns a remote upload as succeeded for the first time, it invalidates
/// the cached listings of the account.
pub(super) async fn query(
    account: &Account,
    completions: &Completions,
    subjects: Vec<Subject>,
) -> Vec<(Subject, Outcome)> {
    let (mut uploads, mut files) = (Vec::new(), Vec::new());
    for subject in subjects {
        match subject {
            Subject::RemoteUpload(id) => uploads.push(id),
            Subject::Conversions(file) => files.push(file),
        }
    }
    let (uploads, conversions) = join(remote_uploads(account, uploads), conversions(account, files)).await;
    let found: Vec<RemoteUpload> = uploads.values().filter_map(|upload| upload.as_ref().ok()?.clone()).collect();
    completions.notice(account, &found).await;

    let uploads = uploads.into_iter().map(|(id, answer)| {
        let subject = Subject::RemoteUpload(id);
        let outcome = match answer {
            Ok(Some(upload)) => known(SubjectState::of_remote_upload(&upload)),
            Ok(None) => Outcome::Failed(Arc::new(subject.missing(account).into())),
            Err(failure) => Outcome::Failed(failure),
        };
        (subject, outcome)
    });
    let conversions = conversions.into_iter().map(|(file, answer)| {
        let subject = Subject::Conversions(file);
        let outcome = match answer {
            Ok(Some(conversions)) if conversions.is_empty() => Outcome::NoState,
            Ok(Some(conversions)) => known(SubjectState::of_conversions(&conversions)),
            Ok(None) => Outcome::Failed(Arc::new(subject.missing(account).into())),
            Err(failure) => Outcome::Failed(failure),
        };
        (subject, outcome)
    });
    uploads.chain(conversions).collect()
}

fn known(state: serde_json::Result<SubjectState>) -> Outcome {
    match state {
        Ok(state) => Outcome::Known(state),
        // This cannot happen: the objects consist of texts and numbers, which can always be serialized.
        Err(_) => Outcome::Failed(Arc::new(Problem::internal().into())),
    }
}

/// Reads remote uploads; `None` if there is none with the id. Several are first searched in the list of recent uploads,
/// if the site has such a list, because that is one call for many.
async fn remote_uploads(
    account: &Account,
    mut ids: Vec<RemoteUploadId>,
) -> BTreeMap<RemoteUploadId, Answer<Option<RemoteUpload>>> {
    let mut answers = BTreeMap::new();
    if ids.len() > 1 && account.capabilities().support(Capability::RemoteUploadsList) == Support::Native {
        let recent = account.remote_uploads(RemoteUploadSelection::Recent(MAX_JOBS)).await;
        match recent {
            Ok(recent) => {
                let wanted = |upload: &RemoteUpload| ids.binary_search(&upload.id).is_ok();
                let found = recent.items.into_iter().filter(wanted);
                answers.extend(found.map(|upload| (upload.id.clone(), Ok(Some(upload)))));
                ids.retain(|id| !answers.contains_key(id));
            }
            Err(error) => return all_failed(ids, error),
        }
    }
    answers.extend(one_by_one(ids, |id| remote_upload(account, id).boxed()).await);
    answers
}

/// Reads one remote upload. An unknown id is either `None` or the site's error.
async fn remote_upload(account: &Account, id: RemoteUploadId) -> Result<Option<RemoteUpload>, Error> {
    let selection = RemoteUploadSelection::Ids(vec![id]);
    account.remote_uploads(selection).await.map(|mut found| found.pop())
}

/// Reads the conversions of files; `None` if a file does not exist. One call lists the conversions of all files. Files
/// that a truncated list lacks are read one by one.
async fn conversions(account: &Account, files: Vec<FileId>) -> BTreeMap<FileId, Answer<Option<Vec<Conversion>>>> {
    let mut found: BTreeMap<FileId, Vec<Conversion>> = BTreeMap::new();
    let mut rest = files.clone();
    if files.len() > 1 {
        match jobs(account, None).await {
            Ok(jobs) => {
                // A list may lack conversions because of its limit or of unreadable entries.
                let is_complete = jobs.items.len() < MAX_JOBS as usize && jobs.unreadable == 0;
                for job in jobs.items {
                    if let Some(file) = job.file_id.clone().filter(|file| files.binary_search(file).is_ok()) {
                        found.entry(file).or_default().push(job);
                    }
                }
                rest.retain(|file| !is_complete && !found.contains_key(file));
            }
            Err(error) => return all_failed(files, error),
        }
    }
    let results = one_by_one(rest, |file| jobs(account, Some(file)).boxed()).await;
    let mut answers: BTreeMap<_, _> =
        results.into_iter().map(|(file, jobs)| (file, jobs.map(|jobs| Some(jobs.items)))).collect();
    answers.extend(found.into_iter().map(|(file, jobs)| (file, Ok(Some(jobs)))));
    let has_conversions =
        |file: &FileId| answers.get(file).is_some_and(|jobs| !matches!(jobs, Ok(Some(jobs)) if jobs.is_empty()));
    let unconfirmed: Vec<FileId> = files.into_iter().filter(|file| !has_conversions(file)).collect();
    answers.extend(check_existence(account, unconfirmed).await);
    answers
}

async fn jobs(account: &Account, file: Option<FileId>) -> Result<Found<Conversion>, Error> {
    account.conversions(ConversionQuery { file, limit: MAX_JOBS }).await
}

/// Checks whether files without conversions exist, because sites answer alike for these and for missing files.
async fn check_existence(account: &Account, files: Vec<FileId>) -> BTreeMap<FileId, Answer<Option<Vec<Conversion>>>> {
    let mut answers = BTreeMap::new();
    let can_read = account.capabilities().supports(Capability::FilesRead);
    for batch in files.chunks(account.profile().max_batch.max(1)) {
        let lookups = if can_read { emulate::files(account, batch).await } else { Ok(Vec::new()) };
        let lookups = match lookups {
            Ok(lookups) => lookups.into_iter().map(Some).chain(std::iter::repeat(None)),
            Err(error) => {
                answers.append(&mut all_failed(batch.to_vec(), error));
                continue;
            }
        };
        answers.extend(batch.iter().cloned().zip(lookups.map(existence)));
    }
    answers
}

fn existence(lookup: Option<FileLookup>) -> Answer<Option<Vec<Conversion>>> {
    match lookup {
        Some(FileLookup::Failed(error)) if error.kind() == ErrorKind::FileNotFound => Ok(None),
        Some(FileLookup::Failed(error)) => Err(Arc::new(error.into())),
        Some(FileLookup::Found(_) | FileLookup::Broken(..)) | None => Ok(Some(Vec::new())),
    }
}

/// Calls `query` for each key, a few at a time. After an error that concerns the whole site, the remaining keys fail
/// with it, too, without a call.
async fn one_by_one<'a, K: Clone + Ord, T>(
    keys: Vec<K>,
    query: impl Fn(K) -> BoxFuture<'a, Result<T, Error>>,
) -> BTreeMap<K, Answer<T>> {
    let calls: Vec<_> = keys.iter().map(|key| query(key.clone()).map(move |answer| (key, answer))).collect();
    let mut results = stream::iter(calls).buffer_unordered(MAX_CONCURRENT);
    let mut answers = BTreeMap::new();
    while let Some((key, answer)) = results.next().await {
        match answer {
            Err(error) if concerns_whole_site(error.kind()) => {
                let rest = keys.iter().filter(|key| !answers.contains_key(*key)).cloned().collect();
                answers.append(&mut all_failed(rest, error));
                return answers;
            }
            answer => answers.insert(key.clone(), answer.map_err(|error| Arc::new(error.into()))),
        };
    }
    answers
}

fn all_failed<K: Ord, T>(keys: Vec<K>, error: Error) -> BTreeMap<K, Answer<T>> {
    let failure = Arc::new(Failure::from(error));
    keys.into_iter().map(|key| (key, Err(Arc::clone(&failure)))).collect()
}

/// Returns whether calls for other subjects would fail in the same way.
fn concerns_whole_site(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::CredentialsRejected
            | ErrorKind::SessionContended
            | ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
    )
}
