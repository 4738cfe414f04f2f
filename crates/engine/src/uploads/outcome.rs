//! What the caller of an upload is answered: the evidence decides, not the site's word alone.

use std::future::ready;

use std::time::Duration;

use polyhost_domain::{Delivery, Digest, Error, ErrorKind, File, Result as SiteResult, Sha1Digest, UploadReport};
use tokio::time::sleep;

use super::evidence::{Expected, Verdict};
use super::mismatch;
use crate::accounts::Account;
use crate::emulate::{Sought, Stored, find_upload};
use crate::problem::{Code, Problem};
use crate::scopes::Change;
use crate::users::{PendingUpload, Wanted};

/// A site may still be at work on a file, so a second look comes a while after the first.
const BEFORE_THE_SECOND_LOOK: Duration = Duration::from_secs(2);

/// What was sent.
pub(super) struct Sent {
    /// What the file at the site should be, as far as it was known beforehand.
    pub(super) wanted: Wanted,
    /// Whether the caller has given every byte.
    pub(super) all_arrived: bool,
    /// The digest that the caller has declared.
    pub(super) declared: Option<Sha1Digest>,
    pub(super) expected: Expected,
    pub(super) report: UploadReport,
}

impl Sent {
    /// The caller's own digest is wrong. Of a part of a file nothing can be said.
    fn mismatch(&self) -> Option<Problem> {
        mismatch(self.declared.as_ref(), self.expected.sha1.as_deref().filter(|_| self.all_arrived))
    }

    fn weigh(&self, account: &Account, file: &File) -> Verdict {
        self.expected.weigh(file, account.profile(), self.report.delivery())
    }

    /// What a file that the site did not name is known by. Only a digest that the site can be held to counts.
    fn wanted(&self, account: &Account) -> Wanted {
        let declared = account.profile().digests.contains(&Digest::Sha1);
        let mut wanted = self.wanted.clone();
        wanted.names.extend(self.report.name());
        Wanted { sha1: self.expected.sha1.clone().filter(|_| declared), length: Some(self.expected.length), ..wanted }
    }

    /// The file with its true size.
    fn completed(&self, file: File) -> File {
        File { size: Some(self.expected.length), ..file }
    }
}

/// The file, or why there is none that the caller could rely on.
///
/// The upload stays pending where there may be a file that was not found.
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
        Err(error) => unnamed(account, error, sent, stored, &pending).await,
    };
    let may_still_appear = |problem: &Problem| stored.is_some() || problem.code() == Code::OutcomeUnknown;
    match &settled {
        Ok(file) => pending.resolve(Some(&file.id)),
        Err(problem) if may_still_appear(problem) => pending.leave_unresolved(named.as_ref()),
        Err(_) => pending.resolve(named.as_ref()),
    }
    settled
}

/// A success that arrived after every byte had gone out.
async fn confirmed(account: &Account, file: File, sent: &Sent) -> Result<File, Problem> {
    let file = sent.expected.without_wrong_digests(file, account.profile());
    if let Some(problem) = sent.mismatch() {
        return Err(discard(account, &file, sent, problem).await);
    }
    let verdict = match sent.weigh(account, &file) {
        // The answer reports neither size nor digest.
        Verdict::Unknown => look(account, &file, sent).await.1,
        verdict => verdict,
    };
    match verdict {
        Verdict::Bad(how) => Err(discard(account, &file, sent, corrupted(account, how)).await),
        Verdict::Whole | Verdict::Unknown => Ok(sent.completed(file)),
    }
}

/// A success that arrived before every byte had gone out proves nothing, and the file that it names may be an older one:
/// it is never deleted.
async fn answered_early(account: &Account, file: File, sent: &Sent) -> Result<File, Problem> {
    let (found, verdict) = look(account, &file, sent).await;
    if let Some(problem) = sent.mismatch() {
        return Err(problem.left_behind(&file.id));
    }
    let is_ours = found.as_ref().is_some_and(|found| sent.wanted(account).has_name_of(found));
    let problem = match (verdict, found) {
        (Verdict::Whole, Some(found)) => {
            let file = File { name: found.name.or(file.name), sha1: found.sha1, md5: found.md5, ..file };
            return Ok(sent.completed(file));
        }
        (Verdict::Bad(how), _) if is_ours => corrupted(account, how).left_behind(&file.id),
        _ => {
            let detail = "The site reported success before it had taken the whole file. \
                          Whether its copy is complete is not known.";
            let problem = Problem::new(Code::OutcomeUnknown, detail).caused_at(&file.provider, "upload");
            if is_ours { problem.left_behind(&file.id) } else { problem }
        }
    };
    account.outdate_after_change(&Change::added(&sent.wanted.folder)).await;
    Err(problem)
}

/// No success that names a file. The file is looked for where it may be there.
async fn unnamed(
    account: &Account,
    error: Error,
    sent: &Sent,
    stored: Option<Stored>,
    pending: &PendingUpload,
) -> Result<File, Problem> {
    match (sent.mismatch(), stored) {
        // The site may have compared the digest itself, and said so in words of its own.
        (Some(problem), _) if error.kind() == ErrorKind::Rejected => Err(problem),
        // A copy that is only guessed at is not deleted: it may be an older file of the caller's.
        (Some(problem), Some(Stored::Surely)) => Err(problem.left_behind_unnamed()),
        (Some(problem), Some(Stored::Perhaps)) => {
            Err(problem.and("The site's answer was lost, so the copy may still be there."))
        }
        (None, Some(stored)) if sent.all_arrived => {
            let found = find_upload(account, &Sought { wanted: sent.wanted(account), stored, pending }).await;
            // The folder may have been listed since the answer was lost, and before the file was there.
            account.outdate_after_change(&Change::added(&sent.wanted.folder)).await;
            let whole = found.filter(|file| sent.weigh(account, file) == Verdict::Whole);
            whole.map(|file| sent.completed(file)).ok_or_else(|| error.into())
        }
        _ => Err(error.into()),
    }
}

/// Asks the site for a file, twice where the first answer does not show that the file is whole. Answers what the site
/// has reported last, and what that shows.
async fn look(account: &Account, file: &File, sent: &Sent) -> (Option<File>, Verdict) {
    let first = look_once(account, file, sent).await;
    if first.1 == Verdict::Whole {
        return first;
    }
    sleep(BEFORE_THE_SECOND_LOOK).await;
    let second = look_once(account, file, sent).await;
    if second.0.is_some() { second } else { (first.0, Verdict::Unknown) }
}

async fn look_once(account: &Account, file: &File, sent: &Sent) -> (Option<File>, Verdict) {
    let weighed = |found: Option<File>| {
        let verdict = found.as_ref().map_or(Verdict::Unknown, |found| sent.weigh(account, found));
        (found, verdict)
    };
    let looked = weighed(account.file(&file.id).await.ok());
    if looked.1 != Verdict::Unknown {
        return looked;
    }
    let listing = account.list(&sent.wanted.folder).await.ok();
    let listed = listing.and_then(|listing| listing.files.into_iter().find(|listed| listed.id == file.id));
    if listed.is_some() { weighed(listed) } else { looked }
}

fn corrupted(account: &Account, how: String) -> Problem {
    Problem::new(Code::UploadCorrupted, how).caused_at(&account.profile().origin.provider, "upload")
}

/// Whether the file whose id came in the answer is this upload's. A file of another name was there before.
async fn is_ours(account: &Account, file: &File, sent: &Sent) -> bool {
    account.file(&file.id).await.map_or(true, |found| sent.wanted(account).has_name_of(&found))
}

/// Deletes a bad copy of this upload, and says so where the copy stays.
async fn discard(account: &Account, file: &File, sent: &Sent, problem: Problem) -> Problem {
    if account.pending_uploads().has_received(&file.id) {
        return problem.and("The site answered with the file of another upload.").left_behind(&file.id);
    }
    if !is_ours(account, file, sent).await {
        return problem
            .and("The site answered with a file of another name, which may be an older one.")
            .left_behind(&file.id);
    }
    // It may be listed by now, where it was sent to or wherever the site has put it.
    match account.delete_file(&file.id, None, |_| ready(())).await {
        Ok(()) => problem,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, file = %file.id, "a bad copy stays at the site");
            problem.left_behind(&file.id)
        }
    }
}
