//! Uploads a file with one request. The session and the folder are checked before the first byte is read.

use polyhost_domain::{AccountName, ErrorKind, File, Result, Upload};
use polyhost_upstream::decode::{List, Unreadable, value};
use polyhost_upstream::{Evidence, FilePart, Refusal, Reply};
use serde_json::value::RawValue;
use url::Url;

use crate::checks::verify_target;
use crate::client::Site;
use crate::convert::Convert;
use crate::documented::DOCUMENTED;
use crate::envelope::is_error;
use crate::error::{Named, into_error, refusal, success};
use crate::wire::Uploaded;

/// The name of the form field for the file.
const FILE_FIELD: &str = "upload_file";

pub(crate) async fn upload(site: &Site, convert: &Convert, upload: Upload) -> Result<File> {
    let outcome = match attempt(site, convert, &upload).await {
        // The site did not store anything, and the next attempt uses a new session.
        Err(Refusal::Session(..)) if upload.body.is_whole() => attempt(site, convert, &upload).await,
        outcome => outcome,
    };
    outcome.map_err(|refusal| match refusal {
        Refusal::Session(error, _) | Refusal::Other(error) => error,
    })
}

async fn attempt(site: &Site, convert: &Convert, upload: &Upload) -> std::result::Result<File, Refusal> {
    let held = verify_target(site, &upload.folder).await?;
    let part = FilePart {
        fields: Vec::new(),
        field: FILE_FIELD.to_owned(),
        file_name: upload.name.as_str().to_owned(),
        content_type: upload.content_type.clone(),
        body: upload.body.clone(),
        report: upload.report.clone(),
    };
    let read = |reply: Reply, length| {
        let uploaded = uploaded(&reply, Named::Upload(length), &site.http.origin().account)?;
        upload.report.note_name(uploaded.name.as_deref());
        upload.report.note_delete_url(uploaded.delete_url.as_deref().and_then(web_address));
        let unnamed = || reply.unreadable(Unreadable::Missing("the file's id")).into_kind(ErrorKind::Unnamed);
        // A missing id is an error inside of `Ok`: only if `read` succeeds, the upload report gets the amount of sent
        // bytes.
        Ok(convert.uploaded(uploaded, &upload.folder).ok_or_else(unnamed))
    };
    let outcome = site.file_upload(&held, &upload.folder, part, read).await;
    match outcome {
        Err(Refusal::Session(error, Evidence::Message)) => {
            Err(site.session.refuse_without_retry(&held, error, site.http.deadline()).await)
        }
        Err(Refusal::Session(error, Evidence::Status)) => {
            site.session.refused(&held).await;
            Err(Refusal::Session(error, Evidence::Status))
        }
        outcome => Ok(outcome??),
    }
}

/// Returns the uploaded file's data from an answer. The data is empty if the answer only confirms the upload.
pub(crate) fn uploaded(
    reply: &Reply,
    named: Named<'_>,
    account: &AccountName,
) -> std::result::Result<Uploaded, Refusal> {
    let success = success(reply, named, account)?;
    let uploaded = success.data.map_or_else(|| Some(Uploaded::default()), |data| only_file(reply, data));
    let uploaded = uploaded.ok_or_else(|| reply.unreadable(Unreadable::Shape))?;
    match uploaded.error.as_ref().filter(|error| is_error(error)).map(|error| error.0.as_str()) {
        None => Ok(uploaded),
        // The site accepted the token before it stored the file, so this error is not about the token.
        Some(text) => Err(Refusal::Other(into_error(refusal(reply, None, Some(text), named, account)))),
    }
}

/// Parses the uploaded file from the answer's data. The documentation shows an array of one file; some sites send the
/// file without an array.
fn only_file(reply: &Reply, data: &RawValue) -> Option<Uploaded> {
    let single: Option<Uploaded> = value(data.get()).ok();
    if let Some(uploaded) = single.filter(Uploaded::has_data) {
        return Some(uploaded);
    }
    let (mut first, mut is_given) = (None, false);
    let read = |list: List<'_, Uploaded>| {
        is_given = list.is_given();
        list.read(|_, uploaded| {
            first.get_or_insert(uploaded);
            Some(())
        })
    };
    let list = reply.value_with(data.get(), &DOCUMENTED, read).ok()?;
    first.or((is_given && list.unreadable == 0).then(Uploaded::default))
}

/// Parses an address with the scheme http or https.
fn web_address(text: &str) -> Option<Url> {
    text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
}

impl Uploaded {
    fn has_data(&self) -> bool {
        self.file_id.is_some() || self.name.is_some() || self.error.as_ref().is_some_and(is_error)
    }
}
