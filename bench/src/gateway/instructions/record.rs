//! The recorded instructions, and their comparison with measured ones.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::rows::Row;
use super::tools::Tools;
use crate::failure::Failure;

/// The rise of a count that is a failure, and the fall that should be recorded.
const PERCENT: u64 = 5;

/// The instructions of one request of each kind, and the tools that they depend on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) tools: Tools,
    pub(super) instructions: BTreeMap<Row, u64>,
}

/// The instructions of one request of a kind, recorded and measured.
#[derive(Debug)]
pub(super) struct Change {
    row: Row,
    recorded: u64,
    measured: u64,
}

/// The outcome of a comparison.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Every count is within 5 % of the record.
    Same,
    /// A count is more than 5 % below the record, and none as far above it.
    Fallen,
    /// A count is more than 5 % above the record.
    Risen,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or is no record.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(Failure::of(path.display()))?;
        serde_json::from_str(&text).map_err(Failure::of(path.display()))
    }

    /// Compares measured instructions with the recorded ones.
    ///
    /// # Errors
    /// Fails if a kind of request is not recorded.
    pub(super) fn compare(&self, measured: &BTreeMap<Row, u64>) -> Result<Vec<Change>, Failure> {
        let change = |(row, measured): (&Row, &u64)| {
            let recorded = self.instructions.get(row).copied();
            let recorded = recorded.ok_or_else(|| Failure::new(format_args!("not recorded: {}", row.title())))?;
            Ok(Change { row: *row, recorded, measured: *measured })
        };
        measured.iter().map(change).collect()
    }
}

impl Verdict {
    /// Returns the outcome of some changes.
    pub(super) fn of(changes: &[Change]) -> Self {
        changes.iter().map(Change::verdict).max().unwrap_or(Self::Same)
    }
}

impl Change {
    fn verdict(&self) -> Verdict {
        let (measured, recorded) = (self.measured * 100, self.recorded);
        if measured > recorded * (100 + PERCENT) {
            Verdict::Risen
        } else if measured < recorded * (100 - PERCENT) {
            Verdict::Fallen
        } else {
            Verdict::Same
        }
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { row, recorded, measured } = self;
        let percent = (*measured as f64 / *recorded as f64 - 1.0) * 100.0;
        write!(f, "{}: from {recorded} to {measured} instructions ({percent:+.1} %)", row.title())
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut counts = self.instructions.iter();
        counts.try_for_each(|(row, count)| writeln!(f, "{}: {count} instructions", row.title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(page: u64) -> Verdict {
        let counts = |page| BTreeMap::from([(Row::Hit, 80_000), (Row::Page, page)]);
        let recorded = Record { tools: Tools::with_rustc("1.95.0"), instructions: counts(100_000) };
        Verdict::of(&recorded.compare(&counts(page)).unwrap())
    }

    #[test]
    fn rise_above_five_percent_fails() {
        assert_eq!(verdict(105_100), Verdict::Risen);
        assert_eq!(verdict(104_900), Verdict::Same);
    }

    #[test]
    fn fall_below_five_percent_is_to_be_recorded() {
        assert_eq!(verdict(94_900), Verdict::Fallen);
        assert_eq!(verdict(95_100), Verdict::Same);
    }

    #[test]
    fn change_names_the_request_and_both_counts() {
        let change = Change { row: Row::Page, recorded: 100_000, measured: 105_100 };
        assert_eq!(change.to_string(), "hit: a page of 100: from 100000 to 105100 instructions (+5.1 %)");
    }

    #[test]
    fn request_without_a_recorded_count_is_reported() {
        let recorded = Record { tools: Tools::with_rustc("1.95.0"), instructions: BTreeMap::new() };
        let failure = recorded.compare(&BTreeMap::from([(Row::Miss, 1)])).unwrap_err();
        assert_eq!(failure.to_string(), "not recorded: miss: one file");
    }

    #[test]
    fn record_is_read_as_it_was_written() {
        let written = Record { tools: Tools::with_rustc("1.95.0"), instructions: BTreeMap::from([(Row::Hit, 80_000)]) };
        let json = serde_json::to_string(&written).unwrap();
        let read: Record = serde_json::from_str(&json).unwrap();
        assert_eq!((read.tools, read.instructions), (written.tools, written.instructions));
    }
}
