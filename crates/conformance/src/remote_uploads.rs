//! Remote uploads: what the site is asked to fetch, how it comes along, and how it ends.

use polyhost_domain::{
    Capability, FolderId, HeaderFields, JobState, NewRemoteUpload, RemoteUpload, RemoteUploadId, RemoteUploadSelection,
    RemoteUrl,
};

use crate::check::check;
use crate::progress::{ENDED, MOST_STEPS, stage};
use crate::scratch::{Scratch, in_scratch, unique};
use crate::{Check, Failure, Subject, expect, observe, unknown};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_new_remote_upload_has_an_id, RemoteUploadsCreate),
    check!(a_remote_upload_sends_the_header_fields_given, RemoteUploadsCreate, RemoteUploadsHeaders),
    check!(a_remote_upload_moves_on_to_its_file, RemoteUploadsCreate),
    check!(a_failed_remote_upload_is_failed_whatever_its_percentage, RemoteUploadsCreate),
    check!(remote_uploads_by_id_are_the_known_ones_of_those_asked_for, RemoteUploadsCreate, RemoteUploadsRead),
    check!(recent_remote_uploads_come_newest_first, RemoteUploadsCreate, RemoteUploadsList),
    check!(recent_remote_uploads_are_no_more_than_asked_for, RemoteUploadsCreate, RemoteUploadsList),
];

/// The answer tells the id, and nothing untrue.
///
/// # Errors
/// What was otherwise.
pub async fn a_new_remote_upload_has_an_id(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let (added, url) = add(scratch, &subject.fetchable, HeaderFields::default()).await?;
        well_formed(subject, &added, "a new remote upload")?;
        let told = added.source_url.as_deref().unwrap_or(url.as_str());
        expect::equal(&told, &url.as_str(), "where a new remote upload comes from")?;
        let told = added.folder_id.as_ref().unwrap_or(&scratch.base);
        expect::equal(told, &scratch.base, "the folder of a new remote upload")?;
        expect::that(added.state != JobState::Failed, "the state of a new remote upload", "not Failed", added.state)
    })
    .await
}

/// The site is asked to send every header field, in order and as it is.
///
/// # Errors
/// What was otherwise.
pub async fn a_remote_upload_sends_the_header_fields_given(subject: &Subject) -> Result<(), Failure> {
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

/// A remote upload waits, runs and succeeds, in that order, and then names a file that is there.
///
/// # Errors
/// What was otherwise.
pub async fn a_remote_upload_moves_on_to_its_file(subject: &Subject) -> Result<(), Failure> {
    if !can_watch(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let (added, url) = add(scratch, &subject.fetchable, HeaderFields::default()).await?;
        let last = watch(scratch, &added.id).await?;
        expect::equal(&last.state, &JobState::Succeeded, "the state in which a remote upload ends")?;
        let told = last.source_url.as_deref().unwrap_or(url.as_str());
        expect::equal(&told, &url.as_str(), "where a remote upload came from")?;
        let folder = last.folder_id.as_ref().unwrap_or(&scratch.base);
        expect::equal(folder, &scratch.base, "the folder of a remote upload")?;
        let file = expect::some(last.file_id, "the file of a remote upload that has succeeded")?;
        scratch.remember_file(&file);
        observe::file(subject, &file).await?;
        observe::holds(subject, &scratch.base, &file).await.map(drop)
    })
    .await
}

/// A remote upload that fails is told as failed, even where its percentage says that all was fetched, and has no file.
///
/// # Errors
/// What was otherwise.
pub async fn a_failed_remote_upload_is_failed_whatever_its_percentage(subject: &Subject) -> Result<(), Failure> {
    if !can_watch(subject) {
        return Ok(());
    }
    in_scratch(subject, async |scratch| {
        let (added, _) = add(scratch, &subject.unfetchable, HeaderFields::default()).await?;
        let last = watch(scratch, &added.id).await?;
        expect::equal(&last.state, &JobState::Failed, "the state in which a remote upload ends that cannot succeed")?;
        expect::that(last.file_id.is_none(), "the file of a failed remote upload", "none", last.file_id)
    })
    .await
}

/// The ids that are known are answered, those that are not are left out, and nothing else is told.
///
/// # Errors
/// What was otherwise.
pub async fn remote_uploads_by_id_are_the_known_ones_of_those_asked_for(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let first = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let unasked = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let second = add(scratch, &subject.fetchable, HeaderFields::default()).await?.0.id;
        let unknown = [unknown::remote_upload(subject, 1)?, unknown::remote_upload(subject, 2)?];
        let [before, between] = unknown.clone();

        let found = select(subject, vec![before, first.clone(), between, second.clone()]).await?;
        let mut found: Vec<_> = found.into_iter().map(|found| found.id).collect();
        found.sort();
        let mut expected = vec![first.clone(), second];
        expected.sort();
        expect::equal(&found, &expected, "the remote uploads found by id")?;
        expect::that(!found.contains(&unasked), "the remote uploads found by id", "only those asked for", &found)?;

        let found = select(subject, unknown.to_vec()).await?;
        expect::that(found.is_empty(), "the remote uploads found by unknown ids", "none", found)?;
        let found = select(subject, vec![first.clone()]).await?;
        let found: Vec<_> = found.into_iter().map(|found| found.id).collect();
        expect::equal(&found, &vec![first], "the remote upload found by one id")
    })
    .await
}

/// What was asked for last comes first.
///
/// # Errors
/// What was otherwise.
pub async fn recent_remote_uploads_come_newest_first(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut added = add_several(scratch).await?;
        added.reverse();
        let recent = recent(subject, 100).await?;
        let found: Vec<_> = recent.into_iter().map(|found| found.id).take(added.len()).collect();
        expect::equal(&found, &added, "the most recent remote uploads")
    })
    .await
}

/// A limit is one, and what it leaves out is the oldest.
///
/// # Errors
/// What was otherwise.
pub async fn recent_remote_uploads_are_no_more_than_asked_for(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let mut added = add_several(scratch).await?;
        added.reverse();
        for limit in [1, 2, 7] {
            let found: Vec<_> = recent(subject, limit).await?.into_iter().map(|found| found.id).collect();
            let expected: Vec<_> = added.iter().take(limit as usize).cloned().collect();
            expect::equal(&found, &expected, &format!("the {limit} most recent remote uploads"))?;
        }
        Ok(())
    })
    .await
}

/// Whether the provider shows how a remote upload comes along.
fn can_watch(subject: &Subject) -> bool {
    subject.can(Capability::RemoteUploadsRead) || subject.can(Capability::RemoteUploadsList)
}

/// Asks for a remote upload from an address that was not used before; answers that too.
async fn add(
    scratch: &Scratch<'_>,
    base: &RemoteUrl,
    headers: HeaderFields,
) -> Result<(RemoteUpload, RemoteUrl), Failure> {
    let separator = if base.as_str().contains('?') { '&' } else { '?' };
    let text = format!("{}{separator}n={}", base.as_str(), unique("").replace(' ', "-"));
    let url: RemoteUrl = text.parse().map_err(|fault| Failure::new(&text, "a public address", format!("{fault}")))?;
    let new = NewRemoteUpload { url: url.clone(), folder: scratch.base.clone(), headers };
    let added = expect::ok(scratch.provider().add_remote_upload(new).await, "asking for a remote upload")?;
    Ok((added, url))
}

/// Seven remote uploads, one second or more apart.
async fn add_several(scratch: &Scratch<'_>) -> Result<Vec<RemoteUploadId>, Failure> {
    let mut added = Vec::new();
    for _ in 0..7 {
        added.push(add(scratch, &scratch.subject.fetchable, HeaderFields::default()).await?.0.id);
        scratch.subject.site.advance().await;
    }
    Ok(added)
}

/// Follows a remote upload to its end, and sees that it never goes back.
async fn watch(scratch: &Scratch<'_>, id: &RemoteUploadId) -> Result<RemoteUpload, Failure> {
    let subject = scratch.subject;
    let mut furthest = 0;
    for _ in 0..=MOST_STEPS {
        let seen = if subject.can(Capability::RemoteUploadsRead) {
            select(subject, vec![id.clone()]).await?
        } else {
            recent(subject, 100).await?
        };
        let seen = expect::some(seen.into_iter().find(|seen| seen.id == *id), "a remote upload that was asked for")?;
        let stage = expect::some(stage(seen.state), "the meaning of a remote upload's state")?;
        expect::that(stage >= furthest, "the state of a remote upload", "never to go back", seen.state)?;
        furthest = stage;
        if stage == ENDED {
            return Ok(seen);
        }
        expect::that(seen.file_id.is_none(), "the file of an unfinished remote upload", "none", &seen.file_id)?;
        subject.site.advance().await;
    }
    Err(Failure::new("a remote upload", "an end", format!("none after {MOST_STEPS} steps")))
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

/// That a remote upload comes from the account, and that its id, progress and times can be.
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
