//! Checks of remote uploads: the request, the progress, the outcome and the cancellation.

use polyhost_domain::{
    Capability, ErrorKind, FolderId, HeaderFields, JobState, NewRemoteUpload, RemoteUpload, RemoteUploadId,
    RemoteUploadSelection, RemoteUrl,
};

use crate::check::check;
use crate::progress::{ENDED, MAX_STEPS, stage};
use crate::scratch::{Scratch, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, observe, unknown};

/// The number of [`crate::Site::advance`] steps after a cancellation in which no file may arrive.
const STEPS_AFTER_CANCELLING: usize = 10;

pub(crate) const CHECKS: &[Check] = &[
    check!(a_new_remote_upload_has_an_id, RemoteUploadsCreate),
    check!(a_remote_upload_sends_its_header_fields, RemoteUploadsCreate, RemoteUploadsHeaders),
    check!(a_remote_upload_ends_with_a_file, RemoteUploadsCreate),
    check!(a_failed_remote_upload_at_100_percent_is_failed, RemoteUploadsCreate),
    check!(remote_uploads_by_id_omit_unknown_ids, RemoteUploadsCreate, RemoteUploadsRead),
    check!(recent_remote_uploads_come_newest_first, RemoteUploadsCreate, RemoteUploadsList),
    check!(recent_remote_uploads_respect_the_limit, RemoteUploadsCreate, RemoteUploadsList),
    check!(a_cancelled_remote_upload_adds_no_file, RemoteUploadsCreate, RemoteUploadsCancel),
    check!(cancelling_an_unknown_remote_upload_fails, RemoteUploadsCancel),
];

/// The answer has the id. The other fields that it has are those of the request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_new_remote_upload_has_an_id(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let (added, url) = add(scratch, &subject.fetchable, HeaderFields::default()).await?;
        well_formed(subject, &added, "a new remote upload")?;
        let source = added.source_url.as_deref().unwrap_or(url.as_str());
        expect::equal(&source, &url.as_str(), "the source_url of a new remote upload")?;
        let folder = added.folder_id.as_ref().unwrap_or(&scratch.base);
        expect::equal(folder, &scratch.base, "the folder of a new remote upload")?;
        expect::that(added.state != JobState::Failed, "the state of a new remote upload", "not Failed", added.state)
    })
    .await
}

/// The adapter passes every header field to the site, unchanged and in order.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_remote_upload_sends_its_header_fields(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let fields = [
            ("Authorization", "Basic dXNlcjpwYXNz"),
            ("Cookie", "a=b; c=\"d&e\"; f=100%25"),
            ("X-Twice", "one: two"),
            ("X-Twice", "two, + three"),
        ];
        let mut headers = HeaderFields::default();
        for (name, value) in fields {
            let added = headers.push(name, value);
            added.map_err(|fault| Failure::new(name, "a header field", fault.to_string()))?;
        }
        let (added, _) = add(scratch, &subject.fetchable, headers).await?;
        let Some(sent) = subject.site.fetch_headers(&added.id).await else { return Ok(()) };
        let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        expect::equal(&sent.as_slice(), &fields.as_slice(), "the header fields that the site is to send")
    })
    .await
}

/// A remote upload is queued, runs and succeeds, in that order. Then it names a file that exists.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_remote_upload_ends_with_a_file(subject: &Subject) -> Result<(), Failure> {
    if !can_watch(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let (added, url) = add(scratch, &subject.fetchable, HeaderFields::default()).await?;
        let last = watch(scratch, &added.id).await?;
        expect::equal(&last.state, &JobState::Succeeded, "the state in which a remote upload ends")?;
        let source = last.source_url.as_deref().unwrap_or(url.as_str());
        expect::equal(&source, &url.as_str(), "the source_url of a remote upload")?;
        let folder = last.folder_id.as_ref().unwrap_or(&scratch.base);
        expect::equal(folder, &scratch.base, "the folder of a remote upload")?;
        let file = expect::some(last.file_id, "the file of a remote upload that has succeeded")?;
        scratch.remember_file(&file);
        observe::file(subject, &file).await?;
        observe::holds(subject, &scratch.base, &file).await.map(drop)
    })
    .await
}

/// A failed remote upload is reported as failed and has no file, even if its percentage is 100.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_failed_remote_upload_at_100_percent_is_failed(subject: &Subject) -> Result<(), Failure> {
    if !can_watch(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let (added, _) = add(scratch, &subject.unfetchable, HeaderFields::default()).await?;
        let last = watch(scratch, &added.id).await?;
        expect::equal(&last.state, &JobState::Failed, "the final state of a remote upload that cannot succeed")?;
        expect::that(last.file_id.is_none(), "the file of a failed remote upload", "none", last.file_id)
    })
    .await
}

/// A query by ids returns the known ones, omits the unknown ones, and returns nothing else.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn remote_uploads_by_id_omit_unknown_ids(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let first = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let not_requested = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let second = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let unknown = [unknown::remote_upload(subject, 1)?, unknown::remote_upload(subject, 2)?];
        let [before, between] = unknown.clone();

        let found = select(subject, vec![before, first.clone(), between, second.clone()]).await?;
        let mut found: Vec<_> = found.into_iter().map(|found| found.id).collect();
        found.sort();
        let mut expected = vec![first.clone(), second];
        expected.sort();
        expect::equal(&found, &expected, "the remote uploads found by id")?;
        expect::that(
            !found.contains(&not_requested),
            "the remote uploads found by id",
            "only those requested",
            &found,
        )?;

        let found = select(subject, unknown.to_vec()).await?;
        expect::that(found.is_empty(), "the remote uploads found by unknown ids", "none", found)?;
        let found = select(subject, vec![first.clone()]).await?;
        let found: Vec<_> = found.into_iter().map(|found| found.id).collect();
        expect::equal(&found, &vec![first], "the remote upload found by one id")
    })
    .await
}

/// The newest remote upload comes first, at sites that report when it was created.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn recent_remote_uploads_come_newest_first(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut added = add_several(scratch).await?;
        added.reverse();
        let recent = recent(subject, 100).await?;
        if !has_times(&recent) {
            return Ok(());
        }
        // An older one may have been created in the same second as the first of these.
        let newest = added.len() - 1;
        let found: Vec<_> = recent.into_iter().map(|found| found.id).take(newest).collect();
        expect::equal(&found, &added[..newest].to_vec(), "the most recent remote uploads")
    })
    .await
}

/// The answer has no more remote uploads than the limit. The oldest are left out.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn recent_remote_uploads_respect_the_limit(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut added = add_several(scratch).await?;
        added.reverse();
        for limit in [1, 2, 6] {
            let found = recent(subject, limit).await?;
            if !has_times(&found) {
                expect::that(found.len() <= limit as usize, "a list with a limit", "at most the limit", &found)?;
                continue;
            }
            let found: Vec<_> = found.into_iter().map(|found| found.id).collect();
            let expected: Vec<_> = added.iter().take(limit as usize).cloned().collect();
            expect::equal(&found, &expected, &format!("the {limit} most recent remote uploads"))?;
        }
        Ok(())
    })
    .await
}

/// A cancelled remote upload is cancelled or gone at once. Later, no file of it arrives.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_cancelled_remote_upload_adds_no_file(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let (added, _) = add(scratch, &subject.fetchable, HeaderFields::default()).await?;
        expect::ok(subject.provider.cancel_remote_upload(&added.id).await, "cancelling a remote upload")?;
        if can_watch(subject) {
            let state = state_if_any(subject, &added.id).await?;
            let is_over = state.is_none_or(|state| state == JobState::Cancelled);
            expect::that(is_over, "the state of a cancelled remote upload", "Cancelled, or none", state)?;
        }
        for _ in 0..STEPS_AFTER_CANCELLING {
            subject.site.advance().await;
        }
        if !subject.can(Capability::FoldersList) || scratch.base == FolderId::Root {
            return Ok(());
        }
        let files = observe::listing(subject, &scratch.base).await?.files;
        expect::that(files.is_empty(), "the folder of a cancelled remote upload", "no file", files)
    })
    .await
}

/// Cancelling an unknown remote upload fails as `RemoteUploadNotFound`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn cancelling_an_unknown_remote_upload_fails(subject: &Subject) -> Result<(), Failure> {
    let cancelled = subject.provider.cancel_remote_upload(&unknown::remote_upload(subject, 1)?).await;
    expect::kind(cancelled, ErrorKind::RemoteUploadNotFound, "cancelling an unknown remote upload")
}

/// Returns the state of a remote upload, or `None` if the site does not report the remote upload.
async fn state_if_any(subject: &Subject, id: &RemoteUploadId) -> Result<Option<JobState>, Failure> {
    if !subject.can(Capability::RemoteUploadsRead) {
        return Ok(recent(subject, 100).await?.into_iter().find(|found| found.id == *id).map(|found| found.state));
    }
    match subject.provider.remote_uploads(RemoteUploadSelection::Ids(vec![id.clone()])).await {
        Err(error) if error.kind() == ErrorKind::RemoteUploadNotFound => Ok(None),
        found => Ok(expect::ok(found, "reading a cancelled remote upload")?.items.pop().map(|found| found.state)),
    }
}

/// Returns whether the site reports when remote uploads were created. Without it, their order is the site's.
fn has_times(found: &[RemoteUpload]) -> bool {
    found.iter().any(|found| found.created_at.is_some())
}

/// Returns whether the provider can show the progress of a remote upload.
fn can_watch(subject: &Subject) -> bool {
    subject.can(Capability::RemoteUploadsRead) || subject.can(Capability::RemoteUploadsList)
}

/// Creates a remote upload from an address that was not used before. Returns both.
async fn add(
    scratch: &Scratch<'_>,
    base: &RemoteUrl,
    headers: HeaderFields,
) -> Result<(RemoteUpload, RemoteUrl), Failure> {
    let separator = if base.as_str().contains('?') { '&' } else { '?' };
    let text = format!("{}{separator}n={}", base.as_str(), unique("").replace(' ', "-"));
    let url: RemoteUrl = text.parse().map_err(|fault| Failure::new(&text, "a public address", format!("{fault}")))?;
    let new = NewRemoteUpload { url: url.clone(), folder: scratch.base.clone(), headers };
    let added = expect::ok(scratch.provider().add_remote_upload(new).await, "creating a remote upload")?;
    Ok((added, url))
}

/// Creates seven remote uploads, at least one second apart.
async fn add_several(scratch: &Scratch<'_>) -> Result<Vec<RemoteUploadId>, Failure> {
    let mut added = Vec::new();
    for _ in 0..7 {
        added.push(add(scratch, &scratch.subject.fetchable, HeaderFields::default()).await?.0.id);
        scratch.subject.site.advance().await;
    }
    Ok(added)
}

/// Follows a remote upload until it ends. Expects that its stage never moves backwards.
async fn watch(scratch: &Scratch<'_>, id: &RemoteUploadId) -> Result<RemoteUpload, Failure> {
    let subject = scratch.subject;
    let mut furthest = 0;
    for _ in 0..=MAX_STEPS {
        let seen = if subject.can(Capability::RemoteUploadsRead) {
            select(subject, vec![id.clone()]).await?
        } else {
            recent(subject, 100).await?
        };
        let seen = expect::some(seen.into_iter().find(|seen| seen.id == *id), "a remote upload that was created")?;
        let stage = expect::some(stage(seen.state), "a known state of a remote upload")?;
        expect::that(
            stage >= furthest,
            "the state of a remote upload",
            "a state that is not earlier than the last",
            seen.state,
        )?;
        furthest = stage;
        if stage == ENDED {
            return Ok(seen);
        }
        expect::that(seen.file_id.is_none(), "the file of an unfinished remote upload", "none", &seen.file_id)?;
        subject.site.advance().await;
    }
    Err(Failure::new("a remote upload", "a final state", format!("none after {MAX_STEPS} steps")))
}

async fn select(subject: &Subject, ids: Vec<RemoteUploadId>) -> Result<Vec<RemoteUpload>, Failure> {
    let found = subject.provider.remote_uploads(RemoteUploadSelection::Ids(ids)).await;
    all_well_formed(subject, expect::ok(found, "reading remote uploads by id")?.items)
}

async fn recent(subject: &Subject, limit: u32) -> Result<Vec<RemoteUpload>, Failure> {
    let found = subject.provider.remote_uploads(RemoteUploadSelection::Recent(limit)).await;
    all_well_formed(subject, expect::ok(found, "reading the recent remote uploads")?.items)
}

fn all_well_formed(subject: &Subject, found: Vec<RemoteUpload>) -> Result<Vec<RemoteUpload>, Failure> {
    found.iter().try_for_each(|found| well_formed(subject, found, "a remote upload"))?;
    Ok(found)
}

/// Expects a remote upload to be of the account, with a valid id, a valid percentage and plausible times.
fn well_formed(subject: &Subject, upload: &RemoteUpload, what: &str) -> Result<(), Failure> {
    expect::origin(subject, &upload.account, &upload.provider, what)?;
    let ids = &subject.provider.profile().ids;
    let parsed = ids.remote_upload(upload.id.as_str());
    expect::equal(&parsed.as_ref(), &Ok(&upload.id), &format!("the id of {what}, by the profile's grammar"))?;
    let folder = upload.folder_id.clone().unwrap_or(FolderId::Root);
    expect::equal(&ids.folder(folder.as_str()).as_ref(), &Ok(&folder), &format!("the folder of {what}"))?;
    expect::percentage(upload.progress_percent, &format!("the progress of {what}"))?;
    for time in [upload.created_at, upload.started_at, upload.updated_at, upload.finished_at] {
        expect::time(time, &format!("a time of {what}"))?;
    }
    Ok(())
}
