//! An upload on its way through: bytes counted and digested as they pass, the outcome held against what was sent.

mod arriving;
mod digests;
mod evidence;
mod outcome;
mod spool;
mod spooling;

use std::sync::Arc;

use jiff::Timestamp;
use polyhost_domain::{
    Capability, Digest, EntryName, File, FolderId, Limits, Sha1Digest, Upload, UploadBody, UploadReport,
};
use url::Url;

pub use arriving::{Arriving, Refusal, Spare, empty, incomplete};
pub use spool::Spool;

use crate::accounts::Account;
use crate::problem::{Code, Problem};
use crate::users::Wanted;
use digests::Digesting;
use evidence::Expected;
use outcome::Sent;
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

/// A file that a site has received.
pub struct Received {
    /// The file.
    pub file: File,
    /// The address that deletes the file, where the site reports one. It is a secret of the file's owner.
    pub delete_url: Option<Url>,
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

/// Sends a file to the account's site, as it arrives where its length is known, and weighs what the site reports of it.
///
/// # Errors
/// `checksum_mismatch` where the caller's digest is wrong, `upload_corrupted` where the site has stored something
/// else; a bad copy is deleted where it is known to be this upload's. `outcome_unknown` where the site's copy cannot be
/// shown to be whole. `insufficient_storage` where there is no room for a body of unknown length. Else the site's own.
pub async fn receive(account: &Account, incoming: Incoming, terms: Terms) -> Result<Received, Problem> {
    account.require(Capability::FilesUpload)?;
    let spare = incoming.body.spare.clone();
    incoming.body.length.map_or(Ok(()), |length| terms.admit(length.saturating_sub(spare.most())))?;
    let profile = account.profile();
    let callers = incoming.sha1.is_some().then_some(Digest::Sha1);
    let wanted: Vec<Digest> =
        callers.into_iter().chain(profile.digests.iter().chain(&profile.doubtful_digests).copied()).collect();
    let digesting = Digesting::of(&wanted);
    let (declared, refusal) = (incoming.sha1.clone(), incoming.body.refusal.clone());
    let (length, report) = (incoming.body.length, UploadReport::default());
    let upload = Upload {
        name: incoming.name,
        folder: incoming.folder,
        content_type: incoming.content_type,
        sha1: incoming.sha1,
        body: body(incoming.body, declared.clone(), terms, &digesting),
        report: report.clone(),
    };
    let wanted = Wanted {
        folder: upload.folder.clone(),
        names: vec![upload.name.as_str().to_owned()],
        length,
        sha1: declared.as_ref().map(|sha1| sha1.as_str().to_owned()),
        began_at: Timestamp::now(),
    };
    let pending = account.pending_uploads().begin(wanted.clone());
    let outcome = account.upload(upload).await;
    if let Some(problem) = refusal.take().filter(|_| outcome.is_err()) {
        pending.resolve(None);
        return Err(problem);
    }
    let length = length.map(|length| length.saturating_sub(spare.found()));
    let (expected, all_arrived) = expected(length, declared.as_ref(), &digesting).await;
    let sent = Sent { wanted, all_arrived, declared, expected, report };
    let file = outcome::settle(account, outcome, &sent, pending).await?;
    Ok(Received { file, delete_url: sent.report.delete_url() })
}

/// What the site should have, and whether all of it has arrived from the caller. Of a file that has not, the digest is
/// the one that the caller has declared.
async fn expected(length: Option<u64>, declared: Option<&Sha1Digest>, digesting: &Digesting) -> (Expected, bool) {
    let digests = digesting.finish().await;
    let length = length.unwrap_or(digests.length);
    if digests.length == length {
        (Expected { length, sha1: digests.sha1, md5: digests.md5 }, true)
    } else {
        (Expected { length, sha1: declared.map(|sha1| sha1.as_str().to_owned()), md5: None }, false)
    }
}

/// The body as the site's adapter gets it: as it arrives, or, where its length must be found out first, kept until all
/// of it is there.
fn body(arriving: Arriving, sha1: Option<Sha1Digest>, terms: Terms, digesting: &Digesting) -> UploadBody {
    let Arriving { length, spare, stream, refusal } = arriving;
    // Close to the limit, only the whole body shows whether its file is too large.
    match length.filter(|length| spare.most() == 0 || *length <= terms.most) {
        Some(length) => UploadBody::once_within(length, spare.most(), digesting.watch(stream)),
        None => {
            let stream = digesting.watch(stream);
            let bounds = Bounds { spool: terms.spool, most: terms.most, sha1 };
            UploadBody::Replayable(Arc::new(Spooling::new(stream, refusal, bounds, digesting.clone())))
        }
    }
}

/// The caller's own digest is not that of the bytes.
fn mismatch(declared: Option<&Sha1Digest>, arrived: Option<&str>) -> Option<Problem> {
    let (declared, arrived) = declared.zip(arrived).filter(|(declared, arrived)| declared.as_str() != *arrived)?;
    let detail = format!("The bytes that arrived have the SHA-1 {arrived}, but {declared} was declared.");
    Some(Problem::new(Code::ChecksumMismatch, detail))
}
