//! `polyhost check`: every fault of a configuration, or what it comes to.

use std::fmt::Display;
use std::path::Path;

use super::{CommandError, print};
use crate::cli::Check;
use crate::config::Config;

pub(super) fn run(options: &Check) -> Result<(), CommandError> {
    let config = read(&options.config)?;
    print(format_args!(
        "{}: good; {} providers, {} accounts, {} clients",
        options.config.display(),
        config.providers.len(),
        config.accounts.len(),
        config.clients.len(),
    ))
}

/// Reads a configuration.
pub(super) fn read(path: &Path) -> Result<Config, CommandError> {
    faults(path).map_err(CommandError::Configuration)
}

/// Reads a configuration, or finds every fault in it.
pub(super) fn faults(path: &Path) -> Result<Config, Vec<String>> {
    let named = |fault: &dyn Display| format!("{}: {fault}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| vec![named(&error)])?;
    Config::parse(&text).map_err(|faults| faults.iter().map(|fault| named(fault)).collect())
}
