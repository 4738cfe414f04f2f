//! Many files at once: 50 ids a call, calls side by side, one answer for each id in the order asked.

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

/// The most ids that `file/info` takes, by the site's page.
const IDS_PER_CALL: usize = 50;

/// How many calls of one lookup are under way at a time.
const SIDE_BY_SIDE: usize = 8;

pub(crate) async fn files(site: &Site, convert: &Convert, ids: &[FileId]) -> Result<Vec<FileLookup>> {
    let batches: Vec<&[FileId]> = ids.chunks(IDS_PER_CALL).collect();
    let calls: Vec<_> = batches.iter().map(|batch| call(site, convert, batch)).collect();
    let answers: Vec<Result<Vec<FileLookup>>> = stream::iter(calls).buffered(SIDE_BY_SIDE).collect().await;

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

/// One call. A 404 to all of its files at once does not say which is missing, so each is then asked for alone.
fn call<'a>(site: &'a Site, convert: &'a Convert, ids: &'a [FileId]) -> BoxFuture<'a, Result<Vec<FileLookup>>> {
    async move {
        match site.file_info(ids, |reply, list| sort_out(convert, reply, list, ids)).await {
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
    let answers: Vec<Result<Vec<FileLookup>>> = stream::iter(calls).buffered(SIDE_BY_SIDE).collect().await;
    let alone = |answer: Result<Vec<FileLookup>>| match answer {
        Ok(lookups) => lookups,
        Err(error) => vec![FileLookup::Failed(error)],
    };
    Ok(answers.into_iter().flat_map(alone).collect())
}

/// One answer for each id. A file that the site leaves out, or answers with nothing, is not there. Whether it is there
/// is unknown where an entry cannot be read.
fn sort_out(
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

/// What a file's own status says. A site that gives none has given the file.
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
