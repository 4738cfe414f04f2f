//! The summary of a transfer: the numbers of done, skipped and failed files, with the reasons.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::display::{escaped, size};
use crate::failure::{Failure, FailureKind};

/// The longest list of reasons.
const MAX_REASONS: usize = 8;

/// The counts of a transfer.
#[derive(Debug)]
pub(super) struct Summary {
    started: Instant,
    /// Whether nothing was changed.
    dry_run: bool,
    pub(super) done: u64,
    pub(super) bytes: u64,
    pub(super) deleted: u64,
    /// The objects that were to be deleted, and were kept because something failed.
    pub(super) not_deleted: u64,
    skipped: BTreeMap<String, u64>,
    failed: BTreeMap<String, u64>,
    pub(super) interrupted: bool,
}

impl Summary {
    /// Starts to count.
    pub(super) fn start(dry_run: bool) -> Self {
        Self {
            started: Instant::now(),
            dry_run,
            done: 0,
            bytes: 0,
            deleted: 0,
            not_deleted: 0,
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
            interrupted: false,
        }
    }

    /// Counts a skipped file.
    pub(super) fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Counts a failed file. An interrupted one is not done yet.
    pub(super) fn fail(&mut self, failure: &Failure) {
        if failure.kind() == FailureKind::Interrupted {
            self.interrupted = true;
        } else {
            *self.failed.entry(failure.problem().title().to_owned()).or_default() += 1;
        }
    }

    /// Returns the number of finished files.
    pub(super) fn finished(&self) -> u64 {
        self.done + self.skipped() + self.failed()
    }

    /// Returns the number of failed files.
    pub(super) fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Returns whether the lines for each file leave something to say. After an interrupt there is only one line.
    pub(super) fn is_needed(&self) -> bool {
        !self.interrupted && (self.finished() != 1 || self.skipped() > 0 || self.deleted > 0)
    }

    fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Returns the counts for programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "done": self.done, "bytes": self.bytes, "deleted": self.deleted, "not_deleted": self.not_deleted, "skipped": self.skipped(),
            "failed": self.failed(), "failures": self.failed, "interrupted": self.interrupted, "dry_run": self.dry_run
        })
    }

    /// Returns the counts in one line for people.
    pub(super) fn line(&self) -> String {
        let done = if self.dry_run { "would be done" } else { "done" };
        let mut parts = vec![format!("{} {done} ({})", self.done, size(self.bytes))];
        if self.deleted > 0 {
            let deleted = if self.dry_run { "would be deleted" } else { "deleted" };
            parts.push(format!("{} {deleted}", self.deleted));
        }
        parts.push(reasons(self.skipped(), "skipped", &self.skipped));
        parts.push(reasons(self.failed(), "failed", &self.failed));
        format!("{} in {}", parts.join(", "), elapsed(self.started.elapsed()))
    }
}

fn reasons(sum: u64, what: &str, counts: &BTreeMap<String, u64>) -> String {
    if sum == 0 {
        return format!("0 {what}");
    }
    let mut named: Vec<String> =
        counts.iter().take(MAX_REASONS).map(|(reason, count)| format!("{count} {}", escaped(reason))).collect();
    if counts.len() > MAX_REASONS {
        named.push("…".to_owned());
    }
    format!("{sum} {what} ({})", named.join("; "))
}

fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!("{:.1} s", time.as_secs_f64()),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_reasons_of_skips_and_failures() {
        let mut summary = Summary::start(false);
        summary.done = 2;
        summary.bytes = 2_048;
        summary.skip("already there");
        summary.skip("already there");
        summary.fail(&Failure::connection("reset"));
        let line = summary.line();
        let expected = "2 done (2.0 KiB), 2 skipped (2 already there), 1 failed (1 The connection broke) in ";
        assert!(line.starts_with(expected), "{line}");
        assert_eq!((summary.finished(), summary.json()["failed"].as_u64()), (5, Some(1)));
    }

    #[test]
    fn elapsed_time_has_two_units() {
        assert_eq!(elapsed(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(elapsed(Duration::from_secs(7_380)), "2 h 3 min");
    }
}
