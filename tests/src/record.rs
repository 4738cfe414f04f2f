//! Everything that was answered, for a test that searches all of it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Answer;

/// The answers of one gateway, in the order in which they came. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Answer>>>);

impl Record {
    /// Keeps an answer.
    pub fn keep(&self, answer: &Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
    }

    /// All answers so far.
    pub fn all(&self) -> Vec<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
