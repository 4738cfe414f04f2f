//! The plan of a transfer: both sides are listed, and each file of the source gets a place at the destination.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::shape::{Roots, roots};
use super::sides::{Node, Present, SourceFolder, TargetFolder, unreadable_items};
use super::task::{SourceFile, Task};
use super::{Existing, Extras, Transfer};
use crate::failure::{Failure, FailureKind};
use crate::item::{Item, name_key};
use crate::session::Session;
use crate::tree::{Folder, Object, object};

/// Everything that a command will do.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    /// The folders to create, also those without files.
    pub(super) folders: Vec<TargetFolder>,
    /// The objects at the destination that the source does not have.
    pub(super) extras: Vec<Extra>,
    /// Sources that cannot be transferred, with the reasons.
    pub(super) failures: Vec<(String, Failure)>,
}

/// An object at the destination that the source does not have.
#[derive(Debug, Clone)]
pub(super) enum Extra {
    Local(PathBuf),
    Remote(Object),
}

/// A source folder with its place at the destination.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) source: SourceFolder,
    pub(super) target: TargetFolder,
    /// The path below the first source folder, with a slash at its end; `""` for the first.
    pub(super) path: String,
}

/// Makes the plan. A file or folder that cannot be read is in its failures.
///
/// # Errors
/// If the destination cannot be used, or the gateway cannot be reached or rejects the key.
pub(super) async fn plan(session: &Session, transfer: &Transfer) -> Result<Plan, Failure> {
    let Roots { tasks, mut pairs, failures } = roots(session, transfer).await?;
    let mut plan = Plan { tasks, failures, ..Plan::default() };
    let mut folders = Folders::default();
    while !pairs.is_empty() {
        pairs.iter_mut().for_each(|pair| folders.share(&mut pair.target));
        // A site may contain a folder that is below itself.
        pairs.retain(|pair| !is_circle(pair));
        let expanded = stream::iter(std::mem::take(&mut pairs)).map(async |pair| {
            let outcome = expand(session, transfer, &pair).await;
            (pair, outcome)
        });
        let mut expanded = pin!(expanded.buffered(transfer.jobs.max(1)));
        while let Some((pair, outcome)) = expanded.next().await {
            match outcome {
                Ok((more, below)) => {
                    plan.add(more);
                    pairs.extend(below);
                }
                Err(failure) if failure.kind() == FailureKind::Failed => {
                    plan.failures.push((pair.source.shown(), failure))
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    plan.check_places();
    Ok(plan)
}

impl Plan {
    fn add(&mut self, more: Self) {
        self.tasks.extend(more.tasks);
        self.folders.extend(more.folders);
        self.extras.extend(more.extras);
        self.failures.extend(more.failures);
    }

    /// Removes tasks whose place another task has.
    fn check_places(&mut self) {
        let mut places = HashSet::new();
        let is_double = |task: &mut Task| !places.insert(name_key(&task.target.shown()));
        let doubles: Vec<Task> = self.tasks.extract_if(.., is_double).collect();
        for task in doubles {
            self.failures.push((task.source.shown(), taken(&task.target.shown())));
        }
    }
}

/// The folders that do not exist yet, by their paths. Folders of several sources may have the same one, which is
/// created once.
#[derive(Default)]
struct Folders(HashMap<String, Arc<Folder>>);

impl Folders {
    fn share(&mut self, target: &mut TargetFolder) {
        let TargetFolder::Remote(folder) = target else { return };
        if folder.known_id().is_none() {
            let shared = self.0.entry(folder.path.clone()).or_insert_with(|| Arc::clone(folder));
            *folder = Arc::clone(shared);
        }
    }
}

/// Compares a source folder with its place. Returns the plan for its files, and the folders below.
async fn expand(session: &Session, transfer: &Transfer, pair: &Pair) -> Result<(Plan, Vec<Pair>), Failure> {
    let gateway = &session.gateway;
    let entries = pair.source.entries(gateway, &pair.target).await?;
    let mut present = pair.target.present(gateway).await?;
    check_content(transfer, pair, entries.is_empty(), &present)?;
    let mut plan = Plan::default();
    let mut pairs = Vec::new();
    let mut places = HashSet::new();
    if transfer.filter.is_empty() {
        plan.folders.push(pair.target.clone());
    }
    let mut files: Vec<(String, SourceFile)> = Vec::new();
    for entry in entries {
        let path = format!("{}{}", pair.path, entry.name);
        let key = name_key(&entry.name);
        present.local.remove(&key);
        match entry.node {
            Ok(Node::Folder(source)) if transfer.filter.enters_folder(&path) => {
                let shown = source.shown();
                let target = pair.target.folder(&entry.name, &present).and_then(|target| {
                    if places.insert(key.clone()) { Ok(target) } else { Err(taken(&target.shown())) }
                });
                present.folders.remove(&key);
                match target {
                    Ok(target) => pairs.push(Pair { source, target, path: format!("{path}/") }),
                    Err(failure) => plan.failures.push((shown, failure)),
                }
            }
            Ok(Node::File(source)) if transfer.filter.takes_file(&path) => files.push((entry.name, source)),
            Ok(Node::Folder(_)) => drop(present.folders.remove(&key)),
            Ok(Node::File(_)) => drop(present.files.remove(&key)),
            Err(failure) => plan.failures.push(failure),
        }
    }
    let placed: Vec<_> = files
        .into_iter()
        .map(|(name, source)| (present.files.remove(&name_key(&name)).unwrap_or_default(), name, source))
        .collect();
    let others: Arc<[Item]> = present.files.values().flatten().cloned().collect();
    plan.tasks.extend(placed.into_iter().map(|(present, name, source)| Task {
        source,
        target: pair.target.file(&name),
        present,
        others: Arc::clone(&others),
    }));
    let extra_folders = transfer.filter.is_empty().then(|| present.folders.values().flatten());
    let extra_items = others.iter().filter(|item| transfer.filter.takes_file(&format!("{}{}", pair.path, item.name)));
    if let TargetFolder::Remote(folder) = &pair.target {
        let objects = extra_items.chain(extra_folders.into_iter().flatten()).map(|item| object(folder, item));
        plan.extras.extend(objects.map(Extra::Remote));
    }
    plan.extras.extend(extra_paths(transfer, &pair.path, present.local));
    Ok((plan, pairs))
}

/// Checks that a folder's content is known well enough for what the command replaces and deletes.
///
/// # Errors
/// If the destination has entries that cannot be read, or an empty source would empty the destination.
fn check_content(transfer: &Transfer, pair: &Pair, is_source_empty: bool, present: &Present) -> Result<(), Failure> {
    let is_harmless = transfer.existing == Existing::Keep && transfer.extras == Extras::Keep;
    if present.unreadable > 0 && !is_harmless {
        return Err(unreadable_items(&pair.target.shown(), present.unreadable));
    }
    let deletes_all = pair.path.is_empty() && is_source_empty && transfer.extras != Extras::Keep;
    if deletes_all && !transfer.delete_all && !present.is_empty() {
        let detail = format!(
            "The source is empty; nothing is deleted in {}. Use --delete-all to delete everything there.",
            pair.target.shown()
        );
        return Err(Failure::from_client("source_empty", "The source is empty", detail));
    }
    Ok(())
}

/// Returns the failure for a source whose place another one has.
fn taken(path: &str) -> Failure {
    let detail = format!("Another source of this command has the path {path}.");
    Failure::from_client("already_exists", "The path exists already", detail)
}

/// Returns the paths on this machine that the source does not have. With patterns, folders are kept.
fn extra_paths(transfer: &Transfer, above: &str, paths: HashMap<String, PathBuf>) -> impl Iterator<Item = Extra> {
    paths.into_iter().filter_map(move |(name, path)| {
        let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        let filter = &transfer.filter;
        let is_extra = if is_folder { filter.is_empty() } else { filter.takes_file(&format!("{above}{name}")) };
        is_extra.then_some(Extra::Local(path))
    })
}

/// Returns whether a folder is below itself, by its ids.
fn is_circle(pair: &Pair) -> bool {
    let SourceFolder::Remote(folder) = &pair.source else { return false };
    let mut above = std::iter::successors(folder.parent(), |folder| folder.parent());
    above.any(|above| above.known_id() == folder.known_id())
}
