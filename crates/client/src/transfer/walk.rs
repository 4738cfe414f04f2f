//! The walk through the folders of a transfer. Each folder's plan is made only when the workers need it, so that the
//! memory does not grow with the number of files in all folders.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesOrdered;

use super::Transfer;
use super::abilities::check_abilities;
use super::places::Places;
use super::plan::{Pair, Plan, plan};
use super::shape::Roots;
use super::sides::{SourceFolder, TargetFolder};
use super::task::Task;
use crate::failure::{Failure, FailureKind};
use crate::session::Session;
use crate::tree::Folder;

/// The folders of a transfer.
pub(super) struct Walk<'a> {
    session: &'a Session,
    transfer: &'a Transfer,
    /// The folders to list; the next one is the last.
    waiting: Vec<Pair>,
    /// The folders that are being listed. Their plans come in this order.
    listing: FuturesOrdered<LocalBoxFuture<'a, Result<Plan, Failure>>>,
    missing: MissingFolders,
    places: Places,
}

impl<'a> Walk<'a> {
    /// Begins a walk. Returns it with the plan for the files that the user named.
    ///
    /// # Errors
    /// If an account lacks a capability that every file needs.
    pub(super) async fn begin(
        session: &'a Session,
        transfer: &'a Transfer,
        roots: Roots,
    ) -> Result<(Self, Plan), Failure> {
        let Roots { tasks, pairs, failures } = roots;
        let mut walk = Self {
            session,
            transfer,
            waiting: Vec::new(),
            listing: FuturesOrdered::new(),
            missing: MissingFolders::default(),
            places: Places::default(),
        };
        let mut named = Plan { tasks, failures, below: pairs, ..Plan::default() };
        if !named.tasks.is_empty() {
            check_abilities(session, transfer).await?;
        }
        walk.place(&mut named);
        walk.descend(&mut named);
        Ok((walk, named))
    }

    /// Begins to list further folders, as many at once as there are parallel transfers.
    pub(super) fn advance(&mut self) {
        while self.listing.len() < self.transfer.jobs.max(1)
            && let Some(pair) = self.waiting.pop()
        {
            self.listing.push_back(Box::pin(listed(self.session, self.transfer, pair)));
        }
    }

    /// Returns the plan for the next folder that was listed; `None` if none is being listed.
    ///
    /// # Errors
    /// A failure that ends the command.
    pub(super) async fn next(&mut self) -> Option<Result<Plan, Failure>> {
        let mut planned = self.listing.next().await?;
        if let Ok(plan) = &mut planned {
            self.place(plan);
            self.descend(plan);
        }
        Some(planned)
    }

    /// Returns whether all folders are listed.
    pub(super) fn is_complete(&self) -> bool {
        self.waiting.is_empty() && self.listing.is_empty()
    }

    /// Returns whether no folder is being listed.
    pub(super) fn is_idle(&self) -> bool {
        self.listing.is_empty()
    }

    /// Stops the listings under way.
    pub(super) fn stop(&mut self) {
        self.listing.clear();
    }

    /// Gives each file its place. Removes files whose place another file has.
    fn place(&mut self, plan: &mut Plan) {
        // Two folders have the same place only if the user named several sources.
        let mut own = Places::default();
        let places = if self.transfer.sources.len() == 1 { &mut own } else { &mut self.places };
        let mut doubles = Vec::new();
        let is_double = |task: &mut Task| match places.take(&task.target) {
            Ok(()) => false,
            Err(failure) => {
                doubles.push((task.source.shown(), failure));
                true
            }
        };
        plan.tasks.extract_if(.., is_double).for_each(drop);
        plan.failures.extend(doubles);
    }

    /// Notes the folders below a folder.
    fn descend(&mut self, plan: &mut Plan) {
        for mut pair in plan.below.drain(..).rev() {
            self.missing.share(&mut pair.target);
            // A site may contain a folder that is below itself.
            if !is_circle(&pair) {
                pair.is_new = !pair.target.exists();
                self.waiting.push(pair);
            }
        }
    }
}

/// Makes the plan for a folder. If the folder cannot be listed, that is a failure of the plan.
///
/// # Errors
/// A failure that ends the command.
async fn listed(session: &Session, transfer: &Transfer, pair: Pair) -> Result<Plan, Failure> {
    let plan = match plan(session, transfer, &pair).await {
        Err(failure) if failure.kind() == FailureKind::Failed => {
            return Ok(Plan { failures: vec![(pair.source.shown(), failure)], ..Plan::default() });
        }
        planned => planned?,
    };
    if !plan.tasks.is_empty() {
        check_abilities(session, transfer).await?;
    }
    Ok(plan)
}

/// The folders that do not exist yet, by their paths. Folders of several sources may have the same one, which is
/// created once.
#[derive(Default)]
struct MissingFolders(HashMap<String, Arc<Folder>>);

impl MissingFolders {
    fn share(&mut self, target: &mut TargetFolder) {
        let TargetFolder::Remote(folder) = target else { return };
        if folder.known_id().is_none() {
            let shared = self.0.entry(folder.path.clone()).or_insert_with(|| Arc::clone(folder));
            *folder = Arc::clone(shared);
        }
    }
}

/// Returns whether a folder is below itself, by its ids.
fn is_circle(pair: &Pair) -> bool {
    let SourceFolder::Remote(folder) = &pair.source else { return false };
    let mut above = std::iter::successors(folder.parent(), |folder| folder.parent());
    above.any(|above| above.known_id() == folder.known_id())
}
