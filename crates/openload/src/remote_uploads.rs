//! Remote uploads: asked for, found by id, and the recent ones.

use std::cmp::Ordering;
use std::collections::HashMap;

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{ErrorKind, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result};
use polyhost_upstream::decode::Entries;

use crate::client::{Answered, Site};
use crate::convert::Convert;
use crate::wire;

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
    let mut found = told(convert, site.remote_recent(limit).await?);
    found.sort_by(newest_first);
    found.truncate(limit as usize);
    Ok(found)
}

/// Those that are there, in the order asked. Several are looked for among the recent ones first, which is one
/// question instead of many. Where one alone is asked for, the site's own "not found" is passed on with its words.
pub(crate) async fn by_id(site: &Site, convert: &Convert, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    let mut known: HashMap<RemoteUploadId, RemoteUpload> = HashMap::new();
    if let [id] = ids {
        return Ok(vec![one(site, convert, id).await?]);
    }
    if !ids.is_empty() {
        let recent = told(convert, site.remote_recent(MOST).await?);
        known.extend(recent.into_iter().map(|upload| (upload.id.clone(), upload)));
    }
    let rest: Vec<_> =
        ids.iter().filter(|id| !known.contains_key(*id)).map(|id| one(site, convert, id).boxed()).collect();
    let answers: Vec<Result<RemoteUpload>> = stream::iter(rest).buffered(SIDE_BY_SIDE).collect().await;
    for answer in answers {
        match answer {
            Err(error) if error.kind() == ErrorKind::RemoteUploadNotFound => {}
            answer => {
                let upload = answer?;
                known.insert(upload.id.clone(), upload);
            }
        }
    }
    Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
}

async fn one(site: &Site, convert: &Convert, id: &RemoteUploadId) -> Result<RemoteUpload> {
    let answered = site.remote_status(id).await?;
    let absent = if answered.value.items.is_empty() && answered.value.skipped == 0 {
        site.absent(&answered.reply, id)
    } else {
        // A site that does not heed the id answers with others, and so not about this one.
        answered.missing("the remote upload that was asked for")
    };
    told(convert, answered).into_iter().find(|upload| upload.id == *id).ok_or(absent)
}

/// What went wrong with a remote upload is the site's text, and may quote the request.
fn told(convert: &Convert, answered: Answered<Entries<wire::RemoteStatus>>) -> Vec<RemoteUpload> {
    let Answered { value, reply } = answered;
    let shown =
        |upload: RemoteUpload| RemoteUpload { error: upload.error.and_then(|text| reply.shown(&text)), ..upload };
    convert.remote_uploads(value).into_iter().map(shown).collect()
}

/// By the time of creation, then by the id: as a number where it is one, for sites count up.
fn newest_first(a: &RemoteUpload, b: &RemoteUpload) -> Ordering {
    let number = |upload: &RemoteUpload| upload.id.as_str().parse::<u64>().ok();
    let key = |upload: &RemoteUpload| (upload.created_at, number(upload));
    key(b).cmp(&key(a)).then_with(|| b.id.cmp(&a.id))
}
