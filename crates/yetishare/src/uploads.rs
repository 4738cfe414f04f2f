//! Uploads: one request, under a session and into a folder that were made sure of before the first byte.

use polyhost_domain::{Error, ErrorKind, File, Result, Upload};
use polyhost_upstream::decode::{Entries, Unreadable, value};
use polyhost_upstream::{FilePart, Held, Login, Refusal, Reply};
use serde_json::value::RawValue;

use crate::client::Site;
use crate::convert::Convert;
use crate::error::{Named, detail, refusal, success, told};
use crate::wire::Uploaded;

/// The field of the form that holds the file.
const FILE_FIELD: &str = "upload_file";

pub(crate) async fn upload(site: &Site, convert: &Convert, upload: Upload) -> Result<File> {
    let held = site.make_sure_of(&upload.folder).await?;
    let (body, _) = upload.body.open().await.map_err(unopened)?;
    let part = FilePart {
        fields: Vec::new(),
        field: FILE_FIELD.to_owned(),
        file_name: upload.name.as_str().to_owned(),
        content_type: upload.content_type,
        length: upload.length,
        body,
    };
    let reply = site.file_upload(&held, &upload.folder, part).await?;
    let uploaded = match uploaded(site, &reply, Named::Upload(upload.length)) {
        Ok(uploaded) => uploaded,
        Err(Refusal::Other(error)) => return Err(error),
        Err(Refusal::Session(error)) => return Err(refused(site, &held, error).await),
    };
    let unnamed = || reply.unreadable(Unreadable::Missing("the file's id")).into_kind(ErrorKind::Unnamed);
    convert.uploaded(uploaded, &upload.folder).ok_or_else(unnamed)
}

/// What a refused token means after the bytes have flowed by, which are not sent again. Nothing was done. Where the site
/// knows the token, it is uploads alone that are denied; where it does not, whoever comes next logs in; and where it
/// does not tell, whoever comes next finds out.
async fn refused(site: &Site, held: &Held, error: Error) -> Error {
    match site.door.knows(held.grant(), site.http.deadline()).await {
        Ok(true) => {
            let kind = ErrorKind::Forbidden;
            let detail = detail(kind, Named::Nothing, &site.http.origin().account);
            error.into_kind(kind).retryable(false).with_detail(detail)
        }
        Ok(false) => {
            site.session.refused(held).await;
            error
        }
        Err(unknown) => {
            tracing::debug!(error = %unknown, "whether the site knows a token cannot be asked");
            error
        }
    }
}

/// What an answer tells of the file; nothing, where it tells of a success alone.
fn uploaded(site: &Site, reply: &Reply, named: Named<'_>) -> std::result::Result<Uploaded, Refusal> {
    let account = &site.http.origin().account;
    let success = success(reply, named, account)?;
    let uploaded = success.data.map_or_else(|| Some(Uploaded::default()), only_file);
    let uploaded = uploaded.ok_or_else(|| reply.unreadable(Unreadable::Shape))?;
    match uploaded.error.as_deref() {
        None => Ok(uploaded),
        // The session has let the file in: whatever this says, it is not about the token.
        Some(words) => Err(Refusal::Other(told(refusal(reply, None, Some(words), named, account)))),
    }
}

/// The page shows an array of one.
fn only_file(data: &RawValue) -> Option<Uploaded> {
    let alone: Option<Uploaded> = value(data.get()).ok();
    if let Some(uploaded) = alone.filter(Uploaded::tells_anything) {
        return Some(uploaded);
    }
    let several: Entries<Uploaded> = value(data.get()).ok()?;
    let was_empty = several.skipped == 0 && several.given;
    several.items.into_iter().next().map(|(_, uploaded)| uploaded).or(was_empty.then(Uploaded::default))
}

impl Uploaded {
    fn tells_anything(&self) -> bool {
        self.file_id.is_some() || self.name.is_some() || self.error.is_some()
    }
}

/// A source that cannot be opened is on our side: it is where the gateway has spooled the bytes.
fn unopened(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal).with_source(cause)
}
