//! The lines about finished files, for people and for programs.

use serde_json::{Value, json};

use super::decide::SIZE_UNKNOWN;
use super::summary::Summary;
use super::task::{SourceFile, TargetFile, Task};
use super::work::Done;
use crate::display::escaped;
use crate::report::Subject;
use crate::session::Session;

/// Counts and reports a finished file.
pub(super) fn report(session: &Session, task: &Task, done: Done, summary: &mut Summary) {
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
        Done::Skipped(reason) => {
            summary.skip(&reason);
            let line = (reason == SIZE_UNKNOWN).then(|| format!("skipped {}: {reason}", escaped(&task.source.shown())));
            session.report.succeeded(&subject, &[to, ("skipped", json!(reason))], line.as_deref());
        }
        Done::Created => {}
    }
}

/// Returns the subject of a line of JSON: a download is named by its local path, other transfers by their source.
pub(super) fn subject(task: &Task) -> Subject {
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
