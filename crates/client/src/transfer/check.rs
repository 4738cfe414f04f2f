//! The check of one task: whether its file is already at the destination.

use std::path::Path;

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
    /// The file is there. The item is the one with another name that the site gave it.
    Skip { reason: String, under_other_name: Option<Item> },
}

/// Checks whether the file of a task is already at the destination.
///
/// # Errors
/// If another file is there and is to be kept, or a local file cannot be read.
pub(super) async fn check(session: &Session, transfer: &Transfer, task: &Task) -> Result<Checked, Failure> {
    let check = Check { session, transfer, task };
    if task.present.iter().any(|item| task.is_source(&item.id)) {
        let reason = "is the same file".to_owned();
        return Ok(Checked::Skip { reason, under_other_name: None });
    }
    let relations = match &task.target {
        TargetFile::StandardOutput => Vec::new(),
        TargetFile::Local(path) => check.local(path).await?.into_iter().collect(),
        TargetFile::Remote { .. } => check.remote(&task.present).await?,
    };
    match action(&relations, transfer.existing) {
        Action::Send => Ok(match check.under_other_name().await? {
            Some(item) => {
                let reason = format!("already there as {}", item.name);
                Checked::Skip { reason, under_other_name: Some(item) }
            }
            None => Checked::Send,
        }),
        Action::Replace => Ok(Checked::Replace),
        Action::Skip(reason) => Ok(Checked::Skip { reason: reason.to_owned(), under_other_name: None }),
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
}

impl Check<'_> {
    /// Compares the source with the file at a local path; `None` if nothing is there.
    async fn local(&self, path: &Path) -> Result<Option<Relation>, Failure> {
        let SourceFile::Remote(file) = &self.task.source else { return Ok(None) };
        let metadata = match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(|error| Failure::local(path.display(), &error))?,
        };
        if metadata.is_dir() {
            let detail = format!("{} is a directory.", path.display());
            return Err(Failure::from_client("already_exists", "The path exists already", detail));
        }
        let sizes = [file.item.size, Some(metadata.len())];
        let digests = match self.compares(sizes, &file.item.digests) {
            true => file.item.digests.equal(&self.digests_of(path, &file.item.digests).await?),
            false => None,
        };
        Ok(Some(Comparison { sizes, digests }.relation()))
    }

    /// Compares the source with items at an account.
    async fn remote(&self, items: &[Item]) -> Result<Vec<Relation>, Failure> {
        let mut relations = Vec::new();
        for item in items.iter().filter(|item| item.is_usable) {
            let sizes = [self.task.source.size()?, item.size];
            let digests = self.equal_digests(sizes, item).await?;
            relations.push(Comparison { sizes, digests }.relation());
        }
        Ok(relations)
    }

    /// Returns an item of another name whose digest proves that it is the source. Some sites change names.
    async fn under_other_name(&self) -> Result<Option<Item>, Failure> {
        if self.transfer.existing == Existing::Force {
            return Ok(None);
        }
        for item in self.task.others.iter().filter(|item| item.is_usable) {
            let sizes = [self.task.source.size()?, item.size];
            // In sync, an unrelated name is that of a file that was renamed at the source.
            if self.transfer.existing == Existing::Replace && !is_changed_name(&self.task.target, &item.name) {
                continue;
            }
            if sizes[0].is_some() && sizes[0] == sizes[1] && self.equal_digests(sizes, item).await? == Some(true) {
                return Ok(Some(item.clone()));
            }
        }
        Ok(None)
    }

    async fn equal_digests(&self, sizes: [Option<u64>; 2], item: &Item) -> Result<Option<bool>, Failure> {
        if !self.compares(sizes, &item.digests) {
            return Ok(None);
        }
        Ok(match &self.task.source {
            SourceFile::Remote(file) => file.item.digests.equal(&item.digests),
            SourceFile::StandardInput => None,
            SourceFile::Local(path) => item.digests.equal(&self.digests_of(path, &item.digests).await?),
        })
    }

    /// Returns whether digests decide. Computing one means reading the whole file, so sizes that differ decide before.
    fn compares(&self, sizes: [Option<u64>; 2], known: &Digests) -> bool {
        let may_be_equal = sizes[0].is_none() || sizes[1].is_none() || sizes[0] == sizes[1];
        let is_wanted = self.transfer.comparison == Compare::Digests && self.transfer.existing != Existing::Force;
        may_be_equal && is_wanted && !known.are_unknown()
    }

    async fn digests_of(&self, path: &Path, known: &Digests) -> Result<Digests, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = std::fs::metadata(path).ok().map(|metadata| metadata.len());
        let bar = self.session.report.progress().file(&format!("comparing {name}"), size);
        let computed = known.computed_over(path.to_owned(), bar.advancing()).await;
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
