//! A transfer: a walk through the folders, the parallel work on the files that it finds, and the deletions at the end.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::check::Claimed;
use super::lines::{report, subject};
use super::plan::{Extra, Plan};
use super::remove::remove;
use super::shape::roots;
use super::summary::Summary;
use super::walk::Walk;
use super::work::{Done, Work, Worker};
use super::{Existing, Extras, Transfer};
use crate::exit::Exit;
use crate::failure::{Failure, FailureKind};
use crate::progress::Total;
use crate::report::Subject;
use crate::session::Session;

/// The number of files that are planned ahead of the workers. More are planned only if one folder has more.
const AHEAD: usize = 1_000;

/// Transfers files and folders.
pub async fn run(session: &Session, transfer: &Transfer) -> Exit {
    if transfer.extras != Extras::Keep || transfer.existing != Existing::Keep {
        session.gateway.read_anew();
    }
    let mut summary = Summary::start(transfer.dry_run);
    let outcome = session.interrupt.unless_repeated(Box::pin(transfer_all(session, transfer, &mut summary))).await;
    let outcome = outcome.unwrap_or_else(|| Err(Failure::interrupted("Files under way may be stored.")));
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
    let begun = async { Walk::begin(session, transfer, roots(session, transfer).await?).await };
    let begun = session.interrupt.unless(begun).await;
    let (walk, named) = begun.unwrap_or_else(|| Err(Failure::interrupted("Nothing was transferred.")))?;
    let mut course = Course {
        session,
        summary,
        total: session.report.progress().total(),
        queue: VecDeque::new(),
        files: 0,
        extras: Vec::new(),
        end: None,
    };
    course.add(named);
    let claimed = course.work(transfer, walk).await;
    let Course { mut extras, end, total, .. } = course;
    drop(total);
    let claimed = claimed.into_ids();
    extras.retain(|extra| !extra.is_one_of(&claimed));
    if transfer.extras != Extras::Keep && (end.is_some() || summary.failed() > 0) && !extras.is_empty() {
        summary.not_deleted = extras.len() as u64;
        if end.as_ref().is_none_or(|end| end.kind() != FailureKind::Interrupted) {
            session.report.explain("Nothing is deleted at the destination, because something failed.");
        }
        extras.clear();
    }
    match end {
        Some(failure) => Err(failure),
        None => remove(session, transfer, extras, summary).await,
    }
}

/// A transfer under way.
struct Course<'a> {
    session: &'a Session,
    summary: &'a mut Summary,
    total: Total,
    /// The work that no worker has begun.
    queue: VecDeque<Work>,
    /// The number of files that were found.
    files: u64,
    extras: Vec<Extra>,
    /// The reason why no further work begins.
    end: Option<Failure>,
}

impl Course<'_> {
    /// Works on all files and folders. After an interrupt, or a failure that ends the command, no further work begins,
    /// and the work under way ends by itself.
    async fn work(&mut self, transfer: &Transfer, mut walk: Walk<'_>) -> Claimed {
        let worker = Worker::new(self.session, transfer);
        let mut running = FuturesUnordered::new();
        loop {
            if self.end.is_none() && self.queue.len() < AHEAD {
                walk.advance();
            }
            while running.len() < transfer.jobs.max(1)
                && let Some(work) = self.queue.pop_front()
            {
                running.push(worker.carry_out(work));
            }
            if running.is_empty() && walk.is_idle() {
                break;
            }
            self.total.show(self.progress(walk.is_complete()));
            tokio::select! {
                biased;
                () = self.session.interrupt.interrupted(), if self.end.is_none() => {
                    self.stop(&mut walk, Failure::interrupted(""));
                }
                Some((work, outcome)) = running.next() => match outcome {
                    // The other workers see the interrupt too.
                    Err(failure) if failure.kind() == FailureKind::Interrupted => self.stop(&mut walk, failure),
                    outcome => self.finish(&work, outcome),
                },
                Some(planned) = walk.next() => match planned {
                    Ok(plan) => self.add(plan),
                    Err(failure) => self.stop(&mut walk, failure),
                },
            }
        }
        self.explain_interrupt(walk.is_complete());
        drop(running);
        worker.into_claimed()
    }

    fn stop(&mut self, walk: &mut Walk<'_>, failure: Failure) {
        self.queue.clear();
        walk.stop();
        // The failure of the work itself says more than the interrupt.
        if self.end.as_ref().is_none_or(|end| end.problem().detail().is_empty()) {
            self.end = Some(failure);
        }
    }

    fn add(&mut self, plan: Plan) {
        let Plan { tasks, folder, extras, failures, below: _ } = plan;
        for (path, failure) in failures {
            self.files += 1;
            self.summary.fail(&failure);
            self.session.report.failed(&Subject::path(path), &failure);
        }
        self.files += tasks.len() as u64;
        self.total.add(tasks.len(), tasks.iter().map(|task| task.source.listed_size()).sum());
        self.queue.extend(tasks.into_iter().map(Work::File).chain(folder.map(Work::Folder)));
        self.extras.extend(extras);
    }

    /// Counts and reports finished work.
    fn finish(&mut self, work: &Work, outcome: Result<Done, Failure>) {
        match (work, outcome) {
            (Work::File(task), Ok(done)) => {
                if !matches!(done, Done::Sent { .. }) {
                    self.total.remove(task.source.listed_size());
                }
                report(self.session, task, done, self.summary);
            }
            (Work::File(task), Err(failure)) => {
                self.total.remove(task.source.listed_size());
                self.summary.fail(&failure);
                self.session.report.failed(&subject(task), &failure);
            }
            (Work::Folder(folder), Err(failure)) => {
                self.summary.fail(&failure);
                self.session.report.failed(&Subject::path(folder.shown()), &failure);
            }
            (Work::Folder(_), Ok(_)) => {}
        }
    }

    /// Returns the number of files for the bar.
    fn progress(&self, is_complete: bool) -> String {
        let (finished, files) = (self.summary.finished(), self.files);
        let more = if is_complete { "" } else { "+" };
        match self.summary.failed() {
            0 => format!("{finished} of {files}{more} files"),
            failed => format!("{finished} of {files}{more} files, {failed} failed"),
        }
    }

    /// Says how much of an interrupted transfer is finished. The failure of a single file says more.
    fn explain_interrupt(&mut self, is_complete: bool) {
        let Some(end) = self.end.as_mut().filter(|end| end.kind() == FailureKind::Interrupted) else { return };
        let finished = self.summary.finished();
        let of_all = match (is_complete, self.files) {
            (true, 1) if !end.problem().detail().is_empty() => return,
            (true, files) => format!("{finished} of {files} files"),
            (false, _) => format!("{finished} files"),
        };
        *end = Failure::interrupted(format!("{of_all} are finished; the same command continues with the rest."));
    }
}
