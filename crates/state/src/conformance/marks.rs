//! [`SharedMarks`]: marks in memory that replicas share, and that a test makes unreachable.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Marks, Port, StateError, StateErrorKind};

/// Marks in memory, which never expire.
#[derive(Debug, Default)]
pub struct SharedMarks {
    all: Mutex<Vec<(String, String)>>,
    is_away: AtomicBool,
}

impl SharedMarks {
    /// Makes the marks unreachable, or reachable again.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Returns all marks of an owner, oldest first.
    pub fn of(&self, owner: &str) -> Vec<String> {
        self.after(owner, 0).0
    }

    fn after(&self, owner: &str, position: u64) -> (Vec<String>, u64) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let new = all.iter().skip(usize::try_from(position).unwrap_or(usize::MAX));
        let of_owner = new.filter(|(of, _)| of == owner).map(|(_, mark)| mark.clone()).collect();
        (of_owner, all.len() as u64)
    }

    fn check(&self) -> Result<(), StateError> {
        let is_away = self.is_away.load(Ordering::SeqCst);
        if is_away { Err(StateError::new(Port::Marks, StateErrorKind::Unavailable)) } else { Ok(()) }
    }
}

#[async_trait]
impl Marks for SharedMarks {
    async fn add(&self, owner: &str, mark: &str) -> Result<(), StateError> {
        self.check()?;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((owner.to_owned(), mark.to_owned()));
        Ok(())
    }

    async fn since(&self, owner: &str, position: u64) -> Result<(Vec<String>, u64), StateError> {
        self.check()?;
        Ok(self.after(owner, position))
    }
}
