//! `polyhost check`: lists every fault of a configuration, or prints a summary.

use std::fmt::Display;
use std::path::Path;

use polyhost_config::{Config, Findings};

use super::{CommandError, print};
use crate::KNOWN;
use crate::cli::Check;

pub(super) fn run(options: &Check) -> Result<(), CommandError> {
    let config = read(&options.config)?;
    print(format_args!(
        "{}: valid; {} providers, {} accounts, {} clients",
        options.config.display(),
        config.providers.len(),
        config.accounts.len(),
        config.clients.len(),
    ))
}

/// Reads a configuration, with all faults as one error.
pub(super) fn read(path: &Path) -> Result<Config, CommandError> {
    examine(path).map_err(|findings| CommandError::Configuration(findings.faults))
}

/// Reads a configuration, or returns every fault in it.
pub(super) fn examine(path: &Path) -> Result<Config, Findings> {
    let with_path = |fault: &dyn Display| format!("{}: {fault}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| Findings::fault(with_path(&error)))?;
    Config::examine(&text, &KNOWN).map_err(|Findings { faults, files }| {
        let faults = faults.iter().map(|fault| with_path(fault)).collect();
        Findings { faults, files }
    })
}
