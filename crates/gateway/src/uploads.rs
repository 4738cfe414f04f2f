//! An upload on its way through: bytes counted and digested as they pass, the outcome held against what was declared.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::BodyDataStream;
use futures_util::StreamExt as _;
use polyhost_domain::{
    ByteStream, Capability, Digest, EntryName, Error, ErrorKind, File, FolderId, Sha1Digest, Upload, UploadBody,
};
use sha1::{Digest as _, Sha1};

use crate::accounts::Account;
use crate::emulate::{Traits, find_upload};
use crate::problem::{Code, Problem};

/// What a caller declares about an upload, and the bytes.
pub struct Incoming {
    /// The file's name.
    pub name: EntryName,
    /// The folder that is to hold it.
    pub folder: FolderId,
    /// The media type.
    pub content_type: Option<String>,
    /// How many bytes will come.
    pub length: u64,
    /// The digest that they will have.
    pub sha1: Option<Sha1Digest>,
    /// The bytes.
    pub body: BodyDataStream,
}

/// Sends a file to the account's site as it arrives, and holds the outcome against what was declared.
///
/// # Errors
/// `checksum_mismatch` where the caller's digest is wrong, `upload_corrupted` where the site has stored something
/// else; a bad copy is deleted. Else the site's own.
pub async fn receive(account: &Account, incoming: Incoming) -> Result<File, Problem> {
    account.require(Capability::FilesUpload)?;
    let site_digests = account.profile().digests.contains(&Digest::Sha1);
    let digest = (incoming.sha1.is_some() || site_digests).then(|| Arc::new(Mutex::new(Sha1::new())));
    let (length, declared) = (incoming.length, incoming.sha1.clone());
    let body = UploadBody::Once(digested(incoming.body, digest.clone()));
    let upload = Upload {
        name: incoming.name,
        folder: incoming.folder,
        content_type: incoming.content_type,
        length,
        sha1: incoming.sha1,
        body,
    };
    let (folder, name) = (upload.folder.clone(), upload.name.clone());
    let outcome = account.write(account.site().upload(upload)).await;
    let arrived = digest.map(finish);
    let mismatch = mismatch(declared.as_ref(), arrived.as_deref());
    let sent = Traits { folder, name, size: length, sha1: arrived.filter(|_| site_digests) };
    judge(account, outcome, mismatch, &sent).await
}

/// What the caller is told of an upload: of its outcome at the site, and of a digest that was declared wrongly.
async fn judge(
    account: &Account,
    outcome: Result<File, Error>,
    mismatch: Option<Problem>,
    sent: &Traits,
) -> Result<File, Problem> {
    match (outcome, mismatch) {
        (Ok(file), Some(problem)) => Err(discard(account, &file, problem).await),
        (Ok(file), None) => verify(account, file, sent).await,
        // The site may have compared the digest itself, and said so in words of its own.
        (Err(error), Some(problem)) if error.kind() == ErrorKind::Rejected => Err(problem),
        // A copy that is only guessed at is not deleted: it may be an older file of the caller's.
        (Err(error), Some(problem)) if error.kind() == ErrorKind::Unnamed => {
            Err(problem.and("The site did not tell the copy's id, so it may still be there."))
        }
        (Err(error), None) if error.kind() == ErrorKind::Unnamed => {
            find_upload(account, sent).await.ok_or_else(|| error.into())
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn mismatch(declared: Option<&Sha1Digest>, arrived: Option<&str>) -> Option<Problem> {
    let (declared, arrived) = declared.zip(arrived).filter(|(declared, arrived)| declared.as_str() != *arrived)?;
    let detail = format!("The bytes that arrived have the SHA-1 {arrived}, but {declared} was declared.");
    Some(Problem::new(Code::ChecksumMismatch, detail))
}

/// Compares what the site says it has with what was sent.
async fn verify(account: &Account, file: File, sent: &Traits) -> Result<File, Problem> {
    let Traits { size: length, sha1, .. } = sent;
    let wrong_size = file.size.filter(|size| size != length);
    let wrong_digest = file.sha1.as_ref().zip(sha1.as_ref()).filter(|(site, sent)| !site.eq_ignore_ascii_case(sent));
    let complaint = match (wrong_size, wrong_digest) {
        (Some(size), _) => format!("The site has stored {size} bytes, but {length} were sent."),
        (None, Some((site, sent))) => format!("The site has stored bytes of the SHA-1 {site}, but {sent} was sent."),
        (None, None) => return Ok(File { size: file.size.or(Some(*length)), ..file }),
    };
    let problem = Problem::new(Code::UploadCorrupted, complaint).caused_at(&file.provider, "upload");
    Err(discard(account, &file, problem).await)
}

/// Deletes a bad copy, and says so where that fails.
async fn discard(account: &Account, file: &File, problem: Problem) -> Problem {
    match account.write(account.site().delete_file(&file.id)).await {
        Ok(()) => problem,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, file = %file.id, "a bad copy stays at the site");
            problem.and(&format!("The bad copy could not be deleted: it is the file \"{}\".", file.id))
        }
    }
}

fn finish(digest: Arc<Mutex<Sha1>>) -> String {
    let digest = digest.lock().unwrap_or_else(PoisonError::into_inner).clone();
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The caller's bytes, digested where somebody will compare.
fn digested(body: BodyDataStream, digest: Option<Arc<Mutex<Sha1>>>) -> ByteStream {
    body.map(move |chunk| {
        if let (Ok(bytes), Some(digest)) = (&chunk, &digest) {
            digest.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        }
        chunk.map_err(io::Error::other)
    })
    .boxed()
}
