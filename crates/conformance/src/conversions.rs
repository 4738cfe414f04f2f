//! Checks of conversions: the site's jobs that make files playable, for all files or for one.

use polyhost_domain::{Conversion, ConversionQuery, FileId};

use crate::check::check;
use crate::progress::{ENDED, MAX_STEPS, stage};
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(conversions_of_a_file_are_its_own, ConversionsList, FilesUpload),
    check!(conversions_of_all_files_are_listed, ConversionsList, FilesUpload),
    check!(conversions_respect_the_limit, ConversionsList, FilesUpload),
    check!(a_conversion_ends, ConversionsList, FilesUpload),
];

/// A query for one file returns only that file's conversions.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn conversions_of_a_file_are_its_own(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let files = [scratch.file().await?.id, scratch.file().await?.id];
        for file in &files {
            let found = started(subject, file).await?;
            for conversion in found {
                expect::equal(&conversion.file_id.as_ref(), &Some(file), "the file of a conversion queried by file")?;
            }
        }
        Ok(())
    })
    .await
}

/// A query without a file returns the conversions of every file.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn conversions_of_all_files_are_listed(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let files = [scratch.file().await?.id, scratch.file().await?.id];
        for file in &files {
            started(subject, file).await?;
        }
        let all = query_conversions(subject, None, 100).await?;
        for file in &files {
            let listed = all.iter().any(|conversion| conversion.file_id.as_ref() == Some(file));
            expect::that(listed, "the conversions of all files", "those of every new file", &all)?;
        }
        Ok(())
    })
    .await
}

/// The answer has no more conversions than the limit.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn conversions_respect_the_limit(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for _ in 0..7 {
            started(subject, &scratch.file().await?.id).await?;
        }
        for limit in [1, 2, 7] {
            let found = query_conversions(subject, None, limit).await?;
            expect::equal(&found.len(), &(limit as usize), &format!("how many conversions a limit of {limit} gives"))?;
        }
        Ok(())
    })
    .await
}

/// A conversion is queued, runs and ends, in that order.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_conversion_ends(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let file = scratch.file().await?.id;
        let mut furthest = 0;
        for _ in 0..=MAX_STEPS {
            let found = match furthest {
                0 => started(subject, &file).await?,
                _ => query_conversions(subject, Some(&file), 100).await?,
            };
            // At some sites, a conversion that has ended is in no list.
            let Some(conversion) = found.into_iter().next() else { return Ok(()) };
            let stage = expect::some(stage(conversion.state), "a known state of a conversion")?;
            expect::that(
                stage >= furthest,
                "the state of a conversion",
                "a state that is not earlier than the last",
                conversion.state,
            )?;
            furthest = stage;
            if stage == ENDED {
                return Ok(());
            }
            subject.site.advance().await;
        }
        Err(Failure::new("a conversion", "a final state", format!("none after {MAX_STEPS} steps")))
    })
    .await
}

/// Waits until a file has a conversion, and returns the file's conversions.
async fn started(subject: &Subject, file: &FileId) -> Result<Vec<Conversion>, Failure> {
    for _ in 0..=MAX_STEPS {
        let found = query_conversions(subject, Some(file), 100).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        subject.site.advance().await;
    }
    Err(Failure::new("the conversions of a new file", "at least one", "none"))
}

async fn query_conversions(subject: &Subject, file: Option<&FileId>, limit: u32) -> Result<Vec<Conversion>, Failure> {
    let query = ConversionQuery { file: file.cloned(), limit };
    let found = expect::ok(subject.provider.conversions(query).await, "reading conversions")?.items;
    for conversion in &found {
        expect::origin(subject, &conversion.account, &conversion.provider, "a conversion")?;
        expect::that(!conversion.id.is_empty(), "the id of a conversion", "some text", &conversion.id)?;
        expect::percentage(conversion.progress_percent, "the progress of a conversion")?;
        expect::time(conversion.updated_at, "the updated_at of a conversion")?;
        if let Some(file) = &conversion.file_id {
            let parsed = subject.provider.profile().ids.file(file.as_str());
            expect::equal(&parsed.as_ref(), &Ok(file), "the file of a conversion, by the profile's grammar")?;
        }
    }
    Ok(found)
}
