//! The result of an upload for its caller. It is decided by evidence, not only by the site's answer to the upload.

use std::future::ready;

use std::time::Duration;

use polyhost_domain::{
    Capability, Delivery, Digest, Error, ErrorKind, File, Result as SiteResult, Sha1Digest, UploadReport,
};
use tokio::time::sleep;

use super::evidence::{Expected, Verdict};
use super::mismatch;
use crate::accounts::Account;
use crate::emulate::{FileSearch, Stored, find_upload};
use crate::problem::{Code, Problem};
use crate::scopes::Change;
use crate::users::{ExpectedFile, PendingUpload};

/// The pause before the second read of a file. The site may still be processing it at the first one.
const SECOND_READ_DELAY: Duration = Duration::from_secs(2);

/// The upload as it was sent.
pub(super) struct Sent {
    /// The expected properties of the site's file, as far as they were known before the upload.
    pub(super) wanted: ExpectedFile,
    /// Whether all bytes have arrived from the caller.
    pub(super) all_arrived: bool,
    /// The digest that the caller has declared.
    pub(super) declared: Option<Sha1Digest>,
    pub(super) expected: Expected,
    pub(super) report: UploadReport,
}

impl Sent {
    /// Returns the problem of a wrong declared digest. A partial body cannot be checked.
    fn mismatch(&self) -> Option<Problem> {
        mismatch(self.declared.as_ref(), self.expected.sha1.as_deref().filter(|_| self.all_arrived))
    }

    fn weigh(&self, account: &Account, file: &File) -> Verdict {
        self.expected.weigh(file, account.profile(), self.report.delivery())
    }

    /// Returns the properties by which a file without a reported id is found. A digest is included only if the site's
    /// digests are reliable.
    fn wanted(&self, account: &Account) -> ExpectedFile {
        let is_reliable = account.profile().digests.contains(&Digest::Sha1);
        let mut wanted = self.wanted.clone();
        wanted.names.extend(self.report.name());
        ExpectedFile {
            sha1: self.expected.sha1.clone().filter(|_| is_reliable),
            length: Some(self.expected.length),
            ..wanted
        }
    }

    /// Returns the file with its real size.
    fn completed(&self, file: File) -> File {
        File { size: Some(self.expected.length), ..file }
    }
}

/// Returns the uploaded file, or the problem if no complete file can be proved.
///
/// The upload stays pending if the site may have a file that was not found.
pub(super) async fn settle(
    account: &Account,
    outcome: SiteResult<File>,
    sent: &Sent,
    pending: PendingUpload,
) -> Result<File, Problem> {
    pending.learn(sent.wanted(account));
    let named = outcome.as_ref().ok().map(|file| file.id.clone());
    let stored = outcome.as_ref().err().and_then(Stored::from_error);
    let settled = match outcome {
        Ok(file) if sent.report.delivery() == Delivery::Complete => confirmed(account, file, sent).await,
        Ok(file) => answered_early(account, file, sent).await,
        Err(error) => failed(account, error, sent, stored, &pending).await,
    };
    let may_still_appear = |problem: &Problem| stored.is_some() || problem.code() == Code::OutcomeUnknown;
    match &settled {
        Ok(file) => pending.resolve(Some(&file.id)).await,
        Err(problem) if may_still_appear(problem) => pending.leave_unresolved(named.as_ref()).await,
        Err(_) => pending.resolve(named.as_ref()).await,
    }
    settled
}

/// Settles a success that arrived after all bytes were sent.
async fn confirmed(account: &Account, file: File, sent: &Sent) -> Result<File, Problem> {
    let file = sent.expected.without_wrong_digests(file, account.profile());
    if let Some(problem) = sent.mismatch() {
        return Err(discard(account, &file, sent, problem).await);
    }
    let verdict = match sent.weigh(account, &file) {
        // The answer reports neither size nor digest. Some sites report neither anywhere.
        Verdict::Unknown if account.profile().reports_sizes() => inspect(account, &file, sent).await.1,
        verdict => verdict,
    };
    match verdict {
        Verdict::Bad(detail) => Err(discard(account, &file, sent, corrupted(account, detail)).await),
        Verdict::Whole | Verdict::Unknown => Ok(sent.completed(file)),
    }
}

/// Settles a success that arrived before all bytes were sent. Such an answer proves nothing. The file that it names is
/// never deleted, because it may be an older one.
async fn answered_early(account: &Account, file: File, sent: &Sent) -> Result<File, Problem> {
    let (found, verdict) = inspect(account, &file, sent).await;
    if let Some(problem) = sent.mismatch() {
        return Err(problem.left_behind(&file.id));
    }
    let is_ours = found.as_ref().is_some_and(|found| sent.wanted(account).has_name_of(found));
    let problem = match (verdict, found) {
        (Verdict::Whole, Some(found)) => {
            let file = File { name: found.name.or(file.name), sha1: found.sha1, md5: found.md5, ..file };
            return Ok(sent.completed(file));
        }
        (Verdict::Bad(detail), _) if is_ours => corrupted(account, detail).left_behind(&file.id),
        _ => {
            let detail = "The site reported success before it had received the whole file. \
                          Its copy may be incomplete: check it before you send the file again.";
            let problem = Problem::new(Code::OutcomeUnknown, detail).caused_at(&file.provider, "upload");
            if is_ours { problem.left_behind(&file.id) } else { problem }
        }
    };
    account.invalidate(&Change::added(&sent.wanted.folder)).await;
    Err(problem)
}

/// Settles an error, after which the site reports no file. Searches for the file if the site may have stored it.
async fn failed(
    account: &Account,
    error: Error,
    sent: &Sent,
    stored: Option<Stored>,
    pending: &PendingUpload,
) -> Result<File, Problem> {
    match (sent.mismatch(), stored) {
        // The copy is not in the account, so it can be neither found nor deleted there.
        _ if error.kind() == ErrorKind::UploadNotOwned => Err(error.into()),
        // The site may have checked the digest itself, and rejected the upload with an error of its own.
        (Some(problem), _) if error.kind() == ErrorKind::Rejected => Err(problem),
        // A copy without a known id is not deleted: the found file may be an older one of the caller.
        (Some(problem), Some(Stored::Confirmed)) => Err(problem.left_behind_unnamed()),
        (Some(problem), Some(Stored::Unknown)) => {
            Err(problem.and("The site's response was lost, so the site may still have a copy."))
        }
        (None, Some(stored)) if sent.all_arrived => {
            let found = find_upload(account, &FileSearch { wanted: sent.wanted(account), stored, pending }).await;
            // After the response was lost, a listing may have been cached before the file appeared in it.
            account.invalidate(&Change::added(&sent.wanted.folder)).await;
            let whole = found.filter(|file| sent.weigh(account, file) == Verdict::Whole);
            whole.map(|file| sent.completed(file)).ok_or_else(|| error.into())
        }
        _ => Err(error.into()),
    }
}

/// Reads a file from the site, and once more after a pause if the first read does not prove that the file is complete.
/// Returns the last report of the site and its verdict.
async fn inspect(account: &Account, file: &File, sent: &Sent) -> (Option<File>, Verdict) {
    let first = inspect_once(account, file, sent).await;
    if first.1 == Verdict::Whole {
        return first;
    }
    sleep(SECOND_READ_DELAY).await;
    let second = inspect_once(account, file, sent).await;
    if second.0.is_some() { second } else { (first.0, Verdict::Unknown) }
}

async fn inspect_once(account: &Account, file: &File, sent: &Sent) -> (Option<File>, Verdict) {
    let weighed = |found: Option<File>| {
        let verdict = found.as_ref().map_or(Verdict::Unknown, |found| sent.weigh(account, found));
        (found, verdict)
    };
    let read = weighed(account.file(&file.id).await.ok());
    if read.1 != Verdict::Unknown {
        return read;
    }
    let listing = account.list(&sent.wanted.folder).await.ok();
    let listed = listing.and_then(|listing| listing.files.into_iter().find(|listed| listed.id == file.id));
    if listed.is_some() { weighed(listed) } else { read }
}

fn corrupted(account: &Account, detail: String) -> Problem {
    Problem::new(Code::UploadCorrupted, detail).caused_at(&account.profile().origin.provider, "upload")
}

/// Returns whether the file in the site's answer belongs to this upload. A file with another name existed before.
async fn is_ours(account: &Account, file: &File, sent: &Sent) -> bool {
    account.file(&file.id).await.map_or(true, |found| sent.wanted(account).has_name_of(&found))
}

/// Deletes a bad copy of this upload, if the site can delete files. If the copy remains at the site, adds that to the
/// problem.
async fn discard(account: &Account, file: &File, sent: &Sent, problem: Problem) -> Problem {
    if account.pending_uploads().has_received(&file.id) {
        return problem.and("The site answered with the id of another upload's file.").left_behind(&file.id);
    }
    if !is_ours(account, file, sent).await {
        return problem
            .and("The site answered with the id of a file with another name, which may be an older file.")
            .left_behind(&file.id);
    }
    if !account.capabilities().supports(Capability::FilesDelete) {
        return problem.and("The gateway cannot delete files at this site.").left_behind(&file.id);
    }
    // `None`: any listing may already show the copy, because the site may have put it into another folder.
    match account.delete_file(&file.id, None, |_| ready(())).await {
        Ok(()) => problem,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, file = %file.id, "a corrupted upload could not be deleted");
            problem.left_behind(&file.id)
        }
    }
}
