//! Uploads: the body is counted and hashed while it is forwarded to the site, and the site's result is compared with
//! it.

mod digests;
mod evidence;
mod incoming_body;
mod outcome;
mod spool;
mod spooling;

use std::sync::Arc;

use jiff::Timestamp;
use polyhost_domain::{
    Capability, Digest, EntryName, File, FolderId, Limits, Sha1Digest, Upload, UploadBody, UploadReport,
};
use url::Url;

pub use incoming_body::{IncomingBody, Spare, empty, incomplete};
pub use spool::Spool;

use crate::accounts::Account;
use crate::problem::{Code, Problem};
use crate::users::ExpectedFile;
use digests::Digesting;
use evidence::Expected;
use outcome::Sent;
use spooling::{Bounds, Spooling};

/// An upload from a caller: its declared properties and its body.
pub struct Incoming {
    /// The name of the file.
    pub name: EntryName,
    /// The target folder.
    pub folder: FolderId,
    /// The media type.
    pub content_type: Option<String>,
    /// The declared SHA-1 of the bytes.
    pub sha1: Option<Sha1Digest>,
    /// The body.
    pub body: IncomingBody,
}

/// An uploaded file.
pub struct Received {
    /// The file.
    pub file: File,
    /// The URL that deletes the file, if the site reports one. It is a secret of the file's owner.
    pub delete_url: Option<Url>,
}

/// The limits for a body.
pub struct Terms {
    /// The greatest length in bytes.
    pub most: u64,
    /// The spool for a body of unknown length.
    pub spool: Spool,
}

impl Terms {
    /// Applies the limits of an account's plan.
    ///
    /// # Errors
    /// `upstream_forbidden` if the plan does not allow uploads.
    pub fn under(self, plan: &Limits) -> Result<Self, Problem> {
        if plan.can_upload == Some(false) {
            return Err(Problem::new(Code::UpstreamForbidden, "The plan of the account does not allow uploads."));
        }
        Ok(Self { most: plan.max_upload_bytes.map_or(self.most, |most| most.min(self.most)), ..self })
    }

    /// Checks a length against the limit.
    ///
    /// # Errors
    /// `payload_too_large`
    pub fn admit(&self, length: u64) -> Result<(), Problem> {
        if length > self.most { Err(too_large(self.most)) } else { Ok(()) }
    }
}

fn too_large(most: u64) -> Problem {
    let detail = format!("The file is too large. The account accepts files of at most {most} bytes.");
    Problem::new(Code::PayloadTooLarge, detail)
}

/// Uploads a file to the account's site, and compares the site's report with the sent bytes. A body of known length is
/// forwarded as it arrives.
///
/// # Errors
/// - `checksum_mismatch` if the declared digest is wrong.
/// - `upload_corrupted` if the site has stored something else.
/// - `upload_not_owned` if the site has stored the file outside of the account.
/// - `outcome_unknown` if nothing proves that the site's copy is complete.
/// - `insufficient_storage` if the spool has no space for a body of unknown length.
/// - Else the site's errors.
///
/// A bad copy is deleted if it is known to belong to this upload, and the site can delete files.
pub async fn receive(account: &Account, incoming: Incoming, terms: Terms) -> Result<Received, Problem> {
    account.require(Capability::FilesUpload)?;
    let spare = incoming.body.spare.clone();
    incoming.body.length.map_or(Ok(()), |length| terms.admit(length.saturating_sub(spare.most())))?;
    let profile = account.profile();
    let declared_kind = incoming.sha1.is_some().then_some(Digest::Sha1);
    let wanted: Vec<Digest> =
        declared_kind.into_iter().chain(profile.digests.iter().chain(&profile.doubtful_digests).copied()).collect();
    let digesting = Digesting::of(&wanted);
    let declared = incoming.sha1.clone();
    let (length, report) = (incoming.body.length, UploadReport::default());
    let upload = Upload {
        name: incoming.name,
        folder: incoming.folder,
        content_type: incoming.content_type,
        sha1: incoming.sha1,
        body: body(incoming.body, declared.clone(), terms, &digesting),
        report: report.clone(),
    };
    let wanted = ExpectedFile {
        folder: upload.folder.clone(),
        names: vec![upload.name.as_str().to_owned()],
        length,
        sha1: declared.as_ref().map(|sha1| sha1.as_str().to_owned()),
        began_at: Timestamp::now(),
    };
    let pending = account.pending_uploads().begin(wanted.clone());
    let outcome = account.upload(upload).await;
    if let Some(problem) = outcome.as_ref().err().and_then(|error| Problem::carried_by(error)) {
        pending.resolve(None).await;
        return Err(problem);
    }
    let length = length.map(|length| length.saturating_sub(spare.found()));
    let (expected, all_arrived) = expected(length, declared.as_ref(), &digesting).await;
    let sent = Sent { wanted, all_arrived, declared, expected, report };
    let file = outcome::settle(account, outcome, &sent, pending).await?;
    Ok(Received { file, delete_url: sent.report.delete_url() })
}

/// Returns the bytes that the site should have, and whether all of them have arrived from the caller. If not, the
/// digest is the declared one.
async fn expected(length: Option<u64>, declared: Option<&Sha1Digest>, digesting: &Digesting) -> (Expected, bool) {
    let digests = digesting.finish().await;
    let length = length.unwrap_or(digests.length);
    if digests.length == length {
        (Expected { length, sha1: digests.sha1, md5: digests.md5 }, true)
    } else {
        (Expected { length, sha1: declared.map(|sha1| sha1.as_str().to_owned()), md5: None }, false)
    }
}

/// Returns the body for the site's adapter: forwarded as it arrives, or spooled first if its length is not known.
fn body(arriving: IncomingBody, sha1: Option<Sha1Digest>, terms: Terms, digesting: &Digesting) -> UploadBody {
    let IncomingBody { length, spare, stream } = arriving;
    // Near the limit, only the complete body shows whether the file is too large, so it is spooled as well.
    match length.filter(|length| spare.most() == 0 || *length <= terms.most) {
        Some(length) => UploadBody::once_within(length, spare.most(), digesting.watch(stream)),
        None => {
            let stream = digesting.watch(stream);
            let bounds = Bounds { spool: terms.spool, most: terms.most, sha1 };
            UploadBody::Replayable(Arc::new(Spooling::new(stream, bounds, digesting.clone())))
        }
    }
}

/// Returns the problem of a declared digest that does not match the received bytes.
fn mismatch(declared: Option<&Sha1Digest>, arrived: Option<&str>) -> Option<Problem> {
    let (declared, arrived) = declared.zip(arrived).filter(|(declared, arrived)| declared.as_str() != *arrived)?;
    let detail = format!("The bytes that arrived have the SHA-1 {arrived}, but {declared} was declared.");
    Some(Problem::new(Code::ChecksumMismatch, detail))
}
