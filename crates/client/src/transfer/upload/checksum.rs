//! Computes the SHA-1 of a file before it is sent.

use futures_util::TryStreamExt as _;
use sha1::{Digest as _, Sha1};

use super::Checksum;
use super::source::Source;
use crate::failure::Failure;
use crate::session::Session;

/// Returns the digest of a file's bytes, in hexadecimal digits, if it is to be declared.
///
/// # Errors
/// If the file cannot be read, or the user interrupts.
pub(in crate::transfer) async fn checksum_of(
    session: &Session,
    checksum: Checksum,
    source: &Source,
) -> Result<Option<String>, Failure> {
    match checksum {
        Checksum::Omitted => Ok(None),
        Checksum::Declared => {
            let digest = session.interrupt.unless(of(session, source)).await;
            digest.unwrap_or_else(|| Err(Failure::interrupted("Nothing of the file was sent."))).map(Some)
        }
    }
}

async fn of(session: &Session, source: &Source) -> Result<String, Failure> {
    let unreadable =
        |error| Failure::from_client("local_file", "The file cannot be read", std::io::Error::to_string(&error));
    let bar = session.report.progress().reading(&format!("SHA-1 of {}", source.name), source.length());
    let mut bytes = source.open().await.map_err(unreadable)?;
    let mut digest = Sha1::new();
    while let Some(chunk) = bytes.try_next().await.map_err(unreadable)? {
        digest.update(&chunk);
        bar.advance(chunk.len());
    }
    Ok(hex::encode(digest.finalize()))
}
