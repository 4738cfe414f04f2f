//! Watches files for changes by polling. Polling works where file system notifications do not: for files that are
//! replaced as a whole, through symbolic links, and over a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// The polling interval. A change counts once two polls in a row find the same state, so that a file is not read while
/// it is being written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The watched files.
pub(super) struct Files {
    first: PathBuf,
    /// Their states when they were read.
    read: FileStates,
    /// Their states at the latest poll.
    seen: FileStates,
    /// Determines the state of a file. It blocks, and hangs as long as the file system hangs.
    state_of: fn(&Path) -> Option<FileState>,
}

/// The states of files; `None` for a missing file.
type FileStates = BTreeMap<PathBuf, Option<FileState>>;

/// The state of a file, by which a change is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    file: (u64, u64),
    length: u64,
    modified: (i64, i64),
}

impl Files {
    /// Watches a file that was just read, and others that were read with it. Blocks on the file system.
    pub(super) fn new(first: PathBuf, others: &[PathBuf]) -> Self {
        let read: FileStates = others.iter().chain([&first]).map(|path| (path.clone(), state_of(path))).collect();
        Self { first, seen: read.clone(), read, state_of }
    }

    /// Watches these files, besides the first, from now on. Returns whether one of them was not watched before: it may
    /// have changed since it was read.
    pub(super) async fn watch(&mut self, others: &[PathBuf]) -> bool {
        let all: BTreeSet<PathBuf> = others.iter().chain([&self.first]).cloned().collect();
        self.read.retain(|path, _| all.contains(path));
        let new: Vec<PathBuf> = all.into_iter().filter(|path| !self.read.contains_key(path)).collect();
        let has_new = !new.is_empty();
        let states = self.states_of(new).await;
        self.read.extend(states);
        self.seen = self.read.clone();
        has_new
    }

    /// Records the current states as those of the files that are about to be read.
    pub(super) async fn refresh(&mut self) {
        self.read = self.states().await;
        self.seen = self.read.clone();
    }

    /// Resolves when one of the files has changed.
    pub(super) async fn changed(&mut self) {
        loop {
            sleep(INTERVAL).await;
            if self.have_changed().await {
                return;
            }
        }
    }

    async fn have_changed(&mut self) -> bool {
        let now = self.states().await;
        let are_settled = now == std::mem::replace(&mut self.seen, now.clone());
        are_settled && now != self.read
    }

    async fn states(&self) -> FileStates {
        self.states_of(self.read.keys().cloned().collect()).await
    }

    /// Determines the states of files in a thread of their own, which may hang with the file system.
    async fn states_of(&self, paths: Vec<PathBuf>) -> FileStates {
        let state_of = self.state_of;
        let states = spawn_blocking(move || {
            let with_state = |path: PathBuf| {
                let state = state_of(&path);
                (path, state)
            };
            paths.into_iter().map(with_state).collect()
        });
        // The task is cancelled only at the end of the process.
        states.await.unwrap_or_default()
    }
}

fn state_of(path: &Path) -> Option<FileState> {
    let of = |data: Metadata| FileState {
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
    async fn change_is_reported_once_and_only_after_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        fs::write(&first, "a").unwrap();
        fs::write(&secret, "s").unwrap();
        let mut files = Files::new(first.clone(), std::slice::from_ref(&secret));
        assert!(!files.have_changed().await);

        fs::write(&secret, "longer").unwrap();
        assert!(!files.have_changed().await, "the file may be half written");
        fs::write(&secret, "longer still").unwrap();
        assert!(!files.have_changed().await, "the file has changed again");
        assert!(files.have_changed().await);
        files.refresh().await;
        assert!(!files.have_changed().await);

        fs::rename(&secret, &first).unwrap();
        assert!(!files.have_changed().await);
        assert!(files.have_changed().await, "one file was replaced, and the other is missing");
    }

    #[tokio::test]
    async fn file_that_is_no_longer_watched_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let (first, secret) = (folder.path().join("polyhost.toml"), folder.path().join("secret"));
        let mut files = Files::new(first, std::slice::from_ref(&secret));
        assert!(!files.watch(&[]).await);
        fs::write(&secret, "s").unwrap();
        assert!(!files.have_changed().await);
        assert!(!files.have_changed().await);
    }

    #[tokio::test]
    async fn missing_file_is_watched_and_reported_as_new_once() {
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

    fn hung(_: &Path) -> Option<FileState> {
        // Limited in time, so that a failing test ends.
        for _ in 0..500 {
            if !HANGS.load(Ordering::Relaxed) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }

    #[tokio::test]
    async fn hanging_file_system_does_not_block_the_runtime() {
        let mut files = Files { state_of: hung, ..Files::new(PathBuf::from("/nowhere/polyhost.toml"), &[]) };
        assert!(timeout(Duration::from_millis(1), files.refresh()).await.is_err());
        HANGS.store(false, Ordering::Relaxed);
        files.refresh().await;
        assert!(!files.have_changed().await);
    }
}
