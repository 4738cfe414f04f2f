//! How the bytes of an upload come in: straight to a temporary file, for a simulator that held them in memory could not
//! show how an adapter copes with large ones; and noted in the journal while they come.

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
    /// The name that the part declared, as it stands there.
    pub(crate) name: String,
    /// What the part says that it is, or else what its name says.
    pub(crate) content_type: String,
    pub(crate) content: Content,
    pub(crate) size: u64,
    /// In hexadecimal.
    pub(crate) hash: String,
}

/// What happens to an upload on its way to the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Damage {
    #[default]
    None,
    /// One byte is not the one that was sent.
    OneByteWrong,
    /// The last byte is missing.
    LastByteMissing,
}

/// Why a file did not arrive.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The body ended or became unreadable.
    BrokenOff,
    /// The simulator's own disk failed.
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

/// Writes one part to a new file in a folder, and hashes what is written.
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

/// Keeps the last byte that came for the next time, when it turns out not to have been the last of all.
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

/// Notes in the journal how far an upload has come, while it comes: one that is broken off is noted as far as it went.
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

    /// Notes something else about the request.
    pub(crate) fn write(&self, write: impl FnOnce(&Entry)) {
        if let Some(entry) = &self.entry {
            write(entry);
        }
    }
}
