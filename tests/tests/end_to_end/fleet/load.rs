//! [`Load`]: callers of every replica that read and write all the time. None of their requests may fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use polyhost_end_to_end::Caller;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::freshness::{name, rename};
use super::world::{Fleet, keyed_folder, until};
use crate::streamplay::world::at;

/// The number of workers at each replica.
const WORKERS: usize = 2;

/// A running load.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<(Arc<AtomicUsize>, JoinHandle<()>)>,
}

/// A caller of one replica, with a folder and a file of its own.
struct Worker {
    caller: Caller,
    folder: String,
    file: String,
}

impl Load {
    /// Starts the load on all replicas.
    pub(crate) fn start(fleet: &Fleet) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let callers = fleet.callers.iter().flat_map(|caller| std::iter::repeat_n(caller, WORKERS));
        let workers = callers.enumerate().map(|(number, caller)| {
            let folder = fleet.site.add_folder("0", &format!("folder-of-{number}"));
            let file = fleet.site.add_file(&folder, "first.mp4", b"x");
            let worker = Worker { caller: caller.clone(), folder, file };
            let (rounds, stop) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&stop));
            (Arc::clone(&rounds), tokio::spawn(async move { worker.run(number, &rounds, &stop).await }))
        });
        Self { workers: workers.collect(), stop }
    }

    /// Waits until each worker has completed `count` more rounds, from the first request on.
    pub(crate) async fn continues(&self, count: usize) {
        for (rounds, worker) in &self.workers {
            // The round that is under way now began before.
            let enough = rounds.load(Ordering::SeqCst) + 1 + count;
            until("the load", async || worker.is_finished() || rounds.load(Ordering::SeqCst) >= enough).await;
            assert!(!worker.is_finished(), "a request has failed");
        }
    }

    /// Ends the load. Panics if any request has failed.
    pub(crate) async fn finish(self) {
        self.stop.store(true, Ordering::SeqCst);
        for (_, worker) in self.workers {
            worker.await.expect("no request fails");
        }
    }
}

impl Worker {
    async fn run(self, number: usize, rounds: &AtomicUsize, stop: &AtomicBool) {
        for round in 0.. {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            self.round(&format!("{number}-{round}")).await;
            rounds.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Renames the file, reads it in every way, and creates a folder. Each read must have the new name.
    async fn round(&self, id: &str) {
        let new = format!("{id}.mp4");
        rename(&self.caller, &self.file, &new).await;
        assert_eq!(name(&self.caller, &self.file).await, new);
        let items = self.caller.get(&at(&format!("folders/{}/items", self.folder))).await.items();
        let listed: Vec<&Value> = items.iter().map(|item| &item["name"]).collect();
        assert_eq!(listed, [&Value::from(new)]);
        self.caller.send(keyed_folder(&self.caller, id, id)).await.status(201);
    }
}
