//! An upload on its way through: bytes counted and digested as they pass, the outcome held against what was declared.

mod arriving;
mod declared;
mod digests;
pub mod form;
mod spool;
mod spooling;

use std::sync::Arc;

use jiff::Timestamp;
use polyhost_domain::{
    Capability, Digest, EntryName, Error, ErrorKind, File, FolderId, Limits, Sha1Digest, Upload, UploadBody,
};

pub use arriving::{Arriving, Refusal};
pub use declared::Declared;
pub use spool::Spool;

use crate::accounts::Account;
use crate::catalogue::Change;
use crate::emulate::{Sought, Stored, find_upload};
use crate::problem::{Code, Problem};
use digests::{Digesting, Digests};
use spooling::{Bounds, Spooling};

/// What a caller declares about an upload, and the bytes.
pub struct Incoming {
    /// The file's name.
    pub name: EntryName,
    /// The folder that is to hold it.
    pub folder: FolderId,
    /// The media type.
    pub content_type: Option<String>,
    /// The digest that the bytes will have.
    pub sha1: Option<Sha1Digest>,
    /// The bytes.
    pub body: Arriving,
}

/// What a body is held to.
pub struct Terms {
    /// The most bytes that it may have.
    pub most: u64,
    /// Where it is kept if its length is not known beforehand.
    pub spool: Spool,
}

impl Terms {
    /// The terms under an account's plan.
    ///
    /// # Errors
    /// `upstream_forbidden` for a plan that may not upload.
    pub fn under(self, plan: &Limits) -> Result<Self, Problem> {
        if plan.can_upload == Some(false) {
            return Err(Problem::new(Code::UpstreamForbidden, "The account's plan may not upload."));
        }
        Ok(Self { most: plan.max_upload_bytes.map_or(self.most, |most| most.min(self.most)), ..self })
    }

    /// Refuses a length that is too much.
    ///
    /// # Errors
    /// `payload_too_large`
    pub fn admit(&self, length: u64) -> Result<(), Problem> {
        if length > self.most { Err(too_large(self.most)) } else { Ok(()) }
    }
}

fn too_large(most: u64) -> Problem {
    let detail = format!("The file is too large: at most {most} bytes can be uploaded to this account.");
    Problem::new(Code::PayloadTooLarge, detail)
}

/// Sends a file to the account's site, as it arrives where its length is known, and holds the outcome against what was
/// declared.
///
/// # Errors
/// `checksum_mismatch` where the caller's digest is wrong, `upload_corrupted` where the site has stored something
/// else; a bad copy is deleted. `insufficient_storage` where there is no room for a body of unknown length. Else the
/// site's own.
pub async fn receive(account: &Account, incoming: Incoming, terms: Terms) -> Result<File, Problem> {
    account.require(Capability::FilesUpload)?;
    incoming.body.length.map_or(Ok(()), |length| terms.admit(length))?;
    let profile = account.profile();
    let callers = incoming.sha1.is_some().then_some(Digest::Sha1);
    let wanted: Vec<Digest> =
        callers.into_iter().chain(profile.digests.iter().chain(&profile.doubtful_digests).copied()).collect();
    let digesting = Digesting::of(&wanted);
    let (declared, refusal) = (incoming.sha1.clone(), incoming.body.refusal.clone());
    let length = incoming.body.length;
    let upload = Upload {
        name: incoming.name,
        folder: incoming.folder,
        content_type: incoming.content_type,
        sha1: incoming.sha1,
        body: body(incoming.body, declared.clone(), terms, &digesting),
    };
    let (folder, name, began_at) = (upload.folder.clone(), upload.name.clone(), Timestamp::now());
    let outcome = account.write(&Change::added(&folder), account.site().upload(upload)).await;
    if let Some(problem) = refusal.take().filter(|_| outcome.is_err()) {
        return Err(problem);
    }
    let digests = digesting.finish().await;
    let all_went = length.is_none_or(|length| length == digests.length);
    // Of a part nothing can be said.
    let mismatch = mismatch(declared.as_ref(), digests.sha1.as_deref().filter(|_| all_went));
    let file = judge(account, outcome, mismatch, &Sent { folder, name, began_at, all_went, digests }).await?;
    account.note_received(&file.id);
    Ok(file)
}

/// The body as the site's adapter gets it: as it arrives, or, where its length must be found out first, kept until all
/// of it is there.
fn body(arriving: Arriving, sha1: Option<Sha1Digest>, terms: Terms, digesting: &Digesting) -> UploadBody {
    let Arriving { length, stream, refusal } = arriving;
    match length {
        Some(length) => UploadBody::once(length, digesting.watch(stream)),
        None => {
            let stream = digesting.watch(stream);
            let bounds = Bounds { spool: terms.spool, most: terms.most, sha1 };
            UploadBody::Replayable(Arc::new(Spooling::new(stream, refusal, bounds, digesting.clone())))
        }
    }
}

/// What was sent.
struct Sent {
    folder: FolderId,
    name: EntryName,
    began_at: Timestamp,
    /// Whether there may be a whole file at the site.
    all_went: bool,
    digests: Digests,
}

impl Sent {
    /// What a file that the site did not name is known by. Only a digest that the site can be held to counts.
    fn sought(&self, account: &Account, stored: Stored) -> Sought {
        let declared = account.profile().digests.contains(&Digest::Sha1);
        Sought {
            folder: self.folder.clone(),
            name: self.name.clone(),
            size: self.digests.length,
            sha1: self.digests.sha1.clone().filter(|_| declared),
            stored,
            began_at: self.began_at,
        }
    }
}

/// What the caller is told of an upload: of its outcome at the site, and of a digest that was declared wrongly.
async fn judge(
    account: &Account,
    outcome: Result<File, Error>,
    mismatch: Option<Problem>,
    sent: &Sent,
) -> Result<File, Problem> {
    match (outcome, mismatch) {
        (Ok(file), Some(problem)) => Err(discard(account, &file, problem).await),
        (Ok(file), None) => verify(account, file, sent).await,
        // The site may have compared the digest itself, and said so in words of its own.
        (Err(error), Some(problem)) if error.kind() == ErrorKind::Rejected => Err(problem),
        // A copy that is only guessed at is not deleted: it may be an older file of the caller's.
        (Err(error), Some(problem)) if Stored::told_by(&error).is_some() => {
            Err(problem.and("The site did not tell the copy's id, so it may still be there."))
        }
        (Err(error), None) => match Stored::told_by(&error).filter(|_| sent.all_went) {
            Some(stored) => {
                let found = find_upload(account, &sent.sought(account, stored)).await;
                // The folder may have been listed since the answer was lost, and before the file was there.
                account.outdate_at_last(&Change::added(&sent.folder)).await;
                found.ok_or_else(|| error.into())
            }
            None => Err(error.into()),
        },
        (Err(error), _) => Err(error.into()),
    }
}

fn mismatch(declared: Option<&Sha1Digest>, arrived: Option<&str>) -> Option<Problem> {
    let (declared, arrived) = declared.zip(arrived).filter(|(declared, arrived)| declared.as_str() != *arrived)?;
    let detail = format!("The bytes that arrived have the SHA-1 {arrived}, but {declared} was declared.");
    Some(Problem::new(Code::ChecksumMismatch, detail))
}

/// Compares what the site says it has with what was sent.
async fn verify(account: &Account, file: File, sent: &Sent) -> Result<File, Problem> {
    let file = without_doubtful(account, file, &sent.digests);
    match complaint(account, &file, sent) {
        Some(complaint) => {
            let problem = Problem::new(Code::UploadCorrupted, complaint).caused_at(&file.provider, "upload");
            Err(discard(account, &file, problem).await)
        }
        None => Ok(File { size: file.size.or(Some(sent.digests.length)), ..file }),
    }
}

fn complaint(account: &Account, file: &File, sent: &Sent) -> Option<String> {
    if let Some(size) = file.size.filter(|size| *size != sent.digests.length) {
        return Some(format!("The site has stored {size} bytes, but {} were sent.", sent.digests.length));
    }
    let differs = |digest: &Digest| Some((*digest, told(file, *digest)?, sent.digests.get(*digest)?));
    let differing = account.profile().digests.iter().filter_map(differs);
    let (digest, stored, sent) = differing.into_iter().find(|(_, stored, sent)| !stored.eq_ignore_ascii_case(sent))?;
    let name = match digest {
        Digest::Sha1 => "SHA-1",
        Digest::Md5 => "MD5",
    };
    Some(format!("The site has stored bytes of the {name} {stored}, but {sent} was sent."))
}

fn told(file: &File, digest: Digest) -> Option<&str> {
    match digest {
        Digest::Sha1 => file.sha1.as_deref(),
        Digest::Md5 => file.md5.as_deref(),
    }
}

/// A digest that the site cannot be held to is the file's only where it is that of the bytes.
fn without_doubtful(account: &Account, file: File, digests: &Digests) -> File {
    let doubtful = |digest: Digest| {
        account.profile().doubtful_digests.contains(&digest)
            && told(&file, digest)
                .is_some_and(|told| digests.get(digest).is_none_or(|ours| !ours.eq_ignore_ascii_case(told)))
    };
    let (sha1, md5) = (doubtful(Digest::Sha1), doubtful(Digest::Md5));
    if sha1 || md5 {
        crate::metrics::doubtful_digest(account.profile().dialect);
        tracing::info!(provider = %file.provider, file = %file.id, "drift: the site's digest is not that of the bytes");
    }
    File { sha1: file.sha1.filter(|_| !sha1), md5: file.md5.filter(|_| !md5), ..file }
}

/// Deletes a bad copy, and says so where that fails.
async fn discard(account: &Account, file: &File, problem: Problem) -> Problem {
    // It may be listed by now, where it was sent to or wherever the site has put it.
    match account.write(&Change::file(&file.id, None), account.site().delete_file(&file.id)).await {
        Ok(()) => problem,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, file = %file.id, "a bad copy stays at the site");
            problem.and(&format!("The bad copy could not be deleted: it is the file \"{}\".", file.id))
        }
    }
}
