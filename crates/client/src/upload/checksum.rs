//! Computes the SHA-1 of a file before it is sent.

use futures_util::TryStreamExt as _;
use sha1::{Digest as _, Sha1};

use super::source::Source;
use crate::failure::Failure;
use crate::progress::Progress;

/// Returns the digest of a file's bytes, in hexadecimal digits.
///
/// # Errors
/// If the file cannot be read.
pub(super) async fn of(source: &Source, progress: &Progress) -> Result<String, Failure> {
    let unreadable =
        |error| Failure::from_client("local_file", "The file cannot be read", std::io::Error::to_string(&error));
    let bar = progress.file(&format!("SHA-1 of {}", source.name), source.length());
    let mut bytes = source.open().await.map_err(unreadable)?;
    let mut digest = Sha1::new();
    while let Some(chunk) = bytes.try_next().await.map_err(unreadable)? {
        digest.update(&chunk);
        bar.advance(chunk.len());
    }
    Ok(hex::encode(digest.finalize()))
}
