//! `polyhost check`: every fault of a configuration, or what it comes to.

use std::path::Path;

use super::{CommandError, print};
use crate::cli::Check;
use crate::config::Config;

pub(super) fn run(options: &Check) -> Result<(), CommandError> {
    let config = read(&options.config)?;
    for key in &config.unused {
        print(format_args!("note: {key} has no effect in this version"))?;
    }
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
    let unreadable = |error| CommandError::Configuration(vec![format!("{}: {error}", path.display())]);
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Config::parse(&text).map_err(|faults| {
        let named = faults.into_iter().map(|fault| format!("{}: {fault}", path.display()));
        CommandError::Configuration(named.collect())
    })
}
