//! Looks up many files: 50 ids in a call, with concurrent calls. The result has one entry for each id, in their order.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};
use polyhost_domain::{ErrorKind, FileId, FileLookup, FileStatus, Result};
use polyhost_upstream::Reply;
use polyhost_upstream::decode::{List, Unreadable};

use crate::client::Site;
use crate::convert::Convert;
use crate::error::{absent, of_item};
use crate::named::Named;
use crate::wire::FileInfo;

/// The maximum number of ids that `file/info` accepts, by the site's documentation.
const IDS_PER_CALL: usize = 50;

/// The maximum number of concurrent calls of one lookup.
const MAX_CONCURRENT: usize = 8;

pub(crate) async fn files(site: &Site, convert: &Convert, ids: &[FileId]) -> Result<Vec<FileLookup>> {
    let batches: Vec<&[FileId]> = ids.chunks(IDS_PER_CALL).collect();
    let calls: Vec<_> = batches.iter().map(|batch| call(site, convert, batch)).collect();
    let answers: Vec<Result<Vec<FileLookup>>> = stream::iter(calls).buffered(MAX_CONCURRENT).collect().await;

    let mut found = Vec::with_capacity(ids.len());
    let mut first_failure = None;
    let mut any_answered = ids.is_empty();
    for (batch, answer) in batches.into_iter().zip(answers) {
        match answer {
            Ok(lookups) => {
                any_answered = true;
                found.extend(lookups);
            }
            Err(error) => {
                found.extend(batch.iter().map(|_| FileLookup::Failed(error.clone())));
                first_failure.get_or_insert(error);
            }
        }
    }
    match first_failure {
        Some(error) if !any_answered => Err(error),
        _ => Ok(found),
    }
}

/// Makes one call. A 404 to a call with several files does not show which is missing, so each is then read separately.
fn call<'a>(site: &'a Site, convert: &'a Convert, ids: &'a [FileId]) -> BoxFuture<'a, Result<Vec<FileLookup>>> {
    async move {
        match site.file_info(ids, |reply, list| match_ids(convert, reply, list, ids)).await {
            Ok(lookups) => Ok(lookups),
            Err(error) if error.kind() != ErrorKind::FileNotFound => Err(error),
            Err(error) => match ids {
                [_] => Ok(vec![FileLookup::Failed(error)]),
                _ => one_by_one(site, convert, ids).await,
            },
        }
    }
    .boxed()
}

async fn one_by_one(site: &Site, convert: &Convert, ids: &[FileId]) -> Result<Vec<FileLookup>> {
    let calls: Vec<_> = ids.chunks(1).map(|id| call(site, convert, id)).collect();
    let answers: Vec<Result<Vec<FileLookup>>> = stream::iter(calls).buffered(MAX_CONCURRENT).collect().await;
    let lookups = |answer: Result<Vec<FileLookup>>| match answer {
        Ok(lookups) => lookups,
        Err(error) => vec![FileLookup::Failed(error)],
    };
    Ok(answers.into_iter().flat_map(lookups).collect())
}

/// Returns one entry for each id. A file does not exist if the answer leaves it out or has an empty entry for it. If an
/// entry cannot be read, it is unknown whether a missing file exists.
fn match_ids(
    convert: &Convert,
    reply: &Reply,
    list: Option<List<'_, FileInfo>>,
    ids: &[FileId],
) -> std::result::Result<Vec<FileLookup>, Unreadable> {
    let mut by_id: HashMap<FileId, FileInfo> = HashMap::new();
    let list = list.unwrap_or_default();
    if !(list.is_given() || list.is_absent()) {
        return Err(Unreadable::Shape);
    }
    let read = list.passing_over_empty().read(|key, info| {
        let id = convert.ids.file(info.id.as_deref().or(key)?).ok()?;
        if ids.contains(&id) {
            by_id.entry(id).or_insert(info);
        }
        Some(())
    })?;
    let missing = |id: &FileId| match read.unreadable > 0 {
        true => reply.unreadable(Unreadable::Missing("one of the files")),
        false => absent(reply, Named::File(id), &convert.origin.account),
    };
    let found = ids.iter().map(|id| match by_id.get(id) {
        Some(info) => lookup(convert, reply, id, info),
        None => FileLookup::Failed(missing(id)),
    });
    Ok(found.collect())
}

/// Converts an entry by its own status. An entry without a status is a file that exists.
fn lookup(convert: &Convert, reply: &Reply, id: &FileId, info: &FileInfo) -> FileLookup {
    let status = info.status.unwrap_or(200);
    if status == 200 {
        return FileLookup::Found(Box::new(convert.file_info(id.clone(), info, FileStatus::Active)));
    }
    let error = of_item(reply, status, id, &convert.origin.account);
    if status >= 500 && error.kind() == ErrorKind::SiteFailed {
        return FileLookup::Broken(Box::new(convert.file_info(id.clone(), info, FileStatus::Failed)), error);
    }
    FileLookup::Failed(error)
}
