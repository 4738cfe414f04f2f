//! Conversions: the jobs that make files playable, of all files or of one.

use polyhost_domain::{Conversion, ConversionQuery, FileId};

use crate::check::check;
use crate::progress::{ENDED, MOST_STEPS, stage};
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(the_conversions_of_a_file_are_its_own, ConversionsList, FilesUpload),
    check!(conversions_of_all_files_are_told_together, ConversionsList, FilesUpload),
    check!(conversions_are_no_more_than_asked_for, ConversionsList, FilesUpload),
    check!(a_conversion_comes_to_an_end, ConversionsList, FilesUpload),
];

/// Asked for one file, the site's jobs for others are not told.
///
/// # Errors
/// What was otherwise.
pub async fn the_conversions_of_a_file_are_its_own(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let files = [scratch.file().await?.id, scratch.file().await?.id];
        for file in &files {
            let found = begun(subject, file).await?;
            for conversion in found {
                expect::equal(&conversion.file_id.as_ref(), &Some(file), "the file of a conversion asked for by file")?;
            }
        }
        Ok(())
    })
    .await
}

/// Asked for no file in particular, the jobs for every file are told.
///
/// # Errors
/// What was otherwise.
pub async fn conversions_of_all_files_are_told_together(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let files = [scratch.file().await?.id, scratch.file().await?.id];
        for file in &files {
            begun(subject, file).await?;
        }
        let all = ask(subject, None, 100).await?;
        for file in &files {
            let told = all.iter().any(|conversion| conversion.file_id.as_ref() == Some(file));
            expect::that(told, "the conversions of all files", "those of every new file", &all)?;
        }
        Ok(())
    })
    .await
}

/// A limit is one.
///
/// # Errors
/// What was otherwise.
pub async fn conversions_are_no_more_than_asked_for(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        for _ in 0..7 {
            begun(subject, &scratch.file().await?.id).await?;
        }
        for limit in [1, 2, 7] {
            let found = ask(subject, None, limit).await?;
            expect::equal(&found.len(), &(limit as usize), &format!("how many conversions a limit of {limit} gives"))?;
        }
        Ok(())
    })
    .await
}

/// A conversion waits, runs and ends, in that order.
///
/// # Errors
/// What was otherwise.
pub async fn a_conversion_comes_to_an_end(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let file = scratch.file().await?.id;
        let mut furthest = 0;
        for _ in 0..=MOST_STEPS {
            let conversion = expect::some(begun(subject, &file).await?.into_iter().next(), "the conversion of a file")?;
            let stage = expect::some(stage(conversion.state), "the meaning of a conversion's state")?;
            expect::that(stage >= furthest, "the state of a conversion", "never to go back", conversion.state)?;
            furthest = stage;
            if stage == ENDED {
                return Ok(());
            }
            subject.site.advance().await;
        }
        Err(Failure::new("a conversion", "an end", format!("none after {MOST_STEPS} steps")))
    })
    .await
}

/// The conversions of a file, once there is one.
async fn begun(subject: &Subject, file: &FileId) -> Result<Vec<Conversion>, Failure> {
    for _ in 0..=MOST_STEPS {
        let found = ask(subject, Some(file), 100).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        subject.site.advance().await;
    }
    Err(Failure::new("the conversions of a new file", "at least one", "none"))
}

async fn ask(subject: &Subject, file: Option<&FileId>, limit: u32) -> Result<Vec<Conversion>, Failure> {
    let query = ConversionQuery { file: file.cloned(), limit };
    let found = expect::ok(subject.provider.conversions(query).await, "reading conversions")?.items;
    for conversion in &found {
        expect::origin(subject, &conversion.account, &conversion.provider, "a conversion")?;
        expect::that(!conversion.id.is_empty(), "the id of a conversion", "some text", &conversion.id)?;
        expect::percentage(conversion.progress_percent, "the progress of a conversion")?;
        expect::time(conversion.updated_at, "when a conversion last moved")?;
        if let Some(file) = &conversion.file_id {
            let parsed = subject.provider.profile().ids.file(file.as_str());
            expect::equal(&parsed.as_ref(), &Ok(file), "the file of a conversion, by the profile's grammar")?;
        }
    }
    Ok(found)
}
