//! Creating remote uploads, reading them by id, listing the recent ones, and cancelling them.

use std::cmp::Ordering;
use std::collections::HashMap;

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{Error, ErrorKind, Found, NewRemoteUpload, RemoteUpload, RemoteUploadId, Result};
use polyhost_upstream::decode::Unreadable;

use crate::client::Site;
use crate::convert::Convert;
use crate::error::{absent, detail};
use crate::named::Named;

/// The maximum number of remote uploads in one answer of the site.
const MAX_RECENT: u32 = 100;

/// The maximum number of concurrent requests in one call of [`by_id`].
const MAX_CONCURRENT: usize = 8;

pub(crate) async fn add(site: &Site, convert: &Convert, new: &NewRemoteUpload) -> Result<RemoteUpload> {
    let answered = site.remote_add(new).await?;
    let added = convert.remote_added(&answered.value, new.url.as_str(), &new.folder);
    added.ok_or_else(|| answered.missing("the remote upload's id"))
}

/// Returns the recent remote uploads, newest first. They are sorted here, because the site's order is not documented,
/// and a map has no order.
pub(crate) async fn recent(site: &Site, convert: &Convert, limit: u32) -> Result<Found<RemoteUpload>> {
    let limit = limit.clamp(1, MAX_RECENT);
    let mut found = site.remote_recent(limit, convert).await?;
    found.items.sort_by(newest_first);
    found.items.truncate(limit as usize);
    Ok(found)
}

/// Returns the existing remote uploads, in the order of the ids. Several ids are first looked up among the recent
/// remote uploads, which takes one request instead of many. For a single unknown id, the site's own error is returned.
pub(crate) async fn by_id(site: &Site, convert: &Convert, ids: &[RemoteUploadId]) -> Result<Vec<RemoteUpload>> {
    let mut known: HashMap<RemoteUploadId, RemoteUpload> = HashMap::new();
    if let [id] = ids {
        return Ok(vec![one(site, convert, id).await?]);
    }
    if !ids.is_empty() {
        let recent = site.remote_recent(MAX_RECENT, convert).await?;
        known.extend(recent.items.into_iter().map(|upload| (upload.id.clone(), upload)));
    }
    let rest: Vec<_> =
        ids.iter().filter(|id| !known.contains_key(*id)).map(|id| one(site, convert, id).boxed()).collect();
    let answers: Vec<Result<RemoteUpload>> = stream::iter(rest).buffered(MAX_CONCURRENT).collect().await;
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

/// Cancels a remote upload.
pub(crate) async fn cancel(site: &Site, id: &RemoteUploadId) -> Result<()> {
    // With this id the site would remove every remote upload of the account.
    if id.as_str().eq_ignore_ascii_case("all") {
        let kind = ErrorKind::RemoteUploadNotFound;
        return Err(Error::new(kind).with_detail(detail(kind, Named::RemoteUpload(id), site.account())));
    }
    site.remote_remove(id).await
}

async fn one(site: &Site, convert: &Convert, id: &RemoteUploadId) -> Result<RemoteUpload> {
    site.remote_status(id, |reply, list| {
        let unreadable = |why| reply.unreadable(why);
        let found = convert.remote_uploads(list, |text| reply.shown(text)).map_err(unreadable)?;
        if found.items.is_empty() && found.unreadable == 0 {
            return Err(absent(reply, Named::RemoteUpload(id), site.account()));
        }
        // A site that ignores the id returns other remote uploads. That does not prove that the requested one does not
        // exist.
        let missing = || unreadable(Unreadable::Missing("the requested remote upload"));
        found.items.into_iter().find(|upload| upload.id == *id).ok_or_else(missing)
    })
    .await
}

/// Compares by the time of creation, then by the id. Ids that are numbers are compared as numbers, because sites assign
/// rising numbers.
fn newest_first(a: &RemoteUpload, b: &RemoteUpload) -> Ordering {
    let number = |upload: &RemoteUpload| upload.id.as_str().parse::<u64>().ok();
    let key = |upload: &RemoteUpload| (upload.created_at, number(upload));
    key(b).cmp(&key(a)).then_with(|| b.id.cmp(&a.id))
}
