//! The check of one task: whether its file is already at the destination.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::decide::{Action, Comparison, Existing, Relation, action};
use super::task::{SourceFile, TargetFile, Task};
use super::{Compare, Transfer};
use crate::digest::Digests;
use crate::failure::Failure;
use crate::item::{Item, name_key};
use crate::session::Session;

/// The result of a check.
#[derive(Debug)]
pub(super) enum Checked {
    /// Transfer the file.
    Send,
    /// Transfer the file, and remove what is there.
    Replace,
    /// The file is there, for this reason.
    Skip(String),
}

/// The ids of files at the destination that stand for a source with another name. Each stands for one source, and is
/// not an extra.
#[derive(Debug, Default)]
pub(super) struct Claimed(Mutex<HashSet<String>>);

impl Claimed {
    /// Claims a file. Returns whether no other source has it.
    fn claim(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    /// Returns all ids.
    pub(super) fn into_ids(self) -> HashSet<String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks whether the file of a task is already at the destination.
///
/// # Errors
/// If another file is there and is to be kept, or a local file cannot be read.
pub(super) async fn check(
    session: &Session,
    transfer: &Transfer,
    claimed: &Claimed,
    task: &Task,
) -> Result<Checked, Failure> {
    if task.present.iter().any(|item| task.is_source(&item.id)) {
        return Ok(Checked::Skip("is the same file".to_owned()));
    }
    let check = Check { session, transfer, task, size: task.source.size()?, digests: OnceCell::new() };
    let relations = match &task.target {
        TargetFile::StandardOutput => Vec::new(),
        TargetFile::Local(path) => check.local(path).await?.into_iter().collect(),
        TargetFile::Remote { .. } => check.remote().await?,
    };
    match action(&relations, transfer.existing) {
        Action::Send => Ok(match check.under_other_name(claimed).await? {
            Some(item) => Checked::Skip(format!("already there as {}", item.name)),
            None => Checked::Send,
        }),
        Action::Replace => Ok(Checked::Replace),
        Action::Skip(reason) => Ok(Checked::Skip(reason.to_owned())),
        Action::Refuse => {
            let detail = format!("{} has other content. Use --force to replace it.", task.target.shown());
            Err(Failure::from_client("already_exists", "The path exists already", detail))
        }
    }
}

struct Check<'a> {
    session: &'a Session,
    transfer: &'a Transfer,
    task: &'a Task,
    /// The present size of the source.
    size: Option<u64>,
    /// The digests of the source, which are computed at most once.
    digests: OnceCell<Digests>,
}

impl Check<'_> {
    /// Compares the source with the file at a local path; `None` if nothing is there.
    async fn local(&self, path: &Path) -> Result<Option<Relation>, Failure> {
        let metadata = match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(|error| Failure::local(path.display(), &error))?,
        };
        if metadata.is_dir() {
            let detail = format!("{} is a directory.", path.display());
            return Err(Failure::from_client("already_exists", "The path exists already", detail));
        }
        let sizes = [self.size, Some(metadata.len())];
        let source = self.known_digests();
        let digests = match self.compares(sizes, source) {
            true => source.equal(&self.computed_over(path, source).await?),
            false => None,
        };
        Ok(Some(Comparison { sizes, digests }.relation()))
    }

    /// Compares the source with the items of the same name at an account.
    async fn remote(&self) -> Result<Vec<Relation>, Failure> {
        let mut relations = Vec::new();
        for item in self.task.present.iter().filter(|item| item.is_usable) {
            let sizes = [self.size, item.size];
            let digests = self.equal_digests(sizes, item).await?;
            relations.push(Comparison { sizes, digests }.relation());
        }
        Ok(relations)
    }

    /// Claims an item of another name whose digest proves that it is the source. Some sites change names.
    async fn under_other_name(&self, claimed: &Claimed) -> Result<Option<&Item>, Failure> {
        let Some(size) = self.size.filter(|_| self.transfer.existing != Existing::Force) else { return Ok(None) };
        for item in self.task.others.of_size(size).iter().filter(|item| item.is_usable) {
            // In sync, an unrelated name is that of a file that was renamed at the source.
            if self.transfer.existing == Existing::Replace && !is_changed_name(&self.task.target, &item.name) {
                continue;
            }
            if self.equal_digests([self.size, item.size], item).await? == Some(true) && claimed.claim(&item.id) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    async fn equal_digests(&self, sizes: [Option<u64>; 2], item: &Item) -> Result<Option<bool>, Failure> {
        if !self.compares(sizes, &item.digests) {
            return Ok(None);
        }
        let SourceFile::Local { path, .. } = &self.task.source else {
            return Ok(self.known_digests().equal(&item.digests));
        };
        let digests = self.digests.get_or_try_init(async || self.computed_over(path, &self.wanted_digests()).await);
        Ok(digests.await?.equal(&item.digests))
    }

    /// Returns the digests of the source that the site reports.
    fn known_digests(&self) -> &Digests {
        const UNKNOWN: &Digests = &Digests { sha1: None, md5: None };
        match &self.task.source {
            SourceFile::Remote(file) => &file.item.digests,
            SourceFile::Local { .. } | SourceFile::StandardInput => UNKNOWN,
        }
    }

    /// Returns a digest of each kind that the destination reports for any file that may be the source.
    fn wanted_digests(&self) -> Digests {
        let others = self.size.map_or(&[][..], |size| self.task.others.of_size(size));
        let items = || self.task.present.iter().chain(others);
        let kind = |digest: fn(&Digests) -> &Option<Box<str>>| items().find_map(|item| digest(&item.digests).clone());
        Digests { sha1: kind(|digests| &digests.sha1), md5: kind(|digests| &digests.md5) }
    }

    /// Returns whether digests decide. Computing one means reading the whole file, so sizes that differ decide before.
    fn compares(&self, sizes: [Option<u64>; 2], known: &Digests) -> bool {
        let may_be_equal = sizes[0].is_none() || sizes[1].is_none() || sizes[0] == sizes[1];
        let is_wanted = self.transfer.comparison == Compare::Digests && self.transfer.existing != Existing::Force;
        may_be_equal && is_wanted && !known.are_unknown()
    }

    /// Computes the digests of a local file, of the kinds that `wanted` has.
    async fn computed_over(&self, path: &Path, wanted: &Digests) -> Result<Digests, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = std::fs::metadata(path).ok().map(|metadata| metadata.len());
        let bar = self.session.report.progress().reading(&format!("comparing {name}"), size);
        let computed = wanted.computed_over(path.to_owned(), bar.advancing()).await;
        computed.map_err(|error| Failure::local(path.display(), &error))
    }
}

/// Returns whether a site may have stored the target's name as `stored`.
fn is_changed_name(target: &TargetFile, stored: &str) -> bool {
    let TargetFile::Remote { name, .. } = target else { return false };
    let (stem, extension) = simplified(name, stored.is_ascii());
    let (stored_stem, stored_extension) = simplified(stored, stored.is_ascii());
    // A site appends a number to a name that exists: `a (1).mp4`.
    let is_numbered = stored_stem
        .rsplit_once(' ')
        .is_some_and(|(above, number)| above == stem && number.chars().all(|c| c.is_ascii_digit()));
    extension == stored_extension && (stored_stem == stem || is_numbered)
}

/// Returns the stem and the extension of a name, without what sites change: the case, and characters other than letters
/// and digits. Each run of these is one space.
fn simplified(name: &str, is_ascii: bool) -> (String, String) {
    let name = name_key(name).to_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let is_kept = |c: char| if is_ascii { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() };
    let words = |text: &str| text.split(|c| !is_kept(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (words(stem), words(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Folder;

    #[test]
    fn only_changes_that_sites_make_are_accepted() {
        let target = |name: &str| {
            let folder = std::sync::Arc::new(Folder::existing("a", "root"));
            TargetFile::Remote { folder, name: name.to_owned() }
        };
        for (name, stored) in [("a:b.mp4", "a_b.mp4"), ("A.mp4", "a.mp4"), ("a.mp4", "a (1).mp4"), ("東.mp4", "_.mp4")]
        {
            assert!(is_changed_name(&target(name), stored), "{stored}");
        }
        for (name, stored) in [("new.mp4", "old.mp4"), ("a1.mp4", "a12.mp4"), ("a.mp4", "a.mkv"), ("東.mp4", "西.mp4")]
        {
            assert!(!is_changed_name(&target(name), stored), "{stored}");
        }
    }
}
