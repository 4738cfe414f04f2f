//! The workers of a transfer: they carry out the plan, and report each file when it is finished.

use std::collections::HashSet;
use std::pin::pin;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::Transfer;
use super::batch::in_parallel;
use super::check::{Checked, check};
use super::copy::copy;
use super::decide::SIZE_UNKNOWN;
use super::download::{Download, Downloads};
use super::finish::finish;
use super::plan::{Plan, plan};
use super::remove::remove;
use super::sides::TargetFolder;
use super::summary::Summary;
use super::task::{SourceFile, TargetFile, Task};
use super::upload::{Source, Upload, checksum_of};
use crate::display::{escaped, size};
use crate::exit::Exit;
use crate::failure::{Failure, FailureKind};
use crate::location::Argument;
use crate::report::Subject;
use crate::session::Session;

/// A piece of work.
enum Work {
    File(Box<Task>),
    Folder(TargetFolder),
}

/// The result of a finished file.
enum Done {
    /// It was transferred, and is now this file; `bytes` is its size.
    Sent { file: Value, bytes: u64 },
    /// It was there. The id is that of the file with the name that the site gave it.
    Skipped { reason: String, kept: Option<String> },
    /// It would be transferred.
    Planned { bytes: u64 },
}

/// Transfers files and folders.
pub async fn run(session: &Session, transfer: &Transfer) -> Exit {
    if transfer.extras != super::Extras::Keep || transfer.existing != super::Existing::Keep {
        session.gateway.read_anew();
    }
    let mut summary = Summary::start(transfer.dry_run);
    let outcome = transfer_all(session, transfer, &mut summary).await;
    let is_ok = outcome.is_ok();
    if let Err(failure) = outcome {
        summary.interrupted |= failure.kind() == FailureKind::Interrupted;
        session.failed(&Subject::default(), failure).await;
    }
    session.report.summary(&summary.json());
    if summary.is_needed() && (is_ok || summary.finished() > 0) {
        session.report.say(&summary.line());
    }
    session.report.exit()
}

async fn transfer_all(session: &Session, transfer: &Transfer, summary: &mut Summary) -> Result<(), Failure> {
    let interrupted = || Failure::interrupted("Nothing was transferred.");
    let prepared = async {
        let plan = plan(session, transfer).await?;
        if !plan.tasks.is_empty() {
            check_abilities(session, transfer).await?;
        }
        Ok(plan)
    };
    let mut plan = session.interrupt.unless(prepared).await.unwrap_or_else(|| Err(interrupted()))?;
    for (path, failure) in std::mem::take(&mut plan.failures) {
        summary.fail(&failure);
        session.report.failed(&Subject::path(path), &failure);
    }
    let is_complete = summary.failed() == 0;
    let extras = std::mem::take(&mut plan.extras);
    let kept = work_on(session, transfer, plan, summary).await?;
    if !is_complete || summary.failed() > 0 {
        if transfer.extras != super::Extras::Keep && !extras.is_empty() {
            session.report.say("Nothing is deleted at the destination, because something failed.");
        }
        return Ok(());
    }
    remove(session, transfer, &extras, &kept, summary).await
}

/// Checks the capabilities that every file needs, so that the reason is reported once.
async fn check_abilities(session: &Session, transfer: &Transfer) -> Result<(), Failure> {
    let target = match &transfer.destination {
        Argument::Remote(location) => Some(location.account()),
        Argument::Local(_) => None,
    };
    let sources = transfer.sources.iter().filter_map(|source| match source {
        Argument::Remote(location) => Some(location.account()),
        Argument::Local(_) => None,
    });
    for account in sources.collect::<HashSet<_>>() {
        if target != Some(account) {
            session.require(account, "files.download", "send files to this machine").await?;
        } else if session.abilities(account).await?.lacks("files.copy") {
            session.require(account, "files.download", "copy files, or send them to this machine").await?;
        }
    }
    match target {
        Some(account) => session.require(account, "files.upload", "receive files").await,
        None => Ok(()),
    }
}

/// Works on all files. Returns the ids of files that are there under another name.
async fn work_on(
    session: &Session,
    transfer: &Transfer,
    plan: Plan,
    summary: &mut Summary,
) -> Result<HashSet<String>, Failure> {
    let files = plan.tasks.len();
    let total = (files > 1).then(|| session.report.progress().total(files as u64));
    let downloads = Downloads::new(session, transfer.existing);
    let folders = plan.folders.into_iter().map(Work::Folder);
    let works = plan.tasks.into_iter().map(|task| Work::File(Box::new(task))).chain(folders);
    let works = works.map(async |work| {
        let outcome = match &work {
            Work::File(task) => one_file(session, transfer, &downloads, task).await.map(Some),
            Work::Folder(folder) => one_folder(session, transfer, folder).await.map(|()| None),
        };
        (work, outcome)
    });
    let mut kept = HashSet::new();
    let mut ended = pin!(in_parallel(transfer.jobs, works));
    while let Some((work, outcome)) = ended.next().await {
        if let Ok(Some(Done::Skipped { kept: Some(id), .. })) = &outcome {
            kept.insert(id.clone());
        }
        match (&work, outcome) {
            (_, Err(failure)) if failure.kind() == FailureKind::Interrupted => {
                summary.interrupted = true;
                return Err(if files == 1 { failure } else { interrupted(summary, files) });
            }
            (Work::File(task), Ok(done)) => done.into_iter().for_each(|done| report(session, task, done, summary)),
            (Work::File(task), Err(failure)) => {
                summary.fail(&failure);
                session.report.failed(&subject(task), &failure);
            }
            (Work::Folder(folder), Err(failure)) => {
                summary.fail(&failure);
                session.report.failed(&Subject::path(folder.shown()), &failure);
            }
            (Work::Folder(_), Ok(_)) => {}
        }
        if let Some(total) = &total {
            total.set(summary.finished(), format!("{} {}", size(summary.bytes), failures(summary)));
        }
    }
    Ok(kept)
}

fn failures(summary: &Summary) -> String {
    match summary.failed() {
        0 => String::new(),
        failed => format!("{failed} failed"),
    }
}

fn interrupted(summary: &Summary, files: usize) -> Failure {
    Failure::interrupted(format!(
        "{} of {files} files are finished; the same command continues with the rest.",
        summary.finished()
    ))
}

async fn one_folder(session: &Session, transfer: &Transfer, folder: &TargetFolder) -> Result<(), Failure> {
    if transfer.dry_run || folder.exists() {
        return Ok(());
    }
    let created = session.interrupt.unless(folder.create(&session.gateway)).await;
    created.unwrap_or_else(|| Err(Failure::interrupted("The folder may not be created.")))
}

async fn one_file(
    session: &Session,
    transfer: &Transfer,
    downloads: &Downloads<'_>,
    task: &Task,
) -> Result<Done, Failure> {
    let interrupted = || Err(Failure::interrupted("Nothing of the file was transferred."));
    let checked = session.interrupt.unless(check(session, transfer, task)).await.unwrap_or_else(interrupted)?;
    let replaced = match checked {
        Checked::Skip { reason, under_other_name } => {
            return Ok(Done::Skipped { reason, kept: under_other_name.map(|item| item.id) });
        }
        Checked::Replace => task.present.as_slice(),
        Checked::Send => &[],
    };
    if transfer.dry_run {
        return Ok(Done::Planned { bytes: bytes_of(&task.source) });
    }
    match (&task.source, &task.target) {
        (SourceFile::Remote(file), TargetFile::Remote { folder, name }) => {
            let copied = session.interrupt.unless(copy(session, file, folder, name)).await;
            let copied = copied.unwrap_or_else(|| Err(Failure::interrupted("The file may have been copied.")))?;
            sent(finish(session, task, copied, replaced).await?, file.item.size)
        }
        (SourceFile::Remote(file), TargetFile::StandardOutput) => {
            sent(downloads.fetch(Download { file, path: None }).await?, file.item.size)
        }
        (SourceFile::Remote(file), TargetFile::Local(path)) => {
            sent(downloads.fetch(Download { file, path: Some(path) }).await?, file.item.size)
        }
        (local, TargetFile::Remote { folder, name }) => {
            let source = match local {
                SourceFile::Local(path) => Source::find(path, Some(name))?,
                _ => Source::standard_input(name),
            };
            let size = source.length();
            let sha1 = checksum_of(session, transfer.checksum, &source).await?;
            let upload = Upload { session, account: &folder.account, folder, source: &source, sha1 };
            let file = upload.send().await?;
            if replaced.is_empty() {
                sent(file, size)
            } else {
                sent(finish(session, task, file, replaced).await?, size)
            }
        }
        (_, TargetFile::Local(_) | TargetFile::StandardOutput) => {
            Err(Failure::from_client("local_file", "Nothing to transfer", "Both paths are on this machine."))
        }
    }
}

fn sent(file: Value, size: Option<u64>) -> Result<Done, Failure> {
    let bytes = file["size"].as_u64().filter(|size| *size > 0).or(size).unwrap_or_default();
    Ok(Done::Sent { file, bytes })
}

fn bytes_of(source: &SourceFile) -> u64 {
    match source {
        SourceFile::Remote(file) => file.item.size.unwrap_or_default(),
        SourceFile::Local(path) => std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        SourceFile::StandardInput => 0,
    }
}

fn report(session: &Session, task: &Task, done: Done, summary: &mut Summary) {
    let subject = subject(task);
    let to = ("to", json!(task.target.shown()));
    match done {
        Done::Sent { file, bytes } => {
            summary.done += 1;
            summary.bytes += bytes;
            let line = line(task, &file);
            session.report.succeeded(&subject, &[to, ("file", file)], line.as_deref());
        }
        Done::Planned { bytes } => {
            summary.done += 1;
            summary.bytes += bytes;
            let line = format!("would copy {} to {}", escaped(&task.source.shown()), escaped(&task.target.shown()));
            session.report.succeeded(&subject, &[to, ("dry_run", json!(true))], Some(&line));
        }
        Done::Skipped { reason, .. } => {
            summary.skip(&reason);
            let line = (reason == SIZE_UNKNOWN).then(|| format!("skipped {}: {reason}", escaped(&task.source.shown())));
            session.report.succeeded(&subject, &[to, ("skipped", json!(reason))], line.as_deref());
        }
    }
}

/// Returns the subject of a line of JSON: a download is named by its local path, other transfers by their source.
fn subject(task: &Task) -> Subject {
    let id = match &task.source {
        SourceFile::Remote(file) => Some(file.item.id.clone()),
        _ => None,
    };
    let path = match &task.target {
        TargetFile::Local(path) => Some(path.to_string_lossy().into_owned()),
        TargetFile::StandardOutput => None,
        TargetFile::Remote { .. } => Some(task.source.shown()),
    };
    Subject { id, path }
}

/// Returns the line for people: the path of a download; the id and location of a file at an account.
fn line(task: &Task, file: &Value) -> Option<String> {
    match &task.target {
        TargetFile::Local(path) => Some(escaped(&path.to_string_lossy())),
        TargetFile::StandardOutput => None,
        TargetFile::Remote { folder, name } => {
            let id = file["id"].as_str().unwrap_or("?");
            let path = folder.path_of(file["name"].as_str().unwrap_or(name));
            Some(format!("{}  {}", escaped(id), escaped(&path)))
        }
    }
}
