//! Questions that several callers have at once, of which one is asked: who asked it, and who only waited.

use std::sync::{Mutex, PoisonError};

use polyhost_upstream::{Wait, wait};

use super::page::Source;

/// One caller's part in such a question. Whoever waits for another's answer waits for the site all the same.
pub(super) struct Joining(Mutex<Option<Wait>>);

impl Joining {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(wait())))
    }

    /// This caller asks, and its waits are counted where they are.
    pub(super) fn asks(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Where the answer came from, once it is there.
    pub(super) fn source(self) -> Source {
        let waited = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if waited.is_some() { Source::Collapsed } else { Source::Miss }
    }
}
