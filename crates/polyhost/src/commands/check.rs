//! `polyhost check`: lists every fault of a configuration, or prints a summary.

use std::path::{Path, PathBuf};

use polyhost_config::{Config, Fault, Findings};
use serde::Serialize;

use super::{CommandError, config_file, print};
use crate::cli::Check;
use crate::{KNOWN, shared_state};

pub(super) fn run(options: &Check) -> Result<(), CommandError> {
    let file = config_file::find(options.config.config.as_deref());
    if options.json {
        return json(file);
    }
    let file = file.map_err(|findings| CommandError::faults(&findings.faults))?;
    let config = read(&file)?;
    print(summary(&file, &config))
}

/// Describes a valid configuration.
pub(super) fn summary(file: &Path, config: &Config) -> String {
    let [providers, accounts, clients] = [
        counted(config.providers.len(), "provider"),
        counted(config.accounts.len(), "account"),
        counted(config.clients.len(), "client"),
    ];
    format!("{}: valid; {providers}, {accounts}, {clients}", file.display())
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A fault and its file, for programs.
#[derive(Serialize)]
struct Located<'a> {
    file: Option<&'a str>,
    #[serde(flatten)]
    fault: &'a Fault,
}

/// Prints the faults as a list of JSON objects. It is empty if the configuration is valid.
fn json(file: Result<PathBuf, Findings>) -> Result<(), CommandError> {
    let (file, faults) = match file {
        Ok(file) => {
            let faults = examine(&file).err().map(|findings| findings.faults);
            (Some(file), faults.unwrap_or_default())
        }
        Err(findings) => (None, findings.faults),
    };
    // A path need not be UTF-8, but JSON must be.
    let file = file.map(|file| file.display().to_string());
    let located: Vec<Located<'_>> = faults.iter().map(|fault| Located { file: file.as_deref(), fault }).collect();
    let text = serde_json::to_string_pretty(&located);
    print(text.map_err(|error| CommandError::failed("cannot write the faults", error))?)?;
    if faults.is_empty() { Ok(()) } else { Err(CommandError::Configuration(Vec::new())) }
}

/// Reads a configuration, with all faults as one error.
pub(super) fn read(file: &Path) -> Result<Config, CommandError> {
    examine(file).map_err(|findings| faulty(file, &findings.faults))
}

/// Reads a configuration, or returns every fault in it.
pub(super) fn examine(file: &Path) -> Result<Config, Findings> {
    let text = std::fs::read_to_string(file).map_err(|error| Findings::fault(Fault::new("", error)))?;
    let config = Config::examine(&text, &KNOWN)?;
    match shared_state::fault(&config) {
        None => Ok(config),
        Some(fault) => Err(Findings { files: config.files, ..Findings::fault(fault) }),
    }
}

/// Returns the error for the faults of a file: a line for each, and their number.
pub(super) fn faulty(file: &Path, faults: &[Fault]) -> CommandError {
    let count = counted(faults.len(), "fault");
    let lines = faults.iter().map(|fault| fault.in_file(file)).chain([format!("{}: {count}", file.display())]);
    CommandError::Configuration(lines.collect())
}
