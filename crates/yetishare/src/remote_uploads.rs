//! Creating remote uploads and reading them by id. The site has no list of them.

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{Error, ErrorKind, FolderId, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result};

use crate::checks::verify_target;
use crate::client::Site;
use crate::convert::Convert;
use crate::words::without_queries;

/// The maximum number of concurrent requests in one call of [`by_id`].
const MAX_CONCURRENT: usize = 8;

pub(crate) async fn add(site: &Site, convert: &Convert, new: &NewRemoteUpload) -> Result<RemoteUpload> {
    if let FolderId::Child(_) = &new.folder {
        verify_target(site, &new.folder).await?;
    }
    let answered = site.url_upload_add(new).await?;
    let added = convert.remote_added(&answered.value, new.url.as_str(), &new.folder);
    added.ok_or_else(|| answered.missing("the remote upload's id"))
}

/// Returns the remote uploads that exist, in the order of the ids. For a single id, the site's own "not found" is
/// returned with its text.
pub(crate) async fn by_id(site: &Site, convert: &Convert, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    if let [id] = ids {
        return Ok(vec![one(site, convert, id).await?]);
    }
    let requests: Vec<_> = ids.iter().map(|id| one(site, convert, id).boxed()).collect();
    let answers: Vec<Result<RemoteUpload>> = stream::iter(requests).buffered(MAX_CONCURRENT).collect().await;
    let is_unknown = |error: &Error| error.kind() == ErrorKind::RemoteUploadNotFound;
    answers.into_iter().filter(|answer| !answer.as_ref().is_err_and(is_unknown)).collect()
}

async fn one(site: &Site, convert: &Convert, id: &RemoteUploadId) -> Result<RemoteUpload> {
    let mut answered = site.url_upload_status(id).await?;
    let wire = std::mem::take(&mut answered.value);
    let reported = wire.scheduled_item_id.as_deref().and_then(|id| convert.ids.remote_upload(id).ok());
    // PHP parses only the leading digits of an id. This adapter sends only digits, but the site may still return
    // another remote upload.
    let is_empty = wire.status.is_none() && reported.is_none();
    if is_empty || reported.is_some_and(|reported| reported != *id) {
        return Err(answered.missing("the requested remote upload"));
    }
    let found = convert.remote_upload(id.clone(), wire, &answered.zone);
    // The error is a text of the site, which may quote the request.
    let error = found.error.and_then(|text| answered.reply.shown(&without_queries(&text)));
    Ok(RemoteUpload { error, ..found })
}
