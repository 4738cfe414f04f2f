//! Remote uploads: asked for, and followed by id. The site lists none.

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{ErrorKind, FolderId, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result};

use crate::checks::make_sure_of;
use crate::client::Site;
use crate::convert::Convert;
use crate::words::without_queries;

/// How many single questions are under way at a time.
const SIDE_BY_SIDE: usize = 8;

pub(crate) async fn add(site: &Site, convert: &Convert, new: &NewRemoteUpload) -> Result<RemoteUpload> {
    if let FolderId::Child(_) = &new.folder {
        make_sure_of(site, &new.folder).await?;
    }
    let answered = site.url_upload_add(new).await?;
    let added = convert.remote_added(&answered.value, new.url.as_str(), &new.folder);
    added.ok_or_else(|| answered.missing("the remote upload's id"))
}

/// Those that are there, in the order asked. Where one alone is asked for, the site's own "not found" is passed on
/// with its words.
pub(crate) async fn by_id(site: &Site, convert: &Convert, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    if let [id] = ids {
        return Ok(vec![one(site, convert, id).await?]);
    }
    let questions: Vec<_> = ids.iter().map(|id| one(site, convert, id).boxed()).collect();
    let answers: Vec<Result<RemoteUpload>> = stream::iter(questions).buffered(SIDE_BY_SIDE).collect().await;
    let known = |answer: &Result<RemoteUpload>| !matches!(answer, Err(error) if error.kind() == ErrorKind::RemoteUploadNotFound);
    answers.into_iter().filter(known).collect()
}

async fn one(site: &Site, convert: &Convert, id: &RemoteUploadId) -> Result<RemoteUpload> {
    let mut answered = site.url_upload_status(id).await?;
    let wire = std::mem::take(&mut answered.value);
    let told = wire.scheduled_item_id.as_deref().and_then(|id| convert.ids.remote_upload(id).ok());
    // PHP reads as much of an id as is a number; this adapter sends nothing else, but sites have other ideas, too.
    let untold = wire.status.is_none() && told.is_none();
    if untold || told.is_some_and(|told| told != *id) {
        return Err(answered.missing("the remote upload that was asked for"));
    }
    let found = convert.remote_upload(id.clone(), wire, &answered.zone);
    // What went wrong is the site's text, and may quote the request.
    let error = found.error.and_then(|text| answered.reply.shown(&without_queries(&text)));
    Ok(RemoteUpload { error, ..found })
}
