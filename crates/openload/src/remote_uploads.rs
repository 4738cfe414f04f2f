//! Remote uploads: asked for, found by id, and the recent ones.

use std::cmp::Ordering;
use std::collections::HashMap;

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{ErrorKind, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result};

use crate::client::Site;
use crate::convert::Convert;

/// The most that the site tells in one answer.
const MOST: u32 = 100;

/// How many single questions are under way at a time.
const SIDE_BY_SIDE: usize = 8;

pub(crate) async fn add(site: &Site, convert: &Convert, new: &NewRemoteUpload) -> Result<RemoteUpload> {
    let answered = site.remote_add(new).await?;
    let added = convert.remote_added(&answered.value, new.url.as_str(), &new.folder);
    added.ok_or_else(|| answered.missing("the remote upload's id"))
}

/// Newest first; the site's own order is not documented, and a map has none.
pub(crate) async fn recent(site: &Site, convert: &Convert, limit: u32) -> Result<Vec<RemoteUpload>> {
    let limit = limit.clamp(1, MOST);
    let mut found = convert.remote_uploads(site.remote_recent(limit).await?.value);
    found.sort_by(newest_first);
    found.truncate(limit as usize);
    Ok(found)
}

/// Those that are there, in the order asked. Several are looked for among the recent ones first, which is one
/// question instead of many.
pub(crate) async fn by_id(site: &Site, convert: &Convert, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    let mut known: HashMap<RemoteUploadId, RemoteUpload> = HashMap::new();
    if ids.len() > 1 {
        let recent = convert.remote_uploads(site.remote_recent(MOST).await?.value);
        known.extend(recent.into_iter().map(|upload| (upload.id.clone(), upload)));
    }
    let rest: Vec<_> =
        ids.iter().filter(|id| !known.contains_key(*id)).map(|id| one(site, convert, id).boxed()).collect();
    let answers: Vec<Result<Option<RemoteUpload>>> = stream::iter(rest).buffered(SIDE_BY_SIDE).collect().await;
    for answer in answers {
        known.extend(answer?.map(|upload| (upload.id.clone(), upload)));
    }
    Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
}

async fn one(site: &Site, convert: &Convert, id: &RemoteUploadId) -> Result<Option<RemoteUpload>> {
    match site.remote_status(id).await {
        // A site that does not heed the id answers with others.
        Ok(answered) => Ok(convert.remote_uploads(answered.value).into_iter().find(|upload| upload.id == *id)),
        Err(error) if error.kind() == ErrorKind::RemoteUploadNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// By the time of creation, then by the id: as a number where it is one, for sites count up.
fn newest_first(a: &RemoteUpload, b: &RemoteUpload) -> Ordering {
    let number = |upload: &RemoteUpload| upload.id.as_str().parse::<u64>().ok();
    let key = |upload: &RemoteUpload| (upload.created_at, number(upload));
    key(b).cmp(&key(a)).then_with(|| b.id.cmp(&a.id))
}
