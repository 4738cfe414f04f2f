//! The display of waits: one line that says how long the command waits, and for what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::progress::{Note, Progress};

/// Shorter waits are not shown.
const SHOWN: Duration = Duration::from_secs(1);
const SECOND: Duration = Duration::from_secs(1);

/// The waits of one command. Clones share the line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    progress: Option<Progress>,
    /// Whether a wait has the line already.
    is_shown: bool,
}

/// The line of one wait.
struct Line<'a> {
    waits: &'a Waits,
    note: Note,
}

impl Waits {
    /// Shows waits here from now on.
    pub(crate) fn show_on(&self, progress: &Progress) {
        self.state().progress = Some(progress.clone());
    }

    /// Waits, and says so.
    pub(crate) async fn wait(&self, duration: Duration, reason: &str) {
        let end = Instant::now() + duration;
        let mut line = None;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            if duration >= SHOWN {
                line = line.or_else(|| self.line(left, reason));
            }
            if let Some(Line { note, .. }) = &line {
                note.set(&text(left, reason));
            }
            tokio::time::sleep(left.min(SECOND)).await;
        }
    }

    /// Takes the line, if no other wait has it.
    fn line(&self, left: Duration, reason: &str) -> Option<Line<'_>> {
        let mut state = self.state();
        if state.is_shown {
            return None;
        }
        let note = state.progress.as_ref()?.note(&text(left, reason));
        state.is_shown = true;
        Some(Line { waits: self, note })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.waits.state().is_shown = false;
    }
}

fn text(left: Duration, reason: &str) -> String {
    format!("waiting {} s: {reason}", left.as_millis().div_ceil(1_000))
}
