//! The site as a whole: its options, its store, and the folder for uploaded bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tempfile::TempDir;

use super::options::Options;
use super::seed;
use super::store::Store;
use crate::serve;

/// The simulated site.
#[derive(Debug)]
pub(crate) struct Site {
    options: Options,
    origin: String,
    store: Mutex<Store>,
    uploads: TempDir,
}

/// The data that a function can read and change.
pub(crate) struct Context<'a> {
    pub(crate) options: &'a Options,
    pub(crate) origin: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) store: &'a mut Store,
}

impl Site {
    pub(crate) fn new(options: Options, address: SocketAddr) -> io::Result<Self> {
        let origin = options.origin.clone().unwrap_or_else(|| serve::origin_of(address));
        let mut store = Store::default();
        store.off = options.off.iter().map(|off| (off.function.clone(), off.words)).collect();
        seed::add_others(&mut store, &options);
        if options.seeded {
            seed::fill(&mut store, &options);
        }
        Ok(Self { options, origin, store: Mutex::new(store), uploads: TempDir::with_prefix("polyhost-sandbox-")? })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the folder that uploaded bytes are written to.
    pub(crate) fn uploads(&self) -> &TempDir {
        &self.uploads
    }

    /// Updates the store to the current time and runs an action on it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let now = self.options.clock.now();
        let mut store = self.lock();
        store.settle(&self.options, now);
        act(&mut Context { options: &self.options, origin: &self.origin, now, store: &mut store })
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
