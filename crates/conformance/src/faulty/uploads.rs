//! Faults of uploads and upload tickets.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use polyhost_domain::{
    ByteSource, ByteStream, EntryName, Error, ErrorKind, File, FolderId, Result, SizedStream, TicketRequest,
    TicketTransport, Upload, UploadBody, UploadReport, UploadTicket,
};

use super::{Fault, Faulty, is_unknown};

impl Faulty {
    pub(super) async fn faulty_upload(&self, upload: Upload) -> Result<File> {
        let (folder, name) = (upload.folder.clone(), upload.name.clone());
        let upload = self.faulty_sending(upload).await?;
        let outcome = self.inner.upload(upload).await;
        match (self.fault, outcome) {
            (Fault::UploadLosesTheLastByte, Ok(file)) => Ok(File { size: file.size.map(|size| size + 1), ..file }),
            (Fault::UploadIgnoresTheFolder, Ok(file)) => Ok(File { folder_id: Some(folder), ..file }),
            (Fault::UploadAnswersTheRoot, Ok(file)) => Ok(File { folder_id: Some(FolderId::Root), ..file }),
            (Fault::UploadAnswersNoSize, Ok(file)) => Ok(File { size: None, ..file }),
            (Fault::UploadAnswersUpperCaseDigest, Ok(file)) => {
                Ok(File { sha1: file.sha1.map(|digest| digest.to_ascii_uppercase()), ..file })
            }
            (Fault::UploadAnswersAnotherAccount, Ok(file)) => {
                Ok(File { account: self.foreign_account.clone(), ..file })
            }
            (Fault::UploadLeavesPartialFile, Err(error)) if error.kind() == ErrorKind::BodyIncomplete => {
                let partial = body(Bytes::from_static(b"partial"));
                let report = UploadReport::default();
                let upload = Upload { name, folder, content_type: None, sha1: None, body: partial, report };
                self.inner.upload(upload).await?;
                Err(error)
            }
            (Fault::IncompleteBodyIsInternal, Err(error)) if error.kind() == ErrorKind::BodyIncomplete => {
                Err(error.into_kind(ErrorKind::Internal))
            }
            (Fault::UploadToUnknownFolderIsRejected, Err(error)) if is_unknown(&error) => {
                Err(error.into_kind(ErrorKind::Rejected))
            }
            (_, outcome) => outcome,
        }
    }

    /// Returns the upload with the fault applied to the sent data.
    async fn faulty_sending(&self, mut upload: Upload) -> Result<Upload> {
        match self.fault {
            Fault::UploadLosesTheLastByte => {
                upload.body = changed(
                    upload.body,
                    |declared| declared - 1,
                    |bytes, length| bytes.slice(..bytes.len().min(length)),
                );
            }
            Fault::UploadPadsTheBody => {
                upload.body = changed(
                    upload.body,
                    |declared| declared,
                    |bytes, length| {
                        let mut bytes = Vec::from(bytes);
                        bytes.resize(length, 0);
                        bytes.into()
                    },
                );
            }
            Fault::UploadIgnoresTheFolder => upload.folder = FolderId::Root,
            Fault::UploadGarblesQuotes => upload.name = renamed(&upload.name, |name| name.replace('"', "%22")),
            Fault::UploadLosesNonAscii => upload.name = renamed(&upload.name, |name| name.replace(is_non_ascii, "?")),
            Fault::UploadStripsLeadingDot => {
                upload.name = renamed(&upload.name, |name| name.trim_start_matches('.').to_owned());
            }
            Fault::UploadIgnoresTheDigest => upload.sha1 = None,
            Fault::UploadSendsTooMuch => {
                self.inner.account().await?;
                let (declared, bytes) = collect(upload.body).await;
                upload.body = declaring(declared.max(bytes.len() as u64), bytes);
            }
            Fault::UploadReadsBodyFirst => {
                let (declared, bytes) = collect(upload.body).await;
                upload.body = declaring(declared, bytes);
            }
            Fault::UploadReadsTwice => {
                self.inner.account().await?;
                if let UploadBody::Replayable(source) = &upload.body {
                    collect(UploadBody::Replayable(Arc::clone(source))).await;
                }
            }
            _ => {}
        }
        Ok(upload)
    }

    pub(super) async fn faulty_ticket(&self, request: TicketRequest) -> Result<UploadTicket> {
        let plain = request.transport == TicketTransport::PlainHttp;
        let mut ticket = self.inner.upload_ticket(request).await?;
        match self.fault {
            Fault::TicketIgnoresPlainHttp if plain => {
                ticket.url.set_scheme("https").map_err(|()| Error::new(ErrorKind::Internal))?;
            }
            Fault::TicketRepeated => ticket.url = self.profile.base_url.clone(),
            Fault::TicketWithoutField => ticket.file_field.clear(),
            _ => {}
        }
        Ok(ticket)
    }
}

fn is_non_ascii(letter: char) -> bool {
    !letter.is_ascii()
}

/// Returns a name after a change, or the name itself if the result is not a valid name.
fn renamed(name: &EntryName, change: impl Fn(&str) -> String) -> EntryName {
    change(name.as_str()).parse().unwrap_or_else(|_| name.clone())
}

/// Returns a body with these bytes.
fn body(bytes: Bytes) -> UploadBody {
    declaring(bytes.len() as u64, bytes)
}

/// Returns a body with these bytes that declares this length.
fn declaring(length: u64, bytes: Bytes) -> UploadBody {
    UploadBody::once(length, stream::iter([Ok(bytes)]).boxed())
}

/// Returns a body whose content is read completely and changed each time it is opened.
fn changed(body: UploadBody, length: fn(u64) -> u64, change: fn(Bytes, usize) -> Bytes) -> UploadBody {
    UploadBody::Replayable(Arc::new(Changed { body, length, change }))
}

struct Changed {
    body: UploadBody,
    length: fn(u64) -> u64,
    change: fn(Bytes, usize) -> Bytes,
}

#[async_trait]
impl ByteSource for Changed {
    async fn open(&self) -> io::Result<SizedStream> {
        let SizedStream { length, spare, stream } = self.body.open().await?;
        let (length, change) = ((self.length)(length), self.change);
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        let stream = async move { Ok(change(read_all(stream).await, size)) }.into_stream().boxed();
        Ok(SizedStream { length, spare, stream })
    }
}

/// Returns the length that a body declares, and the bytes that it yields before it ends or fails.
async fn collect(body: UploadBody) -> (u64, Bytes) {
    match body.open().await {
        Ok(SizedStream { length, stream, .. }) => (length, read_all(stream).await),
        Err(_) => (0, Bytes::new()),
    }
}

async fn read_all(mut stream: ByteStream) -> Bytes {
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = stream.next().await {
        bytes.extend_from_slice(&piece);
    }
    bytes.into()
}
