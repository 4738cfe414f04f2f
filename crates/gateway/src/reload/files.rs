//! Files that are looked at again and again, for whether they have changed. Looking works where notifications of a file
//! system do not: for files that are replaced as a whole, through symbolic links, and over a network.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

/// How long is waited between two looks. A change counts once it looks the same twice: it is not half written then.
const PAUSE: Duration = Duration::from_secs(1);

/// Files that are watched.
pub(super) struct Files {
    first: PathBuf,
    /// What they looked like when they were read.
    read: Looks,
    /// What they looked like a moment ago.
    seen: Looks,
}

/// `None`: it is not there.
type Looks = BTreeMap<PathBuf, Option<Look>>;

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    file: (u64, u64),
    length: u64,
    modified: (i64, i64),
}

impl Files {
    /// Watches a file that was just read, and others that were read with it.
    pub(super) fn new(first: PathBuf, others: &[PathBuf]) -> Self {
        let mut files = Self { first, read: Looks::new(), seen: Looks::new() };
        files.watch(others);
        files
    }

    /// Watches other files besides the first from now on.
    pub(super) fn watch(&mut self, others: &[PathBuf]) {
        let all = others.iter().chain([&self.first]);
        let known = |path: &PathBuf| self.read.get(path).copied().unwrap_or_else(|| look(path));
        self.read = all.map(|path| (path.clone(), known(path))).collect();
        self.seen = self.read.clone();
    }

    /// Takes what they look like now for what is about to be read.
    pub(super) fn look(&mut self) {
        self.read = self.looks();
        self.seen = self.read.clone();
    }

    /// Resolves when one of them has changed.
    pub(super) async fn changed(&mut self) {
        loop {
            sleep(PAUSE).await;
            if self.have_changed() {
                return;
            }
        }
    }

    fn have_changed(&mut self) -> bool {
        let now = self.looks();
        let are_settled = now == std::mem::replace(&mut self.seen, now.clone());
        are_settled && now != self.read
    }

    fn looks(&self) -> Looks {
        self.read.keys().map(|path| (path.clone(), look(path))).collect()
    }
}

fn look(path: &PathBuf) -> Option<Look> {
    let of = |data: Metadata| Look {
        file: (data.dev(), data.ino()),
        length: data.len(),
        modified: (data.mtime(), data.mtime_nsec()),
    };
    std::fs::metadata(path).ok().map(of)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_change_is_told_once_and_not_before_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        fs::write(&first, "a").unwrap();
        fs::write(&secret, "s").unwrap();
        let mut files = Files::new(first.clone(), std::slice::from_ref(&secret));
        assert!(!files.have_changed());

        fs::write(&secret, "longer").unwrap();
        assert!(!files.have_changed(), "it may be half written");
        fs::write(&secret, "longer still").unwrap();
        assert!(!files.have_changed(), "it is");
        assert!(files.have_changed());
        files.look();
        assert!(!files.have_changed());

        fs::rename(&secret, &first).unwrap();
        assert!(!files.have_changed());
        assert!(files.have_changed(), "one is another file now, and the other is gone");
    }

    #[test]
    fn what_is_not_watched_any_more_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        let mut files = Files::new(first, std::slice::from_ref(&secret));
        files.watch(&[]);
        fs::write(&secret, "s").unwrap();
        assert!(!files.have_changed());
        assert!(!files.have_changed());
    }
}
