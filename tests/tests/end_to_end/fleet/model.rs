//! A model test of what two replicas show: random writes and reads, each of which is compared with the writes before.
//!
//! Names of files are versions, which only rise. A read must not have an older version than the last write that ended
//! before the read began: through the same replica always, and through the other one at once (`strict`) or after a
//! second. A write that Redis did not confirm in time counts only for its own replica.
//!
//! `POLYHOST_FLEET_OPERATIONS` (default 2000) sets the number of operations, `POLYHOST_FLEET_SEED` their choice.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::Caller;
use polyhost_sandbox::{Fault, Rule};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::freshness::{name, rename};
use super::outages::log_in;
use super::world::Fleet;
use crate::ledger::{Dice, number};
use crate::streamplay::world::at;

const FILES: usize = 6;
const WORKERS: usize = 12;

/// The events of one file.
#[derive(Default)]
struct History {
    writes: Vec<Write>,
    reads: Vec<Read>,
}

/// A write that has ended. The writes of a file follow each other, so their versions rise.
struct Write {
    version: u64,
    replica: usize,
    ended: Instant,
}

struct Read {
    version: u64,
    replica: usize,
    began: Instant,
}

/// The files of a test, all of them in one folder.
struct Files {
    folder: String,
    ids: Vec<String>,
    histories: Vec<Mutex<History>>,
    /// The last version of each file. The lock is held during a write.
    versions: Vec<Mutex<u64>>,
}

impl Files {
    fn add(fleet: &Fleet) -> Self {
        let folder = fleet.site.add_folder("0", "Films");
        let ids = (0..FILES).map(|file| fleet.site.add_file(&folder, &text(file, 0), b"x")).collect();
        let histories = (0..FILES).map(|_| Mutex::default()).collect();
        Self { folder, ids, histories, versions: (0..FILES).map(|_| Mutex::new(0)).collect() }
    }

    async fn write(&self, caller: &Caller, replica: usize, file: usize) {
        let mut version = self.versions[file].lock().await;
        *version += 1;
        rename(caller, &self.ids[file], &text(file, *version)).await;
        let write = Write { version: *version, replica, ended: Instant::now() };
        self.histories[file].lock().await.writes.push(write);
    }

    async fn read(&self, caller: &Caller, replica: usize, file: usize) {
        let began = Instant::now();
        let version = version(&name(caller, &self.ids[file]).await);
        self.histories[file].lock().await.reads.push(Read { version, replica, began });
    }

    async fn list(&self, caller: &Caller, replica: usize) {
        let began = Instant::now();
        let items = caller.get(&at(&format!("folders/{}/items", self.folder))).await.items();
        assert_eq!(items.len(), FILES);
        for item in items {
            let file = self.ids.iter().position(|id| item["id"] == id.as_str()).expect("a known file");
            let version = version(item["name"].as_str().unwrap());
            self.histories[file].lock().await.reads.push(Read { version, replica, began });
        }
    }
}

/// Returns the name of a version of a file.
fn text(file: usize, version: u64) -> String {
    format!("{file}-{version}.mp4")
}

fn version(name: &str) -> u64 {
    let version = name.strip_suffix(".mp4").and_then(|name| name.split_once('-')?.1.parse().ok());
    version.unwrap_or_else(|| panic!("no version: {name}"))
}

impl History {
    /// Returns the oldest version that a read may have.
    fn floor(&self, file: usize, read: &Read, seen_after: Duration, unconfirmed: &HashSet<String>) -> u64 {
        let before = self.writes.partition_point(|write| write.ended <= read.began);
        let counts = |write: &&Write| {
            write.replica == read.replica
                || (write.ended + seen_after <= read.began && !unconfirmed.contains(&text(file, write.version)))
        };
        self.writes[..before].iter().rev().find(counts).map_or(0, |write| write.version)
    }
}

/// Runs random operations on two replicas, and checks every read.
async fn assert_reads_are_fresh(state: &str, seen_after: Duration) {
    let (operations, seed) = (number("POLYHOST_FLEET_OPERATIONS", 2_000), number("POLYHOST_FLEET_SEED", 1));
    let fleet = Fleet::with(2, state, |configuration| configuration).await;
    let files = Files::add(&fleet);
    // A replica without a token cannot log in if it misses an answer of Redis.
    log_in(&fleet).await;
    // Each answer of the site is older than its arrival, so that writes overlap with reads.
    for operation in ["file/info", "folder/listing", "file/edit"] {
        fleet.site.faults().add(Rule::new(operation, Fault::DelayAnswer { millis: 3 }));
    }
    let workers = (0..WORKERS).map(async |worker| {
        let mut dice = Dice::new(seed * 1_000 + worker as u64);
        for _ in 0..operations / WORKERS as u64 {
            let (replica, file) = (dice.below(2) as usize, dice.below(FILES as u64) as usize);
            let caller = &fleet.callers[replica];
            match dice.below(10) {
                0..2 => files.write(caller, replica, file).await,
                2..7 => files.read(caller, replica, file).await,
                _ => files.list(caller, replica).await,
            }
        }
    });
    join_all(workers).await;
    let unconfirmed: HashSet<String> = fleet.unconfirmed_writes().into_iter().collect();
    for (file, history) in files.histories.into_iter().enumerate() {
        let history = history.into_inner();
        for read in &history.reads {
            let floor = history.floor(file, read, seen_after, &unconfirmed);
            let Read { version, replica, .. } = read;
            assert!(*version >= floor, "seed {seed}: replica {replica} read {version} of file {file} after {floor}");
        }
    }
}

#[tokio::test]
async fn strict_reads_are_never_older_than_the_last_write() {
    assert_reads_are_fresh("consistency = \"strict\"", Duration::ZERO).await;
}

#[tokio::test]
async fn eventual_reads_are_at_most_a_second_old() {
    assert_reads_are_fresh("", Duration::from_secs(1)).await;
}
