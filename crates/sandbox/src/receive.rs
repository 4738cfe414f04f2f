//! Receives the bytes of an upload: writes them to a temporary file, and records the progress in the journal. A
//! simulator that held them in memory could not show how an adapter handles large files.

use std::io;
use std::sync::Arc;

use axum::extract::multipart::{Field, MultipartError};
use sha1::Digest;
use tempfile::{NamedTempFile, TempDir};
use tokio::io::AsyncWriteExt;

use crate::content::{self, Content};
use crate::journal::{Entry, ReceivedUpload};

/// A file whose bytes have all arrived.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    /// The name that the part declared, unchanged.
    pub(crate) name: String,
    /// The content type that the part declared, or else the one of the name's extension.
    pub(crate) content_type: String,
    pub(crate) content: Content,
    pub(crate) size: u64,
    /// The digest in hexadecimal.
    pub(crate) hash: String,
}

/// The damage to an upload before it is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Damage {
    #[default]
    None,
    /// One byte differs from the byte that was sent.
    OneByteWrong,
    /// The last byte is missing.
    LastByteMissing,
}

/// The reason why a file did not arrive.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The body ended early or could not be read.
    BrokenOff,
    /// Writing to the simulator's disk failed.
    Disk,
}

impl From<MultipartError> for Lost {
    fn from(_: MultipartError) -> Self {
        Self::BrokenOff
    }
}

impl From<io::Error> for Lost {
    fn from(_: io::Error) -> Self {
        Self::Disk
    }
}

/// Writes one part to a new file in a folder, and hashes the written bytes.
pub(crate) async fn save<H: Digest>(
    mut field: Field<'_>,
    folder: &TempDir,
    mut damage: Damage,
    trace: &Trace,
) -> Result<Saved, Lost> {
    trace.note(&field);
    let name = field.file_name().unwrap_or_default().to_owned();
    let content_type = content_type_of(&field, &name);
    let (file, path) = NamedTempFile::new_in(folder.path())?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let (mut hash, mut size, mut held) = (H::new(), 0_u64, None);
    while let Some(chunk) = field.chunk().await? {
        trace.add(chunk.len());
        let mut chunk = Vec::from(chunk);
        match damage {
            Damage::None => {}
            Damage::OneByteWrong => {
                if let Some(first) = chunk.first_mut() {
                    *first = !*first;
                    damage = Damage::None;
                }
            }
            Damage::LastByteMissing => hold_back(&mut held, &mut chunk),
        }
        hash.update(&chunk);
        size += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    let hash = hex::encode(hash.finalize());
    Ok(Saved { name, content_type, content: Content::Disk(Arc::new(path)), size, hash })
}

/// Holds back the last byte of a chunk, and puts the byte held back before in front of it.
fn hold_back(held: &mut Option<u8>, chunk: &mut Vec<u8>) {
    if let Some(last) = chunk.pop()
        && let Some(before) = held.replace(last)
    {
        chunk.insert(0, before);
    }
}

fn content_type_of(field: &Field<'_>, name: &str) -> String {
    let declared = field.content_type().filter(|declared| *declared != "application/octet-stream");
    declared.unwrap_or_else(|| content::type_by_name(name)).to_owned()
}

/// Records the progress of an upload in the journal as the bytes arrive, so that an aborted upload is recorded as far
/// as it went.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) entry: Option<Entry>,
    /// The request's Content-Length.
    pub(crate) length: Option<u64>,
}

impl Trace {
    pub(crate) fn begin(&self) {
        self.write(|entry| {
            entry.note_upload(ReceivedUpload { declared_length: self.length, ..ReceivedUpload::default() })
        });
    }

    fn note(&self, field: &Field<'_>) {
        let (name, file_name, content_type) = (field.name(), field.file_name(), field.content_type());
        self.change(|upload| {
            upload.field = name.map(str::to_owned);
            upload.file_name = file_name.map(str::to_owned);
            upload.content_type = content_type.map(str::to_owned);
            upload.bytes = 0;
        });
    }

    fn add(&self, bytes: usize) {
        self.change(|upload| upload.bytes += bytes as u64);
    }

    pub(crate) fn complete(&self) {
        self.change(|upload| upload.complete = true);
    }

    fn change(&self, change: impl FnOnce(&mut ReceivedUpload)) {
        self.write(|entry| entry.change_upload(change));
    }

    /// Records something else about the request.
    pub(crate) fn write(&self, write: impl FnOnce(&Entry)) {
        if let Some(entry) = &self.entry {
            write(entry);
        }
    }
}
