//! Files that are looked at again and again, for whether they have changed. Looking works where notifications of a file
//! system do not: for files that are replaced as a whole, through symbolic links, and over a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
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
    /// How one is looked at. It blocks, where the file system hangs for as long as that does.
    look: fn(&Path) -> Option<Look>,
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
    /// Watches a file that was just read, and others that were read with it. It blocks, as reading them has.
    pub(super) fn new(first: PathBuf, others: &[PathBuf]) -> Self {
        let read: Looks = others.iter().chain([&first]).map(|path| (path.clone(), look(path))).collect();
        Self { first, seen: read.clone(), read, look }
    }

    /// Watches other files besides the first from now on. Whether one of them was not watched before: it may have
    /// changed between its reading and now.
    pub(super) async fn watch(&mut self, others: &[PathBuf]) -> bool {
        let all: BTreeSet<PathBuf> = others.iter().chain([&self.first]).cloned().collect();
        self.read.retain(|path, _| all.contains(path));
        let new: Vec<PathBuf> = all.into_iter().filter(|path| !self.read.contains_key(path)).collect();
        let has_new = !new.is_empty();
        let looks = self.looks_at(new).await;
        self.read.extend(looks);
        self.seen = self.read.clone();
        has_new
    }

    /// Takes what they look like now for what is about to be read.
    pub(super) async fn look(&mut self) {
        self.read = self.looks().await;
        self.seen = self.read.clone();
    }

    /// Resolves when one of them has changed.
    pub(super) async fn changed(&mut self) {
        loop {
            sleep(PAUSE).await;
            if self.have_changed().await {
                return;
            }
        }
    }

    async fn have_changed(&mut self) -> bool {
        let now = self.looks().await;
        let are_settled = now == std::mem::replace(&mut self.seen, now.clone());
        are_settled && now != self.read
    }

    async fn looks(&self) -> Looks {
        self.looks_at(self.read.keys().cloned().collect()).await
    }

    /// Where a file system hangs, a thread waits for it that nobody else needs.
    async fn looks_at(&self, paths: Vec<PathBuf>) -> Looks {
        let look = self.look;
        let looks = spawn_blocking(move || {
            let look = |path: PathBuf| {
                let look = look(&path);
                (path, look)
            };
            paths.into_iter().map(look).collect()
        });
        // It is given up only at the end of the process.
        looks.await.unwrap_or_default()
    }
}

fn look(path: &Path) -> Option<Look> {
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
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_change_is_told_once_and_not_before_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        fs::write(&first, "a").unwrap();
        fs::write(&secret, "s").unwrap();
        let mut files = Files::new(first.clone(), std::slice::from_ref(&secret));
        assert!(!files.have_changed().await);

        fs::write(&secret, "longer").unwrap();
        assert!(!files.have_changed().await, "it may be half written");
        fs::write(&secret, "longer still").unwrap();
        assert!(!files.have_changed().await, "it is");
        assert!(files.have_changed().await);
        files.look().await;
        assert!(!files.have_changed().await);

        fs::rename(&secret, &first).unwrap();
        assert!(!files.have_changed().await);
        assert!(files.have_changed().await, "one is another file now, and the other is gone");
    }

    #[tokio::test]
    async fn what_is_not_watched_any_more_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        let mut files = Files::new(first, std::slice::from_ref(&secret));
        assert!(!files.watch(&[]).await);
        fs::write(&secret, "s").unwrap();
        assert!(!files.have_changed().await);
        assert!(!files.have_changed().await);
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_yet_is_watched_and_is_told_to_be_new_once() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        let mut files = Files::new(first, &[]);
        assert!(files.watch(std::slice::from_ref(&secret)).await);
        assert!(!files.watch(std::slice::from_ref(&secret)).await);
        fs::write(&secret, "s").unwrap();
        assert!(!files.have_changed().await);
        assert!(files.have_changed().await);
    }

    static HANGS: AtomicBool = AtomicBool::new(true);

    fn hung(_: &Path) -> Option<Look> {
        // Not for ever, so that the test fails where it must, and does not hang.
        for _ in 0..500 {
            if !HANGS.load(Ordering::Relaxed) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }

    #[tokio::test]
    async fn a_file_system_that_hangs_holds_up_nobody_else() {
        let mut files = Files { look: hung, ..Files::new(PathBuf::from("/nowhere/polyhost.toml"), &[]) };
        assert!(timeout(Duration::from_millis(1), files.look()).await.is_err());
        HANGS.store(false, Ordering::Relaxed);
        files.look().await;
        assert!(!files.have_changed().await);
    }
}
