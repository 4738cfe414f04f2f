//! What goes wrong with bytes on their way to the site.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use polyhost_domain::{
    EntryName, Error, ErrorKind, File, FolderId, Result, TicketRequest, TicketTransport, Upload, UploadBody,
    UploadTicket,
};

use super::{Fault, Faulty, is_unknown};

impl Faulty {
    pub(super) async fn faulty_upload(&self, upload: Upload) -> Result<File> {
        let (folder, name) = (upload.folder.clone(), upload.name.clone());
        let upload = self.faulty_sending(upload).await?;
        let outcome = self.inner.upload(upload).await;
        match (self.fault, outcome) {
            (Fault::UploadLosesTheLastByte, Ok(file)) => Ok(File { size: file.size.map(|size| size + 1), ..file }),
            (Fault::UploadForgetsTheFolder, Ok(file)) => Ok(File { folder_id: Some(folder), ..file }),
            (Fault::UploadAnswersTheRoot, Ok(file)) => Ok(File { folder_id: Some(FolderId::Root), ..file }),
            (Fault::UploadAnswersNoSize, Ok(file)) => Ok(File { size: None, ..file }),
            (Fault::UploadAnswersALoudDigest, Ok(file)) => {
                Ok(File { sha1: file.sha1.map(|digest| digest.to_ascii_uppercase()), ..file })
            }
            (Fault::UploadOfNobody, Ok(file)) => Ok(File { account: self.nobody.clone(), ..file }),
            (Fault::UploadLeavesAPart, Err(error)) if error.kind() == ErrorKind::BodyIncomplete => {
                let part = body(Bytes::from_static(b"part"));
                let upload = Upload { name, folder, content_type: None, length: 4, sha1: None, body: part };
                self.inner.upload(upload).await?;
                Err(error)
            }
            (Fault::UploadBlamesItself, Err(error)) if error.kind() == ErrorKind::BodyIncomplete => {
                Err(error.into_kind(ErrorKind::Internal))
            }
            (Fault::UploadBlamesTheRequest, Err(error)) if is_unknown(&error) => {
                Err(error.into_kind(ErrorKind::Rejected))
            }
            (_, outcome) => outcome,
        }
    }

    /// The upload as it is sent.
    async fn faulty_sending(&self, mut upload: Upload) -> Result<Upload> {
        let length = usize::try_from(upload.length).unwrap_or(usize::MAX);
        match self.fault {
            Fault::UploadLosesTheLastByte => {
                upload.length = upload.length.saturating_sub(1);
                upload.body = changed(upload.body, move |bytes| bytes.slice(..bytes.len().min(length - 1)));
            }
            Fault::UploadPadsTheBody => {
                upload.body = changed(upload.body, move |bytes| {
                    let mut bytes = Vec::from(bytes);
                    bytes.resize(length, 0);
                    bytes.into()
                });
            }
            Fault::UploadForgetsTheFolder => upload.folder = FolderId::Root,
            Fault::UploadGarblesQuotes => upload.name = renamed(&upload.name, |name| name.replace('"', "%22")),
            Fault::UploadGarblesLetters => upload.name = renamed(&upload.name, |name| name.replace(beyond_ascii, "?")),
            Fault::UploadShowsHidden => {
                upload.name = renamed(&upload.name, |name| name.trim_start_matches('.').to_owned());
            }
            Fault::UploadDropsTheDigest => upload.sha1 = None,
            Fault::UploadSendsTooMuch => {
                self.inner.account().await?;
                let bytes = collect(upload.body).await;
                upload.length = bytes.len().max(length) as u64;
                upload.body = body(bytes);
            }
            Fault::UploadReadsBeforeAsking => upload.body = body(collect(upload.body).await),
            Fault::UploadReadsTwice => {
                self.inner.account().await?;
                if let UploadBody::Replayable(source) = &upload.body {
                    collect(UploadBody::Replayable(std::sync::Arc::clone(source))).await;
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
            Fault::TicketAlwaysEncrypted if plain => {
                ticket.url.set_scheme("https").map_err(|()| Error::new(ErrorKind::Internal))?;
            }
            Fault::TicketTwice => ticket.url = self.profile.base_url.clone(),
            Fault::TicketWithoutField => ticket.file_field.clear(),
            _ => {}
        }
        Ok(ticket)
    }
}

fn beyond_ascii(letter: char) -> bool {
    !letter.is_ascii()
}

/// A name after a change, or as it was where the change leaves no name.
fn renamed(name: &EntryName, change: impl Fn(&str) -> String) -> EntryName {
    change(name.as_str()).parse().unwrap_or_else(|_| name.clone())
}

/// A body of these bytes.
fn body(bytes: Bytes) -> UploadBody {
    UploadBody::Once(stream::iter([Ok(bytes)]).boxed())
}

/// A body that is read, when it is read, as a whole and changed.
fn changed(body: UploadBody, change: impl FnOnce(Bytes) -> Bytes + Send + 'static) -> UploadBody {
    UploadBody::Once(async move { Ok(change(collect(body).await)) }.into_stream().boxed())
}

/// What a body gives before it ends or breaks.
async fn collect(body: UploadBody) -> Bytes {
    let mut bytes = Vec::new();
    if let Ok((mut stream, _)) = body.open().await {
        while let Some(Ok(piece)) = stream.next().await {
            bytes.extend_from_slice(&piece);
        }
    }
    bytes.into()
}
