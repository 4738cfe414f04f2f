//! One round of questions to a site: about many subjects, in as few calls as the site allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, join};
use futures_util::stream::{self, StreamExt as _};
use polyhost_domain::{
    Capability, Conversion, ConversionQuery, Error, ErrorKind, FileId, FileLookup, Found, RemoteUpload, RemoteUploadId,
    RemoteUploadSelection, Support,
};

use super::state::{State, Trouble};
use super::subject::Subject;
use crate::accounts::Account;
use crate::completions::Completions;
use crate::emulate;
use crate::problem::Problem;

/// How many single questions are under way at a time.
const SIDE_BY_SIDE: usize = 8;
/// The most jobs that a site tells of in one answer.
const MOST: u32 = 100;

/// What a question about a subject has led to.
pub(super) enum Outcome {
    /// The site has told of it.
    Known(State),
    /// It is there, and the site tells nothing of it: nothing yet, or nothing any more.
    NothingNew,
    /// It could not be asked for.
    Failed(Arc<Trouble>),
}

type Answer<T> = Result<T, Arc<Trouble>>;

/// Asks for subjects. What was cached of the account is out of date when this tells of a remote upload that is done.
pub(super) async fn ask(
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
            Ok(Some(upload)) => known(State::of_remote_upload(&upload)),
            Ok(None) => Outcome::Failed(Arc::new(subject.missing(account).into())),
            Err(trouble) => Outcome::Failed(trouble),
        };
        (subject, outcome)
    });
    let conversions = conversions.into_iter().map(|(file, answer)| {
        let subject = Subject::Conversions(file);
        let outcome = match answer {
            Ok(Some(conversions)) if conversions.is_empty() => Outcome::NothingNew,
            Ok(Some(conversions)) => known(State::of_conversions(&conversions)),
            Ok(None) => Outcome::Failed(Arc::new(subject.missing(account).into())),
            Err(trouble) => Outcome::Failed(trouble),
        };
        (subject, outcome)
    });
    uploads.chain(conversions).collect()
}

fn known(state: serde_json::Result<State>) -> Outcome {
    match state {
        Ok(state) => Outcome::Known(state),
        // What cannot be serialized does not exist here: the objects are made of texts and numbers.
        Err(_) => Outcome::Failed(Arc::new(Problem::internal().into())),
    }
}

/// Several are looked for among the recent ones first, where the site lists these: that is one question for many.
/// `None`: there is none with this id.
async fn remote_uploads(
    account: &Account,
    mut ids: Vec<RemoteUploadId>,
) -> BTreeMap<RemoteUploadId, Answer<Option<RemoteUpload>>> {
    let mut answers = BTreeMap::new();
    if ids.len() > 1 && account.capabilities().support(Capability::RemoteUploadsList) == Support::Native {
        let recent = account.remote_uploads(RemoteUploadSelection::Recent(MOST)).await;
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

/// `None`, or the site's own words: there is none with this id.
async fn remote_upload(account: &Account, id: RemoteUploadId) -> Result<Option<RemoteUpload>, Error> {
    let selection = RemoteUploadSelection::Ids(vec![id]);
    account.remote_uploads(selection).await.map(|mut found| found.pop())
}

/// The conversions of all files are one question; what is not in a full answer is asked for file by file.
/// `None`: there is no such file.
async fn conversions(account: &Account, files: Vec<FileId>) -> BTreeMap<FileId, Answer<Option<Vec<Conversion>>>> {
    let mut found: BTreeMap<FileId, Vec<Conversion>> = BTreeMap::new();
    let mut rest = files.clone();
    if files.len() > 1 {
        match jobs(account, None).await {
            Ok(jobs) => {
                // What a list does not show, because it ends or cannot be read, is asked for file by file.
                let is_whole = jobs.items.len() < MOST as usize && jobs.unreadable == 0;
                for job in jobs.items {
                    if let Some(file) = job.file_id.clone().filter(|file| files.binary_search(file).is_ok()) {
                        found.entry(file).or_default().push(job);
                    }
                }
                rest.retain(|file| !is_whole && !found.contains_key(file));
            }
            Err(error) => return all_failed(files, error),
        }
    }
    let asked = one_by_one(rest, |file| jobs(account, Some(file)).boxed()).await;
    let mut answers: BTreeMap<_, _> =
        asked.into_iter().map(|(file, jobs)| (file, jobs.map(|jobs| Some(jobs.items)))).collect();
    answers.extend(found.into_iter().map(|(file, jobs)| (file, Ok(Some(jobs)))));
    let is_told =
        |file: &FileId| answers.get(file).is_some_and(|jobs| !matches!(jobs, Ok(Some(jobs)) if jobs.is_empty()));
    let untold: Vec<FileId> = files.into_iter().filter(|file| !is_told(file)).collect();
    answers.extend(exist(account, untold).await);
    answers
}

async fn jobs(account: &Account, file: Option<FileId>) -> Result<Found<Conversion>, Error> {
    account.conversions(ConversionQuery { file, limit: MOST }).await
}

/// Sites answer alike for files without conversions and for files that are not there; so the files are asked for.
async fn exist(account: &Account, files: Vec<FileId>) -> BTreeMap<FileId, Answer<Option<Vec<Conversion>>>> {
    let mut answers = BTreeMap::new();
    let can_tell = account.capabilities().supports(Capability::FilesRead);
    for batch in files.chunks(account.profile().max_batch.max(1)) {
        let lookups = if can_tell { emulate::files(account, batch).await } else { Ok(Vec::new()) };
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

/// Asks for each, a few at a time. What does not work for one may work for the next, unless the site is not to be
/// talked to: then it is left alone.
async fn one_by_one<'a, K: Clone + Ord, T>(
    keys: Vec<K>,
    ask: impl Fn(K) -> BoxFuture<'a, Result<T, Error>>,
) -> BTreeMap<K, Answer<T>> {
    let questions: Vec<_> = keys.iter().map(|key| ask(key.clone()).map(move |answer| (key, answer))).collect();
    let mut asked = stream::iter(questions).buffer_unordered(SIDE_BY_SIDE);
    let mut answers = BTreeMap::new();
    while let Some((key, answer)) = asked.next().await {
        match answer {
            Err(error) if is_about_the_site(error.kind()) => {
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
    let trouble = Arc::new(Trouble::from(error));
    keys.into_iter().map(|key| (key, Err(Arc::clone(&trouble)))).collect()
}

/// Whether the next question would not fare better.
fn is_about_the_site(kind: ErrorKind) -> bool {
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
