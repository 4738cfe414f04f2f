//! The plan for one folder: source and destination are listed, and each file of the source gets a place at the
//! destination.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::places::taken;
use super::sides::{Entry, Node, Present, SourceFolder, TargetFolder, unreadable_items};
use super::task::{Others, SourceFile, Task};
use super::{Existing, Extras, Transfer};
use crate::failure::Failure;
use crate::item::{Item, name_key};
use crate::session::Session;
use crate::tree::{Object, object};

/// The work on one folder, without the folders below it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    /// The folder to create, which may have no files.
    pub(super) folder: Option<TargetFolder>,
    /// The objects at the destination that the source does not have.
    pub(super) extras: Vec<Extra>,
    /// Sources that cannot be transferred, with the reasons.
    pub(super) failures: Vec<(String, Failure)>,
    /// The folders below.
    pub(super) below: Vec<Pair>,
}

/// An object at the destination that the source does not have.
#[derive(Debug, Clone)]
pub(super) enum Extra {
    Local(PathBuf),
    Remote(Object),
}

impl Extra {
    /// Returns whether the object is a file with one of these ids.
    pub(super) fn is_one_of(&self, ids: &HashSet<String>) -> bool {
        matches!(self, Self::Remote(Object::File(file)) if ids.contains(&file.item.id))
    }
}

/// A source folder with its place at the destination.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) source: SourceFolder,
    pub(super) target: TargetFolder,
    /// The path below the first source folder, with a slash at its end; `""` for the first.
    pub(super) path: String,
    /// Whether the place did not exist when the walk found it. Another source may have created it since.
    pub(super) is_new: bool,
}

/// Compares a source folder with its place.
///
/// # Errors
/// If one of them cannot be listed, or its content is not known well enough for what is replaced and deleted.
pub(super) async fn plan(session: &Session, transfer: &Transfer, pair: &Pair) -> Result<Plan, Failure> {
    let entries = pair.source.entries(session, &pair.target).await?;
    let present = match pair.is_new {
        true => Present::default(),
        false => pair.target.present(&session.gateway).await?,
    };
    check_content(transfer, pair, entries.is_empty(), &present)?;
    let folder = transfer.filter.is_empty().then(|| pair.target.clone());
    let mut planning = Planning {
        transfer,
        pair,
        present,
        folders: HashSet::new(),
        files: Vec::new(),
        plan: Plan { folder, ..Plan::default() },
    };
    for entry in entries {
        planning.add(entry);
    }
    Ok(planning.finish())
}

/// A plan that is being made.
struct Planning<'a> {
    transfer: &'a Transfer,
    pair: &'a Pair,
    /// The entries at the destination that no entry of the source has matched yet.
    present: Present,
    /// The keys of the names of the folders below.
    folders: HashSet<String>,
    /// The files with the same name at the destination, for each file of the source.
    files: Vec<(String, SourceFile, Vec<Item>)>,
    plan: Plan,
}

impl Planning<'_> {
    fn add(&mut self, entry: Entry) {
        let path = format!("{}{}", self.pair.path, entry.name);
        let key = name_key(&entry.name);
        self.present.local.remove(&key);
        let filter = &self.transfer.filter;
        match entry.node {
            Ok(Node::Folder(source)) if filter.enters_folder(&path) => self.add_folder(source, &entry.name, key, &path),
            Ok(Node::File(source)) if filter.takes_file(&path) => {
                let same_name = self.present.files.remove(&key).unwrap_or_default();
                self.files.push((entry.name, source, same_name));
            }
            Ok(Node::Folder(_)) => drop(self.present.folders.remove(&key)),
            Ok(Node::File(_)) => drop(self.present.files.remove(&key)),
            Err(failure) => self.plan.failures.push(failure),
        }
    }

    fn add_folder(&mut self, source: SourceFolder, name: &str, key: String, path: &str) {
        let target = self.pair.target.folder(name, &self.present);
        self.present.folders.remove(&key);
        let is_new = self.folders.insert(key);
        match target.and_then(|target| if is_new { Ok(target) } else { Err(taken(&target.shown())) }) {
            Ok(target) => self.plan.below.push(Pair { source, target, path: format!("{path}/"), is_new: false }),
            Err(failure) => self.plan.failures.push((source.shown(), failure)),
        }
    }

    fn finish(mut self) -> Plan {
        let others = Others::new(std::mem::take(&mut self.present.files).into_values().flatten());
        if self.transfer.extras != Extras::Keep {
            self.add_extras(&others);
        }
        let target = &self.pair.target;
        let task = |(name, source, present): (String, _, _)| Task {
            source,
            target: target.file(&name),
            present,
            others: others.clone(),
        };
        Plan { tasks: self.files.into_iter().map(task).collect(), ..self.plan }
    }

    /// Adds the objects that nothing of the source has matched. With patterns, folders are kept.
    fn add_extras(&mut self, files: &Others) {
        let (filter, above) = (&self.transfer.filter, &self.pair.path);
        let is_extra = |name: &str| filter.takes_file(&format!("{above}{name}"));
        if let TargetFolder::Remote(folder) = &self.pair.target {
            let files = files.all().iter().filter(|item| is_extra(&item.name));
            let folders = self.present.folders.values().flatten().filter(|_| filter.is_empty());
            self.plan.extras.extend(files.chain(folders).map(|item| Extra::Remote(object(folder, item))));
        }
        let local: HashMap<String, PathBuf> = std::mem::take(&mut self.present.local);
        let local = local.into_iter().filter(|(name, path)| {
            let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            if is_folder { filter.is_empty() } else { is_extra(name) }
        });
        self.plan.extras.extend(local.map(|(_, path)| Extra::Local(path)));
    }
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
