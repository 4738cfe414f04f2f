//! [`Record`]: all responses of one gateway, for tests that search all of them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Answer;

/// The responses of one gateway, in the order received. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Answer>>>);

impl Record {
    /// Adds a response.
    pub fn keep(&self, answer: &Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
    }

    /// Returns all responses so far.
    pub fn all(&self) -> Vec<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
